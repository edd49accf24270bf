package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Sending and receiving on sockets.

// maxControl is the longest control data that is accepted (MCLBYTES).
const maxControl = 2048

func sendto(l *kern.LWP, fd int32, buf, n uint64, flags int32, to, tolen uint64) (kern.Retval, abi.Errno) {
	msg := vfs.Msg{Flags: flags}
	if to != 0 {
		var err abi.Errno
		if msg.Addr, err = copyinSockaddr(l, to, tolen); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	u := kern.NewUio(l, true)
	defer u.Free()
	if err := u.Add(buf, n); err != abi.OK {
		return kern.Retval{}, err
	}
	return doSend(l, fd, u, &msg)
}

func doSend(l *kern.LWP, fd int32, u *kern.Uio, msg *vfs.Msg) (rv kern.Retval, err abi.Errno) {
	want, k := u.Resid, u.Ktrace(fd)
	_, err = withSocket(l, fd, func(s vfs.Sock, f *kern.File) abi.Errno { return s.Send(l, f, u, msg) })
	if err != abi.OK && u.Resid != want && (err == abi.ERESTART || err == abi.EINTR || err == abi.EWOULDBLOCK) {
		err = abi.OK
	}
	if err == abi.OK {
		k.Done(u, want-u.Resid)
	}
	return kern.Retval{R0: want - u.Resid}, err
}

func sysSendto(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sendto(l, int32(a[0]), a[1], a[2], int32(a[3]), a[4], uint64(uint32(a[5])))
}

func sysCompat43Send(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sendto(l, int32(a[0]), a[1], uint64(uint32(a[2])), int32(a[3]), 0, 0)
}

// sendHdr sends what a struct msghdr describes.
func sendHdr(l *kern.LWP, fd int32, h *abi.Msghdr, flags int32) (kern.Retval, abi.Errno) {
	msg := vfs.Msg{Flags: flags & abi.MSG_USERFLAGS}
	var err abi.Errno
	if h.Name != 0 {
		if msg.Addr, err = copyinSockaddr(l, uint64(h.Name), uint64(h.Namelen)); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	if h.Control != 0 && h.Controllen > 0 {
		if h.Controllen > maxControl {
			return kern.Retval{}, abi.EINVAL
		}
		msg.Control = make([]byte, h.Controllen)
		if err := l.Copyin(msg.Control, uint64(h.Control)); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	u := kern.NewUio(l, true)
	defer u.Free()
	if err := addMsgIov(u, h); err != abi.OK {
		return kern.Retval{}, err
	}
	return doSend(l, fd, u, &msg)
}

func addMsgIov(u *kern.Uio, h *abi.Msghdr) abi.Errno {
	if h.Iovlen < 0 || h.Iovlen > abi.IOV_MAX {
		return abi.EMSGSIZE
	}
	return u.AddIovecs(uint64(h.Iov), uint64(h.Iovlen))
}

func sysSendmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var h abi.Msghdr
	if err := l.CopyinStruct(a[1], &h); err != abi.OK {
		return kern.Retval{}, err
	}
	return sendHdr(l, int32(a[0]), &h, int32(a[2]))
}

func doRecv(l *kern.LWP, fd int32, u *kern.Uio, msg *vfs.Msg, room int) (rv kern.Retval, err abi.Errno) {
	want, k := u.Resid, u.Ktrace(fd)
	_, err = withSocket(l, fd, func(s vfs.Sock, f *kern.File) abi.Errno { return s.Recv(l, f, u, msg, room) })
	if err != abi.OK && u.Resid != want && (err == abi.ERESTART || err == abi.EINTR || err == abi.EWOULDBLOCK) {
		err = abi.OK
	}
	if err == abi.OK {
		k.Done(u, want-u.Resid)
	}
	return kern.Retval{R0: want - u.Resid}, err
}

func sysRecvfrom(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	u := kern.NewUio(l, false)
	defer u.Free()
	if err := u.Add(a[1], a[2]); err != abi.OK {
		return kern.Retval{}, err
	}
	msg := vfs.Msg{Flags: int32(a[3])}
	rv, err := doRecv(l, int32(a[0]), u, &msg, 0)
	if err == abi.OK && a[4] != 0 {
		err = copyoutSockaddr(l, a[4], a[5], msg.Addr)
	}
	return rv, err
}

func sysCompat43Recv(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	b := kern.Args{a[0], a[1], uint64(uint32(a[2])), a[3]}
	return sysRecvfrom(l, &b)
}

// recvHdr receives as a struct msghdr says and fills in its results, which the caller stores.
func recvHdr(l *kern.LWP, fd int32, h *abi.Msghdr, flags int32) (kern.Retval, abi.Errno) {
	u := kern.NewUio(l, false)
	defer u.Free()
	if err := addMsgIov(u, h); err != abi.OK {
		return kern.Retval{}, err
	}
	room := 0
	if h.Control != 0 {
		room = int(min(h.Controllen, 1<<16))
	}
	msg := vfs.Msg{Flags: flags & abi.MSG_USERFLAGS}
	rv, err := doRecv(l, fd, u, &msg, room)
	if err != abi.OK {
		return rv, err
	}
	if h.Name != 0 {
		n := min(int(h.Namelen), len(msg.Addr))
		if err := l.Copyout(msg.Addr[:n], uint64(h.Name)); err != abi.OK {
			return rv, err
		}
		h.Namelen = uint32(n)
	} else {
		h.Namelen = 0
	}
	if h.Control != 0 {
		if err := l.Copyout(msg.Control, uint64(h.Control)); err != abi.OK {
			return rv, err
		}
		h.Controllen = uint32(len(msg.Control)) // without a place for them it stays
	}
	h.Flags = msg.Flags
	return rv, abi.OK
}

func sysRecvmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var h abi.Msghdr
	if err := l.CopyinStruct(a[1], &h); err != abi.OK {
		return kern.Retval{}, err
	}
	rv, err := recvHdr(l, int32(a[0]), &h, int32(a[2]))
	if err != abi.OK {
		return rv, err
	}
	return rv, l.CopyoutStruct(a[1], &h)
}

// sysSendmmsg sends several messages; an error after the first is reported by the next call.
func sysSendmmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	va, n := a[1], min(uint32(a[2]), abi.IOV_MAX)
	size := uint64(l.Model().Sizeof(&abi.Mmsghdr{}))
	done := uint64(0)
	for ; done < uint64(n); done++ {
		var h abi.Mmsghdr
		err := l.CopyinStruct(va, &h)
		var rv kern.Retval
		if err == abi.OK {
			rv, err = sendHdr(l, int32(a[0]), &h.Hdr, int32(a[3]))
		}
		if err == abi.OK {
			h.Len = uint32(rv.R0)
			err = l.CopyoutStruct(va, &h)
		}
		if err != abi.OK {
			if done > 0 {
				break
			}
			return kern.Retval{}, err
		}
		va += size
	}
	return kern.Retval{R0: done}, abi.OK
}

// sysRecvmmsg receives several messages. The timeout is looked at between messages only, as there.
func sysRecvmmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	va, n, flags := a[1], min(uint32(a[2]), abi.IOV_MAX), int32(a[3])
	to, err := timeoutAt(l, a[4], new(abi.Timespec))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	size := uint64(l.Model().Sizeof(&abi.Mmsghdr{}))
	done := uint64(0)
	for done < uint64(n) {
		var h abi.Mmsghdr
		err := l.CopyinStruct(va, &h)
		var rv kern.Retval
		if err == abi.OK {
			rv, err = recvHdr(l, int32(a[0]), &h.Hdr, flags&^abi.MSG_WAITFORONE)
		}
		if err == abi.OK {
			h.Len = uint32(rv.R0)
			err = l.CopyoutStruct(va, &h)
		}
		if err != abi.OK {
			if done > 0 {
				break
			}
			return kern.Retval{}, err
		}
		va += size
		done++
		if flags&abi.MSG_WAITFORONE != 0 {
			flags |= abi.MSG_DONTWAIT
		}
		if to.poll || !to.deadline.IsZero() && l.K.Timenow().After(to.deadline) {
			break
		}
	}
	return kern.Retval{R0: done}, abi.OK
}
