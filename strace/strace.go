// Package strace describes the arguments of system calls and writes calls as
// text, the way strace(1) does:
//
//	open("/etc/passwd", O_RDONLY)           = 3
//	open("/nonexistent", O_RDONLY)          = -1 ENOENT (No such file or directory)
//
// The descriptions are data, a Sig for each call; they come from the master
// files of the system call tables. What a type looks like is in types.go.
//
// It is a part of nbemu and not for other modules: those import package machine.
package strace

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"nbemu/abi"
)

// Memory is the memory a call's pointers point into.
type Memory interface {
	Copyin(dst []byte, va uint64) abi.Errno
}

// Dir tells which way the memory that a pointer leads to is used.
type Dir uint8

const (
	In    Dir = iota // read by the kernel, or not a pointer
	Out              // written by the kernel: shown after the call
	InOut            // both
)

// Arg describes one argument of a system call.
type Arg struct {
	Name   string
	Type   ArgType
	Dir    Dir
	Len    uint8 // 1 + index of the argument that holds the length or count, 0 for none
	LenPtr bool  // that argument points to the length
	Pad    bool  // takes a place and means nothing
	Size64 bool  // takes 64 bits on 32-bit machines too
}

// RetType says how to show what a call returns.
type RetType uint8

const (
	RetInt   RetType = iota // int
	RetLong                 // long, ssize_t
	RetULong                // an unsigned number
	RetPtr                  // an address
	RetOff                  // 64 bits on all machines
	RetMode                 // octal
	RetVoid                 // nothing of interest: 0
	RetNone                 // does not return
	RetPair                 // two descriptors
	RetErrno                // an error number returned as a value (posix_fadvise)
)

// Sig describes a system call.
type Sig struct {
	Name string
	Args []Arg
	Ret  RetType
}

// Result is what a call gave.
type Result struct {
	Val, Val2 uint64
	Err       abi.Errno
}

// Printer writes calls as text. The zero values of the limits mean strace's.
type Printer struct {
	Model  *abi.Model
	MaxStr int  // bytes of strings and buffers shown: 32; negative for none
	MaxArr int  // elements of arrays shown: 32
	Env    bool // show the environment of execve, not only its size
	Hex    int  // strings in hexadecimal: 1 those that are not text, 2 all; hexChars
	Align  int  // column the results stand in: 40; negative for none
	// Consts is how numbers with names are shown (strace -X).
	Consts ConstStyle
	// Pointers shows where structures are in place of what is in them (strace -e verbose).
	Pointers bool
	// Raw shows arguments and result as numbers (strace -e raw).
	Raw bool
	// FdName, if set, returns what is shown after a descriptor, "</etc/motd>", or "" (strace -y).
	FdName func(fd int32) string
	// Comm, if set, returns the command of a process, or "" (strace -Y).
	Comm func(pid int32) string
	// Linux is how the machine of a Linux program has things in memory; nil for other programs.
	Linux LinuxMachine
}

// Frame is one address of a program's stack, and where that is in which file and function.
type Frame struct {
	PC, Off uint64
	File    string
	Func    string // "" if that is not known
	FuncOff uint64
}

// String is strace's: "/lib/libc.so(read+0xa) [0x7f7ff0a0]".
func (f *Frame) String() string {
	if f.Func != "" {
		return fmt.Sprintf("%s(%s+%#x) [%#x]", f.File, f.Func, f.FuncOff, f.PC)
	}
	return fmt.Sprintf("%s(+%#x) [%#x]", f.File, f.Off, f.PC)
}

// Call returns the whole text of a finished call.
func (p *Printer) Call(mem Memory, s *Sig, args []uint64, r Result) string {
	c := p.Begin(mem, s, args)
	head := c.Head()
	return head + c.End(r, len(head))
}

// Pending is a call that has begun.
type Pending struct {
	c    *ctx
	head int // how much of c.b is the text of the beginning
}

// Begin reads what is known of a call before it is made. The arguments must not change until End.
func (p *Printer) Begin(mem Memory, s *Sig, args []uint64) *Pending {
	c := p.start(mem, s, args)
	c.before()
	return &Pending{c, len(c.b)}
}

// Head is the text known before the call: the name and the arguments up to the first one the kernel fills in.
func (p *Pending) Head() string { return string(p.c.b[:p.head]) }

// Pad is how much of End's text comes before the spaces that bring the result into its column.
func (p *Pending) Pad() int { return p.c.pad - p.head }

// End returns the rest, once the call has returned; column is how long the line is on which it stands, so far.
func (p *Pending) End(r Result, column int) string {
	p.c.column = column - p.head
	p.c.after(r)
	return string(p.c.b[p.head:])
}

// Aligned closes the arguments of a call whose line has n bytes so far, and leads to the result's column.
func Aligned(n int) string { return ")" + strings.Repeat(" ", max(0, 38-n)) }

// Exec is the text of an exec that the machine itself made, up to the end of the arguments; environ is where the
// environment is.
func Exec(o *Options, path string, argv, envp []string, environ uint64) string {
	p := o.Printer(nil, nil)
	c := &ctx{p: &p, m: abi.LP64LE}
	c.str("execve(")
	c.quote([]byte(path), false)
	c.str(", ")
	list := func(words []string) {
		c.str("[")
		for i, w := range words {
			if i > 0 {
				c.str(", ")
			}
			if i >= c.maxArr() {
				c.str("...")
				break
			}
			c.quote([]byte(w[:min(len(w), c.maxStr())]), len(w) > c.maxStr())
		}
		c.str("]")
	}
	list(argv)
	c.str(", ")
	if p.Env {
		list(envp)
	} else {
		c.hex(environ)
		c.vars(len(envp))
	}
	return string(c.b)
}

// vars says how many variables an environment has.
func (c *ctx) vars(n int) {
	c.str(" /* ")
	c.int(int64(n))
	if n == 1 {
		c.str(" var */")
	} else {
		c.str(" vars */")
	}
}

// LinuxResultText is the result of a Linux call whose error, if any, is err.
func LinuxResultText(v int64, err abi.Errno) string {
	c := &ctx{p: &Printer{}}
	if err == abi.OK {
		return strconv.FormatInt(v, 10)
	}
	c.str("-1 ")
	c.lxErrno(err)
	return string(c.b)
}

// makesFd are the calls that return a descriptor.
var makesFd = map[string]bool{"open": true, "openat": true, "openat2": true, "creat": true, "fhopen": true, "open_by_handle_at": true,
	"dup": true, "dup2": true, "dup3": true, "socket": true, "accept": true, "accept4": true, "paccept": true, "kqueue": true, "kqueue1": true,
	"epoll_create": true, "epoll_create1": true, "eventfd": true, "eventfd2": true, "timerfd_create": true, "signalfd": true, "signalfd4": true,
	"memfd_create": true, "memfd_secret": true, "inotify_init": true, "inotify_init1": true, "pidfd_open": true, "pidfd_getfd": true,
	"mq_open": true, "shm_open": true, "posix_openpt": true}

// returnsPid are the calls that return a process, which -Y shows the command of.
var returnsPid = map[string]bool{"fork": true, "vfork": true, "__vfork14": true, "clone": true, "__clone": true, "clone3": true, "wait4": true,
	"__wait450": true, "getpid": true, "getppid": true, "getpgid": true, "getsid": true, "setsid": true}

// ctx is one call on its way to text.
type ctx struct {
	p      *Printer
	m      *abi.Model
	mem    Memory
	sig    *Sig
	args   []uint64
	b      []byte
	next   int  // next argument to show
	shown  bool // an argument was shown: a comma is due
	comma  bool // and stands there already
	column int  // what stands on the line before b
	pad    int  // where in b the spaces before the result are
	left   bool // the call has returned
	ret    int64
	err    abi.Errno
	aux    []byte          // what follows the result
	hexRet bool            // the result is shown in hexadecimal
	named  bool            // names are those of a number that is shown with them; see constant
	kept   map[*Arg]uint64 // of memory before the call; see typeInfo.entry
}

func (p *Printer) start(mem Memory, s *Sig, args []uint64) *ctx {
	m := p.Model
	if m == nil {
		m = abi.LP64LE
	}
	c := &ctx{p: p, m: m, mem: mem, sig: s, args: args}
	c.b = append(c.b, s.Name...)
	c.b = append(c.b, '(')
	return c
}

func (c *ctx) arg(i int) uint64 {
	if i < len(c.args) {
		return c.args[i]
	}
	return 0
}

// before shows the arguments up to the first that the kernel fills in, and the comma before that.
func (c *ctx) before() {
	for i := range c.sig.Args {
		a := &c.sig.Args[i]
		if entry := types[a.Type].entry; entry != nil {
			if va := c.ptrval(c.arg(i)); va != 0 {
				c.keep(a, va, entry)
			}
		}
	}
	for c.next < len(c.sig.Args) {
		a := &c.sig.Args[c.next]
		if c.isLate(a) {
			if c.shown && !types[a.Type].optional && c.shows(a) {
				c.str(", ")
				c.comma = true
			}
			return
		}
		c.show(a)
	}
}

func (c *ctx) keep(a *Arg, va uint64, entry func(c *ctx, va uint64) (uint64, bool)) {
	if v, ok := entry(c, va); ok {
		if c.kept == nil {
			c.kept = map[*Arg]uint64{}
		}
		c.kept[a] = v
	}
}

// was is what an argument's memory held before the call.
func (c *ctx) was(a *Arg) (uint64, bool) {
	v, ok := c.kept[a]
	return v, ok
}

// isLate reports whether the kernel fills an argument in, so that it is shown after the call.
func (c *ctx) isLate(a *Arg) bool {
	t := &types[a.Type]
	return a.Dir == Out || a.Dir == InOut && t.aux == nil || t.late != nil && t.late(c, a)
}

// shows reports whether an argument that is late is one in this call.
func (c *ctx) shows(a *Arg) bool {
	if types[a.Type].ptr {
		return true
	}
	mark := len(c.b)
	types[a.Type].fmt(c, a, c.arg(c.next))
	shown := len(c.b) > mark
	c.b = c.b[:mark]
	return shown
}

func (c *ctx) after(r Result) {
	c.left, c.ret, c.err = true, c.retval(r.Val), r.Err
	if c.sig.Ret == RetErrno && c.err == abi.OK {
		c.err = abi.Errno(int32(r.Val))
	}
	for c.next < len(c.sig.Args) {
		c.show(&c.sig.Args[c.next])
	}
	c.str(")")
	c.pad = len(c.b)
	width := c.p.Align
	if width == 0 {
		width = 40
	}
	for c.column+len(c.b) < width-1 {
		c.b = append(c.b, ' ')
	}
	c.result(r)
}

// show appends one argument. A formatter that appends nothing has found that
// the argument is not one in this call (the mode of an open without O_CREAT).
func (c *ctx) show(a *Arg) {
	i := c.next
	c.next++
	if a.Pad {
		return
	}
	mark := len(c.b)
	if c.shown && !c.comma {
		c.str(", ")
	}
	start := len(c.b)
	c.value(a, c.arg(i))
	if len(c.b) == start {
		c.b = c.b[:mark]
		return
	}
	c.shown, c.comma = true, false
}

func (c *ctx) value(a *Arg, v uint64) {
	t := &types[a.Type]
	if c.p.Raw {
		c.hex(c.ptrval(v))
		return
	}
	if !t.ptr {
		c.scalar(a, t, v)
		return
	}
	v = c.ptrval(v)
	switch {
	case v == 0:
		c.str("NULL")
		return
	case a.Dir != In && c.left && c.err != abi.OK && !t.onError && !(c.err == abi.EINTR && t.onEINTR):
		c.hex(v)
		return
	case a.Dir == Out && !c.left:
		c.hex(v)
		return
	}
	if c.p.Pointers && a.Type != Path && a.Type != Str && a.Type != Buf && a.Type != Argv && a.Type != Envp {
		c.hex(v)
		return
	}
	start := len(c.b)
	if !t.fmt(c, a, v) {
		c.b = c.b[:start]
		c.hex(v)
	}
}

func (c *ctx) ptrval(v uint64) uint64 {
	if c.m.PtrSize == 4 {
		return uint64(uint32(v))
	}
	return v
}

// retval returns the signed value of a result.
func (c *ctx) retval(v uint64) int64 {
	switch {
	case c.sig.Ret == RetOff:
		return int64(v)
	case c.sig.Ret == RetInt || c.m.PtrSize == 4:
		return int64(int32(v))
	}
	return int64(v)
}

func (c *ctx) result(r Result) {
	c.str(" = ")
	switch {
	case r.Err == abi.EJUSTRETURN || c.sig.Ret == RetNone && r.Err == abi.OK:
		c.str("?")
		return
	case c.p.Linux != nil && (r.Err == abi.ERESTART || r.Err == abi.EINTR && lxRestarts[c.sig.Name] != ""):
		c.str("? ")
		c.str(cmp.Or(lxRestarts[c.sig.Name], "ERESTARTSYS (To be restarted if SA_RESTART is set)"))
		return
	case r.Err == abi.ERESTART:
		c.str("? ERESTART (To be restarted)")
		return
	case r.Err != abi.OK:
		c.str("-1 ")
		c.errno(r.Err)
		return
	}
	c.auxAll()
	switch c.sig.Ret {
	case RetInt, RetLong, RetOff:
		if c.p.Raw {
			c.hex(c.ptrval(r.Val))
			return
		}
		if c.hexRet {
			c.hex(uint64(c.ret))
			break
		}
		if makesFd[c.sig.Name] {
			c.fd(uint64(c.ret))
			break
		}
		c.int(c.ret)
		if returnsPid[c.sig.Name] {
			c.comm(int32(c.ret))
		}
	case RetULong:
		c.uint(c.ptrval(r.Val))
	case RetPtr:
		c.hex(c.ptrval(r.Val))
	case RetMode:
		c.octal(r.Val)
	case RetVoid:
		c.str("0")
	case RetPair:
		c.str("[")
		c.int(int64(int32(r.Val)))
		c.str(", ")
		c.int(int64(int32(r.Val2)))
		c.str("]")
	case RetErrno:
		c.int(int64(int32(r.Val)))
		if err := abi.Errno(int32(r.Val)); err != abi.OK {
			c.str(" ")
			c.errno(err)
		}
	}
	if len(c.aux) > 0 {
		c.str(" (")
		c.b = append(c.b, c.aux...)
		c.str(")")
	}
}

// auxAll collects what is to follow the result.
func (c *ctx) auxAll() {
	if c.p.Raw {
		return
	}
	for i := range c.sig.Args {
		a := &c.sig.Args[i]
		if aux := types[a.Type].aux; aux != nil && !(c.p.Pointers && types[a.Type].ptr) {
			if v := c.arg(i); !types[a.Type].ptr || c.ptrval(v) != 0 {
				aux(c, a, c.auxval(a, v))
			}
		}
	}
}

// auxval is an argument as aux wants it: an address of the program's size.
func (c *ctx) auxval(a *Arg, v uint64) uint64 {
	if types[a.Type].ptr {
		return c.ptrval(v)
	}
	return v
}

func (c *ctx) errno(err abi.Errno) {
	if c.p.Linux != nil {
		c.lxErrno(err)
		return
	}
	c.str(err.Name())
	c.str(" (")
	c.str(err.Error())
	c.str(")")
}

// addAux appends what f appends to the text after the result.
func (c *ctx) addAux(label string, f func() bool) {
	mark := len(c.b)
	ok := f()
	if ok && len(c.b) > mark {
		if len(c.aux) > 0 {
			c.aux = append(c.aux, ", "...)
		}
		c.aux = append(c.aux, label...)
		c.aux = append(c.aux, c.b[mark:]...)
	}
	c.b = c.b[:mark]
}

// The pieces.

func (c *ctx) str(s string)   { c.b = append(c.b, s...) }
func (c *ctx) int(v int64)    { c.b = strconv.AppendInt(c.b, v, 10) }
func (c *ctx) uint(v uint64)  { c.b = strconv.AppendUint(c.b, v, 10) }
func (c *ctx) octal(v uint64) { c.b = strconv.AppendUint(append(c.b, '0'), v&0xffffffff, 8) }

// hex is C's %#lx, which writes 0 without an 0x.
func (c *ctx) hex(v uint64) {
	if v == 0 {
		c.str("0")
		return
	}
	c.b = strconv.AppendUint(append(c.b, "0x"...), v, 16)
}

func (c *ctx) maxStr() int {
	if c.p.MaxStr != 0 {
		return max(c.p.MaxStr, 0)
	}
	return 32
}

func (c *ctx) maxArr() int {
	if c.p.Env && c.p.MaxArr == 0 {
		return 1 << 16 // -v: all of them
	}
	if c.p.MaxArr > 0 {
		return c.p.MaxArr
	}
	return 32
}

// length returns the value of the argument that holds a's length, 0 if none.
func (c *ctx) length(a *Arg) (n uint64, known bool) {
	if a.Len == 0 {
		return 0, false
	}
	i := int(a.Len) - 1
	n = c.arg(i)
	if a.LenPtr {
		size := 4
		if c.sig.Args[i].Type == SizePtr {
			size = c.m.PtrSize
		}
		b := make([]byte, size)
		if c.ptrval(n) == 0 || c.mem.Copyin(b, c.ptrval(n)) != abi.OK {
			return 0, false
		}
		return c.m.Uint(b, size), true
	}
	if c.sig.Args[i].Type == Int || c.sig.Args[i].Type == Uint {
		if int32(n) < 0 && c.sig.Args[i].Type == Int {
			return 0, true
		}
		n = uint64(uint32(n))
	}
	return c.ptrval(n), true
}

// load reads one guest structure.
func load[T any](c *ctx, va uint64) (v T, ok bool) {
	b := make([]byte, c.m.Sizeof(&v))
	if c.mem.Copyin(b, va) != abi.OK {
		return v, false
	}
	c.m.Unmarshal(b, &v)
	return v, true
}

// cstring reads a string of at most limit bytes; more says that it goes on.
func (c *ctx) cstring(va uint64, limit int) (s []byte, more, ok bool) {
	const chunk = 64 // never crosses a page
	for len(s) <= limit {
		n := chunk - int(va%chunk)
		b := make([]byte, n)
		if c.mem.Copyin(b, va) != abi.OK {
			return s, false, false
		}
		for i, ch := range b {
			if ch == 0 {
				s = append(s, b[:i]...)
				return s[:min(len(s), limit)], len(s) > limit, true
			}
		}
		s = append(s, b...)
		va += uint64(n)
	}
	return s[:limit], true, true
}

// quote writes s as a C string.
func (c *ctx) quote(s []byte, more bool) {
	if c.p != nil && (c.p.Hex == 2 || c.p.Hex == 1 && !readable(s)) {
		c.hexQuote(s, more)
		return
	}
	c.b = append(c.b, '"')
	for i, ch := range s {
		switch {
		case ch == '"' || ch == '\\':
			c.b = append(c.b, '\\', ch)
		case ch == '\n':
			c.str(`\n`)
		case ch == '\t':
			c.str(`\t`)
		case ch == '\r':
			c.str(`\r`)
		case ch == '\v':
			c.str(`\v`)
		case ch == '\f':
			c.str(`\f`)
		case ch >= ' ' && ch < 0x7f:
			c.b = append(c.b, ch)
		case c.p != nil && c.p.Hex == hexChars:
			c.b = fmt.Appendf(c.b, `\x%02x`, ch)
		default:
			// As short as the next character allows.
			c.b = append(c.b, '\\')
			if i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' {
				c.b = append(c.b, '0'+ch>>6, '0'+ch>>3&7, '0'+ch&7)
			} else {
				c.b = strconv.AppendUint(c.b, uint64(ch), 8)
			}
		}
	}
	c.b = append(c.b, '"')
	if more {
		c.str("...")
	}
}

// hexChars has the characters of strings that are none in hexadecimal, and the others as they are.
const hexChars = 3

// readable reports whether s has nothing but characters and white space.
func readable(s []byte) bool {
	for _, ch := range s {
		if (ch < ' ' || ch > 0x7e) && (ch < '\t' || ch > '\r') {
			return false
		}
	}
	return true
}

// buffer shows n bytes of memory.
func (c *ctx) buffer(va, n uint64) bool {
	shown := min(n, uint64(c.maxStr()))
	b := make([]byte, shown)
	if shown > 0 && c.mem.Copyin(b, va) != abi.OK {
		return false
	}
	c.quote(b, n > shown)
	return true
}

// array shows n elements of size bytes each.
func (c *ctx) array(va, n uint64, size int, elem func(va uint64) bool) bool {
	c.str("[")
	for i := range n {
		if i > 0 {
			c.str(", ")
		}
		if i >= uint64(c.maxArr()) {
			c.str("...")
			break
		}
		mark := len(c.b)
		if !elem(va + i*uint64(size)) {
			c.b = c.b[:mark]
			if i == 0 {
				return false
			}
			c.str("... /* ")
			c.hex(va + i*uint64(size))
			c.str(" */")
			break
		}
	}
	c.str("]")
	return true
}

// sym is a value and what it is called.
type sym struct {
	v uint64
	s string
}

// symbol writes the name of v, or prefix_??? with the number.
func (c *ctx) symbol(v uint64, tab []sym, unknown string) {
	if c.p.Consts != Names && !c.named {
		c.constant(uint64(uint32(v)), (*ctx).hex, func() { c.symbol(v, tab, unknown) })
		return
	}
	for i := range tab {
		if tab[i].v == v {
			c.str(tab[i].s)
			return
		}
	}
	c.int(int64(int32(v)))
	if unknown != "" {
		c.str(" /* ")
		c.str(unknown)
		c.str(" */")
	}
}

// flags writes the names of the bits of v. Entries of several bits come
// before those they contain; an entry of 0 names the absence of all.
func (c *ctx) flags(v uint64, tab []sym, unknown string) {
	if c.p.Consts != Names && !c.named {
		c.constant(v, (*ctx).hex, func() { c.flags(v, tab, unknown) })
		return
	}
	start := len(c.b)
	for i := range tab {
		if f := tab[i].v; f != 0 && v&f == f {
			if len(c.b) > start {
				c.str("|")
			}
			c.str(tab[i].s)
			v &^= f
		}
	}
	if v == 0 && len(c.b) > start {
		return
	}
	if v == 0 {
		for i := range tab {
			if tab[i].v == 0 {
				c.str(tab[i].s)
				return
			}
		}
		c.str("0")
		return
	}
	bare := len(c.b) == start
	if !bare {
		c.str("|")
	}
	c.hex(v)
	if bare && unknown != "" {
		c.str(" /* ")
		c.str(unknown)
		c.str(" */")
	}
}
