package execve

import (
	"os"
	"testing"

	"nbemu/kern"
)

// tsw is the exec switch of the machine that the tests' processes are in.
var tsw = NewSwitch(kern.New())

// TestMain holds the kernel lock, as every caller of what is tested does.
func TestMain(m *testing.M) {
	tsw.K.Lock()
	os.Exit(m.Run())
}
