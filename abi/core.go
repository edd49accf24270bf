package abi

// Notes of core files (sys/exec_elf.h). Others are numbered as the ptrace requests that give the same.
const (
	ELF_NOTE_NETBSD_CORE_NAME      = "NetBSD-CORE"
	ELF_NOTE_NETBSD_CORE_PROCINFO  = 1
	ELF_NOTE_NETBSD_CORE_AUXV      = 2
	ELF_NOTE_NETBSD_CORE_LWPSTATUS = 24

	NETBSD_ELFCORE_PROCINFO_VERSION = 1
)

// ElfcoreProcinfo is struct netbsd_elfcore_procinfo.
type ElfcoreProcinfo struct {
	Version, Cpisize                      uint32
	Signo, Sigcode                        uint32
	Sigpend, Sigmask, Sigignore, Sigcatch Sigset
	Pid, Ppid, Pgrp, Sid                  int32
	Ruid, Euid, Svuid, Rgid, Egid, Svgid  uint32
	Nlwps                                 uint32
	Name                                  [32]byte
	Siglwp                                int32
}

// PL_LNAMELEN is the room for an LWP's name in PtraceLwpstatus.
const PL_LNAMELEN = 20

// PtraceLwpstatus is struct ptrace_lwpstatus.
type PtraceLwpstatus struct {
	Lwpid   int32
	Sigpend Sigset
	Sigmask Sigset
	Name    [PL_LNAMELEN]byte
	Private Ptr
}

// Headers of core files.
const (
	ET_CORE = 4
	PT_LOAD = 1
	PT_NOTE = 4
	PF_X    = 1
	PF_W    = 2
	PF_R    = 4
	PN_XNUM = 0xffff
)

// ElfEhdr, ElfShdr and ElfPhdr64 and ElfPhdr32 are the ELF header, a section header and a program header; the last
// has another order where words are short.
type (
	ElfEhdr struct {
		Ident                      [16]byte
		Type, Machine              uint16
		Version                    uint32
		Entry, Phoff, Shoff        ULong
		Flags                      uint32
		Ehsize, Phentsize, Phnum   uint16
		Shentsize, Shnum, Shstrndx uint16
	}
	ElfShdr struct {
		Name, Type                uint32
		Flags, Addr, Offset, Size ULong
		Link, Info                uint32
		Addralign, Entsize        ULong
	}
	ElfPhdr64 struct {
		Type, Flags                                uint32
		Offset, Vaddr, Paddr, Filesz, Memsz, Align ULong
	}
	ElfPhdr32 struct {
		Type                                uint32
		Offset, Vaddr, Paddr, Filesz, Memsz uint32
		Flags, Align                        uint32
	}
)
