package kern

import (
	"math/bits"

	"nbemu/abi"
)

// MaxFds is the largest descriptor table, whatever the limits say (kern.maxfiles).
const MaxFds = 1 << 16

type fdent struct {
	f       *File
	cloexec bool
	knotes  []*Knote
}

// FileDesc is a process's table of descriptors (filedesc_t).
type FileDesc struct {
	ents []fdent
	lo   []uint64 // one bit per descriptor in use
	hi   []uint64 // one bit per word of lo that is all ones
	open int
	most int // descriptors up to here have been there
	refs int
}

// NewFileDesc makes an empty table.
func NewFileDesc() *FileDesc { return &FileDesc{refs: 1, most: -1} }

// Ref shares the table (FSHAREFILES).
func (t *FileDesc) Ref() *FileDesc { t.refs++; return t }

// Refs counts the processes that share the table.
func (t *FileDesc) Refs() int { return t.refs }

// Copy makes the child's table at fork. kqueue descriptors are not inherited, as kqueue(2) says.
func (t *FileDesc) Copy() *FileDesc {
	c := NewFileDesc()
	for fd := range t.ents {
		e := &t.ents[fd]
		if e.f == nil {
			continue
		}
		if _, ok := e.f.Ops.(*Kqueue); ok {
			continue
		}
		c.set(fd, e.f.Ref(), e.cloexec)
	}
	return c
}

// Free drops the process's hold on its table; the last one closes everything (fd_free).
func (t *FileDesc) Free(l *LWP) {
	t.refs--
	if t.refs > 0 {
		return
	}
	for fd := range t.ents {
		if t.ents[fd].f != nil {
			_ = t.Close(l, int32(fd))
		}
	}
}

// CloseExec closes what is marked so, when a process executes a new program (fd_closeexec). A shared table
// is replaced by a copy first, by the caller.
func (t *FileDesc) CloseExec(l *LWP) {
	for fd := range t.ents {
		if t.ents[fd].f != nil && t.ents[fd].cloexec {
			_ = t.Close(l, int32(fd))
		}
	}
}

// Get returns the open file of a descriptor, or nil.
func (t *FileDesc) Get(fd int32) *File {
	if uint(fd) >= uint(len(t.ents)) {
		return nil
	}
	return t.ents[fd].f
}

// Cloexec reports whether fd is closed on exec; SetCloexec changes that. fd must be open.
func (t *FileDesc) Cloexec(fd int32) bool        { return t.ents[fd].cloexec }
func (t *FileDesc) SetCloexec(fd int32, on bool) { t.ents[fd].cloexec = on }

// Last is the highest open descriptor, or -1 (F_MAXFD).
func (t *FileDesc) Last() int32 {
	for w := len(t.lo) - 1; w >= 0; w-- {
		if t.lo[w] != 0 {
			return int32(w*64 + 63 - bits.LeadingZeros64(t.lo[w]))
		}
	}
	return -1
}

// Most is the highest descriptor that was ever open, or -1: tables grow only. A child's begins with what is open.
func (t *FileDesc) Most() int32 { return int32(t.most) }

// Count is the number of open descriptors.
func (t *FileDesc) Count() int { return t.open }

// free finds the lowest free descriptor that is not less than want.
func (t *FileDesc) free(want int) int {
	w := want / 64
	if w >= len(t.lo) {
		return want
	}
	if m := ^t.lo[w] >> (want % 64) << (want % 64); m != 0 {
		return w*64 + bits.TrailingZeros64(m)
	}
	w++
	h := w / 64
	for ; h < len(t.hi); h++ {
		m := ^t.hi[h]
		if h == w/64 {
			m = m >> (w % 64) << (w % 64)
		}
		if m != 0 {
			w = h*64 + bits.TrailingZeros64(m)
			break
		}
	}
	if h == len(t.hi) {
		w = max(h*64, w)
	}
	if w >= len(t.lo) {
		return len(t.lo) * 64
	}
	return w*64 + bits.TrailingZeros64(^t.lo[w])
}

func (t *FileDesc) set(fd int, f *File, cloexec bool) {
	if fd >= len(t.ents) {
		n := max(fd+1, 2*len(t.ents), 20)
		ents := make([]fdent, n)
		copy(ents, t.ents)
		t.ents = ents
	}
	for fd/64 >= len(t.lo) {
		t.lo = append(t.lo, 0)
	}
	for fd/64/64 >= len(t.hi) {
		t.hi = append(t.hi, 0)
	}
	t.most = max(t.most, fd)
	t.ents[fd] = fdent{f: f, cloexec: cloexec}
	t.lo[fd/64] |= 1 << (fd % 64)
	if t.lo[fd/64] == ^uint64(0) {
		t.hi[fd/64/64] |= 1 << (fd / 64 % 64)
	}
	t.open++
}

func (t *FileDesc) clear(fd int) {
	t.ents[fd] = fdent{}
	t.lo[fd/64] &^= 1 << (fd % 64)
	t.hi[fd/64/64] &^= 1 << (fd / 64 % 64)
	t.open--
}

// fdLimit is one more than the largest descriptor the process may have.
func (p *Proc) fdLimit() int { return int(min(p.Limits[abi.RLIMIT_NOFILE].Cur, MaxFds)) }

// FdRoom reports whether the process can have one more descriptor, for calls whose effects could not be undone
// if that failed at the end. Error: EMFILE.
func (p *Proc) FdRoom() abi.Errno {
	if p.Fd.free(0) >= p.fdLimit() {
		return abi.EMFILE
	}
	return abi.OK
}

// FdInstall gives f the lowest free descriptor, at least want; the table takes over the caller's reference.
// Error: EMFILE; the reference then stays the caller's.
func (p *Proc) FdInstall(f *File, want int32, cloexec bool) (int32, abi.Errno) {
	fd := p.Fd.free(int(want))
	if fd >= p.fdLimit() {
		return -1, abi.EMFILE
	}
	p.Fd.set(fd, f, cloexec)
	return int32(fd), abi.OK
}

// Install is FdInstall for a file just made: it is closed again if there is no descriptor for it.
func (l *LWP) Install(f *File, cloexec bool) (int32, abi.Errno) {
	fd, err := l.Proc.FdInstall(f, 0, cloexec)
	if err != abi.OK {
		f.Unref(l)
	}
	return fd, err
}

// Close closes a descriptor (fd_close): knotes on it die, the process's record locks on the file go, sleepers
// in calls on the file are woken. Errors: EBADF, and what the object reports at its last close.
func (t *FileDesc) Close(l *LWP, fd int32) abi.Errno {
	f := t.Get(fd)
	if f == nil {
		return abi.EBADF
	}
	// Detaching takes each knote off the list.
	for kn := t.ents[fd].knotes; len(kn) > 0; kn = t.ents[fd].knotes {
		kn[len(kn)-1].drop()
	}
	t.clear(int(fd))
	if f.OnClose != nil && l != nil {
		f.OnClose(l.Proc, f)
	}
	f.restart()
	return f.Unref(l)
}

// Dup makes a second descriptor, at least want, for the file of fd (F_DUPFD). Errors: EBADF, EINVAL for want
// out of range, EMFILE.
func (l *LWP) Dup(fd, want int32, cloexec bool) (int32, abi.Errno) {
	p := l.Proc
	f := p.Fd.Get(fd)
	if f == nil {
		return -1, abi.EBADF
	}
	if want < 0 || int(want) >= p.fdLimit() {
		return -1, abi.EINVAL
	}
	nfd, err := p.FdInstall(f.Ref(), want, cloexec)
	if err != abi.OK {
		f.Unref(l)
	}
	return nfd, err
}

// Dup2 makes to refer to the file of from, closing what it was (fd_dup2). Error: EBADF.
func (l *LWP) Dup2(from, to int32, cloexec bool) abi.Errno {
	f := l.Proc.Fd.Get(from)
	if f == nil {
		return abi.EBADF
	}
	return l.InstallAt(l.Proc, to, f, cloexec)
}

// InstallAt makes a descriptor of p's refer to f, which gets a reference more, closing what it was. Error: EBADF for a
// number that p may not have.
func (l *LWP) InstallAt(p *Proc, to int32, f *File, cloexec bool) abi.Errno {
	if to < 0 || int(to) >= p.fdLimit() {
		return abi.EBADF
	}
	f.Ref()
	if p.Fd.Get(to) != nil {
		_ = p.Fd.Close(l, to)
	}
	p.Fd.set(int(to), f, cloexec)
	return abi.OK
}

// SetFd puts f at exactly fd, which must be free: for what a process starts with.
func (t *FileDesc) SetFd(fd int32, f *File, cloexec bool) { t.set(int(fd), f, cloexec) }

// CloseFrom closes every descriptor from lowest upwards (F_CLOSEM).
func (t *FileDesc) CloseFrom(l *LWP, lowest int32) {
	for fd := max(lowest, 0); int(fd) < len(t.ents); fd++ {
		if t.ents[fd].f != nil {
			_ = t.Close(l, fd)
		}
	}
}

// Fds lists the open descriptors in order.
func (t *FileDesc) Fds() []int32 {
	out := make([]int32, 0, t.open)
	for fd := range t.ents {
		if t.ents[fd].f != nil {
			out = append(out, int32(fd))
		}
	}
	return out
}

func (t *FileDesc) addKnote(fd int32, kn *Knote) {
	t.ents[fd].knotes = append(t.ents[fd].knotes, kn)
}

func (t *FileDesc) dropKnote(fd int32, kn *Knote) {
	if uint(fd) >= uint(len(t.ents)) {
		return
	}
	l := t.ents[fd].knotes
	for i := range l {
		if l[i] == kn {
			l[i] = l[len(l)-1]
			l[len(l)-1] = nil
			t.ents[fd].knotes = l[:len(l)-1]
			return
		}
	}
}

func (t *FileDesc) findKnote(fd int32, kq *Kqueue, filter uint32) *Knote {
	for _, kn := range t.ents[fd].knotes {
		if kn.kq == kq && kn.Kev.Filter == filter {
			return kn
		}
	}
	return nil
}
