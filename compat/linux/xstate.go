package linux

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// The floating-point state in a signal frame: an FXSAVE image; where the processor has more state than that knows,
// and the thread has used it, an XSAVE image, whose presence the last bytes of the first part tell of
// (arch/x86/kernel/fpu/signal.c).

const (
	fpSoftware  = 464 // where FXSAVE's part has room for struct _fpx_sw_bytes
	xstateAt    = 512 // XSAVE's header, which begins with the set of components
	xstateEnd   = 576
	fpMagic1    = 0x46505853
	fpMagic2    = 0x46505845
	fxComponent = 3 // x87 and SSE

	// ucFPXState in uc_flags: an XSAVE image is what Fpstate points to.
	ucFPXState = 1
)

// extended says whether the thread has more state than FXSAVE knows. Its state is in Ctx.
func extended(l *kern.LWP) bool { return le.Uint64(l.Ctx.FP[xstateAt:])&^fxComponent != 0 }

// fpImage is the state as a frame has it. before is how many bytes of another form of it stand before, which the whole
// length that it names counts.
func fpImage(l *kern.LWP, before uint32) []byte {
	l.SyncFP()
	if !extended(l) {
		fp := make([]byte, fpSizeAMD64)
		copy(fp, l.Ctx.FP[:fpSoftware])
		return fp
	}
	fp := make([]byte, cpu.XSaveSize+4)
	copy(fp, l.Ctx.XSave()[:])
	components := le.Uint64(fp[xstateAt:]) | fxComponent
	le.PutUint64(fp[xstateAt:], components)
	sw := fp[fpSoftware:fpSizeAMD64]
	clear(sw)
	le.PutUint32(sw, fpMagic1)
	le.PutUint32(sw[4:], before+uint32(len(fp)))
	le.PutUint64(sw[8:], components)
	le.PutUint32(sw[16:], cpu.XSaveSize)
	le.PutUint32(fp[cpu.XSaveSize:], fpMagic2)
	return fp
}

// setFPImage restores the state from a frame. What the frame does not have is as at first; change may alter FXSAVE's part
// before it counts, if there is one.
func setFPImage(l *kern.LWP, at uint64, change func(fx []byte)) bool {
	fp := make([]byte, cpu.XSaveSize+4)
	if l.Copyin(fp[:fpSizeAMD64], at) != abi.OK {
		return false
	}
	sw := fp[fpSoftware:fpSizeAMD64]
	whole := le.Uint32(sw) == fpMagic1 && le.Uint32(sw[16:]) == cpu.XSaveSize && le.Uint32(sw[4:]) >= cpu.XSaveSize &&
		l.Copyin(fp[fpSizeAMD64:], at+fpSizeAMD64) == abi.OK && le.Uint32(fp[cpu.XSaveSize:]) == fpMagic2
	l.SyncFP()
	// Bits of mxcsr that do not exist would make the processor refuse the state.
	le.PutUint32(fp[24:], le.Uint32(fp[24:])&0xffff)
	copy(l.Ctx.FP[:fpSoftware], fp)
	clear(l.Ctx.FP[xstateAt:xstateEnd])
	if whole {
		copy(l.Ctx.XSave()[xstateEnd:], fp[xstateEnd:cpu.XSaveSize])
		le.PutUint64(l.Ctx.FP[xstateAt:], le.Uint64(sw[8:])&le.Uint64(fp[xstateAt:]))
	}
	if change != nil {
		change(l.Ctx.FP[:fpSizeAMD64])
	}
	l.FPChanged()
	return true
}
