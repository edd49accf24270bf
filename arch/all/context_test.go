package all

import (
	"testing"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/arch/amd64"
	"nbemu/arch/arm"
	"nbemu/arch/arm64"
	"nbemu/arch/i386"
	"nbemu/arch/m68k"
	"nbemu/arch/mips"
	"nbemu/arch/powerpc"
	"nbemu/arch/riscv64"
	"nbemu/arch/sparc"
	"nbemu/arch/x86"
	"nbemu/cpu"
	"nbemu/kern"
)

// contextLWP is an LWP at the start of a program, and its context as getcontext(2) returns it.
func contextLWP(t *testing.T, a *cpu.Arch) (*kern.LWP, []byte) {
	l := regLWP(t, a)
	p := arch.Of(a)
	p.Emul.Setregs(l, 0x12340, 0x12f00, 0x13000)
	return l, p.MD.Getucontext(l)
}

// TestContextChecks: what cpu_mcontext_validate and cpu_setmcontext of each port refuse, and what not. at is an index
// of __gregs; what has none changes flags only.
func TestContextChecks(t *testing.T) {
	const none = -1
	for _, c := range []struct {
		a     *cpu.Arch
		at    int
		v     uint64
		flags uint32 // changed
		want  abi.Errno
	}{
		{amd64.Arch, x86.RIP, 0x12341, 0, abi.OK},
		{amd64.Arch, x86.RIP, amd64.Arch.UserMax, 0, abi.EINVAL},
		{amd64.Arch, x86.RFLAGS, 0x00040fd7, 0, abi.OK},
		{amd64.Arch, x86.RFLAGS, 0x00020202, 0, abi.EINVAL}, // virtual 8086 mode
		{amd64.Arch, x86.RFLAGS, 0x00001202, 0, abi.EINVAL}, // I/O privilege
		{amd64.Arch, x86.DS, 0x23, 0, abi.OK},
		{amd64.Arch, x86.DS, 0, 0, abi.EINVAL},
		{amd64.Arch, x86.ES, 0, 0, abi.OK},
		{amd64.Arch, x86.GS, 0x33, 0, abi.EINVAL},
		{amd64.Arch, x86.SS, 0x47, 0, abi.EINVAL},
		{amd64.Arch, x86.CS, 0x1b, 0, abi.OK},
		{amd64.Arch, x86.CS, 0x3f, 0, abi.EINVAL},
		{i386.Arch, 16, 0x00004202, 0, abi.EINVAL}, // nested task
		{i386.Arch, 16, 0x00001202, 0, abi.EINVAL}, // I/O privilege
		{i386.Arch, 16, 0x00400202, 0, abi.EINVAL}, // none
		{i386.Arch, 16, 0x00010202, 0, abi.OK},     // resume
		{i386.Arch, 16, 0x00040fd7, 0, abi.OK},     // all that are a program's
		{i386.Arch, 15, 8, 0, abi.EINVAL},          // the kernel's code
		{arm64.Arch, arm64.PC, 0x12342, 0, abi.EINVAL},
		{arm64.Arch, arm64.SP, 0x12f08, 0, abi.EINVAL},
		{arm64.Arch, arm64.SPSR, 0x80000000, 0, abi.OK},
		{arm64.Arch, arm64.SPSR, 0x80000200, 0, abi.EINVAL},
		{arm.Arch, arm.CPSR, 0x80000010, 0, abi.OK},
		{arm.Arch, arm.CPSR, 0x13, 0, abi.EINVAL}, // the kernel's mode
		{arm.Arch, arm.CPSR, 0x90, 0, abi.EINVAL}, // no interrupts
		{arm.Arch, none, 0, 0x10000, abi.EINVAL},  // floating point of another unit
		{arm.Arch, none, 0, 0x10000 | abi.UC_FPU, abi.OK},
		{mips.MIPS, mips.PC, 0x12342, 0, abi.OK}, // the processor will tell
		{mips.MIPS64, mips.PC, 0x12342, 0, abi.OK},
		{sparc.SPARC, sparc.PC, 0x12342, 0, abi.EINVAL},
		{sparc.SPARC, sparc.NPC, 0, 0, abi.EINVAL},
		{sparc.SPARC, sparc.PSR, 0xffffffff, 0, abi.OK},
		{sparc.SPARC64, sparc.NPC, 0x12342, 0, abi.EINVAL},
		{sparc.SPARC64, sparc.PSR, 0xffffffff, 0, abi.OK},
		{riscv64.Arch, riscv64.PC, 0x12341, 0, abi.EINVAL},
		{riscv64.Arch, riscv64.SP, 1 << 63, 0, abi.EINVAL},
		{riscv64.Arch, riscv64.SP, 0x12f01, 0, abi.OK},
		{powerpc.Arch, powerpc.MSR, 0, 0, abi.OK},
		{m68k.Arch, m68k.PS, 0x1f, 0, abi.OK},
		{m68k.Arch, m68k.PS, 0x2000, 0, abi.EINVAL}, // supervisor
		{m68k.Arch, 18 + 3 + 24, 7, 0, abi.OK},      // format of the exception frame
		{m68k.Arch, 18 + 3 + 24, 5, 0, abi.EINVAL},
		{m68k.Arch, 18 + 3 + 24, 5, 0x40000000, abi.OK}, // not looked at
	} {
		l, uc := contextLWP(t, c.a)
		md, m := arch.Of(c.a).MD, c.a.Model
		size := c.a.RegSize
		if c.a.ELFClass == 1 && c.a.Mode == 0 {
			size = 4
		}
		if c.at != none {
			m.PutUint(uc[md.McontextOff+size*c.at:], size, c.v)
		}
		m.PutUint(uc, 4, m.Uint(uc, 4)^uint64(c.flags))
		if err := md.Setucontext(l, uc); err != c.want {
			t.Errorf("%s: register %d %#x, flags ^ %#x: %v, want %v", c.a.Name, c.at, c.v, c.flags, err, c.want)
		}
		if got := l.Ctx.R[sparc.PSR]; c.at == sparc.PSR && (c.a == sparc.SPARC && got != 0x00f00000 || c.a == sparc.SPARC64 && got != 0xff) {
			t.Errorf("%s: condition codes %#x", c.a.Name, got)
		}
	}
}

// TestSetucontext: registers must be there; the mask is set before they are judged; uc_stack says whether the thread is
// on its alternate stack, on every machine.
func TestSetucontext(t *testing.T) {
	for _, p := range arch.Ports() {
		m, md := p.Arch.Model, p.MD
		l, uc := contextLWP(t, p.Arch)
		flags := m.Uint(uc, 4)
		m.PutUint(uc, 4, flags&^abi.UC_CPU)
		if err := md.Setucontext(l, uc); err != abi.EINVAL {
			t.Errorf("%s: without registers: %v", p.Arch.Name, err)
		}
		m.PutUint(uc, 4, flags)
		l.Sigstk.Flags = abi.SS_ONSTACK
		on := md.Getucontext(l)
		if err := md.Setucontext(l, uc); err != abi.OK || l.Sigstk.Flags != 0 {
			t.Errorf("%s: off the alternate stack: %v, flags %#x", p.Arch.Name, err, l.Sigstk.Flags)
		}
		if err := md.Setucontext(l, on); err != abi.OK || l.Sigstk.Flags != abi.SS_ONSTACK {
			t.Errorf("%s: back on it: %v, flags %#x", p.Arch.Name, err, l.Sigstk.Flags)
		}
	}
	l, uc := contextLWP(t, arm.Arch)
	m, md := arm.Arch.Model, arch.Of(arm.Arch).MD
	var h abi.UcontextHead
	m.Unmarshal(uc, &h)
	h.Sigmask = abi.Sigset{1 << 4}
	m.Marshal(uc, &h)
	m.PutUint(uc[md.McontextOff+4*arm.CPSR:], 4, 0)
	if err := md.Setucontext(l, uc); err != abi.EINVAL || l.Sigmask != h.Sigmask {
		t.Errorf("registers are refused: %v, mask %v", err, l.Sigmask)
	}
}
