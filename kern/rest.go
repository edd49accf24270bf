package kern

import (
	"errors"
	"fmt"
	"slices"

	"nbemu/abi"
)

// A machine is at rest when none of its LWPs has a goroutine: each is about to go on in user mode, with nothing on the
// kernel's side that registers and Proc do not say. Calls that waited are left as a signal makes them be left, and begin
// again when the machine goes on. Snapshots are taken and restored then.

// rest is what a machine knows of that. The kernel lock guards it.
type rest struct {
	resting bool          // LWPs leave on their way to user mode
	came    chan struct{} // of one element: an LWP has come to rest, or has ended
	breaks  []breakpoint
	ending  bool // Restore has the processes of now end
}

// breakpoint is a place at which the machine comes to rest.
type breakpoint struct {
	p   *Proc
	at  uint64
	old []byte // what was there; nil where there is no memory
}

// Hold has LWPs that are started from now on wait for Resume. Preconditions: kernel lock; the machine is at rest, or has
// no LWPs.
func (k *Kernel) Hold() { k.rest.resting = true }

// Rest has all LWPs come to rest and waits for that. Error: one of them cannot, and everything goes on. It is called by
// no LWP, without the kernel lock.
func (k *Kernel) Rest() error {
	k.lock.Lock()
	k.startRest()
	err := k.awaitRest(nil)
	if err != nil {
		k.resume()
	}
	k.Unlock()
	return err
}

// startRest asks all LWPs to come to rest. Preconditions: kernel lock.
func (k *Kernel) startRest() {
	r := &k.rest
	r.resting = true
	if r.came == nil {
		r.came = make(chan struct{}, 1)
	}
	k.eachLWP(func(l *LWP) {
		if !l.zombie && !l.atRest {
			l.kick()
			l.unsleep()
		}
	})
}

// awaitRest waits until no LWP runs, or over reports true. Preconditions: kernel lock, which is given away meanwhile.
func (k *Kernel) awaitRest(over func() bool) error {
	for {
		if over != nil && over() {
			return nil
		}
		running, stuck := 0, 0
		var err error
		k.eachLWP(func(l *LWP) {
			if l.zombie || l.atRest {
				return
			}
			running++
			if (l.stopped || l.traceStopped()) && k.rest.resting {
				stuck++
				err = fmt.Errorf("process %d (%s) is stopped", l.Proc.PID, l.Proc.Comm)
			}
			if l.sleeping && !l.woken && !l.sleepIn && k.rest.resting {
				stuck++
				err = fmt.Errorf("process %d (%s) cannot be interrupted: it waits for %q", l.Proc.PID, l.Proc.Comm, l.Wmesg)
			}
		})
		if running == stuck {
			return err
		}
		k.Unlock()
		<-k.rest.came
		k.lock.Lock()
	}
}

// restHere ends the goroutine of an LWP that is on its way to user mode. It does not return. Preconditions: kernel lock.
func (l *LWP) restHere() {
	l.atRest = true
	l.leave()
}

// tellRest tells who waits in awaitRest.
func (k *Kernel) tellRest() {
	if k.rest.came != nil {
		select {
		case k.rest.came <- struct{}{}:
		default:
		}
	}
}

// Resume lets a machine at rest go on. Preconditions: kernel lock.
func (k *Kernel) Resume() { k.resume() }

func (k *Kernel) resume() {
	k.rest.resting = false
	k.eachLWP(func(l *LWP) {
		if l.atRest && !l.zombie {
			l.atRest = false
			l.ast.Store(true)
			l.Start()
		}
	})
	if d := &k.det; d.on && d.cur == nil && len(d.runq) == 0 {
		d.dispatch() // timers, or the host, may wake somebody
	}
}

// Resting reports whether the machine is at rest. Preconditions: kernel lock.
func (k *Kernel) Resting() bool {
	at := true
	k.eachLWP(func(l *LWP) { at = at && (l.zombie || l.atRest) })
	return at
}

// ErrEnded is the error of RunUntil when the process ends first.
var ErrEnded = errors.New("the process has ended")

// SetBreak puts a breakpoint, the instruction brk, at an address of p's. The machine comes to rest where an LWP would
// execute it. Error: EFAULT. Preconditions: kernel lock; p does not run.
func (p *Proc) SetBreak(at uint64, brk []byte) abi.Errno {
	b := breakpoint{p: p, at: at, old: make([]byte, len(brk))}
	if err := p.VM.PokeRead(b.old, at); err != abi.OK {
		return err
	}
	if err := p.VM.Poke(brk, at); err != abi.OK {
		return err
	}
	p.K.rest.breaks = append(p.K.rest.breaks, b)
	return abi.OK
}

// SetReturn makes an address without memory one at which the machine comes to rest when p would go there.
// Preconditions: kernel lock; p does not run.
func (p *Proc) SetReturn(at uint64) {
	p.K.rest.breaks = append(p.K.rest.breaks, breakpoint{p: p, at: at})
}

// ClearBreaks takes p's breakpoints out. Preconditions: kernel lock; p does not run.
func (p *Proc) ClearBreaks() {
	r := &p.K.rest
	r.breaks = slices.DeleteFunc(r.breaks, func(b breakpoint) bool {
		if b.p == p && p.VM != nil && !p.Zombie && len(b.old) != 0 {
			_ = p.VM.Poke(b.old, b.at)
		}
		return b.p == p
	})
}

// atBreak reports whether the trap that l is in is from a breakpoint, and brings the machine to rest then, with the pc at
// the breakpoint. Preconditions: kernel lock.
func (l *LWP) atBreak(ksi *Ksiginfo) bool {
	if ksi.Signo != abi.SIGTRAP && ksi.Signo != abi.SIGILL {
		return false
	}
	pc := &l.Ctx.R[l.Proc.Arch.PC]
	for i := range l.K.rest.breaks {
		b := &l.K.rest.breaks[i]
		if b.p == l.Proc && (*pc == b.at || *pc == b.at+uint64(len(b.old))) {
			*pc = b.at
			if n := l.Proc.Arch.NPC; n != 0 {
				l.Ctx.R[n] = b.at + uint64(len(b.old))
			}
			l.K.startRest()
			l.ast.Store(true)
			return true
		}
	}
	return false
}

// AwaitBreak waits until a breakpoint has brought the machine to rest. Error: ErrEnded if p ends instead; those of Rest.
// Preconditions: kernel lock, which is given away meanwhile.
func (k *Kernel) AwaitBreak(p *Proc) error {
	if k.rest.came == nil {
		k.rest.came = make(chan struct{}, 1)
	}
	err := k.awaitRest(func() bool { return p.Zombie || p.Flags&PFExiting != 0 })
	if p.Zombie || p.Flags&PFExiting != 0 {
		return ErrEnded
	}
	return err
}
