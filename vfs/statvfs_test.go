package vfs

import (
	"path/filepath"
	"testing"

	"nbemu/abi"
)

// TestConfinedStatvfs: statvfs, fstatvfs and getvfsstat give a confined guest's root the same names, and none of the host's
// (dostatvfs of kern/vfs_syscalls.c: what is mounted above the guest's root is on "/").
func TestConfinedStatvfs(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, filepath.Join(dir, "f"), "")
	l := testLWP(t, dir, dir, "")
	names := func(sv *abi.Statvfs) [2]string {
		return [2]string{cstring(sv.Mntonname[:]), cstring(sv.Mntfromname[:])}
	}
	all := Getvfsstat(l)
	want := names(&all[0])
	if want[0] != "/" {
		t.Errorf("getvfsstat: %q", want)
	}
	for _, path := range []string{"/", "/f"} {
		var sv abi.Statvfs
		if err := Statvfs(l, path, &sv); err != abi.OK || names(&sv) != want {
			t.Errorf("statvfs of %s: %v %q, want %q", path, err, names(&sv), want)
		}
		f, err := OpenFile(l, abi.AT_FDCWD, path, abi.O_RDONLY, 0)
		if err != abi.OK {
			t.Fatal(err)
		}
		if err := Fstatvfs(l, f, &sv); err != abi.OK || names(&sv) != want {
			t.Errorf("fstatvfs of %s: %v %q, want %q", path, err, names(&sv), want)
		}
		f.Unref(l)
	}
}
