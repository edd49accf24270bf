// Package hostnet describes the host's network to programs: interfaces, addresses and routes, as NetBSD's routing socket
// and sysctl's net.route tell of them. The network itself is the host's, and the same for all machines.
//
// It is a part of nbemu and not for other modules: those import package machine.
package hostnet

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"nbemu/abi"
)

// cache is the list of interfaces, and when it was made.
var cache struct {
	sync.Mutex
	ifs []*Interface
	at  time.Time
}

// cacheTime is how long the list is kept: programs ask for its size and then for itself.
const cacheTime = 100 * time.Millisecond

// Interfaces lists the host's network interfaces by number. A host that does not tell has the loopback one.
func Interfaces() []*Interface {
	cache.Lock()
	defer cache.Unlock()
	if now := time.Now(); cache.ifs == nil || now.Sub(cache.at) > cacheTime {
		cache.ifs, cache.at = hostInterfaces(), now
	}
	return cache.ifs
}

// Uncounted is the interface without what has passed through it, which is another number in each run.
func (ifp *Interface) Uncounted() *Interface {
	c := *ifp
	c.Count = Counters{}
	return &c
}

// InterfaceByName finds an interface by the name programs know it by; nil if there is none.
func InterfaceByName(name string) *Interface {
	for _, ifp := range Interfaces() {
		if ifp.Name == name {
			return ifp
		}
	}
	return nil
}

func hostInterfaces() []*Interface {
	ifs, err := net.Interfaces()
	if err != nil || len(ifs) == 0 {
		return []*Interface{{Index: 1, Name: "lo0", Host: "lo", MTU: 33624,
			Flags: abi.IFF_UP | abi.IFF_LOOPBACK | abi.IFF_RUNNING | abi.IFF_MULTICAST,
			Addrs: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")}}}
	}
	counts := hostCounters()
	var out []*Interface
	for _, h := range ifs {
		ifp := &Interface{Index: h.Index, Name: h.Name, Host: h.Name, MTU: h.MTU, Addr: h.HardwareAddr, Count: counts[h.Name]}
		for _, m := range []struct {
			host net.Flags
			flag int32
		}{{net.FlagUp, abi.IFF_UP}, {net.FlagBroadcast, abi.IFF_BROADCAST | abi.IFF_SIMPLEX}, {net.FlagLoopback, abi.IFF_LOOPBACK},
			{net.FlagPointToPoint, abi.IFF_POINTOPOINT}, {net.FlagMulticast, abi.IFF_MULTICAST}, {net.FlagRunning, abi.IFF_RUNNING}} {
			if h.Flags&m.host != 0 {
				ifp.Flags |= m.flag
			}
		}
		if ifp.Flags&abi.IFF_LOOPBACK != 0 {
			ifp.Flags |= abi.IFF_MULTICAST
			ifp.Addr = nil
			if h.Name == "lo" {
				ifp.Name = "lo0"
			}
		}
		// An interface that has just gone has no addresses.
		addrs, _ := h.Addrs()
		for _, a := range addrs {
			n, ok := a.(*net.IPNet)
			if !ok {
				continue
			}
			ip, ok := netip.AddrFromSlice(n.IP)
			ones, _ := n.Mask.Size()
			if ok {
				ifp.Addrs = append(ifp.Addrs, netip.PrefixFrom(ip.Unmap(), ones))
			}
		}
		out = append(out, ifp)
	}
	return out
}
