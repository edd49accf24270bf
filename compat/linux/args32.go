package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/strace"
)

// Arguments on machines whose registers have 32 bits: a row of words, of which an argument of 64 bits takes two.

type argKind uint8

const (
	argSigned   argKind = iota // sign-extended
	argUnsigned                // zero-extended
	argWide                    // two words
	argLowHigh                 // two words, the lower first on every machine, and never aligned
)

// shape is what the arguments of a call look like.
type shape []argKind

// unsigned are the types, beside pointers, that are as wide as those and have no sign.
var unsigned = map[strace.ArgType]bool{strace.Ptr: true, strace.Size: true, strace.Ulong: true, strace.Hex: true, strace.Uint: true,
	// Flags, addresses and others of Linux' own types.
	strace.LxArchPrctlArg: true, strace.LxCloneRest: true, strace.LxCloseRangeFlags: true,
	strace.LxDeleteModuleFlags: true, strace.LxDev: true, strace.LxFallocFlags: true, strace.LxFanFlags: true,
	strace.LxFanMarkFlags: true, strace.LxFcntlArg: true, strace.LxFsconfig: true, strace.LxFsmountFlags: true,
	strace.LxFsopenFlags: true, strace.LxFspickFlags: true, strace.LxFutex2Flags: true, strace.LxFutexAddr: true,
	strace.LxFutexTime: true, strace.LxFutexTime64: true, strace.LxFutexValue: true, strace.LxGetMempolicyFlags: true,
	strace.LxHex8: true, strace.LxInotifyMask: true, strace.LxIoctlArg: true, strace.LxIpcCall: true,
	strace.LxIpcgetFlags: true, strace.LxKcmpIdx: true, strace.LxKexecFlags: true, strace.LxKeyctlArg: true,
	strace.LxLandlockFlags: true, strace.LxLsmAttr: true, strace.LxMbindFlags: true, strace.LxMembarrierFlags: true,
	strace.LxMlockFlags: true, strace.LxMlockallFlags: true, strace.LxModuleFlags: true, strace.LxMountAttr: true,
	strace.LxMountFlags: true, strace.LxMoveMountFlags: true, strace.LxMovePagesFlags: true, strace.LxMqOpenAttr: true,
	strace.LxMremapAddr: true, strace.LxMremapFlags: true, strace.LxMsgBuf: true, strace.LxMsgopFlags: true,
	strace.LxMsyncFlags: true, strace.LxNone: true, strace.LxOldMask: true, strace.LxOpenTreeFlags: true,
	strace.LxPerfFlags: true, strace.LxPersonality: true, strace.LxPidfdFlags: true, strace.LxPkeyRights: true,
	strace.LxPrctlArg: true, strace.LxPtraceAddr: true, strace.LxPtraceData: true, strace.LxReboot1: true,
	strace.LxReboot2: true, strace.LxReboot3: true, strace.LxRemapFlags: true, strace.LxRenameFlags: true,
	strace.LxRseqFlags: true, strace.LxRwfFlags: true, strace.LxSeccompArg: true, strace.LxSeccompFlags: true,
	strace.LxSeccompOp: true, strace.LxSemArg: true, strace.LxSetnsFlags: true, strace.LxShmBuf: true,
	strace.LxShmatFlags: true, strace.LxShmgetFlags: true, strace.LxSpliceFlags: true, strace.LxSwapFlags: true,
	strace.LxSyncRangeFlags: true, strace.LxTfdTimeFlags: true, strace.LxUmountFlags: true, strace.LxUnshareFlags: true,
	strace.LxWaitOptions: true, strace.LxXattrFlags: true,
}

func shapeOf(sig *strace.Sig) (s shape) {
	for i := range sig.Args {
		a := &sig.Args[i]
		switch {
		case a.Pad: // the upper half of the offset before it
			s[len(s)-1] = argLowHigh
			s = append(s, argLowHigh)
		case a.Size64:
			s = append(s, argWide)
		case a.Type.IsPtr() || unsigned[a.Type]:
			s = append(s, argUnsigned)
		default:
			s = append(s, argSigned)
		}
	}
	return s
}

// maxWords32 is the most words that the arguments of a call take.
const maxWords32 = 8

// words are a call's argument words; have of them are there, others must be fetched.
type words struct {
	w     [maxWords32]uint32
	have  int
	first int                                          // of the words that are not in registers: how many others come before them
	fetch func(l *kern.LWP, i int) (uint32, abi.Errno) // of the words that are not in registers; nil: none are
}

func (w *words) at(l *kern.LWP, i int) (uint32, abi.Errno) {
	switch {
	case i < w.have:
		return w.w[i], abi.OK
	case w.fetch != nil:
		return w.fetch(l, i+w.first)
	}
	return 0, abi.OK
}

// call32 does a system call with argument words. The result is as wide as a register.
func (m *Machine) call32(l *kern.LWP, num int, w *words) (uint32, abi.Errno) {
	a := &l.Args
	*a = kern.Args{}
	if num >= 0 && num < len(m.shapes) {
		if err := m.spread(l, m.shapes[num], w, a); err != abi.OK {
			return 0, err
		}
	}
	rv, err := m.invoke(l, num, a)
	return uint32(rv.R0), err
}

// spread makes one register of 64 bits of each argument.
func (m *Machine) spread(l *kern.LWP, s shape, w *words, a *kern.Args) abi.Errno {
	at := 0
	for i := 0; i < len(s) && i < len(a); i++ {
		if s[i] == argWide && m.pairsAligned {
			at += at & 1
		}
		lo, err := w.at(l, at)
		if err != abi.OK {
			return err
		}
		at++
		switch s[i] {
		case argSigned:
			a[i] = uint64(int64(int32(lo)))
			continue
		case argUnsigned:
			a[i] = uint64(lo)
			continue
		}
		hi, err := w.at(l, at)
		if err != abi.OK {
			return err
		}
		at++
		if m.Arch.Model.BigEndian && s[i] == argWide {
			lo, hi = hi, lo
		}
		a[i] = uint64(hi)<<32 | uint64(lo)
		if s[i] == argLowHigh {
			i++ // the pad has no words of its own
		}
	}
	return abi.OK
}

// result32 stores what a call has brought where the machine has its result and errors in one register: the result, or
// the negated error.
func (m *Machine) result32(err abi.Errno, v uint32) (uint64, bool) {
	switch err {
	case abi.OK:
		return uint64(v), true
	case abi.ERESTART, abi.EJUSTRETURN:
		return 0, false
	}
	return uint64(uint32(-int32(m.errnoOut(err)))), true
}
