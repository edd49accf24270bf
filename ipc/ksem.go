package ipc

import (
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/sysctl"
)

// POSIX semaphores (uipc_sem.c). A semaphore is an open file; its id is the descriptor, except for unnamed ones
// that processes share, whose id is a number known to all of them.

// Ids of process-shared semaphores are recognized by these bits.
const (
	ksemPshared       = 0x50535244 // asks for such a semaphore
	ksemMarkerMask    = 0xff000001
	ksemPsharedMarker = 0x70000001
)

const (
	ksemValueMax       = 1<<31 - 1 // SEM_VALUE_MAX
	ksemNameMax        = 255
	ksemMax      int32 = 1024
)

type ksem struct {
	kern.BadOps
	in       *Tables
	name     string // "" for unnamed ones
	mode     uint32
	uid, gid uint32
	value    uint32
	waiters  int
	refs     int
	q        kern.SleepQ
	pshared  int64      // id, if it is one of those
	owner    *kern.Proc // of a process-shared one
	fd       int32
}

// ksemTable is a machine's semaphores.
type ksemTable struct {
	ksems        map[string]*ksem // those with a name
	ksemsPshared map[int64]*ksem  // those that processes share by number
	ksemCount    int32            // all of them
}

func (s *ksem) Type() string { return "sem" }

// Poll: there is nothing to wait for (fnullop_poll).
func (s *ksem) Poll(*kern.LWP, *kern.File, int16, *kern.SelRecord) int16 { return 0 }

// Stat has a semaphore be a link, as ksem_stat_fop does.
func (s *ksem) Stat(_ *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: s.mode | abi.S_IFLNK, Uid: s.uid, Gid: s.gid, Size: int64(s.value), Nlink: uint32(s.refs), Blksize: 4096}
	return abi.OK
}

// Read returns the name.
func (s *ksem) Read(_ *kern.LWP, _ *kern.File, u *kern.Uio) abi.Errno {
	if s.name == "" {
		return abi.OK
	}
	_, err := u.Move(append([]byte(s.name), 0))
	return err
}

func (s *ksem) Close(_ *kern.LWP, f *kern.File) abi.Errno {
	if s.refs--; s.refs > 0 {
		return abi.OK
	}
	if s.pshared != 0 {
		delete(s.in.ksemsPshared, s.pshared)
	}
	if s.name == "" || s.in.ksems[s.name] != s {
		s.in.ksemCount--
	}
	return abi.OK
}

func (s *ksem) Restart(*kern.File) { s.q.WakeAll() }

// access reports whether the user can use the semaphore: that takes write permission.
func (s *ksem) access(c *kern.Cred) bool {
	return c.IsRoot() || c.Euid == s.uid && s.mode&0200 != 0 || c.Egid == s.gid && s.mode&0020 != 0 || s.mode&0002 != 0
}

// newKsem makes a semaphore without a reference. Errors: ENFILE, EINVAL, ENAMETOOLONG.
func newKsem(l *kern.LWP, name string, mode, value uint32) (*ksem, abi.Errno) {
	switch {
	case tablesOf(l.Proc).ksemCount >= ksemMax:
		return nil, abi.ENFILE
	case value > ksemValueMax:
		return nil, abi.EINVAL
	case len(name) > ksemNameMax:
		return nil, abi.ENAMETOOLONG
	case name != "" && (len(name) < 2 || name[0] != '/' || strings.Contains(name[1:], "/")):
		return nil, abi.EINVAL
	}
	c := l.Proc.Cred
	tablesOf(l.Proc).ksemCount++
	return &ksem{in: tablesOf(l.Proc), name: name, mode: mode & 0777, uid: c.Euid, gid: c.Egid, value: value}, abi.OK
}

// install opens s for the process. Error: EMFILE.
func (s *ksem) install(l *kern.LWP, cloexec bool) (int32, abi.Errno) {
	s.refs++
	return l.Install(kern.NewFile(l, s, abi.FREAD|abi.FWRITE), cloexec)
}

// KsemInit is _ksem_init(2): an unnamed semaphore; kind asks for a process-shared one. Errors: ENFILE, EINVAL,
// EMFILE.
func KsemInit(l *kern.LWP, value uint32, kind int64) (id int64, err abi.Errno) {
	s, err := newKsem(l, "", 0, value)
	if err != abi.OK {
		return 0, err
	}
	fd, err := s.install(l, false)
	if err != abi.OK {
		return 0, err
	}
	if kind != ksemPshared {
		return int64(fd), abi.OK
	}
	for {
		var b [4]byte
		l.K.Random(b[:])
		n := int64(uint32(b[0])|uint32(b[1])<<8|uint32(b[2])<<16)&^ksemMarkerMask | ksemPsharedMarker
		if tablesOf(l.Proc).ksemsPshared[n] == nil {
			s.pshared, s.owner, s.fd = n, l.Proc, fd
			tablesOf(l.Proc).ksemsPshared[n] = s
			return n, abi.OK
		}
	}
}

// KsemOpen is _ksem_open(2). Errors: EINVAL, ENAMETOOLONG, EEXIST, ENOENT, EACCES, ENFILE, EMFILE.
func KsemOpen(l *kern.LWP, name string, oflag int32, mode, value uint32) (int64, abi.Errno) {
	s := tablesOf(l.Proc).ksems[name]
	switch {
	case s == nil && oflag&abi.O_CREAT == 0:
		return 0, abi.ENOENT
	case s == nil:
		if name == "" {
			return 0, abi.EINVAL
		}
		err := l.Proc.FdRoom()
		if err != abi.OK {
			return 0, err
		}
		if s, err = newKsem(l, name, mode&^l.Proc.Cwdi.Umask, value); err != abi.OK {
			return 0, err
		}
		tablesOf(l.Proc).ksems[name] = s
	case oflag&abi.O_EXCL != 0:
		return 0, abi.EEXIST
	case !s.access(l.Proc.Cred):
		return 0, abi.EACCES
	}
	fd, err := s.install(l, oflag&abi.O_CLOEXEC != 0)
	return int64(fd), err
}

// KsemUnlink is _ksem_unlink(2). Errors: ENOENT, EACCES.
func KsemUnlink(l *kern.LWP, name string) abi.Errno {
	s := tablesOf(l.Proc).ksems[name]
	if s == nil {
		return abi.ENOENT
	}
	if !s.access(l.Proc.Cred) {
		return abi.EACCES
	}
	delete(tablesOf(l.Proc).ksems, name)
	if s.refs == 0 {
		tablesOf(l.Proc).ksemCount--
	}
	return abi.OK
}

// ksemGet finds a semaphore by id and its open file, which is nil for a process-shared one. Call done at the
// end. Error: EINVAL.
func ksemGet(l *kern.LWP, id int64) (s *ksem, f *kern.File, done func(), err abi.Errno) {
	if uint32(id)&ksemMarkerMask == ksemPsharedMarker {
		if s = tablesOf(l.Proc).ksemsPshared[int64(uint32(id))]; s == nil {
			return nil, nil, nil, abi.EINVAL
		}
		s.refs++
		return s, nil, func() { s.Close(l, nil) }, abi.OK
	}
	f, err = l.Getfile(int32(id))
	if err != abi.OK {
		return nil, nil, nil, abi.EINVAL
	}
	s, ok := f.Ops.(*ksem)
	if !ok {
		f.Done(l)
		return nil, nil, nil, abi.EINVAL
	}
	return s, f, func() { f.Done(l) }, abi.OK
}

// KsemClose is _ksem_close(2), for named semaphores. Error: EINVAL.
func KsemClose(l *kern.LWP, id int64) abi.Errno {
	s, f, done, err := ksemGet(l, id)
	if err != abi.OK {
		return err
	}
	named := s.name != "" && f != nil
	done()
	if !named {
		return abi.EINVAL
	}
	return l.Proc.Fd.Close(l, int32(id))
}

// KsemDestroy is _ksem_destroy(2), for unnamed semaphores. Errors: EINVAL, EBUSY while somebody waits.
func KsemDestroy(l *kern.LWP, id int64) abi.Errno {
	s, _, done, err := ksemGet(l, id)
	if err != abi.OK {
		return err
	}
	fd := int32(id)
	if s.pshared != 0 {
		fd = s.fd
	}
	bad := s.name != "" || s.pshared != 0 && s.owner != l.Proc
	busy := s.waiters > 0
	done()
	switch {
	case bad:
		return abi.EINVAL
	case busy:
		return abi.EBUSY
	}
	if s.pshared != 0 {
		// The id ends here, even if children have copies of the descriptor.
		delete(tablesOf(l.Proc).ksemsPshared, s.pshared)
	}
	return l.Proc.Fd.Close(l, fd)
}

// KsemPost is _ksem_post(2). Errors: EINVAL, EOVERFLOW.
func KsemPost(l *kern.LWP, id int64) abi.Errno {
	s, _, done, err := ksemGet(l, id)
	if err != abi.OK {
		return err
	}
	defer done()
	if s.value == ksemValueMax {
		return abi.EOVERFLOW
	}
	s.value++
	if s.waiters > 0 {
		s.q.WakeAll()
	}
	return abi.OK
}

// KsemWait is _ksem_wait(2), with a deadline _ksem_timedwait(2), with try _ksem_trywait(2). Errors: EINVAL,
// EAGAIN (try), ETIMEDOUT, EINTR, ERESTART.
func KsemWait(l *kern.LWP, id int64, try bool, deadline time.Time) abi.Errno {
	s, _, done, err := ksemGet(l, id)
	if err != abi.OK {
		return err
	}
	defer done()
	for s.value == 0 {
		if try {
			return abi.EAGAIN
		}
		s.waiters++
		err = l.Sleep(&s.q, "psem", true, deadline)
		s.waiters--
		if err == abi.EWOULDBLOCK {
			return abi.ETIMEDOUT
		}
		if err != abi.OK {
			return err
		}
	}
	s.value--
	return abi.OK
}

// KsemValue is _ksem_getvalue(2). Error: EINVAL.
func KsemValue(l *kern.LWP, id int64) (uint32, abi.Errno) {
	s, _, done, err := ksemGet(l, id)
	if err != abi.OK {
		return 0, err
	}
	defer done()
	return s.value, abi.OK
}

func sysctlKsem(k *kern.Kernel) []*sysctl.Node {
	return []*sysctl.Node{
		sysctl.Const(sysctl.Create, "semmax", "Limit of semaphores", ksemMax),
		sysctl.Int(sysctl.Create, "semcnt", "Semaphores now", func(*kern.LWP) int32 { return kernelTables(k).ksemCount }),
	}
}
