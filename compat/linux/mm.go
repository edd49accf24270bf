package linux

import (
	"slices"
	"strings"

	"nbemu/abi"
	"nbemu/ipc"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/syscalls"
	"nbemu/vfs"
)

// Memory.

const (
	mapShared         = 0x01
	mapPrivate        = 0x02
	mapTypes          = 0x0f
	mapSharedValidate = 0x03
	mapFixed          = 0x10
	mapAnon           = 0x20
	mapFixedNoreplace = 0x100000
	mapDroppable      = 0x08
	mapGrowsdown      = 0x100
	mapNoreserve      = 0x4000
	mapStack          = 0x20000
	mapHugetlb        = 0x40000
	mapLocked         = 0x2000
	mapPopulate       = 0x8000
	// mapKnown are all flags but MAP_SYNC, which needs memory that keeps its contents.
	mapKnown = mapTypes | mapFixed | mapAnon | mapFixedNoreplace | 0x7f9c0 | 0x3f<<26

	protAll = 7

	zeroName = "/dev/zero" // of private mappings of it, which are memory without a file otherwise
)

// pageMask is what is below a page of the machine that the program is for.
func pageMask(l *kern.LWP) uint64 { return l.Proc.Arch.PageSize - 1 }

// pages rounds up to whole pages.
func pages(l *kern.LWP, n uint64) uint64 { return (n + pageMask(l)) &^ pageMask(l) }

// overlaps reports whether something is mapped in a range.
func overlaps(l *kern.LWP, addr, n uint64) bool {
	for _, e := range l.Proc.VM.Maps() {
		if e.Start < addr+n && e.End > addr {
			return true
		}
	}
	return false
}

// wraps reports whether a range ends beyond the last address that the machine has numbers for.
func wraps(l *kern.LWP, addr, n uint64) bool {
	return addr+n < addr || !l.Model().LP64() && (addr+n)>>32 != 0 && uint32(addr+n) < uint32(addr)
}

// minHint is vm.mmap_min_addr.
const minHint = 65536

func sysMmap(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	addr, n, prot, flags, fd, off := a[0], a[1], a[2]&protAll, uint32(a[3]), a[4], a[5]
	if flags&mapAnon == 0 {
		// Whatever else is wrong, the file counts first.
		f := l.Proc.Fd.Get(int32(fd))
		if f == nil || f.OnlyNames() {
			return ret(abi.EBADF)
		}
		if t := flags & mapTypes; n != 0 && off&pageMask(l) == 0 && t != mapPrivate && prot&abi.PROT_WRITE != 0 && f.Flag&abi.FWRITE == 0 {
			return ret(abi.EACCES)
		}
		if vfs.MemoryName(f) == "null" {
			return ret(abi.ENODEV)
		}
		if t := flags & mapTypes; n != 0 && off&pageMask(l) == 0 && t >= mapShared && t <= mapSharedValidate && f.Flag&abi.FREAD == 0 {
			return ret(abi.EACCES)
		}
	}
	if n == 0 || off&pageMask(l) != 0 {
		return ret(abi.EINVAL)
	}
	if n > l.Proc.Arch.UserMax {
		return ret(abi.ENOMEM)
	}
	var f uint64
	if flags&mapTypes == mapSharedValidate && flags&^mapKnown != 0 {
		return ret(abi.EOPNOTSUPP)
	}
	switch flags & mapTypes {
	case mapShared, mapSharedValidate:
		f = abi.MAP_SHARED
	case mapPrivate:
		f = abi.MAP_PRIVATE
	case mapDroppable:
		switch {
		case flags&mapAnon == 0:
			return ret(abi.EINVAL)
		case !l.Model().LP64():
			return ret(abi.EOPNOTSUPP)
		case flags&(mapLocked|mapHugetlb|mapGrowsdown) != 0:
			return ret(abi.EINVAL)
		}
		f = abi.MAP_PRIVATE
	default:
		return ret(abi.EINVAL)
	}
	switch { // the pool of huge pages is empty
	case flags&mapHugetlb != 0 && (flags&mapAnon == 0 || flags&mapFixed != 0 && addr%(l.Proc.Arch.PageSize<<9) != 0):
		return ret(abi.EINVAL)
	case flags&mapHugetlb != 0:
		return ret(abi.ENOMEM)
	}
	if flags&mapGrowsdown != 0 && (f != abi.MAP_PRIVATE || flags&mapAnon == 0) {
		return ret(abi.EINVAL)
	}
	if flags&mapAnon != 0 {
		f |= abi.MAP_ANON
		fd = 1<<32 - 1 // Linux does not look at it
		off = 0
	}
	if flags&(mapFixed|mapFixedNoreplace) != 0 {
		if addr&pageMask(l) != 0 {
			return ret(abi.EINVAL)
		}
		if addr >= l.Proc.Arch.UserMax || pages(l, n) > l.Proc.Arch.UserMax-addr {
			return ret(abi.ENOMEM)
		}
		if flags&mapFixedNoreplace != 0 && overlaps(l, addr, pages(l, n)) {
			return ret(abi.EEXIST)
		}
		if l.Proc.VM.Sealed(addr, pages(l, n)) {
			return ret(abi.EPERM)
		}
		f |= abi.MAP_FIXED
	} else if addr &^= pageMask(l); addr != 0 {
		// A hint is taken if there is room just there; if not, it means nothing.
		addr = max(addr, minHint)
		if addr < l.Proc.Arch.UserMax && pages(l, n) <= l.Proc.Arch.UserMax-addr && !overlaps(l, addr, pages(l, n)) {
			f |= abi.MAP_FIXED
		} else {
			addr = 0
		}
	}
	rv, err := call(l, syscalls.SYS_mmap, &kern.Args{addr, n, prot, f, fd, 0, off})
	if f&abi.MAP_FIXED != 0 {
		ipc.ShmUnmapped(l.Proc)
	}
	if err == abi.EFBIG {
		err = abi.ENOMEM
	}
	if err != abi.OK {
		return ret(err)
	}
	vm := l.Proc.VM
	markMapping(l, rv.R0, pages(l, n), prot, flags, int32(fd))
	if f&abi.MAP_SHARED != 0 && flags&mapAnon == 0 && l.Proc.Fd.Get(int32(fd)).Flag&abi.FWRITE == 0 {
		_ = vm.Restrict(rv.R0, pages(l, n), mem.ProtAll&^mem.ProtWrite) // devices too
	}
	if flags&mapLocked != 0 || flags&mapPopulate != 0 {
		wired := vm.WireMapping(rv.R0, pages(l, n)) == abi.OK
		if wired && flags&mapLocked == 0 {
			_ = vm.Unwire(rv.R0, pages(l, n)) // the pages stay
		}
		if flags&mapLocked != 0 {
			_ = vm.WireTouched(rv.R0, pages(l, n)) // those that cannot be made now, too
		}
	}
	return rv, abi.OK
}

// markMapping gives a new mapping the traits that mmap's flags ask for.
func markMapping(l *kern.LWP, addr, n, prot uint64, flags uint32, fd int32) {
	vm := l.Proc.VM
	private := flags&mapTypes == mapPrivate || flags&mapTypes == mapDroppable
	var t uint32
	if flags&mapGrowsdown != 0 {
		t |= mem.TraitGrows
		vm.GrowLimit(l.Proc.Limits[abi.RLIMIT_STACK].Cur)
	}
	if flags&mapStack != 0 {
		t |= mem.TraitNoHuge
	}
	switch {
	case flags&mapTypes == mapDroppable:
		t |= mem.TraitDroppable | mem.TraitNoReserve | mem.TraitNoDump
		_ = vm.Inherit(addr, n, mem.InheritZero)
	case flags&mapNoreserve != 0:
		t |= mem.TraitNoReserve
	case private && prot&abi.PROT_WRITE != 0:
		t |= mem.TraitAccounted
	}
	if t != 0 {
		_ = vm.SetTraits(addr, n, t, 0)
	}
	if private && flags&mapAnon == 0 {
		if f := l.Proc.Fd.Get(fd); f != nil && vfs.MemoryName(f) == "zero" {
			vm.Rename(addr, n, zeroName)
		}
	}
}

// account keeps count of what may be stored to after the protection of a range has changed (mprotect_fixup): private memory
// counts once it was writable, until it is not and has no page.
func account(l *kern.LWP, addr, n uint64) {
	vm := l.Proc.VM
	for _, e := range vm.Maps() {
		if e.End <= addr || e.Start >= addr+n || e.Shared && !e.Dup || e.Traits&mem.TraitNoReserve != 0 {
			continue
		}
		start, end := max(e.Start, addr), min(e.End, addr+n)
		switch counted := e.Traits&mem.TraitAccounted != 0; {
		case e.Prot&mem.ProtWrite != 0 && !counted:
			_ = vm.SetTraits(start, end-start, mem.TraitAccounted, 0)
		case e.Prot&mem.ProtWrite == 0 && counted && e.Obj == nil && vm.Resident(start, end) == 0:
			_ = vm.SetTraits(start, end-start, 0, mem.TraitAccounted)
		}
	}
}

func sysMunmap(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	defer ipc.ShmUnmapped(l.Proc)
	if a[0]&pageMask(l) != 0 || a[1] == 0 {
		return ret(abi.EINVAL)
	}
	if l.Proc.VM.Sealed(a[0], pages(l, a[1])) {
		return ret(abi.EPERM)
	}
	rv, err := call(l, syscalls.SYS_munmap, a)
	if err == abi.EINVAL && a[0] < minHint && a[0]+pages(l, a[1]) > a[0] && a[0]+pages(l, a[1]) <= l.Proc.Arch.UserMax {
		// Nothing can be mapped so low, and there is nothing wrong with taking it away.
		if rest := a[0] + pages(l, a[1]) - min(minHint, a[0]+pages(l, a[1])); rest > 0 {
			return call(l, syscalls.SYS_munmap, &kern.Args{minHint, rest})
		}
		return ret(abi.OK)
	}
	return rv, err
}

// mappedLen is how many bytes of a range are mapped before its first hole.
func mappedLen(l *kern.LWP, addr, n uint64) uint64 {
	at := addr
	for _, e := range l.Proc.VM.Maps() {
		if e.End <= at {
			continue
		}
		if e.Start > at || at >= addr+n {
			break
		}
		at = e.End
	}
	return min(at-addr, n)
}

func sysMprotect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const growsDown, growsUp = 0x01000000, 0x02000000
	if a[2]&growsDown != 0 && a[2]&growsUp != 0 {
		return ret(abi.EINVAL)
	}
	if a[0]&pageMask(l) != 0 || a[2]&^(protAll|growsDown|growsUp) != 0 {
		return ret(abi.EINVAL)
	}
	if a[1] == 0 {
		return ret(abi.OK)
	}
	if a[0] >= l.Proc.Arch.UserMax || a[1] > l.Proc.Arch.UserMax-a[0] {
		return ret(abi.ENOMEM)
	}
	if l.Proc.VM.Sealed(a[0], pages(l, a[1])) {
		return ret(abi.EPERM)
	}
	start, end := a[0], a[0]+pages(l, a[1])
	if a[2]&growsDown != 0 { // from where it begins now
		i := slices.IndexFunc(l.Proc.VM.Maps(), func(e mem.Entry) bool { return e.End > start })
		if i < 0 || l.Proc.VM.Maps()[i].Start >= end {
			return ret(abi.ENOMEM)
		}
		e := l.Proc.VM.Maps()[i]
		if start = e.Start; e.Traits&mem.TraitGrows == 0 && e.Name != "stack" {
			return ret(abi.EINVAL)
		}
	}
	n := mappedLen(l, start, end-start)
	switch {
	case n == 0:
		return ret(abi.ENOMEM)
	case a[2]&growsUp != 0: // nothing does here
		return ret(abi.EINVAL)
	}
	// What comes before a hole is changed all the same.
	rv, err := call(l, syscalls.SYS_mprotect, &kern.Args{start, n, a[2] & protAll})
	account(l, start, n)
	if err == abi.EINVAL || err == abi.OK && n < end-start {
		err = abi.ENOMEM
	}
	return rv, err
}

// Protection keys are known to Linux on x86 and arm64, and are those of a processor that has none: only key -1, for no key,
// is one. Elsewhere all three calls are ENOSYS.
func (m *Machine) hasKeys() bool { return m == machAMD64 || m == machI386 || m == machARM64 }

// sysPkeyMprotect is pkey_mprotect(start, len, prot, key). Errors: as sysMprotect; EINVAL for a key.
func sysPkeyMprotect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	switch {
	case !machineOf(l).hasKeys():
		return sysNosys(l, a)
	case int32(a[3]) != -1 && a[1] != 0:
		return ret(abi.EINVAL)
	}
	return sysMprotect(l, a)
}

// sysPkeyAlloc is pkey_alloc(flags, rights). Errors: EINVAL, ENOSPC.
func sysPkeyAlloc(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	switch {
	case !machineOf(l).hasKeys():
		return sysNosys(l, a)
	case a[0] != 0 || a[1]&^3 != 0:
		return ret(abi.EINVAL)
	}
	return ret(abi.ENOSPC)
}

// sysPkeyFree is pkey_free(key). Error: EINVAL.
func sysPkeyFree(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !machineOf(l).hasKeys() {
		return sysNosys(l, a)
	}
	return ret(abi.EINVAL)
}

// sysBrk moves the end of the data segment; it returns where that is now, also when it could not be moved.
func sysBrk(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	vm := l.Proc.VM
	b := &vm.Brk
	want := a[0]
	if want < procdata(l.Proc).brkBase || want-b.Base > l.Proc.Limits[abi.RLIMIT_DATA].Cur {
		return kern.Retval{R0: b.Cur}, abi.OK
	}
	old, end := pages(l, b.Cur), pages(l, want)
	switch {
	case end > old:
		if _, err := vm.Map(mem.MapArgs{Addr: old, Len: end - old, Prot: mem.ProtRead | mem.ProtWrite, Fixed: true, NoReplace: true,
			Traits: mem.TraitAccounted}); err != abi.OK {
			return kern.Retval{R0: b.Cur}, abi.OK
		}
	case end < old:
		_ = vm.Unmap(end, old-end)
	}
	b.Cur = want
	return kern.Retval{R0: want}, abi.OK
}

// Flags of mremap.
const (
	mremapMaymove   = 1
	mremapFixed     = 2
	mremapDontunmap = 4
)

// sysMremap changes the size of a mapping, in place or by moving it (mm/mremap.c).
func sysMremap(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := a[3]
	m := mem.RemapArgs{Old: a[0], OldLen: pages(l, a[1]), NewLen: pages(l, a[2]), New: a[4],
		Fixed: flags&mremapFixed != 0, Replace: true, Hollow: flags&mremapDontunmap != 0, Wired: true, Align: l.Proc.Arch.PageSize}
	vm := l.Proc.VM
	switch {
	case flags&^(mremapMaymove|mremapFixed|mremapDontunmap) != 0, flags&(mremapFixed|mremapDontunmap) != 0 && flags&mremapMaymove == 0,
		m.Hollow && m.OldLen != m.NewLen, m.Old&pageMask(l) != 0, m.NewLen == 0, m.NewLen > l.Proc.Arch.UserMax:
		return ret(abi.EINVAL)
	}
	if (m.Fixed || m.Hollow) && (m.New&pageMask(l) != 0 || m.New >= l.Proc.Arch.UserMax || m.NewLen > l.Proc.Arch.UserMax-m.New ||
		m.New < m.Old+m.OldLen && m.Old < m.New+m.NewLen) {
		return ret(abi.EINVAL)
	}
	e, whole := entryAt(l, m.Old, m.OldLen)
	// What is moved may be several mappings, and holes after the first, unless that has a say in where it is (vma_multi_allowed).
	several := m.Fixed && m.NewLen <= m.OldLen && e.Name != zeroName && !strings.HasPrefix(e.Name, "/SYSV")
	switch {
	case e.End != 0 && (vm.Sealed(m.Old, m.OldLen) || m.Fixed && vm.Sealed(m.New, m.NewLen)):
		return ret(abi.EPERM)
	case e.End == 0, !whole && !several && (m.NewLen > m.OldLen || m.Fixed || m.Hollow):
		return ret(abi.EFAULT)
	case m.OldLen > l.Proc.Arch.UserMax:
		return ret(abi.EINVAL)
	case m.OldLen == 0: // of old: a second mapping of shared memory
		if !e.Shared || e.Dup {
			return ret(abi.EINVAL)
		}
		m.Dup, m.OldLen = true, l.Proc.Arch.PageSize
	}
	if limit := l.Proc.Limits[abi.RLIMIT_AS].Cur; m.NewLen > m.OldLen && vm.Size()+m.NewLen-m.OldLen > limit {
		return ret(abi.ENOMEM)
	}
	if !m.Fixed && !m.Dup && !m.Hollow {
		if m.NewLen <= m.OldLen {
			if m.NewLen < m.OldLen {
				if err := vm.Unmap(m.Old+m.NewLen, m.OldLen-m.NewLen); err != abi.OK {
					return ret(err)
				}
			}
			return kern.Retval{R0: m.Old}, abi.OK
		}
		if vm.Extend(m.Old+m.OldLen, m.NewLen-m.OldLen, true) == abi.OK {
			return kern.Retval{R0: m.Old}, abi.OK
		}
	}
	if flags&mremapMaymove == 0 {
		return ret(abi.ENOMEM)
	}
	if !m.Fixed {
		m.New = (l.Proc.Arch.UserMax - l.Proc.Arch.MaxStack - m.NewLen) &^ pageMask(l)
	}
	to, err := vm.Remap(m)
	ipc.ShmUnmapped(l.Proc)
	return kern.Retval{R0: to}, err
}

// entryAt finds the entry at addr, End being 0 if there is none, and whether it has n bytes from there on.
func entryAt(l *kern.LWP, addr, n uint64) (mem.Entry, bool) {
	for _, e := range l.Proc.VM.Maps() {
		if e.Start <= addr && addr < e.End {
			return e, n <= e.End-addr
		}
	}
	return mem.Entry{}, false
}

func sysMincore(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	switch {
	case a[0]&pageMask(l) != 0:
		return ret(abi.EINVAL)
	case a[1] == 0 && a[0] <= l.Proc.Arch.UserMax:
		return ret(abi.OK)
	case a[0] >= l.Proc.Arch.UserMax || a[1] > l.Proc.Arch.UserMax-a[0]:
		return ret(abi.ENOMEM)
	case !l.Proc.VM.Mapped(a[0], pages(l, a[1])): // before the vector is looked at
		return ret(abi.ENOMEM)
	}
	return call(l, syscalls.SYS_mincore, a)
}

func sysMsync(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const async, invalidate, sync = 1, 2, 4
	f := a[2]
	if f&^(async|invalidate|sync) != 0 || f&(async|sync) == async|sync || a[0]&pageMask(l) != 0 {
		return ret(abi.EINVAL)
	}
	switch end := a[0] + pages(l, a[1]); {
	case pages(l, a[1]) < a[1], wraps(l, a[0], pages(l, a[1])):
		return ret(abi.ENOMEM)
	case end == a[0]:
		return ret(abi.OK)
	}
	if f&invalidate != 0 {
		for _, e := range l.Proc.VM.Maps() {
			if e.Wired && e.Start < a[0]+pages(l, a[1]) && a[0] < e.End {
				return ret(abi.EBUSY)
			}
		}
	}
	err := syscalls.Msync(l, a[0], pages(l, a[1]), f&sync != 0)
	if err == abi.EFAULT {
		err = abi.ENOMEM
	}
	return ret(err)
}

var (
	sysMunlockall kern.Handler = func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
		vm := l.Proc.VM
		vm.FutureTouched(false)
		_ = vm.SetTraits(vm.Min, vm.Max-vm.Min, 0, mem.TraitLockTouched)
		return call(l, syscalls.SYS_munlockall, a)
	}
)

// sysMlock is mlock(addr, len). Errors: ENOMEM where nothing is mapped, or what is has no access; EINVAL; those of limits.
func sysMlock(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	start := a[0] &^ pageMask(l)
	n := pages(l, a[1]+a[0]-start)
	switch {
	case wraps(l, start, n):
		return ret(abi.EINVAL)
	case n == 0:
		return ret(abi.OK)
	}
	// What comes before a hole is locked all the same, and so is what cannot be made now.
	have := mappedLen(l, start, n)
	if have == 0 {
		return ret(abi.ENOMEM)
	}
	rv, err := call(l, syscalls.SYS_mlock, &kern.Args{start, have})
	switch {
	case err == abi.EINVAL:
		_ = l.Proc.VM.WireTouched(start, have)
		err = abi.ENOMEM
	case err == abi.OK && (have < n || pastEnd(l, start, have) || l.Proc.VM.Guarded(start, have)):
		err = abi.ENOMEM
	}
	if err == abi.OK || err == abi.ENOMEM {
		_ = l.Proc.VM.SetTraits(start, have, 0, mem.TraitLockTouched)
	}
	return rv, err
}

// pastEnd reports whether a range shows pages after the end of a file.
func pastEnd(l *kern.LWP, addr, n uint64) bool {
	for _, e := range l.Proc.VM.Maps() {
		if e.Backing() == nil || e.End <= addr || e.Start >= addr+n {
			continue
		}
		if l.Proc.VM.PokeRead(make([]byte, 1), min(e.End, addr+n)-l.Proc.Arch.PageSize) != abi.OK {
			return true
		}
	}
	return false
}

// sysMunlock is munlock(addr, len), of what need not be locked. Errors: those of untilHole.
func sysMunlock(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	start := a[0] &^ pageMask(l)
	return ret(untilHole(l, start, pages(l, a[1]+a[0]-start), func(addr, n uint64) abi.Errno {
		_ = l.Proc.VM.SetTraits(addr, n, 0, mem.TraitLockTouched)
		return l.Proc.VM.WireEnd(addr, n)
	}))
}

// untilHole does something with what is mapped of a range before the first hole. Errors: ENOMEM if there is one, EINVAL.
func untilHole(l *kern.LWP, start, n uint64, do func(addr, n uint64) abi.Errno) abi.Errno {
	switch {
	case wraps(l, start, n):
		return abi.EINVAL
	case n == 0:
		return abi.OK
	}
	have := mappedLen(l, start, n)
	if have > 0 {
		_ = do(start, have)
	}
	if have < n {
		return abi.ENOMEM
	}
	return abi.OK
}

// sysMlockall is mlockall(flags): the native one, and with MCL_ONFAULT only what is touched counts. Errors: EINVAL; the native
// one's.
func sysMlockall(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := a[0]
	if unit := machineOf(l).lockAll; unit != 0 {
		if flags%unit != 0 {
			return ret(abi.EINVAL)
		}
		flags /= unit
	}
	const touched = 4
	if flags&^(abi.MCL_CURRENT|abi.MCL_FUTURE|touched) != 0 || flags&^touched == 0 {
		return ret(abi.EINVAL)
	}
	vm := l.Proc.VM
	if flags&touched == 0 {
		vm.FutureTouched(false)
		rv, err := call(l, syscalls.SYS_mlockall, &kern.Args{flags})
		if err == abi.OK && flags&abi.MCL_CURRENT != 0 {
			_ = vm.SetTraits(vm.Min, vm.Max-vm.Min, 0, mem.TraitLockTouched)
			for _, e := range vm.Maps() { // those without access, too
				_ = vm.WireTouched(e.Start, e.End-e.Start)
			}
		}
		return rv, err
	}
	if limit := l.Proc.Limits[abi.RLIMIT_MEMLOCK].Cur; !l.Proc.Cred.IsRoot() && (limit == 0 || flags&abi.MCL_CURRENT != 0 && vm.Size() > limit) {
		if limit == 0 {
			return ret(abi.EPERM)
		}
		return ret(abi.ENOMEM)
	}
	vm.FutureTouched(flags&abi.MCL_FUTURE != 0)
	if flags&abi.MCL_CURRENT != 0 {
		for _, e := range vm.Maps() {
			_ = vm.SetTraits(e.Start, e.End-e.Start, mem.TraitLockTouched, 0)
			_ = vm.WireTouched(e.Start, e.End-e.Start)
		}
	}
	return ret(abi.OK)
}

// sysMlock2 is mlock2(addr, len, flags): with MLOCK_ONFAULT no page is made for it.
func sysMlock2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const onFault = 1
	switch flags := int32(a[2]); {
	case flags&^onFault != 0:
		return ret(abi.EINVAL)
	case flags == 0:
		return sysMlock(l, a)
	}
	start := a[0] &^ pageMask(l)
	n := pages(l, a[1]+a[0]-start)
	if l.Proc.VM.Wired()+n > l.Proc.Limits[abi.RLIMIT_MEMLOCK].Cur && !l.Proc.Cred.IsRoot() {
		return ret(abi.ENOMEM)
	}
	return ret(untilHole(l, start, n, func(addr, n uint64) abi.Errno {
		_ = l.Proc.VM.SetTraits(addr, n, mem.TraitLockTouched, 0)
		return l.Proc.VM.WireTouched(addr, n)
	}))
}

// sealedConst reports whether a range has something sealed in it that the program may not write: what is to be thrown away
// could not be written again.
func sealedConst(l *kern.LWP, addr, n uint64) bool {
	for _, e := range l.Proc.VM.Maps() {
		if e.Sealed && e.Prot&mem.ProtWrite == 0 && !e.Shared && e.Backing() == nil && e.Start < addr+n && addr < e.End {
			return true
		}
	}
	return false
}

// sysMseal is mseal(start, len, flags), of machines of 64 bits alone. Errors: EINVAL; ENOMEM where nothing is mapped.
func sysMseal(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !l.Model().LP64() {
		return ret(abi.ENOSYS)
	}
	n := pages(l, a[1])
	switch {
	case a[2] != 0 || a[0]&pageMask(l) != 0 || n < a[1] || a[0]+n < a[0]:
		return ret(abi.EINVAL)
	case n == 0:
		return ret(abi.OK)
	}
	return ret(l.Proc.VM.Seal(a[0], n))
}

// sysRemapFilePages is remap_file_pages(start, size, prot, page, flags): another part of the file that a shared mapping
// shows takes the place of what is there. Error: EINVAL.
func sysRemapFilePages(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	unit := l.Proc.Arch.PageSize
	start, n := a[0]&^(unit-1), a[1]&^(unit-1)
	off := a[3] * unit
	if a[2] != 0 || start+n <= start || off/unit != a[3] || off+n < off {
		return ret(abi.EINVAL)
	}
	e, whole := entryAt(l, start, n)
	for !whole && e.End != 0 { // what was remapped before is another entry
		next, _ := entryAt(l, e.End, 0)
		if next.Obj != e.Obj || next.Prot != e.Prot || !next.Shared {
			return ret(abi.EINVAL)
		}
		e.End, whole = next.End, start+n <= next.End
	}
	if e.End == 0 || !e.Shared || e.Obj == nil || e.MaxProt&mem.ProtWrite == 0 {
		return ret(abi.EINVAL)
	}
	vm := l.Proc.VM
	if vm.Sealed(start, n) {
		return ret(abi.EPERM)
	}
	if ipc.ShmRemovedAt(l.Proc, start) {
		return ret(abi.EIDRM)
	}
	_, err := vm.Map(mem.MapArgs{Addr: start, Len: n, Prot: e.Prot, MaxProt: e.MaxProt, Fixed: true, Shared: true, Obj: e.Obj, Off: off,
		Inherit: e.Inherit, InheritSet: true, Name: e.Name})
	if err == abi.OK && e.Wired {
		_ = vm.WireTouched(start, n)
	}
	return ret(err)
}
