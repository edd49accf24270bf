package vfs

import (
	"os"
	"path/filepath"
	"testing"

	"nbemu/abi"
)

// TestDevRelative: the devices are in /dev however one gets there, as a shell does with "cd /dev; echo > null" and ls -l,
// whose fts(3) changes directory. What is made and removed by such a name is the directory's own entry.
func TestDevRelative(t *testing.T) {
	_, r := jail(t)
	dev := filepath.Join(r, "dev")
	if err := os.MkdirAll(filepath.Join(dev, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	l := testLWP(t, dev, r, "")
	tfs.root = l.Proc.Cwdi.Rdir.(*Dir)
	t.Cleanup(func() { tfs.root = nil })
	for _, name := range []string{"null", "./null", "/dev/null"} {
		var st abi.Stat
		if err := Stat(l, abi.AT_FDCWD, name, false, &st); err != abi.OK || st.Mode&abi.S_IFMT != abi.S_IFCHR || st.Rdev != DeviceNumber("null") {
			t.Errorf("%s: %v, mode %#o, device %#x", name, err, st.Mode, st.Rdev)
		}
		f, err := OpenFile(l, abi.AT_FDCWD, name, abi.O_WRONLY|abi.O_CREAT|abi.O_TRUNC, 0o666)
		if err != abi.OK {
			t.Fatalf("%s: %v", name, err)
		}
		f.Unref(l)
	}
	if _, err := os.Lstat(filepath.Join(dev, "null")); !os.IsNotExist(err) {
		t.Errorf("a file was made: %v", err)
	}
	if err := Mknod(l, abi.AT_FDCWD, "null", abi.S_IFREG|0o600, 0); err != abi.OK {
		t.Errorf("mknod: %v", err)
	}
	if err := Unlink(l, abi.AT_FDCWD, "null", false); err != abi.OK {
		t.Errorf("unlink: %v", err)
	}
	// Elsewhere the names mean nothing.
	if err := Chdir(l, "sub"); err != abi.OK {
		t.Fatal(err)
	}
	var st abi.Stat
	if err := Stat(l, abi.AT_FDCWD, "null", false, &st); err != abi.ENOENT {
		t.Errorf("sub/null: %v", err)
	}
}
