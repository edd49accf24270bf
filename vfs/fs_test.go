package vfs

import (
	"os"
	"testing"

	"nbemu/kern"
)

// tfs is the file system that the tests' processes see.
var tfs = New(kern.New())

// TestMain holds the kernel lock, as every caller of what is tested does.
func TestMain(m *testing.M) {
	tfs.K.Lock()
	os.Exit(m.Run())
}
