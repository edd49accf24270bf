package kern

import (
	"time"

	"nbemu/abi"
	"nbemu/mem"
)

// Sizes of pipes (sys/pipe.h): the buffer, what it may grow to for large writes, and the largest write that
// is not torn apart.
const (
	pipeSize    = 16 << 10
	bigPipeSize = 64 << 10
	PIPE_BUF    = 512
)

// pipeBuf is what the two ends of a pipe share: a ring buffer that grows.
type pipeBuf struct {
	buf            []byte
	out, cnt       int
	rd, wr         *File // nil when that end is closed
	writing        bool  // somebody is in the middle of a write
	full           bool  // there was no room when the last reader went
	fixed          int   // what it holds, of a pipe of Linux's; 0: as much as NetBSD's
	lockq          SleepQ
	created        time.Time
	rdTime, wrTime stamp // of the last read and write
	ino            uint64
	attrs          Attrs
}

// Attrs is Attributed's: both ends have the same.
func (e *pipeEnd) Attrs() *Attrs { return &e.attrs }

// Pipe ends. An end is the FileOps of its open file.
type (
	pipeEnd struct {
		BadOps
		*pipeBuf
	}
	pipeReader struct{ pipeEnd }
	pipeWriter struct{ pipeEnd }
)

// NewPipe makes a pipe: the open files of its reading and its writing end.
func NewPipe(l *LWP, flag int32) (rd, wr *File) {
	flag &= abi.O_NONBLOCK | abi.O_NOSIGPIPE
	now := l.K.Timenow()
	l.K.pipeInode++
	p := &pipeBuf{created: now, rdTime: stamp{t: now}, wrTime: stamp{t: now}, ino: l.K.pipeInode}
	r, w := &pipeReader{}, &pipeWriter{}
	r.pipeBuf, w.pipeBuf = p, p
	p.rd = NewFile(l, r, abi.FREAD|flag)
	p.wr = NewFile(l, w, abi.FWRITE|flag)
	return p.rd, p.wr
}

// Of Linux's pipes, the size that cannot be changed, and the largest write that is not torn apart.
const linuxPipeBuf = 4096

// size is how much the pipe holds before a write of n bytes waits. It is no more than pipeSize while the kernel has no
// room for more (pipe_write, where there are too many big pipes).
func (p *pipeBuf) size(n uint64) int {
	size := pipeSize
	switch {
	case p.fixed > 0:
		size = p.fixed
	case n > pipeSize || len(p.buf) > pipeSize:
		size = bigPipeSize
	}
	if more := size - len(p.buf); size > pipeSize && more > 0 && !mem.KernelRoom(int64(more)) {
		return max(pipeSize, len(p.buf))
	}
	return size
}

// room is how many bytes of free space make the pipe writable.
func (p *pipeBuf) room() int {
	if p.fixed > 0 {
		return linuxPipeBuf
	}
	return PIPE_BUF
}

// SetPipeSize gives a pipe a size of Linux's kind, in bytes, or with 0 returns the one it has. Errors: EBADF for other
// files, EBUSY if there is more in it.
func SetPipeSize(f *File, n int) (int, abi.Errno) {
	p, _ := pipeOf(f)
	switch {
	case p == nil:
		return 0, abi.EBADF
	case n > 0 && n < p.cnt:
		return 0, abi.EBUSY
	case n > 0:
		p.fixed = n
		if p.wr != nil {
			p.wr.Sel.Notify(0)
		}
	}
	if p.fixed > 0 {
		return p.fixed, abi.OK
	}
	return p.size(0), abi.OK
}

// grow makes the buffer hold at least n bytes.
func (p *pipeBuf) grow(n int) {
	size := max(len(p.buf), 512)
	for size < n {
		size *= 2
	}
	if size == len(p.buf) {
		return
	}
	mem.KernelUse(int64(size - len(p.buf)))
	buf := make([]byte, size)
	k := copy(buf, p.buf[min(p.out, len(p.buf)):min(p.out+p.cnt, len(p.buf))])
	copy(buf[k:], p.buf[:p.cnt-k])
	p.buf, p.out = buf, 0
}

// free gives the empty buffer up.
func (p *pipeBuf) free() {
	mem.KernelUse(-int64(len(p.buf)))
	p.buf = nil
}

// take moves bytes from the buffer to views.
func (p *pipeBuf) take(views [][]byte) (n int) {
	for _, v := range views {
		for len(v) > 0 && p.cnt > 0 {
			k := copy(v, p.buf[p.out:min(p.out+p.cnt, len(p.buf))])
			p.out += k
			if p.out == len(p.buf) {
				p.out = 0
			}
			p.cnt -= k
			n += k
			v = v[k:]
		}
	}
	if p.cnt == 0 {
		p.out = 0
	}
	return n
}

// put moves bytes from views to the buffer, which has room for them.
func (p *pipeBuf) put(views [][]byte) (n int) {
	p.grow(p.cnt + int(ViewsLen(views)))
	for _, v := range views {
		for len(v) > 0 {
			in := p.out + p.cnt
			if in >= len(p.buf) {
				in -= len(p.buf)
			}
			k := copy(p.buf[in:], v)
			p.cnt += k
			n += k
			v = v[k:]
		}
	}
	return n
}

func (*pipeEnd) Type() string { return "pipe" }

// Read returns what is there; it sleeps only while there is nothing and somebody could still write.
func (e *pipeReader) Read(l *LWP, f *File, u *Uio) abi.Errno {
	p := e.pipeBuf
	for u.Resid > 0 {
		if p.cnt > 0 {
			moved, wasFull := 0, p.size(0)-p.cnt < p.room()
			for u.Resid > 0 && p.cnt > 0 {
				v, err := u.Views(uint64(p.cnt))
				if err != abi.OK {
					if moved > 0 {
						break
					}
					return err
				}
				n := p.take(v)
				u.Advance(uint64(n))
				moved += n
			}
			if p.cnt == 0 && len(p.buf) > pipeSize {
				p.free()
			}
			if p.wr != nil && moved > 0 {
				roomy := p.size(0)-p.cnt >= p.room()
				if roomy && wasFull {
					p.wr.Sel.Notify(HostOut)
				}
				if roomy || p.fixed > 0 {
					p.wr.Sigio(abi.POLL_OUT)
				}
			}
			// Who waits for data and who waits for room are on one list there (pipe_read).
			if moved > 0 && p.size(0)-p.cnt >= p.room() {
				f.Sel.Klist.Again()
				if p.wr != nil {
					p.wr.Sel.Klist.Again()
				}
			}
			p.rdTime.set(l)
			return abi.OK
		}
		if p.wr == nil {
			return abi.OK
		}
		if f.Nonblock() {
			return abi.EAGAIN
		}
		if err := f.Sleep(l, &f.Sel.Q, "piperd", time.Time{}); err != abi.OK {
			return err
		}
	}
	return abi.OK
}

// Write puts everything into the pipe, sleeping for room. Writes of up to PIPE_BUF bytes are not mixed with
// others'; longer ones are kept together too, except where they are non-blocking. Errors: EPIPE when nobody
// can read any more (SIGPIPE is the caller's to send), EAGAIN.
func (e *pipeWriter) Write(l *LWP, f *File, u *Uio) abi.Errno {
	p := e.pipeBuf
	for p.writing {
		if p.rd == nil {
			return abi.EPIPE
		}
		if f.Nonblock() {
			return abi.EAGAIN
		}
		if err := f.Sleep(l, &p.lockq, "pipelk", time.Time{}); err != abi.OK {
			return err
		}
	}
	if p.rd == nil {
		return abi.EPIPE
	}
	limit := p.size(u.Resid)
	atomic := u.Resid <= uint64(p.room())
	for u.Resid > 0 {
		if p.rd == nil {
			p.unlock()
			return abi.EPIPE
		}
		space := limit - p.cnt
		if atomic && uint64(space) < u.Resid {
			space = 0
		}
		if space > 0 {
			v, err := u.Views(uint64(space))
			if err != abi.OK {
				p.unlock()
				return err
			}
			u.Advance(uint64(p.put(v)))
			p.wrTime.set(l)
			if u.Resid > 0 && p.cnt < limit {
				continue
			}
			p.rd.Sel.Notify(HostIn)
			p.rd.Sigio(abi.POLL_IN)
			f.Sel.Klist.Again()
			continue
		}
		if f.Nonblock() {
			p.unlock()
			return abi.EAGAIN
		}
		p.writing = true
		if err := f.Sleep(l, &f.Sel.Q, "pipewr", time.Time{}); err != abi.OK {
			p.unlock()
			return err
		}
	}
	p.unlock()
	return abi.OK
}

// unlock ends a write that slept.
func (p *pipeBuf) unlock() {
	if p.writing {
		p.writing = false
		p.lockq.WakeAll()
	}
}

// Poll: of both ends of a pipe that has lost the other NetBSD says that they can be read and written (pipe_poll).
func (e *pipeReader) Poll(l *LWP, f *File, events int16, sr *SelRecord) int16 {
	var r int16
	if e.cnt > 0 || e.wr == nil {
		r |= events & (abi.POLLIN | abi.POLLRDNORM)
	}
	if e.wr == nil {
		r |= abi.POLLHUP | aloneEvents(l, events)
	}
	if r == 0 {
		sr.Record(&f.Sel)
	}
	return r
}

func (e *pipeWriter) Poll(l *LWP, f *File, events int16, sr *SelRecord) int16 {
	var r int16
	switch {
	case e.rd == nil:
		r |= abi.POLLHUP | aloneEvents(l, events)
		if !e.full {
			r |= events & abi.POLLOUT
		}
	case e.size(0)-e.cnt >= e.room():
		r |= events & abi.POLLOUT
	}
	if r == 0 {
		sr.Record(&f.Sel)
	}
	return r
}

func aloneEvents(l *LWP, events int16) int16 {
	if l == nil || l.Proc.Emul != nil && l.Proc.Emul.Inodes {
		return 0
	}
	return events & (abi.POLLIN | abi.POLLRDNORM | abi.POLLOUT)
}

// Kqfilter: both ends take both filters, as NetBSD's pipes do, whose ends are joined in both directions; the
// unused direction has room that nobody can use and data that never comes. Go's runtime registers both.
// Kqfilter gives both filters on both ends: programs register them together and go by what comes.
func (e *pipeReader) Kqfilter(f *File, kn *Knote) abi.Errno {
	p := e.pipeBuf
	switch kn.Kev.Filter {
	case abi.EVFILT_READ:
		kn.Attach(&f.Sel.Klist, func(kn *Knote, _ int64) bool {
			kn.Kev.Data = int64(p.cnt)
			if p.wr == nil {
				kn.Kev.Flags |= abi.EV_EOF
				return true
			}
			return p.cnt > 0
		})
	case abi.EVFILT_WRITE:
		if p.wr == nil {
			return abi.EBADF
		}
		kn.Attach(&f.Sel.Klist, func(*Knote, int64) bool { return false })
	default:
		return abi.EINVAL
	}
	return abi.OK
}

func (e *pipeWriter) Kqfilter(f *File, kn *Knote) abi.Errno {
	p := e.pipeBuf
	switch kn.Kev.Filter {
	case abi.EVFILT_READ:
		kn.Attach(&f.Sel.Klist, func(kn *Knote, _ int64) bool {
			if p.rd == nil {
				kn.Kev.Flags |= abi.EV_EOF
			}
			return p.rd == nil
		})
	case abi.EVFILT_WRITE:
		if p.rd == nil {
			return abi.EBADF
		}
		kn.Attach(&f.Sel.Klist, func(kn *Knote, _ int64) bool {
			if p.rd == nil {
				kn.Kev.Data = 0
				kn.Kev.Flags |= abi.EV_EOF
				return true
			}
			kn.Kev.Data = int64(max(p.size(0)-p.cnt, 0))
			return kn.Kev.Data >= int64(p.room())
		})
	default:
		return abi.EINVAL
	}
	return abi.OK
}

func (e *pipeEnd) Stat(_ *LWP, f *File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Ino: e.ino, Mode: abi.S_IFIFO | 0600, Size: int64(e.cnt), Blksize: pipeSize, Nlink: 1}
	st.Blocks = (st.Size + pipeSize - 1) / pipeSize
	if f.Cred != nil {
		st.Uid, st.Gid = f.Cred.Euid, f.Cred.Egid
	}
	st.Atim, st.Mtim = abi.TimespecAt(e.rdTime.time()), abi.TimespecAt(e.wrTime.time())
	st.Ctim, st.Birthtim = st.Mtim, abi.TimespecAt(e.created)
	e.attrs.Show(st)
	return abi.OK
}

// Ioctl knows FIONREAD, FIONWRITE and FIONSPACE.
func (e *pipeEnd) Ioctl(l *LWP, f *File, cmd uint32, data []byte) abi.Errno {
	put := func(n int) abi.Errno {
		l.Model().PutUint(data, 4, uint64(n))
		return abi.OK
	}
	switch cmd {
	case abi.FIONBIO, abi.FIOASYNC:
		return abi.OK
	case abi.FIONREAD:
		if f == e.rd {
			return put(e.cnt)
		}
		return put(0)
	case abi.FIONWRITE, abi.FIONSPACE:
		if f == e.rd { // nothing goes that way
			return put(0)
		}
		if cmd == abi.FIONWRITE {
			return put(e.cnt)
		}
		return put(max(e.size(0)-e.cnt, 0))
	}
	return abi.EPASSTHROUGH
}

func (e *pipeReader) Close(*LWP, *File) abi.Errno {
	e.rd = nil
	e.full = e.size(0)-e.cnt < e.room()
	e.free()
	e.out, e.cnt = 0, 0
	if e.wr != nil {
		e.wr.Sel.Notify(0)
		e.wr.Sigio(abi.POLL_HUP)
	}
	e.lockq.WakeAll()
	return abi.OK
}

func (e *pipeWriter) Close(*LWP, *File) abi.Errno {
	e.wr = nil
	if e.rd != nil {
		e.rd.Sel.Notify(0)
		e.rd.Sigio(abi.POLL_HUP)
	}
	return abi.OK
}

func (e *pipeWriter) Restart(*File) { e.lockq.WakeAll() }
