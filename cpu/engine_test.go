package cpu_test

import (
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/cpu"
	"nbemu/mem"
)

const (
	textBase  = 0x400000
	stackBase = 0x500000
	stackSize = 0x10000
)

// load maps code at textBase and some pages for data and stack, and returns a context that starts there.
func (m *machine) load(t testing.TB, hex string) (*mem.Space, *cpu.Context) {
	s := mem.NewSpace(0x1000, m.arch.UserMax)
	if _, err := s.Map(mem.MapArgs{Addr: textBase, Len: 0x2000, Prot: mem.ProtRead | mem.ProtWrite | mem.ProtExec, Fixed: true}); err != abi.OK {
		t.Fatal(err)
	}
	if _, err := s.Map(mem.MapArgs{Addr: stackBase, Len: stackSize, Prot: mem.ProtRead | mem.ProtWrite, Fixed: true}); err != abi.OK {
		t.Fatal(err)
	}
	if err := s.Copyout(code(t, hex), textBase); err != abi.OK {
		t.Fatal(err)
	}
	c := &cpu.Context{}
	if m.Init != nil {
		m.Init(c)
	}
	c.R[m.arch.SP] = stackBase + stackSize - 0x1000
	c.R[m.arch.SP] -= m.arch.StackBias
	m.start(c)
	t.Cleanup(s.Unref)
	return s, c
}

func (m *machine) engine(t testing.TB) cpu.Engine {
	e, err := m.newEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// start lets c begin at textBase again.
func (m *machine) start(c *cpu.Context) {
	fresh := &cpu.Context{}
	if m.Init != nil {
		m.Init(fresh)
	}
	fresh.R[m.arch.SP] = c.R[m.arch.SP]
	fresh.R[m.arch.PC] = textBase
	if m.arch.NPC != 0 {
		fresh.R[m.arch.NPC] = textBase + 4
	}
	c.R = fresh.R
}

// next goes on after a system call.
func (m *machine) next(c *cpu.Context) {
	if m.arch.NPC != 0 {
		c.R[m.arch.PC], c.R[m.arch.NPC] = c.R[m.arch.NPC], c.R[m.arch.NPC]+4
	}
}

// run resolves page faults until something else happens.
func run(e cpu.Engine, c *cpu.Context, s *mem.Space) {
	for {
		e.Run(c, s)
		if c.Trap != cpu.TrapFault || s.Fault(c.Addr, uint8(c.Access)) != mem.FaultOK {
			return
		}
	}
}

func TestSyscallTrap(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Call)
		e := m.engine(t)
		run(e, c, s)
		if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 20 || c.R[m.arch.PC] != textBase+m.CallPC {
			t.Fatalf("trap %d result %d pc %#x", c.Trap, c.R[m.Reg], c.R[m.arch.PC])
		}
		c.R[m.Reg] = 7
		m.next(c)
		run(e, c, s)
		if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 7 || c.R[m.arch.PC] != textBase+m.Call2PC {
			t.Fatalf("trap %d result %d pc %#x", c.Trap, c.R[m.Reg], c.R[m.arch.PC])
		}
	})
}

func TestSyscallCarry(t *testing.T) { only(t, "amd64", testSyscallCarry) }

func testSyscallCarry(t *testing.T, m *machine) {
	s, c := m.load(t, m.Call)
	e := m.engine(t)
	run(e, c, s)
	run(e, c, s)
	if c.R[x86.RFLAGS]&1 != 1 {
		t.Fatalf("flags %#x", c.R[x86.RFLAGS])
	}
}

func TestFaultIsPrecise(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Store)
		run(m.engine(t), c, s)
		if c.Trap != cpu.TrapFault || c.Addr != m.StoreAddr || c.Access != mem.ProtWrite || c.R[m.arch.PC] != textBase+m.StorePC {
			t.Fatalf("trap %d addr %#x access %d pc %#x", c.Trap, c.Addr, c.Access, c.R[m.arch.PC])
		}
	})
}

func TestExceptions(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		for _, x := range m.Exceptions {
			s, c := m.load(t, x.Code)
			e := m.engine(t)
			for range 3 { // again: no double fault
				m.start(c)
				run(e, c, s)
				if c.Trap != cpu.TrapException || c.Vector != x.Vector || c.R[m.arch.PC] != textBase+x.PC {
					t.Errorf("%s: trap %d vector %#x pc %#x", x.Name, c.Trap, c.Vector, c.R[m.arch.PC])
				}
			}
		}
	})
}

// TestX86Traps has what processors of different makers do not agree about, and KVM's does not do in the same way: the
// emulated one is Intel's.
func TestX86Traps(t *testing.T) {
	for _, name := range []string{"amd64", "i386"} {
		m := find(name)
		e := m.engine(t)
		for _, x := range []cpu.VectorException{
			cpu.Exc("icebp", "90 f1", 1, 2), cpu.Exc("icebp, prefixed", "90 66f1", 1, 3), cpu.Exc("sysenter", "90 0f34", 13, 1),
		} {
			s, c := m.load(t, x.Code)
			run(e, c, s)
			if c.Trap != cpu.TrapException || c.Vector != x.Vector || c.R[m.arch.PC] != textBase+x.PC {
				t.Errorf("%s, %s: trap %d vector %#x pc %#x", m.Name, x.Name, c.Trap, c.Vector, c.R[m.arch.PC])
			}
		}
		s, c := m.load(t, "90 cd81")
		if run(e, c, s); c.Vector != 13 || c.Error != 0x81<<3|2 {
			t.Errorf("%s, int 0x81: vector %d error %#x", m.Name, c.Vector, c.Error)
		}
	}
}

func TestStopEndsLoop(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Loop)
		e := m.engine(t)
		for range 100 {
			go e.Stop()
			run(e, c, s)
			if c.Trap != cpu.TrapStop || c.R[m.arch.PC] != textBase {
				t.Fatalf("trap %d pc %#x", c.Trap, c.R[m.arch.PC])
			}
		}
	})
}

func TestNewCodeAfterProtect(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Call)
		e := m.engine(t)
		run(e, c, s)
		s.Protect(textBase, 0x2000, mem.ProtRead|mem.ProtWrite)
		s.Copyout(code(t, m.Call21), textBase)
		s.Protect(textBase, 0x2000, mem.ProtRead|mem.ProtExec)
		m.start(c)
		run(e, c, s)
		if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 21 {
			t.Fatalf("trap %d result %d: stale translation", c.Trap, c.R[m.Reg])
		}
	})
}

// TestCodeWrittenAgain: code that comes from outside, more than once, into a page that stays executable.
func TestCodeWrittenAgain(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Call)
		e := m.engine(t)
		for i := range uint64(6) {
			m.start(c)
			run(e, c, s)
			if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 20+i%2 {
				t.Fatalf("round %d: trap %d result %d: stale translation", i, c.Trap, c.R[m.Reg])
			}
			next := m.Call21
			if i%2 == 1 {
				next = m.Call
			}
			s.Copyout(code(t, next), textBase)
		}
	})
}

func TestForkCopiesOnWrite(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Incr)
		e := m.engine(t)
		run(e, c, s)
		if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 1 {
			t.Fatalf("trap %d result %d pc %#x", c.Trap, c.R[m.Reg], c.R[m.arch.PC])
		}
		child, _ := s.Fork()
		defer child.Unref()
		for i := range uint64(3) {
			m.start(c)
			run(e, c, child)
			if c.R[m.Reg] != i+2 {
				t.Fatalf("child sees %d", c.R[m.Reg])
			}
		}
		m.start(c)
		run(e, c, s)
		if c.R[m.Reg] != 2 {
			t.Fatalf("parent sees %d", c.R[m.Reg])
		}
	})
}

// TestLongBlock: more instructions in sequence than one translation holds.
func TestLongBlock(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, strings.Repeat(m.Nop, 1500)+m.Call21)
		run(m.engine(t), c, s)
		if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 21 {
			t.Fatalf("trap %d result %d pc %#x", c.Trap, c.R[m.Reg], c.R[m.arch.PC])
		}
	})
}

// TestDelaySlot: an access in a delay slot goes on at the branch's target once its page is there.
func TestDelaySlot(t *testing.T) {
	for _, x := range []struct{ name, code string }{
		// li $16,20; lui $4,0x60; b 1f; sw $5,0x124($4); li $16,7; 1: syscall
		{"mips", "24100014 3c040060 10000002 ac850124 24100007 0000000c"},
		{"mips64", "24100014 3c040060 10000002 ac850124 24100007 0000000c"},
		// mov 20,%l0; sethi %hi(0x600000),%o0; b 1f; st %o1,[%o0+0x124]; mov 7,%l0; 1: ta 0
		{"sparc", "a0102014 11001800 10800003 d2222124 a0102007 91d02000"},
		{"sparc64", "a0102014 11001800 10800003 d2222124 a0102007 91d02000"},
	} {
		{
			m := find(x.name)
			s, c := m.load(t, x.code)
			e := m.engine(t)
			run(e, c, s)
			if c.Trap != cpu.TrapFault {
				t.Fatalf("%s: trap %d", m.Name, c.Trap)
			}
			// Another thread runs in between.
			s2, c2 := m.load(t, m.Call)
			run(e, c2, s2)
			s.Map(mem.MapArgs{Addr: 0x600000, Len: 0x1000, Prot: mem.ProtRead | mem.ProtWrite, Fixed: true})
			run(e, c, s)
			if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 20 {
				t.Errorf("%s: trap %d result %d", m.Name, c.Trap, c.R[m.Reg])
			}
		}
	}
}

// TestWindows: 60 nested calls on sparc overflow and underflow the register windows, onto a stack that is not
// there yet, with another thread in between.
func TestWindows(t *testing.T) {
	// mov 60,%o0; call f; nop; mov %o0,%l0; ta 0
	// f: save; cmp %i0,0; be 1f; mov 0,%o0; call f; sub %i0,1,%o0; 1: ret; restore %o0,1,%o0
	const prog = "9010203c 40000004 01000000 a0100008 91d02000 9de3bf30 80a62000 02800004 90102000 7ffffffc 90262001 81c7e008 91ea2001"
	for _, m := range machines {
		if m.arch.NPC == 0 {
			continue
		}
		e := m.engine(t)
		s, c := m.load(t, prog)
		s2, c2 := m.load(t, prog)
		faults := 0
		for c.Trap != cpu.TrapSyscall {
			e.LoadFP(c)
			e.Run(c, s)
			e.SaveFP(c)
			if c.Trap == cpu.TrapFault {
				faults++
			}
			if c.Trap == cpu.TrapException || c.Trap == cpu.TrapFault && s.Fault(c.Addr, uint8(c.Access)) != mem.FaultOK {
				t.Fatalf("%s: trap %d vector %#x addr %#x", m.Name, c.Trap, c.Vector, c.Addr)
			}
			if c2.Trap != cpu.TrapSyscall {
				e.LoadFP(c2)
				e.Run(c2, s2)
				e.SaveFP(c2)
				s2.Fault(c2.Addr, uint8(c2.Access))
			}
		}
		if c.R[m.Reg] != 61 || c2.R[m.Reg] != 61 || faults == 0 {
			t.Errorf("%s: results %d and %d after %d faults", m.Name, c.R[m.Reg], c2.R[m.Reg], faults)
		}
	}
}

// TestI386Segments: a program may load its segment registers with what it finds in them.
func TestI386Segments(t *testing.T) { only(t, "i386", testI386Segments) }

func testI386Segments(t *testing.T, m *machine) {
	// mov %gs,%bx; mov %bx,%gs; mov %gs:0,%eax; push %ds; pop %ds; int $0x80
	s, c := m.load(t, "668ceb 8eeb 65a100000000 1e 1f cd80")
	s.Copyout([]byte{42}, stackBase)
	run(m.engine(t), c, s)
	if c.Trap != cpu.TrapSyscall || c.R[x86.RAX] != 42 || c.R[x86.GS] != 0xb3 || c.R[x86.DS] != 0x1f {
		t.Fatalf("trap %d vector %d eax %#x gs %#x ds %#x", c.Trap, c.Vector, c.R[x86.RAX], c.R[x86.GS], c.R[x86.DS])
	}
	// mov $0x0b,%ax; mov %ax,%gs: the kernel's code segment
	s, c = m.load(t, "66b80800 8ee8")
	run(m.engine(t), c, s)
	if c.Trap != cpu.TrapException || c.Vector != 13 {
		t.Fatalf("a descriptor that is not there: trap %d vector %d", c.Trap, c.Vector)
	}
}

// TestI386LDT: a space's own descriptors, and what the processor keeps from programs.
func TestI386LDT(t *testing.T) { only(t, "i386", testI386LDT) }

func testI386LDT(t *testing.T, m *machine) {
	const sel = 6<<3 | 7
	e := m.engine(t)
	table := []uint64{2: 0x00cffb000000ffff, 3: 0x00cff3000000ffff, 6: 0x0040f20000000003 | stackBase<<16, 7: 0}
	// mov $0x37,%ax; mov %ax,%fs; mov %fs:0,%eax; mov %fs,%bx; int $0x80; mov %fs:0,%eax; int $0x80
	s, c := m.load(t, "66b83700 8ee0 64a100000000 668ce3 cd80 64a100000000 cd80")
	s.Copyout([]byte{42, 0, 0, 0, 43}, stackBase)
	run(e, c, s)
	if c.Trap != cpu.TrapException || c.Vector != 13 {
		t.Fatalf("without a table: trap %d vector %d", c.Trap, c.Vector)
	}
	s.SetLDT(table, 0)
	run(e, c, s)
	if c.Trap != cpu.TrapSyscall || c.R[x86.RAX] != 42 || c.R[x86.RBX]&0xffff != sel {
		t.Fatalf("trap %d vector %d eax %#x ebx %#x", c.Trap, c.Vector, c.R[x86.RAX], c.R[x86.RBX])
	}
	// Another's table in between, and then a change of what is loaded.
	s2, c2 := m.load(t, "cd80")
	run(e, c2, s2)
	f, _ := s.Fork()
	defer f.Unref()
	cf := *c
	s.SetLDT([]uint64{table[6] + 4<<16}, 6)
	run(e, c, s)
	if c.Trap != cpu.TrapSyscall || c.R[x86.RAX] != 43 {
		t.Fatalf("a change: trap %d eax %#x", c.Trap, c.R[x86.RAX])
	}
	run(e, &cf, f)
	if cf.Trap != cpu.TrapSyscall || cf.R[x86.RAX] != 42 {
		t.Fatalf("after fork: trap %d eax %#x", cf.Trap, cf.R[x86.RAX])
	}
	s.SetLDT([]uint64{0}, 6)
	m.start(c)
	c.R[x86.FS] = sel
	run(e, c, s)
	if c.Trap != cpu.TrapException || c.Vector != 13 || c.Error != 6<<3|4 {
		t.Fatalf("taken away: trap %d vector %d error %#x", c.Trap, c.Vector, c.Error)
	}
	// lcall $0x17,$0 with the stack in the tables; then loads from where they are.
	for _, esp := range []uint64{0xfffe0020, 0xfffc0020} {
		s, c := m.load(t, "9a000000001700")
		s.SetLDT(table, 0)
		c.R[x86.RSP] = esp
		run(e, c, s)
		if c.Trap != cpu.TrapFault || c.Addr != esp-4 || c.Access != mem.ProtWrite {
			t.Errorf("a call with the stack at %#x: trap %d vector %d addr %#x", esp, c.Trap, c.Vector, c.Addr)
		}
		// mov (%esp),%eax
		s, c = m.load(t, "8b0424")
		s.SetLDT(table, 0)
		c.R[x86.RSP] = esp
		run(e, c, s)
		if c.Trap != cpu.TrapFault || c.Addr != esp {
			t.Errorf("a load from %#x: trap %d addr %#x", esp, c.Trap, c.Addr)
		}
	}
}

func BenchmarkSyscall(b *testing.B) {
	m := find("amd64")
	s, c := m.load(b, "0f05 ebfc")
	e := m.engine(b)
	for b.Loop() {
		run(e, c, s)
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		find("amd64").engine(b)
	}
}

// TestCountBlocks: a run that counts ends when its blocks are used up, at a place that does not depend on how many
// there were each time or on what was translated before, and goes on from there.
func TestCountBlocks(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		if m.kvm {
			t.Skip("the host's processor does not count blocks")
		}
		// count runs the program to its system call in portions, and says how many blocks that took.
		count := func(e cpu.Engine, s *mem.Space, c *cpu.Context, portion uint64) (n uint64) {
			m.start(c)
			for range 1000 {
				c.Count = cpu.Count{On: 1, Blocks: portion}
				e.Run(c, s)
				if c.Count.Blocks > portion {
					t.Fatalf("%d of %d blocks are left", c.Count.Blocks, portion)
				}
				n += portion - c.Count.Blocks
				switch c.Trap {
				case cpu.TrapStop:
					if c.Count.Blocks != 0 {
						t.Fatalf("stopped with %d blocks left", c.Count.Blocks)
					}
				case cpu.TrapFault:
					s.Fault(c.Addr, uint8(c.Access))
				default:
					return n
				}
			}
			t.Fatal("no end")
			return 0
		}
		s, c := m.load(t, m.Incr)
		e := m.engine(t)
		count(e, s, c, 100) // the pages are there from now on
		want := count(e, s, c, 100)
		if want == 0 {
			t.Error("no blocks")
		}
		for _, portion := range []uint64{1, 2, 3, 1 << 40} {
			if n := count(e, s, c, portion); n != want || c.Trap == cpu.TrapStop {
				t.Errorf("in portions of %d: %d blocks, not %d", portion, n, want)
			}
			if n := count(m.engine(t), s, c, portion); n != want {
				t.Errorf("on a new processor: %d blocks, not %d", n, want)
			}
		}

		// An endless loop uses up whatever it is given, more than the counter in generated code can hold too.
		s, c = m.load(t, m.Loop)
		e = m.engine(t)
		m.start(c)
		for _, n := range []uint64{0, 1, 0xfffe, 0xffff, 0x10000, 200000} {
			pc := c.R[m.arch.PC]
			c.Count = cpu.Count{On: 1, Blocks: n}
			run(e, c, s)
			if c.Trap != cpu.TrapStop || c.Count.Blocks != 0 || c.R[m.arch.PC] != pc {
				t.Errorf("loop with %d blocks: trap %d, %d left, pc %#x", n, c.Trap, c.Count.Blocks, c.R[m.arch.PC])
			}
		}
		// A stop from outside leaves the rest.
		e.Stop()
		c.Count = cpu.Count{On: 1, Blocks: 5}
		run(e, c, s)
		if c.Trap != cpu.TrapStop || c.Count.Blocks != 5 {
			t.Errorf("stopped before it began: trap %d, %d blocks left", c.Trap, c.Count.Blocks)
		}
	})
}
