package probe

import (
	"nbemu/kern"
	"nbemu/strace"
)

// Stacks finds the callers of what programs do, for traces.
type Stacks struct {
	images *images
	unwind *unwinder
}

// NewStacks makes one.
func NewStacks() *Stacks {
	i := newImages()
	return &Stacks{i, newUnwinder(i)}
}

// Frames returns where l is and the calls that led there, innermost first. Preconditions: kernel lock.
func (s *Stacks) Frames(l *kern.LWP) []strace.Frame {
	var out []strace.Frame
	for _, p := range s.unwind.stack(l) {
		f := strace.Frame{PC: p.pc, Off: p.off}
		if p.img != nil {
			f.File = p.img.name
		}
		if len(out) > 0 {
			f.Off++
		}
		if sym, ok := p.symbol(); ok {
			f.Func, f.FuncOff = sym.Name, p.addr-sym.Start
			if len(out) > 0 {
				f.FuncOff++
			}
		}
		out = append(out, f)
	}
	return out
}

// Close gives back the files that were read.
func (s *Stacks) Close() { s.images.close() }
