package main

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/internal/early"
	"nbemu/machine"
)

// underDebugger is in the environment of the nbemu that "nbemu gdb" starts: it says nothing of waiting, and leaves the
// signals of the terminal, which they have in common, to the debugger.
const underDebugger = "NBEMU_UNDER_DEBUGGER"

// debugged reports whether this is such an nbemu. Programs do not see it.
var debugged = func() bool {
	_, there := os.LookupEnv(underDebugger)
	os.Unsetenv(underDebugger)
	return there
}()

// debuggers are the names of the debuggers to look for, best first.
var debuggers = map[string][]string{
	"gdb":  {"gdb-multiarch", "gdb"},
	"lldb": {"lldb", "lldb-20", "lldb-19", "lldb-18", "lldb-17", "lldb-16", "lldb-15", "lldb-14"},
}

// debuggerArgs is what a debugger is started with: for a program, which is "" if the debugger cannot read it itself, at
// the address that gdb's target remote takes.
func debuggerArgs(kind, address, program string) []string {
	if kind == "lldb" {
		args := []string{"-o", "platform select remote-netbsd"}
		if program != "" {
			args = append(args, "-o", "target create "+quoteWord(program))
		}
		connect := "gdb-remote " + strings.TrimPrefix(address, ":")
		if strings.Contains(address, "/") {
			connect = "process connect --plugin gdb-remote unix-connect://" + address
		}
		return append(args, "-o", connect)
	}
	// Debian's gdb has no NetBSD in it. With Linux it knows sizes and frames right; that must be said before it reads
	// the program, or pointers have 4 bytes on all machines.
	args := []string{"-iex", "set osabi GNU/Linux"}
	if strings.Contains(address, "/") {
		// After the program's end "run" would start it on the host, as if it were a program of Linux.
		args = append(args, "-iex", "set auto-connect-native-target off")
	}
	if doublesOfMIPS(program) {
		args = append(args, "-iex", "set mipsfpu double")
	}
	args = append(args, "-ex", "target remote "+address)
	if program != "" {
		args = append(args, program)
	}
	return args
}

// doublesOfMIPS reports whether a program for mips has its floating-point numbers in registers in one of the ways that gdb
// does not know (up to 13 at least): it takes them to be without, and shows other results of functions.
func doublesOfMIPS(program string) bool {
	f, err := elf.Open(program)
	if err != nil {
		return false
	}
	defer f.Close()
	flags := f.Section(".MIPS.abiflags")
	if f.Machine != elf.EM_MIPS || flags == nil {
		return false
	}
	b, err := flags.Data()
	const fpABI = 7                   // of Elf_ABIFlags_v0
	const fpXX, fp64, fp64A = 5, 6, 7 // Val_GNU_MIPS_ABI_FP_XX and so on
	return err == nil && len(b) > fpABI && b[fpABI] >= fpXX && b[fpABI] <= fp64A
}

// quoteWord quotes for a shell, and for LLDB, what needs it.
func quoteWord(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n'\"\\$`&|;<>()*?[]#~!{}") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// commandLine is a command as a shell takes it.
func commandLine(words ...string) string {
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, quoteWord(w))
	}
	return strings.Join(quoted, " ")
}

// tellWaiting says how to come to a program that waits for a debugger.
func tellWaiting(address, program string, c *machine.Config) {
	if debugged {
		return
	}
	program = onHost(program, c)
	fmt.Fprintf(stderr, "nbemu: waiting for a debugger: %s\n", commandLine(append([]string{"gdb-multiarch"}, debuggerArgs("gdb", address, program)...)...))
	fmt.Fprintf(stderr, "nbemu: or: %s\n", commandLine(append([]string{"lldb"}, debuggerArgs("lldb", address, program)...)...))
}

// onHost is where the host has a program of the guest's; "" if that cannot be told.
func onHost(program string, c *machine.Config) string {
	for _, root := range []string{c.Chroot, c.Root} {
		if root != "" && filepath.IsAbs(program) {
			if st, err := os.Stat(filepath.Join(root, program)); err == nil && st.Mode().IsRegular() {
				return filepath.Join(root, program)
			}
		}
	}
	if st, err := os.Stat(program); c.Chroot == "" && err == nil && st.Mode().IsRegular() {
		return program
	}
	return ""
}

// debugCommand is "nbemu gdb" and "nbemu lldb": args are those of nbemu run. The debugger is this process's child, and so
// is the nbemu that runs the program; all have the terminal in common. The result is the exit status.
func debugCommand(kind string, args []string) int {
	o, rest, err := parseFlags("run", args, early.Environ(os.Environ()))
	switch {
	case errors.Is(err, errHelp):
		return help([]string{kind})
	case err == nil && len(rest) == 0:
		fmt.Fprintf(stderr, "usage: nbemu %s [flags of nbemu run] program [args]\n", kind)
		return 126
	case err == nil && o.gdb != "":
		err = errors.New("-g: the debugger is started here")
	}
	if err != nil {
		return say(err)
	}
	debugger := ""
	for _, name := range debuggers[kind] {
		if path, err := exec.LookPath(name); err == nil && debugger == "" {
			debugger = path
		}
	}
	if debugger == "" {
		return say(fmt.Errorf("none of %s is there; Debian's package is %s", strings.Join(debuggers[kind], ", "), debuggers[kind][0]))
	}
	dir, err := os.MkdirTemp("", "nbemu-gdb.")
	if err != nil {
		return say(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "s")
	// Both children get what the terminal sends; this process only waits for them.
	signal.Notify(make(chan os.Signal, 1), unix.SIGINT, unix.SIGQUIT)
	program, ended, err := startDebugged(socket, args)
	if err != nil {
		return say(err)
	}
	if exists(socket) {
		cmd := exec.Command(debugger, debuggerArgs(kind, socket, onHost(rest[0], &o.machine))...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		if err := runDebugger(cmd); err != nil && cmd.ProcessState == nil {
			say(err)
		} else if err != nil && cmd.ProcessState.ExitCode() < 0 {
			endDebugged(program, ended) // nobody has told it to go on
			return 128 + int(cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
		}
	}
	if exists(socket) {
		_ = program.Process.Signal(unix.SIGTERM) // the debugger has not come
	}
	<-ended
	if code := program.ProcessState.ExitCode(); code >= 0 {
		return code
	}
	return 0 // by a signal, of which the debugger has told
}

// runDebugger runs a debugger until it ends. What ends this process ends the debugger; so does the end of whoever reads its
// output: LLDB ignores SIGPIPE, and tries to write what nobody reads without end.
func runDebugger(cmd *exec.Cmd) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	unread := time.NewTicker(100 * time.Millisecond)
	defer unread.Stop()
	for {
		select {
		case err := <-done:
			return err
		case sig := <-signals:
			_ = cmd.Process.Signal(sig)
		case <-unread.C:
			if !hasReader(unix.Stdout) {
				_ = cmd.Process.Kill()
			}
		}
	}
}

// hasReader reports whether what is written to a descriptor is read by somebody, as far as that can be known.
func hasReader(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd)}}
	n, err := unix.Poll(p, 0)
	return err != nil || n == 0 || p[0].Revents&unix.POLLERR == 0
}

// endDebugged ends a program whose debugger is gone.
func endDebugged(program *exec.Cmd, ended <-chan error) {
	_ = program.Process.Signal(unix.SIGTERM)
	select {
	case <-ended:
	case <-time.After(2 * time.Second): // the program does not obey
		_ = program.Process.Kill()
		<-ended
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// startDebugged starts an nbemu that waits at a socket, and returns when it does, or has ended.
func startDebugged(socket string, args []string) (cmd *exec.Cmd, ended <-chan error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd = exec.Command(self, slices.Concat([]string{"run", "-g", socket}, args)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(early.Environ(os.Environ()), underDebugger+"=1")
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for !exists(socket) {
		select {
		case err := <-done:
			done <- err
			return cmd, done, nil
		case <-time.After(5 * time.Millisecond):
		}
	}
	return cmd, done, nil
}
