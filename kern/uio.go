package kern

import (
	"nbemu/abi"
)

// maxIO returns the longest length that a call accepts, which is what the kernel's ssize_t holds (SSIZE_MAX; programs of
// 32 bits on a kernel of 64 may ask for more than their own holds), and how much of it is moved.
func (u *Uio) maxIO() (limit, most uint64) {
	e := u.l.Proc.Emul
	limit = 1<<31 - 1
	if u.l.Model().LP64() || e != nil && e.Kernel64 {
		limit = 1<<63 - 1
	}
	if e != nil && e.MaxTransfer != 0 {
		return limit, e.MaxTransfer
	}
	return limit, limit
}

// maxViews bounds how much guest memory one step of a transfer faults in: a program may well offer a buffer
// of gigabytes to read a line.
const maxViews = 1 << 20

// maxSlices is when Views stops adding buffers; one buffer makes maxViews/4096 slices at most.
const maxSlices = 700

type iov struct{ base, n uint64 }

// Uio describes one transfer between a file and memory (struct uio): a list of guest buffers, or one buffer
// of our own. Resid counts down as it goes.
type Uio struct {
	Resid  uint64
	Offset int64 // where in the file, when Positional
	// Positional says that Offset came with the call (pread, pwrite) and the file's own is left alone.
	Positional bool
	Write      bool // from memory to the file

	l     *LWP
	kbuf  []byte // instead of guest memory
	iovs  []iov
	one   [4]iov
	views [][]byte
	room  [4][]byte
}

// NewUio makes a transfer with no buffers. Give it back with Free.
func NewUio(l *LWP, write bool) *Uio {
	var u *Uio
	if n := len(l.K.uioFree); n > 0 {
		u = l.K.uioFree[n-1]
		l.K.uioFree = l.K.uioFree[:n-1]
	} else {
		u = new(Uio)
	}
	u.l, u.Write = l, write
	u.iovs = u.one[:0]
	return u
}

// KernUio makes a transfer from or to memory of our own.
func KernUio(l *LWP, p []byte, write bool) *Uio {
	u := NewUio(l, write)
	u.kbuf, u.Resid = p, uint64(len(p))
	return u
}

// Free ends the use of u.
func (u *Uio) Free() {
	k := u.l.K
	*u = Uio{}
	k.uioFree = append(k.uioFree, u)
}

// Add appends the guest buffer [base, base+n). Error: EINVAL when it, or the sum, is more than SSIZE_MAX; the sum is cut
// where the emulation says so (Emul.MaxTransfer).
func (u *Uio) Add(base, n uint64) abi.Errno {
	limit, most := u.maxIO()
	if n > limit || most == limit && u.Resid+n > limit {
		return abi.EINVAL
	}
	if n = min(n, most-u.Resid); n > 0 {
		u.Resid += n
		u.iovs = append(u.iovs, iov{base, n})
	}
	return abi.OK
}

// AddIovecs appends n buffers described by guest iovecs at va. Errors: EINVAL (too many, too long), EFAULT.
func (u *Uio) AddIovecs(va uint64, n uint64) abi.Errno {
	if n > abi.IOV_MAX {
		return abi.EINVAL
	}
	m := u.l.Model()
	size := 2 * m.PtrSize
	var small [8 * 16]byte
	buf := small[:]
	if int(n)*size > len(buf) {
		buf = make([]byte, int(n)*size)
	}
	buf = buf[:int(n)*size]
	if err := u.l.Copyin(buf, va); err != abi.OK {
		return err
	}
	for i := 0; i < len(buf); i += size {
		length := m.Ptr(buf[i+m.PtrSize:])
		if e := u.l.Proc.Emul; e != nil && e.MaxTransfer != 0 && m.PtrSize == 4 && length > 1<<31-1 {
			return abi.EINVAL // Linux's kernels of 64 bits look at these, as those of 32 do (compat_ssize_t)
		}
		if err := u.Add(m.Ptr(buf[i:]), length); err != abi.OK {
			return err
		}
	}
	return abi.OK
}

// Views returns the next bytes of the transfer, at most limit (0: a sensible number), as slices that host
// calls and copy can use directly. They are valid until the LWP sleeps. If only the beginning is accessible
// it is returned with OK: the caller finds EFAULT at the next call. Nothing is consumed: see Advance.
func (u *Uio) Views(limit uint64) ([][]byte, abi.Errno) {
	if limit == 0 || limit > maxViews {
		limit = maxViews
	}
	limit = min(limit, u.Resid)
	if u.views == nil {
		u.views = u.room[:0]
	}
	v := u.views[:0]
	if u.kbuf != nil {
		u.views = append(v, u.kbuf[:limit])
		return u.views, abi.OK
	}
	// maxSlices: the host takes 1024 at a time.
	for i := 0; i < len(u.iovs) && limit > 0 && len(v) < maxSlices; i++ {
		n := min(u.iovs[i].n, limit)
		if n == 0 {
			continue
		}
		var err abi.Errno
		v, err = u.l.Proc.VM.Slices(v, u.iovs[i].base, n, !u.Write)
		if err != abi.OK {
			u.views = v
			if len(v) == 0 {
				return nil, err
			}
			return v, abi.OK
		}
		limit -= n
	}
	u.views = v
	return v, abi.OK
}

// Cut reports whether v, which Views has returned, ends where the program's memory does.
func (u *Uio) Cut(v [][]byte) bool {
	return u.kbuf == nil && len(v) < maxSlices && ViewsLen(v) < min(u.Resid, maxViews)
}

// Advance consumes n bytes, which were moved.
func (u *Uio) Advance(n uint64) {
	u.Resid -= n
	if u.kbuf != nil {
		u.kbuf = u.kbuf[n:]
		return
	}
	for n > 0 {
		v := &u.iovs[0]
		if !u.Write {
			u.l.Proc.VM.Stored(v.base, min(n, v.n))
		}
		if n < v.n {
			v.base += n
			v.n -= n
			return
		}
		n -= v.n
		u.iovs = u.iovs[1:]
	}
}

// Move copies between p and the transfer, in the transfer's direction, until one of them ends, and returns
// how many bytes that was (uiomove). Error: EFAULT, possibly after some bytes.
func (u *Uio) Move(p []byte) (int, abi.Errno) {
	done := 0
	for len(p) > 0 && u.Resid > 0 {
		v, err := u.Views(uint64(len(p)))
		if err != abi.OK {
			return done, err
		}
		n := 0
		for _, b := range v {
			k := 0
			if u.Write {
				k = copy(p[n:], b)
			} else {
				k = copy(b, p[n:])
			}
			n += k
		}
		u.Advance(uint64(n))
		p = p[n:]
		done += n
	}
	return done, abi.OK
}

// ViewsLen counts the bytes of views.
func ViewsLen(v [][]byte) (n uint64) {
	for _, b := range v {
		n += uint64(len(b))
	}
	return
}
