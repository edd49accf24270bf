package kvm

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"nbemu/cpu"
	"nbemu/mem"
)

// engine is cpu.Engine on a processor of the virtual machine.
type engine struct {
	m      *Machine
	arch   *cpu.Arch
	bits32 bool
	segs   *segTables // of programs of 32 bits
	v      *vcpu

	stop atomic.Uint32
	tid  atomic.Int32 // the host thread that is in the guest, or about to be; 0 else

	// What the processor has: tables whose value in cr3, translations as of which flush, segment bases.
	tables         *tables
	cr3, flushes   uint64
	epoch          uint64
	entering       tableState // what it will have when the program is reached
	space          *mem.Space
	gen            uint64        // of space, as the tables are
	inside         atomic.Uint64 // gen+1 while the processor is in the guest, or about to be, or on its way out; 0 else
	fsbase, gsbase uint64
	inUser         bool // it was left in the middle of the program, not by ring 0

	// i386: bases of the threads' segments, and the local table, that the segment registers were set for.
	fs32, gs32  uint32
	ldt, ldtGen uint64
	segsKnown   bool

	debug   cpu.Debug // what the processor's debug registers were set to
	bases   bool      // programs may change fs and gs base by themselves
	missing uint64    // the page that the last fault was about, 0 if it is no matter any more
	same    int       // faults in sequence that were about nothing
	area    *xsaveArea
	failure string
}

func newEngine(m *Machine, a *cpu.Arch) *engine {
	return &engine{m: m, arch: a, bits32: bits32(a), segs: segs(a)}
}

// bits32 tells i386 from amd64.
func bits32(a *cpu.Arch) bool { return a.Mode != 64 }

func (e *engine) Arch() *cpu.Arch { return e.arch }

// Failure is cpu.Failure's.
func (e *engine) Failure() string { return e.failure }

// Run is cpu.Engine's.
func (e *engine) Run(c *cpu.Context, s *mem.Space) {
	if c.Debug.Armed() && e.m.quirks.noDebug {
		cpu.RunDebug(c, s, e.arch, false, func() { e.step(c, s) })
		return
	}
	e.exec(c, s, false)
}

// Stop ends the current run or the next one.
func (e *engine) Stop() {
	e.stop.Store(1)
	e.kick()
}

// kick makes the processor leave the guest.
func (e *engine) kick() {
	e.leaveSoon(true)
	if tid := e.tid.Load(); tid != 0 {
		_ = unix.Tgkill(unix.Getpid(), int(tid), unix.SIGURG)
	}
}

// leaveSoon sets or clears KVM's request not to enter the guest at all.
func (e *engine) leaveSoon(yes bool) {
	// The byte after the first: the first is not used.
	v := uint32(0)
	if yes {
		v = 1 << 8
	}
	if x := e.v; x != nil {
		w := (*uint32)(unsafe.Pointer(x.run))
		atomic.StoreUint32(w, v)
	}
}

// exec runs c's program over s until a trap.
func (e *engine) exec(c *cpu.Context, s *mem.Space, trace bool) {
	c.Trap = cpu.TrapStop
	if e.stop.Swap(0) != 0 {
		return
	}
	pc := c.R[regRIP]
	if !e.bits32 && pc>>47 != 0 {
		c.Trap, c.Addr, c.Access = cpu.TrapFault, pc, mem.ProtExec
		return
	}
	// Stop wants to interrupt the thread that is in the guest.
	runtime.LockOSThread()
	e.tid.Store(int32(unix.Gettid()))
	c.SetInUser(true)
	for e.once(c, s, trace) {
	}
	c.SetInUser(false)
	e.tid.Store(0)
	runtime.UnlockOSThread()
}

// once goes to the program and back, and reports whether to do so again.
func (e *engine) once(c *cpu.Context, s *mem.Space, trace bool) bool {
	m := e.m
	m.running.RLock()
	defer m.running.RUnlock()
	if e.space != s {
		e.detach()
		e.space = s
		s.Attach(e)
	}
	bad, err := e.prepare(c, s, trace)
	if err == errTables {
		seen := m.epoch.Load()
		m.running.RUnlock()
		err = m.renew(seen)
		m.running.RLock()
		if err == nil {
			return true
		}
	}
	if err != nil {
		return e.broken(c, err.Error())
	}
	if bad != 0 {
		c.Trap, c.Vector, c.Error = cpu.TrapException, vecGP, uint32(bad&0xfffc)
		return false
	}
	// Whoever takes memory away from the space waits until no processor is inside that has not heard of it.
	e.inside.Store(e.gen + 1)
	e.leaveSoon(false)
	if stop := e.stop.Swap(0) != 0; stop || m.renewing.Load() != 0 || s.Gen() != e.gen {
		e.inside.Store(0)
		return !stop && m.renewing.Load() == 0
	}
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(e.v.fd), ioRun, 0)
		e.inside.Store(0)
		e.v.run.dirtyRegs = 0
		switch errno {
		case 0:
			return e.trapped(c, s, trace)
		case unix.EINTR:
		default:
			return e.refused(c, s, errno)
		}
		e.leaveSoon(false)
		e.inside.Store(e.gen + 1)
		if e.stop.Load() != 0 || m.renewing.Load() != 0 || s.Gen() != e.gen {
			e.inside.Store(0)
			if e.interrupted(c) {
				return false
			}
			// Ring 0 is about to leave by itself, and does not touch the program's memory before.
		}
	}
}

// prepare makes the processor's tables those of s as it is now, and sets it up to go to the program. bad is a selector that
// cannot be loaded, 0 if there is none.
func (e *engine) prepare(c *cpu.Context, s *mem.Space, trace bool) (bad uint16, err error) {
	if err := e.loadDebug(c); err != nil {
		return 0, err
	}
	t := e.m.tablesOf(s)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.update(s, e.missing); err != nil {
		return 0, err
	}
	e.missing = 0
	e.tables, e.gen = t, t.gen
	return e.enter(c, s, trace), nil
}

// Changed is mem.Processor's.
func (e *engine) Changed() {
	if e.inside.Load() != 0 {
		e.kick()
	}
}

// Forgot is mem.Processor's. A processor that is not in the guest brings itself up to date before it goes there.
func (e *engine) Forgot(gen uint64) bool {
	in := e.inside.Load()
	return in == 0 || in > gen
}

// detach forgets the space that the processor has run last.
func (e *engine) detach() {
	if e.space != nil {
		e.space.Detach(e)
		e.space = nil
	}
}

// enter sets the processor up to go to the program. It returns a selector that cannot be loaded, if there is one.
func (e *engine) enter(c *cpu.Context, s *mem.Space, trace bool) (bad uint16) {
	v, t := e.v, e.tables
	run := v.run
	r := &c.R
	g := &run.regs
	cs, ss := uint64(selUserCode64), uint64(selUserData64)
	sr := &run.sregs
	if e.bits32 {
		if bad := e.setSegments(c, s); bad != 0 {
			return bad
		}
		cs, ss = r[regCS]&0xffff, r[regSS]&0xffff
	} else if r[regFSBASE] != e.fsbase || r[regGSBASE] != e.gsbase {
		e.fsbase, e.gsbase = r[regFSBASE], r[regGSBASE]
		sr.fs.base, sr.gs.base = e.fsbase, e.gsbase
		run.dirtyRegs |= syncSregs
	}
	if e.inUser {
		sr.cs, sr.ss = kernCS(), kernSS()
		run.dirtyRegs |= syncSregs
	}
	e.entering = tableState{cr3: t.cr3(), epoch: t.epoch, flushes: t.flushes}
	if len(t.pending) != 0 {
		e.entering.updates = t.last()
	}
	if e.epoch != t.epoch {
		// The tables that the processor has are none any more, not even for ring 0.
		e.epoch, e.cr3 = t.epoch, t.cr3()
		run.dirtyRegs |= syncSregs
	}
	*g = regs{
		rax: r[regRAX], rbx: r[regRBX], rcx: r[regRCX], rdx: r[regRDX],
		rsi: r[regRSI], rdi: r[regRDI], rbp: r[regRBP],
		r8: r[regR8], r9: r[regR9], r10: r[regR10], r11: r[regR11],
		r12: r[regR12], r13: r[regR13], r14: r[regR14], r15: r[regR15],
		rip: kernBase + entIret, rsp: v.addr + cpuIret, rflags: 2,
	}
	flags := r[regRFLAGS]&flagsUser | flagsFixed
	if trace {
		flags |= flagTF
	}
	if c.Debug.Past == r[regRIP] && c.Debug.Armed() {
		flags |= flagRF
	}
	le := binary.LittleEndian
	f := v.pages[cpuIret-5*8:]
	put := func(i int, x uint64) { le.PutUint64(f[8*i:], x) }
	put(5, r[regRIP])
	put(6, cs)
	put(7, flags)
	put(8, r[regRSP])
	put(9, ss)
	switch {
	case len(t.pending) != 0:
		for i, u := range t.pending {
			le.PutUint64(v.pages[cpuList+16*i:], u.addr)
			le.PutUint64(v.pages[cpuList+16*i+8:], u.value)
		}
		put(0, g.rdi)
		put(1, g.rsi)
		put(2, g.rcx)
		put(3, t.cr3())
		put(4, g.rax)
		g.rsi, g.rcx = v.addr+cpuList, uint64(len(t.pending))
		g.rip, g.rsp = kernBase+entUpdate, v.addr+cpuIret-5*8
	case e.cr3 != t.cr3() || e.flushes != t.flushes:
		put(4, g.rax)
		g.rax = t.cr3()
		g.rip, g.rsp = kernBase+entFlush, v.addr+cpuIret-8
	}
	if run.dirtyRegs&syncSregs != 0 {
		sr.cr3 = e.cr3
	}
	run.dirtyRegs |= syncRegs
	run.validRegs = syncRegs
	if e.bases {
		run.validRegs |= syncSregs
	}
	return 0
}

// tableState is how far a processor's tables are. updates is 0 if there were none to carry out.
type tableState struct{ cr3, epoch, flushes, updates uint64 }

// entered notes that the program was reached, so that what ring 0 had to do on the way is done.
func (e *engine) entered() {
	t, x := e.tables, &e.entering
	e.cr3, e.flushes = x.cr3, x.flushes
	e.inUser = false
	if x.updates == 0 {
		return
	}
	t.mu.Lock()
	if t.epoch == x.epoch {
		t.done(x.updates)
	}
	t.mu.Unlock()
}

// broken ends the program, and gives the engine a fresh processor.
func (e *engine) broken(c *cpu.Context, why string) bool {
	e.failure = "kvm: " + why
	c.Trap = cpu.TrapBroken
	if err := e.reset(); err != nil {
		e.failure += fmt.Sprintf("; and then %v", err)
	}
	return false
}

// FlushPage is cpu.Engine's.
func (e *engine) FlushPage(s *mem.Space, gen, va uint64) {
	t := e.tables
	if t == nil || e.space != s {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gen != gen || t.epoch != e.m.epoch.Load() {
		return
	}
	if _, err := t.syncAt(s, va, 0); err == nil {
		t.gen = gen + 1
		e.missing = 0
	}
}
