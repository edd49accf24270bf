package execve

import (
	"nbemu/abi"
	"nbemu/mem"
)

// setupStack adds the stack's commands by the entry's own function or execSetupStack.
func (epp *Package) setupStack() abi.Errno {
	if f := epp.Esch.SetupStack; f != nil {
		return f(epp)
	}
	return execSetupStack(epp)
}

// execSetupStack adds the commands for a stack (exec_setup_stack): the part that the limit allows can be used,
// the rest up to the largest stack is kept free for a higher limit, and below that is a guard.
func execSetupStack(epp *Package) abi.Errno {
	a := epp.Emul().Arch
	epp.MinSaddr = a.StackTop
	maxStack := epp.paxStack(a.MaxStack)
	epp.Ssize = min(roundup(epp.env.Rlimit(abi.RLIMIT_STACK), a.PageSize), maxStack)
	epp.MaxSaddr = epp.MinSaddr - maxStack
	epp.GuardSize = epp.prof.Guard

	if epp.GuardSize > 0 {
		epp.VMCmds.add(VMCmd{Proc: MapZero, Len: epp.GuardSize, Addr: epp.MaxSaddr - epp.GuardSize, Flags: VMStack})
	}
	if noAccess := maxStack - epp.Ssize; noAccess > 0 {
		epp.VMCmds.add(VMCmd{Proc: MapZero, Len: noAccess, Addr: epp.MaxSaddr, Flags: VMStack})
	}
	if epp.Ssize > 0 {
		epp.VMCmds.add(VMCmd{Proc: MapZero, Len: epp.Ssize, Addr: epp.MinSaddr - epp.Ssize, Prot: mem.ProtRead | mem.ProtWrite, Flags: VMStack})
	}
	return abi.OK
}

// Strings is an array of strings to be copied in, argv or envp. It hides whether they lie in a program's
// memory or are ours (execve_fetch_element_t).
type Strings interface {
	// Fetch gives string i; more is false at the end of the array. max is the room for the string with its
	// NUL. Errors: EFAULT, ENAMETOOLONG.
	Fetch(i, max int) (s string, more bool, err abi.Errno)
}

// HostStrings are strings of ours. One that contains a NUL ends there.
type HostStrings []string

func (h HostStrings) Fetch(i, max int) (string, bool, abi.Errno) {
	if i >= len(h) {
		return "", false, abi.OK
	}
	s := h[i]
	for j := range len(s) {
		if s[j] == 0 {
			s = s[:j]
			break
		}
	}
	if len(s) >= max {
		return "", false, abi.ENAMETOOLONG
	}
	return s, true, abi.OK
}

// GuestStrings is an array of pointers at Addr in a program's memory, which ends in a null pointer.
type GuestStrings struct {
	VM    *mem.Space
	Model *abi.Model
	Addr  uint64
}

func (g GuestStrings) Fetch(i, max int) (string, bool, abi.Errno) {
	var b [8]byte
	p := b[:g.Model.PtrSize]
	if err := g.VM.Copyin(p, g.Addr+uint64(i*len(p))); err != abi.OK {
		return "", false, err
	}
	va := g.Model.Ptr(p)
	if va == 0 {
		return "", false, abi.OK
	}
	s, err := g.VM.CopyinStr(va, max)
	return s, true, err
}

// args are the argument and environment strings of a new program, one after the other with their NULs.
type args struct {
	buf        []byte
	argc, envc int
}

// room is what is left of ARG_MAX.
func (a *args) room() int { return abi.ARG_MAX - len(a.buf) }

func (a *args) add(s string) { a.buf = append(append(a.buf, s...), 0) }

// copyin appends all strings of src from number first on (copyinargstrs). Errors: E2BIG, EFAULT.
func (a *args) copyin(src Strings, first int) (n int, err abi.Errno) {
	for i := first; ; i++ {
		s, more, err := src.Fetch(i, a.room())
		switch {
		case err == abi.ENAMETOOLONG:
			return n, abi.E2BIG
		case err != abi.OK:
			return n, err
		case !more:
			return n, abi.OK
		}
		a.add(s)
		n++
	}
}

// copyinArgs collects the strings (copyinargs): the fake arguments of a script first. Errors: E2BIG; EINVAL
// for no argv at all; EFAULT. The environment may be missing.
func (epp *Package) copyinArgs(a *args, argv, envp Strings) (err abi.Errno) {
	if epp.Flags&HasArgl != 0 {
		epp.Flags &^= HasArgl
		fake := epp.FakeArgs
		epp.FakeArgs = nil
		for _, s := range fake {
			if len(s) >= a.room() {
				return abi.E2BIG
			}
			a.add(s)
			a.argc++
		}
	}
	if argv == nil {
		return abi.EINVAL
	}
	first := 0
	if epp.Flags&SkipArg != 0 {
		// As in NetBSD nobody looks whether there is an argv[0] to skip.
		first = 1
	}
	n, err := a.copyin(argv, first)
	a.argc += n
	if err != abi.OK || envp == nil {
		return err
	}
	a.envc, err = a.copyin(envp, 0)
	return err
}

// StackImage is the contents of a new stack, from the initial stack pointer to the top: argc, the pointers to
// arguments and environment, what the format adds (the auxiliary vector), the strings, a gap, and ps_strings.
type StackImage struct {
	Model      *abi.Model
	Base       uint64 // the initial stack pointer, the address of Data[0]
	Data       []byte
	Argc, Envc int
	Argv, Envp uint64 // addresses of the pointers
	Extra      uint64 // address of what the format adds
	Strings    uint64 // address of the strings
	StringsLen uint64
	PsStrings  uint64 // address of struct ps_strings

	strings []byte
	bad     bool // something did not fit
}

// newStackImage lays out the stack below top (calcargs, calcstack). argLen is the format's own room, align what
// strings are padded to, sigcode a size that counts though nothing is there any more.
func newStackImage(prof *Profile, m *abi.Model, top uint64, a *args, argLen, gap, align, stackAlign, sigcode uint64) *StackImage {
	ptr := uint64(m.PtrSize)
	psSize := uint64(m.Sizeof(abi.PsStrings{}))
	strings := roundup(uint64(len(a.buf)), align)
	pointers := uint64(a.argc+a.envc+2) * ptr
	var size uint64
	if prof.StackAligned {
		size = roundup(ptr+pointers+argLen+strings+gap+sigcode+psSize, max(stackAlign, align))
	} else {
		// argc was counted as an int; the rounding makes up for it.
		size = roundup(pointers+argLen+4+strings+prof.StackGap+gap+sigcode+psSize, align)
	}
	s := &StackImage{
		Model: m, Base: top - size, Argc: a.argc, Envc: a.envc, PsStrings: top - psSize, strings: a.buf,
		StringsLen: uint64(len(a.buf)),
	}
	s.Argv = s.Base + ptr
	s.Envp = s.Argv + uint64(a.argc+1)*ptr
	s.Extra = s.Envp + uint64(a.envc+1)*ptr
	s.Strings = s.Extra + argLen
	s.Data = make([]byte, size)
	return s
}

// Size is the number of bytes from the stack pointer to the top.
func (s *StackImage) Size() uint64 { return uint64(len(s.Data)) }

// Put stores bytes at an address of the image.
func (s *StackImage) Put(va uint64, b []byte) {
	off := va - s.Base
	if off > s.Size() || uint64(len(b)) > s.Size()-off {
		s.bad = true
		return
	}
	copy(s.Data[off:], b)
}

// PutWord stores a pointer-sized number, PutInt one of 32 bits.
func (s *StackImage) PutWord(va, v uint64) { s.putUint(va, s.Model.PtrSize, v) }
func (s *StackImage) PutInt(va, v uint64)  { s.putUint(va, 4, v) }

func (s *StackImage) putUint(va uint64, size int, v uint64) {
	off := va - s.Base
	if off > s.Size() || uint64(size) > s.Size()-off {
		s.bad = true
		return
	}
	s.Model.PutUint(s.Data[off:], size, v)
}

// Copyargs stores argc, the pointers and the strings (copyargs).
func (s *StackImage) Copyargs() {
	ptr := uint64(s.Model.PtrSize)
	s.PutWord(s.Base, uint64(s.Argc))
	s.Put(s.Strings, s.strings)
	sp, at := 0, s.Argv
	for i := range s.Argc + s.Envc {
		if i == s.Argc {
			at += ptr // the null pointer after the arguments
		}
		s.PutWord(at, s.Strings+uint64(sp))
		sp += indexNUL(s.strings[sp:]) + 1
		at += ptr
	}
}

// copyPsStrings stores struct ps_strings (copyoutpsstrs).
func (s *StackImage) copyPsStrings() {
	s.Put(s.PsStrings, s.Model.Bytes(abi.PsStrings{
		Argv: abi.Ptr(s.Argv), Nargv: int32(s.Argc), Envp: abi.Ptr(s.Envp), Nenv: int32(s.Envc)}))
}

// Args and Env read the strings back, for reports.
func (s *StackImage) Args() []string { return s.list(0, s.Argc) }
func (s *StackImage) Env() []string  { return s.list(s.Argc, s.Envc) }

func (s *StackImage) list(skip, n int) []string {
	out := make([]string, 0, n)
	b := s.strings
	for i := range skip + n {
		k := indexNUL(b)
		if i >= skip {
			out = append(out, string(b[:k]))
		}
		b = b[min(k+1, len(b)):]
	}
	return out
}
