package kvm

import (
	"golang.org/x/arch/x86/x86asm"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// busError describes an access to memory that the host has not got: a page of a file that is gone. Most kernels do not
// say which address it was. It is one that the instruction uses and that cannot be read by us either.
func (e *engine) busError(c *cpu.Context, s *mem.Space) {
	c.Trap, c.Access, c.Error, c.Addr = cpu.TrapBus, mem.ProtRead, 0, 0
	if run := e.v.run; run.exitReason == exitMemoryFault {
		c.Addr, c.Error = run.exit[1], 1
	}
	for _, va := range e.accessed(c, s) {
		var b [1]byte
		if s.Copyin(b[:], va) != abi.OK {
			c.Addr, c.Error = va, 0
			return
		}
	}
}

// accessed lists addresses that the instruction at the pc may use.
func (e *engine) accessed(c *cpu.Context, s *mem.Space) []uint64 {
	r := &c.R
	pc := r[regRIP]
	all := []uint64{pc}
	var code [15]byte
	n := len(code)
	for n > 0 && s.Copyin(code[:n], pc) != abi.OK {
		n--
	}
	mode := 64
	if e.bits32 {
		mode = 32
	}
	in, err := x86asm.Decode(code[:n], mode)
	if err != nil {
		// One of the many that the decoder does not know.
		for i := range regRAX + 1 {
			all = append(all, r[i])
		}
		return append(all, pc+uint64(n))
	}
	for _, a := range in.Args {
		if m, ok := a.(x86asm.Mem); ok {
			all = append(all, e.address(c, m, pc+uint64(in.Len)), e.address(c, m, pc+uint64(in.Len))+uint64(max(in.MemBytes, 1)-1))
		}
	}
	return append(all, pc+uint64(in.Len)-1, r[regRSI], r[regRDI], r[regRSP], r[regRSP]-8)
}

// address is where an operand lies.
func (e *engine) address(c *cpu.Context, m x86asm.Mem, next uint64) uint64 {
	va := uint64(m.Disp)
	switch m.Base {
	case 0:
	case x86asm.RIP, x86asm.EIP:
		va += next
	default:
		va += register(c, m.Base)
	}
	if m.Index != 0 {
		va += register(c, m.Index) * uint64(m.Scale)
	}
	switch m.Segment {
	case x86asm.FS:
		va += c.R[regFSBASE]
	case x86asm.GS:
		va += c.R[regGSBASE]
	}
	if e.bits32 {
		va = uint64(uint32(va))
	}
	return va
}

// encoded are the registers in the order of their numbers in instructions.
var encoded = [16]int{regRAX, regRCX, regRDX, regRBX, regRSP, regRBP, regRSI, regRDI,
	regR8, regR9, regR10, regR11, regR12, regR13, regR14, regR15}

// register is the value of a register that can be part of an address.
func register(c *cpu.Context, r x86asm.Reg) uint64 {
	switch {
	case r >= x86asm.RAX && r <= x86asm.R15:
		return c.R[encoded[r-x86asm.RAX]]
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return uint64(uint32(c.R[encoded[r-x86asm.EAX]]))
	}
	return 0
}
