package cpu

import (
	"testing"

	"nbemu/abi"
	"nbemu/mem"
)

// load maps code at 0x400000 and a stack page, and returns a context that starts there.
func load(t testing.TB, code []byte) (*mem.Space, *Context) {
	s := mem.NewSpace(0x1000, AMD64.UserMax)
	if _, err := s.Map(mem.MapArgs{Addr: 0x400000, Len: 0x1000, Prot: mem.ProtRead | mem.ProtWrite | mem.ProtExec, Fixed: true}); err != abi.OK {
		t.Fatal(err)
	}
	if _, err := s.Map(mem.MapArgs{Addr: 0x500000, Len: 0x10000, Prot: mem.ProtRead | mem.ProtWrite, Fixed: true}); err != abi.OK {
		t.Fatal(err)
	}
	if err := s.Copyout(code, 0x400000); err != abi.OK {
		t.Fatal(err)
	}
	c := &Context{}
	c.R[AMD64_RIP] = 0x400000
	c.R[AMD64_RSP] = 0x510000
	c.FP[1], c.FP[0], c.FP[24], c.FP[25] = 3, 0x7f, 0x80, 0x1f
	t.Cleanup(s.Unref)
	return s, c
}

func newEngine(t testing.TB) Engine {
	e, err := New(AMD64)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// run resolves page faults until something else happens.
func run(e Engine, c *Context, s *mem.Space) {
	for {
		e.Run(c, s)
		if c.Trap != TrapFault || s.Fault(c.Addr, uint8(c.Access)) != mem.FaultOK {
			return
		}
	}
}

func TestSyscallTrap(t *testing.T) {
	s, c := load(t, []byte{0xb8, 20, 0, 0, 0, 0x0f, 0x05, 0x90, 0xf9, 0x0f, 0x05}) // mov $20,%eax; syscall; nop; stc; syscall
	e := newEngine(t)
	run(e, c, s)
	if c.Trap != TrapSyscall || c.R[AMD64_RAX] != 20 || c.R[AMD64_RIP] != 0x400007 {
		t.Fatalf("trap %d rax %d rip %#x", c.Trap, c.R[AMD64_RAX], c.R[AMD64_RIP])
	}
	c.R[AMD64_RAX] = 7
	run(e, c, s)
	if c.Trap != TrapSyscall || c.R[AMD64_RAX] != 7 || c.R[AMD64_RIP] != 0x40000b || c.R[AMD64_RFLAGS]&1 != 1 {
		t.Fatalf("trap %d rax %d rip %#x flags %#x", c.Trap, c.R[AMD64_RAX], c.R[AMD64_RIP], c.R[AMD64_RFLAGS])
	}
}

func TestFaultIsPrecise(t *testing.T) {
	// mov $0x600123,%eax; nop; mov %ecx,(%rax)
	s, c := load(t, []byte{0xb8, 0x23, 0x01, 0x60, 0, 0x90, 0x89, 0x08})
	e := newEngine(t)
	run(e, c, s)
	if c.Trap != TrapFault || c.Addr != 0x600123 || c.Access != mem.ProtWrite || c.R[AMD64_RIP] != 0x400006 {
		t.Fatalf("trap %d addr %#x access %d rip %#x", c.Trap, c.Addr, c.Access, c.R[AMD64_RIP])
	}
}

func TestExceptions(t *testing.T) {
	for _, x := range []struct {
		name   string
		code   []byte
		vector uint32
		pc     uint64
	}{
		{"divide", []byte{0x31, 0xc9, 0xf7, 0xf1}, 0, 0x400002},
		{"ud2", []byte{0x90, 0x0f, 0x0b}, 6, 0x400001},
		{"int3", []byte{0x90, 0xcc}, 3, 0x400002},
		{"hlt", []byte{0xf4}, 13, 0x400000},
	} {
		s, c := load(t, x.code)
		e := newEngine(t)
		for range 3 { // again: no double fault
			c.R[AMD64_RIP] = 0x400000
			run(e, c, s)
			if c.Trap != TrapException || c.Vector != x.vector || c.R[AMD64_RIP] != x.pc {
				t.Errorf("%s: trap %d vector %d pc %#x", x.name, c.Trap, c.Vector, c.R[AMD64_RIP])
			}
		}
	}
}

func TestStopEndsLoop(t *testing.T) {
	s, c := load(t, []byte{0xeb, 0xfe})
	e := newEngine(t)
	for range 100 {
		go e.Stop()
		run(e, c, s)
		if c.Trap != TrapStop || c.R[AMD64_RIP] != 0x400000 {
			t.Fatalf("trap %d pc %#x", c.Trap, c.R[AMD64_RIP])
		}
	}
}

func TestNewCodeAfterProtect(t *testing.T) {
	s, c := load(t, []byte{0xb8, 1, 0, 0, 0, 0x0f, 0x05})
	e := newEngine(t)
	run(e, c, s)
	s.Protect(0x400000, 0x1000, mem.ProtRead|mem.ProtWrite)
	s.Copyout([]byte{0xb8, 2, 0, 0, 0, 0x0f, 0x05}, 0x400000)
	s.Protect(0x400000, 0x1000, mem.ProtRead|mem.ProtExec)
	c.R[AMD64_RIP] = 0x400000
	run(e, c, s)
	if c.Trap != TrapSyscall || c.R[AMD64_RAX] != 2 {
		t.Fatalf("trap %d rax %d: stale translation", c.Trap, c.R[AMD64_RAX])
	}
}

func TestForkCopiesOnWrite(t *testing.T) {
	// mov $0x500000,%eax; incl (%rax); mov (%rax),%eax; syscall
	s, c := load(t, []byte{0xb8, 0, 0, 0x50, 0, 0xff, 0x00, 0x8b, 0x00, 0x0f, 0x05})
	e := newEngine(t)
	run(e, c, s)
	child := s.Fork()
	defer child.Unref()
	for i := range uint64(3) {
		c.R[AMD64_RIP] = 0x400000
		run(e, c, child)
		if c.R[AMD64_RAX] != i+2 {
			t.Fatalf("child sees %d", c.R[AMD64_RAX])
		}
	}
	c.R[AMD64_RIP] = 0x400000
	run(e, c, s)
	if c.R[AMD64_RAX] != 2 {
		t.Fatalf("parent sees %d", c.R[AMD64_RAX])
	}
}

func BenchmarkSyscall(b *testing.B) {
	s, c := load(b, []byte{0x0f, 0x05, 0xeb, 0xfc})
	e := newEngine(b)
	for b.Loop() {
		run(e, c, s)
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		newEngine(b)
	}
}
