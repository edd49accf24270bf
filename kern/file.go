package kern

import (
	"time"

	"nbemu/abi"
	"nbemu/mem"
)

// FileOps is what an open file can do (struct fileops). An implementation is one open object, so that it
// holds the object's state; f is the open file the call came through. Embed BadOps for what is not supported.
// All methods run with the kernel lock held.
type FileOps interface {
	// Type names the kind of object, as fstat(1) and ktrace do: "vnode", "pipe", "socket", "kqueue".
	Type() string

	// Read and Write move bytes between the object and u until u is empty, the object is, or sleeping would
	// be needed and f is non-blocking (EAGAIN). What was moved is in u.Resid; an error after some bytes is
	// turned into a short count by the caller where POSIX wants that.
	Read(l *LWP, f *File, u *Uio) abi.Errno
	Write(l *LWP, f *File, u *Uio) abi.Errno

	// Seek sets the file offset; whence is SEEK_SET, SEEK_CUR or SEEK_END. Errors: ESPIPE, EINVAL.
	Seek(l *LWP, f *File, off int64, whence int32) (int64, abi.Errno)

	// Ioctl does cmd on data, which holds the argument and takes the result; len(data) is the length that is
	// encoded in cmd. EPASSTHROUGH or ENOTTY for what is not known.
	Ioctl(l *LWP, f *File, cmd uint32, data []byte) abi.Errno

	// Fcntl is told of new flags (F_SETFL, after f.Flag changed) and of commands fcntl itself does not know.
	// EINVAL for these if the object does not know them either.
	Fcntl(l *LWP, f *File, cmd int32, arg uint64) (int64, abi.Errno)

	// Poll returns which of events are true now; if none is, it records in sr where to wait.
	Poll(l *LWP, f *File, events int16, sr *SelRecord) int16

	// Stat fills st. Error: those of the host.
	Stat(l *LWP, f *File, st *abi.Stat) abi.Errno

	// Close is called once, when the last reference to f is gone. l may be nil.
	Close(l *LWP, f *File) abi.Errno

	// Kqfilter attaches kn: it sets kn.Fop and puts kn on a Klist. Error: EINVAL for a filter that the object
	// does not have.
	Kqfilter(f *File, kn *Knote) abi.Errno

	// Mmap gives what a mapping shows; nil stands for zero-fill memory. The caller has checked access against
	// f.Flag. Error: ENODEV.
	Mmap(l *LWP, f *File) (mem.Backing, abi.Errno)

	// Restart wakes whoever sleeps in a call on f, because a descriptor of f was closed; they return ERESTART
	// and find out by themselves whether it was theirs.
	Restart(f *File)
}

// File is an open file (struct file, file_t): what descriptors, of one process or several, refer to.
type File struct {
	K      *Kernel // the machine's; never changes. The kernel lock guards all other members
	Ops    FileOps // the object (f_ops, f_data); changed by revoke and openpty alone
	Flag   int32   // FREAD, FWRITE and O_ flags (f_flag)
	Offset int64   // in bytes, of objects that keep it here (f_offset)
	Cred   *Cred   // who opened it (f_cred); nil for files that nbemu was given
	Serial uint64  // no other open file of the machine has it: what stands for its address in sysctl's lists
	Sel    Selinfo // who waits for it to become ready

	// Owner is who gets SIGIO and SIGURG: a process, or a group if negative (FIOSETOWN).
	Owner int32
	// OwnerLWP, if set, gets them in place of a process (Linux's F_OWNER_TID). AsyncSig is sent instead of SIGIO, 0 for
	// SIGIO (F_SETSIG).
	OwnerLWP *LWP
	AsyncSig abi.Signal

	// OnClose runs when a descriptor of the file is closed by a process, for the record locks of that process.
	OnClose func(p *Proc, f *File)

	// Created: the file came to be when it was opened; kept for Linux' programs.
	Created bool

	// Lacks are rights that it was opened without, because of a Sandbox. Node is its name if it only names a file of one of
	// the machine's own file systems.
	Lacks Rights
	Node  string

	// OnEnd, if set, runs at its end, for record locks that are its own.
	OnEnd func(f *File)

	watches  []*Watch
	count    int    // descriptors, and calls in progress (f_count)
	users    int    // calls in progress
	restarts uint32 // how often sleepers were made to leave because a descriptor was closed
}

// NewFile makes an open file with one reference, the caller's.
func NewFile(l *LWP, ops FileOps, flag int32) *File {
	return l.K.NewFile(l.Proc.Cred, ops, flag)
}

// NewFile is the package's NewFile for an open file that belongs to nobody's credentials, if cred is nil.
func (k *Kernel) NewFile(cred *Cred, ops FileOps, flag int32) *File {
	k.fileSerial++
	return &File{K: k, Ops: ops, Flag: flag, Cred: cred, Serial: k.fileSerial, count: 1}
}

// Ref takes a reference.
func (f *File) Ref() *File { f.count++; return f }

// Unref drops one; with the last one the object is closed, whose error is returned (closef).
func (f *File) Unref(l *LWP) abi.Errno {
	f.count--
	if f.count > 0 {
		return abi.OK
	}
	f.endWatches()
	if f.OnEnd != nil {
		f.OnEnd(f)
	}
	return f.Ops.Close(l, f)
}

// Use marks f as being in a call: it stays open, and closing a descriptor interrupts sleepers. End with Done.
func (f *File) Use() *File { f.count++; f.users++; return f }

// Done ends Use.
func (f *File) Done(l *LWP) { f.users--; f.Unref(l) }

// Nonblock reports whether calls must not sleep.
func (f *File) Nonblock() bool { return f.Flag&abi.O_NONBLOCK != 0 }

// Sleep waits on q, which is one of f's. Errors: EINTR or ERESTART for a signal, ERESTART when a descriptor
// of f was closed meanwhile, EWOULDBLOCK at deadline (zero: none). It may return early.
func (f *File) Sleep(l *LWP, q *SleepQ, wmesg string, deadline time.Time) abi.Errno {
	gen := f.restarts
	if err := l.Sleep(q, wmesg, true, deadline); err != abi.OK {
		return err
	}
	if f.restarts != gen {
		return abi.ERESTART
	}
	return abi.OK
}

// restart makes sleepers leave.
func (f *File) restart() {
	if f.users > 0 {
		f.restarts++
		f.Sel.Q.WakeAll()
		f.Ops.Restart(f)
	}
}

// Getfile returns the open file of descriptor fd, marked as in use: call Done. Error: EBADF, also for one that only
// names a file (Linux's O_PATH).
func (l *LWP) Getfile(fd int32) (*File, abi.Errno) {
	return l.GetfileFor(fd, abi.FREAD|abi.FWRITE)
}

// GetfileAny is Getfile for the calls that do with a descriptor that only names a file.
func (l *LWP) GetfileAny(fd int32) (*File, abi.Errno) {
	f := l.Proc.Fd.Get(fd)
	if f == nil {
		return nil, abi.EBADF
	}
	return f.Use(), abi.OK
}

// OnlyNames reports whether a file was opened for neither reading nor writing.
func (f *File) OnlyNames() bool { return f.Flag&(abi.FREAD|abi.FWRITE) == 0 }

// GetfileFor is Getfile for a file that must be open for mode: FREAD or FWRITE. Error: EBADF.
func (l *LWP) GetfileFor(fd int32, mode int32) (*File, abi.Errno) {
	f := l.Proc.Fd.Get(fd)
	if f == nil || f.Flag&mode == 0 {
		return nil, abi.EBADF
	}
	return f.Use(), abi.OK
}

// BadOps has the answer "not supported" for everything but Close (the fbadop functions).
type BadOps struct{}

func (BadOps) Read(*LWP, *File, *Uio) abi.Errno                  { return abi.EOPNOTSUPP }
func (BadOps) Write(*LWP, *File, *Uio) abi.Errno                 { return abi.EOPNOTSUPP }
func (BadOps) Seek(*LWP, *File, int64, int32) (int64, abi.Errno) { return 0, abi.ESPIPE }
func (BadOps) Ioctl(*LWP, *File, uint32, []byte) abi.Errno       { return abi.EPASSTHROUGH }
func (BadOps) Poll(*LWP, *File, int16, *SelRecord) int16         { return abi.POLLERR }
func (BadOps) Stat(*LWP, *File, *abi.Stat) abi.Errno             { return abi.EOPNOTSUPP }
func (BadOps) Close(*LWP, *File) abi.Errno                       { return abi.OK }
func (BadOps) Kqfilter(*File, *Knote) abi.Errno                  { return abi.EOPNOTSUPP }
func (BadOps) Mmap(*LWP, *File) (mem.Backing, abi.Errno)         { return nil, abi.ENODEV }
func (BadOps) Restart(*File)                                     {}
func (BadOps) Fcntl(_ *LWP, _ *File, cmd int32, _ uint64) (int64, abi.Errno) {
	if cmd == abi.F_SETFL {
		return 0, abi.OK
	}
	return 0, abi.EINVAL
}
