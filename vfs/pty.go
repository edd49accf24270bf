package vfs

import (
	"strconv"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// ptyMaster is the master of a pseudo-terminal that a guest made. The host's line discipline would signal the
// host's foreground group; the guest's is unknown to it, so that the characters that make signals are looked
// for here, on their way in.
type ptyMaster struct {
	streamFile
	n      int
	locked bool
	slv    *tty
}

func newPtyMaster(l *kern.LWP, fd int, oflags int32) (*kern.File, abi.Errno) {
	n, err := hostPtyNumber(fd)
	if err != nil {
		_ = unix.Close(fd)
		return nil, errno(err)
	}
	var st abi.Stat
	if err := hostStat(fd, "", false, &st); err != nil {
		_ = unix.Close(fd)
		return nil, errno(err)
	}
	flag := abi.Fflags(oflags) & abi.FMASK
	v := fsOf(l).newVnode(fd, &st, flag&(abi.FREAD|abi.FWRITE), nil)
	rdev := hostPtyRdev(n)
	t := fsOf(l).ttys[rdev]
	if t == nil {
		var slave abi.Stat
		_ = hostStat(unix.AT_FDCWD, hostTTYName(rdev), false, &slave)
		t = &tty{rdev: rdev, gid: slave.Gid}
		fsOf(l).ttys[rdev] = t
	}
	t.ours = true
	t.refs++
	return kern.NewFile(l, &ptyMaster{streamFile: streamFile{hostOps: hostOps{Vnode: v}}, n: n, slv: t}, flag), abi.OK
}

// Close hangs the slave up: the leader of its session hears of it, and nobody else (ttymodem in sys/kern/tty.c).
func (p *ptyMaster) Close(l *kern.LWP, f *kern.File) abi.Errno {
	if s := p.slv.session; s != nil {
		if s.Leader != nil {
			s.Leader.Psignal(abi.SIGHUP)
			if e := s.Leader.Emul; e != nil && e.HangupCont {
				s.Leader.Psignal(abi.SIGCONT)
			}
		}
		s.TTY, p.slv.session = nil, nil // s.Fg hears of it when the leader ends, which may be deaf to SIGHUP
	}
	if p.slv.refs--; p.slv.refs == 0 {
		delete(fsOf(l).ttys, p.slv.rdev)
	}
	return p.streamFile.Close(l, f)
}

func (p *ptyMaster) Seek(*kern.LWP, *kern.File, int64, int32) (int64, abi.Errno) {
	return 0, abi.ESPIPE
}

func (p *ptyMaster) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	err := p.streamFile.Read(l, f, u)
	if err == abi.EIO {
		return abi.OK // all slaves are closed
	}
	return err
}

func (p *ptyMaster) Write(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	if s := p.slv.session; s != nil && s.Fg != nil {
		if tio, herr := hostGetTermios(p.fd); herr == nil && tio.Lflag&abi.ISIG != 0 {
			if v, err := u.Views(0); err == abi.OK {
				p.signals(s.Fg, tio, v)
			}
		}
	}
	return p.streamFile.Write(l, f, u)
}

// signals sends what the characters in v ask for.
func (p *ptyMaster) signals(g *kern.Pgrp, tio *abi.Termios, v [][]byte) {
	for _, b := range v {
		for _, c := range b {
			if c == abi.POSIX_VDISABLE {
				continue
			}
			switch c {
			case tio.Cc[abi.VINTR]:
				g.PgSignal(abi.SIGINT, true)
			case tio.Cc[abi.VQUIT]:
				g.PgSignal(abi.SIGQUIT, true)
			case tio.Cc[abi.VSUSP]:
				g.PgSignal(abi.SIGTSTP, true)
			}
		}
	}
}

// signal is TIOCSIG: a signal for whoever is in the foreground. What was typed and not read is dropped, as when a
// character sends one. Error: EINVAL.
func (p *ptyMaster) signal(sig abi.Signal) abi.Errno {
	if !sig.Valid() {
		return abi.EINVAL
	}
	if tio, err := hostGetTermios(p.fd); err == nil && tio.Lflag&abi.NOFLSH == 0 {
		_ = hostFlushTTY(p.fd, true, true)
	}
	if s := p.slv.session; s != nil && s.Fg != nil {
		s.Fg.PgSignal(sig, true)
	}
	return abi.OK
}

// PtySignal is Linux' TIOCSIG on a master. Errors: ENOTTY, EINVAL.
func PtySignal(f *kern.File, sig abi.Signal) abi.Errno {
	p, ok := f.Ops.(*ptyMaster)
	if !ok {
		return abi.ENOTTY
	}
	return p.signal(sig)
}

// ptyNames are the names of both sides of pseudo-terminal n. Masters have none, and are called /dev/null (ptyfs__makename).
func ptyNames(n int) (master, slave string) { return "/dev/null", "/dev/pts/" + strconv.Itoa(n) }

// ttyGID is NetBSD's group tty (_TTY_GID), which terminals belong to.
const ttyGID = 4

// GroupShown is the group that a NetBSD program is told of a file. A terminal's is tty where it has the group that the
// host gave it, whatever number the host's tty has.
func GroupShown(l *kern.LWP, st *abi.Stat) uint32 {
	if st.Mode&abi.S_IFMT != abi.S_IFCHR {
		return st.Gid
	}
	if t := fsOf(l).ttys[st.Rdev]; t != nil && t.gid == st.Gid {
		return ttyGID
	}
	return st.Gid
}

// ptsName is TIOCPTSNAME, and the request of NetBSD 6.
func ptsName(l *kern.LWP, n int, cmd uint32, data []byte) abi.Errno {
	return putPtmget(l, n, -1, -1, cmd == abi.COMPAT_60_TIOCPTSNAME, data)
}

// putPtmget stores struct ptmget of pseudo-terminal n, or with old NetBSD 6's (tty_60.c). Error: E2BIG, names that do not
// fit into that.
func putPtmget(l *kern.LWP, n int, cfd, sfd int32, old bool, data []byte) abi.Errno {
	m, s := ptyNames(n)
	if old {
		pg := abi.Ptmget60{Cfd: cfd, Sfd: sfd}
		if len(m) >= len(pg.Cn) || len(s) >= len(pg.Sn) {
			return abi.E2BIG
		}
		copy(pg.Cn[:], m)
		copy(pg.Sn[:], s)
		l.Model().Marshal(data, &pg)
		return abi.OK
	}
	pg := abi.Ptmget{Cfd: cfd, Sfd: sfd}
	copy(pg.Cn[:], m)
	copy(pg.Sn[:], s)
	l.Model().Marshal(data, &pg)
	return abi.OK
}

func (p *ptyMaster) Ioctl(l *kern.LWP, f *kern.File, cmd uint32, data []byte) abi.Errno {
	switch cmd {
	case abi.TIOCGRANTPT:
		return abi.OK
	case abi.TIOCPTSNAME, abi.COMPAT_60_TIOCPTSNAME:
		return ptsName(l, p.n, cmd, data)
	case abi.TIOCPKT:
		// The host's packets are as NetBSD's: a byte of what happened (TIOCPKT_), or 0 and data.
		return errno(unix.IoctlSetPointerInt(p.fd, unix.TIOCPKT, int(int32(l.Model().Uint(data, 4)))))
	case abi.TIOCSIG:
		return p.signal(abi.Signal(l.Model().Uint(data, 8)))
	case abi.TIOCGPGRP:
		id := int32(0)
		if s := p.slv.session; s != nil && s.Fg != nil {
			id = s.Fg.ID
		}
		l.Model().PutUint(data, 4, uint64(id))
		return abi.OK
	}
	if err := ttyIoctl(l, p.fd, p.slv, cmd, data); err != abi.EPASSTHROUGH {
		return err
	}
	return p.streamFile.Ioctl(l, f, cmd, data)
}

// PtyNumber is the number of the pseudo-terminal that f is the master of. Error: ENOTTY.
func PtyNumber(f *kern.File) (int, abi.Errno) {
	p, ok := f.Ops.(*ptyMaster)
	if !ok {
		return 0, abi.ENOTTY
	}
	return p.n, abi.OK
}

// PtyLock locks the other side against being opened, or unlocks it. Error: ENOTTY.
func PtyLock(f *kern.File, on bool) abi.Errno {
	p, ok := f.Ops.(*ptyMaster)
	if !ok {
		return abi.ENOTTY
	}
	p.locked = on
	return errno(hostLockPty(p.fd, on))
}

// PtyLocked reports whether it is. Error: ENOTTY.
func PtyLocked(f *kern.File) (bool, abi.Errno) {
	p, ok := f.Ops.(*ptyMaster)
	if !ok {
		return false, abi.ENOTTY
	}
	return p.locked, abi.OK
}

// PtyPeer opens the other side of a master. Errors: ENOTTY, EIO while it is locked.
func PtyPeer(l *kern.LWP, f *kern.File, oflags int32) (*kern.File, abi.Errno) {
	p, ok := f.Ops.(*ptyMaster)
	if !ok {
		return nil, abi.ENOTTY
	}
	if p.locked {
		return nil, abi.EIO
	}
	_, name := ptyNames(p.n)
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, errno(err)
	}
	return newHostFile(l, fd, oflags&^(abi.O_CREAT|abi.O_EXCL|abi.O_TRUNC), nil)
}

// ptmDevice is /dev/ptm: TIOCPTMGET gives both sides of a new pseudo-terminal.
type ptmDevice struct {
	kern.BadOps
	d *device
}

func openPtm(l *kern.LWP, d *device, oflags int32) (*kern.File, abi.Errno) {
	return kern.NewFile(l, &ptmDevice{d: d}, abi.Fflags(oflags)&abi.FMASK), abi.OK
}

func (*ptmDevice) Type() string { return "vnode" }

// Read, Write, Poll and Kqfilter: there is nothing to read, and asking does not wait (noread, nowrite, nopoll, nokqfilter).
func (*ptmDevice) Read(_ *kern.LWP, _ *kern.File, u *kern.Uio) abi.Errno {
	if u.Resid == 0 {
		return abi.OK
	}
	return abi.ENODEV
}

func (*ptmDevice) Write(*kern.LWP, *kern.File, *kern.Uio) abi.Errno { return abi.ENODEV }

func (*ptmDevice) Poll(_ *kern.LWP, _ *kern.File, events int16, _ *kern.SelRecord) int16 {
	return kern.SelTrue(events)
}

func (*ptmDevice) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno { return seltrueFilter(f, kn) }

func (p *ptmDevice) Stat(l *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno { return p.d.stat(l, st) }

func (p *ptmDevice) Ioctl(l *kern.LWP, _ *kern.File, cmd uint32, data []byte) abi.Errno {
	if cmd != abi.TIOCPTMGET && cmd != abi.COMPAT_60_TIOCPTMGET {
		return abi.EINVAL
	}
	mf, err := openPtmx(l, devices["ptmx"], abi.O_RDWR)
	if err != abi.OK {
		return err
	}
	pm := mf.Ops.(*ptyMaster)
	_, sname := ptyNames(pm.n)
	sfd, herr := unix.Open(sname, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if herr != nil {
		mf.Unref(l)
		return errno(herr)
	}
	sf, err := newHostFile(l, sfd, abi.O_RDWR, nil)
	if err != abi.OK {
		mf.Unref(l)
		return err
	}
	cfd, err := l.Install(mf, false)
	if err != abi.OK {
		sf.Unref(l)
		return err
	}
	gsfd, err := l.Install(sf, false)
	if err != abi.OK {
		_ = l.Proc.Fd.Close(l, cfd)
		return err
	}
	return putPtmget(l, pm.n, cfd, gsfd, cmd == abi.COMPAT_60_TIOCPTMGET, data)
}
