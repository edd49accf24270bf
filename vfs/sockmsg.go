package vfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Control messages (struct cmsghdr) in both directions, and descriptors in them.

// passed is an open file on its way in a message that the host has no descriptor for (a pipe of ours, for
// instance), or none that says all of it (a directory that a mount shows). A host pipe's writing end travels in its
// place. When the last copy of that is closed, received or not, the reading end tells us and the reference goes.
type passed struct {
	f     *kern.File
	rd    int
	watch *kern.HostWatch
}

// placeholder makes a host descriptor that stands for f; the caller closes it after sending.
func placeholder(l *kern.LWP, f *kern.File) (int, error) {
	var p [2]int
	if err := hostPipe(&p); err != nil {
		return -1, err
	}
	k := socketKey(p[1])
	ps := &passed{f: f.Ref(), rd: p[0]}
	drop := func() {
		if pollHost(ps.rd, abi.POLLIN)&abi.POLLHUP == 0 || fsOf(l).passing[k] != ps {
			return
		}
		delete(fsOf(l).passing, k)
		ps.watch.Close()
		_ = unix.Close(ps.rd)
		ps.f.Unref(nil)
	}
	w, err := l.K.WatchHostFunc(p[0], drop)
	if err != nil {
		_ = unix.Close(p[0])
		_ = unix.Close(p[1])
		f.Unref(l)
		return -1, err
	}
	ps.watch = w
	fsOf(l).passing[k] = ps
	return p[1], nil
}

// hostFdFor returns the host descriptor to send for an open file, and whether it is to be closed afterwards.
// Error: EBADF for what cannot be sent.
func hostFdFor(l *kern.LWP, f *kern.File) (fd int, temp bool, err abi.Errno) {
	// What the host would deliver has lost the mount that it was come to by, and what that forbids.
	// What the host would deliver would not know of the union that the file is in, and be changed where it is.
	if v := vnodeOf(f); v != nil && v.u != nil && (v.low || v.Mode&abi.S_IFMT == abi.S_IFDIR) {
		fd, herr := placeholder(l, f)
		return fd, true, errno(herr)
	}
	if v := vnodeOf(f); v != nil && v.mnt != nil && (v.readOnly() || v.Mode&abi.S_IFMT == abi.S_IFDIR) {
		fd, herr := placeholder(l, f)
		return fd, true, errno(herr)
	}
	switch o := f.Ops.(type) {
	case *regFile:
		o.share(f)
		return o.fd, false, abi.OK
	case *dirFile:
		return o.fd, false, abi.OK
	case *streamFile:
		return o.fd, false, abi.OK
	case *ttyFile:
		return o.fd, false, abi.OK
	case *socket:
		o.unpair()
		return o.fd, false, abi.OK
	case *kern.Kqueue:
		return -1, false, abi.EBADF // as unp_internalize says
	}
	fd, herr := placeholder(l, f)
	if herr != nil {
		return -1, false, errno(herr)
	}
	return fd, true, abi.OK
}

// fileFromHost makes an open file of a descriptor that came in a message; it takes the descriptor over.
func fileFromHost(l *kern.LWP, fd int) *kern.File {
	var st abi.Stat
	if hostStat(fd, "", false, &st) != nil {
		_ = unix.Close(fd)
		return nil
	}
	switch st.Mode & abi.S_IFMT {
	case abi.S_IFIFO:
		if ps := fsOf(l).passing[socketKey(fd)]; ps != nil {
			f := ps.f.Ref()
			_ = unix.Close(fd)
			return f
		}
	case abi.S_IFSOCK:
		if s := fsOf(l).sockets[socketKey(fd)]; s != nil && s.file != nil {
			f := s.file.Ref()
			_ = unix.Close(fd)
			return f
		}
	}
	fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		_ = unix.Close(fd)
		return nil
	}
	flag := guestOpenFlags(fl)
	// What is non-blocking on the host most likely came from one of us, who sees to blocking itself.
	ours := fl&unix.O_NONBLOCK != 0
	flag &^= abi.O_NONBLOCK
	v := fsOf(l).newVnode(fd, &st, flag&(abi.FREAD|abi.FWRITE), nil)
	ops := hostFileOps(v, !ours)
	if r, ok := ops.(*regFile); ok {
		r.shared = true
	}
	f := kern.NewFile(l, ops, flag)
	if s, ok := ops.(*socket); ok {
		s.file = f
	} else {
		f.OnClose = closeLocks
	}
	return f
}

// rightsToHost makes the host's message of a program's descriptors; none of none. release closes what was opened for it. Error:
// EBADF.
func rightsToHost(l *kern.LWP, data []byte) (oob []byte, release func(), err abi.Errno) {
	var fds, temps []int
	release = func() { closeAll(temps) }
	for ; len(data) >= 4; data = data[4:] {
		f := l.Proc.Fd.Get(int32(l.Model().Uint(data, 4)))
		if f == nil {
			release()
			return nil, nil, abi.EBADF
		}
		fd, temp, err := hostFdFor(l, f)
		if err != abi.OK {
			release()
			return nil, nil, err
		}
		if temp {
			temps = append(temps, fd)
		}
		fds = append(fds, fd)
	}
	if len(fds) > 0 {
		oob = unix.UnixRights(fds...)
	}
	return oob, release, abi.OK
}

// controlToHost translates the control messages a guest sends. release closes what was opened for it. Errors:
// EINVAL, EBADF, EOPNOTSUPP, ENOPROTOOPT.
func controlToHost(l *kern.LWP, s *socket, b []byte) (oob []byte, release func(), err abi.Errno) {
	if !usedAgain(l) {
		return nativeControl(l, s, b)
	}
	m := l.Model()
	var releases []func()
	release = func() {
		for _, f := range releases {
			f()
		}
	}
	hdr := m.CmsgLen(0)
	for len(b) >= 12 {
		n := int(m.Uint(b, 4))
		level, typ := int32(m.Uint(b[4:], 4)), int32(m.Uint(b[8:], 4))
		if n < hdr || n > len(b) {
			release()
			return nil, nil, abi.EINVAL
		}
		data := b[hdr:n]
		switch {
		case level == abi.SOL_SOCKET && typ == abi.SCM_RIGHTS:
			if s.domain != abi.AF_LOCAL {
				release()
				return nil, nil, abi.EINVAL
			}
			c, r, err := rightsToHost(l, data)
			if err != abi.OK {
				release()
				return nil, nil, err
			}
			releases = append(releases, r)
			oob = append(oob, c...)
		default:
			c, err := inetControlToHost(m, level, typ, data)
			if err != abi.OK {
				release()
				return nil, nil, err
			}
			oob = append(oob, c...)
		}
		b = b[min(m.CmsgRound(n), len(b)):]
	}
	return oob, release, abi.OK
}

// addCmsg appends a control message in the guest's layout.
func addCmsg(m *abi.Model, out []byte, level, typ int32, data []byte) []byte {
	b := make([]byte, m.CmsgSpace(len(data)))
	m.PutUint(b, 4, uint64(m.CmsgLen(len(data))))
	m.PutUint(b[4:], 4, uint64(level))
	m.PutUint(b[8:], 4, uint64(typ))
	copy(b[m.CmsgLen(0):], data)
	return append(out, b...)
}

// allRights installs all descriptors of a message or none (unp_externalize). Error: EMSGSIZE without room in the
// process's table.
func allRights(l *kern.LWP, fds []int, cloexec bool) (data []byte, err abi.Errno) {
	m := l.Model()
	var installed []int32
	for i, fd := range fds {
		f := fileFromHost(l, fd)
		if f == nil {
			continue
		}
		gfd, err := l.Install(f, cloexec)
		if err != abi.OK {
			closeAll(fds[i+1:])
			for _, gfd := range installed {
				_ = l.Proc.Fd.Close(l, gfd)
			}
			return nil, abi.EMSGSIZE
		}
		installed = append(installed, gfd)
		var w [4]byte
		m.PutUint(w[:], 4, uint64(gfd))
		data = append(data, w[:]...)
	}
	return data, abi.OK
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}

// someRights reports whether l's program gets as many descriptors as there is room for (Linux).
func someRights(l *kern.LWP) bool { return l.Proc.Emul != nil && l.Proc.Emul.SomeRights }

// timestampOf is the host's time of a message in the program's layout; nil if there is none.
func timestampOf(m *abi.Model, c *unix.SocketControlMessage) []byte {
	if len(c.Data) < 16 {
		return nil
	}
	o := binary.NativeEndian
	return m.Bytes(&abi.Timeval{Sec: int64(o.Uint64(c.Data)), Usec: int32(o.Uint64(c.Data[8:]))})
}

// controlToGuest translates received control messages into at most room bytes; descriptors are installed. size is how much
// control data the program is told of. Error: EMSGSIZE.
func controlToGuest(l *kern.LWP, s *socket, oob []byte, room int, flags int32, fit func([]byte) int) (out []byte, size int, truncated bool, err abi.Errno) {
	if !someRights(l) {
		return copyoutControl(l, controlOfHost(l, s, oob, flags&abi.MSG_PEEK != 0), room, flags)
	}
	out, truncated = someControl(l, s, oob, room, flags, fit)
	return out, len(out), truncated, abi.OK
}

// someControl is controlToGuest for Linux' programs, which get as many descriptors as fit.
func someControl(l *kern.LWP, s *socket, oob []byte, room int, flags int32, fit func([]byte) int) (out []byte, truncated bool) {
	m := l.Model()
	msgs, herr := unix.ParseSocketControlMessage(oob)
	if herr != nil {
		return nil, false
	}
	add := func(level, typ int32, data []byte) bool {
		if len(out)+m.CmsgLen(len(data)) > room {
			truncated = true
			return false
		}
		out = addCmsg(m, out, level, typ, data)
		return true
	}
	for i := range msgs {
		c := &msgs[i]
		switch {
		case c.Header.Level == unix.SOL_SOCKET && c.Header.Type == unix.SCM_RIGHTS:
			fds, herr := unix.ParseUnixRights(c)
			if herr != nil {
				continue
			}
			var data []byte
			most := len(fds)
			if fit != nil {
				most = fit(out)
			}
			for _, fd := range fds {
				if len(data)/4 >= most || len(out)+m.CmsgLen(len(data)+4) > room {
					truncated = true
					_ = unix.Close(fd)
					continue
				}
				f := fileFromHost(l, fd)
				if f == nil {
					continue
				}
				gfd, err := l.Install(f, flags&abi.MSG_CMSG_CLOEXEC != 0)
				if err != abi.OK {
					truncated = true
					continue
				}
				var w [4]byte
				m.PutUint(w[:], 4, uint64(gfd))
				data = append(data, w[:]...)
			}
			if len(data) > 0 {
				add(abi.SOL_SOCKET, abi.SCM_RIGHTS, data)
			}
		case c.Header.Level == unix.SOL_SOCKET && c.Header.Type == hostScmCreds:
			if cr, ok := parseHostCreds(c); ok {
				s.trueCreds(fsOf(l), &cr, flags&abi.MSG_PEEK != 0)
				add(abi.SOL_SOCKET, abi.SCM_CREDS, m.Bytes(&cr))
			}
		case c.Header.Level == unix.SOL_SOCKET && c.Header.Type == unix.SCM_TIMESTAMP:
			if data := timestampOf(m, c); data != nil && s.opts.timestamp {
				add(abi.SOL_SOCKET, abi.SCM_TIMESTAMP, data)
			}
		default:
			inetControlToGuest(m, s, c, add)
		}
	}
	// The padding after the last message is not counted if it does not fit.
	return out[:min(len(out), room)], truncated
}
