package execve

import (
	"slices"

	"nbemu/abi"
)

// Profile holds what programs can tell releases of NetBSD apart by: the rules of exec, and what other parts of the kernel
// look up here. The zero value of each field is the oldest rule.
type Profile struct {
	Name    string // what -kernel calls it: "1.6", "2.0", "5.99", "10"
	Release string // kern.osrelease

	// Order is the order of exec's steps.
	Order Order
	// StackGap is room between strings and ps_strings (STACKGAPLEN): emulations of 2.0 kept translated
	// structures there.
	StackGap uint64
	// ArgLenWords: the room for the auxiliary vector counts pointers, not bytes, so that MAXPATHLEN takes
	// eight times itself.
	ArgLenWords bool
	// AuxEntries is ELF_AUX_ENTRIES, the room for the auxiliary vector.
	AuxEntries int
	// AuxIDs: the auxiliary vector has the user's and group's numbers.
	AuxIDs bool
	// ExecName: the auxiliary vector has AT_SUN_EXECNAME; ExecNameAlways also if the program was named by a
	// relative path.
	ExecName, ExecNameAlways bool
	// StackBase: the auxiliary vector has AT_STACKBASE.
	StackBase bool
	// StackAligned: the initial stack pointer is aligned as the port wants (STACK_ALIGNBYTES), not just to a
	// pointer.
	StackAligned bool
	// Guard is the size of the inaccessible stretch below the largest stack (vm.user_stack_guard).
	Guard uint64
	// Page0: address 0 can be mapped (vm.user_va0_disable is 0).
	Page0 bool
	// Topdown: mappings are placed from the top down; before, from above the largest data segment upwards.
	Topdown bool
	// Absolute: relative names are made absolute with the working directory before anything else.
	Absolute bool
	// KtrExecFd: ktrace records the descriptors that a new program has.
	KtrExecFd bool
	// EmptyInterp: "#!" with no interpreter is looked up (and not found) rather than refused.
	EmptyInterp bool
	// SectionNotes: notes are found through section headers rather than program headers.
	SectionNotes bool
	// PIE: ET_DYN files with program headers run.
	PIE bool
	// ArgcForSetid: set-id programs need at least argv[0].
	ArgcForSetid bool
	// TrapExec: a traced process stops inside exec and says why (TRAP_EXEC), rather than getting a plain SIGTRAP.
	TrapExec bool

	// NLimits is how many resource limits there are (RLIM_NLIMITS).
	NLimits int
	// SA: threads are scheduler activations (KERN_SA).
	SA bool
	// OwnLIDs: each process numbers its LWPs from 1; since 10 their numbers come from the table of processes.
	OwnLIDs bool
	// Pax are the features that the GENERIC kernels of i386 and amd64 have, and those that all programs with a note get.
	Pax Pax
}

// Order is one of the orders that releases had for exec's steps.
type Order uint8

// The orders, by the first of our releases that has each.
const (
	Order20 Order = iota
	Order599
	Order10
)

// Profiles are all releases, the newest first. 5.99 is the system of kern_exec.c 1.313, 2.0 that of 1.185; a
// machine that was not told has the rules of 10 and all calls, also 11's. Sources of the others: kern_exec.c 1.339.2 (6), the
// tree of 7.99.34 (8), exec_elf.c 1.96 (9), exec_elf32.c and resource.h of the releases.
var Profiles = makeProfiles()

// The profiles that others refer to.
var (
	NetBSD10  = FindProfile("10")
	NetBSD599 = FindProfile("5.99")
	NetBSD20  = FindProfile("2.0")
)

// makeProfiles goes from the oldest release to the newest: each is the one before it but for what it changed.
func makeProfiles() []*Profile {
	all := PaxFeature{Enabled: true, Global: true}
	some := PaxFeature{Enabled: true}
	p := Profile{StackGap: 400, OwnLIDs: true, ArgLenWords: true, AuxEntries: 14, Page0: true, EmptyInterp: true, SectionNotes: true, PIE: true, NLimits: 9}
	var list []*Profile
	for _, r := range []struct {
		name, release string
		change        func(p *Profile)
	}{
		{"0.8", "0.8", nil},
		{"0.9", "0.9", nil},
		{"1.0", "1.0", nil},
		{"1.1", "1.1", nil},
		{"1.2", "1.2", nil},
		{"1.3", "1.3", nil},
		{"1.4", "1.4", nil},
		{"1.5", "1.5", func(p *Profile) { p.AuxIDs = true }},
		{"1.6", "1.6", nil},
		{"2.0", "2.0", func(p *Profile) { p.Topdown, p.NLimits, p.SA = true, 10, true }},
		{"3", "3.0", nil},
		{"4", "4.0", func(p *Profile) { p.Pax.Mprotect, p.Pax.Guard = some, some }},
		{"5", "5.0", func(p *Profile) { p.Order, p.StackGap, p.ExecName, p.Pax.ASLR = Order599, 0, true, some }},
		{"5.99", "5.99.48", func(p *Profile) { p.NLimits = 11 }},
		{"6", "6.0", func(p *Profile) { p.AuxEntries, p.StackBase, p.Page0 = 15, true, false }},
		{"7", "7.0", func(p *Profile) {
			p.ArgLenWords, p.StackAligned, p.EmptyInterp, p.KtrExecFd, p.NLimits, p.SA = false, true, false, true, 12, false
		}},
		{"8", "8.0", func(p *Profile) {
			p.Absolute, p.ExecNameAlways, p.TrapExec, p.Guard, p.Pax = true, true, true, 1<<20, Pax{ASLR: all, Mprotect: all, Guard: some}
		}},
		{"9", "9.0", func(p *Profile) { p.Order, p.SectionNotes = Order10, false }},
		{"10", "10.0", func(p *Profile) { p.ArgcForSetid, p.OwnLIDs = true, false }},
		{"11", "11.0", nil},
	} {
		if r.change != nil {
			r.change(&p)
		}
		q := p
		q.Name, q.Release = r.name, r.release
		list = append(list, &q)
	}
	slices.Reverse(list)
	return list
}

// FindProfile finds a profile by its name or its release; nil if there is none.
func FindProfile(name string) *Profile {
	for _, p := range Profiles {
		if p.Name == name || p.Release == name {
			return p
		}
	}
	return nil
}

// auxArgLen is es_arglen of the ELF entries in bytes: the vector, the program's path and its alignment.
func (p *Profile) auxArgLen(m *abi.Model, align uint64) uint64 {
	aux := uint64(p.AuxEntries * auxSize(m))
	if !p.ArgLenWords {
		return aux + abi.PATH_MAX + align
	}
	words := aux / uint64(m.PtrSize)
	if p.ExecName {
		words += abi.PATH_MAX + align
	}
	return words * uint64(m.PtrSize)
}

// auxSize is the size of AuxInfo: a 32-bit type and a word.
func auxSize(m *abi.Model) int { return 2 * m.PtrSize }
