package signals

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Regset is an architecture's struct reg and struct fpreg (machine/reg.h), which ptrace(2) and core files show,
// and the numbers of the requests that name them there (machine/ptrace.h). The LWP is the caller's own or a
// stopped one. Buffers have at least the size told.
type Regset struct {
	GetRegs, GetFPRegs int32 // PT_GETREGS, PT_GETFPREGS; the SET requests follow each
	Size, FPSize       int
	// Step is PT_STEP and SetStep PT_SETSTEP, which PT_CLEARSTEP follows; 0 where the machine has none: there a
	// debugger sets a breakpoint after the instruction.
	Step, SetStep int32
	// More are further sets, which few machines have.
	More []RegSet
	// Read and Write are process_read_regs and process_write_regs; Write's error is EINVAL for what user mode may
	// not have.
	Read  func(l *kern.LWP, b []byte)
	Write func(l *kern.LWP, b []byte) abi.Errno
	// ReadFP and WriteFP are process_read_fpregs and process_write_fpregs.
	ReadFP  func(l *kern.LWP, b []byte)
	WriteFP func(l *kern.LWP, b []byte)
	// SetPC is process_set_pc.
	SetPC func(l *kern.LWP, pc uint64) abi.Errno
	// Sstep is process_sstep: the LWP is to execute one instruction only, or no longer.
	Sstep func(l *kern.LWP, on bool)
	// Settle, if there is one, puts the registers that belong on the stack there, before others look at the LWP's
	// memory or Write changes them; Resume takes them back before it runs. On sparc debuggers find windows only on
	// the stack.
	Settle, Resume func(l *kern.LWP)
}

// RegSet is one set of registers and the requests that show and change it.
type RegSet struct {
	Name string // of the structure: "xmmregs", "dbreg", "xstate", "vreg"
	Get  int32  // the request; the SET request follows
	Size int
	// Iovec: the request's address is that of a struct iovec, whose buffer may be shorter.
	Iovec bool
	// Read fills in the structure, Write takes it. Error: EINVAL for what a program may not have.
	Read  func(l *kern.LWP, b []byte)
	Write func(l *kern.LWP, b []byte) abi.Errno
}

// Sets are all of the sets, struct reg and struct fpreg first, named so.
func (rs *Regset) Sets() []RegSet {
	return append([]RegSet{
		{Name: "reg", Get: rs.GetRegs, Size: rs.Size, Read: rs.Read, Write: rs.Write},
		{Name: "fpreg", Get: rs.GetFPRegs, Size: rs.FPSize, Read: rs.ReadFP, Write: always(rs.WriteFP)},
	}, rs.More...)
}

// always is a Write that cannot fail.
func always(write func(*kern.LWP, []byte)) func(*kern.LWP, []byte) abi.Errno {
	return func(l *kern.LWP, b []byte) abi.Errno {
		write(l, b)
		return abi.OK
	}
}

// PTFirstMach is PT_FIRSTMACH, the first machine-dependent request.
const PTFirstMach = 32

// EngineStep is Sstep where the processor counts instructions for us.
func EngineStep(l *kern.LWP, on bool) { l.Sstep = on }
