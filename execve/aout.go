package execve

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Aout is the a.out format of NetBSD before ELF (exec_aout_makecmds): OMAGIC, NMAGIC and ZMAGIC.
var Aout = &Format{Name: "a.out", HdrSize: aoutHdrSize, Makecmds: aoutMakecmds}

// AoutM68K4K is that of the 68000 ports whose pages had 4 KiB when hp300's linker thought of 8 (exec_m68k4k_makecmds).
var AoutM68K4K = &Format{Name: "m68k4k", HdrSize: aoutHdrSize, Makecmds: func(epp *Package) abi.Errno {
	return epp.aoutMakecmds(aoutMachine{mid: 136, ldpgsz: 4096})
}}

const aoutHdrSize = 32

// Magic numbers of a.out.
const (
	omagic = 0o407 // one writable piece
	nmagic = 0o410 // text is write-protected
	zmagic = 0o413 // and paged from the file
	qmagic = 0o314 // the same of BSD/OS and NetBSD 0.9, which had no machine ids
)

// aoutMachine is what a machine's a.out programs have: their machine id, and the size of the pages that the linker aligned
// to (AOUT_LDPGSZ).
type aoutMachine struct {
	mid    uint32
	ldpgsz uint64
	// noMids: the kernel also takes programs without a machine id (COMPAT_NOMID). Those of 64 bits do for whatever they
	// emulate.
	noMids bool
}

// aoutMachines are the architectures whose a.out programs run, by their ELF machine number: i386, sparc and m68k. arm's laid
// their structures out otherwise than ELF programs do; the rest had none.
var aoutMachines = map[uint16]aoutMachine{3: {134, 4096, true}, 2: {138, 8192, false}, 4: {135, 8192, false}}

// nomid reports whether programs without a machine id are taken to be an emulation's.
func (m aoutMachine) nomid(e *kern.Emul) bool { return m.noMids || e.Name == "netbsd32" }

var notAout = mismatch{depthNone, "no a.out file"}

// aoutHeader is struct exec. The first word is big-endian on all machines but in files without a machine id; text and data
// follow each other.
type aoutHeader struct {
	flags, mid, magic            uint32
	text, data, bss, syms, entry uint64
	textAddr, textOff            uint64 // N_TXTADDR, N_TXTOFF
	dataAddr, dataOff            uint64 // N_DATADDR, N_DATOFF
	bssAddr, memEnd              uint64 // first whole page of bss, its end
}

// nomid reports whether the file has no machine id: those of 386BSD, BSD/OS and NetBSD 0.8 and 0.9.
func (h *aoutHeader) nomid() bool { return h.mid == 0 }

// parseAout reads the header for a machine with pages of that size, whose linker thought of ldpgsz. ok is false if it
// is none.
func parseAout(b []byte, o binary.ByteOrder, page, ldpgsz uint64) (h aoutHeader, ok bool) {
	if len(b) < aoutHdrSize {
		return h, false
	}
	w := binary.BigEndian.Uint32(b)
	h.flags, h.mid, h.magic = w>>26, w>>16&0x3ff, w&0xffff
	if h.magic == 0 { // a word in the machine's order, of which only the magic number was used (exec_nomid)
		h.flags, h.mid, h.magic = 0, 0, o.Uint32(b)&0xffff
	}
	if h.magic != omagic && h.magic != nmagic && h.magic != zmagic && (h.magic != qmagic || !h.nomid()) {
		return h, false
	}
	word := func(i int) uint64 { return uint64(o.Uint32(b[4*i:])) }
	h.text, h.data, h.bss, h.syms, h.entry = word(1), word(2), word(3), word(4), word(5)
	h.place(page, ldpgsz)
	return h, true
}

// place finds where text, data and bss lie in the file and in memory. Without a machine id text begins at address 0, and
// in ZMAGIC after a page of the file for the header (exec_aout_prep_oldzmagic and its like); but for QMAGIC, which is what
// ZMAGIC became.
func (h *aoutHeader) place(page, ldpgsz uint64) {
	h.textAddr = ldpgsz
	if h.nomid() && h.magic != qmagic {
		h.textAddr = 0
	}
	switch h.magic {
	case omagic, nmagic:
		h.textOff = aoutHdrSize
	case zmagic:
		if h.nomid() {
			h.textOff = page
		}
	}
	h.dataAddr = h.textAddr + h.text
	if h.magic == nmagic || h.magic == zmagic && !h.nomid() {
		h.dataAddr = roundup(h.dataAddr, ldpgsz)
	}
	h.dataOff = h.textOff + h.text
	h.memEnd = h.dataAddr + h.data + h.bss
	h.bssAddr = roundup(h.dataAddr+h.data, page)
}

// aoutMakecmds prepares an a.out program. Errors: ENOEXEC for what is none of this machine; ETXTBSY.
func aoutMakecmds(epp *Package) abi.Errno {
	m, known := aoutMachines[epp.Emul().Arch.ELFMachine]
	if !known {
		return epp.mismatch(abi.ENOEXEC, notAout)
	}
	return epp.aoutMakecmds(m)
}

// aoutMakecmds prepares an a.out program of m's.
func (epp *Package) aoutMakecmds(m aoutMachine) abi.Errno {
	a := epp.Emul().Arch
	h, ok := parseAout(epp.Hdr, epp.model().ByteOrder(), a.PageSize, m.ldpgsz)
	if !ok || h.mid != m.mid && !(h.nomid() && m.nomid(epp.Emul())) {
		return epp.mismatch(abi.ENOEXEC, notAout)
	}
	name := quote(epp.Kname)
	if h.nomid() && epp.Esch.Page0 {
		epp.VMMin = 0
	}
	if h.magic == zmagic || h.magic == qmagic {
		if err := markText(epp.Vp); err != abi.OK {
			return epp.fail(err, depthHeader, "%s: open for writing", name)
		}
	}
	if end := h.dataOff + h.data; end > uint64(epp.Attr.Size) {
		epp.Record.noteTruncated("%s: text and data lie beyond the end of the file (%#x bytes; the file has %#x)", name, end, epp.Attr.Size)
	}
	epp.Taddr, epp.Tsize = h.textAddr, h.text
	epp.Daddr, epp.Dsize = h.dataAddr, h.data+h.bss
	epp.Entry = h.entry

	const rx, rwx = mem.ProtRead | mem.ProtExec, mem.ProtAll
	set := &epp.VMCmds
	switch h.magic {
	case zmagic, qmagic:
		epp.aoutAdd(MapPagedVn, h.text, h.textAddr, h.textOff, rx)
		epp.aoutAdd(MapPagedVn, h.data, h.dataAddr, h.dataOff, rwx)
	case nmagic:
		epp.aoutAdd(MapReadVn, h.text, h.textAddr, h.textOff, rx)
		epp.aoutAdd(MapReadVn, h.data, h.dataAddr, h.dataOff, rwx)
	case omagic:
		epp.aoutAdd(MapReadVn, h.text+h.data, h.textAddr, h.textOff, rwx)
		// Text and data share a page; the sizes have to add up to what is mapped.
		if end := h.text + epp.Dsize; end > roundup(h.text, a.PageSize) {
			epp.Dsize = end - roundup(h.text, a.PageSize)
		} else {
			epp.Dsize = 0
		}
	}
	if h.memEnd > h.bssAddr {
		set.add(VMCmd{Proc: MapZero, Len: roundup(h.memEnd-h.bssAddr, a.PageSize), Addr: h.bssAddr, Prot: rwx})
	}
	if len(set.Cmds) == 0 {
		return epp.fail(abi.ENOEXEC, depthLoad, "%s: an a.out file without text and data", name)
	}
	epp.Flags &^= TopdownVM
	return epp.setupStack()
}

// aoutAdd adds the command for a piece of the file, unless it is empty.
func (epp *Package) aoutAdd(proc VMCmdProc, n, addr, off uint64, prot uint8) {
	if n == 0 {
		return
	}
	if proc == MapPagedVn {
		n = roundup(n, epp.page())
	}
	epp.VMCmds.add(VMCmd{Proc: proc, Len: n, Addr: addr, Vp: epp.Vp, Offset: off, Prot: prot})
}

// AoutEntry makes the switch entry of an emulation's a.out programs.
func AoutEntry(e *kern.Emul) *ExecSwitch {
	return &ExecSwitch{Name: "a.out " + e.Name + "/" + e.Arch.Name, Format: Aout, Emul: e}
}

// M68K4KEntry is that of an emulation's m68k4k programs.
func M68K4KEntry(e *kern.Emul) *ExecSwitch {
	return &ExecSwitch{Name: "m68k4k " + e.Name + "/" + e.Arch.Name, Format: AoutM68K4K, Emul: e}
}
