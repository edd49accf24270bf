// Command nbemu runs NetBSD programs. It "configures the kernel": it registers emulations and exec formats,
// makes the first process, and runs it.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/google/gops/agent"
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/syscalls"
	"nbemu/vfs"
)

// version is nbemu's own.
const version = "0.1.0"

// stderr is where nbemu itself speaks: the program may close its own.
var stderr = os.Stderr

func main() {
	if fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 100); err == nil {
		stderr = os.NewFile(uintptr(fd), "stderr")
	}
	kern.Config.Log = func(msg string) { fmt.Fprintln(stderr, "nbemu: "+msg) }
	o, args, err := parseFlags(os.Args[1:], os.Environ())
	switch {
	case errors.Is(err, errHelp):
		usage(os.Stdout)
		os.Exit(0)
	case err != nil:
		fmt.Fprintf(stderr, "nbemu: %v; nbemu -help lists the flags\n", err)
		os.Exit(126)
	}
	if o.version {
		fmt.Printf("nbemu %s (Unicorn %s, NetBSD %s)\n", version, cpu.Version(), syscalls.Release)
		return
	}
	if len(args) == 0 {
		usage(stderr)
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

	kern.KernelLock()
	l := kern.Init(cpu.AMD64, hostCred())
	if err := vfs.Init(l.Proc, vfs.Config{EmulRoot: o.root, Chroot: o.chroot}); err != nil {
		fmt.Fprintf(stderr, "nbemu: %v\n", err)
		return 126
	}
	argv := args
	if o.argv0 != "" {
		argv = append([]string{o.argv0}, args[1:]...)
	}
	ignoreSignals(l.Proc)
	if err := execve.ExecFirst(l, args[0], argv, o.environ); err != nil {
		fmt.Fprintf(stderr, "nbemu: %v\n", err)
		// As a shell has it: 127 when the program itself is not there, 126 for everything else.
		if v, e := vfs.Lookup(l, args[0], l.Proc.Cwdi.Edir); e == abi.ENOENT {
			return 127
		} else if e == abi.OK {
			v.Unref()
		}
		return 126
	}
	kern.KernelUnlock()
	forwardSignals(l.Proc)
	l.Start()
	status := <-kern.Exited
	if abi.WIFSIGNALED(status) {
		return dieLike(abi.WTERMSIG(status))
	}
	return int(abi.WEXITSTATUS(status))
}

// hostCred gives the first process the ids that nbemu has.
func hostCred() *kern.Cred {
	uid, euid := uint32(os.Getuid()), uint32(os.Geteuid())
	gid, egid := uint32(os.Getgid()), uint32(os.Getegid())
	c := &kern.Cred{Ruid: uid, Euid: euid, Svuid: euid, Rgid: gid, Egid: egid, Svgid: egid}
	if gs, err := os.Getgroups(); err == nil {
		for _, g := range gs {
			c.Groups = append(c.Groups, uint32(g))
		}
	}
	return c
}
