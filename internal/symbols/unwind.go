package symbols

// Frame is a function's registers, by DWARF's numbers. Known says which have a value.
type Frame struct {
	PC    uint64
	Reg   [80]uint64
	Known [80]bool
}

func (f *Frame) set(n int, v uint64) {
	if n < len(f.Reg) {
		f.Reg[n], f.Known[n] = v, true
	}
}

// Set gives a register a value.
func (f *Frame) Set(n int, v uint64) { f.set(n, v) }

// rule says where a register of the caller's is.
type rule struct {
	kind byte // of the ruleXxx
	reg  uint64
	off  int64
}

const (
	ruleUnsaid = iota
	ruleUndefined
	ruleSame
	ruleOffset    // at the frame address plus off
	ruleValOffset // is the frame address plus off
	ruleRegister
	ruleUnknown // an expression
)

// row is the state of the machine that call frame instructions drive.
type row struct {
	cfaReg  uint64
	cfaOff  int64
	cfaOK   bool
	regs    [80]rule
	windows bool // DW_CFA_GNU_window_save: sparc's register windows
}

// Step makes the frame of the caller out of f's. at is f.PC less the distance that the file has been moved by; for a
// return address one less, so that a call at a function's end does not count for the next. sp is the stack pointer's
// number, read reads a pointer of the program's. It is false where the information ends.
func (t *CFI) Step(f *Frame, at uint64, sp int, read func(va uint64) (uint64, bool)) bool {
	e := t.find(at)
	if e == nil {
		return false
	}
	r := &row{}
	if !t.run(e, e.cie.init, r, nil, at) {
		return false
	}
	initial := *r
	if !t.run(e, e.insns, r, &initial, at) || !r.cfaOK || r.cfaReg >= uint64(len(f.Reg)) || !f.Known[r.cfaReg] {
		return false
	}
	mask := ^uint64(0)
	if t.ptr == 4 {
		mask = 0xffffffff
	}
	cfa := (f.Reg[r.cfaReg] + uint64(r.cfaOff)) & mask
	next := *f
	for n, rl := range r.regs {
		switch rl.kind {
		case ruleUndefined, ruleUnknown:
			next.Known[n] = false
		case ruleOffset:
			v, ok := read((cfa + uint64(rl.off)) & mask)
			next.Reg[n], next.Known[n] = v, ok
		case ruleValOffset:
			next.set(n, (cfa+uint64(rl.off))&mask)
		case ruleRegister:
			if rl.reg < uint64(len(f.Reg)) {
				next.Reg[n], next.Known[n] = f.Reg[rl.reg], f.Known[rl.reg]
			}
		}
	}
	if r.windows {
		return false // the caller's window may not be in memory
	}
	ra := e.cie.ra
	if ra >= uint64(len(next.Reg)) || !next.Known[ra] || next.Reg[ra] == 0 {
		return false
	}
	if k := r.regs[sp].kind; k == ruleUnsaid {
		next.set(sp, cfa)
	}
	next.PC = next.Reg[ra]
	if next.PC == f.PC && next.Reg[sp] == f.Reg[sp] {
		return false
	}
	*f = next
	return true
}

// run executes call frame instructions up to an address.
func (t *CFI) run(e *fde, insns []byte, r *row, initial *row, at uint64) bool {
	c := &cursor{b: insns, order: t.order}
	pc := e.start
	var stack []row
	set := func(n uint64, rl rule) {
		if n < uint64(len(r.regs)) {
			r.regs[n] = rl
		}
	}
	restore := func(n uint64) {
		if initial != nil && n < uint64(len(r.regs)) {
			r.regs[n] = initial.regs[n]
		}
	}
	for c.left() > 0 && !c.bad {
		op := c.u8()
		low := uint64(op & 0x3f)
		advance := uint64(0)
		switch op >> 6 {
		case 1:
			advance = low * e.cie.code
		case 2:
			set(low, rule{ruleOffset, 0, int64(c.uleb()) * e.cie.data})
			continue
		case 3:
			restore(low)
			continue
		}
		if op>>6 == 0 {
			switch op {
			case 0x00: // nop
			case 0x01: // set_loc
				v, ok := c.encoded(e.cie.enc&0x0f, t.ptr, 0)
				if !ok || v < pc {
					return false
				}
				advance = v - pc
			case 0x02:
				advance = uint64(c.u8()) * e.cie.code
			case 0x03:
				advance = uint64(c.u16()) * e.cie.code
			case 0x04:
				advance = uint64(c.u32()) * e.cie.code
			case 0x05:
				n := c.uleb()
				set(n, rule{ruleOffset, 0, int64(c.uleb()) * e.cie.data})
			case 0x06:
				restore(c.uleb())
			case 0x07:
				set(c.uleb(), rule{kind: ruleUndefined})
			case 0x08:
				set(c.uleb(), rule{kind: ruleSame})
			case 0x09:
				n := c.uleb()
				set(n, rule{ruleRegister, c.uleb(), 0})
			case 0x0a:
				if len(stack) > 64 {
					return false
				}
				stack = append(stack, *r)
			case 0x0b:
				if len(stack) == 0 {
					return false
				}
				*r = stack[len(stack)-1]
				stack = stack[:len(stack)-1]
			case 0x0c:
				r.cfaReg = c.uleb()
				r.cfaOff, r.cfaOK = int64(c.uleb()), true
			case 0x0d: // riscv's compilers leave an offset of 0 unsaid
				r.cfaReg, r.cfaOK = c.uleb(), true
			case 0x0e:
				r.cfaOff = int64(c.uleb())
			case 0x0f: // def_cfa_expression
				c.take(int(min(c.uleb(), 1<<20)))
				r.cfaOK = false
			case 0x10, 0x16:
				n := c.uleb()
				c.take(int(min(c.uleb(), 1<<20)))
				set(n, rule{kind: ruleUnknown})
			case 0x11:
				n := c.uleb()
				set(n, rule{ruleOffset, 0, c.sleb() * e.cie.data})
			case 0x12:
				r.cfaReg = c.uleb()
				r.cfaOff, r.cfaOK = c.sleb()*e.cie.data, true
			case 0x13:
				r.cfaOff = c.sleb() * e.cie.data
			case 0x14:
				n := c.uleb()
				set(n, rule{ruleValOffset, 0, int64(c.uleb()) * e.cie.data})
			case 0x15:
				n := c.uleb()
				set(n, rule{ruleValOffset, 0, c.sleb() * e.cie.data})
			case 0x2d: // GNU_window_save; on aarch64 the signing of return addresses
				r.windows = e.cie.ra == 15 || e.cie.ra == 31
			case 0x2e:
				c.uleb()
			case 0x2f:
				n := c.uleb()
				set(n, rule{ruleOffset, 0, -int64(c.uleb()) * e.cie.data})
			default:
				return false
			}
		}
		if advance != 0 {
			if pc += advance; initial != nil && pc > at {
				return true
			}
		}
	}
	return !c.bad
}
