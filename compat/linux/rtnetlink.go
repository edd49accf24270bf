package linux

import (
	"net/netip"
	"strings"

	"nbemu/abi"
	"nbemu/hostnet"
	"nbemu/kern"
)

// Requests of netlink's route family (net/core/rtnetlink.c, net/ipv4/devinet.c and fib_frontend.c).

const (
	nlmsgNoop  = 1
	nlmsgError = 2
	nlmsgDone  = 3
	rtmNewlink = 16
	rtmGetlink = 18
	rtmNewaddr = 20
	rtmGetaddr = 22
	rtmNewrt   = 24
	rtmGetrt   = 26
	rtmMax     = 127

	nlmRequest = 1 // flags
	nlmMulti   = 2
	nlmAck     = 4
	nlmDump    = 0x300

	nlmsgHead   = 16
	netlinkRoom = 8192 // of one message with answers

	iflaAddress, iflaBroadcast, iflaIfname, iflaMtu, iflaTxqlen, iflaOperstate, iflaLinkmode = 1, 2, 3, 4, 13, 16, 17
	ifaAddress, ifaLocal, ifaLabel, ifaBroadcast, ifaFlags                                   = 1, 2, 3, 4, 8
	rtaDst, rtaOif, rtaGateway, rtaTable                                                     = 1, 4, 5, 15

	arphrdEther, arphrdLoopback = 1, 772
	operUnknown, operUp         = 0, 6
	scopeUniverse               = 0
	scopeLink                   = 253
	scopeHost                   = 254
	tableMain                   = 254
	protoKernel, protoBoot      = 2, 3
	addrPermanent               = 0x80
	defaultTxqlen               = 1000
)

// nlmsg is struct nlmsghdr.
type nlmsg struct {
	Len         uint32
	Type, Flags uint16
	Seq, Port   uint32
}

// requests answers what a program has sent.
func (n *netlink) requests(l *kern.LWP, b []byte) {
	m := l.Model()
	for len(b) >= nlmsgHead {
		var h nlmsg
		m.Unmarshal(b, &h)
		if h.Len < nlmsgHead || uint64(h.Len) > uint64(len(b)) {
			return
		}
		if h.Flags&nlmRequest != 0 && h.Type >= rtmNewlink {
			n.request(l, &h, b[:h.Len])
		} else if h.Flags&nlmAck != 0 {
			n.answer(l, &h, b[:h.Len], abi.OK)
		}
		b = b[min(align4(int(h.Len)), len(b)):]
	}
}

func align4(n int) int { return (n + 3) &^ 3 }

// request answers one.
func (n *netlink) request(l *kern.LWP, h *nlmsg, b []byte) {
	var (
		list [][]byte
		err  abi.Errno
	)
	body := b[nlmsgHead:]
	dump := h.Flags&nlmDump == nlmDump
	switch {
	case h.Type > rtmMax:
		err = abi.EOPNOTSUPP
	case h.Type == rtmGetlink:
		list, err = n.links(l, body, dump)
	case h.Type == rtmGetaddr && dump:
		list = n.addresses(l, body)
	case h.Type == rtmGetrt && dump:
		list = n.routes(l, body)
	case h.Type == rtmNewlink:
		err = sameLink(l, body)
	case h.Type&3 != 2 && !capable(l, capNetAdmin):
		err = abi.EPERM
	default:
		err = abi.EOPNOTSUPP // the network is the host's
	}
	if err != abi.OK {
		n.answer(l, h, b, err)
		return
	}
	out := []byte(nil)
	for _, msg := range list {
		if len(out)+nlmsgHead+len(msg) > netlinkRoom {
			n.put(out)
			out = nil
		}
		flags := uint16(0)
		if dump {
			flags = nlmMulti
		}
		out = appendNlmsg(l.Model(), out, &nlmsg{Type: h.Type - 2, Flags: flags, Seq: h.Seq, Port: n.port}, msg)
	}
	if dump {
		out = appendNlmsg(l.Model(), out, &nlmsg{Type: nlmsgDone, Flags: nlmMulti, Seq: h.Seq, Port: n.port}, make([]byte, 4))
	}
	if out != nil {
		n.put(out)
	}
	if h.Flags&nlmAck != 0 && !dump {
		n.answer(l, h, b, abi.OK)
	}
}

// answer is NLMSG_ERROR: an error, or none.
func (n *netlink) answer(l *kern.LWP, h *nlmsg, request []byte, err abi.Errno) {
	m := l.Model()
	body := make([]byte, 4)
	m.PutUint(body, 4, uint64(uint32(-int32(machineOf(l).errnoOut(err)))))
	if err == abi.OK {
		clear(body)
	}
	flags := uint16(0)
	if err == abi.OK || n.capAck {
		request = request[:nlmsgHead]
		if n.capAck {
			flags = 0x100 // NLM_F_CAPPED
		}
	}
	n.put(appendNlmsg(m, nil, &nlmsg{Type: nlmsgError, Flags: flags, Seq: h.Seq, Port: n.port}, append(body, request...)))
}

func appendNlmsg(m *abi.Model, out []byte, h *nlmsg, body []byte) []byte {
	h.Len = uint32(nlmsgHead + len(body))
	out = append(m.Append(out, h), body...)
	return append(out, make([]byte, align4(len(body))-len(body))...)
}

// appendAttr adds an attribute.
func appendAttr(m *abi.Model, b []byte, kind uint16, val []byte) []byte {
	b = append(b, 0, 0, 0, 0)
	m.PutUint(b[len(b)-4:], 2, uint64(4+len(val)))
	m.PutUint(b[len(b)-2:], 2, uint64(kind))
	b = append(b, val...)
	return append(b, make([]byte, align4(len(val))-len(val))...)
}

// attrs finds an attribute of a request, nil if it has none.
func attrs(m *abi.Model, b []byte, kind uint16) []byte {
	for len(b) >= 4 {
		n := int(m.Uint(b, 2))
		if n < 4 || n > len(b) {
			return nil
		}
		if uint16(m.Uint(b[2:], 2))&0x3fff == kind {
			return b[4:n]
		}
		b = b[min(align4(n), len(b)):]
	}
	return nil
}

// ifinfo is struct ifinfomsg.
type ifinfo struct {
	Family, _     uint8
	Type          uint16
	Index         int32
	Flags, Change uint32
}

const ifinfoSize = 16

func u32(m *abi.Model, v uint32) []byte { return m.Bytes(v) }

// wanted finds the interface that a request names, nil if none. Error: EINVAL for a request that is too short.
func wanted(l *kern.LWP, body []byte) (h ifinfo, ifp *hostnet.Interface, err abi.Errno) {
	if len(body) < ifinfoSize {
		return h, nil, abi.EINVAL
	}
	m := l.Model()
	m.Unmarshal(body, &h)
	name, _, _ := strings.Cut(string(attrs(m, body[ifinfoSize:], iflaIfname)), "\x00")
	for _, i := range hostnet.Interfaces() {
		if h.Index != 0 && i.Index == int(h.Index) || h.Index == 0 && name != "" && i.Host == name {
			ifp = i
		}
	}
	return h, ifp, abi.OK
}

// links is RTM_GETLINK: of all interfaces, or of one. Errors: EINVAL, ENODEV.
func (n *netlink) links(l *kern.LWP, body []byte, dump bool) (list [][]byte, err abi.Errno) {
	if !dump {
		_, ifp, err := wanted(l, body)
		if err != abi.OK {
			return nil, err
		}
		if ifp == nil {
			return nil, abi.ENODEV
		}
		return [][]byte{linkMessage(l.Model(), ifp)}, abi.OK
	}
	for _, ifp := range hostnet.Interfaces() {
		list = append(list, linkMessage(l.Model(), ifp))
	}
	return list, abi.OK
}

func linkMessage(m *abi.Model, ifp *hostnet.Interface) []byte {
	h := ifinfo{Type: arphrdEther, Index: int32(ifp.Index), Flags: uint32(ifFlags(ifp))}
	loop := ifp.Flags&abi.IFF_LOOPBACK != 0
	link, all := make([]byte, 6), []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	copy(link, ifp.Addr)
	state := byte(operUnknown)
	switch {
	case loop:
		h.Type, all = arphrdLoopback, make([]byte, 6)
	case ifp.Flags&abi.IFF_RUNNING != 0:
		state = operUp
	}
	if ifp.Flags&abi.IFF_RUNNING != 0 {
		h.Flags |= 0x10000 // IFF_LOWER_UP
	}
	b := m.Bytes(&h)
	b = appendAttr(m, b, iflaIfname, append([]byte(ifp.Host), 0))
	b = appendAttr(m, b, iflaTxqlen, u32(m, defaultTxqlen))
	b = appendAttr(m, b, iflaOperstate, []byte{state})
	b = appendAttr(m, b, iflaLinkmode, []byte{0})
	b = appendAttr(m, b, iflaMtu, u32(m, uint32(ifp.MTU)))
	b = appendAttr(m, b, iflaAddress, link)
	return appendAttr(m, b, iflaBroadcast, all)
}

// sameLink is RTM_NEWLINK that leaves the interface as it is. Errors: EPERM, EINVAL, ENODEV; EOPNOTSUPP for changes.
func sameLink(l *kern.LWP, body []byte) abi.Errno {
	if !capable(l, capNetAdmin) {
		return abi.EPERM
	}
	h, ifp, err := wanted(l, body)
	switch {
	case err != abi.OK:
		return err
	case ifp == nil:
		return abi.ENODEV
	case (h.Flags^uint32(ifFlags(ifp)))&h.Change != 0, attrs(l.Model(), body[ifinfoSize:], iflaMtu) != nil,
		attrs(l.Model(), body[ifinfoSize:], iflaAddress) != nil:
		return abi.EOPNOTSUPP
	}
	return abi.OK
}

// ifaddr is struct ifaddrmsg.
type ifaddr struct {
	Family, Bits, Flags, Scope uint8
	Index                      uint32
}

// addresses is RTM_GETADDR, of a family if the request says one.
func (n *netlink) addresses(l *kern.LWP, body []byte) (list [][]byte) {
	m := l.Model()
	var h ifaddr
	if len(body) >= 8 {
		m.Unmarshal(body, &h)
	} else if len(body) > 0 {
		h.Family = body[0]
	}
	for _, ifp := range hostnet.Interfaces() {
		if n.strict && h.Index != 0 && int(h.Index) != ifp.Index {
			continue
		}
		for _, p := range ifp.Addrs {
			if f := familyOf(p.Addr()); h.Family == afUnspec || h.Family == f {
				list = append(list, addressMessage(m, ifp, p))
			}
		}
	}
	return list
}

func familyOf(a netip.Addr) uint8 {
	if a.Is4() {
		return afInet
	}
	return afInet6
}

func addressMessage(m *abi.Model, ifp *hostnet.Interface, p netip.Prefix) []byte {
	a := p.Addr()
	h := ifaddr{Family: familyOf(a), Bits: uint8(p.Bits()), Flags: addrPermanent, Scope: scopeUniverse, Index: uint32(ifp.Index)}
	switch {
	case a.IsLoopback():
		h.Scope = scopeHost
	case a.IsLinkLocalUnicast():
		h.Scope = scopeLink
	}
	b := appendAttr(m, m.Bytes(&h), ifaAddress, a.AsSlice())
	if a.Is4() {
		b = appendAttr(m, b, ifaLocal, a.AsSlice())
		if ifp.Flags&abi.IFF_BROADCAST != 0 && p.Bits() < 31 {
			b = appendAttr(m, b, ifaBroadcast, hostnet.Broadcast(p).AsSlice())
		}
		b = appendAttr(m, b, ifaLabel, append([]byte(ifp.Host), 0))
	}
	return appendAttr(m, b, ifaFlags, u32(m, addrPermanent))
}

// rtmsg is struct rtmsg.
type rtmsg struct {
	Family, DstLen, SrcLen, Tos, Table, Protocol, Scope, Type uint8
	Flags                                                     uint32
}

// routes is RTM_GETROUTE: those of the main table, of a family if the request says one.
func (n *netlink) routes(l *kern.LWP, body []byte) (list [][]byte) {
	m := l.Model()
	family := uint8(afUnspec)
	if len(body) > 0 {
		family = body[0]
	}
	for _, rt := range hostnet.Routes() {
		a := rt.Dst.Addr()
		if family != afUnspec && family != familyOf(a) {
			continue
		}
		h := rtmsg{Family: familyOf(a), DstLen: uint8(rt.Dst.Bits()), Table: tableMain, Protocol: protoKernel, Scope: scopeLink, Type: 1}
		if !a.Is4() || rt.Gateway.IsValid() {
			h.Scope = scopeUniverse
		}
		if rt.Gateway.IsValid() {
			h.Protocol = protoBoot
		}
		b := appendAttr(m, m.Bytes(&h), rtaTable, u32(m, tableMain))
		if rt.Dst.Bits() > 0 {
			b = appendAttr(m, b, rtaDst, a.AsSlice())
		}
		if rt.Gateway.IsValid() {
			b = appendAttr(m, b, rtaGateway, rt.Gateway.AsSlice())
		}
		list = append(list, appendAttr(m, b, rtaOif, u32(m, uint32(rt.Index))))
	}
	return list
}
