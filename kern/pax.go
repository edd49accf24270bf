package kern

import (
	"nbemu/abi"
	"nbemu/mem"
)

// PaX (kern_pax.c): what exec finds in a program's note and the switches below security.pax make of a process.

// PaX flags of a process (p_pax).
const (
	PaxASLR     = 0x01
	PaxMprotect = 0x02
	PaxGuard    = 0x04
)

// Pax are the switches below security.pax. All are off unless asked for: programs then load at the same
// addresses each time.
type Pax struct {
	ASLR, Mprotect, Guard PaxFeature
}

// PaxFeature is one of the features: Enabled makes it available to programs that ask for it in a note, Global
// gives it to all that do not refuse.
type PaxFeature struct{ Enabled, Global bool }

// SegvguardConf are the numbers below security.pax.segvguard; times are in seconds.
type SegvguardConf struct{ MaxCrashes, Expiry, Suspend int32 }

// PaxMprotectMax is the most protection that a mapping with prot may ever have, extra being what it asked to be given
// later (pax_mprotect_maxprotect).
func PaxMprotectMax(flags uint32, prot, extra, maxProt uint8) uint8 {
	if flags&PaxMprotect == 0 {
		return maxProt
	}
	return (prot | extra) & maxProt
}

// PaxMprotectValidate refuses memory that can be written and executed (pax_mprotect_validate). Error: EACCES.
func PaxMprotectValidate(flags uint32, prot uint8) abi.Errno {
	if flags&PaxMprotect != 0 && prot&(mem.ProtWrite|mem.ProtExec) == mem.ProtWrite|mem.ProtExec {
		return abi.EACCES
	}
	return abi.OK
}

// PaxMprotectAdjust takes either write or execute permission away (pax_mprotect_adjust).
func PaxMprotectAdjust(flags uint32, prot, maxProt uint8) (uint8, uint8) {
	if flags&PaxMprotect == 0 {
		return prot, maxProt
	}
	off := uint8(mem.ProtExec)
	if prot&(mem.ProtWrite|mem.ProtExec) == mem.ProtExec {
		off = mem.ProtWrite
	}
	return prot &^ off, maxProt &^ off
}

// Bits of randomness of where mappings begin (PAX_ASLR_DELTA_MMAP_LEN).
const (
	aslrMmapBits64 = 32
	aslrMmapBits32 = 16
)

// PaxASLRInit decides how far below the usual place the mappings of a new program begin (pax_aslr_init_vm).
func (p *Proc) PaxASLRInit(random uint32) {
	p.aslrMmap = 0
	if p.Pax&PaxASLR == 0 {
		return
	}
	bits := aslrMmapBits32
	if p.Arch.Model.LP64() {
		bits = aslrMmapBits64
	}
	p.aslrMmap = (uint64(random) & (1<<bits - 1)) * p.Arch.PageSize
}

// PaxASLRMmap moves the place where a mapping would begin (pax_aslr_mmap).
func (p *Proc) PaxASLRMmap(addr uint64) uint64 {
	if addr < p.aslrMmap+p.Arch.PageSize+p.Arch.MinAddr {
		return addr
	}
	return addr - p.aslrMmap
}

// ctlSwitch is an int that stands for a bool.
func ctlSwitch(name, desc string, v *bool) *SysctlNode {
	n := ctlInt(ctlCreate, name, desc, func(*LWP) int32 { return b2i(*v) })
	n.Store = func(_ *LWP, x any) abi.Errno {
		i, ok := x.(int32)
		if !ok {
			return abi.EINVAL
		}
		*v = i != 0
		return abi.OK
	}
	return n
}

func (k *Kernel) sysctlPax() *SysctlNode {
	limits := func(name, desc string, v *int32) *SysctlNode {
		return ctlVar(ctlCreate, name, desc, v, 1, 1<<31-1)
	}
	feature := func(name, desc string, f *PaxFeature, more ...*SysctlNode) *SysctlNode {
		return ctlNode(ctlCreate, name, desc, append([]*SysctlNode{
			ctlSwitch("enabled", "Whether programs can have it", &f.Enabled),
			ctlSwitch("global", "Whether programs have it that do not refuse", &f.Global),
		}, more...)...)
	}
	return ctlNode(ctlCreate, "pax", "PaX: what makes exploits harder",
		feature("mprotect", "Memory is never writable and executable", &k.PaxConf.Mprotect,
			ctlConst(ctlCreate, "ptrace", "Whether traced programs are exempt", 1)),
		feature("segvguard", "Programs that crash often are suspended", &k.PaxConf.Guard,
			limits("expiry_timeout", "Seconds after which a crash is forgotten", &k.GuardConf.Expiry),
			limits("suspend_timeout", "Seconds of a suspension", &k.GuardConf.Suspend),
			limits("max_crashes", "Crashes until a suspension", &k.GuardConf.MaxCrashes)),
		feature("aslr", "Random addresses", &k.PaxConf.ASLR,
			ctlInt(ctlCreate, "mmap_len", "Random bits of mmap's addresses", func(l *LWP) int32 {
				if l.Model().LP64() {
					return aslrMmapBits64
				}
				return aslrMmapBits32
			}),
			ctlConst(ctlCreate, "stack_len", "Random bits of the stack's address", 16),
			ctlConst(ctlCreate, "exec_len", "Random bits of a program's address", 12)),
	)
}
