package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
	"nbemu/vfs"
)

// ioctl: the requests of terminals and those that all files have.

// Requests with an int, or without an argument, by the native number.
var ioctls = map[uint32]uint32{
	0x540e: abi.TIOCSCTTY, 0x540f: abi.TIOCGPGRP, 0x5410: abi.TIOCSPGRP, 0x5411: abi.TIOCOUTQ, 0x5413: abi.TIOCGWINSZ,
	0x5414: abi.TIOCSWINSZ, 0x541b: abi.FIONREAD, 0x5420: abi.TIOCPKT, 0x5421: abi.FIONBIO, 0x5422: abi.TIOCNOTTY, 0x5429: abi.TIOCGSID,
	0x5450: abi.FIONCLEX, 0x5451: abi.FIOCLEX, 0x5452: abi.FIOASYNC, 0x540c: abi.TIOCEXCL, 0x540d: abi.TIOCNXCL,
	0x5427: abi.TIOCSBRK, 0x5428: abi.TIOCCBRK, 0x5412: abi.TIOCSTI, 0x8902: abi.SIOCSPGRP, 0x8904: abi.SIOCGPGRP,
	0x8905: abi.SIOCATMARK,
}

const (
	tcgets  = 0x5401
	tcsets  = 0x5402
	tcsetsw = 0x5403
	tcsetsf = 0x5404
	tcgeta  = 0x5405
	tcseta  = 0x5406
	tcsetaw = 0x5407
	tcsetaf = 0x5408
	tcsbrk  = 0x5409
	tcxonc  = 0x540a
	tcflsh  = 0x540b

	tiocgptn    = 0x80045430
	tiocsptlck  = 0x40045431
	tiocgptlck  = 0x80045439
	tiocgptpeer = 0x5441
	tiocsig     = 0x40045436
)

// mayIoctl is Landlock's say: of a device that was opened without that right, only a few requests about the descriptor and
// about file systems are answered. Error: EACCES.
func mayIoctl(l *kern.LWP, fd int32, cmd uint32) abi.Errno {
	f := l.Proc.Fd.Get(fd)
	if f == nil || !vfs.ConfinedDevice(l, f) {
		return abi.OK
	}
	switch cmd {
	case 0x5450, 0x5451, 0x5421, 0x5452, 0x5460, 2, // FIONCLEX, FIOCLEX, FIONBIO, FIOASYNC, FIOQSIZE, FIGETBSZ
		0xc0045877, 0xc0045878, 0xc020660b, // FIFREEZE, FITHAW, FS_IOC_FIEMAP
		0x40049409, 0x4020940d, 0xc0189436, 0x80111500, 0x80811501: // FICLONE and its kin, FS_IOC_GETFSUUID, FS_IOC_GETFSSYSFSPATH
		return abi.OK
	}
	return abi.EACCES
}

func sysIoctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fd := int32(a[0])
	rv, err := ioctl(l, a)
	if err == abi.ENOTTY {
		if f := l.Proc.Fd.Get(fd); f != nil {
			err = noTerminal(f)
		}
	}
	return rv, err
}

func ioctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	cmd := uint32(a[1])
	if err := mayIoctl(l, int32(a[0]), cmd); err != abi.OK {
		return ret(err)
	}
	if err, known := kindIoctl(l, cmd, a); known {
		return ret(err)
	}
	if err, known := fileIoctl(l, cmd, a); known {
		return ret(err)
	}
	if n, ok := ioctls[cmd]; ok {
		return call(l, syscalls.SYS_ioctl, &kern.Args{a[0], uint64(n), a[2]})
	}
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	if cmd&^ioctlSizeMask == pidfdGetInfo {
		if p := kern.PidfdProc(f); p != nil {
			return ret(pidfdInfoIoctl(l, p, cmd, a[2]))
		}
	}
	if o, ok := f.Ops.(*userFaults); ok {
		return o.ioctl(l, cmd, a[2])
	}
	if o, ok := f.Ops.(*seccompListener); ok {
		return o.ioctl(l, f, cmd, a[2])
	}
	if o, ok := f.Ops.(*nsFile); ok {
		return nsIoctl(l, o.ns, cmd, a[2])
	}
	switch cmd {
	case tcgets:
		var t abi.Termios
		if err := devIoctl(l, f, abi.TIOCGETA, &t); err != abi.OK {
			return ret(err)
		}
		return ret(putTermios(l, a[2], termiosOut(&t)))
	case tcsets, tcsetsw, tcsetsf:
		t, err := getTermios(l, a[2])
		if err != abi.OK {
			return ret(err)
		}
		// What this structure has no word for stays as it is.
		var old abi.Termios
		if err := devIoctl(l, f, abi.TIOCGETA, &old); err != abi.OK {
			return ret(err)
		}
		return ret(devIoctl(l, f, abi.TIOCSETA+(cmd-tcsets), t.in(&old)))
	case tiocgptn:
		n, err := vfs.PtyNumber(f)
		if err != abi.OK {
			return ret(err)
		}
		return ret(l.CopyoutInt32(a[2], int32(n)))
	case tiocsptlck:
		n, err := l.CopyinInt32(a[2])
		if err == abi.OK {
			err = vfs.PtyLock(f, n != 0)
		}
		return ret(err)
	case tiocgptlck:
		on, err := vfs.PtyLocked(f)
		if err != abi.OK {
			return ret(err)
		}
		return ret(l.CopyoutInt32(a[2], boolInt(on)))
	case tiocsig:
		return ret(vfs.PtySignal(f, machineOf(l).sigIn(int32(a[2]))))
	case tiocgptpeer:
		flags := machineOf(l).openIn(int32(a[2]))
		if err := l.Proc.FdRoom(); err != abi.OK {
			return ret(err)
		}
		peer, err := vfs.PtyPeer(l, f, oflagsIn(flags))
		if err != abi.OK {
			return ret(err)
		}
		return retFd(l.Install(peer, flags&oCloexec != 0))
	case tcgeta:
		var t abi.Termios
		if err := devIoctl(l, f, abi.TIOCGETA, &t); err != abi.OK {
			return ret(err)
		}
		return ret(l.CopyoutStruct(a[2], termiosOut(&t).short()))
	case tcseta, tcsetaw, tcsetaf:
		var old abi.Termios
		if err := devIoctl(l, f, abi.TIOCGETA, &old); err != abi.OK {
			return ret(err)
		}
		var s termio
		if err := l.CopyinStruct(a[2], &s); err != abi.OK {
			return ret(err)
		}
		return ret(devIoctl(l, f, abi.TIOCSETA+(cmd-tcseta), s.long(termiosOut(&old)).in(&old)))
	case tcsbrk:
		return ret(devIoctl(l, f, abi.TIOCDRAIN, nil))
	case tcxonc:
		switch int32(a[2]) {
		case 0:
			return ret(devIoctl(l, f, abi.TIOCSTOP, nil))
		case 1:
			return ret(devIoctl(l, f, abi.TIOCSTART, nil))
		}
		return ret(abi.EINVAL)
	case tcflsh:
		which := int32(a[2])
		if which < 0 || which > 2 {
			return ret(abi.EINVAL)
		}
		n := [...]int32{abi.FREAD, abi.FWRITE, abi.FREAD | abi.FWRITE}[which]
		return ret(devIoctl(l, f, abi.TIOCFLUSH, &n))
	}
	return ret(abi.ENOTTY)
}

// devIoctl asks an object with a native request; arg points to its argument, and takes the result.
func devIoctl(l *kern.LWP, f *kern.File, cmd uint32, arg any) abi.Errno {
	m := l.Model()
	data := make([]byte, max(abi.IOCLen(cmd), 8))
	if arg != nil {
		m.Marshal(data, arg)
		data = data[:abi.IOCLen(cmd)]
	}
	err := f.Ops.Ioctl(l, f, cmd, data)
	if err == abi.EPASSTHROUGH {
		return abi.ENOTTY
	}
	if err == abi.OK && cmd&abi.IOC_OUT != 0 {
		m.Unmarshal(data, arg)
	}
	return err
}

// termios is struct termios as the kernel has it.
type termios struct {
	Iflag, Oflag, Cflag, Lflag uint32
	Line                       uint8
	Cc                         [19]byte
}

type flagPair struct{ linux, bsd uint32 }

var (
	iflags = []flagPair{{1, abi.IGNBRK}, {2, abi.BRKINT}, {4, abi.IGNPAR}, {8, abi.PARMRK}, {0x10, abi.INPCK}, {0x20, abi.ISTRIP},
		{0x40, abi.INLCR}, {0x80, abi.IGNCR}, {0x100, abi.ICRNL}, {0x400, abi.IXON}, {0x800, abi.IXANY}, {0x1000, abi.IXOFF},
		{0x2000, abi.IMAXBEL}}
	oflags = []flagPair{{1, abi.OPOST}, {4, abi.ONLCR}, {8, abi.OCRNL}, {0x10, abi.ONOCR}, {0x20, abi.ONLRET}, {0x1800, abi.OXTABS}}
	cflags = []flagPair{{0x40, abi.CSTOPB}, {0x80, abi.CREAD}, {0x100, abi.PARENB}, {0x200, abi.PARODD}, {0x400, abi.HUPCL},
		{0x800, abi.CLOCAL}, {0x80000000, abi.CRTSCTS}}
	lflags = []flagPair{{1, abi.ISIG}, {2, abi.ICANON}, {8, abi.ECHO}, {0x10, abi.ECHOE}, {0x20, abi.ECHOK}, {0x40, abi.ECHONL},
		{0x80, abi.NOFLSH}, {0x100, abi.TOSTOP}, {0x200, abi.ECHOCTL}, {0x400, abi.ECHOPRT}, {0x800, abi.ECHOKE},
		{0x1000, abi.FLUSHO}, {0x4000, abi.PENDIN}, {0x8000, abi.IEXTEN}, {0x10000, abi.EXTPROC}}
	// Control characters: intr, quit, erase, kill, eof, time, min, -, start, stop, susp, eol, reprint, discard,
	// werase, lnext, eol2.
	ctlChars = [...]int{0: abi.VINTR, 1: abi.VQUIT, 2: abi.VERASE, 3: abi.VKILL, 4: abi.VEOF, 5: abi.VTIME, 6: abi.VMIN, 7: -1,
		8: abi.VSTART, 9: abi.VSTOP, 10: abi.VSUSP, 11: abi.VEOL, 12: abi.VREPRINT, 13: abi.VDISCARD, 14: abi.VWERASE,
		15: abi.VLNEXT, 16: abi.VEOL2}
	speeds = [...]int32{0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400}
	fast   = [...]int32{57600, 115200, 230400, 460800, 500000, 576000, 921600} // from cbaudex+1 on
)

const (
	cbaud   = 0x100f
	cbaudex = 0x1000
	csize   = 0x30
)

func flagsOut(tab []flagPair, bsd uint32) (n uint32) {
	for _, p := range tab {
		if bsd&p.bsd != 0 {
			n |= p.linux
		}
	}
	return n
}

func flagsIn(tab []flagPair, linux, old uint32) uint32 {
	for _, p := range tab {
		old &^= p.bsd
		if linux&p.linux == p.linux {
			old |= p.bsd
		}
	}
	return old
}

func termiosOut(t *abi.Termios) *termios {
	n := &termios{Iflag: flagsOut(iflags, t.Iflag), Oflag: flagsOut(oflags, t.Oflag), Cflag: flagsOut(cflags, t.Cflag),
		Lflag: flagsOut(lflags, t.Lflag)}
	n.Cflag |= t.Cflag & abi.CSIZE >> 8 << 4
	n.Cflag |= speedOut(t.Ospeed)
	for i, c := range ctlChars {
		if c >= 0 && (t.Cc[c] != abi.POSIX_VDISABLE || c == abi.VMIN || c == abi.VTIME) {
			n.Cc[i] = t.Cc[c]
		}
	}
	return n
}

func speedOut(s int32) uint32 {
	for i, v := range speeds {
		if v == s {
			return uint32(i)
		}
	}
	for i, v := range fast {
		if v == s {
			return cbaudex + 1 + uint32(i)
		}
	}
	return uint32(len(speeds) - 1)
}

// baudOf is the speed that flags tell of, -1 for one that nobody knows.
func baudOf(cflag uint32) int32 {
	switch b := cflag & cbaud; {
	case b < uint32(len(speeds)):
		return speeds[b]
	case b > cbaudex && b-cbaudex-1 < uint32(len(fast)):
		return fast[b-cbaudex-1]
	}
	return -1
}

func (n *termios) in(old *abi.Termios) *abi.Termios {
	t := *old
	t.Iflag, t.Oflag = flagsIn(iflags, n.Iflag, t.Iflag), flagsIn(oflags, n.Oflag, t.Oflag)
	t.Cflag, t.Lflag = flagsIn(cflags, n.Cflag, t.Cflag), flagsIn(lflags, n.Lflag, t.Lflag)
	t.Cflag = t.Cflag&^abi.CSIZE | n.Cflag&csize>>4<<8
	if s := baudOf(n.Cflag); s >= 0 {
		t.Ospeed = s
	}
	t.Ispeed = t.Ospeed
	for i, c := range ctlChars {
		if c < 0 {
			continue
		}
		if t.Cc[c] = n.Cc[i]; n.Cc[i] == 0 && c != abi.VMIN && c != abi.VTIME {
			t.Cc[c] = abi.POSIX_VDISABLE
		}
	}
	return &t
}
