package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Control messages. A header is a size_t for the length, the level and the type; messages are aligned to a size_t.

const (
	scmTimestamp = 29 // SO_TIMESTAMP
	ipTos        = 1
)

// controlForm is a control message as both have it: level and type there, and here; nil is for data that is the same.
type controlForm struct {
	level, typ     int32 // Linux's, of the level SOL_SOCKET the generic ones
	nlevel, ntyp   int32
	size           int // of what is sent, in bytes; 0: it is never sent
	toOurs, toHere func(m *abi.Model, b []byte) []byte
}

var controlForms = []controlForm{
	{level: 0, typ: 8, nlevel: abi.IPPROTO_IP, ntyp: abi.IP_PKTINFO, size: 12, toOurs: pktinfoIn, toHere: pktinfoOut},
	{level: 0, typ: 2, nlevel: abi.IPPROTO_IP, ntyp: abi.IP_TTL, size: 4},
	{level: 0, typ: 2, nlevel: abi.IPPROTO_IP, ntyp: abi.IP_RECVTTL, toHere: byteOut},
	{level: 0, typ: ipTos, nlevel: abi.IPPROTO_IP, ntyp: abi.IP_TOS, size: 4},
	{level: 41, typ: 50, nlevel: abi.IPPROTO_IPV6, ntyp: abi.IPV6_PKTINFO, size: 20},
	{level: 41, typ: 52, nlevel: abi.IPPROTO_IPV6, ntyp: abi.IPV6_HOPLIMIT, size: 4},
	{level: 41, typ: 67, nlevel: abi.IPPROTO_IPV6, ntyp: abi.IPV6_TCLASS, size: 4},
	{level: solSocket, typ: scmTimestamp, nlevel: abi.SOL_SOCKET, ntyp: abi.SCM_TIMESTAMP},
}

// pktinfoIn and pktinfoOut translate struct in_pktinfo: the index comes first, and then the address twice, as the local
// one and as the packet's.
func pktinfoIn(_ *abi.Model, b []byte) []byte {
	out := append([]byte(nil), b[4:8]...)
	return append(out, b[:4]...)
}

func pktinfoOut(_ *abi.Model, b []byte) []byte {
	if len(b) < 8 {
		return nil
	}
	out := append([]byte(nil), b[4:8]...)
	return append(append(out, b[:4]...), b[:4]...)
}

// byteOut makes an int of a byte.
func byteOut(m *abi.Model, b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	out := make([]byte, 4)
	m.PutUint(out, 4, uint64(b[0]))
	return out
}

func cmsgHeader(m *abi.Model) int { return m.PtrSize + 8 }

func cmsgAlign(m *abi.Model, n int) int { return (n + m.PtrSize - 1) &^ (m.PtrSize - 1) }

// sender is what kind of socket a message is sent to, for those who look at its control data: local ones and those of netlink
// know the level of sockets (scm_send), TCP too (sockcm_init), the rest their own protocol's besides (ip_cmsg_send).
type sender struct {
	local, stream bool
	own           int32 // the protocol's level
}

func socketOf(l *kern.LWP, fd uint64) sender {
	k := sender{local: true}
	_, _ = withSocket(l, fd, func(s vfs.Sock, _ *kern.File) abi.Errno {
		domain, typ, _ := s.Kind()
		k = sender{local: domain == abi.AF_LOCAL, stream: typ == abi.SOCK_STREAM, own: abi.IPPROTO_IP}
		if domain == abi.AF_INET6 {
			k.own = abi.IPPROTO_IPV6
		}
		return abi.OK
	})
	return k
}

// controlIn translates control messages: the length has an int there, the level another number, and what follows another
// alignment. What is of a level that the socket does not look at is no error. Errors: EINVAL, EPERM.
func controlIn(l *kern.LWP, mach *Machine, to sender, b []byte) ([]byte, abi.Errno) {
	const levelUDP = 17
	m := mach.model()
	var out []byte
	head := cmsgHeader(m)
	for len(b) >= head {
		n := m.Ptr(b)
		level, typ := int32(m.Uint(b[m.PtrSize:], 4)), int32(m.Uint(b[m.PtrSize+4:], 4))
		if n < uint64(head) || n > uint64(len(b)) {
			return nil, abi.EINVAL
		}
		data := b[head:n]
		b = b[min(cmsgAlign(m, int(n)), len(b)):]
		switch {
		case level == mach.controlLevel() && !to.local && (typ == scmRights || typ == scmCredentials): // of no use there
		case level == mach.controlLevel() && typ == scmRights:
			out = appendNativeCmsg(m, out, abi.SOL_SOCKET, abi.SCM_RIGHTS, data)
		case level == mach.controlLevel() && typ == scmCredentials: // who sends is known; it must be true
			if err := mayClaim(l, data); err != abi.OK {
				return nil, err
			}
		case level != mach.controlLevel() && (to.local || to.stream || level != to.own && level != levelUDP):
		default:
			f := sentForm(level, typ)
			if level == abi.IPPROTO_IP && typ == ipTos && len(data) == 1 {
				data = byteOut(m, data)
			}
			if f == nil || len(data) != f.size {
				return nil, abi.EINVAL
			}
			if f.toOurs != nil {
				data = f.toOurs(m, data)
			}
			out = appendNativeCmsg(m, out, f.nlevel, f.ntyp, data)
		}
	}
	return out, abi.OK
}

// ucred is struct ucred, whom a message is from.
type ucred struct {
	Pid      int32
	Uid, Gid uint32
}

// mayClaim is what a sender may say of itself (scm_check_creds). Errors: EINVAL, EPERM.
func mayClaim(l *kern.LWP, data []byte) abi.Errno {
	var u ucred
	if len(data) != l.Model().Sizeof(&u) {
		return abi.EINVAL
	}
	l.Model().Unmarshal(data, &u)
	c := l.Proc.Cred
	switch {
	case pidIn(l, u.Pid) != l.Proc.PID && !capable(l, capSysAdmin),
		u.Uid != c.Ruid && u.Uid != c.Euid && u.Uid != c.Svuid && !capable(l, capSetuid),
		u.Gid != c.Rgid && u.Gid != c.Egid && u.Gid != c.Svgid && !capable(l, capSetgid):
		return abi.EPERM
	}
	return abi.OK
}

// sentForm is the form of a message that programs may send, nil for none.
func sentForm(level, typ int32) *controlForm {
	for i := range controlForms {
		if f := &controlForms[i]; f.size != 0 && f.level == level && f.typ == typ {
			return f
		}
	}
	return nil
}

func appendNativeCmsg(m *abi.Model, out []byte, level, typ int32, data []byte) []byte {
	h := make([]byte, m.CmsgSpace(len(data)))
	m.PutUint(h, 4, uint64(m.CmsgLen(len(data))))
	m.PutUint(h[4:], 4, uint64(level))
	m.PutUint(h[8:], 4, uint64(typ))
	copy(h[m.CmsgLen(0):], data)
	return append(out, h...)
}

// controlOut is the reverse. Messages that only NetBSD has are left out. What there is no room for is cut off, but for
// the header of a message, which there is or is not (put_cmsg).
func controlOut(l *kern.LWP, mach *Machine, b []byte, room int) (out []byte, cut bool) {
	m := mach.model()
	for len(b) >= m.CmsgLen(0) {
		n := int(m.Uint(b, 4))
		if n < m.CmsgLen(0) || n > len(b) {
			break
		}
		data := b[m.CmsgLen(0):n]
		level, typ, data, ok := mach.controlOf(l, int32(m.Uint(b[4:], 4)), int32(m.Uint(b[8:], 4)), data)
		b = b[min(m.CmsgSpace(n-m.CmsgLen(0)), len(b)):]
		if !ok {
			continue
		}
		var cutHere bool
		out, cutHere = appendCmsg(m, out, level, typ, data, room)
		cut = cut || cutHere
	}
	return out, cut
}

// appendCmsg adds a control message to out, in room bytes for all: the rest is cut off, and without room for a header nothing
// is added.
func appendCmsg(m *abi.Model, out []byte, level, typ int32, data []byte, room int) (all []byte, cut bool) {
	left := room - len(out)
	if left < cmsgHeader(m) {
		return out, true
	}
	size := cmsgHeader(m) + len(data)
	h := make([]byte, cmsgAlign(m, size))
	if size > left {
		size, cut = left, true
	}
	m.PutPtr(h, uint64(size))
	m.PutUint(h[m.PtrSize:], 4, uint64(level))
	m.PutUint(h[m.PtrSize+4:], 4, uint64(typ))
	copy(h[cmsgHeader(m):], data)
	return append(out, h[:min(len(h), left)]...), cut
}

// controlOf is a native control message as the machine has it.
func (mach *Machine) controlOf(l *kern.LWP, level, typ int32, data []byte) (lv, t int32, d []byte, ok bool) {
	switch {
	case level == abi.SOL_SOCKET && typ == abi.SCM_RIGHTS:
		return mach.controlLevel(), scmRights, data, true
	case level == abi.SOL_SOCKET && typ == abi.SCM_CREDS:
		m := mach.model()
		var c abi.Sockcred
		if len(data) < m.Sizeof(&c) {
			return 0, 0, nil, false
		}
		m.Unmarshal(data, &c)
		return mach.controlLevel(), scmCredentials, m.Bytes(&ucred{pidOut(l, c.Pid), c.Euid, c.Egid}), true
	}
	for i := range controlForms {
		f := &controlForms[i]
		if f.nlevel != level || f.ntyp != typ {
			continue
		}
		if lv = f.level; lv == solSocket {
			lv = mach.controlLevel()
		}
		if f.toHere != nil {
			data = f.toHere(mach.model(), data)
		}
		return lv, f.typ, data, data != nil
	}
	return 0, 0, nil, false
}

// controlRoom is how many bytes of native control messages are to be received where the program has room for some: all
// there are, for controlOut to cut, but that descriptors that there is no room for must not be made.
func controlRoom(l *kern.LWP, msg *vfs.Msg, room int) int {
	const all = 4096
	if room == 0 {
		return 0
	}
	mach := machineOf(l)
	msg.Rights = func(before []byte) int {
		out, _ := controlOut(l, mach, before, room)
		return max(0, room-len(out)-cmsgHeader(mach.model())) / 4
	}
	return max(room, all)
}
