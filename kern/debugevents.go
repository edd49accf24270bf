package kern

import "nbemu/abi"

// What a Debugger hears of from the kernel.

// debugSignal asks the debugger about a signal that is about to be delivered. The result is the signal that is, 0 for
// none. Preconditions: kernel lock.
func (l *LWP) debugSignal(ksi *Ksiginfo) abi.Signal {
	g := l.debugs()
	if g == nil {
		return ksi.Signo
	}
	g.events++
	n := g.signals
	g.signals++
	given := ksi.Signo
	if g.Repeats && n < len(g.Log.given) {
		given = g.Log.given[n]
	}
	if g.Signals != nil && g.Signals(ksi.Signo) || g.reached() {
		g.Given = given
		g.stop(l, DebugStop{Why: DebugSignal, Info: *ksi}, true)
		if !g.Repeats {
			given = g.Given
		}
	}
	if !g.Repeats {
		g.Log.given = append(g.Log.given, given)
	}
	return given
}

// reached reports whether this event is the one to stop at.
func (g *Debugger) reached() bool {
	return g.Until != nil && g.UntilEvent && g.Until.Event == g.events
}

// debugInfo is what a program is told of a signal that the debugger gives it in place of ksi.
func debugInfo(ksi *Ksiginfo, given abi.Signal) Ksiginfo {
	if given == ksi.Signo {
		return *ksi
	}
	return Ksiginfo{Signo: given, Code: abi.SI_NOINFO}
}

// debugCall tells the debugger that a system call begins or has ended. Preconditions: kernel lock.
func (l *LWP) debugCall(num int, why DebugWhy) {
	g := l.debugs()
	if g == nil {
		return
	}
	g.events++
	if g.Calls != nil && g.Calls(num) || g.reached() {
		g.stop(l, DebugStop{Why: why, Number: num}, true)
		if l.mustLeave() {
			l.exitLWP()
		}
	}
}

// DebugExec tells the debugger that the process has another program. Preconditions: kernel lock.
func (l *LWP) DebugExec() {
	g := l.debugs()
	if g == nil {
		return
	}
	g.events++
	g.execed()
	if g.begun == 0 {
		return // the first program
	}
	if g.Ends || g.reached() {
		g.stop(l, DebugStop{Why: DebugExec}, true)
	}
}

// debugExit tells the debugger that the process is about to end. Preconditions: kernel lock.
func (l *LWP) debugExit(status int32) {
	g := l.debugs()
	if g == nil || g.ended || l.Proc.Exiting != nil {
		return
	}
	g.ended = true
	g.events++
	if g.Ends || g.reached() {
		g.stop(l, DebugStop{Why: DebugExit, Status: status}, true)
	}
}

// Post has a signal sent to the process where it has stopped, for a debugger that wants it.
func (g *Debugger) Post(sig abi.Signal) {
	g.k.lock.Lock()
	defer g.k.lock.Unlock()
	g.P.Psignal(sig)
}

// debugIdle stops a second run in which nobody can run any more: so it was in the first one when a debugger stopped it.
// Preconditions: kernel lock.
func (k *Kernel) debugIdle() {
	if g := k.dbg; g != nil && g.Repeats && !g.idle && !g.over.Load() && !k.closing {
		g.stopIdle(DebugIdle)
	}
}
