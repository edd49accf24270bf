package coredump

import (
	"fmt"
	"slices"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/kern"
)

// notes collects the contents of PT_NOTE. Names and contents are aligned to 4 bytes on every machine.
type notes struct {
	m *abi.Model
	b []byte
}

func (n *notes) add(name string, typ uint32, desc []byte) {
	var h [12]byte
	o := n.m.ByteOrder()
	o.PutUint32(h[:], uint32(len(name)+1))
	o.PutUint32(h[4:], uint32(len(desc)))
	o.PutUint32(h[8:], typ)
	n.b = append(n.b, h[:]...)
	n.pad(append([]byte(name), 0))
	n.pad(desc)
}

func (n *notes) pad(b []byte) {
	n.b = append(n.b, b...)
	for len(n.b)%4 != 0 {
		n.b = append(n.b, 0)
	}
}

// collect writes all notes: of the process, then of l, which caused the dump, then of the other LWPs, newest first.
func (n *notes) collect(l *kern.LWP) {
	p := l.Proc
	info := procinfo(p)
	n.add(abi.ELF_NOTE_NETBSD_CORE_NAME, abi.ELF_NOTE_NETBSD_CORE_PROCINFO, n.m.Bytes(&info))
	if v := auxv(p); v != nil {
		n.add(abi.ELF_NOTE_NETBSD_CORE_NAME, abi.ELF_NOTE_NETBSD_CORE_AUXV, v)
	}
	n.lwp(l)
	for _, o := range slices.Backward(p.LWPs) {
		if o != l && !o.Exited() {
			n.lwp(o)
		}
	}
}

// lwp writes an LWP's status and registers.
func (n *notes) lwp(l *kern.LWP) {
	name := fmt.Sprintf("%s@%d", abi.ELF_NOTE_NETBSD_CORE_NAME, l.ID)
	s := abi.PtraceLwpstatus{Lwpid: l.ID, Sigpend: l.OwnPending(), Sigmask: l.Sigmask, Private: abi.Ptr(l.Private)}
	copy(s.Name[:len(s.Name)-1], l.Name)
	n.add(name, abi.ELF_NOTE_NETBSD_CORE_LWPSTATUS, n.m.Bytes(&s))
	set := arch.Of(l.Proc.Arch).Regset
	if set.Settle != nil {
		set.Settle(l)
	}
	b := make([]byte, set.Size)
	set.Read(l, b)
	n.add(name, uint32(set.GetRegs), b)
	b = make([]byte, set.FPSize)
	set.ReadFP(l, b)
	n.add(name, uint32(set.GetFPRegs), b)
}

func procinfo(p *kern.Proc) abi.ElfcoreProcinfo {
	c := p.Cred
	i := abi.ElfcoreProcinfo{
		Version: abi.NETBSD_ELFCORE_PROCINFO_VERSION,
		Signo:   uint32(p.Sigctx.Info.Signo), Sigcode: uint32(p.Sigctx.Info.Code), Siglwp: p.Sigctx.LWP,
		Pid: p.PID, Ppid: p.Ppid(), Pgrp: p.Pgrp.ID, Sid: p.Pgrp.Session.ID,
		Ruid: c.Ruid, Euid: c.Euid, Svuid: c.Svuid, Rgid: c.Rgid, Egid: c.Egid, Svgid: c.Svgid,
		Nlwps: uint32(p.LiveLWPs()),
	}
	i.Cpisize = uint32(p.Model().Sizeof(&i))
	i.Sigpend, i.Sigmask, i.Sigignore, i.Sigcatch = p.Sigsets()
	copy(i.Name[:len(i.Name)-1], p.Comm)
	return i
}

// maxAuxv bounds the entries of an auxiliary vector.
const maxAuxv = 64

// auxv is the auxiliary vector as it lies on the stack, after the environment that ps_strings tells of; nil if
// it cannot be found (coredump_note_auxv).
func auxv(p *kern.Proc) []byte {
	m := p.Model()
	var ps abi.PsStrings
	b := make([]byte, m.Sizeof(&ps))
	if p.PsStrings == 0 || p.VM.Copyin(b, p.PsStrings) != abi.OK {
		return nil
	}
	m.Unmarshal(b, &ps)
	if ps.Envp == 0 || ps.Nenv < 0 {
		return nil
	}
	va := uint64(ps.Envp) + uint64(ps.Nenv+1)*uint64(m.PtrSize)
	var out []byte
	b = make([]byte, m.Sizeof(&abi.AuxEntry{}))
	for range maxAuxv {
		if p.VM.Copyin(b, va) != abi.OK {
			return nil
		}
		out = append(out, b...)
		if m.ByteOrder().Uint32(b) == abi.AT_NULL {
			return out
		}
		va += uint64(len(b))
	}
	return nil
}
