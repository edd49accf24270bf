package vfs

import (
	"os"
	"path/filepath"
	"testing"

	"nbemu/abi"
	"nbemu/mem"
)

// TestHostNews: what watchers of a file, of its directory and of a directory in that are told of what the host's
// programs do, an editor for one. The values are those that TestNotify has for the same done by a guest.
func TestHostNews(t *testing.T) {
	dir := t.TempDir()
	l := testLWP(t, dir, "", "")
	w := newWatcher(t, l)
	at := func(name string) string { return filepath.Join(dir, name) }
	mustWrite(t, at("file"), "12345678")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(at("sub"), 0755))
	write := func(name string, flag int, s string) {
		t.Helper()
		f, err := os.OpenFile(at(name), flag, 0644)
		must(err)
		_, err = f.WriteString(s)
		must(err)
		must(f.Close())
	}
	fd, dfd, sub := w.watch("file"), w.watch("."), w.watch("sub")
	for _, c := range []struct {
		what           string
		do             func()
		file, dir, sub uint32
	}{
		{"nothing", func() {}, 0, 0, 0},
		{"reading", func() { _, err := os.ReadFile(at("file")); must(err) }, 0, 0, 0},
		{"writing inside", func() { write("file", os.O_WRONLY, "x") }, abi.NOTE_WRITE, 0, 0},
		{"writing at the end", func() { write("file", os.O_WRONLY|os.O_APPEND, "x") }, abi.NOTE_WRITE | abi.NOTE_EXTEND, 0, 0},
		{"chmod", func() { must(os.Chmod(at("file"), 0600)) }, abi.NOTE_ATTRIB, 0, 0},
		{"a new file", func() { write("new", os.O_WRONLY|os.O_CREATE, "") }, 0, abi.NOTE_WRITE, 0},
		{"another name", func() { must(os.Link(at("file"), at("name"))) }, abi.NOTE_LINK, abi.NOTE_WRITE, 0},
		{"renaming", func() { must(os.Rename(at("file"), at("file2"))) }, abi.NOTE_RENAME, abi.NOTE_WRITE, 0},
		{"removing one name of two", func() { must(os.Remove(at("name"))) }, abi.NOTE_LINK, abi.NOTE_WRITE, 0},
		{"an editor's new version", func() { must(os.Rename(at("new"), at("file2"))) }, abi.NOTE_DELETE, abi.NOTE_WRITE, 0},
		{"a file in a directory", func() { write("sub/x", os.O_WRONLY|os.O_CREATE, "x") }, 0, 0, abi.NOTE_WRITE},
		{"and its end", func() { must(os.Remove(at("sub/x"))) }, 0, 0, abi.NOTE_WRITE},
		{"the end of a directory", func() { must(os.Remove(at("sub"))) }, 0, abi.NOTE_WRITE | abi.NOTE_LINK, abi.NOTE_DELETE},
	} {
		c.do()
		tfs.news.read(mem.FileKey{})
		if got := w.events(); got[fd] != c.file || got[dfd] != c.dir || got[sub] != c.sub {
			t.Errorf("%s: file %#x, directory %#x, in it %#x; want %#x, %#x, %#x", c.what, got[fd], got[dfd], got[sub], c.file, c.dir, c.sub)
		}
	}
}

// TestHostNewsEnd: who stops to watch leaves nothing behind.
func TestHostNewsEnd(t *testing.T) {
	dir := t.TempDir()
	l := testLWP(t, dir, "", "")
	w := newWatcher(t, l)
	mustWrite(t, filepath.Join(dir, "file"), "")
	for _, fd := range []abi.ULong{w.watch("file"), w.watch("."), w.watch("file")} {
		if err := l.Proc.Fd.Close(l, int32(fd)); err != abi.OK {
			t.Fatal(err)
		}
	}
	if len(tfs.news.files) != 0 || len(tfs.news.places) != 0 || len(tfs.vnodeKlists) != 0 {
		t.Errorf("left: %d files, %d places, %d lists", len(tfs.news.files), len(tfs.news.places), len(tfs.vnodeKlists))
	}
}
