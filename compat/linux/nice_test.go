package linux

import (
	"os/exec"
	"testing"
)

// TestNice: the first process is as nice as nbemu, for the host runs it so; that of a deterministic machine is not.
func TestNice(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	nice, err := exec.LookPath("nice")
	if err != nil || !linuxHost() {
		t.Skip("no nice of Linux")
	}
	want := output(t, nice, "-n", "3", nice)
	sameOutput(t, want, output(t, nice, "-n", "3", nbemu, nice))
	sameOutput(t, "0\n", output(t, nice, "-n", "3", nbemu, "-deterministic", nice))
}
