package gdbstub

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"nbemu/arch/gdb"
	"nbemu/cpu"
)

// addrLen reads addr,length in hexadecimal.
func addrLen(s string) (addr, n uint64, ok bool) {
	a, l, ok := strings.Cut(s, ",")
	addr, err1 := strconv.ParseUint(a, 16, 64)
	n, err2 := strconv.ParseUint(l, 16, 64)
	return addr, n, ok && err1 == nil && err2 == nil
}

func (s *Server) readAll() string {
	st := s.state(s.thread())
	var b strings.Builder
	for i := range s.m.Regs {
		b.WriteString(st.hex(&s.m.Regs[i]))
	}
	return b.String()
}

func (s *Server) writeAll(arg string) string {
	tid := s.thread()
	st := s.state(tid)
	for i := range s.m.Regs {
		r := &s.m.Regs[i]
		n := r.Bits / 4
		if len(arg) < n {
			return "E01"
		}
		if v, err := hex.DecodeString(arg[:n]); err == nil { // else x for unknown
			if st.set(r, v) != nil {
				return "E0e"
			}
		}
		arg = arg[n:]
	}
	return done(s.t.WriteRegs(tid, st.regs, st.fp))
}

func (s *Server) register(num string) *gdb.Reg {
	n, err := strconv.ParseUint(num, 16, 16)
	if err != nil || n >= uint64(len(s.m.Regs)) || s.m.Regs[n].Name == "" {
		return nil
	}
	return &s.m.Regs[n]
}

func (s *Server) readOne(arg string) string {
	r := s.register(arg)
	if r == nil {
		return "E01"
	}
	st := s.state(s.thread())
	return st.hex(r)
}

func (s *Server) writeOne(arg string) string {
	num, value, _ := strings.Cut(arg, "=")
	r := s.register(num)
	v, err := hex.DecodeString(value)
	if r == nil || err != nil {
		return "E01"
	}
	tid := s.thread()
	st := s.state(tid)
	if st.set(r, v) != nil {
		return "E01"
	}
	return done(s.t.WriteRegs(tid, st.regs, st.fp))
}

func (s *Server) readMem(arg string) string {
	addr, n, ok := addrLen(arg)
	if !ok {
		return "E01"
	}
	b := make([]byte, min(n, maxPacket/2))
	b = b[:s.t.ReadMem(addr, b)]
	if len(b) == 0 && n > 0 {
		return "E0e" // EFAULT
	}
	for at, old := range s.t.Breaks() {
		overlay(b, addr, old, at)
	}
	return hex.EncodeToString(b)
}

// overlay copies src, which stands at address at, over the part of dst, which stands at addr, that it meets.
func overlay(dst []byte, addr uint64, src []byte, at uint64) {
	for i := range src {
		if off := at + uint64(i) - addr; off < uint64(len(dst)) {
			dst[off] = src[i]
		}
	}
}

// writeMem serves M (hexadecimal) and X (bytes). Breakpoints stay; what they hide changes.
func (s *Server) writeMem(c byte, arg string) string {
	head, data, ok := strings.Cut(arg, ":")
	addr, n, ok2 := addrLen(head)
	b := []byte(data)
	if c == 'M' {
		var err error
		if b, err = hex.DecodeString(data); err != nil {
			return "E01"
		}
	}
	if !ok || !ok2 || uint64(len(b)) != n {
		return "E01"
	}
	if n == 0 {
		return "OK"
	}
	visible := slices.Clone(b)
	for at, old := range s.t.Breaks() {
		brk := make([]byte, len(old))
		s.t.ReadMem(at, brk)
		overlay(visible, addr, brk, at)
	}
	if err := s.t.WriteMem(addr, visible); err != nil {
		return "E0e"
	}
	for at, old := range s.t.Breaks() {
		overlay(old, at, b, addr)
	}
	return "OK"
}

// breakpoint serves Z and z: type,address,kind. Type 0 are breakpoint instructions, the others are WatchKind's.
func (s *Server) breakpoint(set bool, arg string) string {
	f := strings.Split(strings.SplitN(arg, ";", 2)[0], ",")
	if len(f) != 3 {
		return "E01"
	}
	addr, kind, ok := addrLen(f[1] + "," + f[2])
	if !ok {
		return "E01"
	}
	switch {
	case f[0] == "1" && s.t.Arch().Target != cpu.TargetX86:
		// No registers for it: an instruction does the same, as in qemu-user.
	case f[0] == "1", f[0] == "2", f[0] == "4":
		return s.watchpoint(set, WatchKind(f[0][0]-'0'), addr, kind)
	case f[0] != "0":
		return ""
	}
	if !s.place(set, f[0] == "1", addr) {
		return "OK"
	}
	r := s.breakInsn(set, addr, int(kind))
	if set && r != "OK" {
		s.place(false, f[0] == "1", addr)
	}
	return r
}

// breakInsn puts a breakpoint instruction into memory, or takes it out.
func (s *Server) breakInsn(set bool, addr uint64, kind int) string {
	if t, ok := s.t.(breaker); ok {
		if !set {
			t.ClearBreak(addr)
			return "OK"
		}
		return done(t.SetBreak(addr, s.m.Breakpoint(kind)))
	}
	old, there := s.t.Breaks()[addr]
	switch {
	case set && !there:
		brk := s.m.Breakpoint(kind)
		old = make([]byte, len(brk))
		if s.t.ReadMem(addr, old) < len(old) || s.t.WriteMem(addr, brk) != nil {
			return "E0e"
		}
		s.t.Breaks()[addr] = old
	case !set && there:
		delete(s.t.Breaks(), addr)
		return done(s.t.WriteMem(addr, old))
	}
	return "OK"
}

// place notes a breakpoint of a kind, or that it is gone, and reports whether the instruction there must change: one of the
// other kind may be at the same place, and stay. Of places that a child has from its parent nothing is noted.
func (s *Server) place(set, hard bool, addr uint64) bool {
	at := breakAt{s.t.PID(), addr}
	if s.places == nil {
		s.places = map[breakAt]kinds{}
	}
	k := s.places[at]
	if _, there := s.t.Breaks()[addr]; !there && s.t.Breaks() != nil {
		k = kinds{} // gone with the program that was there before
	}
	before := k
	if hard {
		k.hard = set
	} else {
		k.soft = set
	}
	if s.places[at] = k; k == (kinds{}) {
		delete(s.places, at)
	}
	return before == (kinds{}) || k == (kinds{})
}

// breakAt is a place of breakpoints, kinds are those that are there.
type (
	breakAt struct {
		pid  int
		addr uint64
	}
	kinds struct{ soft, hard bool }
)

// maxWatch is the most bytes that one watchpoint covers.
const maxWatch = 4096

func (s *Server) watchpoint(set bool, kind WatchKind, addr, n uint64) string {
	switch {
	case kind != WatchWrite && s.t.Arch().Target != cpu.TargetX86:
		return "" // gdb does without
	case n == 0 || n > maxWatch:
		return "E01"
	case !set:
		s.t.Unwatch(kind, addr, int(n))
	case !s.t.Watch(kind, addr, int(n)):
		return "E0e"
	}
	return "OK"
}

// removeBreaks takes all breakpoints out, for a program that goes on without gdb.
func (s *Server) removeBreaks() {
	for at, old := range s.t.Breaks() {
		s.t.WriteMem(at, old)
	}
	clear(s.t.Breaks())
}

func done(err error) string {
	if err != nil {
		return "E16"
	}
	return "OK"
}
