package cpu_test

import (
	"fmt"
	"strings"
	"testing"
)

// mmxForms are instructions with MMX registers.
const mmxForms = `
0f60/r 0f61/r 0f62/r 0f63/r 0f64/r 0f65/r 0f66/r 0f67/r 0f68/r 0f69/r 0f6a/r 0f6b/r 0f6e/r 0f6f/r 0f70/rib
0f71/2ib,r 0f71/4ib,r 0f71/6ib,r 0f72/2ib,r 0f72/4ib,r 0f72/6ib,r 0f73/2ib,r 0f73/6ib,r 0f71/1ib,r 0f73/3ib,r 0f71/2ib,m
0f74/r 0f75/r 0f76/r 0f77 0f7e/r 0f7f/r 0fc4/rib,r 0fc4/rib,m 0fc5/rib,r 0fd1/r 0fd2/r 0fd3/r 0fd4/r 0fd5/r 0fd7/r,r 0fd7/r,m 0fd8/r 0fd9/r 0fda/r 0fdb/r
0fdc/r 0fdd/r 0fde/r 0fdf/r 0fe0/r 0fe1/r 0fe2/r 0fe3/r 0fe4/r 0fe5/r 0fe7/r,m 0fe7/r,r 0fe8/r 0fe9/r 0fea/r 0feb/r 0fec/r 0fed/r 0fee/r 0fef/r
0ff1/r 0ff2/r 0ff3/r 0ff4/r 0ff5/r 0ff6/r 0ff7/r,r=mask 0ff8/r 0ff9/r 0ffa/r 0ffb/r 0ffc/r 0ffd/r 0ffe/r
0f3800/r 0f3801/r 0f3802/r 0f3803/r 0f3804/r 0f3805/r 0f3806/r 0f3807/r 0f3808/r 0f3809/r 0f380a/r 0f380b/r 0f381c/r 0f381d/r 0f381e/r 0f3a0f/rib
0f2a/r 0f2c/r 0f2d/r 66-0f2a/r 66-0f2c/r 66-0f2d/r f2-0fd6/r,r f3-0fd6/r,r f3-0f7e/r 66-0fd6/r 0f0e 0f50/r,r 66-0f50/r,r 0f2e/r 0fa6c0
0fae/2,m=mxcsr 0fae/3,m 0fae/5,r 0fae/6,r 0fae/7,r 0fae/0,m=image 0fae/1,m=image 0fae/4,m=image
`

// TestMMX holds the instructions with MMX registers, which are the x87's, against the host's processor, and those that load
// and store all of the state.
func TestMMX(t *testing.T) {
	g := newHostRig(t, 3)
	for _, f := range parseForms(t, mmxForms) {
		for range hostRounds(40) {
			v := newHostCase(64)
			v.fill(g.rnd)
			v.x87Fill(g.rnd)
			v.FX[0] |= 0x3f
			v.FX[2] &^= 0x80
			v.FX[3] &^= 0x80
			v.mmx = f.special != "image"
			vexFill(g.rnd, v.FX[fxXMM:fxRest])
			vexFill(g.rnd, v.High[:])
			if g.rnd.IntN(2) == 0 {
				vexFill(g.rnd, v.Data[:])
			}
			if f.op[1] >= 0x60 && f.op[1] <= 0x62 {
				v.operand = v.At + uint64(g.rnd.IntN(200)) // four bytes, of which the emulated processor looks at eight
			}
			switch f.special {
			case "mask":
				v.R[nDI] = v.place(g.rnd)
			case "mxcsr":
				for i := 0; i < 512; i += 4 {
					v.Data[i+1], v.Data[i+2], v.Data[i+3] = v.Data[i+1]|0x1f, 0, 0
					if g.rnd.IntN(8) == 0 {
						v.Data[i+2] = byte(g.rnd.Uint32())
					}
				}
			case "image":
				v.operand = v.At
				v.ignore = append(v.ignore, [2]int{6, 24}, [2]int{28, 32}, [2]int{416, 512})
				for i := range 8 {
					v.ignore = append(v.ignore, [2]int{42 + 16*i, 48 + 16*i})
				}
				copy(v.Data[:], v.FX[:])
				clear(v.Data[6:32])
				v.Data[25] = 0x1f | v.Data[100]
				v.Data[24] = v.Data[101] | 0x80
				if g.rnd.IntN(4) == 0 {
					v.Data[26+g.rnd.IntN(2)] = 1 << g.rnd.IntN(8)
				}
				v.Data[3] &^= 0x80
				v.Data[2] &^= 0x80
				if g.rnd.IntN(2) == 0 {
					x := newHostCase(64)
					x.x87Fill(g.rnd)
					copy(v.Data[:], x.FX[:6])
					copy(v.Data[fxST:], x.FX[fxST:fxXMM])
				}
			}
			f.make(g.rnd, v)
			if f.special == "image" && strings.Contains(string(v.text()[:4]), "\x66") {
				continue // processors differ
			}
			g.try(fmt.Sprintf("%x %x/%d%s", f.must, f.op, f.ext, f.special), v)
		}
	}
	t.Logf("%d cases, %d fault", g.cases, g.faults)
}
