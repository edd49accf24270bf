package execve

import (
	"fmt"
	"math"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// VMCmdProc is what a command does (ev_proc).
type VMCmdProc uint8

const (
	MapPagedVn VMCmdProc = iota // map pages of the file, copy-on-write
	MapReadVn                   // map memory and read the file into it
	MapZero                     // map zero-fill memory
)

func (p VMCmdProc) String() string { return [...]string{"pagedvn", "readvn", "zero"}[p] }

// VMCmdFlags qualify a command.
type VMCmdFlags uint8

const (
	VMRelative VMCmdFlags = 1 << iota // Addr is relative to the base command before it
	VMBase                            // is the base for those that follow
	VMFixed                           // must be at Addr
	VMStack                           // part of the stack
)

// VMCmd is one step in making an address space (struct exec_vmcmd).
type VMCmd struct {
	Proc      VMCmdProc
	Prot      uint8
	Flags     VMCmdFlags
	Len, Addr uint64
	Vp        File // nil for MapZero
	Offset    uint64
}

func (c VMCmd) String() string {
	s := fmt.Sprintf("%-7s %#x/%#x %s", c.Proc, c.Addr, c.Len, protString(c.Prot))
	if c.Vp != nil {
		s += fmt.Sprintf(" %s@%#x", quote(c.Vp.Path()), c.Offset)
	}
	for i, name := range []string{"relative", "base", "fixed", "stack"} {
		if c.Flags&(1<<i) != 0 {
			s += " " + name
		}
	}
	return s
}

func protString(p uint8) string {
	b := []byte("---")
	for i, c := range []byte("rwx") {
		if p&(1<<i) != 0 {
			b[i] = c
		}
	}
	return string(b)
}

// VMCmdSet collects commands (struct exec_vmcmd_set). Each holds a reference to its file.
type VMCmdSet struct {
	Cmds  []VMCmd
	small [9]VMCmd // EXEC_DEFAULT_VMCMD_SETSIZE
}

// add appends a command (new_vmcmd).
func (s *VMCmdSet) add(c VMCmd) {
	if s.Cmds == nil {
		s.Cmds = s.small[:0]
	}
	if c.Vp != nil {
		c.Vp.Ref()
	}
	s.Cmds = append(s.Cmds, c)
}

// kill forgets all commands and gives back their files (kill_vmcmds).
func (s *VMCmdSet) kill() {
	for i := range s.Cmds {
		if s.Cmds[i].Vp != nil {
			s.Cmds[i].Vp.Unref()
		}
	}
	clear(s.Cmds)
	s.Cmds = nil
}

// vmMap is what running commands needs of an address space (mem.Space).
type vmMap interface {
	Map(mem.MapArgs) (uint64, abi.Errno)
	Protect(addr, n uint64, prot uint8) abi.Errno
	Copyout(src []byte, va uint64) abi.Errno
}

// vmFailure says which command failed and why, for the explanation.
type vmFailure struct {
	cmd VMCmd
	why string
}

// doVMCmds runs the commands in order in vm, whose addresses are [lo, hi) (the loop of execve_dovmcmds).
// Relative commands get their final addresses. Errors: those of the first command that fails. The commands
// are not killed.
func (s *VMCmdSet) doVMCmds(vm vmMap, page, lo, hi uint64, pax uint32) (err abi.Errno, f *vmFailure) {
	base := -1
	for i := range s.Cmds {
		c := &s.Cmds[i]
		if c.Flags&VMRelative != 0 {
			if base < 0 {
				// No format makes such a set; were one to, this is the least harm.
				return abi.ENOEXEC, &vmFailure{*c, "has no base"}
			}
			c.Addr += s.Cmds[base].Addr
		}
		var why string
		if err, why = c.run(vm, page, lo, hi, pax); err != abi.OK {
			return err, &vmFailure{*c, why}
		}
		if c.Flags&VMBase != 0 {
			base = i
		}
	}
	return abi.OK, nil
}

func (c *VMCmd) run(vm vmMap, page, lo, hi uint64, pax uint32) (abi.Errno, string) {
	mask := page - 1
	switch c.Proc {
	case MapPagedVn:
		if c.Len == 0 {
			return abi.OK, ""
		}
		if c.Offset&mask != 0 || c.Addr&mask != 0 || c.Len&mask != 0 {
			return abi.EINVAL, "is not aligned to pages"
		}
		prot, maxProt := kern.PaxMprotectAdjust(pax, c.Prot, mem.ProtAll)
		obj := mem.FileObject(c.Vp)
		defer mem.Release(obj)
		return c.enter(vm, lo, hi, mem.MapArgs{Addr: c.Addr, Len: c.Len, Prot: prot, MaxProt: maxProt, Obj: obj,
			Off: c.Offset, Name: c.Vp.Path()})
	case MapReadVn:
		if c.Len == 0 {
			return abi.OK, ""
		}
		if c.Len > maxReadVn {
			return abi.ENOMEM, "is larger than memory"
		}
		diff := c.Addr & mask
		c.Addr -= diff
		c.Offset -= diff
		c.Len += diff
		err, why := c.enter(vm, lo, hi, mem.MapArgs{Addr: c.Addr, Len: roundup(c.Len, page), Prot: mem.ProtAll,
			MaxProt: mem.ProtAll, Name: c.Vp.Path()})
		if err != abi.OK {
			return err, why
		}
		if err, why = c.read(vm); err != abi.OK {
			return err, why
		}
		// The stretch had to be writable to be filled.
		prot, _ := kern.PaxMprotectAdjust(pax, c.Prot, mem.ProtAll)
		if prot != mem.ProtAll {
			return vm.Protect(c.Addr, roundup(c.Len, page), prot), "cannot be protected"
		}
		return abi.OK, ""
	case MapZero:
		diff := c.Addr & mask
		c.Addr -= diff
		c.Len += diff
		prot, maxProt := kern.PaxMprotectAdjust(pax, c.Prot, mem.ProtAll)
		name := ""
		if c.Flags&VMStack != 0 {
			name = "stack"
		}
		return c.enter(vm, lo, hi, mem.MapArgs{Addr: c.Addr, Len: roundup(c.Len, page), Prot: prot, MaxProt: maxProt,
			Name: name})
	}
	return abi.EINVAL, "is of an unknown kind"
}

// enter maps a stretch where nothing is yet: uvm_map with UVM_FLAG_FIXED refuses what is taken.
func (c *VMCmd) enter(vm vmMap, lo, hi uint64, a mem.MapArgs) (abi.Errno, string) {
	if a.Len == 0 || a.Addr < lo || a.Addr >= hi || a.Len > hi-a.Addr {
		return abi.ENOMEM, fmt.Sprintf("does not lie within the addresses %#x to %#x of a program", lo, hi)
	}
	a.Fixed, a.NoReplace = true, true
	_, err := vm.Map(a)
	switch err {
	case abi.OK:
		return abi.OK, ""
	case abi.EEXIST:
		return abi.ENOMEM, "overlaps another one"
	}
	return err, "cannot be mapped"
}

// maxReadVn bounds what is read into memory at once, in bytes: a sparse file can claim any size, and the machine
// stands still for as long as its zeros are read. NetBSD runs out of memory there.
const maxReadVn = 1 << 30

// read fills the mapped stretch from the file. Error: EIO if the file ends too early, which is what reading
// all or nothing (IO_UNIT) gives.
func (c *VMCmd) read(vm vmMap) (abi.Errno, string) {
	const tooShort = "lies beyond the end of the file"
	if int64(c.Offset) < 0 || c.Len > math.MaxInt64-c.Offset {
		return abi.EINVAL, tooShort
	}
	buf := readBuf.Get().(*[64 << 10]byte)
	defer readBuf.Put(buf)
	for done := uint64(0); done < c.Len; {
		b := buf[:min(c.Len-done, uint64(len(buf)))]
		n, herr := c.Vp.ReadAt(b, int64(c.Offset+done))
		if n < len(b) {
			if herr == nil || isEOF(herr) {
				return abi.EIO, tooShort
			}
			return abi.EIO, "cannot be read: " + herr.Error()
		}
		// The memory is zero already. Leaving zeros out keeps holes of sparse files from taking memory.
		if !allZero(b) {
			if err := vm.Copyout(b, c.Addr+done); err != abi.OK {
				return err, "cannot be filled"
			}
		}
		done += uint64(len(b))
	}
	return abi.OK, ""
}
