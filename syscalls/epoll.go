package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
)

// epoll(2), which is a kqueue in other clothes here as in NetBSD (sys_epoll.c). What a program asked for of a
// descriptor goes with its events: Ext[0] is the data, Ext[1] the mask.

const (
	epollRead  = abi.EPOLLIN | abi.EPOLLRDNORM | abi.EPOLLRDBAND | abi.EPOLLPRI | abi.EPOLLRDHUP
	epollWrite = abi.EPOLLOUT | abi.EPOLLWRNORM | abi.EPOLLWRBAND
)

func sysEpollCreate1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[0])&^abi.EPOLL_CLOEXEC != 0 {
		return kern.Retval{}, abi.EINVAL
	}
	return kqueue1(l, int32(a[0]))
}

// withKqueue calls f with the kqueue of a descriptor. Errors: EBADF, EINVAL for another kind of file.
func withKqueue(l *kern.LWP, fd int32, f func(kq *kern.Kqueue, fp *kern.File) abi.Errno) (kern.Retval, abi.Errno) {
	return withFile(l, fd, func(fp *kern.File) abi.Errno {
		kq, ok := fp.Ops.(*kern.Kqueue)
		if !ok {
			return abi.EINVAL
		}
		return f(kq, fp)
	})
}

func sysEpollCtl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	op, fd := int32(a[1]), int32(a[2])
	return withKqueue(l, int32(a[0]), func(kq *kern.Kqueue, fp *kern.File) abi.Errno {
		f := l.Proc.Fd.Get(fd)
		if f == nil {
			return abi.EBADF
		}
		if f == fp {
			return abi.EINVAL
		}
		var ev abi.EpollEvent
		if op != abi.EPOLL_CTL_DEL {
			if err := l.CopyinStruct(a[3], &ev); err != abi.OK {
				return err
			}
		}
		_, isRead := kq.Find(uint64(fd), abi.EVFILT_READ)
		_, isWrite := kq.Find(uint64(fd), abi.EVFILT_WRITE)
		there := isRead || isWrite
		switch op {
		case abi.EPOLL_CTL_ADD:
			if there {
				return abi.EEXIST
			}
		case abi.EPOLL_CTL_DEL, abi.EPOLL_CTL_MOD:
			if !there {
				return abi.ENOENT
			}
			for _, filter := range []uint32{abi.EVFILT_READ, abi.EVFILT_WRITE} {
				if _, is := kq.Find(uint64(fd), filter); is {
					_ = kq.Register(l, &abi.Kevent{Ident: abi.ULong(fd), Filter: filter, Flags: abi.EV_DELETE})
				}
			}
			if op == abi.EPOLL_CTL_DEL {
				return abi.OK
			}
		default:
			return abi.EINVAL
		}
		return epollAdd(l, kq, fd, &ev)
	})
}

func epollAdd(l *kern.LWP, kq *kern.Kqueue, fd int32, ev *abi.EpollEvent) abi.Errno {
	flags := uint32(abi.EV_ADD)
	if ev.Events&abi.EPOLLET != 0 {
		flags |= abi.EV_CLEAR
	}
	if ev.Events&abi.EPOLLONESHOT != 0 {
		flags |= abi.EV_DISPATCH
	}
	add := func(filter uint32) abi.Errno {
		err := kq.Register(l, &abi.Kevent{Ident: abi.ULong(fd), Filter: filter, Flags: flags,
			Ext: [4]uint64{ev.Data, uint64(ev.Events)}})
		if err == abi.EINVAL || err == abi.EOPNOTSUPP {
			return abi.EPERM // a file that cannot be waited for
		}
		return err
	}
	if ev.Events&epollRead != 0 || ev.Events&epollWrite == 0 {
		if err := add(abi.EVFILT_READ); err != abi.OK {
			return err
		}
	}
	if ev.Events&epollWrite != 0 {
		return add(abi.EVFILT_WRITE)
	}
	return abi.OK
}

// epollEvents says an event in epoll's words.
func epollEvents(k *abi.Kevent) uint32 {
	want := uint32(k.Ext[1]) | abi.EPOLLERR | abi.EPOLLHUP
	ev := uint32(0)
	if k.Filter == abi.EVFILT_READ {
		ev |= abi.EPOLLIN | abi.EPOLLRDNORM
		if k.Flags&abi.EV_EOF != 0 {
			ev |= abi.EPOLLRDHUP | abi.EPOLLHUP
		}
	} else {
		ev |= abi.EPOLLOUT | abi.EPOLLWRNORM
		if k.Flags&abi.EV_EOF != 0 {
			ev |= abi.EPOLLHUP | abi.EPOLLERR
		}
	}
	if k.Fflags != 0 && k.Flags&abi.EV_EOF != 0 {
		ev |= abi.EPOLLERR
	}
	return ev & want
}

func sysEpollPwait2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	limit := int32(a[2])
	if limit <= 0 {
		return kern.Retval{}, abi.EINVAL
	}
	to, err := timeoutAt(l, a[3], new(abi.Timespec))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	mask, err := maskAt(l, a[4])
	if err != abi.OK {
		return kern.Retval{}, err
	}
	if mask != nil {
		l.TempSigmask(*mask)
	}
	var out []abi.EpollEvent
	_, err = withKqueue(l, int32(a[0]), func(kq *kern.Kqueue, fp *kern.File) abi.Errno {
		got, err := kq.Scan(l, fp, int(limit), to.deadline, to.poll)
		if err != abi.OK {
			return err
		}
		at := map[abi.ULong]int{}
		for i := range got {
			ev := epollEvents(&got[i])
			if j, ok := at[got[i].Ident]; ok {
				out[j].Events |= ev
				continue
			}
			at[got[i].Ident] = len(out)
			out = append(out, abi.EpollEvent{Events: ev, Data: got[i].Ext[0]})
		}
		return abi.OK
	})
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{R0: uint64(len(out))}, l.Copyout(l.Model().Bytes(out), a[1])
}
