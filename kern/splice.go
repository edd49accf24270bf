package kern

import (
	"time"

	"nbemu/abi"
)

// What Linux's splice and tee need of pipes.

// pipeOf returns the buffer of a pipe's end and which end it is; nil for other files.
func pipeOf(f *File) (p *pipeBuf, reader bool) {
	switch o := f.Ops.(type) {
	case *pipeReader:
		return o.pipeBuf, true
	case *pipeWriter:
		return o.pipeBuf, false
	}
	return nil, false
}

// SamePipe reports whether two files are ends of one pipe.
func SamePipe(a, b *File) bool {
	p, _ := pipeOf(a)
	q, _ := pipeOf(b)
	return p != nil && p == q
}

// PipeAwait waits until the pipe's end can move data: until there is some to read, or room to write. It returns how
// many bytes; 0 at the end of what can be read. Errors: EAGAIN if it must not wait, EPIPE, EINTR, ERESTART.
func PipeAwait(l *LWP, f *File, nonblock bool) (int, abi.Errno) {
	p, reader := pipeOf(f)
	for {
		switch {
		case reader && p.cnt > 0:
			return p.cnt, abi.OK
		case reader && p.wr == nil:
			return 0, abi.OK
		case !reader && p.rd == nil:
			return 0, abi.EPIPE
		case !reader && p.cnt < p.size(0) && !p.writing:
			return p.size(0) - p.cnt, abi.OK
		case nonblock:
			return 0, abi.EAGAIN
		}
		if err := f.Sleep(l, &f.Sel.Q, "splice", time.Time{}); err != abi.OK {
			return 0, err
		}
	}
}

// PipePeek copies what a read from the pipe would return, up to len(b) bytes, and leaves it there.
func PipePeek(f *File, b []byte) int {
	p, _ := pipeOf(f)
	n := copy(b, p.buf[min(p.out, len(p.buf)):min(p.out+p.cnt, len(p.buf))])
	if n < len(b) && n < p.cnt {
		n += copy(b[n:], p.buf[:p.cnt-n])
	}
	return n
}

// PipeUnread puts bytes back that were read last.
func PipeUnread(f *File, b []byte) {
	p, _ := pipeOf(f)
	if len(b) == 0 {
		return
	}
	rest := make([]byte, p.cnt)
	PipePeek(f, rest)
	p.out, p.cnt = 0, 0
	p.put([][]byte{b, rest})
	f.Sel.Notify(0)
}
