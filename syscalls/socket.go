package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Sockets (uipc_syscalls.c); messages are in sockmsg.go.

func socket(l *kern.LWP, domain, typ, proto int32) (kern.Retval, abi.Errno) {
	f, e := vfs.Socket(l, domain, typ, proto)
	if e != abi.OK {
		return kern.Retval{}, e
	}
	return retFd(l.Install(f, typ&abi.SOCK_CLOEXEC != 0))
}

func sysSocket30(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return socket(l, int32(a[0]), int32(a[1]), int32(a[2]))
}

// sysCompat30Socket is socket before NetBSD 4, which had another errno for unknown families.
func sysCompat30Socket(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, e := sysSocket30(l, a)
	if e == abi.EAFNOSUPPORT {
		e = abi.EPROTONOSUPPORT
	}
	return rv, e
}

func sysSocketpair(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	typ := int32(a[1])
	fa, fb, e := vfs.Socketpair(l, int32(a[0]), typ, int32(a[2]))
	if e != abi.OK {
		return kern.Retval{}, e
	}
	cloexec := typ&abi.SOCK_CLOEXEC != 0
	fd1, e := l.Install(fa, cloexec)
	if e != abi.OK {
		fb.Unref(l)
		return kern.Retval{}, e
	}
	fd2, e := l.Install(fb, cloexec)
	if e == abi.OK {
		if e = l.CopyoutStruct(a[3], &[2]int32{fd1, fd2}); e == abi.OK {
			return kern.Retval{}, abi.OK
		}
		_ = l.Proc.Fd.Close(l, fd2)
	}
	_ = l.Proc.Fd.Close(l, fd1)
	return kern.Retval{}, e
}

// withSocket calls f with the socket of a descriptor. Errors: EBADF, ENOTSOCK.
func withSocket(l *kern.LWP, fd int32, f func(s vfs.Sock, fp *kern.File) abi.Errno) (kern.Retval, abi.Errno) {
	fp, e := l.Getfile(fd)
	if e != abi.OK {
		return kern.Retval{}, e
	}
	defer fp.Done(l)
	s, e := vfs.SocketOf(fp)
	if e != abi.OK {
		return kern.Retval{}, e
	}
	return kern.Retval{}, f(s, fp)
}

// copyinSockaddr reads a socket address; its length byte is set to what the call says (sockargs). Errors:
// EINVAL for a length that no address has, EFAULT.
func copyinSockaddr(l *kern.LWP, va, n uint64) ([]byte, abi.Errno) {
	if n < 2 || n > abi.SockaddrMax {
		return nil, abi.EINVAL
	}
	b := make([]byte, n)
	if e := l.Copyin(b, va); e != abi.OK {
		return nil, e
	}
	b[0] = byte(n)
	return b, abi.OK
}

// copyoutSockaddr stores an address in the room that *lenVA says, and its length there; a null va wants none.
func copyoutSockaddr(l *kern.LWP, va, lenVA uint64, sa []byte) abi.Errno {
	n := int32(0)
	if va != 0 {
		room, e := l.CopyinInt32(lenVA)
		if e != abi.OK {
			return e
		}
		if room < 0 {
			return abi.EINVAL
		}
		n = min(room, int32(len(sa)))
		if e := l.Copyout(sa[:n], va); e != abi.OK {
			return e
		}
	} else if lenVA == 0 {
		return abi.OK
	}
	return l.CopyoutInt32(lenVA, n)
}

func sysBind(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	sa, e := copyinSockaddr(l, a[1], uint64(uint32(a[2])))
	if e != abi.OK {
		return kern.Retval{}, e
	}
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno { return s.Bind(l, sa) })
}

func sysConnect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	sa, e := copyinSockaddr(l, a[1], uint64(uint32(a[2])))
	if e != abi.OK {
		return kern.Retval{}, e
	}
	return withSocket(l, int32(a[0]), func(s vfs.Sock, f *kern.File) abi.Errno { return s.Connect(l, f, sa) })
}

func sysListen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno { return s.Listen(int32(a[1])) })
}

func accept(l *kern.LWP, a *kern.Args, flags int32, inherit bool) (kern.Retval, abi.Errno) {
	var fd int32
	_, e := withSocket(l, int32(a[0]), func(s vfs.Sock, f *kern.File) abi.Errno {
		if e := l.Proc.FdRoom(); e != abi.OK {
			return e
		}
		nf, sa, e := s.Accept(l, f, flags, inherit)
		if e != abi.OK {
			return e
		}
		if fd, e = l.Install(nf, flags&abi.SOCK_CLOEXEC != 0); e != abi.OK {
			return e
		}
		if e := copyoutSockaddr(l, a[1], a[2], sa); e != abi.OK {
			_ = l.Proc.Fd.Close(l, fd)
			return e
		}
		return abi.OK
	})
	return retFd(fd, e)
}

func sysAccept(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return accept(l, a, 0, true) }

func sysPaccept(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	mask, e := maskAt(l, a[3])
	if e != abi.OK {
		return kern.Retval{}, e
	}
	if mask != nil {
		l.TempSigmask(*mask)
	}
	return accept(l, a, int32(a[4]), false)
}

func sysGetsockname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno {
		sa, e := s.Getsockname(l)
		if e != abi.OK {
			return e
		}
		return copyoutSockaddr(l, a[1], a[2], sa)
	})
}

func sysGetpeername(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno {
		sa, e := s.Getpeername(l)
		if e != abi.OK {
			return e
		}
		return copyoutSockaddr(l, a[1], a[2], sa)
	})
}

func sysShutdown(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno { return s.Shutdown(int32(a[1])) })
}

// maxSockopt is the longest argument of an option (MCLBYTES).
const maxSockopt = 2048

func sysSetsockopt(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, f *kern.File) abi.Errno {
		n := uint64(uint32(a[4]))
		if n > maxSockopt {
			return abi.EINVAL
		}
		val := make([]byte, n)
		if a[3] == 0 {
			val = nil
		} else if e := l.Copyin(val, a[3]); e != abi.OK {
			return e
		}
		return s.Setsockopt(l, f, int32(a[1]), int32(a[2]), val)
	})
}

func sysGetsockopt(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno {
		room := int32(0)
		if a[3] != 0 {
			var e abi.Errno
			if room, e = l.CopyinInt32(a[4]); e != abi.OK {
				return e
			}
			if room < 0 {
				return abi.EINVAL
			}
		}
		val, e := s.Getsockopt(l, int32(a[1]), int32(a[2]), int(room))
		if e != abi.OK || a[3] == 0 {
			return e
		}
		n := min(int(room), len(val))
		if e := l.Copyout(val[:n], a[3]); e != abi.OK {
			return e
		}
		return l.CopyoutInt32(a[4], int32(n))
	})
}

// sysGetsockopt2 reads the option's argument as well, which none of ours needs.
func sysGetsockopt2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return sysGetsockopt(l, a) }
