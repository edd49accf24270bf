package arch

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Convention says where the functions of a machine's compilers have arguments of integers and pointers. Registers are
// indexes of Context.R. Its method Call is Port.Call.
type Convention struct {
	Args     []int  // registers of arguments; nil: they lie on the stack
	Result   int    // register
	Link     int    // register of the address to return to; -1: it is at the stack pointer
	LinkBack uint64 // what that address is smaller by in Link
	Room     uint64 // bytes that the caller leaves at the stack pointer
	// Enter, if set, does what else there is to do before fn can run, and returns its address.
	Enter func(l *kern.LWP, fn uint64) uint64
}

// onStack is how many arguments can be passed on the stack, and redZone what programs have below the stack pointer.
const (
	onStack = 8
	redZone = 256
)

// Call is Port.Call. A result on the stack of 64-bit machines is never larger than a register.
func (c *Convention) Call(l *kern.LWP, fn, ret uint64, args []uint64) (int, abi.Errno) {
	a, r, m := l.Proc.Arch, &l.Ctx.R, l.Model()
	if c.Args != nil && len(args) > len(c.Args) || len(args) > max(onStack, len(c.Args)) {
		return 0, abi.E2BIG
	}
	sp := (r[a.SP]+a.StackBias-redZone)&^63 - (c.Room+63)&^63
	if m.PtrSize == 4 {
		sp &= 0xffffffff
	}
	if c.Room != 0 {
		if err := l.Copyout(make([]byte, c.Room), sp); err != abi.OK {
			return 0, err
		}
	}
	for i, v := range args {
		if m.PtrSize == 4 {
			v = uint64(int64(int32(v))) // as 64-bit registers have it; others take the lower half
			if a.RegSize == 4 {
				v &= 0xffffffff
			}
		}
		if c.Args != nil {
			r[c.Args[i]] = v
		}
	}
	if c.Link >= 0 {
		r[c.Link] = ret - c.LinkBack
	} else {
		words := []uint64{ret}
		if c.Args == nil {
			words = append(words, args...)
			sp -= (uint64(len(args))*uint64(m.PtrSize) + 15) &^ 15
		}
		sp -= uint64(m.PtrSize)
		b := make([]byte, len(words)*m.PtrSize)
		for i, v := range words {
			m.PutUint(b[i*m.PtrSize:], m.PtrSize, v)
		}
		if err := l.Copyout(b, sp); err != abi.OK {
			return 0, err
		}
	}
	r[a.SP] = sp - a.StackBias
	if c.Enter != nil {
		fn = c.Enter(l, fn)
	}
	r[a.PC] = fn
	if a.NPC != 0 {
		r[a.NPC] = fn + 4
	}
	return c.Result, abi.OK
}

// Return is Port.Return.
func (c *Convention) Return(l *kern.LWP, offset uint64) (uint64, abi.Errno) {
	if c.Link >= 0 {
		return l.Ctx.R[c.Link] + c.LinkBack, abi.OK
	}
	m := l.Model()
	b := make([]byte, m.PtrSize)
	err := l.Copyin(b, l.Ctx.R[l.Proc.Arch.SP]+offset)
	return m.Uint(b, m.PtrSize), err
}
