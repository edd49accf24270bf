package probe

import (
	"encoding/binary"
	"slices"
	"strings"

	"golang.org/x/arch/x86/x86asm"

	"nbemu/cpu"
)

// decoder finds out what the next instruction of a thread compares.
type decoder struct {
	a    *cpu.Arch
	r    *[64]uint64
	read func(b []byte, at uint64) bool
}

// at is the comparison of the instruction at pc; false if it compares nothing, or it cannot be told.
func (d *decoder) at(pc uint64) (Comparison, bool) {
	var b [15]byte
	n := len(b)
	for n > 0 && !d.read(b[:n], pc) {
		n--
	}
	if d.a.Name == "amd64" || d.a.Name == "i386" {
		return d.x86(b[:n], pc)
	}
	if n < 4 {
		return Comparison{}, false
	}
	w := binary.LittleEndian.Uint32(b[:])
	if d.a.ELFData == 2 {
		w = binary.BigEndian.Uint32(b[:])
	}
	switch {
	case d.a.Name == "aarch64":
		return d.arm64(w)
	case d.a.Name == "arm":
		const psrT = 1 << 5
		if d.r[d.a.PC+1]&psrT != 0 {
			return d.thumb(uint16(w), uint16(w>>16))
		}
		return d.arm(w)
	case strings.HasPrefix(d.a.Name, "mips"):
		return d.mips(w)
	case strings.HasPrefix(d.a.Name, "sparc"):
		return d.sparc(w)
	case d.a.Name == "riscv64":
		return d.riscv(w)
	case d.a.Name == "powerpc":
		return d.ppc(w)
	}
	return Comparison{}, false
}

// reg is a register by its name; one that is not there reads as 0, as zero registers do.
func (d *decoder) reg(name string) uint64 {
	if i := slices.Index(d.a.RegNames, name); i >= 0 {
		return d.r[i]
	}
	return 0
}

// sized makes a comparison of the lower bytes.
func sized(a, b uint64, size int) (Comparison, bool) {
	m := ^uint64(0) >> (64 - 8*size)
	return Comparison{a & m, b & m, size}, true
}

// signed extends the lower bits of w.
func signed(w uint32, bits int) uint64 { return uint64(int64(int32(w<<(32-bits)) >> (32 - bits))) }

// narrow is the size of two values of a register's width that may be smaller: 4 bytes where both are extended.
func (d *decoder) narrow(a, b uint64) (Comparison, bool) {
	fits := func(v uint64) bool { return v == uint64(uint32(v)) || v == uint64(int64(int32(v))) }
	if d.a.RegSize == 4 || fits(a) && fits(b) {
		return sized(a, b, 4)
	}
	return sized(a, b, 8)
}

var x86Names = []string{"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"}

// x86Reg is a register's value and size.
func (d *decoder) x86Reg(r x86asm.Reg) (uint64, int, bool) {
	name := strings.ToLower(r.String())
	wide := "r"
	if d.a.Name == "i386" {
		wide = "e"
	}
	classic := func(first x86asm.Reg) uint64 { return d.reg(wide + x86Names[r-first]) }
	number := func() uint64 { return d.reg(strings.TrimRight(name, "bwdl")) }
	switch {
	case r >= x86asm.AL && r <= x86asm.BL:
		return classic(x86asm.AL), 1, true
	case r >= x86asm.AH && r <= x86asm.BH:
		return classic(x86asm.AH) >> 8, 1, true
	case r >= x86asm.SPB && r <= x86asm.DIB:
		return d.reg(wide + x86Names[4+r-x86asm.SPB]), 1, true
	case r >= x86asm.R8B && r <= x86asm.R15B:
		return number(), 1, true
	case r >= x86asm.AX && r <= x86asm.DI:
		return classic(x86asm.AX), 2, true
	case r >= x86asm.R8W && r <= x86asm.R15W:
		return number(), 2, true
	case r >= x86asm.EAX && r <= x86asm.EDI:
		return classic(x86asm.EAX), 4, true
	case r >= x86asm.R8L && r <= x86asm.R15L:
		return number(), 4, true
	case r >= x86asm.RAX && r <= x86asm.RDI:
		return classic(x86asm.RAX), 8, true
	case r >= x86asm.R8 && r <= x86asm.R15:
		return d.reg(name), 8, true
	}
	return 0, 0, false
}

// x86: cmp and sub, of registers, numbers and memory without a segment of its own; not what compares strings.
func (d *decoder) x86(code []byte, pc uint64) (Comparison, bool) {
	in, err := x86asm.Decode(code, 8*d.a.RegSize)
	if err != nil || in.Op != x86asm.CMP && in.Op != x86asm.SUB {
		return Comparison{}, false
	}
	if r := in.Args[0]; r == x86asm.RSP || r == x86asm.ESP {
		return Comparison{}, false
	}
	var v [2]uint64
	size := in.MemBytes
	for i := range v {
		if r, ok := in.Args[i].(x86asm.Reg); ok {
			if _, n, ok := d.x86Reg(r); ok {
				size = n
			}
		}
	}
	if size == 0 {
		return Comparison{}, false
	}
	for i := range v {
		switch a := in.Args[i].(type) {
		case x86asm.Reg:
			x, _, ok := d.x86Reg(a)
			if !ok {
				return Comparison{}, false
			}
			v[i] = x
		case x86asm.Imm:
			v[i] = uint64(a)
		case x86asm.Mem:
			x, ok := d.x86Mem(a, pc+uint64(in.Len), size)
			if !ok {
				return Comparison{}, false
			}
			v[i] = x
		default:
			return Comparison{}, false
		}
	}
	return sized(v[0], v[1], size)
}

func (d *decoder) x86Mem(m x86asm.Mem, next uint64, size int) (uint64, bool) {
	if m.Segment == x86asm.FS || m.Segment == x86asm.GS {
		return 0, false
	}
	at := uint64(m.Disp)
	switch m.Base {
	case 0:
	case x86asm.RIP:
		at += next
	default:
		x, _, _ := d.x86Reg(m.Base)
		at += x
	}
	if m.Index != 0 {
		x, _, _ := d.x86Reg(m.Index)
		at += x * uint64(m.Scale)
	}
	if d.a.RegSize == 4 {
		at = uint64(uint32(at))
	}
	var b [8]byte
	ok := size <= 8 && d.read(b[:size], at)
	return binary.LittleEndian.Uint64(b[:]), ok
}

// arm64: subs and ccmp. Number 31 is zero, but for the first operand of the forms with a number or an extended register.
func (d *decoder) arm64(w uint32) (Comparison, bool) {
	size := 4
	if w>>31 != 0 {
		size = 8
	}
	reg := func(n uint32) uint64 {
		if n &= 31; n == 31 {
			return 0
		}
		return d.r[n]
	}
	stack := func(n uint32) uint64 {
		if n &= 31; n == 31 {
			return d.reg("sp")
		}
		return d.r[n]
	}
	rn, rm := w>>5, w>>16
	switch {
	case w&0x7f800000 == 0x71000000: // subs #
		return sized(stack(rn), uint64(w>>10&0xfff)<<(12*(w>>22&1)), size)
	case w&0x7f200000 == 0x6b000000: // subs shifted
		v, n := reg(rm), w>>10&63
		switch w >> 22 & 3 {
		case 0:
			v <<= n
		case 1:
			v = v & (^uint64(0) >> (64 - 8*size)) >> n
		default:
			return Comparison{}, false
		}
		return sized(reg(rn), v, size)
	case w&0x7fe00000 == 0x6b200000: // subs extended
		v := reg(rm)
		switch w >> 13 & 7 {
		case 0:
			v = uint64(uint8(v))
		case 1:
			v = uint64(uint16(v))
		case 2:
			v = uint64(uint32(v))
		case 4:
			v = uint64(int64(int8(v)))
		case 5:
			v = uint64(int64(int16(v)))
		case 6:
			v = uint64(int64(int32(v)))
		}
		return sized(stack(rn), v<<(w>>10&7), size)
	case w&0x7fe00c10 == 0x7a400000: // ccmp
		return sized(reg(rn), reg(rm), size)
	case w&0x7fe00c10 == 0x7a400800:
		return sized(reg(rn), uint64(rm&31), size)
	}
	return Comparison{}, false
}

// arm: cmp, subs, cmn, teq with a number, and with a register that is not shifted.
func (d *decoder) arm(w uint32) (Comparison, bool) {
	reg := func(n uint32) uint64 { return d.r[n&15] }
	number := func() uint64 {
		v, n := w&0xff, w>>8&15*2
		return uint64(v>>n | v<<(32-n))
	}
	if w>>28 == 15 {
		return Comparison{}, false
	}
	switch w >> 20 & 0xff {
	case 0x35, 0x25, 0x33:
		return sized(reg(w>>16), number(), 4)
	case 0x37:
		return sized(reg(w>>16), -number(), 4)
	case 0x15, 0x05, 0x13:
		if w&0xff0 == 0 {
			return sized(reg(w>>16), reg(w), 4)
		}
	}
	return Comparison{}, false
}

// thumb: the short forms of cmp and subs, and the long ones of a register that is not shifted and of a number of 8 bits; x is
// the second half of long ones.
func (d *decoder) thumb(w, x uint16) (Comparison, bool) {
	reg := func(n uint16) uint64 { return d.r[n&15] }
	switch {
	case w&0xf800 == 0x2800, w&0xf800 == 0x3800:
		return sized(reg(w>>8&7), uint64(w&0xff), 4)
	case w&0xffc0 == 0x4280:
		return sized(reg(w&7), reg(w>>3&7), 4)
	case w&0xff00 == 0x4500:
		return sized(reg(w&7|w>>4&8), reg(w>>3), 4)
	case w&0xfff0 == 0xf1b0 && x&0xf000 == 0:
		return sized(reg(w), uint64(x&0xff), 4)
	case w&0xfff0 == 0xebb0 && x&0xf0f0 == 0:
		return sized(reg(w), reg(x), 4)
	case w&0xfe00 == 0x1e00:
		return sized(reg(w>>3&7), uint64(w>>6&7), 4)
	}
	return Comparison{}, false
}

// mips: branches on equality, slt and its kin, and xori, by which compilers test for equality.
func (d *decoder) mips(w uint32) (Comparison, bool) {
	reg := func(n uint32) uint64 { return d.r[n&31] }
	s, t, number := w>>21, w>>16, signed(w, 16)
	switch w >> 26 {
	case 4, 5, 20, 21:
		if s&31 == t&31 {
			return Comparison{}, false // a jump
		}
		return d.narrow(reg(s), reg(t))
	case 10, 11:
		return d.narrow(reg(s), number)
	case 14:
		return d.narrow(reg(s), uint64(w&0xffff))
	case 0:
		if f := w & 0x7ff; f == 42 || f == 43 || f == 38 {
			return d.narrow(reg(s), reg(t))
		}
	}
	return Comparison{}, false
}

// sparc: subcc. Registers are those of the window.
func (d *decoder) sparc(w uint32) (Comparison, bool) {
	if op3 := w >> 19 & 63; w>>30 != 2 || op3 != 0x14 && op3 != 0x1c {
		return Comparison{}, false
	}
	reg := func(n uint32) uint64 {
		n &= 31
		return d.reg(string("goli"[n/8]) + string('0'+rune(n%8)))
	}
	b := signed(w, 13)
	if w&(1<<13) == 0 {
		b = reg(w)
	}
	return d.narrow(reg(w>>14), b)
}

// riscv: conditional branches, slt and its kin, xori.
func (d *decoder) riscv(w uint32) (Comparison, bool) {
	reg := func(n uint32) uint64 {
		if n &= 31; n == 0 {
			return 0
		}
		return d.r[n-1] // from ra on
	}
	f := w >> 12 & 7
	switch w & 0x7f {
	case 0x63:
		return d.narrow(reg(w>>15), reg(w>>20))
	case 0x33:
		if w>>25 == 0 && f >= 2 && f <= 4 {
			return d.narrow(reg(w>>15), reg(w>>20))
		}
	case 0x13:
		if f >= 2 && f <= 4 {
			return d.narrow(reg(w>>15), signed(w>>20, 12))
		}
	}
	return Comparison{}, false
}

// ppc: cmp, cmpl and their forms with a number.
func (d *decoder) ppc(w uint32) (Comparison, bool) {
	a := d.r[w>>16&31]
	switch w >> 26 {
	case 11:
		return sized(a, signed(w, 16), 4)
	case 10:
		return sized(a, uint64(w&0xffff), 4)
	case 31:
		if x := w >> 1 & 0x3ff; x == 0 || x == 32 {
			return sized(a, d.r[w>>11&31], 4)
		}
	}
	return Comparison{}, false
}
