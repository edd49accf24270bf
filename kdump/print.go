package kdump

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/strace"
)

// Options are kdump's.
type Options struct {
	Elapsed, Relative, Absolute bool   // -E, -R, -T: times since the beginning, since the record before, of day
	Decimal                     bool   // -d: numbers in decimal
	Numeric                     bool   // -N: numbers of calls in place of names
	Plain                       int    // -n: arguments as they are; twice: no names of calls in results either
	Emul                        string // -e: of processes whose emulation has not been told; "" is netbsd
	MaxData                     int    // -m: how many bytes of a transfer are shown; -1 for all
	PID                         int    // -p; -1 for all
	Points                      uint32 // -t
	Word                        int    // -x, -X: hexadecimal, in words of so many bytes; 0: as text
}

// Printer prints a file.
type Printer struct {
	o      Options
	f      *File
	w      *bufio.Writer
	names  map[string][]string // of calls, by emulation
	emuls  map[int32]*emulation
	start  time.Duration
	before time.Duration
	begun  bool
}

// emulation is what a process runs under, and what it ran under when the last call began.
type emulation struct {
	cur, prev string
	changed   bool
}

// Print prints a file. names has the names of each emulation's calls, by number. Errors: those of File.Next and of
// writing.
func Print(w io.Writer, f *File, o Options, names map[string][]string) error {
	p := &Printer{o: o, f: f, w: bufio.NewWriter(w), names: names, emuls: map[int32]*emulation{}}
	for {
		r, err := f.Next()
		if err == io.EOF {
			return p.w.Flush()
		}
		if err != nil {
			if e := p.w.Flush(); e != nil {
				return e
			}
			return err
		}
		p.record(r)
	}
}

func (p *Printer) printf(format string, a ...any) { fmt.Fprintf(p.w, format, a...) }

func (p *Printer) emul(r *Record) *emulation {
	e := p.emuls[r.PID]
	if e == nil {
		e = &emulation{cur: p.o.Emul}
		if e.cur == "" {
			e.cur = "netbsd"
		}
		p.emuls[r.PID] = e
	}
	return e
}

var typeNames = map[int]string{abi.KTR_SYSCALL: "CALL", abi.KTR_SYSRET: "RET ", abi.KTR_NAMEI: "NAMI", abi.KTR_GENIO: "GIO ",
	abi.KTR_PSIG: "PSIG", abi.KTR_CSW: "CSW ", abi.KTR_EMUL: "EMUL", abi.KTR_USER: "MISC", abi.KTR_EXEC_ENV: "ENV",
	abi.KTR_EXEC_ARG: "ARG", abi.KTR_EXEC_FD: "FD", abi.KTR_SAUPCALL: "SAU", abi.KTR_MIB: "MIB"}

// head prints what stands before each record, and returns how wide it is.
func (p *Printer) head(r *Record) int {
	s := fmt.Sprintf("%6d ", r.PID)
	if r.Version > 0 {
		s += fmt.Sprintf("%6d ", r.LWP)
	}
	s += fmt.Sprintf("%-8s ", r.Comm)
	now := time.Duration(r.Sec)*time.Second + time.Duration(r.Nsec)
	if !p.begun {
		p.begun, p.start, p.before = true, now, now
	}
	for _, t := range []struct {
		on bool
		d  time.Duration
	}{{p.o.Absolute, now}, {p.o.Elapsed, now - p.start}, {p.o.Relative, now - p.before}} {
		if !t.on {
			continue
		}
		sign := ""
		if t.d < 0 {
			sign, t.d = "-", -t.d
		}
		if r.Version == 0 {
			s += fmt.Sprintf("%s%d.%06d ", sign, t.d/time.Second, t.d%time.Second/1000)
		} else {
			s += fmt.Sprintf("%s%d.%09d ", sign, t.d/time.Second, t.d%time.Second)
		}
	}
	p.before = now
	name := typeNames[r.Type]
	if name == "" {
		name = fmt.Sprintf("UNKNOWN(%d)", r.Type)
	}
	s += fmt.Sprintf("%-4s  ", name)
	p.printf("%s", s)
	return len(s)
}

func (p *Printer) record(r *Record) {
	shown := p.o.Points&(1<<r.Type) != 0 && (p.o.PID < 0 || r.PID == int32(p.o.PID))
	if !shown {
		if r.Type == abi.KTR_EMUL { // names of calls go by it
			p.setEmul(r)
		}
		return
	}
	col := p.head(r)
	switch r.Type {
	case abi.KTR_SYSCALL:
		p.call(r)
	case abi.KTR_SYSRET:
		p.ret(r)
	case abi.KTR_NAMEI:
		p.printf("\"%s\"\n", r.Data)
	case abi.KTR_GENIO:
		p.genio(r.Data)
	case abi.KTR_PSIG:
		p.psig(r)
	case abi.KTR_CSW:
		p.csw(r.Data)
	case abi.KTR_EMUL:
		p.setEmul(r)
		p.printf("\"%s\"\n", r.Data)
	case abi.KTR_USER:
		p.user(r.Data)
	case abi.KTR_EXEC_ARG, abi.KTR_EXEC_ENV:
		p.visdump(r.Data, col)
	case abi.KTR_EXEC_FD:
		p.execFd(r.Data)
	case abi.KTR_MIB:
		p.mib(r.Data)
	default:
		p.printf("\n")
		p.hexdump(r.Data, max(p.o.Word, 1))
	}
}

func (p *Printer) setEmul(r *Record) {
	e := p.emul(r)
	e.prev, e.cur, e.changed = e.cur, string(r.Data), true
}

// narrow reports whether a process's longs have 32 bits.
func (p *Printer) narrow(e string) bool {
	return !p.f.Model.LP64() || strings.HasSuffix(e, "32")
}

// long is a number as kdump prints an unsigned long.
func (p *Printer) long(v uint64, hex, narrow bool) string {
	switch {
	case hex && narrow:
		return fmt.Sprintf("%#x", uint32(v))
	case hex:
		return fmt.Sprintf("%#x", v)
	case narrow:
		return fmt.Sprint(int32(v))
	}
	return fmt.Sprint(int64(v))
}

func small(v uint64) bool { return v < 10 }

// table is the names of an emulation's calls.
func (p *Printer) table(emul string) []string {
	if t := p.names[emul]; t != nil {
		return t
	}
	if strings.HasPrefix(emul, "linux") {
		return p.names["linux"]
	}
	return p.names["netbsd"]
}

func (p *Printer) callName(emul string, code int) string {
	if t := p.table(emul); !p.o.Numeric && code >= 0 && code < len(t) && t[code] != "" {
		return t[code]
	}
	return fmt.Sprintf("[%d]", code)
}

func (p *Printer) call(r *Record) {
	m, e := p.f.Model, p.emul(r)
	code := int(int32(m.Uint(r.Data, 4)))
	e.changed = false
	name := p.callName(e.cur, code)
	p.printf("%s", name)
	var args []uint64
	reg := p.f.reg()
	for b := r.Data[8:]; len(b) >= reg; b = b[reg:] {
		v := m.Uint(b, reg)
		if reg == 4 {
			v = uint64(int64(int32(v)))
		}
		args = append(args, v)
	}
	if len(args) > 0 {
		p.printf("(%s)", p.args(name, e.cur, args))
	}
	p.printf("\n")
}

// args are a call's arguments: numbers, but for a few that kdump has names for.
func (p *Printer) args(name, emul string, args []uint64) string {
	narrow := p.narrow(emul)
	words := make([]string, len(args))
	for i, v := range args {
		words[i] = p.long(v, !p.o.Decimal && !small(v), narrow)
	}
	named := func(i int, s string) {
		if i < len(words) && s != "" {
			words[i] = s
		}
	}
	if p.o.Plain > 0 {
		return strings.Join(words, ",")
	}
	linux := strings.HasPrefix(emul, "linux")
	arg := func(i int) uint64 {
		if i < len(args) {
			return args[i]
		}
		return 0
	}
	switch base := strings.TrimPrefix(name, "netbsd32_"); {
	case base == "ioctl" && len(args) >= 2:
		if s := strace.LookupIoctl(arg(1)); s != "" && !linux {
			named(1, s)
		} else if arg(1)>>32 == 0 {
			named(1, p.ioctlCode(uint32(arg(1))))
		}
	case base == "fcntl" && !linux:
		named(1, strace.LookupFcntl(arg(1)))
	case (base == "setsockopt" || base == "getsockopt" || base == "getsockopt2") && !linux:
		named(1, strace.LookupSockLevel(arg(1)))
		named(2, strace.LookupSockopt(arg(1), arg(2)))
	case strings.Contains(base, "sigaction") || strings.Contains(base, "sigvec"):
		named(0, "SIG"+signame(int64(arg(0))))
	case (base == "kill" || base == "killpg") && len(args) >= 2:
		named(1, " SIG"+signame(int64(arg(1))))
	case base == "mprotect":
		named(2, strace.LookupProt(arg(2)))
	case base == "mmap" && len(args) >= 6:
		named(2, strace.LookupProt(arg(2)))
		if !linux {
			named(3, mapFlags(uint32(arg(3))))
		}
	case base == "ptrace" && !linux:
		named(0, strace.LookupPtrace(arg(0)))
	}
	return strings.Join(words, ",")
}

func (p *Printer) ioctlCode(v uint32) string {
	dir := ""
	if v&abi.IOC_IN != 0 {
		dir = "W"
	}
	if v&abi.IOC_OUT != 0 {
		dir += "R"
	}
	group := fmt.Sprintf("0x%02x", v>>8&0xff)
	if c := byte(v >> 8); c >= ' ' && c < 0x7f {
		group = fmt.Sprintf("'%c'", c)
	}
	s := fmt.Sprintf("_IO%s(%s,%s", dir, group, p.long(uint64(v&0xff), !p.o.Decimal, true))
	if v&abi.IOC_VOID == 0 {
		s += "," + p.long(uint64(v>>16&0x1fff), !p.o.Decimal, true)
	}
	return s + ")"
}

func mapFlags(v uint32) string {
	var names []string
	for i, n := range []string{"SHARED", "PRIVATE", "COPY", "", "FIXED", "RENAME", "NORESERVE", "INHERIT", "",
		"HASSEMAPHORE", "TRYFIXED", "WIRED"} {
		if n != "" && v>>i&1 != 0 {
			names = append(names, n)
		}
	}
	if v&abi.MAP_ANON != 0 {
		names = append(names, "ANONYMOUS")
	} else {
		names = append(names, "FILE")
	}
	if v&0x2000 != 0 {
		names = append(names, "STACK")
	}
	switch a := v >> 24; {
	case a == 0:
		names = append(names, "ALIGN=NONE")
	case a < 20:
		names = append(names, fmt.Sprintf("ALIGN=%dKB", 1<<a>>10))
	default:
		names = append(names, fmt.Sprintf("ALIGN=%dMB", uint64(1)<<(a&63)>>20))
	}
	return fmt.Sprintf("%#x<%s>", v, strings.Join(names, ","))
}

func signame(sig int64) string {
	switch {
	case sig == 0:
		return " 0"
	case sig < 0 || sig >= int64(abi.NSIG):
		return fmt.Sprintf("*unknown %d*", sig)
	}
	return strings.TrimPrefix(abi.Signal(sig).Name(), "SIG")
}

func (p *Printer) ret(r *Record) {
	m, e := p.f.Model, p.emul(r)
	emul := e.cur
	if e.changed { // execve was called under the one before
		emul, e.changed = e.prev, false
	}
	code, errno := int(int16(m.Uint(r.Data, 2))), int32(m.Uint(r.Data[4:], 4))
	if p.o.Plain > 1 {
		p.printf("[%d] ", code)
	} else {
		p.printf("%s ", p.callName(emul, code))
	}
	reg := (len(r.Data) - 8) / 2
	val := func(i int) uint64 {
		v := m.Uint(r.Data[8+i*reg:], reg)
		if reg == 4 {
			v = uint64(int64(int32(v)))
		}
		return v
	}
	switch {
	case errno == 0:
		p.value(val(0), emul)
		if v := val(1); v != 0 {
			p.printf(", ")
			p.value(v, emul)
		}
	case abi.Errno(errno) == abi.ERESTART:
		p.printf("RESTART")
	case abi.Errno(errno) == abi.EJUSTRETURN:
		p.printf("JUSTRETURN")
	default:
		p.printf("-1 errno %d", errno)
		if p.o.Plain == 0 {
			p.printf(" %s", abi.Errno(errno).Error())
		}
	}
	p.printf("\n")
}

// value prints a result: in decimal, and in hexadecimal if that is not the same.
func (p *Printer) value(v uint64, emul string) {
	narrow := p.narrow(emul)
	if p.o.Plain > 0 {
		p.printf("%s", p.long(v, !p.o.Decimal && !small(v), narrow))
		return
	}
	p.printf("%s", p.long(v, false, narrow))
	if !small(v) {
		p.printf("/%s", p.long(v, true, narrow))
	}
}
