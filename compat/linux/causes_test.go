package linux

import (
	"strings"
	"testing"

	"nbemu/internal/matrix"
)

// otherCauses are cells of testdata/linux/causes.txt where nbemu says something else, and why.
var otherCauses = []matrix.Except{
	{"timer boot alarm", allRows, "clocks that wake a machine are taken for others, where Linux wants a device for them"},
	{"x86 AC", allRows, "the engine does not look at how addresses are aligned for EFLAGS' AC"},
	{"x86 icebp", "handler ptrace", "a trap like any other of debugging"},
}

// TestCauses: what siginfo says of each cause, to a handler, sigwaitinfo, signalfd and a tracer, is what Linux 6.18 says; faults of x86
// instructions on amd64 alone.
func TestCauses(t *testing.T) {
	eachTable(t, "causes", Machines, func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string) {
		for c := range want {
			if m != machAMD64 && strings.HasPrefix(c.Call, "x86 ") {
				delete(want, c)
			}
		}
		got := eachObject(t, program, want, nil, otherCauses)
		if m == machAMD64 {
			unneeded(t, otherCauses, got, want)
		}
	})
}
