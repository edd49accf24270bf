package execve

import (
	"encoding/binary"

	"nbemu/cpu"
	"nbemu/kern"
)

// User-mode selectors and flags of NetBSD/amd64 (segments.h, psl.h): code and data lie in the LDT, fs and gs
// show the data descriptor of the GDT.
const (
	amd64UserCS = 8<<3 | 4 | 3
	amd64UserDS = 7<<3 | 4 | 3
	amd64UserFS = 4<<3 | 3
	pslUserSet  = 0x202 // interrupts on, and the bit that is always set
)

// Initial floating-point control words. Programs older than 6.99.26 get x87 with 53 bits of precision.
const (
	amd64FCW       = 0x037f
	amd64CompatFCW = 0x127f
	amd64MXCSR     = 0x1f80
	amd64MXCSRMask = 0xffff
	amd64NewFCW    = 699002600
)

// SetregsAMD64 is setregs of NetBSD/amd64: the address of ps_strings in rbx, everything else 0.
func SetregsAMD64(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[cpu.AMD64_RIP], r[cpu.AMD64_RSP], r[cpu.AMD64_RBX] = entry, stack, psStrings
	r[cpu.AMD64_RFLAGS] = pslUserSet
	r[cpu.AMD64_CS] = amd64UserCS
	r[cpu.AMD64_SS], r[cpu.AMD64_DS], r[cpu.AMD64_ES] = amd64UserDS, amd64UserDS, amd64UserDS
	r[cpu.AMD64_FS], r[cpu.AMD64_GS] = amd64UserFS, amd64UserFS
	amd64ClearFPU(l, amd64FCW)
}

// amd64ClearFPU resets the floating-point unit (fpu_clear); Context.FP is in FXSAVE format.
func amd64ClearFPU(l *kern.LWP, fcw uint16) {
	fp := &l.Ctx.FP
	clear(fp[:])
	binary.LittleEndian.PutUint16(fp[0:], fcw)
	binary.LittleEndian.PutUint32(fp[24:], amd64MXCSR)
	binary.LittleEndian.PutUint32(fp[28:], amd64MXCSRMask)
}

// amd64ElfSetregs is what the release a program was made for changes.
func amd64ElfSetregs(l *kern.LWP, epp *Package, _ uint64) {
	if epp.OSVersion < amd64NewFCW {
		amd64ClearFPU(l, amd64CompatFCW)
	}
}
