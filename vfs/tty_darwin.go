package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
)

func isTTY(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TIOCGETA)
	return err == nil
}

// The termios of both systems come from 4.4BSD: flags, control characters and speeds have the same numbers;
// what NetBSD does not have is masked out.
const (
	iflagMask = 0x2fff
	oflagMask = 0x7f
	lflagMask = 0xa2c00fff
)

func hostGetTermios(fd int) (*abi.Termios, error) {
	h, err := unix.IoctlGetTermios(fd, unix.TIOCGETA)
	if err != nil {
		return nil, err
	}
	t := &abi.Termios{Iflag: uint32(h.Iflag) & iflagMask, Oflag: uint32(h.Oflag) & oflagMask, Cflag: uint32(h.Cflag) & 0xff00,
		Lflag: uint32(h.Lflag) & lflagMask, Ispeed: int32(h.Ispeed), Ospeed: int32(h.Ospeed)}
	if h.Cflag&unix.CRTSCTS != 0 {
		t.Cflag |= abi.CRTSCTS
	}
	t.Cflag |= uint32(h.Cflag) & unix.CSIZE
	copy(t.Cc[:], h.Cc[:])
	return t, nil
}

func hostSetTermios(fd, when int, t *abi.Termios) error {
	h, err := unix.IoctlGetTermios(fd, unix.TIOCGETA)
	if err != nil {
		return err
	}
	h.Iflag = h.Iflag&^iflagMask | uint64(t.Iflag&iflagMask)
	h.Oflag = h.Oflag&^oflagMask | uint64(t.Oflag&oflagMask)
	h.Lflag = h.Lflag&^lflagMask | uint64(t.Lflag&lflagMask)
	if t.Cflag&abi.CIGNORE == 0 {
		h.Cflag = h.Cflag&^0xff00 | uint64(t.Cflag&0xff00)
		h.Ispeed, h.Ospeed = uint64(t.Ispeed), uint64(t.Ospeed)
	}
	copy(h.Cc[:], t.Cc[:])
	req := [...]uint{unix.TIOCSETA, unix.TIOCSETAW, unix.TIOCSETAF}[min(max(when, 0), 2)]
	return unix.IoctlSetTermios(fd, req, h)
}

func hostFlushTTY(fd int, in, out bool) error {
	which := 0
	if in {
		which |= 1
	}
	if out {
		which |= 2
	}
	return unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, which)
}

func hostDrainTTY(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCDRAIN, 0) }

func hostFlowTTY(fd int, stop bool) error {
	if stop {
		return unix.IoctlSetInt(fd, unix.TIOCSTOP, 0)
	}
	return unix.IoctlSetInt(fd, unix.TIOCSTART, 0)
}

func hostUnlockPty(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCPTYUNLK, 0) }

// hostPtyNumber would need the name that TIOCPTYGNAME gives, which the package has no call for.
func hostPtyNumber(int) (int, error) { return 0, unix.ENOTTY }

func hostPtyRdev(n int) uint64 { return abi.Makedev(16, uint32(n)) }

func hostTTYName(uint64) string { return "/dev/tty" }
