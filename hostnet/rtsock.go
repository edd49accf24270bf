package hostnet

import (
	"net/netip"

	"nbemu/abi"
)

// This file gives the host's interfaces, addresses and routes in the form of NetBSD's routing messages
// (net/rtsock.c): getifaddrs(3), Go's net.Interfaces and netstat(1) read them.

// Interface is a network interface of the host, as programs see it.
type Interface struct {
	Index int
	Name  string // NetBSD's name: the loopback interface is lo0
	Host  string // the host's name
	Flags int32  // IFF_
	MTU   int
	Addr  []byte // link-level address
	Addrs []netip.Prefix
	Count Counters
}

// Counters are what has passed through an interface since the host made it.
type Counters struct {
	Ipackets, Ierrors, Opackets, Oerrors, Collisions, Ibytes, Obytes uint64
	Imcasts, Iqdrops                                                 uint64
}

// Route is a route of the host.
type Route struct {
	Dst     netip.Prefix
	Gateway netip.Addr // not valid: the network of interface Index itself
	Index   int
	Flags   int32 // RTF_
	MTU     int
}

// rtAlign is the alignment of socket addresses in messages.
const rtAlign = 8

// rtmsg collects the socket addresses of one message.
type rtmsg struct {
	m     *abi.Model
	align int // of the addresses; 0: rtAlign
	addrs int32
	body  []byte
}

// add appends an address. They must come in the order of the RTAX_ numbers; an empty one is left out.
func (w *rtmsg) add(which int, sa []byte) {
	if len(sa) == 0 {
		return
	}
	w.addrs |= 1 << which
	align := w.align
	if align == 0 {
		align = rtAlign
	}
	w.body = append(w.body, sa...)
	w.body = append(w.body, make([]byte, -len(sa)&(align-1))...)
}

// finish puts a header in front, whose length and addresses the caller has set from total and w.addrs.
func (w *rtmsg) finish(out []byte, header any) []byte {
	return append(w.m.Append(out, header), w.body...)
}

func (w *rtmsg) total(header any) uint16 { return uint16(w.m.Sizeof(header) + len(w.body)) }

// sockaddrDl is the interface's link-level address as struct sockaddr_dl, without room to spare.
func (ifp *Interface) sockaddrDl(m *abi.Model) []byte {
	h := &abi.SockaddrDlHead{Family: abi.AF_LINK, Index: uint16(ifp.Index), Type: ifp.ifType(), Nlen: uint8(len(ifp.Name)), Alen: uint8(len(ifp.Addr))}
	h.Len = uint8(m.Sizeof(h)) + h.Nlen + h.Alen
	b := append(m.Bytes(h), ifp.Name...)
	return append(b, ifp.Addr...)
}

// linkMask is the mask of a link-level address: it covers the name.
func (ifp *Interface) linkMask(m *abi.Model) []byte {
	h := &abi.SockaddrDlHead{}
	h.Len = uint8(m.Sizeof(h) + len(ifp.Name))
	b := m.Bytes(h)
	for range len(ifp.Name) {
		b = append(b, 0xff)
	}
	return b
}

func (ifp *Interface) ifType() uint8 {
	switch {
	case ifp.Flags&abi.IFF_LOOPBACK != 0:
		return abi.IFT_LOOP
	case ifp.Flags&abi.IFF_POINTOPOINT != 0:
		return abi.IFT_TUNNEL
	case len(ifp.Addr) == 6:
		return abi.IFT_ETHER
	}
	return abi.IFT_OTHER
}

// sockaddrOf is an internet address as struct sockaddr_in or sockaddr_in6. index is the scope of a link-local
// address, which the kernel keeps inside it.
func sockaddrOf(m *abi.Model, a netip.Addr, index int) []byte {
	if a.Is4() {
		return m.Bytes(&abi.SockaddrIn{Len: 16, Family: abi.AF_INET, Addr: a.As4()})
	}
	sa := &abi.SockaddrIn6{Len: 28, Family: abi.AF_INET6, Addr: a.As16()}
	if a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() {
		sa.Addr[2], sa.Addr[3] = byte(index>>8), byte(index)
	}
	return m.Bytes(sa)
}

// maskAddr is the netmask of a prefix, as an address.
func maskAddr(p netip.Prefix) netip.Addr {
	var b [16]byte
	for i := range p.Bits() {
		b[i/8] |= 0x80 >> (i % 8)
	}
	if p.Addr().Is4() {
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrFrom16(b)
}

// Broadcast is the highest address of a network of IPv4.
func Broadcast(p netip.Prefix) netip.Addr {
	a, m := p.Addr().As4(), maskAddr(p).As4()
	for i := range a {
		a[i] |= ^m[i]
	}
	return netip.AddrFrom4(a)
}

// Data is what struct if_data tells of an interface.
func (ifp *Interface) Data() abi.IfData {
	d := abi.IfData{Type: ifp.ifType(), Addrlen: uint8(len(ifp.Addr)), Mtu: uint64(ifp.MTU), LinkState: abi.LINK_STATE_UNKNOWN}
	c := &ifp.Count
	d.Ipackets, d.Ierrors, d.Opackets, d.Oerrors, d.Collisions = c.Ipackets, c.Ierrors, c.Opackets, c.Oerrors, c.Collisions
	d.Ibytes, d.Obytes, d.Imcasts, d.Iqdrops = c.Ibytes, c.Obytes, c.Imcasts, c.Iqdrops
	if d.Type == abi.IFT_ETHER {
		d.Hdrlen = 14
		d.LinkState = abi.LINK_STATE_DOWN
		if ifp.Flags&abi.IFF_RUNNING != 0 {
			d.LinkState = abi.LINK_STATE_UP
		}
	}
	return d
}

// Form is a release's form of the messages.
type Form struct {
	Route5 bool // of the table of NetBSD 5 and older (net.oroute): other headers, addresses aligned to a long
	If     int  // the message of an interface: that of NetBSD 1.4 (14), 5 (50) or today
	Addr70 bool // messages of addresses are those of NetBSD 7
}

// message begins a message in the form.
func (f Form) message(m *abi.Model) *rtmsg {
	if f.Route5 {
		return &rtmsg{m: m, align: m.PtrSize}
	}
	return &rtmsg{m: m}
}

// version is that of the table's messages.
func (f Form) version() uint8 {
	if f.Route5 {
		return abi.RTM_OVERSION
	}
	return abi.RTM_VERSION
}

// IfList appends the messages about one interface: its own, then one for each of its addresses of family af
// (0: all).
func (ifp *Interface) IfList(out []byte, m *abi.Model, af uint8, form Form) []byte {
	addrs := ifp.List(m)
	w := form.message(m)
	w.add(abi.RTAX_IFP, addrs[0].Addr)
	out = ifp.ifMsg(out, w, form)
	for _, a := range addrs {
		if af == 0 || af == a.Family {
			out = ifp.addrMsg(out, m, form, a.Mask, a.Addr, a.Broadcast)
		}
	}
	return out
}

// ifMsg is the message of the interface itself.
func (ifp *Interface) ifMsg(out []byte, w *rtmsg, form Form) []byte {
	switch v := form.version(); form.If {
	case 14:
		h := &abi.IfMsghdr14{Version: v, Type: abi.RTM_OOIFINFO, Addrs: w.addrs, Flags: ifp.Flags, Index: uint16(ifp.Index), Data: *ifp.data14()}
		h.Msglen = w.total(h)
		return w.finish(out, h)
	case 50:
		h := &abi.IfMsghdr50{Version: v, Type: abi.RTM_OIFINFO, Addrs: w.addrs, Flags: ifp.Flags, Index: uint16(ifp.Index), Data: *ifp.Data50()}
		h.Msglen = w.total(h)
		return w.finish(out, h)
	default:
		h := &abi.IfMsghdr{Version: v, Type: abi.RTM_IFINFO, Addrs: w.addrs, Flags: ifp.Flags, Index: uint16(ifp.Index), Data: ifp.Data()}
		h.Msglen = w.total(h)
		return w.finish(out, h)
	}
}

// Data50 is what struct if_data of NetBSD 5 tells, data14 what that of 1.4 does, with counters as long as a long.
func (ifp *Interface) Data50() *abi.IfData50 {
	d := ifp.Data()
	return &abi.IfData50{Type: d.Type, Addrlen: d.Addrlen, Hdrlen: d.Hdrlen, Mtu: d.Mtu,
		Ipackets: d.Ipackets, Ierrors: d.Ierrors, Opackets: d.Opackets, Oerrors: d.Oerrors, Collisions: d.Collisions,
		Ibytes: d.Ibytes, Obytes: d.Obytes, Imcasts: d.Imcasts, Iqdrops: d.Iqdrops}
}

func (ifp *Interface) data14() *abi.IfData14 {
	d := ifp.Data()
	return &abi.IfData14{Type: d.Type, Addrlen: d.Addrlen, Hdrlen: d.Hdrlen, Mtu: abi.ULong(d.Mtu),
		Ipackets: abi.ULong(d.Ipackets), Ierrors: abi.ULong(d.Ierrors), Opackets: abi.ULong(d.Opackets), Oerrors: abi.ULong(d.Oerrors),
		Collisions: abi.ULong(d.Collisions), Ibytes: abi.ULong(d.Ibytes), Obytes: abi.ULong(d.Obytes),
		Imcasts: abi.ULong(d.Imcasts), Iqdrops: abi.ULong(d.Iqdrops)}
}

func (ifp *Interface) addrMsg(out []byte, m *abi.Model, form Form, mask, addr, brd []byte) []byte {
	w := form.message(m)
	w.add(abi.RTAX_NETMASK, mask)
	if !form.Route5 {
		w.add(abi.RTAX_IFP, ifp.sockaddrDl(m))
	}
	w.add(abi.RTAX_IFA, addr)
	w.add(abi.RTAX_BRD, brd)
	switch {
	case form.Route5:
		h := &abi.IfaMsghdr50{Version: form.version(), Type: abi.RTM_ONEWADDR, Addrs: w.addrs, Index: uint16(ifp.Index)}
		h.Msglen = w.total(h)
		return w.finish(out, h)
	case form.Addr70:
		h := &abi.IfaMsghdr70{Version: abi.RTM_VERSION, Type: abi.RTM_ONEWADDR, Addrs: w.addrs, Index: uint16(ifp.Index)}
		h.Msglen = w.total(h)
		return w.finish(out, h)
	}
	h := &abi.IfaMsghdr{Version: abi.RTM_VERSION, Type: abi.RTM_NEWADDR, Addrs: w.addrs, Index: uint16(ifp.Index)}
	h.Msglen = w.total(h)
	return w.finish(out, h)
}

// Message is the route as net.route.rtable gives it (sysctl_dumpentry). ifp is its interface.
func (rt *Route) Message(out []byte, m *abi.Model, ifp *Interface, form Form) []byte {
	w := form.message(m)
	w.add(abi.RTAX_DST, sockaddrOf(m, rt.Dst.Addr(), rt.Index))
	if rt.Gateway.IsValid() {
		w.add(abi.RTAX_GATEWAY, sockaddrOf(m, rt.Gateway, rt.Index))
	} else {
		w.add(abi.RTAX_GATEWAY, ifp.sockaddrDl(m))
	}
	if rt.Flags&abi.RTF_HOST == 0 {
		w.add(abi.RTAX_NETMASK, sockaddrOf(m, maskAddr(rt.Dst), 0))
	}
	w.add(abi.RTAX_IFP, ifp.sockaddrDl(m))
	for _, p := range ifp.Addrs {
		if p.Addr().Is4() == rt.Dst.Addr().Is4() {
			w.add(abi.RTAX_IFA, sockaddrOf(m, p.Addr(), ifp.Index))
			break
		}
	}
	if form.Route5 {
		h := &abi.RtMsghdr50{Version: abi.RTM_OVERSION, Type: abi.RTM_GET, Index: uint16(rt.Index), Flags: rt.Flags, Addrs: w.addrs}
		h.Rmx.Mtu = abi.ULong(rt.MTU)
		h.Msglen = w.total(h)
		return w.finish(out, h)
	}
	h := &abi.RtMsghdr{Version: abi.RTM_VERSION, Type: abi.RTM_GET, Index: uint16(rt.Index), Flags: rt.Flags, Addrs: w.addrs}
	h.Rmx.Mtu = uint64(rt.MTU)
	h.Msglen = w.total(h)
	return w.finish(out, h)
}
