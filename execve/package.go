// Package execve turns a file into a running program: the exec switch and its formats, exec packages with the
// commands that build an address space, the initial stack, credentials on exec, and execve(2) itself.
//
// It follows sys/kern/kern_exec.c, exec_elf.c, exec_script.c and exec_subr.c step by step and under the same
// names. Where releases differ, a Profile says which rules hold; the default is today's NetBSD.
//
// Nothing in here trusts a file: every number read from one is checked before use, and sizes it claims never
// decide how much memory of ours is taken.
//
// It is a part of nbemu and not for other modules: those import package machine.
package execve

import (
	"fmt"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
)

// File is an executable, interpreter or script as the exec path sees it: a vnode. A File is reference counted
// (mem.Backing); Namei hands out one reference.
type File interface {
	mem.Backing
	// Getattr gives type, mode, owner and size (VOP_GETATTR). Errors: those of the host's stat.
	Getattr() (Vattr, abi.Errno)
	// MountFlags are abi.MNT_NOEXEC, abi.MNT_NOSUID … of the file system.
	MountFlags() uint32
	// Path is the file's name for reports and maps; it need not be what the program was called by.
	Path() string
}

// Vattr is what exec asks of struct vattr. Mode includes the type (abi.S_IFMT).
type Vattr struct {
	Mode     uint32
	Uid, Gid uint32
	Size     int64
}

// Access modes of VOP_ACCESS.
const (
	vexec = 0o1
	vread = 0o4
)

// Env is what the formats ask of the process that execs. It is an interface so that the path up to the point
// of no return can run in tests and fuzzers without a process.
type Env interface {
	// Namei looks path up, following symbolic links, first below the root of emulation e; nil stands for that
	// of the program that runs now. path is absolute.
	Namei(path string, e *kern.Emul) (File, abi.Errno)
	// Fexec gives the file of descriptor fd and its absolute path. Errors: EBADF, EINVAL (no vnode), ENOENT.
	Fexec(fd int32) (File, string, abi.Errno)
	// Access checks permission for the process's effective credentials.
	Access(f File, mode int) abi.Errno
	// Cwd is the absolute path of the working directory.
	Cwd() (string, abi.Errno)
	// Cred gives the process's credentials.
	Cred() *kern.Cred
	// Pax gives the PaX flags of the program that runs now.
	Pax() uint32
	// AdoptMachine says that the program would be for a machine: a process without a program has that one's limits.
	AdoptMachine(a *cpu.Arch)
	// Rlimit is the soft limit abi.RLIMIT_….
	Rlimit(which int) uint64
	// FdAlloc opens f for reading on the lowest free descriptor, for scripts whose shell must not reopen them
	// by name. Error: EMFILE.
	FdAlloc(f File) (int32, abi.Errno)
	// FdClose closes a descriptor that FdAlloc opened.
	FdClose(fd int32)
	// Random gives 32 random bits, seeded as the user asked.
	Random() uint32
}

// Flags of an exec package (EXEC_*).
type Flags uint32

const (
	Indir     Flags = 1 << iota // a script was found already: its interpreter must not be another one
	HasFD                       // Fd is open on a script
	HasArgl                     // FakeArgs come before the arguments
	SkipArg                     // argv[0] is left out
	Destr                       // a script's interpreter failed: the package is spent, try no other format
	ForceAux                    // an auxiliary vector even without an interpreter
	TopdownVM                   // mappings are placed from the top down
)

// Package describes one program being loaded (struct exec_package).
type Package struct {
	Kname        string // as the caller named it
	ResolvedName string // absolute; of a script's interpreter in the end
	Xfd          int32  // fexecve: the descriptor, else -1

	Hdr    []byte // the file's first bytes, as many as any format needs and the file has
	VMCmds VMCmdSet
	Vp     File
	Attr   Vattr

	Taddr, Tsize       uint64 // text
	Daddr, Dsize       uint64 // data and bss
	MaxSaddr, MinSaddr uint64 // the stack's far end, and its start at the top
	Ssize              uint64 // accessible stack
	GuardSize          uint64 // below MaxSaddr
	Entry, EntryOffset uint64
	GP                 uint64 // of ECOFF: where small data are
	VMMin, VMMax       uint64
	PIEBase            uint64 // where position independent programs go, 0 for as low as possible; a probe may set it

	Flags    Flags
	FakeArgs []string
	Fd       int32

	Esch    *ExecSwitch
	EmulArg *ElfArgs // what the auxiliary vector is made from
	Interp  File     // an interpreter that a probe has found already

	PaxFlags    uint32
	OSVersion   uint32 // of the NetBSD note, 0 without
	MachineArch string // of the MARCH note

	Record Record

	env  Env
	sw   *Switch
	prof *Profile

	// How far the running format came with this file, and why it stopped; plain if describe can say it better.
	depth depth
	why   string
	plain mismatch
}

// ElfArgs are the addresses that go into the auxiliary vector (struct elf_args).
type ElfArgs struct {
	Phaddr, Phentsize, Phnum uint64
	Entry, Interp            uint64
}

// depth says how far a format came before it refused a file. Of several refusals the one that came furthest
// explains best what is wrong.
type depth uint8

const (
	depthNone   depth = iota // not this format at all
	depthFormat              // this format, but of another class, byte order or machine
	depthHeader              // the header is damaged
	depthProbe               // fine so far, but made for another system
	depthLoad                // the parts to be loaded are damaged
	depthInterp              // its interpreter is missing or does not work
)

// fail notes why the current format refuses the file, and returns error.
func (epp *Package) fail(err abi.Errno, d depth, format string, a ...any) abi.Errno {
	if d >= epp.depth {
		epp.depth, epp.why, epp.plain = d, fmt.Sprintf(format, a...), mismatch{}
	}
	return err
}

// mismatch is fail for the common reasons, at no cost: each exec meets a few entries that are not for it.
func (epp *Package) mismatch(err abi.Errno, m mismatch) abi.Errno {
	if m.depth >= epp.depth {
		epp.depth, epp.why, epp.plain = m.depth, m.why, m
	}
	return err
}

// Emul is the emulation of the switch entry that accepted the file.
func (epp *Package) Emul() *kern.Emul { return epp.Esch.Emul }

// model is the data model of the new program.
func (epp *Package) model() *abi.Model { return epp.Esch.Emul.Arch.Model }

// dropInterp gives back an interpreter that a probe found.
func (epp *Package) dropInterp() {
	if epp.Interp != nil {
		epp.Interp.Unref()
		epp.Interp = nil
	}
}

// Error is a failed exec with its explanation: one line that names the file and what is wrong with it.
type Error struct {
	Errno abi.Errno
	Text  string
}

func (e *Error) Error() string { return e.Text }

// Unwrap makes errors.Is(err, abi.ENOENT) work.
func (e *Error) Unwrap() error { return e.Errno }
