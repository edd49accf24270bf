package linux

import (
	"sync"

	"nbemu/arch"
	"nbemu/arch/arm"
	"nbemu/arch/i386"
	"nbemu/cpu"
	"nbemu/kern"
)

// Programs of 32 bits on a kernel of 64 bits (sys/compat/linux32): i386's on amd64, arm's on aarch64. Calls, structures
// and frames are those of the 32-bit machine; the kernel gives the end of the stack and the limits.

// machines32 are all there are. They are made when they are first asked for: by then all ports are known.
var machines32 = sync.OnceValue(func() []*Machine {
	return []*Machine{
		on64(machI386, machAMD64, i386.ArchAMD64),
		on64(machARM, machARM64, arm.ArchAARCH64),
	}
})

// on64 makes the machine of guest's programs on a kernel of another, of which a is how it presents guest.
func on64(guest, native *Machine, a *cpu.Arch) *Machine {
	m := *guest
	m.kernel64, m.lazy = native, new(lazy)
	own := *a
	own.Mode = guest.Arch.Mode // with the segments of Linux's programs
	m.Arch = &own
	setregs := guest.setregs
	m.setregs = func(l *kern.LWP, entry, stack, psStrings uint64) {
		l.Proc.CutLimits(m.Arch)
		setregs(l, entry, stack, psStrings)
	}
	p := *arch.Of(guest.Arch)
	p.Arch, p.Compat = m.Arch, nil
	arch.RegisterCompat(&p)
	return &m
}

// MachineOf32 finds the machine whose 32-bit Linux programs a kernel of 64 bits runs; nil if there is none.
func MachineOf32(native *cpu.Arch) *Machine {
	for _, m := range machines32() {
		if m.kernel64.Arch == native {
			return m
		}
	}
	return nil
}
