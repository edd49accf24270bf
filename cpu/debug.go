package cpu

import (
	"golang.org/x/arch/x86/x86asm"

	"nbemu/abi"
	"nbemu/mem"
)

// Debug are x86's debug registers as a thread has them: up to four places, what is looked for there, and which of them
// were met. Engines with a processor that has such registers use them; the emulated one goes instruction by instruction
// while a place is watched.
type Debug struct {
	Addr    [4]uint64 // DR0 to DR3
	Status  uint64    // DR6; the processor sets bits in it and clears none
	Control uint64    // DR7
	// Past is the address of an instruction whose breakpoint has been told of, and which is to be executed now if the
	// thread is still there; what the resume flag is for.
	Past uint64
}

// Bits of the debug registers.
const (
	DebugHits    = 0xf        // in Status: a bit for each place that was met
	DebugStep    = 1 << 14    // in Status: a single step
	DebugStatus  = 0xffff0ff0 // what Status is when nothing has happened
	DebugControl = 0x400      // what Control is when nothing is looked for

	debugEnable = 0xff
	vectorDebug = 1
	flagTrace   = 1 << 8
)

// Kinds of places.
const (
	DebugExec   = 0
	DebugWrite  = 1
	DebugAccess = 3 // reads and writes
)

// Armed reports whether something is looked for.
func (d *Debug) Armed() bool { return d.Control&debugEnable != 0 }

// Place is what is looked for at place i: n bytes from addr; ok is false if it is nothing.
func (d *Debug) Place(i int) (addr, n uint64, kind int, ok bool) {
	if d.Control>>(2*i)&3 == 0 {
		return 0, 0, 0, false
	}
	c := d.Control >> (16 + 4*i)
	n = [4]uint64{1, 2, 8, 4}[c>>2&3]
	return d.Addr[i] &^ (n - 1), n, int(c & 3), true
}

// Set makes a Debug that looks for n bytes at addr, at the first place that is free. It reports false if there is none, or
// if the processor cannot look for that: n is 1, 2, 4 or 8, and addr a multiple of it.
func (d *Debug) Set(addr, n uint64, kind int) bool {
	length := map[uint64]uint64{1: 0, 2: 1, 4: 3, 8: 2}
	code, ok := length[n]
	if !ok || addr&(n-1) != 0 || kind == DebugExec && n != 1 {
		return false
	}
	for i := range d.Addr {
		if d.Control>>(2*i)&3 == 0 {
			d.Addr[i] = addr
			d.Control = d.Control&^(0xf<<(16+4*i)) | (code<<2|uint64(kind))<<(16+4*i) | 2<<(2*i) | DebugControl
			return true
		}
	}
	return false
}

// hitsBefore are the places that an instruction at pc meets before it is executed.
func (d *Debug) hitsBefore(pc uint64) (hits uint64) {
	for i := range d.Addr {
		if addr, _, kind, ok := d.Place(i); ok && kind == DebugExec && addr == pc && d.Past != pc {
			hits |= 1 << i
		}
	}
	return hits
}

// access is memory that an instruction uses.
type access struct {
	addr, n uint64
	write   bool
}

// watcher looks what an instruction does to watched memory.
type watcher struct {
	d    *Debug
	s    *mem.Space
	used []access
	old  [4][8]byte
}

// before takes note of what the instruction at c's pc is about to use, and of what is in watched memory.
func (w *watcher) before(c *Context, mode int) {
	w.used = nil
	data := false
	for i := range w.d.Addr {
		if addr, n, kind, ok := w.d.Place(i); ok && kind != DebugExec {
			data = true
			w.s.Copyin(w.old[i][:n], addr)
		}
	}
	if data {
		w.used = accesses(c, w.s, mode)
	}
}

// after are the places that the instruction has met.
func (w *watcher) after() (hits uint64) {
	for i := range w.d.Addr {
		addr, n, kind, ok := w.d.Place(i)
		if !ok || kind == DebugExec {
			continue
		}
		for _, a := range w.used {
			if (a.write || kind == DebugAccess) && a.addr < addr+n && addr < a.addr+a.n {
				hits |= 1 << i
			}
		}
		var now [8]byte
		if w.s.Copyin(now[:n], addr) == abi.OK && now != w.old[i] {
			hits |= 1 << i
		}
	}
	return hits
}

// RunDebug is an engine's Run, or with one Step, while c's debug registers are armed, where the processor has no such
// registers: step executes one instruction.
func RunDebug(c *Context, s *mem.Space, a *Arch, one bool, step func()) {
	d := &c.Debug
	mode := 64
	if a.RegSize == 4 {
		mode = 32
	}
	w := watcher{d: d, s: s}
	for {
		own := c.R[regFlagsX86]&flagTrace != 0
		if hits := d.hitsBefore(c.R[regRIPx86]); hits != 0 {
			d.Status |= hits
			c.Trap, c.Vector, c.Error = TrapException, vectorDebug, uint32(hits)
			return
		}
		w.before(c, mode)
		step()
		if c.Trap == TrapStop {
			return
		}
		if c.R[regRIPx86] != d.Past {
			d.Past = 0
		}
		stepped := c.Trap == TrapStep || c.Trap == TrapException && c.Vector == vectorDebug && own
		if c.Trap == TrapFault || c.Trap == TrapBus || c.Trap == TrapException && !stepped {
			return // the instruction has not been executed
		}
		if hits := w.after(); hits != 0 && stepped {
			d.Status |= hits
			if one || own {
				d.Status |= DebugStep
			}
			c.Trap, c.Vector, c.Error = TrapException, vectorDebug, uint32(hits)
			return
		}
		if one || c.Trap != TrapStep {
			return
		}
		if c.Count.On != 0 {
			if c.Count.Blocks <= 1 {
				c.Count.Blocks, c.Trap = 0, TrapStop
				return
			}
			c.Count.Blocks--
		}
	}
}

// Indexes of Context.R (arch/x86).
const (
	regRIPx86    = 21
	regFlagsX86  = 23
	regRSPx86    = 24
	regFSBaseX86 = 26
	regGSBaseX86 = 27
	regRDIx86    = 0
	regRSIx86    = 1
)

// encodedX86 are the registers in the order of their numbers in instructions.
var encodedX86 = [16]int{14, 3, 2, 13, 24, 12, 1, 0, 4, 5, 6, 7, 8, 9, 10, 11}

// accesses is the memory that the instruction at c's pc uses, so far as the decoder knows it. Segments other than fs and gs
// are taken to begin at 0, as those of programs do.
func accesses(c *Context, s *mem.Space, mode int) (list []access) {
	var code [15]byte
	n := len(code)
	for n > 0 && s.Copyin(code[:n], c.R[regRIPx86]) != abi.OK {
		n--
	}
	in, err := x86asm.Decode(code[:n], mode)
	if err != nil {
		return nil
	}
	word := uint64(mode / 8)
	sp := c.R[regRSPx86]
	add := func(addr, n uint64, write bool) {
		if mode == 32 {
			addr &= 1<<32 - 1
		}
		list = append(list, access{addr, n, write})
	}
	str := func(reg int, write bool) {
		size := uint64(max(in.MemBytes, 1))
		add(c.R[reg], size, write)
	}
	switch in.Op {
	case x86asm.PUSH, x86asm.PUSHF, x86asm.PUSHFD, x86asm.PUSHFQ, x86asm.CALL, x86asm.LCALL, x86asm.ENTER:
		add(sp-word, word, true)
	case x86asm.PUSHA, x86asm.PUSHAD:
		add(sp-8*word, 8*word, true)
	case x86asm.POP, x86asm.POPF, x86asm.POPFD, x86asm.POPFQ, x86asm.RET:
		add(sp, word, false)
	case x86asm.LEAVE:
		add(c.R[encodedX86[5]], word, false)
	case x86asm.MOVSB, x86asm.MOVSW, x86asm.MOVSD, x86asm.MOVSQ:
		str(regRSIx86, false)
		str(regRDIx86, true)
	case x86asm.STOSB, x86asm.STOSW, x86asm.STOSD, x86asm.STOSQ:
		str(regRDIx86, true)
	case x86asm.LODSB, x86asm.LODSW, x86asm.LODSD, x86asm.LODSQ:
		str(regRSIx86, false)
	case x86asm.SCASB, x86asm.SCASW, x86asm.SCASD, x86asm.SCASQ:
		str(regRDIx86, false)
	case x86asm.CMPSB, x86asm.CMPSW, x86asm.CMPSD, x86asm.CMPSQ:
		str(regRSIx86, false)
		str(regRDIx86, false)
	case x86asm.LEA, x86asm.NOP, x86asm.PREFETCHNTA, x86asm.PREFETCHT0, x86asm.PREFETCHT1, x86asm.PREFETCHT2, x86asm.PREFETCHW:
		return nil // the operand is an address only
	}
	for i, a := range in.Args {
		if m, ok := a.(x86asm.Mem); ok {
			add(Operand(c, m, c.R[regRIPx86]+uint64(in.Len)), uint64(max(in.MemBytes, 1)), i == 0 && !readsOnly[in.Op])
		}
	}
	return list
}

// readsOnly are instructions that do not store to their first operand.
var readsOnly = map[x86asm.Op]bool{
	x86asm.CMP: true, x86asm.TEST: true, x86asm.PUSH: true, x86asm.CALL: true, x86asm.JMP: true, x86asm.LJMP: true, x86asm.LCALL: true,
	x86asm.BT: true, x86asm.MUL: true, x86asm.IMUL: true, x86asm.DIV: true, x86asm.IDIV: true, x86asm.FLD: true, x86asm.FILD: true,
	x86asm.FBLD: true, x86asm.FLDCW: true, x86asm.FLDENV: true, x86asm.FRSTOR: true, x86asm.FADD: true, x86asm.FSUB: true,
	x86asm.FSUBR: true, x86asm.FMUL: true, x86asm.FDIV: true, x86asm.FDIVR: true, x86asm.FCOM: true, x86asm.FCOMP: true,
	x86asm.FIADD: true, x86asm.FISUB: true, x86asm.FISUBR: true, x86asm.FIMUL: true, x86asm.FIDIV: true, x86asm.FIDIVR: true,
	x86asm.FICOM: true, x86asm.FICOMP: true, x86asm.LDMXCSR: true, x86asm.FXRSTOR: true, x86asm.FXRSTOR64: true,
	x86asm.XRSTOR: true, x86asm.XRSTOR64: true, x86asm.SCASB: true, x86asm.SCASW: true, x86asm.SCASD: true, x86asm.SCASQ: true,
	x86asm.CMPSB: true, x86asm.CMPSW: true, x86asm.CMPSD: true, x86asm.CMPSQ: true, x86asm.VERR: true, x86asm.VERW: true,
	x86asm.CLFLUSH: true, x86asm.BOUND: true,
}

// Operand is where an operand in memory lies. next is the address of the following instruction.
func Operand(c *Context, m x86asm.Mem, next uint64) uint64 {
	va := uint64(m.Disp)
	switch m.Base {
	case 0:
	case x86asm.RIP, x86asm.EIP:
		va += next
	default:
		va += addressRegister(c, m.Base)
	}
	if m.Index != 0 {
		va += addressRegister(c, m.Index) * uint64(m.Scale)
	}
	switch m.Segment {
	case x86asm.FS:
		va += c.R[regFSBaseX86]
	case x86asm.GS:
		va += c.R[regGSBaseX86]
	}
	return va
}

func addressRegister(c *Context, r x86asm.Reg) uint64 {
	switch {
	case r >= x86asm.RAX && r <= x86asm.R15:
		return c.R[encodedX86[r-x86asm.RAX]]
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return uint64(uint32(c.R[encodedX86[r-x86asm.EAX]]))
	case r >= x86asm.AX && r <= x86asm.R15W:
		return uint64(uint16(c.R[encodedX86[r-x86asm.AX]]))
	}
	return 0
}
