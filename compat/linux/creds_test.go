package linux

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nbemu/internal/testprog"
)

// otherCreds are cells of testdata/linux/creds.txt where nbemu says something else, and why.
var otherCreds = []other{
	{allRows, "fsuser", "setfsuid gives up rights over files where ids say so, and not others"},
	{"link roots|link users|link others|link groups|link sticky/others|link private/file", allRows, "whether others' files may be linked to is the host's setting (protected_hardlinks)"},
	{"access r private/file|access w private/file", "root-could root-no-dac dac-override dac-read", "access(2) looks the name up with the effective user's rights"},
	{"chown none private/file", "dac-override dac-read root-no-chown", "as chown of anything"},
	{"nice -1|setpriority other", "root-without root-could nice", "who may raise a priority is the user's matter here"},
	{"acct|swapon|settimeofday|mount|reboot|open_by_handle", allRows, "nobody may, and that comes before the arguments"},
	{"mkdir setgid", allRows, "a mode that is kept for the guest alone is not inherited"},
	{"chown s", allRows, "set-id bits stay where the host lets nbemu keep them"},
}

// TestCreds: what a process may do with some of root's rights is what Linux 6.18 says, on a machine of each order of bytes.
func TestCreds(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	if !linuxHost() || os.Geteuid() != 0 {
		t.Skip("needs Linux' files, and root for files of several users")
	}
	dir, err := testprog.BuildDir("linux")
	if err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(testprog.Root(), "testdata", "linux", "creds")
	text, err := os.ReadFile(src + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	want := readMatrix(string(text))
	for _, m := range []*Machine{machAMD64, machMIPS64} {
		compiler := compilers[m.Arch.Name]
		if m == machAMD64 {
			compiler = "gcc"
		}
		if _, err := exec.LookPath(compiler); err != nil {
			continue
		}
		t.Run(m.Arch.Name, func(t *testing.T) {
			out := filepath.Join(dir, "creds."+m.Arch.Name)
			if text, err := exec.Command(compiler, "-O1", "-w", "-static", "-o", out, src+".c").CombinedOutput(); err != nil {
				t.Skipf("no static program can be built: %v\n%s", err, text)
			}
			got := readMatrix(output(t, nbemu, "-root-user", out, t.TempDir()))
			for c, answer := range want {
				if got[c] != answer && !otherAnswer(otherCreds, c) {
					t.Errorf("%s of %s: %q, want %q", c.call, c.object, got[c], answer)
				}
			}
		})
	}
}
