package execve

import (
	"fmt"
	"strings"

	"nbemu/abi"
)

// Record keeps what the exec path decided, for dry runs (nbemu exec -n) and explanations.
type Record struct {
	Probes []Probe
	Notes  []string // oddities that do not stop the exec
	// Truncated says which segment the file is too short for, if any: NetBSD starts such a program, and it dies
	// of SIGBUS when it gets there.
	Truncated string
	VMCmds    []VMCmd // as run, with final addresses; the files in them may be gone
	Stack     *StackImage
	Auxv      []abi.AuxEntry
}

// Probe is one switch entry's answer about one file. The same file is shown to several entries, and a script's
// interpreter to all of them again.
type Probe struct {
	Entry string // name of the switch entry
	File  string
	Errno abi.Errno
	Why   string // empty if the entry accepted the file

	depth depth
	plain mismatch
}

func (p Probe) String() string {
	if p.Errno == abi.OK {
		return fmt.Sprintf("%s: %s: accepted", p.Entry, p.File)
	}
	return fmt.Sprintf("%s: %s: %s (%s)", p.Entry, p.File, p.Errno.Name(), p.Why)
}

// note records an oddity that does not stop the exec.
func (r *Record) note(format string, a ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, a...))
}

// explain finds the words for error: those of the probe, from number first on, that failed with it and came
// furthest. Preconditions: epp.Hdr is still the beginning of the file that was refused.
func (epp *Package) explain(first int, err abi.Errno) string {
	var best *Probe
	for i := first; i < len(epp.Record.Probes); i++ {
		p := &epp.Record.Probes[i]
		if p.Errno == err && p.Why != "" && (best == nil || p.depth > best.depth) {
			best = p
		}
	}
	switch {
	case best == nil:
		return ""
	case best.plain != mismatch{}:
		name := epp.Kname
		if epp.Flags&Indir != 0 {
			name = epp.ResolvedName
		}
		return best.plain.text(epp.sw, name, epp.Hdr)
	}
	return best.Why
}

// quote puts a file name into a message: control characters would let a hostile name forge lines.
func quote(name string) string {
	for _, c := range name {
		if c < ' ' || c == 0x7f || c == 0xfffd {
			return fmt.Sprintf("%q", name)
		}
	}
	if name == "" || strings.ContainsAny(name, " \"") {
		return fmt.Sprintf("%q", name)
	}
	return name
}
