package cpu_test

import (
	"testing"

	"nbemu/arch/x86"
	"nbemu/cpu"
)

// TestDebugRegisters: stores, loads and instructions at places that the debug registers name end in a trap, after the
// access or before the instruction, with the place's bit; others do not.
func TestDebugRegisters(t *testing.T) {
	only(t, "amd64", func(t *testing.T, m *machine) {
		const data = stackBase + 0x100
		// mov $0x500100,%edi; mov $7,%eax; mov %eax,8(%rdi); mov (%rdi),%ecx; mov %eax,(%rdi); mov %eax,(%rdi); nop; syscall
		const code = "bf00015000 b807000000 894708 8b0f 8907 8907 90 0f05"
		for _, x := range []struct {
			name    string
			addr, n uint64
			kind    int
			pcs     []uint64
		}{
			{"write", data, 4, cpu.DebugWrite, []uint64{17, 19}},
			{"write of eight", data + 8, 8, cpu.DebugWrite, []uint64{13}},
			{"one byte of it", data + 3, 1, cpu.DebugWrite, []uint64{17, 19}},
			{"beside it", data + 4, 4, cpu.DebugWrite, nil},
			{"access", data, 2, cpu.DebugAccess, []uint64{15, 17, 19}},
			{"instruction", textBase + 15, 1, cpu.DebugExec, []uint64{15}},
			{"in the middle of one", textBase + 16, 1, cpu.DebugExec, nil},
		} {
			t.Run(x.name, func(t *testing.T) {
				s, c := m.load(t, code)
				e := m.engine(t)
				if !c.Debug.Set(1<<40, 1, cpu.DebugWrite) || !c.Debug.Set(x.addr, x.n, x.kind) {
					t.Fatal("cannot be set")
				}
				for _, pc := range x.pcs {
					run(e, c, s)
					if c.Trap != cpu.TrapException || c.Vector != 1 || c.R[m.arch.PC] != textBase+pc || c.Error != 2 || c.Debug.Status&0xf != 2 {
						t.Fatalf("trap %d vector %d error %#x pc %#x, want %#x; status %#x", c.Trap, c.Vector, c.Error, c.R[m.arch.PC], textBase+pc, c.Debug.Status)
					}
					c.Debug.Status = 0
					if x.kind == cpu.DebugExec {
						c.Debug.Past = c.R[m.arch.PC]
					}
				}
				if run(e, c, s); c.Trap != cpu.TrapSyscall {
					t.Fatalf("trap %d vector %d pc %#x", c.Trap, c.Vector, c.R[m.arch.PC])
				}
				c.Debug = cpu.Debug{}
				m.start(c)
				if run(e, c, s); c.Trap != cpu.TrapSyscall {
					t.Fatalf("without: trap %d vector %d pc %#x", c.Trap, c.Vector, c.R[m.arch.PC])
				}
				// Steps: the one that meets the place ends with the exception.
				c.Debug.Set(x.addr, x.n, x.kind)
				m.start(c)
				n := 0
				for range 8 {
					step(e, c, s)
					if c.Trap == cpu.TrapException && c.Vector == 1 && c.Error == 1 {
						n++
						c.Debug.Past = c.R[m.arch.PC]
					} else if c.Trap != cpu.TrapStep && c.Trap != cpu.TrapSyscall {
						t.Fatalf("step: trap %d vector %d error %d pc %#x", c.Trap, c.Vector, c.Error, c.R[m.arch.PC])
					}
				}
				if n != len(x.pcs) || c.R[x86.RFLAGS]&0x100 != 0 {
					t.Errorf("%d steps met the place, want %d; flags %#x", n, len(x.pcs), c.R[x86.RFLAGS])
				}
			})
		}
	})
}
