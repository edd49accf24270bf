package kern

import (
	"nbemu/abi"
	"nbemu/mem"
	"nbemu/strace"
)

// maxFrames is how deep stacks are followed.
const maxFrames = 64

// frameChain is where a machine's programs keep the frame pointer and what it leads to: at next the caller's, at ret the
// address to return to.
type frameChain struct {
	reg       string
	next, ret int64
	// outer: ret is in the caller's frame (powerpc).
	outer bool
}

// frameChains has the machines whose compilers make a chain of frames, by the name of the register.
var frameChains = []frameChain{
	{reg: "rbp", next: 0, ret: 8},
	{reg: "ebp", next: 0, ret: 4},
	{reg: "x29", next: 0, ret: 8},
	{reg: "s0", next: -16, ret: -8},
	{reg: "r1", next: 0, ret: 4, outer: true},
}

// userStack returns where the program is and the calls that led there, innermost first, as far as its functions keep
// frame pointers. On machines without such a chain it is the first alone.
func (l *LWP) userStack() []strace.Frame {
	a, m := l.Proc.Arch, l.Model()
	stack := []strace.Frame{l.frame(l.Ctx.R[a.PC])}
	for _, ch := range frameChains {
		for i, name := range a.RegNames {
			if name == ch.reg && (m.BigEndian || !ch.outer) {
				return l.followChain(stack, ch, l.Ctx.R[i])
			}
		}
	}
	return stack
}

func (l *LWP) followChain(stack []strace.Frame, ch frameChain, fp uint64) []strace.Frame {
	m := l.Model()
	word := func(va uint64) (uint64, bool) {
		b := make([]byte, m.PtrSize)
		if va%uint64(m.PtrSize) != 0 || l.Copyin(b, va) != abi.OK {
			return 0, false
		}
		return m.Uint(b, m.PtrSize), true
	}
	for len(stack) < maxFrames && fp != 0 {
		next, ok := word(fp + uint64(ch.next))
		at := fp
		if ch.outer {
			at = next
		}
		ret, ok2 := word(at + uint64(ch.ret))
		if !ok || !ok2 || ret == 0 {
			break
		}
		if f := l.frame(ret); f.File != "" {
			stack = append(stack, f)
		} else {
			break // the register holds something else
		}
		if next <= fp { // stacks grow down: a chain that does not lead upwards is none
			break
		}
		fp = next
	}
	return stack
}

// frame tells which file an address is in, and where in that file.
func (l *LWP) frame(pc uint64) strace.Frame {
	for _, e := range l.Proc.VM.Maps() {
		if pc >= e.Start && pc < e.End && e.Prot&mem.ProtExec != 0 {
			return strace.Frame{PC: pc, File: e.Name, Off: pc - e.Start + e.Off}
		}
	}
	return strace.Frame{PC: pc}
}
