package kern

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// Snapshot is what a machine at rest was: its processes with their memory, registers, signals, descriptors and offsets,
// and on a deterministic machine the clock and the random numbers to come. What lies outside, the contents of the host's
// files above all, is not in it. The members of Proc and LWP that are saved are listed here once; a test looks for
// others.
type Snapshot struct {
	k     *Kernel
	procs []*procState
	files []fileState
	fds   map[*FileDesc]fdState
	cwds  map[*Cwdinfo]Cwdinfo
	acts  map[*Sigacts]Sigacts
	space map[*mem.Space]*mem.Snapshot
	pgrps map[*Pgrp]Pgrp
	sess  map[*Session]Session
	more  []func() // what other objects have given to undo changes

	nextPID  int32
	reserved map[int32]bool
	first    *Proc
	started  int
	pipes    uint64
	serial   uint64 // Kernel.fileSerial
	det      detState
}

// Saver is an object that can go back to what it is now.
type Saver interface {
	// Save returns what brings the object back to this moment; nil for nothing to do. Error: it cannot.
	Save() (restore func(), err error)
}

// EmulSaver is data of an emulation's, about a process or a thread, that a snapshot can have.
type EmulSaver interface {
	// Copy returns data that later changes of the original do not touch. Error: some of it lies elsewhere.
	Copy() (any, error)
}

// fileState is an open file.
type fileState struct {
	f       *File
	flag    int32
	offset  int64
	owner   int32
	restore func()
}

// fdState is a table of descriptors.
type fdState struct {
	ents []fdent
	refs int
}

// procState is a process. Members have the names that they have in Proc.
type procState struct {
	p         *Proc
	PPtr      *Proc
	by        *LWP
	joined    uint64
	nextTimer int32
	Flags     uint32
	VM        *mem.Space
	Arch      *cpu.Arch
	oldModel  *abi.Model
	Emul      *Emul
	Cred      *Cred
	Fd        *FileDesc
	Cwdi      *Cwdinfo
	Limits    *Limits
	preset    map[int]abi.Rlimit
	Pgrp      *Pgrp
	LWPs      []*lwpState
	nextLID   int32
	Children  []*Proc

	Comm, TextPath, corename, KilledBy string
	ArgStrings                         []string
	PsStrings, SigcodeVA, aslrMmap     uint64
	Execsw, TextVnode, EmulData        any
	MDFlags, Pax                       uint32
	Sigacts                            *Sigacts
	Sigctx                             Sigctx
	Sigpend                            sigpend
	StopSig, exitsig                   abi.Signal
	Xstat                              int
	Zombie, Subreaper, NoNewPrivs      bool
	started                            time.Time
	Acflag                             uint8
	lwpctl                             lwpctl
	ru, cru                            Rusage
	cputime                            int64
	Nice                               int
	ras                                []ras
}

// lwpState is a thread.
type lwpState struct {
	l          *LWP
	Name       string
	Ctx        cpu.Context
	LastFault  uint64
	Sigmask    abi.Sigset
	Sigpend    sigpend
	Sigstk     abi.StackT
	sigrestore bool
	oldmask    abi.Sigset
	EmulData   any
	Sandbox    Sandbox

	Ctxlink, Private, LwpctlVA, RobustHead uint64
	pctr                                   int32
	Detached, zombie, unpark, cancelled    bool
	TellResume                             bool
	stops                                  int

	rank       int
	quantum    time.Duration
	affinity   *CPUMask
	psid       int32
	cputime    int64
	schedParam SchedParam
	Args       Args
	SysNum     int
	calls      [lastCalls]lastCall
	ncalls     int
	counted    map[int]int
}

// detState is a deterministic machine's clock and dice.
type detState struct {
	now    int64
	left   time.Duration
	order  uint64
	slices rand.PCG
	guest  rand.PCG
	halted bool
	looked time.Duration
}

// Snapshot remembers the machine, which is at rest. Drop gives up what it holds. Errors say what there is that could not
// be brought back. Preconditions: kernel lock.
func (k *Kernel) Snapshot() (*Snapshot, error) {
	if !k.Resting() {
		return nil, fmt.Errorf("the machine is running")
	}
	s := &Snapshot{k: k, fds: map[*FileDesc]fdState{}, cwds: map[*Cwdinfo]Cwdinfo{}, acts: map[*Sigacts]Sigacts{},
		space: map[*mem.Space]*mem.Snapshot{}, pgrps: map[*Pgrp]Pgrp{}, sess: map[*Session]Session{},
		nextPID: k.nextPID, reserved: maps.Clone(k.reservedIDs), first: k.First, started: k.started, pipes: k.pipeInode, serial: k.fileSerial}
	if err := s.take(); err != nil {
		s.Drop()
		return nil, err
	}
	return s, nil
}

func (s *Snapshot) take() error {
	k := s.k
	if len(k.ktrDescs) != 0 {
		return fmt.Errorf("ktrace is on")
	}
	for _, x := range []any{k.IPC} {
		if err := s.save(x); err != nil {
			return err
		}
	}
	for _, p := range k.AllProcs() {
		if err := s.addProc(p); err != nil {
			return fmt.Errorf("process %d (%s): %w", p.PID, p.Comm, err)
		}
	}
	for _, g := range k.pgrps {
		x := *g
		x.Members = slices.Clone(g.Members)
		s.pgrps[g] = x
		if g.Session.TTY != nil {
			return fmt.Errorf("session %d has a controlling terminal", g.Session.ID)
		}
		s.sess[g.Session] = *g.Session
	}
	return s.det.save(&k.det)
}

// save asks an object for what undoes later changes.
func (s *Snapshot) save(x any) error {
	o, ok := x.(Saver)
	if !ok {
		return nil
	}
	restore, err := o.Save()
	if restore != nil {
		s.more = append(s.more, restore)
	}
	return err
}

// filtered reports whether somebody looks at system calls of the process (seccomp).
func (p *Proc) filtered() bool {
	return slices.ContainsFunc(p.LWPs, func(l *LWP) bool { return l.SlowCalls })
}

// unsaved says what a process has that no snapshot can.
func (p *Proc) unsaved() error {
	switch {
	case p.sa != nil:
		return fmt.Errorf("it uses scheduler activations")
	case p.Flags&(PFTraced|PFSyscall) != 0 || p.leadTracee != nil || p.tracedLWPs != 0 || len(p.tracees) != 0:
		return fmt.Errorf("it is being traced")
	case p.filtered():
		return fmt.Errorf("its system calls are filtered")
	case p.Flags&(PFStopped|PFStopReq) != 0:
		return fmt.Errorf("it is stopped")
	case p.Flags&PFPpwait != 0:
		return fmt.Errorf("its parent waits for it in vfork")
	case p.Exiting != nil && !p.Zombie:
		return fmt.Errorf("it is about to end")
	case p.Aio != nil:
		return fmt.Errorf("it uses asynchronous I/O")
	case p.tracep != nil:
		return fmt.Errorf("ktrace is on")
	case p.prof.on:
		return fmt.Errorf("it is being profiled")
	case len(p.Klist.notes)+len(p.sigSel.Klist.notes)+len(p.endSel.Klist.notes) != 0:
		return fmt.Errorf("a kqueue watches it")
	case p.timers.armed():
		return fmt.Errorf("it has timers")
	}
	return nil
}

// armed reports whether there are timers.
func (t *itimers) armed() bool {
	for i := range t.it {
		if !t.it[i].expires.IsZero() {
			return true
		}
	}
	return len(t.posix) != 0 || len(t.cpu) != 0
}

func (s *Snapshot) addProc(p *Proc) error {
	if err := p.unsaved(); err != nil {
		return err
	}
	st := &procState{p: p, PPtr: p.PPtr, by: p.by, joined: p.joined, nextTimer: p.timers.next, Flags: p.Flags, Arch: p.Arch, oldModel: p.oldModel, Emul: p.Emul, Cred: p.Cred,
		Limits: p.Limits, preset: maps.Clone(p.preset), Pgrp: p.Pgrp, nextLID: p.nextLID, Children: slices.Clone(p.Children),
		Comm: p.Comm, TextPath: p.TextPath, corename: p.corename, KilledBy: p.KilledBy, ArgStrings: p.ArgStrings,
		PsStrings: p.PsStrings, SigcodeVA: p.SigcodeVA, aslrMmap: p.aslrMmap, Execsw: p.Execsw, MDFlags: p.MDFlags, Pax: p.Pax,
		Sigacts: p.Sigacts, Sigctx: p.Sigctx, Sigpend: p.Sigpend.copy(), StopSig: p.StopSig, exitsig: p.exitsig, Xstat: p.Xstat,
		Zombie: p.Zombie, Subreaper: p.Subreaper, NoNewPrivs: p.NoNewPrivs, started: p.started, Acflag: p.Acflag, lwpctl: lwpctl{slices.Clone(p.lwpctl.free)},
		ru: p.ru, cru: p.cru, cputime: p.cputime.ns.Load(), Nice: p.Nice, ras: slices.Clone(p.ras)}
	s.procs = append(s.procs, st)
	s.acts[p.Sigacts] = *p.Sigacts.Copy()
	var err error
	if st.EmulData, err = copyEmul(p.EmulData); err != nil {
		return err
	}
	if p.Zombie {
		return nil
	}
	for _, l := range p.LWPs {
		ls, err := l.save()
		if err != nil {
			return err
		}
		st.LWPs = append(st.LWPs, ls)
	}
	if err := s.addSpace(p.VM); err != nil {
		return err
	}
	st.VM = p.VM
	if v, ok := p.TextVnode.(mem.Backing); ok {
		v.Ref()
		st.TextVnode = v
	}
	if _, have := s.cwds[p.Cwdi]; !have {
		s.cwds[p.Cwdi] = *p.Cwdi.Copy()
	}
	st.Cwdi, st.Fd = p.Cwdi, p.Fd
	return s.addFiles(p.Fd)
}

// addSpace remembers memory, once for all who share it.
func (s *Snapshot) addSpace(vm *mem.Space) error {
	if vm == nil || s.space[vm] != nil {
		return nil
	}
	n, err := vm.Snapshot()
	if err != nil {
		return err
	}
	s.space[vm] = n
	return nil
}

// addFiles remembers a table and its open files.
func (s *Snapshot) addFiles(t *FileDesc) error {
	if _, have := s.fds[t]; have {
		return nil
	}
	x := fdState{refs: t.refs, ents: slices.Clone(t.ents)}
	s.fds[t] = x
	for fd := range x.ents {
		f := x.ents[fd].f
		if f == nil {
			continue
		}
		if len(x.ents[fd].knotes) != 0 {
			return fmt.Errorf("descriptor %d: a kqueue watches it", fd)
		}
		f.Ref()
		if err := s.addFile(f); err != nil {
			return fmt.Errorf("descriptor %d: %w", fd, err)
		}
	}
	return nil
}

func (s *Snapshot) addFile(f *File) error {
	if slices.ContainsFunc(s.files, func(x fileState) bool { return x.f == f }) {
		return nil
	}
	o, ok := f.Ops.(Saver)
	switch {
	case !ok:
		return fmt.Errorf("a %s cannot be brought back", f.Ops.Type())
	case f.OnEnd != nil:
		return fmt.Errorf("it has locks")
	case len(f.Sel.Klist.notes) != 0:
		return fmt.Errorf("a kqueue watches it")
	}
	restore, err := o.Save()
	if err != nil {
		return err
	}
	s.files = append(s.files, fileState{f: f, flag: f.Flag, offset: f.Offset, owner: f.Owner, restore: restore})
	return nil
}

func copyEmul(d any) (any, error) {
	if d == nil {
		return nil, nil
	}
	c, ok := d.(EmulSaver)
	if !ok {
		return nil, fmt.Errorf("its emulation keeps data that cannot be brought back")
	}
	return c.Copy()
}

func (s *sigpend) copy() sigpend { return sigpend{s.set, slices.Clone(s.queue)} }

func (l *LWP) save() (*lwpState, error) {
	switch {
	case l.Suspended:
		return nil, fmt.Errorf("LWP %d is suspended", l.ID)
	case l.Sstep || l.Singlestep || l.dbgSuspend || l.birth != 0 || l.tracee != nil:
		return nil, fmt.Errorf("LWP %d is being traced", l.ID)
	case l.first != nil:
		return nil, fmt.Errorf("LWP %d has not begun", l.ID)
	}
	s := &lwpState{l: l, Name: l.Name, Ctx: l.Ctx, LastFault: l.LastFault, Sigmask: l.Sigmask, Sigpend: l.Sigpend.copy(),
		Sigstk: l.Sigstk, sigrestore: l.sigrestore, oldmask: l.oldmask, Ctxlink: l.Ctxlink, Private: l.Private, Sandbox: l.Sandbox,
		LwpctlVA: l.LwpctlVA, TellResume: l.TellResume, RobustHead: l.RobustHead, pctr: l.pctr, Detached: l.Detached, zombie: l.zombie,
		unpark: l.unpark, cancelled: l.cancelled, stops: l.stops, rank: l.rank, quantum: l.quantum, affinity: l.affinity,
		psid: l.psid, cputime: l.cputime.ns.Load(), schedParam: l.schedParam, Args: l.Args, SysNum: l.SysNum,
		calls: l.calls, ncalls: l.ncalls, counted: maps.Clone(l.counted)}
	var err error
	s.EmulData, err = copyEmul(l.EmulData)
	return s, err
}

// Restore makes the machine what it was, and leaves it at rest. It is called by no LWP, without the kernel lock. Error:
// processes of now do not end, or a snapshot that was dropped.
func (s *Snapshot) Restore() error {
	k := s.k
	if s.space == nil {
		return fmt.Errorf("the snapshot was dropped")
	}
	k.lock.Lock()
	if k.closing {
		k.lock.Unlock()
		return fmt.Errorf("the machine is closed")
	}
	if !k.Resting() || !s.sameTasks() {
		k.rest.ending = true
		k.killAll()
		k.resume()
		k.Unlock()
		k.lwps.Wait()
		k.lock.Lock()
		k.rest.ending = false
	}
	s.put()
	k.rest.resting = true
	k.lock.Unlock()
	return nil
}

// sameTasks reports whether processes and threads are those of the snapshot.
func (s *Snapshot) sameTasks() bool {
	if len(s.k.allproc) != len(s.procs) {
		return false
	}
	for _, st := range s.procs {
		p := st.p
		if s.k.allproc[p.PID] != p || p.Zombie != st.Zombie || p.Exiting != nil || p.sa != nil || p.Aio != nil || p.Flags&PFTraced != 0 || len(p.tracees) != 0 || p.timers.armed() {
			return false
		}
		if !p.Zombie && !slices.EqualFunc(p.LWPs, st.LWPs, func(l *LWP, ls *lwpState) bool { return l == ls.l && l.zombie == ls.zombie }) {
			return false
		}
	}
	return true
}

// put stores everything back. Preconditions: kernel lock; no LWP runs.
func (s *Snapshot) put() {
	k := s.k
	clear(k.allproc)
	clear(k.pgrps)
	for t, x := range s.fds {
		t.restore(&x)
	}
	for i := range s.files {
		f := &s.files[i]
		f.f.Flag, f.f.Offset, f.f.Owner, f.f.users = f.flag, f.offset, f.owner, 0
		if f.restore != nil {
			f.restore()
		}
	}
	for c, x := range s.cwds {
		c.restore(&x)
	}
	for a, x := range s.acts {
		*a = x
	}
	for _, st := range s.procs {
		st.put()
		k.allproc[st.p.PID] = st.p
	}
	for _, n := range s.space {
		n.Restore()
	}
	for g, x := range s.pgrps {
		*g = x
		g.Members = slices.Clone(x.Members)
		k.pgrps[g.ID] = g
	}
	for se, x := range s.sess {
		*se = x
	}
	for _, f := range s.more {
		f()
	}
	k.nextPID, k.First, k.started, k.pipeInode, k.fileSerial = s.nextPID, s.first, s.started, s.pipes, s.serial
	clear(k.reservedIDs)
	maps.Copy(k.reservedIDs, s.reserved)
	clear(k.futexes)
	k.futexPI = 0
	s.det.put(&k.det)
}

// restore makes a table what it was. Files that it has now are closed.
func (t *FileDesc) restore(x *fdState) {
	for fd := range t.ents {
		e := &t.ents[fd]
		if e.f != nil && (fd >= len(x.ents) || x.ents[fd].f != e.f) {
			_ = t.Close(nil, int32(fd))
		}
	}
	for fd := range x.ents {
		switch was := &x.ents[fd]; {
		case was.f == nil:
		case t.Get(int32(fd)) == was.f:
			t.ents[fd].cloexec = was.cloexec
		default:
			t.set(fd, was.f.Ref(), was.cloexec)
		}
	}
	t.refs = x.refs
}

// restore makes the working directory and its kin what they were.
func (c *Cwdinfo) restore(x *Cwdinfo) {
	for _, d := range []struct{ at, was *Dir }{{&c.Cdir, &x.Cdir}, {&c.Rdir, &x.Rdir}, {&c.Edir, &x.Edir}} {
		if *d.at != *d.was {
			if *d.was != nil {
				(*d.was).Ref()
			}
			swapDir(d.at, *d.was)
		}
	}
	c.Umask, c.refs = x.Umask, x.refs
}

func (st *procState) put() {
	p := st.p
	if p.VM != st.VM {
		if p.VM != nil && !p.Zombie {
			p.VM.Unref()
		}
		if st.VM != nil {
			st.VM.Ref()
		}
	} else if p.Zombie && st.VM != nil {
		st.VM.Ref() // its end has given it up
	}
	if p.TextVnode != st.TextVnode {
		if v, ok := p.TextVnode.(mem.Backing); ok {
			v.Unref()
		}
		if v, ok := st.TextVnode.(mem.Backing); ok {
			v.Ref()
		}
	}
	p.by, p.joined = st.by, st.joined
	p.PPtr, p.Flags, p.VM, p.Arch, p.oldModel, p.Emul, p.Cred = st.PPtr, st.Flags, st.VM, st.Arch, st.oldModel, st.Emul, st.Cred
	if !st.Zombie {
		if p.Fd != st.Fd && !p.Zombie {
			p.Fd.Free(nil)
		}
		if p.Cwdi != st.Cwdi && !p.Zombie {
			p.Cwdi.Free()
		}
		p.Fd, p.Cwdi = st.Fd, st.Cwdi
	}
	p.Limits, p.preset, p.Pgrp, p.nextLID = st.Limits, maps.Clone(st.preset), st.Pgrp, st.nextLID
	p.Children = slices.Clone(st.Children)
	p.Comm, p.TextPath, p.corename, p.KilledBy, p.ArgStrings = st.Comm, st.TextPath, st.corename, st.KilledBy, st.ArgStrings
	p.PsStrings, p.SigcodeVA, p.aslrMmap = st.PsStrings, st.SigcodeVA, st.aslrMmap
	p.Execsw, p.TextVnode, p.MDFlags, p.Pax = st.Execsw, st.TextVnode, st.MDFlags, st.Pax
	p.EmulData, _ = copyEmul(st.EmulData)
	p.Sigacts, p.Sigctx, p.Sigpend, p.StopSig, p.exitsig = st.Sigacts, st.Sigctx, st.Sigpend.copy(), st.StopSig, st.exitsig
	p.Xstat, p.Zombie, p.Subreaper, p.NoNewPrivs, p.started, p.Acflag = st.Xstat, st.Zombie, st.Subreaper, st.NoNewPrivs, st.started, st.Acflag
	p.lwpctl, p.ru, p.cru, p.Nice, p.ras = lwpctl{slices.Clone(st.lwpctl.free)}, st.ru, st.cru, st.Nice, slices.Clone(st.ras)
	p.cputime.ns.Store(st.cputime)
	// What no snapshot has is not there.
	p.sa, p.Exiting, p.trace, p.Aio, p.timers, p.tracep, p.traceflag, p.prof = nil, nil, procTrace{}, nil, itimers{next: st.nextTimer}, nil, 0, uprof{}
	p.lwpq, p.lwpStopq, p.waitq, p.vforkq = SleepQ{}, SleepQ{}, SleepQ{}, SleepQ{}
	p.tracees, p.leadTracee, p.tracedLWPs, p.groupStatus, p.groupStops = nil, nil, 0, 0, 0
	p.IPC = nil
	p.sigSel, p.endSel, p.Klist = Selinfo{}, Selinfo{}, Klist{}
	if p.Exited != nil {
		select {
		case <-p.Exited:
		default:
		}
	}
	p.LWPs = p.LWPs[:0:0]
	for _, ls := range st.LWPs {
		ls.put()
		p.LWPs = append(p.LWPs, ls.l)
	}
}

func (s *lwpState) put() {
	l := s.l
	l.Name, l.Ctx, l.LastFault, l.Sigmask, l.Sigpend, l.Sigstk = s.Name, s.Ctx, s.LastFault, s.Sigmask, s.Sigpend.copy(), s.Sigstk
	l.sigrestore, l.oldmask, l.Ctxlink, l.Private, l.Sandbox = s.sigrestore, s.oldmask, s.Ctxlink, s.Private, s.Sandbox
	l.EmulData, _ = copyEmul(s.EmulData)
	l.TellResume = s.TellResume
	l.LwpctlVA, l.RobustHead, l.pctr, l.Detached, l.zombie = s.LwpctlVA, s.RobustHead, s.pctr, s.Detached, s.zombie
	l.unpark, l.cancelled, l.stops = s.unpark, s.cancelled, s.stops
	l.rank, l.quantum, l.affinity, l.psid, l.schedParam = s.rank, s.quantum, s.affinity, s.psid, s.schedParam
	l.cputime.ns.Store(s.cputime)
	l.Args, l.SysNum, l.calls, l.ncalls, l.counted = s.Args, s.SysNum, s.calls, s.ncalls, maps.Clone(s.counted)
	l.fpStale = true
	l.atRest = true
	// As no call is under way, this is how it is at rest.
	l.sigwait, l.sigwaited, l.model, l.traced, l.first, l.lwpSA = nil, nil, nil, nil, nil, lwpSA{}
	l.Suspended, l.stopped, l.resting, l.waitingFor, l.inLwpWait, l.waiter = false, false, false, 0, false, nil
	l.waitq, l.parkq, l.suspq = SleepQ{}, SleepQ{}, SleepQ{}
	l.Singlestep, l.Sstep, l.sysStep, l.dbgSuspend, l.settled, l.birth, l.traceSig = false, false, false, false, false, 0, nil
	l.tracee, l.Redo, l.traceIntr, l.Again, l.sleepUntil, l.Override, l.SlowCalls, l.ExitStatus = nil, 0, false, false, time.Time{}, 0, false, 0
	l.woken, l.sleepIn, l.sleeping, l.Wmesg, l.blocked, l.urgent = false, false, false, "", false, false
	l.stopCall = 0 // calls are counted from the snapshot's on
	l.profTick.Store(0)
	l.preempt.Store(false)
}

// Drop gives up what the snapshot holds: files and memory that only it has. Preconditions: kernel lock.
func (s *Snapshot) Drop() {
	for _, x := range s.fds {
		for _, e := range x.ents {
			if e.f != nil {
				e.f.Unref(nil)
			}
		}
	}
	for _, x := range s.cwds {
		x.refs = 1
		x.Free()
	}
	for _, n := range s.space {
		n.Drop()
	}
	for _, st := range s.procs {
		if v, ok := st.TextVnode.(mem.Backing); ok {
			v.Unref()
		}
	}
	s.fds, s.cwds, s.space, s.procs = nil, nil, nil, nil
}

// save remembers the clock. Error: timers.
func (x *detState) save(d *determ) error {
	if !d.on {
		return nil
	}
	if len(d.timers) != 0 {
		return fmt.Errorf("there are timers")
	}
	*x = detState{now: d.now.Load(), left: d.left, order: d.order, slices: *d.slicesPCG, guest: *d.guestPCG, halted: d.halted, looked: d.host.looked}
	return nil
}

func (x *detState) put(d *determ) {
	if !d.on {
		return
	}
	for _, t := range d.timers {
		t.index = -1
	}
	d.timers, d.runq, d.cur = nil, nil, nil
	d.now.Store(x.now)
	d.left, d.order, d.halted, d.host.looked = x.left, x.order, x.halted, x.looked
	*d.slicesPCG, *d.guestPCG = x.slices, x.guest
}
