package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// hostOps is what all open host files have in common.
type hostOps struct {
	kern.BadOps
	*Vnode
	flocked bool
	counted bool // by FS.opened
}

func (*hostOps) Type() string { return "vnode" }

// IsOutside is kern.Outsider's.
func (*hostOps) IsOutside() bool { return true }

func (h *hostOps) Stat(_ *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno {
	err := h.Vnode.Stat(st)
	if err == abi.OK && h.u != nil {
		h.u.un.show(h.at().u, st)
	}
	return err
}

func (h *hostOps) Close(_ *kern.LWP, f *kern.File) abi.Errno {
	if h.flocked {
		h.fs.flockDone(h.key)
	}
	if h.counted {
		h.fs.closed(h.Vnode, f)
	}
	h.forget(f)
	h.Unref()
	return abi.OK
}

func (h *hostOps) Poll(_ *kern.LWP, _ *kern.File, events int16, _ *kern.SelRecord) int16 {
	return kern.SelTrue(events)
}

// regFile is an open regular file. The offset is kern.File's, except in files that were inherited: there it
// is the host's, which other host processes share.
type regFile struct {
	hostOps
	shared bool
	locked bool // a long transfer is under way at the offset
	lockq  kern.SleepQ
}

// offset is where the next read or write of f begins.
func (r *regFile) offset(f *kern.File) int64 {
	if !r.shared {
		return f.Offset
	}
	off, err := unix.Seek(r.fd, 0, unix.SEEK_CUR)
	if err != nil {
		return 0
	}
	return off
}

func (r *regFile) setOffset(f *kern.File, off int64) {
	if !r.shared {
		f.Offset = off
		return
	}
	_, _ = unix.Seek(r.fd, off, unix.SEEK_SET)
}

// share makes the offset the host's from now on, before the host descriptor is given to others.
func (r *regFile) share(f *kern.File) {
	if !r.shared {
		_, _ = unix.Seek(r.fd, f.Offset, unix.SEEK_SET)
		r.shared = true
	}
}

// lock keeps other transfers at the file's offset out while a long one gives the kernel lock away (vn_lock). It returns
// what ends that.
func (r *regFile) lock(l *kern.LWP, u *kern.Uio) (unlock func()) {
	if u.Positional {
		return func() {}
	}
	for r.locked {
		l.Sleep(&r.lockq, "vnlock", false, noDeadline)
	}
	if u.Resid < longTransfer {
		return func() {}
	}
	r.locked = true
	return func() {
		r.locked = false
		r.lockq.WakeAll()
	}
}

// longTransfer is what is transferred in one step at most.
const longTransfer = 1 << 20

func (r *regFile) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	defer r.lock(l, u)()
	off := u.Offset
	if !u.Positional {
		off = r.offset(f)
	}
	start := off
	err := abi.OK
	for u.Resid > 0 {
		var v [][]byte
		if v, err = u.Views(0); err != abi.OK {
			break
		}
		want := kern.ViewsLen(v)
		var n int
		var herr error
		if len(v) == 1 {
			n, herr = unix.Pread(r.fd, v[0], off)
		} else {
			n, herr = hostPreadv(r.fd, v, off)
		}
		if herr == unix.EINTR {
			continue
		}
		if herr != nil {
			err = errno(herr)
			break
		}
		u.Advance(uint64(n))
		off += int64(n)
		if uint64(n) < want || u.Resid > 0 && !l.PreemptPoint() {
			break
		}
	}
	if !u.Positional && off != start {
		r.setOffset(f, off)
	}
	return err
}

func (r *regFile) Write(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	defer r.lock(l, u)()
	off := u.Offset
	if !u.Positional {
		off = r.offset(f)
	}
	start := off
	size := int64(0)
	if r.fs.watching() {
		size, _ = r.Size()
	}
	appending := f.Flag&abi.O_APPEND != 0
	limit := l.Proc.Limits[abi.RLIMIT_FSIZE].Cur
	err := abi.OK
	for u.Resid > 0 {
		var v [][]byte
		if v, err = u.Views(0); err != abi.OK {
			break
		}
		if limit < 1<<62 {
			at := off
			if appending {
				at, _ = r.Size()
			}
			room := int64(limit) - at
			if room <= 0 {
				l.Psignal(abi.SIGXFSZ)
				err = abi.EFBIG
				break
			}
			if uint64(room) < kern.ViewsLen(v) {
				if v, err = u.Views(uint64(room)); err != abi.OK {
					break
				}
			}
		}
		if r.memory && mem.Full(kern.ViewsLen(v)) {
			err = abi.ENOMEM
			break
		}
		var n int
		var herr error
		switch {
		case appending:
			// The host appends whatever offset it is given, and tells where that was with the descriptor's own.
			n, herr = hostWritev(r.fd, v)
		case len(v) == 1:
			n, herr = unix.Pwrite(r.fd, v[0], off)
		default:
			n, herr = hostPwritev(r.fd, v, off)
		}
		if herr == unix.EINTR {
			continue
		}
		if herr != nil {
			err = errno(herr)
			break
		}
		u.Advance(uint64(n))
		if appending {
			if end, herr := unix.Seek(r.fd, 0, unix.SEEK_CUR); herr == nil {
				off = end - int64(n)
			}
		}
		if n > 0 {
			mem.FileWritten(r.key, off, n)
			r.Room()
		}
		off += int64(n)
		if n == 0 || u.Resid > 0 && !l.PreemptPoint() {
			break
		}
	}
	if !u.Positional && off != start && !(appending && r.shared) {
		r.setOffset(f, off)
	}
	if off != start {
		r.written(l)
	}
	if off != start && r.fs.watching() {
		what := uint32(abi.NOTE_WRITE)
		if off > size {
			what |= abi.NOTE_EXTEND
		}
		r.fs.changed(r.key, what)
	}
	return err
}

func (r *regFile) Seek(l *kern.LWP, f *kern.File, off int64, whence int32) (int64, abi.Errno) {
	base := int64(0)
	switch whence {
	case abi.SEEK_SET:
	case abi.SEEK_CUR:
		base = r.offset(f)
	case abi.SEEK_END:
		var err error
		if base, err = r.Size(); err != nil {
			return 0, errno(err)
		}
	default:
		return 0, abi.EINVAL
	}
	if off > 0 && base > 1<<63-1-off {
		return 0, abi.EOVERFLOW
	}
	if base+off < 0 {
		return 0, abi.EINVAL
	}
	r.setOffset(f, base+off)
	return base + off, abi.OK
}

func (r *regFile) Mmap(*kern.LWP, *kern.File) (mem.Backing, abi.Errno) { return r.Vnode, abi.OK }

func (r *regFile) Ioctl(l *kern.LWP, f *kern.File, cmd uint32, data []byte) abi.Errno {
	switch cmd {
	case abi.FIONREAD:
		size, err := r.Size()
		if err != nil {
			return errno(err)
		}
		l.Model().PutUint(data, 4, uint64(max(size-r.offset(f), 0)))
		return abi.OK
	case abi.FIONWRITE, abi.FIONSPACE:
		l.Model().PutUint(data, 4, 0)
		return abi.OK
	case abi.FIONBIO, abi.FIOASYNC:
		return abi.OK
	}
	return abi.EPASSTHROUGH
}

func (r *regFile) Fcntl(l *kern.LWP, f *kern.File, cmd int32, arg uint64) (int64, abi.Errno) {
	switch cmd {
	case abi.F_SETFL:
		if r.flags&abi.FWRITE != 0 {
			return 0, errno(setAppend(r.fd, f.Flag&abi.O_APPEND != 0))
		}
		return 0, abi.OK
	case abi.F_ADD_SEALS, abi.F_GET_SEALS:
		return r.seals(cmd, arg)
	}
	return 0, abi.EINVAL
}

func (r *regFile) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno {
	switch kn.Kev.Filter {
	case abi.EVFILT_READ:
		watchFile(r.Vnode, kn, func(kn *kern.Knote, _ int64) bool {
			size, err := r.Size()
			if err != nil {
				return false
			}
			kn.Kev.Data = size - r.offset(f)
			return kn.Kev.Data != 0
		})
	case abi.EVFILT_WRITE:
		kn.Attach(&f.Sel.Klist, func(*kern.Knote, int64) bool { return true })
	case abi.EVFILT_VNODE:
		return watchVnode(r.Vnode, kn)
	default:
		return abi.EINVAL
	}
	return abi.OK
}

// streamFile is a character device, fifo or terminal of the host, or anything else that may have to be waited for.
type streamFile struct {
	hostOps
	answer   hostAnswer
	watch    *kern.HostWatch
	foreign  bool // not opened by us; see foreign.go
	own      int  // what a foreign descriptor leads to, opened by us and non-blocking; -1 for none
	slow     slowWrite
	nowatch  bool
	seekable bool   // block devices and the like
	refused  uint32 // how often somebody was told that it cannot be written
	// before is asked before each attempt to read, also after a sleep; EJUSTRETURN from it is the end of file.
	before func(l *kern.LWP, f *kern.File) abi.Errno
}

// hostAnswer is what the host says of a file's descriptor, from who has asked about several at once (kern.HostPolled).
type hostAnswer struct {
	revents int16
	known   bool
}

// poll is pollHost, unless the answer is known.
func (a *hostAnswer) poll(fd int, events int16) int16 {
	if !a.known {
		return pollHost(fd, events)
	}
	return guestPollEvents(a.revents) & (events | abi.POLLERR | abi.POLLHUP | abi.POLLNVAL)
}

// allPollEvents are the host's flags of all events that can be polled for.
var allPollEvents = hostPollEvents(-1)

// pollHost asks the host which of events are true now.
func pollHost(fd int, events int16) int16 {
	p := []unix.PollFd{{Fd: int32(fd), Events: hostPollEvents(events)}}
	for {
		_, err := unix.Poll(p, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return abi.POLLERR
		}
		return guestPollEvents(p[0].Revents) & (events | abi.POLLERR | abi.POLLHUP | abi.POLLNVAL)
	}
}

// hostPollEvents and guestPollEvents translate POLL flags; those that NetBSD has have the same meaning.
func hostPollEvents(ev int16) (h int16) {
	for _, m := range pollFlags {
		if ev&m.nb != 0 {
			h |= m.host
		}
	}
	return h
}

func guestPollEvents(h int16) (ev int16) {
	for _, m := range pollFlags {
		if h&m.host != 0 {
			ev |= m.nb
		}
	}
	return ev
}

// watched makes sure that f is notified of changes.
func (s *streamFile) watched(f *kern.File) {
	if s.watch != nil || s.nowatch {
		return
	}
	w, err := f.K.WatchHost(s.fd, &f.Sel)
	if err != nil {
		s.nowatch = true
		return
	}
	s.watch = w
}

// Async makes what comes into a fifo, and room in it, a SIGIO for the owner (kern.AsyncOps); NetBSD's fifos are sockets. On Linux
// other streams do so as well.
func (s *streamFile) Async(f *kern.File) {
	if s.Mode&abi.S_IFMT != abi.S_IFIFO && !f.OwnedByLinux() || f.Owner == 0 {
		return
	}
	f.Sel.Async = func(hint int64) {
		switch {
		case f.Flag&abi.FREAD != 0 && hint&(kern.HostIn|kern.HostHup) != 0:
			f.Sigio(abi.POLL_IN)
		case f.Flag&abi.FREAD == 0 && hint&(kern.HostOut|kern.HostErr) != 0:
			f.Sigio(abi.POLL_OUT)
		}
	}
	s.watched(f)
}

func (s *streamFile) Close(l *kern.LWP, f *kern.File) abi.Errno {
	s.watch.Close()
	if s.foreign && s.own >= 0 {
		_ = unix.Close(s.own)
		s.own = -1
	}
	return s.hostOps.Close(l, f)
}

func (s *streamFile) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	if s.foreign && !f.Nonblock() {
		if err := l.OthersFirst(); err != abi.OK {
			return err
		}
	}
	for {
		if s.before != nil {
			if err := s.before(l, f); err == abi.EJUSTRETURN {
				return abi.OK
			} else if err != abi.OK {
				return err
			}
		}
		v, err := u.Views(0)
		if err != abi.OK {
			return err
		}
		if len(v) == 0 {
			return abi.OK
		}
		n, herr := s.read(v, u)
		if herr == nil {
			u.Advance(uint64(n))
			return abi.OK
		}
		if herr == unix.EINTR {
			continue
		}
		if herr != unix.EAGAIN {
			return errno(herr)
		}
		if err := s.wait(l, f, "ttyin"); err != abi.OK {
			return err
		}
	}
}

func (s *streamFile) read(v [][]byte, u *kern.Uio) (int, error) {
	if u.Positional {
		if !s.seekable {
			return 0, unix.ESPIPE
		}
		return hostPreadv(s.fd, v, u.Offset)
	}
	if s.mayBlock() && pollHost(s.fd, abi.POLLIN) == 0 {
		return 0, unix.EAGAIN
	}
	if len(v) == 1 {
		return unix.Read(s.ioFd(), v[0])
	}
	return hostReadv(s.ioFd(), v)
}

// wait sleeps until the host says that something changed, after a call that would have blocked.
func (s *streamFile) wait(l *kern.LWP, f *kern.File, wmesg string) abi.Errno {
	if f.Nonblock() {
		return abi.EAGAIN
	}
	s.watched(f)
	if s.nowatch {
		// It cannot be polled: wait outside instead.
		l.Unlocked(func() { _, _ = unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN | unix.POLLOUT}}, 50) })
		var q kern.SleepQ
		if err := l.Sleep(&q, wmesg, true, l.K.Timenow()); err != abi.EWOULDBLOCK {
			return err
		}
		return abi.OK
	}
	return f.Sleep(l, &f.Sel.Q, wmesg, noDeadline)
}

func (s *streamFile) Write(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	for vain := 0; u.Resid > 0; vain++ {
		v, err := u.Views(0)
		if err != abi.OK {
			return err
		}
		n, herr := s.write(l, f, v, u)
		if herr == nil {
			u.Advance(uint64(n))
			u.Offset += int64(n)
			vain = 0
			continue
		}
		if herr == unix.EINTR {
			continue
		}
		if herr != unix.EAGAIN {
			return errno(herr)
		}
		s.refused++
		if s.foreign && !f.Nonblock() && s.held(l) {
			continue
		}
		if err := s.waitRoom(l, f, vain); err != abi.OK {
			return err
		}
	}
	return abi.OK
}

// held waits on the deterministic machine for whoever reads what we write, with everything else standing still,
// so that the reader's speed decides nothing. It gives up, or does nothing elsewhere, when it returns false.
func (s *streamFile) held(l *kern.LWP) bool {
	if !l.K.IsDeterministic() {
		return false
	}
	l.Held(func() { _, _ = unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}}, 100) })
	return !l.Interrupted()
}

func (s *streamFile) write(l *kern.LWP, f *kern.File, v [][]byte, u *kern.Uio) (int, error) {
	if u.Positional {
		if !s.seekable {
			return 0, unix.ESPIPE
		}
		return hostPwritev(s.fd, v, u.Offset)
	}
	if s.mayBlock() {
		return s.writeSlowly(l, f, v)
	}
	if len(v) == 1 {
		return unix.Write(s.ioFd(), v[0])
	}
	return hostWritev(s.ioFd(), v)
}

func (s *streamFile) Seek(_ *kern.LWP, _ *kern.File, off int64, whence int32) (int64, abi.Errno) {
	if whence < 0 || whence > 2 {
		return 0, abi.EINVAL
	}
	n, err := unix.Seek(s.fd, off, int(whence))
	return n, errno(err)
}

// HostPoll is part of kern.HostPolled.
func (s *streamFile) HostPoll() (fd int, events int16) { return s.fd, allPollEvents }

// HostAnswer is part of kern.HostPolled.
func (s *streamFile) HostAnswer(revents int16, known bool) { s.answer = hostAnswer{revents, known} }

func (s *streamFile) Poll(_ *kern.LWP, f *kern.File, events int16, sr *kern.SelRecord) int16 {
	f.K.Lose("the program has asked whether the host has input for it")
	r := s.answer.poll(s.fd, events)
	if s.slow.busy {
		r &^= abi.POLLOUT
	}
	if r&abi.POLLOUT == 0 && events&abi.POLLOUT != 0 {
		s.refused++
	}
	if r == 0 && sr != nil {
		s.watched(f)
		if s.nowatch {
			return kern.SelTrue(events)
		}
		sr.Record(&f.Sel)
	}
	return r
}

// Refused is part of what kern.File.Watch goes by.
func (s *streamFile) Refused() uint32 { return s.refused }

// FifoRoom is how much a FIFO holds, in bytes: what a local socket does (PIPSIZ).
const FifoRoom = 4096

func (s *streamFile) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno {
	fifo := s.Mode&abi.S_IFMT == abi.S_IFIFO
	switch kn.Kev.Filter {
	case abi.EVFILT_READ:
		s.watched(f)
		if s.nowatch {
			kn.Attach(&f.Sel.Klist, func(*kern.Knote, int64) bool { return true })
			return abi.OK
		}
		kn.Attach(&f.Sel.Klist, func(kn *kern.Knote, _ int64) bool {
			r := pollHost(s.fd, abi.POLLIN)
			kn.Kev.Data = int64(hostNread(s.fd))
			kn.Kev.Flags &^= abi.EV_EOF
			if r&abi.POLLHUP != 0 {
				kn.Kev.Flags |= abi.EV_EOF
			}
			return r != 0
		})
	case abi.EVFILT_WRITE:
		s.watched(f)
		kn.Attach(&f.Sel.Klist, func(kn *kern.Knote, _ int64) bool {
			r := pollHost(s.fd, abi.POLLOUT)
			kn.Kev.Flags &^= abi.EV_EOF
			if r&(abi.POLLERR|abi.POLLHUP) != 0 {
				kn.Kev.Flags |= abi.EV_EOF
				return true
			}
			if kn.Kev.Data = 0; r&abi.POLLOUT != 0 && fifo {
				kn.Kev.Data = FifoRoom
			}
			return r&abi.POLLOUT != 0
		})
	case abi.EVFILT_VNODE:
		return watchVnode(s.Vnode, kn)
	default:
		return abi.EINVAL
	}
	return abi.OK
}

func (s *streamFile) Ioctl(l *kern.LWP, f *kern.File, cmd uint32, data []byte) abi.Errno {
	switch cmd {
	case abi.FIONREAD:
		l.Model().PutUint(data, 4, uint64(hostNread(s.fd)))
		return abi.OK
	case abi.FIONBIO, abi.FIOASYNC:
		return abi.OK
	}
	return abi.EPASSTHROUGH
}
