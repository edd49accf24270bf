package execve

import (
	"fmt"
	"io"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
)

// Report is what a dry run shows: everything that exec decided, and the process as it would start.
type Report struct {
	Record
	Path    string // of the program in the end
	Entry   string // the switch entry that took it
	Emul    string
	Profile string
	Cred    kern.Cred
	Regs    []Reg
	Maps    []string
}

// Reg is a register that is not 0 at entry.
type Reg struct {
	Name  string `json:"name"`
	Value uint64 `json:"value"`
}

// StackPart is one piece of a new stack, for its picture.
type StackPart struct {
	Addr uint64 `json:"addr"`
	Len  uint64 `json:"len"`
	What string `json:"what"`
}

// DryRun does what ExecFirst does and reports it. Also a failed exec has a report, up to where it failed.
func DryRun(l *kern.LWP, path string, argv, envp []string) (*Report, error) {
	x := newExec(l)
	err := x.first(path, -1, argv, envp)
	r := &Report{Record: x.pack.Record, Profile: x.sw.profile().Name, Path: x.pack.ResolvedName}
	if err != nil {
		return r, err
	}
	p := l.Proc
	r.Entry, r.Emul, r.Cred = x.pack.Esch.Name, p.Emul.Name+"/"+p.Arch.Name, *p.Cred
	for i, name := range p.Arch.RegNames {
		if v := l.Ctx.R[i]; v != 0 {
			r.Regs = append(r.Regs, Reg{name, v})
		}
	}
	for _, e := range p.VM.Maps() {
		r.Maps = append(r.Maps, strings.TrimRight(fmt.Sprintf("%#14x-%#x %s/%s %s", e.Start, e.End, protString(e.Prot), protString(e.MaxProt), e.Name), " "))
	}
	return r, nil
}

// Picture lists the parts of the stack from its top down.
func (s *StackImage) Picture(aux []abi.AuxEntry) []StackPart {
	ptr := uint64(s.Model.PtrSize)
	psSize := uint64(s.Model.Sizeof(abi.PsStrings{}))
	var out []StackPart
	add := func(addr, n uint64, format string, a ...any) {
		out = append(out, StackPart{addr, n, fmt.Sprintf(format, a...)})
	}
	add(s.PsStrings, psSize, "ps_strings: argv %#x (%d), environment %#x (%d)", s.Argv, s.Argc, s.Envp, s.Envc)
	end := s.Strings + s.StringsLen
	if end < s.PsStrings {
		add(end, s.PsStrings-end, "gap")
	}
	all := append(s.Args(), s.Env()...)
	for i, va := len(all)-1, end; i >= 0; i-- {
		n := uint64(len(all[i]) + 1)
		va -= n
		add(va, n, "%q", all[i])
	}
	step := uint64(auxSize(s.Model))
	auxEnd := s.Extra + uint64(len(aux))*step
	if auxEnd < s.Strings {
		add(auxEnd, s.Strings-auxEnd, "room for the path")
	}
	for i := len(aux) - 1; i >= 0; i-- {
		add(s.Extra+uint64(i)*step, step, "%s = %#x", auxName(aux[i].Type), uint64(aux[i].Value))
	}
	words := func(base uint64, n int, name string) {
		add(base+uint64(n)*ptr, ptr, "end of %s", name)
		for i := n - 1; i >= 0; i-- {
			va := base + uint64(i)*ptr
			add(va, ptr, "%s[%d] = %#x", name, i, s.Model.Ptr(s.Data[va-s.Base:]))
		}
	}
	words(s.Envp, s.Envc, "envp")
	words(s.Argv, s.Argc, "argv")
	add(s.Base, ptr, "argc = %d", s.Argc)
	return out
}

var auxNames = map[uint32]string{
	abi.AT_NULL: "AT_NULL", abi.AT_PHDR: "AT_PHDR", abi.AT_PHENT: "AT_PHENT", abi.AT_PHNUM: "AT_PHNUM", abi.AT_PAGESZ: "AT_PAGESZ",
	abi.AT_BASE: "AT_BASE", abi.AT_FLAGS: "AT_FLAGS", abi.AT_ENTRY: "AT_ENTRY", abi.AT_STACKBASE: "AT_STACKBASE",
	abi.AT_EUID: "AT_EUID", abi.AT_RUID: "AT_RUID", abi.AT_EGID: "AT_EGID", abi.AT_RGID: "AT_RGID", abi.AT_SUN_EXECNAME: "AT_SUN_EXECNAME",
}

func auxName(t uint32) string {
	if s := auxNames[t]; s != "" {
		return s
	}
	return fmt.Sprintf("AT_%d", t)
}

// WriteText prints a report for people.
func (r *Report) WriteText(w io.Writer) {
	section := func(name string) { fmt.Fprintf(w, "%s:\n", name) }
	section("probes")
	for _, p := range r.Probes {
		fmt.Fprintf(w, "  %v\n", p)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	if r.Truncated != "" {
		fmt.Fprintf(w, "note: %s\n", r.Truncated)
	}
	if r.Entry == "" {
		return
	}
	fmt.Fprintf(w, "program: %s\nentry: %s\nemulation: %s, NetBSD %s\n", quote(r.Path), r.Entry, r.Emul, r.Profile)
	section("vmcmds")
	for _, c := range r.VMCmds {
		fmt.Fprintf(w, "  %v\n", c)
	}
	section("map")
	for _, m := range r.Maps {
		fmt.Fprintf(w, "  %s\n", m)
	}
	section("stack")
	for _, p := range r.Stack.Picture(r.Auxv) {
		fmt.Fprintf(w, "  %#14x %5d  %s\n", p.Addr, p.Len, p.What)
	}
	section("registers")
	for _, g := range r.Regs {
		fmt.Fprintf(w, "  %-8s %#x\n", g.Name, g.Value)
	}
	c := r.Cred
	fmt.Fprintf(w, "credentials: uid %d/%d/%d, gid %d/%d/%d, groups %v\n", c.Ruid, c.Euid, c.Svuid, c.Rgid, c.Egid, c.Svgid, c.Groups)
}
