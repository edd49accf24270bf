package execve

import (
	"math/bits"

	"nbemu/kern"
)

// The switches and flags are the kernel's.
type (
	Pax        = kern.Pax
	PaxFeature = kern.PaxFeature
)

// PaX flags of a process (p_pax).
const (
	PaxASLR     = kern.PaxASLR
	PaxMprotect = kern.PaxMprotect
	PaxGuard    = kern.PaxGuard
)

// Bits of a PaX note: for each feature one to ask for it, the next to refuse it.
const (
	notePaxMprotect = 0x01
	notePaxGuard    = 0x04
	notePaxASLR     = 0x10
)

func paxActive(f PaxFeature, note, bit uint32) bool {
	if !f.Enabled {
		return false
	}
	if f.Global {
		return note&(bit<<1) == 0
	}
	return note&bit != 0
}

// paxFlags turns a note into process flags (pax_setup_elf_flags). As in NetBSD a program without a note gets
// nothing, not even what is global: the note is where they are set.
func paxFlags(p *Pax, note uint32) (flags uint32) {
	if paxActive(p.ASLR, note, notePaxASLR) {
		flags |= PaxASLR
	}
	if paxActive(p.Mprotect, note, notePaxMprotect) {
		flags |= PaxMprotect
	}
	if paxActive(p.Guard, note, notePaxGuard) {
		flags |= PaxGuard
	}
	return flags
}

// Bits of randomness (PAX_ASLR_DELTA_*_LEN): 32-bit programs have fewer.
const (
	aslrExecBits    = 12
	aslrStackBits64 = 16
	aslrStackBits32 = 12
	aslrStackLSB    = 12
	aslrStackWaste  = 8 // at most an eighth of the stack is given up
)

func (epp *Package) aslr() bool {
	return epp.PaxFlags&PaxASLR != 0 && (epp.Flags&TopdownVM != 0 || !epp.model().LP64())
}

// aslrOffset is a random multiple of align, plus a page.
func (epp *Package) aslrOffset(align, page uint64) uint64 {
	align = max(align, page)
	delta := uint64(epp.env.Random()) & (1<<aslrExecBits - 1) << (bits.Len64(align) - 1)
	return delta&^(align-1) + page
}

// paxExecOffset is where a position independent program starts (pax_aslr_exec_offset).
func (epp *Package) paxExecOffset(align, page uint64) uint64 {
	if !epp.aslr() {
		return max(align, page)
	}
	return roundup(epp.aslrOffset(align, page)+page, max(align, page))
}

// paxRtldOffset moves the interpreter (pax_aslr_rtld_offset).
func (epp *Package) paxRtldOffset(align, page uint64) uint64 {
	if !epp.aslr() {
		return 0
	}
	off := epp.aslrOffset(align, page)
	if epp.Flags&TopdownVM != 0 {
		return -off
	}
	return off
}

// paxStack lowers the top of the stack (pax_aslr_stack).
func (epp *Package) paxStack(maxStack uint64) uint64 {
	if !epp.aslr() {
		return maxStack
	}
	n := aslrStackBits64
	if !epp.model().LP64() {
		n = aslrStackBits32
	}
	d := uint64(epp.env.Random()) & (1<<n - 1) << aslrStackLSB
	d &= 1<<(bits.Len64(maxStack/aslrStackWaste)-1) - 1
	epp.MinSaddr -= d
	return maxStack - d
}

// paxStackGap is unused room above the strings (pax_aslr_stack_gap).
func (epp *Package) paxStackGap(page uint64) uint64 {
	if !epp.aslr() {
		return 0
	}
	return uint64(epp.env.Random()) % page
}
