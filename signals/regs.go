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
	// GetXMMRegs is i386's PT_GETXMMREGS, struct xmmregs; GetDBRegs and GetXState are x86's PT_GETDBREGS, struct dbreg, and
	// PT_GETXSTATE, struct xstate.
	GetXMMRegs, GetDBRegs, GetXState int32
	// XMMSize is the size of struct xmmregs; ReadXMM and WriteXMM move it.
	XMMSize  int
	ReadXMM  func(l *kern.LWP, b []byte)
	WriteXMM func(l *kern.LWP, b []byte)
	// DBSize and XSize are the sizes of struct dbreg and struct xstate; the functions move them. Error: EINVAL for what a
	// program may not have.
	DBSize, XSize int
	ReadDB, ReadX func(l *kern.LWP, b []byte)
	WriteDB       func(l *kern.LWP, b []byte) abi.Errno
	WriteX        func(l *kern.LWP, b []byte) abi.Errno
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

// PTFirstMach is PT_FIRSTMACH, the first machine-dependent request.
const PTFirstMach = 32

// EngineStep is Sstep where the processor counts instructions for us.
func EngineStep(l *kern.LWP, on bool) { l.Sstep = on }
