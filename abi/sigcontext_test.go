package abi

import "testing"

// Sizes and offsets are those of sys/arch/*/include/signal.h, and of i386's frame.h.
func TestSigcontexts(t *testing.T) {
	for _, s := range []struct {
		v                                any
		m                                *Model
		size, size13                     int
		onstack, mask13, pc, sp, newmask int
		pcName, spName, in               string
	}{
		{&SigcontextI386{}, ILP32LEi386, 96, 80, 64, 68, 44, 56, 80, "Eip", "Esp", ""},
		{&SigframeI386{}, ILP32LEi386, 112, 96, 80, 84, 60, 72, 96, "Sc.Eip", "Sc.Esp", "Sc."},
		{&SigcontextARM{}, ILP32LE, 96, 80, 0, 4, 76, 64, 80, "PC", "UsrSP", ""},
		{&SigcontextMIPS{}, ILP32BE, 336, 320, 0, 4, 8, 12, 320, "PC", "Regs", ""},
		{&SigcontextPPC{}, ILP32BE, 188, 172, 0, 4, 152, 8, 172, "SRR0", "Fixreg", ""},
	} {
		got := []int{s.m.Sizeof(s.v), s.m.Sizeof(s.v) - s.m.Sizeof(Sigset{})}
		for _, name := range []string{s.in + "Onstack", s.in + "Mask13", s.pcName, s.spName, s.in + "Mask"} {
			got = append(got, s.m.Offsetof(s.v, name))
		}
		want := []int{s.size, s.size13, s.onstack, s.mask13, s.pc, s.sp, s.newmask}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%T: %v, want %v", s.v, got, want)
				break
			}
		}
	}
	if off := ILP32BE.Offsetof(&SigcontextMIPS{}, "FPRegs"); off != 152 {
		t.Errorf("sc_fpregs of mips at %d, not 152", off)
	}
}
