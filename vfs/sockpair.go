package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Sockets whose other end is one of ours too. Whoever sends tells those that wait at the other end directly; by way
// of the host's poller the news would take a host thread's wakeup. A pair made by socketpair(2) does without the
// poller altogether, until one of its ends may have got out of here.

// joinPair joins the two ends of a new socketpair(2). Local sockets with connections alone: others can be sent to from
// anywhere.
func joinPair(a, b *socket) {
	if a.connreq {
		a.peer, b.peer = b, a
	}
}

// unpair makes both ends listen to the host, when one of them can come to be used from elsewhere.
func (s *socket) unpair() {
	p := s.peer
	if p == nil {
		return
	}
	s.peer, p.peer = nil, nil
	s.watched(s.file)
	p.watched(p.file)
}

// sent tells the other end that there is something to read.
func (s *socket) sent() {
	if p := s.peer; p != nil {
		p.file.Sel.Event(kern.HostIn)
	}
}

// received tells the other end that there is room, if somebody waits for it.
func (s *socket) received() {
	if p := s.peer; p != nil && p.wblocked {
		p.file.Sel.Event(kern.HostOut)
	}
}

// hungUp tells both ends that one was shut down. The other's owner gets no SIGIO for what is not received any more.
func (s *socket) hungUp(how int32) {
	p := s.peer
	switch {
	case p == nil:
		if s.file != nil {
			s.file.Sel.Notify(0)
		}
		return
	case how == abi.SHUT_RD:
		p.file.Sel.Notify(kern.HostIn | kern.HostOut | kern.HostHup)
	default:
		p.file.Sel.Event(kern.HostIn | kern.HostOut | kern.HostHup)
	}
	s.file.Sel.Event(kern.HostIn | kern.HostOut | kern.HostHup)
}

// part is for the end that is closed: the other is alone.
func (s *socket) part() {
	if p := s.peer; p != nil {
		s.peer, p.peer = nil, nil
		p.file.Sel.Event(kern.HostIn | kern.HostOut | kern.HostHup)
	}
}
