package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// reverseArches are machines with blocks of all kinds: instructions of one size and of several, delay slots, register
// windows, conditional instructions.
var reverseArches = []string{"amd64", "aarch64", "mips", "sparc64", "arm", "m68k"}

// deterministicGDB is debuggerSays for nbemu gdb -deterministic.
func deterministicGDB(t *testing.T, flags []string, program string, commands ...string) string {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	if _, err := exec.LookPath("gdb-multiarch"); err != nil {
		t.Skip("no gdb-multiarch")
	}
	cmd := exec.Command(nbemu, append(append([]string{"gdb", "-deterministic"}, flags...), program)...)
	cmd.Env = append(os.Environ(), "HOME=/")
	cmd.Stdin = strings.NewReader("set pagination off\nset confirm off\nset width 0\n" + strings.Join(commands, "\n") + "\nquit\n")
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// Steps and breakpoints backwards, to the start and back to the end; what is printed is printed once.
func TestGDBReverse(t *testing.T) {
	for _, arch := range reverseArches {
		t.Run(arch, func(t *testing.T) {
			out := deterministicGDB(t, nil, debugProgram(t, arch), "break sum", "continue", "next", "next", "next", "next",
				"print s", "reverse-next", "reverse-next", "print s", "reverse-stepi", "reverse-continue",
				"reverse-continue", "info registers pc", "continue", "continue", "continue", "reverse-continue", "print n->value",
				"delete", "continue", "continue")
			if missing := inOrder(out, []string{"Breakpoint 1, sum (n=", "$1 = 1\n", "$2 = 0\n", "Breakpoint 1, sum (n=", "No more reverse-execution history",
				"_start", "pc", "Breakpoint 1, sum (n=", "No more reverse-execution history", "the sum is known", "about to exit with status 6",
				"Breakpoint 1, sum (n=", "$3 = 1\n", "No more reverse-execution history", "exited with code 06"}); missing != "" {
				t.Errorf("no %q in its place in\n%s", missing, out)
			}
			if n := strings.Count(out, "the sum is known"); n != 1 {
				t.Errorf("it was printed %d times:\n%s", n, out)
			}
		})
	}
}

// A function's steps backwards are its steps forwards, in the other order.
func TestGDBReverseSteps(t *testing.T) {
	pc := regexp.MustCompile(`(?m)^(?:\(gdb\) )*at (0x[0-9a-f]+)$`)
	for _, arch := range reverseArches {
		t.Run(arch, func(t *testing.T) {
			const n = 30
			commands := []string{"break sum", "continue", "delete", `printf "at %p\n", $pc`}
			for range n {
				commands = append(commands, "stepi", `printf "at %p\n", $pc`)
			}
			for range n {
				commands = append(commands, "reverse-stepi", `printf "at %p\n", $pc`)
			}
			out := deterministicGDB(t, nil, debugProgram(t, arch), commands...)
			all := pc.FindAllStringSubmatch(out, -1)
			if len(all) != 2*n+1 {
				t.Fatalf("%d places in\n%s", len(all), out)
			}
			for i := range n {
				if all[i][1] != all[2*n-i][1] {
					t.Errorf("step %d: at %s, and at %s on the way back", i, all[i][1], all[2*n-i][1])
				}
			}
		})
	}
}

// The debugger changes nothing: with breakpoints, steps and ways back the trace of a program with threads is the one that
// it has without.
func TestGDBDeterministicSame(t *testing.T) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	for _, arch := range reverseArches {
		program := programToDebug(t, arch, "race")
		for _, seed := range []string{"1", "2"} {
			t.Run(arch+"/"+seed, func(t *testing.T) {
				dir := t.TempDir()
				plain, watched := filepath.Join(dir, "plain"), filepath.Join(dir, "watched")
				cmd := exec.Command(nbemu, "-deterministic", "-seed", seed, "-strace=-t", "-D", plain, program)
				cmd.Env = append(os.Environ(), "HOME=/") // the environment's size moves the stack
				if out, err := cmd.CombinedOutput(); err != nil && seed != "2" {
					t.Fatalf("%v\n%s", err, out)
				}
				out := deterministicGDB(t, []string{"-seed", seed, "-strace=-t", "-D", watched}, program, "break take", "continue", "continue", "stepi", "stepi",
					"reverse-continue", "next", "finish", "stepi 200", "thread 2", "break work if n == 3000", "continue", "reverse-stepi", "delete", "continue", "continue", "continue")
				want, err1 := os.ReadFile(plain)
				got, err2 := os.ReadFile(watched)
				if err1 != nil || err2 != nil || string(want) != string(got) {
					t.Errorf("%v, %v: the traces differ:\n%s\nand\n%s\nwith\n%s", err1, err2, want, got, out)
				}
			})
		}
	}
}

// The session of docs/REVERSE.md, with what it shows.
func TestReverseDocument(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(testprog.Root(), "docs", "REVERSE.md"))
	if err != nil {
		t.Fatal(err)
	}
	var commands, want []string
	session := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		command, is := strings.CutPrefix(line, "(gdb) ")
		switch {
		case strings.HasPrefix(line, "```"):
			session = line == "```console"
		case !session || strings.HasPrefix(line, "$ "):
		case is:
			commands = append(commands, command)
		default:
			want = append(want, line)
		}
	}
	if len(commands) < 10 || len(want) < 10 {
		t.Fatalf("%d commands, %d lines", len(commands), len(want))
	}
	for _, arch := range reverseArches {
		t.Run(arch, func(t *testing.T) {
			program := programToDebug(t, arch, "race")
			nbemu, err := testprog.Nbemu()
			if err != nil {
				t.Skip(err)
			}
			for seed, fails := range map[string]bool{"1": false, "2": true, "3": false, "4": true} {
				if err := exec.Command(nbemu, "-deterministic", "-seed", seed, program).Run(); (err != nil) != fails {
					t.Errorf("seed %s: %v", seed, err)
				}
			}
			out := deterministicGDB(t, []string{"-seed", "2"}, program, commands...)
			if missing := inOrder(out, want); missing != "" {
				t.Errorf("no %q in its place in\n%s", missing, out)
			}
		})
	}
}

// served starts nbemu -g for a program and returns its address for gdb; wait returns what it wrote when it has ended.
func served(t *testing.T, dir, input string, args ...string) (address string, wait func() string) {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(nbemu, append([]string{"-g", "0"}, args...)...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	var out strings.Builder
	cmd.Stdout = &out
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	line, err := lines.ReadString('\n')
	m := regexp.MustCompile(`target remote (:[0-9]+)`).FindStringSubmatch(line)
	if err != nil || m == nil {
		t.Fatalf("%q, %v", line, err)
	}
	rest := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(lines)
		rest <- string(text)
	}()
	return m[1], func() string {
		text := <-rest
		_ = cmd.Wait()
		return out.String() + text
	}
}

// batch runs gdb with commands, after what is needed for a program at an address.
func batch(t *testing.T, address, program string, commands ...string) string {
	t.Helper()
	if _, err := exec.LookPath("gdb-multiarch"); err != nil {
		t.Skip("no gdb-multiarch")
	}
	args := []string{"-nx", "-batch", "-iex", "set pagination off", "-iex", "set width 0", "-iex", "set confirm off"}
	args = append(args, debuggerArgs("gdb", address, "")...)
	args = append(args[:len(args)-2], "-ex", "file "+program, "-ex", "target remote "+address)
	for _, c := range commands {
		args = append(args, "-ex", c)
	}
	out, _ := exec.Command("gdb-multiarch", args...).CombinedOutput()
	return string(out)
}

// A program that changes files is run again without changing them, and reads what it has read, though nothing is there.
func TestGDBReverseOutside(t *testing.T) {
	for _, arch := range reverseArches {
		t.Run(arch, func(t *testing.T) {
			program, dir := programToDebug(t, arch, "outside"), t.TempDir()
			address, wait := served(t, dir, "some input\n", "-deterministic", program)
			out := batch(t, address, program, "break done", "continue", "print got", "print buf", "watch buf[0]", "reverse-continue",
				"print got", "next", "print got", "delete", "continue", "print line", "watch line[0]", "reverse-continue", "delete", "continue", "continue", "continue")
			if missing := inOrder(out, []string{"$1 = 35\n", `$2 = "written written written "`, "Hardware watchpoint", "Old value = 119", "$3 = 0\n", "New value = 119", "$4 = 0\n",
				`$5 = "some input\n"`, "Hardware watchpoint", "Old value = 115", "No more reverse", "about to exit", "exited normally"}); missing != "" {
				t.Errorf("no %q in its place in\n%s", missing, out)
			}
			if got := wait(); strings.Count(got, "input: some input\n") != 1 {
				t.Errorf("output %q\n%s", got, out)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("left over: %v, %v", left, err)
			}
		})
	}
}

// A core file is served to a debugger that cannot read it: registers, memory, the stack; it does not run.
func TestGDBCore(t *testing.T) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	if _, err := exec.LookPath("gdb-multiarch"); err != nil {
		t.Skip("no gdb-multiarch")
	}
	for _, arch := range reverseArches {
		t.Run(arch, func(t *testing.T) {
			program, dir := programToDebug(t, arch, "dumped"), t.TempDir()
			dump := exec.Command("sh", "-c", `ulimit -c unlimited; exec "$0" "$1"`, nbemu, program)
			dump.Dir = dir
			if out, err := dump.CombinedOutput(); err == nil || !strings.Contains(string(out), "core dumped") {
				t.Skipf("no core file: %v\n%s", err, out)
			}
			cmd := exec.Command(nbemu, "gdb", "-core", filepath.Join(dir, "dumped.core"), program)
			cmd.Env = append(os.Environ(), "HOME=/")
			cmd.Stdin = strings.NewReader("set pagination off\nset width 0\nbacktrace\nprint known\nset var known = 1\ninfo threads\ncontinue\nquit\n")
			out, _ := cmd.CombinedOutput()
			if missing := inOrder(string(out), []string{"fall (depth=0)", "fall (depth=1)", "fall (depth=2)", "main (argc=1", "= 42\n", "Cannot access memory",
				"* 1", "fall (depth=0)", "there is nothing to run", "Program received signal SIGSEGV"}); missing != "" {
				t.Errorf("no %q in its place in\n%s", missing, out)
			}
		})
	}
	out, err := exec.Command(nbemu, "-g", "0", "-core", nbemu, nbemu).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "no core file") {
		t.Errorf("what is no core file: %v, %s", err, out)
	}
}

// catch signal, signals that pass without a stop, and info proc mappings, on the usual machine and on the deterministic one.
func TestGDBCatch(t *testing.T) {
	for _, arch := range []string{"amd64", "mips", "sparc64", "aarch64"} {
		program := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", arch, "signals")
		if _, err := os.Stat(program); err != nil {
			t.Skip(err)
		}
		commands := []string{"set pagination off", "set confirm off", "catch signal SIGUSR1", "continue", "info proc mappings", "delete", "handle SIGUSR1 nostop noprint pass", "continue"}
		for name, out := range map[string]string{
			arch:                    debuggerSays(t, "gdb", program, commands...),
			arch + "/deterministic": deterministicGDB(t, nil, program, commands...),
		} {
			if missing := inOrder(out, []string{"Catchpoint 1 (signal SIGUSR1)", "[stack]", "handled: 1"}); missing != "" {
				t.Errorf("%s: no %q in its place in\n%s", name, missing, out)
			}
		}
	}
}
