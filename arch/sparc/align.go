package sparc

import (
	"nbemu/abi"
	"nbemu/kern"
)

// mdpFixAlign in Proc.MDFlags: misaligned loads and stores are put right (`ta ST_FIX_ALIGN`; MDP_FIXALIGN).
const mdpFixAlign = 0x01

// Bits of op3 in loads and stores (fixalign in sys/arch/sparc*/sparc*/emul.c).
const (
	op3Float  = 0x20
	op3Alt    = 0x10
	op3Signed = 0x08
	op3Store  = 0x04
	op3Size   = 0x03

	op3Ldsw = 0x08
	op3Ldsh = 0x0a
	op3Ldx  = 0x0b
	op3Stx  = 0x0e
)

// regAt is where the current window's register n is in Context.R, or nil for %g0.
func regAt(r *[64]uint64, n uint32) *uint64 {
	switch {
	case n == 0:
		return nil
	case n < 8:
		return &r[G1+n-1]
	case n < 16:
		return &r[O0+n-8]
	case n < 24:
		return &r[L0+n-16]
	}
	return &r[I0+n-24]
}

// fixAlign does the load or store at the pc byte by byte; false if it is none, or its memory is not there.
func fixAlign(l *kern.LWP) bool {
	r := &l.Ctx.R
	o := l.Model()
	v9 := o.LP64()
	var code [4]byte
	if l.Copyin(code[:], r[PC]) != abi.OK {
		return false
	}
	insn := o.ByteOrder().Uint32(code[:])
	op3, rd := insn>>19&0x3f, insn>>25&31
	if insn>>30 != 3 || op3&op3Alt != 0 {
		return false
	}
	get := func(n uint32) uint64 {
		if p := regAt(r, n); p != nil {
			return *p
		}
		return 0
	}
	set := func(n uint32, v uint64) {
		if p := regAt(r, n); p != nil {
			*p = v
		}
	}
	va := get(insn >> 14 & 31)
	if insn>>13&1 != 0 {
		va += uint64(int64(int32(insn<<19) >> 19))
	} else {
		va += get(insn & 31)
	}
	if !v9 {
		va = uint64(uint32(va))
	}
	size, long := [4]int{4, 0, 2, 8}[op3&op3Size], false
	switch {
	case v9 && (op3 == op3Ldx || op3 == op3Stx):
		size, long = 8, true
	case v9 && op3 == op3Ldsw:
	case size == 0, op3&op3Signed != 0 && op3 != op3Ldsh, op3&op3Float != 0 && size == 2:
		return false // bytes, what is done at one go, quadruple words, the state register
	}
	var b [8]byte
	if op3&op3Float != 0 {
		l.SyncFP()
		fp := l.Ctx.FP[:]
		// Single registers are halves of double ones, the upper first; the 32 double ones of v9 have the highest bit
		// of their number in the lowest.
		at, half := 8*(rd/2), rd&1
		if size == 8 && v9 {
			at, half = 8*((rd&0x1e|rd&1<<5)/2), 0
		}
		d := abi.LP64LE.Uint(fp[at:], 8)
		if op3&op3Store != 0 {
			v := d
			if size == 4 {
				v = d >> (32 * (1 - half)) & 0xffffffff
			}
			o.PutUint(b[:], size, v)
			return l.Copyout(b[:size], va) == abi.OK
		}
		if l.Copyin(b[:size], va) != abi.OK {
			return false
		}
		v := o.Uint(b[:], size)
		if size == 4 {
			shift := 32 * (1 - half)
			v = d&^(0xffffffff<<shift) | v<<shift
		}
		abi.LP64LE.PutUint(fp[at:], 8, v)
		l.FPChanged()
		return true
	}
	if op3&op3Store != 0 {
		v := get(rd)
		if size == 8 && !long {
			v = get(rd&^1)<<32 | get(rd|1)&0xffffffff
		}
		o.PutUint(b[:], size, v)
		return l.Copyout(b[:size], va) == abi.OK
	}
	if l.Copyin(b[:size], va) != abi.OK {
		return false
	}
	v := o.Uint(b[:], size)
	switch {
	case size == 8 && !long:
		set(rd&^1, v>>32)
		set(rd|1, v&0xffffffff)
		return true
	case op3 == op3Ldsh:
		v = uint64(int64(int16(v)))
	case op3 == op3Ldsw:
		v = uint64(int64(int32(v)))
	}
	if !v9 {
		v = uint64(uint32(v))
	}
	set(rd, v)
	return true
}
