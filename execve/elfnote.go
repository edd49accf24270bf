package execve

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"nbemu/abi"
)

// Types of notes. They share small numbers between owners: the name decides whose they are.
const (
	noteNetBSD  = 1 // desc: version as __NetBSD_Version__
	noteGnuABI  = 1 // desc: operating system, version
	notePax     = 3
	noteMarch   = 5
	noteMcmodel = 6

	maxMachineArch = 12 // sizeof ep_machine_arch
)

// elfNotes is what the notes of a file say.
type elfNotes struct {
	netbsd    bool
	version   uint32
	hasPax    bool
	pax       uint32
	march     string
	mcmodel   string
	foreignOS string // by its note made for another system
	gnu       bool   // some note of the GNU tools
	golang    bool   // a note of the Go linker
}

// readNotes collects the notes that PT_NOTE program headers point at, or with bySection SHT_NOTE sections, as
// older kernels looked for them. Damaged or oversized notes are passed over as in NetBSD (netbsd_elf_signature).
// Errors: those of reading the section headers.
func readNotes(r io.ReaderAt, h *ElfHeader, ph []ElfPhdr, bySection bool) (n elfNotes, err abi.Errno) {
	var buf [elfMaxNote]byte
	if !bySection {
		for i := range ph {
			p := &ph[i]
			if p.Type != PtNote || p.Filesz > elfMaxNote {
				continue
			}
			b := buf[:p.Filesz]
			if readFrom(r, p.Offset, b) != abi.OK {
				continue
			}
			for {
				note, rest, ok := nextNote(h, b)
				if !ok {
					break
				}
				n.add(h, note)
				b = rest
			}
		}
		return n, abi.OK
	}
	if h.Shnum == 0 {
		return n, abi.ENOEXEC
	}
	sh, err := h.ReadShdrs(r)
	if err != abi.OK {
		return n, err
	}
	for i := range sh {
		s := &sh[i]
		// A section holds one note; what follows it in very old programs never meant anything.
		if s.Type != shtNote || s.Size > elfMaxNote || s.Size < noteHdrSize+uint64(len("NetBSD\x00")) {
			continue
		}
		b := buf[:s.Size]
		if readFrom(r, s.Offset, b) != abi.OK {
			continue
		}
		if note, _, ok := nextNote(h, b); ok {
			n.add(h, note)
		}
	}
	return n, abi.OK
}

const noteHdrSize = 12

type elfNote struct {
	typ        uint32
	name, desc []byte
}

// nextNote takes one note off b. ok is false if there is no whole one.
func nextNote(h *ElfHeader, b []byte) (n elfNote, rest []byte, ok bool) {
	if len(b) < noteHdrSize {
		return n, nil, false
	}
	o := h.order()
	nameSize, descSize := uint64(o.Uint32(b)), uint64(o.Uint32(b[4:]))
	n.typ = o.Uint32(b[8:])
	b = b[noteHdrSize:]
	// The sum of two numbers of 32 bits and their padding cannot wrap in 64.
	if roundup(nameSize, 4)+roundup(descSize, 4) > uint64(len(b)) {
		return n, nil, false
	}
	n.name = b[:nameSize]
	b = b[roundup(nameSize, 4):]
	n.desc = b[:descSize]
	return n, b[roundup(descSize, 4):], true
}

// add takes in what a note says (netbsd_elf_note).
func (n *elfNotes) add(h *ElfHeader, note elfNote) {
	o := h.order()
	switch name := string(note.name); {
	case name == "Go\x00\x00":
		n.golang = true
	case name == "NetBSD\x00" && note.typ == noteNetBSD && len(note.desc) == 4:
		n.netbsd, n.version = true, o.Uint32(note.desc)
	case name == "NetBSD\x00" && note.typ == noteMarch && len(note.desc) <= maxMachineArch:
		if i := bytes.IndexByte(note.desc, 0); i >= 0 && i == len(note.desc)-1 {
			n.march = string(note.desc[:i])
		}
	case name == "NetBSD\x00" && note.typ == noteMcmodel:
		n.mcmodel = string(bytes.TrimRight(note.desc, "\x00"))
	case name == "PaX\x00" && note.typ == notePax && len(note.desc) == 4:
		n.hasPax, n.pax = true, o.Uint32(note.desc)
	case name == "GNU\x00":
		n.gnu = true
		if note.typ != noteGnuABI || len(note.desc) < 4 {
			return
		}
		if os := o.Uint32(note.desc); os < uint32(len(gnuOS)) {
			n.foreignOS = gnuOS[os]
		}
	case note.typ == 1 && (name == "FreeBSD\x00" || name == "OpenBSD\x00" || name == "DragonFly\x00" || name == "Android\x00"):
		n.foreignOS = string(note.name[:len(note.name)-1])
	}
}

var gnuOS = [...]string{"Linux", "the Hurd", "Solaris", "Debian GNU/kFreeBSD", "Debian GNU/kNetBSD"}

// NetBSDProbe accepts programs with a NetBSD note (netbsd_elf_probe).
var NetBSDProbe = &ElfProbe{Name: "netbsd_elf_probe", Func: netbsdElfProbe}

func netbsdElfProbe(epp *Package, h *ElfHeader, ph []ElfPhdr, interp string) (uint64, abi.Errno) {
	if err := epp.netbsdSignature(h, ph, interp); err != abi.OK {
		return NoAddr, err
	}
	epp.Flags |= ForceAux
	return NoAddr, abi.OK
}

// netbsdSignature looks for the note that tells NetBSD's programs and takes in what notes say
// (netbsd_elf_signature). Error: ENOEXEC.
func (epp *Package) netbsdSignature(h *ElfHeader, ph []ElfPhdr, interp string) abi.Errno {
	epp.PaxFlags = 0
	n, err := readNotes(hdrReader{epp.Hdr, epp.Vp}, h, ph, epp.prof.SectionNotes)
	if err == abi.OK && !n.netbsd {
		err = abi.ENOEXEC
	}
	if err != abi.OK {
		os := n.foreign(h, interp)
		if os == "" && n.golang {
			os = epp.GoSystem(h)
		}
		if os != "" {
			return epp.fail(err, depthProbe, "%s: %s, made for %s, not NetBSD", quote(epp.Kname), h.describe(), os)
		}
		return epp.fail(err, depthProbe, "%s: %s without a NetBSD note", quote(epp.Kname), h.describe())
	}
	epp.OSVersion, epp.MachineArch = n.version, n.march
	if n.hasPax {
		epp.PaxFlags = paxFlags(epp.sw.pax(), n.pax)
	}
	return abi.OK
}

// foreign names the other system that a file was made for, as far as it can be told; "" if nothing tells.
func (n *elfNotes) foreign(h *ElfHeader, interp string) string {
	switch {
	case n.netbsd || h.OSABI == osabiNetBSD:
		return ""
	case n.foreignOS != "":
		return n.foreignOS
	case osabis[h.OSABI] != "":
		return osabis[h.OSABI]
	case h.OSABI != osabiSysv:
		return fmt.Sprintf("another system (number %d)", h.OSABI)
	case interp != "" && !strings.Contains(interp, "/ld.elf_so"):
		return "another system (interpreter " + quote(interp) + ")"
	}
	return ""
}

// NotelessProbe accepts programs that say nothing about their system, as NetBSD 1.2 and older made them. The
// entry with it comes last. NetBSD's own entry of this kind takes everything that is left; this one leaves
// alone what names another system, for the sake of the message.
var NotelessProbe = &ElfProbe{Name: "noteless", Func: notelessProbe}

func notelessProbe(epp *Package, h *ElfHeader, ph []ElfPhdr, interp string) (uint64, abi.Errno) {
	n, _ := readNotes(hdrReader{epp.Hdr, epp.Vp}, h, ph, false)
	if os := n.foreign(h, interp); os != "" {
		return NoAddr, epp.fail(abi.ENOEXEC, depthProbe, "%s: %s, made for %s, not NetBSD", quote(epp.Kname), h.describe(), os)
	}
	return NoAddr, abi.OK
}
