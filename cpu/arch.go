package cpu

import "nbemu/abi"

// Arch describes one machine: what the kernel above must know to lay out memory and registers for it.
// Register numbers are indexes of Context.R, whose order each architecture's file states.
type Arch struct {
	Name        string // as in nbemu's flags and messages
	Machine     string // hw.machine
	MachineArch string // hw.machine_arch
	ELFMachine  uint16
	ELFClass    byte
	ELFData     byte
	PageSize    uint64
	Model       *abi.Model
	MinAddr     uint64 // lowest address a program may map (VM_MIN_ADDRESS)
	UserMax     uint64 // VM_MAXUSER_ADDRESS
	StackTop    uint64 // USRSTACK
	MaxText     uint64 // MAXTSIZ
	MaxData     uint64 // MAXDSIZ
	DflData     uint64 // DFLDSIZ
	MaxStack    uint64 // MAXSSIZ
	DflStack    uint64 // DFLSSIZ
	StackAlign  uint64
	RegNames    []string // of R, as far as they are a program's

	PC, SP, TLS int

	ops  func() *ops
	mode int
	// Disasm decodes the instruction at the start of code for messages.
	Disasm func(code []byte, pc uint64) string
}

// archs lists the machines, in the order in which usage texts show them.
var archs = []*Arch{AMD64, I386, ARM64, ARM, MIPS, MIPSEL, MIPS64, MIPSN32, MIPS64EL, MIPSN32EL, SPARC, SPARC64, RISCV64, PPC}

// ByELF finds the machine of an ELF header; nil if there is none.
func ByELF(machine uint16, class, data byte, flags uint32) *Arch {
	for _, a := range archs {
		if a.ELFMachine == machine && a.ELFClass == class && a.ELFData == data && a.FlagsFit(flags) {
			return a
		}
	}
	return nil
}

// Archs lists the machines that can be emulated.
func Archs() []*Arch { return archs }
