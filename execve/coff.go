package execve

import (
	"encoding/binary"
	"io"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
)

// Coff is the COFF format of i386, in which System V and its kin had their programs (exec_ibcs2_coff_makecmds). It reads
// what a kernel with compat_ibcs2 would load, and refuses it: there is no emulation of iBCS2.
var Coff = &Format{Name: "coff", HdrSize: coffHdrSize, Makecmds: coffMakecmds}

const (
	coffHdrSize = 20 + 28 // struct coff_filehdr and coff_aouthdr
	coffScnSize = 40      // struct coff_scnhdr
	coffI386    = 0x14c

	coffText  = 0x20 // kinds of sections (s_flags)
	coffData  = 0x40
	coffShlib = 0x800

	maxShlibs = 64 << 10 // bytes of a section that names libraries
)

// coffModel is i386's, whose structures these are.
var coffModel = abi.ILP32LEi386

var notCoff = mismatch{depthNone, "no COFF file"}

// coffHeader is struct coff_filehdr and coff_aouthdr, with what the sections say.
type coffHeader struct {
	coffWords
	shlibs []string // static shared libraries, each of which is mapped at an address of its own
}

type coffWords struct {
	Magic, Nscns                uint16
	Timdat, Symptr, Nsyms       uint32
	Opthdr, Flags               uint16
	Amagic, Vstamp              uint16
	Tsize, Dsize, Bsize         uint32
	Entry, TextStart, DataStart uint32
}

// coffSection is struct coff_scnhdr.
type coffSection struct {
	Name            [8]byte
	Paddr, Vaddr    uint32
	Size, Scnptr    uint32
	Relptr, Lnnoptr uint32
	Nreloc, Nlnno   uint16
	Flags           uint32
}

// read looks at the sections, as exec_ibcs2_coff_prep_zmagic does: a paged program is what they say, not the header. wrong says what
// a kernel would refuse; it is empty if there is nothing.
func (h *coffHeader) read(r io.ReaderAt) (wrong string) {
	if h.Amagic != zmagic {
		return ""
	}
	var text, data bool
	for i := range int(h.Nscns) {
		b := make([]byte, coffScnSize)
		if _, err := r.ReadAt(b, int64(coffHdrSize+i*coffScnSize)); err != nil {
			return "ends within its sections' headers"
		}
		var s coffSection
		coffModel.Unmarshal(b, &s)
		switch {
		case s.Flags == coffText && !text:
			text, h.TextStart, h.Tsize = true, s.Vaddr, s.Size
		case s.Flags == coffData && !data:
			data, h.DataStart, h.Dsize = true, s.Vaddr, s.Size
		case s.Flags == coffShlib && h.shlibs == nil:
			b := make([]byte, min(s.Size, maxShlibs))
			if _, err := r.ReadAt(b, int64(s.Scnptr)); err != nil || !h.readShlibs(b) {
				return "names its shared libraries wrongly"
			}
		}
	}
	switch {
	case !text:
		return "has no text section"
	case !data:
		return "has no data section"
	}
	return ""
}

// readShlibs reads a list of struct coff_slhdr: lengths are counted in words.
func (h *coffHeader) readShlibs(b []byte) bool {
	h.shlibs = []string{}
	for len(b) > 0 {
		if len(b) < 8 {
			return false
		}
		n := uint64(binary.LittleEndian.Uint32(b)) * 4
		if n <= 8 || n > uint64(len(b)) {
			return false
		}
		name, _, _ := strings.Cut(string(b[8:n]), "\x00")
		h.shlibs = append(h.shlibs, quote(name))
		b = b[n:]
	}
	return true
}

// coffMakecmds tells what the program is. Error: always ENOEXEC, for its emulation is missing.
func coffMakecmds(epp *Package) abi.Errno {
	if len(epp.Hdr) < coffHdrSize || binary.LittleEndian.Uint16(epp.Hdr) != coffI386 {
		return epp.mismatch(abi.ENOEXEC, notCoff)
	}
	var h coffHeader
	coffModel.Unmarshal(epp.Hdr[:coffHdrSize], &h.coffWords)
	name := quote(epp.Kname)
	kind := aoutMagics[uint32(h.Amagic)]
	if h.Opthdr < coffHdrSize-20 || kind == "" || h.Amagic == qmagic {
		return epp.fail(abi.ENOEXEC, depthHeader, "%s: a COFF file for i386, but no executable", name)
	}
	if err := h.read(hdrReader{epp.Hdr, epp.Vp}); err != "" {
		return epp.fail(abi.ENOEXEC, depthHeader, "%s: a COFF executable for i386 that %s", name, err)
	}
	if len(h.shlibs) > 0 {
		kind += ", with " + strings.Join(h.shlibs, " and ")
	}
	return epp.fail(abi.ENOEXEC, depthHeader, "%s: a COFF executable for i386 (%s; text of %#x bytes at %#x, data of %#x at %#x, bss of %#x, entry point %#x): there is no emulation of iBCS2",
		name, kind, h.Tsize, h.TextStart, h.Dsize, h.DataStart, h.Bsize, h.Entry)
}

// CoffEntry makes the switch entry for COFF programs. It needs an emulation for its machine; none of the programs gets it.
func CoffEntry(e *kern.Emul) *ExecSwitch {
	return &ExecSwitch{Name: "coff ibcs2/" + e.Arch.Name, Format: Coff, Emul: e}
}
