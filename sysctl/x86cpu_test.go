package sysctl

import (
	"encoding/binary"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/cpu/cputest"
	"nbemu/mem"
)

// cpuid executes the instruction on the emulated processor of a machine.
func cpuid(t *testing.T, a *cpu.Arch, leaf uint32) (r [4]uint32) {
	t.Helper()
	const text, out = 0x10000, 0x20000
	s := mem.NewSpace(0x1000, a.UserMax)
	defer s.Unref()
	for _, at := range []uint64{text, out} {
		if _, err := s.Map(mem.MapArgs{Addr: at, Len: 0x1000, Prot: mem.ProtRead | mem.ProtWrite | mem.ProtExec, Fixed: true}); err != abi.OK {
			t.Fatal(err)
		}
	}
	// mov $leaf,%eax; xor %ecx,%ecx; cpuid; mov $out,%edi; 1: mov %eax,(%rdi); mov %ebx,4(%rdi); mov %ecx,8(%rdi);
	// mov %edx,12(%rdi); ud2
	code := []byte{0xb8, byte(leaf), byte(leaf >> 8), byte(leaf >> 16), byte(leaf >> 24), 0x31, 0xc9, 0x0f, 0xa2, 0xbf, 0, 0, 2, 0,
		0x89, 0x07, 0x89, 0x5f, 4, 0x89, 0x4f, 8, 0x89, 0x57, 12, 0x0f, 0x0b}
	if err := s.Copyout(code, text); err != abi.OK {
		t.Fatal(err)
	}
	e, err := cpu.New(a)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c := &cpu.Context{}
	c.R[a.PC] = text
	for e.Run(c, s); c.Trap == cpu.TrapFault && s.Fault(c.Addr, uint8(c.Access)) == mem.FaultOK; {
		e.Run(c, s)
	}
	b := make([]byte, 16)
	if err := s.Copyin(b, out); err != abi.OK {
		t.Fatal(err)
	}
	for i := range r {
		r[i] = uint32(b[4*i]) | uint32(b[4*i+1])<<8 | uint32(b[4*i+2])<<16 | uint32(b[4*i+3])<<24
	}
	return r
}

// What /proc/cpuinfo says is what the instruction says.
func TestX86Features(t *testing.T) {
	for _, a := range []*cpu.Arch{cputest.AMD64, cputest.I386} {
		zero, one, seven, ext := cpuid(t, a, 0), cpuid(t, a, 1), cpuid(t, a, 7), cpuid(t, a, 0x80000001)
		vendor := make([]byte, 12)
		for i, r := range []uint32{zero[1], zero[3], zero[2]} {
			binary.LittleEndian.PutUint32(vendor[4*i:], r)
		}
		if string(vendor) != x86Vendor || zero[0] != x86Level || one[0] != x86Signature || one[1]>>8&0xff*8 != x86Clflush {
			t.Errorf("%s: %s, level %d, signature %#x, %#x", a.Name, vendor, zero[0], one[0], one[1])
		}
		for i, have := range []uint32{one[3], ext[3], one[2], ext[2], seven[1]} {
			if want := x86Features[i].bits; have != want {
				t.Errorf("%s: word %d of the features is %#x, not %#x", a.Name, i, have, want)
			}
		}
	}
	for _, f := range x86Features {
		if n := len(strings.Fields(f.names)); n > 32 {
			t.Errorf("%d names: %s", n, f.names)
		}
	}
	const want = "fpu de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 syscall nx rdtscp lm " +
		"pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2 movbe popcnt aes xsave avx f16c rdrand hypervisor lahf_lm abm " +
		"fsgsbase bmi1 avx2 smep bmi2 erms sha_ni "
	if got := x86Flags(); got != want {
		t.Errorf("%q", got)
	}
}
