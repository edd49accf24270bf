package kern

import (
	"slices"

	"nbemu/abi"
	"nbemu/mem"
)

// Flags of Fork (FORK_*).
const (
	ForkPpwait  = 1 << iota // the parent waits until the child execs or exits (vfork)
	ForkShareVM             // the child runs in the parent's address space
	ForkShareFiles
	ForkShareCwd
	ForkShareSigs
	ForkNoWait
	ForkParent // the child is a brother: the caller's parent is its parent
)

// Fork makes a child that returns from the same call (fork1). exitsig is what the parent gets at its end, 0 for
// nothing; stack, if not 0, is the child's stack pointer. Errors: EAGAIN over the process limits, ENOMEM.
func (l *LWP) Fork(flags int, exitsig abi.Signal, stack uint64) (*Proc, abi.Errno) {
	l.K.assertLocked()
	p := l.Proc
	if err := l.CheckFork(); err != abi.OK {
		return nil, err
	}
	l.SyncFP()
	vm := p.VM
	if flags&ForkShareVM != 0 {
		if settle := p.Emul.Settle; settle != nil {
			// What the processor holds of the stack is stored once, now, and not again by the child (cpu_lwp_fork).
			settle(l)
		}
		vm = vm.Ref()
	} else {
		var err abi.Errno
		if vm, err = vm.Fork(); err != abi.OK {
			return nil, err
		}
	}
	n := l.newChild(flags, vm)
	c := n.Proc
	if c.exitsig = exitsig; flags&ForkParent != 0 {
		c.exitsig = p.exitsig
	}
	if stack != 0 {
		n.Ctx.R[c.Arch.SP] = stack
	}
	c.Emul.ForkRegs(n)
	if c.Emul.ProcFork != nil {
		c.Emul.ProcFork(n, l)
	}
	if flags&ForkPpwait != 0 {
		c.Flags |= PFPpwait
	}
	event := int32(abi.PTRACE_FORK)
	if flags&ForkPpwait != 0 {
		event = abi.PTRACE_VFORK
	}
	traced := l.traceChild(n, event)
	KnoteProc(p, abi.NOTE_FORK, int64(c.PID))
	n.Start()
	if traced {
		l.traceEvent(abi.TRAP_CHLD, event, c.PID)
	}
	if t := l.tracee; t != nil {
		t.Rules.Forked(t, n, false)
	}
	if flags&ForkPpwait != 0 {
		// A parent that is to end does not wait, as on Linux: a child that never ends would keep it, and who sent the signal.
		l.killable = true
		for c.Flags&PFPpwait != 0 && !l.dying() {
			l.Sleep(&c.vforkq, "vfork", false, noDeadline)
		}
		l.killable = false
		if p.Flags&PFTraced != 0 && p.trace.events&abi.PTRACE_VFORK_DONE != 0 {
			l.traceEvent(abi.TRAP_CHLD, abi.PTRACE_VFORK_DONE, c.PID)
		}
		if t := l.tracee; t != nil {
			t.Rules.Forked(t, n, true)
		}
	}
	return c, abi.OK
}

// InVfork reports whether l waits for its child of vfork.
func (l *LWP) InVfork() bool { return l.Wmesg == "vfork" }

// newChild makes a process like l's, with the address space vm, whose only LWP is like l. It does not run yet.
func (l *LWP) newChild(flags int, vm *mem.Space) *LWP {
	p := l.Proc
	c := &Proc{
		K: l.K, PID: l.K.allocPID(), PPtr: p, exitsig: abi.SIGCHLD, Flags: p.Flags & (PFSugid | PFControlT | PFNoCldStop | PFNoCldWait | PFCldSigIgn | PFStopExec),
		Arch: p.Arch, oldModel: p.oldModel, Emul: p.Emul, Cred: p.Cred, Comm: p.Comm, TextPath: p.TextPath, ArgStrings: p.ArgStrings,
		PsStrings: p.PsStrings, Execsw: p.Execsw, Pax: p.Pax, aslrMmap: p.aslrMmap, TextVnode: p.TextVnode, SigcodeVA: p.SigcodeVA, Nice: p.Nice, corename: p.corename, MDFlags: p.MDFlags,
		started: l.K.Timenow(), Acflag: abi.AFORK, NoNewPrivs: p.NoNewPrivs,
	}
	if v, ok := c.TextVnode.(mem.Backing); ok {
		v.Ref()
	}
	lim := *p.Limits
	c.Limits = &lim
	c.VM = vm
	for _, f := range l.K.ForkHooks {
		f(c, p, flags&ForkShareVM != 0)
	}
	if flags&ForkShareFiles != 0 {
		c.Fd = p.Fd.Ref()
	} else {
		c.Fd = p.Fd.Copy()
	}
	if flags&ForkShareCwd != 0 {
		c.Cwdi = p.Cwdi.Ref()
	} else {
		c.Cwdi = p.Cwdi.Copy()
	}
	if flags&ForkShareSigs != 0 {
		c.Sigacts = p.Sigacts
	} else {
		c.Sigacts = p.Sigacts.Copy()
	}
	if flags&ForkParent != 0 {
		c.PPtr = p.realParent()
	}
	l.K.allproc[c.PID] = c
	if c.by = l; flags&ForkParent != 0 {
		c.by = p.by
	}
	if p.byThread() && p.VM != nil {
		c.ru.Maxrss = int64(p.Getrusage(false).Counts.Maxrss)
	}
	c.PPtr.addChild(c)
	c.Pgrp = nil
	p.Pgrp.add(c)
	c.ktrFork(p)
	c.ras = slices.Clone(p.ras)
	c.profFork(p)
	n := newLWP(c)
	n.Ctx = l.Ctx
	n.Sigmask, n.Sandbox = l.Sigmask, l.Sandbox
	if l.sigrestore {
		n.Sigmask = l.oldmask
	}
	n.Sigstk = l.Sigstk
	n.Private = l.Private
	n.Name = l.Name
	n.inheritSched(l)
	return n
}

// MaxProc is kern.maxproc.
const MaxProc = 4096

func (k *Kernel) CountUser(uid uint32) (n int) {
	for _, p := range k.allproc {
		if p.Cred.Ruid == uid {
			n++
		}
	}
	return n
}

// VforkDone lets a parent in vfork go on.
func (p *Proc) VforkDone() {
	if p.Flags&PFPpwait != 0 {
		p.Flags &^= PFPpwait
		p.vforkq.WakeAll()
		for _, l := range p.LWPs {
			l.ast.Store(true) // a stop that came meanwhile
		}
	}
}

// SetSpace gives the process another address space, as exec does; the old one is released. The LWP's
// processor changes with the architecture. Preconditions: kernel lock, the only LWP.
func (l *LWP) SetSpace(vm *mem.Space) {
	p := l.Proc
	for _, f := range p.K.SpaceHooks {
		f(p)
	}
	old := p.VM
	switch {
	case l.slot == nil:
		p.VM = vm
	case l.K.det.on:
		l.K.det.put(l)
		p.VM = vm
		l.K.det.take(l)
	default:
		l.releaseCPU()
		l.K.lock.Unlock()
		p.VM = vm
		l.acquireCPU(true)
		l.K.lock.Lock()
	}
	if old != nil {
		old.Unref()
	}
}

// ExitLWPs ends all other LWPs of the process, for exec (exit_lwps). Error:
// EINTR when another LWP is doing the same or the process exits.
func (l *LWP) ExitLWPs() abi.Errno {
	p := l.Proc
	if p.Exiting != nil && p.Exiting != l {
		return abi.EINTR
	}
	l.exitOthers()
	l.SaRelease()
	p.Exiting = nil
	l.execLIDs()
	return abi.OK
}

// exitOthers makes every other LWP leave and waits for them. p.Exiting stays set.
func (l *LWP) exitOthers() {
	p := l.Proc
	p.Exiting = l
	p.Flags &^= PFStopReq | PFStopped
	p.lwpStopq.WakeAll()
	for _, o := range p.LWPs {
		if o != l && !o.zombie {
			o.kick()
			o.unsleep()
			o.suspq.WakeAll()
		}
	}
	for p.LiveLWPs() > 1 {
		l.Sleep(&p.lwpq, "lwpwait", false, noDeadline)
	}
}
