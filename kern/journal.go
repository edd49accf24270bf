package kern

import (
	"fmt"

	"nbemu/abi"
	"nbemu/mem"
	"nbemu/strace"
)

// Journal has what programs of a deterministic machine have done outside of it, and what came of that, so that a second
// machine can do the same again without doing it: results of system calls that read or change the host's files, and what
// they stored into the program. Everything else the second machine does itself, and compares.
type Journal struct {
	calls []journalCall
	given []abi.Signal // of a debugger's signals
	bytes int
	// Lost is set when something has happened that cannot be repeated; LostAt is when.
	Lost   string
	LostAt Position
}

// maxJournal is how many bytes of calls' results are kept.
const maxJournal = 1 << 30

// journalCall is one system call.
type journalCall struct {
	pid, lid int32
	num      int
	rv       Retval
	err      abi.Errno
	outside  *outsideCall // nil for one that was not looked at any further
}

// outsideCall is what a call has done that the second machine does not.
type outsideCall struct {
	touched []mem.Touch
	stored  [][]byte // for each of touched that is for storing
	waits   int      // how often it has waited for the others: OthersFirst
}

// Outsider is implemented by open files of the host's: calls on them are in the Journal.
type Outsider interface{ IsOutside() bool }

// sysent is the row of a call; one of no number has an empty one.
func (l *LWP) sysent(num int) *Sysent {
	if table := l.Proc.Emul.Sysent; num >= 0 && num < len(table) {
		return &table[num]
	}
	return &Sysent{Name: fmt.Sprintf("#%d", num)}
}

// isOutside reports whether a call is done outside of the machine.
func (l *LWP) isOutside(sy *Sysent, args *Args) bool {
	switch sy.Outside {
	case OutsidePath, OutsideOpen:
		return true
	case OutsideFd:
		if sy.Name == "ioctl" && setsDescriptor(uint32(args[1])) {
			return false
		}
		return l.outsideFile(int32(args[0]))
	}
	return false
}

// setsDescriptor reports whether an ioctl changes the descriptor alone: FIOCLEX, FIONCLEX, FIONBIO and FIOASYNC.
func setsDescriptor(cmd uint32) bool {
	switch cmd & 0xffff {
	case 'f'<<8 | 1, 'f'<<8 | 2, 'f'<<8 | 126, 'f'<<8 | 125, 0x5450, 0x5451, 0x5421, 0x5452:
		return true
	}
	return false
}

// outsideFile reports whether a descriptor's file is the host's.
func (l *LWP) outsideFile(fd int32) bool {
	f := l.Proc.Fd.Get(fd)
	if f == nil {
		return false
	}
	o, ok := f.Ops.(Outsider)
	return ok && o.IsOutside()
}

// callLogged is callKernel for a machine that a debugger's journal is kept of, or that repeats one.
func (l *LWP) callLogged(g *Debugger, num int, args *Args) (rv Retval, err abi.Errno) {
	l.debugCall(num, DebugCall)
	sy := l.sysent(num)
	outside := l.isOutside(sy, args)
	if g.over.Load() {
		return l.callKernel(num, args)
	}
	if g.Repeats {
		rv, err = l.callAgain(g, sy, num, args, outside)
	} else {
		rv, err = l.callFirst(g, sy, num, args, outside)
	}
	l.debugCall(num, DebugReturn)
	return rv, err
}

// callFirst does a call and writes it down.
func (l *LWP) callFirst(g *Debugger, sy *Sysent, num int, args *Args, outside bool) (rv Retval, err abi.Errno) {
	j := g.Log
	if !outside {
		at := len(j.calls)
		j.calls = append(j.calls, journalCall{pid: l.Proc.PID, lid: l.ID, num: num, err: unfinished})
		rv, err = l.callKernel(num, args)
		j.calls[at].rv, j.calls[at].err = rv, err
		return rv, err
	}
	var o outsideCall
	vm := l.Proc.VM
	was := l.K.det.others
	at := len(j.calls)
	j.calls = append(j.calls, journalCall{pid: l.Proc.PID, lid: l.ID, num: num, err: unfinished, outside: &o})
	g.touching[l] = &o.touched
	vm.Touches(&o.touched)
	rv, err = l.callKernel(num, args)
	vm.Touches(nil)
	delete(g.touching, l)
	o.waits = l.K.det.others - was
	j.calls[at].rv, j.calls[at].err = rv, err
	for _, t := range o.touched {
		if !t.Store {
			continue
		}
		n := t.Len
		if err == abi.OK && fillsBuffer(sy, args, t.Addr) {
			n = min(n, rv.R0) // of the room that there was
		}
		b := make([]byte, n)
		vm.Peek(b, t.Addr)
		o.stored = append(o.stored, b)
		j.bytes += len(b)
	}
	if j.bytes > maxJournal {
		g.lose("the program has read more than can be kept")
	}
	return rv, err
}

// fillsBuffer reports whether a call stores as many bytes at va as its result says: into a buffer of its arguments.
func fillsBuffer(sy *Sysent, args *Args, va uint64) bool {
	for i := range sy.Sig.Args {
		if a := &sy.Sig.Args[i]; a.Type.IsBuf() && a.Dir == strace.Out && args[i] == va {
			return true
		}
	}
	return false
}

// unfinished marks a call that has not come back.
const unfinished = abi.Errno(-1 << 15)

// lose takes note that the run cannot be repeated any further.
func (g *Debugger) lose(why string) {
	if g.Log.Lost == "" && !g.Repeats {
		g.Log.Lost, g.Log.LostAt = why, g.Pos()
	}
}

// Lose says that something has happened that a debugger could not repeat. Preconditions: kernel lock.
func (k *Kernel) Lose(why string) {
	if g := k.dbg; g != nil && g.Log != nil {
		g.lose(why)
	}
}

// Repeating reports whether the machine does again what another one has done: nothing outside of it is to change.
func (k *Kernel) Repeating() bool { return k.dbg != nil && k.dbg.Repeats && !k.dbg.over.Load() }

// callAgain does a call again: an outside one only as far as the program can tell.
func (l *LWP) callAgain(g *Debugger, sy *Sysent, num int, args *Args, outside bool) (rv Retval, err abi.Errno) {
	if g.next >= len(g.Log.calls) {
		l.astray(g, "it makes a call more: %s", sy.Name)
		return rv, abi.ENOSYS
	}
	c := &g.Log.calls[g.next]
	g.next++
	if c.pid != l.Proc.PID || c.lid != l.ID || c.num != num || (c.outside != nil) != outside {
		l.astray(g, "process %d, LWP %d calls %s, and not process %d, LWP %d call number %d", l.Proc.PID, l.ID, sy.Name, c.pid, c.lid, c.num)
		return rv, abi.ENOSYS
	}
	if !outside {
		rv, err = l.callKernel(num, args)
		if c.err != unfinished && (rv != c.rv || err != c.err) && !g.over.Load() {
			l.astray(g, "%s returns %#x, %v, and not %#x, %v", sy.Name, rv.R0, err, c.rv.R0, c.err)
		}
		return rv, err
	}
	o := c.outside
	for range o.waits {
		if err := l.OthersFirst(); err != abi.OK {
			break
		}
	}
	if c.err == unfinished {
		// The first machine is still in this call: so is this one, until it has come as far.
		var q SleepQ
		return rv, l.Sleep(&q, "ttyin", true, noDeadline)
	}
	if sy.Outside == OutsideOpen && c.err == abi.OK {
		return l.openAgain(num, args, c)
	}
	vm := l.Proc.VM
	stored := o.stored
	for _, t := range o.touched {
		_, _ = vm.Slices(nil, t.Addr, t.Len, t.Store)
		if t.Store {
			_ = vm.Copyout(stored[0], t.Addr)
			stored = stored[1:]
		}
	}
	return c.rv, c.err
}

// openAgain opens a file again: it is not made, and not cut. Of one that is not there any more what was read is enough.
func (l *LWP) openAgain(num int, args *Args, c *journalCall) (Retval, abi.Errno) {
	rv, err := l.callKernel(num, args)
	if err != abi.OK {
		fd := l.Proc.Fd.free(0)
		l.Proc.Fd.set(fd, l.K.NewFile(nil, goneFile{}, abi.FREAD|abi.FWRITE), false)
		rv = Retval{R0: uint64(fd), R1: c.rv.R1}
	}
	if rv != c.rv {
		l.astray(l.K.dbg, "a file is opened as descriptor %d, and not %d", rv.R0, c.rv.R0)
	}
	return c.rv, abi.OK
}

// goneFile is an open file that was there only the first time.
type goneFile struct{ BadOps }

func (goneFile) Type() string    { return "vnode" }
func (goneFile) IsOutside() bool { return true }

// astray stops a second run that has gone another way than the first.
func (l *LWP) astray(g *Debugger, format string, a ...any) {
	g.stop(l, DebugStop{Why: DebugAstray, Err: fmt.Errorf(format, a...)}, true)
}

// pauseTouches has what others do while l sleeps not counted as what its call does.
func (k *Kernel) pauseTouches(l *LWP, pause bool) {
	if k.dbg == nil {
		return
	}
	if list := k.dbg.touching[l]; list != nil && pause {
		l.Proc.VM.Touches(nil)
	} else if list != nil {
		l.Proc.VM.Touches(list)
	}
}
