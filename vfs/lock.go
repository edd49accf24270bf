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

// lockRange makes a range of struct flock's members. Errors: EINVAL, EOVERFLOW.
func lockRange(f *kern.File, v *Vnode, fl *abi.Flock) (start, end int64, err abi.Errno) {
	start = fl.Start
	switch int32(fl.Whence) {
	case abi.SEEK_SET:
	case abi.SEEK_CUR:
		if r, ok := f.Ops.(*regFile); ok {
			start += r.offset(f)
		}
	case abi.SEEK_END:
		size, herr := v.Size()
		if herr != nil {
			return 0, 0, errno(herr)
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

func (lf *lockedFile) gc(k mem.FileKey) {
	if lf.locks.empty() && lf.waiters == 0 {
		if lf.host >= 0 {
			_ = unix.Close(lf.host)
		}
		delete(lf.fs.lockedFiles, k)
	}
}

// SetLock is fcntl with F_SETLK, and F_SETLKW with wait. Errors: EBADF for a file not open for the kind of
// lock, EINVAL, EAGAIN, EDEADLK, EINTR, ENOMEM for too many locks.
func SetLock(l *kern.LWP, f *kern.File, fl *abi.Flock, wait bool) abi.Errno {
	return setLock(l, lockOwner{proc: l.Proc}, f, fl, wait)
}

// SetFileLock is SetLock for a lock that belongs to the open file, whoever has it (Linux's F_OFD_SETLK).
func SetFileLock(l *kern.LWP, f *kern.File, fl *abi.Flock, wait bool) abi.Errno {
	f.FileLocks = true
	return setLock(l, lockOwner{file: f}, f, fl, wait)
}

func setLock(l *kern.LWP, p lockOwner, f *kern.File, fl *abi.Flock, wait bool) abi.Errno {
	v := vnodeOf(f)
	if v == nil {
		return abi.EINVAL
	}
	start, end, err := lockRange(f, v, fl)
	if err != abi.OK {
		return err
	}
	if fl.Type != abi.F_UNLCK {
		v = v.own(l, f)
	}
	write := false
	switch fl.Type {
	case abi.F_RDLCK:
		if f.Flag&abi.FREAD == 0 {
			return abi.EBADF
		}
	case abi.F_WRLCK:
		if f.Flag&abi.FWRITE == 0 {
			return abi.EBADF
		}
		write = true
	case abi.F_UNLCK:
		if lf := fsOf(l).lockedFiles[v.key]; lf != nil {
			if start > 0 && end < lockEOF && !mayLock(l, 2*maxLocksPerUID) {
				return abi.ENOMEM // it may make two of one
			}
			lf.release(p, start, end)
			lf.gc(v.key)
		}
		return abi.OK
	default:
		return abi.EINVAL
	}
	if !mayLock(l, maxLocksPerUID) {
		return abi.ENOMEM
	}
	lf := fsOf(l).lockedFiles[v.key]
	if lf == nil {
		lf = &lockedFile{fs: fsOf(l), host: -1}
		lf.locks.count = lf.fs.countLocks
		fsOf(l).lockedFiles[v.key] = lf
	}
	lf.waiters++
	defer func() {
		lf.waiters--
		lf.gc(v.key)
	}()
	pause := time.Millisecond
	for {
		k := lf.locks.conflict(p, start, end, write)
		if k == nil {
			if lf.hostLock(v, start, end, write) == abi.OK {
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
			deadline = l.K.Timenow().Add(pause)
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
	v := vnodeOf(f)
	if v == nil {
		return abi.EINVAL
	}
	start, end, err := lockRange(f, v, fl)
	if err != abi.OK {
		return err
	}
	if fl.Type != abi.F_RDLCK && fl.Type != abi.F_WRLCK && fl.Type != abi.F_UNLCK {
		return abi.EINVAL
	}
	write := fl.Type == abi.F_WRLCK
	if lf := fsOf(l).lockedFiles[v.key]; lf != nil {
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
	if fl.Type != abi.F_UNLCK {
		fd := v.fd
		if lf := fsOf(l).lockedFiles[v.key]; lf != nil && lf.host >= 0 {
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

// closeLocks gives up p's record locks on a file of which it closed a descriptor, as POSIX has it.
func closeLocks(p *kern.Proc, f *kern.File) {
	dropLocks(p.K, lockOwner{proc: p}, f)
	if d := &Of(p.K).dirs; len(d.places) > 0 {
		d.forget(f, p.Fd)
	}
}

// dropLocks gives up all record locks of p on a file.
func dropLocks(k *kern.Kernel, p lockOwner, f *kern.File) {
	v := vnodeOf(f)
	if v == nil {
		return
	}
	lf := Of(k).lockedFiles[v.key]
	if lf != nil && lf.locks.owners[p] != nil {
		lf.release(p, 0, lockEOF)
		lf.gc(v.key)
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
		return abi.EOPNOTSUPP
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
		err := l.Sleep(q, "flock", true, l.K.Timenow().Add(pause))
		if err != abi.OK && err != abi.EWOULDBLOCK {
			return err
		}
		pause = min(2*pause, 100*time.Millisecond)
	}
}
