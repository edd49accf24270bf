// Package signals builds and takes apart what the kernel and a program exchange about a thread's state: user
// contexts and signal frames (sys/kern/sys_sig.c). What depends on the machine is told by the values that each port
// under arch/ makes: MD, Regset, Sigcontext.
//
// It is a part of nbemu and not for other modules: those import package machine.
package signals

import (
	"nbemu/abi"
	"nbemu/kern"
)

// MD is an architecture's part: where the machine context lies in ucontext_t and how it is filled.
type MD struct {
	UcontextSize int
	McontextOff  int
	UCTLSBase    uint32 // _UC_TLSBASE
	UCSetStack   uint32 // _UC_SETSTACK
	UCClrStack   uint32 // _UC_CLRSTACK
	// GetMcontext writes the registers to m, the machine context, and returns the flags that say what is in it.
	GetMcontext func(l *kern.LWP, m []byte) uint32
	// CheckMcontext and SetMcontext load them; flags are those of the context, with UC_CPU. Error: EINVAL for what user
	// mode may not have.
	CheckMcontext func(l *kern.LWP, m []byte, flags uint32) abi.Errno
	SetMcontext   func(l *kern.LWP, m []byte, flags uint32)
}

// Getucontext is the calling thread's ucontext_t (getucontext), as getcontext(2) stores it.
func (md *MD) Getucontext(l *kern.LWP) []byte {
	b := make([]byte, md.UcontextSize)
	m := l.Model()
	h := abi.UcontextHead{Flags: abi.UC_SIGMASK | abi.UC_STACK, Link: abi.Ptr(l.Ctxlink), Sigmask: l.Sigmask}
	if l.Sigstk.Flags&abi.SS_ONSTACK != 0 {
		h.Stack = l.Sigstk
	} else {
		// The program's own stack: up to the stack limit below its top.
		h.Stack = abi.StackT{Sp: abi.Ptr(l.Proc.Arch.StackTop - l.Proc.Arch.MaxStack), Size: abi.Size(l.Proc.Arch.MaxStack)}
	}
	h.Flags |= md.GetMcontext(l, b[md.McontextOff:])
	m.Marshal(b, &h)
	return b
}

// Setucontext loads a ucontext_t into the calling thread (setcontext(2), setucontext). Error: EINVAL, for registers that
// are refused after the mask was set.
func (md *MD) Setucontext(l *kern.LWP, b []byte) abi.Errno {
	var h abi.UcontextHead
	l.Model().Unmarshal(b, &h)
	if h.Flags&abi.UC_CPU == 0 {
		return abi.EINVAL
	}
	if h.Flags&abi.UC_SIGMASK != 0 {
		l.SetSigmask(h.Sigmask)
	}
	if err := md.CheckMcontext(l, b[md.McontextOff:], h.Flags); err != abi.OK {
		return err
	}
	md.SetMcontext(l, b[md.McontextOff:], h.Flags)
	l.Ctxlink = uint64(h.Link)
	// Frames of signals say by their flags where the thread was, contexts of getcontext(2) in uc_stack.
	onstack := l.Sigstk.Flags & abi.SS_ONSTACK
	if h.Flags&md.UCSetStack != 0 {
		onstack = abi.SS_ONSTACK
	}
	if h.Flags&md.UCClrStack != 0 {
		onstack = 0
	}
	if h.Flags&abi.UC_STACK != 0 {
		onstack = h.Stack.Flags & abi.SS_ONSTACK
	}
	l.Sigstk.Flags = l.Sigstk.Flags&^abi.SS_ONSTACK | onstack
	return abi.OK
}

// Frame is what a handler is given, in the guest's form.
type Frame struct {
	Onstack bool // on the alternate stack, which the program was not on before
	UC      []byte
	Info    [abi.SiginfoSize]byte
}

// StackFor chooses the stack of a handler (getframe): the alternate one if wanted, and not in use already.
func StackFor(l *kern.LWP, act *kern.Sigaction, sp uint64) (top uint64, onstack bool) {
	if l.Sigstk.Flags&(abi.SS_DISABLE|abi.SS_ONSTACK) == 0 && act.Flags&abi.SA_ONSTACK != 0 {
		return uint64(l.Sigstk.Sp) + uint64(l.Sigstk.Size), true
	}
	return sp, false
}

// NewFrame collects what a handler is given; it is valid until the LWP's next Scratch. mask is the set to restore when
// the handler returns.
func (md *MD) NewFrame(l *kern.LWP, ksi *kern.Ksiginfo, mask *abi.Sigset, onstack bool) Frame {
	f := Frame{Onstack: onstack, UC: l.Scratch(md.UcontextSize)}
	m := l.Model()
	ksi.Put(m, f.Info[:])
	h := abi.UcontextHead{Flags: abi.UC_SIGMASK, Link: abi.Ptr(l.Ctxlink), Sigmask: *mask}
	if l.Sigstk.Flags&abi.SS_ONSTACK != 0 {
		h.Flags |= md.UCSetStack
	} else {
		h.Flags |= md.UCClrStack
	}
	h.Flags |= md.GetMcontext(l, f.UC[md.McontextOff:])
	m.Marshal(f.UC, &h)
	return f
}
