package kvm

import (
	"encoding/binary"

	"golang.org/x/arch/x86/x86asm"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// A processor in 64-bit mode knows call gates of that mode only. One that an i386 program has put into its local table is a
// protection fault for it, and gone through here, as an i386 would.

const (
	gateType = 0xc // of a call gate of 32 bits
	opndSize = 4   // of what a far call pushes
)

// callGate carries out a far call or jump through a gate of the program's local table, and reports whether it was one.
func (e *engine) callGate(c *cpu.Context, s *mem.Space) bool {
	var code [15]byte
	pc := c.R[regRIP]
	n := len(code)
	for n > 0 && s.Copyin(code[:n], pc) != abi.OK {
		n--
	}
	in, err := x86asm.Decode(code[:n], 32)
	if err != nil || in.Op != x86asm.LCALL && in.Op != x86asm.LJMP {
		return false
	}
	sel, ok := e.farSelector(c, s, in)
	if !ok || sel&4 == 0 {
		return false
	}
	const present, level3, plain = 1 << 15, 3 << 13, 1 << 12
	d := e.descriptorOf(s, sel)
	if f := d >> 32; f&(present|level3|plain) != present|level3 || f>>8&0xf != gateType {
		return false
	}
	to, off := uint16(d>>16), d&0xffff|d>>48<<16
	if to|3 != to || !loadable('c', to, e.descriptorOf(s, to)) {
		return false
	}
	if in.Op == x86asm.LCALL {
		var frame [2 * opndSize]byte
		binary.LittleEndian.PutUint32(frame[:], uint32(pc)+uint32(in.Len))
		binary.LittleEndian.PutUint32(frame[opndSize:], uint32(c.R[regCS]&0xffff))
		sp := uint32(c.R[regRSP]) - uint32(len(frame))
		if s.Copyout(frame[:], uint64(uint32(e.stackBase(c, s))+sp)) != abi.OK {
			return false
		}
		c.R[regRSP] = uint64(sp)
	}
	c.R[regCS], c.R[regRIP] = uint64(to), off
	return true
}

// farSelector is the selector that a far call or jump goes to: in the instruction, or in memory after the offset.
func (e *engine) farSelector(c *cpu.Context, s *mem.Space, in x86asm.Inst) (sel uint16, ok bool) {
	switch a := in.Args[0].(type) {
	case x86asm.Imm:
		return uint16(a), true
	case x86asm.Mem:
		va := uint64(uint32(cpu.Operand(c, a, c.R[regRIP]+uint64(in.Len))))
		var b [2]byte
		if s.Copyin(b[:], va+opndSize) != abi.OK {
			return 0, false
		}
		return binary.LittleEndian.Uint16(b[:]), true
	}
	return 0, false
}
