package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// A session with what people type beside breakpoints and steps: calls of functions, other values for numbers, returns before
// the end, hardware breakpoints, watched memory, forks, calls, signals, core files.
func TestGDBSession(t *testing.T) {
	for _, arch := range []string{"amd64", "i386", "aarch64", "arm", "mips", "mipsel", "powerpc", "riscv64", "sparc64", "m68k"} {
		t.Run(arch, func(t *testing.T) {
			program := programToDebug(t, arch, "session")
			core := filepath.Join(t.TempDir(), "core")
			out := debuggerOf(t, "gdb", []string{program}, "set pagination off", "set confirm off", "tbreak half", "continue",
				"print d", "set var d = 5.0", "finish", "print add(20, 22)", "print half(3.0)", "call (void)handler(1)", "print handled", "set var handled = 0",
				"hbreak add", "continue", "break add", "continue", "delete 2", "continue", "delete", "finish",
				"find &text, +sizeof(text), \"found\"", "watch total", "continue", "delete",
				"break quick if n == 1", "continue", "return 55", "next", "print r", "delete",
				"catch fork", "continue", "delete", "tbreak print", "continue",
				"handle SIGUSR1 stop print pass", "break handler", "signal SIGUSR1", "delete", "print handled", "generate-core-file "+core, "continue")
			want := []string{"half (d=9)", "= 9\n", "Value returned is", "= 2.5\n", "= 42\n", "= 1.5\n", "= 1\n",
				"Hardware assisted breakpoint 2", "Breakpoint 2, add (a=0, b=0)", "Breakpoint 2, add (a=0, b=1)", "Breakpoint 3, add (a=1, b=2)", "Value returned is", "= 3\n",
				"1 pattern found", "total\n\nOld value = 1\nNew value = 3\n",
				"quick (n=1)", "in main (argc=1", "= 65\n", "(forked process", "Temporary breakpoint", "print (s=",
				"handler (sig=30)", "= 0\n", "Saved corefile", "to be found", "exited with code 0102"}
			if w := inOrder(strings.ReplaceAll(out, "#0  main (argc=1", "in main (argc=1"), want); w != "" {
				t.Errorf("no %q in its place in\n%s", w, out)
			}
			if st, err := os.Stat(core); err != nil || st.Size() == 0 {
				t.Errorf("the core file: %v", err)
			}
		})
	}
}

// gdb shows what it knows of a machine: its processes, what it was started with and where; and nbemu's own commands.
func TestGDBMonitor(t *testing.T) {
	program := programToDebug(t, "sparc64", "session")
	out := debuggerOf(t, "gdb", []string{program}, "set pagination off", "monitor help", "monitor syscall write 1", "monitor syscall nosuch", "monitor frob", "monitor ps",
		"info os", "info os processes", "info os threads", "info proc exe", "info proc cwd", "info auxv")
	want := []string{"monitor syscall NAME|NUMBER", "   4  write\n   1  exit\n", "nosuch: there is no such system call", "monitor frob: there is no such command",
		"COMMAND\n", " session\n", "Listing of all processes", "session", "session", "exe = '" + program + "'", "cwd = '", "AT_ENTRY"}
	if w := inOrder(out, want); w != "" || strings.Contains(out, "unable to read link") {
		t.Errorf("no %q in its place in\n%s", w, out)
	}
}

// The numbers are those that programs have, which on mips are not the table's.
func TestGDBMonitorNumbers(t *testing.T) {
	a, err := testprog.Find("mips")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "debug")
	if err := testprog.C(a, testprog.Linux, program, filepath.Join(testprog.Root(), "testdata", "guest", "debug.c"), "-g", "-O0"); err != nil {
		t.Skip(err)
	}
	out := debuggerSays(t, "gdb", program, "set pagination off", "monitor syscall write 4001")
	if w := inOrder(out, []string{"4004  write\n4001  exit\n"}); w != "" {
		t.Errorf("no %q in\n%s", w, out)
	}
}

// gdb shows where a fault was.
func TestGDBSiginfo(t *testing.T) {
	for _, arch := range []string{"amd64", "arm", "mips", "mips64"} {
		t.Run(arch, func(t *testing.T) {
			out := debuggerOf(t, "gdb", []string{programToDebug(t, arch, "session")}, "set pagination off", "tbreak half", "continue",
				"set var $pc = 0x44", "continue", "print $_siginfo.si_signo", "print $_siginfo._sifields._sigfault.si_addr")
			if w := inOrder(out, []string{"SIGSEGV", "= 11\n", "= (void *) 0x44\n"}); w != "" {
				t.Errorf("no %q in its place in\n%s", w, out)
			}
		})
	}
}

// A debugger that has detached can come again, while the program runs; it ends as if none had been there.
func TestGDBAgain(t *testing.T) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	gdb, err := exec.LookPath(debuggers["gdb"][0])
	if err != nil {
		t.Skip("no gdb-multiarch")
	}
	for _, arch := range []string{"amd64", "mips", "aarch64"} {
		t.Run(arch, func(t *testing.T) {
			program := programToDebug(t, arch, "patient")
			server := exec.Command(nbemu, "-g", "0", program)
			stderr, err := server.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
			defer server.Process.Kill()
			line, err := bufio.NewReader(stderr).ReadString('\n')
			_, port, found := strings.Cut(line, "target remote ")
			if err != nil || !found {
				t.Fatalf("%q, %v", line, err)
			}
			port, _, _ = strings.Cut(port, "'")
			session := func(want string, commands ...string) {
				t.Helper()
				args := []string{"-nx", "-batch", "-iex", "set osabi GNU/Linux", "-ex", "target remote " + port}
				for _, c := range commands {
					args = append(args, "-ex", c)
				}
				cmd := exec.Command(gdb, append(args, program)...)
				cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
				if out, err := cmd.CombinedOutput(); !strings.Contains(string(out), want) {
					t.Errorf("no %q in (%v)\n%s", want, err, out)
				}
			}
			session("_start", "bt", "detach")
			session("main (argc=1", "tbreak main", "bt", "print turns", "detach")
			session("= 0", "print go", "kill 99", "detach")
			session("= 1", "set var go = 1", "print go", "detach")
			if err := server.Wait(); server.ProcessState.ExitCode() != 7 {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}
