package probe

import (
	"encoding/binary"
	"math/bits"

	"nbemu/abi"
)

// A function's first instructions say how large its frame is and where it has the address to return to. That is read on
// machines whose programs have no chain of frames, or a chain that functions without calls are not a part of, where a file
// has no call frame information.

// prologue is what the instructions of a function up to some place have done to the stack.
type prologue struct {
	size  uint64 // so far is the stack pointer below the caller's
	ra    uint64 // so far below the caller's is the address to return to
	saved bool
}

// push makes room.
func (p *prologue) push(n uint64) { p.size += n }

// save notes that the address to return to is stored off bytes above the stack pointer.
func (p *prologue) save(off int64) {
	if !p.saved {
		p.ra, p.saved = p.size-uint64(off), true
	}
}

// prologues reads the instructions of a function, by the machine's name.
var prologues = map[string]func(order binary.ByteOrder, code []byte) prologue{
	"mips": mipsPrologue, "mipsel": mipsPrologue, "mips64": mipsPrologue, "mips64el": mipsPrologue, "mipsn32": mipsPrologue, "mipsn32el": mipsPrologue,
	"riscv64": riscvPrologue, "powerpc": powerpcPrologue, "arm": armPrologue,
}

// words calls f with each word of code.
func words(order binary.ByteOrder, code []byte, f func(w uint32)) {
	for ; len(code) >= 4; code = code[4:] {
		f(order.Uint32(code))
	}
}

func mipsPrologue(order binary.ByteOrder, code []byte) (p prologue) {
	words(order, code, func(w uint32) {
		switch imm := int16(w); w >> 16 {
		case 0x27bd, 0x67bd: // addiu, daddiu sp, sp, imm
			if imm < 0 && p.size == 0 {
				p.push(uint64(-int64(imm)))
			}
		case 0xafbf, 0xffbf: // sw, sd ra, imm(sp)
			p.save(int64(imm))
		}
	})
	return p
}

func powerpcPrologue(order binary.ByteOrder, code []byte) (p prologue) {
	link := false // r0 is the link register
	words(order, code, func(w uint32) {
		switch imm := int16(w); {
		case w>>16 == 0x9421 && p.size == 0: // stwu r1, imm(r1)
			p.push(uint64(-int64(imm)))
		case w == 0x7c0802a6: // mflr r0
			link = true
		case w>>16 == 0x9001 && link: // stw r0, imm(r1)
			p.save(int64(imm))
		}
	})
	return p
}

func riscvPrologue(_ binary.ByteOrder, code []byte) (p prologue) {
	down := func(imm int64) {
		if imm < 0 {
			p.push(uint64(-imm))
		}
	}
	signed := func(v uint32, bits int) int64 { return int64(int32(v)<<(32-bits)) >> (32 - bits) }
	for len(code) >= 2 {
		h := uint32(binary.LittleEndian.Uint16(code))
		if h&3 != 3 {
			switch {
			case h&0xef83 == 0x6101: // c.addi16sp
				down(signed(h>>12&1<<9|h>>6&1<<4|h>>5&1<<6|h>>3&3<<7|h>>2&1<<5, 10))
			case h&0xef83 == 0x0101: // c.addi sp, imm
				down(signed(h>>12&1<<5|h>>2&0x1f, 6))
			case h&0xe07f == 0xe006: // c.sdsp ra, imm
				p.save(int64(h>>10&7<<3 | h>>7&7<<6))
			}
			code = code[2:]
			continue
		}
		if len(code) < 4 {
			break
		}
		switch w := binary.LittleEndian.Uint32(code); {
		case w&0xfffff == 0x10113: // addi sp, sp, imm
			down(int64(int32(w) >> 20))
		case w&0x1fff07f == 0x113023: // sd ra, imm(sp)
			p.save(int64(int32(w)>>25<<5 | int32(w>>7&0x1f)))
		}
		code = code[4:]
	}
	return p
}

// stored is for registers that are stored together, lr perhaps one of them, the lowest one nearest to the stack pointer.
func (p *prologue) stored(list uint32) {
	p.push(uint64(4 * bits.OnesCount32(list)))
	if list>>14&1 != 0 {
		p.save(int64(4 * bits.OnesCount32(list&0x3fff)))
	}
}

// armPrologue is A32's.
func armPrologue(_ binary.ByteOrder, code []byte) (p prologue) {
	words(binary.LittleEndian, code, func(w uint32) {
		switch {
		case w>>16 == 0xe92d: // push
			p.stored(w & 0xffff)
		case w>>16 == 0xe52d: // str reg, [sp, -imm]!
			p.push(uint64(w & 0xfff))
			if w>>12&15 == 14 {
				p.save(0)
			}
		case w&0xfffff000 == 0xe24dd000: // sub sp, sp, imm
			p.push(uint64(bits.RotateLeft32(w&0xff, -2*int(w>>8&15))))
		case w&0xffbf0e00 == 0xed2d0a00: // vpush
			p.push(uint64(4 * (w & 0xff)))
		}
	})
	return p
}

// thumbPrologue is T32's.
func thumbPrologue(_ binary.ByteOrder, code []byte) (p prologue) {
	for len(code) >= 2 {
		h := uint32(binary.LittleEndian.Uint16(code))
		if h>>11 < 0x1d {
			switch {
			case h&0xfe00 == 0xb400: // push
				p.stored(h&0xff | h>>8&1<<14)
			case h&0xff80 == 0xb080: // sub sp, imm
				p.push(uint64(h & 0x7f << 2))
			}
			code = code[2:]
			continue
		}
		if len(code) < 4 {
			break
		}
		l := uint32(binary.LittleEndian.Uint16(code[2:]))
		switch {
		case h == 0xe92d: // push
			p.stored(l)
		case h == 0xf84d && l&0xf00 == 0xd00: // str reg, [sp, -imm]!
			p.push(uint64(l & 0xff))
			if l>>12 == 14 {
				p.save(0)
			}
		case h&0xfbff == 0xf1ad && l&0x8f00 == 0x0d00: // sub sp, sp, imm
			p.push(uint64(thumbConstant(h>>10&1<<11 | l>>12&7<<8 | l&0xff)))
		case h&0xfbff == 0xf2ad && l&0x8f00 == 0x0d00: // subw
			p.push(uint64(h>>10&1<<11 | l>>12&7<<8 | l&0xff))
		case h&0xffbf == 0xed2d && l&0xe00 == 0xa00: // vpush
			p.push(uint64(4 * (l & 0xff)))
		}
		code = code[4:]
	}
	return p
}

// thumbConstant is what twelve bits of an instruction stand for (ThumbExpandImm).
func thumbConstant(imm uint32) uint32 {
	b := imm & 0xff
	switch {
	case imm>>8 == 0:
		return b
	case imm>>8 == 1:
		return b<<16 | b
	case imm>>8 == 2:
		return b<<24 | b<<8
	case imm>>8 == 3:
		return b<<24 | b<<16 | b<<8 | b
	}
	return bits.RotateLeft32(b|0x80, -int(imm>>7))
}

// maxPrologue is how much of a function is read.
const maxPrologue = 4096

// code is what of the function at the top of the stack is before the place where it is; nil if that is not known.
func (w *walk) code() []byte {
	p := w.stack[len(w.stack)-1]
	s, ok := p.symbol()
	if !ok || p.addr < s.Start {
		return nil
	}
	start := p.pc - (p.addr - s.Start)
	if len(w.stack) > 1 {
		start-- // see add
	}
	b := make([]byte, min(p.addr-s.Start, maxPrologue))
	if w.l.Copyin(b, start) != abi.OK {
		return nil
	}
	return b
}

// viaPrologue goes on by what the function has done so far.
func (w *walk) viaPrologue() bool {
	read := prologues[w.a.Name]
	if read == nil || w.regs == nil || !w.f.Known[w.sp] || w.chain != 0 {
		return false
	}
	code := w.code()
	if code == nil {
		return false
	}
	if w.a.Name == "arm" && w.thumb() {
		read = thumbPrologue
	}
	m := w.l.Model()
	order := binary.ByteOrder(binary.LittleEndian)
	if m.BigEndian {
		order = binary.BigEndian
	}
	p := read(order, code)
	sp := w.f.Reg[w.sp] + p.size
	ret, ok := uint64(0), false
	switch {
	case p.saved:
		ret, ok = w.read(sp - p.ra)
	case len(w.stack) == 1 && len(w.regs.links) > 0:
		ret, ok = w.l.Ctx.R[w.regs.links[0]], true
	}
	if !ok || !w.add(ret) {
		return false
	}
	w.f.PC = ret
	w.f.Known = [len(w.f.Known)]bool{}
	w.f.Set(w.sp, sp)
	return true
}

// thumb reports whether the function at the top of the stack is T32's.
func (w *walk) thumb() bool {
	if len(w.stack) > 1 {
		return w.f.PC&1 != 0
	}
	for i, n := range w.a.RegNames {
		if n == "cpsr" {
			return w.l.Ctx.R[i]&0x20 != 0
		}
	}
	return false
}

// sparc's instruction that takes a new register window: save, with any operands.
const saveMask, saveInsn = 0xc1f80000, 0x81e00000

// viaWindows takes the callers from the register windows, of which the machine has the innermost ones and the stack the
// others. A function that has not taken a window of its own returns to o7, and all callers have one. What is at an address
// to return to is the call.
func (w *walk) viaWindows() {
	own := true
	if code := w.code(); code != nil {
		own = false
		words(binary.BigEndian, code, func(insn uint32) { own = own || insn&saveMask == saveInsn })
	}
	if !own && !w.add(w.l.Ctx.R[w.regs.links[0]]+8) {
		return
	}
	w.l.SyncFP()
	ch, size := w.a.Frames, uint64(w.l.Model().PtrSize)
	inside := ch.Windows(&w.l.Ctx)
	fp, ret := w.l.Ctx.R[ch.Reg], w.l.Ctx.R[w.regs.links[1]]
	for len(w.stack) < maxFrames && ret != 0 && w.add(ret+8) {
		if len(inside) > 0 {
			fp, ret, inside = inside[0][14], inside[0][15], inside[1:]
			continue
		}
		at := fp + uint64(ch.Next)
		if size == 4 {
			at = uint64(uint32(at))
		}
		next, ok := w.read(at)
		if ret, _ = w.read(at + size); !ok || next <= fp && next != 0 {
			return
		}
		fp = next
	}
}
