package kern

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"nbemu/abi"
)

// ifcache is a list of interfaces and when it was made.
type ifcache struct {
	sync.Mutex
	ifs []*Interface
	at  time.Time
}

// ifCacheTime is how long the list of interfaces is kept: programs ask for its size and then for itself.
const ifCacheTime = 100 * time.Millisecond

// Interfaces lists the host's network interfaces by number. A host that does not tell has the loopback one.
func (k *Kernel) Interfaces() []*Interface {
	k.ifcache.Lock()
	defer k.ifcache.Unlock()
	now := k.Timenow()
	if k.ifcache.ifs == nil || now.Sub(k.ifcache.at) > ifCacheTime {
		k.ifcache.ifs, k.ifcache.at = hostInterfaces(), now
	}
	return k.ifcache.ifs
}

// InterfaceByName finds an interface by the name programs know it by; nil if there is none.
func (k *Kernel) InterfaceByName(name string) *Interface {
	for _, ifp := range k.Interfaces() {
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
	var out []*Interface
	for _, h := range ifs {
		ifp := &Interface{Index: h.Index, Name: h.Name, Host: h.Name, MTU: h.MTU, Addr: h.HardwareAddr}
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
