package vfs

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/cpu/cputest"
	"nbemu/kern"
)

// testLWP is an LWP whose working directory is cwd, and whose root is root if that is not "".
func testLWP(t *testing.T, cwd, rootDir, emul string) *kern.LWP {
	t.Helper()
	dir := func(p string) kern.Dir {
		if p == "" {
			return nil
		}
		d, err := openHostDir(p)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	lim := new(kern.Limits)
	for i := range lim {
		lim[i] = abi.Rlimit{Cur: abi.RLIM_INFINITY, Max: abi.RLIM_INFINITY}
	}
	p := &kern.Proc{K: tfs.K, PID: 77, Arch: cputest.AMD64, Cred: &kern.Cred{}, Fd: kern.NewFileDesc(), Limits: lim}
	p.Cwdi = kern.NewCwdinfo(dir(cwd), dir(rootDir), dir(emul), 022)
	l := &kern.LWP{K: tfs.K, Proc: p}
	t.Cleanup(func() { p.Fd.Free(l); p.Cwdi.Free() })
	return l
}

func mustWrite(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0644); err != nil {
		t.Fatal(err)
	}
}

func mustLink(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

// readPath reads a file as a guest would.
func readPath(l *kern.LWP, path string) (string, abi.Errno) {
	f, err := OpenFile(l, abi.AT_FDCWD, path, abi.O_RDONLY, 0)
	if err != abi.OK {
		return "", err
	}
	defer f.Unref(l)
	b := make([]byte, 200)
	u := kern.KernUio(l, b, false)
	defer u.Free()
	err = f.Ops.Read(l, f, u)
	return string(b[:len(b)-int(u.Resid)]), err
}

// jail is a directory with a root inside and a secret outside.
func jail(t *testing.T) (top, rootDir string) {
	top = t.TempDir()
	rootDir = filepath.Join(top, "root")
	mustWrite(t, filepath.Join(top, "secret"), "secret")
	mustWrite(t, filepath.Join(top, "outside", "file"), "secret")
	mustWrite(t, filepath.Join(rootDir, "etc", "passwd"), "inner")
	mustWrite(t, filepath.Join(rootDir, "a", "b", "c", "file"), "deep")
	return top, rootDir
}

func TestChrootConfines(t *testing.T) {
	top, r := jail(t)
	mustLink(t, "/etc/passwd", filepath.Join(r, "abs"))
	mustLink(t, "../../../../../../../../etc/passwd", filepath.Join(r, "a", "up"))
	mustLink(t, "../../../../../../../../../../"+top+"/secret", filepath.Join(r, "a", "b", "evil"))
	mustLink(t, top+"/outside", filepath.Join(r, "dirlink"))
	mustLink(t, "..", filepath.Join(r, "dotdot"))
	mustLink(t, "loop2", filepath.Join(r, "loop1"))
	mustLink(t, "loop1", filepath.Join(r, "loop2"))
	mustLink(t, "/proc/self/root/"+top+"/secret", filepath.Join(r, "magic"))
	prev := "/etc/passwd"
	for i := range 34 {
		name := "chain" + string(rune('A'+i))
		mustLink(t, prev, filepath.Join(r, name))
		prev = name
	}
	l := testLWP(t, filepath.Join(r, "a", "b"), r, "")
	tests := []struct {
		path string
		want string
		err  abi.Errno
	}{
		{"/etc/passwd", "inner", 0},
		{"/../../etc/passwd", "inner", 0},
		{"../../../../../etc/passwd", "inner", 0},
		{"c/file", "deep", 0},
		{"c/../c/./file", "deep", 0},
		{"../../a/b/c/file", "deep", 0},
		{"/abs", "inner", 0},
		{"/a/up", "inner", 0},
		{"../up", "inner", 0},
		{"evil", "", abi.ENOENT},
		{"/dirlink/file", "", abi.ENOENT},
		{"/dotdot/dotdot/dotdot/secret", "", abi.ENOENT},
		{"/dotdot/etc/passwd", "inner", 0},
		{top + "/secret", "", abi.ENOENT},
		{"../../../secret", "", abi.ENOENT},
		{"/loop1", "", abi.ELOOP},
		{"/loop1/x", "", abi.ELOOP},
		{"/magic", "", abi.ENOENT},
		{"/chainA", "inner", 0},
		{"/chain" + string(rune('A'+31)), "inner", 0},
		{"/chain" + string(rune('A'+32)), "", abi.ELOOP},
		{"/etc/passwd/", "", abi.ENOTDIR},
		{"/etc/passwd/x", "", abi.ENOTDIR},
		{"/etc/nothing", "", abi.ENOENT},
		{"", "", abi.ENOENT},
	}
	for _, tt := range tests {
		got, err := readPath(l, tt.path)
		if got != tt.want || err != tt.err {
			t.Errorf("%q: %q, %v; want %q, %v", tt.path, got, err.Name(), tt.want, tt.err.Name())
		}
	}

	// What makes and removes things stays inside as well.
	for _, p := range []string{"/dirlink/new", "../../../new", "/dotdot/dotdot/new"} {
		if f, err := OpenFile(l, abi.AT_FDCWD, p, abi.O_RDWR|abi.O_CREAT, 0644); err == abi.OK {
			f.Unref(l)
		}
		_ = Mkdir(l, abi.AT_FDCWD, p+"dir", 0755)
		_ = Symlink(l, "x", abi.AT_FDCWD, p+"link")
	}
	_ = Unlink(l, abi.AT_FDCWD, "/dirlink/file", false)
	_ = Unlink(l, abi.AT_FDCWD, "../../../secret", false)
	_ = Rename(l, abi.AT_FDCWD, "/etc/passwd", abi.AT_FDCWD, "../../../stolen", true)
	_ = Truncate(l, "/a/b/evil", 0)
	_ = Chmod(l, abi.AT_FDCWD, "/a/b/evil", 0, true)
	ents, _ := os.ReadDir(top)
	var names []string
	for _, e := range ents {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "outside root secret" {
		t.Errorf("outside there is now: %s", got)
	}
	if b, herr := os.ReadFile(filepath.Join(top, "secret")); string(b) != "secret" {
		t.Errorf("the secret is now %q, %v", b, herr)
	}
	if st, _ := os.Stat(filepath.Join(top, "secret")); st.Mode() != 0644 {
		t.Errorf("the secret's mode is now %v", st.Mode())
	}
}

func TestChrootCwd(t *testing.T) {
	top, r := jail(t)
	l := testLWP(t, filepath.Join(r, "a"), r, "")
	if p, err := Getcwd(l); p != "/a" || err != abi.OK {
		t.Errorf("cwd is %q, %v", p, err)
	}
	if err := Chdir(l, "b/../../../../.."); err != abi.OK {
		t.Errorf("chdir: %v", err)
	}
	if p, _ := Getcwd(l); p != "/" {
		t.Errorf("cwd is %q", p)
	}
	// A directory from outside that got in by descriptor is no way out.
	fd, herr := unix.Open(top, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if herr != nil {
		t.Fatal(herr)
	}
	f, err := newHostFile(l, fd, abi.O_RDONLY, nil)
	if err != abi.OK {
		t.Fatal(err)
	}
	gfd, err := l.Install(f, false)
	if err != abi.OK {
		t.Fatal(err)
	}
	if err := Fchdir(l, gfd); err != abi.EPERM {
		t.Errorf("fchdir out of the root: %v", err)
	}
	if err := Fchroot(l, gfd); err != abi.EPERM {
		t.Errorf("fchroot out of the root: %v", err)
	}
	// A second chroot while the working directory is elsewhere: the classic way out.
	if err := Chdir(l, "/a"); err != abi.OK {
		t.Fatal(err)
	}
	if err := Chroot(l, "/etc"); err != abi.OK {
		t.Fatal(err)
	}
	if p, err := Getcwd(l); p != "/" || err != abi.OK {
		t.Errorf("after chroot cwd is %q, %v", p, err)
	}
	if s, err := readPath(l, "../../../../etc/passwd"); err != abi.ENOENT {
		t.Errorf("out of a second root: %q, %v", s, err)
	}
	if s, err := readPath(l, "../passwd"); s != "inner" {
		t.Errorf("in the second root: %q, %v", s, err)
	}
}

// TestChrootRace moves directories and swaps links while paths are looked up: whatever is found must be inside.
func TestChrootRace(t *testing.T) {
	top, r := jail(t)
	l := testLWP(t, filepath.Join(r, "a", "b", "c"), r, "")
	stop := atomic.Bool{}
	done := make(chan bool)
	go func() {
		defer close(done)
		out := filepath.Join(top, "outside")
		for !stop.Load() {
			// b leaves the root and comes back; x is now a directory, now a link that leads out.
			_ = os.Rename(filepath.Join(r, "a", "b"), filepath.Join(out, "b"))
			_ = os.Rename(filepath.Join(out, "b"), filepath.Join(r, "a", "b"))
			_ = os.Mkdir(filepath.Join(r, "x"), 0755)
			_ = os.Remove(filepath.Join(r, "x"))
			_ = os.Symlink(out, filepath.Join(r, "x"))
			_ = os.Remove(filepath.Join(r, "x"))
		}
	}()
	n := 4000
	if testing.Short() {
		n = 500
	}
	for range n {
		for _, p := range []string{"../../../secret", "../../secret", "../secret", "../file", "/a/b/../../../secret", "/x/file", "/a/b/c/../../../x/file"} {
			if s, _ := readPath(l, p); s == "secret" {
				t.Fatalf("%s leads out", p)
			}
		}
	}
	stop.Store(true)
	<-done
}

func TestEmulRoot(t *testing.T) {
	top, r := jail(t)
	host := filepath.Join(top, "outside", "file")
	l := testLWP(t, top, "", r)
	if s, err := readPath(l, "/etc/passwd"); s != "inner" {
		t.Errorf("inside: %q, %v", s, err)
	}
	if s, err := readPath(l, host); s != "secret" {
		t.Errorf("on the host: %q, %v", s, err)
	}
	if s, err := readPath(l, "outside/file"); s != "secret" {
		t.Errorf("relative: %q, %v", s, err)
	}
	// A link inside that leads to what only the host has.
	mustLink(t, host, filepath.Join(r, "etc", "host"))
	if s, err := readPath(l, "/etc/host"); s != "" || err == abi.OK {
		t.Logf("link to the host: %q, %v", s, err)
	}
	// A new file goes where its directory is found first.
	f, err := OpenFile(l, abi.AT_FDCWD, "/etc/new", abi.O_RDWR|abi.O_CREAT, 0644)
	if err != abi.OK {
		t.Fatal(err)
	}
	f.Unref(l)
	if _, herr := os.Stat(filepath.Join(r, "etc", "new")); herr != nil {
		t.Error(herr)
	}
	f, err = OpenFile(l, abi.AT_FDCWD, filepath.Join(top, "outside", "new"), abi.O_RDWR|abi.O_CREAT, 0644)
	if err != abi.OK {
		t.Fatal(err)
	}
	f.Unref(l)
	if _, herr := os.Stat(filepath.Join(top, "outside", "new")); herr != nil {
		t.Error(herr)
	}
}

func TestSlashAfterName(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, filepath.Join(dir, "d", "x"), "x")
	mustWrite(t, filepath.Join(dir, "f"), "f")
	mustLink(t, "d", filepath.Join(dir, "tod"))
	mustLink(t, "f", filepath.Join(dir, "tof"))
	mustLink(t, "made", filepath.Join(dir, "tonew"))
	for _, rootDir := range []string{"", dir} {
		l := testLWP(t, dir, rootDir, "")
		var st abi.Stat
		if err := Stat(l, abi.AT_FDCWD, "tod/", false, &st); err != abi.OK || st.Mode&abi.S_IFMT != abi.S_IFDIR {
			t.Errorf("root %q: lstat of a link with a slash: %v, mode %o", rootDir, err, st.Mode)
		}
		if err := Stat(l, abi.AT_FDCWD, "tof/", false, &st); err != abi.ENOTDIR {
			t.Errorf("root %q: lstat of a link to a file with a slash: %v", rootDir, err)
		}
		if err := Mkdir(l, abi.AT_FDCWD, "tonew/", 0755); err != abi.OK {
			t.Errorf("root %q: mkdir through a link: %v", rootDir, err)
		}
		if st, herr := os.Stat(filepath.Join(dir, "made")); herr != nil || !st.IsDir() {
			t.Errorf("root %q: %v", rootDir, herr)
		}
		if err := Unlink(l, abi.AT_FDCWD, "tonew/", true); err != abi.OK {
			t.Errorf("root %q: rmdir through a link: %v", rootDir, err)
		}
		if err := Rename(l, abi.AT_FDCWD, "f", abi.AT_FDCWD, "tonew/", true); err != abi.ENOTDIR {
			t.Errorf("root %q: rename of a file to a directory's name: %v", rootDir, err)
		}
	}
}

func TestUmaskAndFlags(t *testing.T) {
	dir := t.TempDir()
	old := unix.Umask(0)
	defer unix.Umask(old)
	l := testLWP(t, dir, "", "")
	l.Proc.Cwdi.Umask = 027
	f, err := OpenFile(l, abi.AT_FDCWD, "f", abi.O_RDWR|abi.O_CREAT|abi.O_EXCL, 0666)
	if err != abi.OK {
		t.Fatal(err)
	}
	f.Unref(l)
	if err := Mkdir(l, abi.AT_FDCWD, "d", 0777); err != abi.OK {
		t.Fatal(err)
	}
	if st, _ := os.Stat(dir + "/f"); st.Mode() != 0640 {
		t.Errorf("file's mode is %v", st.Mode())
	}
	if st, _ := os.Stat(dir + "/d"); st.Mode() != fs.ModeDir|0750 {
		t.Errorf("directory's mode is %v", st.Mode())
	}
	mustLink(t, "f", dir+"/link")
	for _, tt := range []struct {
		path  string
		flags int32
		want  abi.Errno
	}{
		{"link", abi.O_RDONLY | abi.O_NOFOLLOW, abi.EFTYPE},
		{"f", abi.O_RDONLY | abi.O_DIRECTORY, abi.ENOTDIR},
		{"d", abi.O_WRONLY, abi.EISDIR},
		{"d", abi.O_RDONLY | abi.O_REGULAR, abi.EFTYPE},
		{"f", abi.O_RDWR | abi.O_CREAT | abi.O_EXCL, abi.EEXIST},
		{"f", abi.O_ACCMODE, abi.EINVAL},
		{"/dev/null", abi.O_RDWR | abi.O_CREAT, abi.OK},
		{"/dev/fd/9", abi.O_RDONLY, abi.EBADF},
		{"/dev/../dev//zero", abi.O_RDONLY, abi.OK},
	} {
		f, err := OpenFile(l, abi.AT_FDCWD, tt.path, tt.flags, 0)
		if err != tt.want {
			t.Errorf("open %s, %#x: %v, want %v", tt.path, tt.flags, err, tt.want)
		}
		if err == abi.OK {
			f.Unref(l)
		}
	}
}
