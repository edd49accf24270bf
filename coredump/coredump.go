// Package coredump writes core files: kern_core.c (whether and where), uvm_coredump.c and core_elf32.c (what).
//
// It is a part of nbemu and not for other modules: those import package machine.
package coredump

import (
	"fmt"
	"io"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// uspace is USPACE, what a process needs in the kernel: two pages on most machines.
const uspace = 2 * 4096

// Dump writes a core file of l's process and gives its name (coredump); see kern.CoredumpVec.
func Dump(l *kern.LWP, pattern string) (string, abi.Errno) {
	p := l.Proc
	if p.VM == nil {
		return "", abi.EINVAL
	}
	limit := p.Limits[abi.RLIMIT_CORE].Cur
	cuts := p.Emul != nil && p.Emul.CutsCores
	if cuts && limit < uint64(p.Arch.PageSize) || !cuts && uspace+dataSize(p) >= limit {
		return "", abi.EFBIG
	}
	var attr *vfs.CoreAttr
	if p.Flags&kern.PFSugid != 0 {
		s := &l.K.Setidcore
		if s.Dump == 0 {
			return "", abi.EPERM
		}
		pattern = s.Path
		attr = &vfs.CoreAttr{Uid: uint32(s.Owner), Gid: uint32(s.Group), Mode: uint32(s.Mode) & abi.ALLPERMS}
	}
	if pattern == "" {
		pattern = p.CoreName()
	}
	name, err := buildName(p, pattern)
	if err != abi.OK {
		return "", err
	}
	v, err := vfs.CreateCore(l, name, attr)
	if err != abi.OK {
		return "", err
	}
	defer v.Unref()
	l.StandStill()
	if cuts {
		return name, writeELF(l, limited{v, limit})
	}
	return name, writeELF(l, v)
}

// limited writes as much as a limit allows, and leaves the rest out.
type limited struct {
	io.WriterAt
	limit uint64
}

func (w limited) WriteAt(b []byte, off int64) (int, error) {
	n := len(b)
	if room := w.limit - min(w.limit, uint64(off)); uint64(n) > room {
		b = b[:room]
	}
	if len(b) == 0 {
		return n, nil
	}
	if _, err := w.WriterAt.WriteAt(b, off); err != nil {
		return 0, err
	}
	return n, nil
}

// dataSize is the size of data and stack: all that NetBSD compares with the limit.
func dataSize(p *kern.Proc) uint64 {
	n := p.Limits[abi.RLIMIT_STACK].Cur
	return n + p.VM.Brk.Cur - p.VM.Brk.Base
}

// buildName expands a pattern: %n is the program's name, %p the process, %u the login name, %t when the process
// began (coredump_buildname). Error: ENAMETOOLONG.
func buildName(p *kern.Proc, pattern string) (string, abi.Errno) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '%' && i+1 < len(pattern) {
			known := true
			switch pattern[i+1] {
			case 'n':
				b.WriteString(p.Comm)
			case 'p':
				fmt.Fprint(&b, p.PID)
			case 'u':
				b.WriteString(p.Pgrp.Session.Login)
			case 't':
				fmt.Fprint(&b, p.Started().Unix())
			default:
				known = false
			}
			if known {
				i++
				continue
			}
		}
		b.WriteByte(pattern[i])
	}
	if b.Len() >= abi.PATH_MAX {
		return "", abi.ENAMETOOLONG
	}
	return b.String(), abi.OK
}
