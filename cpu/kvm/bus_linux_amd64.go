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
			va := cpu.Operand(c, m, pc+uint64(in.Len))
			if e.bits32 {
				va = uint64(uint32(va))
			}
			all = append(all, va, va+uint64(max(in.MemBytes, 1)-1))
		}
	}
	return append(all, pc+uint64(in.Len)-1, r[regRSI], r[regRDI], r[regRSP], r[regRSP]-8)
}
