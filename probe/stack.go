package probe

import (
	"sync"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/internal/symbols"
	"nbemu/kern"
)

// maxFrames is how deep stacks are followed.
const maxFrames = 128

// unwinder finds the callers of functions: by call frame information where a file has it, by a function's first instructions
// (prologue.go), by the chain of frame pointers, by register windows, and by the link register for the function that was
// running, on machines with one.
type unwinder struct {
	images *images
	mu     sync.Mutex
	regs   map[*cpu.Arch]*regMap
}

func newUnwinder(i *images) *unwinder { return &unwinder{images: i, regs: map[*cpu.Arch]*regMap{}} }

func (u *unwinder) regMap(a *cpu.Arch) *regMap {
	u.mu.Lock()
	defer u.mu.Unlock()
	m, ok := u.regs[a]
	if !ok {
		m = newRegMap(a)
		u.regs[a] = m
	}
	return m
}

// stack returns where l is and its callers, innermost first. Places of callers are those of their calls.
// Preconditions: kernel lock, or l's own goroutine.
func (u *unwinder) stack(l *kern.LWP) []place {
	a := l.Proc.Arch
	s := u.images.space(l.Proc)
	w := &walk{u: u, l: l, a: a, s: s, regs: u.regMap(a)}
	w.f.PC = l.Ctx.R[a.PC]
	if w.regs != nil {
		for n, i := range w.regs.index {
			if i >= 0 {
				w.f.Set(n, l.Ctx.R[i])
			}
		}
		w.sp = w.regs.sp
	}
	w.stack = []place{s.place(w.f.PC)}
	if w.regs != nil && a.Frames != nil && a.Frames.Windows != nil {
		w.viaWindows()
		return w.stack
	}
	for len(w.stack) < maxFrames && w.step() {
	}
	return w.stack
}

// walk is a stack on its way from callee to caller.
type walk struct {
	u     *unwinder
	l     *kern.LWP
	a     *cpu.Arch
	s     *space
	regs  *regMap
	sp    int
	f     symbols.Frame
	stack []place
	chain uint64 // the frame pointer, once the chain is followed
}

func (w *walk) read(va uint64) (uint64, bool) {
	m := w.l.Model()
	size := max(m.PtrSize, w.l.Proc.Arch.RegSize) // mips n32 saves whole registers
	b := make([]byte, size)
	if va%uint64(size) != 0 || w.l.Copyin(b, va) != abi.OK {
		return 0, false
	}
	v := m.Uint(b, size)
	if m.PtrSize == 4 {
		v = uint64(uint32(v))
	}
	return v, true
}

// add appends a caller; false if the address is none.
func (w *walk) add(ret uint64) bool {
	p := w.s.place(ret - 1)
	if p.img == nil {
		return false
	}
	p.pc++
	w.stack = append(w.stack, p)
	return true
}

// step goes on to the caller.
func (w *walk) step() bool {
	p := w.stack[len(w.stack)-1]
	if p.img == nil {
		return w.viaLink()
	}
	if w.chain == 0 && w.regs != nil && p.img.file != nil {
		if t := p.img.file.CFI(); t != nil && t.Step(&w.f, p.addr, w.sp, w.read) {
			return w.add(w.f.PC)
		}
	}
	if w.viaPrologue() {
		return true
	}
	if len(w.stack) == 1 && (w.viaLink() || w.viaStack()) {
		return true
	}
	return w.viaChain()
}

// viaLink takes the link register for the caller of the innermost function, if it is not what a call left there that this
// function has made.
func (w *walk) viaLink() bool {
	if w.regs == nil || len(w.stack) != 1 {
		return false
	}
	here, known := w.stack[0].symbol()
	before := len(w.stack)
	for i, reg := range w.regs.links {
		ret := w.l.Ctx.R[reg]
		p := w.s.place(ret - 1)
		if p.img == nil || ret == w.f.PC {
			continue
		}
		there, ok := p.symbol()
		if i == 0 && (!known || !ok || p.img == w.stack[0].img && there == here) {
			continue
		}
		if ret == w.chainReturn() && i == 0 {
			continue
		}
		w.add(ret)
	}
	return len(w.stack) > before
}

// viaStack takes what the stack pointer points to for the return address of the innermost function, where a call leaves
// it there, if it follows a call.
func (w *walk) viaStack() bool {
	if w.regs == nil || len(w.regs.links) > 0 {
		return false
	}
	sp := w.l.Ctx.R[w.a.SP]
	ret, ok := w.read(sp)
	if !ok || ret < 8 {
		return false
	}
	code := make([]byte, 7)
	if w.s.entry(ret-1) == nil || w.l.Copyin(code, ret-7) != abi.OK || !endsWithCall(w.a.Name, code) || !w.add(ret) {
		return false
	}
	w.f.PC = ret
	w.f.Set(w.sp, sp+uint64(w.l.Model().PtrSize))
	return true
}

// endsWithCall reports whether the last instruction of code can be a call.
func endsWithCall(arch string, code []byte) bool {
	back := func(n int) byte { return code[len(code)-n] }
	switch arch {
	case "amd64", "i386":
		return back(5) == 0xe8 || back(2) == 0xff && back(1)&0xf8 == 0xd0 || back(2) == 0xff && back(1)&0xf8 == 0x10 ||
			back(3) == 0xff && back(2)&0xf8 == 0x50 || back(6) == 0xff && back(5)&0x38 == 0x10
	case "m68k": // bsr, jsr
		return back(2) == 0x61 || back(4) == 0x61 && back(3) == 0 || back(6) == 0x61 && back(5) == 0xff ||
			back(6) == 0x4e && back(5) == 0xb9 || back(4) == 0x4e && back(3)&0xf8 == 0xa8 || back(2) == 0x4e && back(1)&0xf8 == 0x90
	}
	return false
}

// chainReturn is the return address that the frame pointer's chain has first.
func (w *walk) chainReturn() uint64 {
	ch := w.a.Frames
	if ch == nil {
		return 0
	}
	fp := w.l.Ctx.R[ch.Reg]
	if ch.Outer {
		fp, _ = w.read(fp + uint64(ch.Next))
	}
	ret, _ := w.read(fp + uint64(ch.Ret))
	return ret
}

// viaChain follows the frame pointers.
func (w *walk) viaChain() bool {
	ch := w.a.Frames
	if ch == nil {
		return false
	}
	fp := w.chain
	if fp == 0 {
		fp = w.l.Ctx.R[ch.Reg]
		if w.regs != nil { // what call frame information has made of it
			for n, i := range w.regs.index {
				if i == ch.Reg {
					if !w.f.Known[n] {
						return false
					}
					fp = w.f.Reg[n]
				}
			}
		}
	}
	if fp == 0 {
		return false
	}
	next, ok := w.read(fp + uint64(ch.Next))
	at := fp
	if ch.Outer {
		at = next
	}
	ret, ok2 := w.read(at + uint64(ch.Ret))
	if !ok || !ok2 || ret == 0 || !w.add(ret) {
		return false
	}
	w.f.PC = ret
	w.chain = next
	if next <= fp { // stacks grow down: a chain that does not lead upwards is none
		w.chain = 0
		w.f.Known = [80]bool{}
		w.regs, w.a = nil, &cpu.Arch{Model: w.a.Model}
	}
	return true
}
