package probe

import (
	"fmt"

	"nbemu/cpu"
)

// dwarfNames are the registers that DWARF's numbers stand for, by the names of cpu.Arch.RegNames; sp is the number of the
// stack pointer, links are registers with the address that a function without a frame returns to.
type dwarfNames struct {
	names []string
	sp    int
	links []string
	fp    string // where cpu.FrameChain does not say
}

// numbered makes names of a form: numbered("x%d", 0, 31) is x0 to x30.
func numbered(format string, from, to int) (names []string) {
	for i := from; i < to; i++ {
		names = append(names, fmt.Sprintf(format, i))
	}
	return names
}

var mipsDwarf = dwarfNames{[]string{"zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "t0", "t1", "t2", "t3", "t4", "t5",
	"t6", "t7", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0", "k1", "gp", "sp", "s8", "ra"}, 29, []string{"ra"}, ""}

var sparcDwarf = dwarfNames{[]string{"", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "o0", "o1", "o2", "o3", "o4", "o5", "sp",
	"o7", "l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "i0", "i1", "i2", "i3", "i4", "i5", "fp", "i7"}, 14, []string{"o7", "i7"}, ""}

var dwarfRegs = map[string]dwarfNames{
	"amd64": {append([]string{"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp"}, numbered("r%d", 8, 16)...), 7, nil, ""},
	"i386":  {[]string{"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"}, 4, nil, ""},
	"aarch64": {append(append(numbered("x%d", 0, 30), "lr"), "sp"), 31,
		[]string{"lr"}, ""},
	"arm": {append(numbered("r%d", 0, 13), "sp", "lr", "pc"), 13, []string{"lr"}, ""},
	"riscv64": {[]string{"", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
		"s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"}, 2, []string{"ra"}, ""},
	"powerpc": {append(append(numbered("r%d", 0, 32), make([]string, 33)...), "lr"), 1, []string{"lr"}, ""},
	"m68k":    {append(append(numbered("d%d", 0, 8), numbered("a%d", 0, 7)...), "sp"), 15, nil, ""},
	"mips":    mipsDwarf, "mipsel": mipsDwarf, "mips64": mipsDwarf, "mips64el": mipsDwarf, "mipsn32": mipsDwarf, "mipsn32el": mipsDwarf,
	"sparc": sparcDwarf, "sparc64": sparcDwarf,
}

// regMap is dwarfNames as indexes of cpu.Context.R; -1 where there is none.
type regMap struct {
	index []int
	sp    int
	links []int
}

func newRegMap(a *cpu.Arch) *regMap {
	d, ok := dwarfRegs[a.Name]
	if !ok {
		return nil
	}
	find := func(name string) int {
		for i, n := range a.RegNames {
			if n == name && name != "" {
				return i
			}
		}
		return -1
	}
	m := &regMap{sp: d.sp}
	for _, n := range d.names {
		m.index = append(m.index, find(n))
	}
	for _, n := range d.links {
		if i := find(n); i >= 0 {
			m.links = append(m.links, i)
		}
	}
	return m
}
