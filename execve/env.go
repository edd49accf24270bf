package execve

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// Files is what exec needs of the file system; who makes a machine connects it.
type Files interface {
	// Namei looks an absolute path up, first below the root of emulation e, or of the running program if e is
	// nil. It follows links.
	Namei(l *kern.LWP, path string, e *kern.Emul) (File, abi.Errno)
	// Fexec gives the file of a descriptor and its absolute path. Errors: EBADF, EINVAL, ENOENT.
	Fexec(l *kern.LWP, fd int32) (File, string, abi.Errno)
	// Access checks permission for l's credentials; mode is of vexec and vread.
	Access(l *kern.LWP, f File, mode int) abi.Errno
	// Getcwd is the absolute path of the working directory.
	Getcwd(l *kern.LWP) (string, abi.Errno)
	// Open puts f on the lowest free descriptor, open for reading.
	Open(l *kern.LWP, f File) (int32, abi.Errno)
	// OpenNull puts /dev/null on the lowest free descriptor, open for reading and writing.
	OpenNull(l *kern.LWP) abi.Errno
	// EmulRoot opens the root of an emulation; nil if it has none.
	EmulRoot(l *kern.LWP, e *kern.Emul) kern.Dir
}

// random returns random bits for address space randomization.
func (sw *Switch) random() uint32 {
	if sw.Random != nil {
		return sw.Random()
	}
	var b [4]byte
	sw.K.Random(b[:])
	return binary.LittleEndian.Uint32(b[:])
}

// lwpEnv is the environment of a real process.
type lwpEnv struct{ l *kern.LWP }

func (e lwpEnv) Namei(path string, em *kern.Emul) (File, abi.Errno) {
	return Of(e.l.K).FS.Namei(e.l, path, em)
}
func (e lwpEnv) Fexec(fd int32) (File, string, abi.Errno) { return Of(e.l.K).FS.Fexec(e.l, fd) }
func (e lwpEnv) Access(f File, mode int) abi.Errno        { return Of(e.l.K).FS.Access(e.l, f, mode) }
func (e lwpEnv) Cwd() (string, abi.Errno)                 { return Of(e.l.K).FS.Getcwd(e.l) }
func (e lwpEnv) Cred() *kern.Cred                         { return e.l.Proc.Cred }
func (e lwpEnv) Pax() uint32                              { return e.l.Proc.Pax }
func (e lwpEnv) AdoptMachine(a *cpu.Arch)                 { e.l.Proc.AdoptMachine(a) }
func (e lwpEnv) Rlimit(which int) uint64                  { return e.l.Proc.Limits[which].Cur }
func (e lwpEnv) FdAlloc(f File) (int32, abi.Errno)        { return Of(e.l.K).FS.Open(e.l, f) }
func (e lwpEnv) FdClose(fd int32)                         { _ = e.l.Proc.Fd.Close(e.l, fd) }
func (e lwpEnv) Random() uint32                           { return Of(e.l.K).random() }
