package abi

import (
	"bytes"
	"testing"
)

func TestSizes(t *testing.T) {
	models := []*Model{LP64LE, LP64BE, ILP32LE, ILP32BE, ILP32LEi386}
	tests := []struct {
		v    any
		want [5]int // in the order of models
	}{
		{(*Timespec)(nil), [5]int{16, 16, 16, 16, 12}},
		{(*Timeval)(nil), [5]int{16, 16, 16, 16, 12}},
		{(*Stat)(nil), [5]int{152, 152, 152, 152, 124}},
		{(*Statvfs90)(nil), [5]int{2256, 2256, 2232, 2232, 2228}},
		{(*Dirent)(nil), [5]int{528, 528, 528, 528, 528}},
		{(*Sigset)(nil), [5]int{16, 16, 16, 16, 16}},
		{(*Sigaction)(nil), [5]int{32, 32, 24, 24, 24}},
		{(*StackT)(nil), [5]int{24, 24, 12, 12, 12}},
		{(*SiginfoHead)(nil), [5]int{12, 12, 12, 12, 12}},
		{Long(0), [5]int{8, 8, 4, 4, 4}},
		{[3]Ptr{}, [5]int{24, 24, 12, 12, 12}},
		{make([]Timespec, 2), [5]int{32, 32, 32, 32, 24}},
	}
	for _, tt := range tests {
		for i, m := range models {
			if got := m.Sizeof(tt.v); got != tt.want[i] {
				t.Errorf("%s: sizeof %T = %d, want %d", m.Name, tt.v, got, tt.want[i])
			}
		}
	}
}

func TestOffsets(t *testing.T) {
	tests := []struct {
		m     *Model
		v     any
		field string
		want  int
	}{
		{LP64LE, Dirent{}, "Name", DirentHeader},
		{ILP32LEi386, Dirent{}, "Name", DirentHeader},
		{LP64LE, Stat{}, "Ino", 16},
		{ILP32LEi386, Stat{}, "Ino", 12},
		{LP64LE, Stat{}, "Mtim", 64},
		{LP64LE, Stat{}, "Mtim.Nsec", 72},
		{LP64LE, Stat{}, "Size", 112},
		{LP64LE, Sigaction{}, "Flags", 24},
		{ILP32BE, Sigaction{}, "Mask", 4},
	}
	for _, tt := range tests {
		if got := tt.m.Offsetof(tt.v, tt.field); got != tt.want {
			t.Errorf("%s: offsetof %T.%s = %d, want %d", tt.m.Name, tt.v, tt.field, got, tt.want)
		}
	}
}

type mixed struct {
	B   [3]byte
	S   int16
	L   Long
	U   ULong
	P   Ptr
	Q   uint64 `abi:"align=4"`
	Sub [2]struct {
		A uint8
		B SSize
	}
	_    int32
	Host string `abi:"-"`
	U8   uint8  `abi:"size=16"`
	End  int8
}

func TestRoundTrip(t *testing.T) {
	in := mixed{B: [3]byte{1, 2, 3}, S: -2, L: -3, U: 0xfffffffe, P: 0x8000_0000, Q: 1<<63 | 5, U8: 7, End: -9}
	in.Sub[1].A, in.Sub[1].B = 0xee, -1
	for _, m := range []*Model{LP64LE, LP64BE, ILP32LE, ILP32BE, ILP32LEi386, ILP32BEm68k} {
		b := bytes.Repeat([]byte{0xaa}, 200)
		n := m.Marshal(b, &in)
		if n != m.Sizeof(in) || b[n] != 0xaa {
			t.Errorf("%s: wrote %d bytes, size is %d", m.Name, n, m.Sizeof(in))
		}
		if bytes.Count(b[:n], []byte{0xaa}) != 0 {
			t.Errorf("%s: padding not cleared: %x", m.Name, b[:n])
		}
		var out mixed
		m.Unmarshal(b, &out)
		if out != in {
			t.Errorf("%s: got %+v, want %+v", m.Name, out, in)
		}
		// By value and through a slice it is the same.
		if !bytes.Equal(m.Bytes(in), b[:n]) {
			t.Errorf("%s: by value: %x, want %x", m.Name, m.Bytes(in), b[:n])
		}
		two := m.Bytes([]mixed{in, in})
		back := make([]mixed, 2)
		m.Unmarshal(two, back)
		if back[0] != in || back[1] != in {
			t.Errorf("%s: slice: got %+v", m.Name, back)
		}
	}
}

func TestBytesOnTheWire(t *testing.T) {
	ts := Timespec{Sec: 1, Nsec: 2}
	if got := ILP32BE.Bytes(ts); !bytes.Equal(got, []byte{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0}) {
		t.Errorf("ILP32BE: %x", got)
	}
	if got := ILP32LEi386.Bytes(&ts); !bytes.Equal(got, []byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}) {
		t.Errorf("i386: %x", got)
	}
}

func TestSiginfo(t *testing.T) {
	for _, tt := range []struct {
		m    *Model
		addr int // where the fault address lies
	}{{LP64LE, 16}, {LP64BE, 16}, {ILP32LEi386, 12}, {ILP32LE, 16}, {ILP32BE, 16}, {ILP32LE.ForRelease(1000000000), 16}, {ILP32LE.ForRelease(0), 16},
		// Before NetBSD 9 the union held no 64-bit integers (sys/siginfo.h).
		{ILP32LE.ForRelease(800000000), 12}, {ILP32BE.ForRelease(700000000), 12}, {LP64LE.ForRelease(700000000), 16}} {
		in := Siginfo{Signo: SIGSEGV, Code: SEGV_ACCERR, Addr: 0x1234, Trap: 6}
		b := make([]byte, SiginfoSize)
		in.Put(tt.m, b)
		if got := tt.m.Ptr(b[tt.addr:]); got != 0x1234 {
			t.Errorf("%s: address at %d is %#x", tt.m.Name, tt.addr, got)
		}
		for _, si := range []Siginfo{
			in,
			{Signo: SIGUSR1, Code: SI_QUEUE, Pid: 7, Uid: 8, Value: 9},
			{Signo: SIGCHLD, Code: CLD_KILLED, Pid: 7, Uid: 8, Status: 9, Utime: 1, Stime: 2},
			{Signo: SIGIO, Code: POLL_HUP, Band: -1, Fd: 3},
			{Signo: SIGTRAP, Code: TRAP_SCX, Sysnum: 4, Retval: [2]int32{1, 2}, SysErr: 3, SysArgs: [8]uint64{7: 9}},
			{Signo: SIGTRAP, Code: TRAP_CHLD, ReportEvent: 1, Other: 55},
		} {
			si.Put(tt.m, b)
			var out Siginfo
			out.Get(tt.m, b)
			if out != si {
				t.Errorf("%s: got %+v, want %+v", tt.m.Name, out, si)
			}
		}
	}
}

func TestSigset(t *testing.T) {
	s := SigsetOf(SIGHUP, SIGPWR, SIGRTMIN, SIGRTMAX)
	if s[0] != 1|1<<31 || s[1] != 1|1<<30 {
		t.Fatalf("%x", s)
	}
	s.Del(SIGHUP)
	var all []Signal
	for n := range s.All {
		all = append(all, n)
	}
	if len(all) != 3 || s.First() != SIGPWR || !s.Has(SIGRTMAX) || s.Has(SIGHUP) || s.Has(0) || s.Has(500) {
		t.Errorf("%v first %v", all, s.First())
	}
	s.Plus(CantMask)
	s.Minus(CantMask)
	if !s.AndNot(s).Empty() || s.Intersects(CantMask) {
		t.Error("set algebra")
	}
}

func TestErrno(t *testing.T) {
	for err := range Errno(len(errnoTab)) {
		if errnoTab[err].name == "" {
			t.Errorf("errno %d has no name", int(err))
		}
	}
	if ENOENT.Name() != "ENOENT" || ENOENT.Error() != "No such file or directory" || ERESTART.Name() != "ERESTART" ||
		Errno(4000).Name() != "E4000" || ENOTRECOVERABLE != 98 || int(ELAST) != len(errnoTab)-1 {
		t.Error("errno names")
	}
	if SIGCHLD.Name() != "SIGCHLD" || Signal(35).Name() != "SIGRTMIN+2" || SIGKILL.Prop()&PropCantMask == 0 {
		t.Error("signal names")
	}
	if d := Makedev(5, 0x12345); Major(d) != 5 || Minor(d) != 0x12345 {
		t.Errorf("device %#x: %d, %#x", d, Major(d), Minor(d))
	}
}

func BenchmarkMarshalStat(b *testing.B) {
	buf := make([]byte, 200)
	st := &Stat{Size: 5}
	b.ReportAllocs()
	for b.Loop() {
		LP64LE.Marshal(buf, st)
	}
}

func TestMoreSizes(t *testing.T) {
	tests := []struct {
		v               any
		lp64, arm, i386 int
	}{
		{Statvfs{}, 3296, 3272, 3268},
		{Msghdr{}, 48, 28, 28},
		{Kevent{}, 72, 64, 60},
		{Kevent50{}, 40, 32, 28},
		{Rusage{}, 144, 88, 80},
		{Wrusage{}, 288, 176, 160},
		{Flock{}, 24, 24, 24},
		{Sigevent{}, 32, 20, 20},
		{PsStrings{}, 32, 16, 16},
		{AuxEntry{}, 16, 8, 8},
		{UcontextHead{}, 56, 36, 36},
		{Sysctlnode{}, 96, 96, 96},
		{Termios{}, 44, 44, 44},
		{Itimerspec{}, 32, 32, 24},
		{EpollEvent{}, 16, 16, 12},
		{SockaddrIn{}, 16, 16, 16},
		{SockaddrIn6{}, 28, 28, 28},
		{SockaddrUn{}, 106, 106, 106},
		{SockaddrStorage{}, 128, 128, 128},
		{IpcPerm{}, 32, 28, 28},
		{ShmidDs{}, 88, 80, 72},
		{SemidDs{}, 64, 56, 52},
	}
	for _, tt := range tests {
		got := [3]int{LP64LE.Sizeof(tt.v), ILP32LE.Sizeof(tt.v), ILP32LEi386.Sizeof(tt.v)}
		if got != [3]int{tt.lp64, tt.arm, tt.i386} {
			t.Errorf("%T: got %v, want %v", tt.v, got, [3]int{tt.lp64, tt.arm, tt.i386})
		}
	}
	if TIOCGETA != 0x402c7413 || TIOCGWINSZ != 0x40087468 || FIONREAD != 0x4004667f || IOW('t', 103, 8) != TIOCSWINSZ {
		t.Error("ioctl numbers")
	}
	for _, tt := range []struct {
		m          *Model
		len, space int
	}{{LP64LE, 20, 24}, {ILP32LEi386, 16, 16}, {&Model{PtrSize: 8, Int64Align: 8, CmsgAlign: 16}, 20, 32}} {
		if l, s := tt.m.CmsgLen(4), tt.m.CmsgSpace(4); l != tt.len || s != tt.space {
			t.Errorf("cmsg: len %d space %d, want %d %d", l, s, tt.len, tt.space)
		}
	}
}

func TestCompatSizes(t *testing.T) {
	tests := []struct {
		v          any
		lp64, i386 int
	}{
		{Stat30{}, 136, 100},
		{Stat12{}, 120, 96},
		{Stat43{}, 88, 64},
		{Statfs12{}, 312, 256},
		{Timespec50{}, 16, 8},
		{Itimerval50{}, 32, 16},
		{Ntptimeval{}, 48, 28},
		{PosixSpawnFae{}, 24, 20},
		{PosixSpawnattr{}, 48, 48},
		{UUID{}, 16, 16},
	}
	for _, tt := range tests {
		if a, b := LP64LE.Sizeof(tt.v), ILP32LEi386.Sizeof(tt.v); a != tt.lp64 || b != tt.i386 {
			t.Errorf("%T: got %d %d, want %d %d", tt.v, a, b, tt.lp64, tt.i386)
		}
	}
}
