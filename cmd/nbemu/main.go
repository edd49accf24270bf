//go:debug containermaxprocs=0

// Command nbemu runs NetBSD programs. It "configures the kernel": it registers emulations and exec formats,
// makes the first process, and runs it.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"

	"github.com/google/gops/agent"
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/arch/amd64"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/vfs"
)

// stderr is where nbemu itself speaks: the program may close its own.
var stderr = os.Stderr

func main() {
	if fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 100); err == nil {
		stderr = os.NewFile(uintptr(fd), "stderr")
	}
	kern.Config.Log = func(msg string) { fmt.Fprintln(stderr, "nbemu: "+msg) }
	word, args := "run", os.Args[1:]
	if len(args) > 0 && slices.ContainsFunc(commands, func(c command) bool { return c.name == args[0] }) {
		word, args = args[0], args[1:]
	}
	if sub := subcommands[word]; sub != nil {
		os.Exit(sub(args))
	}
	if word == "root" {
		os.Exit(rootCommand(args))
	}
	o, args, err := parseFlags(word, args, os.Environ())
	switch {
	case errors.Is(err, errHelp):
		usage(os.Stdout)
		os.Exit(0)
	case err != nil:
		fmt.Fprintf(stderr, "nbemu: %v; nbemu -help lists the flags\n", err)
		os.Exit(126)
	}
	if o.version {
		fmt.Printf("nbemu %s (Unicorn %s, NetBSD %s)\n", versionString(), cpu.Version(), kern.Release())
		return
	}
	if len(args) == 0 {
		usage(stderr)
		os.Exit(126)
	}
	if err := namedRoots(o); err != nil {
		fmt.Fprintf(stderr, "nbemu: %v\n", err)
		os.Exit(126)
	}
	os.Exit(run(o, args))
}

// run makes the first process and waits for its end; the result is nbemu's exit status.
func run(o *options, args []string) int {
	// Guests' memory is not on the Go heap, which stays small: collecting it rarely is cheap.
	debug.SetGCPercent(400)
	if o.gops {
		if err := agent.Listen(agent.Options{ShutdownCleanup: true}); err != nil {
			fmt.Fprintf(stderr, "nbemu: -gops: %v\n", err)
		}
	}
	kern.Config.Crash = o.crash
	kern.Config.NCPU = o.cpus
	if o.strace {
		if err := traceTo(o.logfile); err != nil {
			fmt.Fprintf(stderr, "nbemu: -D: %v\n", err)
			return 126
		}
	}
	configure()
	setProfile(o.kernel)
	o.setDeterministic()

	kern.KernelLock()
	l := kern.Init(amd64.Arch, o.cred.cred())
	if err := vfs.Init(l.Proc, vfs.Config{EmulRoot: o.root, Chroot: o.chroot}); err != nil {
		fmt.Fprintf(stderr, "nbemu: %v\n", err)
		return 126
	}
	if nativeRoot = l.Proc.Cwdi.Edir; nativeRoot != nil {
		nativeRoot.Ref()
	}
	vfs.SetUsers(vfs.HostCred(), l.Proc.Cred)
	err := setFiles(o)
	if err == nil {
		err = setGuards(l, o)
	}
	if err != nil {
		fmt.Fprintf(stderr, "nbemu: %v\n", err)
		return 126
	}
	argv := args
	if o.argv0 != "" {
		argv = append([]string{o.argv0}, args[1:]...)
	}
	ignoreSignals(l.Proc)
	if o.dryRun {
		return dryRun(l, o, args[0], argv)
	}
	if err := execve.ExecFirst(l, args[0], argv, o.environ); err != nil {
		return execFailed(l, args[0], err)
	}
	forwardSignals(l.Proc)
	debugger, err := waitForGDB(l.Proc, o.gdb)
	if err != nil {
		fmt.Fprintf(stderr, "nbemu: -g: %v\n", err)
		return 126
	}
	l.Start()
	kern.KernelUnlock()
	status := <-kern.Exited
	kern.KernelLock()
	kern.KtraceFlush()
	kern.KernelUnlock()
	debugger.Wait()
	flushMetadata()
	if abi.WIFSIGNALED(status) {
		return dieLike(abi.WTERMSIG(status))
	}
	return int(abi.WEXITSTATUS(status))
}

// execFailed says why the program could not be started; the result is what a shell would show: 127 when the
// program itself is not there, 126 for everything else.
func execFailed(l *kern.LWP, path string, err error) int {
	fmt.Fprintf(stderr, "nbemu: %v\n", err)
	v, e := vfs.Lookup(l, path, l.Proc.Cwdi.Edir)
	if e == abi.ENOENT {
		return 127
	}
	if e == abi.OK {
		v.Unref()
	}
	return 126
}
