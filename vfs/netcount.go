package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
)

// NetCounts are what the machine's sockets of the Internet have done: what happens below them is the host's, and not
// counted.
type NetCounts struct {
	Attempts, Accepts, Connects, Closed uint64    // TCP's connections
	SentBytes, ReceivedBytes            uint64    // TCP's
	SentDatagrams, ReceivedDatagrams    [2]uint64 // UDP's, over IPv4 and IPv6
}

// Counts returns what was counted so far. Preconditions: kernel lock.
func Counts(k *kern.Kernel) NetCounts {
	if fs, ok := k.VFS.(*FS); ok {
		return fs.netCounts
	}
	return NetCounts{} // a kernel without files, in tests
}

// inet reports whether the socket is of that type and of the Internet, and 1 for its version 6.
func (s *socket) inet(typ int32) (v6 int, ok bool) {
	if s.typ != typ || s.domain != abi.AF_INET && s.domain != abi.AF_INET6 {
		return 0, false
	}
	return boolInt(s.domain == abi.AF_INET6), true
}

// countTCP adds one to a counter if the socket is TCP's.
func (s *socket) countTCP(n *uint64) {
	if _, ok := s.inet(abi.SOCK_STREAM); ok {
		*n++
	}
}

// countMoved counts what a send or receive moved.
func (s *socket) countMoved(fs *FS, sent bool, n uint64) {
	c := &fs.netCounts
	bytes, datagrams := &c.ReceivedBytes, &c.ReceivedDatagrams
	if sent {
		bytes, datagrams = &c.SentBytes, &c.SentDatagrams
	}
	if _, ok := s.inet(abi.SOCK_STREAM); ok {
		*bytes += n
	} else if v6, ok := s.inet(abi.SOCK_DGRAM); ok {
		datagrams[v6]++
	}
}
