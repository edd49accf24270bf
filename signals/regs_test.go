package signals

import (
	"bytes"
	"testing"

	"nbemu/abi"
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
		{cpu.AMD64, 208, 512, 33, 35},
		{cpu.I386, 64, 108, 33, 35},
		{cpu.ARM, 68, 280, 33, 37},
		{cpu.ARM64, 280, 528, 32, 34},
		{cpu.MIPS, 152, 132, 33, 35},
		{cpu.MIPSEL, 152, 132, 33, 35},
		{cpu.MIPSN32, 304, 264, 33, 35},
		{cpu.MIPS64, 304, 264, 33, 35},
		{cpu.MIPSN32EL, 304, 264, 33, 35},
		{cpu.MIPS64EL, 304, 264, 33, 35},
		{cpu.SPARC, 80, 132, 32, 34},
		{cpu.SPARC64, 160, 272, 32, 34},
		{cpu.RISCV64, 256, 264, 32, 34},
		{cpu.PPC, 148, 264, 33, 35},
	} {
		s := RegsetOf(c.a)
		if s.Size != c.size || s.FPSize != c.fpsize || int(s.GetRegs) != c.req || int(s.GetFPRegs) != c.fprequs {
			t.Errorf("%s: %d %d, requests %d %d; want %+v", c.a.Name, s.Size, s.FPSize, s.GetRegs, s.GetFPRegs, c)
		}
	}
}

// What is written is read again, and pc and sp arrive where the processor looks.
func TestRegsetRoundTrip(t *testing.T) {
	for a := range regsets {
		t.Run(a.Name, func(t *testing.T) {
			l, s := regLWP(t, a), RegsetOf(a)
			r := &l.Ctx.R
			for i := range a.RegNames {
				if a.RegNames[i] != "" {
					r[i] = 0x1000 + uint64(i)*16
				}
			}
			switch a {
			case cpu.AMD64, cpu.I386:
				amd64Segs(r)
				r[cpu.AMD64_RFLAGS] = 0x202
			case cpu.ARM64:
				r[cpu.ARM64_SPSR] = 0x80000000
			case cpu.ARM:
				r[cpu.ARM_CPSR] = armModeUSR | cpu.ARMThumb
			case cpu.MIPS, cpu.MIPSEL, cpu.MIPS64, cpu.MIPSN32, cpu.MIPS64EL, cpu.MIPSN32EL:
				r[0], r[cpu.MIPS_SLOT], r[cpu.MIPS_CAUSE] = 0, 0, 0
			case cpu.PPC:
				r[cpu.PPC_MSR], r[cpu.PPC_MQ] = 0, 0
			case cpu.SPARC:
				r[cpu.SPARC_PSR] = 0x00500000
			case cpu.SPARC64:
				r[cpu.SPARC_PSR], r[cpu.SPARC_ASI] = 0x55, 0x80
			}
			r[a.SP] = 0x11000
			if a == cpu.SPARC64 {
				r[a.SP] -= cpu.SparcBias
			}
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
			case cpu.AMD64, cpu.I386:
				l2.Ctx.R[cpu.AMD64_RFLAGS], l2.Ctx.R[cpu.AMD64_CS] = 0x202, amd64CS
				l2.Ctx.R[cpu.AMD64_FSBASE], l2.Ctx.R[cpu.AMD64_GSBASE] = before[cpu.AMD64_FSBASE], before[cpu.AMD64_GSBASE]
				l2.Ctx.R[cpu.AMD64_TRAPNO], l2.Ctx.R[cpu.AMD64_ERR] = before[cpu.AMD64_TRAPNO], before[cpu.AMD64_ERR]
			case cpu.ARM:
				l2.Ctx.R[cpu.ARM_CPSR] = armModeUSR
				l2.Ctx.R[cpu.ARM_TPIDRURO], l2.Ctx.R[cpu.ARM_TPIDRURW] = before[cpu.ARM_TPIDRURO], before[cpu.ARM_TPIDRURW]
			case cpu.MIPS, cpu.MIPSEL, cpu.MIPS64, cpu.MIPSN32, cpu.MIPS64EL, cpu.MIPSN32EL:
				l2.Ctx.R[cpu.MIPS_SR], l2.Ctx.R[cpu.MIPS_USERLOCAL] = before[cpu.MIPS_SR], before[cpu.MIPS_USERLOCAL]
			case cpu.SPARC, cpu.SPARC64:
				l2.Ctx.R[cpu.SPARC_ASI], l2.Ctx.R[cpu.SPARC_FPRS] = before[cpu.SPARC_ASI], before[cpu.SPARC_FPRS]
			}
			if s.Resume != nil {
				// Its own, empty window goes to another place.
				l2.Ctx.R[a.SP] = 0x12000
				if a == cpu.SPARC64 {
					l2.Ctx.R[a.SP] = 0x12000 - cpu.SparcBias
				}
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
