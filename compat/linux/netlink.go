package linux

import (
	"fmt"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Sockets of netlink (net/netlink/af_netlink.c): of route, which tells of the host's links, addresses and routes and changes
// nothing (rtnetlink.go). Nothing is heard of changes. By such a socket mq_notify wakes a thread of the C library's, too.

const (
	afNetlink = 16
	afPacket  = 17

	netlinkRoute = 0
	sockRaw      = 3 // types, as asm-generic has them
	sockDgram    = 2

	solNetlink      = 270
	netlinkAdd      = 1 // NETLINK_ADD_MEMBERSHIP, _DROP_MEMBERSHIP
	netlinkDrop     = 2
	netlinkCapAck   = 10 // an error does not repeat the request
	netlinkExtAck   = 11
	netlinkStrict   = 12
	netlinkMaxQueue = 4 << 20

	sockaddrNl = 12
)

// netlink is such a socket.
type netlink struct {
	kern.BadOps
	f      *kern.File
	port   uint32 // 0 before it is bound
	groups uint32
	queue  [][]byte
	queued int
	sndbuf uint32
	rcvbuf uint32
	capAck bool
	strict bool // dumps are of what the request asks for
	rcvto  time.Duration
}

// netlinkTable has a machine's ports.
type netlinkTable struct{ ports map[uint32]*netlink }

func netlinkOf(k *kern.Kernel) *netlinkTable {
	return k.Extra("linux netlink", func() any { return &netlinkTable{map[uint32]*netlink{}} }).(*netlinkTable)
}

// newNetlink is socket(AF_NETLINK, type, protocol). Errors: ESOCKTNOSUPPORT, EPROTONOSUPPORT.
func newNetlink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	typ := int32(a[1])
	switch {
	case typ&^(sockTypeMask|sockNonblock|sockCloexec) != 0:
		return ret(abi.EINVAL)
	case typ&sockTypeMask != sockRaw && typ&sockTypeMask != sockDgram:
		return ret(abi.ESOCKTNOSUPPORT)
	case int32(a[2]) != netlinkRoute:
		return ret(abi.EPROTONOSUPPORT)
	}
	n := &netlink{sndbuf: 212992, rcvbuf: 212992}
	n.f = kern.NewFile(l, n, abi.FREAD|abi.FWRITE|oflagsIn(typ&sockNonblock))
	return retFd(l.Install(n.f, typ&sockCloexec != 0))
}

// withNetlink calls f with the socket of a descriptor. Errors: EBADF, ENOTSOCK.
func withNetlink(l *kern.LWP, fd uint64, f func(n *netlink) abi.Errno) abi.Errno {
	fp, err := l.Getfile(int32(fd))
	if err != abi.OK {
		return err
	}
	defer fp.Done(l)
	n, ok := fp.Ops.(*netlink)
	if !ok {
		return abi.ENOTSOCK
	}
	return f(n)
}

func (*netlink) Type() string { return "socket" }

// TraceName is what strace -yy shows of the socket.
func (o *netlink) TraceName() string { return fmt.Sprintf("NETLINK:[%d]", o.f.Serial) }

func (n *netlink) Stat(_ *kern.LWP, f *kern.File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: abi.S_IFSOCK | 0777, Nlink: 1, Blksize: 4096}
	if f.Cred != nil {
		st.Uid, st.Gid = f.Cred.Euid, f.Cred.Egid
	}
	return abi.OK
}

func (n *netlink) Close(*kern.LWP, *kern.File) abi.Errno {
	if n.port != 0 {
		delete(netlinkOf(n.f.K).ports, n.port)
	}
	n.keep(-n.queued)
	n.queue = nil
	return abi.OK
}

func (n *netlink) Poll(_ *kern.LWP, f *kern.File, events int16, sr *kern.SelRecord) (r int16) {
	r = events & (abi.POLLOUT | abi.POLLWRNORM | abi.POLLWRBAND)
	if len(n.queue) > 0 {
		r |= events & (abi.POLLIN | abi.POLLRDNORM)
	}
	if r == 0 {
		sr.Record(&f.Sel)
	}
	return r
}

func (n *netlink) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno {
	switch kn.Kev.Filter {
	case abi.EVFILT_READ:
		kn.Attach(&f.Sel.Klist, func(kn *kern.Knote, _ int64) bool {
			if len(n.queue) == 0 {
				return false
			}
			kn.Kev.Data = int64(len(n.queue[0]))
			return true
		})
	case abi.EVFILT_WRITE:
		kn.Attach(&f.Sel.Klist, func(*kern.Knote, int64) bool { return true })
	default:
		return abi.EINVAL
	}
	return abi.OK
}

func (n *netlink) Ioctl(l *kern.LWP, _ *kern.File, cmd uint32, data []byte) abi.Errno {
	switch cmd {
	case abi.FIONBIO, abi.FIOASYNC:
		return abi.OK
	case abi.FIONREAD:
		size := 0
		if len(n.queue) > 0 {
			size = len(n.queue[0])
		}
		l.Model().PutUint(data, 4, uint64(size))
		return abi.OK
	}
	return abi.EPASSTHROUGH
}

func (n *netlink) Read(l *kern.LWP, _ *kern.File, u *kern.Uio) abi.Errno {
	_, _, err := n.recv(l, u, 0)
	return err
}

func (n *netlink) Write(l *kern.LWP, _ *kern.File, u *kern.Uio) abi.Errno { return n.send(l, u) }

// put queues a message; what there is no room for is lost, as on Linux.
func (n *netlink) put(b []byte) {
	if n.queued+len(b) > netlinkMaxQueue || !mem.KernelRoom(int64(len(b))) {
		return
	}
	n.queue = append(n.queue, b)
	n.keep(len(b))
	n.f.Sel.Notify(kern.HostIn)
	n.f.Sigio(abi.POLL_IN)
}

// keep counts bytes that are queued, or no longer.
func (n *netlink) keep(bytes int) {
	n.queued += bytes
	mem.KernelUse(int64(bytes))
}

// autobind gives the socket a port: its process's number if that is free.
func (n *netlink) autobind(l *kern.LWP) {
	if n.port != 0 {
		return
	}
	t := netlinkOf(l.K)
	port := uint32(pidOut(l, l.Proc.PID))
	for t.ports[port] != nil || port == 0 {
		var b [4]byte
		l.K.Random(b[:])
		port = le.Uint32(b[:]) | 1<<31
	}
	n.port = port
	t.ports[port] = n
}

// send takes requests. Errors: ENOBUFS, EFAULT.
func (n *netlink) send(l *kern.LWP, u *kern.Uio) abi.Errno {
	const most = 1 << 20
	if u.Resid > most {
		return abi.EMSGSIZE
	}
	n.autobind(l)
	b := make([]byte, u.Resid)
	if _, err := u.Move(b); err != abi.OK {
		return err
	}
	n.requests(l, b)
	return abi.OK
}

// recv moves one message, of which what there is no room for is lost, and returns its length and whether there was too
// little room. Flags are native. Errors: EAGAIN, EINTR, ERESTART, EFAULT.
func (n *netlink) recv(l *kern.LWP, u *kern.Uio, flags int32) (size int, cut bool, err abi.Errno) {
	var deadline time.Time
	if n.rcvto > 0 {
		deadline = l.K.Timenow().Add(n.rcvto)
	}
	for len(n.queue) == 0 {
		if flags&abi.MSG_DONTWAIT != 0 || n.f.Nonblock() {
			return 0, false, abi.EAGAIN
		}
		switch err := n.f.Sleep(l, &n.f.Sel.Q, "netlink", deadline); err {
		case abi.OK:
		case abi.EWOULDBLOCK:
			return 0, false, abi.EAGAIN
		default:
			return 0, false, err
		}
	}
	b := n.queue[0]
	if flags&abi.MSG_PEEK == 0 {
		n.queue = n.queue[1:]
		n.keep(-len(b))
		if len(n.queue) == 0 {
			n.f.Sel.Notify(0)
		}
	}
	cut = uint64(len(b)) > u.Resid
	_, err = u.Move(b[:min(uint64(len(b)), u.Resid)])
	return len(b), cut, err
}

// address is a struct sockaddr_nl, whose family addrOut stores.
func (n *netlink) address(m *abi.Model, port, groups uint32) []byte {
	b := make([]byte, sockaddrNl)
	b[0], b[1] = sockaddrNl, afNetlink
	m.PutUint(b[4:], 4, uint64(port))
	m.PutUint(b[8:], 4, uint64(groups))
	return b
}

// bind is bind(2). Errors: EINVAL, EADDRINUSE, EFAULT.
func (n *netlink) bind(l *kern.LWP, va, size uint64) abi.Errno {
	if uint32(size) < sockaddrNl {
		return abi.EINVAL
	}
	b := make([]byte, sockaddrNl)
	if err := l.Copyin(b, va); err != abi.OK {
		return err
	}
	m := l.Model()
	if m.Uint(b, 2) != afNetlink {
		return abi.EINVAL
	}
	port := uint32(m.Uint(b[4:], 4))
	switch t := netlinkOf(l.K); {
	case n.port != 0 && port != n.port && port != 0:
		return abi.EINVAL
	case n.port != 0 || port == 0:
	case t.ports[port] != nil:
		return abi.EADDRINUSE
	default:
		n.port = port
		t.ports[port] = n
	}
	n.autobind(l)
	n.groups = uint32(m.Uint(b[8:], 4))
	return abi.OK
}

// connect says where messages go: to the kernel. Errors: EINVAL; ECONNREFUSED for another socket's port.
func (n *netlink) connect(l *kern.LWP, va, size uint64) abi.Errno {
	if uint32(size) < sockaddrNl {
		return abi.EINVAL
	}
	b := make([]byte, sockaddrNl)
	if err := l.Copyin(b, va); err != abi.OK {
		return err
	}
	switch m := l.Model(); {
	case m.Uint(b, 2) == afUnspec:
	case m.Uint(b, 2) != afNetlink:
		return abi.EINVAL
	case m.Uint(b[4:], 4) != 0:
		return abi.ECONNREFUSED
	}
	n.autobind(l)
	return abi.OK
}

// option is setsockopt, whose level and name are generic. Errors: ENOPROTOOPT, EINVAL.
func (n *netlink) option(l *kern.LWP, level, name int32, val []byte) abi.Errno {
	if len(val) < 4 {
		return abi.EINVAL
	}
	v := uint32(l.Model().Uint(val, 4))
	switch {
	case level == solSocket && (name == soRcvbuf || name == soRcvbufforce):
		n.rcvbuf = max(2*v, 2304)
	case level == solSocket && (name == soSndbuf || name == soSndbufforce):
		n.sndbuf = max(2*v, 4608)
	case level == solSocket && name == soRcvtimeo:
		var tv abi.Timeval
		if len(val) < l.Model().Sizeof(&tv) {
			return abi.EINVAL
		}
		l.Model().Unmarshal(val, &tv)
		n.rcvto = tv.Timespec().Duration()
	case level == solNetlink && (name == netlinkAdd || name == netlinkDrop):
		if v == 0 || v > 1<<12 {
			return abi.EINVAL
		}
	case level == solNetlink && name == netlinkCapAck:
		n.capAck = v != 0
	case level == solNetlink && name == netlinkExtAck: // there is nothing more to say of errors
	case level == solNetlink && name == netlinkStrict:
		n.strict = v != 0
	default:
		return abi.ENOPROTOOPT
	}
	return abi.OK
}

// optionOf is getsockopt. Error: ENOPROTOOPT.
func (n *netlink) optionOf(level, name int32) (uint32, abi.Errno) {
	if level != solSocket {
		return 0, abi.ENOPROTOOPT
	}
	switch name {
	case soRcvbuf:
		return n.rcvbuf, abi.OK
	case soSndbuf:
		return n.sndbuf, abi.OK
	case soType:
		return sockRaw, abi.OK
	case soDomain:
		return afNetlink, abi.OK
	case soError, soProtocol, soAcceptconn:
		return 0, abi.OK
	}
	return 0, abi.ENOPROTOOPT
}
