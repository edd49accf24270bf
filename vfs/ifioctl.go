package vfs

import (
	"bytes"
	"math"

	"nbemu/abi"
	"nbemu/hostnet"
	"nbemu/kern"
)

// Requests about interfaces (sys/sockio.h, netinet6/in6_var.h) by their number; the size of the argument is that of the
// family's structure and of the program's data model.
const (
	numGIFMETRIC    = 23
	numGIFALIAS     = 27
	numGLIFADDR     = 29
	numGIFADDRPREF  = 32
	numGIFADDR      = 33
	numGIFDSTADDR   = 34
	numGIFBRDADDR   = 35
	numGIFNETMASK   = 37
	numGIFCONF      = 38
	numGIFAFLAG     = 39
	numGIFFLAGS     = 17
	numGIFAFLAG6    = 73
	numGIFLIFETIME6 = 106
	numGIFCAP       = 118
	numGIFDLT       = 119
	numIFGCLONERS   = 120
	numGIFMTU       = 126
	numGIFDATA      = 133
	numGIFINDEX     = 140
)

const (
	ifNameLen = 16
	ifreqLen  = ifNameLen + 128 // struct ifreq: the name, and room for the longest address

	iflrActive  = 0x4000
	iflrFactory = 0x2000

	dltNull     = 0
	dltEthernet = 1
)

// ifioctl answers questions about interfaces (doifioctl of net/if.c, in_control, in6_control, link_control). A request is
// known by its number, direction and size. The network is the host's and its administrator's, so that nothing of it can
// be set: EPERM, as for a user without privileges. Errors: ENXIO, EADDRNOTAVAIL, EINVAL, EOPNOTSUPP.
func (s *socket) ifioctl(l *kern.LWP, cmd uint32, data []byte) abi.Errno {
	if cmd&abi.IOC_DIRMASK == abi.IOC_IN {
		return abi.EPERM
	}
	q := &ifQuery{l: l, m: l.Model(), data: data, family: uint8(s.domain)}
	num, size := uint8(cmd), abi.IOCLen(cmd)
	known := cmd&abi.IOC_DIRMASK == abi.IOC_INOUT && q.fits(num, size)
	switch {
	case known && num == numGIFCONF:
		return q.conf()
	case known && (num == numOGIFCONF || num == numOOGIFCONF):
		return q.oldConf(num == numOOGIFCONF)
	case known && num == numIFGCLONERS:
		q.m.PutUint(data, 4, 0)
		return abi.OK
	case len(data) < ifNameLen+4:
		return abi.EOPNOTSUPP
	}
	name, _, _ := bytes.Cut(data[:ifNameLen], []byte{0})
	if q.ifp = hostnet.InterfaceByName(string(name)); q.ifp == nil {
		return abi.ENXIO
	}
	if q.l.K.IsDeterministic() {
		q.ifp = q.ifp.Uncounted()
	}
	switch _, was := oldNumber(num); {
	case known && num == numOGIFDATA:
		return q.data50()
	case known && num == numOZIFDATA:
		return abi.EPERM // it clears the counters
	case known:
		return q.ask(num)
	case was && cmd&abi.IOC_DIRMASK == abi.IOC_INOUT && size == oifreqLen:
		return q.old(num)
	}
	return abi.EOPNOTSUPP
}

// ask answers what is asked of the interface or of an address of it.
func (q *ifQuery) ask(num uint8) abi.Errno {
	if err := q.link(num); err != abi.EPASSTHROUGH {
		return err
	}
	return q.address(num)
}

// ifQuery is one question: data is its structure, the name of the interface and what follows.
type ifQuery struct {
	l      *kern.LWP
	m      *abi.Model
	ifp    *hostnet.Interface
	data   []byte
	family uint8 // of the socket
}

// link answers what is asked of the interface itself; EPASSTHROUGH for anything else.
func (q *ifQuery) link(num uint8) abi.Errno {
	u := q.data[ifNameLen:]
	switch num {
	case numGIFFLAGS:
		q.m.PutUint(u, 2, uint64(uint16(q.ifp.Flags)))
	case numGIFMTU:
		q.m.PutUint(u, 4, uint64(q.ifp.MTU))
	case numGIFINDEX:
		q.m.PutUint(u, 4, uint64(q.ifp.Index))
	case numGIFMETRIC:
		q.m.PutUint(u, 4, 0)
	case numGIFDLT:
		dlt := uint64(dltEthernet)
		if q.ifp.Flags&abi.IFF_LOOPBACK != 0 {
			dlt = dltNull
		}
		q.m.PutUint(u, 4, dlt)
	case numGIFCAP:
		clear(u)
	case numGIFDATA:
		d := q.ifp.Data()
		b := q.m.Bytes(&d)
		if len(u) < len(b) {
			return abi.EOPNOTSUPP
		}
		copy(u[len(u)-len(b):], b)
	default:
		return abi.EPASSTHROUGH
	}
	return abi.OK
}

// address answers what is asked of an address of the interface: the one named after the interface's name, if it is one of
// the socket's family, otherwise the first.
func (q *ifQuery) address(num uint8) abi.Errno {
	u := q.data[ifNameLen:]
	at := 0
	switch num {
	case numGLIFADDR:
		at = 8 // after flags and a length
	case numGIFADDRPREF:
		at = q.m.Int64Align // after a preference: struct sockaddr_storage begins with a number of 64 bits
	}
	if at >= len(u) {
		return abi.EOPNOTSUPP
	}
	a := q.find(u[at:], num != numGIFADDR)
	if a == nil {
		return abi.EADDRNOTAVAIL
	}
	switch {
	case num == numGIFADDR:
		return put(u, a.Addr)
	case num == numGIFNETMASK:
		return put(u, a.Mask)
	case num == numGIFBRDADDR && q.ifp.Flags&abi.IFF_BROADCAST != 0:
		return put(u, a.Broadcast)
	case num == numGIFBRDADDR, num == numGIFDSTADDR:
		return abi.EINVAL
	case num == numGIFAFLAG && q.family == abi.AF_INET, num == numGIFAFLAG6 && q.family == abi.AF_INET6:
		q.m.PutUint(u, 4, 0)
	case num == numGIFADDRPREF:
		q.m.PutUint(u, 2, 0)
	case num == numGIFALIAS && q.family == abi.AF_INET:
		const size = 16
		if len(u) < 3*size {
			return abi.EOPNOTSUPP
		}
		clear(u[size:])
		copy(u[size:2*size], a.Broadcast)
		copy(u[2*size:], a.Mask)
	case num == numGIFLIFETIME6 && q.family == abi.AF_INET6:
		return q.forever(u)
	case num == numGLIFADDR && q.family == abi.AF_LINK:
		q.m.PutUint(u, 4, iflrActive|iflrFactory)
		return put(u[8:], a.Addr)
	default:
		return abi.EOPNOTSUPP
	}
	return abi.OK
}

// find finds the interface's address of the socket's family that want holds; with none there, or if it need not be one
// of the interface's, the first. nil: there is none.
func (q *ifQuery) find(want []byte, exact bool) (first *hostnet.Addr) {
	named := len(want) > 1 && want[1] == q.family
	for _, a := range q.ifp.List(q.m) {
		if a.Family != q.family {
			continue
		}
		if named && sameAddr(want, a.Addr) {
			return &a
		}
		if first == nil {
			first = &a
		}
	}
	if named && exact {
		return nil
	}
	return first
}

// sameAddr compares addresses of one family: the part of an internet address that follows the port, or the whole
// address of a link.
func sameAddr(want, a []byte) bool {
	from, to := 4, 8
	switch a[1] {
	case abi.AF_INET6:
		from, to = 8, 24
	case abi.AF_LINK:
		from, to = 1, len(a)
	}
	return len(want) >= to && bytes.Equal(want[from:to], a[from:to])
}

// forever is struct in6_addrlifetime of an address that does not expire.
func (q *ifQuery) forever(u []byte) abi.Errno {
	const noEnd = math.MaxUint32 // ND6_INFINITE_LIFETIME
	if len(u) < 24 {
		return abi.EOPNOTSUPP
	}
	clear(u[:16])
	q.m.PutUint(u[16:], 4, noEnd)
	q.m.PutUint(u[20:], 4, noEnd)
	return abi.OK
}

func put(u, sa []byte) abi.Errno {
	if len(u) < len(sa) {
		return abi.EOPNOTSUPP
	}
	copy(u, sa)
	return abi.OK
}

// conf is SIOCGIFCONF: struct ifconf has the room in bytes and where a struct ifreq of each address goes; without a
// place the room that is needed is returned (ifconf).
func (q *ifQuery) conf() abi.Errno {
	ptr := q.m.PtrSize
	room := int(int32(q.m.Uint(q.data, 4)))
	at := q.m.Uint(q.data[ptr:], ptr)
	n := 0
	for _, ifp := range hostnet.Interfaces() {
		for _, a := range ifp.List(q.m) {
			if at != 0 && room-n < ifreqLen {
				continue
			}
			req := make([]byte, ifreqLen)
			copy(req[:ifNameLen-1], ifp.Name)
			copy(req[ifNameLen:], a.Addr)
			if at != 0 {
				if err := q.l.Copyout(req, at+uint64(n)); err != abi.OK {
					return err
				}
			}
			n += ifreqLen
		}
	}
	q.m.PutUint(q.data, 4, uint64(n))
	return abi.OK
}
