package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// sseForm is an opcode of SSE, without a VEX prefix, with what comes before it.
type sseForm struct {
	opmap, op int
	prefix    byte // 0x66, 0xf2, 0xf3, or 0
}

// other says what the emulated processor has not and hosts may have (SSE4a, GFNI, CET, AVX-512's), what is not SSE, and
// instructions whose operand is not memory.
func (f sseForm) other() bool {
	switch f.opmap {
	case 1:
		return f.op < 0x10 || f.op > 0x17 && f.op < 0x28 || f.op > 0x2f && f.op < 0x50 || f.op >= 0x77 && f.op <= 0x7b || f.op > 0x7f && f.op < 0xc2 ||
			f.op == 0x2b && f.prefix >= 0xf0 || f.op == 0xc3 || f.op == 0xc7 || f.op > 0xc7 && f.op < 0xd0 || f.op == 0xff ||
			f.op >= 0x71 && f.op <= 0x73
	case 2:
		return f.op > 0x41 && (f.op < 0xc8 || f.op > 0xdf) || f.op == 0xcf
	}
	return f.op < 8 || f.op > 0x63 && f.op < 0xcc || f.op > 0xdf || f.op == 0xce || f.op == 0xcf
}

// numbers are the instructions whose results are numbers: how the two treat what is none differs.
func (f sseForm) numbers() bool {
	switch f.opmap {
	case 1:
		return f.op >= 0x2a && f.op <= 0x2f || f.op >= 0x51 && f.op <= 0x5f || f.op == 0x7c || f.op == 0x7d || f.op == 0xc2 || f.op == 0xd0 || f.op == 0xe6
	case 3:
		return f.op >= 8 && f.op <= 0xb || f.op == 0x40 || f.op == 0x41
	}
	return false
}

// TestSSE holds what SSE's instructions do with operands in memory, aligned and not, against the host's processor: which of them
// fault, and what those about integers do.
func TestSSE(t *testing.T) {
	emulated, native := newVexRig(t, find("amd64")), newVexHost(t)
	rnd := rand.New(rand.NewPCG(9, 10))
	defined, faults := 0, 0
	for n := range 3 * 256 * 4 {
		f := sseForm{opmap: n>>10 + 1, op: n >> 2 & 255, prefix: [...]byte{0, 0x66, 0xf2, 0xf3}[n&3]}
		if f.other() {
			continue
		}
		for range 12 {
			c := vexMake(rnd, vexForm{opmap: 1, op: 0x58}, true, true)
			c.mxcsr, c.text = 0x1f80, nil
			c.r[rSI] = vexData
			if f.prefix != 0 {
				c.text = append(c.text, f.prefix)
			}
			c.text = append(c.text, []byte{0x0f}...)
			if f.opmap > 1 {
				c.text = append(c.text, byte(0x38+(f.opmap-2)*2))
			}
			c.text = append(c.text, byte(f.op), byte(0x46|rnd.IntN(8)<<3), byte(rnd.IntN(2)*rnd.IntN(32)))
			if f.opmap == 3 || f.opmap == 1 && (f.op == 0x70 || f.op == 0xc2 || f.op >= 0xc4 && f.op <= 0xc6) {
				c.text = append(c.text, byte(rnd.Uint32()))
			}
			if reg := c.text[len(c.text)-2] >> 3 & 7; reg == 4 && f.op == 0x2c {
				continue // the stack pointer
			}
			want, got := native.run(t, c), emulated.run(t, c)
			if want.Trap == 0 {
				defined++
			} else if want.Trap == x86GP {
				faults++
			}
			if d := got.differs(&want, f.numbers()); d != "" {
				t.Errorf("%s: %s", fmt.Sprintf("%x", c.text), d)
				break
			}
		}
	}
	if defined < 2000 || faults < 500 {
		t.Errorf("only %d do something, and %d fault", defined, faults)
	}
}

const x86GP = 13
