package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"nbemu/internal/testprog"
)

// programs are the sources in testdata/arch, in the order of the tables, with what they are about.
var programs = []struct{ name, about string }{
	{"procs", "fork, vfork, clone, exit"},
	{"waits", "wait4, wait6, zombies and orphans, SIGCHLD"},
	{"threads", "LWPs"},
	{"futexes", "Futexes, robust lists, semaphores"},
	{"jobs", "Process groups, sessions, job control from a terminal"},
	{"sigs", "Dispositions, masks, queues, default actions"},
	{"contexts", "Contexts, floating point, posix_spawn"},
	{"timers", "Clocks and timers"},
	{"aio", "Asynchronous I/O"},
	{"sigwait", "Waiting for signals; what they do to calls that sleep"},
}

// known are the cases that fail and why, as "program/case" or "architecture/program/case".
var known = map[string]string{}

// timeLimit is for one program; a busy host is no failure, and each case has a limit of its own.
const timeLimit = 10 * time.Minute

// result is what became of one case.
type result struct {
	program, name string
	ok            bool
	why           string // what the program said, if not ok
}

func (r *result) known(arch string) string {
	if why := known[arch+"/"+r.program+"/"+r.name]; why != "" {
		return why
	}
	return known[r.program+"/"+r.name]
}

// errNoProgram says that a program can be neither built nor found.
var errNoProgram = errors.New("no cross compiler, and no prebuilt program")

// build makes a program, or finds the prebuilt one. With out the program is put there.
func build(a testprog.Arch, name, out string) (string, error) {
	src := filepath.Join(testprog.Root(), "testdata", "arch")
	prebuilt := filepath.Join(src, "prebuilt", a.Name, name)
	if out == "" {
		dir, err := testprog.BuildDir("posix", a.Name)
		if err != nil {
			return "", err
		}
		out = filepath.Join(dir, name)
	}
	switch err := testprog.C(a, testprog.NetBSD, out, filepath.Join(src, name+".c"), "-s"); {
	case err == nil:
		return out, nil
	case !errors.Is(err, testprog.ErrNoCompiler):
		return "", err
	}
	if _, err := os.Stat(prebuilt); err != nil {
		return "", errNoProgram
	}
	return prebuilt, nil
}

// execute runs a program under nbemu and returns what it wrote.
func execute(args ...string) (string, error) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, nbemu, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second
	if err = cmd.Run(); err != nil {
		err = fmt.Errorf("%w\n%s", err, stderr.String())
	}
	return stdout.String(), err
}

// run executes one program on one architecture, with flags for nbemu. Each of its cases has a result, even if the program
// came to an end before it.
func run(a testprog.Arch, name string, flags ...string) ([]result, error) {
	path, err := build(a, name, "")
	if err != nil {
		return nil, err
	}
	list, err := execute(append(flags, path, "--list")...)
	if err != nil {
		return nil, fmt.Errorf("%s %s --list: %w", a.Name, name, err)
	}
	out, err := execute(append(flags, path)...)
	said := map[string]string{}
	var last string
	for _, line := range strings.Split(out, "\n") {
		if c, text, found := strings.Cut(line, ": "); found && !strings.HasPrefix(line, " ") {
			if said[c] == "" {
				said[c] = text
			} else if text != "ok" {
				said[c] += "; " + text
			}
			last = c
		} else if line != "" {
			said[last] += line
		}
	}
	var results []result
	for _, c := range strings.Fields(list) {
		r := result{program: name, name: c, ok: said[c] == "ok", why: said[c]}
		if r.why == "" {
			r.why = fmt.Sprintf("no result: %v", err)
		}
		results = append(results, r)
	}
	return results, nil
}
