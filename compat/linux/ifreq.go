package linux

import (
	"net/netip"
	"strings"

	"nbemu/abi"
	"nbemu/hostnet"
	"nbemu/kern"
)

// Questions about network interfaces (net/core/dev_ioctl.c, net/ipv4/devinet.c). The interfaces are the host's, by its
// names; nobody here changes them.

const (
	siocgifname    = 0x8910
	siocgifconf    = 0x8912
	siocgifflags   = 0x8913
	siocsifflags   = 0x8914
	siocgifaddr    = 0x8915
	siocgifnetmask = 0x891b
	siocgifmtu     = 0x8921
	siocgifindex   = 0x8933

	ifNameLen = 16
)

// ifFlags are flags of interfaces in Linux' numbers.
func ifFlags(ifp *hostnet.Interface) (n uint16) {
	for _, f := range [...]struct {
		bsd   int32
		linux uint16
	}{{abi.IFF_UP, 1}, {abi.IFF_BROADCAST, 2}, {abi.IFF_LOOPBACK, 8}, {abi.IFF_POINTOPOINT, 0x10}, {abi.IFF_RUNNING, 0x40}, {abi.IFF_MULTICAST, 0x1000}} {
		if ifp.Flags&f.bsd != 0 {
			n |= f.linux
		}
	}
	return n
}

// ifreqSize is the size of struct ifreq: a name and the largest of what follows it, a struct ifmap.
func ifreqSize(l *kern.LWP) int {
	if l.Model().LP64() {
		return ifNameLen + 24
	}
	return ifNameLen + 16
}

// sockaddrIn4 is a struct sockaddr_in.
func sockaddrIn4(m *abi.Model, a netip.Addr) []byte {
	b := make([]byte, sockaddrIn)
	m.PutUint(b, 2, afInet)
	ip := a.As4()
	copy(b[4:], ip[:])
	return b
}

// firstIPv4 is an interface's first address of IPv4.
func firstIPv4(ifp *hostnet.Interface) (netip.Prefix, bool) {
	for _, p := range ifp.Addrs {
		if p.Addr().Is4() {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// interfaceIoctl answers. Errors: EFAULT, ENODEV for a name that no interface has, EADDRNOTAVAIL, EPERM for changes.
func interfaceIoctl(l *kern.LWP, cmd uint32, va uint64) abi.Errno {
	if cmd == siocgifconf {
		return listInterfaces(l, va)
	}
	m := l.Model()
	b := make([]byte, ifreqSize(l))
	if err := l.Copyin(b, va); err != abi.OK {
		return err
	}
	u := b[ifNameLen:]
	var ifp *hostnet.Interface
	if cmd == siocgifname {
		for _, i := range hostnet.Interfaces() {
			if i.Index == int(int32(m.Uint(u, 4))) {
				ifp = i
			}
		}
	} else {
		name, _, _ := strings.Cut(string(b[:ifNameLen]), "\x00")
		for _, i := range hostnet.Interfaces() {
			if i.Host == name {
				ifp = i
			}
		}
	}
	if ifp == nil {
		return abi.ENODEV
	}
	p, has4 := firstIPv4(ifp)
	switch cmd {
	case siocgifname:
		clear(b[:ifNameLen])
		copy(b[:ifNameLen-1], ifp.Host)
	case siocgifflags:
		m.PutUint(u, 2, uint64(ifFlags(ifp)))
	case siocsifflags:
		if flags := uint16(m.Uint(u, 2)); flags&1 == ifFlags(ifp)&1 && capable(l, capNetAdmin) {
			return abi.OK // it is as it is to be
		}
		return abi.EPERM
	case siocgifindex:
		m.PutUint(u, 4, uint64(ifp.Index))
	case siocgifmtu:
		m.PutUint(u, 4, uint64(ifp.MTU))
	case siocgifaddr, siocgifnetmask:
		if !has4 {
			return abi.EADDRNOTAVAIL
		}
		a := p.Addr()
		if cmd == siocgifnetmask {
			mask := ^uint32(0) << (32 - p.Bits())
			a = netip.AddrFrom4([4]byte{byte(mask >> 24), byte(mask >> 16), byte(mask >> 8), byte(mask)})
		}
		copy(u, sockaddrIn4(m, a))
	}
	return l.Copyout(b, va)
}

// listInterfaces is SIOCGIFCONF: those with an address of IPv4, as many as there is room for; without a buffer the room
// that all need.
func listInterfaces(l *kern.LWP, va uint64) abi.Errno {
	var c struct {
		Len int32
		Buf abi.Ptr
	}
	if err := l.CopyinStruct(va, &c); err != abi.OK {
		return err
	}
	size := ifreqSize(l)
	done := 0
	for _, ifp := range hostnet.Interfaces() {
		p, has4 := firstIPv4(ifp)
		if !has4 {
			continue
		}
		if c.Buf != 0 {
			if int(c.Len)-done < size {
				break
			}
			b := make([]byte, size)
			copy(b[:ifNameLen-1], ifp.Host)
			copy(b[ifNameLen:], sockaddrIn4(l.Model(), p.Addr()))
			if err := l.Copyout(b, uint64(c.Buf)+uint64(done)); err != abi.OK {
				return err
			}
		}
		done += size
	}
	c.Len = int32(done)
	return l.CopyoutStruct(va, &c)
}
