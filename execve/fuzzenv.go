package execve

import (
	"io"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// FuzzFile is a file of a fuzz case.
type FuzzFile struct {
	Path     string
	Data     []byte
	Size     int64 `json:",omitempty"` // if larger than the data, zeros follow
	Mode     uint32
	Uid, Gid uint32 `json:",omitempty"`
	Mount    uint32 `json:",omitempty"` // MNT_NOEXEC, MNT_NOSUID
}

// fuzzVnode is such a file in use. There is one per place in the case, which is what the page cache knows it by.
type fuzzVnode struct {
	f     *FuzzFile
	key   mem.FileKey
	stamp uint64
	refs  int
}

func (v *fuzzVnode) size() int64 { return max(v.f.Size, int64(len(v.f.Data))) }

func (v *fuzzVnode) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 || off >= v.size() {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), v.size()-off))
	k := 0
	if off < int64(len(v.f.Data)) {
		k = copy(b[:n], v.f.Data[off:])
	}
	clear(b[k:n])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (v *fuzzVnode) WriteAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }
func (v *fuzzVnode) Size() (int64, error)               { return v.size(), nil }
func (v *fuzzVnode) Writable() bool                     { return false }
func (v *fuzzVnode) Stamp() uint64                      { return v.stamp }
func (v *fuzzVnode) Key() mem.FileKey                   { return v.key }
func (v *fuzzVnode) Ref()                               { v.refs++ }
func (v *fuzzVnode) Unref()                             { v.refs-- }
func (v *fuzzVnode) MountFlags() uint32                 { return v.f.Mount }
func (v *fuzzVnode) Path() string                       { return v.f.Path }
func (v *fuzzVnode) Getattr() (Vattr, abi.Errno) {
	return Vattr{Mode: v.f.Mode, Uid: v.f.Uid, Gid: v.f.Gid, Size: v.size()}, abi.OK
}

// fuzzFS is the file system of a fuzz case.
type fuzzFS struct {
	files []*fuzzVnode
	cwd   string
}

func (fs *fuzzFS) find(path string) *fuzzVnode {
	if path != "" && path[0] != '/' {
		path = strings.TrimSuffix(fs.cwd, "/") + "/" + path // releases before 6 look up what they are given
	}
	for _, v := range fs.files {
		if v.f.Path == path {
			return v
		}
	}
	return nil
}

func (fs *fuzzFS) Namei(_ *kern.LWP, path string, _ *kern.Emul) (File, abi.Errno) {
	v := fs.find(path)
	if v == nil {
		return nil, abi.ENOENT
	}
	v.refs++
	return v, abi.OK
}

func (fs *fuzzFS) Fexec(_ *kern.LWP, fd int32) (File, string, abi.Errno) {
	if int(fd) >= len(fs.files) {
		return nil, "", abi.EBADF
	}
	v := fs.files[fd]
	v.refs++
	return v, v.f.Path, abi.OK
}

func (fs *fuzzFS) Access(l *kern.LWP, f File, mode int) abi.Errno {
	a, _ := f.Getattr()
	c, bits := l.Proc.Cred, a.Mode
	switch {
	case c.IsRoot():
		if mode&vexec == 0 || bits&0o111 != 0 {
			return abi.OK
		}
		return abi.EACCES
	case c.Euid == a.Uid:
		bits >>= 6
	case c.InGroup(a.Gid):
		bits >>= 3
	}
	if int(bits)&mode != mode {
		return abi.EACCES
	}
	return abi.OK
}

func (fs *fuzzFS) Getcwd(*kern.LWP) (string, abi.Errno)    { return fs.cwd, abi.OK }
func (fs *fuzzFS) EmulRoot(*kern.LWP, *kern.Emul) kern.Dir { return nil }

func (fs *fuzzFS) Open(l *kern.LWP, f File) (int32, abi.Errno) {
	f.Ref()
	return l.Install(kern.NewFile(l, fuzzOpen{f: f}, abi.FREAD), false)
}

func (fs *fuzzFS) OpenNull(l *kern.LWP) abi.Errno {
	_, err := l.Install(kern.NewFile(l, fuzzOpen{}, abi.FREAD|abi.FWRITE), false)
	return err
}

// fuzzOpen is an open file of a fuzz case.
type fuzzOpen struct {
	kern.BadOps
	f File
}

func (fuzzOpen) Type() string { return "vnode" }
func (o fuzzOpen) Close(*kern.LWP, *kern.File) abi.Errno {
	if o.f != nil {
		o.f.Unref()
	}
	return abi.OK
}

// fuzzStrings are argv or envp of a case: after the strings there may be a bad pointer.
type fuzzStrings struct {
	s     [][]byte
	fault bool
}

func (f fuzzStrings) Fetch(i, max int) (string, bool, abi.Errno) {
	if i >= len(f.s) {
		if f.fault {
			return "", false, abi.EFAULT
		}
		return "", false, abi.OK
	}
	s := f.s[i]
	s = s[:indexNUL(s)]
	if len(s) >= max {
		return "", false, abi.ENAMETOOLONG
	}
	return string(s), true, abi.OK
}
