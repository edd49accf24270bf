package linux

import (
	"os"
	"testing"

	"nbemu/internal/matrix"
)

// otherCreds are cells of testdata/linux/creds.txt where nbemu says something else, and why.
var otherCreds = []matrix.Except{
	{allRows, "fsuser", "setfsuid gives up rights over files where ids say so, and not others"},
	{"link roots|link users|link others|link groups|link sticky/others|link private/file", allRows, "whether others' files may be linked to is the host's setting (protected_hardlinks)"},
	{"access r private/file|access w private/file", "root-could root-no-dac dac-override dac-read", "access(2) looks the name up with the effective user's rights"},
	{"nice -1|setpriority other", "root-without root-could nice", "who may raise a priority is the user's matter here"},
	{"acct|swapon|settimeofday|mount|reboot|open_by_handle", allRows, "nobody may, and that comes before the arguments"},
	{"mkdir setgid", allRows, "a mode that is kept for the guest alone is not inherited"},
	{"chown s", allRows, "set-id bits stay where the host lets nbemu keep them"},
}

// TestCreds: what a process may do with some of root's rights is what Linux 6.18 says, on a machine of each order of bytes.
func TestCreds(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root, for files of several users")
	}
	eachTable(t, "creds", []*Machine{machAMD64, machMIPS64}, func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string) {
		got := matrix.Read(output(t, nbemu, "-root-user", program, t.TempDir()))
		matrix.Compare(t, got, want, otherCreds)
		if m == machAMD64 {
			unneeded(t, otherCreds, got, want)
		}
	})
}
