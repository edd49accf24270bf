package linux

import (
	"testing"

	"nbemu/internal/matrix"
)

// otherMessages are cells of the table of messages where nbemu says something else, and why.
var otherMessages = []matrix.Except{
	{"IP_RECVTOS", "udp udp6 tcp", "not there, which is said"},
	{"time*", "tcp", "the host begins to note when packets come a moment after it was asked to"},
}

// TestMessages: what sendmsg and recvmsg say of control data is what Linux 6.18 says, on machines whose layouts are amd64's.
func TestMessages(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	eachTable(t, "messages", []*Machine{machAMD64, machARM64, machRISCV64}, func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string) {
		got := matrix.Settled(want, otherMessages, func() map[matrix.Cell]string {
			return matrix.Read(output(t, nbemu, "-root-user", program))
		})
		matrix.Compare(t, got, want, otherMessages)
		if m == machAMD64 {
			unneeded(t, otherMessages[:1], got, want)
		}
	})
}
