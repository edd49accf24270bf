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
		var err abi.Errno
		if fh[i], err = Getfh(l, "/m/"+name); err != abi.OK {
			t.Fatal(err)
		}
	}
	ino := func(i int) (uint64, abi.Errno) {
		var st abi.Stat
		err := Fhstat(l, fh[i], &st)
		return st.Ino, err
	}
	for i := range fh {
		var st abi.Stat
		if err := Stat(l, abi.AT_FDCWD, "/m/"+strconv.Itoa(i), true, &st); err != abi.OK {
			t.Fatal(err)
		}
		if got, err := ino(i); err != abi.OK || got != st.Ino {
			t.Errorf("handle %d is of file %d, %v", i, got, err)
		}
	}
	if tfs.handles.held[0].fd < 0 || len(tfs.handles.held) > maxHeld {
		t.Errorf("%d files are held", len(tfs.handles.held))
	}
	// The first ones are not held any more: something else under the name is not taken for the file.
	mustWrite(t, filepath.Join(host, "new"), "new")
	if herr := os.Rename(filepath.Join(host, "new"), filepath.Join(host, "0")); herr != nil {
		t.Fatal(herr)
	}
	if _, err := ino(0); err != abi.ESTALE {
		t.Errorf("another file in its place: %v", err)
	}
	if herr := os.Rename(filepath.Join(host, strconv.Itoa(n-1)), filepath.Join(host, "moved")); herr != nil {
		t.Fatal(herr)
	}
	if _, err := ino(n - 1); err != abi.OK {
		t.Errorf("renamed on the host: %v", err)
	}
	again, err := Getfh(l, "/m/moved")
	if err != abi.OK || again != fh[n-1] {
		t.Errorf("its new name has another handle: %v", err)
	}
	tfs.UnmountAll()
	if _, err := ino(n - 1); err != abi.ESTALE || len(tfs.handles.byFH) != 0 {
		t.Errorf("of a mount that is no more: %v", err)
	}
}

// A handle is no way to write to what is mounted read-only.
func TestHandleReadOnly(t *testing.T) {
	l, _ := bound(t, true)
	fh, err := Getfh(l, "/m/f")
	if err != abi.OK {
		t.Fatal(err)
	}
	if _, err := Fhopen(l, fh, abi.O_RDWR); err != abi.EROFS {
		t.Errorf("open for writing: %v", err)
	}
	f, err := Fhopen(l, fh, abi.O_RDONLY)
	if err != abi.OK {
		t.Fatal(err)
	}
	f.Unref(l)
}
