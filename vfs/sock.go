package vfs

import (
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// socket is an open socket; the host's socket does the work.
type socket struct {
	kern.BadOps
	fd     int
	answer hostAnswer
	key    mem.FileKey
	file   *kern.File
	watch  *kern.HostWatch
	peer   *socket // the other end of a pair, which needs no watch; see sockpair.go
	domain int32
	typ    int32
	proto  int32

	foreign   bool // flags of the host descriptor are not ours
	slow      slowAccept
	closed    bool
	listened  bool // connections came to it
	connreq   bool // nothing can be sent or received before it is connected
	state     int
	bound     string // host's name of a local socket
	known     peerKey
	peerID    *abi.Unpcbid // who is at the other end, if that is inside
	senders   senders
	marks     []mark    // where descriptors are in what has come
	wblocked  bool      // somebody has been told that it is not writable
	refusals  uint32    // how often
	err       abi.Errno // so_error, after it was taken from the host to be looked at
	shutWr    bool
	shutRd    bool // nothing is received any more, what came before neither (sorflush)
	nosigpipe bool
	rcvtimeo  time.Duration
	sndtimeo  time.Duration
	opts      sockOpts
	attrs     kern.Attrs
	hosted    bool // see Hosted
}

const (
	ssFresh = iota
	ssListening
	ssConnecting // an attempt is under way, or has failed and nobody has asked
	ssConnected
	ssGone // an attempt was refused, and the system has no room for another in the socket
)

func newSocket(l *kern.LWP, fd int, domain, typ, proto int32) (*kern.File, *socket) {
	s := &socket{fd: fd, domain: domain, typ: typ, proto: proto, key: socketKey(fd)}
	s.connreq = typ == abi.SOCK_STREAM || typ == abi.SOCK_SEQPACKET
	s.file = kern.NewFile(l, s, abi.FREAD|abi.FWRITE)
	fsOf(l).sockets[s.key] = s
	return s.file, s
}

// sockFlagsMask is SOCK_FLAGS_MASK as an int.
const sockFlagsMask int32 = -1 << 28

// sockFlags turns SOCK_ flags into those of an open file.
func sockFlags(flags int32) (f int32) {
	if flags&abi.SOCK_NONBLOCK != 0 {
		f |= abi.O_NONBLOCK
	}
	if flags&abi.SOCK_NOSIGPIPE != 0 {
		f |= abi.O_NOSIGPIPE
	}
	return f
}

// checkSocket checks what socket and socketpair are asked for. Errors: EAFNOSUPPORT, EPROTOTYPE,
// EPROTONOSUPPORT, EINVAL for flags.
func checkSocket(domain, typ int32) (int, abi.Errno) {
	h, ok := hostFamily[domain]
	if !ok {
		return 0, abi.EAFNOSUPPORT
	}
	switch typ &^ sockFlagsMask {
	case abi.SOCK_STREAM, abi.SOCK_DGRAM, abi.SOCK_RAW, abi.SOCK_SEQPACKET:
		return h, abi.OK
	}
	return 0, abi.EPROTOTYPE
}

// linkSocket is socket(2) of AF_LINK, whose sockets answer ioctl(2) about interfaces and do nothing else (link_proto.c).
func linkSocket(l *kern.LWP, typ int32) (*kern.File, abi.Errno) {
	t := typ &^ sockFlagsMask
	if t != abi.SOCK_DGRAM {
		return nil, abi.EPROTOTYPE
	}
	fd, herr := hostSocket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if herr != nil {
		return nil, errno(herr)
	}
	if err := keep(l, fd); err != abi.OK {
		return nil, err
	}
	f, _ := newSocket(l, fd, abi.AF_LINK, t, 0)
	f.Flag |= sockFlags(typ)
	return f, abi.OK
}

// link reports whether s is a socket that only ioctl(2) can do something with: all else is EOPNOTSUPP.
func (s *socket) link() bool { return s.domain == abi.AF_LINK }

// protoMPTCP is Linux's IPPROTO_MPTCP, which hosts of Linux may have. Nothing here knows its options.
const protoMPTCP = 262

// Socket is socket(2): typ has the flags in it. Errors: EAFNOSUPPORT, EPROTOTYPE, EPROTONOSUPPORT, EPERM.
func Socket(l *kern.LWP, domain, typ, proto int32) (*kern.File, abi.Errno) {
	if domain == abi.AF_LINK {
		return linkSocket(l, typ)
	}
	h, err := checkSocket(domain, typ)
	if err != abi.OK {
		return nil, err
	}
	if proto == protoMPTCP && domain != abi.AF_LOCAL {
		return nil, abi.EPROTONOSUPPORT
	}
	t := typ &^ sockFlagsMask
	if t == abi.SOCK_RAW && hostPowers(l) {
		return nil, abi.EPERM
	}
	l.K.Lose("the program has a socket of the host's")
	fd, herr := hostSocket(h, int(t), int(proto))
	if herr != nil {
		if herr == unix.ESOCKTNOSUPPORT {
			return nil, abi.EPROTOTYPE
		}
		return nil, errno(herr)
	}
	if err := keep(l, fd); err != abi.OK {
		return nil, err
	}
	if domain == abi.AF_INET6 {
		// NetBSD's default; the host's is its administrator's.
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	f, _ := newSocket(l, fd, domain, t, proto)
	f.Flag |= sockFlags(typ)
	return f, abi.OK
}

// Socketpair is socketpair(2). Errors: as Socket; EOPNOTSUPP for others than local sockets.
func Socketpair(l *kern.LWP, domain, typ, proto int32) (a, b *kern.File, err abi.Errno) {
	h, err := checkSocket(domain, typ)
	if err != abi.OK {
		return nil, nil, err
	}
	if domain != abi.AF_LOCAL {
		return nil, nil, abi.EOPNOTSUPP
	}
	t := typ &^ sockFlagsMask
	fds, herr := hostSocketpair(h, int(t), int(proto))
	if herr != nil {
		return nil, nil, errno(herr)
	}
	if err := keep(l, fds[0]); err != abi.OK {
		_ = unix.Close(fds[1])
		return nil, nil, err
	}
	if err := keep(l, fds[1]); err != abi.OK {
		_ = unix.Close(fds[0])
		return nil, nil, err
	}
	var files [2]*kern.File
	var socks [2]*socket
	for i, fd := range fds {
		f, s := newSocket(l, fd, domain, t, proto)
		f.Flag |= sockFlags(typ)
		s.state = ssConnected
		id := idOf(l)
		s.peerID = &id
		files[i], socks[i] = f, s
	}
	joinPair(socks[0], socks[1])
	socks[0].senders.mate, socks[1].senders.mate = socks[1], socks[0]
	return files[0], files[1], abi.OK
}

// adoptSocket makes an open socket of a host descriptor that came from elsewhere.
func adoptSocket(h hostOps, foreign bool) kern.FileOps {
	s := &socket{fd: h.fd, key: socketKey(h.fd), foreign: foreign}
	if d, err := unix.GetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_TYPE); err == nil {
		s.typ = int32(d)
	}
	s.connreq = s.typ == abi.SOCK_STREAM || s.typ == abi.SOCK_SEQPACKET
	if sa, err := unix.Getsockname(h.fd); err == nil {
		switch sa.(type) {
		case *unix.SockaddrInet4:
			s.domain = abi.AF_INET
		case *unix.SockaddrInet6:
			s.domain = abi.AF_INET6
		default:
			s.domain = abi.AF_LOCAL
		}
	}
	if n, err := unix.GetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil && n != 0 {
		s.state = ssListening
	} else if _, err := unix.Getpeername(h.fd); err == nil {
		s.state = ssConnected
	}
	h.fs.sockets[s.key] = s
	return s
}

// Sock is an open socket.
type Sock = *socket

// SocketOf returns the socket behind an open file. Error: ENOTSOCK.
func SocketOf(f *kern.File) (Sock, abi.Errno) {
	s, ok := f.Ops.(*socket)
	if !ok {
		return nil, abi.ENOTSOCK
	}
	if s.file == nil {
		s.file = f
	}
	return s, abi.OK
}

// SocketDomain is the domain of the socket that f is, or -1.
func SocketDomain(f *kern.File) int32 {
	if s, ok := f.Ops.(*socket); ok {
		return s.domain
	}
	return -1
}

// PeerShut reports whether f is a connected socket whose other side will send no more.
func PeerShut(f *kern.File) bool {
	s, ok := f.Ops.(*socket)
	if !ok || s.fresh() {
		return false
	}
	_, hup := pollSocket(s.fd)
	return hup
}

// Type is part of kern.FileOps.
func (*socket) Type() string { return "socket" }

// Close is part of kern.FileOps.
func (s *socket) Close(_ *kern.LWP, f *kern.File) abi.Errno {
	s.watch.Close()
	if s.state == ssConnected {
		s.countTCP(&Of(f.K).netCounts.Closed)
	}
	if s.bound != "" {
		delete(Of(f.K).boundNames, s.bound)
		delete(Of(f.K).peers, s.known)
	}
	s.parted()
	if Of(f.K).sockets[s.key] == s {
		delete(Of(f.K).sockets, s.key)
	}
	err := unix.Close(s.fd)
	s.closeSlow()
	s.part()
	return errno(err)
}

// watched makes sure that the open file is notified of changes.
func (s *socket) watched(f *kern.File) {
	if s.watch == nil && s.peer == nil {
		s.watch, _ = f.K.WatchHost(s.fd, &f.Sel)
	}
}

// refuse notes that somebody has been told that the socket cannot be written.
func (s *socket) refuse() {
	s.wblocked = true
	s.refusals++
}

// Refused is part of what kern.File.Watch goes by.
func (s *socket) Refused() uint32 { return s.refusals }

// disconnected reports whether nothing goes through the socket any more in either direction.
func (s *socket) disconnected() bool {
	p := []unix.PollFd{{Fd: int32(s.fd)}}
	n, err := unix.Poll(p, 0)
	return err == nil && n == 1 && p[0].Revents&unix.POLLHUP != 0
}

// Async watches the socket for its owner's signals (kern.AsyncOps): sorwakeup, sowwakeup, sohasoutofband.
func (s *socket) Async(f *kern.File) {
	if f.Owner == 0 {
		f.Sel.Async = nil
		return
	}
	linux, urgent, refusals := f.OwnedByLinux(), false, s.refusals
	f.Sel.Async = func(hint int64) {
		if hint&kern.HostPri != 0 {
			f.Sigurg()
			if linux && !urgent {
				f.Sigio(abi.POLL_PRI)
			}
		}
		urgent = hint&kern.HostPri != 0
		if s.fresh() {
			return
		}
		switch {
		case linux && hint&kern.HostErr != 0:
			f.Sigio(abi.POLL_ERR)
			return
		case hint&kern.HostHup != 0 && s.disconnected():
			f.Sigio(abi.POLL_HUP)
		case hint&(kern.HostIn|kern.HostHup|kern.HostErr) != 0:
			f.Sigio(abi.POLL_IN)
		}
		if hint&kern.HostOut != 0 && (s.wblocked && (!linux || s.refusals != refusals) || s.state == ssConnecting) {
			f.Sigio(abi.POLL_OUT)
		}
	}
	s.watched(f)
}

// wait sleeps until something changes at the socket. Errors: EAGAIN when f is non-blocking, dontwait is set or
// the timeout has passed, EINTR, ERESTART.
func (s *socket) wait(l *kern.LWP, f *kern.File, wmesg string, dontwait bool, deadline time.Time) abi.Errno {
	s.watched(f)
	if dontwait || f.Nonblock() {
		return abi.EAGAIN
	}
	if !deadline.IsZero() && l.EndsStopped() {
		return abi.EINTR
	}
	err := f.Sleep(l, &f.Sel.Q, wmesg, deadline)
	if !deadline.IsZero() && (err == abi.ERESTART || err == abi.EWOULDBLOCK && l.EndsStopped()) {
		return abi.EINTR // the time would begin anew
	}
	return err
}

func (fs *FS) deadlineOf(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return fs.K.Timenow().Add(d)
}

// Stat tells of nobody who owns the socket, unless it was given away, as on NetBSD (soo_stat); Linux says who made it.
func (s *socket) Stat(l *kern.LWP, f *kern.File, st *abi.Stat) abi.Errno {
	var hst abi.Stat
	_ = hostStat(s.fd, "", false, &hst)
	*st = abi.Stat{Mode: abi.S_IFSOCK | 0666, Ino: hst.Ino, Nlink: 1, Blksize: 4096}
	if f.Cred != nil && inodes(l) {
		st.Uid, st.Gid = f.Cred.Euid, f.Cred.Egid
	}
	s.attrs.Show(st)
	return abi.OK
}

// Attrs is kern.Attributed's.
func (s *socket) Attrs() *kern.Attrs { return &s.attrs }

// fresh reports whether s is a socket that must be connected and is nothing yet: the host calls that hung up.
func (s *socket) fresh() bool { return s.connreq && s.state == ssFresh && !s.hosted }

// Listening reports whether listen(2) was called.
func (s *socket) Listening() bool { return s.state == ssListening }

// Connected reports whether it is connected.
func (s *socket) Connected() bool { return s.state == ssConnected }

// Connecting reports whether an attempt to connect has not been asked for its end.
func (s *socket) Connecting() bool { return s.state == ssConnecting }

// Hosted has the host answer for a socket that is not connected yet: on Linux such a one has hung up.
func (s *socket) Hosted() { s.hosted = true }

// HostPoll is part of kern.HostPolled.
func (s *socket) HostPoll() (fd int, events int16) {
	if s.fresh() {
		return -1, 0
	}
	return s.fd, allPollEvents
}

// HostAnswer is part of kern.HostPolled.
func (s *socket) HostAnswer(revents int16, known bool) { s.answer = hostAnswer{revents, known} }

// Poll: NetBSD's sockets tell no POLLHUP and no POLLERR; what ended or has an error can be read and written (sopoll).
func (s *socket) Poll(l *kern.LWP, f *kern.File, events int16, sr *kern.SelRecord) int16 {
	var r int16
	plain := l != nil && !usedAgain(l)
	in, out := events&(abi.POLLIN|abi.POLLRDNORM), events&abi.POLLOUT
	if !s.fresh() {
		r = s.answer.poll(s.fd, events)
		s.established(r)
		if s.state == ssListening && (plain || r&abi.POLLHUP == 0) {
			r &^= abi.POLLOUT
		}
		if s.pending() {
			r |= in
		}
		if plain {
			if r&abi.POLLERR != 0 {
				r |= in | out
			}
			if r&abi.POLLHUP != 0 {
				r |= in
			}
			r &^= abi.POLLERR | abi.POLLHUP | abi.POLLWRBAND
		}
	}
	if plain && (s.shutRd || s.state == ssGone) {
		r |= in
	}
	if plain && (s.shutWr || s.state == ssGone) {
		r |= out
	}
	if r == 0 && sr != nil {
		s.watched(f)
		sr.Record(&f.Sel)
	}
	if r&(abi.POLLOUT|abi.POLLWRBAND) == 0 && events&(abi.POLLOUT|abi.POLLWRBAND) != 0 {
		s.refuse()
	}
	return r
}

// established notes that an attempt to connect has succeeded, if poll's answer r says so.
func (s *socket) established(r int16) {
	if s.state == ssConnecting && r&(abi.POLLOUT|abi.POLLERR|abi.POLLHUP) == abi.POLLOUT {
		s.state = ssConnected
	}
}

func (s *socket) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno {
	switch kn.Kev.Filter {
	case abi.EVFILT_READ:
		s.watched(f)
		// Which of the two filters it is stays, whatever becomes of the socket.
		accepts := s.state == ssListening
		kn.Attach(&f.Sel.Klist, func(kn *kern.Knote, hint int64) bool {
			if s.state == ssListening && !accepts {
				return false
			}
			return s.filtRead(kn, hint)
		})
	case abi.EVFILT_WRITE:
		s.watched(f)
		told := uint32(0)
		kn.Attach(&f.Sel.Klist, func(kn *kern.Knote, hint int64) bool { return s.filtWrite(kn, hint, &told) })
	case abi.EVFILT_EMPTY:
		s.watched(f)
		s.refuse()
		kn.Attach(&f.Sel.Klist, func(*kern.Knote, int64) bool { return hostOutq(s.fd) == 0 })
	default:
		return abi.EINVAL
	}
	return abi.OK
}

// ended marks an event as the last of its kind, with the reason.
func (s *socket) ended(kn *kern.Knote) {
	kn.Kev.Flags |= abi.EV_EOF
	if s.connreq && s.domain != abi.AF_LOCAL {
		if s.err == abi.OK {
			s.err = s.soError()
		}
		kn.Kev.Fflags = uint32(s.err)
	}
}

// filtRead is EVFILT_READ. On a notice the poller's word is enough; the numbers are got when they are read.
func (s *socket) filtRead(kn *kern.Knote, hint int64) bool {
	if hint != 0 {
		return hint&(kern.HostIn|kern.HostHup|kern.HostErr) != 0 && !s.fresh()
	}
	low := kn.Sfflags&abi.NOTE_LOWAT != 0
	if s.shutRd {
		kn.Kev.Data = 0
		if s.listened {
			return false // nobody waits
		}
		s.ended(kn)
		return true
	}
	if s.fresh() {
		kn.Kev.Data = 0
		return low && kn.Sdata == 0
	}
	r, hup := pollSocket(s.fd)
	if s.state == ssListening {
		kn.Kev.Data = 0
		if r&(abi.POLLIN|abi.POLLHUP) == abi.POLLIN || s.pending() {
			kn.Kev.Data = int64(max(hostWaiting(s.fd), 1))
		}
		return kn.Kev.Data != 0
	}
	kn.Kev.Data = int64(hostNread(s.fd))
	if !s.connreq && r&abi.POLLIN != 0 && r&abi.POLLERR == 0 {
		kn.Kev.Data += s.nameLen()
	}
	kn.Kev.Flags &^= abi.EV_EOF
	switch {
	case s.connreq && (hup || r&abi.POLLHUP != 0):
		s.ended(kn)
		return true
	case r&abi.POLLERR != 0:
		return true
	case low:
		// What is waited for has no sign (struct knote's kn_sdata).
		return uint64(kn.Kev.Data) >= uint64(kn.Sdata)
	}
	return r&abi.POLLIN != 0 && kn.Kev.Data >= int64(s.opts.rcvlowat)
}

// nameLen is what a datagram's sender takes in the receiving buffer, which counts it too (sbappendaddr).
func (s *socket) nameLen() int64 {
	switch s.domain {
	case abi.AF_INET:
		return 16
	case abi.AF_INET6:
		return 28
	}
	return 2 // one that has no name
}

// filtWrite is EVFILT_WRITE. The host tells that a socket is writable with every event; it is news only to
// those who were told that it is not. told is which of the times that it was not the event has been told the end of.
func (s *socket) filtWrite(kn *kern.Knote, hint int64, told *uint32) bool {
	if hint != 0 {
		if hint&(kern.HostErr|kern.HostHup) != 0 {
			return !s.fresh()
		}
		if hint&kern.HostOut == 0 || *told == s.refusals && s.state != ssConnecting {
			return false
		}
		hint = 0
	}
	if (s.fresh() || s.state == ssListening) && !s.shutWr {
		s.refuse()
		return false
	}
	r := pollHost(s.fd, abi.POLLOUT)
	kn.Kev.Flags &^= abi.EV_EOF
	kn.Kev.Data = s.room()
	switch {
	case s.shutWr || r&abi.POLLHUP != 0:
		s.ended(kn)
		return true
	case r&abi.POLLERR != 0:
		if s.connreq {
			kn.Kev.Flags |= abi.EV_EOF
		}
		return true
	case r&abi.POLLOUT == 0:
		s.refuse()
		kn.Kev.Data = 0
		return kn.Sfflags&abi.NOTE_LOWAT != 0 && kn.Sdata == 0 && s.state != ssConnecting
	}
	s.established(r)
	s.wblocked, *told = false, s.refusals
	kn.Kev.Data = max(kn.Kev.Data, 1)
	if kn.Sfflags&abi.NOTE_LOWAT != 0 {
		return uint64(kn.Kev.Data) >= uint64(kn.Sdata)
	}
	return true
}

// room is how much the buffer for sending still takes, in bytes (sbspace). The host counts its own overhead with it.
func (s *socket) room() int64 {
	n, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil {
		return FifoRoom
	}
	return int64(max(n/2-hostOutq(s.fd), 0))
}

func (s *socket) Ioctl(l *kern.LWP, f *kern.File, cmd uint32, data []byte) abi.Errno {
	m := l.Model()
	switch cmd {
	case abi.FIONBIO, abi.FIOASYNC:
		return abi.OK
	case abi.FIONREAD:
		m.PutUint(data, 4, uint64(hostNread(s.fd)))
		return abi.OK
	case abi.FIONWRITE:
		m.PutUint(data, 4, uint64(hostOutq(s.fd)))
		return abi.OK
	case abi.FIONSPACE:
		m.PutUint(data, 4, uint64(s.room()))
		return abi.OK
	case abi.SIOCATMARK:
		n, err := hostAtMark(s.fd)
		if err != nil {
			return errno(err)
		}
		m.PutUint(data, 4, uint64(n))
		return abi.OK
	}
	if abi.IOCGroup(cmd) == 'i' {
		return s.ifioctl(l, cmd, data)
	}
	return abi.EPASSTHROUGH
}
