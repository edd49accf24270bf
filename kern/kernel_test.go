package kern

import (
	"os"
	"testing"
)

// tk is the kernel that the tests' processes are in.
var tk = New()

// TestMain holds the kernel lock, as every caller of what is tested does.
func TestMain(m *testing.M) {
	tk.Lock()
	os.Exit(m.Run())
}
