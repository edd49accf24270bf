package machine

import (
	"fmt"

	"nbemu/abi"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/vfs"
)

// files connects exec to the file system.
type files struct{}

// execFile is a vnode as exec wants to see it. Its attributes are read once: one exec asks several times.
type execFile struct {
	*vfs.Vnode
	st   abi.Stat
	have bool
}

func (f *execFile) Path() string { return f.Vnode.Path }

func (f *execFile) stat() (*abi.Stat, abi.Errno) {
	if !f.have {
		if err := f.Vnode.Stat(&f.st); err != abi.OK {
			return nil, err
		}
		f.have = true
	}
	return &f.st, abi.OK
}

func (f *execFile) Getattr() (execve.Vattr, abi.Errno) {
	st, err := f.stat()
	if err != abi.OK {
		return execve.Vattr{}, err
	}
	return execve.Vattr{Mode: st.Mode, Uid: st.Uid, Gid: st.Gid, Size: st.Size}, abi.OK
}

func (files) Namei(l *kern.LWP, path string, e *kern.Emul) (execve.File, abi.Errno) {
	edir := emulRoot(l, e)
	f := &execFile{have: true}
	v, err := vfs.LookupStat(l, path, edir, &f.st)
	if edir != nil {
		edir.Unref()
	}
	if err != abi.OK {
		return nil, err
	}
	f.Vnode = v
	return f, abi.OK
}

func (files) Fexec(l *kern.LWP, fd int32) (execve.File, string, abi.Errno) {
	v, err := vfs.OpenFd(l, fd)
	if err != abi.OK {
		return nil, "", err
	}
	path := v.Path
	if path == "" {
		path = v.HostPath()
	}
	switch {
	case path != "":
	case l.Proc.Emul != nil && l.Proc.Emul.Inodes:
		path = fmt.Sprintf("/dev/fd/%d", fd) // Linux runs what has no name, too
	default:
		v.Unref()
		return nil, "", abi.ENOENT // exec_resolvename
	}
	return &execFile{Vnode: v}, path, abi.OK
}

func (files) Access(l *kern.LWP, f execve.File, mode int) abi.Errno {
	st, err := f.(*execFile).stat()
	if err != abi.OK {
		return err
	}
	if err = vfs.Access(l.Proc.Cred, st, int32(mode)); err != abi.OK {
		return err
	}
	// deny_write_access
	if e := l.Proc.Emul; e != nil && e.DenyWrite && mode&abi.X_OK != 0 && f.(*execFile).CanBeStoredTo() {
		return abi.ETXTBSY
	}
	return abi.OK
}

func (files) Getcwd(l *kern.LWP) (string, abi.Errno) { return vfs.Getcwd(l) }

func (files) Open(l *kern.LWP, f execve.File) (int32, abi.Errno) {
	return vfs.InstallVnode(l, f.(*execFile).Vnode)
}

func (files) OpenNull(l *kern.LWP) abi.Errno {
	f, err := vfs.OpenFile(l, abi.AT_FDCWD, "/dev/null", abi.O_RDWR, 0)
	if err != abi.OK {
		return err
	}
	_, err = l.Install(f, false)
	return err
}

func (files) EmulRoot(l *kern.LWP, e *kern.Emul) kern.Dir { return emulRoot(l, e) }

// emulRoot is where lookups of an emulation begin, with a reference for the caller: its own directory, if there is one,
// else, as for the native one, Config.Root, so that -L with the root of another system's machine is enough.
func emulRoot(l *kern.LWP, e *kern.Emul) kern.Dir {
	if e != nil && e.Path != "" {
		if d := vfs.EmulDir(l, e.Path); d != nil {
			return d
		}
		return vfs.EmulRoot(l)
	}
	if now := l.Proc.Emul; e != nil && now != nil && now.Path != "" {
		// A native program that another emulation's starts gets the native root back.
		return vfs.EmulRoot(l)
	}
	d := l.Proc.Cwdi.Edir
	if d != nil {
		d.Ref()
	}
	return d
}

// ShareFiles lets all users of the host read the files of a root; the modes that programs see stay, in metadata, the file
// for Config.Metadata. No machine may be using the root. Errors: the host's; a line of metadata that cannot be understood.
func ShareFiles(root, metadata string) error {
	m, err := vfs.New(kern.New()).OpenMetadata(metadata, root)
	if err != nil {
		return err
	}
	return m.Share()
}
