package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestStringCompares: SSE4.2's comparisons of strings, and AVX's of the same, as the host's processor has them: strings of few
// letters, so that parts of one are often in the other, and lengths around those of a register.
func TestStringCompares(t *testing.T) {
	emulated, native := newVexRig(t, find("amd64")), newVexHost(t)
	rnd := rand.New(rand.NewPCG(7, 8))
	letters := func(b []byte) {
		kinds, high := 1+rnd.IntN(4), byte(0)
		if rnd.IntN(3) == 0 {
			high = 0x80
		}
		for i := range b {
			if b[i] = high + 1 + byte(rnd.IntN(kinds)); rnd.IntN(12) == 0 {
				b[i] = 0
			}
		}
	}
	for _, vex := range []bool{false, true} {
		for n := range turns(4 * 256 * 40) {
			op, imm := 0x60+n&3, n>>2&255
			c := vexMake(rnd, vexForm{opmap: 3, op: op, pp: 1}, true, true)
			for i := range 4 {
				letters(c.ymm[i][:])
			}
			letters(c.data[:])
			c.mxcsr = 0x1f80
			c.r[vexRAX], c.r[rDX] = uint64(rnd.IntN(40)-20), uint64(rnd.IntN(40)-20)
			c.r[rSI] = vexData
			reg, rm := rnd.IntN(4), rnd.IntN(4)
			operand := fmt.Sprintf("%02x", 0xc0|reg<<3|rm)
			if rnd.IntN(2) == 0 {
				operand = fmt.Sprintf("%02x%02x", 0x46|reg<<3, rnd.IntN(16))
			}
			prefix := []string{"660f3a", "66480f3a"}[n>>10&1]
			if vex {
				prefix = "c4e379"
			}
			text := fmt.Sprintf("%s%02x%s%02x", prefix, op, operand, imm)
			c.text = code(t, text+" 4889cb") // and mov %rcx,%rbx, which a system call leaves alone
			want, got := native.run(t, c), emulated.run(t, c)
			if d := got.differs(&want, false); d != "" {
				t.Fatalf("%s of %x and %x, %x, lengths %d, %d: %s", text, c.ymm[reg][:16], c.ymm[rm][:16], c.data[:32], int64(c.r[vexRAX]), int64(c.r[rDX]), d)
			}
		}
	}
}
