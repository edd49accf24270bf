package gdbstub

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/arch/gdb"
	"nbemu/cpu"
)

// core is a Target that does not run: a core file of NetBSD's (core(5)), and the program that has left it, for debuggers
// that cannot read such files.
type core struct {
	port         *arch.Port
	file         *elf.File
	program      *elf.File // nil without one
	name         string    // of the program
	auxv         []byte
	pid, sig     int
	lwp          int // that the signal was for
	tids         []int
	regs, fpregs map[int][]byte
	over         bool
}

// Core serves a core file to one debugger.
type Core struct {
	l net.Listener
	c *core
}

// OpenCore opens a core file and the program that has left it, "" for none, and listens where, as Listen does. Errors: those
// of opening, and of what is no core file of a machine that is known.
func OpenCore(where, file, program string) (*Core, error) {
	c, err := newCore(file, program)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	l, err := listen(where)
	if err != nil {
		return nil, err
	}
	return &Core{l, c}, nil
}

// Addr is what to tell gdb's "target remote".
func (s *Core) Addr() string { return address(s.l) }

// Serve waits for a debugger and serves it.
func (s *Core) Serve() error {
	conn, err := s.l.Accept()
	s.l.Close()
	if err != nil {
		return err
	}
	defer conn.Close()
	return Serve(conn, s.c, Event{Target: s.c, Signal: s.c.sig, TID: s.c.lwp})
}

var errNoCore = errors.New("it is no core file of NetBSD's")

func newCore(file, program string) (*core, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	c := &core{file: f, name: program, regs: map[int][]byte{}, fpregs: map[int][]byte{}}
	if f.Type != elf.ET_CORE {
		return nil, errNoCore
	}
	if program != "" {
		if c.program, err = elf.Open(program); err != nil {
			return nil, err
		}
	}
	if err := c.findPort(file); err != nil {
		return nil, err
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		b := make([]byte, min(p.Filesz, maxNotes))
		if _, err := p.ReadAt(b, 0); err != nil {
			return nil, err
		}
		c.notes(b)
	}
	if len(c.tids) == 0 {
		return nil, errNoCore
	}
	slices.Sort(c.tids)
	if !slices.Contains(c.tids, c.lwp) {
		c.lwp = c.tids[0]
	}
	return c, nil
}

// maxNotes bounds the notes that are read.
const maxNotes = 64 << 20

// findPort finds the machine. The program tells best: a core file has no flags that tell machines apart.
func (c *core) findPort(file string) error {
	for _, name := range []string{c.name, file} {
		b := make([]byte, 64)
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		_, err = f.ReadAt(b, 0)
		f.Close()
		if err != nil {
			continue
		}
		at := 36 // e_flags
		if c.file.Class == elf.ELFCLASS64 {
			at = 48
		}
		flags := c.file.ByteOrder.Uint32(b[at:])
		if c.port = arch.ByELF(uint16(c.file.Machine), byte(c.file.Class), byte(c.file.Data), flags); c.port != nil && Supported(c.port.Arch) {
			return nil
		}
	}
	return fmt.Errorf("%w: %v", ErrArch, c.file.Machine)
}

// notes reads what is known of the process: its own, and those of its LWPs, whose names end in @ and a number.
func (c *core) notes(b []byte) {
	order := c.file.ByteOrder
	for len(b) >= 12 {
		namesz, descsz, typ := uint64(order.Uint32(b)), uint64(order.Uint32(b[4:])), order.Uint32(b[8:])
		desc := 12 + (namesz+3)&^3
		if end := desc + descsz; end > uint64(len(b)) {
			return
		}
		name := strings.TrimRight(string(b[12:12+namesz]), "\x00")
		c.note(name, typ, b[desc:desc+descsz], order)
		b = b[min(desc+(descsz+3)&^3, uint64(len(b))):]
	}
}

// Types of notes and places in struct netbsd_elfcore_procinfo (sys/sys/exec_elf.h).
const (
	noteProcinfo = 1
	noteAuxv     = 2

	cpiSigno  = 8
	cpiPid    = 80
	cpiSiglwp = 156
)

func (c *core) note(name string, typ uint32, b []byte, order binary.ByteOrder) {
	who, number, lwp := strings.Cut(name, "@")
	if who != "NetBSD-CORE" {
		return
	}
	if !lwp {
		switch {
		case typ == noteProcinfo && len(b) >= cpiPid+4:
			c.sig, c.pid = int(order.Uint32(b[cpiSigno:])), int(order.Uint32(b[cpiPid:]))
			if len(b) >= cpiSiglwp+4 {
				c.lwp = int(order.Uint32(b[cpiSiglwp:]))
			}
		case typ == noteAuxv:
			c.auxv = b
		}
		return
	}
	tid, err := strconv.Atoi(number)
	if err != nil {
		return
	}
	switch rs := c.port.Regset; {
	case typ == uint32(rs.GetRegs) && len(b) >= rs.Size:
		if c.regs[tid] == nil {
			c.tids = append(c.tids, tid)
		}
		c.regs[tid] = b
	case typ == uint32(rs.GetFPRegs):
		c.fpregs[tid] = b
	}
}

func (c *core) Processes() []Target {
	if c.over {
		return nil
	}
	return []Target{c}
}

func (c *core) FollowForks(bool)      {}
func (c *core) Arch() *cpu.Arch       { return c.port.Arch }
func (c *core) PID() int              { return max(c.pid, 1) }
func (c *core) Threads() []int        { return c.tids }
func (c *core) ThreadName(int) string { return "" }

// ReadRegs has no floating-point registers where gdb's are not in struct fpreg.
func (c *core) ReadRegs(tid int) (regs, fpregs []byte) {
	rs, g := c.port.Regset, c.port.GDB()
	regs = make([]byte, rs.Size)
	copy(regs, c.regs[tid])
	if g.FixRegs != nil {
		g.FixRegs(regs)
	}
	if g.ReadFP == nil {
		fpregs = slices.Clone(c.fpregs[tid])
	}
	return regs, fpregs
}

// ThreadPointer is known where it is one of the general registers.
func (c *core) ThreadPointer(tid int) uint64 {
	a := c.port.Arch
	if a.TLS >= len(a.RegNames) {
		return 0
	}
	regs, _ := c.ReadRegs(tid)
	for _, r := range c.port.GDB().Regs {
		if r.Name == a.RegNames[a.TLS] && r.Src == gdb.InRegs {
			return a.Model.Uint(regs[r.Off:], r.Size)
		}
	}
	return 0
}

var errCore = errors.New("a core file cannot be changed")

func (c *core) WriteRegs(int, []byte, []byte) error   { return errCore }
func (c *core) WriteMem(uint64, []byte) error         { return errCore }
func (c *core) SetPC(int, uint64) error               { return errCore }
func (c *core) Watch(WatchKind, uint64, int) bool     { return false }
func (c *core) Unwatch(WatchKind, uint64, int)        {}
func (c *core) CatchCalls(bool)                       {}
func (c *core) Interrupt()                            {}
func (c *core) Auxv() []byte                          { return c.auxv }
func (c *core) ExecFile() string                      { return c.name }
func (c *core) Breaks() map[uint64][]byte             { return nil }
func (c *core) Kill()                                 { c.over = true }
func (c *core) Detach()                               { c.over = true }
func (c *core) SetBreak(at uint64, insn []byte) error { return errCore }
func (c *core) ClearBreak(at uint64)                  {}

// ReadMem reads what the core file has, and what it leaves out because the program's file has it.
func (c *core) ReadMem(addr uint64, b []byte) int {
	for n := 0; ; {
		got := readSegment(c.file, addr+uint64(n), b[n:])
		if got == 0 && c.program != nil && c.program.Type == elf.ET_EXEC {
			got = readSegment(c.program, addr+uint64(n), b[n:])
		}
		if n += got; got == 0 || n == len(b) {
			return n
		}
	}
}

// readSegment reads from the segment of f that has addr in its file.
func readSegment(f *elf.File, addr uint64, b []byte) int {
	for _, p := range f.Progs {
		if off := addr - p.Vaddr; p.Type == elf.PT_LOAD && addr >= p.Vaddr && off < p.Filesz {
			n, _ := p.ReadAt(b[:min(uint64(len(b)), p.Filesz-off)], int64(off))
			return n
		}
	}
	return 0
}

// Resume goes nowhere.
func (c *core) Resume([]Action) Event {
	return Event{Target: c, Signal: c.sig, TID: c.lwp, Note: "nbemu: this is a core file: there is nothing to run\n"}
}

// Open opens the program, which is a file of the host's.
func (c *core) Open(path string) (File, error) {
	if path != c.name {
		return nil, abi.ENOENT
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return hostFile{f}, nil
}

type hostFile struct{ *os.File }

func (f hostFile) Size() int64 {
	st, err := f.Stat()
	if err != nil {
		return 0
	}
	return st.Size()
}
