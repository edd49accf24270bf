package sysctl

import (
	"nbemu/abi"
	"nbemu/hostnet"
)

// rtable is net.route.rtable.<family>.<operation>.<argument>, ortable that of net.oroute, which NetBSD 5 and older know as
// net.route. The argument of NET_RT_IFLIST is an interface's
// number, that of NET_RT_FLAGS flags of routes. Errors: EPERM, EINVAL, ENOMEM.
func rtable(r *Req) abi.Errno  { return routingTable(r, false) }
func ortable(r *Req) abi.Errno { return routingTable(r, true) }

// formsOf are the forms of the operations that list interfaces.
var formsOf = map[int32]hostnet.Form{
	abi.NET_RT_OOOIFLIST: {If: 14, Addr70: true},
	abi.NET_RT_OOIFLIST:  {If: 50, Addr70: true},
	abi.NET_RT_OIFLIST:   {Addr70: true},
	abi.NET_RT_IFLIST:    {},
}

func routingTable(r *Req, route5 bool) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if r.New != 0 {
		return abi.EPERM
	}
	if len(r.Name) != 3 {
		return abi.EINVAL
	}
	m := r.L.Model()
	af, op, arg := uint8(r.Name[0]), r.Name[1], r.Name[2]
	ifs := hostnet.Interfaces()
	var msgs [][]byte
	form := formsOf[op]
	form.Route5 = route5
	switch op {
	case abi.NET_RT_IFLIST, abi.NET_RT_OIFLIST, abi.NET_RT_OOIFLIST, abi.NET_RT_OOOIFLIST:
		for _, ifp := range ifs {
			if r.L.K.IsDeterministic() {
				ifp = ifp.Uncounted()
			}
			if arg == 0 || int(arg) == ifp.Index {
				msgs = append(msgs, ifp.IfList(nil, m, af, form))
			}
		}
	case abi.NET_RT_DUMP, abi.NET_RT_FLAGS:
		if op == abi.NET_RT_FLAGS && (arg == 0 || arg&abi.RTF_LLDATA != 0) {
			// The neighbours that ARP has found stay the host's affair.
			if af == 0 {
				return abi.EINVAL
			}
			break
		}
		for _, rt := range hostnet.Routes() {
			family := uint8(abi.AF_INET)
			if !rt.Dst.Addr().Is4() {
				family = abi.AF_INET6
			}
			ifp := ifByIndex(ifs, rt.Index)
			if af != 0 && af != family || ifp == nil || op == abi.NET_RT_FLAGS && rt.Flags&arg == 0 {
				continue
			}
			msgs = append(msgs, rt.Message(nil, m, ifp, form))
		}
	default:
		return abi.EINVAL
	}
	return r.messages(msgs)
}

// messages returns as many whole messages as fit. Error: ENOMEM.
func (r *Req) messages(msgs [][]byte) abi.Errno {
	needed := 0
	for _, b := range msgs {
		needed += len(b)
	}
	if r.Old == 0 {
		// Some more, should there be another address by the time the program comes back.
		r.OldLen = uint64(needed * 11 / 10)
		return abi.OK
	}
	room := r.OldLen
	r.OldLen = 0
	for _, b := range msgs {
		if r.OldLen+uint64(len(b)) > room {
			return abi.ENOMEM
		}
		if err := r.L.Copyout(b, r.Old+r.OldLen); err != abi.OK {
			return err
		}
		r.OldLen += uint64(len(b))
	}
	return abi.OK
}

func ifByIndex(ifs []*hostnet.Interface, index int) *hostnet.Interface {
	for _, ifp := range ifs {
		if ifp.Index == index {
			return ifp
		}
	}
	return nil
}
