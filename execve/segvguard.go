package execve

import (
	"sync"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Segvguard suspends programs that crash too often, each for the user it crashed for (PaX Segvguard). It counts the
// crashes of processes with the flag, and they are who is refused a suspended program.
type Segvguard struct {
	Conf *kern.SegvguardConf
	Now  func() time.Time

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

// NewSegvguard counts by conf, and by the clock now.
func NewSegvguard(conf *kern.SegvguardConf, now func() time.Time) *Segvguard {
	return &Segvguard{Conf: conf, Now: now}
}

func (sw *Switch) segvguard() *Segvguard {
	if sw.Segvguard == nil {
		return sw.guard
	}
	return sw.Segvguard
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

// Crashed counts a crash; the result reports whether it suspended the program.
func (g *Segvguard) Crashed(f mem.Backing, uid uint32) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ents == nil {
		g.ents = map[segvKey]*segvEntry{}
	}
	k, now := segvKey{f.Key(), uid}, g.Now()
	e := g.ents[k]
	if e == nil || e.expiry.Before(now) {
		// The first one, or the first after others were forgotten or a suspension ended.
		g.ents[k] = &segvEntry{crashes: 1, expiry: now.Add(time.Duration(g.Conf.Expiry) * time.Second)}
		return false
	}
	if e.crashes++; e.crashes < int(g.Conf.MaxCrashes) {
		return false
	}
	e.crashes, e.until, e.expiry = 0, now.Add(time.Duration(g.Conf.Suspend)*time.Second), time.Time{}
	return true
}

// Crashed tells segvguard that l's program died of a signal that leaves a core file (sigexit).
func Crashed(l *kern.LWP) {
	f, ok := l.Proc.TextVnode.(mem.Backing)
	if l.Proc.Pax&PaxGuard == 0 || !ok {
		return
	}
	g := Of(l.K).segvguard()
	if g.Crashed(f, l.Proc.Cred.Ruid) {
		l.K.Log("PaX Segvguard: [%s] Suspending execution for %d seconds after %d crashes.", quote(l.Proc.Comm), g.Conf.Suspend, g.Conf.MaxCrashes)
	}
}
