package machine

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/cpu/accel"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/syscalls"
	"nbemu/vfs"
)

// Config describes a machine. The zero value is one that runs programs on the host's files, as the host's user.
type Config struct {
	// Root is a directory with a NetBSD system in it. Absolute paths are looked up below it first, then on the host
	// (qemu-user's -L). "" is none.
	Root string
	// Chroot is a directory that programs cannot leave. "" is none.
	Chroot string
	// Dir is the working directory that programs are started in, a path on the host; "" is the host process's. With
	// Chroot it becomes the root if it is not below that.
	Dir string
	// Mounts give parts of the host's files mount flags.
	Mounts []Mount
	// Binds are directories of the host that programs see at other places, as mount_null(8) shows them.
	Binds []Bind
	// Overlay is a directory that gets what programs change below Chroot, or below Root without it; those directories
	// are only read then. It is made if it is not there. OverlayNone is a directory that goes with the machine, "" is
	// none: changes are made where the files are.
	Overlay string
	// Metadata is a file that keeps owners, modes and devices where the host does not allow them to be kept; see the
	// flag -metadata. "" is none. With Overlay and Chroot it is read only, and the overlay's directory has the changes.
	Metadata string

	// Cred are the credentials of programs; nil is those of the host process. On the host everything is done with the
	// rights of the host process, whatever Cred says; on top of that come the rules of NetBSD's file systems for Cred.
	Cred *Cred
	// Limits are the resource limits of programs, by the names that sysctl has for them: "cputime", "filesize",
	// "datasize", "stacksize", "coredumpsize", "memoryuse", "memorylocked", "maxproc", "descriptors", "sbsize",
	// "vmemoryuse", "maxlwp". Others have NetBSD's defaults.
	Limits map[string]Limit

	// Machine is whose kernel this is: one of MachineNames. It runs what that port's GENERIC kernel runs and refuses the
	// rest, and sysctl(3) and limits are that port's. "" is AnyMachine.
	Machine string
	// Emulations are the kinds of programs that can be run, of "netbsd" and "linux"; nil is all.
	Emulations []string
	// Modules says what becomes of emulations: ModulesNone, ModulesBuiltin or ModulesAuto; "" is ModulesBuiltin.
	Modules string
	// Release chooses the release of NetBSD whose rules hold, one of Releases; "" is DefaultRelease.
	Release string
	// Osrelease is what uname(3) says of the release to NetBSD and Linux programs, at most 255 bytes; "" is Release's own,
	// or for Linux programs that of the kernel whose calls they have. It changes no rules.
	Osrelease string
	// Hostname is kern.hostname; "" is the host's.
	Hostname string
	// Memory is how many bytes of memory programs may have; 0 is as many as there are. Pages of files do not count. The
	// memory is the host process's: machines of one process have it together, and the last one's limit holds.
	Memory uint64
	// CPU is the processor that the first program must have, by QEMU's name (see CPUModels); "" is whatever its machine has.
	// "max" is the best one, "host" the host's own, with Accel "kvm".
	CPU string
	// CPUs is how many processors the machine has, at most 256; 0 is as many as the host.
	CPUs int
	// Parallel is when threads that share memory run at the same time, on several processors: "auto" (or ""), once they
	// have waited for each other for a while, "always", or "never", which is that they take turns. Those of m68k's programs
	// take turns in any case.
	Parallel string
	// Accel is what programs run on: "unicorn" (or "") emulates the processor, "kvm" uses the host's for programs of
	// its own machine, "auto" the one or the other, and "auto,say" tells in the log which and why; see docs/KVM.md.
	Accel string
	// Deterministic makes the machine do the same each time; nil lets it run as the host does.
	Deterministic *Deterministic

	// Pax turns on PaX features for programs that ask for them ("aslr", "mprotect", "segvguard"), or for all that do
	// not refuse ("aslr:global"). "default" is what the release has.
	Pax []string
	// Segvguard suspends programs that crash too often; the zero value is NetBSD's numbers, and off.
	Segvguard Segvguard
	// Veriexec is a file of fingerprints that programs are checked against, with StrictLevel 0 to 3. "" is none.
	Veriexec    string
	StrictLevel int

	// HostTerminal: the machine's first program is started from the host process's terminal, which becomes its
	// controlling terminal, and a shell of the host may watch its job. For commands; not for libraries.
	HostTerminal bool
	// OnStop, if set, is told when the whole first process group has stopped, by a terminal's ^Z for example.
	OnStop func()

	// Log gets the lines of the kernel's log; nil is the host's standard error, with "nbemu: " in front.
	Log func(line string)
	// Trace gets a line per system call, signal and exit, one at a time. nil is no trace.
	Trace func(TraceLine)
	// TraceOptions are strace's own, as far as they say what is traced and shown: "-e trace=%file -s 80 -y". Errors in
	// it are New's.
	TraceOptions string
	// TraceWaits has Trace told, with a TraceBegin, of calls that wait.
	TraceWaits bool
	// Ktrace gets the records of ktrace(2), in NetBSD's format, of everything that programs do: what "nbemu kdump" and
	// NetBSD's kdump(1) read. nil is none. Their layout is that of each program's machine, or of Machine's.
	Ktrace io.Writer
	// Profile has the processor time that programs use written down; nil does not.
	Profile *Profile
	// Coverage has the blocks that programs execute written down; nil does not. Neither it nor Instructions nor PerfMap
	// goes with Accel "kvm".
	Coverage *Coverage
	// Instructions has them written as text, as qemu-user's -d does; nil does not.
	Instructions *Instructions
	// Comparisons has what instructions compare told; nil does not. It goes with neither Coverage nor Instructions.
	Comparisons *Comparisons
	// PerfMap gets lines of perf's map files: which of the programs' functions the host's code is that runs them. JITDump
	// gets the same with the code, for "perf inject --jit". nil is none.
	PerfMap, JITDump io.Writer
	// Crash puts registers, instruction and mappings of a crashed program into the log.
	Crash bool
	// Hooks see, and may change, what programs do. Their members may be nil.
	Hooks Hooks
}

// Cred are a user's ids: real, effective and saved ones are the same at first. Groups are the supplementary groups, at
// most 16.
type Cred struct {
	UID, GID uint32
	Groups   []uint32
}

// OverlayNone is the Overlay whose changes are gone when the machine is closed.
const OverlayNone = vfs.OverlayNone

// Limit is a resource limit; Infinity is none.
type Limit struct{ Soft, Hard uint64 }

// Infinity is the limit that is none (RLIM_INFINITY).
const Infinity = abi.RLIM_INFINITY

// Bind shows a directory of the host at a path of the programs'.
type Bind struct {
	Host     string // a directory
	Guest    string // a path from the root; what is missing of it is made. "" is Host's own
	ReadOnly bool
}

// Mount gives everything below a directory of the host flags that its file system does not have there.
type Mount struct {
	Dir   string
	Flags []string // "noexec", "nosuid", "nocoredump"
}

// Deterministic is what a deterministic machine depends on, besides programs and their input.
type Deterministic struct {
	Seed  uint64    // of random numbers and of the lengths of time slices
	Epoch time.Time // when the clock starts
}

// Segvguard suspends a program that crashes MaxCrashes times within Expiry.
type Segvguard struct {
	MaxCrashes int
	Expiry     time.Duration
}

// ConfigError is an error of New: which member of Config cannot be had, and why.
type ConfigError struct {
	Member string // "Mounts"
	Err    error
}

func (e *ConfigError) Error() string { return e.Member + ": " + e.Err.Error() }
func (e *ConfigError) Unwrap() error { return e.Err }

func wrong(member, format string, a ...any) error {
	return &ConfigError{member, fmt.Errorf(format, a...)}
}

// HostCred returns the credentials of the host process.
func HostCred() Cred {
	c := vfs.HostCred()
	return Cred{UID: c.Euid, GID: c.Egid, Groups: c.Groups}
}

// maxGroups is NGROUPS_MAX.
const maxGroups = 16

func (c *Config) cred() (*kern.Cred, error) {
	if c.Cred == nil {
		return vfs.HostCred(), nil
	}
	if len(c.Cred.Groups) > maxGroups {
		return nil, wrong("Cred", "more than %d groups", maxGroups)
	}
	u, g := c.Cred.UID, c.Cred.GID
	return &kern.Cred{Ruid: u, Euid: u, Svuid: u, Rgid: g, Egid: g, Svgid: g, Groups: slices.Clone(c.Cred.Groups)}, nil
}

// limits returns Limits by number. Error: a name that is none, a soft limit above the hard one.
func (c *Config) limits() (map[int]abi.Rlimit, error) {
	out := map[int]abi.Rlimit{}
	for _, name := range slices.Sorted(maps.Keys(c.Limits)) {
		lim, n := c.Limits[name], kern.LimitByName(name)
		switch {
		case n < 0:
			return nil, wrong("Limits", "%q is no resource", name)
		case lim.Soft > lim.Hard:
			return nil, wrong("Limits", "%s: soft limit %d above hard limit %d", name, lim.Soft, lim.Hard)
		}
		out[n] = abi.Rlimit{Cur: lim.Soft, Max: lim.Hard}
	}
	return out, nil
}

// maxCPUs is NetBSD's MAXCPUS for amd64. Each processor in use is a thread of the host's, with an engine.
const maxCPUs = 256

// logLine writes a line to the kernel's log.
func (c *Config) logLine(line string) {
	if c.Log != nil {
		c.Log(line)
		return
	}
	fmt.Fprintln(os.Stderr, "nbemu: "+line)
}

// kernConfig is the part of the configuration that the kernel goes by, and what is to be said of it in the log.
func (c *Config) kernConfig() (kc kern.Config, note string, err error) {
	if err := c.checkCPU(); err != nil {
		return kc, note, err
	}
	if c.CPUs < 0 {
		return kc, note, wrong("CPUs", "%d processors", c.CPUs)
	}
	if c.CPUs > maxCPUs {
		return kc, note, wrong("CPUs", "%d: a machine has at most %d processors", c.CPUs, maxCPUs)
	}
	if c.Deterministic != nil && c.CPUs > 1 {
		return kc, note, wrong("CPUs", "%d: a deterministic machine has one processor", c.CPUs)
	}
	parallel, ok := parallels[c.Parallel]
	switch {
	case !ok:
		return kc, note, wrong("Parallel", "%q is not always, auto or never", c.Parallel)
	case c.Deterministic != nil && c.Parallel == "always":
		return kc, note, wrong("Parallel", "a deterministic machine has one processor")
	}
	src, note, err := accel.New(c.Accel, c.logLine)
	if err != nil {
		return kc, note, &ConfigError{"Accel", err}
	}
	if c.Deterministic != nil && src != nil {
		return kc, note, wrong("Accel", "a deterministic machine has emulated processors")
	}
	kc = kern.Config{Engines: src, Crash: c.Crash, NCPU: c.CPUs, Parallel: parallel, HostTerminal: c.HostTerminal, Hostname: c.Hostname, Log: c.Log}
	g, err := c.generic()
	if err != nil {
		return kc, note, err
	}
	if g != nil {
		kc.Native, kc.Machdep = g.port().Arch, g.port().Emul.Machdep
	}
	kc.StackGuard = execve.FindProfile(DefaultRelease).Guard
	if c.Release != "" {
		p := execve.FindProfile(c.Release)
		if p == nil {
			return kc, note, wrong("Release", "%s: not %s", c.Release, strings.Join(Releases(), ", "))
		}
		kc.StackGuard = p.Guard
		kc.Release, kc.Page0, kc.NLimits = p.Release, p.Page0, p.NLimits
		kc.SA, kc.OwnLIDs = p.SA, p.OwnLIDs
		kc.Missing = syscalls.Missing(p.Name, Releases())
	}
	if len(c.Osrelease) > 255 {
		return kc, note, wrong("Osrelease", "longer than 255 bytes")
	}
	kc.Osrelease = c.Osrelease
	return kc, note, nil
}

// DefaultRelease is the release that a machine is of if nothing else is said.
const DefaultRelease = "10"

// Releases lists what Config.Release can be, the newest first.
func Releases() []string {
	var names []string
	for _, p := range execve.Profiles {
		names = append(names, p.Name)
	}
	return names
}

// parallels are the values of Config.Parallel.
var parallels = map[string]kern.Parallel{"": kern.WhenCrowded, "never": kern.TakeTurns, "auto": kern.WhenCrowded, "always": kern.Always}
