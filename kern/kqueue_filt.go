package kern

import (
	"time"

	"nbemu/abi"
	"nbemu/mem"
)

// attach is for the filters that are not about a descriptor.
func (kn *Knote) attach(l *LWP) abi.Errno {
	switch kn.Kev.Filter {
	case abi.EVFILT_PROC:
		return kn.attachProc(l)
	case abi.EVFILT_SIGNAL:
		// Any number will do: nobody sends a signal that there is not (filt_sigattach).
		kn.Kev.Flags |= abi.EV_CLEAR
		kn.Attach(&l.Proc.Klist, filtSignal)
	case abi.EVFILT_TIMER:
		return kn.attachTimer()
	case abi.EVFILT_FS:
		// Nothing is ever mounted or unmounted.
		kn.Event = func(kn *Knote, hint int64) bool { return false }
	case abi.EVFILT_USER:
		// NOTE_TRIGGER does nothing yet: filt_userattach looks for it after kqueue_register has cleared the field.
		kn.Sfflags &= abi.NOTE_FFLAGSMASK &^ abi.NOTE_TRIGGER
		kn.Event = func(kn *Knote, _ int64) bool { return kn.triggered }
	default:
		return abi.EINVAL
	}
	return abi.OK
}

// touchUser changes a user event.
func (kn *Knote) touchUser(kev *abi.Kevent) {
	ff := kev.Fflags & abi.NOTE_FFLAGSMASK &^ abi.NOTE_TRIGGER
	switch kev.Fflags & abi.NOTE_FFCTRLMASK {
	case abi.NOTE_FFAND:
		kn.Sfflags &= ff
	case abi.NOTE_FFOR:
		kn.Sfflags |= ff
	case abi.NOTE_FFCOPY:
		kn.Sfflags = ff
	}
	kn.Sdata = kev.Data
	if kev.Flags&abi.EV_KEEPUDATA == 0 {
		kn.Kev.Udata = kev.Udata
	}
	if kev.Fflags&abi.NOTE_TRIGGER != 0 {
		kn.triggered = true
	}
	if kev.Flags&abi.EV_CLEAR != 0 {
		kn.triggered = false
	}
	if kn.triggered {
		kn.activate()
	}
}

// Hints of a process's list: a signal number with hintSignal, else one of NOTE_EXIT, NOTE_FORK, NOTE_EXEC
// with a process number.
const hintSignal = 1 << 40

// KnoteSignal tells the knotes of p that a signal was sent to it.
func KnoteSignal(p *Proc, sig abi.Signal) {
	if len(p.Klist.notes) > 0 {
		p.Klist.Knote(hintSignal | int64(sig))
	}
}

// KnoteProc tells the knotes of p of NOTE_EXIT (data is the wait status), NOTE_FORK (data is the child's
// number) or NOTE_EXEC.
func KnoteProc(p *Proc, hint uint32, data int64) {
	for i := len(p.Klist.notes) - 1; i >= 0; i-- {
		if i >= len(p.Klist.notes) {
			continue
		}
		kn := p.Klist.notes[i]
		if kn.Kev.Filter != abi.EVFILT_PROC {
			continue
		}
		if kn.procEvent(hint, data) {
			kn.activate()
		}
	}
}

func filtSignal(kn *Knote, hint int64) bool {
	if hint&hintSignal != 0 && uint64(hint&0xff) == uint64(kn.Kev.Ident) {
		kn.Kev.Data++
	}
	return kn.Kev.Data != 0
}

func filtProc(kn *Knote, _ int64) bool { return kn.Kev.Fflags != 0 || kn.Kev.Flags&abi.EV_EOF != 0 }

func (kn *Knote) attachProc(l *LWP) abi.Errno {
	p := kn.kq.f.K.Pfind(int32(kn.Kev.Ident))
	if p == nil || kn.Kev.Ident > 1<<31-1 {
		return abi.ESRCH
	}
	if !mayWatch(l.Proc, p) {
		return abi.EACCES
	}
	kn.Kev.Flags |= abi.EV_CLEAR
	kn.Sfflags &^= abi.NOTE_CHILD // that one only we report
	kn.Attach(&p.Klist, filtProc)
	return abi.OK
}

// procEvent notes what happened to the process of kn and reports whether that is to be reported.
func (kn *Knote) procEvent(event uint32, data int64) bool {
	wanted := kn.Sfflags & event
	switch event {
	case abi.NOTE_EXIT:
		// The knote outlives the process until it is read. It is always activated, so that it goes away.
		kn.list.remove(kn)
		kn.list = nil
		kn.Kev.Flags |= abi.EV_EOF | abi.EV_ONESHOT
		kn.Kev.Fflags |= wanted
		kn.Kev.Data = data
		return true
	case abi.NOTE_FORK:
		if kn.Sfflags&abi.NOTE_TRACK != 0 && kn.track(int32(data)) != abi.OK {
			kn.Kev.Fflags |= abi.NOTE_TRACKERR
		}
	}
	kn.Kev.Fflags |= wanted
	return kn.Kev.Fflags != 0
}

// mayWatch reports whether a process may have a kqueue watch another, or itself (kqueue_listener_cb): root may, and
// others those of the same user that have not changed theirs.
func mayWatch(by, p *Proc) bool {
	return by.Cred.IsRoot() || by.Cred.Ruid == p.Cred.Ruid && p.Flags&PFSugid == 0
}

// track has the kqueue follow the child that the process of kn made (knote_proc_fork_track). Two knotes do that: one
// reports the birth and goes, the other what comes later. If there were one, a child that ends before anybody looks
// would put its exit status where its parent's number belongs. The process that forks must be one that may watch the
// child, for it is the one that has it watched. Errors: ESRCH, EACCES, ENOMEM.
func (kn *Knote) track(pid int32) abi.Errno {
	kq, parent := kn.kq, int32(kn.Kev.Ident)
	p, c := kq.f.K.Pfind(parent), kq.f.K.Pfind(pid)
	switch {
	case p == nil || c == nil:
		return abi.ESRCH
	case !mayWatch(p, c):
		return abi.EACCES
	case !mem.KernelRoom(2 * knoteSize):
		return abi.ENOMEM
	}
	kev := abi.Kevent{
		Ident: abi.ULong(pid), Filter: kn.Kev.Filter, Udata: kn.Kev.Udata,
		Flags: kn.Kev.Flags&^abi.EV_EOF | abi.EV_ADD | abi.EV_ENABLE | abi.EV_CLEAR,
	}
	life := &Knote{Kev: kev, Sfflags: kn.Sfflags, Sdata: int64(parent), kq: kq}
	life.Attach(&c.Klist, filtProc)
	kq.notes[noteKey{uint64(kev.Ident), kev.Filter}] = life

	kev.Flags |= abi.EV_ONESHOT
	kev.Fflags, kev.Data = abi.NOTE_CHILD, int64(parent)
	birth := &Knote{Kev: kev, kq: kq, Event: func(*Knote, int64) bool { return true }}
	mem.KernelUse(2 * knoteSize)
	birth.activate()
	return abi.OK
}

type knTimer struct {
	timer *Timer
	gen   int
}

// interval returns a timer's period; once says that it does not repeat.
func (kn *Knote) interval() (d time.Duration, once bool, err abi.Errno) {
	if kn.Sfflags&^(abi.NOTE_ABSTIME|3) != 0 || kn.Sdata < 0 || kn.Sdata == 0 && kn.Sfflags&abi.NOTE_ABSTIME == 0 {
		return 0, false, abi.EINVAL
	}
	unit := [4]time.Duration{time.Millisecond, time.Second, time.Microsecond, time.Nanosecond}[kn.Sfflags&3]
	if kn.Sdata > int64((1<<63-1)/unit) {
		d = 1<<63 - 1
	} else {
		d = time.Duration(kn.Sdata) * unit
	}
	once = kn.Kev.Flags&abi.EV_ONESHOT != 0
	if kn.Sfflags&abi.NOTE_ABSTIME != 0 {
		d -= time.Duration(kn.kq.f.K.Timenow().UnixNano())
		once = true
	} else if !once && d < time.Millisecond {
		// One tick of the kernel's clock at least, as there.
		d = time.Millisecond
	}
	return max(d, 0), once, abi.OK
}

func (kn *Knote) attachTimer() abi.Errno {
	if _, _, err := kn.interval(); err != abi.OK {
		return err
	}
	kn.timerFlags(kn.Kev.Flags)
	kn.hook = &knTimer{}
	kn.Event = func(kn *Knote, _ int64) bool { return kn.Kev.Data != 0 }
	kn.Detach = func(kn *Knote) {
		t := kn.hook.(*knTimer)
		t.gen++
		if t.timer != nil {
			t.timer.Stop()
		}
	}
	kn.startTimer()
	return abi.OK
}

// timerFlags are those of a timer: one that repeats clears itself.
func (kn *Knote) timerFlags(flags uint32) {
	kn.Kev.Flags = flags
	if kn.Sfflags&abi.NOTE_ABSTIME == 0 {
		kn.Kev.Flags |= abi.EV_CLEAR
	}
}

// restartTimer gives a timer a new period, and flags, and forgets what has run out. It stands still after an error.
func (kn *Knote) restartTimer(kev *abi.Kevent) abi.Errno {
	kn.Detach(kn)
	kn.Kev.Data = 0
	if kn.status&knQueued != 0 {
		kn.dequeue()
	}
	kn.status &^= knActive
	old, data, flags := kn.Sfflags, kn.Sdata, kn.Kev.Flags
	kn.Sfflags, kn.Sdata, kn.Kev.Flags = kev.Fflags, kev.Data, kev.Flags
	if _, _, err := kn.interval(); err != abi.OK {
		kn.Sfflags, kn.Sdata, kn.Kev.Flags = old, data, flags
		return err
	}
	kn.timerFlags(kev.Flags)
	kn.startTimer()
	return abi.OK
}

func (kn *Knote) startTimer() {
	d, once, _ := kn.interval()
	t := kn.hook.(*knTimer)
	if t.timer != nil {
		t.timer.Stop()
	}
	t.gen++
	gen := t.gen
	t.timer = kn.kq.f.K.AfterFunc(d, func() {
		if t.gen != gen {
			return
		}
		kn.Kev.Data++
		kn.activate()
		if !once {
			t.timer.Reset(d)
		}
	})
}
