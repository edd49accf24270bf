package execve

import "nbemu/abi"

// Profile holds the rules in which releases of NetBSD differ on exec. The zero value of each field is the
// oldest rule.
type Profile struct {
	Name    string // "2.0", "5.99", "10"
	Release string // kern.osrelease

	// StackGap is room between strings and ps_strings (STACKGAPLEN): emulations of 2.0 kept translated
	// structures there.
	StackGap uint64
	// ArgLenWords: the room for the auxiliary vector counts pointers, not bytes, so that MAXPATHLEN takes
	// eight times itself.
	ArgLenWords bool
	// AuxEntries is ELF_AUX_ENTRIES, the room for the auxiliary vector.
	AuxEntries int
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
	// Absolute: relative names are made absolute with the working directory before anything else.
	Absolute bool
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
}

// The profiles. 5.99 is the system of kern_exec.c 1.313, 2.0 that of 1.185.
var (
	NetBSD10 = &Profile{
		Name: "10", Release: "10.0", AuxEntries: 15, ExecName: true, ExecNameAlways: true, StackBase: true,
		StackAligned: true, Guard: 1 << 20, Absolute: true, PIE: true, ArgcForSetid: true,
		TrapExec: true,
	}
	NetBSD599 = &Profile{
		Name: "5.99", Release: "5.99.48", ArgLenWords: true, AuxEntries: 14, ExecName: true, Page0: true,
		EmptyInterp: true, SectionNotes: true, PIE: true,
	}
	NetBSD20 = &Profile{
		Name: "2.0", Release: "2.0", StackGap: 400, ArgLenWords: true, AuxEntries: 14, Page0: true,
		EmptyInterp: true, SectionNotes: true, PIE: true,
	}
	Profiles = []*Profile{NetBSD10, NetBSD599, NetBSD20}
)

// FindProfile finds a profile by name; nil if there is none.
func FindProfile(name string) *Profile {
	for _, p := range Profiles {
		if p.Name == name {
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
