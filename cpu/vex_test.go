package cpu_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// vexData is where operands in memory are.
const vexData = stackBase + 0x800

const (
	ymmAt   = 576 // upper halves of vector registers in an XSAVE image
	xmmAt   = 160
	mxcsrAt = 24

	vexRAX, vexR11 = 14, 7 // in Context.R

	mxcsrDenormal = 2 // the flag of denormal operands, which emulated SSE does not set
)

// vexCase is one VEX-coded instruction with its operands.
type vexCase struct {
	text  []byte
	ymm   [16][32]byte
	r     [15]uint64 // as in Context.R
	mxcsr uint32
	flags uint64
	data  [128]byte
	what  string
}

// vexState is what there is afterwards; and struct state of testdata/cpu/vex.c.
type vexState struct {
	YMM         [16][32]byte
	R           [15]uint64
	Flags       uint64
	_           [2]uint64
	MXCSR, Trap uint32 // the exception's vector, or 0
	Text        [16]byte
	Data        [128]byte
}

// vexForm is an opcode with the prefix' fields that are a part of it.
type vexForm struct{ opmap, op, pp, l, w int }

func (f vexForm) String() string {
	return fmt.Sprintf("map %d opcode %02x pp %d L %d W %d", f.opmap, f.op, f.pp, f.l, f.w)
}

// other says what the emulated processor has not and hosts may have, and what is tested elsewhere: instructions of
// general registers, and masks of AVX-512.
func (f vexForm) other() bool {
	switch f.opmap {
	case 1:
		return f.op >= 0x41 && f.op <= 0x4b || f.op >= 0x90 && f.op <= 0x99
	case 2:
		return f.op >= 0x49 && f.op <= 0x53 || f.op >= 0x5c && f.op <= 0x5f || f.op == 0x6c || f.op == 0x72 || f.op >= 0xb0 && f.op <= 0xb5 ||
			f.op >= 0xc8 && f.op <= 0xda || f.op >= 0xe0 || f.l == 1 && f.op >= 0xdc
	}
	if f.op < 2 && f.w == 0 {
		return true // vpermq: AMD's take either
	}
	return f.op >= 0x30 && f.op <= 0x33 || f.op == 0x44 && f.l == 1 || f.op == 0xce || f.op == 0xcf || f.op == 0xde || f.op == 0xf0
}

// approximate are the instructions whose results processors need not agree about.
func (f vexForm) approximate() bool { return f.opmap == 1 && (f.op == 0x52 || f.op == 0x53) }

// vexNumber is an element of a vector: of any kind of number.
func vexNumber(rnd *rand.Rand, double bool) uint64 {
	v := []float64{0, math.Copysign(0, -1), 1, -1.5, math.Inf(1), math.Inf(-1), 3e9, -7e18, 1e-30, 65504, 1e5, 6e-8,
		float64(rnd.IntN(2000) - 1000), rnd.NormFloat64()}[rnd.IntN(14)]
	if double {
		return [...]uint64{math.Float64bits(v), 0x7ff8000000000000 | rnd.Uint64()>>20, 0xfff0000000000000 | rnd.Uint64()>>13 | 1,
			rnd.Uint64() >> 12, rnd.Uint64(), uint64(rnd.IntN(80))}[vexKind(rnd)]
	}
	return uint64([...]uint32{math.Float32bits(float32(v)), 0x7fc00000 | rnd.Uint32()>>14, 0xff800000 | rnd.Uint32()>>10 | 1,
		rnd.Uint32() >> 9, rnd.Uint32(), uint32(rnd.IntN(40))}[vexKind(rnd)])
}

// vexKind chooses a kind, ordinary numbers most often.
func vexKind(rnd *rand.Rand) int { return max(0, rnd.IntN(11)-5) }

func vexFill(rnd *rand.Rand, b []byte) {
	switch rnd.IntN(4) {
	case 0:
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
	case 1:
		for i := 0; i < len(b); i += 4 {
			binary.LittleEndian.PutUint32(b[i:], uint32(vexNumber(rnd, false)))
		}
	default:
		for i := 0; i < len(b); i += 8 {
			binary.LittleEndian.PutUint64(b[i:], vexNumber(rnd, true))
		}
	}
}

// vexMake makes an instruction of the form. wide is for the registers that only 64-bit code has; plain has vvvv as
// instructions without that operand want it.
func vexMake(rnd *rand.Rand, f vexForm, plain, wide bool) *vexCase {
	v := &vexCase{mxcsr: 0x1f80, flags: rnd.Uint64() & 0x8d5}
	if rnd.IntN(3) == 0 {
		v.mxcsr |= []uint32{0x20, 0x2000, 0x4000, 0x6000, 0x8000, 0x40, 0xe060}[rnd.IntN(7)]
	}
	if rnd.IntN(12) == 0 {
		v.mxcsr &^= []uint32{0x80, 0x400, 0x1000, 0x1680}[rnd.IntN(4)] // exceptions are raised, but not that of numbers near zero that are exact
	}
	for i := range v.ymm {
		vexFill(rnd, v.ymm[i][:])
	}
	vexFill(rnd, v.data[:])
	for i := range v.r {
		v.r[i] = rnd.Uint64() >> rnd.IntN(64)
	}
	if f.opmap == 1 && f.op == 0xae { // what mxcsr may be
		for i := 0; i < len(v.data); i += 2 {
			v.data[i], v.data[i+1] = 0, 0
		}
	}
	regs := 8
	if wide {
		regs = 16
	}
	some := 1 + rnd.IntN(regs) // few registers are often the same
	reg, rm, vvvv := rnd.IntN(some), rnd.IntN(some), rnd.IntN(some)
	if plain {
		vvvv = 0
	}
	if rm == 4 && (f.opmap == 1 && (f.op == 0x2a || f.op == 0x6e || f.op == 0xc4) || f.opmap == 3 && (f.op == 0x20 || f.op == 0x22)) {
		rm = 3 // not the stack pointer
	}
	memory := rnd.IntN(2) == 0 && !(f.opmap == 1 && f.op == 0x77)
	gather := f.opmap == 2 && f.op >= 0x90 && f.op <= 0x93
	var tail []byte
	v.r[rSI], v.r[rDI] = vexData+uint64(rnd.IntN(32)), vexData+uint64(rnd.IntN(32))
	if rnd.IntN(2) == 0 {
		v.r[rSI] = vexData
	}
	index := 0
	switch {
	case gather:
		index = rnd.IntN(regs)
		for i := 0; i < 32; i += 4 + 4*(f.op&1) {
			binary.LittleEndian.PutUint64(v.ymm[index][i&^7:], 0)
		}
		for i := 0; i < 32; i += 4 + 4*(f.op&1) {
			v.ymm[index][i] = byte(rnd.IntN(8))
		}
		tail = []byte{byte(0x44 | reg&7<<3), byte(rnd.IntN(4)<<6 | index&7<<3 | 6), byte(rnd.IntN(8))}
		rm = 0
	case memory:
		tail = []byte{byte(0x46 | reg&7<<3), byte(rnd.IntN(8))}
		rm = 0
	case f.opmap == 1 && f.op == 0x77:
	default:
		tail = []byte{byte(0xc0 | reg&7<<3 | rm&7)}
	}
	bit := func(on bool, n int) byte {
		if on {
			return 1 << n
		}
		return 0
	}
	last := byte(^vvvv&15<<3 | f.l<<2 | f.pp)
	v.text = []byte{0xc4, bit(reg < 8, 7) | bit(index < 8, 6) | bit(rm < 8, 5) | byte(f.opmap), byte(f.w<<7) | last, byte(f.op)}
	if f.opmap == 1 && f.w == 0 && rm < 8 && rnd.IntN(2) == 0 {
		v.text = []byte{0xc5, bit(reg < 8, 7) | last, byte(f.op)}
	}
	v.text = append(v.text, tail...)
	if f.opmap == 3 || f.opmap == 1 && (f.op >= 0x70 && f.op <= 0x73 || f.op == 0xc2 || f.op >= 0xc4 && f.op <= 0xc6) {
		imm := byte(rnd.Uint32())
		if !wide && f.opmap == 3 && f.op&0xf0 == 0x40 {
			imm &= 0x7f // a register's number
		}
		v.text = append(v.text, imm)
	}
	v.what = fmt.Sprintf("%v: %x", f, v.text)
	return v
}

// vexRig executes cases on an emulated processor.
type vexRig struct {
	m *machine
	e cpu.Engine
	s *mem.Space
	c *cpu.Context
}

func newVexRig(t *testing.T, m *machine) *vexRig {
	s, c := m.load(t, m.Call)
	return &vexRig{m, m.engine(t), s, c}
}

func (g *vexRig) run(t *testing.T, v *vexCase) (st vexState) {
	if g.s.Copyout(append(append([]byte{}, v.text...), code(t, g.m.Call)...), textBase) != abi.OK ||
		g.s.Copyout(v.data[:], vexData) != abi.OK {
		t.Fatal("no memory")
	}
	c := g.c
	g.m.start(c)
	copy(c.R[:], v.r[:])
	c.R[x86Flags] |= v.flags
	c.FP = g.m.fresh().FP
	image := c.XSave()
	binary.LittleEndian.PutUint32(image[mxcsrAt:], v.mxcsr)
	binary.LittleEndian.PutUint64(image[cpu.XStateHeader:], 7)
	for i := range v.ymm {
		copy(image[xmmAt+16*i:][:16], v.ymm[i][:])
		copy(image[ymmAt+16*i:][:16], v.ymm[i][16:])
	}
	g.e.LoadFP(c)
	run(g.e, c, g.s)
	g.e.SaveFP(c)
	if c.Trap != cpu.TrapSyscall {
		st.Trap = uint32(c.Vector)
	}
	st.Flags = c.R[x86Flags] & 0x8d5
	copy(st.R[:], c.R[:])
	st.R[rCX], st.R[vexRAX], st.R[vexR11] = 0, 0, 0 // what a system call takes
	st.MXCSR = binary.LittleEndian.Uint32(image[mxcsrAt:]) &^ mxcsrDenormal
	for i := range st.YMM {
		copy(st.YMM[i][:], image[xmmAt+16*i:][:16])
		if image[cpu.XStateHeader]&(1<<cpu.XStateAVX) != 0 {
			copy(st.YMM[i][16:], image[ymmAt+16*i:][:16])
		}
	}
	if g.s.Copyin(st.Data[:], vexData) != abi.OK {
		t.Fatal("no data")
	}
	return st
}

// vexHost executes cases on the host's processor, by a program in C.
type vexHost struct {
	in  io.Writer
	out io.Reader
}

func newVexHost(t *testing.T) *vexHost {
	in, out := startNative(t, "vex")
	return &vexHost{in, out}
}

func (h *vexHost) run(t *testing.T, v *vexCase) (st vexState) {
	st = vexState{YMM: v.ymm, R: v.r, Flags: v.flags | 0x202, MXCSR: v.mxcsr, Trap: uint32(len(v.text)), Data: v.data}
	copy(st.Text[:], v.text)
	if binary.Write(h.in, binary.LittleEndian, &st) != nil || binary.Read(h.out, binary.LittleEndian, &st) != nil {
		t.Skip("the host's processor has no AVX2")
	}
	st.Flags &= 0x8d5
	st.MXCSR &^= mxcsrDenormal
	st.R[rCX], st.R[vexRAX], st.R[vexR11] = 0, 0, 0
	return st
}

// differs says in what the two are not the same.
func (a *vexState) differs(b *vexState, approximate bool) string {
	switch {
	case a.Trap != b.Trap:
		return fmt.Sprintf("exception %d, not %d", a.Trap, b.Trap)
	case a.Trap != 0 || approximate:
		return ""
	case a.YMM != b.YMM:
		for i := range a.YMM {
			if a.YMM[i] != b.YMM[i] {
				return fmt.Sprintf("ymm%d %x, not %x", i, a.YMM[i], b.YMM[i])
			}
		}
	case a.MXCSR != b.MXCSR:
		return fmt.Sprintf("mxcsr %#x, not %#x", a.MXCSR, b.MXCSR)
	case a.R != b.R:
		return fmt.Sprintf("registers %x, not %x", a.R, b.R)
	case a.Flags != b.Flags:
		return fmt.Sprintf("flags %#x, not %#x", a.Flags, b.Flags)
	case a.Data != b.Data:
		return fmt.Sprintf("memory %x, not %x", a.Data, b.Data)
	}
	return ""
}

// forms calls f for all that the prefix can say.
func vexForms(f func(vexForm)) {
	for n := range 3 * 256 * 16 {
		form := vexForm{opmap: n>>12 + 1, op: n >> 4 & 255, pp: n >> 2 & 3, l: n >> 1 & 1, w: n & 1}
		if !form.other() {
			f(form)
		}
	}
}

// TestVEX: all that VEX prefixes can say, AVX, AVX2, FMA and F16C, as the host's processor executes it.
func TestVEX(t *testing.T) {
	emulated, native := newVexRig(t, find("amd64")), newVexHost(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	defined := 0
	vexForms(func(f vexForm) {
		tries := 6
		for i := 0; i < tries; i++ {
			c := vexMake(rnd, f, i&1 == 0, true)
			want := native.run(t, c)
			if want.Trap == 0 && tries == 6 {
				defined++
				tries = max(6, turns(40))
			}
			got := emulated.run(t, c)
			if d := got.differs(&want, f.approximate()); d != "" {
				t.Errorf("%s mxcsr %#x: %s", c.what, c.mxcsr, d)
				for i := range c.ymm {
					t.Logf("ymm%d %x", i, c.ymm[i])
				}
				t.Logf("memory %x", c.data)
				break
			}
		}
	})
	if defined < 600 {
		t.Errorf("only %d forms are defined", defined)
	}
}

// TestVEX32: code of 32 bits does the same with the registers that it has.
func TestVEX32(t *testing.T) {
	wide, narrow := newVexRig(t, find("amd64")), newVexRig(t, find("i386"))
	rnd := rand.New(rand.NewPCG(3, 4))
	defined := 0
	vexForms(func(f vexForm) {
		if f.w != 0 {
			return
		}
		for range 4 {
			c := vexMake(rnd, f, rnd.IntN(2) == 0, false)
			for i := range c.r {
				c.r[i] = uint64(uint32(c.r[i]))
			}
			want, got := wide.run(t, c), narrow.run(t, c)
			for i := 8; i < 16; i++ {
				want.YMM[i], got.YMM[i] = [32]byte{}, [32]byte{}
			}
			for i := range want.R {
				want.R[i], got.R[i] = uint64(uint32(want.R[i])), uint64(uint32(got.R[i]))
			}
			copy(got.R[4:12], want.R[4:12]) // r8 to r15
			want.R[rBX], got.R[rBX] = 0, 0
			if want.Trap == 0 {
				defined++
			}
			if d := got.differs(&want, false); d != "" {
				t.Errorf("%s mxcsr %#x: %s", c.what, c.mxcsr, d)
				break
			}
		}
	})
	if defined < 1000 {
		t.Errorf("only %d cases are defined", defined)
	}
}

// TestXSave: the upper halves of vector registers in XSAVE's image, stored and loaded with and without the lower ones.
func TestXSave(t *testing.T) {
	emulated, native := newVexRig(t, find("amd64")), newVexHost(t)
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, text := range []string{
		"0fae26 c5fc77 0fae2e",               // xsave (%rsi); vzeroall; xrstor (%rsi)
		"c5f877 0fae26 c5fc58c0 0fae2e",      // vzeroupper; xsave; vaddps %ymm0,%ymm0,%ymm0; xrstor
		"0fae26 c7860002000003000000 0fae2e", // xsave; movl $3,512(%rsi); xrstor
		"0fae26 c7860002000004000000 0fae2e", // xsave; movl $4,512(%rsi); xrstor
	} {
		for components := range uint64(8) {
			c := vexMake(rnd, vexForm{opmap: 1, op: 0x58}, false, true)
			c.text, c.mxcsr = code(t, text), 0x1f80
			c.r[rSI], c.r[rDX], c.r[vexRAX] = vexData, 0, components
			want, got := native.run(t, c), emulated.run(t, c)
			want.Data, got.Data = [128]byte{}, [128]byte{} // the x87's part
			if d := got.differs(&want, false); d != "" {
				t.Errorf("%s of components %d: %s", text, components, d)
			}
		}
	}
}

// TestVEXPrefixes: as many prefixes as 15 bytes have room for, REX before another prefix, which says nothing then, and one
// too many.
func TestVEXPrefixes(t *testing.T) {
	emulated, native := newVexRig(t, find("amd64")), newVexHost(t)
	rnd := rand.New(rand.NewPCG(7, 8))
	for _, text := range []string{
		"3e3e3e3e3e3e3e3e3e3e3e c5f5fec2",   // vpaddd %ymm2,%ymm1,%ymm0
		"3e3e3e3e3e3e3e3e3e3e3e3e c5f877",   // vzeroupper
		"3e3e3e3e3e3e3e3e3e3e3e3e c5f5fec2", // 16 bytes
		"483e c5f5fec2",
		"3e4f2e c5f5fec2",
		"3e48 c5f5fec2", // #UD
	} {
		c := vexMake(rnd, vexForm{opmap: 1, op: 0x58}, false, true)
		c.text = code(t, text)
		want, got := native.run(t, c), emulated.run(t, c)
		if d := got.differs(&want, false); d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
}

// TestGatherFault: the elements before the one that is not there are loaded or were not wanted, and their mask is zero.
func TestGatherFault(t *testing.T) {
	emulated := newVexRig(t, find("amd64"))
	c := vexMake(rand.New(rand.NewPCG(9, 10)), vexForm{opmap: 1, op: 0x58}, false, true)
	c.text = code(t, "c4e26d900c06") // vpgatherdd %ymm2,(%rsi,%ymm0),%ymm1
	c.r[rSI] = vexData
	c.ymm[0] = [32]byte{8: 4, 15: 0x70}
	c.ymm[2] = [32]byte{0: 5, 3: 0x80, 4: 6, 7: 0x7f, 8: 7, 11: 0xff, 12: 8, 15: 0x80, 16: 9, 20: 10, 23: 0x80}
	want := c.ymm
	copy(want[1][0:], c.data[0:4])
	copy(want[1][8:], c.data[4:8])
	copy(want[2][:12], make([]byte, 12))
	if got := emulated.run(t, c); got.YMM != want {
		t.Errorf("ymm1 %x, ymm2 %x; want ymm1 %x, ymm2 %x", got.YMM[1], got.YMM[2], want[1], want[2])
	}
}

// TestVEXQuad32: vpinsrq and vpextrq are no instructions of code of 32 bits.
func TestVEXQuad32(t *testing.T) {
	narrow := newVexRig(t, find("i386"))
	for text, trap := range map[string]uint32{"c4e3f922c200": 6, "c4e3f916c200": 6, "c4e37922c200": 0, "c4e37916c200": 0} {
		c := vexMake(rand.New(rand.NewPCG(11, 12)), vexForm{opmap: 1, op: 0x58}, false, false)
		c.text = code(t, text)
		if got := narrow.run(t, c); got.Trap != trap {
			t.Errorf("%s: trap %d, want %d", text, got.Trap, trap)
		}
	}
}
