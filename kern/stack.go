package kern

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
	"nbemu/strace"
)

// maxFrames is how deep stacks are followed.
const maxFrames = 64

// userStack returns where the program is and the calls that led there, innermost first, as far as its functions keep
// frame pointers. On machines without such a chain it is the first alone.
func (l *LWP) userStack() []strace.Frame {
	a := l.Proc.Arch
	stack := []strace.Frame{l.frame(l.Ctx.R[a.PC])}
	if a.Frames == nil {
		return stack
	}
	return l.followChain(stack, a.Frames, l.Ctx.R[a.Frames.Reg])
}

func (l *LWP) followChain(stack []strace.Frame, ch *cpu.FrameChain, fp uint64) []strace.Frame {
	m := l.Model()
	word := func(va uint64) (uint64, bool) {
		b := make([]byte, m.PtrSize)
		if va%uint64(m.PtrSize) != 0 || l.Copyin(b, va) != abi.OK {
			return 0, false
		}
		return m.Uint(b, m.PtrSize), true
	}
	for len(stack) < maxFrames && fp != 0 {
		next, ok := word(fp + uint64(ch.Next))
		at := fp
		if ch.Outer {
			at = next
		}
		ret, ok2 := word(at + uint64(ch.Ret))
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
