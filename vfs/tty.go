package vfs

import (
	"math/bits"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// tty is a terminal: what its open files share. The host keeps the line discipline; which session a terminal
// belongs to, and who may read it, is decided here, because the host knows nothing of a guest's groups.
type tty struct {
	rdev    uint64
	gid     uint32 // the group that the host gave it
	session *kern.Session
	// ours says that the guest made it as a pseudo-terminal: then the host signals nobody for it.
	ours bool
	refs int
	// sgFlags are 4.3BSD's flags as they were set last (t_flags).
	sgFlags uint32
	qsize   int32 // the queues' size in bytes as TIOCSQSIZE set it, which the host's do not follow; 0 is ttyQsize
	// gen grows when the terminal is revoked: what was opened before is dead then. readers are those that may sleep.
	gen     int
	readers map[*ttyFile]*kern.File
}

// Rdev is the number of the terminal's device, as stat shows it.
func (t *tty) Rdev() uint64 { return t.rdev }

// Sizes of a terminal's queues in bytes (TTY_MINQSIZE, which is also what kern.tty.qsize begins with, and TTY_MAXQSIZE).
const (
	ttyQsize    = 1024
	ttyMaxQsize = 65536
)

// setQsize is TIOCSQSIZE: a power of two, and not while there is output (tty_get_qsize, tty_set_qsize). Errors: EINVAL,
// EBUSY; ENOTTY where nobody keeps it.
func (t *tty) setQsize(fd int, n int32) abi.Errno {
	if n < ttyQsize || n >= 2*ttyMaxQsize {
		return abi.EINVAL
	}
	n = 1 << (bits.Len32(uint32(n)) - 1)
	if t == nil {
		return abi.ENOTTY
	}
	if was := max(t.qsize, ttyQsize); n != was {
		if out, err := unix.IoctlGetInt(fd, unix.TIOCOUTQ); err == nil && out != 0 {
			return abi.EBUSY
		}
	}
	t.qsize = n
	return abi.OK
}

// ttyFile is an open terminal.
type ttyFile struct {
	streamFile
	tty  *tty
	gen  int
	ctty bool // opened as /dev/tty
}

func newTTY(h hostOps, foreign bool) *ttyFile {
	var st abi.Stat
	_ = hostStat(h.fd, "", false, &st)
	t := h.fs.ttys[st.Rdev]
	if t == nil {
		t = &tty{rdev: st.Rdev, gid: st.Gid}
		h.fs.ttys[st.Rdev] = t
	}
	t.refs++
	tf := &ttyFile{streamFile: newStream(h, foreign, false), tty: t, gen: t.gen}
	tf.before = tf.beforeRead
	return tf
}

func (t *ttyFile) Close(l *kern.LWP, f *kern.File) abi.Errno {
	delete(t.tty.readers, t)
	t.tty.refs--
	if t.tty.refs == 0 && t.tty.session == nil {
		delete(t.fs.ttys, t.tty.rdev)
	}
	return t.streamFile.Close(l, f)
}

// InitTTY makes the terminal nbemu was started on, if it has one, the controlling terminal of p's session.
func InitTTY(p *kern.Proc) {
	for fd := int32(0); fd <= 2; fd++ {
		f := p.Fd.Get(fd)
		if f == nil {
			continue
		}
		if t, ok := f.Ops.(*ttyFile); ok {
			t.tty.own(p)
			return
		}
	}
}

// own makes t the controlling terminal of p's session.
func (t *tty) own(p *kern.Proc) {
	s := p.Pgrp.Session
	t.session = s
	s.TTY = t
	s.Fg = p.Pgrp
	p.Flags |= kern.PFControlT
}

// Control makes the terminal that f is, if it is one, the controlling one of l's session, if l leads it and neither has another:
// a Linux program opens it for that.
func Control(l *kern.LWP, f *kern.File) {
	t, ok := f.Ops.(*ttyFile)
	s := l.Proc.Pgrp.Session
	if ok && f.Flag&abi.FREAD != 0 && s.Leader == l.Proc && s.TTY == nil && t.tty.session == nil {
		t.tty.own(l.Proc)
	}
}

// LeaderGone is the end of the session's leader: the terminal is nobody's, and what is open on it is revoked
// (exit1). Terminals of the host's are left alone, other programs use them too.
func (t *tty) LeaderGone() {
	t.session = nil
	if t.ours {
		t.revoke()
	}
}

// revoke makes what is open on the terminal dead.
func (t *tty) revoke() {
	t.gen++
	for _, f := range t.readers {
		f.Sel.Notify(0)
	}
	clear(t.readers)
}

// dead says that the terminal was revoked after the file was opened.
func (t *ttyFile) dead() bool { return t.gen != t.tty.gen }

// isctty says that t is p's controlling terminal.
func (t *tty) isctty(p *kern.Proc) bool {
	return t.session != nil && p.Pgrp.Session == t.session && p.Flags&kern.PFControlT != 0
}

// background reports whether p must not touch its terminal now: t is its controlling terminal, and p is not in the
// foreground (isbackground).
func (t *tty) background(p *kern.Proc) bool { return t.isctty(p) && t.session.Fg != p.Pgrp }

// What is done to a terminal from the background.
type jobUse int

const (
	jobRead jobUse = iota
	jobWrite
	jobIoctl
)

// checkJob is what using a terminal from the background leads to: SIGTTIN or SIGTTOU for the group, and another
// look when it has been continued; EIO where nobody could continue it. Errors: EIO, EINTR and ERESTART when the
// signal has a handler.
func (t *tty) checkJob(l *kern.LWP, use jobUse) abi.Errno {
	p := l.Proc
	sig := abi.SIGTTOU
	if use == jobRead {
		sig = abi.SIGTTIN
	}
	for t.background(p) {
		masked := p.Sigacts.Act[sig].Handler == kern.SigIgn || l.Sigmask.Has(sig) || p.Flags&kern.PFPpwait != 0
		orphaned := p.Pgrp.Orphaned()
		switch {
		case use == jobRead && (masked || orphaned):
			return abi.EIO
		case masked, use == jobIoctl && orphaned:
			return abi.OK
		case orphaned:
			return abi.EIO
		}
		p.Pgrp.PgSignal(sig, true)
		if err := l.Pause("ttybg", time.Second, true); err != abi.OK && err != abi.EWOULDBLOCK {
			return err
		}
	}
	return abi.OK
}

// beforeRead looks whether the file may be read, before each attempt.
func (t *ttyFile) beforeRead(l *kern.LWP, f *kern.File) abi.Errno {
	if t.dead() {
		return abi.EJUSTRETURN
	}
	if t.tty.readers == nil {
		t.tty.readers = map[*ttyFile]*kern.File{}
	}
	t.tty.readers[t] = f
	return t.tty.checkJob(l, jobRead)
}

func (t *ttyFile) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	err := t.streamFile.Read(l, f, u)
	if err == abi.EIO && t.tty.ours && !t.tty.background(l.Proc) {
		return abi.OK // the master is gone: end of file
	}
	return err
}

// Poll finds a revoked terminal ready for everything.
func (t *ttyFile) Poll(l *kern.LWP, f *kern.File, events int16, sr *kern.SelRecord) int16 {
	if t.dead() {
		return kern.SelTrue(events) | abi.POLLHUP
	}
	return t.streamFile.Poll(l, f, events, sr)
}

func (t *ttyFile) Write(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	if t.dead() {
		return abi.EIO
	}
	if t.tty.background(l.Proc) {
		if tio, herr := hostGetTermios(t.fd); herr == nil && tio.Lflag&abi.TOSTOP != 0 {
			if err := t.tty.checkJob(l, jobWrite); err != abi.OK {
				return err
			}
		}
	}
	return t.streamFile.Write(l, f, u)
}

// Async makes input a SIGIO for the foreground group (kern.AsyncOps; ttwakeup).
func (t *ttyFile) Async(f *kern.File) {
	if f.Flag&abi.O_ASYNC == 0 {
		f.Sel.Async = nil
		return
	}
	f.Sel.Async = func(hint int64) {
		if hint&(kern.HostIn|kern.HostHup) == 0 {
			return
		}
		if f.Owner != 0 {
			f.Sigio(abi.POLL_IN)
		} else if s := t.tty.session; s != nil && s.Fg != nil {
			s.Fg.PgSignal(abi.SIGIO, true)
		}
	}
	t.watched(f)
}

// SetOwner and GetOwner mean the foreground group (kern.OwnerOps): a terminal has no other owner.
func (t *ttyFile) SetOwner(l *kern.LWP, f *kern.File, id int32) abi.Errno {
	if id > 0 {
		p := l.K.Pfind(id)
		if p == nil {
			return abi.ESRCH
		}
		id = -p.Pgrp.ID
	}
	data := make([]byte, 4)
	l.Model().PutUint(data, 4, uint64(uint32(-id)))
	return t.Ioctl(l, f, abi.TIOCSPGRP, data)
}

func (t *ttyFile) GetOwner(*kern.File) int32 {
	if s := t.tty.session; s != nil && s.Fg != nil {
		return -s.Fg.ID
	}
	return 0
}

func (t *ttyFile) Seek(*kern.LWP, *kern.File, int64, int32) (int64, abi.Errno) { return 0, abi.ESPIPE }

func (t *ttyFile) Ioctl(l *kern.LWP, f *kern.File, cmd uint32, data []byte) abi.Errno {
	m := l.Model()
	if t.dead() {
		return abi.ENOTTY
	}
	switch cmd {
	case abi.TIOCFLUSH, abi.TIOCDRAIN, abi.TIOCSBRK, abi.TIOCCBRK, abi.TIOCSTART, abi.TIOCSETA, abi.TIOCSETAW,
		abi.TIOCSETAF, abi.TIOCSETD, abi.TIOCSTI, abi.TIOCSWINSZ, abi.TIOCSQSIZE:
		// Not TIOCSPGRP: a group can take the foreground by itself (ttioctl).
		if err := t.tty.checkJob(l, jobIoctl); err != abi.OK {
			return err
		}
	}
	if slices.Contains(jobs43, cmd) {
		if err := t.tty.checkJob(l, jobIoctl); err != abi.OK {
			return err
		}
	}
	switch cmd {
	case abi.TIOCGPGRP:
		if !t.tty.isctty(l.Proc) {
			return abi.ENOTTY
		}
		id := int32(30001) // no group: a number that no process has
		if g := t.tty.session.Fg; g != nil {
			id = g.ID
		}
		m.PutUint(data, 4, uint64(id))
		return abi.OK
	case abi.TIOCSPGRP:
		id := int32(m.Uint(data, 4))
		if id < 0 {
			return abi.EINVAL
		}
		if !t.tty.isctty(l.Proc) {
			return abi.ENOTTY
		}
		s := t.tty.session
		g := l.K.FindPgrp(id)
		if g == nil || g.Session != s {
			return abi.EPERM
		}
		s.Fg = g
		return abi.OK
	case abi.TIOCGSID:
		if !t.tty.isctty(l.Proc) {
			return abi.ENOTTY
		}
		m.PutUint(data, 4, uint64(t.tty.session.ID))
		return abi.OK
	case abi.TIOCSCTTY:
		s := l.Proc.Pgrp.Session
		if s.Leader != l.Proc || (s.TTY != nil || t.tty.session != nil) && s.TTY != t.tty {
			return abi.EPERM
		}
		t.tty.own(l.Proc)
		return abi.OK
	case abi.TIOCNOTTY:
		switch {
		case !t.ctty:
			return abi.ENOTTY // only /dev/tty knows it (cttyioctl)
		case l.Proc.Pgrp.Session.Leader == l.Proc:
			return abi.EINVAL
		}
		l.Proc.Flags &^= kern.PFControlT
		return abi.OK
	case abi.TIOCPTSNAME, abi.COMPAT_60_TIOCPTSNAME:
		// The name can be had from either side (ptyioctl).
		if n, ok := hostPtyOf(t.tty.rdev); ok {
			return ptsName(l, n, cmd, data)
		}
	}
	if err := ttyIoctl(l, t.fd, t.tty, cmd, data); err != abi.EPASSTHROUGH {
		return err
	}
	return t.streamFile.Ioctl(l, f, cmd, data)
}

// ttyIoctl does the requests that are the host's to do.
func ttyIoctl(l *kern.LWP, fd int, t *tty, cmd uint32, data []byte) abi.Errno {
	m := l.Model()
	switch cmd {
	case abi.TIOCGETA:
		tio, herr := hostGetTermios(fd)
		if herr != nil {
			return errno(herr)
		}
		m.Marshal(data, tio)
		return abi.OK
	case abi.TIOCSETA, abi.TIOCSETAW, abi.TIOCSETAF:
		var tio abi.Termios
		m.Unmarshal(data, &tio)
		if cmd != abi.TIOCSETA {
			if err := drain(l, fd); err != abi.OK {
				return err
			}
		}
		if cmd == abi.TIOCSETAF {
			_ = hostFlushTTY(fd, true, false)
		}
		return errno(hostSetTermios(fd, &tio))
	case abi.TIOCGWINSZ:
		ws, herr := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
		if herr != nil {
			return errno(herr)
		}
		m.Marshal(data, &abi.Winsize{Row: ws.Row, Col: ws.Col, Xpixel: ws.Xpixel, Ypixel: ws.Ypixel})
		return abi.OK
	case abi.TIOCSWINSZ:
		var ws abi.Winsize
		m.Unmarshal(data, &ws)
		old, _ := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
		nw := &unix.Winsize{Row: ws.Row, Col: ws.Col, Xpixel: ws.Xpixel, Ypixel: ws.Ypixel}
		if herr := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, nw); herr != nil {
			return errno(herr)
		}
		if t != nil && t.ours && t.session != nil && t.session.Fg != nil && (old == nil || *old != *nw) {
			t.session.Fg.PgSignal(abi.SIGWINCH, true)
		}
		return abi.OK
	case abi.TIOCOUTQ:
		n, herr := unix.IoctlGetInt(fd, unix.TIOCOUTQ)
		if herr != nil {
			return errno(herr)
		}
		m.PutUint(data, 4, uint64(n))
		return abi.OK
	case abi.TIOCFLUSH:
		which := int32(m.Uint(data, 4))
		if which&^(abi.FREAD|abi.FWRITE) != 0 {
			return abi.EINVAL
		}
		return errno(hostFlushTTY(fd, which == 0 || which&abi.FREAD != 0, which == 0 || which&abi.FWRITE != 0))
	case abi.TIOCDRAIN:
		return drain(l, fd)
	case abi.TIOCSTOP, abi.TIOCSTART:
		return errno(hostFlowTTY(fd, cmd == abi.TIOCSTOP))
	case abi.TIOCGETD:
		m.PutUint(data, 4, abi.TTYDISC)
		return abi.OK
	case abi.TIOCSETD:
		if m.Uint(data, 4) != abi.TTYDISC {
			return abi.ENXIO
		}
		return abi.OK
	case abi.TIOCGLINED:
		clear(data)
		copy(data, "termios")
		return abi.OK
	case abi.TIOCGFLAGS:
		m.PutUint(data, 4, 0)
		return abi.OK
	case abi.TIOCGQSIZE:
		n := int32(ttyQsize)
		if t != nil && t.qsize != 0 {
			n = t.qsize
		}
		m.PutUint(data, 4, uint64(n))
		return abi.OK
	case abi.TIOCSQSIZE:
		return t.setQsize(fd, int32(m.Uint(data, 4)))
	case abi.TIOCSFLAGS, abi.TIOCEXCL, abi.TIOCNXCL, abi.TIOCSBRK, abi.TIOCCBRK, abi.TIOCSDTR, abi.TIOCCDTR:
		return abi.OK
	case abi.TIOCMGET:
		m.PutUint(data, 4, abi.TIOCM_DTR|abi.TIOCM_RTS|abi.TIOCM_CTS|abi.TIOCM_CAR|abi.TIOCM_DSR)
		return abi.OK
	case abi.TIOCSTI:
		return abi.EPERM
	}
	if t != nil {
		return t.ioctl43(l, fd, cmd, data)
	}
	return abi.EPASSTHROUGH
}

// openDevTTY opens the controlling terminal. Error: ENXIO without one.
func openDevTTY(l *kern.LWP, _ *device, oflags int32) (*kern.File, abi.Errno) {
	p := l.Proc
	t, _ := p.Pgrp.Session.TTY.(*tty)
	if t == nil || p.Flags&kern.PFControlT == 0 {
		if p.Pgrp.Session.TTY != nil || p.Pgrp.Session != l.K.FirstSession() {
			return nil, abi.ENXIO
		}
	}
	name := "/dev/tty"
	if t != nil && t.ours {
		name = hostTTYName(t.rdev)
	}
	flags := hostOpenFlags(oflags &^ (abi.O_CREAT | abi.O_EXCL | abi.O_TRUNC | abi.O_APPEND))
	fd, herr := unix.Open(name, flags, 0)
	if herr != nil {
		return nil, errno(herr)
	}
	f, err := newHostFile(l, fd, oflags, nil)
	if err != abi.OK {
		return nil, err
	}
	tf, ok := f.Ops.(*ttyFile)
	if ok {
		tf.ctty = true
	}
	if ok && tf.tty != t && t != nil {
		// The host's /dev/tty has a number of its own; it is the session's terminal all the same.
		if tf.tty.refs--; tf.tty.refs == 0 {
			delete(fsOf(l).ttys, tf.tty.rdev)
		}
		t.refs++
		tf.tty, tf.gen = t, t.gen
	}
	return f, abi.OK
}
