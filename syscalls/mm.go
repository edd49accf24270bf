package syscalls

import (
	"slices"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
)

// Memory: mmap(2) and the calls around it (sys/uvm/uvm_mmap.c).

// sysMmap is mmap(addr, len, prot, flags, fd, PAD, pos).
func sysMmap(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	va, err := mmap(l, a[0], a[1], int32(a[2]), int32(a[3]), int32(a[4]), a[6])
	return kern.Retval{R0: va}, err
}

// Flags of 4.3BSD's mmap.
const (
	omapAnon   = 0x0002
	omapShared = 0x0010
	omapCopy   = 0x0020
	omapFixed  = 0x0100
)

// sysCompat43Mmap is mmap(addr, len, prot, flags, fd, long pos) of 4.3BSD, whose protections had the order of the bits
// of modes.
func sysCompat43Mmap(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	oprot, oflags := int32(a[2]), int32(a[3])
	prot := oprot>>2&abi.PROT_READ | oprot&abi.PROT_WRITE | oprot<<2&abi.PROT_EXEC
	flags := int32(abi.MAP_PRIVATE)
	if oflags&omapShared != 0 {
		flags = abi.MAP_SHARED
	}
	for _, f := range [][2]int32{{omapAnon, abi.MAP_ANON}, {omapCopy, abi.MAP_PRIVATE}, {omapFixed, abi.MAP_FIXED}} {
		if oflags&f[0] != 0 {
			flags |= f[1]
		}
	}
	va, err := mmap(l, a[0], a[1], prot, flags, int32(a[4]), a[5])
	return kern.Retval{R0: va}, err
}

func mmap(l *kern.LWP, addr, size uint64, prot, flags, fd int32, pos uint64) (uint64, abi.Errno) {
	p := l.Proc
	page := p.Arch.PageSize
	if prot&^(abi.PROT_READ|abi.PROT_WRITE|abi.PROT_EXEC|abi.PROT_MPROTECT(7)) != 0 {
		return 0, abi.EINVAL
	}
	if flags&(abi.MAP_SHARED|abi.MAP_PRIVATE) == abi.MAP_SHARED|abi.MAP_PRIVATE {
		return 0, abi.EINVAL
	}
	if flags&abi.MAP_ANON == 0 && flags&(abi.MAP_SHARED|abi.MAP_PRIVATE) == 0 {
		// Programs of old leave both out for files.
		flags |= abi.MAP_PRIVATE
	}
	off := pos & (page - 1)
	pos -= off
	if size+off < size || size+off > p.Arch.UserMax {
		if size != 0 {
			return 0, abi.ENOMEM
		}
	}
	n := (size + off + page - 1) &^ (page - 1)
	args := mem.MapArgs{Len: n, Prot: uint8(prot & 7), Off: pos, Shared: flags&abi.MAP_SHARED != 0}
	align := uint32(flags) & abi.MAP_ALIGNMENT_MASK >> abi.MAP_ALIGNMENT_SHIFT
	if align != 0 {
		if align < 12 || align > 46 {
			return 0, abi.EINVAL
		}
		args.Align = 1 << align
	}
	if flags&abi.MAP_FIXED != 0 {
		if (addr-off)&(page-1) != 0 {
			return 0, abi.EINVAL
		}
		addr -= off
		if err := rangeTest(p.Arch, addr, n, abi.EFBIG, abi.EOVERFLOW); err != abi.OK {
			return 0, err
		}
		args.Addr, args.Fixed = addr, true
	} else {
		bottomUp := p.VM.BottomUp
		args.TopDown = !bottomUp
		dflt := p.DefaultMapaddr(n)
		switch {
		case flags&abi.MAP_TRYFIXED != 0 && addr != 0:
			args.Addr = addr &^ (page - 1)
		case addr == 0:
			args.Addr = p.PaxASLRMmap(dflt)
		case bottomUp:
			args.Addr = max(addr&^(page-1), dflt)
		default:
			args.Addr = min(addr&^(page-1), dflt)
		}
	}
	if flags&abi.MAP_ANON != 0 {
		if fd != -1 {
			return 0, abi.EINVAL
		}
		args.Off, args.MaxProt = 0, mem.ProtAll
	} else {
		f, err := l.Getfile(fd)
		if err != abi.OK {
			return 0, err
		}
		defer f.Done(l)
		if err = mapFile(l, f, &args, prot); err != abi.OK {
			return 0, err
		}
		if args.Obj != nil {
			defer mem.Release(args.Obj)
		}
	}
	if err := limitProt(p, &args, uint8(abi.ProtMprotect(prot))); err != abi.OK {
		return 0, err
	}
	if n == 0 {
		return addr, abi.OK
	}
	if limit := p.Limits[abi.RLIMIT_AS].Cur; limit < p.Arch.UserMax && p.VM.Size()+n > limit {
		return 0, abi.ENOMEM
	}
	va, err := p.VM.Map(args)
	if err == abi.OK && (flags&abi.MAP_WIRED != 0 || p.VM.WireFuture()) {
		if n+p.VM.Wired() > p.Limits[abi.RLIMIT_MEMLOCK].Cur {
			err = abi.ENOMEM
		} else {
			err = p.VM.WireMapping(va, n)
		}
		if err != abi.OK {
			_ = p.VM.Unmap(va, n)
			return 0, err
		}
	}
	return va + off, err
}

// limitProt sets what protection a mapping may be given later, extra being what it asks for. Error: EACCES.
func limitProt(p *kern.Proc, args *mem.MapArgs, extra uint8) abi.Errno {
	args.MaxProt = kern.PaxMprotectMax(p.Pax, args.Prot, extra, args.MaxProt)
	if want := args.Prot | extra; want&args.MaxProt != want {
		return abi.EACCES
	}
	if err := kern.PaxMprotectValidate(p.Pax, args.Prot); err != abi.OK {
		return err
	}
	if args.MaxProt == 0 {
		args.MaxProt = mem.MaxNone
	}
	return abi.OK
}

// mapFile finds what a file mapping shows, and checks the access that it asks for. Errors: EACCES, ENODEV.
func mapFile(l *kern.LWP, f *kern.File, args *mem.MapArgs, prot int32) abi.Errno {
	b, err := f.Ops.Mmap(l, f)
	if err != abi.OK {
		return err
	}
	// As vn_mmap: private stores need no permission of the file's.
	args.MaxProt = mem.ProtExec
	if f.Flag&abi.FREAD != 0 {
		args.MaxProt |= mem.ProtRead
	} else if prot&abi.PROT_READ != 0 {
		return abi.EACCES
	}
	if !args.Shared || f.Flag&abi.FWRITE != 0 {
		args.MaxProt |= mem.ProtWrite
	} else if prot&abi.PROT_WRITE != 0 {
		return abi.EACCES
	}
	if b == nil {
		// A device of zeroes: anonymous memory.
		args.Off = 0
		return abi.OK
	}
	if args.Shared && args.Prot&mem.ProtWrite != 0 {
		l.K.Lose("the program stores to a file through a mapping")
	}
	if args.Shared && f.Flag&abi.FWRITE != 0 {
		l.ShareMemory()
	}
	args.Obj = mem.FileObject(b)
	if args.Shared && f.Flag&abi.FWRITE != 0 {
		err = mem.ShareFile(args.Obj, args.Off>>mem.PageShift)
		if err == abi.EPERM && args.Prot&mem.ProtWrite == 0 {
			args.MaxProt &^= mem.ProtWrite // a file that is sealed: it is read and no more
			err = abi.OK
		}
		if err != abi.OK {
			mem.Release(args.Obj)
			args.Obj = nil
		}
	}
	return err
}

// rangeTest says what is wrong with n bytes at addr as part of a's address space, if anything (range_test): EINVAL below it,
// beyond when they end above it, and wraps when they end where no address is.
func rangeTest(a *cpu.Arch, addr, n uint64, beyond, wraps abi.Errno) abi.Errno {
	end := addr + n
	switch {
	case addr < a.MinAddr:
		return abi.EINVAL
	case end > a.UserMax:
		return beyond
	case end < addr:
		return wraps
	}
	return abi.OK
}

// pageRange checks the range of a call on memory and rounds it to pages; of a size that is almost all there is nothing is
// left. Error: EINVAL.
func pageRange(l *kern.LWP, addr, size uint64) (uint64, uint64, abi.Errno) {
	page := l.Proc.Arch.PageSize
	off := addr & (page - 1)
	addr -= off
	n := (size + off + page - 1) &^ (page - 1)
	if !l.Proc.Arch.Model.LP64() {
		n = uint64(uint32(n))
	}
	return addr, n, rangeTest(l.Proc.Arch, addr, n, abi.EINVAL, abi.EINVAL)
}

func sysMunmap(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	addr, n, err := pageRange(l, a[0], a[1])
	if err != abi.OK || n == 0 {
		return kern.Retval{}, err
	}
	return kern.Retval{}, l.Proc.VM.Unmap(addr, n)
}

func sysMprotect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	addr, n, err := pageRange(l, a[0], a[1])
	if err != abi.OK {
		return kern.Retval{}, err
	}
	prot := int32(a[2])
	if prot&^7 != 0 {
		return kern.Retval{}, abi.EINVAL
	}
	if err := kern.PaxMprotectValidate(l.Proc.Pax, uint8(prot)); err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{}, l.Proc.VM.ProtectMapped(addr, n, uint8(prot))
}

func sysMadvise(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	addr, n, err := pageRange(l, a[0], a[1])
	if err != abi.OK {
		return kern.Retval{}, err
	}
	switch int32(a[2]) {
	case abi.MADV_NORMAL, abi.MADV_RANDOM, abi.MADV_SEQUENTIAL, abi.MADV_WILLNEED:
		return kern.Retval{}, abi.OK
	case abi.MADV_DONTNEED:
		// It is advice on NetBSD: contents stay.
		return kern.Retval{}, l.Proc.VM.Cleanable(addr, n, false)
	case abi.MADV_FREE:
		if err := l.Proc.VM.Cleanable(addr, n, true); err != abi.OK || n == 0 {
			return kern.Retval{}, err
		}
		return kern.Retval{}, l.Proc.VM.Discard(addr, n)
	}
	return kern.Retval{}, abi.EINVAL
}

// sysOvadvise is vadvise(how) of 4.3BSD, of which nothing is left but the refusal. Error: EINVAL.
func sysOvadvise(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return retErr(abi.EINVAL) }

func sysMinherit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	addr, n, err := pageRange(l, a[0], a[1])
	if err != abi.OK {
		return kern.Retval{}, err
	}
	switch how := int32(a[2]); how {
	case abi.MAP_INHERIT_SHARE, abi.MAP_INHERIT_COPY, abi.MAP_INHERIT_NONE, mem.InheritZero:
		return kern.Retval{}, l.Proc.VM.Inherit(addr, n, uint8(how))
	}
	return kern.Retval{}, abi.EINVAL
}

// sysMsync13 is msync(addr, len, flags): shared file pages are written back.
func sysMsync13(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := int32(a[2])
	if flags&^(abi.MS_ASYNC|abi.MS_SYNC|abi.MS_INVALIDATE) != 0 || flags&(abi.MS_ASYNC|abi.MS_SYNC|abi.MS_INVALIDATE) == 0 ||
		flags&(abi.MS_ASYNC|abi.MS_SYNC) == abi.MS_ASYNC|abi.MS_SYNC {
		return kern.Retval{}, abi.EINVAL
	}
	addr, n, err := pageRange(l, a[0], a[1])
	if err == abi.OK && n != 0 && flags&abi.MS_INVALIDATE != 0 {
		err = l.Proc.VM.Cleanable(addr, n, true)
	}
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{}, Msync(l, addr, n, flags&abi.MS_SYNC != 0)
}

// sysCompat12Msync is msync without flags: it waits, and what is cached elsewhere is forgotten.
func sysCompat12Msync(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysMsync13(l, &kern.Args{a[0], a[1], abi.MS_SYNC | abi.MS_INVALIDATE})
}

// Msync is what all emulations' msync come to. Waiting for storage, it lets others run.
func Msync(l *kern.LWP, addr, n uint64, wait bool) (err abi.Errno) {
	vm := l.Proc.VM
	if !wait {
		return vm.Sync(addr, n, false)
	}
	l.Unlocked(func() { err = vm.Sync(addr, n, true) })
	return err
}

func sysMincore(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	page := l.Proc.Arch.PageSize
	addr, n := a[0], (a[1]+page-1)&^(page-1)
	end := addr + n
	if !l.Proc.Arch.Model.LP64() {
		end = uint64(uint32(end))
	}
	// Where programs cannot have memory there is none: that is for Incore to find (ENOMEM).
	if addr&(page-1) != 0 || end <= addr {
		return kern.Retval{}, abi.EINVAL
	}
	vec := make([]byte, min(n/page, 1<<16))
	parts := page / mem.PageSize // a page of the program's is so many of the machine's
	there := make([]byte, uint64(len(vec))*parts)
	for done := uint64(0); done < n/page; {
		k := min(n/page-done, uint64(len(vec)))
		if err := l.Proc.VM.Incore(addr+done*page, there[:k*parts]); err != abi.OK {
			// NetBSD locks the vector before it looks at anything.
			if e := l.Copyin(vec[:1], a[2]); e != abi.OK {
				err = e
			} else if e := l.Copyout(vec[:1], a[2]); e != abi.OK {
				err = e
			}
			return kern.Retval{}, err
		}
		for i := range vec[:k] {
			vec[i] = slices.Max(there[uint64(i)*parts : uint64(i+1)*parts])
		}
		if err := l.Copyout(vec[:k], a[2]+done); err != abi.OK {
			return kern.Retval{}, err
		}
		done += k
	}
	return kern.Retval{}, abi.OK
}

// sysMlock is mlock(addr, len). Errors: EAGAIN beyond RLIMIT_MEMLOCK, which counts a page again that is locked
// already; ENOMEM, also for more than the machine can lock; EINVAL.
func sysMlock(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	addr, n, err := pageRange(l, a[0], a[1])
	if err != abi.OK {
		return kern.Retval{}, err
	}
	vm := l.Proc.VM
	if n+vm.Wired() > l.Proc.Limits[abi.RLIMIT_MEMLOCK].Cur {
		return kern.Retval{}, abi.EAGAIN
	}
	return kern.Retval{}, noFault(vm.Wire(addr, n))
}

// noFault makes ENOMEM of EFAULT: what the calls on locks say of an address with nothing there.
func noFault(err abi.Errno) abi.Errno {
	if err == abi.EFAULT {
		return abi.ENOMEM
	}
	return err
}

func sysMunlock(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	addr, n, err := pageRange(l, a[0], a[1])
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{}, noFault(l.Proc.VM.Unwire(addr, n))
}

func sysMlockall(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f := int32(a[0])
	if f == 0 || f&^(abi.MCL_CURRENT|abi.MCL_FUTURE) != 0 {
		return kern.Retval{}, abi.EINVAL
	}
	return kern.Retval{}, l.Proc.VM.WireAll(f&abi.MCL_CURRENT != 0, f&abi.MCL_FUTURE != 0, l.Proc.Limits[abi.RLIMIT_MEMLOCK].Cur)
}

func sysMunlockall(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{}, l.Proc.VM.WireAll(false, false, 0)
}

// sysObreak is break(end): the data segment ends at the page of end (sys_obreak, sys/uvm/uvm_unix.c). An end below the
// start of the data is none of its errors: what lies between is unmapped. Error: ENOMEM.
func sysObreak(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p := l.Proc
	page := p.Arch.PageSize
	b := &p.VM.Brk
	end := (a[0] + page - 1) &^ (page - 1)
	cur := (b.Cur + page - 1) &^ (page - 1)
	if end == 0 || end > b.Base && end-b.Base > p.Limits[abi.RLIMIT_DATA].Cur {
		return kern.Retval{}, abi.ENOMEM
	}
	switch {
	case end > cur:
		prot, maxProt := kern.PaxMprotectAdjust(p.Pax, mem.ProtRead|mem.ProtWrite, mem.ProtAll)
		if _, err := p.VM.Map(mem.MapArgs{Addr: cur, Len: end - cur, Prot: prot, MaxProt: maxProt, Fixed: true, NoReplace: true}); err != abi.OK {
			return kern.Retval{}, abi.ENOMEM
		}
	case end < cur:
		// uvm_unmap takes no offence at addresses below those that a program can have.
		if low := max(end, p.Arch.MinAddr); low < cur {
			if err := p.VM.Unmap(low, cur-low); err != abi.OK {
				return kern.Retval{}, err
			}
		}
	}
	b.Cur = end
	return kern.Retval{}, abi.OK
}
