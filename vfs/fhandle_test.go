package vfs

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"nbemu/abi"
)

// Handles of more files than are held open are right too, while nobody renames the files; with the mount through which
// they were found they end.
func TestManyHandles(t *testing.T) {
	l, host := bound(t, false)
	const n = maxHeld + 50
	fh := make([]FileHandle, n)
	for i := range fh {
		name := strconv.Itoa(i)
		mustWrite(t, filepath.Join(host, name), name)
		var e abi.Errno
		if fh[i], e = Getfh(l, "/m/"+name); e != abi.OK {
			t.Fatal(e)
		}
	}
	ino := func(i int) (uint64, abi.Errno) {
		var st abi.Stat
		e := Fhstat(l, fh[i], &st)
		return st.Ino, e
	}
	for i := range fh {
		var st abi.Stat
		if e := Stat(l, abi.AT_FDCWD, "/m/"+strconv.Itoa(i), true, &st); e != abi.OK {
			t.Fatal(e)
		}
		if got, e := ino(i); e != abi.OK || got != st.Ino {
			t.Errorf("handle %d is of file %d, %v", i, got, e)
		}
	}
	if tfs.handles.held[0].fd < 0 || len(tfs.handles.held) > maxHeld {
		t.Errorf("%d files are held", len(tfs.handles.held))
	}
	// The first ones are not held any more: something else under the name is not taken for the file.
	mustWrite(t, filepath.Join(host, "new"), "new")
	if err := os.Rename(filepath.Join(host, "new"), filepath.Join(host, "0")); err != nil {
		t.Fatal(err)
	}
	if _, e := ino(0); e != abi.ESTALE {
		t.Errorf("another file in its place: %v", e)
	}
	if err := os.Rename(filepath.Join(host, strconv.Itoa(n-1)), filepath.Join(host, "moved")); err != nil {
		t.Fatal(err)
	}
	if _, e := ino(n - 1); e != abi.OK {
		t.Errorf("renamed on the host: %v", e)
	}
	again, e := Getfh(l, "/m/moved")
	if e != abi.OK || again != fh[n-1] {
		t.Errorf("its new name has another handle: %v", e)
	}
	tfs.UnmountAll()
	if _, e := ino(n - 1); e != abi.ESTALE || len(tfs.handles.byFH) != 0 {
		t.Errorf("of a mount that is no more: %v", e)
	}
}

// A handle is no way to write to what is mounted read-only.
func TestHandleReadOnly(t *testing.T) {
	l, _ := bound(t, true)
	fh, e := Getfh(l, "/m/f")
	if e != abi.OK {
		t.Fatal(e)
	}
	if _, e := Fhopen(l, fh, abi.O_RDWR); e != abi.EROFS {
		t.Errorf("open for writing: %v", e)
	}
	f, e := Fhopen(l, fh, abi.O_RDONLY)
	if e != abi.OK {
		t.Fatal(e)
	}
	f.Unref(l)
}
