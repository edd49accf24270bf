package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// pagemap is /proc/PID/pagemap: eight bytes for each page of the address space. Which frames pages are in is for nobody to
// see.
type pagemap struct{ p *kern.Proc }

const (
	pagemapPresent = 1 << 63
	pagemapFile    = 1 << 61
	pagemapGuard   = 1 << 58
)

func (n *pagemap) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

func (n *pagemap) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	return procStat(l, n.p, st, procIno(n.p, "pagemap"), abi.S_IFREG|0400)
}

func (n *pagemap) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	switch {
	case oflags&abi.O_DIRECTORY != 0:
		return nil, abi.ENOTDIR
	case abi.Fflags(oflags)&abi.FWRITE != 0 || n.p != l.Proc && !l.MayTrace(n.p):
		return nil, abi.EACCES
	}
	return kern.NewFile(l, &pagemapOpen{of: n}, abi.Fflags(oflags)&abi.FMASK), abi.OK
}

type pagemapOpen struct {
	kern.BadOps
	of *pagemap
}

func (*pagemapOpen) Type() string { return "vnode" }

func (o *pagemapOpen) Stat(l *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno {
	return o.of.stat(l, st)
}

func (o *pagemapOpen) Poll(_ *kern.LWP, _ *kern.File, events int16, _ *kern.SelRecord) int16 {
	return kern.SelTrue(events)
}

func (o *pagemapOpen) Seek(_ *kern.LWP, f *kern.File, off int64, whence int32) (int64, abi.Errno) {
	if whence == abi.SEEK_END {
		return 0, abi.EINVAL
	}
	return seekIn(f, off, whence, 0)
}

// Read gives whole words. Error: EINVAL for parts of one.
func (o *pagemapOpen) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	const word, most = 8, 1 << 13
	off := f.Offset
	if u.Positional {
		off = u.Offset
	}
	if off%word != 0 || u.Resid%word != 0 {
		return abi.EINVAL
	}
	vm := o.of.p.VM
	if vm == nil {
		return abi.OK
	}
	first := uint64(off) / word
	end := vm.Max >> mem.PageShift
	if first >= end {
		return abi.OK
	}
	n := min(u.Resid/word, end-first, most)
	b := make([]byte, n*word)
	for _, page := range vm.Pages(first<<mem.PageShift, (first+n)<<mem.PageShift) {
		w := uint64(pagemapPresent)
		if !page.Own {
			w |= pagemapFile
		}
		l.Model().PutUint(b[(page.Addr>>mem.PageShift-first)*word:], word, w)
	}
	if vm.Guarded(first<<mem.PageShift, n<<mem.PageShift) {
		for pg := first; pg < first+n; pg++ {
			if vm.Guarded(pg<<mem.PageShift, mem.PageSize) {
				l.Model().PutUint(b[(pg-first)*word:], word, pagemapGuard)
			}
		}
	}
	moved, err := u.Move(b)
	if !u.Positional {
		f.Offset += int64(moved)
	}
	return err
}
