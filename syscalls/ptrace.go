package syscalls

import (
	"bytes"
	"math"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/signals"
)

// ptrace(2), after do_ptrace of sys/kern/sys_ptrace_common.c.

// traceOp is what a request does, the machine's numbers made out.
type traceOp uint8

const (
	opNone traceOp = iota // a request of machine-independent number
	opStep
	opSetStep
	opClearStep
	opGetRegs
	opSetRegs
)

// machineOp makes out a request from PT_FIRSTMACH on, and the set of registers that it is about.
func machineOp(rs *signals.Regset, req int32) (op traceOp, set string) {
	switch {
	case rs.Step != 0 && req == rs.Step:
		return opStep, ""
	case rs.SetStep != 0 && req == rs.SetStep:
		return opSetStep, ""
	case rs.SetStep != 0 && req == rs.SetStep+1:
		return opClearStep, ""
	}
	for _, s := range rs.Sets() {
		switch req {
		case s.Get:
			return opGetRegs, s.Name
		case s.Get + 1:
			return opSetRegs, s.Name
		}
	}
	return opNone, ""
}

// traceKind sorts a request by who may make it.
func traceKind(req int32, op traceOp) kern.TraceKind {
	switch req {
	case abi.PT_TRACE_ME:
		return kern.TraceMe
	case abi.PT_ATTACH:
		return kern.TraceAttach
	case abi.PT_READ_I, abi.PT_READ_D, abi.PT_WRITE_I, abi.PT_WRITE_D, abi.PT_IO, abi.PT_SET_SIGINFO, abi.PT_GET_SIGINFO:
		return kern.TraceAccess
	case abi.PT_SET_EVENT_MASK, abi.PT_GET_EVENT_MASK, abi.PT_GET_PROCESS_STATE:
		return kern.TraceEvents
	case abi.PT_KILL, abi.PT_STOP:
		return kern.TraceUrgent
	case abi.PT_CONTINUE, abi.PT_DETACH, abi.PT_LWPINFO, abi.PT_SYSCALL, abi.PT_SYSCALLEMU, abi.PT_DUMPCORE,
		abi.PT_RESUME, abi.PT_SUSPEND, abi.PT_LWPSTATUS, abi.PT_LWPNEXT, abi.PT_SET_SIGPASS, abi.PT_GET_SIGPASS:
		return kern.TraceControl
	}
	switch op {
	case opNone:
		return kern.TraceBad
	case opStep, opSetStep, opClearStep:
		return kern.TraceControl
	}
	return kern.TraceAccess
}

// sysPtrace is ptrace(request, pid, addr, data).
func sysPtrace(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	req, addr, data := int32(a[0]), a[2], int32(a[3])
	op, set := opNone, ""
	if req >= abi.PT_FIRSTMACH {
		op, set = machineOp(arch.Of(l.Proc.Arch).Regset, req)
	}
	kind := traceKind(req, op)
	t, err := l.TraceTarget(kind, int32(a[1]))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	lt := t.FirstLWP()
	if lt == nil {
		return kern.Retval{}, abi.ESRCH
	}
	if kind == kern.TraceAccess {
		t.TraceSettle()
	}
	if op == opStep {
		return kern.Retval{}, traceContinue(l, t, lt, req, addr, data)
	} else if op != opNone {
		return kern.Retval{}, traceMachine(l, t, lt, op, set, addr, data)
	}
	switch req {
	case abi.PT_READ_I, abi.PT_READ_D:
		v, err := traceRead(l, t, addr)
		return kern.Retval{R0: sext(v)}, err
	}
	return kern.Retval{}, traceRequest(l, t, lt, req, addr, data)
}

func traceRequest(l *kern.LWP, t *kern.Proc, lt *kern.LWP, req int32, addr uint64, data int32) abi.Errno {
	switch req {
	case abi.PT_TRACE_ME:
		t.TraceMe()
		return abi.OK
	case abi.PT_ATTACH:
		t.TraceBy(l.Proc)
		return t.TraceResume(l, nil, abi.SIGSTOP)
	case abi.PT_KILL:
		return t.TraceResume(l, nil, abi.SIGKILL)
	case abi.PT_STOP:
		return t.TraceResume(l, nil, abi.SIGSTOP)
	case abi.PT_CONTINUE, abi.PT_SYSCALL, abi.PT_DETACH:
		return traceContinue(l, t, lt, req, addr, data)
	case abi.PT_SYSCALLEMU:
		return t.TraceEmulate()
	case abi.PT_WRITE_I, abi.PT_WRITE_D:
		var b [4]byte
		l.Model().ByteOrder().PutUint32(b[:], uint32(data))
		_, err := traceMemory(t, b[:], addr, true)
		return err
	case abi.PT_IO:
		return traceIO(l, t, addr, data)
	case abi.PT_DUMPCORE:
		return traceDumpcore(l, lt, addr, data)
	case abi.PT_LWPINFO:
		return traceLwpinfo(l, t, addr, data)
	case abi.PT_LWPSTATUS, abi.PT_LWPNEXT:
		return traceLwpstatus(l, t, lt, req == abi.PT_LWPNEXT, addr, data)
	case abi.PT_RESUME, abi.PT_SUSPEND:
		lt, err := t.TraceLWP(lt, data)
		if err == abi.OK {
			lt.DbgSuspend(req == abi.PT_SUSPEND)
		}
		return err
	}
	return traceState(l, t, req, addr, data)
}

// traceState is for the requests that show or change what the process keeps for its tracer. data is the size of
// what addr points to. Errors: EINVAL, EFAULT.
func traceState(l *kern.LWP, t *kern.Proc, req int32, addr uint64, data int32) abi.Errno {
	m := l.Model()
	switch req {
	case abi.PT_GET_EVENT_MASK, abi.PT_SET_EVENT_MASK:
		if data != 4 {
			return abi.EINVAL
		}
		if req == abi.PT_GET_EVENT_MASK {
			return l.CopyoutInt32(addr, t.TraceEvents())
		}
		mask, err := l.CopyinInt32(addr)
		if err == abi.OK {
			t.SetTraceEvents(mask)
		}
		return err
	case abi.PT_GET_PROCESS_STATE:
		s := t.TraceState()
		if int(data) != m.Sizeof(&s) {
			return abi.EINVAL
		}
		return l.CopyoutStruct(addr, &s)
	case abi.PT_GET_SIGINFO, abi.PT_SET_SIGINFO:
		// struct ptrace_siginfo: siginfo_t, lwpid_t.
		b := make([]byte, abi.PtraceSiginfoSize(m))
		if int(data) != len(b) {
			return abi.EINVAL
		}
		if req == abi.PT_GET_SIGINFO {
			ksi, lwp := t.TraceSiginfo()
			ksi.Put(m, b)
			m.PutUint(b[abi.SiginfoSize:], 4, uint64(uint32(lwp)))
			return l.Copyout(b, addr)
		}
		if err := l.Copyin(b, addr); err != abi.OK {
			return err
		}
		var ksi kern.Ksiginfo
		if ksi.Get(m, b); ksi.Signo < 0 || ksi.Signo >= abi.NSIG {
			return abi.EINVAL
		}
		t.SetTraceSiginfo(&ksi, int32(m.Uint(b[abi.SiginfoSize:], 4)))
		return abi.OK
	case abi.PT_GET_SIGPASS, abi.PT_SET_SIGPASS:
		s := t.Sigpass()
		b := make([]byte, m.Sizeof(&s))
		if data <= 0 || int(data) > len(b) {
			return abi.EINVAL
		}
		if req == abi.PT_GET_SIGPASS {
			m.Marshal(b, &s)
			return l.Copyout(b[:data], addr)
		}
		err := l.Copyin(b[:data], addr)
		if err == abi.OK {
			m.Unmarshal(b, &s)
			t.SetSigpass(s)
		}
		return err
	}
	return abi.EINVAL
}

// traceContinue lets a process go on: data is a signal, or less than 0 the negative number of the only LWP to do
// so; for a step, which takes no signal, a number as well. addr is where, 1 for where it stopped. Errors: ESRCH,
// EINVAL, EDEADLK.
func traceContinue(l *kern.LWP, t *kern.Proc, lt *kern.LWP, req int32, addr uint64, data int32) abi.Errno {
	rs := arch.Of(t.Arch).Regset
	step := req == rs.Step && req >= abi.PT_FIRSTMACH
	t.TraceSyscalls(req == abi.PT_SYSCALL)

	var sig abi.Signal
	var only *kern.LWP
	id := data
	switch {
	case data == math.MinInt32:
		return abi.ESRCH
	case data < 0:
		id = -data
	case !step:
		sig, id = abi.Signal(data), 0
	}
	if id > 0 {
		if req == abi.PT_DETACH {
			return abi.EINVAL
		}
		if lt = t.Lfind(id); lt == nil {
			return abi.ESRCH
		}
		only = lt
	}
	if sig < 0 || sig >= abi.NSIG {
		return abi.EINVAL
	}
	// Somebody must run.
	if only != nil || step {
		if lt.Halted() {
			return abi.EDEADLK
		}
	} else if !anyRuns(t) {
		return abi.EDEADLK
	}
	if addr == 0 && !l.K.Config.Page0 {
		return abi.EINVAL
	}
	if addr != 1 {
		if err := rs.SetPC(lt, addr); err != abi.OK {
			return err
		}
	}
	if rs.Sstep != nil {
		for _, o := range t.LWPs {
			rs.Sstep(o, o.Singlestep || step && o == lt)
		}
	}
	if req == abi.PT_DETACH {
		t.TraceEnd()
	}
	return t.TraceResume(l, only, sig)
}

func anyRuns(t *kern.Proc) bool {
	for _, o := range t.LWPs {
		if !o.Halted() {
			return true
		}
	}
	return false
}

// tracedRegset is the register set in which tracer p sees t (process_doregs): that of t's machine or, for a program of
// the kernel's own machine that traces one of 32 bits, the kernel's. Error: EINVAL for a program of 32 bits that traces
// one of 64.
func tracedRegset(p, t *kern.Proc) (*signals.Regset, abi.Errno) {
	rs := arch.Of(t.Arch).Regset
	switch native := p.K.Config.Native; {
	case native == nil || p.Arch == t.Arch:
	case p.Arch == native:
		if wide := arch.Of(t.Arch).Traced; wide != nil {
			rs = wide
		}
	case t.Arch.Model.LP64():
		return nil, abi.EINVAL
	}
	return rs, abi.OK
}

// traceMachine does the machine's requests but for steps: set is the registers' name. Errors: ESRCH, EINVAL, EBUSY,
// EFAULT.
func traceMachine(l *kern.LWP, t *kern.Proc, lt *kern.LWP, op traceOp, set string, addr uint64, data int32) abi.Errno {
	lt, err := t.TraceLWP(lt, data)
	if err != abi.OK {
		return err
	}
	if set == "" {
		lt.Singlestep = op == opSetStep
		return abi.OK
	}
	rs, err := tracedRegset(l.Proc, t)
	if err != abi.OK {
		return err
	}
	for _, s := range rs.Sets() {
		if s.Name == set {
			return traceRegs(l, lt, &s, op == opSetRegs, addr)
		}
	}
	return abi.EINVAL
}

// traceRegs shows or changes a set of registers (process_doregs and its kin). Errors: EFAULT, EBUSY, EINVAL.
func traceRegs(l, lt *kern.LWP, s *signals.RegSet, write bool, addr uint64) abi.Errno {
	moved := s.Size
	if s.Iovec {
		var iov abi.Iovec
		if err := l.CopyinStruct(addr, &iov); err != abi.OK {
			return err
		}
		addr, moved = uint64(iov.Base), min(moved, int(min(uint64(iov.Len), math.MaxInt32)))
	}
	b := make([]byte, s.Size)
	s.Read(lt, b)
	if !write {
		return l.Copyout(b[:moved], addr)
	}
	if err := l.Copyin(b[:moved], addr); err != abi.OK {
		return err
	}
	if !lt.AtStop() {
		return abi.EBUSY
	}
	return s.Write(lt, b)
}

// traceDumpcore is PT_DUMPCORE, into a file of the name of len bytes at addr, or, if that is 0, into the one that
// the process's core file would be. Errors: EINVAL, EFAULT, those of writing it.
func traceDumpcore(l, lt *kern.LWP, addr uint64, n int32) abi.Errno {
	var path []byte
	if addr != 0 {
		if n < 0 || n >= abi.PATH_MAX {
			return abi.EINVAL
		}
		path = make([]byte, n)
		if err := l.Copyin(path, addr); err != abi.OK {
			return err
		}
		path, _, _ = bytes.Cut(path, []byte{0})
	}
	_, err := l.K.CoredumpVec(lt, string(path))
	return err
}

// traceMemory moves b from or to a traced process's memory; what would lie beyond its end is left out (uvm_io).
// It returns how much was moved. Errors: EFAULT, EACCES within a restartable sequence.
func traceMemory(t *kern.Proc, b []byte, va uint64, write bool) (int, abi.Errno) {
	if va >= t.VM.Max {
		return 0, abi.OK
	}
	b = b[:min(uint64(len(b)), t.VM.Max-va)]
	if write {
		if t.InRas(va) {
			return 0, abi.EACCES
		}
		return len(b), t.VM.Poke(b, va)
	}
	return len(b), t.VM.PokeRead(b, va)
}

// traceRead reads an int.
func traceRead(l *kern.LWP, t *kern.Proc, va uint64) (uint32, abi.Errno) {
	var b [4]byte
	_, err := traceMemory(t, b[:], va, false)
	return l.Model().ByteOrder().Uint32(b[:]), err
}

// traceIO is PT_IO. Errors: EINVAL, EIO, EFAULT.
func traceIO(l *kern.LWP, t *kern.Proc, addr uint64, data int32) abi.Errno {
	var d abi.PtraceIODesc
	if data != 0 && int(data) != l.Model().Sizeof(&d) {
		return abi.EINVAL
	}
	if err := l.CopyinStruct(addr, &d); err != abi.OK {
		return err
	}
	if d.Len < 1 {
		return abi.EINVAL
	}
	write := false
	from, n := uint64(d.Offs), uint64(d.Len)
	switch d.Op {
	case abi.PIOD_READ_D, abi.PIOD_READ_I:
	case abi.PIOD_WRITE_D, abi.PIOD_WRITE_I:
		write = true
	case abi.PIOD_READ_AUXV:
		at, room, err := execve.Auxv(t)
		if err != abi.OK {
			return err
		}
		if from > room {
			return abi.EIO
		}
		from, n = at+from, min(n, room-from)
	default:
		return abi.EINVAL
	}
	done := uint64(0)
	buf := make([]byte, min(n, 64<<10))
	for done < n {
		b := buf[:min(uint64(len(buf)), n-done)]
		if write {
			if err := l.Copyin(b, uint64(d.Addr)+done); err != abi.OK {
				return err
			}
		}
		k, err := traceMemory(t, b, from+done, write)
		if err != abi.OK {
			return err
		}
		if !write {
			if err := l.Copyout(b[:k], uint64(d.Addr)+done); err != abi.OK {
				return err
			}
		}
		if done += uint64(k); k < len(b) {
			break
		}
	}
	d.Len = abi.Size(done)
	return l.CopyoutStruct(addr, &d)
}

// traceLwpinfo is PT_LWPINFO: the LWP after the one named, 0 for the first, and why it is stopped. Errors: EINVAL,
// ESRCH, EFAULT.
func traceLwpinfo(l *kern.LWP, t *kern.Proc, addr uint64, data int32) abi.Errno {
	var pl abi.PtraceLwpinfo
	if int(data) != l.Model().Sizeof(&pl) {
		return abi.EINVAL
	}
	if err := l.CopyinStruct(addr, &pl); err != abi.OK {
		return err
	}
	lt, err := t.NextLWP(pl.Lwpid)
	if err != abi.OK {
		return err
	}
	pl = abi.PtraceLwpinfo{}
	if lt != nil {
		pl.Lwpid = lt.ID
		ksi, lwp := t.TraceSiginfo()
		switch {
		case lt.Suspended:
			pl.Event = abi.PL_EVENT_SUSPENDED
		case lt.ID == lwp, lwp == 0 && ksi.Signo != 0:
			pl.Event = abi.PL_EVENT_SIGNAL
		}
	}
	return l.CopyoutStruct(addr, &pl)
}

// traceLwpstatus is PT_LWPSTATUS for the LWP named, or with next PT_LWPNEXT for the one after it. Errors: EINVAL,
// ESRCH, EFAULT.
func traceLwpstatus(l *kern.LWP, t *kern.Proc, lt *kern.LWP, next bool, addr uint64, data int32) abi.Errno {
	var pl abi.PtraceLwpstatus
	m := l.Model()
	b := make([]byte, m.Sizeof(&pl))
	if int(data) > len(b) || data < 4 {
		return abi.EINVAL
	}
	id, err := l.CopyinInt32(addr)
	if err != abi.OK {
		return err
	}
	if next {
		lt, err = t.NextLWP(id)
	} else {
		lt, err = t.TraceLWP(lt, id)
	}
	if err != abi.OK {
		return err
	}
	if lt != nil {
		pl = abi.PtraceLwpstatus{Lwpid: lt.ID, Sigpend: lt.OwnPending(), Sigmask: lt.Sigmask, Private: abi.Ptr(lt.Ctx.R[t.Arch.TLS])}
		copy(pl.Name[:len(pl.Name)-1], lt.Name)
	}
	m.Marshal(b, &pl)
	return l.Copyout(b[:data], addr)
}
