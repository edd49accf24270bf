package vfs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
)

// metaMachine is the overlay of a machine, and what it says about the files of its root.
type metaMachine struct {
	*Metadata
	t    *testing.T
	root string
}

func openMeta(t *testing.T, file, root string) *metaMachine {
	t.Helper()
	m, err := New(kern.New()).OpenMetadata(file, root)
	if err != nil {
		t.Fatal(err)
	}
	return &metaMachine{m, t, m.root}
}

func (m *metaMachine) stat(name string) *abi.Stat {
	m.t.Helper()
	var st abi.Stat
	if err := hostStat(-100, filepath.Join(m.root, name), true, &st); err != nil {
		m.t.Fatal(err)
	}
	return &st
}

func (m *metaMachine) chown(name string, uid uint32) {
	m.t.Helper()
	m.record(keyOf(m.stat(name)), func() string { return filepath.Join(m.root, name) }, func(e *metaEntry) { e.uid, e.set = uid, e.set|metaUid })
}

// want says which user a file has, after what other machines did was looked at.
func (m *metaMachine) want(what, name string, uid uint32) {
	m.t.Helper()
	m.log.looked = m.log.looked.Add(-2 * lookEvery)
	st := m.stat(name)
	m.apply(keyOf(st), st)
	if st.Uid != uid {
		m.t.Errorf("%s: %s has user %d, not %d", what, name, st.Uid, uid)
	}
}

func makeFiles(t *testing.T, root string, names ...string) {
	t.Helper()
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(root, n), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMetadataTogether: machines with one file see each other's changes and lose none, not even when they are killed.
func TestMetadataTogether(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(t.TempDir(), "METALOG")
	makeFiles(t, root, "a", "b", "c", "d")
	a, b := openMeta(t, file, root), openMeta(t, file, root)
	a.chown("a", 100)
	b.chown("b", 200)
	a.want("another's change", "b", 200)
	b.want("another's change", "a", 100)
	a.chown("a", 101)
	killed := openMeta(t, file, root)
	killed.want("never flushed", "a", 101)
	killed.want("never flushed", "b", 200)

	// Written anew by one, appended to by the other.
	if err := a.Flush(); err != nil {
		t.Fatal(err)
	}
	b.chown("c", 300)
	a.chown("d", 400)
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, m := range []*metaMachine{a, b, openMeta(t, file, root)} {
		m.want("after Flush", "a", 101)
		m.want("after Flush", "b", 200)
		m.want("after Flush", "c", 300)
		m.want("after Flush", "d", 400)
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != "./a uid=101\n./b uid=200\n./c uid=300\n./d uid=400\n" {
		t.Errorf("%v: %s", err, text)
	}
}

// TestMetadataNames: renames and removals are in the log, and a root can be moved.
func TestMetadataNames(t *testing.T) {
	dir := t.TempDir()
	root, file := filepath.Join(dir, "root"), filepath.Join(dir, "METALOG")
	if err := os.MkdirAll(filepath.Join(root, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	makeFiles(t, root, "a", "gone", "sub/x y")
	m, other := openMeta(t, file, root), openMeta(t, file, root)
	m.chown("a", 1)
	m.chown("gone", 2)
	m.chown("sub/x y", 3)
	other.want("a name with a blank", "sub/x y", 3)
	rename := func(from, to string) {
		from, to = filepath.Join(m.root, from), filepath.Join(m.root, to)
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		m.moved(from, to)
	}
	rename("sub", "dir")
	rename("a", "dir/a")
	key := keyOf(m.stat("gone"))
	os.Remove(filepath.Join(root, "gone"))
	m.drop(key)
	makeFiles(t, root, "new")
	m.chown("new", 4)

	moved := filepath.Join(dir, "elsewhere")
	if err := os.Rename(root, moved); err != nil {
		t.Fatal(err)
	}
	again := openMeta(t, file, moved)
	again.want("moved root", "dir/x y", 3)
	again.want("moved root", "dir/a", 1)
	again.want("moved root", "new", 4)
	again.dirty = true
	if err := again.Flush(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != "./dir/a uid=1\n./dir/x\\040y uid=3\n./new uid=4\n" {
		t.Errorf("%v: %s", err, text)
	}
}

// TestMetadataFull: a change that is in no file is an error in the end.
func TestMetadataFull(t *testing.T) {
	root := t.TempDir()
	makeFiles(t, root, "a")
	// Nothing can be written to the file, and there is no room for another.
	m := openMeta(t, filepath.Join(t.TempDir(), "METALOG"), root)
	m.log.f.Close()
	os.RemoveAll(filepath.Dir(m.file))
	m.chown("a", 1)
	if err := m.Flush(); err == nil {
		t.Error("a full disk is no error")
	}
	// A link in the file's place is not followed.
	dir := t.TempDir()
	victim, file := filepath.Join(dir, "victim"), filepath.Join(dir, "METALOG")
	makeFiles(t, dir, "victim")
	m = openMeta(t, file, root)
	os.Remove(file)
	if err := os.Symlink(victim, file); err != nil {
		t.Fatal(err)
	}
	m.chown("a", 2)
	if b, err := os.ReadFile(victim); err != nil || strings.Contains(string(b), "uid") {
		t.Errorf("written through a link: %v, %s", err, b)
	}
}
