package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Process accounting (kern_acct.c): a record for each process that ends, in a file.

// Free space, in percent, below which nothing is written, and above which it goes on; and how often that is looked at.
const (
	acctSuspend = 2
	acctResume  = 4
	acctCheck   = 15 * time.Second
)

// acct is a machine's accounting while it is on.
type acct struct {
	f         *kern.File
	model     *abi.Model // of who turned it on, whose layout records have
	suspended bool
	checked   time.Time // when the free space was looked at
}

// sysAcct is acct(path): accounting to a file that exists; NULL ends it. Errors: EPERM, EACCES for what is no file, those
// of open(2).
func sysAcct(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !l.Proc.Cred.IsRoot() {
		return retErr(abi.EPERM)
	}
	var next *acct
	if a[0] != 0 {
		_, err := withPath(l, a[0], func(p string) (err abi.Errno) {
			next, err = openAcct(l, p)
			return err
		})
		if err != abi.OK {
			return retErr(err)
		}
	}
	if l.K.Accounting != nil {
		l.K.Accounting.Stop(l)
		l.K.Accounting = nil
	}
	if next != nil {
		l.K.Accounting = next
	}
	return retErr(abi.OK)
}

// openAcct opens an accounting file. An incomplete record at its end is cut off.
func openAcct(l *kern.LWP, path string) (*acct, abi.Errno) {
	f, err := vfs.OpenFile(l, abi.AT_FDCWD, path, abi.O_WRONLY|abi.O_APPEND|abi.O_NONBLOCK, 0)
	if err != abi.OK {
		return nil, err
	}
	var st abi.Stat
	if err = f.Ops.Stat(l, f, &st); err == abi.OK && st.Mode&abi.S_IFMT != abi.S_IFREG {
		err = abi.EACCES
	}
	a := &acct{f: f, model: l.Model()}
	if pad := st.Size % int64(a.model.Sizeof(abi.Acct{})); err == abi.OK && pad != 0 {
		err = vfs.Ftruncate(l, f, st.Size-pad)
	}
	if err != abi.OK {
		f.Unref(l)
		return nil, err
	}
	a.check(l)
	return a, abi.OK
}

// check looks at the free space (acct_chkfree).
func (a *acct) check(l *kern.LWP) {
	a.checked = l.K.Timenow()
	var sv abi.Statvfs
	if vfs.Fstatvfs(l, a.f, &sv) != abi.OK {
		return
	}
	avail := max(sv.Bfree, sv.Bresvd) - sv.Bresvd
	switch {
	case a.suspended && avail > acctResume*sv.Blocks/100:
		a.suspended = false
		l.K.Log("Accounting resumed")
	case !a.suspended && avail <= acctSuspend*sv.Blocks/100:
		a.suspended = true
		l.K.Log("Accounting suspended")
	}
}

// Process writes the record of l's process, which ends (acct_process). RLIMIT_FSIZE is not for this file.
func (a *acct) Process(l *kern.LWP) {
	if l.K.Timenow().Sub(a.checked) >= acctCheck {
		a.check(l)
	}
	if a.suspended {
		return
	}
	p := l.Proc
	limit := &p.Limits[abi.RLIMIT_FSIZE]
	old := *limit
	*limit = abi.Rlimit{Cur: abi.RLIM_INFINITY, Max: abi.RLIM_INFINITY}
	defer func() { *limit = old }()
	u := kern.KernUio(l, a.model.Bytes(acctRecord(l)), true)
	defer u.Free()
	if err := a.f.Ops.Write(l, a.f, u); err != abi.OK {
		l.K.Log("Accounting: write failed %d", int(err))
	}
}

func acctRecord(l *kern.LWP) *abi.Acct {
	p := l.Proc
	ru := p.Getrusage(false)
	began := p.Started()
	r := &abi.Acct{
		Utime: compTime(ru.Utime.Sec, int64(ru.Utime.Usec)), Stime: compTime(ru.Stime.Sec, int64(ru.Stime.Usec)),
		Btime: began.Unix(), Uid: p.Cred.Ruid, Gid: p.Cred.Rgid, Tty: ^uint64(0), Flag: p.Acflag,
	}
	elapsed := max(l.K.Timenow().Sub(began), 0)
	r.Etime = compTime(int64(elapsed/time.Second), int64(elapsed%time.Second/time.Microsecond))
	r.Io = compTime(int64(ru.Counts.Inblock+ru.Counts.Oublock), 0)
	if s := p.Pgrp.Session; p.Flags&kern.PFControlT != 0 && s.TTY != nil {
		r.Tty = uint64(s.TTYDev())
	}
	copy(r.Comm[:], p.Comm)
	return r
}

// Stop ends accounting; l may be nil.
func (a *acct) Stop(l *kern.LWP) { a.f.Unref(l) }

// compTime is encode_comp_t: 64ths of a second as 13 bits with an exponent of 8 in the 3 bits above.
func compTime(sec, usec int64) uint16 {
	const mantissa, exponent, hz = 13, 3, 64
	v := uint64(sec)*hz + uint64(usec)/(1000000/hz)
	exp, round := uint16(0), uint64(0)
	for v > 1<<mantissa-1 {
		round = v & (1 << (exponent - 1))
		v >>= exponent
		exp++
	}
	if round != 0 {
		if v++; v > 1<<mantissa-1 {
			v >>= exponent
			exp++
		}
	}
	return exp<<mantissa + uint16(v)
}
