package gdbstub

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
	"nbemu/vfs"
)

// process is a Target: a guest process that a kern.Tracer traces. It answers for the program that the process runs
// now; children are let go, as gdb's "set follow-fork-mode parent" has it.
type process struct {
	p  *kern.Proc
	tr *kern.Tracer
	// breaks is where the server keeps what its breakpoints hide, so that children can be given it back.
	breaks  map[uint64][]byte
	watches []watched
	// vfork is set while a child has the process's memory, in which breakpoints are out of the way.
	vfork bool
}

// Attach makes p a process that a debugger controls, from its first instruction on: it stops before that. breaks
// is shared with the server. Preconditions: kernel lock; p has not been started.
func attach(p *kern.Proc) *process {
	d := &process{p: p, tr: p.K.NewTracer("gdb"), breaks: map[uint64][]byte{}}
	d.tr.Trace(p)
	p.SetTraceEvents(abi.PTRACE_FORK | abi.PTRACE_VFORK | abi.PTRACE_VFORK_DONE | abi.PTRACE_POSIX_SPAWN)
	p.Psignal(abi.SIGSTOP)
	return d
}

// begin waits until the process has stopped before its first instruction. A signal that somebody sent meanwhile may be
// told of first: it is sent again, for the debugger or, if none comes, for the program, which attach's SIGSTOP must not
// stop then.
func (d *process) begin() Event {
	var early []abi.Signal
	for {
		e := d.wait()
		sig := locked(d, func() abi.Signal { return d.p.StopSig })
		if e.Kind != Stopped || sig == abi.SIGSTOP {
			d.p.K.Lock()
			defer d.p.K.Unlock()
			for _, sig := range early {
				d.p.Psignal(sig)
			}
			return e
		}
		early = append(early, sig)
		locked(d, func() abi.Errno { return d.p.TraceResume(d.tr.LWP, nil, 0) })
	}
}

// locked runs f with the kernel lock.
func locked[T any](d *process, f func() T) T { return lockedBy(d.p.K, f) }

func lockedBy[T any](k *kern.Kernel, f func() T) T {
	k.Lock()
	defer k.Unlock()
	return f()
}

func (d *process) regset() *signals.Regset { return arch.Of(d.p.Arch).Regset }

func (d *process) lwp(tid int) *kern.LWP {
	if l := d.p.Lfind(int32(tid)); l != nil {
		return l
	}
	return d.p.FirstLWP()
}

func (d *process) Arch() *cpu.Arch { return d.p.Arch }
func (d *process) PID() int        { return int(d.p.PID) }

func (d *process) Threads() []int {
	return locked(d, func() (ids []int) {
		for l := d.p.FirstLWP(); l != nil; l, _ = d.p.NextLWP(l.ID) {
			ids = append(ids, int(l.ID))
		}
		return ids
	})
}

func (d *process) ThreadName(tid int) string {
	return locked(d, func() string {
		if l := d.p.Lfind(int32(tid)); l != nil {
			return l.Name
		}
		return ""
	})
}

func (d *process) ReadRegs(tid int) (regs, fpregs []byte) {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	rs, g := d.regset(), arch.Of(d.p.Arch).GDB()
	regs, fpregs = make([]byte, rs.Size), make([]byte, max(rs.FPSize, g.FPSize))
	l := d.lwp(tid)
	if l == nil {
		return regs, fpregs
	}
	d.p.TraceSettle()
	rs.Read(l, regs)
	if g.FixRegs != nil {
		g.FixRegs(regs)
	}
	if g.ReadFP != nil {
		g.ReadFP(l, fpregs)
	} else {
		rs.ReadFP(l, fpregs)
	}
	return regs, fpregs
}

var errRegs = errors.New("registers that user mode may not have")

func (d *process) WriteRegs(tid int, regs, fpregs []byte) error {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	l := d.lwp(tid)
	if l == nil {
		return errRegs
	}
	d.p.TraceSettle()
	rs := d.regset()
	if rs.Write(l, regs) != abi.OK {
		return errRegs
	}
	if g := arch.Of(d.p.Arch).GDB(); g.WriteFP != nil {
		g.WriteFP(l, fpregs)
	} else {
		rs.WriteFP(l, fpregs)
	}
	return nil
}

func (d *process) SetPC(tid int, pc uint64) error {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	l := d.lwp(tid)
	if l == nil {
		return errRegs
	}
	d.p.TraceSettle()
	if g := arch.Of(d.p.Arch).GDB(); g.FixPC != nil {
		pc = g.FixPC(l, pc)
	}
	if d.regset().SetPC(l, pc) != abi.OK {
		return errRegs
	}
	return nil
}

func (d *process) ReadMem(addr uint64, b []byte) int {
	return locked(d, func() int {
		d.p.TraceSettle()
		n := 0
		for n < len(b) {
			// Page by page, to give what there is.
			piece := b[n:]
			if room := mem.PageSize - (addr+uint64(n))%mem.PageSize; uint64(len(piece)) > room {
				piece = piece[:room]
			}
			if addr+uint64(n) < addr || d.p.VM.PokeRead(piece, addr+uint64(n)) != abi.OK {
				break
			}
			n += len(piece)
		}
		return n
	})
}

func (d *process) WriteMem(addr uint64, b []byte) error { return writeMem(d.p, addr, b) }

func writeMem(p *kern.Proc, addr uint64, b []byte) error {
	return lockedBy(p.K, func() error {
		p.TraceSettle()
		if err := p.VM.Poke(b, addr); err != abi.OK {
			return err
		}
		return nil
	})
}

func (d *process) Breaks() map[uint64][]byte { return d.breaks }

// Resume lets the threads go on and waits for what gdb wants to hear of.
func (d *process) Resume(actions []Action) Event {
	if len(d.watches) > 0 {
		return d.resumeWatching(actions)
	}
	d.goOn(actions)
	return d.wait()
}

// goOn lets the threads that have an action go on.
func (d *process) goOn(actions []Action) {
	var sig abi.Signal
	d.p.K.Lock()
	for l := d.p.FirstLWP(); l != nil; l, _ = d.p.NextLWP(l.ID) {
		held := true
		for _, a := range actions {
			if a.TID != int(l.ID) {
				continue
			}
			held = false
			if a.Signal != 0 {
				sig = abi.Signal(a.Signal)
			}
			l.Sstep = a.Step
		}
		l.DbgSuspend(held)
	}
	d.p.TraceResume(d.tr.LWP, nil, sig)
	d.p.K.Unlock()
}

// wait waits until the process stops for something that gdb is told of.
func (d *process) wait() Event {
	for {
		q, status := d.tr.Wait()
		switch {
		case q == nil:
		case q != d.p:
			if abi.WIFSTOPPED(status) {
				d.letGo(q)
			}
		case abi.WIFEXITED(status):
			return Event{Kind: Exited, Status: int(abi.WEXITSTATUS(status))}
		case abi.WIFSIGNALED(status):
			return Event{Kind: Signaled, Signal: int(abi.WTERMSIG(status))}
		default:
			if e, tell := d.stopped(abi.WSTOPSIG(status)); tell {
				return e
			}
		}
	}
}

// stopped looks at why the process has stopped; tell is false if it was for our own sake and it goes on.
func (d *process) stopped(sig abi.Signal) (e Event, tell bool) {
	d.p.K.Lock()
	ksi, lid := d.p.TraceSiginfo()
	e = Event{Signal: int(sig), TID: int(lid)}
	if l := d.p.FirstLWP(); lid == 0 && l != nil {
		e.TID = int(l.ID)
	}
	info := *ksi
	d.p.K.Unlock()
	if sig == abi.SIGSTOP {
		// From Interrupt, or at the start: gdb expects what a terminal's ^C would send.
		e.Signal = int(abi.SIGINT)
		return e, true
	}
	if sig != abi.SIGTRAP || info.Signo != abi.SIGTRAP {
		return e, true
	}
	switch info.Code {
	case abi.TRAP_BRKPT:
		e.Breakpoint = true
	case abi.TRAP_TRACE:
		e.Step = true
	case abi.TRAP_SCE, abi.TRAP_SCX:
		e.Call, e.Return, e.Number = true, info.Code == abi.TRAP_SCX, int(info.Sysnum)
	case abi.TRAP_EXEC:
		e.Exec = true
		clear(d.breaks)
		d.watches = nil
	case abi.TRAP_CHLD:
		d.child(info.ReportEvent)
		locked(d, func() abi.Errno { return d.p.TraceResume(d.tr.LWP, nil, 0) })
		return e, false
	}
	return e, true
}

// child prepares for a child that begins or, after vfork, has ended its stay in our memory.
func (d *process) child(event int32) {
	switch {
	case event == abi.PTRACE_VFORK_DONE && d.vfork:
		d.vfork = false
		for at, old := range d.breaks {
			brk := arch.Of(d.p.Arch).GDB().Breakpoint(len(old))
			writeMem(d.p, at, brk)
		}
	case event == abi.PTRACE_VFORK:
		d.vfork = true
		d.original(d.p)
	}
}

// original puts the instructions back that breakpoints stand in for.
func (d *process) original(p *kern.Proc) {
	for at, old := range d.breaks {
		writeMem(p, at, old)
	}
}

// letGo ends the tracing of a child, without breakpoints in its memory.
func (d *process) letGo(c *kern.Proc) {
	if !d.vfork {
		d.original(c)
	}
	c.K.Lock()
	defer c.K.Unlock()
	c.TraceSyscalls(false)
	c.TraceEnd()
	c.TraceResume(d.tr.LWP, nil, 0)
}

func (d *process) Interrupt() {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	d.p.Psignal(abi.SIGSTOP)
}

func (d *process) Auxv() []byte {
	return locked(d, func() []byte {
		at, n, err := execve.Auxv(d.p)
		b := make([]byte, n)
		if err != abi.OK || d.p.VM.PokeRead(b, at) != abi.OK {
			return nil
		}
		return b
	})
}

func (d *process) ExecFile() string { return locked(d, func() string { return d.p.TextPath }) }

// Open opens a file as the process would find it.
func (d *process) Open(path string) (File, error) {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	l := d.p.FirstLWP()
	if l == nil {
		return nil, abi.ESRCH
	}
	if name, ok := strings.CutPrefix(path, fmt.Sprintf("/proc/%d/", d.p.PID)); ok {
		text, err := vfs.ProcText(l, name)
		if err != abi.OK {
			return nil, err
		}
		return textFile{bytes.NewReader(text)}, nil
	}
	v, err := vfs.Lookup(l, path, d.p.Cwdi.Edir)
	if err != abi.OK {
		return nil, err
	}
	return guestFile{v}, nil
}

// textFile is a file of procfs, as it was when it was opened: "info proc mappings".
type textFile struct{ *bytes.Reader }

func (textFile) Close() error { return nil }

type guestFile struct{ *vfs.Vnode }

func (f guestFile) Size() int64 {
	n, err := f.Vnode.Size()
	if err != nil {
		return 0
	}
	return n
}

func (f guestFile) Close() error {
	f.Unref()
	return nil
}

func (d *process) CatchCalls(on bool) {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	d.p.TraceSyscalls(on)
}

func (d *process) Kill() {
	locked(d, func() abi.Errno { return d.p.TraceResume(d.tr.LWP, nil, abi.SIGKILL) })
	d.drain()
}

// drain waits for the end of the process.
func (d *process) drain() {
	for {
		if q, status := d.tr.Wait(); q == d.p && !abi.WIFSTOPPED(status) {
			return
		} else if q != nil && q != d.p {
			d.letGo(q)
		}
	}
}

func (d *process) Detach() {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	if d.p.Zombie {
		return
	}
	for l := d.p.FirstLWP(); l != nil; l, _ = d.p.NextLWP(l.ID) {
		l.DbgSuspend(false)
	}
	d.p.TraceSyscalls(false)
	d.p.TraceEnd()
	d.p.TraceResume(d.tr.LWP, nil, 0)
}
