package cpu_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"nbemu/cpu"
	"nbemu/mem"
)

// x87Data is where the instructions' operands in memory are.
const (
	x87Data  = textBase + 0x1000
	x86Flags = 23 // rflags in Context.R
)

// x87Memory makes the instruction with the escape byte and the number in its second byte, whose operand is at x87Data.
func x87Memory(escape, op byte) string {
	return fmt.Sprintf("%02x%02x2500104000", escape, op<<3|4)
}

// x87State is what a test looks at: the x87's part of the FXSAVE image, and the operand in memory.
type x87State struct {
	cw, sw uint16
	tags   byte
	st     [8][10]byte
	mem    [28]byte
	flags  uint64
}

func (s *x87State) store(c *cpu.Context) {
	binary.LittleEndian.PutUint16(c.FP[0:], s.cw)
	binary.LittleEndian.PutUint16(c.FP[2:], s.sw)
	c.FP[4] = s.tags
	for i := range s.st {
		copy(c.FP[32+16*i:], s.st[i][:])
	}
}

func (s *x87State) load(c *cpu.Context) {
	s.cw, s.sw, s.tags = binary.LittleEndian.Uint16(c.FP[0:]), binary.LittleEndian.Uint16(c.FP[2:]), c.FP[4]
	for i := range s.st {
		copy(s.st[i][:], c.FP[32+16*i:])
	}
}

func (s *x87State) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cw %04x sw %04x tags %02x flags %03x mem %x", s.cw, s.sw, s.tags, s.flags, s.mem)
	for i := range s.st {
		if s.tags>>((int(s.sw>>11)+i)&7)&1 != 0 {
			fmt.Fprintf(&b, " st%d %04x:%016x", i, binary.LittleEndian.Uint16(s.st[i][8:]), binary.LittleEndian.Uint64(s.st[i][:]))
		}
	}
	return b.String()
}

// x87Rig executes code with the state of an x87.
type x87Rig struct {
	m *machine
	e cpu.Engine
	s *mem.Space
	c *cpu.Context
}

func (m *machine) x87(t *testing.T) *x87Rig {
	s, c := m.load(t, m.Nop)
	return &x87Rig{m, m.engine(t), s, c}
}

// run executes code and tells how it ended, and what it left.
func (r *x87Rig) run(t *testing.T, text string, in x87State) (string, x87State) {
	r.m.start(r.c)
	r.c.FP = r.m.fresh().FP
	r.s.Copyout(code(t, text+r.m.Call), textBase)
	r.s.Copyout(in.mem[:], x87Data)
	in.store(r.c)
	r.e.LoadFP(r.c)
	run(r.e, r.c, r.s)
	r.e.SaveFP(r.c)
	end := fmt.Sprintf("vector %d at +%d", r.c.Vector, r.c.R[r.m.arch.PC]-textBase)
	if r.c.Trap == cpu.TrapSyscall {
		end = "done"
	}
	var out x87State
	out.load(r.c)
	r.s.Copyin(out.mem[:], x87Data)
	out.flags = r.c.R[x86Flags] & 0x8d5
	return end, out
}

func x87Number(exp uint16, mantissa uint64) (f [10]byte) {
	binary.LittleEndian.PutUint64(f[:], mantissa)
	binary.LittleEndian.PutUint16(f[8:], exp)
	return f
}

// x87Random is a number of the kinds that make a difference.
func x87Random(rnd *rand.Rand) [10]byte {
	sign := uint16(rnd.Uint32()) & 0x8000
	m := rnd.Uint64()
	if rnd.IntN(2) == 0 {
		m = m >> 50 << 50
	}
	switch rnd.IntN(12) {
	case 0:
		return x87Number(sign, 0)
	case 1:
		return x87Number(sign, m>>1) // denormal
	case 2:
		return x87Number(sign|0x7fff, 1<<63) // infinity
	case 3:
		return x87Number(sign|0x7fff, 1<<63|m>>1) // a NaN of either kind
	case 4:
		return x87Number(sign|uint16(rnd.IntN(64))+1, 1<<63|m) // tiny
	case 5:
		return x87Number(sign|0x7ffe-uint16(rnd.IntN(64)), 1<<63|m) // huge
	case 6, 7:
		return x87Number(sign|16383+uint16(rnd.IntN(80)), 1<<63|m) // for integers
	case 8:
		return x87Number(sign|16383-1074+uint16(rnd.IntN(200)), 1<<63|m) // for small doubles
	case 9:
		return x87Number(sign|16383+900+uint16(rnd.IntN(200)), 1<<63|m) // for large doubles
	default:
		return x87Number(sign|16383-20+uint16(rnd.IntN(40)), 1<<63|m)
	}
}

// x87Ops are instructions, by their escape byte and the number in the second one for those with an operand in memory.
// The stack has four numbers.
func x87Ops() []string {
	ops := []string{
		"d8c1", "d8c9", "d8e1", "d8e9", "d8f1", "d8f9", "dcc1", "dcc9", "dce1", "dce9", "dcf1", "dcf9",
		"dec1", "dec9", "dee1", "dee9", "def1", "def9",
		"d8d1", "d8d9", "ded9", "dde1", "dde9", "dae9", "dbe9", "dbf1", "dfe9", "dff1", "d9e4", "d9e5",
		"d9e0", "d9e1", "d9c1", "d9c9", "ddd1", "ddd9", "d9e8", "d9ee", "d9fa", "d9fc", "d9fd", "d9f4",
		"d9f8", "d9f5", "d9f0", "d9f1", "d9f2", "d9f3", "d9f9", "d9fb", "d9fe", "d9ff",
	}
	for _, x := range []struct {
		escape byte
		ops    string
	}{{0xd8, "\000\001\002\003\004\005\006\007"}, {0xd9, "\000\002\003"}, {0xda, "\000\001\002\003\004\005\006\007"},
		{0xdb, "\000\001\002\003\005\007"}, {0xdc, "\000\001\002\003\004\005\006\007"}, {0xdd, "\000\001\002\003"},
		{0xde, "\000\001\002\003\004\005\006\007"}, {0xdf, "\000\001\002\003\005\006\007"}} {
		for _, op := range []byte(x.ops) {
			ops = append(ops, x87Memory(x.escape, op))
		}
	}
	for _, x := range x87Control {
		ops = append(ops, x87Memory(x[0], x[1]))
	}
	return append(ops, "dbe2", "dbe3", "d9d0", "9b", "dfe0")
}

// x87Control are the instructions with the x87's environment in memory: fldenv, fldcw, fnstenv, fnstcw, fnsave, fnstsw.
// frstor takes more than is there.
var x87Control = [][2]byte{{0xd9, 4}, {0xd9, 5}, {0xd9, 6}, {0xd9, 7}, {0xdd, 6}, {0xdd, 7}}

// Each instruction with numbers of all kinds, each rounding, precision and mask, as the host's processor executes it.
func TestX87Native(t *testing.T) {
	for _, name := range []string{"amd64", "i386"} {
		t.Run(name, func(t *testing.T) {
			v := find("amd64").variants() // which do not differ in these instructions
			if len(v) < 2 {
				t.Skip("no KVM")
			}
			emulated, native := find(name).x87(t), v[1].x87(t)
			rnd := rand.New(rand.NewPCG(1, 1))
			rounds := envNumber("NBEMU_X87", 60)
			failed := map[string]int{}
			for _, op := range x87Ops() {
				for range rounds {
					in := x87State{cw: uint16(rnd.Uint32())&0xf3f | 0x40, sw: 4 << 11, tags: 0xf0}
					if rnd.IntN(3) == 0 {
						in.cw |= 0x3f
					}
					in.sw |= uint16(rnd.Uint32()) & in.cw & 0x3f
					for i := range 4 {
						in.st[i] = x87Random(rnd)
					}
					for i := range in.mem {
						in.mem[i] = byte(rnd.Uint32())
					}
					if n := x87Random(rnd); rnd.IntN(2) == 0 {
						copy(in.mem[:], n[:])
					}
					// An operand in memory is converted here before the other one is looked at. The processor does not
					// say that it is denormal beside a NaN or in a division by zero, and knows of two NaNs that one of
					// them was a signalling one.
					in.mem[2] |= 0x80
					in.mem[6] |= 0x10
					if in.st[0][9]&0x7f == 0x7f {
						in.mem[2] |= 0x40
						in.mem[6] |= 0x08
					}
					text := op
					if rnd.IntN(2) == 0 {
						text += "9b" // fwait
					}
					end, got := emulated.run(t, text, in)
					wantEnd, want := native.run(t, text, in)
					if strings.HasSuffix(op, "00104000") && slices.Contains(x87Control, [2]byte{code(t, op)[0], code(t, op)[1] >> 3 & 7}) {
						// Of the last instruction's place the processor may keep nothing.
						clear(got.mem[12:])
						clear(want.mem[12:])
					}
					if want.sw&^want.cw&3 != 0 {
						// Comparisons that trap have a result with AMD's processors, and none with Intel's.
						got.sw, want.sw = got.sw&^0x4500, want.sw&^0x4500
						got.flags, want.flags = 0, 0
					}
					if end != wantEnd || got.String() != want.String() {
						if failed[op]++; failed[op] <= 2 {
							t.Errorf("%s with %v:\n %s, %v\nnot\n %s, %v", text, &in, end, &got, wantEnd, &want)
						}
					}
				}
			}
			for op, n := range failed {
				t.Logf("%s: %d of %d", op, n, rounds)
			}
		})
	}
}
