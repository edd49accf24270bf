package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// The options of strace that tamper with calls, choose and number them, and show what is behind descriptors: strace and
// nbemu show the same of the same program.
func TestStraceOptionsBesideHost(t *testing.T) {
	strace, nbemu, prog := hostStraced(t, "faulty")
	dir := t.TempDir()
	for _, options := range []string{
		"-n -e trace=openat,read,close",
		"-e trace=openat,read,close -e inject=openat:error=ENOSPC:when=2",
		"-e trace=openat,read,close -e inject=openat:error=EREMOTEIO",
		"-e trace=openat,read,close -e inject=openat:error=121",
		"-e trace=openat,read,close -e inject=openat,read:error=EIO:when=1..3+2",
		"-e trace=openat,read,close -e inject=read:retval=5:when=2+",
		"-e trace=openat,close,getuid -e inject=close:signal=USR1:when=1",
		"-e trace=openat,read,close -e inject=close:signal=SIGKILL",
		"-e trace=read,close -e inject=read:delay_enter=1000",
		"-e trace=read,close -e inject=close:delay_exit=1ms:when=2+",
		"-e trace=openat,read,close -e fault=openat,close",
		"-e trace=openat,read,close -e fault=close:error=EBADF:when=2",
		"-e trace=openat,read,close,getuid -e inject=openat:error=EPERM:syscall=getuid",
		"-e trace=read -e inject=read:poke_exit=@arg2=414243",
		"-e trace=read -e inject=read:poke_enter=@arg2=41:retval=1",
		"-e trace=%desc -P a",
		"-P " + filepath.Join(dir, "b"),
		"-yy -e trace=%desc,%network",
		"-y -e trace=%desc,%network",
		"-e decode-fds=socket -e trace=%desc,%network",
		"-e raw=read,openat,socket -e trace=%desc,socket",
		"-e read=3 -e trace=read,readv",
		"-e read=!3 -e write=all -e trace=writev,write,readv",
		"-e trace=/^(open|clos)",
		"-e trace=!/.*",
		"-e quiet=exit -e trace=read",
		"-X raw -e trace=%desc",
		"-X verbose -e trace=%desc",
		"-X abbrev -e trace=%desc",
		"-e verbose=none -e trace=%desc",
		"-e abbrev=none -e trace=%desc",
		"-e abbrev=!fstat,newfstatat -e trace=%desc",
		"--strings-in-hex -e trace=read",
		"--strings-in-hex=non-ascii -e trace=read",
		"--strings-in-hex=non-ascii-chars -e trace=read,write,writev",
		"-e trace=%%stat,%pure",
		"-e trace=%fstatfs,%%statfs,%pure",
		"-E A=B -E HOME -I 2 --kill-on-exit -e trace=read",
		"-b execve -e trace=read",
	} {
		t.Run(options, func(t *testing.T) {
			trace := func(command ...string) string {
				work := filepath.Join(dir, "work")
				if err := os.MkdirAll(work, 0o755); err != nil {
					t.Fatal(err)
				}
				for name, text := range map[string]string{"a": "file a\n", "b": "what is in b is longer\n"} {
					if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				log := filepath.Join(dir, "log")
				_ = os.Remove(log)
				for i := range command {
					command[i] = strings.ReplaceAll(command[i], "LOG", log)
				}
				cmd := exec.Command(command[0], append(command[1:], prog)...)
				cmd.Dir = work
				out, err := cmd.CombinedOutput()
				text, rerr := os.ReadFile(log)
				if rerr != nil {
					t.Skipf("%s: %v\n%s", command[0], err, out) // a sandbox without ptrace
				}
				return straceOwn(string(text)) + string(out)
			}
			want := trace(append([]string{strace, "-o", "LOG"}, strings.Fields(options)...)...)
			got := trace(nbemu, "-strace=-o LOG "+options)
			got = regexp.MustCompile(`(?m)^nbemu: .*\n`).ReplaceAllString(got, "")
			want = regexp.MustCompile(`(?m)^.*: Requested path .*\n`).ReplaceAllString(want, "")
			if got != want {
				t.Errorf("it is\n%s\nstrace has\n%s", got, want)
			}
		})
	}
}

// straceOwn is a trace from the program's own first call on, without numbers that vary.
func straceOwn(text string) string {
	if i := strings.Index(text, "getuid()"); i >= 0 {
		text = text[strings.LastIndexByte(text[:i], '\n')+1:]
	} else if i := strings.Index(text, "socket:[0]"); i >= 0 {
		text = text[i:]
	}
	text = regexp.MustCompile(`(?m)^execve.*\n`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`0x[0-9a-f]{6,}|\b[0-9]{4,}\b|pipe:\[[0-9]+\]|NETLINK:\[[0-9]+\]`).ReplaceAllString(text, "N")
	return regexp.MustCompile(` +=`).ReplaceAllString(text, " =")
}

// -u gives the program the rights of a user of the passwd file that it sees, groups too.
func TestStraceUser(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"passwd": "somebody:*:77:88::0:0:S:/:/bin/sh\n", "group": "first:*:88:\nwheel:*:0:root,somebody\nmore:*:99:somebody\n"} {
		if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "etc", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	prog := guestProgram(t, "execer")
	for dir := filepath.Dir(prog); dir != filepath.Clean(os.TempDir()) && len(dir) > 1; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-strace=-u somebody -e trace=getgroups", prog, "ids"}, "uid 77/77 gid 88/88"},
		{[]string{"-strace=-u somebody -e trace=getgroups", prog, "y", "79", "0", "0"}, "getgroups(0, NULL)"},
		{[]string{"-strace=-u nobodyelse", prog}, "nbemu: -strace: -u nobodyelse: not in "},
		{[]string{"-strace=-u somebody", "-uid", "5", prog}, "-uid and -root-user say already"},
	} {
		if got := runNbemu(t, append([]string{"-L", root}, tt.args...)...); !strings.Contains(got.stdout+got.stderr, tt.want) {
			t.Errorf("%q: status %d, %s%s", tt.args, got.status, got.stdout, got.stderr)
		}
	}
}

// Programs of NetBSD meet faults as well, on all machines: here a full disk.
func TestInject(t *testing.T) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			prog := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", a.Name, "args")
			got := runNbemu(t, "-strace=-n -e write -e inject=write:error=ENOSPC:when=2", prog)
			lines := strings.Split(got.stderr, "\n")
			if len(lines) < 3 || strings.Contains(lines[0], "INJECTED") || !strings.HasPrefix(lines[1], "[   4] write(1, ") ||
				!strings.HasSuffix(lines[1], " = -1 ENOSPC (No space left on device) (INJECTED)") || strings.Contains(lines[2], "INJECTED") {
				t.Errorf("the trace is\n%s", got.stderr)
			}
		})
	}
}

// Delays pass on the machine's clock, and faults are the same each time: a debugger that goes back meets them again.
func TestInjectDeterministic(t *testing.T) {
	prog := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "sparc64", "args")
	got := runNbemu(t, "-deterministic", "-strace=-ttt -e write,exit -e inject=write:delay_enter=3600s:when=3", prog)
	if !regexp.MustCompile(`(?m)^1767225600\.\d+ write.* \(DELAYED\)\n176722920\d\.\d+ write`).MatchString(got.stderr) {
		t.Errorf("the trace is\n%s", got.stderr)
	}
}
