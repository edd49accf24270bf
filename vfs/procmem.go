package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// procMem is a process's memory as a file, for who may trace it (PFSmem of procfs, Linux' fs/proc/base.c).
type procMem struct{ p *kern.Proc }

func (n *procMem) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

func (n *procMem) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	return procStat(l, n.p, st, procIno(n.p, "mem"), abi.S_IFREG|0600)
}

func (n *procMem) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	switch {
	case oflags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL:
		return nil, abi.EEXIST
	case oflags&abi.O_DIRECTORY != 0:
		return nil, abi.ENOTDIR
	case n.p != l.Proc && !l.MayTrace(n.p), n.p.VM == nil:
		return nil, abi.EACCES
	}
	return kern.NewFile(l, &memOpen{node: n, vm: n.p.VM}, abi.Fflags(oflags)&abi.FMASK), abi.OK
}

// memOpen is an open one. It shows the memory of the program that ran when it was opened, and nothing after that.
type memOpen struct {
	kern.BadOps
	node *procMem
	vm   *mem.Space
}

func (*memOpen) Type() string { return "vnode" }

func (o *memOpen) Stat(l *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno { return o.node.stat(l, st) }

func (o *memOpen) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	return o.move(l, f, u, false)
}

func (o *memOpen) Write(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	return o.move(l, f, u, true)
}

// move moves bytes page by page, as far as there is memory. Error: EIO where there is none.
func (o *memOpen) move(l *kern.LWP, f *kern.File, u *kern.Uio, write bool) abi.Errno {
	off := uint64(f.Offset)
	if u.Positional {
		off = uint64(u.Offset)
	}
	var buf [mem.PageSize]byte
	for moved := false; u.Resid > 0; moved = true {
		p := o.node.p
		if p.Zombie || p.VM != o.vm {
			break
		}
		b := buf[:min(mem.PageSize-off%mem.PageSize, uint64(u.Resid))]
		var err abi.Errno
		var n int
		if write {
			if n, err = u.Move(b); err != abi.OK {
				return err
			}
			err = o.vm.Poke(b[:n], off)
		} else if err = o.vm.PokeRead(b, off); err == abi.OK {
			if n, err = u.Move(b); err != abi.OK {
				return err
			}
		}
		switch {
		case err != abi.OK && write:
			u.Resid += uint64(n)
			fallthrough
		case err != abi.OK:
			if moved {
				return abi.OK
			}
			return abi.EIO
		}
		off += uint64(n)
		if !u.Positional {
			f.Offset = int64(off)
		}
	}
	return abi.OK
}

// Seek: addresses use all bits.
func (o *memOpen) Seek(_ *kern.LWP, f *kern.File, off int64, whence int32) (int64, abi.Errno) {
	switch whence {
	case abi.SEEK_SET:
	case abi.SEEK_CUR:
		off += f.Offset
	default:
		return 0, abi.EINVAL
	}
	f.Offset = off
	return off, abi.OK
}

func (o *memOpen) Poll(_ *kern.LWP, _ *kern.File, events int16, _ *kern.SelRecord) int16 {
	return kern.SelTrue(events)
}

// AuxvAt finds a process's auxiliary vector: its address, and how many bytes it has at most. The room above, execve, sets it.
var AuxvAt func(p *kern.Proc) (at, n uint64, err abi.Errno)

// procAuxv is the vector, with the entry that ends it.
func procAuxv(_ *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
	if AuxvAt == nil || p.VM == nil {
		return nil, abi.OK
	}
	at, n, err := AuxvAt(p)
	if err != abi.OK {
		return nil, abi.OK
	}
	b := make([]byte, n)
	if p.VM.PokeRead(b, at) != abi.OK {
		return nil, abi.OK
	}
	m := p.Model()
	for i := 0; i+2*m.PtrSize <= len(b); i += 2 * m.PtrSize {
		if m.Ptr(b[i:]) == abi.AT_NULL {
			return b[:i+2*m.PtrSize], abi.OK
		}
	}
	return b, abi.OK
}
