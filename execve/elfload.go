package execve

import (
	"fmt"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Elf64 and Elf32 are the ELF formats, for all architectures: the emulation of the switch entry tells which.
var (
	Elf64 = &Format{Name: "elf64", HdrSize: elf64HdrSize, Makecmds: elfMakecmds}
	Elf32 = &Format{Name: "elf32", HdrSize: elf32HdrSize, Makecmds: elfMakecmds}
)

// elfMakecmds prepares an ELF program (exec_elf_makecmds). Errors: ENOEXEC for what is no program of this
// machine and emulation, or is damaged; EINVAL for segments that are not aligned as they say; ETXTBSY; those of
// finding and reading the interpreter.
func elfMakecmds(epp *Package) (err abi.Errno) {
	var h ElfHeader
	err, m := elfCheckHeader(epp.Emul().Arch, epp.Hdr, &h)
	if err != abi.OK {
		return epp.mismatch(err, m)
	}
	name := quote(epp.Kname)
	isDyn := h.Type == ElfTypeDyn && epp.prof.PIE // position independent programs, and some libraries
	if !isDyn && h.Type != ElfTypeExec {
		return epp.fail(abi.ENOEXEC, depthHeader, "%s: %s, not a program", name, h.describe())
	}
	if h.Phnum == 0 {
		return epp.fail(abi.ENOEXEC, depthHeader, "%s: no program headers", name)
	}
	if err = markText(epp.Vp); err != abi.OK {
		return epp.fail(err, depthHeader, "%s: open for writing", name)
	}
	r := hdrReader{epp.Hdr, epp.Vp}
	ph, err := h.ReadPhdrs(r)
	if err != abi.OK {
		return epp.fail(err, depthHeader, "%s: the program headers lie beyond the end of the file (offset %#x, %d of %d bytes; the file has %d)",
			name, h.Phoff, h.Phnum, h.phdrSize(), epp.Attr.Size)
	}

	epp.Taddr, epp.Tsize = NoAddr, NoAddr
	epp.Daddr, epp.Dsize = NoAddr, NoAddr

	interp, err := readInterp(r, ph)
	if err != abi.OK {
		return epp.fail(err, depthHeader, "%s: the name of the interpreter is damaged", name)
	}

	// One machine may run several systems' programs: see whether this entry's takes this one.
	pos := NoAddr
	if p := epp.Esch.Probe; p != nil {
		if pos, err = p.Func(epp, &h, ph, interp); err != abi.OK {
			return err
		}
	}
	if err = epp.elfLoad(&h, ph, interp, pos, isDyn); err != abi.OK {
		epp.EmulArg = nil
		epp.VMCmds.kill()
	}
	return err
}

// elfLoad is the part of exec_elf_makecmds after the probe: what it made is undone by the caller on errors.
func (epp *Package) elfLoad(h *ElfHeader, ph []ElfPhdr, interp string, pos uint64, isDyn bool) abi.Errno {
	name := quote(epp.Kname)
	page := epp.page()
	if isDyn {
		if err := epp.elfPlaceDynExec(h, ph); err != abi.OK {
			return epp.fail(err, depthLoad, "%s: a segment's alignment is not a power of two", name)
		}
	}

	var phdr, computedPhdr, endText uint64
	for i := range ph {
		p := &ph[i]
		switch p.Type {
		case PtLoad:
			epp.checkSegment(i, p)
			addr, size, err := epp.elfLoadPsection(&epp.VMCmds, epp.Vp, p, NoAddr, VMFixed)
			if err != abi.OK {
				return epp.fail(err, depthLoad, "%s: program header %d is not aligned as it says (%v)", name, i, p)
			}
			if p.Flags&PfX != 0 {
				// Of several text segments the largest counts.
				if epp.Taddr == NoAddr || size > epp.Tsize {
					epp.Taddr, epp.Tsize = addr, size
				}
				endText = addr + size
			} else {
				epp.Daddr, epp.Dsize = addr, size
			}
			if p.Offset == 0 {
				computedPhdr = p.Vaddr + h.Phoff
			}
		case PtPhdr:
			phdr = p.Vaddr
		}
	}
	if len(epp.VMCmds.Cmds) == 0 {
		return epp.fail(abi.ENOEXEC, depthLoad, "%s: no segment to load", name)
	}
	if epp.Daddr == NoAddr {
		epp.Daddr, epp.Dsize = roundup(endText, page), 0
	}

	var ap *ElfArgs
	if interp != "" {
		used := len(epp.VMCmds.Cmds)
		offset, err := epp.elfLoadInterp(interp, pos)
		if err != abi.OK {
			return err
		}
		if len(epp.VMCmds.Cmds) == used {
			return epp.fail(abi.ENOEXEC, depthInterp, "%s: its interpreter %s has no segment to load", name, quote(interp))
		}
		ap = &ElfArgs{Interp: epp.VMCmds.Cmds[used].Addr}
		epp.EntryOffset = offset
		epp.Entry = ap.Interp + offset
	} else {
		epp.Entry = h.Entry
		if epp.Flags&ForceAux != 0 {
			ap = &ElfArgs{}
		}
	}
	if ap != nil {
		ap.Phaddr = phdr
		if phdr == 0 {
			ap.Phaddr = computedPhdr
		}
		ap.Phentsize, ap.Phnum, ap.Entry = uint64(h.Phentsize), uint64(h.Phnum), h.Entry
		epp.EmulArg = ap
	}
	return epp.setupStack()
}

func (epp *Package) page() uint64 { return epp.Emul().Arch.PageSize }

// checkSegment notes what NetBSD lets pass and the program will stumble over.
func (epp *Package) checkSegment(i int, p *ElfPhdr) {
	// What the last page of the file has after its end is zero.
	if size := roundup(uint64(epp.Attr.Size), epp.page()); p.Filesz > 0 && (p.Offset > size || p.Filesz > size-p.Offset) {
		epp.Record.noteTruncated("%s: program header %d lies beyond the end of the file (offset %#x, size %#x; the file has %#x)",
			quote(epp.Kname), i, p.Offset, p.Filesz, epp.Attr.Size)
	}
	if p.Filesz > p.Memsz {
		epp.Record.note("%s: program header %d is larger in the file (%#x) than in memory (%#x)", quote(epp.Kname), i, p.Filesz, p.Memsz)
	}
}

// elfPlaceDynExec moves a position independent program away from address 0 (elf_placedynexec). Error: EINVAL
// for an alignment that is no power of two.
func (epp *Package) elfPlaceDynExec(h *ElfHeader, ph []ElfPhdr) abi.Errno {
	align := uint64(1)
	for i := range ph {
		if ph[i].Type == PtLoad {
			align = max(align, ph[i].Align)
		}
	}
	if align&(align-1) != 0 {
		return abi.EINVAL
	}
	offset := epp.paxExecOffset(align, epp.page()) + roundup(epp.PIEBase, align)
	if offset < epp.VMMin {
		offset = roundup(epp.VMMin, align)
	}
	if offset&(align-1) != 0 {
		return abi.EINVAL
	}
	for i := range ph {
		ph[i].Vaddr += offset
	}
	epp.EntryOffset = offset
	h.Entry += offset
	return abi.OK
}

// elfLoadPsection adds the commands for one segment (elf_load_psection). addr is where it goes, NoAddr for
// where it was linked; returned are the page-aligned address and the size that count for text and data sizes.
// Error: EINVAL if addr does not fit the segment's alignment.
func (epp *Package) elfLoadPsection(set *VMCmdSet, vp File, p *ElfPhdr, addr uint64, flags VMCmdFlags) (start, size uint64, err abi.Errno) {
	page := epp.page()
	if addr == NoAddr {
		addr = p.Vaddr
	}
	var diff uint64
	if p.Align > 1 {
		diff = p.Vaddr - trunc(p.Vaddr, p.Align)
		if addr-diff != trunc(addr, p.Align) {
			return 0, 0, abi.EINVAL
		}
		// Never map pages before the one the segment begins in, however large the alignment.
		diff &= page - 1
	}
	var prot uint8
	if p.Flags&PfR != 0 {
		prot |= mem.ProtRead
	}
	if p.Flags&PfW != 0 {
		prot |= mem.ProtWrite
	}
	if p.Flags&PfX != 0 {
		prot |= mem.ProtExec
	}

	// Start at the beginning of a page.
	addr -= diff
	offset := p.Offset - diff
	size = p.Filesz + diff
	msize := p.Memsz + diff

	// psize is what can be mapped. What follows file data on a writable segment's last page must be zero, so
	// that this page is read instead; and what does not even claim page alignment is read entirely.
	proc, psize := MapPagedVn, roundup(size, page)
	switch {
	case p.Align < page:
		proc, psize = MapReadVn, size
	case p.Flags&PfW != 0:
		psize = trunc(size, page)
	}
	if psize > 0 {
		set.add(VMCmd{Proc: proc, Len: psize, Addr: addr, Vp: vp, Offset: offset, Prot: prot, Flags: flags})
		flags &= VMRelative
	}
	if psize < size {
		set.add(VMCmd{Proc: MapReadVn, Len: size - psize, Addr: addr + psize, Vp: vp, Offset: offset + psize, Prot: prot, Flags: flags})
	}

	// bss on pages of its own.
	endMem, endFile := roundup(addr+msize, page), roundup(addr+size, page)
	if endMem != endFile {
		set.add(VMCmd{Proc: MapZero, Len: endMem - endFile, Addr: endFile, Prot: prot, Flags: flags & VMRelative})
		size = msize
	}
	return addr, size, abi.OK
}

// elfLoadInterp adds the commands for the interpreter (elf_load_interp). last is where to load it, NoAddr for
// wherever mappings go, LinkAddr for where it was linked. The result is the entry point's distance from the
// interpreter's start. Errors: those of looking it up; EACCES if it may not be executed; ENOEXEC if it is not a
// shared object of this machine.
func (epp *Package) elfLoadInterp(path string, last uint64) (entryOff uint64, err abi.Errno) {
	vp, err := epp.findInterp(path)
	if err != abi.OK {
		return 0, err
	}
	epp.Interp = nil
	defer vp.Unref()
	q := quote(path)
	attr, err := vp.Getattr()
	if err != abi.OK {
		return 0, epp.fail(err, depthInterp, "%s: its interpreter %s: %v", quote(epp.Kname), q, err)
	}
	if attr.Mode&abi.S_IFMT != abi.S_IFREG {
		return 0, epp.fail(abi.EACCES, depthInterp, "%s: its interpreter %s is not a regular file", quote(epp.Kname), q)
	}
	if err = epp.env.Access(vp, vexec); err != abi.OK {
		return 0, epp.fail(err, depthInterp, "%s: its interpreter %s is not executable", quote(epp.Kname), q)
	}
	// The interpreter's code runs in the program's name, so that its file system has a say.
	mnt := vp.MountFlags()
	if mnt&abi.MNT_NOEXEC != 0 {
		return 0, epp.fail(abi.EACCES, depthInterp, "%s: its interpreter %s is on a file system mounted noexec", quote(epp.Kname), q)
	}
	if mnt&abi.MNT_NOSUID != 0 {
		epp.Attr.Mode &^= abi.S_ISUID | abi.S_ISGID
	}
	if epp.Emul().DenyWrite {
		err = abi.OK
	} else if err = markText(vp); err != abi.OK {
		return 0, epp.fail(err, depthInterp, "%s: its interpreter %s is open for writing", quote(epp.Kname), q)
	}

	var hdr [1024]byte
	n, _ := vp.ReadAt(hdr[:], 0)
	var h ElfHeader
	err, m := elfCheckHeader(epp.Emul().Arch, hdr[:n], &h)
	if err != abi.OK && m == otherElf {
		// A root of one machine, a program of another.
		return 0, epp.fail(err, depthInterp, "%s: a program for %s, but its interpreter is of another machine: %s; give the program's own root with -L",
			quote(epp.Kname), epp.Emul().Arch.MachineArch, describe(path, hdr[:n]))
	}
	if err != abi.OK {
		return 0, epp.fail(err, depthInterp, "%s: its interpreter cannot be used: %s", quote(epp.Kname), m.text(epp.sw, path, hdr[:n]))
	}
	if h.Type != ElfTypeDyn || h.Phnum == 0 {
		return 0, epp.fail(abi.ENOEXEC, depthInterp, "%s: its interpreter %s is not a shared object", quote(epp.Kname), q)
	}
	ph, err := h.ReadPhdrs(hdrReader{hdr[:n], vp})
	if err != abi.OK {
		return 0, epp.fail(err, depthInterp, "%s: the program headers of its interpreter %s lie beyond the end of the file", quote(epp.Kname), q)
	}
	if last == LinkAddr && ph[0].Vaddr&0xffff0000 == 0 {
		// Linked at 0, hence relocatable after all.
		last = NoAddr
	}
	addr := last
	if last == NoAddr {
		if addr, err = epp.placeInterp(ph); err != abi.OK {
			return 0, epp.fail(err, depthInterp, "%s: its interpreter %s has no segment to load", quote(epp.Kname), q)
		}
	}
	if entryOff, err = epp.loadInterpSections(vp, &h, ph, addr); err != abi.OK {
		return 0, epp.fail(err, depthInterp, "%s: a segment of its interpreter %s is not aligned as it says", quote(epp.Kname), q)
	}
	return entryOff, abi.OK
}

// findInterp looks the interpreter up, unless the probe did (emul_find_interp).
func (epp *Package) findInterp(path string) (File, abi.Errno) {
	if epp.Interp != nil {
		return epp.Interp, abi.OK
	}
	vp, err := epp.env.Namei(path, epp.Emul())
	switch err {
	case abi.OK:
		return vp, abi.OK
	case abi.ENOENT, abi.ENOTDIR:
		hint := ""
		if epp.Emul().Name == "netbsd" {
			hint = "; give a NetBSD root with -L (nbemu root create makes one)"
		}
		return nil, epp.fail(err, depthInterp, "%s: needs interpreter %s, which does not exist%s", quote(epp.Kname), quote(path), hint)
	}
	return nil, epp.fail(err, depthInterp, "%s: needs interpreter %s: %v", quote(epp.Kname), quote(path), err)
}

// CheckInterp looks for the dynamic linker of NetBSD's programs by its name with a suffix, for kernels that run those of
// several machines (compat_elf_check_interp). As there, it looks where the path says and not below an emulation's root.
func (epp *Package) CheckInterp(path, suffix string) {
	if epp.Interp != nil || path != "/usr/libexec/ld.elf_so" && path != "/libexec/ld.elf_so" {
		return
	}
	if vp, err := epp.env.Namei(path+"-"+suffix, noEmul); err == abi.OK {
		epp.Interp = vp
	}
}

// noEmul is for look-ups that try no emulation's root.
var noEmul = &kern.Emul{}

// placeInterp chooses where the interpreter goes: where a mapping of its size without a wish would.
func (epp *Package) placeInterp(ph []ElfPhdr) (uint64, abi.Errno) {
	page := epp.page()
	var base *ElfPhdr
	var limit uint64
	for i := range ph {
		if ph[i].Type == PtLoad {
			if base == nil {
				base = &ph[i]
			}
			limit = max(limit, ph[i].Vaddr+ph[i].Memsz)
		}
	}
	if base == nil {
		return 0, abi.ENOEXEC
	}
	addr := epp.defaultAddr(roundup(limit, page) - trunc(base.Vaddr, page))
	return addr + epp.paxRtldOffset(base.Align, page), abi.OK
}

// defaultAddr is where size bytes are mapped when nobody minds (uvm_default_mapaddr).
func (epp *Package) defaultAddr(size uint64) uint64 {
	a := epp.Emul().Arch
	if epp.Flags&TopdownVM != 0 {
		return trunc(a.StackTop-a.MaxStack-size-epp.prof.Guard, a.PageSize)
	}
	return kern.BottomUpAddr(a, epp.Daddr)
}

// loadInterpSections adds the interpreter's segments: the first one at addr, the others relative to it.
func (epp *Package) loadInterpSections(vp File, h *ElfHeader, ph []ElfPhdr, addr uint64) (entryOff uint64, err abi.Errno) {
	page := epp.page()
	var base, last *ElfPhdr
	for i := range ph {
		p := &ph[i]
		if p.Type != PtLoad {
			continue
		}
		flags := VMRelative
		if base == nil {
			base, flags = p, VMBase
			if addr == LinkAddr {
				addr = p.Vaddr
			}
			if align := p.Align; align > 1 {
				if epp.Flags&TopdownVM != 0 {
					addr = trunc(addr, align)
				} else {
					addr = roundup(addr, align)
				}
			}
		} else {
			// A gap between segments is kept, so that no mapping ends up in it.
			limit, start := roundup(last.Vaddr+last.Memsz, page), trunc(p.Vaddr, page)
			if limit != start {
				epp.VMCmds.add(VMCmd{Proc: MapZero, Len: start - limit, Addr: limit - base.Vaddr, Flags: VMRelative})
			}
			addr = p.Vaddr - base.Vaddr
		}
		last = p
		start, size, err := epp.elfLoadPsection(&epp.VMCmds, vp, p, addr, flags)
		if err != abi.OK {
			return 0, err
		}
		if h.Entry >= p.Vaddr && h.Entry < p.Vaddr+size {
			entryOff = h.Entry - base.Vaddr
		}
		addr = start + size
	}
	return entryOff, abi.OK
}

// textMarker is a File that knows whether it is open for writing (vn_marktext).
type textMarker interface{ MarkText() abi.Errno }

func markText(f File) abi.Errno {
	if m, ok := f.(textMarker); ok {
		return m.MarkText()
	}
	return abi.OK
}

// noteTruncated keeps the first sign of a cut file: a program that starts so dies of SIGBUS.
func (r *Record) noteTruncated(format string, a ...any) {
	if r.Truncated == "" {
		r.Truncated = fmt.Sprintf(format, a...)
	}
}

// NetBSDElf makes the switch entries of NetBSD's ELF programs for an emulation: those with a note and, with
// noteless, last of all those without (NetBSD has that only on machines it ran on before notes existed).
func NetBSDElf(e *kern.Emul, noteless bool) []*ExecSwitch {
	format := Elf64
	if e.Arch.ELFClass == ElfClass32 {
		format = Elf32
	}
	name := format.Name + " " + e.Name + "/" + e.Arch.Name
	entry := ExecSwitch{
		Name: name, Format: format, Probe: NetBSDProbe, Emul: e, Prio: PrioFirst, ArgLen: elfArgLen, Copyargs: elfCopyargs,
	}
	out := []*ExecSwitch{&entry}
	if noteless {
		last := entry
		last.Name, last.Probe, last.Prio = name+" without note", NotelessProbe, PrioLast
		out = append(out, &last)
	}
	return out
}

// ScriptEntry makes the switch entry of "#!" scripts.
func ScriptEntry() *ExecSwitch { return &ExecSwitch{Name: "script", Format: Script} }
