package vfs

import (
	"path/filepath"
	"testing"
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// TestNotify: what watchers of a file and of its directory are told, as FFS tells it (sys/ufs/ufs/ufs_vnops.c,
// ufs_readwrite.c).
func TestNotify(t *testing.T) {
	dir := t.TempDir()
	l := testLWP(t, dir, "", "")
	w := newWatcher(t, l)
	watch := w.watch
	file := filepath.Join(dir, "file")
	mustWrite(t, file, "12345678")
	fd, dfd := watch("file"), watch(".")

	open := func(oflags int32) *kern.File {
		t.Helper()
		f, err := OpenFile(l, abi.AT_FDCWD, "file", oflags, 0644)
		if err != abi.OK {
			t.Fatal(err)
		}
		return f
	}
	write := func(f *kern.File, s string) {
		u := kern.KernUio(l, []byte(s), true)
		defer u.Free()
		if err := f.Ops.Write(l, f, u); err != abi.OK {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		what      string
		do        func()
		file, dir uint32
	}{
		{"writing inside", func() { f := open(abi.O_WRONLY); write(f, "x"); f.Unref(l) }, abi.NOTE_WRITE, 0},
		{"writing at the end", func() { f := open(abi.O_WRONLY | abi.O_APPEND); write(f, "x"); f.Unref(l) }, abi.NOTE_WRITE | abi.NOTE_EXTEND, 0},
		{"O_TRUNC", func() { open(abi.O_WRONLY | abi.O_TRUNC).Unref(l) }, abi.NOTE_ATTRIB, 0},
		{"O_CREAT of what is there", func() { open(abi.O_WRONLY | abi.O_CREAT).Unref(l) }, 0, 0},
		{"a new file", func() {
			f, err := OpenFile(l, abi.AT_FDCWD, "new", abi.O_WRONLY|abi.O_CREAT, 0644)
			if err != abi.OK {
				t.Fatal(err)
			}
			f.Unref(l)
		}, 0, abi.NOTE_WRITE},
		{"a new directory", func() { Mkdir(l, abi.AT_FDCWD, "d", 0755) }, 0, abi.NOTE_WRITE | abi.NOTE_LINK},
		{"another name", func() { Link(l, abi.AT_FDCWD, "file", abi.AT_FDCWD, "name", false) }, abi.NOTE_LINK, abi.NOTE_WRITE},
		{"renaming", func() { Rename(l, abi.AT_FDCWD, "file", abi.AT_FDCWD, "file2", false) }, abi.NOTE_RENAME, abi.NOTE_WRITE},
		{"removing one name of two", func() { Unlink(l, abi.AT_FDCWD, "name", false) }, abi.NOTE_LINK, abi.NOTE_WRITE},
		{"removing the last", func() { Unlink(l, abi.AT_FDCWD, "file2", false) }, abi.NOTE_DELETE, abi.NOTE_WRITE},
	} {
		c.do()
		got := w.events()
		if got[fd] != c.file || got[dfd] != c.dir {
			t.Errorf("%s: file %#x, directory %#x; want %#x, %#x", c.what, got[fd], got[dfd], c.file, c.dir)
		}
	}
}

// watcher watches files with a kqueue.
type watcher struct {
	t   *testing.T
	l   *kern.LWP
	kqf *kern.File
}

func newWatcher(t *testing.T, l *kern.LWP) *watcher { return &watcher{t, l, kern.NewKqueue(l, 0)} }

// watch opens a file and watches it for everything; it returns the descriptor.
func (w *watcher) watch(path string) abi.ULong {
	const all = abi.NOTE_DELETE | abi.NOTE_WRITE | abi.NOTE_EXTEND | abi.NOTE_ATTRIB | abi.NOTE_LINK | abi.NOTE_RENAME
	w.t.Helper()
	f, err := OpenFile(w.l, abi.AT_FDCWD, path, abi.O_RDONLY, 0)
	if err != abi.OK {
		w.t.Fatal(path, err)
	}
	fd, err := w.l.Install(f, false)
	if err != abi.OK {
		w.t.Fatal(err)
	}
	kev := &abi.Kevent{Ident: abi.ULong(fd), Filter: abi.EVFILT_VNODE, Flags: abi.EV_ADD | abi.EV_CLEAR, Fflags: all}
	if err := w.kqf.Ops.(*kern.Kqueue).Register(w.l, kev); err != abi.OK {
		w.t.Fatal(err)
	}
	return abi.ULong(fd)
}

// events gives what happened, by descriptor.
func (w *watcher) events() map[abi.ULong]uint32 {
	w.t.Helper()
	got := map[abi.ULong]uint32{}
	events, err := w.kqf.Ops.(*kern.Kqueue).Scan(w.l, w.kqf, 8, time.Now(), true)
	if err != abi.OK {
		w.t.Fatal(err)
	}
	for _, ev := range events {
		got[ev.Ident] = ev.Fflags
	}
	return got
}
