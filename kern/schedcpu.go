package kern

import (
	"math/bits"
	"slices"

	"nbemu/abi"
)

// A machine's CPUs have numbers, so that LWPs can be bound to some of them: by an affinity of their own, or by a processor
// set (sys_sched.c, sys_pset.c, sched_takecpu). None of them is one of the host's.

// MaxCPUs is how many CPUs a machine can have.
const MaxCPUs = 256

// CPUMask is a set of CPUs.
type CPUMask [MaxCPUs / 64]uint64

// Has reports whether CPU i is in the set.
func (m *CPUMask) Has(i int) bool { return i >= 0 && i < MaxCPUs && m[i/64]>>(i%64)&1 != 0 }

// Add puts CPU i into the set.
func (m *CPUMask) Add(i int) { m[i/64] |= 1 << (i % 64) }

// Empty reports whether there is no CPU in the set.
func (m *CPUMask) Empty() bool { return *m == CPUMask{} }

// Processor sets with a meaning of their own (sys/pset.h).
const (
	PSNone  = 0
	PSMyID  = -1
	PSQuery = -2
)

// maxPsets is kern.pset.psets_max, as a machine begins.
const maxPsets = 32

// cpuSet is a machine's share of the processors. sched guards it, but for sets and max, which the kernel lock does.
type cpuSet struct {
	running int     // how many its LWPs have
	waiting int     // how many of its LWPs wait for one
	busy    CPUMask // which
	// special: somebody has an affinity, or some CPU a set. It stays so.
	special bool
	pset    []int32 // of each CPU; nil while all are in the default set
	sets    map[int32]bool
	maxSets int32
}

// hasFor reports whether there is a processor for l. sched is locked.
func (c *cpuSet) hasFor(l *LWP) bool {
	if c.running >= l.K.ncpu() {
		return false
	}
	return !c.special || c.freeFor(l) >= 0
}

// freeFor finds a CPU for l, the one that it had last if it can be; -1 for none. sched is locked.
func (c *cpuSet) freeFor(l *LWP) int {
	n := l.K.ncpu()
	if i := int(l.cpu); i < n && !c.busy.Has(i) && (!c.special || c.allows(l, i)) {
		return i
	}
	if !c.special {
		for w := range c.busy {
			if b := bits.TrailingZeros64(^c.busy[w]); b < 64 && w*64+b < n {
				return w*64 + b
			}
		}
		return -1
	}
	for i := range n {
		if !c.busy.Has(i) && c.allows(l, i) {
			return i
		}
	}
	return -1
}

// allows reports whether l may run on CPU i (sched_migratable). A set without CPUs is as the default one. sched is locked.
func (c *cpuSet) allows(l *LWP, i int) bool {
	if l.affinity != nil {
		return l.affinity.Has(i)
	}
	if c.pset == nil {
		return true
	}
	set := l.psid
	if set != PSNone && !slices.Contains(c.pset, set) {
		set = PSNone
	}
	return c.pset[i] == set
}

// take notes that l gets a processor. sched is locked, hasFor was true.
func (c *cpuSet) take(l *LWP) {
	c.running++
	if i := c.freeFor(l); i >= 0 {
		l.cpu = int32(i)
		c.busy.Add(i)
	}
}

// drop notes that l gives its processor away. sched is locked.
func (c *cpuSet) drop(l *LWP) {
	c.running--
	c.busy[l.cpu/64] &^= 1 << (l.cpu % 64)
}

// wanted returns the highest rank among those that wait for a CPU and could have h's; -1 for none. sched is locked.
func (c *cpuSet) wanted(h *LWP) int {
	if !c.special {
		if len(sched.ready) == 0 {
			return -1
		}
		return sched.ready[0].rank()
	}
	best := -1
	for _, r := range sched.ready {
		if i := slices.IndexFunc(r.queue, func(l *LWP) bool { return l.K != h.K || c.allows(l, int(h.cpu)) }); i >= 0 {
			best = max(best, r.queue[i].rank)
		}
	}
	return best
}

// evict stops those LWPs of a machine that run where they may not any more. sched is locked.
func (c *cpuSet) evict(k *Kernel) {
	for _, r := range sched.busy {
		for _, h := range r.holders {
			if h.K == k && !c.allows(h, int(h.cpu)) {
				h.preemptNow()
			}
		}
	}
	dispatch(0)
}

// Affinity returns the CPUs that l was bound to, or false.
func (l *LWP) Affinity() (CPUMask, bool) {
	if l.affinity == nil {
		return CPUMask{}, false
	}
	return *l.affinity, true
}

// CPU returns the number of the CPU that l has, or had last.
func (l *LWP) CPU() int { return int(l.cpu) }

// CheckAffinity reports whether LWPs may be bound to the CPUs of m: those that exist, which may be none. Error: EPERM for
// one that is in a processor set.
func (k *Kernel) CheckAffinity(m *CPUMask) (CPUMask, abi.Errno) {
	var out CPUMask
	for i := range k.ncpu() {
		if m.Has(i) {
			if k.cpus.psetOf(i) != PSNone {
				return out, abi.EPERM
			}
			out.Add(i)
		}
	}
	return out, abi.OK
}

func (c *cpuSet) psetOf(i int) int32 {
	if c.pset == nil {
		return PSNone
	}
	return c.pset[i]
}

// SetAffinity binds l to CPUs, which exist; none of them lets it run anywhere. Preconditions: kernel lock; CheckAffinity.
func (l *LWP) SetAffinity(m CPUMask) {
	sched.Lock()
	defer sched.Unlock()
	l.affinity = nil
	if !m.Empty() {
		l.affinity = &m
		l.K.cpus.special = true
	}
	l.K.cpus.evict(l.K)
}

// checkPset is psid_validate. Error: EINVAL for a set there is not.
func (c *cpuSet) checkPset(id int32) abi.Errno {
	if !c.sets[id] {
		return abi.EINVAL
	}
	return abi.OK
}

// PsetMax returns how many processor sets there can be.
func (k *Kernel) PsetMax() int32 {
	if k.cpus.maxSets == 0 {
		return max(maxPsets, int32(k.ncpu()))
	}
	return k.cpus.maxSets
}

// SetPsetMax changes that (psets_realloc). Errors: EINVAL, EBUSY when a set has a higher number.
func (k *Kernel) SetPsetMax(n int32) abi.Errno {
	if n <= 0 {
		return abi.EINVAL
	}
	for id := range k.cpus.sets {
		if id > n {
			return abi.EBUSY
		}
	}
	k.cpus.maxSets = n
	return abi.OK
}

// Psets lists the processor sets but the default one, by number.
func (k *Kernel) Psets() []int32 {
	var ids []int32
	for id := range k.cpus.sets {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// PsetCreate makes a processor set without CPUs (kern_pset_create). Error: ENOMEM.
func (k *Kernel) PsetCreate() (int32, abi.Errno) {
	c := &k.cpus
	if c.sets == nil {
		c.sets = map[int32]bool{}
	}
	for id := int32(1); id <= k.PsetMax(); id++ {
		if !c.sets[id] {
			c.sets[id] = true
			return id, abi.OK
		}
	}
	return 0, abi.ENOMEM
}

// PsetDestroy gives the set's CPUs and LWPs back to the default one (kern_pset_destroy). Error: EINVAL.
func (l *LWP) PsetDestroy(id int32) abi.Errno {
	c := &l.K.cpus
	if id == PSMyID {
		id = l.psid
	}
	if err := c.checkPset(id); err != abi.OK {
		return err
	}
	delete(c.sets, id)
	sched.Lock()
	defer sched.Unlock()
	for i := range c.pset {
		if c.pset[i] == id {
			c.pset[i] = PSNone
		}
	}
	l.K.eachLWP(func(t *LWP) {
		if t.psid == id {
			t.psid = PSNone
		}
	})
	c.evict(l.K)
	return abi.OK
}

func (k *Kernel) eachLWP(f func(*LWP)) {
	for _, p := range k.allproc {
		for _, t := range p.LWPs {
			f(t)
		}
	}
}

// psid is what the number of a set means to l. Error: EINVAL for a set there is not.
func (l *LWP) findPset(id int32) (int32, abi.Errno) {
	switch id {
	case PSNone, PSQuery:
		return id, abi.OK
	case PSMyID:
		return l.psid, abi.OK
	}
	return id, l.K.cpus.checkPset(id)
}

// PsetAssign moves a CPU to a set and returns the one in which it was (pset_assign); PSQuery only asks. Errors: EINVAL;
// EBUSY for the last CPU of the default set; EPERM when an LWP is bound to the CPU itself.
func (l *LWP) PsetAssign(id int32, cpu uint64) (int32, abi.Errno) {
	c, n := &l.K.cpus, l.K.ncpu()
	if cpu >= uint64(n) {
		return 0, abi.EINVAL
	}
	i := int(cpu)
	id, err := l.findPset(id)
	if err != abi.OK {
		return 0, err
	}
	old := c.psetOf(i)
	if id == PSQuery {
		return old, abi.OK
	}
	if id != PSNone && old == PSNone {
		left := 0
		for j := range n {
			if c.psetOf(j) == PSNone {
				left++
			}
		}
		if left == 1 {
			return 0, abi.EBUSY
		}
	}
	bound := false
	l.K.eachLWP(func(t *LWP) { bound = bound || t.affinity != nil && t.affinity.Has(i) })
	if bound {
		return 0, abi.EPERM
	}
	sched.Lock()
	defer sched.Unlock()
	if c.pset == nil {
		c.pset = make([]int32, n)
	}
	c.pset[i], c.special = id, true
	c.evict(l.K)
	return old, abi.OK
}

// PsetBind binds LWPs to a set and returns that of the last one before (_pset_bind); PSQuery only asks. Error: EINVAL.
func (l *LWP) PsetBind(lwps []*LWP, id int32) (old int32, err abi.Errno) {
	if id, err = l.findPset(id); err != abi.OK {
		return 0, err
	}
	sched.Lock()
	defer sched.Unlock()
	for _, t := range lwps {
		old = t.psid
		if id != PSQuery {
			t.psid = id
		}
	}
	l.K.cpus.evict(l.K)
	return old, abi.OK
}
