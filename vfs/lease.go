package vfs

import (
	"slices"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Leases on files (fs/locks.c of Linux): who holds one hears, by a signal, when somebody is about to open or cut the
// file in a way that the lease is against, and that somebody waits until the holder has given the lease up or has
// lessened it, but not longer than leaseBreakTime.

// leaseBreakTime is /proc/sys/fs/lease-break-time.
const leaseBreakTime = 45 * time.Second

// lease is one open file's lease. Kinds are those of record locks: F_RDLCK, F_WRLCK, and F_UNLCK for none.
type lease struct {
	file     *kern.File
	kind     int16
	breaking bool
	to       int16 // what it is to become, if breaking
}

// leases are a machine's, by file; q is where those wait who break them.
type leases struct {
	held map[mem.FileKey][]*lease
	open map[mem.FileKey]int // open regular files, which a lease for writing looks at
	q    kern.SleepQ
}

// Lease returns the kind of lease that an open file has, which is the one that it is to become if it is being broken.
func Lease(f *kern.File) int16 {
	v := vnodeOf(f)
	if v == nil {
		return abi.F_UNLCK
	}
	for _, ls := range v.fs.leases.held[v.key] {
		if ls.file == f {
			if ls.breaking {
				return ls.to
			}
			return ls.kind
		}
	}
	return abi.F_UNLCK
}

// SetLease gives f a lease, changes the one that it has or takes it away. Errors: EINVAL for what is no regular file,
// EACCES, EAGAIN where other opens stand against it or there is none to take away.
func SetLease(l *kern.LWP, f *kern.File, kind int16) abi.Errno {
	v := vnodeOf(f)
	var st abi.Stat
	if v == nil || v.Stat(&st) != abi.OK {
		return abi.EINVAL
	}
	switch {
	case !l.Proc.Cred.May(kern.RightLease) && st.Uid != l.Proc.Cred.Euid:
		return abi.EACCES
	case st.Mode&abi.S_IFMT != abi.S_IFREG, kind != abi.F_RDLCK && kind != abi.F_WRLCK && kind != abi.F_UNLCK:
		return abi.EINVAL
	}
	t := &v.fs.leases
	var own *lease
	for _, ls := range t.held[v.key] {
		switch {
		case ls.file == f:
			own = ls
		case kind == abi.F_WRLCK, kind == abi.F_RDLCK && ls.kind == abi.F_WRLCK, kind != abi.F_UNLCK && ls.breaking && ls.to == abi.F_UNLCK:
			return abi.EAGAIN
		}
	}
	switch {
	case kind == abi.F_UNLCK:
		if own == nil {
			return abi.EAGAIN
		}
		t.drop(v.key, own)
		return abi.OK
	case kind == abi.F_RDLCK && v.fs.writers[v.key] > 0, kind == abi.F_WRLCK && t.open[v.key] > 1:
		return abi.EAGAIN
	case own != nil && own.breaking && (own.to == abi.F_UNLCK || kind == abi.F_WRLCK):
		return abi.EAGAIN
	}
	if own == nil {
		own = &lease{file: f}
		if t.held == nil {
			t.held = map[mem.FileKey][]*lease{}
		}
		t.held[v.key] = append(t.held[v.key], own)
		if f.Owner == 0 {
			f.Owner = l.Proc.PID
		}
	}
	own.kind, own.breaking = kind, false
	t.q.WakeAll()
	return abi.OK
}

func (t *leases) drop(k mem.FileKey, ls *lease) {
	t.held[k] = slices.DeleteFunc(t.held[k], func(o *lease) bool { return o == ls })
	if len(t.held[k]) == 0 {
		delete(t.held, k)
	}
	t.q.WakeAll()
}

// closed forgets an open regular file and the lease that it had.
func (t *leases) closed(k mem.FileKey, f *kern.File) {
	if t.open[k]--; t.open[k] <= 0 {
		delete(t.open, k)
	}
	for _, ls := range t.held[k] {
		if ls.file == f {
			t.drop(k, ls)
			return
		}
	}
}

// follow takes an open file, and the lease that it has, over to a copy of what it was open on.
func (t *leases) follow(f *kern.File, from, to mem.FileKey) {
	t.open[to]++
	for _, ls := range t.held[from] {
		if ls.file == f {
			t.held[to] = append(t.held[to], ls)
			break
		}
	}
	t.closed(from, f)
}

// breakLeases tells the holders of leases on a file that it is about to be opened or, with write, opened for writing or
// cut, and waits for them unless nonblock. Errors: EAGAIN, EINTR, ERESTART.
func (fs *FS) breakLeases(l *kern.LWP, k mem.FileKey, write, nonblock bool) abi.Errno {
	t := &fs.leases
	if len(t.held[k]) == 0 {
		return abi.OK
	}
	against := func(ls *lease) bool { return write || ls.kind == abi.F_WRLCK }
	to := int16(abi.F_RDLCK)
	if write {
		to = abi.F_UNLCK
	}
	for _, ls := range slices.Clone(t.held[k]) {
		if against(ls) && (!ls.breaking || ls.to != to && to == abi.F_UNLCK) {
			if !ls.breaking {
				ls.file.SigioAlways(abi.POLL_MSG)
			}
			ls.breaking, ls.to = true, to
		}
	}
	deadline := l.K.Timenow().Add(leaseBreakTime)
	for slices.ContainsFunc(t.held[k], against) {
		if nonblock {
			return abi.EAGAIN
		}
		err := l.Sleep(&t.q, "lease", true, deadline)
		if err == abi.EWOULDBLOCK {
			for _, ls := range slices.Clone(t.held[k]) {
				if !against(ls) {
					continue
				}
				if ls.kind, ls.breaking = to, false; to == abi.F_UNLCK {
					t.drop(k, ls)
				}
			}
			return abi.OK
		}
		if err != abi.OK {
			return err
		}
	}
	return abi.OK
}
