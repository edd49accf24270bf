package syscalls

import (
	"math"
	"testing"

	"nbemu/kern"
)

// TestShapeOutside: machines that do not cut the number of a call down may have any there is no call for.
func TestShapeOutside(t *testing.T) {
	for _, code := range []int{-1, math.MinInt32, 512, math.MaxInt32} {
		a := kern.Args{1 << 40, ^uint64(0)}
		was := a
		if Narrow(code, &a); a != was || Wide(code) {
			t.Errorf("%d has a shape", code)
		}
	}
}
