package main_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// guestRoot makes a directory with the guest program /x that tests chroot into, and gives the flags for it.
func guestRoot(t *testing.T) (dir string, flags []string) {
	t.Helper()
	dir = t.TempDir()
	b, err := os.ReadFile(guestProgram(t, "execer"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "x"), b, 0o755)
	return dir, []string{"-chroot", dir, "-metadata", filepath.Join(dir, "METALOG")}
}

func writeFile(t *testing.T, name string, b []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, b, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

// guest runs /x and wants this output and status.
func guest(t *testing.T, flags []string, words string, status int, want string) ended {
	t.Helper()
	e := runNbemu(t, append(append([]string{}, flags...), strings.Fields("/x "+words)...)...)
	if e.status != status || e.stdout != want {
		t.Errorf("%v %s: status %d, output %q, errors %q; want %d, %q", flags[4:], words, e.status, e.stdout, e.stderr, status, want)
	}
	return e
}

// Root inside makes set-id programs and devices, without being root outside; another user inside sees them work.
func TestMetadata(t *testing.T) {
	dir, flags := guestRoot(t)
	root := append(flags, "-root-user")
	user := append(flags, "-uid", "100", "-gid", "100", "-groups", "100,200")
	guest(t, root, "chown 0 5 /x", 0, "")
	guest(t, root, "chmod 06755 /x", 0, "")
	guest(t, root, "stat /x", 0, "mode 0106755 uid 0 gid 5\n")
	guest(t, user, "stat /x", 0, "mode 0106755 uid 0 gid 5\n")
	guest(t, user, "ids", 0, "uid 100/0 gid 100/5 setid 1\n")
	guest(t, root, "ids", 0, "uid 0/0 gid 0/5 setid 1\n")
	// Being set-id, /x may do what root may; as itself the user may not.
	writeFile(t, filepath.Join(dir, "y"), mustRead(t, filepath.Join(dir, "x")), 0o755)
	meta := filepath.Join(dir, "METALOG")
	writeFile(t, meta, append(mustRead(t, meta), "./y type=file mode=0755 uname=root gname=wheel\n./secret mode=0640 uid=0 gid=200\n"...), 0o644)
	writeFile(t, filepath.Join(dir, "secret"), []byte("secret\n"), 0o644)
	guest(t, user, "run /y ids", 0, "uid 100/0 gid 100/5 setid 1\n")
	yUser := func(words string, status int, want string) {
		t.Helper()
		e := runNbemu(t, append(append([]string{}, user...), strings.Fields("/y "+words)...)...)
		if e.status != status || e.stdout != want {
			t.Errorf("/y %s: %+v", words, e)
		}
	}
	yUser("ids", 0, "uid 100/100 gid 100/100 setid 0\n")
	yUser("chmod 0777 /x", 1, "chmod: error 1\n")
	yUser("chown 100 100 /x", 1, "chown: error 1\n")
	yUser("mknod 020666 514 /dev0", 1, "mknod: error 1\n")
	yUser("cat /secret", 0, "secret\n") // by a supplementary group
	guest(t, root, "chown 0 0 /secret", 0, "")
	yUser("cat /secret", 1, "open: error 13\n")
	yUser("run /x cat /secret", 0, "secret\n")
	guest(t, root, "mknod 020666 514 /null", 0, "")
	yUser("stat /null", 0, "mode 020644 uid 0 gid 5 rdev 514\n")
	yUser("cat /null", 0, "")
	if st, err := os.Stat(filepath.Join(dir, "x")); err != nil || st.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0 {
		t.Error("the host's file got a set-id bit:", st.Mode(), err)
	}
	b := string(mustRead(t, meta))
	for _, want := range []string{"./x mode=6755 uid=0 gid=5\n", "./null type=char device=netbsd,2,2 mode=0644 uid=0 gid=5\n", "./y mode=0755 uid=0 gid=0\n"} {
		if !strings.Contains(b, want) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
	e := runNbemu(t, "-metadata", os.DevNull+"/x", filepath.Join(dir, "x"))
	checkOneLine(t, e.stderr, "-metadata")
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Roots that are mounted nosuid and noexec.
func TestMountFlags(t *testing.T) {
	dir, flags := guestRoot(t)
	writeFile(t, filepath.Join(dir, "METALOG"), []byte("./x mode=4755 uid=0\n"), 0o644)
	writeFile(t, filepath.Join(dir, "script"), []byte("#!/sub/x\n"), 0o755)
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "sub/x"), mustRead(t, filepath.Join(dir, "x")), 0o755)
	user := append(flags, "-uid", "100", "-gid", "100")
	guest(t, user, "ids", 0, "uid 100/0 gid 100/100 setid 1\n")
	guest(t, append(user, "-mount", dir+":nosuid"), "ids", 0, "uid 100/100 gid 100/100 setid 0\n")
	noexec := append(user, "-mount", dir+"/sub:noexec,nosuid")
	guest(t, noexec, "run /sub/x ids", 1, "execve: error 13\n")
	guest(t, noexec, "run /script", 1, "execve: error 13\n")
	guest(t, noexec, "fexec /sub/x ids", 1, "fexecve: error 13\n")
	e := runNbemu(t, append(noexec, "/sub/x")...)
	if e.status != 126 {
		t.Error(e)
	}
	checkOneLine(t, e.stderr, "/sub/x", "noexec")
}

func TestVeriexecGuest(t *testing.T) {
	dir, flags := guestRoot(t)
	x := mustRead(t, filepath.Join(dir, "x"))
	for _, name := range []string{"good", "bad", "interp", "unknown"} {
		writeFile(t, filepath.Join(dir, name), x, 0o755)
	}
	writeFile(t, filepath.Join(dir, "script"), []byte("#!/interp args\n"), 0o755)
	writeFile(t, filepath.Join(dir, "script2"), []byte("#!/good args\n"), 0o755)
	sum := func(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }
	sigs := filepath.Join(dir, "signatures")
	text := ""
	for _, line := range []string{"/x sha256 " + sum(x) + " direct", "/good SHA256 " + sum(x), "/bad SHA256 " + sum(nil) + " direct,file",
		"/interp SHA256 " + sum(x) + " indirect", "/script SHA256 " + sum(mustRead(t, filepath.Join(dir, "script"))) + " direct,file",
		"/script2 SHA256 " + sum(mustRead(t, filepath.Join(dir, "script2")))} {
		text += line + "\n"
	}
	writeFile(t, sigs, []byte(text), 0o644)
	for strict := range 4 {
		f := append(flags, "-veriexec", sigs, "-strict", fmt.Sprint(strict))
		try := func(words string, ok bool, out string) {
			t.Helper()
			if !ok {
				guest(t, f, words, 1, "execve: error 1\n")
			} else {
				guest(t, f, words, 0, out)
			}
		}
		try("run /good args", true, "/good\nargs\n")
		try("run /bad args", strict < 1, "/bad\nargs\n")
		try("run /unknown args", strict < 2, "/unknown\nargs\n")
		try("run /interp args", strict < 2, "/interp\nargs\n")
		try("run /script", true, "/interp\nargs\n/script\n")
		try("run /script2", strict < 2, "/good\nargs\n/script2\n")
	}
	// As data: monitored for another use, not monitored, to be written over, to be removed.
	for strict := range 4 {
		for _, tt := range []struct {
			words string
			ok    bool
		}{{"cat /good", strict < 2}, {"cat /signatures", strict < 3}, {"cat /script", true}, {"cat /bad", strict < 1}, {"write /script", strict < 2},
			{"unlink /unknown", strict < 3}, {"unlink /good", strict < 1}} {
			writeFile(t, filepath.Join(dir, "unknown"), x, 0o755)
			writeFile(t, filepath.Join(dir, "good"), x, 0o755)
			e := runNbemu(t, append(append([]string{}, flags...), append([]string{"-veriexec", sigs, "-strict", fmt.Sprint(strict), "/x"}, strings.Fields(tt.words)...)...)...)
			if (e.status == 0) != tt.ok || !tt.ok && !strings.HasSuffix(e.stdout, ": error 1\n") {
				t.Errorf("strict %d: %s: %d, %.100q", strict, tt.words, e.status, e.stdout)
			}
		}
	}
	e := runNbemu(t, append(flags, "-veriexec", sigs, "-strict", "1", "/bad")...)
	if e.status != 126 || !strings.Contains(e.stderr, "/bad: refused by veriexec") || !strings.Contains(e.stderr, "Mismatch. [/bad]") {
		t.Error(e)
	}
}

func TestSegvguardGuest(t *testing.T) {
	dir, flags := guestRoot(t)
	b := mustRead(t, filepath.Join(dir, "x"))
	writeFile(t, filepath.Join(dir, "crasher"), b, 0o755)
	// The spawned programs crash; posix_spawn is refused once they are suspended.
	e := runNbemu(t, append(flags, "-segvguard", "2/60", "/x", "twice", "/crasher", "crash")...)
	if e.stdout != "11 11 refused 1\n" || !strings.Contains(e.stderr, "PaX Segvguard: [crasher] Suspending execution for 600 seconds after 2 crashes.") {
		t.Errorf("%+v", e)
	}
}

// PaX seen from inside: memory is writable or executable, and mappings are elsewhere each time.
func TestPaxGuest(t *testing.T) {
	_, flags := guestRoot(t)
	pax := func(list string) (rest, at string) {
		t.Helper()
		e := runNbemu(t, append(append([]string{}, flags...), "-pax", list, "/x", "pax")...)
		rest, at, ok := strings.Cut(e.stdout, ", at ")
		if !ok || e.status != 0 {
			t.Fatalf("%+v", e)
		}
		return rest, at
	}
	usual, at := pax("")
	for _, c := range []struct {
		list, want string
		moved      bool
	}{
		{"mprotect", usual, false}, {"mprotect:global", "both 13, made executable 13, made writable 13", false},
		{"aslr", usual, false}, {"aslr:global", usual, true}, {"mprotect:global,aslr:global", "both 13, made executable 13, made writable 13", true},
	} {
		got, where := pax(c.list)
		if where != at != c.moved && c.moved {
			// One in 2^16 mappings is where it would be anyway.
			got, where = pax(c.list)
		}
		if got != c.want || where != at != c.moved {
			t.Errorf("%s: %q at %s, without %q at %s", c.list, got, where, usual, at)
		}
	}
	if usual != "both 0, made executable 0, made writable 0" {
		t.Error(usual)
	}
	e := runNbemu(t, "-pax", "aslr:all", "/x")
	if e.status != 126 {
		t.Errorf("%+v", e)
	}
	checkOneLine(t, e.stderr, "-pax")
}

func TestPosixSpawn(t *testing.T) {
	dir, flags := guestRoot(t)
	guest(t, flags, "spawn /x args a b", 0, "status 0\n")
	if got := string(mustRead(t, filepath.Join(dir, "spawn.out"))); got != "/x\nargs\na\nb\n" {
		t.Errorf("%q", got)
	}
	guest(t, flags, "spawnerr /x args", 0, "early 0 status 127 late 9 nofile 2 fault 14\n")
	guest(t, flags, "spawn /none", 1, "posix_spawn: error 2\n")
}

func TestFexecve(t *testing.T) {
	dir, flags := guestRoot(t)
	guest(t, flags, "fexec /x args", 0, "/x\nargs\n")
	writeFile(t, filepath.Join(dir, "plain"), mustRead(t, filepath.Join(dir, "x")), 0o644)
	guest(t, flags, "fexec /plain args", 1, "fexecve: error 13\n")
}

func TestExecDryRun(t *testing.T) {
	_, flags := guestRoot(t)
	for _, k := range []string{"2.0", "5.99", "10"} {
		// A program without section headers for its note is none for the older releases.
		e := runNbemu(t, append([]string{"exec", "-n", "-kernel", k, "-root-user"}, append(flags, "/x", "a")...)...)
		for _, want := range []string{"probes:\n", "entry: elf64 netbsd/amd64\n", "NetBSD " + k + "\n", "argc = 2\n", "registers:\n", "credentials: uid 0/0/0"} {
			if !strings.Contains(e.stdout, want) {
				t.Errorf("%s: no %q in\n%s%s", k, want, e.stdout, e.stderr)
			}
		}
		e = runNbemu(t, append([]string{"exec", "-n", "-json", "-kernel", k}, append(flags, "/x", "a")...)...)
		var r struct {
			Kernel    string
			Argv      []string
			PsStrings uint64
			Auxv      []struct{ Name string }
			Stack     []struct{ Addr, Len uint64 }
			VMCmds    []struct{ Proc string }
		}
		if err := json.Unmarshal([]byte(e.stdout), &r); err != nil || r.Kernel != k || len(r.Argv) != 2 || len(r.VMCmds) < 3 || len(r.Stack) < 5 {
			t.Errorf("%s: %v %+v", k, err, r)
		}
		if has := strings.Contains(e.stdout, "AT_STACKBASE"); has != (k == "10") {
			t.Errorf("%s: AT_STACKBASE", k)
		}
	}
	e := runNbemu(t, append([]string{"exec", "-n"}, append(flags, "/missing")...)...)
	if e.status != 127 || !strings.Contains(e.stdout, "check_exec: /missing: ENOENT") {
		t.Error(e)
	}
	for _, bad := range [][]string{{"-kernel", "9.99"}, {"-uid", "x"}, {"-uid", "4294967295"}, {"-groups", "1,2,x"}, {"-strict", "4"}, {"-mount", "x"}} {
		e := runNbemu(t, append(bad, "/x")...)
		if e.status != 126 {
			t.Error(bad, e)
		}
		checkOneLine(t, e.stderr, bad[0][1:])
	}
}

// What the newest release and the older ones call themselves.
func TestKernelRelease(t *testing.T) {
	_, flags := guestRoot(t)
	for k, want := range map[string]string{"2.0": "2.0 200000000\n", "5.99": "5.99.48 599004800\n", "10": "10.0 1000000000\n"} {
		guest(t, append(flags, "-kernel", k), "osrelease", 0, want)
	}
}

// A second of fuzzing finds nothing, and a case can be run again from its file.
func TestFuzzExec(t *testing.T) {
	dir := t.TempDir()
	e := runNbemu(t, "fuzz", "exec", "-seconds", "1", "-o", dir)
	if e.status != 0 || !strings.Contains(e.stdout, " per second") || !strings.Contains(e.stdout, " 0 findings\n") {
		t.Errorf("%+v", e)
	}
	file := filepath.Join(dir, "case.json")
	writeFile(t, file, []byte(`{"Case": {"Kernel": "10", "Path": "/x", "Fd": -1, "Cwd": "/", "Files": [{"Path": "/x", "Data": "IyEveQo=", "Mode": 33261}],
		"Argv": ["eA=="], "Stack": 65536, "Data": 65536, "Descr": 10}}`), 0o644)
	e = runNbemu(t, "fuzz", "exec", "-replay", file)
	if e.status != 0 || !strings.Contains(e.stdout, "ENOENT: /x: its interpreter cannot be used: /y") {
		t.Errorf("%+v", e)
	}
	e = runNbemu(t, "fuzz", "exec", "-replay", dir+"/none")
	if e.status != 126 {
		t.Errorf("%+v", e)
	}
	checkOneLine(t, e.stderr, "none")
}

// What two releases answer differently is a finding again when it is replayed under both. A relative name is found by the
// older one too, which does not make it absolute. The kept commands work from any directory.
func TestFuzzAgainst(t *testing.T) {
	prog, err := os.ReadFile(filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "amd64", "args"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "case.json")
	for path, want := range map[string]string{"/x": "5.99: /x: arguments and environment need", "x": "5.99: x: arguments and environment need"} {
		writeFile(t, file, fmt.Appendf(nil, `{"Case": {"Kernel": "10", "Path": %q, "Fd": -1, "Cwd": "/", "Files": [{"Path": "/x", "Data": %q, "Mode": 33261}],
			"Argv": ["eA=="], "Stack": 4096, "Data": 268435456, "Descr": 10}}`, path, base64.StdEncoding.EncodeToString(prog)), 0o644)
		e := runNbemu(t, "fuzz", "exec", "-kernel", "5.99", "-against", "10", "-replay", file)
		if e.status != 1 || !strings.Contains(e.stdout, "finding: 5.99 answers ENOMEM, 10 OK\n") || !strings.Contains(e.stdout, want) {
			t.Errorf("%+v", e)
		}
	}
	seed := filepath.Join(dir, "seed")
	writeFile(t, seed, prog, 0o755)
	e := runNbemu(t, "fuzz", "exec", "-machine", "i386", "-against-machine", "amd64", "-seconds", "0.1", "-o", filepath.Join(dir, "a b"), seed)
	scripts, _ := filepath.Glob(filepath.Join(dir, "a b", "*", "repeat.sh"))
	if e.status != 1 || len(scripts) == 0 {
		t.Fatalf("%+v", e)
	}
	out, err := exec.Command(scripts[0]).CombinedOutput()
	if !strings.Contains(string(out), "finding: i386 answers ") || !strings.Contains(string(out), "probes:\n") {
		t.Errorf("%s: %v: %s", scripts[0], err, out)
	}
}

// A command line that cannot be meant says why in one line.
func TestWhichProgram(t *testing.T) {
	for _, line := range [][]string{{"-g", "./prog"}, {"-strace"}, {"exec", "-n"}} {
		e := runNbemu(t, line...)
		if e.status != 126 {
			t.Errorf("%q: %+v", line, e)
		}
		checkOneLine(t, e.stderr, "which program?")
	}
	for want, line := range map[string]string{
		"did you mean -seconds?":             "fuzz exec -secnds 3",
		"there is no such flag; nbemu help ": "binfmt print -frobnicate",
		"did you mean -no-user?":             "root create -nouser x y",
		"no debugger can connect to 99999":   "-g 99999 " + filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "amd64", "args"),
	} {
		e := runNbemu(t, strings.Fields(line)...)
		if e.status == 0 {
			t.Errorf("%s: %+v", line, e)
		}
		checkOneLine(t, e.stderr, want)
	}
}

// -L has the linker and the libraries of a Linux program of another machine, as with qemu-user, and of what it executes.
func TestLinuxRoot(t *testing.T) {
	source := filepath.Join(t.TempDir(), "hello.c")
	text := `#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	if (argc > 1)
		return puts("again") < 0;
	puts("hello");
	fflush(stdout);
	return execl(argv[0], argv[0], "again", (char *)0);
}
`
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, triple := range []string{"aarch64-linux-gnu", "sparc64-linux-gnu", "mips-linux-gnu", "powerpc-linux-gnu", "riscv64-linux-gnu"} {
		t.Run(triple, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "hello")
			if out, err := exec.Command(triple+"-gcc", "-o", program, source).CombinedOutput(); err != nil {
				t.Skipf("%v\n%s", err, out)
			}
			if got := runNbemu(t, "-L", "/usr/"+triple, program); got.stdout != "hello\nagain\n" || got.status != 0 {
				t.Errorf("status %d, output %q, %q", got.status, got.stdout, got.stderr)
			}
		})
	}
}
