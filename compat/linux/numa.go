package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/syscalls"
)

// Memory policies (mm/mempolicy.c, mm/migrate.c): there is one node, number 0, and all memory is there. What a program
// asks for is checked and kept, and has no effect. And memory with a descriptor.

// Policies and their flags, flags of mbind, flags of get_mempolicy.
const (
	mpolDefault            = 0
	mpolPreferred          = 1
	mpolBind               = 2
	mpolInterleave         = 3
	mpolLocal              = 4
	mpolPreferredMany      = 5
	mpolWeightedInterleave = 6

	mpolNumaBalancing = 1 << 13
	mpolRelative      = 1 << 14
	mpolStatic        = 1 << 15
	mpolFlags         = mpolNumaBalancing | mpolRelative | mpolStatic

	mpolStrict  = 1
	mpolMove    = 2
	mpolMoveAll = 4

	mpolNode        = 1
	mpolAddr        = 2
	mpolMemsAllowed = 4

	// maxNodes is how many nodes a kernel of Debian's can have.
	maxNodes = 1024
)

// memPolicy is a policy; a nil pointer or the zero value is the default one.
type memPolicy struct {
	mode  int32 // with its flags
	nodes bool  // node 0 is named
}

func (p memPolicy) kind() int32 { return p.mode &^ mpolFlags }

// nodesAt reads a set of nodes: whether 0 is in it, and whether others are. Errors: EINVAL for a set that is too large or
// names nodes beyond those that can be, EFAULT.
func nodesAt(l *kern.LWP, va, maxnode uint64) (zero, others bool, err abi.Errno) {
	maxnode--
	if maxnode == 0 || va == 0 {
		return false, false, abi.OK
	}
	if maxnode > mem.PageSize*8 {
		return false, false, abi.EINVAL
	}
	width := 8 * uint64(l.Model().PtrSize)
	words := make([]abi.ULong, (maxnode+width-1)/width)
	if err := l.CopyinStruct(va, words); err != abi.OK {
		return false, false, err
	}
	if r := maxnode % width; r != 0 {
		words[len(words)-1] &= 1<<r - 1
	}
	for i, w := range words {
		switch {
		case w == 0:
		case uint64(i)*width >= maxNodes:
			return false, false, abi.EINVAL
		case i == 0:
			zero, others = w&1 != 0, others || w>>1 != 0
		default:
			others = true
		}
	}
	return zero, others, abi.OK
}

// newPolicy makes a policy of what set_mempolicy and mbind are given. Errors: EINVAL, EFAULT.
func newPolicy(l *kern.LWP, mode int32, va, maxnode uint64) (memPolicy, abi.Errno) {
	p := memPolicy{mode: mode}
	flags := mode & mpolFlags
	switch k := p.kind(); {
	case k < 0 || k > mpolWeightedInterleave, flags&mpolStatic != 0 && flags&mpolRelative != 0,
		flags&mpolNumaBalancing != 0 && k != mpolBind && k != mpolPreferredMany:
		return p, abi.EINVAL
	}
	zero, others, err := nodesAt(l, va, maxnode)
	if err != abi.OK {
		return p, err
	}
	none := !zero && !others
	switch p.kind() {
	case mpolDefault:
		if !none {
			return p, abi.EINVAL
		}
		return memPolicy{}, abi.OK
	case mpolPreferred:
		if none {
			if flags&(mpolStatic|mpolRelative) != 0 {
				return p, abi.EINVAL
			}
			return memPolicy{mode: mpolLocal}, abi.OK
		}
	case mpolLocal:
		if !none || flags&(mpolStatic|mpolRelative) != 0 {
			return p, abi.EINVAL
		}
		return p, abi.OK
	}
	if !zero { // relative ones count from the first node that there is
		if none || flags&mpolRelative == 0 {
			return p, abi.EINVAL
		}
	}
	p.nodes = true
	return p, abi.OK
}

func sysSetMempolicy(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := newPolicy(l, int32(a[0]), a[1], a[2])
	if err == abi.OK {
		lwpdata(l).policy = p
	}
	return ret(err)
}

// sysMbind is mbind(start, len, mode, nodes, maxnode, flags). Errors: EINVAL, EPERM, EFAULT.
func sysMbind(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := newPolicy(l, int32(a[2]), a[3], a[4])
	if err != abi.OK {
		return ret(err)
	}
	flags, n := a[5], pages(l, a[1])
	switch {
	case flags&^(mpolStrict|mpolMove|mpolMoveAll) != 0:
		return ret(abi.EINVAL)
	case flags&mpolMoveAll != 0 && !capable(l, capSysNice):
		return ret(abi.EPERM)
	case a[0]&pageMask(l) != 0 || wraps(l, a[0], n):
		return ret(abi.EINVAL)
	case n == 0:
		return ret(abi.OK)
	}
	var v any
	if p != (memPolicy{}) {
		v = p
	}
	return ret(l.Proc.VM.SetNodes(a[0], n, v))
}

// policyAt is the policy of the mapping at an address, or the thread's. Error: EFAULT.
func policyAt(l *kern.LWP, addr uint64) (memPolicy, abi.Errno) {
	e, _ := entryAt(l, addr, 0)
	if e.End == 0 {
		return memPolicy{}, abi.EFAULT
	}
	if p, ok := e.Nodes.(memPolicy); ok {
		return p, abi.OK
	}
	return memPolicy{}, abi.OK
}

// sysGetMempolicy is get_mempolicy(mode, nodes, maxnode, addr, flags). Errors: EINVAL, EFAULT.
func sysGetMempolicy(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	addr, flags := a[3], a[4]
	if a[1] != 0 && a[2] < 1 || flags&^(mpolNode|mpolAddr|mpolMemsAllowed) != 0 {
		return ret(abi.EINVAL)
	}
	var p memPolicy
	mode := int32(0)
	switch {
	case flags&mpolMemsAllowed != 0:
		if flags&(mpolNode|mpolAddr) != 0 {
			return ret(abi.EINVAL)
		}
		p.nodes = true
	case flags&mpolAddr != 0:
		var err abi.Errno
		if p, err = policyAt(l, addr); err != abi.OK {
			return ret(err)
		}
		if flags&mpolNode == 0 {
			mode = p.mode
		} else if err := l.Copyin(make([]byte, 1), addr); err != abi.OK {
			return ret(err)
		}
	case addr != 0:
		return ret(abi.EINVAL)
	default:
		p = lwpdata(l).policy
		switch {
		case flags&mpolNode == 0:
			mode = p.mode
		case p.kind() != mpolInterleave && p.kind() != mpolWeightedInterleave:
			return ret(abi.EINVAL)
		}
	}
	if a[0] != 0 {
		if err := l.CopyoutInt32(a[0], mode); err != abi.OK {
			return ret(err)
		}
	}
	if a[1] == 0 {
		return ret(abi.OK)
	}
	size := (a[2] - 1 + 63) / 64 * 8
	if size > mem.PageSize {
		return ret(abi.EINVAL)
	}
	words := make([]abi.ULong, size/uint64(l.Model().PtrSize))
	if len(words) > 0 && p.nodes {
		words[0] = 1
	}
	return ret(l.CopyoutStruct(a[1], words))
}

// policyTask finds the process whose memory a call is about. Errors: ESRCH, EPERM.
func policyTask(l *kern.LWP, pid int32) (*kern.Proc, abi.Errno) {
	if pid == 0 {
		return l.Proc, abi.OK
	}
	t := findTask(l, pid)
	switch {
	case t == nil || t.Proc.VM == nil:
		return nil, abi.ESRCH
	case t.Proc != l.Proc && !l.MayTrace(t.Proc):
		return nil, abi.EPERM
	}
	return t.Proc, abi.OK
}

// sysMigratePages is migrate_pages(pid, maxnode, old, new): nothing has to be moved. Errors: EINVAL, EFAULT, ESRCH, EPERM.
func sysMigratePages(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if _, _, err := nodesAt(l, a[2], a[1]); err != abi.OK {
		return ret(err)
	}
	zero, others, err := nodesAt(l, a[3], a[1])
	if err != abi.OK {
		return ret(err)
	}
	switch _, err := policyTask(l, int32(a[0])); {
	case err != abi.OK:
		return ret(err)
	case others && !capable(l, capSysNice):
		return ret(abi.EPERM)
	case !zero:
		return ret(abi.EINVAL)
	}
	return ret(abi.OK)
}

// sysMovePages is move_pages(pid, count, pages, nodes, status, flags): it tells which pages are there, and moves none.
// Errors: EINVAL, EPERM, ESRCH, EFAULT, ENODEV for another node.
func sysMovePages(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	switch flags := a[5]; {
	case flags&^(mpolMove|mpolMoveAll) != 0:
		return ret(abi.EINVAL)
	case flags&mpolMoveAll != 0 && !capable(l, capSysNice):
		return ret(abi.EPERM)
	}
	p, err := policyTask(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	size := uint64(l.Model().PtrSize)
	for i := range a[1] {
		page, err := l.CopyinWord(a[2] + i*size)
		if err != abi.OK {
			return ret(err)
		}
		if a[3] != 0 {
			switch node, err := l.CopyinInt32(a[3] + 4*i); {
			case err != abi.OK:
				return ret(err)
			case node != 0:
				return ret(abi.ENODEV)
			}
		}
		status := int32(0)
		page &^= pageMask(l)
		switch _, mapped := p.VM.Prot(page); {
		case !mapped:
			status = -int32(machineOf(l).errnoOrZero(abi.EFAULT))
		case p.VM.Resident(page, page+mem.PageSize) == 0:
			status = -int32(machineOf(l).errnoOrZero(abi.ENOENT))
		}
		if err := l.CopyoutInt32(a[4]+4*i, status); err != abi.OK {
			return ret(err)
		}
	}
	return ret(abi.OK)
}

// sysSetMempolicyHomeNode is set_mempolicy_home_node(start, len, node, flags). Errors: EINVAL; EOPNOTSUPP for other
// policies than two; ENOENT where there is none.
func sysSetMempolicyHomeNode(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	start, n := a[0], pages(l, a[1])
	if start&pageMask(l) != 0 || a[3] != 0 || a[2] != 0 || wraps(l, start, n) {
		return ret(abi.EINVAL)
	}
	if n == 0 {
		return ret(abi.OK)
	}
	err := abi.ENOENT
	for _, e := range l.Proc.VM.Maps() {
		p, ok := e.Nodes.(memPolicy)
		if !ok || e.End <= start || e.Start >= start+n {
			continue
		}
		if k := p.kind(); k != mpolBind && k != mpolPreferredMany {
			return ret(abi.EOPNOTSUPP)
		}
		err = abi.OK
	}
	return ret(err)
}

var sysMemfdCreate kern.Handler = native(syscalls.SYS_memfd_create)
