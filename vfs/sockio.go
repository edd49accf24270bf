package vfs

import (
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Bind is bind(2). Errors: EINVAL, EADDRINUSE, EADDRNOTAVAIL, EACCES, EAFNOSUPPORT.
func (s *socket) Bind(l *kern.LWP, sa []byte) abi.Errno {
	if s.link() {
		return abi.EOPNOTSUPP
	}
	if len(sa) < 2 {
		return abi.EINVAL
	}
	if s.state == ssGone {
		return abi.EINVAL
	}
	if s.domain == abi.AF_LOCAL {
		if sa[1] != abi.AF_LOCAL {
			return abi.EAFNOSUPPORT
		}
		return s.bindUnix(l, sa)
	}
	if int32(sa[1]) != s.domain {
		return abi.EAFNOSUPPORT
	}
	h, err := inetToHost(l.Model(), sa)
	if err != abi.OK {
		return err
	}
	if err := s.tcpPort(l, false, h); err != abi.OK {
		return err
	}
	return s.bindPort(l, h)
}

// MayListen is what NetBSD looks at before it asks the protocol (solisten). Error: EINVAL.
func (s *socket) MayListen() abi.Errno {
	if !s.connreq && !s.link() && (s.state == ssConnected || s.domain == abi.AF_LOCAL && s.bound == "") {
		return abi.EINVAL
	}
	return abi.OK
}

// Listen is listen(2). Errors: EOPNOTSUPP, EINVAL for a connected socket.
func (s *socket) Listen(backlog int32) abi.Errno {
	if s.link() {
		return abi.EOPNOTSUPP
	}
	if !s.connreq {
		return abi.EOPNOTSUPP
	}
	if s.state == ssConnected || s.state == ssConnecting || s.state == ssGone {
		return abi.EINVAL
	}
	// BSD lets half as many again wait as one asks for.
	n := int(min(max(backlog, 0), abi.SOMAXCONN))
	if err := unix.Listen(s.fd, n+n/2); err != nil {
		return errno(err)
	}
	s.state, s.listened = ssListening, true
	return abi.OK
}

// Accept is accept(2) and paccept(2): the new open file and the other side's address. flags are SOCK_ flags;
// inherit says that the new one is non-blocking if f is. Errors: EINVAL for a socket that does not listen,
// EOPNOTSUPP, EAGAIN, EINTR, ECONNABORTED.
func (s *socket) Accept(l *kern.LWP, f *kern.File, flags int32, inherit bool) (*kern.File, []byte, abi.Errno) {
	if s.link() {
		return nil, nil, abi.EOPNOTSUPP
	}
	if !s.connreq {
		return nil, nil, abi.EOPNOTSUPP
	}
	if s.state != ssListening {
		return nil, nil, abi.EINVAL
	}
	// Before a connection is taken that would be lost.
	if err := canKeep(l, s.fd); err != abi.OK {
		return nil, nil, err
	}
	fd, sa, err := s.accept(l, f)
	if err != abi.OK {
		return nil, nil, err
	}
	nf, ns := newSocket(l, fd, s.domain, s.typ, s.proto)
	ns.state = ssConnected
	ns.opts = s.opts
	s.countTCP(&fsOf(l).netCounts.Accepts)
	s.countTCP(&fsOf(l).netCounts.Connects)
	if s.domain == abi.AF_LOCAL {
		s.accepted(fsOf(l), ns)
	}
	nf.Flag |= sockFlags(flags)
	if inherit {
		nf.Flag |= f.Flag & (abi.O_NONBLOCK | abi.O_NOSIGPIPE)
	}
	return nf, fsOf(l).sockaddrToGuest(l.Model(), sa), abi.OK
}

// Connect is connect(2). Errors: EISCONN, EALREADY, EINVAL for a socket that was refused before, EINPROGRESS for a non-blocking socket, EINTR (the attempt
// goes on), and what the other side or the network say.
func (s *socket) Connect(l *kern.LWP, f *kern.File, sa []byte) abi.Errno {
	if s.link() {
		return abi.EOPNOTSUPP
	}
	unspec := len(sa) >= 2 && sa[1] == abi.AF_UNSPEC
	if unspec && s.connreq && s.domain != abi.AF_LOCAL && usedAgain(l) {
		return s.renew(l)
	}
	if s.domain == abi.AF_LOCAL && s.connreq && usedAgain(l) { // who is to be connected to is looked for first
		_, done, _, err := s.dest(l, sa)
		if err != abi.OK {
			return err
		}
		done()
	}
	switch {
	case s.state == ssGone:
		return abi.EINVAL
	case s.state == ssListening:
		return connectListening(l, s.domain)
	case s.state == ssConnecting:
		return s.connectAgain(l)
	case s.state == ssConnected && s.connreq:
		return abi.EISCONN
	}
	if !s.connreq && (s.domain != abi.AF_LOCAL || usedAgain(l)) && (unspec || s.state == ssConnected) {
		// A new address begins with the end of the old one (sodisconnect).
		if herr := hostDisconnect(s.fd); herr != nil {
			return errno(herr)
		}
		s.state, s.shutWr = ssFresh, s.shutWr && !usedAgain(l)
		if unspec && usedAgain(l) {
			return abi.OK
		}
	}
	h, done, known, err := s.dest(l, sa)
	if err != abi.OK {
		return err
	}
	defer done()
	if err := s.tcpPort(l, true, h); err != abi.OK {
		return err
	}
	if err := reachable(l, known); err != abi.OK {
		return err
	}
	if err := s.bindLow(l); err != abi.OK {
		return err
	}
	s.countTCP(&fsOf(l).netCounts.Attempts)
	pause := time.Millisecond
	deadline := noDeadline
	if usedAgain(l) {
		deadline = fsOf(l).deadlineOf(s.sndtimeo)
	}
	for {
		// A watch from before the attempt hears of its end.
		if s.connreq {
			s.watched(f)
		}
		herr := unix.Connect(s.fd, h)
		switch herr {
		case nil:
			s.state = ssConnected
			s.countTCP(&fsOf(l).netCounts.Connects)
			s.refuse()
			if s.domain == abi.AF_LOCAL {
				s.connectedTo(l, known)
			}
			f.Sel.Notify(kern.HostOut)
			return abi.OK
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			// A local socket whose queue is full. NetBSD refuses, Linux waits.
			if usedAgain(l) {
				if err := s.waitPeer(l, f, false, deadline, &pause); err != abi.OK {
					return err
				}
				continue
			}
			if f.Nonblock() || pause > time.Second {
				return abi.ECONNREFUSED
			}
			if err := l.Pause("netcon", pause, true); err != abi.OK && err != abi.EWOULDBLOCK {
				return abi.EINTR
			}
			pause *= 2
			continue
		case unix.EINPROGRESS:
		default:
			return s.refused(l, herr)
		}
		break
	}
	s.state = ssConnecting
	s.refuse()
	if f.Nonblock() {
		return abi.EINPROGRESS
	}
	for pollHost(s.fd, abi.POLLOUT) == 0 {
		if err := s.wait(l, f, "netcon", false, deadline); err != abi.OK {
			if err == abi.ERESTART {
				err = abi.EINTR
			}
			return err
		}
	}
	return s.refused(l, hostConnected(s.fd, h))
}

// refused ends an attempt to connect, with the host's error or none. A TCP socket that was refused is of no use any more,
// for in_pcbdetach has taken what is behind it (tcp_close), or on Linux is as new.
func (s *socket) refused(l *kern.LWP, herr error) abi.Errno {
	switch {
	case herr == nil:
		s.state = ssConnected
		s.countTCP(&fsOf(l).netCounts.Connects)
	case s.domain == abi.AF_LOCAL || usedAgain(l):
		s.state = ssFresh
	case s.connreq && (herr == unix.ECONNREFUSED || herr == unix.ETIMEDOUT || herr == unix.ECONNRESET):
		s.state = ssGone
	default:
		s.state = ssFresh
	}
	return errno(herr)
}

// connectListening is what connect says of a listening socket.
func connectListening(l *kern.LWP, domain int32) abi.Errno {
	switch {
	case !usedAgain(l):
		return abi.EOPNOTSUPP
	case domain == abi.AF_LOCAL:
		return abi.EINVAL
	}
	return abi.EISCONN
}

// connectAgain is connect(2) while an attempt is under way, or has ended without connect(2). Errors: EALREADY, the
// attempt's; after success EISCONN, but nothing on Linux, which tells it once.
func (s *socket) connectAgain(l *kern.LWP) abi.Errno {
	var any unix.Sockaddr = &unix.SockaddrInet4{}
	if s.domain == abi.AF_INET6 {
		any = &unix.SockaddrInet6{}
	}
	herr := hostConnected(s.fd, any)
	switch {
	case herr == unix.EALREADY:
		return abi.EALREADY
	case usedAgain(l):
		return s.refused(l, herr)
	case herr == nil || herr == unix.EISCONN:
		s.state = ssConnected
		s.countTCP(&fsOf(l).netCounts.Connects)
		return abi.EISCONN
	case herr == unix.ECONNABORTED && s.err != abi.OK: // an event has told the error
		s.state = ssGone
		return s.soError()
	case herr == unix.ECONNABORTED: // getsockopt(2) has taken the error
		s.state = ssGone
		return abi.EINVAL
	}
	return s.refused(l, herr)
}

// soError takes the socket's pending error.
func (s *socket) soError() abi.Errno {
	if err := s.err; err != abi.OK {
		s.err = abi.OK
		return err
	}
	n, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return errno(err)
	}
	if n == 0 {
		return abi.OK
	}
	return errno(unix.Errno(n))
}

// Getsockname and Getpeername give addresses. Errors: ENOTCONN, EINVAL.
func (s *socket) Getsockname(l *kern.LWP) ([]byte, abi.Errno) {
	if s.link() {
		return nil, abi.EOPNOTSUPP
	}
	if s.state == ssGone {
		return nil, abi.EINVAL
	}
	if s.bound != "" {
		return fsOf(l).boundNames[s.bound], abi.OK
	}
	sa, err := unix.Getsockname(s.fd)
	if err != nil {
		return nil, errno(err)
	}
	return fsOf(l).sockaddrToGuest(l.Model(), sa), abi.OK
}

func (s *socket) Getpeername(l *kern.LWP) ([]byte, abi.Errno) {
	if s.link() {
		return nil, abi.EOPNOTSUPP
	}
	sa, err := unix.Getpeername(s.fd)
	if err != nil {
		return nil, errno(err)
	}
	return fsOf(l).sockaddrToGuest(l.Model(), sa), abi.OK
}

// Shutdown is shutdown(2). Errors: EINVAL, ENOTCONN.
func (s *socket) Shutdown(how int32) abi.Errno {
	err := s.mayShut(how)
	switch {
	case err != abi.OK:
	case s.file == nil:
		err = s.shutdown(how)
	default: // one's own owner gets no SIGIO for it
		s.file.Quietly(func() { err = s.shutdown(how) })
	}
	return err
}

func (s *socket) mayShut(how int32) abi.Errno {
	switch {
	case s.link():
		return abi.EOPNOTSUPP
	case how < abi.SHUT_RD || how > abi.SHUT_RDWR || s.state == ssGone:
		return abi.EINVAL
	}
	return abi.OK
}

func (s *socket) shutdown(how int32) abi.Errno {
	err := unix.Shutdown(s.fd, int(how))
	if err == nil && how != abi.SHUT_RD {
		s.shutWr = true
	}
	if err == nil {
		s.hungUp(how)
	}
	return errno(err)
}

// ShutdownAny is Shutdown for NetBSD's programs, where a socket need not be connected: it does not send or receive any more
// (soshutdown). Error: EINVAL.
func (s *socket) ShutdownAny(how int32) abi.Errno {
	if s.state == ssGone && how == abi.SHUT_RD {
		s.shutRd = true
		return abi.OK
	}
	err := s.mayShut(how)
	if err == abi.OK {
		err = s.shutdown(how)
	}
	if err != abi.OK && err != abi.ENOTCONN {
		return err
	}
	s.shutRd = s.shutRd || how != abi.SHUT_WR
	s.shutWr = s.shutWr || how != abi.SHUT_RD
	if s.state == ssListening && s.shutWr && s.domain != abi.AF_LOCAL {
		s.state = ssGone // tcp_disconnect
	}
	if s.file != nil {
		s.file.Sel.Notify(0)
	}
	return abi.OK
}

// Msg is what a message has beside its data.
type Msg struct {
	Addr    []byte // to or from whom; nil for none
	Control []byte // in the guest's layout
	Flags   int32  // MSG_

	ControlLen int // how much control data a receiver is told of

	// What Linux has beside that. More: what follows belongs to it. Elsewhere: a datagram may go to another than the
	// socket is connected to, and an address means nothing to a connection. Whole is how long a received datagram
	// was, if MSG_TRUNC was in Flags.
	// Rights is how many descriptors there is room for after other control data; nil: by the room that there is for all.
	More, Elsewhere bool
	Whole           int
	Rights          func(before []byte) int
}

// Send sends u as sendmsg does. SIGPIPE is sent here unless the message, the file or the socket forbid it.
// Errors: EAGAIN, EPIPE, ENOTCONN, EMSGSIZE, EDESTADDRREQ, EINTR.
func (s *socket) Send(l *kern.LWP, f *kern.File, u *kern.Uio, msg *Msg) abi.Errno {
	if s.link() {
		return abi.EOPNOTSUPP
	}
	was := u.Resid
	err := s.send(l, f, u, msg)
	if err == abi.OK || u.Resid < was {
		s.countMoved(fsOf(l), true, was-u.Resid)
	}
	if err == abi.EPIPE && msg.Flags&abi.MSG_NOSIGNAL == 0 && f.Flag&abi.O_NOSIGPIPE == 0 && !s.nosigpipe {
		l.Psignal(abi.SIGPIPE)
	}
	return err
}

func (s *socket) send(l *kern.LWP, f *kern.File, u *kern.Uio, msg *Msg) abi.Errno {
	var to unix.Sockaddr
	dest := s.senders.to
	if msg.Elsewhere && s.state == ssConnected && s.connreq && (s.domain != abi.AF_LOCAL || s.typ == abi.SOCK_SEQPACKET) {
		msg.Addr = nil
	}
	if !usedAgain(l) {
		if err := s.maySend(u, msg); err != abi.OK {
			return err
		}
	}
	if msg.Addr != nil {
		if s.state == ssConnected && (s.connreq || !msg.Elsewhere) {
			return abi.EISCONN
		}
		h, done, known, err := s.dest(l, msg.Addr)
		if err != abi.OK {
			return err
		}
		defer done()
		if err := reachable(l, known); err != abi.OK {
			return err
		}
		to, dest = h, known
	}
	switch {
	case s.state == ssGone:
		return abi.EPIPE
	case s.fresh() && to == nil:
		return abi.ENOTCONN
	}
	flags := unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL
	for _, m := range [...]struct {
		nb int32
		h  int
	}{{abi.MSG_OOB, unix.MSG_OOB}, {abi.MSG_DONTROUTE, unix.MSG_DONTROUTE}, {abi.MSG_EOR, unix.MSG_EOR}} {
		if msg.Flags&m.nb != 0 {
			flags |= m.h
		}
	}
	if msg.More {
		flags |= hostMsgMore
	}
	var oob []byte
	var mate *socket
	if len(msg.Control) > 0 {
		ctl, release, err := controlToHost(l, s, msg.Control)
		if err != abi.OK {
			return err
		}
		defer release()
		oob, mate = ctl, s.marked(l, ctl, u.Resid)
	}
	oob = append(oob, s.ownCreds(l)...)
	atomic := s.typ != abi.SOCK_STREAM
	if atomic && u.Resid > 1<<20 {
		return abi.EMSGSIZE
	}
	deadline := fsOf(l).deadlineOf(s.sndtimeo)
	pause := time.Millisecond
	for first := true; first || u.Resid > 0; {
		v, err := u.Views(0)
		if !atomic && !usedAgain(l) && (err != abi.OK || u.Cut(v)) {
			v, err = s.cutSend(v)
		}
		if err != abi.OK {
			return err
		}
		want := kern.ViewsLen(v)
		if atomic && want < u.Resid {
			return abi.EFAULT
		}
		at := uint64(0)
		if mate != nil {
			at = uint64(hostNread(mate.fd))
		}
		var n int
		var herr error
		switch {
		case to == nil && oob == nil && len(v) == 1 && !s.foreign && flags == unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL && !atomic:
			n, herr = unix.Write(s.fd, v[0])
		default:
			n, herr = s.sendMsg(l, v, oob, to, flags)
		}
		switch {
		case herr == unix.EINTR:
			continue
		case herr == unix.EAGAIN && atomic && s.domain == abi.AF_LOCAL:
			// The other side's queue is full, and the host does not tell when it no longer is.
			if err := s.waitPeer(l, f, msg.Flags&abi.MSG_DONTWAIT != 0, deadline, &pause); err != abi.OK {
				return err
			}
			continue
		case herr == unix.EAGAIN:
			s.refuse()
			if err := s.wait(l, f, "netio", msg.Flags&abi.MSG_DONTWAIT != 0, deadline); err != abi.OK {
				return err
			}
			continue
		case herr != nil && len(msg.Control) > 0 && !usedAgain(l):
			return s.pktoptError(herr)
		case herr != nil:
			return errno(herr)
		}
		first = false
		if mate != nil {
			mate.marks = append(mate.marks, mark{at, want == 0})
			mate = nil
		}
		s.sent()
		s.signed(l, dest)
		if oob != nil && n == 0 && want == 0 {
			return abi.OK
		}
		oob = nil
		u.Advance(uint64(n))
		if uint64(n) < want {
			s.refuse()
		}
		if atomic {
			break
		}
	}
	return abi.OK
}

// waitPeer sleeps for a moment, and each time longer. Errors: EAGAIN when that is not wanted or time is over, EINTR,
// ERESTART.
func (s *socket) waitPeer(l *kern.LWP, f *kern.File, dontwait bool, deadline time.Time, pause *time.Duration) abi.Errno {
	if dontwait || f.Nonblock() || !deadline.IsZero() && !l.K.Timenow().Before(deadline) {
		return abi.EAGAIN
	}
	if !deadline.IsZero() && l.EndsStopped() {
		return abi.EINTR
	}
	err := l.Pause("netio", *pause, true)
	*pause = min(2**pause, 50*time.Millisecond)
	switch {
	case err == abi.EWOULDBLOCK:
		return abi.OK
	case err == abi.ERESTART && !deadline.IsZero():
		return abi.EINTR
	}
	return err
}

// Recv receives into u as recvmsg does; msg.Flags says how, and afterwards what came (MSG_TRUNC and so on).
// With room for none, control messages are dropped, which is not said to NetBSD's programs (copyout_msg_control, and
// soreceive where nobody asked for them); Linux' are told (MSG_CTRUNC). Errors: EAGAIN, EINTR, ENOTCONN, what the
// network says.
func (s *socket) Recv(l *kern.LWP, f *kern.File, u *kern.Uio, msg *Msg, controlRoom int) abi.Errno {
	if s.state == ssGone {
		msg.Flags = 0
		return abi.OK
	}
	if !usedAgain(l) {
		if done, err := s.mayReceive(u, msg.Flags); done {
			msg.Flags = 0
			return err
		}
	}
	empty := u.Resid == 0 && !usedAgain(l)
	if s.fresh() {
		if pollHost(s.fd, 0)&abi.POLLERR != 0 {
			if err := s.soError(); err != abi.OK {
				return err
			}
		}
		return abi.ENOTCONN
	}
	in := msg.Flags
	flags := unix.MSG_DONTWAIT | hostMsgCloexec
	if in&abi.MSG_OOB != 0 {
		flags |= unix.MSG_OOB
	}
	if in&abi.MSG_PEEK != 0 {
		flags |= unix.MSG_PEEK
	}
	if in&abi.MSG_TRUNC != 0 && !s.connreq {
		flags |= unix.MSG_TRUNC
	}
	msg.Flags = 0
	var oob []byte
	if controlRoom > 0 || s.opts.control() {
		oob = make([]byte, 4096)
	}
	deadline := fsOf(l).deadlineOf(s.rcvtimeo)
	silent := controlRoom <= 0 && !someRights(l)
	got, native := false, !usedAgain(l)
	if native && in&abi.MSG_WAITALL != 0 && s.typ == abi.SOCK_STREAM && f.Nonblock() && s.tooFew(u.Resid) {
		return abi.EAGAIN
	}
	for {
		v, err := u.Views(0)
		if native && (err != abi.OK || u.Cut(v)) {
			if err = abi.OK; s.faulty(v, in&abi.MSG_PEEK != 0) {
				return abi.EFAULT
			}
		}
		if err != abi.OK {
			return err
		}
		var n, oobn, rflags int
		var from unix.Sockaddr
		var herr error
		before, rights := u.Resid, native && s.atRights()
		switch ctl := oob; {
		case rights:
			n, oobn, rflags, herr = s.recvRights(u, v, oob, flags)
		case native && len(s.marks) > 0:
			if v = s.record(v); in&abi.MSG_PEEK != 0 {
				ctl = nil // the host would show descriptors that come later
			}
			fallthrough
		default:
			n, oobn, rflags, from, herr = s.recvMsg(v, ctl, flags)
			if herr == nil && in&abi.MSG_PEEK == 0 {
				s.passed(uint64(n), false)
			}
		}
		if herr == unix.EINTR {
			continue
		}
		if herr == unix.ECONNRESET && s.left(l) {
			n, oobn, herr = 0, 0, nil
		}
		if herr == unix.EAGAIN {
			if s.err != abi.OK && !got && native {
				return s.pendingError(in)
			}
			if got && (in&abi.MSG_WAITALL == 0 || l.EndsStopped()) || empty {
				return abi.OK
			}
			if err := s.wait(l, f, "netio", in&abi.MSG_DONTWAIT != 0, deadline); err != abi.OK {
				if got {
					return abi.OK
				}
				return err
			}
			continue
		}
		if herr != nil {
			if got {
				return abi.OK
			}
			return errno(herr)
		}
		if n == 0 && s.err != abi.OK && !got {
			return s.pendingError(in)
		}
		if native && n == 0 && s.typ == abi.SOCK_STREAM && len(v) > 0 && !rights {
			oobn = 0 // the end, and who sent it is not told
		}
		msg.Whole = n
		if u.Resid == before {
			u.Advance(min(uint64(n), kern.ViewsLen(v)))
		}
		s.received()
		if in&abi.MSG_PEEK == 0 {
			s.countMoved(fsOf(l), false, uint64(n))
		}
		if from != nil && (s.typ == abi.SOCK_DGRAM || s.typ == abi.SOCK_RAW) {
			msg.Addr = fsOf(l).sockaddrToGuest(l.Model(), from)
		}
		if len(msg.Addr) == 0 && s.domain == abi.AF_LOCAL && s.typ == abi.SOCK_DGRAM && !usedAgain(l) {
			msg.Addr = []byte{2, abi.AF_LOCAL} // sun_noname
		}
		for _, m := range [...]struct {
			h  int
			nb int32
		}{{unix.MSG_OOB, abi.MSG_OOB}, {unix.MSG_EOR, abi.MSG_EOR}, {unix.MSG_TRUNC, abi.MSG_TRUNC}, {unix.MSG_CTRUNC, abi.MSG_CTRUNC}} {
			if rflags&m.h != 0 && !(silent && m.nb == abi.MSG_CTRUNC) {
				msg.Flags |= m.nb
			}
		}
		if native && u.Resid == 0 && len(v) == 0 && !s.connreq {
			msg.Flags |= abi.MSG_TRUNC // its first byte is not asked for
		}
		if oobn > 0 {
			ctl, size, truncated, err := controlToGuest(l, s, oob[:oobn], controlRoom-msg.ControlLen, in, msg.Rights)
			if err != abi.OK {
				return err
			}
			msg.Control = append(msg.Control, ctl...)
			msg.ControlLen += size
			if truncated && !silent {
				msg.Flags |= abi.MSG_CTRUNC
			}
		}
		got = true
		if n == 0 || u.Resid == 0 || in&abi.MSG_WAITALL == 0 || native && s.atRights() || s.typ != abi.SOCK_STREAM || len(msg.Control) > 0 || in&abi.MSG_PEEK != 0 {
			return abi.OK
		}
	}
}

// left reports whether a reset is the end and no error: Linux has one where the other end of a local connection was closed
// with something unread.
func (s *socket) left(l *kern.LWP) bool {
	return s.domain == abi.AF_LOCAL && s.connreq && s.state != ssConnecting && !usedAgain(l)
}

// Read is part of kern.FileOps.
func (s *socket) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	if s.fresh() || s.foreign || len(s.marks) > 0 || s.opts.control() || s.shutRd || s.state == ssListening || u.Resid == 0 {
		var msg Msg
		return s.Recv(l, f, u, &msg, 0)
	}
	deadline := fsOf(l).deadlineOf(s.rcvtimeo)
	for {
		v, err := u.Views(0)
		if err != abi.OK || u.Cut(v) {
			return s.Recv(l, f, u, &Msg{}, 0)
		}
		var n int
		var herr error
		if len(v) == 1 {
			n, herr = unix.Read(s.fd, v[0])
		} else {
			n, herr = hostReadv(s.fd, v)
		}
		if herr == unix.ECONNRESET && s.left(l) {
			n, herr = 0, nil
		}
		switch herr {
		case nil:
			if n == 0 && s.err != abi.OK {
				return s.soError()
			}
			u.Advance(uint64(n))
			s.received()
			return abi.OK
		case unix.EINTR:
		case unix.EAGAIN:
			if err := s.wait(l, f, "netio", false, deadline); err != abi.OK {
				return err
			}
		default:
			return errno(herr)
		}
	}
}

// Write is part of kern.FileOps; who called it sends SIGPIPE.
func (s *socket) Write(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	if s.nosigpipe {
		f.Flag |= abi.O_NOSIGPIPE
	}
	return s.send(l, f, u, &Msg{})
}
