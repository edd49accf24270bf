package linux

import (
	"maps"
	"strconv"
	"testing"

	"nbemu/internal/matrix"
)

// otherReadiness are cells of the table of what is ready where nbemu says something else, and why.
var otherReadiness = []matrix.Except{
	{"edge out|nested edge out|SIGIO|signal", "netlink-1:read", "an answer of many parts is made at once, and not whenever a part was read"},
	{"SIGIO|signal", "slave:end slave-end:read master:end", "a terminal's end is told as input, and one that has hung up stays a terminal to F_SETFL"},
	{"SIGIO|signal", "tcp-listening:shut-r tcp:shut tcp-shut:end tcp-shut-w:end unix-waits:end stream:oob", "the host says what is so, and not each step on the way there"},
	{"edge out|nested edge out|SIGIO|signal", "master-packet:flush", "news of a terminal's state are input here, and to Linux' epoll all there is"},
	{"edge in", "tcp:shut", "the other side's answer is a second event if it does not come at once"},
}

// TestReadiness: what poll, select, epoll and SIGIO say of each kind of object in each state is what Linux 6.18 says: all on
// amd64, and every eighth on the other machines.
func TestReadiness(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	eachTable(t, "readiness", Machines, func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string) {
		if m == machAMD64 {
			matrix.Compare(t, readiness(t, want, nbemu, program), want, otherReadiness)
			return
		}
		got := readiness(t, want, nbemu, program, strconv.Itoa(m.column%8), "8")
		objects := map[string]bool{}
		for c := range got {
			objects[c.Object] = true
		}
		if len(objects) < 10 {
			t.Fatalf("%d kinds", len(objects))
		}
		maps.DeleteFunc(want, func(c matrix.Cell, _ string) bool { return !objects[c.Object] || c.Call == "poll wrnorm" })
		matrix.Compare(t, got, want, otherReadiness)
	})
}

// readiness is what the program finds.
func readiness(t *testing.T, want map[matrix.Cell]string, nbemu, program string, which ...string) map[matrix.Cell]string {
	return matrix.Settled(want, otherReadiness, func() map[matrix.Cell]string {
		return matrix.Read(output(t, nbemu, append([]string{"-root-user", program, t.TempDir()}, which...)...))
	})
}
