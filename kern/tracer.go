package kern

import "nbemu/abi"

// A Tracer traces processes from inside nbemu, as a debugger's process does with ptrace(2) and wait(2). It is the
// parent of what it traces, with number 0, as the kernel is. All methods but Wait and Poke need the kernel lock.
type Tracer struct {
	proc *Proc
	// LWP stands for the tracer where one is asked for.
	LWP *LWP
	c   chan struct{}
}

// NewTracer makes a tracer. Preconditions: Init was called.
func (k *Kernel) NewTracer(name string) *Tracer {
	t := &Tracer{c: make(chan struct{}, 1)}
	t.proc = &Proc{K: k, Comm: name, PPtr: k.proc1, Arch: k.proc1.Arch, Cred: &Cred{}, Limits: k.proc1.Limits, Sigacts: newSigacts(),
		Fd: NewFileDesc(), Cwdi: NewCwdinfo(nil, nil, nil, 022), Pgrp: k.proc1.Pgrp, started: k.Timenow()}
	t.proc.watch = t.Poke
	t.LWP = &LWP{K: k, Proc: t.proc}
	return t
}

// Trace begins to trace p.
func (t *Tracer) Trace(p *Proc) { p.TraceBy(t.proc) }

// Poke makes Wait look around and return nil if there is nothing.
func (t *Tracer) Poke() {
	select {
	case t.c <- struct{}{}:
	default:
	}
}

// Wait waits until a traced process has stopped or ended and gives it with its wait status; nil after a Poke with
// nothing to report. A process that has ended is gone then. Each stop is told once.
func (t *Tracer) Wait() (*Proc, int32) {
	<-t.c
	t.proc.K.lock.Lock()
	defer t.proc.K.lock.Unlock()
	for _, c := range t.proc.Children {
		switch {
		case c.Zombie:
			status := int32(c.Xstat)
			if !c.returnZombie() {
				c.reap()
			}
			t.Poke() // there may be more
			return c, status
		case c.Flags&(PFStopped|PFWaited) == PFStopped:
			c.Flags |= PFWaited
			t.Poke()
			return c, abi.W_STOPCODE(c.StopSig)
		}
	}
	return nil, 0
}

// wakeParent ends waits of p for children: one of them has changed its state.
func (p *Proc) wakeParent() {
	p.waitq.WakeAll()
	if p.watch != nil {
		p.watch()
	}
}
