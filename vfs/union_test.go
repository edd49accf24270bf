package vfs

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// unionLWP makes a process whose root is a union of two directories.
func unionLWP(t *testing.T, upper, lower string) *kern.LWP {
	t.Helper()
	open := func(dir string) int {
		fd, err := unix.Open(dir, oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		return fd
	}
	un, err := tfs.newUnion(abi.MOUNT_UNION, open(upper), []int{open(lower)})
	if err != nil {
		t.Fatal(err)
	}
	l := testLWP(t, lower, "", "")
	old := l.Proc.Cwdi
	un.root.ref()
	l.Proc.Cwdi = kern.NewCwdinfo(newUnionRef(un.root, nil), newUnionRef(un.root, nil), nil, 022)
	old.Free()
	return l
}

// treeOf describes all that a process sees below its root.
func treeOf(t *testing.T, l *kern.LWP) string {
	t.Helper()
	var out []string
	links := map[uint64]int{}
	var walk func(dir string)
	walk = func(dir string) {
		for _, name := range namesIn(t, l, dir) {
			p := dir + "/" + name
			var st abi.Stat
			if err := Stat(l, abi.AT_FDCWD, p, false, &st); err != abi.OK {
				t.Fatalf("%s is listed, but %v", p, err)
			}
			s := fmt.Sprintf("%s %o", p, st.Mode)
			switch st.Mode & abi.S_IFMT {
			case abi.S_IFDIR:
				out = append(out, s)
				walk(p)
				continue
			case abi.S_IFLNK:
				to, _ := Readlink(l, abi.AT_FDCWD, p, 100)
				s += " " + to
			case abi.S_IFREG:
				s += " " + fmt.Sprintf("%q", contents(t, l, p))
			}
			if links[st.Ino] == 0 {
				links[st.Ino] = len(links) + 1
			}
			out = append(out, fmt.Sprintf("%s %d links, number %d, time %d", s, st.Nlink, links[st.Ino], st.Mtim.Sec))
		}
	}
	walk("")
	return strings.Join(out, "\n")
}

func contents(t *testing.T, l *kern.LWP, p string) string {
	f, err := OpenFile(l, abi.AT_FDCWD, p, abi.O_RDONLY, 0)
	if err != abi.OK {
		t.Fatal(p, err)
	}
	defer f.Unref(l)
	b := make([]byte, 4096)
	u := kern.KernUio(l, b, false)
	defer u.Free()
	if err := f.Ops.Read(l, f, u); err != abi.OK {
		t.Fatal(p, err)
	}
	return string(b[:4096-int(u.Resid)])
}

func namesIn(t *testing.T, l *kern.LWP, dir string) (names []string) {
	t.Helper()
	f, err := OpenFile(l, abi.AT_FDCWD, dir+"/.", abi.O_RDONLY|abi.O_DIRECTORY, 0)
	if err != abi.OK {
		t.Fatal(dir, err)
	}
	defer f.Unref(l)
	for {
		n, _, err := Getdents(l, f, make([]byte, 512), func(_ *abi.Model, buf []byte, _ uint64, _ uint8, name []byte) int {
			if len(name)+1 > len(buf) {
				return 0
			}
			if s := string(name); s != "." && s != ".." {
				names = append(names, s)
			}
			return len(name) + 1
		})
		if err != abi.OK {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	slices.Sort(names)
	return names
}

func lowerTree(t *testing.T, dir string) {
	t.Helper()
	mustWrite(t, filepath.Join(dir, "a/x"), "ax")
	mustWrite(t, filepath.Join(dir, "a/b/y"), "aby")
	mustWrite(t, filepath.Join(dir, "c/z"), "cz")
	mustWrite(t, filepath.Join(dir, "f"), "f")
	for _, err := range []error{os.Symlink("f", filepath.Join(dir, "s")), os.Link(filepath.Join(dir, "f"), filepath.Join(dir, "c/f")),
		os.Mkdir(filepath.Join(dir, "e"), 0755), unix.Mkfifo(filepath.Join(dir, "p"), 0644)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_ = filepath.Walk(dir, func(p string, fi os.FileInfo, err error) error {
		ts := []unix.Timespec{{Sec: 1000}, {Sec: 2000}}
		return errors.Join(err, unix.UtimesNanoAt(unix.AT_FDCWD, p, ts, unix.AT_SYMLINK_NOFOLLOW))
	})
}

// TestUnionModel does the same, at random, in a plain directory and in a union whose lower layer is like it: calls must
// have the same results and programs see the same. The lower layer stays as it was, and what is seen then is seen again
// by a machine that starts anew.
func TestUnionModel(t *testing.T) {
	if tfs.metadata != nil {
		t.Skip("owners are kept beside the files")
	}
	for seed := range int64(15) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { unionModel(t, seed) })
	}
}

func unionModel(t *testing.T, seed int64) {
	plain, lower := t.TempDir(), t.TempDir()
	lowerTree(t, plain)
	lowerTree(t, lower)
	before := hostTree(t, lower)
	ls := [2]*kern.LWP{testLWP(t, plain, plain, "")}
	upper := t.TempDir()
	ls[1] = unionLWP(t, upper, lower)
	r := rand.New(rand.NewSource(seed))
	names := []string{"a", "a/x", "a/b", "a/b/y", "c", "c/z", "c/f", "f", "s", "e", "p", "n", "a/n", "e/n", "c/n", "n/n", "e/m", "a/b/n", "a/b/n/n"}
	type held struct{ f [2]*kern.File }
	var open []held
	defer func() {
		for _, h := range open {
			for i := range h.f {
				h.f[i].Unref(ls[i])
			}
		}
	}()
	var log []string
	for step := range 60 {
		a, b := "/"+names[r.Intn(len(names))], "/"+names[r.Intn(len(names))]
		op, n := r.Intn(17), r.Intn(1000)
		var res [2]string
		var got [2]*kern.File
		for i, l := range ls {
			var err abi.Errno
			switch op {
			case 0, 1:
				res[i] = "unlink " + a
				err = Unlink(l, abi.AT_FDCWD, a, false)
			case 2, 3:
				res[i] = "rmdir " + a
				err = Unlink(l, abi.AT_FDCWD, a, true)
			case 4, 5, 6:
				res[i] = "rename " + a + " " + b
				err = Rename(l, abi.AT_FDCWD, a, abi.AT_FDCWD, b, n%2 == 0)
			case 7, 8:
				res[i] = "mkdir " + a
				err = Mkdir(l, abi.AT_FDCWD, a, 0755)
			case 9:
				res[i] = "link " + a + " " + b
				err = Link(l, abi.AT_FDCWD, a, abi.AT_FDCWD, b, n%2 == 0)
			case 10:
				res[i] = "symlink " + a
				err = Symlink(l, "a/x", abi.AT_FDCWD, a)
			case 11:
				res[i] = "chmod " + a
				err = Chmod(l, abi.AT_FDCWD, a, uint32(n)&0777|0700, true)
			case 12:
				res[i] = "truncate " + a
				err = Truncate(l, a, 1)
			case 13:
				res[i] = "utimens " + a
				ts := [2]abi.Timespec{{Sec: int64(n)}, {Sec: int64(n)}}
				err = Utimens(l, abi.AT_FDCWD, a, &ts, n%2 == 0)
			case 14, 15, 16:
				flags := []int32{abi.O_RDONLY, abi.O_RDWR, abi.O_WRONLY | abi.O_CREAT, abi.O_RDWR | abi.O_TRUNC | abi.O_CREAT, abi.O_RDWR | abi.O_CREAT | abi.O_EXCL, abi.O_RDWR | abi.O_APPEND}[n%6]
				res[i] = fmt.Sprintf("open %s %#x", a, flags)
				var f *kern.File
				if f, err = OpenFile(l, abi.AT_FDCWD, a, flags|abi.O_NONBLOCK, 0644); err == abi.OK {
					if _, ok := f.Ops.(*regFile); ok && flags&abi.O_ACCMODE != abi.O_RDONLY {
						u := kern.KernUio(l, []byte(fmt.Sprint(n)), true)
						err = f.Ops.Write(l, f, u)
						u.Free()
					}
					got[i] = f
				}
			}
			res[i] += fmt.Sprint(" ", err)
		}
		log = append(log, res[0])
		if res[0] != res[1] {
			t.Fatalf("step %d: %s; in a union %s; after\n%s", step, res[0], res[1], strings.Join(log, "\n"))
		}
		switch {
		case got[0] != nil && n%3 == 0 && vnodeOf(got[0]).Mode&abi.S_IFMT != abi.S_IFIFO:
			open = append(open, held{got})
		case got[0] != nil:
			for i := range got {
				got[i].Unref(ls[i])
			}
		}
		if want, have := noTimes(treeOf(t, ls[0])), noTimes(treeOf(t, ls[1])); want != have {
			t.Fatalf("step %d: want\n%s\nthe union has\n%s\nafter\n%s", step, want, have, strings.Join(log, "\n"))
		}
		for _, h := range open {
			var c [2]string
			for i, f := range h.f {
				if _, ok := f.Ops.(*regFile); ok && f.Flag&abi.FREAD != 0 {
					b := make([]byte, 100)
					u := kern.KernUio(ls[i], b, false)
					u.Positional = true
					_ = f.Ops.Read(ls[i], f, u)
					c[i] = string(bytes.TrimRight(b, "\x00"))
					u.Free()
				}
			}
			if c[0] != c[1] {
				t.Fatalf("step %d: an open file has %q, in the union %q; after\n%s", step, c[0], c[1], strings.Join(log, "\n"))
			}
		}
	}
	if after := hostTree(t, lower); after != before {
		t.Errorf("the lower layer was changed:\n%s\nit was\n%s", after, before)
	}
	again := unionLWP(t, upper, lower)
	if now, then := treeOf(t, again), treeOf(t, ls[1]); now != then {
		t.Errorf("another machine sees\n%s\nand not\n%s\nafter\n%s", now, then, strings.Join(log, "\n"))
	}
}

// noTimes leaves times out that are those of the test itself.
func noTimes(s string) string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		at, sec, _ := strings.Cut(line, ", time ")
		if len(sec) > 4 {
			line = at
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// hostTree describes a directory of the host's.
func hostTree(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	err := filepath.Walk(dir, func(p string, fi os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		s := fmt.Sprint(strings.TrimPrefix(p, dir), fi.Mode(), fi.ModTime().Unix())
		if fi.Mode().IsRegular() {
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			s += string(b)
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// TestUndelete brings back what was removed from a lower layer (sys_undelete), and nothing else.
func TestUndelete(t *testing.T) {
	lower, upper := t.TempDir(), t.TempDir()
	long := strings.Repeat("n", 255)
	for _, name := range []string{"x", "y", long, "d/z"} {
		mustWrite(t, filepath.Join(lower, name), "below")
	}
	l := unionLWP(t, upper, lower)
	want := func(what string, got, want abi.Errno) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	for _, name := range []string{"/x", "/y", "/" + long, "/d/z"} {
		want("what is there", Undelete(l, name), abi.EEXIST)
		want("remove", Unlink(l, abi.AT_FDCWD, name, false), abi.OK)
	}
	want("a directory", Undelete(l, "/d"), abi.EEXIST)
	want("remove the directory", Unlink(l, abi.AT_FDCWD, "/d", true), abi.OK)
	want("in a directory that was removed", Undelete(l, "/d/z"), abi.ENOENT)
	want("make another in its place", Mkdir(l, abi.AT_FDCWD, "/y", 0755), abi.OK)
	want("what is hidden by another", Undelete(l, "/y"), abi.EEXIST)
	want("what never was", Undelete(l, "/never"), abi.ENOENT)
	want("a file", Undelete(l, "/x"), abi.OK)
	want("twice", Undelete(l, "/x"), abi.EEXIST)
	want("a long name", Undelete(l, "/"+long), abi.OK)
	want("the directory", Undelete(l, "/d"), abi.OK)
	if got := fmt.Sprint(namesIn(t, l, ""), namesIn(t, l, "/d")); got != fmt.Sprintf("[d %s x y] [z]", long) {
		t.Error(got)
	}
	plain := unionLWP(t, t.TempDir(), t.TempDir())
	want("in another union", Undelete(plain, "/x"), abi.ENOENT)
}

// TestUnionNames: names of ours are no names, also those for names that are too long for a prefix; what is removed in a
// deeper directory stays removed, and a directory that is made again is empty.
func TestUnionNames(t *testing.T) {
	lower, upper := t.TempDir(), t.TempDir()
	long := strings.Repeat("n", 255)
	for _, name := range []string{"d/" + long, "d/x", "d/sub/deep/y", ".wh.own"} {
		mustWrite(t, filepath.Join(lower, name), "")
	}
	l := unionLWP(t, upper, lower)
	want := func(what string, got, want abi.Errno) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	want("remove a long name", Unlink(l, abi.AT_FDCWD, "/d/"+long, false), abi.OK)
	want("again", Unlink(l, abi.AT_FDCWD, "/d/"+long, false), abi.ENOENT)
	want("make a whiteout", Mkdir(l, abi.AT_FDCWD, "/d/.wh.x", 0755), abi.EPERM)
	_, err := OpenFile(l, abi.AT_FDCWD, "/d/.wh.x", abi.O_WRONLY|abi.O_CREAT, 0644)
	want("open one", err, abi.EPERM)
	want("rename to one", Rename(l, abi.AT_FDCWD, "/d/x", abi.AT_FDCWD, "/d/.wh.sub", false), abi.EPERM)
	want("bring a name back", Unlink(l, abi.AT_FDCWD, "/d/"+whiteout(long), false), abi.ENOENT)
	want("remove a file", Unlink(l, abi.AT_FDCWD, "/d/sub/deep/y", false), abi.OK)
	want("and its directory", Unlink(l, abi.AT_FDCWD, "/d/sub/deep", true), abi.OK)
	want("make it again", Mkdir(l, abi.AT_FDCWD, "/d/sub/deep", 0755), abi.OK)
	for i, l := range []*kern.LWP{l, unionLWP(t, upper, lower)} {
		if got := fmt.Sprint(namesIn(t, l, "/d"), namesIn(t, l, "/d/sub/deep"), namesIn(t, l, "")); got != "[sub x] [] [d]" {
			t.Errorf("machine %d: %s", i, got)
		}
	}
	if _, herr := os.Stat(filepath.Join(lower, "d", long)); herr != nil {
		t.Error(herr)
	}
}

// TestUnionHeld: who is in a directory, or holds it, follows it into the uppermost layer and under another name; one that
// was removed takes no more names.
func TestUnionHeld(t *testing.T) {
	lower, upper := t.TempDir(), t.TempDir()
	mustWrite(t, filepath.Join(lower, "a/b/f"), "f")
	if herr := os.MkdirAll(filepath.Join(lower, "e"), 0755); herr != nil {
		t.Fatal(herr)
	}
	l := unionLWP(t, upper, lower)
	cwd := func(want string) {
		t.Helper()
		if p, err := Getcwd(l); err != abi.OK || p != want {
			t.Errorf("working directory %q %v, want %q", p, err, want)
		}
	}
	if err := Chdir(l, "/a/b"); err != abi.OK {
		t.Fatal(err)
	}
	cwd("/a/b")
	if err := Rename(l, abi.AT_FDCWD, "/a", abi.AT_FDCWD, "/n", false); err != abi.OK {
		t.Fatal(err)
	}
	cwd("/n/b")
	if err := Mkdir(l, abi.AT_FDCWD, "../c", 0755); err != abi.OK {
		t.Fatal(err)
	}
	if got := fmt.Sprint(namesIn(t, l, "/n"), namesIn(t, l, ".."), namesIn(t, l, "")); got != "[b c] [b c] [e n]" {
		t.Error(got)
	}
	if err := Chdir(l, "/e"); err != abi.OK {
		t.Fatal(err)
	}
	if err := Unlink(l, abi.AT_FDCWD, "/e", true); err != abi.OK {
		t.Fatal(err)
	}
	if err := Mkdir(l, abi.AT_FDCWD, "x", 0755); err != abi.ENOENT {
		t.Errorf("a name in a removed directory: %v", err)
	}
	if err := Chdir(l, "/"); err != abi.OK {
		t.Fatal(err)
	}
	un := l.Proc.Cwdi.Rdir.(*Dir).u.un
	if len(un.dirs) != 1 || len(un.files) != 0 {
		t.Errorf("%d directories and %d files are left in use", len(un.dirs), len(un.files))
	}
}

// TestUnionNotify: who watches a file or directory of a lower layer hears of changes, which are made to a copy; and what
// the host does to that copy afterwards.
func TestUnionNotify(t *testing.T) {
	lower, upper := t.TempDir(), t.TempDir()
	mustWrite(t, filepath.Join(lower, "d/f"), "12345678")
	l := unionLWP(t, upper, lower)
	w := newWatcher(t, l)
	fd, dfd := w.watch("/d/f"), w.watch("/d")
	for _, c := range []struct {
		what      string
		do        func()
		file, dir uint32
	}{
		{"opening for writing", func() {
			f, err := OpenFile(l, abi.AT_FDCWD, "/d/f", abi.O_RDWR, 0)
			if err != abi.OK {
				t.Fatal(err)
			}
			f.Unref(l)
		}, 0, 0},
		{"truncation", func() { Truncate(l, "/d/f", 2) }, abi.NOTE_ATTRIB, 0},
		{"a new file", func() { Mkdir(l, abi.AT_FDCWD, "/d/n", 0755) }, 0, abi.NOTE_WRITE | abi.NOTE_LINK},
		{"renaming", func() { Rename(l, abi.AT_FDCWD, "/d/f", abi.AT_FDCWD, "/d/g", false) }, abi.NOTE_RENAME, abi.NOTE_WRITE},
		{"removing", func() { Unlink(l, abi.AT_FDCWD, "/d/g", false) }, abi.NOTE_DELETE, abi.NOTE_WRITE},
	} {
		c.do()
		if got := w.events(); got[fd] != c.file || got[dfd] != c.dir {
			t.Errorf("%s: file %#x, directory %#x; want %#x, %#x", c.what, got[fd], got[dfd], c.file, c.dir)
		}
	}
	for _, fd := range []abi.ULong{fd, dfd} {
		_ = l.Proc.Fd.Close(l, int32(fd))
	}
	if len(tfs.vnodeKlists) != 0 {
		t.Errorf("%d lists of watchers are left", len(tfs.vnodeKlists))
	}
}

// TestUnionTmpfile: a file without a name that was made in a union can be given one there.
func TestUnionTmpfile(t *testing.T) {
	lower, upper := t.TempDir(), t.TempDir()
	mustWrite(t, filepath.Join(lower, "d/f"), "")
	l := unionLWP(t, upper, lower)
	f, err := OpenTmpfile(l, abi.AT_FDCWD, "/d", abi.O_RDWR, false, 0600)
	if err == abi.EOPNOTSUPP {
		t.Skip("the host has no files without names")
	}
	if err != abi.OK {
		t.Fatal(err)
	}
	defer f.Unref(l)
	if err := LinkFile(l, f, abi.AT_FDCWD, "/d/named"); err != abi.OK {
		t.Fatal(err)
	}
	var named, open abi.Stat
	err = Stat(l, abi.AT_FDCWD, "/d/named", true, &named)
	if operr := f.Ops.Stat(l, f, &open); err != abi.OK || operr != abi.OK || named.Dev != open.Dev || named.Ino != open.Ino {
		t.Errorf("the name has number %d/%d (%v), the open file %d/%d (%v)", named.Dev, named.Ino, err, open.Dev, open.Ino, operr)
	}
}

// TestUnionLease: a lease on a file of a lower layer holds for the copy.
func TestUnionLease(t *testing.T) {
	lower, upper := t.TempDir(), t.TempDir()
	mustWrite(t, filepath.Join(lower, "f"), "")
	l := unionLWP(t, upper, lower)
	before := len(tfs.leases.open)
	f, err := OpenFile(l, abi.AT_FDCWD, "/f", abi.O_RDONLY, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	if err := SetLease(l, f, abi.F_RDLCK); err != abi.OK {
		t.Fatal(err)
	}
	if w, err := OpenFile(l, abi.AT_FDCWD, "/f", abi.O_WRONLY|abi.O_NONBLOCK, 0); err != abi.EAGAIN {
		t.Errorf("open for writing: %v, %v", w, err)
	}
	f.Unref(l)
	if open, held := len(tfs.leases.open), len(tfs.leases.held); open != before || held != 0 {
		t.Errorf("%d files are open, %d were before; %d leases are left", open, before, held)
	}
}
