package execve

import (
	"nbemu/abi"
	"nbemu/kern"
)

// elfArgLen is es_arglen of NetBSD's ELF entries.
func elfArgLen(epp *Package) uint64 {
	return epp.prof.auxArgLen(epp.model(), epp.Emul().Arch.Align)
}

// elfCopyargs is copyargs with the auxiliary vector (elf_copyargs), and after it the program's path. A program
// that needs none gets just the end mark.
func elfCopyargs(epp *Package, s *StackImage) abi.Errno {
	s.Copyargs()
	vec := epp.auxv()
	step := uint64(auxSize(s.Model))
	if path := epp.execName(); path != "" && epp.EmulArg != nil {
		va := s.Extra + uint64(len(vec)+2)*step
		if va+uint64(len(path))+1 > s.Strings {
			// PATH_MAX bytes are kept for it, so that only an absurd working directory leads here.
			return abi.ENAMETOOLONG
		}
		vec = append(vec, abi.AuxEntry{Type: abi.AT_SUN_EXECNAME, Value: abi.ULong(va)})
		s.Put(va, []byte(path))
	}
	vec = append(vec, abi.AuxEntry{Type: abi.AT_NULL})
	for i, e := range vec {
		// The type is a 32-bit number also where words are longer.
		va := s.Extra + uint64(i)*step
		s.PutInt(va, uint64(e.Type))
		s.PutWord(va+uint64(s.Model.PtrSize), uint64(e.Value))
	}
	epp.Record.Auxv = vec
	epp.EmulArg = nil
	return abi.OK
}

// auxv returns the vector without path and end mark.
func (epp *Package) auxv() []abi.AuxEntry {
	ap := epp.EmulArg
	if ap == nil {
		return nil
	}
	cred := epp.env.Cred()
	euid, egid := cred.Euid, cred.Egid
	if epp.Attr.Mode&abi.S_ISUID != 0 {
		euid = epp.Attr.Uid
	}
	if epp.Attr.Mode&abi.S_ISGID != 0 {
		egid = epp.Attr.Gid
	}
	vec := make([]abi.AuxEntry, 0, epp.prof.AuxEntries)
	add := func(t uint32, v uint64) { vec = append(vec, abi.AuxEntry{Type: t, Value: abi.ULong(v)}) }
	add(abi.AT_PHDR, ap.Phaddr)
	add(abi.AT_PHENT, ap.Phentsize)
	add(abi.AT_PHNUM, ap.Phnum)
	add(abi.AT_PAGESZ, epp.page())
	add(abi.AT_BASE, ap.Interp)
	add(abi.AT_FLAGS, 0)
	add(abi.AT_ENTRY, ap.Entry)
	if epp.prof.AuxIDs {
		add(abi.AT_EUID, uint64(euid))
		add(abi.AT_RUID, uint64(cred.Ruid))
		add(abi.AT_EGID, uint64(egid))
		add(abi.AT_RGID, uint64(cred.Rgid))
	}
	if epp.prof.StackBase {
		add(abi.AT_STACKBASE, epp.MinSaddr)
	}
	return vec
}

// execName is the path that the vector tells, "" for none.
func (epp *Package) execName() string {
	switch {
	case epp.prof.ExecNameAlways:
		return epp.ResolvedName
	case epp.prof.ExecName && epp.Kname != "" && epp.Kname[0] == '/':
		return epp.Kname
	}
	return ""
}

// Auxv finds the auxiliary vector of a process: its address, and the bytes that its format leaves room for. It
// follows the environment, and everything lies below ps_strings (process_auxv_offset). Errors: EIO for a program
// without one, and those of reading ps_strings.
func Auxv(p *kern.Proc) (at, n uint64, err abi.Errno) {
	es, ok := p.Execsw.(*ExecSwitch)
	if !ok || es.ArgLen == nil || p.PsStrings == 0 {
		return 0, 0, abi.EIO
	}
	m := p.Model()
	var ps abi.PsStrings
	b := make([]byte, m.Sizeof(&ps))
	if err := p.VM.Copyin(b, p.PsStrings); err != abi.OK {
		return 0, 0, err
	}
	m.Unmarshal(b, &ps)
	if ps.Envp == 0 {
		return 0, 0, abi.EIO
	}
	at = uint64(ps.Envp) + uint64(m.PtrSize)*uint64(ps.Nenv+1)
	if at > p.PsStrings {
		return 0, 0, abi.EIO
	}
	return at, min(es.ArgLen(&Package{Esch: es, prof: Of(p.K).profile()}), p.PsStrings-at), abi.OK
}
