package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// sysMremap is mremap(old, oldsize, new, newsize, flags): uvm_mremap.c of NetBSD 8 and later, with MAP_REMAPDUP.
func sysMremap(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := int32(a[4])
	if flags&^(abi.MAP_FIXED|abi.MAP_REMAPDUP|-1<<abi.MAP_ALIGNMENT_SHIFT) != 0 {
		return kern.Retval{}, abi.EINVAL
	}
	page := l.Proc.Arch.PageSize
	va, err := mremap(l, mem.RemapArgs{Old: a[0], OldLen: (a[1] + page - 1) &^ (page - 1), New: a[2], NewLen: (a[3] + page - 1) &^ (page - 1),
		Fixed: flags&abi.MAP_FIXED != 0, Dup: flags&abi.MAP_REMAPDUP != 0}, uint32(flags)>>abi.MAP_ALIGNMENT_SHIFT)
	return kern.Retval{R0: va}, err
}

// mremap checks a, whose Fixed says what New means, with the logarithm of an alignment or 0.
func mremap(l *kern.LWP, a mem.RemapArgs, align uint32) (uint64, abi.Errno) {
	p := l.Proc
	mask := p.Arch.PageSize - 1
	if !a.Fixed {
		a.New = 0
	}
	if a.Old&mask != 0 || a.New&mask != 0 || a.Old+a.OldLen <= a.Old || a.New+a.NewLen <= a.New {
		return 0, abi.EINVAL
	}
	if align != 0 {
		if align >= uint32(8*p.Arch.Model.PtrSize) || 1<<align < p.Arch.PageSize {
			return 0, abi.EINVAL
		}
		if a.Align = 1 << align; a.Align >= p.Arch.UserMax {
			return 0, abi.ENOMEM
		}
		if a.Fixed && a.New&(a.Align-1) != 0 {
			return 0, abi.EINVAL
		}
	}
	if !a.Dup && (!a.Fixed || a.New == a.Old) && (a.Align == 0 || a.Old&(a.Align-1) == 0) {
		if va, err, done := resize(p.VM, &a); done {
			return va, err
		}
	}
	if !a.Fixed {
		if a.NewLen > p.Arch.UserMax-p.Arch.MaxStack {
			return 0, abi.ENOMEM
		}
		a.New = p.DefaultMapaddr(a.NewLen)
	}
	return p.VM.Remap(a)
}

// resize does what can be done without moving anything, and reports whether that is all.
func resize(vm *mem.Space, a *mem.RemapArgs) (uint64, abi.Errno, bool) {
	switch {
	case a.NewLen == a.OldLen:
		return a.Old, abi.OK, true
	case a.NewLen < a.OldLen:
		if err := vm.Unmap(a.Old+a.NewLen, a.OldLen-a.NewLen); err != abi.OK {
			return 0, err, true
		}
		return a.Old, abi.OK, true
	}
	err := vm.Extend(a.Old+a.OldLen, a.NewLen-a.OldLen, false)
	if err == abi.OK {
		return a.Old, abi.OK, true
	}
	return 0, err, err != abi.ENOMEM || a.Fixed
}
