package all

import (
	"bytes"
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
	"nbemu/mem"
)

// regLWP is an LWP that does not run, with a page of stack.
func regLWP(t *testing.T, a *cpu.Arch) *kern.LWP {
	t.Helper()
	l := &kern.LWP{Proc: &kern.Proc{Arch: a, VM: mem.NewSpace(a.PageSize, 1<<30)}}
	_, err := l.Proc.VM.Map(mem.MapArgs{Addr: 0x10000, Len: 0x4000, Prot: mem.ProtRead | mem.ProtWrite, Fixed: true})
	if err != abi.OK {
		t.Fatal(err)
	}
	return l
}

// Sizes are sizeof(struct reg), sizeof(struct fpreg) of NetBSD's headers, and the requests those of machine/ptrace.h.
func TestRegsetSizes(t *testing.T) {
	for _, c := range []struct {
		a                          *cpu.Arch
		size, fpsize, req, fprequs int
	}{
		{amd64.Arch, 208, 512, 33, 35},
		{i386.Arch, 64, 108, 33, 35},
		{arm.Arch, 68, 280, 33, 37},
		{arm64.Arch, 280, 528, 32, 34},
		{mips.MIPS, 152, 132, 33, 35},
		{mips.MIPSEL, 152, 132, 33, 35},
		{mips.MIPSN32, 304, 264, 33, 35},
		{mips.MIPS64, 304, 264, 33, 35},
		{mips.MIPSN32EL, 304, 264, 33, 35},
		{mips.MIPS64EL, 304, 264, 33, 35},
		{sparc.SPARC, 80, 132, 32, 34},
		{sparc.SPARC64, 160, 272, 32, 34},
		{riscv64.Arch, 256, 264, 32, 34},
		{powerpc.Arch, 148, 264, 33, 35},
		{m68k.Arch, 72, 108, 33, 35},
	} {
		s := arch.Of(c.a).Regset
		if s.Size != c.size || s.FPSize != c.fpsize || int(s.GetRegs) != c.req || int(s.GetFPRegs) != c.fprequs {
			t.Errorf("%s: %d %d, requests %d %d; want %+v", c.a.Name, s.Size, s.FPSize, s.GetRegs, s.GetFPRegs, c)
		}
	}
}

// What is written is read again, and pc and sp arrive where the processor looks.
func TestRegsetRoundTrip(t *testing.T) {
	for _, p := range arch.Ports() {
		a := p.Arch
		t.Run(a.Name, func(t *testing.T) {
			l, s := regLWP(t, a), p.Regset
			r := &l.Ctx.R
			for i := range a.RegNames {
				if a.RegNames[i] != "" {
					r[i] = 0x1000 + uint64(i)*16
				}
			}
			switch a {
			case amd64.Arch, i386.Arch:
				r[x86.CS] = 0x47
				for _, seg := range []int{x86.DS, x86.ES, x86.FS, x86.GS, x86.SS} {
					r[seg] = 0x3f
				}
				r[x86.RFLAGS] = 0x202
			case arm64.Arch:
				r[arm64.SPSR] = 0x80000000
			case arm.Arch:
				r[arm.CPSR] = 0x10 | arm.Thumb
			case mips.MIPS, mips.MIPSEL, mips.MIPS64, mips.MIPSN32, mips.MIPS64EL, mips.MIPSN32EL:
				r[0], r[mips.SLOT], r[mips.CAUSE] = 0, 0, 0
			case m68k.Arch:
				r[m68k.PS] = 0x15
			case powerpc.Arch:
				r[powerpc.MSR], r[powerpc.MQ] = 0, 0
			case sparc.SPARC:
				r[sparc.PSR] = 0x00500000
			case sparc.SPARC64:
				r[sparc.PSR], r[sparc.ASI] = 0x55, 0x80
			}
			r[a.SP] = 0x11000
			r[a.SP] -= a.StackBias
			before := *r
			b := make([]byte, s.Size)
			s.Read(l, b)
			fp := make([]byte, s.FPSize)
			for i := range fp {
				fp[i] = byte(i*7 + 1)
			}
			if s.Settle != nil {
				s.Settle(l)
			}
			l2 := regLWP(t, a)
			l2.Proc.VM = l.Proc.VM
			// What no debugger may set must be right beforehand.
			switch a {
			case amd64.Arch, i386.Arch:
				l2.Ctx.R[x86.RFLAGS], l2.Ctx.R[x86.CS] = 0x202, 0x47
				l2.Ctx.R[x86.FSBASE], l2.Ctx.R[x86.GSBASE] = before[x86.FSBASE], before[x86.GSBASE]
				l2.Ctx.R[x86.TRAPNO], l2.Ctx.R[x86.ERR] = before[x86.TRAPNO], before[x86.ERR]
			case arm.Arch:
				l2.Ctx.R[arm.CPSR] = 0x10
				l2.Ctx.R[arm.TPIDRURO], l2.Ctx.R[arm.TPIDRURW] = before[arm.TPIDRURO], before[arm.TPIDRURW]
			case mips.MIPS, mips.MIPSEL, mips.MIPS64, mips.MIPSN32, mips.MIPS64EL, mips.MIPSN32EL:
				l2.Ctx.R[mips.SR], l2.Ctx.R[mips.USERLOCAL] = before[mips.SR], before[mips.USERLOCAL]
			case sparc.SPARC, sparc.SPARC64:
				l2.Ctx.R[sparc.ASI], l2.Ctx.R[sparc.FPRS] = before[sparc.ASI], before[sparc.FPRS]
			}
			if s.Resume != nil {
				// Its own, empty window goes to another place.
				l2.Ctx.R[a.SP] = 0x12000 - a.StackBias
			}
			if err := s.Write(l2, b); err != abi.OK {
				t.Fatal(err)
			}
			if s.Resume != nil {
				s.Resume(l2)
			}
			for i := range a.RegNames {
				if want := before[i]; l2.Ctx.R[i] != want && a.RegNames[i] != "" {
					t.Errorf("%s is %#x, want %#x", a.RegNames[i], l2.Ctx.R[i], want)
				}
			}
			s.WriteFP(l2, fp)
			got := make([]byte, s.FPSize)
			s.ReadFP(l2, got)
			same := 0
			for i := range got {
				if got[i] == fp[i] {
					same++
				}
			}
			// All but holes and what a processor does not have.
			if same < len(fp)-32 {
				t.Errorf("floating point: %d of %d bytes\n% x\n% x", same, len(fp), got, fp)
			}
			again := make([]byte, s.Size)
			s.Read(l2, again)
			if !bytes.Equal(again, b) {
				t.Errorf("read again:\n% x\n% x", again, b)
			}
			if s.SetPC(l2, 0x2000) != abi.OK || l2.Ctx.R[a.PC] != 0x2000 {
				t.Errorf("pc %#x", l2.Ctx.R[a.PC])
			}
		})
	}
}

// The further sets of registers: sizes of the structures, numbers of the requests (machine/ptrace.h), and what is written is
// what is read.
func TestMoreRegs(t *testing.T) {
	want := map[string]struct{ get, size int }{
		"i386 xmmregs": {37, 512}, "i386 dbreg": {39, 32}, "i386 xstate": {43, 2384},
		"amd64 dbreg": {37, 128}, "amd64 xstate": {41, 2384}, "powerpc vreg": {37, 528},
	}
	for _, p := range arch.Ports() {
		for _, s := range p.Regset.More {
			name := p.Arch.Name + " " + s.Name
			w, ok := want[name]
			if delete(want, name); !ok || int(s.Get) != w.get || s.Size != w.size {
				t.Errorf("%s: request %d, %d bytes; want %+v", name, s.Get, s.Size, w)
			}
			if s.Iovec {
				continue // what there is to save is the machine's to say
			}
			l, other := regLWP(t, p.Arch), regLWP(t, p.Arch)
			for _, l := range []*kern.LWP{l, other} {
				p.Emul.Setregs(l, 0x12340, 0x12f00, 0x13000)
			}
			if s.Name == "vreg" {
				for i := range l.Ctx.FP[264:784] {
					l.Ctx.FP[264+i] = byte(i * 7)
				}
			}
			b, again := make([]byte, s.Size), make([]byte, s.Size)
			s.Read(l, b)
			if err := s.Write(other, b); err != abi.OK {
				t.Errorf("%s: %v", name, err)
			}
			if s.Read(other, again); !bytes.Equal(b, again) {
				t.Errorf("%s: written %x, read %x", name, b, again)
			}
			// The engine has numbers of the host's order, vectors as two of 64 bits.
			if s.Name == "vreg" && (b[0] != byte(7*7) || b[7] != 0 || b[512] != byte(519*7&0xff) || b[527] != byte(512*7&0xff)) {
				t.Errorf("%s: %x", name, b)
			}
		}
	}
	for name := range want {
		t.Errorf("%s is missing", name)
	}
}
