package cpu_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

// x87Any is a number of any kind that a register of the x87 can have, also of those that are none.
func x87Any(rnd *rand.Rand) [10]byte {
	if rnd.IntN(6) > 0 {
		return x87Random(rnd)
	}
	exp := uint16(rnd.Uint32())
	m := rnd.Uint64()
	switch rnd.IntN(4) {
	case 0:
		return x87Number(exp&0x8000, m|1<<63) // pseudo-denormal
	case 1:
		return x87Number(exp&0x8000|0x7fff, m>>1) // pseudo-NaN or pseudo-infinity
	case 2:
		return x87Number(exp&0x8000|0x7fff, 0)
	default:
		return x87Number(exp, m>>1) // unnormal
	}
}

// x87Fill gives the x87 numbers, a stack and words of all kinds.
func (v *hostCase) x87Fill(rnd *rand.Rand) {
	cw := uint16(0x7f) | uint16(rnd.IntN(16))<<8&^0x100
	if rnd.IntN(3) == 0 {
		cw = 0x37f
	}
	if rnd.IntN(4) == 0 {
		cw &^= uint16(rnd.Uint32()) & 0x3f
	}
	sw := uint16(rnd.IntN(8)) << 11
	if rnd.IntN(2) == 0 {
		sw |= uint16(rnd.Uint32()) & 0x4700
	}
	if rnd.IntN(3) == 0 {
		sw |= uint16(rnd.Uint32()) & cw & 0x3f
	}
	binary.LittleEndian.PutUint16(v.FX[0:], cw)
	binary.LittleEndian.PutUint16(v.FX[2:], sw)
	switch v.FX[4] = 0xff; rnd.IntN(4) {
	case 0:
		v.FX[4] = byte(rnd.Uint32())
	case 1:
		v.FX[4] = byte(0xff << rnd.IntN(9))
	}
	for i := range 8 {
		n := x87Any(rnd)
		copy(v.FX[fxST+16*i:], n[:])
	}
	for i := 0; i < 512; i += 16 {
		switch n := x87Any(rnd); rnd.IntN(4) {
		case 0:
			copy(v.Data[i:], n[:])
		case 1:
			binary.LittleEndian.PutUint64(v.Data[i:], vexNumber(rnd, true))
			binary.LittleEndian.PutUint64(v.Data[i+8:], vexNumber(rnd, true))
		case 2:
			for j := 0; j < 16; j += 4 {
				binary.LittleEndian.PutUint32(v.Data[i+j:], uint32(vexNumber(rnd, false)))
			}
		default: // decimal digits
			for j := range 16 {
				v.Data[i+j] = byte(rnd.IntN(10)<<4 | rnd.IntN(10))
			}
			v.Data[i+9] &= 0x80
		}
	}
}

const (
	x87C1    = 0x200
	x87Codes = 0x4700
	x87Deno  = 2 // an operand was denormal
)

// x87Undefined says in what the two need not agree: what is kept of the last instruction, C1 after what does not round,
// denormal operands in memory, which are looked at before the register, and the status after a store that fails.
func x87Undefined(v *hostCase, escape, modrm byte) {
	reg := modrm >> 3 & 7
	if modrm >= 0xc0 {
		if escape == 0xd9 && (reg < 4 || modrm >= 0xe0 && modrm != 0xe5 && modrm < 0xf0 || modrm == 0xf6 || modrm == 0xf7) || escape == 0xdd && reg < 4 || escape == 0xdf && reg < 4 || escape == 0xda && reg < 4 || escape == 0xdb && reg < 4 {
			v.status |= x87C1
		}
		if escape == 0xd9 && modrm >= 0xf0 {
			v.status |= x87Codes
		}
		return
	}
	switch {
	case escape == 0xd9 && reg == 6, escape == 0xdd && reg == 6:
		v.ignore = append(v.ignore, [2]int{6, 28})
	case escape&1 == 0:
		v.status |= x87Deno
	case reg == 0, escape == 0xdb && (reg == 5 || reg == 7), escape == 0xdf && (reg == 4 || reg == 5):
		v.status |= x87C1
	case reg < 4 || reg > 5:
		v.stores = true
	}
}

// TestX87Host holds every instruction of the x87, with any numbers and any stack, against the host's processor.
func TestX87Host(t *testing.T) {
	g := newHostRig(t, 2)
	for escape := byte(0xd8); escape != 0xe0; escape++ {
		for n := range 8 + 64 {
			for range hostRounds(12) {
				v := newHostCase(64)
				v.fill(g.rnd)
				v.x87Fill(g.rnd)
				v.FX[0] |= 0x3f // TestX87Native has the others
				v.FX[2], v.FX[3] = v.FX[2]&^0x80, v.FX[3]&^0x80
				if escape == 0xd9 && n >= 8+0x18 && n < 8+0x20 || escape == 0xd9 && n > 8+0x28 && n < 8+0x2e {
					continue // fstp under another name, which copies what is empty, and constants that are rounded
				}
				if n < 8 {
					f := hostForm{op: []byte{escape}, ext: n, memory: formMemory}
					if escape == 0xdd && (n == 4 || n == 6) {
						v.At, v.operand = hostInside, hostInside+uint64(g.rnd.IntN(300)) // processors do these in parts
					}
					f.make(g.rnd, v)
					x87Undefined(v, escape, byte(n<<3))
					if text := v.text(); escape == 0xdd && (n == 4 || n == 6) && text[0] != 0xdd {
						continue // other lengths
					}
				} else {
					v.setText(escape, byte(0xc0+n-8))
					x87Undefined(v, escape, byte(0xc0+n-8))
				}
				if g.rnd.IntN(2) == 0 {
					v.setText(append(append([]byte{}, v.text()...), 0x9b)...)
				}
				kind := fmt.Sprintf("%02x/%d", escape, n)
				if n >= 8 {
					kind = fmt.Sprintf("%02x%02x", escape, 0xc0+n-8)
				}
				g.try(kind, v)
			}
		}
	}
	t.Logf("%d cases, %d fault", g.cases, g.faults)
}
