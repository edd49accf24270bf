package execve

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Ecoff is the ECOFF format of MIPS (exec_ecoff_makecmds), in which NetBSD/pmax began and Ultrix stayed.
var Ecoff = &Format{Name: "ecoff", HdrSize: ecoffHdrSize, Makecmds: ecoffMakecmds}

const (
	ecoffHdrSize  = 76 // struct ecoff_exechdr
	ecoffScnSize  = 40 // struct ecoff_scnhdr
	ecoffPage     = 4096
	ecoffMIPSEB   = 0x0160
	ecoffMIPSEL   = 0x0162
	ecoffMIPSEL3  = 0x0142
	ecoffVstamp16 = 23 // since then segments are aligned to 16 bytes, before to 8
	mipsGP        = 28 // the register for small data
)

var notEcoff = mismatch{depthNone, "no ECOFF file"}

// ecoffHeader is struct ecoff_exechdr: the file's header and the optional one.
type ecoffHeader struct {
	Magic, Nscns          uint16
	Timdat, Symptr, Nsyms uint32
	Opthdr, Flags         uint16
	Amagic, Vstamp        uint16
	Tsize, Dsize, Bsize   uint32
	Entry                 uint32
	TextStart, DataStart  uint32
	BssStart              uint32
	Gprmask               uint32
	Cprmask               [4]uint32
	GP                    uint32
}

// align is ECOFF_SEGMENT_ALIGN.
func (h *ecoffHeader) align(v uint32) uint64 {
	switch {
	case h.Amagic == zmagic:
		return roundup(uint64(v), ecoffPage)
	case h.Vstamp < ecoffVstamp16:
		return roundup(uint64(v), 8)
	}
	return roundup(uint64(v), 16)
}

// textOff and dataOff are ECOFF_TXTOFF and ECOFF_DATOFF.
func (h *ecoffHeader) textOff() uint64 {
	if h.Amagic == zmagic {
		return 0
	}
	return h.align(ecoffHdrSize + uint32(h.Nscns)*ecoffScnSize)
}

func (h *ecoffHeader) dataOff() uint64 {
	off := h.textOff() + uint64(h.Tsize)
	if h.Amagic == zmagic {
		off = roundup(off, ecoffPage)
	}
	return off
}

// parseEcoff reads the header of a program for a machine of the model's byte order; ok is false if it is none
// (ECOFF_BADMAG).
func parseEcoff(b []byte, m *abi.Model) (h ecoffHeader, ok bool) {
	if len(b) < ecoffHdrSize {
		return h, false
	}
	m.Unmarshal(b[:ecoffHdrSize], &h)
	if m.BigEndian {
		return h, h.Magic == ecoffMIPSEB
	}
	return h, h.Magic == ecoffMIPSEL || h.Magic == ecoffMIPSEL3
}

// ecoffMakecmds prepares an ECOFF program. Errors: ENOEXEC for what is none of this machine; ETXTBSY.
func ecoffMakecmds(epp *Package) abi.Errno {
	h, ok := parseEcoff(epp.Hdr, epp.model())
	if !ok || h.Amagic != omagic && h.Amagic != nmagic && h.Amagic != zmagic {
		return epp.mismatch(abi.ENOEXEC, notEcoff)
	}
	name := quote(epp.Kname)
	if end := h.dataOff() + uint64(h.Dsize); end > uint64(epp.Attr.Size) {
		epp.Record.noteTruncated("%s: text and data lie beyond the end of the file (%#x bytes; the file has %#x)", name, end, epp.Attr.Size)
	}
	text, data := uint64(h.Tsize), uint64(h.Dsize)
	epp.Taddr, epp.Tsize = h.align(h.TextStart), text
	epp.Daddr, epp.Dsize = h.align(h.DataStart), data+uint64(h.Bsize)
	epp.Entry, epp.GP = uint64(h.Entry), uint64(h.GP)

	const rx, rwx = mem.ProtRead | mem.ProtExec, mem.ProtAll
	switch h.Amagic {
	case zmagic:
		if err := markText(epp.Vp); err != abi.OK {
			return epp.fail(err, depthHeader, "%s: open for writing", name)
		}
		epp.aoutAdd(MapPagedVn, text, epp.Taddr, h.textOff(), rx)
		epp.aoutAdd(MapPagedVn, data, epp.Daddr, h.dataOff(), rwx)
	case nmagic:
		epp.Daddr = roundup(uint64(h.DataStart), ecoffPage)
		epp.aoutAdd(MapReadVn, text, epp.Taddr, h.textOff(), rx)
		epp.aoutAdd(MapReadVn, data, epp.Daddr, h.dataOff(), rwx)
	case omagic:
		epp.aoutAdd(MapReadVn, text+data, epp.Taddr, h.textOff(), rwx)
	}
	// The bss that lies in the data's last page is what the file has there.
	end := roundup(epp.Daddr+data, epp.page())
	if bss := h.align(h.BssStart) + uint64(h.Bsize); h.Bsize > 0 && bss > end {
		epp.VMCmds.add(VMCmd{Proc: MapZero, Len: roundup(bss-end, epp.page()), Addr: end, Prot: rwx})
	}
	if len(epp.VMCmds.Cmds) == 0 {
		return epp.fail(abi.ENOEXEC, depthLoad, "%s: an ECOFF file without text and data", name)
	}
	return epp.setupStack()
}

// EcoffEntry makes the switch entry of an emulation's ECOFF programs; they find the address of their small data in gp
// (cpu_exec_ecoff_setregs).
func EcoffEntry(e *kern.Emul) *ExecSwitch {
	return &ExecSwitch{Name: "ecoff " + e.Name + "/" + e.Arch.Name, Format: Ecoff, Emul: e,
		Setregs: func(l *kern.LWP, epp *Package, _ uint64) { l.Ctx.R[mipsGP] = uint64(int64(int32(epp.GP))) }}
}
