package linux

import (
	"testing"

	"nbemu/internal/matrix"
)

// someInterrupts are what machines but amd64 are asked: they differ in how a call is made again, and in layouts of times.
var someInterrupts = []string{"restart", "stop", "timeout"}

// TestInterrupts: what ends each wait, or does not, and what the call says of it and of the time that is left, is what Linux 6.18
// says.
func TestInterrupts(t *testing.T) {
	eachTable(t, "interrupts", Machines, func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string) {
		some := someInterrupts
		if m == machAMD64 {
			some = nil
		}
		eachObject(t, program, want, some)
	})
}
