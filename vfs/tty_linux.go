package vfs

import (
	"strconv"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

func isTTY(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}

type flagPair struct{ nb, host uint32 }

var (
	iflags = []flagPair{{abi.IGNBRK, unix.IGNBRK}, {abi.BRKINT, unix.BRKINT}, {abi.IGNPAR, unix.IGNPAR},
		{abi.PARMRK, unix.PARMRK}, {abi.INPCK, unix.INPCK}, {abi.ISTRIP, unix.ISTRIP}, {abi.INLCR, unix.INLCR},
		{abi.IGNCR, unix.IGNCR}, {abi.ICRNL, unix.ICRNL}, {abi.IXON, unix.IXON}, {abi.IXOFF, unix.IXOFF},
		{abi.IXANY, unix.IXANY}, {abi.IMAXBEL, unix.IMAXBEL}}
	oflags = []flagPair{{abi.OPOST, unix.OPOST}, {abi.ONLCR, unix.ONLCR}, {abi.OXTABS, unix.XTABS},
		{abi.OCRNL, unix.OCRNL}, {abi.ONOCR, unix.ONOCR}, {abi.ONLRET, unix.ONLRET}}
	cflags = []flagPair{{abi.CSTOPB, unix.CSTOPB}, {abi.CREAD, unix.CREAD}, {abi.PARENB, unix.PARENB},
		{abi.PARODD, unix.PARODD}, {abi.HUPCL, unix.HUPCL}, {abi.CLOCAL, unix.CLOCAL}, {abi.CRTSCTS, unix.CRTSCTS}}
	lflags = []flagPair{{abi.ECHOKE, unix.ECHOKE}, {abi.ECHOE, unix.ECHOE}, {abi.ECHOK, unix.ECHOK},
		{abi.ECHO, unix.ECHO}, {abi.ECHONL, unix.ECHONL}, {abi.ECHOPRT, unix.ECHOPRT}, {abi.ECHOCTL, unix.ECHOCTL},
		{abi.ISIG, unix.ISIG}, {abi.ICANON, unix.ICANON}, {abi.IEXTEN, unix.IEXTEN}, {abi.EXTPROC, unix.EXTPROC},
		{abi.TOSTOP, unix.TOSTOP}, {abi.FLUSHO, unix.FLUSHO}, {abi.PENDIN, unix.PENDIN}, {abi.NOFLSH, unix.NOFLSH}}
	csizes   = []flagPair{{abi.CS5, unix.CS5}, {abi.CS6, unix.CS6}, {abi.CS7, unix.CS7}, {abi.CS8, unix.CS8}}
	ctlChars = []struct{ nb, host int }{{abi.VEOF, unix.VEOF}, {abi.VEOL, unix.VEOL}, {abi.VEOL2, unix.VEOL2},
		{abi.VERASE, unix.VERASE}, {abi.VWERASE, unix.VWERASE}, {abi.VKILL, unix.VKILL}, {abi.VREPRINT, unix.VREPRINT},
		{abi.VINTR, unix.VINTR}, {abi.VQUIT, unix.VQUIT}, {abi.VSUSP, unix.VSUSP}, {abi.VSTART, unix.VSTART},
		{abi.VSTOP, unix.VSTOP}, {abi.VLNEXT, unix.VLNEXT}, {abi.VDISCARD, unix.VDISCARD}}
	speeds = []struct {
		nb   int32
		host uint32
	}{{0, unix.B0}, {50, unix.B50}, {75, unix.B75}, {110, unix.B110}, {134, unix.B134}, {150, unix.B150},
		{200, unix.B200}, {300, unix.B300}, {600, unix.B600}, {1200, unix.B1200}, {1800, unix.B1800},
		{2400, unix.B2400}, {4800, unix.B4800}, {9600, unix.B9600}, {19200, unix.B19200}, {38400, unix.B38400},
		{57600, unix.B57600}, {115200, unix.B115200}, {230400, unix.B230400}, {460800, unix.B460800}, {921600, unix.B921600}}
)

// toGuest and toHost translate flags; toHost keeps the host's flags that NetBSD has no word for.
func toGuest(tab []flagPair, h uint32) (nb uint32) {
	for _, p := range tab {
		if h&p.host == p.host {
			nb |= p.nb
		}
	}
	return nb
}

func toHost(tab []flagPair, old, nb uint32) uint32 {
	for _, p := range tab {
		old &^= p.host
		if nb&p.nb != 0 {
			old |= p.host
		}
	}
	return old
}

func hostGetTermios(fd int) (*abi.Termios, error) {
	h, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, err
	}
	return guestTermios(h), nil
}

func guestTermios(h *unix.Termios) *abi.Termios {
	t := &abi.Termios{Iflag: toGuest(iflags, h.Iflag), Oflag: toGuest(oflags, h.Oflag),
		Cflag: toGuest(cflags, h.Cflag), Lflag: toGuest(lflags, h.Lflag)}
	for _, p := range csizes {
		if h.Cflag&unix.CSIZE == p.host {
			t.Cflag |= p.nb
		}
	}
	for i := range t.Cc {
		t.Cc[i] = abi.POSIX_VDISABLE
	}
	for _, p := range ctlChars {
		// The host writes 0 for "no character".
		if c := h.Cc[p.host]; c != 0 {
			t.Cc[p.nb] = c
		}
	}
	t.Cc[abi.VMIN], t.Cc[abi.VTIME] = h.Cc[unix.VMIN], h.Cc[unix.VTIME]
	for _, s := range speeds {
		if h.Cflag&unix.CBAUD == s.host {
			t.Ispeed, t.Ospeed = s.nb, s.nb
		}
	}
	return t
}

// hostSetTermios sets the modes at once. The host's ways to wait for output first would hold up everybody.
func hostSetTermios(fd int, t *abi.Termios) error {
	h, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	applyTermios(h, t)
	return unix.IoctlSetTermios(fd, unix.TCSETS, h)
}

func applyTermios(h *unix.Termios, t *abi.Termios) {
	h.Iflag = toHost(iflags, h.Iflag, t.Iflag)
	h.Oflag = toHost(oflags, h.Oflag, t.Oflag)
	h.Lflag = toHost(lflags, h.Lflag, t.Lflag)
	if t.Cflag&abi.CIGNORE == 0 {
		h.Cflag = toHost(cflags, h.Cflag, t.Cflag) &^ (unix.CSIZE | unix.CBAUD)
		for _, p := range csizes {
			if t.Cflag&abi.CSIZE == p.nb {
				h.Cflag |= p.host
			}
		}
		speed := uint32(unix.B38400)
		for _, s := range speeds {
			if t.Ospeed == s.nb {
				speed = s.host
			}
		}
		h.Cflag |= speed
	}
	for _, p := range ctlChars {
		h.Cc[p.host] = 0
		if c := t.Cc[p.nb]; c != abi.POSIX_VDISABLE {
			h.Cc[p.host] = c
		}
	}
	h.Cc[unix.VMIN], h.Cc[unix.VTIME] = t.Cc[abi.VMIN], t.Cc[abi.VTIME]
}

func hostFlushTTY(fd int, in, out bool) error {
	which := unix.TCIOFLUSH
	switch {
	case !out:
		which = unix.TCIFLUSH
	case !in:
		which = unix.TCOFLUSH
	}
	return unix.IoctlSetInt(fd, unix.TCFLSH, which)
}

func hostFlowTTY(fd int, stop bool) error {
	if stop {
		return unix.IoctlSetInt(fd, unix.TCXONC, unix.TCOOFF)
	}
	return unix.IoctlSetInt(fd, unix.TCXONC, unix.TCOON)
}

func hostUnlockPty(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0) }

// hostLockPty keeps the slave from being opened, or lets it.
func hostLockPty(fd int, on bool) error {
	n := 0
	if on {
		n = 1
	}
	return unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, n)
}

func hostPtyNumber(fd int) (int, error) {
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	return int(n), err
}

// hostPtyRdev is the number of slave n as stat shows it; hostTTYName goes back.
func hostPtyRdev(n int) uint64 { return abi.Makedev(136, uint32(n)) }

// hostPtyOf is the number of the slave that has a device number.
func hostPtyOf(rdev uint64) (int, bool) { return int(abi.Minor(rdev)), abi.Major(rdev) == 136 }

func hostTTYName(rdev uint64) string {
	if abi.Major(rdev) == 136 {
		return "/dev/pts/" + strconv.Itoa(int(abi.Minor(rdev)))
	}
	return "/dev/tty"
}
