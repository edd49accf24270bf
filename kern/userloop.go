package kern

import (
	"runtime"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// main is an LWP's goroutine.
func (l *LWP) main() {
	defer l.K.lwps.Done()
	roomyStack(0)
	l.acquireCPU(true)
	l.K.lock.Lock()
	l.inKernel = true
	l.Ctx.Debug = l.Proc.Debug // those of whoever made it were its tracer's for one thread
	if first := l.first; first != nil {
		l.first = nil
		first()
	}
	if l.birth != 0 {
		l.traceBirth()
	}
	l.userret()
	l.inKernel = false
	l.K.lock.Unlock()
	l.userLoop()
}

// roomyStack has the goroutine's stack grow at once to what a system call needs. It would grow by doubling in the middle
// of the first ones, and each time what is on it is walked and copied: a twentieth of fork, exec and wait.
//
//go:noinline
func roomyStack(i int) byte {
	var room [9 << 10]byte
	return room[i]
}

// userLoop runs the program and serves its traps until the LWP exits, which ends the goroutine.
func (l *LWP) userLoop() {
	defer l.internalFault()
	c := &l.Ctx
	for {
		switch {
		case l.Sstep:
			l.ast.Store(true)
			l.step()
		case l.K.watched:
			l.runWatched()
		default:
			l.slot.eng.Run(c, l.Proc.VM)
		}
		switch c.Trap {
		case cpu.TrapSyscall:
			l.K.lock.Lock()
			l.inKernel = true
			if l.SlowCalls {
				l.slowCall()
			} else if l.Proc.Emul.Syscall(l); l.Redo != 0 {
				l.Proc.Emul.Returned(l) // its tracer came meanwhile
			}
			if l.ast.Load() || l.resumed.Load() {
				l.userret()
			}
			l.inKernel = false
			l.K.lock.Unlock()
		case cpu.TrapFault:
			vm := l.Proc.VM
			if r, gen, one := vm.FaultPage(c.Addr, uint8(c.Access)); r != mem.FaultOK {
				l.K.lock.Lock()
				l.inKernel = true
				if len(l.K.rest.breaks) == 0 || !l.atBreak(&Ksiginfo{Signo: abi.SIGTRAP}) {
					l.pageFault(r)
				}
				l.userret()
				l.inKernel = false
				l.K.lock.Unlock()
			} else if l.LastFault = c.Addr; one {
				// A copied page: this engine need not forget all the others.
				l.slot.eng.FlushPage(vm, gen, c.Addr)
			}
		case cpu.TrapBus:
			l.K.lock.Lock()
			l.inKernel = true
			l.busError()
			l.userret()
			l.inKernel = false
			l.K.lock.Unlock()
		case cpu.TrapException:
			l.K.lock.Lock()
			l.inKernel = true
			ksi := l.Proc.Emul.Trapsig(l)
			if ksi.Signo != 0 && (len(l.K.rest.breaks) == 0 || !l.atBreak(&ksi)) {
				l.trapsignal(&ksi)
			}
			l.userret()
			l.inKernel = false
			l.K.lock.Unlock()
		case cpu.TrapStep:
			l.K.lock.Lock()
			l.inKernel = true
			l.stepDone()
			l.userret()
			l.inKernel = false
			l.K.lock.Unlock()
		case cpu.TrapBroken:
			l.K.lock.Lock()
			l.inKernel = true
			l.cpuBroken()
			l.inKernel = false
			l.K.lock.Unlock()
		case cpu.TrapStop:
			if l.ast.Load() || l.profTick.Load() != 0 {
				l.K.lock.Lock()
				l.inKernel = true
				l.addupc()
				l.userret()
				l.inKernel = false
				l.K.lock.Unlock()
			}
		}
		if l.preempt.Load() {
			l.preempt.Store(false)
			lost := abi.TimespecAt(l.K.Timenow())
			l.yield()
			l.K.lock.Lock()
			l.inKernel = true
			l.ktrCsw(lost, true)
			l.saPreempted()
			// A signal that came while somebody else had the processor has not been looked at: there was no run of this
			// LWP for it to end.
			l.userret()
			l.inKernel = false
			l.K.lock.Unlock()
		}
	}
}

// busError posts the signal of an access to a file's page that the host has no more.
func (l *LWP) busError() {
	if l.Ctx.Error == 1 {
		l.Ctx.Error = 0
		if va, ok := l.Proc.VM.BusAddr(l.Ctx.Addr); ok {
			l.Ctx.Addr = va
		}
	}
	l.pageFault(mem.FaultBus)
}

// cpuBroken ends the process: the processor cannot go on with it.
func (l *LWP) cpuBroken() {
	why := "the processor gave up"
	if f, ok := l.slot.eng.(cpu.Failure); ok {
		why = f.Failure()
	}
	l.K.Log("process %d (%s) is killed: %s", l.Proc.PID, l.Proc.Comm, why)
	l.trapsignal(&Ksiginfo{Signo: abi.SIGKILL, Code: abi.SI_NOINFO})
	l.userret()
}

// FaultWatcher is who makes the missing pages of memory (mem.Space.Watch). UserFault is called for an LWP that wants the
// page of va; when it returns, that tries again.
type FaultWatcher interface {
	UserFault(l *LWP, va uint64, write bool)
}

// watchedFault waits for whoever makes the page, which may be there by now.
func (l *LWP) watchedFault() {
	vm, va := l.Proc.VM, l.Ctx.Addr
	switch r := vm.Fault(va, uint8(l.Ctx.Access)); r {
	case mem.FaultOK:
	case mem.FaultWatched:
		if w, ok := vm.Watcher(va).(FaultWatcher); ok {
			w.UserFault(l, va, uint8(l.Ctx.Access) == mem.ProtWrite)
		}
	default:
		l.pageFault(r)
	}
}

// pageFault posts the signal of a page fault that could not be resolved.
func (l *LWP) pageFault(r mem.FaultResult) {
	if r == mem.FaultWatched {
		l.watchedFault()
		return
	}
	ksi := Ksiginfo{Signo: abi.SIGSEGV, Code: abi.SEGV_MAPERR, Addr: abi.Ptr(l.Ctx.Addr)}
	switch r {
	case mem.FaultNoAccess:
		ksi.Code = abi.SEGV_ACCERR
	case mem.FaultBus:
		ksi.Signo, ksi.Code = abi.SIGBUS, abi.BUS_ADRERR
	case mem.FaultNoMem:
		l.K.Log("UVM: pid %d (%s), uid %d killed: out of swap", l.Proc.PID, l.Proc.Comm, l.Proc.Cred.Euid)
		ksi = Ksiginfo{Signo: abi.SIGKILL, Code: abi.SI_NOINFO}
	}
	if f := l.Proc.Emul.Pagefault; f != nil && ksi.Signo != abi.SIGKILL {
		f(l, r, &ksi)
	}
	if uint64(ksi.Addr) == l.Ctx.Addr {
		l.LastFault = l.Ctx.Addr
	}
	l.trapsignal(&ksi)
}

// userret is the one place on the way back to user mode where exits, stops and signals are looked at.
// Preconditions: kernel lock.
func (l *LWP) userret() {
	l.K.assertLocked()
	for l.ast.Load() || l.resumed.Load() {
		l.ast.Store(false)
		if l.owed.Load() != 0 {
			l.takeSample()
		}
		if l.mustLeave() {
			l.exitLWP()
		}
		if l.K.rest.resting && !l.Suspended {
			l.restHere()
		}
		for l.Suspended && !l.mustLeave() {
			l.resting = true
			l.Proc.stopCheck()
			l.Sleep(&l.suspq, "lwpsusp", false, noDeadline)
			l.resting = false
			l.unsettle()
		}
		if l.resumed.Swap(false) && l.TellResume {
			l.Proc.Emul.Resume(l)
		}
		if l.Sstep {
			l.stepSyscall()
		}
		if l.mustLeave() {
			l.exitLWP()
		}
		for {
			sig := l.issignal()
			if sig == 0 {
				break
			}
			l.postsig(sig)
		}
		if l.Redo != 0 {
			l.Proc.Emul.Restart(l, nil)
		}
		if l.sigrestore {
			l.Sigmask = l.oldmask
			l.sigrestore = false
			l.ast.Store(true)
		}
		if l.savp != nil {
			l.saUserret()
		}
	}
}

// internalFault turns a fault of our own into the end of the one process, with a report.
func (l *LWP) internalFault() {
	r := recover()
	if r == nil {
		return
	}
	buf := make([]byte, 16<<10)
	buf = buf[:runtime.Stack(buf, false)]
	if !l.inKernel {
		l.K.lock.Lock()
	}
	l.K.Log("internal error in process %d (%s): %v\n%s%s", l.Proc.PID, l.Proc.Comm, r, l.Report(), buf)
	l.sigexit(abi.SIGKILL)
}

// slowCall does the system call of an LWP with SlowCalls in the emulation's way for that, if it has one.
func (l *LWP) slowCall() {
	e := l.Proc.Emul
	if e.SlowSyscall != nil {
		e.SlowSyscall(l)
		return
	}
	if e.Syscall(l); l.Redo != 0 {
		e.Returned(l)
	}
}
