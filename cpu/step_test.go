package cpu_test

import (
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/cpu"
	"nbemu/mem"
)

// step resolves page faults until something else happens.
func step(e cpu.Engine, c *cpu.Context, s *mem.Space) {
	for {
		e.Step(c, s)
		if c.Trap != cpu.TrapFault || s.Fault(c.Addr, uint8(c.Access)) != mem.FaultOK {
			return
		}
	}
}

// TestStep: a step executes one instruction, whether or not the code has been translated for a run before.
func TestStep(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Call)
		e := m.engine(t)
		for round := range 3 {
			m.start(c)
			step(e, c, s)
			if c.Trap != cpu.TrapStep || c.R[m.Reg] != 20 || c.R[m.arch.PC] <= textBase {
				t.Fatalf("round %d: trap %d result %d pc %#x", round, c.Trap, c.R[m.Reg], c.R[m.arch.PC])
			}
			step(e, c, s)
			if c.Trap != cpu.TrapSyscall || c.R[m.arch.PC] != textBase+m.CallPC {
				t.Fatalf("round %d: trap %d pc %#x", round, c.Trap, c.R[m.arch.PC])
			}
			m.next(c)
			pc := c.R[m.arch.PC]
			step(e, c, s)
			if n := uint64(len(code(t, m.Nop))); c.Trap != cpu.TrapStep || c.R[m.arch.PC] != pc+n {
				t.Fatalf("round %d: trap %d pc %#x", round, c.Trap, c.R[m.arch.PC])
			}
			run(e, c, s)
			if c.Trap != cpu.TrapSyscall || c.R[m.arch.PC] != textBase+m.Call2PC {
				t.Fatalf("round %d: trap %d pc %#x", round, c.Trap, c.R[m.arch.PC])
			}
			m.start(c)
			run(e, c, s)
			if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 20 || c.R[m.arch.PC] != textBase+m.CallPC {
				t.Fatalf("round %d, run: trap %d result %d pc %#x", round, c.Trap, c.R[m.Reg], c.R[m.arch.PC])
			}
		}
	})
}

// TestStepAndRunMixed: steps and runs of the same straight code follow each other at any place.
func TestStepAndRunMixed(t *testing.T) {
	const nops = 40
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, strings.Repeat(m.Nop, nops)+m.Call21)
		e := m.engine(t)
		size := uint64(len(code(t, m.Nop)))
		for steps := range uint64(nops) {
			m.start(c)
			for i := range steps {
				step(e, c, s)
				if c.Trap != cpu.TrapStep || c.R[m.arch.PC] != textBase+(i+1)*size {
					t.Fatalf("step %d: trap %d pc %#x", i, c.Trap, c.R[m.arch.PC])
				}
			}
			run(e, c, s)
			if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 21 {
				t.Fatalf("after %d steps: trap %d result %d", steps, c.Trap, c.R[m.Reg])
			}
		}
	})
}

// TestStepBranch: an endless loop of one branch comes back to its start; on mips the delay slot belongs to it, on
// sparc it is an instruction of its own.
func TestStepBranch(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Loop)
		e := m.engine(t)
		for i := range uint64(6) {
			want := uint64(textBase)
			if m.arch.NPC != 0 && i%2 == 0 {
				want += 4
			}
			step(e, c, s)
			if c.Trap != cpu.TrapStep || c.R[m.arch.PC] != want {
				t.Fatalf("step %d: trap %d pc %#x", i, c.Trap, c.R[m.arch.PC])
			}
		}
	})
}

// TestStepFault: the instruction that faults is not executed, nor the branch whose slot it is in, and is when the
// page is there.
func TestStepFault(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Store)
		e := m.engine(t)
		for range 10 {
			if step(e, c, s); c.Trap != cpu.TrapStep {
				break
			}
		}
		if c.Trap != cpu.TrapFault || c.Addr != m.StoreAddr || c.R[m.arch.PC] != textBase+m.StorePC {
			t.Fatalf("trap %d addr %#x pc %#x", c.Trap, c.Addr, c.R[m.arch.PC])
		}
		if _, err := s.Map(mem.MapArgs{Addr: m.StoreAddr &^ 0xfff, Len: 0x1000, Prot: mem.ProtRead | mem.ProtWrite, Fixed: true}); err != abi.OK {
			t.Fatal(err)
		}
		step(e, c, s)
		if c.Trap != cpu.TrapStep || c.R[m.arch.PC] == textBase+m.StorePC {
			t.Fatalf("trap %d pc %#x", c.Trap, c.R[m.arch.PC])
		}
	})
}

// TestStepStopped: a stop that comes first leaves the instruction to be executed.
func TestStepStopped(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Call)
		e := m.engine(t)
		step(e, c, s)
		m.start(c)
		e.Stop()
		e.Step(c, s)
		if c.Trap != cpu.TrapStop || c.R[m.arch.PC] != textBase {
			t.Fatalf("trap %d pc %#x", c.Trap, c.R[m.arch.PC])
		}
		step(e, c, s)
		if c.Trap != cpu.TrapStep || c.R[m.arch.PC] == textBase {
			t.Fatalf("trap %d pc %#x", c.Trap, c.R[m.arch.PC])
		}
	})
}

// TestX86TraceFlag: with the trace flag set, each instruction ends in a debug exception, but a system call is one
// first, whatever instruction makes it.
func TestX86TraceFlag(t *testing.T) {
	for _, m := range append(find("amd64").variants(), find("i386").variants()...) {
		s, c := m.load(t, m.Call)
		e := m.engine(t)
		c.R[x86.RFLAGS] |= 0x100
		run(e, c, s)
		if c.Trap != cpu.TrapException || c.Vector != 1 || c.R[x86.RIP] != textBase+5 || c.R[x86.RAX] != 20 {
			t.Fatalf("%s: trap %d vector %d pc %#x", m.Name, c.Trap, c.Vector, c.R[x86.RIP])
		}
		run(e, c, s)
		if c.Trap != cpu.TrapSyscall || c.R[x86.RIP] != textBase+m.CallPC {
			t.Fatalf("%s: trap %d vector %d pc %#x", m.Name, c.Trap, c.Vector, c.R[x86.RIP])
		}
		run(e, c, s)
		for c.Trap == cpu.TrapStop {
			run(e, c, s)
		}
		if c.Trap != cpu.TrapException || c.Vector != 1 || c.R[x86.RIP] != textBase+m.CallPC+1 {
			t.Fatalf("%s: trap %d vector %d pc %#x", m.Name, c.Trap, c.Vector, c.R[x86.RIP])
		}
	}
}
