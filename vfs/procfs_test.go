package vfs

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/cpu/cputest"
	"nbemu/kern"
	"nbemu/mem"
)

// procLWP is a process that procfs can find, with a page mapped at 0x10000.
func procLWP(t *testing.T, cwd string) *kern.LWP {
	t.Helper()
	like := testLWP(t, cwd, "", "")
	l := tfs.K.NewProc(cputest.AMD64, &kern.Cred{Euid: 7, Egid: 8})
	p := l.Proc
	p.Fd, p.Limits, p.Cwdi = like.Proc.Fd, like.Proc.Limits, like.Proc.Cwdi
	p.Comm, p.TextPath = "prog", filepath.Join(cwd, "prog")
	p.Emul = &kern.Emul{Name: "netbsd"}
	p.VM = mem.NewSpace(0, 1<<40)
	if _, err := p.VM.Map(mem.MapArgs{Addr: 0x10000, Len: 0x1000, Prot: mem.ProtRead, MaxProt: mem.ProtAll, Inherit: mem.InheritCopy, Fixed: true}); err != abi.OK {
		t.Fatal(err)
	}
	return l
}

func TestProcfs(t *testing.T) {
	dir, herr := filepath.EvalSymlinks(t.TempDir())
	if herr != nil {
		t.Fatal(herr)
	}
	mustWrite(t, filepath.Join(dir, "file"), "contents")
	mustWrite(t, filepath.Join(dir, "prog"), "text")
	l := procLWP(t, dir)
	pid := strconv.Itoa(int(l.Proc.PID))
	f, err := OpenFile(l, abi.AT_FDCWD, "file", abi.O_RDONLY, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	fd, err := l.Install(f, false)
	if err != abi.OK {
		t.Fatal(err)
	}
	num := strconv.Itoa(int(fd))

	for path, want := range map[string]string{
		"/proc/self/comm":                  "prog\n",
		"/proc/curproc/emul":               "netbsd\n",
		"/proc/" + pid + "/comm":           "prog\n",
		"/proc//self/./comm":               "prog\n",
		"/proc/self/task/" + pid + "/comm": "prog\n",
		"/proc/self/map":                   "0x10000 0x11000 r-- rwx COW NNC 1 0 0\n",
		"/proc/self/maps":                  "0000000000010000-0000000000011000 r--p 00000000 00:00 0 \n",
		"/proc/self/exe":                   "text",
		"/proc/self/cwd/file":              "contents",
		"/proc/self/root" + dir + "/file":  "contents",
		"/proc/self/fd/" + num:             "contents",
	} {
		if got, err := readPath(l, path); got != want || err != abi.OK {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
	}
	for path, want := range map[string]string{
		"/proc/self":           pid,
		"/proc/self/exe":       dir + "/prog",
		"/proc/self/cwd":       dir,
		"/proc/self/root":      "/",
		"/proc/self/fd/" + num: dir + "/file",
	} {
		if got, err := Readlink(l, abi.AT_FDCWD, path, 1000); got != want || err != abi.OK {
			t.Errorf("link %s: %q, %v; want %q", path, got, err, want)
		}
	}
	for path, want := range map[string]abi.Errno{
		"/proc/99999999":              abi.ENOENT,
		"/proc/self/none":             abi.ENOENT,
		"/proc/self/comm/x":           abi.ENOENT,
		"/proc/self/fd/999":           abi.ENOENT,
		"/proc/self/task/99/comm":     abi.ENOENT,
		"/proc/self/fd/" + num + "/x": abi.ENOTDIR,
	} {
		if _, err := readPath(l, path); err != want {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	if _, err := OpenFile(l, abi.AT_FDCWD, "/proc/self/comm", abi.O_WRONLY, 0); err != abi.EACCES {
		t.Errorf("opening for writing: %v", err)
	}
	// A first read that does not begin at the start.
	if f, err := OpenFile(l, abi.AT_FDCWD, "/proc/self/comm", abi.O_RDONLY, 0); err != abi.OK {
		t.Error(err)
	} else {
		f.Offset = 2
		b := make([]byte, 8)
		u := kern.KernUio(l, b, false)
		if err := f.Ops.Read(l, f, u); err != abi.OK || string(b[:8-u.Resid]) != "og\n" {
			t.Errorf("from the middle: %q, %v", b[:8-u.Resid], err)
		}
		u.Free()
		f.Unref(l)
	}
	status, _ := readPath(l, "/proc/self/status")
	if f := strings.Fields(status); len(f) != 13 || f[0] != "prog" || f[1] != pid || f[12] != "8" {
		t.Errorf("status: %q", status)
	}
}

// A file whose name is gone is still reached through its descriptor.
func TestProcfsDeleted(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	mustWrite(t, name, "contents")
	l := procLWP(t, dir)
	f, err := OpenFile(l, abi.AT_FDCWD, name, abi.O_RDONLY, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	fd, _ := l.Install(f, false)
	os.Remove(name)
	if got, err := readPath(l, "/proc/self/fd/"+strconv.Itoa(int(fd))); got != "contents" || err != abi.OK {
		t.Errorf("%q, %v", got, err)
	}
}

// Directories of procfs can be listed, be the working directory, and be the start of *at calls.
func TestProcfsDirs(t *testing.T) {
	l := procLWP(t, t.TempDir())
	pid := strconv.Itoa(int(l.Proc.PID))
	list := func(path string) []string {
		t.Helper()
		f, err := OpenFile(l, abi.AT_FDCWD, path, abi.O_RDONLY|abi.O_DIRECTORY, 0)
		if err != abi.OK {
			t.Fatal(path, err)
		}
		defer f.Unref(l)
		var names []string
		for {
			b := make([]byte, 512)
			n, _, err := Getdents(l, f, b, PackDirent)
			if err != abi.OK {
				t.Fatal(path, err)
			}
			if n == 0 {
				return names
			}
			names = append(names, parseDents(t, abi.LP64LE, b[:n])...)
		}
	}
	for path, want := range map[string]string{"/proc": pid, "/proc/self": "maps", "/proc/self/task": pid} {
		if names := list(path); !slices.Contains(names, want) || names[0] != "." || names[1] != ".." {
			t.Errorf("%s: %q has no %s", path, names, want)
		}
	}
	if err := Chdir(l, "/proc/self"); err != abi.OK {
		t.Fatal(err)
	}
	if cwd, err := Getcwd(l); cwd != "/proc/"+pid || err != abi.OK {
		t.Errorf("working directory %q, %v", cwd, err)
	}
	for _, path := range []string{"comm", "../self/comm", "task/" + pid + "/comm"} {
		if got, err := readPath(l, path); got != "prog\n" || err != abi.OK {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	f, err := OpenFile(l, abi.AT_FDCWD, "/proc", abi.O_RDONLY, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	fd, _ := l.Install(f, false)
	var st abi.Stat
	if err := Stat(l, fd, pid+"/maps", true, &st); err != abi.OK || st.Mode != abi.S_IFREG|0400 || st.Uid != 7 {
		t.Errorf("fstatat: %v, mode %o, owner %d", err, st.Mode, st.Uid)
	}
	if err := Chdir(l, "/"); err != abi.OK {
		t.Fatal(err)
	}
}

// TestMountNews: a reader of a list of mounts is told once of each change (mounts_poll).
func TestMountNews(t *testing.T) {
	fs := &FS{}
	o := &procOpen{node: &procNode{name: "mounts"}, fs: fs}
	poll := func() int16 { return o.Poll(nil, nil, abi.POLLIN|abi.POLLPRI, nil) }
	if r := poll(); r != abi.POLLIN {
		t.Errorf("nothing new: %#x", r)
	}
	fs.mountsChanged()
	if r := poll(); r != abi.POLLIN|abi.POLLPRI|abi.POLLERR {
		t.Errorf("a change: %#x", r)
	}
	if r := poll(); r != abi.POLLIN {
		t.Errorf("told already: %#x", r)
	}
}
