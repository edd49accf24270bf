package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Advice. What is not named has no effect that could be seen.
const (
	madvDontneed   = 4
	madvFree       = 8
	madvRemove     = 9
	madvDontfork   = 10
	madvDofork     = 11
	madvMerge      = 12
	madvUnmerge    = 13
	madvWipeonfork = 18
	madvKeeponfork = 19
	madvCold       = 20
	madvPageout    = 21
	madvPopRead    = 22
	madvPopWrite   = 23
	madvDontlocked = 24 // MADV_DONTNEED_LOCKED
	madvCollapse   = 25
	madvGuard      = 102
	madvUnguard    = 103
)

// adviceTraits are the traits that an advice sets, and those that it takes away.
var adviceTraits = map[int32][2]uint32{
	0:           {0, mem.TraitSequential | mem.TraitRandom},
	1:           {mem.TraitRandom, mem.TraitSequential},
	2:           {mem.TraitSequential, mem.TraitRandom},
	madvMerge:   {mem.TraitMergeable, 0},
	madvUnmerge: {0, mem.TraitMergeable},
	14:          {mem.TraitHuge, mem.TraitNoHuge},
	15:          {mem.TraitNoHuge, mem.TraitHuge},
	16:          {mem.TraitNoDump, 0},
	17:          {0, mem.TraitNoDump},
}

// sysMadvise is madvise(addr, len, advice) (mm/madvise.c). There is no merging of pages that are alike. Errors: EINVAL for
// what a mapping cannot have, ENOMEM where nothing is mapped, which does not keep the rest from being done; EPERM for what
// is sealed.
func sysMadvise(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	addr, n := a[0], pages(l, a[1])
	if addr&pageMask(l) != 0 || n < a[1] || wraps(l, addr, n) {
		return ret(abi.EINVAL)
	}
	vm := l.Proc.VM
	advice := int32(a[2])
	switch advice {
	case madvDontneed, madvFree, madvRemove, madvDontfork, madvDofork, madvWipeonfork, madvKeeponfork, madvCold, madvPageout,
		madvPopRead, madvPopWrite, madvDontlocked, madvGuard, madvUnguard, madvCollapse, madvMerge, madvUnmerge, 0, 1, 2, 3, 14, 15, 16, 17:
	default:
		return ret(abi.EINVAL)
	}
	if n == 0 {
		return ret(abi.OK)
	}
	if advice == madvDontneed || advice == madvFree || advice == madvDontlocked {
		if sealedConst(l, addr, n) {
			return ret(abi.EPERM)
		}
	}
	at, hole := addr, false
	for _, e := range vm.Maps() {
		if e.End <= addr || e.Start >= addr+n {
			continue
		}
		from, to := max(e.Start, addr), min(e.End, addr+n)
		hole = hole || from > at
		at = to
		if err := advise(l, &e, from, to-from, advice); err != abi.OK {
			return ret(err)
		}
	}
	if hole || at < addr+n {
		return ret(abi.ENOMEM)
	}
	return ret(abi.OK)
}

// advise follows advice for a part of one mapping. Errors: EINVAL, EACCES.
func advise(l *kern.LWP, e *mem.Entry, addr, n uint64, advice int32) abi.Errno {
	vm := l.Proc.VM
	anon := e.Backing() == nil && (!e.Shared || e.Dup)
	if t, ok := adviceTraits[advice]; ok {
		switch {
		case advice == 17 && e.Traits&mem.TraitDroppable != 0:
			return abi.EINVAL
		case advice == madvMerge && (e.Shared || e.Traits&mem.TraitDroppable != 0):
			return abi.OK
		}
		return vm.SetTraits(addr, n, t[0], t[1])
	}
	switch advice {
	case madvGuard:
		if e.Wired {
			return abi.EINVAL
		}
		return vm.Guard(addr, n)
	case madvUnguard:
		vm.Unguard(addr, n)
	case madvDontneed, madvFree: // contents are gone at once
		if e.Wired || advice == madvFree && !anon {
			return abi.EINVAL
		}
		return vm.Discard(addr, n)
	case madvDontlocked:
		return vm.Discard(addr, n)
	case madvRemove:
		return punch(l, e, addr, n)
	case madvCold, madvPageout:
		if e.Wired {
			return abi.EINVAL
		}
	case madvPopRead, madvPopWrite:
		if e.Prot == 0 || advice == madvPopWrite && e.Prot&mem.ProtWrite == 0 {
			return abi.EINVAL
		}
		return populate(l, e, addr, n)
	case madvDontfork:
		if e.Inherit == mem.InheritZero {
			_ = vm.SetTraits(addr, n, mem.TraitWiped, 0)
		}
		return vm.Inherit(addr, n, mem.InheritNone)
	case madvDofork, madvKeeponfork: // each ends its own opposite
		if advice == madvKeeponfork && e.Traits&mem.TraitDroppable != 0 {
			return abi.EINVAL
		}
		if advice == madvKeeponfork && e.Inherit == mem.InheritNone {
			return vm.SetTraits(addr, n, 0, mem.TraitWiped)
		}
		if e.Inherit == mem.InheritNone != (advice == madvDofork) || e.Inherit != mem.InheritNone && e.Inherit != mem.InheritZero {
			return abi.OK
		}
		how := uint8(mem.InheritCopy)
		switch {
		case e.Traits&mem.TraitWiped != 0:
			how = mem.InheritZero
			_ = vm.SetTraits(addr, n, 0, mem.TraitWiped)
		case e.Shared:
			how = mem.InheritShare
		}
		return vm.Inherit(addr, n, how)
	case madvWipeonfork:
		switch {
		case !anon || e.Name == zeroName:
			return abi.EINVAL
		case e.Inherit == mem.InheritNone:
			return vm.SetTraits(addr, n, mem.TraitWiped, 0)
		}
		return vm.Inherit(addr, n, mem.InheritZero)
	}
	return abi.OK
}

// populate makes the pages of a part of one mapping. Error: EFAULT for those that cannot be made.
func populate(l *kern.LWP, e *mem.Entry, addr, n uint64) abi.Errno {
	if e.Wired {
		return abi.OK // they are there
	}
	if l.Proc.VM.WireMapping(addr, n) == abi.OK {
		_ = l.Proc.VM.Unwire(addr, n) // the pages stay
	}
	var b [1]byte
	for at := addr; at < addr+n; at += mem.PageSize {
		if l.Copyin(b[:], at) != abi.OK {
			return abi.EFAULT // after the end of a file, or there is no room
		}
	}
	return abi.OK
}

// punch is MADV_REMOVE: a part of what is shared reads as zeros from here on, for everybody. Errors: EINVAL for memory that
// is nobody else's, or locked; EACCES where nothing can ever be stored.
func punch(l *kern.LWP, e *mem.Entry, addr, n uint64) abi.Errno {
	switch {
	case e.Wired || e.Backing() == nil && (!e.Shared || e.Dup) && e.Name != zeroName:
		return abi.EINVAL
	case !e.Shared || e.MaxProt&mem.ProtWrite == 0:
		return abi.EACCES
	}
	switch err := l.Proc.VM.Punch(addr, n); err {
	case abi.OK, abi.EPERM:
		return err
	}
	zeros := make([]byte, min(n, 64<<10))
	for at := addr; at < addr+n; at += uint64(len(zeros)) {
		if l.Proc.VM.Poke(zeros[:min(uint64(len(zeros)), addr+n-at)], at) != abi.OK {
			break // the end of the file
		}
	}
	return abi.OK
}
