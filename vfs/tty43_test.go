//go:build linux

package vfs

import (
	"bytes"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/kern/kerntest"
)

// hostPty makes a terminal of the host's and returns the slave's descriptor.
func hostPty(t *testing.T) int {
	t.Helper()
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { unix.Close(master) })
	if err := hostUnlockPty(master); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := unix.Open("/dev/pts/"+strconv.Itoa(n), unix.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { unix.Close(slave) })
	return slave
}

// TestTTY43: what stty(2) and programs of 4.3BSD ask of a terminal and set.
func TestTTY43(t *testing.T) {
	k := kern.New()
	New(k)
	k.Lock()
	t.Cleanup(k.Unlock)
	l := kerntest.LWP(t, k, 0)
	fd, term := hostPty(t), &tty{}
	m := l.Model()
	do := func(cmd uint32, data ...byte) []byte {
		t.Helper()
		data = append(data, make([]byte, abi.IOCLen(cmd)-len(data))...)
		if err := ttyIoctl(l, fd, term, cmd, data); err != abi.OK {
			t.Errorf("%#x: %v", cmd, err)
		}
		return data
	}
	get := func() *abi.Termios {
		tio, err := hostGetTermios(fd)
		if err != nil {
			t.Fatal(err)
		}
		return tio
	}
	sgttyb := func(flags uint16) []byte {
		return []byte{13, 13, 8, 21, byte(flags), byte(flags >> 8)} // 9600, ^H, ^U
	}
	const setp, getp = 0x80067409, 0x40067408
	do(setp, sgttyb(0x18)...) // ECHO|CRMOD
	tio := get()
	if tio.Lflag&(abi.ICANON|abi.ISIG|abi.ECHO) != abi.ICANON|abi.ISIG|abi.ECHO || tio.Iflag&abi.ICRNL == 0 || tio.Oflag&(abi.ONLCR|abi.OPOST) != abi.ONLCR|abi.OPOST ||
		tio.Cc[abi.VERASE] != 8 || tio.Cc[abi.VKILL] != 21 || tio.Ospeed != 9600 {
		t.Errorf("cooked: %+v", tio)
	}
	if got := do(getp); !bytes.Equal(got[:4], sgttyb(0)[:4]) || m.Uint(got[4:], 2)&0xff != 0x18 {
		t.Errorf("cooked: %x", got)
	}
	do(0x8006740a, sgttyb(0x12)...) // CBREAK|CRMOD, without a flush
	if tio := get(); tio.Lflag&(abi.ICANON|abi.ISIG|abi.ECHO) != abi.ISIG {
		t.Errorf("cbreak: %+v", tio)
	}
	if got := do(getp); m.Uint(got[4:], 2)&0xff != 0x12 {
		t.Errorf("cbreak: %x", got)
	}
	do(setp, sgttyb(0x20)...) // RAW
	if tio := get(); tio.Lflag&(abi.ICANON|abi.ISIG|abi.IEXTEN) != 0 || tio.Oflag&abi.OPOST != 0 || tio.Cflag&abi.CSIZE != abi.CS8 || tio.Iflag&abi.ISTRIP != 0 {
		t.Errorf("raw: %+v", tio)
	}
	if got := do(getp); m.Uint(got[4:], 2)&0xff != 0x20 {
		t.Errorf("raw: %x", got)
	}
	do(setp, sgttyb(0x58)...) // ODDP|CRMOD|ECHO: 7 bits
	if tio := get(); tio.Cflag&(abi.PARENB|abi.PARODD|abi.CSIZE) != abi.PARENB|abi.PARODD|abi.CS7 && tio.Cflag&abi.PARENB != 0 {
		t.Errorf("odd parity: %+v", tio)
	}

	do(0x80067411, 1, 2, 3, 4, 5, 0xff) // TIOCSETC
	if got := do(0x40067412); !bytes.Equal(got, []byte{1, 2, 3, 4, 5, 0xff}) || get().Cc[abi.VINTR] != 1 || get().Cc[abi.VEOL2] != 0xff {
		t.Errorf("tchars: %x", got)
	}
	do(0x80067475, 26, 25, 18, 15, 23, 22) // TIOCSLTC
	if got := do(0x40067474); got[0] != 26 || got[2] != 18 || got[4] != 23 || got[5] != 22 || get().Cc[abi.VSUSP] != 26 {
		t.Errorf("ltchars: %x", got)
	}
	const lget, lset, lbis, lbic = 0x4004747c, 0x8004747d, 0x8004747f, 0x8004747e
	const crtera, tostop, pass8 = 0x04, 0x40, 0x0800
	do(lset, 0, byte(pass8>>8))
	do(lbis, tostop|crtera)
	if tio := get(); tio.Lflag&(abi.TOSTOP|abi.ECHOE) != abi.TOSTOP|abi.ECHOE || tio.Cflag&abi.CSIZE != abi.CS8 || tio.Iflag&abi.ISTRIP != 0 {
		t.Errorf("local modes: %+v", tio)
	}
	if got := m.Uint(do(lget), 4); got&(crtera|tostop|pass8) != crtera|tostop|pass8 {
		t.Errorf("local modes: %#x", got)
	}
	do(lbic, tostop)
	if get().Lflag&abi.TOSTOP != 0 {
		t.Error("a mode stays")
	}
	do(0x20007402) // TIOCHPCL
	if get().Cflag&abi.HUPCL == 0 {
		t.Error("no hang-up on the last close")
	}
	do(0x80047401, 2) // OTIOCSETD: the "new" discipline of 4.3BSD is 0 today
	if got := m.Uint(do(0x40047400), 4); got != abi.TTYDISC {
		t.Errorf("line discipline %d", got)
	}
}

// TestTTYQsize: the size of a terminal's queues is a power of two between 1024 and 65536 (tty_get_qsize).
func TestTTYQsize(t *testing.T) {
	k := kern.New()
	New(k)
	k.Lock()
	t.Cleanup(k.Unlock)
	l := kerntest.LWP(t, k, 0)
	fd, term := hostPty(t), &tty{}
	m := l.Model()
	for _, tt := range []struct {
		set, get uint64
		err      abi.Errno
	}{
		{1023, 1024, abi.EINVAL},
		{4096, 4096, abi.OK},
		{131072, 4096, abi.EINVAL},
		{131071, 65536, abi.OK},
		{0, 65536, abi.EINVAL},
		{1<<32 - 1, 65536, abi.EINVAL},
		{2047, 1024, abi.OK},
	} {
		data := make([]byte, 4)
		m.PutUint(data, 4, tt.set)
		if err := ttyIoctl(l, fd, term, abi.TIOCSQSIZE, data); err != tt.err {
			t.Errorf("TIOCSQSIZE %d: %v, want %v", tt.set, err, tt.err)
		}
		if err := ttyIoctl(l, fd, term, abi.TIOCGQSIZE, data); err != abi.OK || m.Uint(data, 4) != tt.get {
			t.Errorf("after %d: %d, %v, want %d", tt.set, m.Uint(data, 4), err, tt.get)
		}
	}
}
