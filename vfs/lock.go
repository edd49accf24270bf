package vfs

import (
	"cmp"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// lockedFile is a file on which guests hold or want record locks. Between guests the set decides; towards the
// host's other processes nbemu holds, on a descriptor of its own, the union of its guests' locks.
type lockedFile struct {
	fs      *FS
	locks   lockSet
	waiters int
	q       kern.SleepQ
	host    int // -1 until there is something to lock
	rdwr    bool
}

const lockEOF = 1<<63 - 1

// lockPlace is what record locks are of: a file, by the numbers that stat(2) gives of it. Those of the host's files are the
// host's; inner says that it is something of the machine's own, a device or on Linux a pipe, whole that the locks are
// flock(2)'s, which of a file of the host's are the host's.
type lockPlace struct {
	key   mem.FileKey
	inner bool
	whole bool
}

// lockPlaceOf finds out what a lock of f would be of, and the file of the host's that it is, or nil. NetBSD has locks for
// files and devices, Linux for whatever is open. Errors: EINVAL for what cannot be locked; those of stat(2).
func lockPlaceOf(l *kern.LWP, f *kern.File) (lockPlace, *Vnode, abi.Errno) {
	v := vnodeOf(f)
	switch {
	case v != nil && v.Mode&abi.S_IFMT == abi.S_IFIFO && !inodes(l):
		return lockPlace{}, nil, abi.EINVAL // fifo_vnops.c
	case v != nil:
		return lockPlace{key: v.key}, v, abi.OK
	case !isDevice(f) && !inodes(l):
		return lockPlace{}, nil, abi.EINVAL
	}
	var st abi.Stat
	if err := f.Ops.Stat(l, f, &st); err != abi.OK {
		return lockPlace{}, nil, err
	}
	return lockPlace{key: mem.FileKey{Dev: st.Dev, Ino: st.Ino}, inner: true}, nil, abi.OK
}

// maxLocksPerUID is how many record locks a user can have; root has no such limit (maxlocksperuid of vfs_lockf.c). Unlocking,
// which can make two of one, goes on to twice as many.
const maxLocksPerUID = 1024

// lockSize is how many bytes a lock is counted with: ours, and the host's.
const lockSize = 256

// countLocks notes n locks more of a user.
func (fs *FS) countLocks(uid uint32, n int) {
	mem.KernelUse(int64(n) * lockSize)
	if fs.lockCount[uid] += n; fs.lockCount[uid] == 0 {
		delete(fs.lockCount, uid)
	}
}

// mayLock reports whether l's user can have two locks more, as lf_advlock takes them beforehand.
func mayLock(l *kern.LWP, most int) bool {
	if !mem.KernelRoom(2 * lockSize) {
		return false
	}
	uid := l.Proc.Cred.Euid
	return uid == 0 || l.Proc.Emul != nil && l.Proc.Emul.LocksUnlimited || fsOf(l).lockCount[uid]+2 <= most
}

// inodes reports whether, for l, whatever is open has an inode (Linux).
func inodes(l *kern.LWP) bool { return l.Proc.Emul != nil && l.Proc.Emul.Inodes }

// IsDevice is isDevice's answer for other packages.
func IsDevice(f *kern.File) bool { return isDevice(f) }

// IsFifo reports whether f is a FIFO.
func IsFifo(f *kern.File) bool {
	s, ok := f.Ops.(*streamFile)
	return ok && s.Mode&abi.S_IFMT == abi.S_IFIFO
}

// isDevice reports whether f is a device of the machine's own.
func isDevice(f *kern.File) bool {
	switch f.Ops.(type) {
	case *memDevice, *ptmDevice:
		return true
	}
	return false
}

// lockRange makes a range of struct flock's members. Errors: EINVAL, EOVERFLOW.
func lockRange(l *kern.LWP, f *kern.File, v *Vnode, fl *abi.Flock) (start, end int64, err abi.Errno) {
	start = fl.Start
	switch int32(fl.Whence) {
	case abi.SEEK_SET:
	case abi.SEEK_CUR:
		if r, ok := f.Ops.(*regFile); ok {
			start += r.offset(f)
		} else {
			start += f.Offset
		}
	case abi.SEEK_END:
		size, err := lockedSize(l, f, v)
		if err != abi.OK {
			return 0, 0, err
		}
		start += size
	default:
		return 0, 0, abi.EINVAL
	}
	switch {
	case fl.Len == 0:
		end = lockEOF
	case fl.Len > 0:
		if start > lockEOF-fl.Len {
			return 0, 0, abi.EINVAL
		}
		end = start + fl.Len
	default:
		end = start
		start += fl.Len
	}
	if start < 0 {
		return 0, 0, abi.EINVAL
	}
	return start, end, abi.OK
}

// lockedSize is where the end of f is, whose file of the host's is v, if it is one. Errors: those of stat(2).
func lockedSize(l *kern.LWP, f *kern.File, v *Vnode) (int64, abi.Errno) {
	if v != nil {
		n, herr := v.Size()
		return n, errno(herr)
	}
	var st abi.Stat
	err := f.Ops.Stat(l, f, &st)
	return st.Size, err
}

// hostLock tells the host of a lock about to be set. Error: EAGAIN when another process of the host is in the way.
func (lf *lockedFile) hostLock(v *Vnode, start, end int64, write bool) abi.Errno {
	if lf.host < 0 || write && !lf.rdwr {
		flags := unix.O_RDONLY
		if v.flags&abi.FWRITE != 0 {
			flags = unix.O_RDWR
		}
		fd, err := reopen(v.fd, flags|unix.O_NONBLOCK)
		if err != nil && flags == unix.O_RDWR && !write {
			flags = unix.O_RDONLY
			fd, err = reopen(v.fd, flags|unix.O_NONBLOCK)
		}
		if err != nil {
			return abi.OK // the host will not have it; between guests locks work all the same
		}
		if lf.host >= 0 {
			_ = unix.Close(lf.host)
		}
		lf.host, lf.rdwr = fd, flags == unix.O_RDWR
		lf.locks.all(func(k lockf) bool {
			_ = hostSetLock(lf.host, k.start, k.end, hostLockType(k.write))
			return true
		})
	}
	typ := hostLockType(write)
	if !write {
		// Another guest's write lock would have stood in the way, but this process may have one on a part.
		held := false
		lf.locks.overlapping(start, end, func(k lockf) bool { held = held || k.write; return !held })
		if held {
			return abi.OK
		}
	}
	err := hostSetLock(lf.host, start, end, typ)
	if err == unix.EAGAIN || err == unix.EACCES {
		return abi.EAGAIN
	}
	return abi.OK
}

func hostLockType(write bool) int16 {
	if write {
		return unix.F_WRLCK
	}
	return unix.F_RDLCK
}

// hostUpdate makes the host's locks in [start, end) what the guests' are, after locks were given up.
func (lf *lockedFile) hostUpdate(start, end int64) {
	if lf.host < 0 {
		return
	}
	if lf.locks.empty() {
		_ = unix.Close(lf.host)
		lf.host = -1
		return
	}
	var inside []lockf
	cuts := []int64{start, end}
	lf.locks.overlapping(start, end, func(k lockf) bool {
		inside = append(inside, k)
		for _, c := range [...]int64{k.start, k.end} {
			if c > start && c < end {
				cuts = append(cuts, c)
			}
		}
		return true
	})
	slices.Sort(cuts)
	slices.SortFunc(inside, func(a, b lockf) int { return cmp.Compare(a.start, b.start) })
	var open []lockf // those that have begun and not ended
	for i := 0; i+1 < len(cuts); i++ {
		a, b := cuts[i], cuts[i+1]
		if a == b {
			continue
		}
		open = slices.DeleteFunc(open, func(k lockf) bool { return k.end <= a })
		for len(inside) > 0 && inside[0].start <= a {
			if inside[0].end > a {
				open = append(open, inside[0])
			}
			inside = inside[1:]
		}
		typ := int16(unix.F_UNLCK)
		for _, k := range open {
			if k.write {
				typ = unix.F_WRLCK
			} else if typ == unix.F_UNLCK {
				typ = unix.F_RDLCK
			}
		}
		_ = hostSetLock(lf.host, a, b, typ)
	}
}

func (lf *lockedFile) gc(at lockPlace) {
	if lf.locks.empty() && lf.waiters == 0 {
		if lf.host >= 0 {
			_ = unix.Close(lf.host)
		}
		delete(lf.fs.lockedFiles, at)
	}
}

// SetLock is fcntl with F_SETLK, and F_SETLKW with wait. Errors: EBADF for a file not open for the kind of
// lock, EINVAL, EAGAIN, EDEADLK, EINTR, ENOMEM for too many locks.
func SetLock(l *kern.LWP, f *kern.File, fl *abi.Flock, wait bool) abi.Errno {
	return setLock(l, lockOwner{proc: l.Proc}, f, fl, wait)
}

// SetFileLock is SetLock for a lock that belongs to the open file, whoever has it (Linux's F_OFD_SETLK).
func SetFileLock(l *kern.LWP, f *kern.File, fl *abi.Flock, wait bool) abi.Errno {
	return setLock(l, lockOwner{file: f}, f, fl, wait)
}

// endWith makes sure that locks of p's at a place end with what they are set through: those of a process when it closes a
// descriptor of f, those of an open file with it. (Files of the host's have their OnClose from the start.)
func (p lockOwner) endWith(fs *FS, f *kern.File, at lockPlace) {
	switch {
	case p.file == nil && f.OnClose == nil:
		f.OnClose = func(p *kern.Proc, _ *kern.File) { fs.lockedFiles[at].drop(lockOwner{proc: p}, at) }
	case p.file != nil && f.OnEnd == nil:
		f.OnEnd = func(f *kern.File) {
			at := at
			if v := vnodeOf(f); v != nil {
				at.key = v.key
			}
			for _, at.whole = range [...]bool{false, true} {
				fs.lockedFiles[at].drop(p, at)
			}
		}
	}
}

// lacksFor reports whether f is not open for what a lock of a kind takes.
func lacksFor(f *kern.File, typ int16) bool {
	return typ == abi.F_RDLCK && f.Flag&abi.FREAD == 0 || typ == abi.F_WRLCK && f.Flag&abi.FWRITE == 0
}

func setLock(l *kern.LWP, p lockOwner, f *kern.File, fl *abi.Flock, wait bool) abi.Errno {
	if !inodes(l) && f.Ops.Type() == "vnode" && lacksFor(f, fl.Type) {
		return abi.EBADF // before the range is looked at (do_fcntl_lock)
	}
	at, v, err := lockPlaceOf(l, f)
	if err != abi.OK {
		return err
	}
	start, end, err := lockRange(l, f, v, fl)
	if err != abi.OK {
		return err
	}
	if fl.Type != abi.F_UNLCK && v != nil {
		v = v.own(l, f)
		at.key = v.key
	}
	switch fl.Type {
	case abi.F_RDLCK:
		if f.Flag&abi.FREAD == 0 {
			return abi.EBADF
		}
	case abi.F_WRLCK:
		if f.Flag&abi.FWRITE == 0 {
			return abi.EBADF
		}
	case abi.F_UNLCK:
		return unlock(l, p, at, start, end)
	default:
		return abi.EINVAL
	}
	p.endWith(fsOf(l), f, at)
	if v != nil && v.Mode&abi.S_IFMT != abi.S_IFREG {
		v = nil // no business of the host's, where to open a device again can have effects
	}
	return lock(l, p, at, v, lockf{start: start, end: end, write: fl.Type == abi.F_WRLCK}, wait)
}

// unlock gives up p's locks in [start, end). Error: ENOMEM.
func unlock(l *kern.LWP, p lockOwner, at lockPlace, start, end int64) abi.Errno {
	if lf := fsOf(l).lockedFiles[at]; lf != nil {
		if start > 0 && end < lockEOF && !mayLock(l, 2*maxLocksPerUID) {
			return abi.ENOMEM // it may make two of one
		}
		lf.release(p, start, end)
		lf.gc(at)
	}
	return abi.OK
}

// lock sets a lock of p's, of which n says where and which kind. Errors: EAGAIN, EDEADLK, EINTR, ENOMEM.
func lock(l *kern.LWP, p lockOwner, at lockPlace, v *Vnode, n lockf, wait bool) abi.Errno {
	start, end, write := n.start, n.end, n.write
	if !mayLock(l, maxLocksPerUID) {
		return abi.ENOMEM
	}
	lf := fsOf(l).lockedFiles[at]
	if lf == nil {
		lf = &lockedFile{fs: fsOf(l), host: -1}
		lf.locks.count = lf.fs.countLocks
		fsOf(l).lockedFiles[at] = lf
	}
	lf.waiters++
	defer func() {
		lf.waiters--
		lf.gc(at)
	}()
	pause := time.Millisecond
	for {
		k := lf.locks.conflict(p, start, end, write)
		if k == nil {
			if v == nil || lf.hostLock(v, start, end, write) == abi.OK {
				lf.locks.set(p, start, end, write, l.Proc.Cred.Euid)
				if !write {
					// It may have been a write lock before.
					lf.hostUpdate(start, end)
					lf.q.WakeAll()
				}
				return abi.OK
			}
		}
		if !wait {
			return abi.EAGAIN
		}
		var deadline time.Time
		if k != nil {
			// An open file waits for nobody, and whoever has it may unlock it.
			for o := k.owner; o.proc != nil && p.proc != nil; o = fsOf(l).lockWaits[o] {
				if o == p {
					return abi.EDEADLK
				}
			}
			fsOf(l).lockWaits[p] = k.owner
		} else {
			// A process of the host does not wake us: look again now and then.
			deadline = l.Shortly(pause)
			pause = min(2*pause, 100*time.Millisecond)
		}
		err := l.Sleep(&lf.q, "lockf", true, deadline)
		delete(fsOf(l).lockWaits, p)
		if err != abi.OK && err != abi.EWOULDBLOCK {
			return err
		}
	}
}

func (lf *lockedFile) release(p lockOwner, start, end int64) {
	lf.locks.unset(p, start, end)
	lf.hostUpdate(start, end)
	lf.q.WakeAll()
}

// GetLock is fcntl with F_GETLK: fl becomes the lock that stands in the way of fl, or F_UNLCK. Error: EINVAL.
func GetLock(l *kern.LWP, f *kern.File, fl *abi.Flock) abi.Errno {
	return getLock(l, lockOwner{proc: l.Proc}, f, fl)
}

// GetFileLock is GetLock for a lock of the open file's own.
func GetFileLock(l *kern.LWP, f *kern.File, fl *abi.Flock) abi.Errno {
	return getLock(l, lockOwner{file: f}, f, fl)
}

func getLock(l *kern.LWP, p lockOwner, f *kern.File, fl *abi.Flock) abi.Errno {
	at, v, err := lockPlaceOf(l, f)
	if err != abi.OK {
		return err
	}
	start, end, err := lockRange(l, f, v, fl)
	if err != abi.OK {
		return err
	}
	if fl.Type != abi.F_RDLCK && fl.Type != abi.F_WRLCK && fl.Type != abi.F_UNLCK {
		return abi.EINVAL
	}
	write := fl.Type == abi.F_WRLCK
	if lf := fsOf(l).lockedFiles[at]; lf != nil {
		if k := lf.locks.conflict(p, start, end, write); k != nil {
			*fl = abi.Flock{Start: k.start, Len: k.end - k.start, Pid: k.owner.pid(), Type: abi.F_RDLCK, Whence: abi.SEEK_SET}
			if k.end == lockEOF {
				fl.Len = 0
			}
			if k.write {
				fl.Type = abi.F_WRLCK
			}
			return abi.OK
		}
	}
	if fl.Type != abi.F_UNLCK && v != nil {
		fd := v.fd
		if lf := fsOf(l).lockedFiles[at]; lf != nil && lf.host >= 0 {
			fd = lf.host
		}
		if k, ok := hostGetLock(fd, start, end, hostLockType(write)); ok {
			*fl = k
			return abi.OK
		}
	}
	fl.Type = abi.F_UNLCK
	return abi.OK
}

// closeLocks gives up p's record locks on a file of the host's of which it closed a descriptor, as POSIX has it.
func closeLocks(p *kern.Proc, f *kern.File) {
	fs := Of(p.K)
	if v := vnodeOf(f); v != nil {
		at := lockPlace{key: v.key}
		fs.lockedFiles[at].drop(lockOwner{proc: p}, at)
	}
	if d := &fs.dirs; len(d.places) > 0 {
		d.forget(f, p.Fd)
	}
}

// drop gives up all of p's locks.
func (lf *lockedFile) drop(p lockOwner, at lockPlace) {
	if lf != nil && lf.locks.owners[p] != nil {
		lf.release(p, 0, lockEOF)
		lf.gc(at)
	}
}

// flockDone wakes those who could not get a lock of flock. The host decides, because each open file has a
// descriptor of its own there; it cannot wake us, so that waiters also look again now and then.
func (fs *FS) flockDone(k mem.FileKey) {
	if q := fs.flockQ[k]; q != nil {
		q.WakeAll()
		delete(fs.flockQ, k)
	}
}

// Flock is flock(2). Errors: EINVAL, EAGAIN with LOCK_NB, EINTR, EOPNOTSUPP for what cannot be locked.
func Flock(l *kern.LWP, f *kern.File, how int32) abi.Errno {
	var h *hostOps
	switch o := f.Ops.(type) {
	case *regFile:
		h = &o.hostOps
	case *dirFile:
		h = &o.hostOps
	case *streamFile:
		h = &o.hostOps
	default:
		return flockInner(l, f, how)
	}
	if o, ok := f.Ops.(*streamFile); ok && o.Mode&abi.S_IFMT == abi.S_IFIFO && !inodes(l) {
		return abi.EINVAL // fifo_vnops.c
	}
	if how&^abi.LOCK_NB != abi.LOCK_UN {
		h.Vnode.own(l, f)
	}
	op := 0
	switch how &^ abi.LOCK_NB {
	case abi.LOCK_SH:
		op = unix.LOCK_SH
	case abi.LOCK_EX:
		op = unix.LOCK_EX
	case abi.LOCK_UN:
		herr := unix.Flock(h.fd, unix.LOCK_UN)
		h.flocked = false
		fsOf(l).flockDone(h.key)
		return errno(herr)
	default:
		return abi.EINVAL
	}
	pause := time.Millisecond
	for {
		herr := unix.Flock(h.fd, op|unix.LOCK_NB)
		switch {
		case herr == nil:
			if op == unix.LOCK_SH && h.flocked {
				fsOf(l).flockDone(h.key) // a step down lets others in
			}
			h.flocked = true
			return abi.OK
		case herr == unix.EINTR:
			continue
		case herr != unix.EWOULDBLOCK:
			return errno(herr)
		case how&abi.LOCK_NB != 0:
			return abi.EAGAIN
		}
		q := fsOf(l).flockQ[h.key]
		if q == nil {
			q = &kern.SleepQ{}
			fsOf(l).flockQ[h.key] = q
		}
		err := l.Sleep(q, "flock", true, l.Shortly(pause))
		if err != abi.OK && err != abi.EWOULDBLOCK {
			return err
		}
		pause = min(2*pause, 100*time.Millisecond)
	}
}

// flockInner is Flock for something of the machine's own.
func flockInner(l *kern.LWP, f *kern.File, how int32) abi.Errno {
	at, v, err := lockPlaceOf(l, f)
	switch {
	case err == abi.EINVAL && f.Ops.Type() != "vnode":
		return abi.EOPNOTSUPP
	case err != abi.OK:
		return err
	case v != nil:
		at = lockPlace{key: v.key, inner: true} // a terminal: no more than one machine's business
	}
	at.whole = true
	p := lockOwner{file: f}
	switch how &^ abi.LOCK_NB {
	case abi.LOCK_SH, abi.LOCK_EX:
		p.endWith(fsOf(l), f, at)
		return lock(l, p, at, nil, lockf{end: lockEOF, write: how&abi.LOCK_EX != 0}, how&abi.LOCK_NB == 0)
	case abi.LOCK_UN:
		return unlock(l, p, at, 0, lockEOF)
	}
	return abi.EINVAL
}
