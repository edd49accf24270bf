package vfs

import (
	"path/filepath"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
)

// A script that its interpreter is given as a descriptor can be read there, and not written to.
func TestInstallVnode(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, filepath.Join(dir, "script"), "#!/x\n")
	l := testLWP(t, dir, "", "")
	v, err := Lookup(l, "script", nil)
	if err != abi.OK {
		t.Fatal(err)
	}
	defer v.Unref()
	fd, err := InstallVnode(l, v)
	if err != abi.OK {
		t.Fatal(err)
	}
	f := l.Proc.Fd.Get(fd)
	b := make([]byte, len("#!/x\n"))
	if err := f.Ops.Read(l, f, kern.KernUio(l, b, false)); err != abi.OK || string(b) != "#!/x\n" || f.Flag&(abi.FREAD|abi.FWRITE) != abi.FREAD {
		t.Errorf("read: %q, %v, flags %#x", b, err, f.Flag)
	}
}
