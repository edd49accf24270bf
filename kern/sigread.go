package kern

import "nbemu/abi"

// Signals that are read like input (signalfd of compat/linux): they are blocked, and stay pending until taken.

// SigTake takes the first pending signal out of set that the LWP could take; false if there is none.
func (l *LWP) SigTake(set abi.Sigset) (Ksiginfo, bool) {
	for _, pend := range []*sigpend{&l.Sigpend, &l.Proc.Sigpend} {
		if sig := l.firstOf(pend.set.And(set)); sig != 0 {
			return pend.get(sig)
		}
	}
	return Ksiginfo{}, false
}

// SigSel is notified when a signal of the process becomes pending.
func (p *Proc) SigSel() *Selinfo { return &p.sigSel }

// keeps reports whether a signal that would be ignored becomes pending all the same, because all LWPs block it: such is
// Linux, whose programs block SIGCHLD and then wait for it.
func (p *Proc) keeps(sig abi.Signal) bool {
	if p.Emul == nil || !p.Emul.KeepBlocked {
		return false
	}
	for _, l := range p.LWPs {
		if !l.zombie && !l.Sigmask.Has(sig) {
			return false
		}
	}
	return true
}
