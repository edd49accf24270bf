package vfs

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Where a thread has confined itself (kern.Sandbox), each file is asked about that it opens, makes or removes: by what
// was found, and the directories that this is in, up to the host's root.

// ids are what rules may know a directory by: in a union, any of its layers.
func (at place) ids() (list []kern.FileID) {
	fds := []int{at.fd}
	if at.u != nil {
		fds = at.u.layers()
	}
	for _, fd := range fds {
		var st abi.Stat
		if hostStat(fd, "", false, &st) == nil {
			list = append(list, kern.FileID{Key: keyOf(&st)})
		}
	}
	return list
}

// above are a directory and those above it.
func (at place) above() (list []kern.FileID) {
	own := false
	for range hostPathMax {
		list = append(list, at.ids()...)
		for at.mnt != nil && at.same(placeOf(at.mnt.dir)) {
			over := at.mnt.overAt()
			if own {
				at.close()
			}
			at, own = over, false
			list = append(list, at.ids()...)
		}
		up, err := at.parent()
		if err != nil {
			break
		}
		same := at.u == nil && up.u == nil && sameFile(at.fd, up.fd)
		if own {
			at.close()
		}
		if at, own = up, true; same {
			break
		}
	}
	if own {
		at.close()
	}
	return list
}

// dirLine is the directory that nd's name is in, and those above.
func (nd *nameidata) dirLine() []kern.FileID {
	if nd.u != nil {
		return place{nd.u.fd(), nd.mnt, nd.u}.above()
	}
	return place{fd: nd.dirfd, mnt: nd.mnt}.above()
}

// self is what nd's name stands for, if there is such a file.
func (nd *nameidata) self() []kern.FileID {
	var st abi.Stat
	if nd.hostStat(&st) != nil {
		return nil
	}
	list := []kern.FileID{{Key: keyOf(&st)}}
	if d := nd.dirOf(); d != nil {
		list = append(list, place{u: d}.ids()...)
		d.unref()
	}
	return list
}

// line is what nd leads to, and the directories above.
func (nd *nameidata) line(l *kern.LWP) []kern.FileID {
	if f := nd.descriptor(); f != nil {
		return fileLine(f)
	}
	if nd.node != nil {
		return nodeLine(l, nd.nodePath)
	}
	return append(nd.self(), nd.dirLine()...)
}

// nodeLine is the line of a file of the machine's own: its name and those of the directories, and the host's directory
// that it is seen in.
func nodeLine(l *kern.LWP, p string) (list []kern.FileID) {
	p = path.Clean("/" + p)
	for dir := p; dir != "/"; dir = path.Dir(dir) {
		list = append(list, kern.FileID{Node: dir})
	}
	for dir := path.Dir(p); ; dir = path.Dir(dir) {
		nd, err := nameiHost(l, dir, follow)
		if err == abi.OK {
			if ids := nd.self(); ids != nil {
				list = append(append(list, ids...), nd.dirLine()...)
				nd.release()
				return list
			}
			nd.release()
		}
		if dir == "/" {
			return list
		}
	}
}

// fileLine is the line of an open file, nil for what has no place among files.
func fileLine(f *kern.File) []kern.FileID {
	if d, ok := f.Ops.(*nodeDir); ok {
		return []kern.FileID{{Node: d.path}}
	}
	v := vnodeOf(f)
	if v == nil || v.memory {
		return nil
	}
	if v.Mode&abi.S_IFMT == abi.S_IFDIR {
		return v.at().above()
	}
	list := []kern.FileID{{Key: v.key}}
	if v.u != nil {
		return append(list, place{v.u.fd(), v.mnt, v.u}.above()...)
	}
	p, err := fdPath(v.fd)
	if err != abi.OK || p == "" || p[0] != '/' {
		return nil
	}
	fd, herr := unix.Open(path.Dir(strings.TrimSuffix(p, " (deleted)")), oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if herr != nil {
		return list
	}
	defer unix.Close(fd)
	return append(list, place{fd: fd, mnt: v.mnt}.above()...)
}

// FileIDs are what rules know the file by that f is open on. Error: EBADF for what has no place among files.
func FileIDs(f *kern.File) (ids []kern.FileID, dir bool, err abi.Errno) {
	if d, ok := f.Ops.(*nodeDir); ok {
		return []kern.FileID{{Node: d.path}}, true, abi.OK
	}
	if f.Node != "" {
		return []kern.FileID{{Node: f.Node}}, false, abi.OK
	}
	v := vnodeOf(f)
	if v == nil || v.memory {
		return nil, false, abi.EBADF
	}
	switch v.Mode & abi.S_IFMT {
	case abi.S_IFDIR:
		return v.at().ids(), true, abi.OK
	case abi.S_IFIFO, abi.S_IFSOCK:
		if p, err := fdPath(v.fd); err != abi.OK || p == "" || p[0] != '/' {
			return nil, false, abi.EBADF
		}
	}
	return []kern.FileID{{Key: v.key}}, false, abi.OK
}

// confinedTo refuses what l's sandbox has no right for; line is made if it is needed. Error: EACCES.
func confinedTo(l *kern.LWP, line func() []kern.FileID, want kern.Rights) abi.Errno {
	if l.Sandbox == nil || want == 0 {
		return abi.OK
	}
	if list := line(); list != nil && l.Sandbox.Missing(list, want) != 0 {
		return abi.EACCES
	}
	return abi.OK
}

// rightToMake is the right to make a file of a type.
func rightToMake(mode uint32) kern.Rights {
	switch mode & abi.S_IFMT {
	case abi.S_IFCHR:
		return kern.RightMakeChar
	case abi.S_IFBLK:
		return kern.RightMakeBlock
	case abi.S_IFDIR:
		return kern.RightMakeDir
	case abi.S_IFIFO:
		return kern.RightMakeFifo
	case abi.S_IFSOCK:
		return kern.RightMakeSock
	case abi.S_IFLNK:
		return kern.RightMakeSym
	}
	return kern.RightMakeReg
}

// rightToRemove is the right to remove a file of a type.
func rightToRemove(mode uint32) kern.Rights {
	if mode&abi.S_IFMT == abi.S_IFDIR {
		return kern.RightRemoveDir
	}
	return kern.RightRemoveFile
}

// confinedMake checks for making a name of a type. Errors: EACCES; EEXIST for a name that exists.
func (nd *nameidata) confinedMake(l *kern.LWP, mode uint32) abi.Errno {
	if l.Sandbox == nil {
		return abi.OK
	}
	if nd.name == "." || nd.exists() {
		return abi.EEXIST
	}
	return confinedTo(l, nd.dirLine, rightToMake(mode))
}

// confinedRemove checks for taking a name out of its directory. Error: EACCES.
func (nd *nameidata) confinedRemove(l *kern.LWP, dir bool) abi.Errno {
	var st abi.Stat
	if l.Sandbox == nil || hostStat(nd.dirfd, nd.name, true, &st) != nil || dir != (st.Mode&abi.S_IFMT == abi.S_IFDIR) {
		return abi.OK // the call says what is wrong
	}
	return confinedTo(l, nd.dirLine, rightToRemove(st.Mode))
}

// confinedLink checks for giving an open file another name. Errors: EACCES, EXDEV.
func confinedLink(l *kern.LWP, f *kern.File, b *nameidata) abi.Errno {
	if l.Sandbox == nil {
		return abi.OK
	}
	v := vnodeOf(f)
	self := []kern.FileID{{Key: v.key}}
	from, to := fileLine(f), b.dirLine()
	want := rightToMake(v.Mode)
	missing := l.Sandbox.Missing(from, kern.RightRefer) | l.Sandbox.Missing(to, want|kern.RightRefer)
	switch {
	case missing&want != 0:
		return abi.EACCES
	case missing != 0 || l.Sandbox.Gains(from, to, self, false):
		return abi.EXDEV
	}
	return abi.OK
}

// confinedMove checks a rename, with exchange of two names, or a link: that removes nothing. Errors: EACCES; EXDEV, as
// between file systems, if all that is missing is the right to leave the directory.
func confinedMove(l *kern.LWP, a, b *nameidata, link, exchange bool) abi.Errno {
	if l.Sandbox == nil {
		return abi.OK
	}
	var sa, sb abi.Stat
	if a.hostStat(&sa) != nil {
		return abi.OK // the call finds out
	}
	had := hostStat(b.dirfd, b.name, true, &sb) == nil
	var wantA kern.Rights
	wantB := rightToMake(sa.Mode)
	if exchange {
		wantA = rightToMake(sb.Mode)
	}
	if !link {
		wantA |= rightToRemove(sa.Mode)
		if had {
			wantB |= rightToRemove(sb.Mode)
		}
	}
	if sameDir(a, b) {
		return confinedTo(l, b.dirLine, wantA|wantB)
	}
	from, to := a.dirLine(), b.dirLine()
	missing := l.Sandbox.Missing(from, wantA|kern.RightRefer) | l.Sandbox.Missing(to, wantB|kern.RightRefer)
	gains := l.Sandbox.Gains(from, to, a.self(), sa.Mode&abi.S_IFMT == abi.S_IFDIR) ||
		exchange && l.Sandbox.Gains(to, from, b.self(), sb.Mode&abi.S_IFMT == abi.S_IFDIR)
	switch {
	case missing&^kern.RightRefer != 0:
		return abi.EACCES
	case missing != 0 || gains:
		return abi.EXDEV
	}
	return abi.OK
}

// rightsToOpen are those that an open asks for; dir says that it is of a directory.
func rightsToOpen(oflags int32, dir bool) (want kern.Rights) {
	flag := abi.Fflags(oflags)
	switch {
	case flag&abi.FREAD == 0:
	case dir:
		want |= kern.RightReadDir
	default:
		want |= kern.RightReadFile
	}
	if flag&abi.FWRITE != 0 {
		want |= kern.RightWriteFile
	}
	if oflags&abi.O_TRUNC != 0 {
		want |= kern.RightTruncate
	}
	return want
}

// confinedOpen checks an open of what is there. Error: EACCES.
func (nd *nameidata) confinedOpen(l *kern.LWP, oflags int32) abi.Errno {
	if l.Sandbox == nil {
		return abi.OK
	}
	var st abi.Stat
	if nd.node != nil {
		nd.node.stat(l, &st)
	} else if nd.hostStat(&st) != nil {
		return abi.OK
	}
	return confinedTo(l, func() []kern.FileID { return nd.line(l) }, rightsToOpen(oflags, st.Mode&abi.S_IFMT == abi.S_IFDIR))
}

// confine notes what may not be done with an open file, by whoever has it.
func (nd *nameidata) confine(l *kern.LWP, f *kern.File) {
	if l.Sandbox == nil {
		return
	}
	if line := nd.line(l); line != nil {
		f.Lacks |= l.Sandbox.Missing(line, kern.RightTruncate|kern.RightIoctlDev)
	}
}

// tcpPort asks the sandbox about a TCP socket's address. Error: EACCES.
func (s *socket) tcpPort(l *kern.LWP, connect bool, sa unix.Sockaddr) abi.Errno {
	if l.Sandbox == nil || s.typ != abi.SOCK_STREAM {
		return abi.OK
	}
	port := 0
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		port = a.Port
	case *unix.SockaddrInet6:
		port = a.Port
	default:
		return abi.OK
	}
	if !l.Sandbox.Port(connect, uint16(port)) {
		return abi.EACCES
	}
	return abi.OK
}

// reachable asks the sandbox about the socket that an address leads to, which matters for abstract names. Error: EPERM.
func reachable(l *kern.LWP, k peerKey) abi.Errno {
	if l.Sandbox == nil || k.name == "" {
		return abi.OK
	}
	var other kern.Sandbox
	if q := fsOf(l).peers[k]; q != nil {
		other = q.sandbox
	}
	if !l.Sandbox.MayReach(other) {
		return abi.EPERM
	}
	return abi.OK
}

// ConfinedDevice reports whether f is a device that was opened without the right to its requests.
func ConfinedDevice(l *kern.LWP, f *kern.File) bool {
	if f.Lacks&kern.RightIoctlDev == 0 {
		return false
	}
	var st abi.Stat
	if f.Ops.Stat(l, f, &st) != abi.OK {
		return false
	}
	t := st.Mode & abi.S_IFMT
	return t == abi.S_IFCHR || t == abi.S_IFBLK
}
