package gdbstub

import (
	"fmt"

	"nbemu/cpu"
)

// source says where a register's value stands.
type source byte

const (
	inRegs  source = iota // struct reg
	inFP                  // struct fpreg (the FXSAVE image on both x86)
	onStack               // the register window's place at the stack pointer, on sparc
	absent                // gdb's numbering has it, the machine or its kernel does not tell
	fxTags                // x87's tag word, which FXSAVE abridges to one byte
)

// reg is a register as gdb sees it, bits wide, and where its size bytes stand.
type reg struct {
	name      string
	bits      int
	typ       string // gdb's type; "" is its default for the size
	num       int    // gdb's number
	src       source
	off, size int
}

type feature struct {
	name string
	regs []reg
}

// machine is an architecture's registers in gdb's terms (the manual's "Standard Target Features").
type machine struct {
	arch     string // for <architecture>
	features []feature
	regs     []reg // by number
	// brk is the breakpoint instruction; brkBack how far behind it the pc is when it has trapped.
	brk     []byte
	short   []byte // the same of two bytes, for Thumb code and compressed instructions
	brkBack uint64
	// spOff is the stack pointer's place in struct reg; bias what windows are off from it.
	spOff, spSize int
	bias          uint64
}

var machines map[*cpu.Arch]*machine

func init() {
	machines = map[*cpu.Arch]*machine{
		cpu.AMD64:   x86("i386:x86-64", amd64Core(), 16),
		cpu.I386:    x86("i386", i386Core(), 8),
		cpu.ARM:     arm(),
		cpu.ARM64:   arm64(),
		cpu.MIPS:    mips("mips", 4, []byte{0, 0, 0, 13}),
		cpu.MIPSEL:  mips("mips", 4, []byte{13, 0, 0, 0}),
		cpu.MIPS64:  mips("mips:isa64r2", 8, []byte{0, 0, 0, 13}),
		cpu.MIPSN32: mips("mips:isa64r2", 8, []byte{0, 0, 0, 13}),
		cpu.SPARC:   sparc32(),
		cpu.SPARC64: sparc64(),
		cpu.RISCV64: riscv64(),
		cpu.PPC:     powerpc(),

		cpu.MIPS64EL:  mips("mips:isa64r2", 8, []byte{13, 0, 0, 0}),
		cpu.MIPSN32EL: mips("mips:isa64r2", 8, []byte{13, 0, 0, 0}),
	}
	for _, m := range machines {
		m.number()
	}
}

// number puts the registers in the order of their numbers; one without a number follows the one before it.
func (m *machine) number() {
	next := 0
	for fi := range m.features {
		for ri := range m.features[fi].regs {
			r := &m.features[fi].regs[ri]
			if r.num < 0 {
				r.num = next
			}
			next = r.num + 1
			for len(m.regs) < next {
				m.regs = append(m.regs, reg{src: absent})
			}
			m.regs[r.num] = *r
		}
	}
}

// seq makes registers that stand one after the other, step bytes apart.
func seq(src source, off, step, size, bits int, typ string, names ...string) []reg {
	var rs []reg
	for i, n := range names {
		rs = append(rs, reg{name: n, bits: bits, typ: typ, num: -1, src: src, off: off + i*step, size: size})
	}
	return rs
}

// numbered makes names such as f0 to f31, in steps of by.
func numbered(prefix string, from, to, by int) []string {
	var names []string
	for i := from; i <= to; i += by {
		names = append(names, fmt.Sprint(prefix, i))
	}
	return names
}

func at(num int, rs []reg) []reg {
	rs[0].num = num
	return rs
}

func join(lists ...[]reg) []reg {
	var all []reg
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// one makes a single register.
func one(name string, bits int, typ string, src source, off, size int) []reg {
	return seq(src, off, 0, size, bits, typ, name)
}

func amd64Core() []reg {
	r := func(bits int, typ string, list ...any) []reg {
		var rs []reg
		for i := 0; i < len(list); i += 2 {
			rs = append(rs, one(list[i].(string), bits, typ, inRegs, 8*list[i+1].(int), bits/8)...)
		}
		return rs
	}
	return join(
		r(64, "int64", "rax", cpu.AMD64_RAX, "rbx", cpu.AMD64_RBX, "rcx", cpu.AMD64_RCX, "rdx", cpu.AMD64_RDX,
			"rsi", cpu.AMD64_RSI, "rdi", cpu.AMD64_RDI),
		r(64, "data_ptr", "rbp", cpu.AMD64_RBP, "rsp", cpu.AMD64_RSP),
		r(64, "int64", "r8", cpu.AMD64_R8, "r9", cpu.AMD64_R9, "r10", cpu.AMD64_R10, "r11", cpu.AMD64_R11,
			"r12", cpu.AMD64_R12, "r13", cpu.AMD64_R13, "r14", cpu.AMD64_R14, "r15", cpu.AMD64_R15),
		r(64, "code_ptr", "rip", cpu.AMD64_RIP),
		r(32, "i386_eflags", "eflags", cpu.AMD64_RFLAGS),
		r(32, "int32", "cs", cpu.AMD64_CS, "ss", cpu.AMD64_SS, "ds", cpu.AMD64_DS, "es", cpu.AMD64_ES,
			"fs", cpu.AMD64_FS, "gs", cpu.AMD64_GS),
	)
}

// i386Core is in the order of NetBSD's struct reg.
func i386Core() []reg {
	return join(
		seq(inRegs, 0, 4, 4, 32, "int32", "eax", "ecx", "edx", "ebx"),
		seq(inRegs, 16, 4, 4, 32, "data_ptr", "esp", "ebp"),
		seq(inRegs, 24, 4, 4, 32, "int32", "esi", "edi"),
		one("eip", 32, "code_ptr", inRegs, 32, 4),
		one("eflags", 32, "i386_eflags", inRegs, 36, 4),
		seq(inRegs, 40, 4, 4, 32, "int32", "cs", "ss", "ds", "es", "fs", "gs"),
	)
}

// x86 adds the floating-point registers, which stand in an FXSAVE image.
func x86(arch string, core []reg, xmms int) *machine {
	fp := join(
		seq(inFP, 32, 16, 10, 80, "i387_ext", numbered("st", 0, 7, 1)...),
		one("fctrl", 32, "int", inFP, 0, 2), one("fstat", 32, "int", inFP, 2, 2),
		one("ftag", 32, "int", fxTags, 4, 1),
		one("fiseg", 32, "int", inFP, 12, 2), one("fioff", 32, "int", inFP, 8, 4),
		one("foseg", 32, "int", inFP, 20, 2), one("fooff", 32, "int", inFP, 16, 4),
		one("fop", 32, "int", inFP, 6, 2),
	)
	sse := join(seq(inFP, 160, 16, 16, 128, "vec128", numbered("xmm", 0, xmms-1, 1)...),
		one("mxcsr", 32, "int", inFP, 24, 4))
	return &machine{arch: arch, brk: []byte{0xcc}, brkBack: 1, features: []feature{
		{"org.gnu.gdb.i386.core", append(core, fp...)},
		{"org.gnu.gdb.i386.sse", sse},
	}}
}

func arm() *machine {
	return &machine{arch: "arm", brk: []byte{0x11, 0x00, 0x00, 0xe6}, short: []byte{0x00, 0xbe}, features: []feature{
		{"org.gnu.gdb.arm.core", join(
			seq(inRegs, 0, 4, 4, 32, "uint32", numbered("r", 0, 12, 1)...),
			one("sp", 32, "data_ptr", inRegs, 13*4, 4), one("lr", 32, "", inRegs, 14*4, 4),
			one("pc", 32, "code_ptr", inRegs, 15*4, 4), at(25, one("cpsr", 32, "", inRegs, 16*4, 4)))},
		{"org.gnu.gdb.arm.vfp", join(
			seq(inFP, 16, 8, 8, 64, "ieee_double", numbered("d", 0, 31, 1)...),
			one("fpscr", 32, "int", inFP, 4, 4))},
	}}
}

func arm64() *machine {
	return &machine{arch: "aarch64", brk: []byte{0, 0, 0x20, 0xd4}, features: []feature{
		{"org.gnu.gdb.aarch64.core", join(
			seq(inRegs, 0, 8, 8, 64, "", numbered("x", 0, 30, 1)...),
			one("sp", 64, "data_ptr", inRegs, 8*cpu.ARM64_SP, 8), one("pc", 64, "code_ptr", inRegs, 8*cpu.ARM64_PC, 8),
			one("cpsr", 32, "", inRegs, 8*cpu.ARM64_SPSR, 4))},
		{"org.gnu.gdb.aarch64.fpu", join(
			seq(inFP, 0, 16, 16, 128, "vec128", numbered("v", 0, 31, 1)...),
			one("fpsr", 32, "int", inFP, 516, 4), one("fpcr", 32, "int", inFP, 512, 4))},
	}}
}

// mips has gdb's numbers in struct reg's order.
func mips(arch string, w int, brk []byte) *machine {
	return &machine{arch: arch, brk: brk, features: []feature{
		{"org.gnu.gdb.mips.cpu", join(
			seq(inRegs, 0, w, w, 8*w, "", numbered("r", 0, 31, 1)...),
			at(33, seq(inRegs, 33*w, w, w, 8*w, "", "lo", "hi")), at(37, one("pc", 8*w, "", inRegs, 37*w, w)))},
		{"org.gnu.gdb.mips.cp0", join(
			at(32, one("status", 8*w, "", inRegs, 32*w, w)),
			at(35, seq(inRegs, 35*w, w, w, 8*w, "", "badvaddr", "cause")))},
		{"org.gnu.gdb.mips.fpu", join(
			at(38, seq(inFP, 0, w, w, 8*w, map[int]string{4: "ieee_single", 8: "ieee_double"}[w], numbered("f", 0, 31, 1)...)),
			one("fcsr", 8*w, "", inFP, 32*w, w), one("fir", 8*w, "", absent, 0, w))},
	}}
}

// sparcCPU is the window that the program sees: locals and ins have been put on its stack.
func sparcCPU(w, globals int) []reg {
	return join(
		seq(inRegs, globals, w, w, 8*w, "", append(numbered("g", 0, 7, 1), numbered("o", 0, 5, 1)...)...),
		one("sp", 8*w, "", inRegs, globals+14*w, w), one("o7", 8*w, "", inRegs, globals+15*w, w),
		seq(onStack, 0, w, w, 8*w, "", append(numbered("l", 0, 7, 1), numbered("i", 0, 5, 1)...)...),
		one("fp", 8*w, "", onStack, 14*w, w), one("i7", 8*w, "", onStack, 15*w, w),
	)
}

func sparc32() *machine {
	return &machine{arch: "sparc", brk: []byte{0x91, 0xd0, 0x20, 0x01}, spOff: (4 + 14) * 4, spSize: 4, features: []feature{
		{"org.gnu.gdb.sparc.cpu", sparcCPU(4, 4*4)},
		{"org.gnu.gdb.sparc.fpu", seq(inFP, 0, 4, 4, 32, "ieee_single", numbered("f", 0, 31, 1)...)},
		{"org.gnu.gdb.sparc.cp0", join(
			one("y", 32, "", inRegs, 3*4, 4), one("psr", 32, "", inRegs, 0, 4),
			one("wim", 32, "", absent, 0, 4), one("tbr", 32, "", absent, 0, 4),
			seq(inRegs, 4, 4, 4, 32, "", "pc", "npc"),
			one("fsr", 32, "", inFP, 128, 4), one("csr", 32, "", absent, 0, 4))},
	}}
}

func sparc64() *machine {
	return &machine{arch: "sparc:v9", brk: []byte{0x91, 0xd0, 0x20, 0x01}, spOff: (4 + 14) * 8, spSize: 8, bias: cpu.SparcBias,
		features: []feature{
			{"org.gnu.gdb.sparc.cpu", sparcCPU(8, 4*8)},
			{"org.gnu.gdb.sparc.fpu", join(
				seq(inFP, 0, 4, 4, 32, "ieee_single", numbered("f", 0, 31, 1)...),
				seq(inFP, 128, 8, 8, 64, "ieee_double", numbered("f", 32, 62, 2)...))},
			{"org.gnu.gdb.sparc.cp0", join(
				seq(inRegs, 8, 8, 8, 64, "", "pc", "npc"), one("state", 64, "", inRegs, 0, 8),
				one("fsr", 64, "", inFP, 256, 8), one("fprs", 64, "", absent, 0, 8),
				one("y", 64, "", inRegs, 24, 4))},
		}}
}
