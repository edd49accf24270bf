package vfs

import (
	"bytes"
	"fmt"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// procSmaps is Linux's list with what is resident of each mapping, which counts as the process's own.
func procSmaps(l *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
	const kb = mem.PageSize / 1024
	var b bytes.Buffer
	for _, e := range procEntries(p) {
		mapLine(&b, l, p, &e, 8)
		rss, own, locked := uint64(0), uint64(0), uint64(0)
		for _, page := range p.VM.Pages(e.Start, e.End) {
			rss += kb
			if page.Own {
				own += kb
			}
		}
		if e.Wired {
			locked = rss
		}
		for _, f := range [...]struct {
			name string
			n    uint64
		}{{"Size", (e.End - e.Start) / 1024}, {"KernelPageSize", p.Arch.PageSize / 1024}, {"MMUPageSize", p.Arch.PageSize / 1024}, {"Rss", rss},
			{"Pss", rss}, {"Pss_Dirty", own}, {"Shared_Clean", 0}, {"Shared_Dirty", 0}, {"Private_Clean", rss - own}, {"Private_Dirty", own},
			{"Referenced", rss}, {"Anonymous", own}, {"KSM", 0}, {"LazyFree", 0}, {"AnonHugePages", 0}, {"ShmemPmdMapped", 0},
			{"FilePmdMapped", 0}, {"Shared_Hugetlb", 0}, {"Private_Hugetlb", 0}, {"Swap", 0}, {"SwapPss", 0}, {"Locked", locked}} {
			fmt.Fprintf(&b, "%-15s %8d kB\n", f.name+":", f.n)
		}
		fmt.Fprintf(&b, "THPeligible:           0\nVmFlags: %s\n", vmFlags(&e))
	}
	return b.Bytes(), abi.OK
}

// vmFlags are the flags of an entry as Linux has them, in the order of their bits (show_smap_vma_flags).
func vmFlags(e *mem.Entry) string {
	shared := e.Shared && !e.Dup
	may := shared // and stores reach the object, or could have
	if shared && e.MaxProt&mem.ProtWrite == 0 {
		if b := e.Backing(); b != nil {
			may = b.Writable()
		}
	}
	var out []byte
	for _, f := range [...]struct {
		name string
		on   bool
	}{{"rd", e.Prot&mem.ProtRead != 0}, {"wr", e.Prot&mem.ProtWrite != 0}, {"ex", e.Prot&mem.ProtExec != 0}, {"sh", may},
		{"mr", e.MaxProt&mem.ProtRead != 0}, {"mw", e.MaxProt&mem.ProtWrite != 0}, {"me", e.MaxProt&mem.ProtExec != 0}, {"ms", shared},
		{"gd", e.Traits&mem.TraitGrows != 0 || e.Name == "stack"}, {"gu", e.Traits&mem.TraitGuarded != 0}, {"lo", e.Wired},
		{"sr", e.Traits&mem.TraitSequential != 0}, {"rr", e.Traits&mem.TraitRandom != 0}, {"dc", e.Inherit == mem.InheritNone},
		{"lf", e.Traits&mem.TraitLockTouched != 0}, {"ac", e.Traits&mem.TraitAccounted != 0}, {"nr", e.Traits&mem.TraitNoReserve != 0},
		{"wf", e.Inherit == mem.InheritZero || e.Traits&mem.TraitWiped != 0}, {"dd", e.Traits&mem.TraitNoDump != 0}, {"hg", e.Traits&mem.TraitHuge != 0},
		{"nh", e.Traits&mem.TraitNoHuge != 0}, {"mg", e.Traits&mem.TraitMergeable != 0}, {"dp", e.Traits&mem.TraitDroppable != 0},
		{"sl", e.Sealed}} {
		if f.on {
			out = append(append(out, f.name...), ' ')
		}
	}
	return string(out)
}
