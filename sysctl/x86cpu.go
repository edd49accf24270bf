package sysctl

import (
	"fmt"
	"strings"

	"nbemu/kern"
)

// What CPUID tells of the emulated x86 processor, of all machines that have it (a test asks it).
const (
	x86Vendor    = "GenuineIntel"
	x86Level     = 13
	x86Signature = 0x306c4
	// Features: leaf 1 in edx and ecx, leaf 7 in ebx, leaf 0x80000001 in edx and ecx.
	x86Leaf1D, x86Leaf1C     = 0x078bfbfd, 0xfed83203
	x86Leaf7B                = 0x200003a9
	x86LeafExtD, x86LeafExtC = 0x28100800, 0x21
	x86Clflush               = 64 // bytes; leaf 1's ebx has how many times 8
)

// x86Features are the names of the bits of a register from the lowest on, as NetBSD's procfs and Linux have them.
var x86Features = [...]struct {
	bits  uint32
	names string
}{
	{x86Leaf1D, "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe"},
	{x86LeafExtD, "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow"},
	{x86Leaf1C, "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor"},
	{x86LeafExtC, "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc perfctr_l2 mwaitx"},
	{x86Leaf7B, "fsgsbase tsc_adjust - bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx - avx512f avx512dq rdseed adx smap - pcommit clflushopt clwb - avx512pf avx512er avx512cd sha_ni avx512bw avx512vl"},
}

// x86Flags are the names of all features.
func x86Flags() string {
	var b strings.Builder
	for _, f := range x86Features {
		for i, name := range strings.Fields(f.names) {
			if f.bits>>i&1 != 0 && name != "-" {
				b.WriteString(name + " ")
			}
		}
	}
	return b.String()
}

// x86Cpuinfo is procfs_getonecpu of NetBSD 10 for the processor of that number. Of the host's own, on which programs run with
// KVM, CPUID tells and this does not.
func x86Cpuinfo(l *kern.LWP, cpu int) string {
	const family, model, stepping = x86Signature >> 8 & 0xf, x86Signature>>4&0xf | x86Signature>>16&0xf<<4, x86Signature & 0xf
	var b strings.Builder
	emulated := l.K.Config.Engines == nil
	fmt.Fprintf(&b, "processor\t: %d\n", cpu)
	if emulated {
		fmt.Fprintf(&b, "vendor_id\t: %s\ncpu family\t: %d\nmodel\t\t: %d\n", x86Vendor, family, model)
	}
	fmt.Fprintf(&b, "model name\t: %s\n", CPUModel(l))
	if emulated {
		fmt.Fprintf(&b, "stepping\t: %d\n", stepping)
	}
	fmt.Fprintf(&b, "cpu MHz\t\t: unknown\napicid\t\t: %d\ninitial apicid\t: %d\n", cpu, cpu)
	if l.Proc.Native().Name == "i386" {
		b.WriteString("fdiv_bug\t: no\n")
	}
	b.WriteString("fpu\t\t: yes\nfpu_exception\t: yes\n")
	if emulated {
		fmt.Fprintf(&b, "cpuid level\t: %d\n", x86Level)
	}
	b.WriteString("wp\t\t: yes\n")
	if emulated {
		fmt.Fprintf(&b, "flags\t\t: %s\nclflush size\t: %d\n", x86Flags(), x86Clflush)
	}
	return b.String() + "\n"
}
