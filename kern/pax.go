package kern

import (
	"nbemu/abi"
	"nbemu/cpu"
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
	ASLRMmapBits64 = 32
	ASLRMmapBits32 = 16
)

// bottomUpData is the largest data segment that is skipped by kernels that place mappings upwards: there was none larger
// at their time.
const bottomUpData = 1 << 30

// BottomUpAddr is where mappings begin on kernels that place them upwards (VM_DEFAULT_ADDRESS_BOTTOMUP): above the largest
// data segment that a program whose data begin at daddr can have.
func BottomUpAddr(a *cpu.Arch, daddr uint64) uint64 {
	return (daddr + min(a.MaxData, bottomUpData) + a.PageSize - 1) &^ (a.PageSize - 1)
}

// PaxASLRInit decides how far below the usual place the mappings of a new program begin (pax_aslr_init_vm).
func (p *Proc) PaxASLRInit(random uint32) {
	p.aslrMmap = 0
	if p.Pax&PaxASLR == 0 {
		return
	}
	bits := ASLRMmapBits32
	if p.Arch.Model.LP64() {
		bits = ASLRMmapBits64
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

// DefaultMapaddr is where n bytes are mapped when nobody minds (uvm_default_mapaddr): the search begins there, and goes down
// unless the address space is filled upwards.
func (p *Proc) DefaultMapaddr(n uint64) uint64 {
	if p.VM.BottomUp {
		return BottomUpAddr(p.Arch, p.VM.Brk.Base)
	}
	return (p.Arch.UserMax - p.Arch.MaxStack - n) &^ (p.Arch.PageSize - 1)
}
