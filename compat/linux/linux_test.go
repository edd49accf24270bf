package linux

import (
	"runtime"
	"syscall"
	"testing"

	"nbemu/abi"
	_ "nbemu/arch/all"
)

func linuxHost() bool { return runtime.GOOS == "linux" && runtime.GOARCH == "amd64" }

// TestErrnos: every error has a number, and where the host is Linux the names agree with the host's numbers.
func TestErrnos(t *testing.T) {
	for err := abi.EPERM; err <= abi.ELAST; err++ {
		if n := machAMD64.errnoOut(err); n == 0 || n > 133 {
			t.Errorf("%s: %d", err.Name(), n)
		}
	}
	if !linuxHost() {
		return
	}
	for err, want := range map[abi.Errno]syscall.Errno{
		abi.EPERM: syscall.EPERM, abi.EDEADLK: syscall.EDEADLK, abi.EAGAIN: syscall.EAGAIN, abi.EINPROGRESS: syscall.EINPROGRESS,
		abi.EALREADY: syscall.EALREADY, abi.ENOTSOCK: syscall.ENOTSOCK, abi.EDESTADDRREQ: syscall.EDESTADDRREQ,
		abi.EMSGSIZE: syscall.EMSGSIZE, abi.EPROTOTYPE: syscall.EPROTOTYPE, abi.ENOPROTOOPT: syscall.ENOPROTOOPT,
		abi.EPROTONOSUPPORT: syscall.EPROTONOSUPPORT, abi.ESOCKTNOSUPPORT: syscall.ESOCKTNOSUPPORT,
		abi.EOPNOTSUPP: syscall.EOPNOTSUPP, abi.EPFNOSUPPORT: syscall.EPFNOSUPPORT, abi.EAFNOSUPPORT: syscall.EAFNOSUPPORT,
		abi.EADDRINUSE: syscall.EADDRINUSE, abi.EADDRNOTAVAIL: syscall.EADDRNOTAVAIL, abi.ENETDOWN: syscall.ENETDOWN,
		abi.ENETUNREACH: syscall.ENETUNREACH, abi.ENETRESET: syscall.ENETRESET, abi.ECONNABORTED: syscall.ECONNABORTED,
		abi.ECONNRESET: syscall.ECONNRESET, abi.ENOBUFS: syscall.ENOBUFS, abi.EISCONN: syscall.EISCONN,
		abi.ENOTCONN: syscall.ENOTCONN, abi.ESHUTDOWN: syscall.ESHUTDOWN, abi.ETIMEDOUT: syscall.ETIMEDOUT,
		abi.ECONNREFUSED: syscall.ECONNREFUSED, abi.ELOOP: syscall.ELOOP, abi.ENAMETOOLONG: syscall.ENAMETOOLONG,
		abi.EHOSTDOWN: syscall.EHOSTDOWN, abi.EHOSTUNREACH: syscall.EHOSTUNREACH, abi.ENOTEMPTY: syscall.ENOTEMPTY,
		abi.EUSERS: syscall.EUSERS, abi.EDQUOT: syscall.EDQUOT, abi.ESTALE: syscall.ESTALE, abi.EREMOTE: syscall.EREMOTE,
		abi.ENOLCK: syscall.ENOLCK, abi.ENOSYS: syscall.ENOSYS, abi.EIDRM: syscall.EIDRM, abi.ENOMSG: syscall.ENOMSG,
		abi.EOVERFLOW: syscall.EOVERFLOW, abi.EILSEQ: syscall.EILSEQ, abi.ENOTSUP: syscall.ENOTSUP,
		abi.ECANCELED: syscall.ECANCELED, abi.EBADMSG: syscall.EBADMSG, abi.ENODATA: syscall.ENODATA, abi.ENOSR: syscall.ENOSR,
		abi.ENOSTR: syscall.ENOSTR, abi.ETIME: syscall.ETIME, abi.EMULTIHOP: syscall.EMULTIHOP, abi.ENOLINK: syscall.ENOLINK,
		abi.EPROTO: syscall.EPROTO, abi.EOWNERDEAD: syscall.EOWNERDEAD, abi.ENOTRECOVERABLE: syscall.ENOTRECOVERABLE,
		abi.ERANGE: syscall.ERANGE, abi.ETOOMANYREFS: syscall.ETOOMANYREFS,
	} {
		if got := errnoOut(err); int(got) != int(want) {
			t.Errorf("%s: %d, want %d", err.Name(), got, int(want))
		}
	}
}

// TestSignals: on every machine the maps are the reverse of each other, and no two signals share a number.
func TestSignals(t *testing.T) {
	for _, m := range Machines {
		t.Run(m.Arch.Name, func(t *testing.T) { testSignals(t, m) })
	}
}

func testSignals(t *testing.T, m *Machine) {
	last := m.lastSignal()
	seen := map[abi.Signal]int32{}
	for n := int32(1); n <= last; n++ {
		s := m.sigIn(n)
		if s == 0 {
			t.Errorf("%d has no signal", n)
			continue
		}
		if o, dup := seen[s]; dup {
			t.Errorf("%d and %d are both %s", o, n, s.Name())
		}
		seen[s] = n
		if got := m.sigOut(s); got != n {
			t.Errorf("%d is %s, which is %d", n, s.Name(), got)
		}
	}
	for s := abi.Signal(1); s < abi.SIGRTMIN; s++ {
		if seen[s] == 0 && s != abi.SIGINFO {
			t.Errorf("%s has no number", s.Name())
		}
	}
	for _, n := range []int32{-1, 0, last + 1, 1 << 30} {
		if s := m.sigIn(n); s != 0 {
			t.Errorf("%d is %s", n, s.Name())
		}
	}
	all := ^uint64(0)
	if got := m.setOut(m.setIn(all)); got != all {
		t.Errorf("the full set comes back as %#x", got)
	}
	if got := m.setOut(m.setIn(1<<16 | 1<<10)); got != 1<<16|1<<10 {
		t.Errorf("a set comes back as %#x", got)
	}
	in := make([]byte, m.setSize())
	for i := range in {
		in[i] = byte(0x11 * i)
	}
	out := make([]byte, m.setSize())
	if putMask(m, out, getMask(m, in)); string(out) != string(in) {
		t.Errorf("% x comes back as % x", in, out)
	}
}

// TestLayouts holds the structures against the sizes and offsets of the kernel's headers.
func TestLayouts(t *testing.T) {
	m := machAMD64.Emul().Model
	for _, c := range []struct {
		name string
		v    any
		size int
	}{
		{"stat", &statX8664{}, 144}, {"statx", &statx{}, 256}, {"statfs", &statfs{}, 120}, {"stack_t", &stackT{}, 24},
		{"sigcontext", &mcontextAMD64{}, 256}, {"ucontext", &ucontextAMD64{}, ucSizeAMD64},
		{"msghdr", &msghdr{}, 56}, {"mmsghdr", &mmsghdr{}, 64}, {"flock", &flock{}, 32}, {"termios", &termios{}, 36},
		{"epoll_event", &event{}, 12}, {"sysinfo", &sysinfo{}, 112}, {"rusage", &abi.Rusage{}, 144},
		{"timespec", &abi.Timespec{}, 16}, {"itimerspec", &abi.Itimerspec{}, 32}, {"timeval", &abi.Timeval{}, 16},
	} {
		if got := m.Sizeof(c.v); got != c.size {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.size)
		}
	}
	for _, c := range []struct {
		v     any
		field string
		off   int
	}{
		{&statX8664{}, "Rdev", 40}, {&statX8664{}, "Atim", 72}, {&ucontextAMD64{}, "Mc", 40}, {&ucontextAMD64{}, "Sigmask", 296},
		{&mcontextAMD64{}, "CS", 144}, {&mcontextAMD64{}, "Err", 152}, {&mcontextAMD64{}, "CR2", 176}, {&mcontextAMD64{}, "Fpstate", 184},
		{&statx{}, "Mode", 28}, {&statx{}, "Ino", 32}, {&statx{}, "Atime", 64}, {&statx{}, "RdevMajor", 128},
		{&msghdr{}, "Control", 32}, {&msghdr{}, "Flags", 48}, {&flock{}, "Start", 8}, {&flock{}, "Pid", 24},
	} {
		if got := m.Offsetof(c.v, c.field); got != c.off {
			t.Errorf("%T.%s at %d, want %d", c.v, c.field, got, c.off)
		}
	}
}

func TestSiginfo(t *testing.T) {
	var b [siginfoLen]byte
	putSiginfo(machAMD64, b[:], &abi.Siginfo{Signo: abi.SIGCHLD, Code: abi.CLD_KILLED, Pid: 7, Uid: 8, Status: int32(abi.SIGBUS)})
	for off, want := range map[int]uint32{0: 17, 4: 0, 8: 2, 16: 7, 20: 8, 24: 7} {
		if got := le.Uint32(b[off:]); got != want {
			t.Errorf("child: %d at %d, want %d", got, off, want)
		}
	}
	putSiginfo(machAMD64, b[:], &abi.Siginfo{Signo: abi.SIGSEGV, Code: abi.SEGV_MAPERR, Addr: 0x123456789})
	if le.Uint32(b[0:]) != 11 || le.Uint32(b[8:]) != 1 || le.Uint64(b[16:]) != 0x123456789 {
		t.Errorf("fault: % x", b[:32])
	}
	putSiginfo(machAMD64, b[:], &abi.Siginfo{Signo: abi.SIGUSR1, Code: abi.SI_LWP, Pid: 3, Uid: 4, Value: 5})
	if le.Uint32(b[0:]) != 10 || int32(le.Uint32(b[8:])) != siTkill || le.Uint64(b[24:]) != 5 {
		t.Errorf("tkill: % x", b[:32])
	}
	putSiginfo(machAMD64, b[:], &abi.Siginfo{Signo: abi.SIGHUP, Code: abi.SI_NOINFO})
	if le.Uint32(b[8:]) != siKernel {
		t.Errorf("kernel: % x", b[:32])
	}
}

// TestControl sends control messages there and back.
func TestControl(t *testing.T) {
	in := make([]byte, 24)
	le.PutUint64(in, 20)
	le.PutUint32(in[8:], solSocket)
	le.PutUint32(in[12:], scmRights)
	le.PutUint32(in[16:], 5)
	n, err := controlIn(nil, machAMD64, sender{local: true}, in)
	if err != abi.OK || le.Uint32(n) != 20 || le.Uint32(n[4:]) != abi.SOL_SOCKET {
		t.Fatalf("% x, %v", n, err)
	}
	if out, cut := controlOut(nil, machAMD64, n, len(in)); cut || string(out) != string(in) {
		t.Errorf("% x comes back as % x", in, out)
	}
	le.PutUint64(in, 1<<63)
	if _, err := controlIn(nil, machAMD64, sender{local: true}, in); err != abi.EINVAL {
		t.Errorf("a length beyond the end: %v", err)
	}
}

func TestTermios(t *testing.T) {
	old := abi.Termios{Cflag: abi.CS8 | abi.CREAD, Ospeed: 115200, Ispeed: 115200, Iflag: abi.ICRNL | abi.IXON, Lflag: abi.ICANON | abi.ECHO | abi.ISIG}
	for i := range old.Cc {
		old.Cc[i] = abi.POSIX_VDISABLE
	}
	old.Cc[abi.VINTR], old.Cc[abi.VMIN], old.Cc[abi.VTIME] = 3, 1, 0
	n := termiosOut(&old)
	if n.Cflag != 0x30|0x80|0x1002 || n.Iflag != 0x500 || n.Lflag != 0xb || n.Cc[0] != 3 || n.Cc[6] != 1 {
		t.Errorf("%+v", n)
	}
	if back := n.in(&old); *back != old {
		t.Errorf("%+v comes back as %+v", old, *back)
	}
}

func TestOpenFlags(t *testing.T) {
	if got := oflagsIn(oCreat | oTrunc | oCloexec | 1); got != abi.O_CREAT|abi.O_TRUNC|abi.O_CLOEXEC|abi.O_WRONLY {
		t.Errorf("%#x", got)
	}
	if got := oflagsOut(abi.O_NONBLOCK | abi.O_APPEND | abi.O_RDWR); got != oNonblock|oAppend|oLargefile|2 {
		t.Errorf("%#x", got)
	}
}

// TestTable: each number of the table has its name.
func TestTable(t *testing.T) {
	if rowsAMD64 != 470 {
		t.Errorf("%d rows", rowsAMD64)
	}
	for i := range Sysent {
		if Sysent[i].Name == "" {
			t.Errorf("%d has no name", i)
		}
	}
}
