package hostnet

import (
	"net/netip"

	"nbemu/abi"
)

// Addr is an address of an interface, in the structures of a program: struct sockaddr_dl, sockaddr_in or sockaddr_in6.
type Addr struct {
	Family    uint8
	Addr      []byte
	Mask      []byte
	Broadcast []byte // nil if there is none
}

// List lists an interface's addresses in NetBSD's order: the link's first.
func (ifp *Interface) List(m *abi.Model) []Addr {
	list := []Addr{{Family: abi.AF_LINK, Addr: ifp.sockaddrDl(m), Mask: ifp.linkMask(m)}}
	for _, p := range ifp.Addrs {
		a := Addr{Family: abi.AF_INET, Addr: sockaddrOf(m, p.Addr(), ifp.Index), Mask: sockaddrOf(m, maskAddr(p), 0)}
		if !p.Addr().Is4() {
			a.Family = abi.AF_INET6
		}
		a.Broadcast = ifp.broadcastOf(m, p)
		list = append(list, a)
	}
	return list
}

// broadcastOf is the broadcast address of an interface's network, or for the loopback interface what stands in its place.
func (ifp *Interface) broadcastOf(m *abi.Model, p netip.Prefix) []byte {
	switch {
	case !p.Addr().Is4():
	case ifp.Flags&abi.IFF_LOOPBACK != 0:
		return sockaddrOf(m, p.Addr(), 0)
	case ifp.Flags&abi.IFF_BROADCAST != 0:
		return sockaddrOf(m, Broadcast(p), 0)
	}
	return nil
}
