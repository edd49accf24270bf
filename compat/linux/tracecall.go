package linux

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// System calls that somebody looks at: who traces the thread, or a filter of seccomp's (kernel/entry/common.c). And calls
// that end early so that a thread can stop for its tracer, and are then made again: meanwhile the registers show an error
// that programs never see.

// Errors of calls that are made again (include/linux/errno.h).
const (
	eRestartSys   = linuxErrno + 512 // unless a handler without SA_RESTART runs
	eRestartNohnd = linuxErrno + 514 // unless a handler runs
	eRestartBlock = linuxErrno + 516 // likewise, for what is left of its time
)

// callPhase is where in a call a thread is.
type callPhase uint8

const (
	outside callPhase = iota
	entering
	leaving
)

// callState is a thread's system call, or its last one.
type callState struct {
	nr    int64  // its number; -1: none, or it is not to be made
	shown uint64 // what the result's register is shown as before the call, where that has its number
	phase callPhase
	// entry are the registers as the call began, after as it ended.
	entry, after [64]uint64
}

// callOf is the state of l's call.
func callOf(l *kern.LWP) *callState {
	d := lwpdata(l)
	if d.call == nil {
		d.call = &callState{nr: -1}
	}
	return d.call
}

// caught begins to look at a thread in the middle of a call, perhaps: while it sleeps there, its registers are as they
// were when the call began.
func (c *callState) caught(l *kern.LWP) {
	if m := traceMachine(l); m != nil {
		c.begin(l, m)
	}
}

func (c *callState) begin(l *kern.LWP, m *Machine) {
	f := m.form()
	c.nr = int64(int32(l.Ctx.R[f.nr]))
	c.entry, c.after = l.Ctx.R, l.Ctx.R
	c.shown = f.negative(uint64(errnoOut(abi.ENOSYS)))
}

// origNr is the number of the call that the thread is in or comes from, -1 if it stopped for another reason.
func (c *callState) origNr(l *kern.LWP) int64 {
	if !inSyscall(l) {
		return -1
	}
	return c.nr
}

// makeCall does the call that the registers ask for.
func (m *Machine) makeCall(l *kern.LWP) {
	if m.trapCall != nil {
		m.trapCall(l)
		return
	}
	m.syscall(l)
}

// inSyscall reports whether the thread came to the kernel by a call.
func inSyscall(l *kern.LWP) bool {
	if m := traceMachine(l); m != nil && m.trapCall != nil {
		return l.Ctx.Trap == cpu.TrapException && l.Ctx.Vector == m.sparc.syscall
	}
	return l.Ctx.Trap == cpu.TrapSyscall
}

// slowCalls decides whether l's calls must be looked at.
func slowCalls(l *kern.LWP) {
	l.SlowCalls = l.Tracee() != nil || lwpdata(l).seccomp.active()
}

// slowSyscall is the entry of calls of a thread that is looked at.
func slowSyscall(l *kern.LWP) {
	m := machineOf(l)
	f := m.form()
	c := callOf(l)
	c.begin(l, m)
	made := traceEntry(l, c)
	if made {
		made = seccompEntry(l, f, c)
	}
	if l.Leaving() {
		c.phase = outside
		return
	}
	if made && c.nr == -1 {
		f.skip(l, m, c)
	} else if made {
		if f.nr == f.result || c.nr != int64(int32(l.Ctx.R[f.nr])) {
			l.Ctx.R[f.nr] = f.word(uint64(c.nr))
		}
		m.makeCall(l)
	}
	c.after = l.Ctx.R
	c.phase = leaving
	if t := l.Tracee(); t != nil && traceDataOf(t).syscalls && !traceDataOf(t).emulate {
		traceCallStop(t)
	}
	c.phase = outside
}

// traceEntry stops before the call, if the tracer wants that. It reports whether the call is to be made.
func traceEntry(l *kern.LWP, c *callState) bool {
	t := l.Tracee()
	if t == nil || !traceDataOf(t).syscalls {
		return true
	}
	c.phase = entering
	emulate := traceDataOf(t).emulate
	traceCallStop(t)
	if emulate {
		m := machineOf(l)
		m.form().skip(l, m, c)
		return false
	}
	return true
}

// traceCallStop stops at one end of a call. A signal that the tracer gives is sent.
func traceCallStop(t *kern.Tracee) {
	l := t.LWP
	d := traceDataOf(t)
	status := int32(0)
	if d.options&ptoSysgood != 0 {
		status = sysgoodBit
	}
	d.msg = uint64(callOf(l).phase) // PTRACE_EVENTMSG_SYSCALL_ENTRY, _EXIT
	if sig := t.Stop(abi.SIGTRAP, status, traceInfo(t, status)); sig != 0 {
		l.Proc.Kpsignal(&kern.Ksiginfo{Signo: sig, Code: abi.SI_NOINFO}, l)
	}
}

// interrupted says how a call that ended so that the thread can stop is made again (kern.Emul.Interrupted).
func interrupted(l *kern.LWP, err abi.Errno) abi.Errno {
	kind := eRestartSys
	if err == abi.EINTR {
		kind = abi.EINTR
		if table := l.Proc.Emul.Sysent; l.SysNum >= 0 && l.SysNum < len(table) {
			switch table[l.SysNum].Name {
			case "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "poll", "futex", "futex_time64":
				kind = eRestartBlock
			case "pause", "rt_sigsuspend", "sigsuspend", "select", "_newselect", "pselect6", "pselect6_time64", "ppoll", "ppoll_time64", "msgsnd", "msgrcv":
				kind = eRestartNohnd
			}
		}
	}
	if kind != abi.EINTR {
		l.Redo = kind
	}
	return kind
}

// returned notes how the registers are after a call that began before anybody looked.
func returned(l *kern.LWP) { callOf(l).after = l.Ctx.R }

// restart makes the interrupted call again, or has it fail before a handler runs (kern.Emul.Restart). A tracer that has
// changed pc or result has other plans.
func restart(l *kern.LWP, act *kern.Sigaction) {
	kind := l.Redo
	l.Redo = 0
	m := machineOf(l)
	f, c, r := m.form(), callOf(l), &l.Ctx.R
	pc := m.Arch.PC
	if c.nr == -1 || r[f.result] != c.after[f.result] || r[pc] != c.after[pc] {
		return
	}
	err := abi.ERESTART
	if act != nil && (kind != eRestartSys || act.Flags&abi.SA_RESTART == 0) {
		err = abi.EINTR
	}
	for i := range r {
		if r[i] == c.after[i] {
			r[i] = c.entry[i]
		}
	}
	l.Again = err == abi.ERESTART
	l.Override = err
	m.makeCall(l)
}
