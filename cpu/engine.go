// Package cpu is the emulated processor: it runs one thread's registers over one page table until a trap.
// It knows no operating system. With mem/ it is the only package that uses unsafe, and the only one with cgo.
//
// It is a part of nbemu and not for other modules: those import package machine.
package cpu

/*
#cgo CFLAGS: -I${SRCDIR}/engine
#include <stddef.h>
#include "nb.h"
enum { offsetof_fp = offsetof(struct nb_cpu, fp) };
static struct nb_engine *engine_open(const struct nb_ops *o, int mode, uintptr_t ram, uint64_t n, uintptr_t flags, uintptr_t code, uintptr_t log) {
	struct nb_memory m = { (void *)ram, n, (const uint8_t *)flags, (uint16_t *)code, (struct nb_log *)log };
	return o->open(mode, &m);
}
static void engine_close(const struct nb_ops *o, struct nb_engine *e) { o->close(e); }
// Addresses as integers: nothing for cgo to look at on the way in.
static void engine_run(uintptr_t op, uintptr_t e, uintptr_t cp) {
	const struct nb_ops *o = (const struct nb_ops *)op;
	struct nb_cpu *c = (struct nb_cpu *)cp;
	// One by one, as Go has stored them: a load of two at once would wait until the stores have left the store buffer.
	*(const struct nb_ops *volatile *)&nb_running.o = o;
	nb_running.e = (struct nb_engine *)e;
	o->run(nb_running.e, c);
	nb_running.e = NULL;
	if (__builtin_expect(nb_running.hit != 0, 0)) {
		// A helper of the engine's got zeros in a page's place. What ended the run otherwise comes first.
		if (c->trap == NB_TRAP_STOP) {
			c->trap = NB_TRAP_BUS;
			c->addr = nb_running.hit - 1;
			c->access = 1;
			c->error = 1;
		}
		nb_running.hit = 0;
	}
}
static void engine_step(const struct nb_ops *o, struct nb_engine *e, struct nb_cpu *c) {
	nb_running.o = o;
	nb_running.e = e;
	o->step(e, c);
	nb_running.e = NULL;
	nb_running.hit = 0;
}
static void engine_fpload(const struct nb_ops *o, struct nb_engine *e, struct nb_cpu *c) { o->fpload(e, c); }
static void engine_fpsave(const struct nb_ops *o, struct nb_engine *e, struct nb_cpu *c) { o->fpsave(e, c); }
static void engine_setroot(const struct nb_ops *o, struct nb_engine *e, uintptr_t root, uintptr_t gen) {
	o->setroot(e, (void *)root, (const uint64_t *)gen);
}
static void engine_flushpage(const struct nb_ops *o, struct nb_engine *e, uint64_t gen, uint64_t va) {
	o->flushpage(e, gen, va);
}
static void engine_changed(const struct nb_ops *o, struct nb_engine *e) { o->changed(e); }
static int engine_forgot(const struct nb_ops *o, struct nb_engine *e, uint64_t gen) { return o->forgot(e, gen); }
static void engine_stop(const struct nb_ops *o, struct nb_engine *e) { o->stop(e); }
static const char *engine_check(const struct nb_ops *o, struct nb_engine *e) { return o->check(e); }
#cgo noescape engine_run
#cgo nocallback engine_run
#cgo noescape engine_step
#cgo nocallback engine_step
#cgo noescape engine_fpload
#cgo nocallback engine_fpload
#cgo noescape engine_fpsave
#cgo nocallback engine_fpsave
#cgo nocallback engine_setroot
#cgo nocallback engine_flushpage
#cgo nocallback engine_changed
#cgo nocallback engine_forgot
#cgo nocallback engine_stop
static const struct nb_ops *ops_x86(void) { return &nb_ops_x86; }
static const struct nb_ops *ops_arm(void) { return &nb_ops_arm; }
static const struct nb_ops *ops_mips(void) { return &nb_ops_mips; }
static const struct nb_ops *ops_mipsel(void) { return &nb_ops_mipsel; }
static const struct nb_ops *ops_mips64(void) { return &nb_ops_mips64; }
static const struct nb_ops *ops_mips64el(void) { return &nb_ops_mips64el; }
static const struct nb_ops *ops_sparc(void) { return &nb_ops_sparc; }
static const struct nb_ops *ops_sparc64(void) { return &nb_ops_sparc64; }
static const struct nb_ops *ops_riscv64(void) { return &nb_ops_riscv64; }
static const struct nb_ops *ops_ppc(void) { return &nb_ops_ppc; }
static const struct nb_ops *ops_m68k(void) { return &nb_ops_m68k; }
static const struct nb_ops *ops_aarch64(void) { return &nb_ops_aarch64; }
*/
import "C"

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"unsafe"

	"nbemu/mem"
)

type ops = C.struct_nb_ops

// Target is a kind of processor that there is an engine for: one of libunicorn's, with our shim.
type Target struct {
	Name string
	// Model is QEMU's name of the processor that it is, which its shim chooses (NB_MODEL; Unicorn's default on x86).
	Model string
	ops   func() *ops
}

// StepsSlots reports whether Step executes a branch and its delay slot as one.
func (t *Target) StepsSlots() bool { return strings.HasPrefix(t.Name, "mips") }

// The targets, by the names of their shims' nb_ops.
var (
	TargetX86      = &Target{"x86", "Haswell", x86Ops}
	TargetARM      = &Target{"arm", "max", armOps}
	TargetAARCH64  = &Target{"aarch64", "max", aarch64Ops}
	TargetMIPS     = &Target{"mips", "24Kf", mipsOps}
	TargetMIPSEL   = &Target{"mipsel", "24Kf", mipselOps}
	TargetMIPS64   = &Target{"mips64", "MIPS64R2-generic", mips64Ops}
	TargetMIPS64EL = &Target{"mips64el", "MIPS64R2-generic", mips64elOps}
	TargetSPARC    = &Target{"sparc", "TI-SuperSparc-II", sparcOps}
	TargetSPARC64  = &Target{"sparc64", "Sun-UltraSparc-IIIi", sparc64Ops}
	TargetRISCV64  = &Target{"riscv64", "sifive-u54", riscv64Ops}
	TargetPPC      = &Target{"ppc", "7457a_v1.2", ppcOps}
	TargetM68K     = &Target{"m68k", "m68040", m68kOps}
)

func x86Ops() *ops      { return C.ops_x86() }
func armOps() *ops      { return C.ops_arm() }
func aarch64Ops() *ops  { return C.ops_aarch64() }
func mipsOps() *ops     { return C.ops_mips() }
func mipselOps() *ops   { return C.ops_mipsel() }
func mips64Ops() *ops   { return C.ops_mips64() }
func mips64elOps() *ops { return C.ops_mips64el() }
func sparcOps() *ops    { return C.ops_sparc() }
func sparc64Ops() *ops  { return C.ops_sparc64() }
func riscv64Ops() *ops  { return C.ops_riscv64() }
func ppcOps() *ops      { return C.ops_ppc() }
func m68kOps() *ops     { return C.ops_m68k() }

// VectorAlign is Context.Vector for a misaligned access, on every architecture; Addr and Access tell which.
const VectorAlign = C.NB_VEC_ALIGN

// Trap says what ended a run.
type Trap uint32

const (
	TrapStop      Trap = iota // Stop was called, or nothing in particular
	TrapSyscall               // a system-call instruction; the pc is after it
	TrapFault                 // page fault at Addr, for Access
	TrapException             // processor exception Vector with code Error; the pc is as the processor saves it
	TrapStep                  // Step executed one instruction
	TrapBus                   // a file's page at Addr is gone on the host; Addr is physical if Error is 1
	TrapBroken                // the processor cannot go on with this thread; Failure of its engine says why
)

// Context is one thread's machine state, and the report of its last trap. Its layout is struct nb_cpu.
type Context struct {
	R                     [64]uint64 // registers, by the numbers of the machine's package below arch/
	Trap                  Trap       // what ended the last run
	Vector, Error, Access uint32     // of the trap: processor exception, its code; mem.ProtRead, ProtWrite or ProtExec
	Addr                  uint64     // address of a fault
	user                  uint64     // not 0 while a run is under way; see InUser
	parallel              uint64     // not 0: see SetParallel
	Count                 Count      // what a run may execute, and did
	trace                 uint64     // see SetTrace
	room, traced          uint32
	FP                    [fpSize]byte // floating-point state, in the architecture's own save format

	// Extended is what follows FP in the image that XSAVE makes of a processor with more state than FXSAVE knows.
	// Only engines that have such a processor use it, and what lies in FP after the 512 bytes of FXSAVE.
	Extended [XSaveSize - fpSize]byte

	// Debug are the debug registers, on x86.
	Debug Debug
}

const (
	fpSize = 1280 // NB_FPSIZE

	// XSaveSize is how much of an XSAVE image a Context has room for: AVX-512, and protection keys.
	XSaveSize = 2816
)

// InUser reports whether the thread is executing instructions at the moment. Any goroutine may ask.
func (c *Context) InUser() bool { return atomic.LoadUint64(&c.user) != 0 }

// SetInUser is for engines of other packages: what InUser says.
func (c *Context) SetInUser(in bool) {
	v := uint64(0)
	if in {
		v = 1
	}
	atomic.StoreUint64(&c.user, v)
}

// SetParallel says whether other processors run with the same memory at the same time: atomic instructions are atomic,
// and loads and stores ordered, for all of them then. Only processors of machines that Parallel reports can.
func (c *Context) SetParallel(on bool) {
	c.parallel = 0
	if on {
		c.parallel = 1
	}
}

// XSave is the image that XSAVE makes: FP and what follows.
func (c *Context) XSave() *[XSaveSize]byte { return (*[XSaveSize]byte)(unsafe.Pointer(&c.FP)) }

// Count, if on, makes a run count the translated blocks that it executes, and end with TrapStop when Blocks of
// them have been. Where that is depends on nothing but the program and what was run before on the same
// processor. Instructions that read a clock or ask for random numbers then go by Clock and Seed.
type Count struct {
	On     uint64
	Blocks uint64 // how many may be executed; after the run, how many were not
	Clock  uint64 // nanoseconds at the start of the run; each block takes BlockTime
	Seed   uint64
}

// BlockTime is how long a block takes on the clock of a run that counts them, in nanoseconds.
const BlockTime = 10

func init() {
	if unsafe.Offsetof(Context{}.Extended) != C.sizeof_struct_nb_cpu || unsafe.Offsetof(Context{}.FP) != C.offsetof_fp {
		panic("cpu: Context and struct nb_cpu differ")
	}
}

// Engine is a processor. It is lent to one thread at a time; only Stop may be called by others.
type Engine interface {
	Arch() *Arch
	// Run executes c's thread over s until a trap, and leaves registers and the trap's report in c.
	Run(c *Context, s *mem.Space)
	// Step is Run for one instruction, on mips a branch with its delay slot, and ends with TrapStep when that is
	// all that happened. After TrapStop the instruction is still to be executed.
	Step(c *Context, s *mem.Space)
	// SaveFP and LoadFP move the floating-point state between the processor and c.FP.
	SaveFP(c *Context)
	LoadFP(c *Context)
	// FlushPage takes note of a change of s from generation gen to the next that concerned only va's page, so
	// that Run need not flush everything.
	FlushPage(s *mem.Space, gen, va uint64)
	// Stop ends the current run, or the next one if none is under way, soon and between instructions.
	Stop()
	// Close gives the processor back to the host. It is not used after that.
	Close()
}

// Source is where processors come from that are not the emulated ones of New.
type Source interface {
	// Runs returns nil if it has processors for programs of a, or else why not.
	Runs(a *Arch) error
	New(a *Arch) (Engine, error)
	// XState is the state that its processors have, on x86.
	XState() *XState
	// Parallel reports whether several of its processors can run with the same memory at the same time.
	Parallel() bool
}

// Chooser is implemented by sources that choose a kind of processor by what they know of a program, which is called when a
// space begins to run one.
type Chooser interface {
	Begin(s *mem.Space, program string)
}

// Failure is implemented by engines that report TrapBroken: what happened, for a person.
type Failure interface{ Failure() string }

// unicorn is an Engine on libunicorn.
type unicorn struct {
	arch  *Arch
	o     *ops
	e     *C.struct_nb_engine
	space *mem.Space
}

// New makes a processor of the given architecture. An error is a fault of the build or lack of memory.
func New(a *Arch) (Engine, error) {
	if a.Target == nil {
		return nil, fmt.Errorf("cpu: there is no engine for %s", a.Name)
	}
	base, size, flags := mem.Arena()
	code, log := mem.CodeFrames()
	o := a.Target.ops()
	e := &unicorn{arch: a, o: o}
	e.e = C.engine_open(o, C.int(a.Mode), C.uintptr_t(base), C.uint64_t(size), C.uintptr_t(flags),
		C.uintptr_t(code), C.uintptr_t(log))
	if e.e == nil {
		return nil, fmt.Errorf("cpu: cannot make a processor for %s (out of memory, or address space is limited)", a.Name)
	}
	if msg := C.engine_check(o, e.e); msg != nil {
		return nil, fmt.Errorf("cpu: the %s engine does not fit this build: %s; rebuild it with make engine", a.Name, C.GoString(msg))
	}
	return e, nil
}

func (e *unicorn) Arch() *Arch { return e.arch }

func (e *unicorn) Run(c *Context, s *mem.Space) {
	if c.Debug.Armed() && e.arch.Target == TargetX86 {
		RunDebug(c, s, e.arch, false, func() { e.step(c, s) })
		return
	}
	e.prepare(s)
	C.engine_run(C.uintptr_t(uintptr(unsafe.Pointer(e.o))), C.uintptr_t(uintptr(unsafe.Pointer(e.e))), C.uintptr_t(uintptr(unsafe.Pointer(c))))
	runtime.KeepAlive(c)
}

func (e *unicorn) Step(c *Context, s *mem.Space) {
	if c.Debug.Armed() && e.arch.Target == TargetX86 {
		RunDebug(c, s, e.arch, true, func() { e.step(c, s) })
		return
	}
	e.step(c, s)
}

func (e *unicorn) step(c *Context, s *mem.Space) {
	e.prepare(s)
	C.engine_step(e.o, e.e, (*C.struct_nb_cpu)(unsafe.Pointer(c)))
}

// prepare makes the engine see s. What of it has changed since its last run it finds out by itself.
func (e *unicorn) prepare(s *mem.Space) {
	if e.space != s {
		e.switchTo(s)
	}
}

func (e *unicorn) switchTo(s *mem.Space) {
	if e.space != nil {
		e.space.Detach(e)
	}
	e.space = s // for as long as C knows its generation
	s.Attach(e)
	C.engine_setroot(e.o, e.e, C.uintptr_t(s.Root()), C.uintptr_t(s.GenAddr()))
}

func (e *unicorn) FlushPage(s *mem.Space, gen, va uint64) {
	if e.space == s {
		C.engine_flushpage(e.o, e.e, C.uint64_t(gen), C.uint64_t(va))
	}
}

// Changed is mem.Processor's.
func (e *unicorn) Changed() { C.engine_changed(e.o, e.e) }

// Forgot is mem.Processor's.
func (e *unicorn) Forgot(gen uint64) bool { return C.engine_forgot(e.o, e.e, C.uint64_t(gen)) != 0 }

func (e *unicorn) SaveFP(c *Context) {
	C.engine_fpsave(e.o, e.e, (*C.struct_nb_cpu)(unsafe.Pointer(c)))
}

func (e *unicorn) LoadFP(c *Context) {
	C.engine_fpload(e.o, e.e, (*C.struct_nb_cpu)(unsafe.Pointer(c)))
}

// Close gives back what the processor has of the host's memory.
func (e *unicorn) Close() {
	if e.space != nil {
		e.space.Detach(e)
		e.space = nil
	}
	C.engine_close(e.o, e.e)
	e.e = nil
}

func (e *unicorn) Stop() { C.engine_stop(e.o, e.e) }
