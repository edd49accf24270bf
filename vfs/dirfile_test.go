package vfs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
)

// parseDents takes apart what getdents returned.
func parseDents(t *testing.T, m *abi.Model, b []byte) (names []string) {
	t.Helper()
	for len(b) > 0 {
		reclen := int(m.Uint(b[8:], 2))
		namlen := int(m.Uint(b[10:], 2))
		if reclen > len(b) || reclen%8 != 0 || abi.DirentHeader+namlen+1 > reclen || b[abi.DirentHeader+namlen] != 0 {
			t.Fatalf("record of %d bytes with a name of %d: % x", reclen, namlen, b[:min(len(b), 40)])
		}
		if m.Uint(b, 8) == 0 {
			t.Error("no file number")
		}
		names = append(names, string(b[abi.DirentHeader:abi.DirentHeader+namlen]))
		b = b[reclen:]
	}
	return names
}

func TestGetdents(t *testing.T) {
	dir := t.TempDir()
	want := []string{".", ".."}
	for i := range 500 {
		name := fmt.Sprintf("%0*d", 1+i%200, i)
		want = append(want, name)
		if herr := os.WriteFile(filepath.Join(dir, name), nil, 0600); herr != nil {
			t.Fatal(herr)
		}
	}
	slices.Sort(want)
	want = slices.Compact(want)
	l := testLWP(t, dir, "", "")
	m := l.Model()
	for _, size := range []int{232, 512, 1000, 4096, 65536} {
		f, err := OpenFile(l, abi.AT_FDCWD, ".", abi.O_RDONLY|abi.O_DIRECTORY, 0)
		if err != abi.OK {
			t.Fatal(err)
		}
		var got []string
		type place struct {
			off   int64
			names []string
		}
		var places []place
		buf := make([]byte, size)
		for {
			n, off, err := Getdents(l, f, buf, PackDirent)
			if err != abi.OK {
				t.Fatalf("size %d: %v", size, err)
			}
			if n == 0 {
				break
			}
			names := parseDents(t, m, buf[:n])
			places = append(places, place{off, names})
			got = append(got, names...)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("size %d: %d names, want %d", size, len(got), len(want))
		}
		// Offsets lead back to the exact entry.
		for _, i := range []int{len(places) - 1, len(places) / 2, 0} {
			if _, err := f.Ops.Seek(l, f, places[i].off, abi.SEEK_SET); err != abi.OK {
				t.Fatal(err)
			}
			n, _, err := Getdents(l, f, buf, PackDirent)
			if err != abi.OK || !slices.Equal(parseDents(t, m, buf[:n]), places[i].names) {
				t.Errorf("size %d: seeking back to %d gives other entries (%v)", size, places[i].off, err)
			}
		}
		if _, _, err := Getdents(l, f, buf[:16], PackDirent); size == 232 && err != abi.EINVAL {
			t.Errorf("buffer too small: %v", err)
		}
		f.Unref(l)
	}
}

func TestPackDirent12(t *testing.T) {
	m := abi.ILP32BE
	buf := make([]byte, 16)
	if n := PackDirent12(m, buf, 0x11223344, abi.DT_REG, []byte("abc")); n != 12 || string(buf[:12]) != "\x11\x22\x33\x44\x00\x0c\x08\x03abc\x00" {
		t.Errorf("%d: % x", n, buf)
	}
	if n := PackDirent12(m, buf, 1, abi.DT_REG, []byte("too long for it")); n != 0 {
		t.Errorf("took %d bytes", n)
	}
	long := []byte(strings.Repeat("x", 300))
	big := make([]byte, 1000)
	if n := PackDirent12(m, big, 1, abi.DT_REG, long); n != 264 || big[7] != 255 {
		t.Errorf("%d bytes for a long name", n)
	}
}

func TestRecordLocks(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir+"/f", "0123456789")
	a, b := testLWP(t, dir, "", ""), testLWP(t, dir, "", "")
	b.Proc.PID = 78
	fa, _ := OpenFile(a, abi.AT_FDCWD, "f", abi.O_RDWR, 0)
	fb, _ := OpenFile(b, abi.AT_FDCWD, "f", abi.O_RDWR, 0)
	fa2, _ := OpenFile(a, abi.AT_FDCWD, "f", abi.O_RDWR, 0)
	lock := func(typ int16, start, n int64) *abi.Flock {
		return &abi.Flock{Type: typ, Start: start, Len: n, Whence: abi.SEEK_SET}
	}
	check := func(what string, got, want abi.Errno) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	check("a writes 0-10", SetLock(a, fa, lock(abi.F_WRLCK, 0, 10), false), abi.OK)
	check("a again, other descriptor", SetLock(a, fa2, lock(abi.F_WRLCK, 5, 10), false), abi.OK)
	check("b reads 3", SetLock(b, fb, lock(abi.F_RDLCK, 3, 1), false), abi.EAGAIN)
	check("b reads 20", SetLock(b, fb, lock(abi.F_RDLCK, 20, 0), false), abi.OK)
	check("a reads 20", SetLock(a, fa, lock(abi.F_RDLCK, 25, 5), false), abi.OK)
	check("a writes 20", SetLock(a, fa, lock(abi.F_WRLCK, 25, 5), false), abi.EAGAIN)
	fl := lock(abi.F_WRLCK, 0, 0)
	check("b asks", GetLock(b, fb, fl), abi.OK)
	if fl.Pid != 77 || fl.Type != abi.F_WRLCK || fl.Start != 0 || fl.Len != 15 {
		t.Errorf("b is told of %+v", fl)
	}
	check("a gives up the middle", SetLock(a, fa, lock(abi.F_UNLCK, 5, 5), false), abi.OK)
	check("b writes the middle", SetLock(b, fb, lock(abi.F_WRLCK, 5, 5), false), abi.OK)
	check("b writes more", SetLock(b, fb, lock(abi.F_WRLCK, 4, 5), false), abi.EAGAIN)
	check("negative", SetLock(a, fa, lock(abi.F_RDLCK, -1, 5), false), abi.EINVAL)
	check("backwards", SetLock(a, fa, lock(abi.F_RDLCK, 100, -5), false), abi.OK)
	check("whence", SetLock(a, fa, &abi.Flock{Type: abi.F_RDLCK, Whence: 9}, false), abi.EINVAL)
	// Closing any descriptor of the file gives the process's locks up.
	fd, _ := a.Install(fa2, false)
	_ = a.Proc.Fd.Close(a, fd)
	check("b writes all", SetLock(b, fb, lock(abi.F_WRLCK, 0, 0), false), abi.OK)
	check("b gives all up", SetLock(b, fb, lock(abi.F_UNLCK, 0, 0), false), abi.OK)
	if len(tfs.lockedFiles) != 0 {
		t.Errorf("%d files with locks are left", len(tfs.lockedFiles))
	}
	fa.Unref(a)
	fb.Unref(b)
}

// TestSortedDents: in the order of names, in pieces, and again after the beginning is sought.
func TestSortedDents(t *testing.T) {
	dir := t.TempDir()
	want := []string{".", ".."}
	for _, name := range []string{"b", "!", "a", "-", "B", "aa", "zz", "a.b"} {
		want = append(want, name)
		if herr := os.WriteFile(filepath.Join(dir, name), nil, 0600); herr != nil {
			t.Fatal(herr)
		}
	}
	slices.Sort(want[2:])
	l := testLWP(t, dir, "", "")
	m := l.Model()
	f, err := OpenFile(l, abi.AT_FDCWD, ".", abi.O_RDONLY|abi.O_DIRECTORY, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	defer f.Done(l)
	d := f.Ops.(*dirFile)
	for _, size := range []int{40, 100, 4096} {
		f.Offset = 0
		var got []string
		buf := make([]byte, size)
		for {
			n, _, err := d.sortedDents(m, f, buf, PackDirent)
			if err != abi.OK {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			got = append(got, parseDents(t, m, buf[:n])...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("with %d bytes: %q, not %q", size, got, want)
		}
	}
	f.Offset = 0
	if _, _, err := d.sortedDents(m, f, make([]byte, 8), PackDirent); err != abi.EINVAL {
		t.Errorf("room for no entry: %v", err)
	}
}

// TestRecordLocksOfUser: a user has 1023 record locks at most, as each new one wants room for two (vfs_lockf.c), and the
// super-user any number.
func TestRecordLocksOfUser(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir+"/f", "0123456789")
	if err := os.Chmod(dir+"/f", 0o666); err != nil {
		t.Fatal(err)
	}
	l := testLWP(t, dir, "", "")
	f, err := OpenFile(l, abi.AT_FDCWD, "f", abi.O_RDWR, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	set := func(typ int16, start, n int64) abi.Errno {
		return SetLock(l, f, &abi.Flock{Type: typ, Start: start, Len: n, Whence: abi.SEEK_SET}, false)
	}
	for _, c := range []struct {
		uid  uint32
		want int
	}{{1000, 1023}, {0, 1500}} {
		*l.Proc.Cred = kern.Cred{Euid: c.uid, Ruid: c.uid, Svuid: c.uid}
		n := 0
		for n < 1500 && set(abi.F_WRLCK, int64(2*n), 1) == abi.OK {
			n++
		}
		if n != c.want || l.K.LockCount(c.uid) != n {
			t.Errorf("user %d: %d locks, counted as %d, want %d", c.uid, n, l.K.LockCount(c.uid), c.want)
		}
		if err := set(abi.F_UNLCK, 0, 0); err != abi.OK || l.K.LockCount(c.uid) != 0 {
			t.Errorf("user %d: %v, %d locks left", c.uid, err, l.K.LockCount(c.uid))
		}
	}
	f.Unref(l)
}
