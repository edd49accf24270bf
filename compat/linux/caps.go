package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Capabilities. The kernel below asks for rights over files and processes (kern.Cred.May), of which syncCaps tells it; the calls
// of this package that go by others ask here (capable).

const (
	capChown       = 0
	capDacRead     = 2 // CAP_DAC_READ_SEARCH
	capFowner      = 3
	capKill        = 5
	capSetgid      = 6
	capSetuid      = 7
	capSetpcap     = 8
	capNetAdmin    = 12
	capNetRaw      = 13
	capSysChroot   = 18
	capSysNice     = 23
	capSysPtrace   = 19
	capSysResource = 24
	capSysAdmin    = 21
	capSysRes      = 24
	capSysTime     = 25
	capLease       = 28
	lastCap        = 40 // CAP_LAST_CAP
	allCaps        = 1<<(lastCap+1) - 1
	capVersion1    = 0x19980330
	capVersion2    = 0x20071026
	capVersion3    = 0x20080522
	ambientIsSet   = 1
	ambientRaise   = 2
	ambientLower   = 3
	ambientClear   = 4
	secbitsAll     = 0xff
	secbitsLocked  = 0xaa
)

// capSets are a process's sets: what it has not of those that its user would have, and what it passes on.
type capSets struct {
	lostEff, lostPerm uint64 // taken away from the effective and permitted set
	inheritable       uint64
	ambient           uint64
	lostBound         uint64 // taken away from the bounding set
	keep              bool   // PR_SET_KEEPCAPS
	kept, keptEff     uint64 // permitted and effective set of who was root and kept them
	secbits           uint64
}

// permitted and effective are what the process's user has, without what was given up.
func permitted(p *kern.Proc) uint64 {
	if d := procdata(p); d.user != nil {
		return allCaps&^d.caps.lostPerm | d.caps.ambient
	}
	if !anyRoot(uidsOf(p.Cred)) {
		return procdata(p).caps.ambient | procdata(p).caps.kept
	}
	return allCaps &^ procdata(p).caps.lostPerm
}

func effective(p *kern.Proc) uint64 {
	if d := procdata(p); d.user != nil {
		return permitted(p) &^ d.caps.lostEff
	}
	if !p.Cred.IsRoot() {
		return procdata(p).caps.ambient | procdata(p).caps.keptEff
	}
	return permitted(p) &^ procdata(p).caps.lostEff
}

// anyRoot reports whether one of the ids is root's.
func anyRoot(id ids) bool { return id.has(0) }

// userChanged has the sets follow a change of user: rights go with the last id that is root's, unless they are to be kept,
// and then still have to be made effective.
func userChanged(p *kern.Proc, old *kern.Cred, perm uint64) {
	s, now := &procdata(p).caps, p.Cred
	if old.Euid != now.Euid {
		procdata(p).dumpable = false
	}
	if anyRoot(uidsOf(old)) && !anyRoot(uidsOf(now)) {
		s.ambient, s.kept = 0, 0
		if s.keep {
			s.kept = perm
		}
	}
	switch {
	case old.Euid == 0 && now.Euid != 0:
		s.keptEff = 0
	case old.Euid != 0 && now.Euid == 0:
		s.lostEff = s.lostPerm
	}
	syncCaps(p)
}

// syncCaps tells the kernel what the process has of root's rights. In a namespace of users it has none outside.
func syncCaps(p *kern.Proc) {
	eff, natural := effective(p), uint64(0)
	if p.Cred.Euid == 0 {
		natural = allCaps
	}
	var caps *kern.Caps
	if perm := permitted(p); procdata(p).user == nil && (eff != natural || perm != natural) {
		caps = &kern.Caps{Effective: eff, Permitted: perm}
	}
	if caps != nil || !p.Cred.Unlimited() {
		p.Cred = p.Cred.WithCaps(caps)
	}
}

// capable reports whether the process may do what a capability is for. What it may in a namespace of users does not count.
func capable(l *kern.LWP, capability int) bool {
	return procdata(l.Proc).user == nil && effective(l.Proc)>>capability&1 != 0
}

// mayTrace reports whether l may look into another process (__ptrace_may_access): all its ids are the caller's own, it may be
// dumped, and it has no capabilities that the caller lacks. CAP_SYS_PTRACE is for what does not hold of that.
func mayTrace(l *kern.LWP, p *kern.Proc) bool {
	if capable(l, capSysPtrace) {
		return true
	}
	u, g := l.Proc.Cred.Ruid, l.Proc.Cred.Rgid
	if uidsOf(p.Cred) != (ids{u, u, u}) || gidsOf(p.Cred) != (ids{g, g, g}) {
		return false
	}
	if d, ok := p.EmulData.(*procData); ok {
		return d.dumpable && permitted(p)&^permitted(l.Proc) == 0
	}
	return true
}

// mightMore reports whether p is permitted capabilities that of is not (cap_safe_nice).
func mightMore(p, of *kern.Proc) bool {
	_, known := p.EmulData.(*procData)
	return known && permitted(p)&^permitted(of) != 0
}

type capHeader struct {
	Version uint32
	Pid     int32
}

type capData struct{ Effective, Permitted, Inheritable uint32 }

// capHead reads the head of capget and capset: how many words the sets have, and whom it is about. With a version that
// does not exist, the one to use is stored. Errors: EFAULT, EINVAL, ESRCH.
func capHead(l *kern.LWP, va uint64, probe bool) (words int, p *kern.Proc, err abi.Errno) {
	var h capHeader
	if err := l.CopyinStruct(va, &h); err != abi.OK {
		return 0, nil, err
	}
	switch h.Version {
	case capVersion1:
		words = 1
	case capVersion2, capVersion3:
		words = 2
	default:
		h.Version = capVersion3
		if err := l.CopyoutInt32(va, capVersion3); err != abi.OK || probe {
			return 0, nil, err
		}
		return 0, nil, abi.EINVAL
	}
	if h.Pid < 0 {
		return words, nil, abi.EINVAL
	}
	p = l.Proc
	if h.Pid != 0 {
		t := findTask(l, h.Pid)
		if t == nil {
			return words, nil, abi.ESRCH
		}
		p = t.Proc
	}
	return words, p, abi.OK
}

func sysCapget(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n, p, err := capHead(l, a[0], a[1] == 0)
	if err != abi.OK || n == 0 || a[1] == 0 {
		return ret(err)
	}
	out := make([]capData, n)
	eff, perm, inh := effective(p), permitted(p), procdata(p).caps.inheritable
	for i := range out {
		out[i] = capData{uint32(eff >> (32 * i)), uint32(perm >> (32 * i)), uint32(inh >> (32 * i))}
	}
	return ret(l.CopyoutStruct(a[1], out))
}

// sysCapset changes the caller's own sets. Nothing is added to the permitted set, and the effective one stays within
// it. Errors: EFAULT, EINVAL, EPERM.
func sysCapset(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n, p, err := capHead(l, a[0], false)
	if n != 0 && p == nil {
		err = abi.EPERM // somebody else, whoever that may be
	}
	if err != abi.OK {
		return ret(err)
	}
	if p != l.Proc {
		return ret(abi.EPERM)
	}
	in := make([]capData, n)
	if err := l.CopyinStruct(a[1], in); err != abi.OK {
		return ret(err)
	}
	var eff, perm, inh uint64
	for i, d := range in {
		eff |= uint64(d.Effective) << (32 * i)
		perm |= uint64(d.Permitted) << (32 * i)
		inh |= uint64(d.Inheritable) << (32 * i)
	}
	eff, perm, inh = eff&allCaps, perm&allCaps, inh&allCaps
	s, old := &procdata(p).caps, permitted(p)
	bound := allCaps &^ s.lostBound
	switch {
	case !capable(l, capSetpcap) && inh&^(s.inheritable|old) != 0, inh&^(s.inheritable|bound) != 0, perm&^old != 0, eff&^perm != 0:
		return ret(abi.EPERM)
	}
	s.inheritable = inh
	s.lostPerm |= allCaps &^ perm
	s.lostEff = allCaps &^ eff
	s.kept, s.keptEff = s.kept&perm, 0
	if !p.Cred.IsRoot() {
		s.keptEff = eff
	}
	s.ambient &= perm & inh
	syncCaps(p)
	return ret(abi.OK)
}

// prctlCaps is for the functions of prctl about capabilities; known is whether f is one.
func prctlCaps(l *kern.LWP, f int32, a *kern.Args) (rv kern.Retval, err abi.Errno, known bool) {
	s := &procdata(l.Proc).caps
	known = true
	switch f {
	case prCapbsetRead, prCapbsetDrop:
		switch {
		case a[1] > lastCap:
			err = abi.EINVAL
		case f == prCapbsetRead:
			rv.R0 = 1 &^ (s.lostBound >> a[1])
		case !capable(l, capSetpcap):
			err = abi.EPERM
		default:
			s.lostBound |= 1 << a[1]
		}
	case prGetKeepcaps:
		rv.R0 = uint64(boolInt(s.keep))
	case prSetKeepcaps:
		switch {
		case a[1] > 1:
			err = abi.EINVAL
		case s.secbits&(1<<5) != 0: // locked
			err = abi.EPERM
		default:
			s.keep = a[1] == 1
		}
	case prGetSecurebits:
		rv.R0 = s.secbits
	case prSetSecurebits:
		locked := s.secbits & secbitsLocked
		switch {
		case a[1]&^secbitsAll != 0, (s.secbits^a[1])&(locked|locked>>1) != 0, !capable(l, capSetpcap):
			err = abi.EPERM
		default:
			s.secbits = a[1]
		}
	case prCapAmbient:
		rv, err = prctlAmbient(l, s, a)
		syncCaps(l.Proc)
	default:
		known = false
	}
	return rv, err, known
}

// prctlAmbient is PR_CAP_AMBIENT: what stays with programs that are executed though they are not root's.
func prctlAmbient(l *kern.LWP, s *capSets, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1] == ambientClear {
		if a[2]|a[3]|a[4] != 0 {
			return ret(abi.EINVAL)
		}
		s.ambient = 0
		return ret(abi.OK)
	}
	if a[3]|a[4] != 0 || a[2] > lastCap {
		return ret(abi.EINVAL)
	}
	bit := uint64(1) << a[2]
	switch a[1] {
	case ambientIsSet:
		return retInt(int64(s.ambient >> a[2] & 1))
	case ambientRaise:
		const noRaise = 1 << 6 // SECBIT_NO_CAP_AMBIENT_RAISE
		if permitted(l.Proc)&s.inheritable&bit == 0 || s.secbits&noRaise != 0 {
			return ret(abi.EPERM)
		}
		s.ambient |= bit
	case ambientLower:
		s.ambient &^= bit
	default:
		return ret(abi.EINVAL)
	}
	return ret(abi.OK)
}
