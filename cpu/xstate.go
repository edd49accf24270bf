package cpu

// XState says which components of the processor's state programs of x86 have, and where an XSAVE image has them: in
// Context.XSave. Component numbers are those of XCR0's bits.
type XState struct {
	Features uint64
	At       [xstateComponents]struct{ Offset, Size uint16 }
}

// Components of an XSAVE image.
const (
	XStateX87, XStateSSE                        = 0, 1
	XStateAVX                                   = 2
	XStateOpmask, XStateZMMHi256, XStateHi16ZMM = 5, 6, 7

	xstateComponents = 8

	// XStateHeader is where an image says which components it has that are not as at first.
	XStateHeader = 512
	xstateLegacy = XStateHeader + 64
)

// FXSaveFeatures are the components that FXSAVE knows.
const FXSaveFeatures = 1<<XStateX87 | 1<<XStateSSE

// EmulatedXState is what the emulated processors have.
var EmulatedXState = XState{
	Features: FXSaveFeatures | 1<<XStateAVX,
	At:       [xstateComponents]struct{ Offset, Size uint16 }{XStateAVX: {xstateLegacy, 256}},
}

// Len is how long an image is.
func (x *XState) Len() int {
	n := xstateLegacy
	for i, c := range x.At {
		if x.Features>>i&1 != 0 {
			n = max(n, int(c.Offset)+int(c.Size))
		}
	}
	return n
}
