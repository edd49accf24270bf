package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// What sosend and soreceive look at before the host is asked, and what NetBSD knows of the records in a socket's buffer and the
// host does not.

// mark is where in a local stream's buffer descriptors are, counted in bytes from its beginning. On NetBSD what they were sent with
// begins a record, and nothing is received beyond the end of one; the host goes on until it has found some. empty: they were sent
// alone, and the host has a byte in place of what there is not.
type mark struct {
	at    uint64
	empty bool
}

// marked is the socket at whose end a program's descriptors must be noted that are sent to a stream; nil for none. What processes
// of the host send is not known, and comes as the host has it.
func (s *socket) marked(l *kern.LWP, oob []byte, n uint64) *socket {
	if len(oob) == 0 || s.domain != abi.AF_LOCAL || s.typ != abi.SOCK_STREAM || n == 0 && usedAgain(l) {
		return nil
	}
	return s.senders.mate
}

// passed moves the marks when n bytes were taken out of the buffer, and forgets those of what came. first: the descriptors at the
// beginning came.
func (s *socket) passed(n uint64, first bool) {
	for len(s.marks) > 0 && (s.marks[0].at < n || first) {
		s.marks, first = s.marks[1:], false
	}
	for i := range s.marks {
		s.marks[i].at -= n
	}
}

// atRights reports whether descriptors come first.
func (s *socket) atRights() bool { return len(s.marks) > 0 && s.marks[0].at == 0 }

// record is the part of v that can be filled before the next record begins.
func (s *socket) record(v [][]byte) [][]byte {
	for _, m := range s.marks {
		if m.at > 0 {
			return firstViews(v, m.at)
		}
	}
	return v
}

// recvRights receives descriptors that come first and what they were sent with.
func (s *socket) recvRights(u *kern.Uio, v [][]byte, oob []byte, flags int) (n, oobn, rflags int, herr error) {
	empty := s.marks[0].empty
	if v = s.record(v); empty {
		v = [][]byte{make([]byte, 1)}
	}
	n, oobn, rflags, _, herr = s.recvMsg(v, oob, flags)
	if herr != nil {
		return n, oobn, rflags, herr
	}
	took := uint64(n)
	if empty {
		if n == 1 && oobn == 0 && rflags&unix.MSG_CTRUNC == 0 { // somebody else has received them
			if dst, err := u.Views(1); err == abi.OK && len(dst) > 0 {
				copy(dst[0], v[0])
			}
		} else {
			n = 0
		}
	}
	if flags&unix.MSG_PEEK != 0 {
		return n, oobn, rflags, nil
	}
	s.passed(took, true)
	// The host has stopped where the descriptors' own data ends.
	u.Advance(uint64(n))
	if v, err := u.Views(0); err == abi.OK && kern.ViewsLen(v) > 0 && !s.atRights() {
		if more, herr := hostReadv(s.fd, s.record(v)); herr == nil && more > 0 {
			s.passed(uint64(more), false)
			u.Advance(uint64(more))
		}
	}
	return n, oobn, rflags, nil
}

// firstViews are the first n bytes of v.
func firstViews(v [][]byte, n uint64) (out [][]byte) {
	for _, b := range v {
		if n == 0 {
			break
		}
		b = b[:min(uint64(len(b)), n)]
		n -= uint64(len(b))
		out = append(out, b)
	}
	return out
}

// ahead is how long the next message is, or how many bytes of a stream there are. Error: EAGAIN, and the host's.
func (s *socket) ahead() (uint64, error) {
	if s.typ == abi.SOCK_STREAM {
		return uint64(max(hostNread(s.fd), 0)), nil
	}
	n, _, _, _, err := unix.Recvmsg(s.fd, nil, nil, unix.MSG_PEEK|unix.MSG_TRUNC|unix.MSG_DONTWAIT)
	return uint64(max(n, 0)), err
}

// faulty reports whether what comes next ends where the program's memory does, of which v is what there is. Then it goes, if it
// is a datagram, and so do descriptors that come first (soreceive).
func (s *socket) faulty(v [][]byte, peek bool) bool {
	if n, herr := s.ahead(); herr != nil || n <= kern.ViewsLen(v) {
		return false
	}
	switch {
	case peek:
	case !s.connreq:
		_, _, _, _, _ = unix.Recvmsg(s.fd, nil, nil, unix.MSG_DONTWAIT)
	case s.atRights():
		if _, _, herr := mem.RecvControl(s.fd, nil, unix.MSG_DONTWAIT); herr == nil {
			s.passed(0, true)
		}
	}
	return true
}

// tooFew reports whether a stream that does not wait has not got all that MSG_WAITALL asks for, though it could come: nothing
// is received then, unless a record ends or nothing more comes.
func (s *socket) tooFew(want uint64) bool {
	n := hostNread(s.fd)
	if n <= 0 || uint64(n) >= want {
		return false
	}
	if room, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF); err != nil || want > uint64(room) {
		return false
	}
	if _, hup := pollSocket(s.fd); hup {
		return false
	}
	for _, m := range s.marks {
		if m.at > 0 {
			return false // there is another record
		}
	}
	return true
}

// recvMsg is the host's recvmsg(2).
func (s *socket) recvMsg(v [][]byte, oob []byte, flags int) (n, oobn, rflags int, from unix.Sockaddr, err error) {
	if kern.ViewsLen(v) == 0 && len(oob) > 0 && s.connreq {
		oobn, rflags, err = mem.RecvControl(s.fd, oob, flags)
		return 0, oobn, rflags, nil, err
	}
	return unix.RecvmsgBuffers(s.fd, v, oob, flags)
}

// sendMsg is the host's sendmsg(2). A message of a sequence can be of control data alone; of a stream the host throws that away.
func (s *socket) sendMsg(l *kern.LWP, v [][]byte, oob []byte, to unix.Sockaddr, flags int) (int, error) {
	if kern.ViewsLen(v) == 0 && len(oob) > 0 && s.connreq && (s.typ == abi.SOCK_SEQPACKET || usedAgain(l)) {
		return 0, mem.SendControl(s.fd, oob, flags)
	}
	return unix.SendmsgBuffers(s.fd, v, oob, to, flags)
}

// maySend is what sosend looks at before all else: whether the socket sends any more, and to whom. A connection does not look
// at the address of a message.
func (s *socket) maySend(u *kern.Uio, msg *Msg) abi.Errno {
	switch {
	case s.shutWr:
		return abi.EPIPE
	case s.err != abi.OK && s.typ == abi.SOCK_STREAM && s.state == ssConnected && s.disconnected():
		return abi.EPIPE // soisdisconnected ends sending before anybody looks at the error, which stays
	case s.err != abi.OK:
		return s.soError()
	case s.connreq && (s.fresh() || s.state == ssListening):
		if u.Resid == 0 && len(msg.Control) > 0 {
			return abi.OK
		}
		return abi.ENOTCONN
	case !s.connreq && s.state != ssConnected && msg.Addr == nil:
		return abi.EDESTADDRREQ
	case s.connreq && s.state == ssConnected:
		msg.Addr = nil
	}
	if s.nobody(msg) {
		return abi.EPIPE
	}
	if msg.Flags&abi.MSG_OOB != 0 && (s.domain == abi.AF_LOCAL || s.typ != abi.SOCK_STREAM) {
		return abi.EOPNOTSUPP
	}
	return abi.OK
}

// nobody reports whether nobody is at the other end any more, where the message would else be refused for what it is.
func (s *socket) nobody(msg *Msg) bool {
	return (len(msg.Control) > 0 || msg.Flags&abi.MSG_OOB != 0) && s.domain == abi.AF_LOCAL && s.connreq &&
		s.state == ssConnected && s.disconnected()
}

// cluster is how much a stream takes of a message at once (MCLBYTES).
const cluster = 2048

// cutSend is what a stream takes of a message of which v is what there is: it takes it piece by piece, and finds out when it
// copies one. Errors: EPIPE; EFAULT if that is the first one.
func (s *socket) cutSend(v [][]byte) ([][]byte, abi.Errno) {
	v = firstViews(v, kern.ViewsLen(v)/cluster*cluster)
	switch {
	case len(v) > 0:
		return v, abi.OK
	case s.domain == abi.AF_LOCAL && s.connreq && s.disconnected():
		return nil, abi.EPIPE
	}
	return nil, abi.EFAULT
}

// mayReceive is maySend's other half (soreceive). done reports whether nothing comes and the call ends with err.
func (s *socket) mayReceive(u *kern.Uio, flags int32) (done bool, err abi.Errno) {
	tcp := s.typ == abi.SOCK_STREAM && s.domain != abi.AF_LOCAL
	switch {
	case flags&abi.MSG_OOB != 0 && !tcp:
		return true, abi.EOPNOTSUPP
	case flags&abi.MSG_OOB != 0 && s.state != ssConnected && s.state != ssConnecting:
		return true, abi.EINVAL
	case s.err != abi.OK && (s.shutRd || s.state == ssListening || s.fresh()):
		return true, s.pendingError(flags)
	case s.shutRd:
		return true, abi.OK
	case s.state == ssListening:
		return true, abi.ENOTCONN
	case u.Resid == 0 && s.typ == abi.SOCK_STREAM && !s.fresh() && !s.atRights():
		return true, abi.OK
	}
	return false, abi.OK
}

// pendingError takes the pending error, but not for a look.
func (s *socket) pendingError(flags int32) abi.Errno {
	if flags&abi.MSG_PEEK != 0 {
		return s.err
	}
	return s.soError()
}

// SetError leaves an error for the next call (so_error).
func (s *socket) SetError(err abi.Errno) { s.err = err }
