package all

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/kern"
)

// optional are members that most machines do without; a port that needs one sets it.
var optional = map[string]string{
	"Port.Lacks":           "nothing may be missing",
	"Emul.Setprivate":      "the thread pointer is a register",
	"Port.ElfSetregs":      "of files that change registers there are few",
	"Port.Traced":          "see Compat",
	"Port.Compat":          "of machines that have a larger kin",
	"Port.Aout":            "most ports were born with ELF",
	"Port.Coff":            "of i386 alone",
	"Port.Ecoff":           "of mips alone",
	"Arch.ELFMachines":     "one number is the rule",
	"Arch.ELFFlagsMask":    "machine, class and byte order tell most apart",
	"Arch.ELFFlags":        "see ELFFlagsMask",
	"Arch.MinAddr":         "0 is an address",
	"Arch.StackBias":       "of sparc64",
	"Arch.NPC":             "of machines with delayed branches",
	"Arch.Mode":            "of targets that are several machines",
	"Arch.PC":              "0 is a register",
	"Emul.FirstCall":       "NetBSD's tables begin at 0",
	"Emul.Path":            "NetBSD's programs find their files where they are",
	"Emul.Settle":          "of machines with registers on the stack",
	"Emul.Unsettle":        "see Settle",
	"Emul.ProcExec":        "of emulations with data of their own",
	"Emul.ProcFork":        "see ProcExec",
	"Emul.ProcExit":        "see ProcExec",
	"Emul.LWPExit":         "see ProcExec",
	"Emul.KeepBlocked":     "of Linux",
	"Emul.DenyWrite":       "of Linux",
	"Emul.SomeRights":      "of Linux",
	"Emul.ShortFaults":     "of Linux",
	"Emul.MaxTransfer":     "of Linux",
	"Emul.Kernel64":        "of netbsd32 and linux32",
	"Emul.CutsCores":       "of Linux",
	"Emul.SigProps":        "of Linux",
	"Emul.XCPUStep":        "of Linux",
	"Emul.LinuxSlashes":    "of Linux",
	"Emul.PathMax":         "of Linux",
	"Emul.ItimerCode":      "of Linux",
	"Emul.NodeferMask":     "of Linux",
	"Emul.MayTrace":        "of Linux",
	"Emul.FirstSignal":     "of Linux",
	"Emul.PlainSigio":      "of Linux",
	"Emul.ExitCodes":       "of Linux",
	"Emul.ThreadChildren":  "of Linux",
	"Emul.HangupCont":      "of Linux",
	"Emul.SerialTimers":    "of Linux",
	"Emul.OwnSignals":      "of Linux",
	"Emul.SigioBand":       "of Linux",
	"Emul.FirstPending":    "of Linux",
	"Emul.ThreadID":        "of Linux",
	"Emul.Foreign":         "of Linux",
	"Emul.Multiplexed":     "of Linux",
	"Emul.SignalText":      "of Linux",
	"Emul.SigreturnText":   "of Linux",
	"Emul.SlowSyscall":     "of Linux",
	"Emul.Returned":        "of Linux",
	"Emul.Interrupted":     "of Linux",
	"Emul.Resume":          "of Linux",
	"Emul.Restart":         "of Linux",
	"Emul.ProcStatus":      "of Linux",
	"Emul.LinuxModes":      "of Linux",
	"Emul.SemSetters":      "of Linux",
	"Emul.MqPrios":         "of Linux",
	"Emul.MqStays":         "of Linux",
	"Emul.Data":            "of Linux",
	"Emul.Model":           "of Linux",
	"Emul.AbstractSockets": "of Linux",
	"Emul.SocketsAgain":    "of Linux",
	"Emul.LocksUnlimited":  "of Linux",
	"Emul.Inodes":          "of Linux",
	"Emul.StopEnds":        "of Linux",
	"Regset.SetStep":       "see Step",
	"Regset.Sstep":         "see Step",
	"Regset.More":          "of x86 and powerpc",
	"Regset.Settle":        "of machines with registers on the stack",
	"Regset.Resume":        "see Settle",
	"Arch.StepsByRun":      "of arm",
	"GDB.Short":            "of machines with instructions of two lengths",
	"GDB.BreakBack":        "most leave the pc at the breakpoint",
	"GDB.SPOff":            "of machines with registers on the stack",
	"GDB.SPSize":           "see SPOff",
	"GDB.Bias":             "see SPOff",
	"GDB.FPSize":           "struct fpreg will do",
	"GDB.ReadFP":           "struct fpreg will do",
	"GDB.WriteFP":          "struct fpreg will do",
	"GDB.FixRegs":          "struct reg will do",
	"GDB.FixPC":            "an address will do",
	"GDB.Linked":           "of machines with reservations",
	"GDB.LinkedOf":         "of machines with code of several kinds",
	"Vectors.Init":         "zeros are a program's registers",
	"VectorException.PC":   "0 is the first instruction",
	"Vectors.StorePC":      "0 is the first instruction",
}

// missing calls found for each member of v that is zero, and how many there are.
func missing(v reflect.Value, path, name string, found func(member string)) {
	for i := range v.NumField() {
		f, ft := v.Field(i), v.Type().Field(i)
		if !ft.IsExported() {
			continue
		}
		member := path + ft.Name
		if f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0 {
			if optional[name+"."+ft.Name] == "" {
				found(member)
			}
			continue
		}
		switch {
		case ft.Name == "GDB":
			missing(f.Call(nil)[0].Elem(), member+".", ft.Name, found)
		case f.Kind() == reflect.Pointer && f.Elem().Kind() == reflect.Struct && ft.Name != "Model" && ft.Name != "Target":
			if path == "" {
				missing(f.Elem(), member+".", ft.Name, found)
			}
		case ft.Name == "Vectors":
			for i := range f.Len() {
				missing(f.Index(i), member+".", "Vectors", found)
			}
		}
	}
}

// TestNothingForgotten: what a port leaves out it leaves out on purpose.
func TestNothingForgotten(t *testing.T) {
	for _, p := range arch.Ports() {
		lacks := map[string]bool{}
		missing(reflect.ValueOf(p).Elem(), "", "Port", func(member string) {
			lacks[member] = true
			if p.Lacks[member] == "" {
				t.Errorf("%s: %s is missing, and Lacks does not say why", p.Arch.Name, member)
			}
		})
		for member := range p.Lacks {
			if !lacks[member] {
				t.Errorf("%s: %s is in Lacks but is there, or no member at all", p.Arch.Name, member)
			}
		}
	}
}

// TestMissingIsFound: the test above would notice.
func TestMissingIsFound(t *testing.T) {
	p := *arch.ByName("riscv64")
	e, rs := *p.Emul, *p.Regset
	e.Pagefault, rs.SetPC, p.MD = nil, nil, nil
	p.Emul, p.Regset = &e, &rs
	var got []string
	missing(reflect.ValueOf(p), "", "Port", func(member string) {
		if p.Lacks[member] == "" {
			got = append(got, member)
		}
	})
	if want := []string{"Emul.Pagefault", "MD", "Regset.SetPC"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestEveryFolderIsListed: a folder that makes Ports is in all.go.
func TestEveryFolderIsListed(t *testing.T) {
	list, err := os.ReadFile("all.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	ports := regexp.MustCompile(`(?m)^var Ports = `)
	n := 0
	for _, f := range files {
		if src, err := os.ReadFile(f); err == nil && ports.Match(src) {
			n++
			if name := filepath.Base(filepath.Dir(f)); !strings.Contains(string(list), name+".Ports...") {
				t.Errorf("arch/%s is not in all.go", name)
			}
		}
	}
	if n < 8 {
		t.Errorf("only %d folders make ports", n)
	}
}

// TestMachinesAreDistinct: no two ports have one name, and an ELF header means one of them.
func TestMachinesAreDistinct(t *testing.T) {
	for _, p := range arch.Ports() {
		a := p.Arch
		if arch.Of(a) != p || arch.ByName(a.Name) != p || arch.ByELF(a.ELFMachine, a.ELFClass, a.ELFData, a.ELFFlags) != p {
			t.Errorf("%s is taken for another machine", a.Name)
		}
		if p.Emul.Arch != a || p.MD.McontextOff >= p.MD.UcontextSize {
			t.Errorf("%s: parts of another machine", a.Name)
		}
	}
}

// TestElfMachdep holds elf_machdep.h's further machine numbers and ALIGN(1) of each port (__ALIGNBYTES in its cdefs.h,
// ALIGNBYTES64 in sparc64's param.h) against what exec goes by.
func TestElfMachdep(t *testing.T) {
	const em486, emSparc32Plus = 6, 18
	further := map[string]uint16{"i386": em486, "sparc": emSparc32Plus, "sparc64": emSparc32Plus}
	align := map[string]uint64{"amd64": 8, "i386": 4, "arm": 8, "aarch64": 16, "mips": 8, "mipsel": 8, "mips64": 8, "mipsn32": 8,
		"mips64el": 8, "mipsn32el": 8, "sparc": 8, "sparc64": 16, "riscv64": 16, "powerpc": 8, "m68k": 4}
	for _, p := range arch.Ports() {
		a := p.Arch
		if a.Align != align[a.Name] {
			t.Errorf("%s: ALIGN(1) is %d, want %d", a.Name, a.Align, align[a.Name])
		}
		for _, machine := range []uint16{em486, emSparc32Plus} {
			found := arch.ByELF(machine, a.ELFClass, a.ELFData, a.ELFFlags)
			if runs := further[a.Name] == machine; a.RunsMachine(machine) != runs || (found == p) != runs {
				t.Errorf("%s: machine %d runs: %v, want %v", a.Name, machine, a.RunsMachine(machine), runs)
			}
		}
	}
}

// TestSetregs: each machine's program begins where it should, with ps_strings in some register.
func TestSetregs(t *testing.T) {
	const entry, ps = 0x12340, 0x13000
	for _, p := range arch.Ports() {
		a := p.Arch
		l := regLWP(t, a)
		p.Emul.Setregs(l, entry, 0x12f00, ps)
		found := false
		for i := range a.RegNames {
			found = found || l.Ctx.R[i] == ps
		}
		if l.Ctx.R[a.PC] != entry || a.NPC != 0 && l.Ctx.R[a.NPC] != entry+4 || !found {
			t.Errorf("%s: pc %#x, ps_strings %v", a.Name, l.Ctx.R[a.PC], found)
		}
		if sp := l.Ctx.R[a.SP] + a.StackBias; sp > 0x12f00 || sp < 0x12f00-0x100 || sp%8 != 0 {
			t.Errorf("%s: sp %#x", a.Name, sp)
		}
	}
}

// TestSigcontexts: sizes and offsets are those of sys/arch/*/include/signal.h.
func TestSigcontexts(t *testing.T) {
	for name, want := range map[string]struct {
		size, onstack, mask13, newmask int
	}{
		"i386":    {96, 64, 68, 80},
		"arm":     {96, 0, 4, 80},
		"mips":    {336, 0, 4, 320},
		"mipsel":  {336, 0, 4, 320},
		"powerpc": {188, 0, 4, 172},
		"m68k":    {44, 0, 4, 28},
		"sparc":   {48, 0, 4, 32},
		"sparc64": {72, 0, 4, 56},
	} {
		p := arch.ByName(name)
		sc, m := p.Sigcontext(), p.Arch.Model
		st := sc.State()
		*st.Onstack, *st.Mask13, *st.Mask = 0x01010101, 0x02020202, abi.Sigset{0x03030303}
		b := m.Bytes(sc)
		at := func(v byte) int { return strings.Index(string(b), string([]byte{v, v, v, v})) }
		if len(b) != want.size || at(1) != want.onstack || at(2) != want.mask13 || at(3) != want.newmask {
			t.Errorf("%s: %d bytes, members at %d, %d and %d; want %+v", name, len(b), at(1), at(2), at(3), want)
		}
	}
	for _, p := range arch.Ports() {
		if p.Sigcontext == nil {
			continue
		}
		// What is saved comes back.
		l, l2 := regLWP(t, p.Arch), regLWP(t, p.Arch)
		for _, l := range []*kern.LWP{l, l2} {
			p.Emul.Setregs(l, 0x12340, 0x12f00, 0x13000)
		}
		l.Ctx.R[p.Arch.SP] -= 64
		sc := p.Sigcontext()
		sc.Save(l)
		if err := sc.Restore(l2); err != abi.OK || l2.Ctx.R[p.Arch.SP] != l.Ctx.R[p.Arch.SP] || l2.Ctx.R[p.Arch.PC] != 0x12340 {
			t.Errorf("%s: %v, sp %#x", p.Arch.Name, err, l2.Ctx.R[p.Arch.SP])
		}
	}
}
