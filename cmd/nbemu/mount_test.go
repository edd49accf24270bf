package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mountAnswers is what the program says; the numbers are NetBSD's errors: 1 EPERM, 2 ENOENT, 16 EBUSY, 18 EXDEV,
// 19 ENODEV, 22 EINVAL, 30 EROFS, 45 EOPNOTSUPP.
const mountAnswers = `mounts: 4
of no such type: -19
on nothing: -2
tmpfs: 0
mounts: 5
statvfs: 0
tmpfs /mnt
a file in it: 1
unmount while it is open: -16
rename out of it: -18
link out of it: -18
rmdir of it: -16
chdir: 0
/mnt/dir
unmount with somebody there: -16
up: 0
/
null: 0
its file: 1
write to it: -30
make another: -30
chmod: -30
the same elsewhere: 0
/view/dir
/view
/
made writable: 0
write to it: 1
update of what is none: -22
union without a place: -22
union above: 0
union on /low from <above>:/up
/low/a: upper a
/low/b: lower b
unlink: 0
/low/d/c: -2
/up/b: new b
/up/d/n: new n
/low/d
busy: -16
/
made read-only: 0
write to it: -30
unmount: 0
/low/b: lower b
/low/d/c: lower c
union below: 0
union on /up from <below>:/low
/up/d/c: -2
/up/b: new b
unmount: 0
of an unknown directory: -2
procfs without arguments: -22
of another version: -22
procfs: 0
note: -45
/proc/self/notepg: regs: 208
        total:
over a file: -20
over a device: -20
kernfs on /p: 0
kernfs on /p from kernfs
kernfs on /p from kernfs
/p/hz: 100
/p/../p/./hz: 100
/p/../mnt/../p/pagesize: 4096
/p/file: -2
/p
hz: 100
../p/hz: 100
busy: -16
/
make one: -30
rename out of it: -30
update: 0
write to hostname: -30
procfs on it: 0
/p/hz: -2
/p/self/emul: netbsd
/p/curproc/stat: -2
/p/self/task: -2
unmount: 0
/p/hz: 100
unmount: 0
/p/file: covered
procfs -o linux: 0
its tasks: 1
unmount: -16
getargs: 8
its version: 1
its flags: 1
getargs with too little: -22
getargs below: -22
unmount: 0
fdesc: 0
/p: . . .. .. fd file in stderr stdin stdout
/p/file: covered
/p/fd/77: -9
unmount: 0
tmpfs -o union: 0
/p/file: covered
/p/file: above
/p: . . .. .. file file in new
unlink: 0
/p/file: covered
.: . . .. .. file in new
unmount: -16
by force: 0
read of what was open: -5
/p: . .. file in
ptyfs without arguments: -22
tmpfs over /kern: 0
/kern/hz: -2
unmount: 0
/kern/hz: 100
kernfs by a link: 0
unmount by it: -22
unmount: 0
type by number: 0
unmount: 0
no such number: -19
no such type, nowhere: -2
exported: -22
procfs on /proc from procfs
kernfs on /kern from kernfs
ffs on / from root
/kern/hz: 100
/kern/hostname: renamed
write to hz: -13
/kern/nothing: -2
/kern
busy: -16
update: 0
write to hostname: -30
unmount: 0
/kern/hz: -2
again: -22
mount: 0
/kern/hz: 100
mount -u /: 0
mounts: 7
unmount: 0
again: -22
setuid: 0
mount by a user: -1
unmount by a user: -1
`

func TestMount(t *testing.T) {
	t.Run("in the root", func(t *testing.T) { mountTest(t, mountAnswers) })
	t.Run("with an overlay", func(t *testing.T) {
		mountTest(t, rootLine.ReplaceAllString(mountAnswers, "union on / from <above>:overlay"), "-overlay", t.TempDir())
	})
}

// rootLine is what statvfs says of a device in /dev, which is on whatever the host has.
var rootLine = regexp.MustCompile(`(?m)^\w+ on / from .*$`)

func mountTest(t *testing.T, want string, flags ...string) {
	dir := t.TempDir()
	b, err := os.ReadFile(guestProgram(t, "mounts"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "x"), b, 0o755)
	for _, d := range []string{"mnt", "view", "usr", "tmp", "kern"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	scratch := t.TempDir()
	e := runNbemu(t, append(flags, "-chroot", dir, "-metadata", filepath.Join(scratch, "METALOG"), "-root-user", "/x")...)
	if flags == nil {
		e.stdout = rootLine.ReplaceAllString(e.stdout, "ffs on / from root")
	}
	if e.stdout != want {
		w, g := strings.Split(want, "\n"), strings.Split(e.stdout, "\n")
		for i := range w {
			if i >= len(g) || w[i] != g[i] {
				t.Fatalf("line %d: want %q, in\n%s%s", i+1, w[i], e.stdout, e.stderr)
			}
		}
	}
	if b, err := os.ReadFile(filepath.Join(scratch, "METALOG")); err == nil && strings.Contains(string(b), "tmpfs") {
		t.Errorf("METALOG speaks of what is gone: %s", b)
	}
	// A tmpfs leaves nothing on the host, in the directory it covered or elsewhere.
	for _, d := range []string{filepath.Join(dir, "mnt"), scratch} {
		list, err := os.ReadDir(d)
		for _, e := range list {
			if e.IsDir() || d != scratch {
				t.Errorf("%s: %v", d, e)
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
}

func TestBind(t *testing.T) {
	dir, flags := guestRoot(t)
	host := t.TempDir()
	writeFile(t, filepath.Join(host, "f"), []byte("of the host\n"), 0o644)
	if err := os.Mkdir(filepath.Join(host, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(filepath.Dir(host), "outside")
	writeFile(t, outside, []byte("secret\n"), 0o644)
	if err := os.Symlink("../../outside", filepath.Join(host, "sub", "out")); err != nil {
		t.Fatal(err)
	}
	run := func(bind, words string) string {
		e := runNbemu(t, append(append(append([]string{}, flags...), "-root-user", "-bind", bind, "/x"), strings.Fields(words)...)...)
		return e.stdout + e.stderr
	}
	for _, c := range []struct{ bind, words, want string }{
		{host + ":/a/b", "cat /a/b/f", "of the host"}, {host + ":/a/b", "cat /a/b/sub/../f", "of the host"},
		{host + ":/a/b", "cat /a/b/../../a/b/f", "of the host"}, {host, "cat " + host + "/f", "of the host"},
		// Neither ".." nor a link leads from there to the host.
		{host + ":/a/b", "cat /a/b/../outside", "error 2"}, {host + ":/a/b", "cat /a/b/sub/out", "error 2"},
		{host + ":/a/b:ro", "cat /a/b/f", "of the host"}, {host + ":/a/b:ro", "write /a/b/f", "error 30"},
		{host + ":/a/b:ro", "unlink /a/b/f", "error 30"}, {host + ":/a/b:ro", "y 136 /a/b/d 0755", "error 30"},
		{host + ":/a/b", "y 136 /a/b/d 0755", "result 0"}, {"/nowhere:/a", "cat /a", "/nowhere"}, {host + ":relative", "cat /a", "-bind"},
	} {
		if got := run(c.bind, c.words); !strings.Contains(got, c.want) {
			t.Errorf("-bind %s, %s: %q, want …%s…", c.bind, c.words, got, c.want)
		}
	}
	if fi, err := os.Stat(filepath.Join(host, "d")); err != nil || !fi.IsDir() {
		t.Errorf("made in the guest: %v", err)
	}
	if fi, err := os.Stat(filepath.Join(dir, "a", "b")); err != nil || !fi.IsDir() {
		t.Errorf("the place of the mount: %v", err)
	}
}

// The program on the command line is looked for in PATH as the guest sees it; with -L what a merged /usr makes of the
// host's /bin does not stand in for the root's.
func TestSearch(t *testing.T) {
	dir, flags := guestRoot(t)
	b, err := os.ReadFile(filepath.Join(dir, "x"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"usr/bin", "etc"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(dir, "usr/bin/ls"), b, 0o755)
	writeFile(t, filepath.Join(dir, "usr/bin/not-executable"), b, 0o644)
	for _, c := range []struct {
		words, want string
		status      int
	}{
		{"-E PATH=/bin:/usr/bin ls args one", "one", 0}, {"-E PATH=/bin ls args one", "(the host has /", 127},
		{"-E PATH=/usr/bin not-executable", "not-executable", 127}, {"-E PATH=/usr/bin no-such-program", "no-such-program: No such file", 127},
	} {
		e := runNbemu(t, append(append([]string{}, flags...), strings.Fields(c.words)...)...)
		if e.status != c.status || !strings.Contains(e.stdout+e.stderr, c.want) {
			t.Errorf("%s: %+v, want %d …%s…", c.words, e, c.status, c.want)
		}
	}
	e := runNbemu(t, "-L", dir, "-E", "PATH=/bin:/usr/bin", "/x", "cat", "/etc/ld.so.conf")
	if !strings.Contains(e.stdout, "error 2") {
		t.Errorf("the host's ld.so.conf: %+v", e)
	}
	elsewhere := t.TempDir()
	writeFile(t, filepath.Join(elsewhere, "ls"), []byte("#!/bin/sh\necho the host\n"), 0o755)
	for path, want := range map[string]string{elsewhere + ":/usr/bin": "the root's", elsewhere: "the host"} {
		if e := runNbemu(t, "-L", dir, "-E", "PATH="+path, "ls", "args", "the root's"); !strings.Contains(e.stdout, want) {
			t.Errorf("ls with PATH=%s: %+v, want %s", path, e, want)
		}
	}
	if to, err := os.Readlink("/bin"); err == nil && strings.TrimPrefix(to, "/") == "usr/bin" {
		if e := runNbemu(t, "-L", dir, "/x", "run", "/bin/ls", "args", "the root's"); !strings.Contains(e.stdout, "the root's") {
			t.Errorf("/bin/ls with the root's in /usr/bin: %+v", e)
		}
	}
}

// rightsAnswers: result of recvmsg, msg_controllen, msg_flags (0x20, 32, is MSG_CTRUNC), descriptors that were added.
const rightsAnswers = `not asked for: 1 99 0 0
room for nothing: 1 0 0 0
room for a header: 1 0 32 0
room for one: 1 0 32 0
room for both: 1 24 0 2
`

func TestRightsWithoutRoom(t *testing.T) {
	e := runNbemu(t, guestProgram(t, "rights"))
	if strings.ReplaceAll(e.stdout, " \n", "\n") != rightsAnswers || e.status != 0 {
		t.Errorf("%+v, want\n%s", e, rightsAnswers)
	}
}
