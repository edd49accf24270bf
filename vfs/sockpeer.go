package vfs

import (
	"os"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Who is at the other end of a local socket: for the host all of a machine's processes are nbemu's user. So who bound a
// socket and who connected to it is kept here, and the host is believed about other processes of its own only.

// peerQueue is what a listening socket knows of those who connected to it from inside and were not accepted yet, the
// first one first, which is the host's order too.
type peerQueue struct {
	owner abi.Unpcbid // who bound it
	queue []connecting

	sandbox kern.Sandbox // who bound it has
	sock    *socket      // that was bound
}

// connecting is a socket that was connected and waits to be accepted, and whose it is.
type connecting struct {
	abi.Unpcbid
	sock *socket
}

// senders is who sent messages to a local socket, for LOCAL_CREDS: to the host they are all from nbemu. It has one for each
// datagram that is in the queue, in the order in which they came, and of a stream the last.
type senders struct {
	queue []sender
	mate  *socket // the other end of socketpair(2), or of a connection from inside
	to    peerKey // what the socket is connected to
}

// sender is a process that sent a message, and what it was then.
type sender struct {
	abi.Unpcbid
	cred *kern.Cred // nil if it was not noted
}

// maxSenders bounds the queue: the host keeps fewer datagrams of one socket.
const maxSenders = 4096

// signed notes that l's process has sent a message, to dest if s is not one of a pair.
func (s *socket) signed(l *kern.LWP, dest peerKey) {
	t := s.senders.mate
	if t == nil && s.domain == abi.AF_LOCAL {
		if q := fsOf(l).peers[dest]; q != nil {
			t = q.sock
		}
	}
	if t == nil || !t.opts.creds {
		return
	}
	if q := &t.senders.queue; t.typ == abi.SOCK_STREAM {
		*q = append((*q)[:0], sender{idOf(l), l.Proc.Cred})
	} else if len(*q) < maxSenders {
		*q = append(*q, sender{idOf(l), l.Proc.Cred})
	}
}

// signer is who sent the message that is received, or looked at with peek; nil if that was not noted.
func (s *socket) signer(peek bool) *sender {
	q := &s.senders.queue
	if len(*q) == 0 {
		if s.peerID == nil {
			return nil
		}
		return &sender{*s.peerID, nil}
	}
	id := (*q)[0]
	if s.typ != abi.SOCK_STREAM && !peek {
		*q = (*q)[1:]
	}
	return &id
}

// peerKey is what a local socket is known by: the file it is bound to, or the host's name that is no file.
type peerKey struct {
	file mem.FileKey
	name string
}

// idOf is how l's process is told to others.
func idOf(l *kern.LWP) abi.Unpcbid {
	return abi.Unpcbid{Pid: l.Proc.PID, Euid: l.Proc.Cred.Euid, Egid: l.Proc.Cred.Egid}
}

// boundTo notes that l's process bound s.
func (s *socket) boundTo(l *kern.LWP, k peerKey) {
	s.known = k
	fsOf(l).peers[k] = &peerQueue{owner: idOf(l), sandbox: l.Sandbox, sock: s}
}

// connectedTo notes that l's process connected s to what is known by k.
func (s *socket) connectedTo(l *kern.LWP, k peerKey) {
	q := fsOf(l).peers[k]
	if q == nil {
		return
	}
	owner := q.owner
	s.peerID = &owner
	s.senders.to = k
	if s.connreq {
		q.queue = append(q.queue, connecting{idOf(l), s})
	}
}

// accepted notes who is at the other end of ns, which s accepted.
func (s *socket) accepted(fs *FS, ns *socket) {
	q := fs.peers[s.known]
	if q == nil || len(q.queue) == 0 || !fromUs(ns.fd) {
		return
	}
	c := q.queue[0]
	q.queue = q.queue[1:]
	ns.peerID = &c.Unpcbid
	if c.sock.fd >= 0 && fs.sockets[c.sock.key] == c.sock {
		ns.senders.mate, c.sock.senders.mate = c.sock, ns
	}
}

// parted forgets who is at the other end.
func (s *socket) parted() {
	if m := s.senders.mate; m != nil {
		m.senders.mate, s.senders.mate = nil, nil
	}
	s.marks = nil
}

// fromUs reports whether the host takes nbemu itself to be at the other end.
func fromUs(fd int) bool {
	pid, _, _, err := hostPeerCred(fd)
	return err == nil && int(pid) == os.Getpid()
}

// peerIDs gives who is at the other end. Errors: the host's, ENOTCONN.
func (s *socket) peerIDs(fs *FS) (abi.Unpcbid, abi.Errno) {
	if s.peerID != nil {
		return *s.peerID, abi.OK
	}
	pid, uid, gid, err := hostPeerCred(s.fd)
	if err != nil {
		return abi.Unpcbid{}, errno(err)
	}
	id := abi.Unpcbid{Pid: pid, Euid: uid, Egid: gid}
	if int(pid) == os.Getpid() {
		fs.userIDs(&id.Euid, &id.Egid)
	}
	return id, abi.OK
}

// userIDs puts the first program's ids in place of nbemu's own.
func (fs *FS) userIDs(uid, gid *uint32) {
	if fs.guest.user == nil {
		return
	}
	if *uid == fs.guest.host.Euid {
		*uid = fs.guest.user.Euid
	}
	if *gid == fs.guest.host.Egid {
		*gid = fs.guest.user.Egid
	}
}

// trueCreds corrects what the host says about the sender of a message, and returns what is known of it beside that.
func (s *socket) trueCreds(fs *FS, c *abi.Sockcred, peek bool) *kern.Cred {
	if int(c.Pid) != os.Getpid() && (c.Pid != 0 || s.peerID == nil) { // 0: it was sent before anybody asked
		return nil
	}
	if id := s.signer(peek); id != nil {
		c.Pid, c.Uid, c.Euid, c.Gid, c.Egid = id.Pid, id.Euid, id.Euid, id.Egid, id.Egid
		return id.cred
	}
	c.Pid = 0 // a process of ours; which one nobody has noted
	fs.userIDs(&c.Uid, &c.Gid)
	c.Euid, c.Egid = c.Uid, c.Gid
	return nil
}

// sockcred is a struct sockcred of whom the host takes for the sender, with the groups if it is one of ours; there is room for one
// group always (SOCKCREDSIZE).
func (s *socket) sockcred(l *kern.LWP, c abi.Sockcred, peek bool) []byte {
	m := l.Model()
	var groups []uint32
	if cred := s.trueCreds(fsOf(l), &c, peek); cred != nil {
		groups = cred.Groups
		c.Uid, c.Gid = cred.Ruid, cred.Rgid
	}
	c.Ngroups = int32(len(groups))
	b := m.Bytes(&c)
	for _, g := range append(groups, 0)[:max(len(groups), 1)] {
		var w [4]byte
		m.PutUint(w[:], 4, uint64(g))
		b = append(b, w[:]...)
	}
	return b
}

// ownCreds is a control message that tells the receiver of a message whose it is, where nbemu may say that; nil where
// it need not.
func (s *socket) ownCreds(l *kern.LWP) []byte {
	if s.domain != abi.AF_LOCAL || s.typ != abi.SOCK_DGRAM || !hostPowers(l) {
		return nil
	}
	return hostCreds(l.Proc.Cred.Euid, l.Proc.Cred.Egid)
}

// privilegedPort refuses what only root may do with sockets where the host would allow it: it sees nbemu's user. Errors:
// EACCES for a port below 1024.
func privilegedPort(l *kern.LWP, sa unix.Sockaddr) abi.Errno {
	port := 0
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		port = a.Port
	case *unix.SockaddrInet6:
		port = a.Port
	}
	if h := fsOf(l).guest.host; port > 0 && port < 1024 && h != nil && h.IsRoot() && !l.Proc.Cred.May(kern.RightBind) {
		return abi.EACCES
	}
	return abi.OK
}
