package linux

import (
	"fmt"

	"nbemu/abi"
	"nbemu/kern"
)

// procStatus are the lines of /proc/PID/status that only Linux has: signals, capabilities and their kin.
func procStatus(p *kern.Proc) string {
	m := p.Emul.Data.(*Machine)
	d := procdata(p)
	var own, blocked, ignored, caught abi.Sigset
	if len(p.LWPs) > 0 {
		own, blocked = p.LWPs[0].OwnPending(), p.LWPs[0].Sigmask
	}
	for sig := abi.Signal(1); sig < abi.MaxSig; sig++ {
		switch p.Sigacts.Act[sig].Handler {
		case abi.SIG_DFL:
		case abi.SIG_IGN:
			ignored.Add(sig)
		default:
			caught.Add(sig)
		}
	}
	var filters seccompFilters
	if len(p.LWPs) > 0 {
		filters = lwpdata(p.LWPs[0]).seccomp
	}
	count, _ := filters.last.count()
	shared := p.PendingSet()
	queued := 0
	for range own.Or(shared).All {
		queued++
	}
	return fmt.Sprintf("SigQ:\t%d/%d\nSigPnd:\t%016x\nShdPnd:\t%016x\nSigBlk:\t%016x\nSigIgn:\t%016x\nSigCgt:\t%016x\n"+
		"CapInh:\t%016x\nCapPrm:\t%016x\nCapEff:\t%016x\nCapBnd:\t%016x\nCapAmb:\t%016x\nNoNewPrivs:\t%d\nSeccomp:\t%d\nSeccomp_filters:\t%d\n",
		queued, kern.MaxProc, m.setOut(own), m.setOut(shared), m.setOut(blocked), m.setOut(ignored), m.setOut(caught),
		d.caps.inheritable, permitted(p), effective(p), uint64(allCaps)&^d.caps.lostBound, d.caps.ambient, boolInt(d.noNewPriv), filters.mode, count)
}
