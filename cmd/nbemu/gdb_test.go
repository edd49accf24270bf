package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"nbemu/internal/testprog"
)

// debugProgram builds testdata/guest/debug.c with line numbers.
func debugProgram(t *testing.T, arch string) string { return programToDebug(t, arch, "debug") }

// programToDebug builds a program of testdata/guest with line numbers.
func programToDebug(t *testing.T, arch, name string) string {
	t.Helper()
	a, err := testprog.Find(arch)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), name)
	err = testprog.C(a, testprog.NetBSD, out, filepath.Join(testprog.Root(), "testdata", "guest", name+".c"), "-g", "-O0")
	if errors.Is(err, testprog.ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// underDebuggerSays runs "nbemu gdb" or "nbemu lldb" with commands.
func underDebuggerSays(t *testing.T, kind, arch string, commands ...string) string {
	t.Helper()
	return debuggerSays(t, kind, debugProgram(t, arch), commands...)
}

// debuggerSays is underDebuggerSays for any program.
func debuggerSays(t *testing.T, kind, program string, commands ...string) string {
	t.Helper()
	return debuggerOf(t, kind, []string{program}, commands...)
}

// debuggerOf is debuggerSays with arguments of nbemu's before the program's name.
func debuggerOf(t *testing.T, kind string, args []string, commands ...string) string {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	found := false
	for _, name := range debuggers[kind] {
		_, err := exec.LookPath(name)
		found = found || err == nil
	}
	if !found {
		t.Skip("no " + kind)
	}
	cmd := exec.Command(nbemu, append([]string{kind}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	cmd.Stdin = strings.NewReader(strings.Join(append(commands, "quit"), "\n") + "\n")
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// gdb itself: sizes of pointers on machines of both sizes, the stack, the map, system calls by NetBSD's numbers.
func TestGDBCommand(t *testing.T) {
	for arch, size := range map[string]string{"amd64": "8", "sparc64": "8", "mips64": "8", "arm": "4", "m68k": "4"} {
		t.Run(arch, func(t *testing.T) {
			out := underDebuggerSays(t, "gdb", arch, "set pagination off", "break sum", "continue", "print sizeof(void *)", "print *n", "backtrace",
				"info proc mappings", "finish", "catch syscall 1", "continue", "delete", "continue")
			want := []string{"= " + size + "\n", "value = 1}", "in main (argc=1", "Value returned is", "= 6", "[stack]"}
			if strings.Contains(out, "is not supported on this architecture") {
				want = append(want, "exited with code 06")
			} else {
				want = append(want, "(call to syscall", "exited with code 06")
			}
			for _, w := range want {
				if !strings.Contains(out, w) {
					t.Errorf("no %q in\n%s", w, out)
				}
			}
		})
	}
}

// inOrder reports which of some texts does not follow the ones before it; "" if all do.
func inOrder(out string, texts []string) string {
	for _, s := range texts {
		i := strings.Index(out, s)
		if i < 0 {
			return s
		}
		out = out[i+len(s):]
	}
	return ""
}

// gdb follows the parent or the child of a fork, or keeps both.
func TestGDBForks(t *testing.T) {
	for _, arch := range []string{"amd64", "mips", "sparc64"} {
		program := programToDebug(t, arch, "forks")
		for _, tt := range []struct {
			name     string
			commands string
			want     []string
		}{
			{"parent", "break child_work\nbreak parent_work\ncontinue\nnext\ncontinue", []string{"Breakpoint 2, parent_work (n=1", "parent", "exited with code 05"}},
			{"child", "set follow-fork-mode child\nbreak child_work\nbreak parent_work\ncontinue\nbacktrace\ncontinue",
				[]string{"Breakpoint 1, child_work (n=1", "in main (argc=1", "child", "exited with code 03"}},
			{"both", "set detach-on-fork off\nbreak child_work\nbreak parent_work\ncatch fork\ncontinue\nset schedule-multiple on\ncontinue\ncontinue\ninferior 1\ncontinue\ncontinue",
				[]string{"Catchpoint 3 (forked process", "New inferior 2", "child_work (n=1", "exited with code 03", "parent_work (n=1", "exited with code 05"}},
		} {
			t.Run(arch+"/"+tt.name, func(t *testing.T) {
				out := debuggerSays(t, "gdb", program, append([]string{"set pagination off", "set confirm off"}, strings.Split(tt.commands, "\n")...)...)
				if missing := inOrder(out, tt.want); missing != "" {
					t.Errorf("no %q in its place in\n%s", missing, out)
				}
			})
		}
	}
}

// Watched memory is looked at after each step, but not between a load with a reservation and its store, which would end the
// reservation each time.
func TestGDBWatchLinked(t *testing.T) {
	for _, arch := range []string{"amd64", "arm", "thumb", "aarch64", "mips", "mips64", "powerpc", "riscv64", "sparc64", "m68k"} {
		t.Run(arch, func(t *testing.T) {
			out := debuggerSays(t, "gdb", programToDebug(t, arch, "linked"), "set pagination off", "break main", "continue", "watch watched", "continue",
				"continue", "continue")
			if missing := inOrder(out, []string{"atchpoint 2: watched", "Old value = 0", "New value = 3", "exited with code 07"}); missing != "" {
				t.Errorf("no %q in its place in\n%s", missing, out)
			}
		})
	}
}

// Memory is watched in threads, too, that are made meanwhile. The two take turns, so that each value is seen, whichever is
// the first that gdb hears of.
func TestGDBWatchThreads(t *testing.T) {
	for _, arch := range []string{"amd64", "aarch64", "mips", "sparc64", "riscv64", "powerpc"} {
		t.Run(arch, func(t *testing.T) {
			out := debuggerSays(t, "gdb", programToDebug(t, arch, "turns"), "set pagination off", "break main", "continue", "watch count", "continue",
				"info threads", "continue", "continue", "kill")
			want := []string{" hit Hardware watchpoint 2: count", "Old value = 0", "New value = 1", "player (me=0)", "Old value = 1", "New value = 2",
				"player (me=1)", "Old value = 2", "New value = 3", "player (me=0)"}
			if missing := inOrder(out, want); missing != "" {
				t.Errorf("no %q in its place in\n%s", missing, out)
			}
		})
	}
}

// A trace beside a debugger, of a program of Linux, whose signals that do nothing are told to whoever made it as well.
func TestGDBStrace(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "debug")
	if err := testprog.C(a, testprog.Linux, out, filepath.Join(testprog.Root(), "testdata", "guest", "debug.c"), "-g", "-O0"); err != nil {
		t.Skip(err)
	}
	t.Setenv("NBEMU_STRACE", "-e trace=none")
	got := debuggerSays(t, "gdb", out, "set pagination off", "break sum", "continue", "delete", "continue")
	if missing := inOrder(got, []string{"Breakpoint 1, sum (n=", "+++ exited with 6 +++"}); missing != "" {
		t.Errorf("no %q in its place in\n%s", missing, got)
	}
}

// A breakpoint in a Linux program of x86, where the signal's code is another one than NetBSD's.
func TestGDBLinuxBreakpoint(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "debug")
	if err := testprog.C(a, testprog.Linux, out, filepath.Join(testprog.Root(), "testdata", "guest", "debug.c"), "-g", "-O0"); err != nil {
		t.Skip(err)
	}
	got := debuggerSays(t, "gdb", out, "set pagination off", "break sum", "continue", "finish", "continue")
	if missing := inOrder(got, []string{"Breakpoint 1, sum (n=", "Value returned is", "= 6", "exited with code 06"}); missing != "" {
		t.Errorf("no %q in its place in\n%s", missing, got)
	}
}

// LLDB finds the program stopped at its entry, and its thread again when it makes a step. Its commands are given with the
// command, because it does not wait for the program when it reads them.
func TestLLDBCommand(t *testing.T) {
	for _, how := range []string{"amd64", "aarch64", "arm", "i386", "mips", "mips64", "riscv64", "powerpc", "aarch64 -deterministic"} {
		t.Run(how, func(t *testing.T) {
			words := strings.Fields(how)
			program := debugProgram(t, words[0])
			out := lldbSays(t, words[1:], program, "thread list", "breakpoint set -n sum", "continue", "bt", "frame variable", "finish", "thread step-inst", "continue")
			end := "exited with status = 6"
			if len(words) > 1 { // for an LLDB that can go back
				end = "about to exit with status 6"
			}
			for _, want := range []string{"frame #0: ", " debug`", "stop reason = signal SIGSTOP", "stop reason = breakpoint 1.1", "main(argc=1", "(int) s = 0",
				"stop reason = instruction step into", end} {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}

// LLDB calls functions of the program in expressions, on machines that it compiles for, and ends the program.
func TestLLDBExpression(t *testing.T) {
	for _, how := range []string{"amd64", "aarch64", "arm", "i386", "amd64 -deterministic"} {
		t.Run(how, func(t *testing.T) {
			words := strings.Fields(how)
			out := lldbSays(t, words[1:], programToDebug(t, words[0], "session"), "breakpoint set -n loop", "continue", "expression add(2, 3)",
				"expression total = add(total, 7)", "print total", "kill")
			want := []string{"stop reason = breakpoint 1.1", "(int) $0 = 5", "(volatile int) $1 = 7", "= 7", "exited with status = 9"}
			if missing := inOrder(out, want); missing != "" {
				t.Errorf("no %q in its place in\n%s", missing, out)
			}
		})
	}
}

// lldbSays runs LLDB with commands on a program, with flags for nbemu.
func lldbSays(t *testing.T, flags []string, program string, commands ...string) string {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	lldb := ""
	for _, name := range debuggers["lldb"] {
		if path, err := exec.LookPath(name); err == nil && lldb == "" {
			lldb = path
		}
	}
	if lldb == "" {
		t.Skip("no LLDB")
	}
	server := exec.Command(nbemu, append(slices.Clone(flags), "-g", "0", program)...)
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	line, err := lines.ReadString('\n')
	i := strings.LastIndex(line, "gdb-remote ")
	if err != nil || i < 0 {
		t.Fatalf("%q, %v", line, err)
	}
	port := strings.Trim(line[i+len("gdb-remote "):], "'\n")
	args := append([]string{"--no-lldbinit", "--batch"}, debuggerArgs("lldb", ":"+port, program)...)
	for _, c := range commands {
		args = append(args, "-o", c)
	}
	cmd := exec.Command(lldb, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	_ = server.Wait()
	if err != nil {
		t.Logf("%s: %v", lldb, err)
	}
	return string(out)
}

// Who waits for a debugger can be told to end.
func TestEndBeforeDebugger(t *testing.T) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	program := debugProgram(t, "amd64")
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		cmd := exec.Command(nbemu, "-g", "0", program)
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(stderr).ReadString('\n')
		if err != nil || !strings.Contains(line, "gdb-multiarch -iex 'set osabi GNU/Linux' -ex 'target remote :") || !strings.HasSuffix(line, " "+program+"\n") {
			t.Errorf("%q, %v", line, err)
		}
		_ = cmd.Process.Signal(sig)
		_ = cmd.Wait()
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != sig {
			t.Errorf("%v: %v", sig, cmd.ProcessState)
		}
	}
}

// A debugger whose output nobody reads any more ends, LLDB too, which would write for ever; so does the program.
func TestDebuggerUnread(t *testing.T) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	program := debugProgram(t, "amd64")
	for kind := range debuggers {
		if !slices.ContainsFunc(debuggers[kind], func(name string) bool { _, err := exec.LookPath(name); return err == nil }) {
			continue
		}
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		hold, stdin, err := os.Pipe() // nothing comes, and no end
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(nbemu, kind, program)
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		cmd.Stdin, cmd.Stdout = hold, w
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		_, _ = r.Read(make([]byte, 1))
		r.Close()
		_ = cmd.Wait() // for ever, if something is wrong
		if cmd.ProcessState.ExitCode() < 128 {
			t.Errorf("%s: %v", kind, cmd.ProcessState)
		}
		hold.Close()
		stdin.Close()
	}
}

// System calls that gdb does not catch are stops that it does not hear of: threads that are made between them go on. On mips
// the numbers are those of the machine, from 4000 on.
func TestGDBCatchThreads(t *testing.T) {
	for _, arch := range []string{"amd64", "aarch64", "sparc64"} {
		t.Run(arch, func(t *testing.T) {
			out := debuggerSays(t, "gdb", programToDebug(t, arch, "race"), "set pagination off", "catch syscall 400", "continue", "continue", "quit")
			if strings.Contains(out, "is not supported on this architecture") {
				t.Skip("this gdb catches no system calls there")
			}
			if missing := inOrder(out, []string{"Catchpoint 1 (syscall", "exited"}); missing != "" {
				t.Errorf("no %q in its place in\n%s", missing, out)
			}
		})
	}
	a, err := testprog.Find("mips")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "debug")
	if err := testprog.C(a, testprog.Linux, program, filepath.Join(testprog.Root(), "testdata", "guest", "debug.c"), "-g", "-O0"); err != nil {
		t.Skip(err)
	}
	out := debuggerSays(t, "gdb", program, "set pagination off", "catch syscall exit", "continue", "kill")
	if !strings.Contains(out, "(call to syscall exit") {
		t.Errorf("no exit is caught in\n%s", out)
	}
}
