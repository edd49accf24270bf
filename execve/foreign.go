package execve

import (
	"io"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
)

// What formats of other emulations ask of a package.

// Cred gives the process's credentials, Random 32 random bits.
func (epp *Package) Cred() *kern.Cred { return epp.env.Cred() }
func (epp *Package) Random() uint32   { return epp.env.Random() }

// Refuse is for probes that find a file made for another system. The words count only if no native entry has
// said more.
func (epp *Package) Refuse(format string, a ...any) abi.Errno {
	return epp.fail(abi.ENOEXEC, depthFormat, format, a...)
}

// Origin is what a file says about the system that it was made for.
type Origin struct {
	NetBSD bool   // by a note, or the header
	System string // by a note or the header, else "": "Linux", "FreeBSD", …
	GNU    bool   // some note of the GNU tools
	Go     bool   // a note of the Go linker
}

// Origin reads the notes and what the header says.
func (epp *Package) Origin(h *ElfHeader, ph []ElfPhdr) Origin {
	n, _ := readNotes(hdrReader{epp.Hdr, epp.Vp}, h, ph, false)
	o := Origin{NetBSD: n.netbsd || h.OSABI == osabiNetBSD, System: n.foreignOS, GNU: n.gnu, Go: n.golang}
	if o.System == "" && h.OSABI != osabiSysv {
		o.System = osabis[h.OSABI]
	}
	return o
}

// GoSystem is the system that the Go linker says a program was made for ("dragonfly"); "" if it does not say.
func (epp *Package) GoSystem(h *ElfHeader) string {
	const setting = "\nbuild\tGOOS="
	_, s, ok := strings.Cut(epp.section(h, ".go.buildinfo", maxBuildInfo), setting)
	if !ok {
		return ""
	}
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// maxBuildInfo bounds what is read of a .go.buildinfo section: it has all modules of a program.
const maxBuildInfo = 1 << 20

// maxComment bounds what is read of a .comment section.
const maxComment = 4096

// Comment is the section in which compilers leave their names; "" if there is none.
func (epp *Package) Comment(h *ElfHeader) string { return epp.section(h, ".comment", maxComment) }

// section is the beginning of the section of a name, at most most bytes; "" if there is none.
func (epp *Package) section(h *ElfHeader, name string, most uint64) string {
	if h.Shnum == 0 {
		return ""
	}
	r := hdrReader{epp.Hdr, epp.Vp}
	sh, err := h.ReadShdrs(r)
	if err != abi.OK || int(h.Shstrndx) >= len(sh) {
		return ""
	}
	names := section(r, &sh[h.Shstrndx], 1<<16)
	for i := range sh {
		if n := sh[i].Name; uint64(n) < uint64(len(names)) && strings.HasPrefix(names[n:], name+"\x00") {
			return section(r, &sh[i], most)
		}
	}
	return ""
}

func section(r io.ReaderAt, s *ElfShdr, most uint64) string {
	b := make([]byte, min(s.Size, most))
	if readFrom(r, s.Offset, b) != abi.OK {
		return ""
	}
	return string(b)
}
