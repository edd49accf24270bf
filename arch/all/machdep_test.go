package all

import (
	"slices"
	"testing"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/sysctl"
)

// Numbers are those of machine/cpu.h of each port (CPU_CACHELINE and so on), which programs without sysctlbyname compile
// in. Values are as a program of the machine reads them.
func TestMachdep(t *testing.T) {
	for _, c := range []struct {
		machine string
		num     int32
		name    string
		want    []byte
	}{
		{"amd64", 7, "fpu_present", []byte{1, 0, 0, 0}}, {"i386", 9, "sse", []byte{1, 0, 0, 0}}, {"i386", 5, "booted_kernel", []byte("netbsd\x00")},
		{"powerpc", 1, "cachelinesize", []byte{0, 0, 0, 32}},
		{"powerpc", 5, "cacheinfo", []byte{0, 0, 0x80, 0, 0, 0, 0, 32, 0, 0, 0x80, 0, 0, 0, 0, 32}},
		{"powerpc", 6, "altivec", []byte{0, 0, 0, 1}}, {"powerpc", 7, "model", []byte("nbemu powerpc\x00")},
		{"arm", 1, "debug", []byte{0, 0, 0, 0}}, {"arm", 3, "booted_kernel", []byte("netbsd\x00")}, {"arm", 5, "powersave", []byte{0, 0, 0, 0}},
		{"mips", 4, "llsc", []byte{0, 0, 0, 1}}, {"mips64el", 5, "loongson-mmi", []byte{0, 0, 0, 0}}, {"mipsn32", 2, "booted_kernel", []byte("netbsd\x00")},
		{"sparc", 4, "cpu_arch", []byte{0, 0, 0, 8}}, {"sparc64", 4, "cpu_arch", []byte{0, 0, 0, 9}}, {"sparc64", 5, "vis", []byte{0, 0, 0, 2}},
		{"sparc", 5, "", nil}, {"powerpc", 9, "", nil}, {"mips", 6, "", nil},
	} {
		p := arch.ByName(c.machine)
		n := node(p.Emul.Machdep.(*sysctl.Node), func(n *sysctl.Node) bool { return n.Num == c.num })
		if n == nil || c.name == "" {
			if n != nil || c.name != "" {
				t.Errorf("%s: machdep %d is %v, want %q", c.machine, c.num, n, c.name)
			}
			continue
		}
		got := n.Value(nil)
		b, ok := got.(string)
		raw := []byte(b + "\x00")
		if !ok {
			raw = p.Arch.Model.Bytes(got)
		}
		if n.Name != c.name || !slices.Equal(raw, c.want) {
			t.Errorf("%s: machdep %d: %s %x, want %s %x", c.machine, c.num, n.Name, raw, c.name, c.want)
		}
	}
}

// By machdep.cpuN.cpu_id programs learn what an aarch64 can: golang.org/x/sys/cpu looks for it in the whole tree. The
// registers are QEMU's "max" processor's.
func TestCPUID(t *testing.T) {
	p := arch.ByName("aarch64")
	cpu := node(p.Emul.Machdep.(*sysctl.Node), func(n *sysctl.Node) bool { return n.Name == "cpu0" })
	if cpu == nil || len(cpu.Child) != 1 || cpu.Child[0].Name != "cpu_id" {
		t.Fatal("machdep.cpu0.cpu_id is missing")
	}
	b := p.Arch.Model.Bytes(cpu.Child[0].Value(nil))
	// struct aarch64_sysctl_cpu_id: 13 registers of 64 bits, 3 of 32 and 4 bytes nothing, 2 of 64.
	if len(b) != 13*8+4*4+2*8 {
		t.Fatalf("%d bytes", len(b))
	}
	word := func(i int) uint64 { return p.Arch.Model.Uint(b[8*i:], 8) }
	field := func(reg uint64, shift int) uint64 { return reg >> shift & 15 }
	isar0, pfr0 := word(5), word(10)
	// AES and PMULL, SHA1, SHA2 with SHA512, CRC32, atomics, dot products; no SVE.
	for shift, want := range map[int]uint64{4: 2, 8: 1, 12: 2, 16: 1, 20: 2, 44: 1} {
		if got := field(isar0, shift); got != want {
			t.Errorf("ID_AA64ISAR0 at %d: %d, want %d", shift, got, want)
		}
	}
	if field(pfr0, 32) != 0 || field(pfr0, 16) != 1 || field(pfr0, 20) != 1 {
		t.Errorf("ID_AA64PFR0 %#x", pfr0)
	}
	if p.Arch.Model.Uint(b[13*8:], 4) != 0x10110222 {
		t.Errorf("MVFR0 %x", b[13*8:13*8+4])
	}
}

func node(n *sysctl.Node, is func(*sysctl.Node) bool) *sysctl.Node {
	if n == nil || n.Num != abi.CTL_MACHDEP {
		return nil
	}
	if i := slices.IndexFunc(n.Child, is); i >= 0 {
		return n.Child[i]
	}
	return nil
}
