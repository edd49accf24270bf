package kern

import (
	"cmp"
	"slices"
	"sync/atomic"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// A Debugger holds a process of the deterministic machine without the process, or anything else of the machine, taking
// notice: when it stops, the goroutine of the LWP that runs stands still, and with it the whole machine and its clock. An
// LWP is not stopped as by ptrace(2), which would let others run before it. Breakpoints, single steps and everything else
// that cuts translated blocks are taken out of the account, so that the run is the one that there would be without.

// Position is a moment of a process on the deterministic machine: before instruction Insn, counted from 0, of the Block-th
// translated block that the process begins. Event counts what the kernel has done for it that a debugger hears of:
// signals, and beginnings and ends of system calls. It alone tells stops within the kernel apart.
type Position struct {
	Block uint64
	Insn  uint32
	Event uint64
}

// Compare is cmp.Compare for positions of one run.
func (a Position) Compare(b Position) int {
	return cmp.Or(cmp.Compare(a.Event, b.Event), cmp.Compare(a.Block, b.Block), cmp.Compare(a.Insn, b.Insn))
}

// DebugWhy says what a Debugger has stopped for.
type DebugWhy uint8

const (
	DebugAsked  DebugWhy = iota // Interrupt, or the first instruction
	DebugStep                   // an LWP of Steps has executed an instruction
	DebugBreak                  // an LWP is about to execute an instruction that has a breakpoint
	DebugWatch                  // Watch has reported true
	DebugUntil                  // the machine has come to Until
	DebugSignal                 // a signal is about to be delivered, or to end the process
	DebugCall                   // a system call begins
	DebugReturn                 // and has ended
	DebugExec                   // the process has another program
	DebugExit                   // the process is about to end
	DebugIdle                   // a repeated run has nothing that could go on
	DebugAstray                 // a repeated run goes another way than it did at first
)

// DebugStop is what a Debugger has stopped for, and where.
type DebugStop struct {
	Why    DebugWhy
	LWP    *LWP
	At     Position
	Info   Ksiginfo // of DebugSignal
	Number int      // of a system call
	Status int32    // of DebugExit
	Err    error    // of DebugAstray
}

// Debugger's exported members are set while it has stopped.
type Debugger struct {
	k *Kernel
	P *Proc
	// Until is where to stop at the latest; with UntilEvent that is a stop within the kernel.
	Until      *Position
	UntilEvent bool
	// Steps are the LWPs that stop after an instruction.
	Steps map[int32]bool
	// Watch, if set, is asked after each instruction, or with WatchBlocks after each block.
	Watch       func() bool
	WatchBlocks bool
	// OnBreak, if set, is asked whether to stop at a breakpoint.
	OnBreak func(at Position, l *LWP) bool
	// Calls has it stop at system calls that it reports true for; Signals at signals. nil is none.
	Calls   func(num int) bool
	Signals func(sig abi.Signal) bool
	// Given is what becomes of the signal that it has stopped for: 0 drops it.
	Given abi.Signal
	// Ends has it stop before the process ends.
	Ends bool
	// Recent are the blocks that were executed last, if it is not nil.
	Recent *RecentBlocks
	// Log has what the process did outside of the machine: it is written, or followed if Repeats is set.
	Log     *Journal
	Repeats bool

	Stopped chan DebugStop
	goOn    chan struct{}
	asked   atomic.Bool
	over    atomic.Bool // it stops for nothing any more

	breaks  map[uint64]*debugBreak
	missing bool // not all breakpoints are in memory
	vfork   bool // a child has the memory: they are not to be

	begun      uint64 // blocks
	events     uint64
	left, done uint32 // instructions of the block that is under way, to come and executed
	where      uint64 // the pc that goes with left
	passed     Position
	moved      bool                  // an instruction was executed since the last stop
	stepped    map[int32]bool        // LWPs of Steps that have executed one
	next       int                   // call of Log that is next, if Repeats
	touching   map[*LWP]*[]mem.Touch // outside calls that are under way
	signals    int                   // decided
	idle       bool                  // stopped with nobody running
	ended      bool                  // DebugExit was told of
	blocks     cpu.Blocks
	at         *blockFinder
}

type debugBreak struct {
	insn, old []byte
	in        bool
}

// NewDebugger makes a debugger for p, the first process of a deterministic machine: it stops before the first
// instruction. Preconditions: kernel lock; p has not been started.
func (k *Kernel) NewDebugger(p *Proc) *Debugger {
	g := &Debugger{k: k, P: p, Stopped: make(chan DebugStop, 1), goOn: make(chan struct{}), breaks: map[uint64]*debugBreak{},
		touching: map[*LWP]*[]mem.Touch{}, Log: &Journal{}}
	g.asked.Store(true)
	g.at = &blockFinder{g: g}
	k.dbg = g
	k.ForkHooks = append(k.ForkHooks, g.forked)
	k.seeing()
	return g
}

// Pos is where the machine has stopped.
func (g *Debugger) Pos() Position {
	if g.left > 0 {
		return Position{g.begun, g.done, g.events}
	}
	return Position{g.begun + 1, 0, g.events}
}

// Resume lets the machine go on. The next stop comes through Stopped.
func (g *Debugger) Resume() {
	g.moved, g.stepped = false, map[int32]bool{}
	g.passed = g.Pos()
	g.asked.Store(false)
	g.unsettle()
	if g.idle {
		g.k.lock.Lock()
		g.idle = false
		if g.k.det.cur == nil {
			g.k.det.dispatch()
		}
		g.k.Unlock()
		return
	}
	g.goOn <- struct{}{}
}

// unsettle undoes what TraceSettle has done to the LWPs.
func (g *Debugger) unsettle() {
	g.k.lock.Lock()
	defer g.k.lock.Unlock()
	for _, l := range g.P.LWPs {
		l.unsettle()
	}
}

// Interrupt stops the machine soon. Any goroutine may call it.
func (g *Debugger) Interrupt() {
	g.asked.Store(true)
	g.k.lock.Lock()
	defer g.k.Unlock()
	if d := &g.k.det; d.cur == nil && len(d.runq) == 0 && !g.idle && !g.over.Load() {
		g.stopIdle(DebugAsked)
	}
}

// stopIdle stops with no LWP running. Preconditions: kernel lock.
func (g *Debugger) stopIdle(why DebugWhy) {
	if l := g.P.FirstLWP(); l != nil {
		g.idle = true
		g.Stopped <- DebugStop{Why: why, LWP: l, At: g.Pos()}
	}
}

// holdsIdle says that nobody is to be let run.
func (k *Kernel) holdsIdle() bool { return k.dbg != nil && k.dbg.idle }

// Release ends the debugging: the process goes on by itself. The machine has stopped.
func (g *Debugger) Release() {
	g.over.Store(true)
	for at := range g.breaks {
		g.ClearBreak(at)
	}
	g.Resume()
}

// stop holds the machine until Resume. locked says that the caller has the kernel lock. Preconditions: the LWP has the
// processor.
func (g *Debugger) stop(l *LWP, s DebugStop, locked bool) {
	if g.over.Load() {
		return
	}
	s.LWP, s.At = l, g.Pos()
	if l.slot != nil && l.slot.last == l {
		l.slot.eng.SaveFP(&l.Ctx)
	}
	if locked {
		g.k.lock.Unlock()
	}
	g.Stopped <- s
	<-g.goOn
	if locked {
		g.k.lock.Lock()
	}
	if l.slot != nil && l.fpStale {
		l.slot.eng.LoadFP(&l.Ctx)
		l.fpStale = false
	}
}

// debugs reports whether l is an LWP of a process that a debugger holds.
func (l *LWP) debugs() *Debugger {
	if g := l.K.dbg; g != nil && g.P == l.Proc && !g.over.Load() {
		return g
	}
	return nil
}

// run is a run of an LWP of the process: the one that det.before has the budget of, in as many pieces as it takes.
func (g *Debugger) run(l *LWP) {
	d := &g.k.det
	d.before(l)
	if g.vfork {
		g.vfork = slices.ContainsFunc(g.P.Children, func(c *Proc) bool { return !c.Zombie && c.VM == g.P.VM })
	}
	r := debugRun{g: g, l: l, budget: l.Ctx.Count.Blocks, clock: l.Ctx.Count.Clock}
	for !r.next() {
	}
	l.Ctx.SetTrace(nil, 0)
	l.Ctx.Count.On = 1
	l.Ctx.Count.Blocks = r.budget - r.begun
	d.after(l)
}

// debugRun is such a run.
type debugRun struct {
	g             *Debugger
	l             *LWP
	budget, clock uint64
	begun         uint64
}

// next executes a piece; over reports whether the run ends with it, by Ctx.Trap.
func (r *debugRun) next() (over bool) {
	g, l := r.g, r.l
	pc := l.Ctx.R[l.Proc.Arch.PC]
	if g.left > 0 && pc != g.where {
		g.left = 0 // somebody has changed the pc
	}
	if g.left == 0 && r.begun == r.budget {
		l.Ctx.Trap = cpu.TrapStop
		return true
	}
	if why, stop := g.wants(l, pc); stop {
		g.stop(l, DebugStop{Why: why}, false)
		if l.ast.Load() || l.mustLeave() || g.over.Load() {
			l.ast.Store(true)
			l.Ctx.Trap = cpu.TrapStop
			return true
		}
		return false
	}
	if g.missing && !g.vfork {
		g.plant()
	}
	if g.left == 0 && g.stepwise(pc) {
		g.left, g.done, g.where = g.at.insns(l, pc), 0, pc
		g.begun++
		r.begun++
		if g.Recent != nil {
			g.Recent.add(l.ID, cpu.Block{PC: pc, Insns: g.left}, g.begun, g.events)
		}
	}
	if g.left > 0 {
		return r.step(pc)
	}
	return r.blocks()
}

// wants reports whether to stop before the instruction at pc, and what for.
func (g *Debugger) wants(l *LWP, pc uint64) (DebugWhy, bool) {
	at := g.Pos()
	switch {
	case g.asked.Load():
		return DebugAsked, true
	case g.Watch != nil && g.moved && (g.left == 0 || !g.WatchBlocks) && g.Watch():
		return DebugWatch, true
	case g.Until != nil && !g.UntilEvent && at.Compare(*g.Until) >= 0:
		return DebugUntil, true
	case g.Until != nil && g.UntilEvent && at.Event > g.Until.Event:
		return DebugUntil, true // astray: the caller compares
	case g.stepped[l.ID]:
		return DebugStep, true
	}
	if g.breaks[pc] != nil && at != g.passed {
		if g.OnBreak == nil || g.OnBreak(at, l) {
			return DebugBreak, true
		}
		g.passed = at
	}
	return 0, false
}

// stepwise reports whether the block that begins at pc is to be executed by single steps.
func (g *Debugger) stepwise(pc uint64) bool {
	return len(g.Steps) != 0 || g.Watch != nil && !g.WatchBlocks || g.breaks[pc] != nil ||
		g.Until != nil && !g.UntilEvent && g.Until.Event == g.events && g.begun+1 >= g.Until.Block
}

// moves takes note of instructions that l has executed.
func (g *Debugger) moves(l *LWP) {
	g.moved = true
	if g.Steps[l.ID] {
		g.stepped[l.ID] = true
	}
}

// stepBlocks is enough for a step, which may be several instructions on the way: a branch and its delay slot.
const stepBlocks = 4

// step executes one instruction of the block that is under way.
func (r *debugRun) step(pc uint64) (over bool) {
	g, l := r.g, r.l
	b := g.breaks[pc]
	if b != nil {
		g.take(pc, b)
	}
	l.Ctx.SetTrace(&g.blocks, len(g.blocks))
	l.Ctx.Count.Blocks, l.Ctx.Count.Clock = stepBlocks, r.clock+(r.begun-1)*cpu.BlockTime
	l.stepOne()
	if b != nil {
		g.missing = true
	}
	switch l.Ctx.Trap {
	case cpu.TrapStop: // not executed
		return l.ast.Load()
	case cpu.TrapStep:
		now := l.Ctx.R[l.Proc.Arch.PC]
		n := uint32(1)
		if l.Proc.Arch.Target.StepsSlots() && now != pc+4 {
			n = g.left // a branch with its delay slot ends the block
		}
		g.left, g.done, g.where = g.left-min(n, g.left), g.done+n, now
		g.moves(l)
		return false
	}
	g.left = 0
	g.moves(l)
	return true
}

// blocks executes blocks until a trap, or as many as nobody wants to look at.
func (r *debugRun) blocks() (over bool) {
	g, l := r.g, r.l
	n := min(r.budget-r.begun, uint64(len(g.blocks)))
	if u := g.Until; u != nil && !g.UntilEvent && u.Event == g.events {
		n = min(n, u.Block-1-g.begun)
	}
	if g.Watch != nil {
		n = 1
	}
	l.Ctx.SetTrace(&g.blocks, int(n))
	l.Ctx.Count.Blocks, l.Ctx.Count.Clock = n, r.clock+r.begun*cpu.BlockTime
	l.slot.eng.Run(&l.Ctx, l.Proc.VM)
	did := n - l.Ctx.Count.Blocks
	r.begun += did
	if g.Recent != nil {
		for i, b := range g.blocks[:min(did, uint64(l.Ctx.Traced()))] {
			g.Recent.add(l.ID, b, g.begun+uint64(i)+1, g.events)
		}
	}
	g.begun += did
	if did > 0 {
		g.moves(l)
	}
	switch l.Ctx.Trap {
	case cpu.TrapStop:
		return did < n && l.ast.Load()
	case cpu.TrapException:
		return did == 0 || !g.trapped(l, g.blocks[did-1])
	}
	return true
}

// trapped reports whether the exception that ended a run, whose last block was b, is from a breakpoint. Then the pc is
// put there, and the block's rest is to be executed.
func (g *Debugger) trapped(l *LWP, b cpu.Block) bool {
	pc := &l.Ctx.R[l.Proc.Arch.PC]
	end := b.PC + uint64(b.Size)
	for at, k := range g.breaks {
		n := uint64(len(k.insn))
		if !k.in || *pc != at && *pc != at+n || at < b.PC || at >= end {
			continue
		}
		done := b.Insns - 1
		if at+n != end {
			done = uint32((at - b.PC) / 4) // the block goes on after a conditional trap: instructions of one size
		}
		*pc = at
		if npc := l.Proc.Arch.NPC; npc != 0 {
			l.Ctx.R[npc] = at + n
		}
		whole := max(g.at.insns(l, b.PC), done+1)
		g.left, g.done, g.where = whole-done, done, at
		if g.Recent != nil {
			g.Recent.last().Insns = whole
		}
		return true
	}
	return false
}

// SetBreak puts a breakpoint, the instruction insn, at an address; ClearBreak takes it away. Error: EFAULT. The machine
// has stopped.
func (g *Debugger) SetBreak(at uint64, insn []byte) abi.Errno {
	if g.breaks[at] != nil {
		return abi.OK
	}
	if g.P.VM == nil || !g.P.VM.Mapped(at&^uint64(mem.PageSize-1), mem.PageSize) {
		return abi.EFAULT
	}
	g.breaks[at] = &debugBreak{insn: insn}
	g.missing = true
	return abi.OK
}

func (g *Debugger) ClearBreak(at uint64) {
	if b := g.breaks[at]; b != nil {
		g.take(at, b)
		delete(g.breaks, at)
	}
}

// Breaks lists where breakpoints are, and the instructions.
func (g *Debugger) Breaks() map[uint64][]byte {
	all := map[uint64][]byte{}
	for at, b := range g.breaks {
		all[at] = b.insn
	}
	return all
}

// Show puts what breakpoints hide into b, which was read at addr.
func (g *Debugger) Show(b []byte, addr uint64) {
	for at, k := range g.breaks {
		if !k.in {
			continue
		}
		for i := range k.old {
			if off := at + uint64(i) - addr; off < uint64(len(b)) {
				b[off] = k.old[i]
			}
		}
	}
}

// plant puts breakpoints into memory, as far as the program has touched the page: who touched it first must not change.
func (g *Debugger) plant() {
	g.missing = false
	vm := g.P.VM
	for at, b := range g.breaks {
		if b.in {
			continue
		}
		_, there := vm.PhysicalPage(at)
		_, there2 := vm.PhysicalPage(at + uint64(len(b.insn)) - 1)
		b.old = make([]byte, len(b.insn))
		if !there || !there2 || vm.PokeRead(b.old, at) != abi.OK || vm.Poke(b.insn, at) != abi.OK {
			g.missing = true
			continue
		}
		b.in = true
	}
}

// take takes a breakpoint out of memory.
func (g *Debugger) take(at uint64, b *debugBreak) {
	if b.in && g.P.VM != nil {
		_ = g.P.VM.Poke(b.old, at)
	}
	b.in, g.missing = false, true
}

// forked gives a child memory without breakpoints: its own, or its parent's as long as it has that.
func (g *Debugger) forked(child, parent *Proc, shareVM bool) {
	if parent != g.P {
		return
	}
	for at, b := range g.breaks {
		switch {
		case !b.in:
		case shareVM:
			g.take(at, b)
		default:
			_ = child.VM.Poke(b.old, at)
		}
	}
	g.vfork = shareVM
}

// execed forgets breakpoints, which were in the memory of the program before.
func (g *Debugger) execed() {
	clear(g.breaks)
	g.left = 0
}

// Abandon lets the LWPs of a machine that is about to be closed find their end. The machine has stopped.
func (g *Debugger) Abandon() {
	g.k.lock.Lock()
	g.k.killAll()
	g.k.lock.Unlock()
	g.Release()
	g.at.close()
}
