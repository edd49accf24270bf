package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"nbemu/cpu"
)

// Registers of x86 in Context.R.
const (
	rDI = 0
	rSI = 1
	rDX = 2
	rCX = 3
	rBX = 13
)

// bmi are instructions that CPUID offers, with what they do to the flags that they define: %rcx from %rsi with %rbx, or
// without the W bit or the prefix the lower halves.
var bmi = []struct {
	name, code64, code32 string
	flags                uint64
}{
	{"andn", "c4e2e0f2ce", "c4e260f2ce", 0x8c1},
	{"bextr", "c4e2e0f7ce", "c4e260f7ce", 0x841},
	{"bzhi", "c4e2e0f5ce", "c4e260f5ce", 0x8c1},
	{"blsr", "c4e2f0f3ce", "c4e270f3ce", 0x8c1},
	{"blsmsk", "c4e2f0f3d6", "c4e270f3d6", 0x8c1},
	{"blsi", "c4e2f0f3de", "c4e270f3de", 0x8c1},
	{"shlx", "c4e2e1f7ce", "c4e261f7ce", 0},
	{"shrx", "c4e2e3f7ce", "c4e263f7ce", 0},
	{"sarx", "c4e2e2f7ce", "c4e262f7ce", 0},
	{"rorx", "c4e3fbf0ce25", "c4e37bf0ce25", 0},
	{"pdep", "c4e2e3f5ce", "c4e263f5ce", 0},
	{"pext", "c4e2e2f5ce", "c4e262f5ce", 0},
	{"mulx", "c4e2e3f6ce", "c4e263f6ce", 0},
	{"tzcnt", "f3480fbcce", "f30fbcce", 0x41},
	{"lzcnt", "f3480fbdce", "f30fbdce", 0x41},
	{"popcnt", "f3480fb8ce", "f30fb8ce", 0x8d5},
}

// TestBMI: instructions of general registers that came with Haswell, as the host's processor executes them.
func TestBMI(t *testing.T) {
	v := find("amd64").variants()
	if len(v) < 2 {
		t.Skip("no KVM")
	}
	emulated, native := v[0].engine(t), v[1].engine(t)
	rnd := rand.New(rand.NewPCG(1, 1))
	number := func() uint64 {
		switch n := rnd.Uint64(); rnd.IntN(4) {
		case 0:
			return n & 0xffff // for starts and lengths
		case 1:
			return 1 << (n & 63)
		case 2:
			return n << 32 >> (n & 63)
		default:
			return n
		}
	}
	for _, o := range bmi {
		for _, text := range []string{o.code64, o.code32} {
			s, c := v[0].load(t, text+"4889cf"+v[0].Call) // mov %rcx,%rdi: the call takes the register
			for range 400 {
				in := [4]uint64{number(), number(), number(), number()}
				try := func(m *machine, e cpu.Engine) string {
					m.start(c)
					c.FP = m.fresh().FP
					c.R[rSI], c.R[rBX], c.R[rCX], c.R[rDX] = in[0], in[1], in[2], in[3]
					c.R[x86Flags] |= in[0] & 0x8d5
					e.LoadFP(c)
					run(e, c, s)
					return fmt.Sprintf("trap %d, rcx %#x rbx %#x flags %#x", c.Trap, c.R[rDI], c.R[rBX], flagsOf(c, o.flags))
				}
				got, want := try(v[0], emulated), try(v[1], native)
				if got != want {
					t.Errorf("%s (%s) of rsi %#x, rbx %#x, rcx %#x, rdx %#x: %s, not %s", o.name, text, in[0], in[1], in[2], in[3], got, want)
					break
				}
			}
		}
	}
}

// flagsOf are the flags of a mask. All are looked at where an instruction changes none.
func flagsOf(c *cpu.Context, mask uint64) uint64 {
	if mask == 0 {
		mask = 0x8d5
	}
	return c.R[x86Flags] & mask
}
