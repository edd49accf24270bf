package afl

import (
	"encoding/binary"
	"fmt"
	"os"
)

// What afl-fuzz -c shares with a fork server of its own: for each of cmpWidth places in the program the values that are
// compared there (include/cmplog.h of AFL++). The size of the segment tells its version.
const (
	cmpWidth  = 1 << 16
	cmpHeight = 32 // comparisons that are kept of a place

	cmpVar = "__AFL_CMPLOG_SHM_ID"
	// cmpServer is in the environment of the fork server that is to fill it; the variable above is in that of both.
	cmpServer = "___AFL_EINS_ZWEI_POLIZEI___"
)

// cmpLayout is one of the versions.
type cmpLayout struct {
	header, entry int // bytes of a place's header, and of a comparison
	second        int // where in an entry the second value is; the first one is at 0
}

func (l cmpLayout) size() int { return cmpWidth * (l.header + cmpHeight*l.entry) }

// cmpLayouts are those of 3.0 to 4.0x, and of 4.10 and later.
var cmpLayouts = []cmpLayout{{8, 32, 8}, {2, 72, 32}}

// CmpLog is that memory.
type CmpLog struct {
	b []byte
	l cmpLayout
}

// Comparing reports whether this is the fork server that is to tell what is compared.
func Comparing() bool { return os.Getenv(cmpVar) != "" && os.Getenv(cmpServer) != "" }

// OpenCmpLog attaches it; nil if this is not the fork server for it. Error: a layout that is not known.
func OpenCmpLog() (*CmpLog, error) {
	if !Comparing() {
		return nil, nil
	}
	b, err := attach(cmpVar)
	if err != nil {
		return nil, err
	}
	return newCmpLog(b)
}

func newCmpLog(b []byte) (*CmpLog, error) {
	for _, l := range cmpLayouts {
		// The host gives whole pages.
		if n := l.size(); len(b) >= n && len(b) < n+1<<16 {
			return &CmpLog{b, l}, nil
		}
	}
	return nil, fmt.Errorf("-c: the map of comparisons has %d bytes, as in no version of AFL++ that is known here", len(b))
}

// Add notes that the instruction at pc compares a and b, integers of size bytes.
func (c *CmpLog) Add(pc, a, b uint64, size int) {
	const golden = 0x9e3779b97f4a7c15
	k := int(pc * golden >> 48)
	h := c.b[k*c.l.header:][:c.l.header]
	var hits uint64
	if c.l.header == 8 { // hits 24 bits, id 24, shape 5, type 2 (1: an instruction's)
		hits = binary.NativeEndian.Uint64(h) & (1<<24 - 1)
		shape := max(uint64(size-1), binary.NativeEndian.Uint64(h)>>48&31)
		binary.NativeEndian.PutUint64(h, min(hits+1, 1<<24-1)|uint64(k)<<24|shape<<48|1<<53)
	} else { // hits 6 bits, shape 5, type 1 (0: an instruction's)
		w := binary.NativeEndian.Uint16(h)
		hits = uint64(w & 63)
		next := hits + 1
		if next == 64 {
			next = cmpHeight // full, and never empty again
		}
		binary.NativeEndian.PutUint16(h, uint16(next)|max(uint16(size-1), w>>6&31)<<6)
	}
	e := c.b[cmpWidth*c.l.header+(k*cmpHeight+int(hits%cmpHeight))*c.l.entry:][:c.l.entry]
	clear(e)
	binary.NativeEndian.PutUint64(e, a)
	binary.NativeEndian.PutUint64(e[c.l.second:], b)
}
