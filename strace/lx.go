package strace

import (
	"strconv"

	"nbemu/abi"
)

// Linux programs' calls. Arguments that are values come with the numbers of asm-generic, which amd64 has, whatever the
// machine; what is in memory a LinuxMachine translates. What is shown, and how, is what strace(1) 6.1 shows of a program
// of amd64.

// LinuxKind is a kind of numbers in memory that machines have their own of.
type LinuxKind uint8

const (
	LinuxSignal    LinuxKind = iota
	LinuxOpenFlags           // of open, and those that are made of them: SOCK_NONBLOCK, O_NONBLOCK in a message queue's
	LinuxPoll                // events of poll
	LinuxSockType
	LinuxErrno
	LinuxMlockall // flags of mlockall
	LinuxLockType
)

// LinuxForm chooses between two forms that a structure has.
type LinuxForm uint8

const (
	LinuxUsual LinuxForm = iota
	LinuxWide            // with 64 bits on all machines: stat64, flock64
	LinuxOld             // of the calls with sets of 32 signals
)

// LinuxMachine is a machine's own way to have things in memory. It is made by package compat/linux.
type LinuxMachine interface {
	// Generic is the generic number of one of the machine's.
	Generic(k LinuxKind, own uint64) uint64
	// Sockopt is the generic level and number of a socket's option.
	Sockopt(level, name int32) (int32, int32)
	// TLSFirst says that clone's fourth argument is the thread pointer, the fifth the address of the child's number.
	TLSFirst() bool
	// Device is a device in Linux' numbers, of a file of the kernel's mode.
	Device(mode uint32, dev uint64) (major, minor uint32)
	// Get reads a structure into dst, a pointer to one of the Linux types below, and returns how long it is in memory.
	// It is not there: false.
	Get(dst any, mem Memory, va uint64, form LinuxForm) (size int, ok bool)
}

// What LinuxMachine.Get reads. Numbers in them are generic ones; of signals' sets the lowest bit is for signal 1.
type (
	LinuxSigset uint64
	LinuxStat   struct {
		Dev, Ino, Nlink     uint64
		Mode, UID, GID      uint32
		Rdev                uint64
		Size                int64
		Blksize, Blocks     uint64
		Atime, Mtime, Ctime abi.Timespec
	}
	LinuxStatfs struct {
		Type                                       uint64
		Bsize, Blocks, Bfree, Bavail, Files, Ffree uint64
		Fsid                                       [2]int32
		Namelen, Frsize, Flags                     uint64
	}
	LinuxFlock struct {
		Type, Whence int16
		Start, Len   int64
		Pid          int32
	}
	LinuxSigaction struct {
		Handler, Flags, Restorer, Mask uint64
	}
	LinuxStack struct {
		Sp    uint64
		Flags int32
		Size  uint64
	}
	LinuxSiginfo struct {
		Signo, Code int32
		Errno       uint32 // a generic number
		Pid         int32  // of a timer: its number
		UID         uint32 // of a timer: how often it has run out
		Value       uint64
		Status      int32
		Utime       int64
		Stime       int64
		Addr        uint64
		Band        int64
		Fd          int32
		Syscall     int32
		Arch        uint32
	}
	LinuxTermios struct {
		Iflag, Oflag, Cflag, Lflag uint32
		Line                       byte
		Cc                         [19]byte
	}
	LinuxEpollEvent struct {
		Events uint32
		Data   uint64
	}
	LinuxPerm struct {
		Key                        int32
		UID, GID, Cuid, Cgid, Mode uint32
	}
	LinuxShm struct {
		Perm                LinuxPerm
		Segsz               uint64
		Cpid, Lpid          int32
		Nattch              uint64
		Atime, Dtime, Ctime uint64
	}
	LinuxSem struct {
		Perm                LinuxPerm
		Otime, Ctime, Nsems uint64
	}
	LinuxMsq struct {
		Perm                LinuxPerm
		Stime, Rtime, Ctime uint64
		Qnum, Qbytes        uint64
		Lspid, Lrpid        int32
	}
)

// get reads a structure of the machine's.
func get[T any](c *ctx, va uint64, form LinuxForm) (v T, size int, ok bool) {
	if c.p.Linux == nil {
		return v, 0, false
	}
	size, ok = c.p.Linux.Get(&v, c.mem, va, form)
	return v, size, ok
}

// linuxStruct makes a formatter from one that shows a structure of the machine's.
func linuxStruct[T any](form LinuxForm, f func(c *ctx, v T)) func(c *ctx, a *Arg, va uint64) bool {
	return func(c *ctx, a *Arg, va uint64) bool {
		v, _, ok := get[T](c, va, form)
		if ok {
			f(c, v)
		}
		return ok
	}
}

// generic is the generic number of one of the machine's.
func (c *ctx) generic(k LinuxKind, v uint64) uint64 {
	if c.p.Linux == nil {
		return v
	}
	return c.p.Linux.Generic(k, v)
}

// field begins a member of a structure: after the brace without a comma.
func (c *ctx) field(name string) {
	if n := len(c.b); n > 0 && c.b[n-1] != '{' {
		c.str(", ")
	}
	c.str(name)
	c.str("=")
}

// Members of structures: decimal, unsigned, hexadecimal, and what f shows.
func (c *ctx) fieldInt(name string, v int64)      { c.field(name); c.int(v) }
func (c *ctx) fieldUint(name string, v uint64)    { c.field(name); c.uint(v) }
func (c *ctx) fieldHex(name string, v uint64)     { c.field(name); c.hex(v) }
func (c *ctx) fieldPtr(name string, v uint64)     { c.field(name); c.ptr(v) }
func (c *ctx) fieldFunc(name string, f func())    { c.field(name); f() }
func (c *ctx) fieldID(name string, v uint32)      { c.field(name); showID(c, uint64(v)) }
func (c *ctx) fieldQuoted(name string, s []byte)  { c.field(name); c.quote(s, false) }
func (c *ctx) fieldSignal(name string, sig int32) { c.field(name); c.lxSignal(int(sig)) }
func (c *ctx) fieldSym(name string, v uint64, tab []sym, unknown string) {
	c.field(name)
	c.xval(v, tab, unknown)
}
func (c *ctx) fieldFlags(name string, v uint64, tab []sym, unknown string) {
	c.field(name)
	c.flags(v, tab, unknown)
}

func (c *ctx) ptr(v uint64) {
	if v == 0 {
		c.str("NULL")
		return
	}
	c.hex(v)
}

// text shows a string that is in memory.
func (c *ctx) text(va uint64) {
	start := len(c.b)
	if !fmtStr(c, nil, va) {
		c.b = c.b[:start]
		c.ptr(va)
	}
}

// at shows what f reads at an address: NULL for none, the address if it is not there.
func (c *ctx) at(va uint64, f func() bool) {
	if c.p.Pointers {
		c.ptr(va)
		return
	}
	mark := len(c.b)
	if va == 0 {
		c.str("NULL")
	} else if !f() {
		c.b = c.b[:mark]
		c.hex(va)
	}
}

// fieldAt is a member that points to what f reads.
func (c *ctx) fieldAt(name string, va uint64, f func() bool) {
	c.field(name)
	c.at(va, f)
}

// xval writes the name of v, or the number and what it would be one of: 0x63 /* SEEK_??? */.
func (c *ctx) xval(v uint64, tab []sym, unknown string) {
	if c.p.Consts != Names && !c.named {
		c.constant(v, (*ctx).hex, func() { c.xval(v, tab, unknown) })
		return
	}
	if s := nameIn(tab, v); s != "" {
		c.str(s)
		return
	}
	c.hex(v)
	if unknown != "" {
		c.str(" /* ")
		c.str(unknown)
		c.str(" */")
	}
}

// indirect shows a number that is in memory: [5].
func (c *ctx) indirect(f func()) {
	c.str("[")
	f()
	c.str("]")
}

// hexQuote writes s with every byte as \x41.
func (c *ctx) hexQuote(s []byte, more bool) {
	const digits = "0123456789abcdef"
	c.str(`"`)
	for _, ch := range s {
		c.b = append(c.b, '\\', 'x', digits[ch>>4], digits[ch&15])
	}
	c.str(`"`)
	if more {
		c.str("...")
	}
}

// moment adds a time of day in words to a time that is one.
func (c *ctx) moment(t abi.Timespec) {
	if t.Nsec < 0 || t.Nsec >= 1e9 {
		return
	}
	c.str(" /* ")
	when := t.Time().Local()
	c.str(when.Format("2006-01-02T15:04:05"))
	if t.Nsec != 0 {
		c.str(when.Format(".000000000"))
	}
	c.str(when.Format("-0700"))
	c.str(" */")
}

// bytesAt reads n bytes.
func (c *ctx) bytesAt(va, n uint64) ([]byte, bool) {
	b := make([]byte, n)
	return b, c.mem.Copyin(b, va) == abi.OK
}

// long is a value of the program's register size, sign-extended.
func (c *ctx) long(v uint64) int64 {
	if c.m.PtrSize == 4 {
		return int64(int32(v))
	}
	return int64(v)
}

var lxSignals = [...]string{1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL",
	10: "USR1", 11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 16: "STKFLT", 17: "CHLD", 18: "CONT",
	19: "STOP", 20: "TSTP", 21: "TTIN", 22: "TTOU", 23: "URG", 24: "XCPU", 25: "XFSZ", 26: "VTALRM", 27: "PROF",
	28: "WINCH", 29: "IO", 30: "PWR", 31: "SYS"}

// lxSignalName names a signal without SIG; the numbers from 32 on as the kernel counts them. "": it is none.
func lxSignalName(n int) string {
	switch {
	case n == 32:
		return "RTMIN"
	case n > 32 && n <= 64:
		return "RT_" + strconv.Itoa(n-32)
	case n > 0 && n < len(lxSignals):
		return lxSignals[n]
	}
	return ""
}

func (c *ctx) lxSignal(n int) {
	if s := lxSignalName(n); s != "" {
		c.signal(int32(n), "SIG"+s)
		return
	}
	c.int(int64(n))
}

// LinuxSignalName is the name of a signal by its generic number: SIGRT_2 is the second after SIGRTMIN.
func LinuxSignalName(n int32) string {
	c := &ctx{}
	c.lxSignal(int(n))
	return string(c.b)
}

// lxSigset shows a set: what is missing in it, where that is less than a third of all.
func (c *ctx) lxSigset(s uint64, size int) {
	n := 0
	for v := s; v != 0; v &= v - 1 {
		n++
	}
	if n >= size*2/3 {
		c.str("~")
		s = ^s
	}
	c.str("[")
	for n, sep := 1, ""; n <= size; n++ {
		if s&(1<<(n-1)) != 0 {
			c.str(sep)
			if name := lxSignalName(n); name != "" {
				c.signal(int32(n), name)
			} else {
				c.int(int64(n))
			}
			sep = " "
		}
	}
	c.str("]")
}

// LinuxSigsetText is a set of signals as strace shows it.
func LinuxSigsetText(s uint64) string {
	c := &ctx{}
	c.lxSigset(s, 64)
	return string(c.b)
}
