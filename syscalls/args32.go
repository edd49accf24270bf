package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/strace"
)

// Arguments of machines with 32-bit registers. There a call's arguments are a row of 32-bit words, of which
// off_t and the like take two, and PADs keep those aligned; handlers expect one register of 64 bits each.

// argKind says what becomes of the words of one argument.
type argKind uint8

const (
	argSigned   argKind = iota // int, long: sign-extended
	argUnsigned                // pointers, size_t, unsigned: zero-extended
	argWide                    // two words
)

// shape is what the arguments of one call look like.
type shape struct {
	kinds []argKind
	words int
	wide  bool // the result takes two registers
}

// shapes32 are the shapes of the native table's calls, made when the first is wanted: that takes a tenth of a
// millisecond, which a 64-bit program need not wait for. The kernel lock protects it.
var shapes32 []shape

func makeShapes() {
	shapes32 = make([]shape, len(Sysent))
	for i := range Sysent {
		shapes32[i] = shapeOf(&Sysent[i].Sig)
	}
}

// maxWords is the most words that the arguments of a call take.
const maxWords = 16

func shapeOf(sig *strace.Sig) shape {
	s := shape{wide: sig.Ret == strace.RetOff}
	for i := range sig.Args {
		a := &sig.Args[i]
		k, n := argSigned, 1
		switch {
		case a.Type == strace.Rest:
			continue
		case a.Size64 || a.Type.Is64():
			k, n = argWide, 2
		case a.Type.IsPtr() || unsignedTypes[a.Type]:
			k = argUnsigned
		}
		if len(s.kinds) < len(kern.Args{}) && s.words+n <= maxWords {
			s.kinds = append(s.kinds, k)
			s.words += n
		}
	}
	return s
}

// unsignedTypes are the scalar types that are unsigned or addresses and as wide as a pointer.
var unsignedTypes = map[strace.ArgType]bool{
	strace.Ptr: true, strace.Size: true, strace.Ulong: true, strace.Hex: true, strace.Uint: true,
	strace.IoctlCmd: true, strace.IoctlData: true, strace.FcntlArg: true,
	strace.ModctlArg: true, strace.SemArg: true, strace.ShmidBuf: true, strace.MsqidBuf: true,
}

// shapeFor returns the shape of a call; numbers outside of the table, below 0 too (m68k, riscv64), have none. Preconditions: kernel lock.
func shapeFor(code int) *shape {
	if shapes32 == nil {
		makeShapes()
	}
	if code >= 0 && code < len(shapes32) {
		return &shapes32[code]
	}
	return &shape{}
}

// Words32 are the argument words of a call: the first N of them from registers, the rest still on the stack at SP.
type Words32 struct {
	W         [maxWords + 2]uint32
	N         int    // how many are in w
	SP        uint64 // where the others are
	BigEndian bool
}

// need reads words from the stack until there are n. Error: EFAULT.
func (w *Words32) need(l *kern.LWP, n int) abi.Errno {
	n = min(n, len(w.W))
	if n <= w.N {
		return abi.OK
	}
	var b [4 * len(w.W)]byte
	k := 4 * (n - w.N)
	if err := l.Copyin(b[:k], w.SP); err != abi.OK {
		return err
	}
	m := l.Model()
	for i := 0; i < k; i += 4 {
		w.W[w.N] = uint32(m.Uint(b[i:], 4))
		w.N++
	}
	w.SP += uint64(k)
	return abi.OK
}

// shift drops the first n words, those of the number in an indirect call. Error: EFAULT.
func (w *Words32) shift(l *kern.LWP, n int) abi.Errno {
	if err := w.need(l, n); err != abi.OK {
		return err
	}
	w.N -= n
	copy(w.W[:w.N], w.W[n:])
	return abi.OK
}

// indirect resolves syscall(2) and __syscall(2), whose number is the first argument. Error: EFAULT.
func (w *Words32) indirect(l *kern.LWP, code int) (int, abi.Errno) {
	switch code {
	case sysSyscall:
		if err := w.need(l, 1); err != abi.OK {
			return code, err
		}
		code = int(w.W[0] & 511)
		return code, w.shift(l, 1)
	case sys__Sycall:
		if err := w.need(l, 2); err != abi.OK {
			return code, err
		}
		low := w.W[0]
		if w.BigEndian {
			low = w.W[1]
		}
		code = int(low & 511)
		return code, w.shift(l, 2)
	}
	return code, abi.OK
}

// args makes the arguments that handlers expect. Error: EFAULT.
func (w *Words32) args(l *kern.LWP, s *shape) (a kern.Args, err abi.Errno) {
	if err = w.need(l, s.words); err != abi.OK {
		return a, err
	}
	at := 0
	for i, k := range s.kinds {
		switch k {
		case argSigned:
			a[i] = uint64(int64(int32(w.W[at])))
		case argUnsigned:
			a[i] = uint64(w.W[at])
		case argWide:
			lo, hi := w.W[at], w.W[at+1]
			if w.BigEndian {
				lo, hi = hi, lo
			}
			a[i] = uint64(hi)<<32 | uint64(lo)
			at++
		}
		at++
	}
	return a, abi.OK
}

// Call does a whole call; the results are 32-bit words in register order.
func (w *Words32) Call(l *kern.LWP, code int) (r0, r1 uint32, err abi.Errno) {
	code, err = w.indirect(l, code)
	if err != abi.OK {
		return 0, 0, err
	}
	s := shapeFor(code)
	if l.Args, err = w.args(l, s); err != abi.OK {
		return 0, 0, err
	}
	rv, err := l.Invoke(code, &l.Args)
	r0, r1 = uint32(rv.R0), uint32(rv.R1)
	if s.wide {
		r1 = uint32(rv.R0 >> 32)
		if w.BigEndian {
			r0, r1 = r1, r0
		}
	}
	return r0, r1, err
}

// sext is a 32-bit value as a register of 64 bits holds it.
func sext(v uint32) uint64 { return uint64(int64(int32(v))) }

// Narrow makes of registers of 64 bits that hold 32-bit values, sign-extended, what handlers expect.
func Narrow(code int, a *kern.Args) {
	for i, k := range shapeFor(code).kinds {
		switch k {
		case argSigned:
			a[i] = sext(uint32(a[i]))
		case argUnsigned:
			a[i] = uint64(uint32(a[i]))
		}
	}
}

// Wide reports whether a call's result has 64 bits whatever the size of a pointer.
func Wide(code int) bool { return shapeFor(code).wide }
