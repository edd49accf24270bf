package signals

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// What a handler is told of a page fault beyond signal, code and address is the machine's: the number of the trap, or
// the word in which the memory unit describes it. The functions here are the ends of the machines' fault handlers;
// they get ksi as uvm_fault's error says (EACCES: SEGV_ACCERR; EINVAL: BUS_ADRERR; else SEGV_MAPERR).

// FaultKind says what the processor was doing.
func FaultKind(l *kern.LWP) (write, fetch bool) {
	return l.Ctx.Access == uint32(mem.ProtWrite), l.Ctx.Access == uint32(mem.ProtExec)
}

// Resident reports whether the memory unit has an entry for the page, so that the fault was one of permission.
func Resident(l *kern.LWP) bool {
	var vec [1]byte
	return l.Proc.VM.Incore(l.Ctx.Addr&^(mem.PageSize-1), vec[:]) == abi.OK && vec[0] != 0
}

// AnyMapped reports whether something is mapped in the aligned block of 1<<shift bytes around the address, for which
// the memory unit then has a table.
func AnyMapped(l *kern.LWP, shift uint) bool {
	at := l.Ctx.Addr >> shift
	for _, e := range l.Proc.VM.Maps() {
		if e.Start>>shift <= at && at <= (e.End-1)>>shift {
			return true
		}
	}
	return false
}

// StackDenied makes of a fault in the part of the stack that the limit forbids one at an address that is not there,
// as some machines do.
func StackDenied(l *kern.LWP, ksi *kern.Ksiginfo) {
	a := l.Proc.Arch
	if ksi.Signo == abi.SIGSEGV && ksi.Code == abi.SEGV_ACCERR && l.Ctx.Addr >= a.StackTop-a.MaxStack {
		ksi.Code = abi.SEGV_MAPERR
	}
}
