package probe

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
)

// single is kern.Blocks.Single for who wants to see each instruction by itself. A conditional branch of arm's is a block of
// its own anyway; the emulated processor refuses to step over one (QEMU keeps the flag that a step has for something that
// it says cannot be there).
func single(l *kern.LWP) bool {
	a := l.Proc.Arch
	if a.Name != "arm" {
		return true
	}
	const psrT, psrIT = 1 << 5, 0x0600fc00 // arm's cpsr: Thumb, and the rest of an IT block
	var b [4]byte
	pc, psr := l.Ctx.R[a.PC], l.Ctx.R[a.PC+1]
	if psr&psrT == 0 {
		if l.Proc.VM.PokeRead(b[:], pc) != abi.OK {
			return true
		}
		w := binary.LittleEndian.Uint32(b[:])
		return w>>28 == 14 || w>>28 == 15 || !armJumps(w)
	}
	if l.Proc.VM.PokeRead(b[:2], pc) != abi.OK {
		return true
	}
	_ = l.Proc.VM.PokeRead(b[2:], pc+2)
	w, x := binary.LittleEndian.Uint16(b[:]), binary.LittleEndian.Uint16(b[2:])
	switch {
	case psr&psrIT != 0, w&0xf500 == 0xb100: // IT, cbz
		return false
	case w&0xf000 == 0xd000:
		return w&0x0e00 == 0x0e00
	case w&0xf800 == 0xf000 && x&0xd000 == 0x8000:
		return w&0x0380 == 0x0380
	}
	return true
}

// armJumps reports whether an instruction of A32 may go elsewhere: a branch, a system call, or one that writes the pc.
func armJumps(w uint32) bool {
	switch w >> 25 & 7 {
	case 5, 7:
		return true
	case 4:
		return w&(1<<20) != 0 && w&(1<<15) != 0
	}
	return w>>12&15 == 15 || w&0x0fffffc0 == 0x012fff00
}
