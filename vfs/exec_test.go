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
	v, e := Lookup(l, "script", nil)
	if e != abi.OK {
		t.Fatal(e)
	}
	defer v.Unref()
	fd, e := InstallVnode(l, v)
	if e != abi.OK {
		t.Fatal(e)
	}
	f := l.Proc.Fd.Get(fd)
	b := make([]byte, len("#!/x\n"))
	if e := f.Ops.Read(l, f, kern.KernUio(l, b, false)); e != abi.OK || string(b) != "#!/x\n" || f.Flag&(abi.FREAD|abi.FWRITE) != abi.FREAD {
		t.Errorf("read: %q, %v, flags %#x", b, e, f.Flag)
	}
}
