package execve

import (
	"slices"
	"sync"
	"sync/atomic"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Prio orders switch entries (es_prio).
type Prio int8

const (
	PrioAny Prio = iota
	PrioFirst
	PrioLast
)

// Format is a kind of executable: how its header is told and what is loaded from it. Formats are compared by
// identity.
type Format struct {
	Name    string
	HdrSize int // bytes at the start of the file that Makecmds wants to see (es_hdrsz)
	// Makecmds fills the package with what makes an address space of the file, or refuses it: ENOEXEC if it is
	// of another kind. It leaves nothing behind when it refuses (es_makecmds).
	Makecmds func(epp *Package) abi.Errno
}

// ElfProbe decides whether an ELF file that could run on this machine is meant for this emulation. interp is
// the name of the interpreter it asks for, or empty. It may set the package's flags and limits and find the
// interpreter itself; pos, if it is not NoAddr, is where the interpreter must be loaded.
type ElfProbe struct {
	Name string
	Func func(epp *Package, image *ElfHeader, ph []ElfPhdr, interp string) (pos uint64, err abi.Errno)
}

// ExecSwitch is one entry of the exec switch (struct execsw): a format, for one emulation on one machine.
type ExecSwitch struct {
	Name   string // for reports: "elf64 netbsd amd64"
	Format *Format
	Probe  *ElfProbe // nil: whatever the format accepts
	Emul   *kern.Emul
	Prio   Prio

	// ArgLen is the room between the environment pointers and the strings, in bytes; nil for none.
	ArgLen func(epp *Package) uint64
	// Copyargs lays out arguments, environment and what the format adds; nil is plain copyargs.
	Copyargs func(epp *Package, s *StackImage) abi.Errno
	// Setregs runs after the emulation's own, for what depends on the file.
	Setregs func(l *kern.LWP, epp *Package, stack uint64)
	// Page0 says that programs without a machine id have page 0, whatever vm.user_va0_disable says: they lie there.
	Page0 bool
	// SetupStack adds the stack's commands; nil is execSetupStack.
	SetupStack func(epp *Package) abi.Errno
}

// Switch is the exec switch of a machine with the emulations it knows, and the rules it applies. It may be changed
// while programs run.
type Switch struct {
	K  *kern.Kernel
	FS Files // where programs are

	Profile *Profile // nil is NetBSD10
	Pax     *Pax     // nil is the machine's

	// FDScripts: unreadable scripts are given to their interpreter as /dev/fd/N. SetuidScripts: set-id scripts
	// take effect, by the same way. Both are off in NetBSD's kernels unless configured.
	FDScripts, SetuidScripts bool

	// Verify may refuse a file before any format sees it (veriexec); indirect is set for interpreters of
	// scripts. Error: EPERM.
	Verify func(env Env, f File, path string, indirect bool) abi.Errno
	// Segvguard suspends programs that crash too often; nil is the machine's.
	Segvguard *Segvguard
	// Autoload is asked once per module generation to register what might run a file that nothing ran; names
	// are NetBSD's module names, most likely first.
	Autoload func(names []string)
	// InUse reports whether a process runs a program of this entry or emulation, so that it cannot go.
	InUse     func(*ExecSwitch) bool
	EmulInUse func(*kern.Emul) bool

	// Random, if set, gives the random bits of address space randomization in place of the kernel's.
	Random func() uint32
	// Fault, if set, is asked before each step of an exec by its name and may make it fail, for tests.
	Fault func(step string) abi.Errno
	// SDT are told of what exec does.
	SDT Probes
	// Hooks are called with each process that has just got a new program, before its registers are set
	// (exechook_establish, doexechooks).
	Hooks []func(p *kern.Proc)

	guard      *Segvguard // the machine's own
	sigObjects sigObjects

	mu      sync.Mutex // serializes changes (exec_lock)
	added   []*ExecSwitch
	emuls   []emulEntry
	current atomic.Pointer[[]*ExecSwitch] // in the order they are asked
	hdrSize atomic.Int32
	modgen  atomic.Uint32
}

type emulEntry struct {
	emul     *kern.Emul
	readOnly bool // built in, stays
}

// NewSwitch makes the exec switch of k, which finds it from then on. It is empty and follows the default profile.
func NewSwitch(k *kern.Kernel) *Switch {
	sw := &Switch{K: k, guard: NewSegvguard(&k.GuardConf, k.Timenow)}
	k.Exec = sw
	k.OnCrash = Crashed
	return sw
}

// Of returns the exec switch of k.
func Of(k *kern.Kernel) *Switch { return k.Exec.(*Switch) }

// Close gives back what the switch holds. No process may be left.
func (sw *Switch) Close() {
	sw.sigObjects.Lock()
	defer sw.sigObjects.Unlock()
	for e, o := range sw.sigObjects.m {
		mem.Release(o)
		delete(sw.sigObjects.m, e)
	}
}

// profile returns the rules in force.
func (sw *Switch) profile() *Profile {
	if sw.Profile == nil {
		return NetBSD10
	}
	return sw.Profile
}

func (sw *Switch) pax() *Pax {
	if sw.Pax == nil {
		return &sw.K.PaxConf
	}
	return sw.Pax
}

// Entries lists the entries in the order in which they are asked.
func (sw *Switch) Entries() []*ExecSwitch {
	p := sw.current.Load()
	if p == nil {
		return nil
	}
	return *p
}

// maxHdrSize is exec_maxhdrsz.
func (sw *Switch) maxHdrSize() int { return max(4, int(sw.hdrSize.Load())) }

// Add puts entries into the switch (exec_add). Error: EEXIST if one has format, probe and emulation of an
// entry that is there; none is added then.
func (sw *Switch) Add(entries ...*ExecSwitch) abi.Errno {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	for _, e := range entries {
		for _, o := range sw.added {
			if e.Format == o.Format && e.Probe == o.Probe && e.Emul == o.Emul {
				return abi.EEXIST
			}
		}
	}
	sw.added = append(sw.added, entries...)
	sw.init()
	return abi.OK
}

// Remove takes entries out of the switch (exec_remove). Error: EBUSY while a process uses one; all stay then.
// Entries that are not there are passed over.
func (sw *Switch) Remove(entries ...*ExecSwitch) abi.Errno {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	for _, e := range entries {
		if sw.InUse != nil && sw.InUse(e) {
			return abi.EBUSY
		}
	}
	sw.added = slices.DeleteFunc(sw.added, func(o *ExecSwitch) bool { return slices.Contains(entries, o) })
	sw.init()
	return abi.OK
}

// init rebuilds the order (exec_init): by priority, then as added. Running execs keep the order they have.
func (sw *Switch) init() {
	order := make([]*ExecSwitch, 0, len(sw.added))
	size := 0
	for _, prio := range []Prio{PrioFirst, PrioAny, PrioLast} {
		for _, e := range sw.added {
			if e.Prio == prio {
				order = append(order, e)
				size = max(size, e.Format.HdrSize)
			}
		}
	}
	sw.current.Store(&order)
	sw.hdrSize.Store(int32(size))
	sw.modgen.Add(1)
}

// EmulRegister makes an emulation known by its name (emul_register). Error: EEXIST.
func (sw *Switch) EmulRegister(e *kern.Emul, readOnly bool) abi.Errno {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	for _, o := range sw.emuls {
		if o.emul.Name == e.Name && o.emul.Arch == e.Arch {
			return abi.EEXIST
		}
	}
	sw.emuls = append(sw.emuls, emulEntry{e, readOnly})
	return abi.OK
}

// EmulSearch finds an emulation of an architecture; nil if there is none (emul_search).
func (sw *Switch) EmulSearch(name, arch string) *kern.Emul {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	if i := sw.findEmul(name, arch); i >= 0 {
		return sw.emuls[i].emul
	}
	return nil
}

func (sw *Switch) findEmul(name, arch string) int {
	return slices.IndexFunc(sw.emuls, func(o emulEntry) bool { return o.emul.Name == name && o.emul.Arch.Name == arch })
}

// EmulUnregister forgets an emulation (emul_unregister). Errors: ENOENT; EBUSY if it is built in, or a switch
// entry or a process uses it.
func (sw *Switch) EmulUnregister(name, arch string) abi.Errno {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	i := sw.findEmul(name, arch)
	if i < 0 {
		return abi.ENOENT
	}
	e := sw.emuls[i]
	if e.readOnly || slices.ContainsFunc(sw.added, func(o *ExecSwitch) bool { return o.Emul == e.emul }) {
		return abi.EBUSY
	}
	if sw.EmulInUse != nil && sw.EmulInUse(e.emul) {
		return abi.EBUSY
	}
	sw.emuls = slices.Delete(sw.emuls, i, i+1)
	return abi.OK
}

// Modules that exec_autoload tries: native ones while nothing is registered at all, otherwise everything that
// might know the file.
var (
	nativeModules = []string{"exec_elf32", "exec_elf64", "exec_script"}
	compatModules = []string{
		"exec_elf32", "exec_elf64", "exec_script", "exec_aout", "exec_coff", "exec_ecoff", "compat_aoutm68k",
		"compat_freebsd", "compat_ibcs2", "compat_irix", "compat_linux", "compat_linux32", "compat_netbsd32",
		"compat_sunos", "compat_sunos32", "compat_svr4", "compat_svr4_32", "compat_ultrix",
	}
)

// autoload asks for modules after an ENOEXEC (exec_autoload). gen is the generation the failed exec saw; the
// result reports whether another attempt makes sense.
func (sw *Switch) autoload(gen *uint32) bool {
	now := sw.modgen.Load() + 1 // 0 is what gen starts with
	if sw.Autoload == nil || *gen == now {
		return false
	}
	*gen = now
	names := compatModules
	if len(sw.Entries()) == 0 {
		names = nativeModules
	}
	sw.Autoload(names)
	return true
}
