package cpu_test

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// TestSSENumbers holds all that SSE's instructions compute, also with what is no number, against the host's processor.
func TestSSENumbers(t *testing.T) {
	g := newHostRig(t, 7)
	for n := range 3 * 256 * 4 {
		f := sseForm{opmap: n>>10 + 1, op: n >> 2 & 255, prefix: [...]byte{0, 0x66, 0xf2, 0xf3}[n&3]}
		if f.other() || f.opmap == 1 && (f.op == 0x52 || f.op == 0x53) || f.opmap == 3 && f.op == 0xdf || f.opmap == 1 && f.op == 0xf7 {
			continue
		}
		form := hostForm{op: []byte{0x0f, byte(f.op)}, ext: formReg, must: f.prefix}
		if f.opmap > 1 {
			form.op = []byte{0x0f, byte(0x38 + (f.opmap-2)*2), byte(f.op)}
		}
		if f.opmap == 3 || f.opmap == 1 && (f.op == 0x70 || f.op == 0xc2 || f.op >= 0xc4 && f.op <= 0xc6) {
			form.imm = 1
		}
		for range hostRounds(12) {
			v := newHostCase(64)
			v.fill(g.rnd)
			v.mmx = true
			vexFill(g.rnd, v.FX[fxXMM:fxRest])
			vexFill(g.rnd, v.High[:])
			vexFill(g.rnd, v.Data[:])
			mxcsr := uint32(0x1f80)
			if g.rnd.IntN(3) == 0 {
				mxcsr |= []uint32{0x20, 0x2000, 0x4000, 0x6000, 0x8000}[g.rnd.IntN(5)]
			}
			binary.LittleEndian.PutUint32(v.FX[fxMXCSR:], mxcsr)
			if f.opmap == 1 && f.prefix == 0 && f.op >= 0x60 && f.op <= 0x62 {
				v.operand = v.At + uint64(g.rnd.IntN(200)) // see TestMMX
			}
			form.make(g.rnd, v)
			v.what = fmt.Sprintf("mxcsr %#x", mxcsr)
			g.try(fmt.Sprintf("%02x map %d %02x", f.prefix, f.opmap, f.op), v)
		}
	}
	t.Logf("%d cases, %d fault", g.cases, g.faults)
}
