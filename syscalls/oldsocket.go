package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Sockets of 4.3BSD (compat/common/uipc_syscalls_43.c). Its addresses begin with a family of 16 bits and have no length;
// its messages have no control data, but rights to files, which lie there without a header. Addresses that go in need no
// call of their own: copyinSockaddr knows them.

// family43 gives the address that a call stored at va the family that 4.3BSD's have. Error: EFAULT.
func family43(l *kern.LWP, va uint64) abi.Errno {
	var sa [2]byte // length and family
	if err := l.Copyin(sa[:], va); err != abi.OK {
		return err
	}
	return l.CopyoutStruct(va, uint16(sa[1]))
}

// sysCompat43Accept is accept(s, addr, len *).
func sysCompat43Accept(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := sysAccept(l, a)
	if err == abi.OK && a[1] != 0 {
		err = family43(l, a[1])
	}
	return rv, err
}

// sysCompat43Getpeername is getpeername(s, addr, len *). Unlike its successor it wants an address.
func sysCompat43Getpeername(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	_, err := sysGetpeername(l, a)
	if err == abi.OK {
		err = family43(l, a[1])
	}
	return retErr(err)
}

// sysCompat43Getsockname is getsockname(s, addr, len *). Unlike its successor it wants an address.
func sysCompat43Getsockname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	_, err := sysGetsockname(l, a)
	if err == abi.OK {
		err = family43(l, a[1])
	}
	return retErr(err)
}

// sysCompat43Recvfrom is recvfrom(s, buf, len, flags, from, fromlen *).
func sysCompat43Recvfrom(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := sysRecvfrom(l, a)
	if err == abi.OK && a[4] != 0 {
		err = family43(l, a[4])
	}
	return rv, err
}

// maxAccrights is how many bytes of rights a message can have (MLEN, what fits an mbuf of 256 bytes).
const maxAccrights = 228

// sysCompat43Sendmsg is sendmsg(s, struct omsghdr *, flags).
func sysCompat43Sendmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var h abi.Msghdr43
	if err := l.CopyinStruct(a[1], &h); err != abi.OK {
		return retErr(err)
	}
	msg := vfs.Msg{Flags: int32(a[2]) & abi.MSG_USERFLAGS}
	var err abi.Errno
	if h.Name != 0 {
		if msg.Addr, err = copyinSockaddr(l, uint64(h.Name), uint64(uint32(h.Namelen))); err != abi.OK {
			return retErr(err)
		}
		var family uint16
		if err = l.CopyinStruct(uint64(h.Name), &family); err != abi.OK {
			return retErr(err)
		}
		msg.Addr[1] = byte(family)
	}
	if msg.Control, err = rightsControl(l, &h); err != abi.OK {
		return retErr(err)
	}
	u := kern.NewUio(l, true)
	defer u.Free()
	if err := addMsgIov(u, &abi.Msghdr{Iov: h.Iov, Iovlen: h.Iovlen}); err != abi.OK {
		return retErr(err)
	}
	return doSend(l, int32(a[0]), u, &msg)
}

// rightsControl makes a control message of the rights that h has; nil of none. Errors: EINVAL, EFAULT.
func rightsControl(l *kern.LWP, h *abi.Msghdr43) ([]byte, abi.Errno) {
	n := int(h.Accrightslen)
	if h.Accrights == 0 || n == 0 {
		return nil, abi.OK
	}
	m := l.Model()
	if n < 0 || m.CmsgSpace(n) > maxAccrights {
		return nil, abi.EINVAL
	}
	b := make([]byte, m.CmsgSpace(n))
	m.Marshal(b, abi.Cmsghdr{Len: uint32(m.CmsgLen(n)), Level: abi.SOL_SOCKET, Type: abi.SCM_RIGHTS})
	return b, l.Copyin(b[m.CmsgLen(0):m.CmsgLen(n)], uint64(h.Accrights))
}

// sysCompat43Recvmsg is recvmsg(s, struct omsghdr *, flags). Rights that there is no room for are closed again.
func sysCompat43Recvmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var o abi.Msghdr43
	if err := l.CopyinStruct(a[1], &o); err != abi.OK {
		return retErr(err)
	}
	room := 0
	if o.Accrights != 0 {
		if o.Accrightslen < 0 || o.Accrightslen > maxAccrights {
			return retErr(abi.EINVAL)
		}
		room = l.Model().CmsgSpace(int(o.Accrightslen))
	}
	u := kern.NewUio(l, false)
	defer u.Free()
	if err := addMsgIov(u, &abi.Msghdr{Iov: o.Iov, Iovlen: o.Iovlen}); err != abi.OK {
		return retErr(err)
	}
	msg := vfs.Msg{Flags: int32(a[2]) & abi.MSG_USERFLAGS}
	rv, err := doRecv(l, int32(a[0]), u, &msg, room)
	if err != abi.OK {
		return rv, err
	}
	if o.Name != 0 {
		if err := putName43(l, &o, msg.Addr); err != abi.OK {
			return rv, err
		}
	}
	rights := controlRights(l.Model(), msg.Control)
	if len(rights) > int(o.Accrightslen) {
		// They fitted in what pads a control message.
		for i := 0; i+4 <= len(rights); i += 4 {
			_ = l.Proc.Fd.Close(l, int32(l.Model().Uint(rights[i:], 4)))
		}
		rights = nil
	}
	o.Accrightslen = int32(len(rights))
	if len(rights) != 0 {
		if err := l.Copyout(rights, uint64(o.Accrights)); err != abi.OK {
			return rv, err
		}
	}
	return rv, l.CopyoutStruct(a[1], &o)
}

// putName43 stores the sender's address where h says, and its length in h. Error: EFAULT.
func putName43(l *kern.LWP, h *abi.Msghdr43, sa []byte) abi.Errno {
	if len(sa) >= 2 {
		l.Model().PutUint(sa, 2, uint64(sa[1]))
	}
	n := min(int(uint32(h.Namelen)), len(sa))
	h.Namelen = int32(n)
	return l.Copyout(sa[:n], uint64(h.Name))
}

// controlRights returns the rights in control data that begin with them.
func controlRights(m *abi.Model, control []byte) []byte {
	var c abi.Cmsghdr
	data := m.CmsgLen(0)
	if len(control) < data {
		return nil
	}
	m.Unmarshal(control, &c)
	if c.Level != abi.SOL_SOCKET || c.Type != abi.SCM_RIGHTS || int(c.Len) < data || int(c.Len) > len(control) {
		return nil
	}
	return control[data:c.Len]
}
