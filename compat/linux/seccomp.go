package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// seccomp(2) (kernel/seccomp.c): what a thread lets itself do. Its calls go the slow way, tracecall.go.

const (
	seccompStrict = 1 // modes
	seccompFilter = 2

	seccompSetStrict = 0 // operations
	seccompSetFilter = 1
	seccompGetAction = 2
	seccompGetSizes  = 3

	seccompTsync      = 1 // flags of SECCOMP_SET_MODE_FILTER
	seccompLog        = 2
	seccompSpecAllow  = 4
	seccompTsyncEsrch = 16

	// What a filter answers: the lowest as a number with a sign counts most. Below 16 bits there is more to tell.
	retKillProcess = 0x80000000
	retKillThread  = 0
	retTrap        = 0x00030000
	retErrno       = 0x00050000
	retTrace       = 0x7ff00000
	retLog         = 0x7ffc0000
	retAllow       = 0x7fff0000
	retAction      = 0xffff0000

	maxErrno    = 4095
	codeSeccomp = 1 // SYS_SECCOMP, the code of the signal
)

// seccompFilters are a thread's: children have them too, and so has each program that it executes.
type seccompFilters struct {
	mode uint8
	last *seccompProg
}

// A seccompProg is a filter, with those that were there before.
type seccompProg struct {
	prog     []bpfInsn
	prev     *seccompProg
	log      bool             // SECCOMP_FILTER_FLAG_LOG, for who asks
	listener *seccompListener // see seccompnotify.go; nil: none
}

func (s *seccompFilters) active() bool { return s.mode != 0 }

// count is how many filters there are, size how many instructions the kernel takes them for.
func (p *seccompProg) count() (n, size int) {
	for ; p != nil; p = p.prev {
		n, size = n+1, size+len(p.prog)+seccompFilterTax
	}
	return n, size
}

// under reports whether p is one of those that q includes.
func (p *seccompProg) under(q *seccompProg) bool {
	for ; q != p; q = q.prev {
		if q == nil {
			return false
		}
	}
	return true
}

// sysSeccomp is seccomp(operation, flags, args).
func sysSeccomp(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := a[1] & (1<<32 - 1)
	switch uint32(a[0]) {
	case seccompSetStrict:
		if flags != 0 || a[2] != 0 {
			return ret(abi.EINVAL)
		}
		return ret(seccompSetMode(l))
	case seccompSetFilter:
		return seccompAdd(l, flags, a[2])
	case seccompGetAction:
		if flags != 0 {
			return ret(abi.EINVAL)
		}
		var action uint32
		if err := l.CopyinStruct(a[2], &action); err != abi.OK {
			return ret(err)
		}
		switch action {
		case retKillProcess, retKillThread, retTrap, retErrno, retTrace, retUserNotif, retLog, retAllow:
			return ret(abi.OK)
		}
		return ret(abi.EOPNOTSUPP)
	case seccompGetSizes:
		if flags != 0 {
			return ret(abi.EINVAL)
		}
		// struct seccomp_notif_sizes: the notification, its answer, struct seccomp_data.
		return ret(l.CopyoutStruct(a[2], &struct{ Notif, Resp, Data uint16 }{80, 24, seccompDataSize}))
	}
	return ret(abi.EINVAL)
}

// seccompSetMode makes the thread strict. Error: EINVAL if it has filters.
func seccompSetMode(l *kern.LWP) abi.Errno {
	s := &lwpdata(l).seccomp
	if s.mode != 0 && s.mode != seccompStrict {
		return abi.EINVAL
	}
	s.mode = seccompStrict
	slowCalls(l)
	return abi.OK
}

// seccompAdd adds a filter, whose struct sock_fprog is at va, and returns the descriptor of its listener if it is to have
// one. Errors: EINVAL, EACCES, EFAULT, ENOMEM, ESRCH, EBUSY.
func seccompAdd(l *kern.LWP, flags, va uint64) (kern.Retval, abi.Errno) {
	const both = seccompTsync | seccompNewListener // would return two things
	if flags&^(seccompTsync|seccompLog|seccompSpecAllow|seccompTsyncEsrch|seccompNewListener|seccompWaitKillable) != 0 ||
		flags&(both|seccompTsyncEsrch) == both || flags&(seccompNewListener|seccompWaitKillable) == seccompWaitKillable {
		return ret(abi.EINVAL)
	}
	var fprog struct {
		Len    uint16
		Filter abi.Ptr
	}
	if err := l.CopyinStruct(va, &fprog); err != abi.OK {
		return ret(err)
	}
	if fprog.Len == 0 || fprog.Len > bpfMaxInsns {
		return ret(abi.EINVAL)
	}
	if !procdata(l.Proc).noNewPriv && !capable(l, capSysAdmin) {
		return ret(abi.EACCES)
	}
	prog := make([]bpfInsn, fprog.Len)
	for i := range prog {
		if err := l.CopyinStruct(uint64(fprog.Filter)+8*uint64(i), &prog[i]); err != abi.OK {
			return ret(err)
		}
	}
	if err := bpfCheck(prog); err != abi.OK {
		return ret(err)
	}
	s := &lwpdata(l).seccomp
	if s.mode == seccompStrict {
		return ret(abi.EINVAL)
	}
	if _, size := s.last.count(); size+len(prog) > seccompMaxPath {
		return ret(abi.ENOMEM)
	}
	if flags&seccompTsync != 0 {
		// Every other thread must have nothing that this one has not.
		for _, o := range l.Proc.LWPs {
			if other := &lwpdata(o).seccomp; o != l && o.Live() && (other.mode == seccompStrict || !other.last.under(s.last)) {
				if flags&seccompTsyncEsrch != 0 {
					return ret(abi.ESRCH)
				}
				return retInt(int64(tidOf(o)))
			}
		}
	}
	added := &seccompProg{prog: prog, prev: s.last, log: flags&seccompLog != 0}
	fd := int32(0)
	if flags&seccompNewListener != 0 {
		var err abi.Errno
		if fd, err = added.listen(l, flags); err != abi.OK {
			return ret(err)
		}
	}
	s.mode, s.last = seccompFilter, added
	slowCalls(l)
	if flags&seccompTsync != 0 {
		for _, o := range l.Proc.LWPs {
			if o.Live() {
				lwpdata(o).seccomp = *s
				slowCalls(o)
			}
		}
	}
	return retInt(int64(fd))
}

// prctlSeccomp is PR_SET_SECCOMP. Error: EINVAL.
func prctlSeccomp(l *kern.LWP, mode, va uint64) (kern.Retval, abi.Errno) {
	switch mode {
	case seccompStrict:
		return ret(seccompSetMode(l))
	case seccompFilter:
		return seccompAdd(l, 0, va)
	}
	return ret(abi.EINVAL)
}

// seccompEntry lets a call through: false if it is not to be made. The call's number may be another then.
func seccompEntry(l *kern.LWP, f *traceForm, c *callState) bool {
	switch s := &lwpdata(l).seccomp; s.mode {
	case seccompStrict:
		return seccompStrictEntry(l, c)
	case seccompFilter:
		return seccompFilterEntry(l, f, c, false)
	}
	return true
}

// seccompStrictEntry allows four calls and kills the thread for all others.
func seccompStrictEntry(l *kern.LWP, c *callState) bool {
	if table := l.Proc.Emul.Sysent; c.nr >= 0 {
		if n := c.nr - machineOf(l).form().first; n >= 0 && n < int64(len(table)) {
			switch table[n].Name {
			case "read", "write", "exit", "rt_sigreturn", "sigreturn":
				return true
			}
		}
	}
	seccompKillThread(l, abi.SIGKILL)
	return false
}

// seccompKillThread ends the thread, with the last one the process, as by a signal.
func seccompKillThread(l *kern.LWP, sig abi.Signal) {
	status := int32(sig)
	if l.Proc.LiveLWPs() == 1 {
		l.Exit1(status)
	}
	l.Detached, l.ExitStatus = true, status
	l.ExitLWP()
}

// seccompFilterEntry asks the filters about a call; again, if a tracer has looked at it already.
func seccompFilterEntry(l *kern.LWP, f *traceForm, c *callState, again bool) bool {
	answer, by := lwpdata(l).seccomp.ask(seccompData(l, f, c))
	data := int64(answer & 0xffff)
	switch answer & retAction {
	case retAllow, retLog:
		return true
	case retErrno:
		seccompSkip(l, f, c)
		f.setResult(l, -min(data, maxErrno))
		return false
	case retTrap:
		at := l.Ctx.R[machineOf(l).Arch.PC]
		seccompSkip(l, f, c)
		l.Ctx.R[f.result] = c.entry[f.result]
		if f.errBits != 0 {
			l.Ctx.R[f.errReg] = c.entry[f.errReg]
		}
		l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGSYS, Code: codeSeccomp, Errno: int32(data), Addr: abi.Ptr(at), Sysnum: int32(c.nr)})
		return false
	case retUserNotif:
		return seccompNotify(l, f, c, by)
	case retTrace:
		return again || seccompTrace(l, f, c, uint64(data))
	case retKillThread:
		if l.Proc.LiveLWPs() > 1 {
			seccompKillThread(l, abi.SIGSYS)
			return false
		}
	}
	// The process is killed, whatever it does with the signal.
	at := l.Ctx.R[machineOf(l).Arch.PC]
	seccompSkip(l, f, c)
	l.Proc.Sigacts.Own()[abi.SIGSYS] = kern.Sigaction{}
	l.Sigmask.Del(abi.SIGSYS)
	l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGSYS, Code: codeSeccomp, Errno: int32(data), Addr: abi.Ptr(at), Sysnum: int32(c.nr)})
	return false
}

// seccompSkip goes past the call.
func seccompSkip(l *kern.LWP, f *traceForm, c *callState) { f.skip(l, machineOf(l), c) }

// seccompTrace lets a tracer decide. Without one there is no such call.
func seccompTrace(l *kern.LWP, f *traceForm, c *callState, data uint64) bool {
	c.phase = entering
	t := l.Tracee()
	if t == nil || !traceEvent(t, ptEventSeccomp, data) {
		seccompSkip(l, f, c)
		f.setResult(l, -int64(machineOf(l).errnoOut(abi.ENOSYS)))
		return false
	}
	switch {
	case l.Leaving():
		return false
	case c.nr == -1:
		seccompSkip(l, f, c)
		return false
	}
	return seccompFilterEntry(l, f, c, true)
}

// ask runs the filters, the newest first: of what they answer, the lowest action counts. by is whose that is.
func (s *seccompFilters) ask(data [seccompDataSize / 4]uint32) (answer uint32, by *seccompProg) {
	answer = retAllow
	for p := s.last; p != nil; p = p.prev {
		if r := bpfRun(p.prog, &data); int32(r&retAction) < int32(answer&retAction) {
			answer, by = r, p
		}
	}
	return answer, by
}

// seccompData is struct seccomp_data: number, machine, address, arguments.
func seccompData(l *kern.LWP, f *traceForm, c *callState) (w [seccompDataSize / 4]uint32) {
	w[0], w[1] = uint32(c.nr), f.audit
	put := func(at int, v uint64) {
		w[at], w[at+1] = uint32(v), uint32(v>>32)
		if l.Model().BigEndian {
			w[at], w[at+1] = w[at+1], w[at]
		}
	}
	put(2, l.Ctx.R[machineOf(l).Arch.PC])
	for i := range 6 {
		put(4+2*i, f.word(f.arg(l, i)))
	}
	return w
}
