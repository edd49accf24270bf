package x86

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/signals"
)

// struct xstate, which PT_GETXSTATE shows (sys/arch/x86/include/cpu_extended_state.h): what there is, what is not as at
// first, FXSAVE's image, and the parts of XSAVE's at places of their own.
const (
	xsRFBM, xsBV, xsFX = 0, 8, 16

	xStateSize = xsFX + FXSaveSize + 256 + 64 + 512 + 1024

	xmmAt, xmmEnd = 160, 416
	x87At, x87End = 32, 160
)

// xstateParts are the components after FXSAVE's, in the structure's order.
var xstateParts = []struct{ component, at, size int }{
	{cpu.XStateAVX, xsFX + FXSaveSize, 256},
	{cpu.XStateOpmask, xsFX + FXSaveSize + 256, 64},
	{cpu.XStateZMMHi256, xsFX + FXSaveSize + 320, 512},
	{cpu.XStateHi16ZMM, xsFX + FXSaveSize + 832, 1024},
}

// XState is struct xstate. The buffer may be shorter, because the structure grows.
func XState(get int32) signals.RegSet {
	return signals.RegSet{Name: "xstate", Get: get, Size: xStateSize, Iovec: true, Read: readXState, Write: writeXState}
}

// readXState is process_read_xstate.
func readXState(l *kern.LWP, b []byte) {
	le := binary.LittleEndian
	l.SyncFP()
	x := l.XState()
	image := l.Ctx.XSave()
	clear(b)
	have := x.Features & (le.Uint64(image[cpu.XStateHeader:]) | cpu.FXSaveFeatures)
	le.PutUint64(b[xsRFBM:], x.Features)
	le.PutUint64(b[xsBV:], have)
	copy(b[xsFX:][:FXSaveSize], image[:])
	for _, p := range xstateParts {
		if c := x.At[p.component]; have>>p.component&1 != 0 && int(c.Size) >= p.size {
			copy(b[p.at:][:p.size], image[c.Offset:])
		}
	}
}

// writeXState is process_verify_xstate and process_write_xstate. What the set of components to be changed has and the one
// of those with a value has not becomes as at first. Error: EINVAL for components that are none.
func writeXState(l *kern.LWP, b []byte) abi.Errno {
	le := binary.LittleEndian
	x := l.XState()
	change, have := le.Uint64(b[xsRFBM:]), le.Uint64(b[xsBV:])
	if have&^change != 0 || change&^x.Features != 0 {
		return abi.EINVAL
	}
	l.SyncFP()
	image := l.Ctx.XSave()
	fx := b[xsFX:][:FXSaveSize]
	const x87, sse, avx = 1 << cpu.XStateX87, 1 << cpu.XStateSSE, 1 << cpu.XStateAVX
	if change&x87 != 0 {
		clear(image[:24])
		clear(image[x87At:x87End])
		le.PutUint16(image[:], FCW)
		if have&x87 != 0 {
			copy(image[:24], fx)
			copy(image[x87At:x87End], fx[x87At:])
		}
	}
	if have&(sse|avx) != 0 {
		le.PutUint32(image[24:], le.Uint32(fx[24:])&mxcsrMask)
	}
	if change&sse != 0 {
		clear(image[xmmAt:xmmEnd])
		if have&sse != 0 {
			copy(image[xmmAt:xmmEnd], fx[xmmAt:])
		}
	}
	le.PutUint64(image[cpu.XStateHeader:], le.Uint64(image[cpu.XStateHeader:])&^change|have)
	for _, p := range xstateParts {
		if c := x.At[p.component]; have>>p.component&1 != 0 && int(c.Size) >= p.size {
			copy(image[c.Offset:][:p.size], b[p.at:])
		}
	}
	l.FPChanged()
	return abi.OK
}
