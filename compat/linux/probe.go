package linux

import (
	"encoding/binary"
	"strings"

	"nbemu/abi"
	"nbemu/execve"
	"nbemu/kern"
)

// probe accepts ELF programs made for Linux (linux_elf_probe). Nothing in the format says so for certain, which
// is why several signs are looked for, after the native entry has found no NetBSD note.
func (m *Machine) probe(epp *execve.Package, h *execve.ElfHeader, ph []execve.ElfPhdr, interp string) (uint64, abi.Errno) {
	if why := m.foreign(epp, h, ph, interp); why != "" {
		return execve.NoAddr, epp.Refuse("%s: %s", epp.Kname, why)
	}
	epp.Flags |= execve.ForceAux
	epp.PIEBase = m.PIEBase
	return execve.NoAddr, abi.OK
}

// emSPARC32Plus is the machine of programs for sparc that use instructions of version 9.
const emSPARC32Plus = 18

// foreign says why a file is not for Linux; "" if it is.
func (m *Machine) foreign(epp *execve.Package, h *execve.ElfHeader, ph []execve.ElfPhdr, interp string) string {
	const osabiLinux = 3
	o := epp.Origin(h, ph)
	if m == machSPARC && h.Machine == emSPARC32Plus {
		return "needs a processor of sparc's version 9 with registers of 32 bits (v8+); those of version 8 and of sparc64 are emulated"
	}
	switch {
	case o.NetBSD:
		return "made for NetBSD"
	case o.System == "Linux" || o.System == "Android" || h.OSABI == osabiLinux:
		return ""
	case o.System != "":
		return "made for " + o.System
	case h.OSABI != 0:
		return "made for an unknown system"
	case interp != "":
		for _, name := range m.Interpreters {
			if strings.Contains(interp, name) {
				return ""
			}
		}
		return "its interpreter " + interp + " is not one of Linux's"
	case o.Go:
		// Go's linker marks programs for the BSDs by notes, but for DragonFly; those of other systems are not static.
		if system := epp.GoSystem(h); system != "" && system != "linux" && system != "android" {
			return "made for " + system
		}
		return ""
	case o.GNU:
		return ""
	case compilerOfLinux(epp.Comment(h)):
		return ""
	}
	return "nothing says for which system it was made"
}

// compilerOfLinux reports whether what compilers wrote into a file is of Linux's: GCC's name for itself there
// begins so (linux_elf_gcc_signature), and NetBSD's and other systems' have the system's name in it.
func compilerOfLinux(comment string) bool {
	for _, system := range []string{"NetBSD", "FreeBSD", "OpenBSD", "DragonFly", " nb"} {
		if strings.Contains(comment, system) {
			return false
		}
	}
	return strings.Contains(comment, "GCC: (") || strings.Contains(comment, "clang version")
}

// Types of the auxiliary vector's entries.
const (
	atNull      = 0
	atPhdr      = 3
	atPhent     = 4
	atPhnum     = 5
	atPagesz    = 6
	atBase      = 7
	atFlags     = 8
	atEntry     = 9
	atUID       = 11
	atEUID      = 12
	atGID       = 13
	atEGID      = 14
	atPlatform  = 15
	atHwcap     = 16
	atClktck    = 17
	atSecure    = 23
	atRandom    = 25
	atHwcap2    = 26
	atDcachebs  = 19
	atIcachebs  = 20
	atUcachebs  = 21
	atRseqSize  = 27
	atRseqAlign = 28
	atExecfn    = 31
	atMinsigst  = 51

	auxEntries = 28

	clockTck = 100
)

// auxLen is the room for the vector, 16 random bytes, the platform's name and the program's, and for moving all
// of it: the stack pointer is a multiple of 16 at the start, and so is the size.
func (m *Machine) auxLen(epp *execve.Package) uint64 {
	return (auxEntries*m.auxSize() + 16 + 16 + uint64(len(epp.ResolvedName)) + 1 + 15) &^ 15
}

// auxSize is the size of an entry.
func (m *Machine) auxSize() uint64 { return 2 * uint64(m.Arch.Model.PtrSize) }

// copyargs is the plain one with the auxiliary vector, and after that what it points to.
func (m *Machine) copyargs(epp *execve.Package, s *execve.StackImage) abi.Errno {
	s.Copyargs()
	ap := epp.EmulArg
	if ap == nil {
		return abi.ENOEXEC
	}
	random := s.Extra + auxEntries*m.auxSize()
	name := random + 16
	execfn := name + 16
	var seed [16]byte
	for i := 0; i < len(seed); i += 4 {
		binary.LittleEndian.PutUint32(seed[i:], epp.Random())
	}
	s.Put(random, seed[:])
	s.Put(name, append([]byte(m.Platform), 0))
	s.Put(execfn, append([]byte(epp.ResolvedName), 0))

	cred := epp.Cred()
	euid, egid, secure := cred.Euid, cred.Egid, uint64(0)
	if epp.Attr.Mode&abi.S_ISUID != 0 {
		euid = epp.Attr.Uid
	}
	if epp.Attr.Mode&abi.S_ISGID != 0 {
		egid = epp.Attr.Gid
	}
	if euid != cred.Ruid || egid != cred.Rgid {
		secure = 1
	}
	vec := [][2]uint64{
		{atHwcap, m.Hwcap}, {atPagesz, m.Arch.PageSize}, {atClktck, clockTck}, {atPhdr, ap.Phaddr}, {atPhent, ap.Phentsize},
		{atPhnum, ap.Phnum}, {atBase, ap.Interp}, {atFlags, 0}, {atEntry, ap.Entry}, {atUID, uint64(cred.Ruid)},
		{atEUID, uint64(euid)}, {atGID, uint64(cred.Rgid)}, {atEGID, uint64(egid)}, {atSecure, secure}, {atRandom, random},
		{atHwcap2, m.Hwcap2}, {atExecfn, execfn}, {atMinsigst, uint64(m.minStack())},
	}
	if m.Platform != "" {
		vec = append(vec, [2]uint64{atPlatform, name})
	}
	if !m.noRseq {
		vec = append(vec, [2]uint64{atRseqSize, rseqFeatures}, [2]uint64{atRseqAlign, rseqAlign})
	}
	vec = append(vec, m.aux...)
	vec = append(vec, [2]uint64{atNull, 0})
	for i, e := range vec {
		va := s.Extra + uint64(i)*m.auxSize()
		s.PutWord(va, e[0])
		s.PutWord(va+m.auxSize()/2, e[1])
		epp.Record.Auxv = append(epp.Record.Auxv, abi.AuxEntry{Type: uint32(e[0]), Value: abi.ULong(e[1])})
	}
	epp.EmulArg = nil
	return abi.OK
}

// Running programs.

// strings is an array of strings at va; here a null pointer is an empty one.
func strs(l *kern.LWP, va uint64) execve.Strings {
	if va == 0 {
		return execve.HostStrings{}
	}
	return execve.GuestStrings{VM: l.Proc.VM, Model: l.Model(), Addr: va}
}

// argvStrings are a program's arguments, of which there is always one: where there would be none it is empty.
type argvStrings struct{ execve.Strings }

func (a argvStrings) Fetch(i, max int) (string, bool, abi.Errno) {
	if i == 1 {
		if _, more, err := a.Strings.Fetch(0, max); !more && err == abi.OK {
			return "", false, abi.OK
		}
	}
	s, more, err := a.Strings.Fetch(i, max)
	return s, more || i == 0 && err == abi.OK, err
}

func argv(l *kern.LWP, va uint64) execve.Strings { return argvStrings{strs(l, va)} }

func sysExecve(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	path, err := l.CopyinStr(a[0], pathMax)
	if err != abi.OK {
		return ret(err)
	}
	if path == "" {
		return ret(abi.ENOENT)
	}
	return ret(execve.Execve(l, path, -1, argv(l, a[1]), strs(l, a[2])))
}

func sysExecveat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[4]&^(atSymlinkNofollow|atEmptyPath) != 0 {
		return ret(abi.EINVAL)
	}
	path, err := l.CopyinStr(a[1], pathMax)
	if err != abi.OK {
		return ret(err)
	}
	dirfd := int32(a[0])
	if path == "" {
		if a[4]&atEmptyPath == 0 {
			return ret(abi.ENOENT)
		}
		if f := l.Proc.Fd.Get(dirfd); f != nil && dirfd != abi.AT_FDCWD {
			if kind := fileKindOf(l, f); kind != kindFile && kind != kindProc {
				return ret(abi.EACCES)
			}
		}
		return ret(execve.Execve(l, "", dirfd, argv(l, a[2]), strs(l, a[3])))
	}
	if path, err = pathAt(l, dirfd, path); err != abi.OK {
		return ret(err)
	}
	return ret(execve.Execve(l, path, -1, argv(l, a[2]), strs(l, a[3])))
}
