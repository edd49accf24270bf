package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// ptrace(2) (kernel/ptrace.c). Threads are traced one by one; how they stop is in kern/tracee.go, their registers are in
// traceregs.go, what happens at system calls in tracecall.go.

// Requests that all machines have.
const (
	ptTraceme     = 0
	ptPeektext    = 1
	ptPeekdata    = 2
	ptPeekuser    = 3
	ptPoketext    = 4
	ptPokedata    = 5
	ptPokeuser    = 6
	ptCont        = 7
	ptKill        = 8
	ptSinglestep  = 9
	ptAttach      = 16
	ptDetach      = 17
	ptSyscall     = 24
	ptSetoptions  = 0x4200
	ptGeteventmsg = 0x4201
	ptGetsiginfo  = 0x4202
	ptSetsiginfo  = 0x4203
	ptGetregset   = 0x4204
	ptSetregset   = 0x4205
	ptSeize       = 0x4206
	ptInterrupt   = 0x4207
	ptListen      = 0x4208
	ptPeeksiginfo = 0x4209
	ptGetsigmask  = 0x420a
	ptSetsigmask  = 0x420b

	ptGetFilter      = 0x420c // PTRACE_SECCOMP_GET_FILTER
	ptFilterMetadata = 0x420d // PTRACE_SECCOMP_GET_METADATA
	ptSyscallInfo    = 0x420e
	ptRseqConfig     = 0x420f
)

// Options, and the events that they ask for.
const (
	ptoSysgood   = 1
	ptoExec      = 1 << ptEventExec
	ptoVforkDone = 1 << ptEventVforkDone
	ptoExit      = 1 << ptEventExit
	ptoSeccomp   = 1 << ptEventSeccomp
	ptoExitkill  = 1 << 20
	ptoSuspend   = 1 << 21
	ptoAll       = 0xff | ptoExitkill | ptoSuspend

	ptEventFork      = 1
	ptEventVfork     = 2
	ptEventClone     = 3
	ptEventExec      = 4
	ptEventVforkDone = 5
	ptEventExit      = 6
	ptEventSeccomp   = 7
	ptEventStop      = 128

	sysgoodBit = 0x80 // of the status of a stop at a system call
)

// traceData is what belongs to a traced thread.
type traceData struct {
	options  uint32
	msg      uint64 // of PTRACE_GETEVENTMSG
	syscalls bool   // it stops at system calls
	emulate  bool   // which are not made
	born     int32  // the event of a child that has been made
}

func traceDataOf(t *kern.Tracee) *traceData { return t.Data.(*traceData) }

var traceRules = &kern.TraceRules{
	Exec: traceExec, Forked: traceForked, Exit: traceExit, GroupStop: ptEventStop << 8,
	Kill:     func(t *kern.Tracee) bool { return traceDataOf(t).options&ptoExitkill != 0 },
	Untraced: slowCalls,
}

// trace makes by the tracer of l.
func trace(l, by *kern.LWP, options uint32) *kern.Tracee {
	t := l.TraceThread(by, tidOf(l), traceRules)
	t.Data = &traceData{options: options}
	slowCalls(l)
	return t
}

// event stops the calling thread for an event, if its tracer wants it; msg is what PTRACE_GETEVENTMSG tells of it.
func traceEvent(t *kern.Tracee, event int32, msg uint64) bool {
	d := traceDataOf(t)
	if d.options&(1<<event) == 0 {
		return false
	}
	d.msg = msg
	status := event << 8
	if info := traceInfo(t, status); event == ptEventExit {
		t.StopAtExit(abi.SIGTRAP, status, info)
	} else {
		t.Stop(abi.SIGTRAP, status, info)
	}
	return true
}

// traceInfo is the siginfo of a stop that is no signal.
func traceInfo(t *kern.Tracee, status int32) *kern.Ksiginfo {
	return &kern.Ksiginfo{Signo: abi.SIGTRAP, Code: int32(abi.SIGTRAP) | status, Pid: t.ID, Uid: t.LWP.Proc.Cred.Ruid}
}

func traceExec(t *kern.Tracee) {
	switch {
	case traceEvent(t, ptEventExec, uint64(t.ID)):
	case !t.Seized:
		t.LWP.Proc.Kpsignal(&kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.SI_USER, Pid: t.LWP.Proc.PID, Uid: t.LWP.Proc.Cred.Ruid}, t.LWP)
	}
}

func traceExit(t *kern.Tracee, status int32) {
	traceEvent(t, ptEventExit, uint64(uint32(statusFor(t, status))))
}

// statusFor is a wait status in the numbers of the thread's machine.
func statusFor(t *kern.Tracee, status int32) int32 {
	if m := traceMachine(t.LWP); m != nil {
		return m.statusOut(status)
	}
	return status
}

// traceForked tells of a child, and later of the end of vfork's wait.
func traceForked(t *kern.Tracee, n *kern.LWP, vforkDone bool) {
	d := traceDataOf(t)
	switch {
	case vforkDone:
		traceEvent(t, ptEventVforkDone, uint64(n.Proc.PID))
	case d.born != 0:
		event := d.born
		d.born = 0
		traceEvent(t, event, uint64(tidOf(n)))
	}
}

// traceBirth makes a new thread or process, which has not begun, traced like its parent if the tracer wants that.
func traceBirth(child, parent *kern.LWP, flags uint64, exitSignal abi.Signal) {
	t := parent.Tracee()
	if t == nil {
		return
	}
	d := traceDataOf(t)
	event := int32(ptEventFork)
	switch {
	case flags&cloneVfork != 0:
		event = ptEventVfork
	case exitSignal != abi.SIGCHLD || flags&cloneThread != 0:
		event = ptEventClone
	}
	d.born = 0
	if flags&cloneUntraced == 0 && d.options&(1<<event) != 0 {
		d.born = event
	} else if flags&clonePtrace == 0 {
		return
	}
	n := trace(child, t.By, d.options)
	if n.Seized = t.Seized; n.Seized {
		n.Interrupt()
	} else {
		child.PostStop(abi.SI_USER)
	}
}

// sysPtrace is ptrace(request, pid, addr, data).
func sysPtrace(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	req := int64(a[0])
	switch req {
	case ptTraceme:
		return ret(traceme(l))
	case ptAttach, ptSeize:
		return ret(traceAttach(l, int32(a[1]), req == ptSeize, a[2], a[3]))
	}
	target := findTask(l, int32(a[1]))
	t := traceeOf(l, int32(a[1]))
	switch {
	case t == nil && target == nil && l.K.PfindAny(int32(a[1])) == nil:
		return ret(abi.ESRCH)
	case t == nil, t.By != l:
		return ret(abi.ESRCH)
	case req != ptKill && req != ptInterrupt && !t.Stopped():
		return ret(abi.ESRCH)
	}
	return traceRequest(l, t, req, a[2], a[3])
}

// traceeOf finds a thread that the caller's process traces, ended ones too.
func traceeOf(l *kern.LWP, tid int32) *kern.Tracee {
	for _, t := range l.Proc.Tracees() {
		if t.ID == tid {
			return t
		}
	}
	return nil
}

// traceme makes the parent the tracer. That of the first program is the machine itself, which would let a traced child go
// on at once whatever it stops for.
func traceme(l *kern.LWP) abi.Errno {
	if l.Tracee() != nil {
		return abi.EPERM
	}
	for _, by := range l.Proc.PPtr.LWPs {
		if by.Live() {
			trace(l, by, 0)
			break
		}
	}
	return abi.OK
}

// traceAttach is PTRACE_ATTACH and PTRACE_SEIZE. Errors: ESRCH, EIO, EPERM.
func traceAttach(l *kern.LWP, tid int32, seize bool, addr, data uint64) abi.Errno {
	t := findTask(l, tid)
	switch {
	case t == nil && l.K.PfindAny(tid) == nil:
		return abi.ESRCH
	case seize && (addr != 0 || data&^ptoAll != 0):
		return abi.EIO
	case t == nil, t.Proc == l.Proc, !l.MayTrace(t.Proc), t.Tracee() != nil, t.Proc.Flags&kern.PFTraced != 0:
		return abi.EPERM
	}
	if !seize {
		data = 0
	}
	n := trace(t, l, uint32(data))
	n.Seized = seize
	callOf(t).caught(t)
	if !seize {
		t.PostStop(abi.SI_NOINFO)
	}
	n.Regroup()
	if !t.InVfork() { // nothing wakes that one
		n.AwaitStop(l)
	}
	return abi.OK
}

// traceRequest does a request about t, which is stopped, but for PTRACE_KILL and PTRACE_INTERRUPT.
func traceRequest(l *kern.LWP, t *kern.Tracee, req int64, addr, data uint64) (kern.Retval, abi.Errno) {
	d := traceDataOf(t)
	target := t.LWP
	switch req {
	case ptPeektext, ptPeekdata:
		return ret(tracePeek(l, target, addr, data))
	case ptPoketext, ptPokedata:
		return ret(tracePoke(l, target, addr, data))
	case ptCont, ptSyscall, ptSinglestep:
		return ret(traceResume(l, t, req == ptSyscall, false, req == ptSinglestep, data))
	case ptDetach:
		sig, ok := traceSignal(l, data)
		if !ok {
			return ret(abi.EIO)
		}
		t.Detach(sig)
		return ret(abi.OK)
	case ptKill:
		if target.Live() {
			target.Proc.Psignal(abi.SIGKILL)
		}
		return ret(abi.OK)
	case ptInterrupt:
		if !t.Seized {
			return ret(abi.EIO)
		}
		t.Interrupt()
		return ret(abi.OK)
	case ptListen:
		if !t.Seized || t.Event() != ptEventStop<<8 {
			return ret(abi.EIO)
		}
		t.Listen()
		return ret(abi.OK)
	case ptSetoptions:
		if data&^ptoAll != 0 {
			return ret(abi.EINVAL)
		}
		d.options = uint32(data)
		return ret(abi.OK)
	case ptGeteventmsg:
		return ret(l.CopyoutStruct(data, abi.ULong(d.msg)))
	case ptGetsiginfo, ptSetsiginfo:
		return ret(traceSiginfo(l, t, req == ptSetsiginfo, data))
	case ptPeeksiginfo:
		return tracePeeksiginfo(l, target, addr, data)
	case ptGetsigmask, ptSetsigmask:
		return ret(traceSigmask(l, target, req == ptSetsigmask, addr, data))
	case ptRseqConfig:
		return traceRseq(l, t.LWP, addr, data)
	case ptSyscallInfo:
		return traceSyscallInfo(l, t, addr, data)
	case ptGetFilter:
		return traceGetFilter(l, target, addr, data)
	case ptFilterMetadata:
		return traceFilterMetadata(l, target, addr, data)
	}
	return traceMachineRequest(l, t, req, addr, data)
}

// traceSignal is the signal of a request that lets a thread go on.
func traceSignal(l *kern.LWP, n uint64) (abi.Signal, bool) {
	if n == 0 {
		return 0, true
	}
	m := machineOf(l)
	if n > uint64(m.lastSignal()) {
		return 0, false
	}
	return m.sigIn(int32(n)), true
}

// traceResume lets the thread go on. Error: EIO for what is no signal, or a step on a machine that has none.
func traceResume(l *kern.LWP, t *kern.Tracee, syscalls, emulate, step bool, data uint64) abi.Errno {
	sig, ok := traceSignal(l, data)
	m := traceMachine(t.LWP)
	if !ok || step && (m == nil || !m.form().step) {
		return abi.EIO
	}
	d := traceDataOf(t)
	d.syscalls, d.emulate = syscalls || emulate, emulate
	t.LWP.Sstep = step
	t.Resume(sig)
	return abi.OK
}

// tracePeek stores a word of the thread's memory at data. Errors: EIO, EFAULT.
func tracePeek(l, target *kern.LWP, addr, data uint64) abi.Errno {
	b := make([]byte, l.Model().PtrSize)
	if target.Proc.VM.PokeRead(b, addr) != abi.OK {
		return abi.EIO
	}
	return l.Copyout(b, data)
}

func tracePoke(l, target *kern.LWP, addr, data uint64) abi.Errno {
	m := l.Model()
	b := make([]byte, m.PtrSize)
	m.PutUint(b, m.PtrSize, data)
	if target.Proc.VM.Poke(b, addr) != abi.OK {
		return abi.EIO
	}
	return abi.OK
}

// traceSiginfo shows or changes what the thread has stopped for. Errors: EINVAL if that is no signal, EFAULT.
func traceSiginfo(l *kern.LWP, t *kern.Tracee, set bool, va uint64) abi.Errno {
	info := t.Info()
	if info == nil {
		return abi.EINVAL
	}
	m := machineOf(l)
	var b [siginfoLen]byte
	if !set {
		putTraceInfo(m, b[:], info)
		return l.Copyout(b[:], va)
	}
	if err := l.Copyin(b[:], va); err != abi.OK {
		return err
	}
	sig := m.sigIn(int32(l.Model().Uint(b[:], 4)))
	*info = traceKsi(m, b[:], sig)
	return abi.OK
}

// putTraceInfo writes siginfo_t: that of a stop which is no signal tells of the thread itself.
func putTraceInfo(m *Machine, b []byte, info *kern.Ksiginfo) {
	putSiginfo(m, b, info)
	if info.Signo == abi.SIGTRAP && info.Code&0x7f == int32(abi.SIGTRAP) || info.Code>>8 == ptEventStop {
		u := siginfoUnion(m.model())
		clear(b[u:])
		m.model().PutUint(b[u:], 4, uint64(uint32(info.Pid)))
		m.model().PutUint(b[u+4:], 4, uint64(info.Uid))
	}
}

// traceKsi is what a tracer has written, of a fault or of a child too.
func traceKsi(m *Machine, b []byte, sig abi.Signal) kern.Ksiginfo {
	ksi := *ksiIn(m, b, sig)
	model := m.model()
	u := siginfoUnion(model)
	if code := int32(model.Uint(b[m.codeAt():], 4)); code >= 0 {
		if ksi.Code = code; code == siKernel {
			ksi.Code = abi.SI_NOINFO
		}
	}
	ksi.Errno = int32(model.Uint(b[12-m.codeAt():], 4))
	switch kindOf(&ksi) {
	case abi.SiginfoChild:
		ksi.Status = int32(model.Uint(b[u+8:], 4))
		if ksi.Code != abi.CLD_EXITED {
			ksi.Status = int32(m.sigIn(ksi.Status))
		}
	case abi.SiginfoFault:
		ksi.Addr = abi.Ptr(model.Ptr(b[u:]))
	}
	return ksi
}

// tracePeeksiginfo copies signals that wait. Errors: EINVAL, EFAULT.
func tracePeeksiginfo(l, target *kern.LWP, addr, data uint64) (kern.Retval, abi.Errno) {
	const shared = 1
	var arg struct {
		Off   uint64
		Flags uint32
		Nr    int32
	}
	if err := l.CopyinStruct(addr, &arg); err != abi.OK {
		return ret(err)
	}
	if arg.Flags&^shared != 0 || arg.Nr < 0 {
		return ret(abi.EINVAL)
	}
	list := target.QueuedSignals(arg.Flags&shared != 0)
	n := int64(0)
	for off := arg.Off; off < uint64(len(list)) && n < int64(arg.Nr); off++ {
		var b [siginfoLen]byte
		putTraceInfo(machineOf(l), b[:], &list[off])
		if err := l.Copyout(b[:], data+uint64(n)*siginfoLen); err != abi.OK {
			if n > 0 {
				break
			}
			return ret(err)
		}
		n++
	}
	return retInt(n)
}

// traceSigmask shows or changes the thread's mask of signals.
func traceSigmask(l, target *kern.LWP, set bool, size, va uint64) abi.Errno {
	if !rightSet(l, size) {
		return abi.EINVAL
	}
	m := machineOf(l)
	var b [maxSetSize]byte
	if !set {
		putMask(m, b[:], target.ProgramMask())
		return l.Copyout(b[:size], va)
	}
	if err := l.Copyin(b[:size], va); err != abi.OK {
		return err
	}
	target.SetSigmask(getMask(m, b[:]))
	return abi.OK
}

// traceSyscallInfo is PTRACE_GET_SYSCALL_INFO: size is that of the room at va. It returns the size of what there is to tell.
func traceSyscallInfo(l *kern.LWP, t *kern.Tracee, size, va uint64) (kern.Retval, abi.Errno) {
	const none, entry, exit, seccomp = 0, 1, 2, 3
	const head = 24
	m := traceMachine(t.LWP)
	if m == nil {
		return ret(abi.EIO)
	}
	f := m.form()
	c := callOf(t.LWP)
	model := l.Model()
	b := make([]byte, 88)
	op, n := none, head
	put := func(at int, v uint64) { model.PutUint(b[at:], 8, v) }
	model.PutUint(b[4:], 4, uint64(f.audit))
	put(8, t.LWP.Ctx.R[m.Arch.PC])
	put(16, userSP(t.LWP))
	call := func() {
		put(head, uint64(c.nr))
		for i := range 6 {
			put(head+8+8*i, f.arg(t.LWP, i))
		}
	}
	switch ev := t.Event(); {
	case ev == sysgoodBit && c.phase == entering:
		op, n = entry, 80
		call()
	case ev == sysgoodBit && c.phase == leaving:
		op, n = exit, 33
		v, bad := f.getResult(t.LWP)
		put(head, uint64(v))
		b[head+8] = byte(boolInt(bad))
	case ev == ptEventSeccomp<<8:
		op, n = seccomp, 88
		call()
		model.PutUint(b[80:], 4, traceDataOf(t).msg)
	}
	b[0] = byte(op)
	if err := l.Copyout(b[:min(size, uint64(n))], va); err != abi.OK {
		return ret(err)
	}
	return retInt(int64(n))
}
