package signals

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
)

// What a handler is told of a page fault beyond signal, code and address is the machine's: the number of the trap, or
// the word in which the memory unit describes it. The functions here are the ends of the machines' fault handlers;
// they get ksi as uvm_fault's error says (EACCES: SEGV_ACCERR; EINVAL: BUS_ADRERR; else SEGV_MAPERR).

// faultKind says what the processor was doing.
func faultKind(l *kern.LWP) (write, fetch bool) {
	return l.Ctx.Access == uint32(mem.ProtWrite), l.Ctx.Access == uint32(mem.ProtExec)
}

// resident says whether the memory unit has an entry for the page, so that the fault was one of permission.
func resident(l *kern.LWP) bool {
	var vec [1]byte
	return l.Proc.VM.Incore(l.Ctx.Addr&^(mem.PageSize-1), vec[:]) == abi.OK && vec[0] != 0
}

// anyMapped says whether something is mapped in the aligned block of 1<<shift bytes around the address, for which
// the memory unit then has a table.
func anyMapped(l *kern.LWP, shift uint) bool {
	at := l.Ctx.Addr >> shift
	for _, e := range l.Proc.VM.Maps() {
		if e.Start>>shift <= at && at <= (e.End-1)>>shift {
			return true
		}
	}
	return false
}

// stackDenied makes of a fault in the part of the stack that the limit forbids one at an address that is not there,
// as some machines do.
func stackDenied(l *kern.LWP, ksi *kern.Ksiginfo) {
	a := l.Proc.Arch
	if ksi.Signo == abi.SIGSEGV && ksi.Code == abi.SEGV_ACCERR && l.Ctx.Addr >= a.StackTop-a.MaxStack {
		ksi.Code = abi.SEGV_MAPERR
	}
}

// PagefaultMIPS: trap numbers; the kernel's segments are an address error (sys/arch/mips/mips/trap.c).
func PagefaultMIPS(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const tlbMod, tlbLoad, tlbStore = 1, 2, 3
	write, _ := faultKind(l)
	kernel := l.Ctx.Addr >= l.Proc.Arch.UserMax
	switch {
	case kernel && write:
		ksi.Trap = mipsTAddrStore
	case kernel:
		ksi.Trap = mipsTAddrLoad
	case !write:
		ksi.Trap = tlbLoad
	case r == mem.FaultNoAccess && resident(l):
		ksi.Trap = tlbMod
	default:
		ksi.Trap = tlbStore
	}
	stackDenied(l, ksi)
	l.Ctx.R[cpu.MIPS_CAUSE] = uint64(ksi.Trap) << mipsCauseExc
}

// PagefaultSPARC: instruction or data access (mem_access_fault4m in sys/arch/sparc/sparc/trap.c).
func PagefaultSPARC(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const textFault, dataFault = 0x01, 0x09
	ksi.Trap = dataFault
	if _, fetch := faultKind(l); fetch {
		ksi.Trap = textFault
	}
}

// PagefaultSPARC64: a miss, or a store that the entry forbids; addresses in the hole are exceptions of their own
// (data_access_fault, text_access_fault, trap in sys/arch/sparc64/sparc64/trap.c).
func PagefaultSPARC64(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const instExcept, dataFault, instMiss, dataMiss, dataProt = 0x08, 0x30, 0x64, 0x68, 0x6c
	hole := uint64(int64(l.Ctx.Addr)>>43)+1 > 1
	write, fetch := faultKind(l)
	switch {
	case fetch && hole:
		ksi.Signo, ksi.Code, ksi.Trap = abi.SIGILL, abi.ILL_ILLOPC, instExcept
	case fetch:
		ksi.Trap = instMiss
		if ksi.Signo == abi.SIGBUS {
			ksi.Signo, ksi.Code = abi.SIGSEGV, abi.SEGV_MAPERR
		}
	case hole:
		ksi.Trap = dataFault
	case write && r == mem.FaultNoAccess && resident(l):
		ksi.Trap = dataProt
		stackDenied(l, ksi)
	default:
		ksi.Trap = dataMiss
		stackDenied(l, ksi)
	}
}

// PagefaultARM: the fault status register, short descriptors; a prefetch abort has the pc there and is always an
// address that is not mapped (sys/arch/arm/arm32/fault.c).
func PagefaultARM(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const transSection, transPage, permPage, faultWrite = 0x05, 0x07, 0x0f, 0x800
	write, fetch := faultKind(l)
	if fetch {
		ksi.Code = abi.SEGV_MAPERR
		if l.Ctx.Addr >= l.Proc.Arch.UserMax {
			ksi.Code = abi.SEGV_ACCERR
		}
		ksi.Signo = abi.SIGSEGV
		ksi.Trap = int32(l.Ctx.Addr)
		return
	}
	switch {
	case r == mem.FaultNoAccess && resident(l):
		ksi.Trap = permPage
	case anyMapped(l, 20):
		ksi.Trap = transPage
	default:
		ksi.Trap = transSection
	}
	if write {
		ksi.Trap |= faultWrite
	}
}

// Parts of ESR_EL1 for aborts: the class, with the bit for instructions of 32 bits, and the status.
const (
	esrInsnAbort   = 0x20<<esrClassShift | 1<<25
	esrDataAbort   = 0x24<<esrClassShift | 1<<25
	esrWrite       = 1 << 6
	esrTranslation = 0x04 // and the level of the table
	esrPermission3 = 0x0f
	esrAlignment   = 0x21
)

// PagefaultARM64: the exception syndrome (sys/arch/aarch64/aarch64/fault.c).
func PagefaultARM64(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	write, fetch := faultKind(l)
	esr := uint32(esrDataAbort)
	if fetch {
		esr = esrInsnAbort
	}
	if write {
		esr |= esrWrite
	}
	if r == mem.FaultNoAccess && resident(l) {
		esr |= esrPermission3
	} else {
		level := uint32(0)
		for _, shift := range []uint{39, 30, 21} {
			if !anyMapped(l, shift) {
				break
			}
			level++
		}
		esr |= esrTranslation + level
	}
	ksi.Trap = int32(esr)
}

// PagefaultRISCV64: the cause (sys/arch/riscv/riscv/trap.c).
func PagefaultRISCV64(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const fetchFault, loadFault, storeFault = 12, 13, 15
	switch write, fetch := faultKind(l); {
	case fetch:
		ksi.Trap = fetchFault
	case write:
		ksi.Trap = storeFault
	default:
		ksi.Trap = loadFault
	}
}

// PagefaultPPC: the exception's vector (sys/arch/powerpc/powerpc/trap.c).
func PagefaultPPC(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const data, instruction = 0x300, 0x400
	ksi.Trap = data
	if _, fetch := faultKind(l); fetch {
		ksi.Trap = instruction
	}
}
