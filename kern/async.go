package kern

import "nbemu/abi"

// Signals about open files (SIGIO for those in O_ASYNC, SIGURG): kern_descrip.c's fsetown and fownsignal.

// AsyncOps is an object that does something when its open file's O_ASYNC or owner has changed.
type AsyncOps interface{ Async(f *File) }

// OwnerOps is an object that keeps its owner itself: a terminal, whose is the foreground group.
type OwnerOps interface {
	SetOwner(l *LWP, f *File, id int32) abi.Errno
	GetOwner(f *File) int32
}

// SetOwner says who gets the file's signals: a process, or a group if id is negative (fsetown). Errors: ESRCH;
// EPERM for another session's group.
func (f *File) SetOwner(l *LWP, id int32) abi.Errno {
	if o, ok := f.Ops.(OwnerOps); ok && !l.Proc.Emul.PlainSigio {
		return o.SetOwner(l, f, id)
	}
	switch {
	case id > 0:
		if f.K.Pfind(id) == nil {
			return abi.ESRCH
		}
	case id < 0:
		g := f.K.FindPgrp(-id)
		if g == nil {
			return abi.ESRCH
		}
		if g.Session != l.Proc.Pgrp.Session && !l.Proc.Emul.PlainSigio {
			return abi.EPERM
		}
	}
	f.Owner, f.OwnerLWP = id, nil
	f.asyncChanged()
	return abi.OK
}

// GetOwner is what SetOwner set (fgetown).
func (f *File) GetOwner() int32 {
	if o, ok := f.Ops.(OwnerOps); ok && f.Owner == 0 {
		return o.GetOwner(f)
	}
	return f.Owner
}

// SetAsync turns SIGIO on or off (FIOASYNC, O_ASYNC in F_SETFL).
func (f *File) SetAsync(on bool) {
	f.Flag &^= abi.O_ASYNC
	if on {
		f.Flag |= abi.O_ASYNC
	}
	f.asyncChanged()
}

func (f *File) asyncChanged() {
	a, ok := f.Ops.(AsyncOps)
	if !ok {
		return
	}
	a.Async(f)
	f.Quietly(func() {}) // how things are at first is no change
}

// Quietly does something to the file that its owner is not told of, nor of what the host says of it. Preconditions: kernel lock.
func (f *File) Quietly(do func()) {
	told := f.Sel.Async
	f.Sel.Async = nil
	do()
	if told != nil {
		f.K.AskHost()
		f.Sel.Async = told
	}
}

// pollMsg is Linux's POLLMSG.
const pollMsg = 0x400

// Bands of siginfo_t for the codes of SIGIO.
var sigioBands = map[int32]abi.Long{
	abi.POLL_IN:  abi.POLLIN | abi.POLLRDNORM,
	abi.POLL_OUT: abi.POLLOUT | abi.POLLWRNORM,
	abi.POLL_MSG: abi.POLLIN | abi.POLLRDNORM | pollMsg,
	abi.POLL_HUP: abi.POLLHUP,
	abi.POLL_PRI: abi.POLLPRI | abi.POLLRDBAND,
}

// Sigio tells the file's owner of a change, if the file is in O_ASYNC.
func (f *File) Sigio(code int32) {
	if f.Flag&abi.O_ASYNC != 0 {
		f.ownSignal(abi.SIGIO, code)
	}
}

// SigioAlways tells the file's owner of something that does not depend on O_ASYNC: of a lease that is to be given up.
func (f *File) SigioAlways(code int32) { f.ownSignal(abi.SIGIO, code) }

// Sigurg tells the file's owner of urgent data.
func (f *File) Sigurg() { f.ownSignal(abi.SIGURG, abi.POLL_PRI) }

// OwnedByLinux reports whether the owner is a program for Linux; of a group its first one says.
func (f *File) OwnedByLinux() bool {
	p := f.K.Pfind(f.Owner)
	if f.OwnerLWP != nil {
		p = f.OwnerLWP.Proc
	} else if g := f.K.FindPgrp(-f.Owner); f.Owner < 0 && g != nil && len(g.Members) > 0 {
		p = g.Members[0]
	}
	return p != nil && p.Emul != nil && p.Emul.PlainSigio
}

// sigioCode is what an owner is told: of a pipe whose other end is gone NetBSD says so, and Linux that it can be read or
// stored to; of a socket it is the other way round.
func (f *File) sigioCode(code int32, linux bool) int32 {
	if code != abi.POLL_HUP {
		return code
	}
	switch f.Ops.(type) {
	case *pipeReader:
		if linux {
			return abi.POLL_IN
		}
	case *pipeWriter:
		if linux {
			return abi.POLL_OUT
		}
	default:
		if !linux {
			return abi.POLL_IN
		}
	}
	return code
}

// ownSignal sends a signal to the owner, with the descriptor that the file has there (fownsignal).
func (f *File) ownSignal(sig abi.Signal, code int32) {
	if sig == abi.SIGIO && f.AsyncSig != 0 {
		sig = f.AsyncSig
	}
	to := f.OwnerLWP
	send := func(p *Proc) {
		e := p.Emul
		code := f.sigioCode(code, e != nil && e.PlainSigio)
		ksi := Ksiginfo{Signo: sig, Code: code, Band: sigioBands[code], Fd: -1}
		if e != nil && e.SigioBand != nil {
			ksi.Band = e.SigioBand(code)
		}
		for fd := int32(0); fd <= p.Fd.Last(); fd++ {
			if p.Fd.Get(fd) == f {
				ksi.Fd = fd
				break
			}
		}
		if (sig == abi.SIGURG || sig == abi.SIGIO && f.AsyncSig == 0) && e != nil && e.PlainSigio {
			ksi = Ksiginfo{Signo: sig, Code: abi.SI_NOINFO}
		}
		p.Kpsignal(&ksi, to)
	}
	switch id := f.Owner; {
	case to != nil:
		if !to.zombie {
			send(to.Proc)
		}
	case id > 0:
		if p := f.K.Pfind(id); p != nil {
			send(p)
		}
	case id < 0:
		if g := f.K.FindPgrp(-id); g != nil {
			for _, p := range append([]*Proc(nil), g.Members...) {
				send(p)
			}
		}
	}
}
