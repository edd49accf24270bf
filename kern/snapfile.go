package kern

import (
	"slices"

	"nbemu/mem"
)

// What open files of the kernel's own do when a machine goes back to a snapshot.

// Save remembers what is in the pipe.
func (e *pipeEnd) Save() (restore func(), err error) {
	p := e.pipeBuf
	was := *p
	was.buf = slices.Clone(p.buf)
	return func() {
		mem.KernelUse(int64(len(was.buf) - len(p.buf)))
		*p = was
		p.buf = slices.Clone(was.buf)
	}, nil
}

// Save remembers the counter.
func (e *eventfd) Save() (restore func(), err error) {
	was := *e
	return func() { *e = was }, nil
}
