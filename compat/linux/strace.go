package linux

import (
	"reflect"
	"sync"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/strace"
)

// What who prints calls is told of the machine's memory: strace.LinuxMachine.

// Generic is the generic number of one of the machine's.
func (m *Machine) Generic(k strace.LinuxKind, v uint64) uint64 {
	switch k {
	case strace.LinuxSignal:
		return uint64(m.sigGeneric(int32(v)))
	case strace.LinuxOpenFlags:
		return bitsIn(m.open, v)
	case strace.LinuxPoll:
		return m.pollGeneric(v)
	case strace.LinuxSockType:
		return m.sockTypeIn(v)
	case strace.LinuxErrno:
		return uint64(m.errnoIn(uint16(v)))
	case strace.LinuxLockType:
		return v - uint64(m.firstLock())
	case strace.LinuxMlockall:
		if m.lockAll != 0 {
			return v / m.lockAll
		}
	}
	return v
}

// Sockopt is the generic level and number of a socket's option.
func (m *Machine) Sockopt(level, name int32) (int32, int32) { return m.sockoptIn(level, name) }

// TLSFirst says that clone has the thread pointer before the address of the child's number.
func (m *Machine) TLSFirst() bool { return m.cloneTLS }

// pollGeneric translates events of poll.
func (m *Machine) pollGeneric(v uint64) uint64 {
	if m.poll == nil {
		return v
	}
	const wrnorm, wrband, msg, remove, rdhup = 0x100, 0x200, 0x400, 0x1000, 0x2000
	list := pairs(uint64(m.poll.wrnorm), wrnorm, uint64(m.poll.wrband), wrband, uint64(m.poll.rdhup), rdhup)
	if m.poll.wrnorm == 4 { // it is POLLOUT, too
		list = list[1:]
	}
	return bitsIn(list, v)
}

// errnoIn is the error that the machine's number stands for.
func (m *Machine) errnoIn(n uint16) abi.Errno {
	for e := abi.Errno(1); int(e) < len(errnos); e++ {
		if m.errnoOut(e) == n {
			return e
		}
	}
	return linuxErrno + abi.Errno(n)
}

// Get reads one of the machine's structures.
func (m *Machine) Get(dst any, mem strace.Memory, va uint64, form strace.LinuxForm) (int, bool) {
	r := reader{m, mem, va}
	switch d := dst.(type) {
	case *strace.LinuxSigset:
		return r.sigset(d, form)
	case *strace.LinuxSigaction:
		return r.sigaction(d, form)
	case *strace.LinuxStack:
		return r.stack(d)
	case *strace.LinuxSiginfo:
		return r.siginfo(d)
	case *strace.LinuxStat:
		return r.stat(d, form)
	case *strace.LinuxStatfs:
		return r.statfs(d, form)
	case *strace.LinuxFlock:
		return r.flock(d, form)
	case *strace.LinuxTermios:
		return r.termios(d)
	case *strace.LinuxEpollEvent:
		return r.epollEvent(d)
	case *strace.LinuxShm:
		return r.shm(d)
	case *strace.LinuxSem:
		return r.sem(d)
	case *strace.LinuxMsq:
		return r.msq(d)
	}
	return 0, false
}

// reader reads at an address of a program of the machine.
type reader struct {
	m   *Machine
	mem strace.Memory
	va  uint64
}

// bytes are n bytes, nil if they are not there.
func (r *reader) bytes(n int) []byte {
	b := make([]byte, n)
	if r.mem.Copyin(b, r.va) != abi.OK {
		return nil
	}
	return b
}

// load reads a structure of the machine's, and reports how long it is.
func (r *reader) load(v any) (int, bool) {
	n := r.m.model().Sizeof(v)
	b := r.bytes(n)
	if b != nil {
		r.m.model().Unmarshal(b, v)
	}
	return n, b != nil
}

// genericSet makes a set of generic numbers of one of the machine's, whose lowest bit is for signal 1.
func (m *Machine) genericSet(own uint64) (set strace.LinuxSigset) {
	for n := int32(1); n <= 64; n++ {
		if own>>(n-1)&1 != 0 {
			if g := m.sigGeneric(n); g > 0 {
				set |= 1 << (g - 1)
			}
		}
	}
	return set
}

// ownSet is a set in memory as one number, a bit for each signal.
func (m *Machine) ownSet(b []byte) uint64 {
	model := m.model()
	if model.PtrSize == 8 {
		return model.Uint(b, 8)
	}
	return model.Uint(b, 4) | model.Uint(b[4:], 4)<<32
}

func (r *reader) sigset(d *strace.LinuxSigset, form strace.LinuxForm) (int, bool) {
	if form == strace.LinuxOld {
		var w abi.ULong
		n, ok := r.load(&w)
		*d = r.m.genericSet(uint64(uint32(w)))
		return n, ok
	}
	n := r.m.setSize()
	b := r.bytes(n)
	if b != nil {
		*d = r.m.genericSet(r.m.ownSet(b))
	}
	return n, b != nil
}

func (r *reader) sigaction(d *strace.LinuxSigaction, form strace.LinuxForm) (int, bool) {
	m := r.m
	if form == strace.LinuxOld {
		var f flagsSigaction
		var o oldSigaction
		v := any(&o)
		if m.flagsFirst {
			v = &f
		}
		n, ok := r.load(v)
		if m.flagsFirst {
			o = oldSigaction{Handler: f.Handler, Mask: f.Mask[0], Flags: abi.ULong(f.Flags)}
		}
		*d = strace.LinuxSigaction{Handler: uint64(o.Handler), Flags: bitsIn(m.saFlags, uint64(o.Flags)), Restorer: uint64(o.Restorer),
			Mask: uint64(m.genericSet(uint64(uint32(o.Mask))))}
		return n, ok
	}
	n := m.actionSize()
	b := r.bytes(n)
	if b == nil {
		return n, false
	}
	a := m.actionFrom(b)
	*d = strace.LinuxSigaction{Handler: uint64(a.Handler), Flags: uint64(a.Flags), Restorer: uint64(a.Restorer),
		Mask: uint64(m.genericSet(m.ownSet(b[n-m.setSize():])))}
	return n, true
}

func (r *reader) stack(d *strace.LinuxStack) (int, bool) {
	p := r.m.model().PtrSize
	n := 3 * p
	b := r.bytes(n)
	if b == nil {
		return n, false
	}
	model := r.m.model()
	*d = strace.LinuxStack{Sp: model.Ptr(b), Flags: int32(model.Uint(b[p:], 4)), Size: model.Ptr(b[2*p:])}
	if r.m.stackSizeFirst {
		d.Size, d.Flags = model.Ptr(b[p:]), int32(model.Uint(b[2*p:], 4))
	}
	return n, true
}

func (r *reader) siginfo(d *strace.LinuxSiginfo) (int, bool) {
	b := r.bytes(siginfoLen)
	if b != nil {
		*d = r.m.siginfoFrom(b)
	}
	return siginfoLen, b != nil
}

// siginfoFrom takes a siginfo_t apart, all forms of its union at once.
func (m *Machine) siginfoFrom(b []byte) (d strace.LinuxSiginfo) {
	model := m.model()
	at := func(off int) int32 { return int32(model.Uint(b[off:], 4)) }
	code := m.codeAt()
	u, long := siginfoUnion(model), model.PtrSize
	word := func(off int) int64 {
		v := model.Ptr(b[off:])
		if long == 4 {
			return int64(int32(v))
		}
		return int64(v)
	}
	times := (u + 12 + long - 1) &^ (long - 1)
	d = strace.LinuxSiginfo{Signo: m.sigGeneric(at(0)), Code: m.codeGeneric(at(code)), Errno: uint32(at(12 - code)), Pid: at(u), UID: uint32(at(u + 4)),
		Value: model.Ptr(b[u+8:]), Status: at(u + 8), Utime: word(times), Stime: word(times + long), Addr: model.Ptr(b[u:]),
		Band: word(u), Fd: at(u + long), Syscall: at(u + long), Arch: uint32(at(u + long + 4))}
	if d.Code != 1 { // CLD_EXITED
		d.Status = m.sigGeneric(d.Status)
	}
	return d
}

// codeGeneric is the generic number of one of the machine's codes of siginfo.
func (m *Machine) codeGeneric(own int32) int32 {
	for generic, n := range m.siCodes {
		if n == own {
			return generic
		}
	}
	return own
}

// field is the number that a structure has in the first of some members, 0 if it has none.
func field(v reflect.Value, names ...string) int64 {
	for _, n := range names {
		switch f := v.FieldByName(n); {
		case !f.IsValid():
		case f.CanInt():
			return f.Int()
		case f.CanUint():
			return int64(f.Uint())
		}
	}
	return 0
}

func (r *reader) stat(d *strace.LinuxStat, form strace.LinuxForm) (int, bool) {
	make := r.m.stat
	if form == strace.LinuxWide {
		make = r.m.stat64
	}
	if make == nil {
		return 0, false
	}
	s := make(&abi.Stat{})
	n, ok := r.load(s)
	v := reflect.ValueOf(s).Elem()
	num := func(names ...string) uint64 { return uint64(field(v, names...)) }
	moment := func(name string) abi.Timespec {
		if f := v.FieldByName(name + "im"); f.IsValid() {
			if t, ok := f.Interface().(abi.Timespec); ok {
				return t
			}
		}
		return abi.Timespec{Sec: field(v, name+"ime"), Nsec: abi.Long(field(v, name[:1]+"nsec", name+"imeNsec"))}
	}
	*d = strace.LinuxStat{Dev: num("Dev"), Ino: num("Ino"), Nlink: num("Nlink"), Mode: uint32(num("Mode")), UID: uint32(num("Uid")),
		GID: uint32(num("Gid")), Rdev: num("Rdev"), Size: field(v, "Size"), Blksize: num("Blksize"), Blocks: num("Blocks"),
		Atime: moment("At"), Mtime: moment("Mt"), Ctime: moment("Ct")}
	return n, ok
}

func (r *reader) statfs(d *strace.LinuxStatfs, form strace.LinuxForm) (int, bool) {
	var s any = &statfs{}
	switch {
	case form == strace.LinuxWide && r.m.statfs64 != nil:
		s = r.m.statfs64(&statfs{})
	case form == strace.LinuxWide:
		s = &statfs64{}
	case r.m.statfs != nil:
		s = r.m.statfs(&statfs{})
	}
	n, ok := r.load(s)
	v := reflect.ValueOf(s).Elem()
	num := func(name string) uint64 { return uint64(field(v, name)) }
	*d = strace.LinuxStatfs{Type: uint64(uint32(num("Type"))), Bsize: num("Bsize"), Blocks: num("Blocks"), Bfree: num("Bfree"), Bavail: num("Bavail"),
		Files: num("Files"), Ffree: num("Ffree"), Namelen: num("Namelen"), Frsize: num("Frsize"), Flags: num("Flags")}
	if f, ok := v.FieldByName("Fsid").Interface().([2]int32); ok {
		d.Fsid = f
	}
	return n, ok
}

func (r *reader) flock(d *strace.LinuxFlock, form strace.LinuxForm) (int, bool) {
	var l lockArg = &flock64{}
	if form != strace.LinuxWide {
		l = r.m.newFlock()
	}
	n, ok := r.load(l)
	d.Type, d.Whence, d.Start, d.Len = l.get()
	d.Type -= r.m.firstLock()
	d.Pid = l.pid()
	return n, ok
}

func (r *reader) termios(d *strace.LinuxTermios) (int, bool) {
	n := r.m.termiosSize()
	b := r.bytes(n)
	if b == nil {
		return n, false
	}
	t := r.m.termiosFrom(b)
	*d = strace.LinuxTermios{Iflag: t.Iflag, Oflag: t.Oflag, Cflag: t.Cflag, Lflag: t.Lflag, Line: t.Line}
	copy(d.Cc[:], t.Cc[:])
	return n, true
}

func (r *reader) epollEvent(d *strace.LinuxEpollEvent) (int, bool) {
	model := r.m.model()
	n, at := 16, 8
	if r.m.packedEvent {
		n, at = 12, 4
	}
	b := r.bytes(n)
	if b == nil {
		return n, false
	}
	*d = strace.LinuxEpollEvent{Events: uint32(model.Uint(b, 4)), Data: model.Uint(b[at:], 8)}
	return n, true
}

// The structures of System V IPC are read the way that ipcform.go writes them.

// ipcReader takes words off the front of a structure.
type ipcReader struct {
	m *Machine
	b []byte
}

func (r *reader) ipc() (*ipcReader, strace.LinuxPerm, bool) {
	const room = 160 // the largest of them
	i := &ipcReader{r.m, r.bytes(room)}
	if i.b == nil {
		i.b = r.bytes(84)
	}
	if i.b == nil {
		return nil, strace.LinuxPerm{}, false
	}
	i.b = append(i.b, make([]byte, room)...)
	p := r.m.perm(&abi.IpcPerm{})
	r.m.model().Unmarshal(i.b, p)
	i.b = i.b[r.m.permSize():]
	v := reflect.ValueOf(p).Elem()
	num := func(name string) uint32 { return uint32(field(v, name)) }
	return i, strace.LinuxPerm{Key: int32(num("Key")), UID: num("Uid"), GID: num("Gid"), Cuid: num("Cuid"), Cgid: num("Cgid"), Mode: num("Mode")}, true
}

func (i *ipcReader) word() uint64 {
	v := i.m.model().Ptr(i.b)
	i.b = i.b[i.m.model().PtrSize:]
	return v
}

func (i *ipcReader) int() int32 {
	v := int32(i.m.model().Uint(i.b, 4))
	i.b = i.b[4:]
	return v
}

// time is one word, or the one of two that has the lower bits.
func (i *ipcReader) time(two bool) uint64 {
	first := i.word()
	if !two {
		return first
	}
	if second := i.word(); i.m.ipc.highFirst {
		return second
	}
	return first
}

func (r *reader) shm(d *strace.LinuxShm) (int, bool) {
	i, perm, ok := r.ipc()
	if !ok {
		return 0, false
	}
	f := &r.m.ipc
	two := !r.m.model().LP64() && !f.highLast
	d.Perm = perm
	times := func() { d.Atime, d.Dtime, d.Ctime = i.time(two), i.time(two), i.time(two) }
	if f.timesFirst {
		times()
		if f.sizePad {
			i.word()
		}
	}
	d.Segsz = i.word()
	if !f.timesFirst {
		times()
	}
	d.Cpid, d.Lpid, d.Nattch = i.int(), i.int(), i.word()
	return 0, true
}

func (r *reader) sem(d *strace.LinuxSem) (int, bool) {
	i, perm, ok := r.ipc()
	if !ok {
		return 0, false
	}
	two := r.m.ipc.semPadded
	*d = strace.LinuxSem{Perm: perm, Otime: i.time(two), Ctime: i.time(two), Nsems: i.word()}
	return 0, true
}

func (r *reader) msq(d *strace.LinuxMsq) (int, bool) {
	i, perm, ok := r.ipc()
	if !ok {
		return 0, false
	}
	two := !r.m.model().LP64()
	*d = strace.LinuxMsq{Perm: perm, Stime: i.time(two), Rtime: i.time(two), Ctime: i.time(two)}
	i.word()
	d.Qnum, d.Qbytes, d.Lspid, d.Lrpid = i.word(), i.word(), i.int(), i.int()
	return 0, true
}

// ipcCalls are the calls of ipc by its first argument, with the places of their arguments among ipc's.
var ipcCalls = map[uint64]struct {
	name string
	args []int
}{
	1: {"semop", []int{1, 4, 2}}, 2: {"semget", []int{1, 2, 3}}, 3: {"semctl", []int{1, 2, 3, 4}}, 4: {"semtimedop", []int{1, 4, 2, 5}},
	11: {"msgsnd", []int{1, 4, 2, 3}}, 12: {"msgrcv", []int{1, 4, 2, 5, 3}}, 13: {"msgget", []int{1, 2}}, 14: {"msgctl", []int{1, 2, 4}},
	21: {"shmat", []int{1, 4, 2}}, 22: {"shmdt", []int{4}}, 23: {"shmget", []int{1, 2, 3}}, 24: {"shmctl", []int{1, 2, 4}},
}

// ipcSigs are what those calls look like.
var ipcSigs = sync.OnceValue(func() map[string]*strace.Sig {
	sigs := map[string]*strace.Sig{}
	for i := range sysent {
		sigs[sysent[i].Name] = &sysent[i].Sig
	}
	return sigs
})

// multiplexed is the call that socketcall or ipc makes (kern.Emul.Multiplexed).
func multiplexed(l *kern.LWP, num int, args *kern.Args) (*strace.Sig, *kern.Args) {
	switch l.Proc.Emul.Sysent[num].Name {
	case "socketcall":
		if row, a, err := socketcall(l, args); err == abi.OK {
			return &row.Sig, a
		}
	case "ipc":
		c, known := ipcCalls[args[0]&0xffff]
		if !known {
			return nil, nil
		}
		a := &kern.Args{}
		for i, from := range c.args {
			a[i] = args[from]
		}
		older := !l.Model().LP64()
		switch {
		case c.name == "semctl" && older:
			a[3], _ = l.CopyinWord(args[4]) // a union in memory
		case c.name == "msgrcv" && older && args[0]>>16 == 0:
			var old struct {
				Msgp   abi.Ptr
				Msgtyp abi.Long
			}
			if l.CopyinStruct(args[4], &old) == abi.OK {
				a[1], a[3] = uint64(old.Msgp), uint64(old.Msgtyp)
			}
		}
		return ipcSigs()[c.name], a
	}
	return nil, nil
}

// straceSignal is a signal's name and what came with it, as strace shows it (kern.Emul.SignalText).
func straceSignal(l *kern.LWP, ksi *kern.Ksiginfo) (name, text string) {
	m := machineOf(l)
	var b [siginfoLen]byte
	putSiginfo(m, b[:], ksi)
	d := m.siginfoFrom(b[:])
	p := l.K.Config.Tracing.Printer(l.Model(), nil)
	p.Linux = m
	return strace.LinuxSignalName(d.Signo), strace.LinuxSiginfoText(&p, &d)
}

// straceSigreturn is what a program goes on with after a handler (kern.Emul.SigreturnText).
func straceSigreturn(l *kern.LWP) (mask, result string) {
	var set uint64
	for s := range l.Sigmask.All {
		if g := sigNumbers[s]; g > 0 && g <= 64 {
			set |= 1 << (g - 1)
		}
	}
	m, err := machineOf(l), abi.OK
	v, bad := m.form().getResult(l)
	if bad {
		err = m.errnoIn(uint16(-v))
	}
	return strace.LinuxSigsetText(set), strace.LinuxResultText(v, err)
}
