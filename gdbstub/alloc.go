package gdbstub

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// allocator is a Target in which a debugger can have memory of its own: LLDB puts the code of expressions there that it
// compiles, as those that call functions of the program.
type allocator interface {
	Alloc(n uint64, prot uint8) (addr uint64, err error)
	Free(addr, n uint64) error
}

// compiles are the machines that LLDB compiles expressions for. For others its compiler ends LLDB (riscv64, powerpc with LLVM
// 14) or makes nothing: there LLDB is not offered memory, and says that it needs a program that runs.
var compiles = []string{"amd64", "i386", "aarch64", "arm"}

// allocate serves _M: size, and rights as letters.
func (s *Server) allocate(arg string) string {
	t, ok := s.t.(allocator)
	if !ok || !slices.Contains(compiles, s.t.Arch().Name) {
		return ""
	}
	size, letters, _ := strings.Cut(arg, ",")
	n, err := strconv.ParseUint(size, 16, 32)
	prot := uint8(0)
	for i, bit := range []uint8{mem.ProtRead, mem.ProtWrite, mem.ProtExec} {
		if strings.Contains(letters, "rwx"[i:i+1]) {
			prot |= bit
		}
	}
	if err != nil || n == 0 {
		return "E01"
	}
	addr, err := t.Alloc(n, prot)
	if err != nil {
		return "E0c" // ENOMEM
	}
	if s.allocated == nil {
		s.allocated = map[uint64]uint64{}
	}
	s.allocated[addr] = n
	return fmt.Sprintf("%x", addr)
}

// free serves _m: an address that _M has returned.
func (s *Server) free(arg string) string {
	addr, err := strconv.ParseUint(arg, 16, 64)
	n, mine := s.allocated[addr]
	t, ok := s.t.(allocator)
	if err != nil || !mine || !ok {
		return "E01"
	}
	delete(s.allocated, addr)
	return done(t.Free(addr, n))
}

func (d *process) Alloc(n uint64, prot uint8) (addr uint64, err error) {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	addr, errno := d.p.VM.Map(mem.MapArgs{Addr: d.p.VM.Max - d.p.Arch.MaxStack, Len: n, Prot: prot, TopDown: true, Name: "debugger"})
	if errno != abi.OK {
		return 0, errno
	}
	return addr, nil
}

func (d *process) Free(addr, n uint64) error {
	return lockedBy(d.p.K, func() error {
		if errno := d.p.VM.Unmap(addr, n); errno != abi.OK {
			return errno
		}
		return nil
	})
}

// Alloc and Free are made again in other runs, as all that the debugger does to the program.
func (t *timeline) Alloc(n uint64, prot uint8) (addr uint64, err error) {
	err = t.change(func(p *process, _ *kern.Debugger) (err error) {
		addr, err = p.Alloc(n, prot)
		return err
	})
	return addr, err
}

func (t *timeline) Free(addr, n uint64) error {
	return t.change(func(p *process, _ *kern.Debugger) error { return p.Free(addr, n) })
}
