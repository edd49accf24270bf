package kvm

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// Step runs one instruction.
func (e *engine) Step(c *cpu.Context, s *mem.Space) {
	if c.Debug.Armed() && e.m.quirks.noDebug {
		cpu.RunDebug(c, s, e.arch, true, func() { e.step(c, s) })
		return
	}
	e.step(c, s)
}

// step is Step by the trace flag.
func (e *engine) step(c *cpu.Context, s *mem.Space) {
	own := c.R[regRFLAGS]&flagTF != 0
	flags := e.flagsInstruction(c, s)
	e.exec(c, s, true)
	if own || c.Trap == cpu.TrapBroken {
		return
	}
	stepped := c.Trap == cpu.TrapException && c.Vector == vecDB
	met := stepped && c.Error != 0
	if !stepped || flags != loadsFlags {
		c.R[regRFLAGS] &^= flagTF
	}
	if c.Trap == cpu.TrapSyscall && c.Vector == 0x100 {
		c.R[regR11] &^= flagTF
	}
	if !stepped {
		return
	}
	if !met {
		c.Trap = cpu.TrapStep
	}
	if flags == storesFlags {
		e.hideTrace(c, s)
	}
}

// What an instruction does with the flags as a whole.
const (
	leavesFlags = iota
	storesFlags // PUSHF
	loadsFlags  // POPF, IRET
)

func (e *engine) flagsInstruction(c *cpu.Context, s *mem.Space) int {
	var b [1]byte
	pc := c.R[regRIP]
	for range 4 {
		if s.Copyin(b[:], pc) != abi.OK {
			return leavesFlags
		}
		switch x := b[0]; {
		case x == 0x9c:
			return storesFlags
		case x == 0x9d, x == 0xcf:
			return loadsFlags
		case x == 0x66, !e.bits32 && x&0xf0 == 0x40:
			pc++
		default:
			return leavesFlags
		}
	}
	return leavesFlags
}

// hideTrace takes the trace flag out of what PUSHF has stored.
func (e *engine) hideTrace(c *cpu.Context, s *mem.Space) {
	at := c.R[regRSP] + 1
	if e.bits32 {
		at = uint64(uint32(at + e.stackBase(c, s)))
	}
	var b [1]byte
	if s.Copyin(b[:], at) == abi.OK && b[0]&(flagTF>>8) != 0 {
		b[0] &^= flagTF >> 8
		s.Copyout(b[:], at)
	}
}

// stackBase is where an i386 program's stack segment begins.
func (e *engine) stackBase(c *cpu.Context, s *mem.Space) uint64 {
	return segmentOf(0, e.descriptorOf(s, uint16(c.R[regSS]))).base
}
