package vfs

import (
	"nbemu/abi"
	"nbemu/hostnet"
)

// Requests about interfaces of NetBSD 4 and older, whose struct ifreq had room for an address of 16 bytes, and of 4.3BSD,
// whose addresses begin with a family of 16 bits (compat/common/if_43.c, uipc_syscalls_40.c, uipc_syscalls_50.c).

const (
	oifreqLen = ifNameLen + 16  // struct oifreq
	ifreq6Len = ifNameLen + 272 // struct in6_ifreq

	numOOGIFADDR    = 13
	numOOGIFDSTADDR = 15
	numOOGIFBRDADDR = 18
	numOOGIFCONF    = 20
	numOOGIFNETMASK = 21
	numOGIFCONF     = 36
	numOGIFDATA     = 128
	numOZIFDATA     = 129
)

// addressOf43 are today's numbers of requests for an address of 4.3BSD.
var addressOf43 = map[uint8]uint8{
	numOOGIFADDR: numGIFADDR, numOOGIFDSTADDR: numGIFDSTADDR, numOOGIFBRDADDR: numGIFBRDADDR, numOOGIFNETMASK: numGIFNETMASK,
}

// oldNumber returns the number that a request with a struct oifreq has today (compat_cvtcmd). false: there was none such.
func oldNumber(num uint8) (now uint8, ok bool) {
	switch num {
	case numGIFADDR, numGIFDSTADDR, numGIFBRDADDR, numGIFNETMASK, numGIFFLAGS, numGIFMETRIC, numGIFMTU, numGIFDLT:
		return num, true
	}
	now, ok = addressOf43[num]
	return now, ok
}

// fits reports whether a request of that number has an argument of that size.
func (q *ifQuery) fits(num uint8, size int) bool {
	ptr := q.m.PtrSize
	switch num {
	case numGIFFLAGS, numGIFMETRIC, numGIFMTU, numGIFDLT, numGIFINDEX, numGIFBRDADDR, numGIFAFLAG:
		return size == ifreqLen
	case numGIFADDR, numGIFDSTADDR, numGIFNETMASK:
		return size == ifreqLen || size == ifreq6Len
	case numGIFAFLAG6, numGIFLIFETIME6:
		return size == ifreq6Len
	case numGIFALIAS:
		return size == ifNameLen+3*16
	case numGLIFADDR:
		return size == ifNameLen+8+2*128
	case numGIFADDRPREF:
		return size == ifNameLen+q.m.Int64Align+128
	case numGIFCAP:
		return size == ifNameLen+2*8
	case numGIFDATA:
		return size == ifNameLen+q.m.Sizeof(&abi.IfData{})
	case numGIFCONF, numOGIFCONF, numOOGIFCONF:
		return size == 2*ptr
	case numIFGCLONERS:
		return size == 8+ptr
	case numOGIFDATA, numOZIFDATA:
		return size == ifNameLen+q.m.Sizeof(&abi.IfData50{})
	}
	return false
}

// old answers a request with a struct oifreq: today's with the address cut to 16 bytes.
func (q *ifQuery) old(num uint8) abi.Errno {
	now, _ := oldNumber(num)
	data := q.data
	q.data = make([]byte, ifreqLen)
	copy(q.data, data)
	if err := q.ask(now); err != abi.OK {
		return err
	}
	if now != num {
		q.m.PutUint(q.data[ifNameLen:], 2, uint64(q.data[ifNameLen+1]))
	}
	copy(data, q.data)
	return abi.OK
}

// data50 is OSIOCGIFDATA: struct if_data of NetBSD 5 and older, which ends with a struct timeval of longs.
func (q *ifQuery) data50() abi.Errno {
	copy(q.data[ifNameLen:], q.m.Bytes(q.ifp.Data50()))
	return abi.OK
}

// oldConf is OSIOCGIFCONF, and OOSIOCGIFCONF if family43 is set: longer addresses than 16 bytes make their entry longer,
// and are left out there. What is returned is how much was stored, or how much there is (compat_ifconf).
func (q *ifQuery) oldConf(family43 bool) abi.Errno {
	ptr := q.m.PtrSize
	at := q.m.Uint(q.data[ptr:], ptr)
	space := 0
	if at != 0 {
		space = int(int32(q.m.Uint(q.data, 4)))
	}
	room := space
	for _, ifp := range hostnet.Interfaces() {
		for _, a := range ifp.List(q.m) {
			longer := max(len(a.Addr)-(oifreqLen-ifNameLen), 0)
			if longer > 0 && family43 {
				continue
			}
			space -= longer
			if at != 0 && space >= oifreqLen {
				req := make([]byte, oifreqLen+longer)
				copy(req[:ifNameLen-1], ifp.Name)
				copy(req[ifNameLen:], a.Addr)
				if family43 {
					q.m.PutUint(req[ifNameLen:], 2, uint64(a.Family))
				}
				if err := q.l.Copyout(req, at); err != abi.OK {
					return err
				}
				at += uint64(len(req))
			}
			space -= oifreqLen
		}
	}
	q.m.PutUint(q.data, 4, uint64(room-space))
	return abi.OK
}
