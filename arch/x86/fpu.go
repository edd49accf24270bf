package x86

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/signals"
)

// FXSaveSize is the size of an FXSAVE image.
const FXSaveSize = 512

// PSLTrace is the flag in rflags that makes each instruction end in a trap (PSL_T).
const PSLTrace = 0x100

// Step is Regset.Sstep: the processor traps by itself.
func Step(l *kern.LWP, on bool) {
	l.Ctx.R[RFLAGS] &^= PSLTrace
	if on {
		l.Ctx.R[RFLAGS] |= PSLTrace
	}
}

// ReadFXSave reads the 512 bytes of FXSAVE: amd64's struct fpreg, i386's struct xmmregs.
func ReadFXSave(l *kern.LWP, b []byte) {
	l.SyncFP()
	copy(b, l.Ctx.FP[:FXSaveSize])
}

// WriteFXSave is the other way. What the processor has beside that stays as it is, as in NetBSD's signal frames, which
// have no room for it.
func WriteFXSave(l *kern.LWP, b []byte) {
	l.SyncFP()
	copy(l.Ctx.FP[:FXSaveSize], b)
	l.FPChanged()
}

// XMMRegs is i386's struct xmmregs.
func XMMRegs(get int32) signals.RegSet {
	return signals.RegSet{Name: "xmmregs", Get: get, Size: FXSaveSize, Read: ReadFXSave, Write: func(l *kern.LWP, b []byte) abi.Errno {
		WriteFXSave(l, b)
		return abi.OK
	}}
}

// PSLUserSet is rflags of a new program: interrupts on, and the bit that is always set.
const PSLUserSet = 0x202

// Flags of programs (sys/arch/x86/include/psl.h).
const (
	// PSLUser is what a program may set in rflags (PSL_USER).
	PSLUser = 0x00040dd5
	// PSLUserStatic is what must be as it is (PSL_USERSTATIC): bits that are one or zero, interrupts, I/O privilege,
	// nested task, virtual 8086 mode and its interrupts.
	PSLUserStatic = 0x00000002 | 0xffc08028 | 0x00000200 | 0x00003000 | 0x00004000 | 0x00020000 | 0x00080000 | 0x00100000
)

// Initial floating-point control words. On amd64 programs older than 6.99.26 get x87 with 53 bits of precision.
const (
	FCW       = 0x037f
	mxcsr     = 0x1f80
	mxcsrMask = 0xffff
)

// ClearFPU resets the floating-point unit (fpu_clear); Context.FP is in FXSAVE format.
func ClearFPU(l *kern.LWP, fcw uint16) {
	fp := &l.Ctx.FP
	clear(fp[:])
	binary.LittleEndian.PutUint16(fp[0:], fcw)
	binary.LittleEndian.PutUint32(fp[24:], mxcsr)
	binary.LittleEndian.PutUint32(fp[28:], mxcsrMask)
}

// StartFP is what a context needs beside registers to execute anything: unmasked exceptions would trap at once.
func StartFP(c *cpu.Context) {
	c.FP[1], c.FP[0], c.FP[24], c.FP[25] = 3, 0x7f, 0x80, 0x1f
}
