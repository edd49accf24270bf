package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Sending and receiving on sockets.

const (
	msgCtrunc      = 8
	msgTrunc       = 0x20
	msgNosignal    = 0x4000
	msgMore        = 0x8000
	msgWaitforone  = 0x10000
	msgCmsgCloexec = 0x40000000
	msgDontwait    = 0x40
	maxMsgs        = 1024
	maxControl     = 4096
	scmRights      = 1
	scmCredentials = 2
)

var msgFlags = []struct{ linux, bsd int32 }{
	{1, abi.MSG_OOB}, {2, abi.MSG_PEEK}, {4, abi.MSG_DONTROUTE}, {msgCtrunc, abi.MSG_CTRUNC}, {msgTrunc, abi.MSG_TRUNC},
	{msgDontwait, abi.MSG_DONTWAIT}, {0x80, abi.MSG_EOR}, {0x100, abi.MSG_WAITALL}, {msgNosignal, abi.MSG_NOSIGNAL},
	{msgCmsgCloexec, abi.MSG_CMSG_CLOEXEC},
}

func msgFlagsIn(f int32) (n int32) {
	for _, m := range msgFlags {
		if f&m.linux != 0 {
			n |= m.bsd
		}
	}
	return n
}

func msgFlagsOut(f int32) (n int32) {
	for _, m := range msgFlags {
		if f&m.bsd != 0 {
			n |= m.linux
		}
	}
	return n
}

type msghdr struct {
	Name       abi.Ptr
	Namelen    uint32
	Iov        abi.Ptr
	Iovlen     abi.Size
	Control    abi.Ptr
	Controllen abi.Size
	Flags      int32
}

type mmsghdr struct {
	Hdr msghdr
	Len uint32
}

// doSend and doRecv move u; what was moved before a signal, or before there was no more room, counts.
func doSend(l *kern.LWP, fd uint64, u *kern.Uio, msg *vfs.Msg) (kern.Retval, abi.Errno) {
	want := u.Resid
	_, err := withSocket(l, fd, func(s vfs.Sock, f *kern.File) abi.Errno { return s.Send(l, f, u, msg) })
	if err == abi.ENOTSOCK {
		err = withNetlink(l, fd, func(n *netlink) abi.Errno { return n.send(l, u) })
	}
	return moved(u, want, err)
}

func doRecv(l *kern.LWP, fd uint64, u *kern.Uio, msg *vfs.Msg, room int) (kern.Retval, abi.Errno) {
	want := u.Resid
	whole := msg.Flags&abi.MSG_TRUNC != 0 // asks for the length that the message has
	_, err := withSocket(l, fd, func(s vfs.Sock, f *kern.File) abi.Errno { return s.Recv(l, f, u, msg, controlRoom(l, msg, room)) })
	if err == abi.ENOTSOCK {
		err = withNetlink(l, fd, func(n *netlink) abi.Errno { return recvNetlink(l, n, u, msg) })
	}
	rv, err := moved(u, want, err)
	if err == abi.OK && whole {
		rv.R0 = max(rv.R0, uint64(msg.Whole))
	}
	return rv, err
}

// recvNetlink is recv of a socket of netlink.
func recvNetlink(l *kern.LWP, n *netlink, u *kern.Uio, msg *vfs.Msg) abi.Errno {
	size, cut, err := n.recv(l, u, msg.Flags)
	if err != abi.OK {
		return err
	}
	msg.Whole, msg.Addr = size, n.address(l.Model(), 0, 0)
	if msg.Flags &^= abi.MSG_TRUNC; cut {
		msg.Flags |= abi.MSG_TRUNC
	}
	return abi.OK
}

func moved(u *kern.Uio, want uint64, err abi.Errno) (kern.Retval, abi.Errno) {
	if err != abi.OK && u.Resid != want && (err == abi.ERESTART || err == abi.EINTR || err == abi.EWOULDBLOCK) {
		err = abi.OK
	}
	return kern.Retval{R0: want - u.Resid}, err
}

// sendMsg is a message to be sent with flags.
func sendMsg(flags int32) vfs.Msg {
	return vfs.Msg{Flags: msgFlagsIn(flags), More: flags&msgMore != 0, Elsewhere: true}
}

// isSocket checks a descriptor. Errors: EBADF, ENOTSOCK.
func isSocket(l *kern.LWP, fd uint64) abi.Errno {
	_, err := withSocket(l, fd, func(vfs.Sock, *kern.File) abi.Errno { return abi.OK })
	if err == abi.ENOTSOCK {
		err = withNetlink(l, fd, func(*netlink) abi.Errno { return abi.OK })
	}
	return err
}

func sysSendto(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	msg := sendMsg(int32(a[3]))
	u := kern.NewUio(l, true)
	defer u.Free()
	if err := u.Add(a[1], min(a[2], maxTransfer)); err != abi.OK {
		return ret(err)
	}
	if a[4] != 0 {
		if err := isSocket(l, a[0]); err != abi.OK {
			return ret(err)
		}
		var err abi.Errno
		if msg.Addr, err = sendTo(l, a[0], a[4], a[5]); err != abi.OK {
			return ret(err)
		}
	}
	return doSend(l, a[0], u, &msg)
}

func sysRecvfrom(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	u := kern.NewUio(l, false)
	defer u.Free()
	if err := u.Add(a[1], min(a[2], maxTransfer)); err != abi.OK {
		return ret(err)
	}
	if int32(a[3])&msgErrqueue != 0 {
		var msg vfs.Msg
		rv, _, err := recvError(l, a[0], u, &msg, 0)
		if err == abi.OK && a[4] != 0 {
			err = putAddr(l, a[4], a[5], msg.Addr)
		}
		return rv, err
	}
	msg := vfs.Msg{Flags: msgFlagsIn(int32(a[3]) &^ msgCtrunc)}
	rv, err := doRecv(l, a[0], u, &msg, 0)
	if err == abi.OK && a[4] != 0 {
		err = putAddr(l, a[4], a[5], msg.Addr)
	}
	return rv, err
}

// sendTo is the address that a message goes to, or nil where the protocol does not look at it. Errors: as addrIn;
// EISCONN, EOPNOTSUPP, EINVAL.
func sendTo(l *kern.LWP, fd, va, n uint64) ([]byte, abi.Errno) {
	sa, err := addrIn(l, va, n)
	if err != abi.OK {
		return nil, err
	}
	_, _ = withSocket(l, fd, func(s vfs.Sock, _ *kern.File) abi.Errno {
		domain, typ, _ := s.Kind()
		switch {
		case typ == abi.SOCK_STREAM && domain != abi.AF_LOCAL, typ == abi.SOCK_SEQPACKET && domain == abi.AF_LOCAL:
			sa = nil
		case typ == abi.SOCK_STREAM && s.Connected():
			err = abi.EISCONN
		case typ == abi.SOCK_STREAM:
			err = abi.EOPNOTSUPP
		case domain == abi.AF_LOCAL && int32(sa[1]) != domain:
			err = abi.EINVAL
		}
		return abi.OK
	})
	return sa, err // of netlink as it is
}

func addIov(u *kern.Uio, h *msghdr) abi.Errno {
	if h.Iovlen > abi.IOV_MAX {
		return abi.EMSGSIZE
	}
	return u.AddIovecs(uint64(h.Iov), uint64(h.Iovlen))
}

func sendHdr(l *kern.LWP, fd uint64, h *msghdr, flags int32) (kern.Retval, abi.Errno) {
	msg := sendMsg(flags)
	var err abi.Errno
	if h.Name != 0 && h.Namelen != 0 {
		if msg.Addr, err = sendTo(l, fd, uint64(h.Name), uint64(h.Namelen)); err != abi.OK {
			return ret(err)
		}
	}
	u := kern.NewUio(l, true)
	defer u.Free()
	if err := addIov(u, h); err != abi.OK {
		return ret(err)
	}
	if h.Control != 0 && h.Controllen > 0 {
		if h.Controllen > maxControl {
			return ret(abi.ENOBUFS)
		}
		b := make([]byte, h.Controllen)
		if err := l.Copyin(b, uint64(h.Control)); err != abi.OK {
			return ret(err)
		}
		mach := machineOf(l)
		if len(b) < cmsgHeader(mach.model()) && mach.kernel64 != nil {
			return ret(abi.EINVAL) // cmsghdr_from_user_compat_to_kern; what has no room for a header is not looked at elsewhere
		}
		if msg.Control, err = controlIn(l, mach, socketOf(l, fd), b); err != abi.OK {
			return ret(err)
		}
	}
	return doSend(l, fd, u, &msg)
}

func sysSendmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	h, err := hdrAt(l, a[0], a[1])
	if err != abi.OK {
		return ret(err)
	}
	return sendHdr(l, a[0], &h, int32(a[2]))
}

// recvHdr receives as a struct msghdr says and fills in its results, which the caller stores.
func recvHdr(l *kern.LWP, fd uint64, h *msghdr, flags int32) (kern.Retval, abi.Errno) {
	u := kern.NewUio(l, false)
	defer u.Free()
	if err := addIov(u, h); err != abi.OK {
		return ret(err)
	}
	room := 0
	if h.Control != 0 {
		room = int(min(h.Controllen, 1<<16))
	}
	msg := vfs.Msg{Flags: msgFlagsIn(flags &^ msgCtrunc)}
	var rv kern.Retval
	var kept *vfs.SockError
	var err abi.Errno
	if flags&msgErrqueue != 0 {
		rv, kept, err = recvError(l, fd, u, &msg, room)
	} else {
		rv, err = doRecv(l, fd, u, &msg, room)
	}
	if err != abi.OK {
		return rv, err
	}
	if h.Name != 0 {
		sa := addrOut(l.Model(), msg.Addr)
		if err := l.Copyout(sa[:min(int(h.Namelen), len(sa))], uint64(h.Name)); err != abi.OK {
			return rv, err
		}
		h.Namelen = uint32(len(sa))
	}
	mach := machineOf(l)
	control, cut := controlOut(l, mach, msg.Control, room)
	if kept != nil {
		level, typ, data := mach.sockErrOf(kept)
		var cutHere bool
		control, cutHere = appendCmsg(mach.model(), control, level, typ, data, room)
		cut = cut || cutHere
	}
	if cut {
		msg.Flags |= abi.MSG_CTRUNC
	}
	if err := l.Copyout(control, uint64(h.Control)); err != abi.OK {
		return rv, err
	}
	h.Controllen = abi.Size(len(control))
	h.Flags = msgFlagsOut(msg.Flags&^(abi.MSG_DONTWAIT|abi.MSG_NOSIGNAL|abi.MSG_PEEK|abi.MSG_WAITALL)) | flags&(msgCmsgCloexec|msgErrqueue)
	return rv, abi.OK
}

// hdrAt reads a struct msghdr and checks it as copy_msghdr does, after the descriptor. Errors: EBADF, ENOTSOCK, EFAULT,
// EINVAL.
func hdrAt(l *kern.LWP, fd, va uint64) (h msghdr, err abi.Errno) {
	if err = isSocket(l, fd); err == abi.OK {
		err = l.CopyinStruct(va, &h)
	}
	if err == abi.OK && h.Name != 0 && int32(h.Namelen) < 0 {
		err = abi.EINVAL
	}
	h.Namelen = min(h.Namelen, maxSockaddr)
	return h, err
}

func sysRecvmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	h, err := hdrAt(l, a[0], a[1])
	if err != abi.OK {
		return ret(err)
	}
	rv, err := recvHdr(l, a[0], &h, int32(a[2]))
	if err != abi.OK {
		return rv, err
	}
	return rv, l.CopyoutStruct(a[1], &h)
}

// several calls do for one message after the other; an error after the first is reported by the next call.
func several(l *kern.LWP, va, n uint64, do func(h *msghdr) (kern.Retval, abi.Errno)) (kern.Retval, abi.Errno) {
	size := uint64(l.Model().Sizeof(&mmsghdr{}))
	done := uint64(0)
	for ; done < min(uint64(uint32(n)), maxMsgs); done++ {
		var h mmsghdr
		err := l.CopyinStruct(va, &h)
		var rv kern.Retval
		if err == abi.OK {
			rv, err = do(&h.Hdr)
		}
		if err == abi.OK {
			h.Len = uint32(rv.R0)
			err = l.CopyoutStruct(va, &h)
		}
		if err != abi.OK {
			if done > 0 {
				break
			}
			return ret(err)
		}
		va += size
	}
	return kern.Retval{R0: done}, abi.OK
}

func sysSendmmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return several(l, a[1], a[2], func(h *msghdr) (kern.Retval, abi.Errno) { return sendHdr(l, a[0], h, int32(a[3])) })
}

// sysRecvmmsg: the timeout is looked at between messages only, as in Linux.
func sysRecvmmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	to, err := timeoutAt(l, a[4])
	if err != abi.OK {
		return ret(err)
	}
	flags := int32(a[3])
	first := true
	return several(l, a[1], a[2], func(h *msghdr) (kern.Retval, abi.Errno) {
		if !first && (to.poll || !to.deadline.IsZero() && l.K.Timenow().After(to.deadline)) {
			return ret(abi.EAGAIN)
		}
		rv, err := recvHdr(l, a[0], h, flags)
		first = false
		if flags&msgWaitforone != 0 {
			flags |= msgDontwait
		}
		return rv, err
	})
}
