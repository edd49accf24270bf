package kern

import (
	"slices"

	"nbemu/abi"
)

// WaitResult is what wait found out about a child.
type WaitResult struct {
	PID    int32
	Status int32
	Ru     abi.Wrusage
	Uid    uint32
	Code   int32 // CLD_*
	Value  int32 // exit code or signal
	Event  int32 // of a traced thread's stop: what its status has above the signal
}

// WaitNothread, among the options of Wait, leaves out what other threads of the caller trace.
const WaitNothread = 1 << 30

// Wait is do_sys_waitid: it looks for a child of the kind and id that options ask for. Errors: ECHILD,
// EINTR/ERESTART. With WNOHANG and nothing to report the result has PID 0.
func (l *LWP) Wait(idtype int32, id int32, options int32) (WaitResult, abi.Errno) {
	p := l.Proc
	if id == 0 && (idtype == abi.P_PID || idtype == abi.P_PGID) {
		idtype, id = abi.P_PGID, p.Pgrp.ID // WAIT_MYPGRP
	}
	for {
		found := false
		// The newest first, as in NetBSD's list; Exit1 moves those that end to its head.
		for _, c := range slices.Backward(p.Children) {
			if !waitMatch(c, idtype, id) || !c.waitsFor(options) {
				continue
			}
			found = true
			own, other := c.tracedAs(p)
			if own {
				continue // below
			}
			if c.Zombie {
				if other {
					continue // until its tracer has waited for it
				}
				if options&abi.WEXITED == 0 || options&abi.WNOZOMBIE != 0 {
					continue
				}
				r := c.waitResult(int32(c.Xstat))
				if options&abi.WNOWAIT == 0 && !c.returnZombie() {
					p.cru.add(&c.ru)
					p.cru.add(&c.cru)
					c.reap()
				}
				return r, abi.OK
			}
			if c.Flags&PFContinued != 0 && options&abi.WCONTINUED != 0 {
				if options&abi.WNOWAIT == 0 {
					c.Flags &^= PFContinued
				}
				return c.waitResult(abi.W_CONTCODE), abi.OK
			}
			if c.Flags&PFStopped != 0 && c.Flags&PFWaited == 0 && (options&abi.WSTOPPED != 0 || c.Flags&PFTraced != 0 && options&abi.WTRAPPED != 0) {
				if options&abi.WNOWAIT == 0 {
					c.Flags |= PFWaited
				}
				return c.waitResult(abi.W_STOPCODE(c.StopSig)), abi.OK
			}
		}
		if len(p.tracees) != 0 {
			r, got, any := l.waitTracee(idtype, id, options)
			if got {
				return r, abi.OK
			}
			found = found || any
		}
		if !found && !p.tracedAway(idtype, id) {
			return WaitResult{}, abi.ECHILD
		}
		if options&abi.WNOHANG != 0 {
			return WaitResult{}, abi.OK
		}
		if err := l.Sleep(&p.waitq, "wait", true, noDeadline); err != abi.OK {
			return WaitResult{}, err
		}
	}
}

// waitsFor reports whether a wait with the options is for children with p's exit signal.
func (p *Proc) waitsFor(options int32) bool {
	return options&abi.WALLSIG != 0 || (p.exitsig == abi.SIGCHLD) == (options&abi.WALTSIG == 0)
}

func waitMatch(c *Proc, idtype, id int32) bool {
	switch idtype {
	case abi.P_ALL:
		return true
	case abi.P_PID:
		return c.PID == id
	case abi.P_PGID:
		return c.Pgrp.ID == id
	case abi.P_SID:
		return c.Pgrp.Session.ID == id
	case abi.P_UID:
		return c.Cred.Euid == uint32(id)
	case abi.P_GID:
		return c.Cred.Egid == uint32(id)
	}
	return false
}

func (p *Proc) waitResult(status int32) WaitResult {
	r := WaitResult{PID: p.PID, Status: status, Uid: p.Cred.Euid}
	r.Ru.Self = p.ru.abi()
	if !p.Zombie && p.VM != nil {
		r.Ru.Self = p.Getrusage(false)
	}
	r.Ru.Children = p.cru.abi()
	switch {
	case abi.WIFSTOPPED(status):
		r.Code, r.Value = abi.CLD_STOPPED, int32(abi.WSTOPSIG(status))
		if p.Flags&PFTraced != 0 {
			r.Code = abi.CLD_TRAPPED
		}
	case abi.WIFCONTINUED(status):
		r.Code, r.Value = abi.CLD_CONTINUED, int32(abi.SIGCONT)
	case abi.WIFEXITED(status):
		r.Code, r.Value = abi.CLD_EXITED, status>>8
	case abi.WCOREDUMP(status):
		r.Code, r.Value = abi.CLD_DUMPED, int32(abi.WTERMSIG(status))
	default:
		r.Code, r.Value = abi.CLD_KILLED, int32(abi.WTERMSIG(status))
	}
	return r
}
