//go:debug containermaxprocs=0

// Command nbemu runs NetBSD and Linux programs. It is flags over package machine: it makes a machine, starts the
// program with its own descriptors, passes signals on, and ends as the program does.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/gops/agent"
	"golang.org/x/sys/unix"

	"nbemu/cpu"
	"nbemu/internal/afl"
	"nbemu/internal/early"
	"nbemu/machine"
	"nbemu/probe"
)

// stderr is where nbemu itself speaks: the program may close its own.
var stderr = newConsole(2)

func main() {
	if os.Args[0] == afl.StandInName {
		os.Exit(afl.StandIn())
	}
	if os.Args[0] == removerName {
		os.Exit(removeOverlay(os.Args))
	}
	if fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 100); err == nil {
		stderr = newConsole(fd)
	}
	if b := hostStart(os.Args); b != nil {
		exit(runByBinfmt(b))
	}
	word, args := "run", os.Args[1:]
	if len(args) > 0 && slices.ContainsFunc(commands, func(c command) bool { return c.name == args[0] }) {
		word, args = args[0], args[1:]
	}
	if sub := subcommand(word); sub != nil {
		exit(sub(args))
	}
	switch word {
	case "help":
		exit(help(args))
	case "version":
		if len(args) > 0 {
			exit(say(fmt.Errorf("version: what is %q?", args[0])))
		}
		printVersion()
		return
	}
	line := args
	o, args, err := parseFlags(word, args, early.Environ(os.Environ()))
	switch {
	case errors.Is(err, errInsnsHelp):
		fmt.Print(probe.InsnItems())
		exit(0)
	case errors.Is(err, errMachineHelp):
		for _, d := range machine.Descriptions() {
			fmt.Printf("%-18s %s\n", d.Name, d.Runs)
		}
		exit(0)
	case errors.Is(err, errCPUHelp):
		for _, m := range machine.CPUModels() {
			fmt.Printf("%-10s %s\n", m.Machine, m.Model)
		}
		exit(0)
	case errors.Is(err, errHelp):
		exit(help([]string{word}))
	case err != nil:
		fmt.Fprintf(stderr, "nbemu: %v; nbemu -help lists the flags\n", err)
		exit(126)
	}
	if o.version {
		printVersion()
		return
	}
	switch {
	case len(args) == 0 && len(line) == 0:
		usage(stderr)
		exit(126)
	case len(args) == 0:
		fmt.Fprintf(stderr, "nbemu: %v; nbemu -help lists the flags\n", noProgram(line))
		exit(126)
	}
	if err := errors.Join(namedRoots(o), o.straceUser()); err != nil {
		exit(say(err))
	}
	o.forgetOverlay()
	exit(run(o, args))
}

// forgetOverlay drops an overlay of the environment's that is for programs that have a root.
func (o *options) forgetOverlay() {
	if o.machine.Chroot == "" && o.machine.Root == "" && o.machine.Overlay == getenv(os.Environ(), "NBEMU_OVERLAY") {
		o.machine.Overlay = ""
	}
}

// runByBinfmt runs the program that the host's kernel has started nbemu for. There are no flags then, and no commands:
// a program may be called "help". The user of a set-id program does not configure its machine.
func runByBinfmt(b *binfmtStart) int {
	environ := early.Environ(os.Environ())
	if b.secure {
		environ = slices.DeleteFunc(environ, func(s string) bool { return strings.HasPrefix(s, "NBEMU_") })
	}
	o, _, err := parseFlags("run", nil, environ)
	if err != nil {
		return say(err)
	}
	if err := errors.Join(namedRoots(o), o.straceUser()); err != nil {
		return say(err)
	}
	o.forgetOverlay()
	o.binfmt = b
	return run(o, []string{b.program})
}

func printVersion() {
	fmt.Printf("nbemu %s (Unicorn %s, NetBSD %s)\n", versionString(), cpu.Version(), machine.DefaultRelease)
}

func say(err error) int {
	fmt.Fprintf(stderr, "nbemu: %v\n", err)
	return 126
}

// run makes a machine, and its first program, and waits for its end; the result is nbemu's exit status.
func run(o *options, args []string) int {
	// Guests' memory is not on the Go heap, which stays small: collecting it rarely is cheap.
	debug.SetGCPercent(400)
	if o.gops {
		early.ProfileMemory()
		if err := agent.Listen(agent.Options{ShutdownCleanup: true}); err != nil {
			fmt.Fprintf(stderr, "nbemu: -gops: %v\n", err)
		}
	}
	if o.core != "" {
		return serveCore(o, args[0])
	}
	c := o.machine
	forget := func() {}
	if c.Overlay == machine.OverlayNone {
		var err error
		if forget, err = forgetChanges(&c); err != nil {
			return say(fmt.Errorf("-overlay: %w", err))
		}
	}
	c.HostTerminal = !o.afl
	c.Log = func(line string) { fmt.Fprintln(stderr, "nbemu: "+line) }
	// A terminal's stop is carried out by the guest first; then nbemu stops for its own shell to see.
	c.OnStop = func() { go func() { _ = unix.Kill(unix.Getpid(), unix.SIGSTOP) }() }
	endTrace, err := o.traceTo(&c)
	if err != nil {
		return say(fmt.Errorf("-strace: %w", err))
	}
	endObserving, err := o.observe.start(&c)
	if err != nil {
		return say(err)
	}
	c.Comparisons = o.compared()
	m, err := machine.New(c)
	if err != nil {
		return say(explain(err))
	}
	cmd := machine.Command{Path: args[0], Search: true, Args: args, Env: o.environ, Inherit: true,
		Ignore: ignoredSignals(), GDB: o.gdb, GDBAgain: !debugged}
	cmd.Confine = func() error {
		walled := c
		walled.Overlay = m.OverlayDir()
		return o.sandbox.enter(&walled, o.gdb)
	}
	if o.argv0 != "" {
		cmd.Args = append([]string{o.argv0}, args[1:]...)
	}
	if b := o.binfmt; b != nil {
		cmd.Args, cmd.Search = b.args, false
		if unix.Access(b.program, unix.R_OK) != nil {
			cmd.ExecFD = b.fd // who may execute it need not be able to read it
		} else {
			unix.Close(b.fd)
		}
	}
	if o.dryRun {
		return dryRun(m, cmd, o.json)
	}
	if o.afl {
		return fuzzed(o, m, cmd)
	}
	forward := catchSignals()
	p, err := m.Start(cmd)
	if err != nil {
		if host, e := exec.LookPath(args[0]); e == nil && errors.Is(err, fs.ErrNotExist) && c.Chroot != "" && !strings.Contains(args[0], "/") {
			err = fmt.Errorf("%w (the host has %s, which the root has not)", err, host)
		}
		return notStarted(err, args[0])
	}
	forward(p)
	if p.GDB() != "" {
		tellWaiting(p.GDB(), args[0], &c)
	}
	status, err := p.Wait()
	if err != nil {
		say(err)
	}
	closeMachine(m, o.observe.patience())
	forget()
	endTrace()
	endObserving()
	if status.Signal() != 0 {
		return dieLike(status)
	}
	return status.Code()
}

// closeMachine ends what still runs. A process that waits for the host in a way that nothing ends (a disk that hangs)
// must not keep nbemu from its own end.
func closeMachine(m *machine.Machine, patience time.Duration) {
	done := make(chan error, 1)
	go func() { done <- m.Close() }()
	select {
	case err := <-done:
		if err != nil {
			say(err)
		}
	case <-time.After(patience):
	}
}

// notStarted says why the program could not be started; the result is what a shell would show: 127 when the
// program itself is not there, 126 for everything else.
func notStarted(err error, program string) int {
	if errors.Is(err, fs.ErrNotExist) {
		err = misspelt(err, program)
	}
	say(err)
	if hint := qemuHint(os.Environ()); hint != "" {
		fmt.Fprintf(stderr, "nbemu: %s\n", hint)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return 127
	}
	return 126
}

// dryRun shows what exec would do with a program (exec -n). A program that cannot be run has a report too, up to
// where exec gave up; the exit status is then that of running it.
func dryRun(m *machine.Machine, c machine.Command, asJSON bool) int {
	r, err := m.DryRun(c)
	if r != nil && asJSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			return say(err)
		}
	} else if r != nil {
		r.WriteText(os.Stdout)
	}
	if err != nil {
		return notStarted(err, c.Path)
	}
	return 0
}
