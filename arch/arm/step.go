package arm

import (
	"encoding/binary"

	"nbemu/cpu"
)

// stepsByRun is cpu.Arch.StepsByRun: QEMU's translator does not make blocks of a conditional instruction alone that it is
// told to end after ("IO on conditional branch instruction").
func stepsByRun(c *cpu.Context, code []byte) (size uint64, end []byte) {
	if c.R[CPSR]&Thumb == 0 {
		if cond := code[3] >> 4; cond < condAlways {
			return 4, undefined
		}
		return 0, nil
	}
	insn := binary.LittleEndian.Uint16(code)
	size = 2
	if insn >= 0xe800 {
		size = 4
	}
	conditional := c.R[CPSR]&itState != 0 ||
		insn>>12 == 0xd && insn>>8&15 < condAlways || // b<cond>
		insn&0xf500 == 0xb100 || // cbz, cbnz
		size == 4 && insn>>11 == 0x1e && binary.LittleEndian.Uint16(code[2:])&0xd000 == 0x8000 && insn>>6&15 < condAlways // b<cond>.w
	if !conditional {
		return 0, nil
	}
	return size, bkptThumb
}

const (
	condAlways = 14
	itState    = 0x0600fc00 // of CPSR: the rest of an if-then block
)

// Both trap whatever the flags are.
var (
	undefined = []byte{0xf0, 0x00, 0xf0, 0xe7}
	bkptThumb = []byte{0x00, 0xbe}
)
