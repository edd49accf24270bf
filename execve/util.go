package execve

import (
	"bytes"
	"io"
	"math"
	"strings"
	"sync"

	"nbemu/abi"
)

// roundup and trunc work for powers of two, and wrap around as the kernel's macros do: results are checked
// before they are used as addresses.
func roundup(v, to uint64) uint64 { return (v + to - 1) &^ (to - 1) }
func trunc(v, to uint64) uint64   { return v &^ (to - 1) }

func isEOF(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// baseName is what follows the last slash.
func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

var readBuf = sync.Pool{New: func() any { return new([64 << 10]byte) }}

var zeros [4096]byte

func allZero(b []byte) bool {
	for len(b) > 0 {
		n := min(len(b), len(zeros))
		if !bytes.Equal(b[:n], zeros[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}

// readFrom reads exactly len(b) bytes at off (exec_read_from). Errors: ENOEXEC if the file is too short,
// EINVAL for a negative offset, EIO.
func readFrom(r io.ReaderAt, off uint64, b []byte) abi.Errno {
	if int64(off) < 0 {
		return abi.EINVAL
	}
	if uint64(len(b)) > math.MaxInt64-off {
		return abi.ENOEXEC
	}
	n, err := r.ReadAt(b, int64(off))
	switch {
	case n == len(b):
		return abi.OK
	case err == nil || isEOF(err):
		return abi.ENOEXEC
	}
	return abi.EIO
}

// hdrReader reads a file of which the beginning is known already: headers nearly always lie there.
type hdrReader struct {
	hdr []byte
	r   io.ReaderAt
}

func (h hdrReader) ReadAt(b []byte, off int64) (int, error) {
	if off >= 0 && off <= int64(len(h.hdr)) && len(b) <= len(h.hdr)-int(off) {
		return copy(b, h.hdr[off:]), nil
	}
	return h.r.ReadAt(b, off)
}
