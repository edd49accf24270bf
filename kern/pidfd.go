package kern

import "nbemu/abi"

// pidfd is a descriptor that stands for a process, whatever becomes of its number (Linux's kernel/pid.c). It becomes
// readable when the process, or the one thread of it that it is for, has ended.
type pidfd struct {
	BadOps
	proc *Proc
	lwp  *LWP // of PIDFD_THREAD; nil for the process
}

// NewPidfd makes the open file of a descriptor for p, or for its thread t alone if that is not nil.
func NewPidfd(l *LWP, p *Proc, t *LWP, flag int32) *File {
	return NewFile(l, &pidfd{proc: p, lwp: t}, abi.FREAD|abi.FWRITE|flag&abi.O_NONBLOCK)
}

// ended reports whether what the descriptor is for has ended.
func (o *pidfd) ended() bool { return o.proc.Zombie || o.lwp != nil && o.lwp.zombie }

// PidfdProc is the process that a descriptor stands for, which may have ended; nil for other files.
func PidfdProc(f *File) *Proc {
	if o, ok := f.Ops.(*pidfd); ok {
		return o.proc
	}
	return nil
}

// PidfdThread is the thread that a descriptor stands for, nil if it stands for a process.
func PidfdThread(f *File) *LWP {
	if o, ok := f.Ops.(*pidfd); ok {
		return o.lwp
	}
	return nil
}

func (*pidfd) Type() string { return "pidfd" }

func (*pidfd) Read(*LWP, *File, *Uio) abi.Errno  { return abi.EINVAL }
func (*pidfd) Write(*LWP, *File, *Uio) abi.Errno { return abi.EINVAL }

func (o *pidfd) Poll(_ *LWP, _ *File, events int16, sr *SelRecord) (r int16) {
	if o.ended() {
		r = events & (abi.POLLIN | abi.POLLRDNORM)
	}
	if o.proc.Reaped() {
		r |= abi.POLLHUP
	}
	if r == 0 {
		sr.Record(&o.proc.endSel)
	}
	return r
}

func (o *pidfd) Kqfilter(_ *File, kn *Knote) abi.Errno {
	if kn.Kev.Filter != abi.EVFILT_READ {
		return abi.EINVAL
	}
	kn.Attach(&o.proc.endSel.Klist, func(*Knote, int64) bool { return o.ended() })
	return abi.OK
}

func (o *pidfd) Stat(_ *LWP, f *File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: 0600, Nlink: 1, Blksize: 4096}
	if f.Cred != nil {
		st.Uid, st.Gid = f.Cred.Euid, f.Cred.Egid
	}
	return abi.OK
}
