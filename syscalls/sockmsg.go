package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Sending and receiving on sockets.

// notSocketOr returns what is wrong with the descriptor, which is looked at before anything else, or err.
func notSocketOr(l *kern.LWP, fd int32, err abi.Errno) abi.Errno {
	if _, e := withSocket(l, fd, func(vfs.Sock, *kern.File) abi.Errno { return abi.OK }); e != abi.OK {
		return e
	}
	return err
}

func sendto(l *kern.LWP, fd int32, buf, n uint64, flags int32, to, tolen uint64) (kern.Retval, abi.Errno) {
	msg := vfs.Msg{Flags: flags}
	if to != 0 {
		var err abi.Errno
		if msg.Addr, err = copyinSockaddr(l, to, tolen); err != abi.OK {
			return kern.Retval{}, notSocketOr(l, fd, err)
		}
	}
	u := kern.NewUio(l, true)
	defer u.Free()
	if err := u.Add(buf, n); err != abi.OK {
		return kern.Retval{}, notSocketOr(l, fd, err)
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

// sendHdr sends what a struct msghdr describes. The order of the checks is do_sys_sendmsg_so's, and netbsd32_sendmsg's
// where control data and buffers are looked at before the descriptor. Errors: EMSGSIZE, too many buffers; EINVAL, too long
// ones, and names and control data that are too long or too short; EFAULT; those of the socket.
func sendHdr(l *kern.LWP, fd int32, h *abi.Msghdr, flags int32) (kern.Retval, abi.Errno) {
	msg := vfs.Msg{Flags: flags & abi.MSG_USERFLAGS}
	u := kern.NewUio(l, true)
	defer u.Free()
	var err abi.Errno
	if l.Proc.Emul.Kernel64 {
		if msg.Control, err = copyinControl32(l, h); err == abi.OK {
			err = addMsgIov(u, h)
		}
	} else if err = addMsgIov(u, h); err != abi.OK {
		err = notSocketOr(l, fd, err)
	}
	if err != abi.OK {
		return kern.Retval{}, err
	}
	if h.Name != 0 {
		if msg.Addr, err = copyinSockaddr(l, uint64(h.Name), uint64(h.Namelen)); err != abi.OK {
			return kern.Retval{}, notSocketOr(l, fd, err)
		}
	}
	if h.Control != 0 && !l.Proc.Emul.Kernel64 {
		if msg.Control, err = copyinControl(l, h); err != abi.OK {
			return kern.Retval{}, notSocketOr(l, fd, err)
		}
	}
	return doSend(l, fd, u, &msg)
}

// copyinControl reads control data (sockargs). Errors: EINVAL for less than a header, and for more than a page; EFAULT.
func copyinControl(l *kern.LWP, h *abi.Msghdr) ([]byte, abi.Errno) {
	if h.Controllen < uint32(l.Model().CmsgLen(0)) || uint64(h.Controllen) > l.Proc.Arch.PageSize {
		return nil, abi.EINVAL
	}
	b := make([]byte, h.Controllen)
	return b, l.Copyin(b, uint64(h.Control))
}

// copyinControl32 reads the control data of a 32-bit program on a kernel of 64 bits (copyin32_msg_control): nothing where
// there is no room for a header, and each message is checked. Errors: EINVAL for a length that does not fit, and for as
// much as a page; EFAULT.
func copyinControl32(l *kern.LWP, h *abi.Msghdr) (out []byte, err abi.Errno) {
	m := l.Model()
	head := m.Sizeof(&abi.Cmsghdr{})
	if h.Control == 0 || h.Controllen < uint32(head) {
		return nil, abi.OK
	}
	for va, left := uint64(h.Control), int64(h.Controllen); left > 0; {
		var c abi.Cmsghdr
		if err := l.CopyinStruct(va, &c); err != abi.OK {
			return nil, err
		}
		if int64(c.Len) > left || int(c.Len) < m.CmsgLen(0) || uint64(len(out))+uint64(c.Len) >= l.Proc.Arch.PageSize {
			return nil, abi.EINVAL
		}
		b := make([]byte, m.CmsgRound(int(c.Len)))
		if err := l.Copyin(b[:c.Len], va); err != abi.OK {
			return nil, err
		}
		out = append(out, b...)
		va, left = va+uint64(len(b)), left-int64(len(b))
		if left < int64(m.CmsgLen(0)) {
			break
		}
	}
	return out, abi.OK
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
		return kern.Retval{}, notSocketOr(l, int32(a[0]), err)
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
		if !l.Proc.Emul.Kernel64 {
			err = notSocketOr(l, fd, err)
		}
		return kern.Retval{}, err
	}
	room := 0
	if h.Control != 0 {
		room = int(min(max(int32(h.Controllen), 0), 1<<16))
	}
	given := flags & abi.MSG_USERFLAGS
	msg := vfs.Msg{Flags: given}
	rv, err := doRecv(l, fd, u, &msg, room)
	if err != abi.OK {
		return rv, err
	}
	// Without a place for them both lengths stay as they are.
	if h.Control != 0 {
		if err := l.Copyout(msg.Control, uint64(h.Control)); err != abi.OK {
			closeRights(l, msg.Control)
			return rv, err
		}
		h.Controllen = uint32(msg.ControlLen)
	}
	if h.Name != 0 {
		if int32(h.Namelen) < 0 {
			return rv, abi.EINVAL
		}
		n := min(int(h.Namelen), len(msg.Addr))
		if err := l.Copyout(msg.Addr[:n], uint64(h.Name)); err != abi.OK {
			return rv, err
		}
		h.Namelen = uint32(n)
	}
	h.Flags = given | msg.Flags // soreceive adds to what it is given
	return rv, abi.OK
}

// closeRights closes what came in control data that does not get to the program (free_rights).
func closeRights(l *kern.LWP, control []byte) {
	m := l.Model()
	for len(control) >= m.CmsgLen(0) {
		var c abi.Cmsghdr
		m.Unmarshal(control, &c)
		n := int(c.Len)
		if n < m.CmsgLen(0) || n > len(control) {
			return
		}
		if c.Level == abi.SOL_SOCKET && c.Type == abi.SCM_RIGHTS {
			for d := control[m.CmsgLen(0):n]; len(d) >= 4; d = d[4:] {
				_ = l.Proc.Fd.Close(l, int32(m.Uint(d, 4)))
			}
		}
		control = control[min(m.CmsgRound(n), len(control)):]
	}
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

// several calls do for each of n messages at va, until one fails. What it fails with is the next call's error too, which is how
// the program hears of it if there were others before (so_error).
func several(l *kern.LWP, fd int32, va uint64, n uint32, do func(h *abi.Msghdr, done uint64) (rv kern.Retval, last bool, err abi.Errno)) (
	kern.Retval, abi.Errno) {
	size := uint64(l.Model().Sizeof(&abi.Mmsghdr{}))
	done, last, err := uint64(0), false, abi.OK
	for ; done < uint64(min(n, abi.IOV_MAX)) && !last && err == abi.OK; va += size {
		var h abi.Mmsghdr
		var rv kern.Retval
		if err = l.CopyinStruct(va, &h); err == abi.OK {
			rv, last, err = do(&h.Hdr, done)
		}
		if err == abi.OK {
			h.Len = uint32(rv.R0)
			err = l.CopyoutStruct(va, &h)
		}
		if err == abi.OK {
			done++
		}
	}
	// That a signal came, or that there is nothing to do now, is no matter of the socket's.
	if err != abi.OK && err != abi.EAGAIN && err != abi.EINTR && err != abi.ERESTART {
		_, _ = withSocket(l, fd, func(s vfs.Sock, _ *kern.File) abi.Errno { s.SetError(err); return abi.OK })
	}
	if done > 0 {
		err = abi.OK
	}
	return kern.Retval{R0: done}, err
}

// sysSendmmsg sends several messages.
func sysSendmmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fd := int32(a[0])
	if err := notSocketOr(l, fd, abi.OK); err != abi.OK {
		return kern.Retval{}, err
	}
	return several(l, fd, a[1], uint32(a[2]), func(h *abi.Msghdr, _ uint64) (kern.Retval, bool, abi.Errno) {
		rv, err := sendHdr(l, fd, h, int32(a[3]))
		return rv, false, err
	})
}

// sysRecvmmsg receives several messages. The timeout is any two numbers, and looked at between messages only: they are the last
// once it has been over for a second.
func sysRecvmmsg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fd, flags := int32(a[0]), int32(a[3])
	var end time.Time
	if a[4] != 0 {
		var ts abi.Timespec
		if err := l.CopyinStruct(a[4], &ts); err != abi.OK {
			return kern.Retval{}, err
		}
		end = l.K.Timenow().Add(time.Duration(min(max(ts.Sec, -1<<31), 1<<31))*time.Second + time.Duration(ts.Nsec) + time.Second)
	}
	if err := notSocketOr(l, fd, abi.OK); err != abi.OK {
		return kern.Retval{}, err
	}
	return several(l, fd, a[1], uint32(a[2]), func(h *abi.Msghdr, done uint64) (kern.Retval, bool, abi.Errno) {
		given := flags &^ abi.MSG_WAITFORONE
		if flags&abi.MSG_WAITFORONE != 0 && done > 0 {
			given |= abi.MSG_DONTWAIT
		}
		rv, err := recvHdr(l, fd, h, given)
		return rv, h.Flags&abi.MSG_OOB != 0 || !end.IsZero() && l.K.Timenow().After(end), err
	})
}
