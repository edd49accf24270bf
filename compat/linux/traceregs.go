package linux

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// Registers as ptrace(2) shows them. Each machine has a traceForm; those are in traceforms.go.

// A slot is a word of a row of registers: the index of a register, or one of these.
type slot int

const (
	slotZero slot = -1 - iota // always 0
	slotOrig                  // the number of the call that the thread is in, -1 outside of calls
	slotOrigArg
)

// traceForm is what tracers of a machine's programs must know.
type traceForm struct {
	audit uint32 // AUDIT_ARCH_*
	step  bool   // PTRACE_SINGLESTEP is there

	first      int64 // where the numbers of calls begin
	nr, result int   // registers of a call's number and of its result, which can be the same
	args       []int // and of its arguments
	errReg     int   // where it is seen that the result is an error: errBits are set; 0: the result is negative then
	errBits    uint64

	word32 bool // registers have 32 bits

	gregs []slot // NT_PRSTATUS
	width int    // of each
	// put changes a register to what a tracer gives, where that has not all bits; nil: as it is.
	put func(l *kern.LWP, at slot, v uint64)
	get func(l *kern.LWP, at slot) uint64 // and the reverse

	getregs, setregs     int64 // numbers of the requests; 0: none
	getfpregs, setfpregs int64
	regsAtAddr           bool   // those have the address in addr
	requestRegs          []slot // what getregs has, if that is not gregs
	requestWidth         int
	user                 func(f *traceForm, off uint64) (slot, bool) // PTRACE_PEEKUSR; nil: none
	userSize             uint64
	debugAt              uint64 // where x86's debug registers are in it; 0: nowhere
	userSlots            bool   // offsets of it are numbers of registers

	sysemu, sysemuStep int64
	others             map[int64]traceSet // requests for other sets: the number to get one; the next sets it

	fpregs traceSet
	sets   map[uint64]traceSet // NT_*, beside NT_PRSTATUS and NT_PRFPREG
	detach int64               // another number of PTRACE_DETACH
}

// A traceSet is a set of registers as bytes.
type traceSet struct {
	size, unit int
	get        func(l *kern.LWP, b []byte)
	set        func(l *kern.LWP, b []byte) // b is the whole set; nil: it cannot be set
	shown      func(l *kern.LWP) int       // how much of size there is; nil: all
	// check says what is wrong with a set of which the tracer gave the first n bytes; nil: nothing can be.
	check func(l *kern.LWP, b []byte, n uint64) abi.Errno
}

// put sets the registers to b, of which the tracer gave the first n bytes. Errors: those of check.
func (s *traceSet) put(target *kern.LWP, b []byte, n uint64) abi.Errno {
	if s.check != nil {
		if err := s.check(target, b, n); err != abi.OK {
			return err
		}
	}
	s.set(target, b)
	return abi.OK
}

// traceMachine is the machine of a traced thread's program, which can be another system's; nil if there is none.
func traceMachine(l *kern.LWP) *Machine {
	if m, ok := l.Proc.Emul.Data.(*Machine); ok {
		return m
	}
	return foreign(l.Proc.Arch)
}

// foreign is MachineOf, which the machines themselves lead to.
var foreign func(a *cpu.Arch) *Machine

func init() { foreign = MachineOf }

// word is a value as wide as a register.
func (f *traceForm) word(v uint64) uint64 {
	if f.word32 {
		return v & (1<<32 - 1)
	}
	return v
}

// negative is what the result's register has for an error.
func (f *traceForm) negative(errno uint64) uint64 {
	if f.errBits != 0 {
		return errno
	}
	return f.word(-errno)
}

func (f *traceForm) arg(l *kern.LWP, i int) uint64 {
	if i < len(f.args) {
		return l.Ctx.R[f.args[i]]
	}
	if f.errBits == 1 { // o32: on the stack
		var v uint32
		_ = l.CopyinStruct(uint64(uint32(userSP(l)))+4*uint64(i), &v)
		return uint64(v)
	}
	return 0
}

// getResult is what a call has brought.
func (f *traceForm) getResult(l *kern.LWP) (v int64, bad bool) {
	v = int64(l.Ctx.R[f.result])
	if f.word32 {
		v = int64(int32(v))
	}
	if f.errBits != 0 {
		if bad = l.Ctx.R[f.errReg]&f.errBits != 0; bad {
			v = -v
		}
		return v, bad
	}
	return v, v < 0 && v >= -4095
}

// skip goes past a call that is not made. The result is what the register has: what the tracer has stored there, or an error
// where that has the number.
func (f *traceForm) skip(l *kern.LWP, m *Machine, c *callState) {
	v := l.Ctx.R[f.result]
	if f.nr == f.result {
		v = c.shown
	}
	err, bits := l.Ctx.R[f.errReg], f.errBits
	l.Override = abi.ENOSYS
	m.makeCall(l)
	l.Ctx.R[f.result] = v
	if bits != 0 {
		l.Ctx.R[f.errReg] = l.Ctx.R[f.errReg]&^bits | err&bits
	}
}

// read is one word of the registers.
func (f *traceForm) read(l *kern.LWP, at slot) uint64 {
	c := callOf(l)
	switch {
	case at == slotZero:
		return 0
	case at == slotOrig:
		return f.word(uint64(c.origNr(l)))
	case at == slotOrigArg:
		return c.entry[f.args[0]]
	case f.shows(l, c, at):
		return c.shown
	case f.get != nil:
		return f.get(l, at)
	}
	return l.Ctx.R[at]
}

// shows reports whether a register is shown as the result of a call that has not been made yet.
func (f *traceForm) shows(l *kern.LWP, c *callState, at slot) bool {
	return f.nr == f.result && int(at) == f.result && c.phase == entering && inSyscall(l)
}

func (f *traceForm) write(l *kern.LWP, at slot, v uint64) {
	c := callOf(l)
	switch {
	case at == slotOrig:
		c.nr = int64(int32(v))
	case at < 0:
	case f.shows(l, c, at):
		c.shown = f.word(v)
	case f.put != nil:
		f.put(l, at, f.word(v))
	default:
		l.Ctx.R[at] = f.word(v)
	}
	if int(at) == f.nr && f.nr != f.result && c.phase == entering {
		c.nr = int64(int32(v))
	}
}

// row makes a traceSet of a row of words.
func (f *traceForm) row(slots []slot, width int) traceSet {
	return traceSet{size: len(slots) * width, unit: width,
		get: func(l *kern.LWP, b []byte) {
			m := traceMachine(l).model()
			for i, at := range slots {
				m.PutUint(b[i*width:], width, f.read(l, at))
			}
		},
		set: func(l *kern.LWP, b []byte) {
			m := traceMachine(l).model()
			for i, at := range slots {
				v := m.Uint(b[i*width:], width)
				if width == 8 && m.PtrSize == 4 {
					v &= 1<<32 - 1
				}
				f.write(l, at, v)
			}
		}}
}

const (
	ntPrstatus = 1
	ntPrfpreg  = 2
)

func (f *traceForm) setOf(nt uint64) (traceSet, bool) {
	switch nt {
	case ntPrstatus:
		return f.row(f.gregs, f.width), true
	case ntPrfpreg:
		return f.fpregs, f.fpregs.size != 0
	}
	s, ok := f.sets[nt]
	return s, ok
}

// traceMachineRequest is for the requests about registers, and those that a machine has for itself. Error: EIO for what is
// none.
func traceMachineRequest(l *kern.LWP, t *kern.Tracee, req int64, addr, data uint64) (kern.Retval, abi.Errno) {
	m := traceMachine(t.LWP)
	if m == nil {
		return ret(abi.EIO)
	}
	f := m.form()
	at := data
	if f.regsAtAddr {
		at = addr
	}
	regs := f.row(f.gregs, f.width)
	if f.requestRegs != nil {
		regs = f.row(f.requestRegs, f.requestWidth)
	}
	switch {
	case req == ptGetregset || req == ptSetregset:
		return ret(traceRegset(l, t.LWP, f, req == ptSetregset, addr, data))
	case req == ptPeekuser || req == ptPokeuser:
		return ret(traceUser(l, t.LWP, f, req == ptPokeuser, addr, data))
	case req == oldSetoptions && f.user != nil && !f.regsAtAddr:
		return traceRequest(l, t, ptSetoptions, addr, data)
	case f.detach != 0 && req == f.detach:
		return traceRequest(l, t, ptDetach, addr, data)
	case f.sysemu != 0 && (req == f.sysemu || req == f.sysemuStep):
		return ret(traceResume(l, t, false, true, req == f.sysemuStep, data))
	case f.getregs != 0 && req == f.getregs:
		return ret(regs.out(l, t.LWP, at))
	case f.getregs != 0 && req == f.setregs:
		return ret(regs.in(l, t.LWP, at))
	case f.getfpregs != 0 && req == f.getfpregs:
		return ret(f.fpregs.out(l, t.LWP, at))
	case f.getfpregs != 0 && req == f.setfpregs:
		return ret(f.fpregs.in(l, t.LWP, at))
	}
	if s, ok := f.others[req]; ok {
		return ret(s.out(l, t.LWP, at))
	}
	if s, ok := f.others[req-1]; ok && s.set != nil {
		return ret(s.in(l, t.LWP, at))
	}
	return ret(abi.EIO)
}

const oldSetoptions = 21

func (s *traceSet) out(l, target *kern.LWP, va uint64) abi.Errno {
	b := make([]byte, s.size)
	s.get(target, b)
	return l.Copyout(b, va)
}

func (s *traceSet) in(l, target *kern.LWP, va uint64) abi.Errno {
	b := make([]byte, s.size)
	if err := l.Copyin(b, va); err != abi.OK {
		return err
	}
	return s.put(target, b, uint64(s.size))
}

// traceRegset is PTRACE_GETREGSET and PTRACE_SETREGSET: the buffer is that of the iovec at va, whose length becomes that
// of what was moved. Errors: EINVAL for a set that is not there, or half a register; EFAULT.
func traceRegset(l, target *kern.LWP, f *traceForm, set bool, nt, va uint64) abi.Errno {
	var iov abi.Iovec
	if err := l.CopyinStruct(va, &iov); err != abi.OK {
		return err
	}
	s, ok := f.setOf(nt)
	if !ok || int(iov.Len)%s.unit != 0 || set && s.set == nil {
		return abi.EINVAL
	}
	n := min(uint64(iov.Len), uint64(s.size))
	if s.shown != nil {
		n = min(n, uint64(s.shown(target)))
	}
	b := make([]byte, s.size)
	s.get(target, b)
	if set {
		if err := l.Copyin(b[:n], uint64(iov.Base)); err != abi.OK {
			return err
		}
		if err := s.put(target, b, n); err != abi.OK {
			return err
		}
	} else if err := l.Copyout(b[:n], uint64(iov.Base)); err != abi.OK {
		return err
	}
	iov.Len = abi.Size(n)
	return l.CopyoutStruct(va, &iov)
}

// traceUser is PTRACE_PEEKUSR and PTRACE_POKEUSR: a word of struct user. Only registers are there, the rest is 0 and
// cannot be set. Error: EIO.
func traceUser(l, target *kern.LWP, f *traceForm, poke bool, off, data uint64) abi.Errno {
	m := l.Model()
	if f.user == nil || off >= f.userSize || !f.userSlots && off%uint64(m.PtrSize) != 0 {
		return abi.EIO
	}
	at, ok := f.user(f, off)
	if n := (off - f.debugAt) / uint64(m.PtrSize); f.debugAt != 0 && off >= f.debugAt && n < debugRegs {
		return traceDebug(l, target, int(n), poke, data)
	}
	switch {
	case poke && !ok:
		return abi.EIO
	case poke:
		f.write(target, at, data)
		return abi.OK
	}
	v := uint64(0)
	if ok {
		v = f.read(target, at)
	}
	return l.CopyoutStruct(data, abi.ULong(v))
}

// userRegs is user of machines whose struct user begins with the registers that PTRACE_GETREGS shows.
func userRegs(f *traceForm, off uint64) (slot, bool) {
	n := off / uint64(f.width)
	if n < uint64(len(f.gregs)) {
		return f.gregs[n], true
	}
	return slotZero, false
}

// setResult makes v, negative for an error, what the call has brought.
func (f *traceForm) setResult(l *kern.LWP, v int64) {
	r := &l.Ctx.R
	if f.errBits != 0 {
		r[f.errReg] &^= f.errBits
		if v < 0 && v >= -4095 {
			r[f.errReg] |= f.errBits
			v = -v
		}
	}
	r[f.result] = f.word(uint64(v))
}
