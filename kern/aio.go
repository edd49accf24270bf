package kern

import (
	"slices"
	"time"

	"nbemu/abi"
)

// Asynchronous I/O (sys_aio.c): a queue for each process, and an LWP of the process's that never goes to user mode and
// does the jobs one after another. What a job does is the system call's to say.

// Limits of asynchronous I/O, as a machine begins (sys/aio.h).
const (
	aioListioMax = 512
	aioMax       = aioListioMax * 16
)

// AioLimits are a machine's limits, which sysctl changes, and how much of them is used.
type AioLimits struct {
	Listio int32 // jobs of one process, and of one call of lio_listio
	Max    int32 // jobs of all processes
	jobs   int32 // that wait in queues now
}

// Busy reports whether n more jobs would be too many (aio_max).
func (a *AioLimits) Busy(n int32) bool { return a.jobs+n > a.Max }

// AioJob is one operation.
type AioJob struct {
	Key  uint64       // the address of the program's aiocb, by which it is known
	Fd   int32        // of its aiocb
	Do   func(w *LWP) // does it, in the worker w
	End  func(w *LWP) // tells of its end: after Do, when who waits has been woken
	Data any          // its aiocb, *abi.Aiocb
	Lio  *AioList     // the call of lio_listio that it came with, or nil
}

// AioList counts what is left of a call of lio_listio.
type AioList struct {
	Refs int
	Sig  abi.Sigevent // the signal after the last one
}

// Aio is a process's queue (struct aioproc).
type Aio struct {
	p      *Proc
	worker *LWP
	queue  []*AioJob
	cur    *AioJob // which the worker does
	work   SleepQ  // where the worker waits for jobs
	done   SleepQ  // where those wait who want to hear of the end of one
}

// AioStart gives l's process its queue and the worker, if it has none (aio_procinit). The worker has all signals blocked.
func (l *LWP) AioStart() *Aio {
	p := l.Proc
	if p.Aio != nil {
		return p.Aio
	}
	l.SyncFP()
	w := newLWP(p)
	w.Ctx = l.Ctx
	w.FPChanged()
	w.inheritSched(l)
	for sig := abi.Signal(1); sig < abi.NSIG; sig++ {
		w.Sigmask.Add(sig)
	}
	w.Sigmask.Minus(abi.CantMask)
	a := &Aio{p: p, worker: w}
	p.Aio = a
	w.first = a.work1
	w.Start()
	return a
}

// work1 is what the worker does, until its process or its program ends.
func (a *Aio) work1() {
	w := a.worker
	w.inKernel = true
	defer w.internalFault()
	for {
		for len(a.queue) == 0 {
			if w.Sleep(&a.work, "aiowork", true, noDeadline) != abi.OK {
				w.ast.Store(true)
				w.userret()
			}
		}
		job := a.queue[0]
		a.take(0)
		a.cur = job
		job.Do(w)
		a.cur = nil
		last := job.Lio != nil && job.Lio.drop()
		a.done.WakeAll()
		job.End(w)
		if last {
			a.p.AioSignal(&job.Lio.Sig)
		}
		w.userret()
	}
}

// take removes a job from the queue.
func (a *Aio) take(i int) {
	a.queue = slices.Delete(a.queue, i, i+1)
	a.p.K.Aio.jobs--
}

// drop gives one reference up and reports whether it was the last.
func (lio *AioList) drop() bool {
	lio.Refs--
	return lio.Refs == 0
}

// Unref is drop for the call itself, which has the first reference: the signal is sent if all jobs are done.
func (lio *AioList) Unref(p *Proc) {
	if lio.drop() {
		p.AioSignal(&lio.Sig)
	}
}

// AioSignal sends what a program asked for at the end of a job (aio_sendsig).
func (p *Proc) AioSignal(ev *abi.Sigevent) {
	if ev.Signo == 0 || ev.Notify == abi.SIGEV_NONE {
		return
	}
	p.Kpsignal(&Ksiginfo{Signo: abi.Signal(ev.Signo), Code: abi.SI_ASYNCIO, Value: ev.Value}, nil)
}

// Queued reports whether the job of an aiocb waits in the queue.
func (a *Aio) Queued(key uint64) bool {
	return slices.ContainsFunc(a.queue, func(j *AioJob) bool { return j.Key == key })
}

// Current reports whether the worker does the job of an aiocb.
func (a *Aio) Current(key uint64) bool { return a.cur != nil && a.cur.Key == key }

// Add puts a job into the queue. Error: EAGAIN over the limits.
func (a *Aio) Add(job *AioJob) abi.Errno {
	lim := &a.p.K.Aio
	if lim.Busy(1) || int32(len(a.queue)) >= lim.Listio {
		return abi.EAGAIN
	}
	lim.jobs++
	a.queue = append(a.queue, job)
	if job.Lio != nil {
		job.Lio.Refs++
	}
	a.work.WakeOne()
	return abi.OK
}

// Cancel takes jobs of descriptor fd out of the queue, all of them or the one of an aiocb, and returns them. busy says
// that the worker does such a job, which cannot be stopped. Error: EBADF for a job of another descriptor.
func (a *Aio) Cancel(fd int32, key uint64) (jobs []*AioJob, busy bool, err abi.Errno) {
	for i := 0; i < len(a.queue); {
		j := a.queue[i]
		switch {
		case key != 0 && j.Key != key, key == 0 && j.Fd != fd:
			i++
			continue
		case j.Fd != fd:
			return nil, false, abi.EBADF
		}
		a.take(i)
		if j.Lio != nil && !j.Lio.drop() {
			j.Lio = nil
		}
		jobs = append(jobs, j)
		if key != 0 {
			break
		}
	}
	return jobs, a.cur != nil && (a.cur.Fd == fd || a.cur.Key == key), abi.OK
}

// Wait sleeps until some job is done. It may return early. Errors: those of LWP.Sleep.
func (a *Aio) Wait(l *LWP, deadline time.Time) abi.Errno {
	return l.Sleep(&a.done, "aiodone", true, deadline)
}

// aioExit forgets a process's jobs, at its end or because it executes another program (aio_exit).
func (p *Proc) aioExit() {
	if a := p.Aio; a != nil {
		p.K.Aio.jobs -= int32(len(a.queue))
		a.queue, p.Aio = nil, nil
	}
}
