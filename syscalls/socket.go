package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Sockets (uipc_syscalls.c); messages are in sockmsg.go.

func socket(l *kern.LWP, domain, typ, proto int32) (kern.Retval, abi.Errno) {
	f, err := vfs.Socket(l, domain, typ, proto)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return retFd(l.Install(f, typ&abi.SOCK_CLOEXEC != 0))
}

func sysSocket30(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return socket(l, int32(a[0]), int32(a[1]), int32(a[2]))
}

// sysCompat30Socket is socket before NetBSD 4, which had another errno for unknown families.
func sysCompat30Socket(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := sysSocket30(l, a)
	if err == abi.EAFNOSUPPORT {
		err = abi.EPROTONOSUPPORT
	}
	return rv, err
}

func sysSocketpair(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	typ := int32(a[1])
	fa, fb, err := vfs.Socketpair(l, int32(a[0]), typ, int32(a[2]))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	cloexec := typ&abi.SOCK_CLOEXEC != 0
	fd1, err := l.Install(fa, cloexec)
	if err != abi.OK {
		fb.Unref(l)
		return kern.Retval{}, err
	}
	fd2, err := l.Install(fb, cloexec)
	if err == abi.OK {
		if err = l.CopyoutStruct(a[3], &[2]int32{fd1, fd2}); err == abi.OK {
			return kern.Retval{}, abi.OK
		}
		_ = l.Proc.Fd.Close(l, fd2)
	}
	_ = l.Proc.Fd.Close(l, fd1)
	return kern.Retval{}, err
}

// withSocket calls f with the socket of a descriptor. Errors: EBADF, ENOTSOCK.
func withSocket(l *kern.LWP, fd int32, f func(s vfs.Sock, fp *kern.File) abi.Errno) (kern.Retval, abi.Errno) {
	fp, err := l.Getfile(fd)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer fp.Done(l)
	s, err := vfs.SocketOf(fp)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{}, f(s, fp)
}

// copyinSockaddr reads a socket address; its length byte is set to what the call says (sockargs). An address of 4.3BSD,
// which begins with a family of 16 bits, is made one of today: bind, connect and sendto have no versions for it. Errors:
// EINVAL for a length that no address has, EFAULT.
func copyinSockaddr(l *kern.LWP, va, n uint64) ([]byte, abi.Errno) {
	if n <= 2 || n > abi.SockaddrMax {
		return nil, abi.EINVAL
	}
	b := make([]byte, n)
	if err := l.Copyin(b, va); err != abi.OK {
		return nil, err
	}
	if !l.Model().BigEndian && b[1] == 0 && b[0] < abi.AF_MAX {
		b[1] = b[0]
	}
	b[0] = byte(n)
	return b, abi.OK
}

// copyoutSockaddr stores an address in the room that *lenVA says, and its length there; a null va wants none.
func copyoutSockaddr(l *kern.LWP, va, lenVA uint64, sa []byte) abi.Errno {
	n := int32(0)
	if va != 0 {
		room, err := l.CopyinInt32(lenVA)
		if err != abi.OK {
			return err
		}
		if room < 0 {
			return abi.EINVAL
		}
		n = min(room, int32(len(sa)))
		if err := l.Copyout(sa[:n], va); err != abi.OK {
			return err
		}
	} else if lenVA == 0 {
		return abi.OK
	}
	return l.CopyoutInt32(lenVA, n)
}

func sysBind(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	sa, err := copyinSockaddr(l, a[1], uint64(uint32(a[2])))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno { return s.Bind(l, sa) })
}

func sysConnect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	sa, err := copyinSockaddr(l, a[1], uint64(uint32(a[2])))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return withSocket(l, int32(a[0]), func(s vfs.Sock, f *kern.File) abi.Errno { return s.Connect(l, f, sa) })
}

func sysListen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno {
		if err := s.MayListen(); err != abi.OK {
			return err
		}
		return s.Listen(int32(a[1]))
	})
}

func accept(l *kern.LWP, a *kern.Args, flags int32, inherit bool) (kern.Retval, abi.Errno) {
	var fd int32
	_, err := withSocket(l, int32(a[0]), func(s vfs.Sock, f *kern.File) abi.Errno {
		if err := l.Proc.FdRoom(); err != abi.OK {
			return err
		}
		nf, sa, err := s.Accept(l, f, flags, inherit)
		if err != abi.OK {
			return err
		}
		if fd, err = l.Install(nf, flags&abi.SOCK_CLOEXEC != 0); err != abi.OK {
			return err
		}
		if err := copyoutSockaddr(l, a[1], a[2], sa); err != abi.OK {
			_ = l.Proc.Fd.Close(l, fd)
			return err
		}
		return abi.OK
	})
	return retFd(fd, err)
}

func sysAccept(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return accept(l, a, 0, true) }

func sysPaccept(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	mask, err := maskAt(l, a[3])
	if err != abi.OK {
		return kern.Retval{}, err
	}
	if mask != nil {
		l.TempSigmask(*mask)
	}
	return accept(l, a, int32(a[4]), false)
}

func sysGetsockname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno {
		sa, err := s.Getsockname(l)
		if err != abi.OK {
			return err
		}
		return copyoutSockaddr(l, a[1], a[2], sa)
	})
}

func sysGetpeername(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno {
		sa, err := s.Getpeername(l)
		if err != abi.OK {
			return err
		}
		return copyoutSockaddr(l, a[1], a[2], sa)
	})
}

func sysShutdown(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno { return s.ShutdownAny(int32(a[1])) })
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
		} else if err := l.Copyin(val, a[3]); err != abi.OK {
			return err
		}
		return s.Setsockopt(l, f, int32(a[1]), int32(a[2]), val)
	})
}

func sysGetsockopt(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSocket(l, int32(a[0]), func(s vfs.Sock, _ *kern.File) abi.Errno {
		room := int32(0)
		if a[3] != 0 {
			var err abi.Errno
			if room, err = l.CopyinInt32(a[4]); err != abi.OK {
				return err
			}
			if room < 0 {
				return abi.EINVAL
			}
		}
		val, err := s.Getsockopt(l, int32(a[1]), int32(a[2]), int(room))
		if err != abi.OK || a[3] == 0 {
			return err
		}
		n := min(int(room), len(val))
		if err := l.Copyout(val[:n], a[3]); err != abi.OK {
			return err
		}
		return l.CopyoutInt32(a[4], int32(n))
	})
}

// sysGetsockopt2 reads the option's argument as well, which none of ours needs.
func sysGetsockopt2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return sysGetsockopt(l, a) }
