package linux

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// x86's debug registers, as PTRACE_POKEUSR sets them for a thread (ptrace_set_debugreg in arch/x86/kernel/ptrace.c).

const (
	debugRegs    = 8
	debugStatus  = 6
	debugControl = 7
)

// traceDebug reads or sets register n of target. Errors: EIO for the two that do not exist; EINVAL for an address that is
// the kernel's, or a control word that looks for something a processor cannot.
func traceDebug(l, target *kern.LWP, n int, poke bool, data uint64) abi.Errno {
	d := &target.Ctx.Debug
	if !poke {
		v := uint64(0)
		switch {
		case n < len(d.Addr):
			v = d.Addr[n]
		case n == debugStatus:
			v = d.Status ^ cpu.DebugStatus
		case n == debugControl:
			v = d.Control
		}
		return l.CopyoutStruct(data, abi.ULong(v))
	}
	next := *d
	switch {
	case n < len(d.Addr):
		if data >= target.Proc.Arch.UserMax {
			return abi.EINVAL
		}
		next.Addr[n] = data
	case n == debugStatus:
		d.Status = data ^ cpu.DebugStatus
		return abi.OK
	case n == debugControl:
		next.Control = data
	default:
		return abi.EIO
	}
	if !debugValid(&next, target.Model().LP64()) {
		return abi.EINVAL
	}
	*d = next
	return abi.OK
}

// debugValid says that a processor can look for what d names: an address is a multiple of the length, instructions have
// length 1, ports are not for programs.
func debugValid(d *cpu.Debug, wide bool) bool {
	for i := range d.Addr {
		_, n, kind, ok := d.Place(i)
		switch {
		case !ok:
		case kind != cpu.DebugExec && kind != cpu.DebugWrite && kind != cpu.DebugAccess, kind == cpu.DebugExec && n != 1,
			n == 8 && !wide, d.Addr[i]&(n-1) != 0:
			return false
		}
	}
	return true
}

// debugTrap says what a debug trap was (exc_debug_user, get_si_code). An instruction that was met is executed next: the
// kernel sets the resume flag.
func debugTrap(l *kern.LWP, ksi *kern.Ksiginfo) {
	ksi.Code = abi.TRAP_TRACE
	if l.Ctx.Error == 0 {
		return
	}
	ksi.Code = abi.TRAP_DBREG
	for i := range l.Ctx.Debug.Addr {
		if _, _, kind, ok := l.Ctx.Debug.Place(i); ok && kind == cpu.DebugExec && l.Ctx.Error>>i&1 != 0 {
			l.Ctx.Debug.Past = uint64(ksi.Addr)
		}
	}
}
