package vfs

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

func isTTY(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TIOCGETA)
	return err == nil
}

// The flags of both systems come from 4.4BSD and are the same, but for flow control. What NetBSD has no word
// for is left as it is.
const (
	iflags = abi.IGNBRK | abi.BRKINT | abi.IGNPAR | abi.PARMRK | abi.INPCK | abi.ISTRIP | abi.INLCR | abi.IGNCR |
		abi.ICRNL | abi.IXON | abi.IXOFF | abi.IXANY | abi.IMAXBEL
	oflags = abi.OPOST | abi.ONLCR | abi.OXTABS | abi.ONOEOT | abi.OCRNL | abi.ONOCR | abi.ONLRET
	cflags = abi.CSIZE | abi.CSTOPB | abi.CREAD | abi.PARENB | abi.PARODD | abi.HUPCL | abi.CLOCAL
	lflags = abi.ECHOKE | abi.ECHOE | abi.ECHOK | abi.ECHO | abi.ECHONL | abi.ECHOPRT | abi.ECHOCTL | abi.ISIG |
		abi.ICANON | abi.ALTWERASE | abi.IEXTEN | abi.EXTPROC | abi.TOSTOP | abi.FLUSHO | abi.NOKERNINFO | abi.PENDIN |
		abi.NOFLSH
)

// unequal has the bits in which flags and indexes differ after all: the array below is for the compiler to see
// that there are none.
const unequal = abi.IGNBRK ^ unix.IGNBRK | abi.BRKINT ^ unix.BRKINT | abi.IGNPAR ^ unix.IGNPAR |
	abi.PARMRK ^ unix.PARMRK | abi.INPCK ^ unix.INPCK | abi.ISTRIP ^ unix.ISTRIP | abi.INLCR ^ unix.INLCR |
	abi.IGNCR ^ unix.IGNCR | abi.ICRNL ^ unix.ICRNL | abi.IXON ^ unix.IXON | abi.IXOFF ^ unix.IXOFF |
	abi.IXANY ^ unix.IXANY | abi.IMAXBEL ^ unix.IMAXBEL |
	abi.OPOST ^ unix.OPOST | abi.ONLCR ^ unix.ONLCR | abi.OXTABS ^ unix.OXTABS | abi.ONOEOT ^ unix.ONOEOT |
	abi.OCRNL ^ unix.OCRNL | abi.ONOCR ^ unix.ONOCR | abi.ONLRET ^ unix.ONLRET |
	abi.CSIZE ^ unix.CSIZE | abi.CS5 ^ unix.CS5 | abi.CS6 ^ unix.CS6 | abi.CS7 ^ unix.CS7 | abi.CS8 ^ unix.CS8 |
	abi.CSTOPB ^ unix.CSTOPB | abi.CREAD ^ unix.CREAD | abi.PARENB ^ unix.PARENB | abi.PARODD ^ unix.PARODD |
	abi.HUPCL ^ unix.HUPCL | abi.CLOCAL ^ unix.CLOCAL |
	abi.ECHOKE ^ unix.ECHOKE | abi.ECHOE ^ unix.ECHOE | abi.ECHOK ^ unix.ECHOK | abi.ECHO ^ unix.ECHO |
	abi.ECHONL ^ unix.ECHONL | abi.ECHOPRT ^ unix.ECHOPRT | abi.ECHOCTL ^ unix.ECHOCTL | abi.ISIG ^ unix.ISIG |
	abi.ICANON ^ unix.ICANON | abi.ALTWERASE ^ unix.ALTWERASE | abi.IEXTEN ^ unix.IEXTEN |
	abi.EXTPROC ^ unix.EXTPROC | abi.TOSTOP ^ unix.TOSTOP | abi.FLUSHO ^ unix.FLUSHO |
	abi.NOKERNINFO ^ unix.NOKERNINFO | abi.PENDIN ^ unix.PENDIN | abi.NOFLSH ^ unix.NOFLSH |
	abi.VEOF ^ unix.VEOF | abi.VEOL ^ unix.VEOL | abi.VEOL2 ^ unix.VEOL2 | abi.VERASE ^ unix.VERASE |
	abi.VWERASE ^ unix.VWERASE | abi.VKILL ^ unix.VKILL | abi.VREPRINT ^ unix.VREPRINT | abi.VINTR ^ unix.VINTR |
	abi.VQUIT ^ unix.VQUIT | abi.VSUSP ^ unix.VSUSP | abi.VDSUSP ^ unix.VDSUSP | abi.VSTART ^ unix.VSTART |
	abi.VSTOP ^ unix.VSTOP | abi.VLNEXT ^ unix.VLNEXT | abi.VDISCARD ^ unix.VDISCARD | abi.VMIN ^ unix.VMIN |
	abi.VTIME ^ unix.VTIME | abi.VSTATUS ^ unix.VSTATUS

var _ [0]struct{} = [unequal]struct{}{}

func hostGetTermios(fd int) (*abi.Termios, error) {
	h, err := unix.IoctlGetTermios(fd, unix.TIOCGETA)
	if err != nil {
		return nil, err
	}
	return guestTermios(h), nil
}

func guestTermios(h *unix.Termios) *abi.Termios {
	t := &abi.Termios{Iflag: uint32(h.Iflag) & iflags, Oflag: uint32(h.Oflag) & oflags,
		Cflag: uint32(h.Cflag) & cflags, Lflag: uint32(h.Lflag) & lflags,
		Ispeed: int32(h.Ispeed), Ospeed: int32(h.Ospeed)}
	if h.Cflag&unix.CRTSCTS == unix.CRTSCTS {
		t.Cflag |= abi.CRTSCTS
	}
	copy(t.Cc[:], h.Cc[:])
	return t
}

// hostSetTermios sets the modes at once. The host's ways to wait for output first would hold up everybody.
func hostSetTermios(fd int, t *abi.Termios) error {
	h, err := unix.IoctlGetTermios(fd, unix.TIOCGETA)
	if err != nil {
		return err
	}
	applyTermios(h, t)
	return unix.IoctlSetTermios(fd, unix.TIOCSETA, h)
}

func applyTermios(h *unix.Termios, t *abi.Termios) {
	set := func(h *uint64, t uint32, mask uint64) { *h = *h&^mask | uint64(t)&mask }
	set(&h.Iflag, t.Iflag, iflags)
	set(&h.Oflag, t.Oflag, oflags)
	set(&h.Lflag, t.Lflag, lflags)
	if t.Cflag&abi.CIGNORE == 0 {
		set(&h.Cflag, t.Cflag, cflags)
		h.Cflag &^= unix.CRTSCTS
		if t.Cflag&abi.CRTSCTS != 0 {
			h.Cflag |= unix.CRTSCTS
		}
		h.Ispeed, h.Ospeed = uint64(t.Ispeed), uint64(t.Ospeed)
	}
	copy(h.Cc[:], t.Cc[:])
}

func hostFlushTTY(fd int, in, out bool) error {
	which := 0
	if in {
		which |= abi.FREAD // the same on both systems
	}
	if out {
		which |= abi.FWRITE
	}
	return unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, which)
}

func hostFlowTTY(fd int, stop bool) error {
	if stop {
		return unix.IoctlSetInt(fd, unix.TIOCSTOP, 0)
	}
	return unix.IoctlSetInt(fd, unix.TIOCSTART, 0)
}

// hostUnlockPty does what grantpt and unlockpt do.
func hostUnlockPty(fd int) error {
	if err := unix.IoctlSetInt(fd, unix.TIOCPTYGRANT, 0); err != nil {
		return err
	}
	return unix.IoctlSetInt(fd, unix.TIOCPTYUNLK, 0)
}

// hostLockPty: once unlocked, a slave cannot be locked again.
func hostLockPty(_ int, on bool) error {
	if on {
		return unix.EINVAL
	}
	return nil
}

// ptySlave is what the names of slaves begin with; three digits follow.
const ptySlave = "/dev/ttys"

func hostPtyNumber(fd int) (int, error) {
	// TIOCPTYGNAME fills 128 bytes with the slave's name. The package passes pointers to structures of its own
	// only; two of these have that room, and the name ends within the flags of the first.
	var buf [2]unix.Termios
	if err := unix.IoctlSetTermios(fd, unix.TIOCPTYGNAME, &buf[0]); err != nil {
		return 0, err
	}
	var b []byte
	for _, w := range [...]uint64{buf[0].Iflag, buf[0].Oflag, buf[0].Cflag, buf[0].Lflag} {
		b = binary.NativeEndian.AppendUint64(b, w)
	}
	num, ok := strings.CutPrefix(unix.ByteSliceToString(b), ptySlave)
	n, err := strconv.Atoi(num)
	if !ok || err != nil {
		return 0, unix.ENXIO
	}
	return n, nil
}

// ptyMajor is the slaves' major number, as long as none has been seen.
var ptyMajor uint32 = 16

// hostPtyRdev is the number of slave n as stat shows it; hostTTYName goes back.
func hostPtyRdev(n int) uint64 {
	var st unix.Stat_t
	if unix.Stat(slaveName(n), &st) == nil {
		ptyMajor, _ = splitDev(st.Rdev)
	}
	return abi.Makedev(ptyMajor, uint32(n))
}

func slaveName(n int) string { return fmt.Sprintf(ptySlave+"%03d", n) }

// hostPtyOf is the number of the slave that has a device number.
func hostPtyOf(rdev uint64) (int, bool) { return int(abi.Minor(rdev)), abi.Major(rdev) == ptyMajor }

func hostTTYName(rdev uint64) string {
	if abi.Major(rdev) == ptyMajor {
		return slaveName(int(abi.Minor(rdev)))
	}
	return "/dev/tty"
}
