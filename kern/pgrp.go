package kern

import (
	"slices"

	"nbemu/abi"
)

// Pgrp is a process group; Session a session of groups.
type Pgrp struct {
	ID      int32
	Session *Session
	Members []*Proc
	jobc    int // processes that qualify it for job control: 0 is an orphaned group
}

// Session of process groups. TTY is its controlling terminal (kept by vfs), Fg the foreground group, also that of a
// terminal that has hung up, which hears of it when the leader ends.
type Session struct {
	k      *Kernel
	ID     int32
	Leader *Proc
	Login  string
	TTY    any
	Fg     *Pgrp
	groups int
}

func newSession(leader *Proc) *Session {
	s := &Session{k: leader.K, ID: leader.PID, Leader: leader, Login: "root"}
	if leader.Pgrp != nil {
		s.Login = leader.Pgrp.Session.Login
	}
	return s
}

func newPgrp(id int32, s *Session) *Pgrp {
	g := &Pgrp{ID: id, Session: s}
	s.k.pgrps[id] = g
	s.groups++
	return g
}

// FindPgrp finds a process group, or nil.
func (k *Kernel) FindPgrp(id int32) *Pgrp { return k.pgrps[id] }

func (g *Pgrp) add(p *Proc) {
	if p.Pgrp != nil {
		p.Pgrp.remove(p)
	}
	p.Pgrp = g
	g.Members = append(g.Members, p)
}

func (g *Pgrp) remove(p *Proc) {
	if i := slices.Index(g.Members, p); i >= 0 {
		g.Members = slices.Delete(g.Members, i, i+1)
	}
	if len(g.Members) == 0 {
		delete(g.Session.k.pgrps, g.ID)
		if g.Session.Fg == g {
			g.Session.Fg = nil
		}
		g.Session.groups--
	}
	p.Pgrp = nil
}

// Orphaned says that no member has a parent in another group of the same session: nobody could continue the
// group if it stopped.
func (g *Pgrp) Orphaned() bool {
	if g == g.Session.k.FirstPgrp && g.Session.k.HasHostParent {
		return false // it has a parent outside: the user's shell
	}
	for _, p := range g.Members {
		if p.Zombie || p.Flags&PFExiting != 0 {
			continue
		}
		if pp := p.realParent(); pp != nil && pp != g.Session.k.proc1 && pp.Pgrp != nil && pp.Pgrp != g && pp.Pgrp.Session == g.Session {
			return false
		}
	}
	return true
}

func (g *Pgrp) allStopped() bool {
	for _, p := range g.Members {
		if p.Flags&PFStopped == 0 {
			return false
		}
	}
	return true
}

// Setsid makes p the leader of a new session. Error: EPERM for a group leader (setsid(2)).
func (p *Proc) Setsid() abi.Errno {
	if p.Pgrp.ID == p.PID || p.K.pgrps[p.PID] != nil {
		return abi.EPERM
	}
	s := newSession(p)
	orphans := p.jobControl()
	newPgrp(p.PID, s).add(p)
	p.Flags &^= PFControlT
	orphans()
	return abi.OK
}

// jobControl remembers which of the groups that a move or the end of p could orphan, its own and its children's,
// are not orphaned. The function it returns is for afterwards: those that are now have nobody to continue them,
// so that their stopped members get SIGHUP and SIGCONT (fixjobc, orphanpg).
func (p *Proc) jobControl() func() {
	var groups []*Pgrp
	look := func(g *Pgrp) {
		if g != nil && !g.Orphaned() && !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	look(p.Pgrp)
	for _, c := range p.Children {
		look(c.Pgrp)
	}
	return func() {
		for _, g := range groups {
			if len(g.Members) == 0 || !g.Orphaned() {
				continue
			}
			for _, m := range slices.Clone(g.Members) {
				if m.Flags&PFStopped != 0 {
					m.Psignal(abi.SIGHUP)
					m.Psignal(abi.SIGCONT)
				}
			}
		}
	}
}

// Setpgid moves target into group pgid on behalf of p (setpgid(2), enterpgrp). Errors: ESRCH, EPERM, EACCES.
func (p *Proc) Setpgid(pid, pgid int32) abi.Errno {
	if pid == 0 {
		pid = p.PID
	}
	if pgid < 0 {
		return abi.EINVAL
	}
	t := p.K.Pfind(pid)
	if t == nil {
		return abi.ESRCH
	}
	if pgid == 0 {
		pgid = t.PID
	}
	if t != p {
		if t.PPtr != p {
			return abi.ESRCH
		}
		if t.Pgrp.Session != p.Pgrp.Session {
			return abi.EPERM
		}
		if t.Flags&PFExec != 0 {
			return abi.EACCES
		}
	}
	g := p.K.pgrps[pgid]
	if t.Pgrp.Session.Leader == t {
		if g == t.Pgrp {
			return abi.OK
		}
		return abi.EPERM
	}
	switch {
	case g == nil && pgid != t.PID:
		return abi.EPERM
	case g != nil && g.Session != t.Pgrp.Session:
		return abi.EPERM
	case g == nil:
		g = newPgrp(pgid, t.Pgrp.Session)
	case g == t.Pgrp:
		return abi.OK
	}
	orphans := t.jobControl()
	g.add(t)
	orphans()
	return abi.OK
}

// FirstSession is the session of the first process, if its terminal is nbemu's own; nil when it is gone.
func (k *Kernel) FirstSession() *Session {
	if !k.Config.HostTerminal || k.First == nil || k.First.Pgrp == nil {
		return nil
	}
	return k.First.Pgrp.Session
}
