package kern

import (
	"cmp"
	"slices"

	"nbemu/abi"
)

// Scheduler activations (kern_sa.c of NetBSD 2 to 6): the threads of a process are its library's. It has one LWP on each
// of its virtual processors; when that LWP would sleep in the kernel, another takes its place and tells the library so by
// an upcall, which chooses another thread; when the sleeper is done, it doesn't go back to the program but is handed to
// the LWP that runs then, whose next upcall has both threads' contexts. From there the library goes on with setcontext(2).

// Upcalls (SA_UPCALL_).
const (
	SaNewproc   = 0
	SaPreempted = 1
	SaBlocked   = 2
	SaUnblocked = 3
	SaSignal    = 4
	SaUser      = 6
)

// Flags of sa_register(2).
const (
	SaFlagPreempt   = 0x1
	SaFlagStackinfo = 0x2
	saFlagAll       = SaFlagPreempt | SaFlagStackinfo
)

// saMaxStacks is how many stacks a process may have for each virtual processor (SA_MAXNUMSTACKS).
const saMaxStacks = 16

// SA is what a process has of them (struct sadata). The kernel lock protects it.
type SA struct {
	Port   *SaPort
	Upcall uint64 // the library's function

	flags     int32
	stackinfo int64 // where in a stack its generation is
	stacks    []*saStack
	next      *saStack
	vps       []*saVP
	enabled   bool
}

// SaPort is what a machine knows of upcalls, and how contexts are stored (struct sa_emul).
type SaPort struct {
	// Call makes l call fn with five arguments on the stack that ends at sp, and never return from it. Error: EFAULT.
	Call func(l *LWP, fn, sp uint64, args [5]uint64) abi.Errno
	// Ucontext is l's ucontext_t. Preconditions: l runs.
	Ucontext func(l *LWP) []byte
}

// saT is struct sa_t, what an upcall tells of an LWP.
type saT struct {
	Context abi.Ptr
	ID      int32
	CPU     int32
}

// saStack is a stack for upcalls. The program counts its generation up when it is free again.
type saStack struct {
	abi.StackT
	gen uint32
}

// saState is an LWP's state, as it is stored for the program.
type saState struct {
	sa saT
	uc []byte
}

// saUpcall is an upcall that is to be made.
type saUpcall struct {
	typ                int
	event, interrupted *saState
	self               bool // the event is the LWP that makes the upcall, as it is then
	preempts           bool // what it interrupts is that LWP
	arg                []byte
	stack              *saStack
}

// saVP is a virtual processor (struct sadata_vp).
type saVP struct {
	id      int32
	lwp     *LWP   // who is on it
	woken   []*LWP // have slept, and wait to be handed over
	upcalls []*saUpcall
	idle    bool // lwp sleeps in sa_yield
	idleq   SleepQ
}

// lwpSA is an LWP's part.
type lwpSA struct {
	savp       *saVP
	saBlocking bool     // sleeps or has slept while another has its processor
	saYielding bool     // is in sa_yield
	saWoken    *saState // of one that is in woken
	saTaken    bool     // was handed over
}

// SaRegister sets the library's function and returns the one before (dosa_register).
func (l *LWP) SaRegister(port *SaPort, upcall uint64, flags int32, stackinfo int64) (old uint64) {
	l.takeTurns() // such libraries know few machines of several processors, and were never tried on one here
	p := l.Proc
	if p.sa == nil {
		p.sa = &SA{Port: port, flags: flags & saFlagAll}
		if flags&SaFlagStackinfo != 0 {
			p.sa.stackinfo = stackinfo
		}
	}
	if l.savp == nil {
		l.savp = p.sa.newVP()
	}
	old, p.sa.Upcall = p.sa.Upcall, upcall
	return old
}

// SaRegistered reports whether sa_register was called.
func (l *LWP) SaRegistered() bool { return l.Proc.sa != nil }

func (sa *SA) newVP() *saVP {
	vp := &saVP{id: int32(len(sa.vps))}
	sa.vps = append(sa.vps, vp)
	return vp
}

// SaRelease forgets what the process has of scheduler activations, at exec and where the last LWP is left (sa_release).
func (l *LWP) SaRelease() {
	l.Proc.sa = nil
	l.lwpSA = lwpSA{}
}

// SaStack gives the process a stack, or gives one back that it knows. Errors: EINVAL without sa_register; EEXIST, of one
// that is free; ENOMEM, of more than it may have; EFAULT.
func (l *LWP) SaStack(st abi.StackT) abi.Errno {
	sa := l.Proc.sa
	if sa == nil {
		return abi.EINVAL
	}
	i, known := slices.BinarySearchFunc(sa.stacks, st, func(a *saStack, b abi.StackT) int {
		switch {
		case uint64(a.Sp)+uint64(a.Size) <= uint64(b.Sp):
			return -1
		case uint64(a.Sp) >= uint64(b.Sp)+uint64(b.Size):
			return 1
		}
		return 0
	})
	switch {
	case known:
		if !l.saStackUsed(sa.stacks[i]) {
			return abi.EEXIST
		}
	case len(sa.stacks) >= saMaxStacks*max(1, len(sa.vps)):
		return abi.ENOMEM
	default:
		sa.stacks = slices.Insert(sa.stacks, i, &saStack{StackT: st})
	}
	sa.stacks[i].gen = l.saStackGen(sa.stacks[i])
	for _, vp := range sa.vps {
		if vp.lwp != nil && vp.work() {
			vp.lwp.kick() // may have waited for a stack
		}
	}
	return abi.OK
}

// saStackGen reads a stack's generation from the program; one that cannot be read ends the process.
func (l *LWP) saStackGen(s *saStack) uint32 {
	var gen uint32
	if l.CopyinStruct(uint64(int64(s.Sp)+l.Proc.sa.stackinfo), &gen) != abi.OK {
		l.SigIll()
	}
	return gen
}

func (l *LWP) saStackUsed(s *saStack) bool { return l.saStackGen(s) != s.gen }

// saGetStack takes a free stack; nil if there is none (sa_getstack).
func (l *LWP) saGetStack() *saStack {
	sa := l.Proc.sa
	start := max(0, slices.Index(sa.stacks, sa.next))
	for i := range sa.stacks {
		s := sa.stacks[(start+i)%len(sa.stacks)]
		if !l.saStackUsed(s) {
			s.gen++
			sa.next = s
			return s
		}
	}
	return nil
}

// SaEnable makes l the LWP on its virtual processor; it goes on in the first upcall. Errors: EINVAL without sa_register,
// EBUSY when that was done already, ENOMEM without a stack.
func (l *LWP) SaEnable() abi.Errno {
	sa := l.Proc.sa
	if sa == nil || l.savp == nil {
		return abi.EINVAL
	}
	if sa.enabled {
		return abi.EBUSY
	}
	if err := l.saPost(&saUpcall{typ: SaNewproc, self: true}); err != abi.OK {
		return err
	}
	sa.enabled = true
	l.savp.lwp = l
	return abi.OK
}

// saOn reports whether l is one of the LWPs of a process with scheduler activations.
func (l *LWP) saOn() bool { return l.savp != nil && l.Proc.sa != nil && l.Proc.sa.enabled }

// saFirst reports whether l is who is on its virtual processor, and so is to be given signals.
func (l *LWP) saFirst() bool { return l.savp != nil && l.saOn() && l.savp.lwp == l }

// saPost queues an upcall for who is on l's virtual processor. Error: ENOMEM without a stack.
func (l *LWP) saPost(u *saUpcall) abi.Errno {
	if u.stack = l.saGetStack(); u.stack == nil {
		return abi.ENOMEM
	}
	l.savp.post(u)
	l.ast.Store(true)
	return abi.OK
}

func (vp *saVP) post(u *saUpcall) {
	vp.upcalls = append(vp.upcalls, u)
	vp.wake()
}

// wake has who is on the processor look for work.
func (vp *saVP) wake() {
	if vp.lwp != nil {
		vp.lwp.kick()
	}
	vp.idleq.WakeAll()
}

func (vp *saVP) work() bool { return len(vp.upcalls) > 0 || len(vp.woken) > 0 }

// SaSetconcurrency asks for n virtual processors, of which there are at most as many as CPUs, and returns how many more
// run. Error: EINVAL.
func (l *LWP) SaSetconcurrency(n int32) (int32, abi.Errno) {
	if !l.saOn() || n < 1 {
		return 0, abi.EINVAL
	}
	sa := l.Proc.sa
	more := int32(0)
	for len(sa.vps) < min(int(n), l.K.NCPU()) {
		vp := sa.newVP()
		t := l.saNewLWP(vp)
		if u := (&saUpcall{typ: SaNewproc, stack: l.saGetStack()}); u.stack != nil {
			vp.upcalls = append(vp.upcalls, u)
			vp.lwp = t
			t.Start()
			more++
			continue
		}
		t.Abandon()
		sa.vps = sa.vps[:len(sa.vps)-1]
		return more, abi.OK
	}
	for _, vp := range sa.vps {
		if vp.idle && !vp.work() && more < n {
			if s := l.saGetStack(); s != nil {
				vp.post(&saUpcall{typ: SaNewproc, stack: s})
				more++
			}
		}
	}
	return more, abi.OK
}

// saNewLWP makes an LWP for a virtual processor.
func (l *LWP) saNewLWP(vp *saVP) *LWP {
	l.SyncFP()
	t := newLWP(l.Proc)
	t.Ctx, t.Sigmask, t.Private, t.Sandbox = l.Ctx, l.Sigmask, l.Private, l.Sandbox
	t.inheritSched(l)
	t.FPChanged()
	t.Detached = true
	t.savp = vp
	t.ast.Store(true)
	return t
}

// SaYield waits until there is an upcall to make. Error: EINVAL.
func (l *LWP) SaYield() abi.Errno {
	if !l.saOn() {
		return abi.EINVAL
	}
	vp := l.savp
	if vp.lwp == l {
		l.saYielding, vp.idle = true, true
		for !vp.work() {
			if l.Sleep(&vp.idleq, "sawait", true, noDeadline) != abi.OK {
				break // a signal is work as well
			}
		}
		l.saYielding, vp.idle = false, false
	}
	l.ast.Store(true)
	return abi.EJUSTRETURN
}

// SaPreempt asks for an upcall (sa_preempt). Errors: EINVAL, ESRCH, ENOMEM.
func (l *LWP) SaPreempt(id int32) abi.Errno {
	switch {
	case !l.saOn() || id < 1:
		return abi.EINVAL
	case l.Proc.Lfind(id) == nil:
		return abi.ESRCH
	}
	return l.saPost(&saUpcall{typ: SaUser, self: true})
}

// saPreempted tells the library that l had to give its processor away, if it wants to hear of that.
func (l *LWP) saPreempted() {
	if l.saOn() && l.savp.lwp == l && l.Proc.sa.flags&SaFlagPreempt != 0 {
		_ = l.saPost(&saUpcall{typ: SaPreempted, self: true})
	}
}

// saSleep is called when l is about to sleep (sa_switch): if it is on its virtual processor, another LWP takes its place.
func (l *LWP) saSleep() {
	p := l.Proc
	if !l.saOn() || l.savp.lwp != l || l.saYielding || l.Suspended || p.Exiting != nil || p.Flags&(PFStopReq|PFStopped) != 0 {
		return
	}
	vp := l.savp
	stack := l.saGetStack()
	if stack == nil {
		return
	}
	t := l.saNewLWP(vp)
	vp.upcalls = append(vp.upcalls, &saUpcall{typ: SaBlocked, event: l.saCapture(), stack: stack})
	vp.lwp = t
	l.saBlocking = true
	l.ast.Store(true)
	t.Start()
}

// saSignal makes an upcall of a signal; false says that a handler is to be called.
func (l *LWP) saSignal(ksi *Ksiginfo) bool {
	if !l.saOn() {
		return false
	}
	arg := make([]byte, abi.SiginfoSize)
	ksi.Put(l.Model(), arg)
	stack := l.saGetStack()
	if stack == nil {
		return false
	}
	u := &saUpcall{typ: SaSignal, arg: arg, stack: stack}
	if l.savp.lwp == l {
		u.self, u.preempts = ksi.Code > 0, ksi.Code <= 0 // an exception is the thread's own
	}
	l.savp.post(u)
	l.ast.Store(true)
	return true
}

// saUserret is called on the way to user mode: who has lost its virtual processor is handed over, who is on it makes the
// upcalls.
func (l *LWP) saUserret() {
	if !l.saOn() {
		return
	}
	if l.savp.lwp != l {
		l.saHandOver()
	}
	vp := l.savp
	for vp.work() {
		if len(vp.upcalls) == 0 {
			stack := l.saGetStack()
			if stack == nil {
				return // SaStack comes back to it
			}
			t := vp.woken[0]
			vp.woken = vp.woken[1:]
			vp.upcalls = append(vp.upcalls, &saUpcall{typ: SaUnblocked, event: t.saTake(), preempts: true, stack: stack})
		}
		u := vp.upcalls[0]
		vp.upcalls = vp.upcalls[1:]
		l.saMakeUpcall(u)
	}
}

// saHandOver waits until l's state was told of in another's upcall, and ends l.
func (l *LWP) saHandOver() {
	l.saWoken = l.saCapture()
	l.savp.woken = append(l.savp.woken, l)
	l.savp.wake()
	for !l.saTaken && !l.mustLeave() {
		l.Sleep(&l.suspq, "sawoken", false, noDeadline)
	}
	l.Detached = true
	l.exitLWP()
}

// saTake takes the state of one that waits to be handed over.
func (l *LWP) saTake() *saState {
	l.saTaken = true
	l.suspq.WakeAll()
	return l.saWoken
}

// saRedZone is what compiled code may have stored below its stack pointer.
const saRedZone = 128

// saCapture is l's state, which is to be stored on its own stack.
func (l *LWP) saCapture() *saState {
	l.SyncFP()
	uc := l.Proc.sa.Port.Ucontext(l)
	sp := l.Ctx.R[l.Proc.Arch.SP] + l.Proc.Arch.StackBias
	sp -= saRedZone + uint64(len(uc))
	return &saState{sa: saT{Context: abi.Ptr(sp &^ 15), ID: l.ID, CPU: l.savp.id}, uc: uc}
}

// saMakeUpcall aims l at the library's function, with all that it is to be told on the upcall's stack (sa_makeupcalls).
// What cannot be stored ends the process.
func (l *LWP) saMakeUpcall(u *saUpcall) {
	m := l.Model()
	if u.self {
		u.event = l.saCapture()
	}
	if u.preempts {
		u.interrupted = l.saCapture()
	}
	var events []*saState
	if u.event != nil {
		events = append(events, u.event)
	}
	if u.typ == SaUnblocked {
		for _, t := range l.savp.woken {
			events = append(events, t.saTake())
		}
		l.savp.woken = nil
	}
	told := events
	if u.interrupted != nil {
		told = append(slices.Clip(told), u.interrupted)
	}
	ok := true
	put := func(b []byte, at uint64) { ok = ok && l.Copyout(b, at) == abi.OK }
	sas := make([]saT, 1, 4)
	for _, s := range told {
		put(s.uc, uint64(s.sa.Context))
		sas = append(sas, s.sa)
	}

	stack := (uint64(u.stack.Sp) + uint64(u.stack.Size)) &^ 15
	room := func(n int) uint64 {
		stack = (stack - uint64(n)) &^ 15
		return stack
	}
	own := make([]byte, len(l.Proc.sa.Port.Ucontext(l)))
	m.Marshal(own, &abi.UcontextHead{Flags: abi.UC_STACK, Stack: u.stack.StackT})
	at := room(len(own))
	put(own, at)
	sas[0] = saT{Context: abi.Ptr(at), ID: l.ID, CPU: l.savp.id}
	list := room(m.Sizeof(sas))
	put(m.Bytes(sas), list)
	ptrs := make([]abi.Ptr, len(sas))
	for i := range ptrs {
		ptrs[i] = abi.Ptr(list + uint64(i*m.Sizeof(&sas[0])))
	}
	sapp := room(m.Sizeof(ptrs))
	put(m.Bytes(ptrs), sapp)
	arg := uint64(0)
	if u.arg != nil {
		arg = room(len(u.arg))
		put(u.arg, arg)
	}
	ints := cmp.Compare(len(told), len(events))
	if !ok || l.Proc.sa.Port.Call(l, l.Proc.sa.Upcall, stack, [5]uint64{uint64(u.typ), sapp, uint64(len(events)), uint64(ints), arg}) != abi.OK {
		l.SigIll()
	}
}
