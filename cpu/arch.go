package cpu

import (
	"fmt"
	"slices"

	"nbemu/abi"
)

// Arch describes one machine: what the kernel above must know to lay out memory and registers for it. The ports under
// arch/ make them. Register numbers are indexes of Context.R, whose order each port states; it is that of its shim.
type Arch struct {
	Name        string // as in nbemu's flags and messages
	Machine     string // hw.machine
	MachineArch string // hw.machine_arch
	ELFMachine  uint16
	// ELFMachines are further machine numbers that run (ELF32_MACHDEP_ID_CASES, ELF64_MACHDEP_ID_CASES).
	ELFMachines []uint16
	ELFClass    byte
	ELFData     byte
	// ELFFlagsMask and ELFFlags tell machines apart that the three before do not: the bits in the mask must be so.
	ELFFlagsMask, ELFFlags uint32
	PageSize               uint64
	Model                  *abi.Model
	RegSize                int    // bytes of register_t
	MinAddr                uint64 // lowest address a program may map (VM_MIN_ADDRESS)
	UserMax                uint64 // VM_MAXUSER_ADDRESS
	StackTop               uint64 // USRSTACK
	MaxText                uint64 // MAXTSIZ
	MaxData                uint64 // MAXDSIZ
	DflData                uint64 // DFLDSIZ
	MaxStack               uint64 // MAXSSIZ
	DflStack               uint64 // DFLSSIZ
	StackAlign             uint64
	Align                  uint64   // ALIGN(1): what objects of any type are aligned to (__ALIGNBYTES plus 1)
	StackBias              uint64   // what stack pointers are off from the stack
	RegNames               []string // of R, as far as they are a program's
	// Frames leads from call to call; nil for machines whose programs have no chain of frames.
	Frames *FrameChain

	PC, SP, TLS int
	NPC         int // where the next instruction's address is, on machines with delayed branches; 0: there is none

	// Parallel says that several of its processors can run with the same memory at the same time; otherwise threads that
	// share memory take turns.
	Parallel bool

	// StepsByRun, if set, reports whether the instruction at the start of code, which is at c's pc, is one that the engine
	// cannot execute by a Step, how long it is, and what to put after it to have a run end there.
	StepsByRun func(c *Context, code []byte) (size uint64, end []byte)

	Target *Target // the processor that executes it
	Mode   int     // for targets that are several machines
	// Disasm decodes the instruction at the start of code for messages.
	Disasm func(code []byte, pc uint64) string
}

// FrameChain is where programs that keep a frame pointer have it, and what it leads to: at Next the caller's frame
// pointer, at Ret the address to return to.
type FrameChain struct {
	Reg       int // index of Context.R
	Next, Ret int64
	Outer     bool // Ret is in the caller's frame
	// Windows, for sparc, returns the register windows that are not on the stack, innermost first, without the current one: the
	// frame pointer is at 14, and what is returned to at 15. Next is where the stack has the frame pointer, and Ret the other.
	Windows func(c *Context) [][16]uint64
}

// RunsMachine reports whether programs with an ELF header's machine number run.
func (a *Arch) RunsMachine(machine uint16) bool {
	return machine == a.ELFMachine || slices.Contains(a.ELFMachines, machine)
}

// FlagsFit reports whether the flags of an ELF header go with the machine.
func (a *Arch) FlagsFit(flags uint32) bool { return flags&a.ELFFlagsMask == a.ELFFlags }

// WordDump is a Disasm for machines without one: the first instruction as a number of 32 bits.
func WordDump(m *abi.Model) func([]byte, uint64) string {
	return func(code []byte, _ uint64) string {
		if len(code) < 4 {
			return "(bad)"
		}
		return fmt.Sprintf(".word %#08x", m.Uint(code, 4))
	}
}
