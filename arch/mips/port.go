package mips

import (
	"sync"

	"encoding/binary"
	"nbemu/abi"
	"nbemu/arch"
	"nbemu/arch/gdb"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/signals"
	"nbemu/syscalls"
)

// Flags of the ELF header of core files: the kind of processor and the ABI (coredump_elf32_setup,
// coredump_elf64_setup).
const (
	efABI2     = 0x00000020
	efABIO32   = 0x00001000
	efArch64   = 0x60000000
	efArch32R2 = 0x70000000
	efArch64R2 = 0x80000000
)

var (
	breakBE, breakLE = []byte{0, 0, 0, 13}, []byte{13, 0, 0, 0}
	regset32         = newRegset(4)
	regset64         = newRegset(8)
)

const noFrames = "functions say nowhere how large their frames are"

// Ports are the machines here.
var Ports = []*arch.Port{
	o32(MIPS, binary.BigEndian, breakBE, vectors32),
	o32(MIPSEL, binary.LittleEndian, breakLE, vectorsEL),
	wide(MIPS64, mdN64, efArch64|efABI2, breakBE, vectors64),
	wide(MIPSN32, mdN32, efArch64R2|efABI2, breakBE, vectorsN32),
	wide(MIPS64EL, mdN64, efArch64|efABI2, breakLE, vectors64EL),
	wide(MIPSN32EL, mdN32, efArch64R2|efABI2, breakLE, vectorsN32EL),
}

// o32 is a machine with registers of 32 bits.
func o32(a *cpu.Arch, o binary.AppendByteOrder, brk []byte, v []cpu.Vectors) *arch.Port {
	e := emul(a, mdO32, syscallO32)
	e.Sigcode = sigcode(o)
	return &arch.Port{
		Arch: a, MD: mdO32, Regset: regset32, GDB: sync.OnceValue(func() *gdb.Machine { return gdbMachine("mips", 4, brk) }), Vectors: v, Emul: syscalls.Emul(e),
		Sigcontext: func() signals.Sigcontext { return &sigcontext{} },
		Sysarch:    sysarch, Ras: true, CoreFlags: efArch32R2 | efABIO32, Ecoff: true,
		Upcall: upcall,
		Call:   calls.Call, Return: calls.Return,
		Lacks: map[string]string{"Arch.Frames": noFrames},
	}
}

// wide is a machine with registers of 64 bits.
func wide(a *cpu.Arch, md *signals.MD, coreFlags uint32, brk []byte, v []cpu.Vectors) *arch.Port {
	return &arch.Port{
		Arch: a, MD: md, Regset: regset64, GDB: sync.OnceValue(func() *gdb.Machine { return gdbMachine("mips:isa64r2", 8, brk) }), Vectors: v,
		Emul:    syscalls.Emul(emul(a, md, syscall64)),
		Sysarch: sysarch, Ras: true, CoreFlags: coreFlags,
		Upcall: upcall,
		Call:   wideCalls.Call, Return: wideCalls.Return,
		Lacks: map[string]string{
			"Arch.Frames":  noFrames,
			"Sigcontext":   "no release before 2.0 had the ABI",
			"Emul.Sigcode": "for sigcontexts alone",
		},
	}
}

func emul(a *cpu.Arch, md *signals.MD, syscall func(l *kern.LWP)) kern.Emul {
	return kern.Emul{
		Arch: a, Syscall: syscall, Setregs: setregs, Sendsig: func(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
			sendsig(l, md, act, ksi, mask)
		}, Trapsig: trapsig, Pagefault: pagefault,
		StepTrap: stepTrap, ForkRegs: forkRegs, Machdep: machdep,
	}
}
