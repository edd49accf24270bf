package cpu_test

import (
	"encoding/binary"
	"math/rand/v2"
)

// hostForm is an instruction to be made with operands of many kinds.
type hostForm struct {
	op      []byte
	must    byte // a prefix that is a part of the opcode, or 0
	ext     int  // the number in the ModRM byte; register where it is a register; none
	imm     int  // bytes of an immediate operand, or immZ, immV
	memory  int  // whether there are forms with memory, with a register, or both
	bits    uint32
	vex     int // 0: none, otherwise the map; op has the opcode alone
	vexPP   byte
	undef   uint64
	special string // what the values of registers are to be
}

const (
	formReg  = -1
	formNone = -2

	formMemory   = 1
	formRegister = 2

	immZ = 100 // 2 or 4 bytes by the operand's size
	immV = 101 // 8 as well
)

// hostEncoder makes one instruction.
type hostEncoder struct {
	rnd *rand.Rand
	v   *hostCase

	seg, addr, size bool // prefixes
	rexW            bool
	rexR, rexX      int
	rexB            int
	lock            bool
	modrm           []byte // and what comes with it
	ripDisp         uint64 // an operand that is relative to the next instruction: where it is to be
	ripRel          bool
}

// number is what a register has.
func hostNumber(rnd *rand.Rand) uint64 {
	n := rnd.Uint64()
	switch rnd.IntN(10) {
	case 0:
		return n & 3
	case 1:
		return n & 0x7f
	case 2:
		return -(n & 0xff)
	case 3:
		return 1 << (n & 63)
	case 4:
		return 1<<(n&63) - 1
	case 5:
		return [...]uint64{0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 1<<63 - 1, 1 << 63, 0}[n%12]
	case 6:
		return n >> (n & 63)
	default:
		return n
	}
}

// fill gives registers and memory numbers of many kinds.
func (v *hostCase) fill(rnd *rand.Rand) {
	for i := range v.R {
		if v.R[i] = hostNumber(rnd); v.Bits == 32 {
			if v.R[i] = uint64(uint32(v.R[i])); i >= 8 {
				v.R[i] = 0
			}
		}
	}
	for i := 0; i < len(v.Data); i += 8 {
		binary.LittleEndian.PutUint64(v.Data[i:], hostNumber(rnd))
	}
	v.Flags = rnd.Uint64()&0x8d5 | 0x202
	v.At = hostInside
	if rnd.IntN(3) == 0 {
		v.At = hostEnd
	}
	v.R[nSP] = v.place(rnd) &^ 7
	v.RIP = textBase + 0x800
}

// place is an address in the data, often at a page's border.
func (v *hostCase) place(rnd *rand.Rand) uint64 {
	border := v.At + 256
	if v.At == hostEnd {
		border = v.At + 512
	}
	switch rnd.IntN(4) {
	case 0:
		return border - uint64(rnd.IntN(40))
	case 1:
		return border - uint64(rnd.IntN(8)*8)
	case 2:
		return v.At + 64 + uint64(rnd.IntN(24))*8
	default:
		return v.At + 64 + uint64(rnd.IntN(192))
	}
}

func (e *hostEncoder) wide() bool { return e.v.Bits == 64 }

// anyRegister is the number of one, with what of it goes to REX.
func (e *hostEncoder) anyRegister() (low, rex int) {
	n := e.rnd.IntN(8)
	if e.wide() && e.rnd.IntN(2) == 0 {
		n = e.rnd.IntN(16)
	}
	return n & 7, n >> 3
}

// memory makes a ModRM byte for an operand in memory.
func (e *hostEncoder) memory(reg int) {
	rnd, v := e.rnd, e.v
	at := v.place(rnd)
	if v.operand != 0 {
		at = v.operand
	}
	v.operand = at
	disp := uint64(int64(int8(rnd.Uint32())))
	mod := 1
	switch rnd.IntN(3) {
	case 0:
		mod, disp = 0, 0
	case 1:
		mod, disp = 2, uint64(int64(int32(rnd.Uint32())))
	}
	set := func(n int, value uint64) {
		if v.Bits == 32 {
			value = uint64(uint32(value))
		} else if e.addr && n != nSP {
			value = value&0xffffffff | rnd.Uint64()<<32
		}
		v.R[n] = value
	}
	byteOf := func(mod, rm int) byte { return byte(mod<<6 | reg<<3 | rm) }
	displacement := func() {
		switch mod {
		case 1:
			e.modrm = append(e.modrm, byte(disp))
		case 2:
			e.modrm = binary.LittleEndian.AppendUint32(e.modrm, uint32(disp))
		}
	}
	if e.addr && !e.wide() { // addresses of 16 bits, where nothing is
		e.modrm = []byte{byteOf(1, rnd.IntN(8)), byte(disp)}
		return
	}
	switch kind := rnd.IntN(10); {
	case kind == 0: // a number, or relative to the next instruction
		e.modrm = []byte{byteOf(0, 5), 0, 0, 0, 0}
		e.ripDisp, e.ripRel = at, e.wide()
		if !e.wide() {
			binary.LittleEndian.PutUint32(e.modrm[1:], uint32(at))
		}
	case kind == 1: // a number, with or without an index
		low, rex := e.anyRegister()
		if low == 4 && rex == 0 {
			at0 := uint32(at)
			e.modrm = binary.LittleEndian.AppendUint32([]byte{byteOf(0, 4), 0x25}, at0)
			return
		}
		e.rexX = rex
		scale := rnd.IntN(4)
		index := uint64(rnd.IntN(256))
		set(low|rex<<3, index)
		e.modrm = binary.LittleEndian.AppendUint32([]byte{byteOf(0, 4), byte(scale<<6 | low<<3 | 5)}, uint32(at-index<<scale))
	case kind < 5: // base and index
		base, rexB := e.anyRegister()
		index, rexX := e.anyRegister()
		if base == 5 && mod == 0 {
			mod, disp = 1, 0
		}
		e.rexB, e.rexX = rexB, rexX
		scale := rnd.IntN(4)
		b, x := base|rexB<<3, index|rexX<<3
		e.modrm = []byte{byteOf(mod, 4), byte(scale<<6 | index<<3 | base)}
		displacement()
		if x == 4 {
			set(b, at-disp)
			return
		}
		if b == x {
			n := (at - disp) / (1 + 1<<scale) // the register times 2, 3, 5 or 9
			v.operand = n*(1+1<<scale) + disp
			set(b, n)
			return
		}
		i := uint64(int64(rnd.IntN(512) - 256))
		set(x, i)
		set(b, at-disp-i<<scale)
	default:
		base, rexB := e.anyRegister()
		if base == 4 {
			base = 6
		}
		if base == 5 && mod == 0 {
			mod, disp = 1, 0
		}
		e.rexB = rexB
		e.modrm = []byte{byteOf(mod, base)}
		displacement()
		set(base|rexB<<3, at-disp)
	}
}

// make encodes the form.
func (f *hostForm) make(rnd *rand.Rand, v *hostCase) {
	e := &hostEncoder{rnd: rnd, v: v}
	wide := e.wide()
	if f.vex == 0 {
		e.size = f.must == 0 && rnd.IntN(4) == 0
		e.rexW = wide && rnd.IntN(3) == 0
		e.lock = rnd.IntN(40) == 0
	} else {
		e.rexW = rnd.IntN(2) == 0
	}
	e.addr = rnd.IntN(12) == 0 && (wide || rnd.IntN(8) == 0)
	e.seg = rnd.IntN(12) == 0
	vvvv := 0
	if f.ext != formNone {
		reg := f.ext
		if reg == formReg {
			reg, e.rexR = e.anyRegister()
		} else if wide && rnd.IntN(4) == 0 {
			e.rexR = 1
		}
		memory := f.memory == formMemory || f.memory == 0 && rnd.IntN(2) == 0
		if memory {
			e.memory(reg)
		} else {
			rm, rexB := reg, e.rexR
			if f.ext != formReg || rnd.IntN(4) > 0 {
				rm, rexB = e.anyRegister()
			}
			e.rexB = rexB
			e.modrm = []byte{byte(0xc0 | reg<<3 | rm)}
		}
	} else if wide {
		e.rexB = rnd.IntN(2)
	}
	var b []byte
	if e.lock {
		b = append(b, 0xf0)
	}
	if e.seg {
		b = append(b, []byte{0x26, 0x36, 0x3e}[rnd.IntN(3)])
	}
	if e.size {
		b = append(b, 0x66)
	}
	if e.addr {
		b = append(b, 0x67)
	}
	if f.vex != 0 {
		vvvv, _ = e.anyRegister()
		bit := func(n, at int) byte { return byte((1 - n) << at) }
		if !wide {
			e.rexW = e.rexW && rnd.IntN(4) == 0
		}
		w := byte(0)
		if e.rexW {
			w = 0x80
		}
		b = append(b, 0xc4, bit(e.rexR, 7)|bit(e.rexX, 6)|bit(e.rexB, 5)|byte(f.vex), w|byte(^vvvv&15<<3)|f.vexPP)
	} else {
		if f.must != 0 {
			b = append(b, f.must)
		}
		rex := byte(e.rexR<<2 | e.rexX<<1 | e.rexB)
		if e.rexW {
			rex |= 8
		}
		if wide && (rex != 0 || rnd.IntN(6) == 0) {
			b = append(b, 0x40|rex)
		}
	}
	op := append([]byte{}, f.op...)
	b = append(append(b, op...), e.modrm...)
	at := len(b) // of the displacement's end, which comes before an immediate
	imm := f.imm
	switch {
	case imm == immV && e.rexW:
		imm = 8
	case imm == immZ || imm == immV:
		if imm = 4; e.size && !e.rexW {
			imm = 2
		}
	}
	value := hostNumber(rnd)
	for range imm {
		b = append(b, byte(value))
		value >>= 8
	}
	if e.ripRel {
		next := v.RIP + uint64(len(b))
		binary.LittleEndian.PutUint32(b[at-4:], uint32(e.ripDisp-next))
	}
	v.setText(b...)
}
