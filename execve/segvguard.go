package execve

import (
	"sync"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Segvguard suspends programs that crash too often, each for the user it crashed for (PaX Segvguard).
type Segvguard struct {
	MaxCrashes int           // security.pax.segvguard.max_crashes
	Expiry     time.Duration // crashes further apart do not count together
	Suspend    time.Duration // how long a program is out of use
	Now        func() time.Time

	mu   sync.Mutex
	ents map[segvKey]*segvEntry
}

type segvKey struct {
	file mem.FileKey
	uid  uint32
}

type segvEntry struct {
	crashes int
	expiry  time.Time
	until   time.Time // suspended
}

// NewSegvguard has NetBSD's numbers.
func NewSegvguard() *Segvguard {
	return &Segvguard{MaxCrashes: 5, Expiry: 2 * time.Minute, Suspend: 10 * time.Minute, Now: kern.Timenow}
}

// Check refuses a program that is suspended for the user (pax_segvguard). Error: EPERM.
func (g *Segvguard) Check(f mem.Backing, uid uint32) abi.Errno {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e := g.ents[segvKey{f.Key(), uid}]; e != nil && g.Now().Before(e.until) {
		return abi.EPERM
	}
	return abi.OK
}

// Crashed counts a crash; the result tells whether it suspended the program.
func (g *Segvguard) Crashed(f mem.Backing, uid uint32) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ents == nil {
		g.ents = map[segvKey]*segvEntry{}
	}
	k, now := segvKey{f.Key(), uid}, g.Now()
	e := g.ents[k]
	if e == nil || !now.Before(e.expiry) {
		e = &segvEntry{expiry: now.Add(g.Expiry)}
		g.ents[k] = e
	}
	if e.crashes++; e.crashes < g.MaxCrashes {
		return false
	}
	// The count begins anew after the suspension.
	e.crashes, e.until = 0, now.Add(g.Suspend)
	e.expiry = e.until
	return true
}

// Crashed tells segvguard, if there is one, that l's program died of SIGSEGV.
func Crashed(l *kern.LWP) {
	g := Exec.Segvguard
	f, ok := l.Proc.TextVnode.(mem.Backing)
	if g == nil || !ok {
		return
	}
	if g.Crashed(f, l.Proc.Cred.Ruid) {
		kern.Log("PaX Segvguard: [%s] suspended for uid %d", quote(l.Proc.Comm), l.Proc.Cred.Ruid)
	}
}
