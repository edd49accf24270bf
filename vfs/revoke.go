package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Revoke is revoke(2): whoever has the file open finds it dead from now on. Errors: EPERM for who does not own the
// file, EOPNOTSUPP for fifos and for devices other than the guest's terminals; those of the lookup.
func Revoke(l *kern.LWP, path string) abi.Errno {
	var st abi.Stat
	if err := Stat(l, abi.AT_FDCWD, path, true, &st); err != abi.OK {
		return err
	}
	if c := l.Proc.Cred; !c.IsRoot() && st.Uid != c.Euid {
		return abi.EPERM
	}
	switch t := st.Mode & abi.S_IFMT; t {
	case abi.S_IFREG, abi.S_IFDIR:
	case abi.S_IFCHR:
		if t := fsOf(l).ttys[st.Rdev]; t != nil && t.ours {
			t.revoke()
			return abi.OK
		}
		return abi.EOPNOTSUPP
	default:
		return abi.EOPNOTSUPP
	}
	key := keyOf(&st)
	for _, p := range l.K.Procs() {
		if p.Fd == nil {
			continue
		}
		for _, fd := range p.Fd.Fds() {
			f := p.Fd.Get(fd)
			if v := vnodeOf(f); v != nil && v.key == key {
				old := f.Ops
				f.Ops = deadFile{}
				_ = old.Close(l, f)
			}
		}
	}
	fsOf(l).changed(key, abi.NOTE_REVOKE)
	return abi.OK
}

// deadFile is what revoke leaves of an open file (miscfs/deadfs).
type deadFile struct{ kern.BadOps }

func (deadFile) Type() string                                          { return "vnode" }
func (deadFile) Read(*kern.LWP, *kern.File, *kern.Uio) abi.Errno       { return abi.EIO }
func (deadFile) Write(*kern.LWP, *kern.File, *kern.Uio) abi.Errno      { return abi.EIO }
func (deadFile) Stat(*kern.LWP, *kern.File, *abi.Stat) abi.Errno       { return abi.EBADF }
func (deadFile) Ioctl(*kern.LWP, *kern.File, uint32, []byte) abi.Errno { return abi.EBADF }
