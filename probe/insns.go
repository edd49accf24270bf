package probe

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/arch/x86/x86asm"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
)

// What an Insns can show, by qemu's names.
const (
	InAsm = 1 << iota // the instructions of each block, when it is executed for the first time
	Exec              // each block that is executed
	Regs              // registers before each block
	Int               // exceptions, and page faults that the kernel does not serve
)

var insnItems = []struct {
	name string
	bit  int
	help string
}{
	{"in_asm", InAsm, "instructions of each block, the first time that it is executed"},
	{"exec", Exec, "each block that is executed"},
	{"cpu", Regs, "registers before each block"},
	{"int", Int, "exceptions, and page faults that become signals"},
}

// InsnItems are the lines that "-d help" prints.
func InsnItems() string {
	var b strings.Builder
	for _, i := range insnItems {
		fmt.Fprintf(&b, "%-10s %s\n", i.name, i.help)
	}
	return b.String()
}

// ParseInsns reads qemu's list of what to show: "in_asm,exec". Error: for people.
func ParseInsns(list string) (what int, err error) {
words:
	for _, w := range strings.Split(list, ",") {
		for _, i := range insnItems {
			if i.name == w {
				what |= i.bit
				continue words
			}
		}
		return 0, fmt.Errorf("%s: there are in_asm, exec, cpu and int", w)
	}
	return what, nil
}

// Range are addresses, both ends included; or a function's, if it has a name.
type Range struct {
	Low, High uint64
	Name      string
}

// ParseRanges reads qemu's -dfilter: "0x8000..0x8fff,0xffffffc000080000+0x200,0xffffffc000060000-0x1000", and names of
// functions. Error: for people.
func ParseRanges(list string) (out []Range, err error) {
	if list == "" {
		return nil, nil
	}
	for _, w := range strings.Split(list, ",") {
		r, ok := parseRange(w)
		if !ok {
			return nil, fmt.Errorf("%s: not low..high, start+length, end-length or a function", w)
		}
		out = append(out, r)
	}
	return out, nil
}

func parseRange(w string) (Range, bool) {
	if w == "" {
		return Range{}, false
	}
	if w[0] < '0' || w[0] > '9' {
		return Range{Name: w}, true
	}
	for _, op := range []string{"..", "+", "-"} {
		a, b, found := strings.Cut(w, op)
		if !found {
			continue
		}
		x, err1 := strconv.ParseUint(a, 0, 64)
		y, err2 := strconv.ParseUint(b, 0, 64)
		if err1 != nil || err2 != nil {
			return Range{}, false
		}
		switch {
		case op == ".." && x <= y:
			return Range{Low: x, High: y}, true
		case op == "+" && y > 0:
			return Range{Low: x, High: x + y - 1}, true
		case op == "-" && y > 0 && x >= y-1:
			return Range{Low: x - (y - 1), High: x}, true
		}
	}
	return Range{}, false
}

// Insns writes down the instructions that programs execute, as qemu-user's -d does.
type Insns struct {
	w      io.Writer
	what   int
	filter []Range
	single bool // each instruction is a block
	images *images

	mu     sync.Mutex
	seen   map[seenBlock]bool
	before map[*kern.LWP][]uint64
	err    error
}

type seenBlock struct {
	vm  *mem.Space
	pc  uint64
	len uint32
}

// NewInsns makes one that writes to w. With single, each instruction is a block of its own.
func NewInsns(w io.Writer, what int, filter []Range, single bool) *Insns {
	return &Insns{w: w, what: what, filter: filter, single: single, images: newImages(), seen: map[seenBlock]bool{}, before: map[*kern.LWP][]uint64{}}
}

// Blocks is what has it written.
func (n *Insns) Blocks() *kern.Blocks {
	b := &kern.Blocks{Room: 256, Ran: n.ran}
	if n.what&Regs != 0 { // they are known between runs
		b.Room, b.Before = 1, n.begin
	}
	if n.single {
		b.Room, b.Single = 1, func(*kern.LWP) bool { return true }
	}
	return b
}

// Leave is told that l's process gives up its address space.
func (n *Insns) Leave(l *kern.LWP) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for k := range n.seen {
		if k.vm == l.Proc.VM {
			delete(n.seen, k)
		}
	}
	delete(n.before, l)
}

// Close gives back what was read. Error: the first in writing; functions that the filter names and no program has.
func (n *Insns) Close() error {
	unknown := n.unknown()
	n.images.close()
	if n.err == nil && len(unknown) > 0 {
		return fmt.Errorf("filter %s: nothing that was executed has a function of that name", strings.Join(unknown, ","))
	}
	return n.err
}

// unknown returns the functions of the filter that are in no file that was executed.
func (n *Insns) unknown() (names []string) {
	for _, r := range n.filter {
		if r.Name != "" && !n.images.haveFunc(r.Name) {
			names = append(names, r.Name)
		}
	}
	return names
}

func (n *Insns) begin(l *kern.LWP) {
	n.mu.Lock()
	defer n.mu.Unlock()
	a := l.Proc.Arch
	n.before[l] = append(n.before[l][:0], l.Ctx.R[:len(a.RegNames)]...)
}

func (n *Insns) ran(l *kern.LWP, blocks []cpu.Block) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var b bytes.Buffer
	s := n.images.space(l.Proc)
	for i := range blocks {
		n.block(&b, l, s, &blocks[i])
	}
	if n.what&Int != 0 {
		n.trap(&b, l, s)
	}
	if b.Len() > 0 && n.err == nil {
		_, n.err = n.w.Write(b.Bytes())
	}
}

// wants reports whether the filter lets an address through.
func (n *Insns) wants(p place, pc uint64) bool {
	return len(n.filter) == 0 || slices.ContainsFunc(n.filter, func(r Range) bool {
		if r.Name != "" {
			return p.fn() == r.Name
		}
		return pc >= r.Low && pc <= r.High
	})
}

// named is a place's function with the distance from its beginning: "main+0x10".
func named(p place) string {
	if sym, ok := p.symbol(); ok {
		if off := p.addr - sym.Start; off != 0 {
			return fmt.Sprintf("%s+%#x", sym.Name, off)
		}
		return sym.Name
	}
	if p.img != nil {
		return fmt.Sprintf("%s+%#x", p.img.base(), p.off)
	}
	return "?"
}

func (n *Insns) block(b *bytes.Buffer, l *kern.LWP, s *space, k *cpu.Block) {
	p := s.place(k.PC)
	if !n.wants(p, k.PC) {
		return
	}
	a := l.Proc.Arch
	if n.what&InAsm != 0 {
		if key := (seenBlock{l.Proc.VM, k.PC, k.Size}); !n.seen[key] {
			n.seen[key] = true
			fmt.Fprintf(b, "----------------\nIN: %s\n", named(p))
			disassemble(b, l, k)
			b.WriteByte('\n')
		}
	}
	if n.what&Exec != 0 {
		fmt.Fprintf(b, "Trace %d.%d: [%0*x/%d] %s\n", l.Proc.PID, l.ID, 2*a.RegSize, k.PC, k.Size, named(p))
	}
	if n.what&Regs != 0 {
		writeRegs(b, a, n.before[l])
	}
}

// writeRegs prints registers, four to a line.
func writeRegs(b *bytes.Buffer, a *cpu.Arch, regs []uint64) {
	col := 0
	for i, name := range a.RegNames {
		if name == "" || i >= len(regs) {
			continue
		}
		fmt.Fprintf(b, "%-5s %0*x", name, 2*a.RegSize, regs[i]&(^uint64(0)>>(64-8*a.RegSize)))
		if col++; col%4 == 0 {
			b.WriteByte('\n')
		} else {
			b.WriteString("  ")
		}
	}
	if col%4 != 0 {
		b.Truncate(b.Len() - 2)
		b.WriteByte('\n')
	}
}

// trap prints an exception, or a fault that the program will hear of.
func (n *Insns) trap(b *bytes.Buffer, l *kern.LWP, s *space) {
	c, a := &l.Ctx, l.Proc.Arch
	pc := c.R[a.PC]
	p := s.place(pc)
	if !n.wants(p, pc) {
		return
	}
	switch c.Trap {
	case cpu.TrapException:
		fmt.Fprintf(b, "Exception %d.%d: vector %#x code %#x pc %#x %s\n", l.Proc.PID, l.ID, c.Vector, c.Error, pc, named(p))
	case cpu.TrapFault:
		i := slices.IndexFunc(s.maps, func(e mem.Entry) bool { return c.Addr >= e.Start && c.Addr < e.End })
		if i >= 0 && uint32(s.maps[i].Prot)&c.Access == c.Access {
			return // a page that is not there yet
		}
		access := map[uint32]string{mem.ProtRead: "read", mem.ProtWrite: "write", mem.ProtExec: "execute"}[c.Access]
		fmt.Fprintf(b, "Fault %d.%d: %s at %#x pc %#x %s\n", l.Proc.PID, l.ID, access, c.Addr, pc, named(p))
	}
}

// disassemble prints a block's instructions, of machines without a disassembler the bytes.
func disassemble(b *bytes.Buffer, l *kern.LWP, k *cpu.Block) {
	a := l.Proc.Arch
	code := make([]byte, k.Size)
	if l.Proc.VM.PokeRead(code, k.PC) != abi.OK {
		fmt.Fprintf(b, "%#x: (cannot be read)\n", k.PC)
		return
	}
	for pc := k.PC; len(code) > 0; {
		size := min(insnSize(a, code, k), len(code))
		text := ""
		if a.Disasm != nil && (size == len(code) || size >= 2) {
			text = a.Disasm(code[:size], pc)
		}
		if a.Name == "arm" && thumb(k) {
			text = ".thumb"
		}
		fmt.Fprintf(b, "0x%0*x:  %-24s %s\n", 2*a.RegSize, pc, fmt.Sprintf("% x", code[:size]), text)
		code, pc = code[size:], pc+uint64(size)
	}
}

// thumb reports whether a block of arm's is in Thumb: not all of its instructions have four bytes.
func thumb(k *cpu.Block) bool { return k.Size != 4*k.Insns }

// insnSize is how long the instruction at the beginning of code is.
func insnSize(a *cpu.Arch, code []byte, k *cpu.Block) int {
	switch a.Name {
	case "amd64", "i386":
		mode := 64
		if a.Name == "i386" {
			mode = 32
		}
		if in, err := x86asm.Decode(code, mode); err == nil {
			return in.Len
		}
		return 1
	case "riscv64":
		if code[0]&3 != 3 {
			return 2
		}
	case "arm":
		if thumb(k) && len(code) >= 2 && code[1]>>3 < 0x1d {
			return 2
		}
	case "m68k": // there is no telling where instructions begin
		return 16
	}
	return 4
}
