package main_test

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"nbemu/internal/testprog"
	"nbemu/internal/testsets"
)

const rootMaster = "root::0:0::0:0:Charlie &:/root:/bin/sh\ntoor:*:0:0::0:0::/root:/bin/sh\n" +
	"tester:*:1234:1234::0:0:Tester:/home/tester:/bin/sh\n"

// releaseSets writes sets whose programs are all the one of these tests.
func releaseSets(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nbemu-sets")
	if err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		err = os.Chmod(dir, 0o755) // for whoever makes a root of them
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(guestProgram(t, "execer"))
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string][]testsets.File{
		"base.tar.xz": {
			{Name: ".", Type: tar.TypeDir, Mode: 0o755},
			{Name: "bin/sh", Mode: 0o555, Text: string(b)},
			{Name: "bin/x", Type: tar.TypeLink, Link: "bin/sh"},
			{Name: "usr/bin/su", Mode: 0o4555, Text: string(b)},
			{Name: "usr/bin/wall", Mode: 0o2555, Group: "tty", Text: string(b), Flags: "schg"},
			{Name: "usr/sbin/admin", Type: tar.TypeSymlink, Mode: 0o755, Link: "/bin/x"},
			{Name: "etc/readonly", Mode: 0o444, Text: "old\n"},
			{Name: "etc/none", Mode: 0o000, Text: "secret\n"},
			{Name: "home/tester", Type: tar.TypeDir, Mode: 0o755},
			{Name: "tmp", Type: tar.TypeDir, Mode: 0o1777},
		},
		"etc.tgz": {
			{Name: "etc/master.passwd", Mode: 0o600, Text: rootMaster},
			{Name: "etc/passwd", Mode: 0o644, Text: rootMaster},
			{Name: "etc/group", Mode: 0o644, Text: "wheel:*:0:root\n"},
		},
	} {
		if err := testsets.Write(filepath.Join(dir, name), files); err != nil {
			t.Fatal(err)
		}
	}
	if err := testsets.Sums(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// asNobody has what runNbemu would run be run by a user without privileges, if the tests' own has them.
func asNobody(t *testing.T) func(args ...string) ended {
	t.Helper()
	const nobody = 65534
	dir, err := os.MkdirTemp("", "nbemu-nobody")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(nbemu)
	if err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "nbemu")
	writeFile(t, exe, b, 0o755)
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) ended {
		t.Helper()
		cmd := exec.Command(exe, args...)
		cmd.Dir = dir
		cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "USER=tester2"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		var out, err bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &err
		if e := cmd.Run(); cmd.ProcessState == nil {
			t.Fatal(e)
		}
		return ended{cmd.ProcessState.ExitCode(), out.String(), err.String()}
	}
}

// The whole way: sets, a root, programs in it, and what they see of owners and modes that the host does not have.
func TestRoot(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	testRoot(t, func(args ...string) ended { t.Helper(); return runNbemu(t, args...) })
}

func TestRootUnprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("TestRoot is without privileges already")
	}
	testRoot(t, asNobody(t))
}

func testRoot(t *testing.T, nbemu func(args ...string) ended) {
	sets := releaseSets(t)
	do := func(status int, words ...string) ended {
		t.Helper()
		e := nbemu(append([]string{"root"}, words...)...)
		if e.status != status {
			t.Fatalf("root %v: status %d, output %q, errors %q; want %d", words, e.status, e.stdout, e.stderr, status)
		}
		return e
	}
	if e := do(0, "create", "nb", sets); !strings.Contains(e.stdout, "/x86_64, sets base etc") {
		t.Errorf("%q", e.stdout)
	}
	if e := do(0, "list"); !strings.HasPrefix(e.stdout, "nb ") {
		t.Errorf("list: %q", e.stdout)
	}
	if e := do(0, "info", "nb"); strings.Count(e.stdout, "checked against SHA512") != 2 {
		t.Errorf("info: %q", e.stdout)
	}
	user := []string{"run", "-uid", "1234", "-gid", "1234", "nb", "x"}
	super := []string{"run", "-root-user", "nb", "x"}
	for _, c := range []struct {
		as    []string
		words string
		want  string
	}{
		{user, "stat /usr/bin/su", "mode 0104555 uid 0 gid 0"}, {user, "stat /usr/bin/wall", "mode 0102555 uid 0 gid 4"},
		{user, "stat /bin/sh", "mode 0100555 uid 0 gid 0"}, {user, "stat /tmp", "mode 041777 uid 0 gid 0"}, {user, "stat /dev/null", "mode 020666 uid 0 gid 0 rdev 514"},
		{user, "stat /", "mode 040755 uid 0 gid 0"},
		{user, "cat /etc/none", "error 13"}, {super, "cat /etc/none", "secret"},
		// A program with the set-id bit becomes root.
		{user, "run /usr/bin/su ids", "uid 1234/0 gid 1234/1234 setid 1"},
		// A file that nobody may write is written by the guest's root, whoever runs nbemu, and keeps its mode.
		{user, "write /etc/readonly", "error 13"}, {super, "write /etc/readonly", ""}, {user, "stat /etc/readonly", "mode 0100444 uid 0 gid 0"},
		// What users make is theirs, and is remembered.
		{[]string{"run", "-overlay", "-", "-root-user", "nb", "x"}, "y 136 /tmp/mine 0755", "result 0"},
		{user, "y 136 /tmp/mine 0755", "result 0"}, {user, "stat /tmp/mine", "mode 040755 uid 1234 gid 1234"}, {super, "y 136 /tmp/roots 0755", "result 0"},
		{user, "stat /tmp/roots", "mode 040755 uid 0 gid 0"}, {user, "unlink /etc/readonly", "error 13"},
	} {
		e := nbemu(append(append([]string{"root"}, c.as...), strings.Fields(c.words)...)...)
		if !strings.Contains(e.stdout, c.want) {
			t.Errorf("%v %s: %q %q, want …%s…", c.as, c.words, e.stdout, e.stderr, c.want)
		}
	}
	testRootRun(t, do, nbemu)
	testRootEnviron(t, do)
	do(1, "create", "nb", sets)
	do(0, "remove", "nb")
	do(1, "info", "nb")
}

// testRootRun: which program runs, with what environment.
func testRootRun(t *testing.T, do func(int, ...string) ended, nbemu func(...string) ended) {
	t.Helper()
	if e := do(0, "run", "nb", "admin", "args", "a b"); !strings.Contains(e.stdout, "a b") {
		t.Errorf("a link to another directory: %q", e.stdout)
	}
	if e := do(0, "shell", "-uid", "1234", "-gid", "1234", "nb", "args", "one"); !strings.Contains(e.stdout, "one") {
		t.Errorf("shell: %q %q", e.stdout, e.stderr)
	}
	if e := do(127, "run", "nb", "uname"); !strings.Contains(e.stderr, "uname: not found in the root (the host has ") {
		t.Errorf("a program of the host: %q", e.stderr)
	}
	if e := do(127, "run", "nb", "no-such-program"); !strings.Contains(e.stderr, "no-such-program: not found in the root") {
		t.Errorf("%q", e.stderr)
	}
	_, where, _ := strings.Cut(do(0, "info", "nb").stdout, "files: ")
	where, _, _ = strings.Cut(strings.TrimSpace(where), "\n")
	where = filepath.Dir(where)
	// By its name, or where it lies, for the flags that take directories.
	for _, flags := range [][]string{{"-chroot", "nb"}, {"-chroot", where}, {"-L", "nb"}} {
		e := nbemu(append(flags, "/bin/x", "stat", "/usr/bin/su")...)
		// -L shows the host's files as they are.
		want := "mode 0100555 "
		if flags[0] == "-chroot" {
			want = "mode 0104555 uid 0 gid 0"
		}
		if !strings.Contains(e.stdout, want) {
			t.Errorf("%v: %q %q", flags, e.stdout, e.stderr)
		}
	}
	if e := nbemu("-chroot", "no-such-root", "/bin/x"); e.status != 126 || !strings.Contains(e.stderr, "no-such-root") {
		t.Errorf("%q", e.stderr)
	}
}

// testRootEnviron: a root in the environment is for programs that are given none.
func testRootEnviron(t *testing.T, do func(int, ...string) ended) {
	t.Helper()
	for _, name := range []string{"NBEMU_ROOT", "NBEMU_CHROOT"} {
		t.Setenv(name, "other")
		if e := do(0, "run", "nb", "x", "args", "inside"); !strings.Contains(e.stdout, "inside") {
			t.Errorf("%s: %q", name, e.stdout)
		}
		os.Unsetenv(name)
	}
	do(1, "run", "-L", "other", "nb", "x")
}

// Who made a root by its directory may move it.
func TestRootMoved(t *testing.T) {
	sets, dir := releaseSets(t), t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	if e := runNbemu(t, "root", "create", "-q", first, filepath.Join(sets, "base.tar.xz"), filepath.Join(sets, "etc.tgz")); e.status != 0 || e.stdout != "" {
		t.Fatalf("%+v", e)
	}
	if err := os.Rename(first, second); err != nil {
		t.Fatal(err)
	}
	e := runNbemu(t, "root", "run", second, "x", "stat", "/usr/bin/su")
	if e.status != 0 || !strings.Contains(e.stdout, "mode 0104555 uid 0 gid 0") {
		t.Errorf("%+v", e)
	}
	if b, err := os.ReadFile(filepath.Join(second, "root/etc/master.passwd")); os.Getuid() != 0 &&
		(err != nil || !strings.Contains(string(b), ":"+strconv.Itoa(os.Getuid())+":")) {
		t.Errorf("the user who made it: %q %v", b, err)
	}
}

// A root that another user of the host made is read below an overlay; programs see the modes that it was made with.
func TestRootShared(t *testing.T) {
	dir, err := os.MkdirTemp("", "nbemu-shared")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "nb") + "/"
	if e := runNbemu(t, "root", "create", "-q", root, releaseSets(t)); e.status != 0 {
		t.Fatalf("%+v", e)
	}
	if e := runNbemu(t, "root", "share", root); e.status != 0 {
		t.Fatalf("%+v", e)
	}
	nbemu := func(args ...string) ended { t.Helper(); return runNbemu(t, args...) }
	if os.Getuid() == 0 {
		nbemu = asNobody(t)
	}
	before := snapshot(t, dir)
	super, user := []string{"-root-user"}, []string{"-uid", "1234", "-gid", "1234"}
	for _, c := range []struct {
		as          []string
		words, want string
	}{
		{user, "stat /etc/master.passwd", "mode 0100600 uid 0 gid 0"}, {user, "cat /etc/master.passwd", "error 13"},
		{super, "cat /etc/master.passwd", "Charlie"}, {user, "stat /etc/none", "mode 0100000 "}, {user, "cat /etc/none", "error 13"},
		{super, "cat /etc/none", "secret"}, {user, "stat /usr/bin/su", "mode 0104555 "}, {user, "stat /tmp", "mode 041777 "},
		{super, "write /etc/master.passwd", ""}, {user, "stat /etc/master.passwd", "mode 0100600 uid 0 gid 0"},
		{user, "cat /etc/master.passwd", "error 13"}, {super, "unlink /etc/none", ""}, {super, "stat /etc/none", "error 2"},
	} {
		args := append(append([]string{"root", "run", "-overlay", filepath.Join(os.TempDir(), filepath.Base(dir)+".changes")}, c.as...), root, "x")
		if e := nbemu(append(args, strings.Fields(c.words)...)...); !strings.Contains(e.stdout, c.want) {
			t.Errorf("%v %s: %q %q, want …%s…", c.as, c.words, e.stdout, e.stderr, c.want)
		}
	}
	_ = os.RemoveAll(filepath.Join(os.TempDir(), filepath.Base(dir)+".changes"))
	if snapshot(t, dir) != before {
		t.Error("the shared root has changed")
	}
}
