//go:build linux

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
	"syscall"
	"time"
)

// Results of a run, after LTP's exit status.
const (
	pass    = "pass"
	fail    = "fail"
	broken  = "broken"
	skipped = "skipped" // the test itself found that it does not apply
	timeout = "timeout"
	crash   = "crash"
)

// runner executes tests on one kernel.
type runner struct {
	command []string // before the program; empty for the host
	dir     string   // LTP's tree
	tmp     string
	logs    string // where outputs go, "" for nowhere
	limit   time.Duration
}

// run executes a test as the child of an init of its own (initMain) and returns the result.
func (r *runner) run(t *test) (string, error) {
	tmp, err := os.MkdirTemp(r.tmp, "ltp-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o777); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.limit)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	args := append([]string{initArg}, r.command...)
	args = append(append(args, t.path), t.args[1:]...)
	cmd := exec.CommandContext(ctx, self, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Dir = tmp
	cmd.Env = environment(r.dir, filepath.Dir(t.path), tmp)
	// The end of a namespace's init ends everything in it.
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS, Setsid: true,
	}
	cmd.WaitDelay = 2 * time.Second
	err = cmd.Run()
	if r.logs != "" {
		if err := os.WriteFile(filepath.Join(r.logs, t.name), out.Bytes(), 0o666); err != nil {
			return "", err
		}
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return timeout, nil
	case err == nil:
		return pass, nil
	case !errors.As(err, &exit):
		return "", fmt.Errorf("%s: %w", t.name, err)
	}
	return verdict(exit.ExitCode()), nil
}

// verdict is the result that an exit status of LTP's stands for.
func verdict(status int) string {
	switch {
	case status == 0:
		return pass
	case status > 127 || status < 0:
		return crash
	case status&1 != 0:
		return fail
	case status&2 != 0:
		return broken
	case status&4 != 0:
		return fail // warnings
	case status&32 != 0:
		return skipped
	}
	return crash
}

// environment is the tests'. The kernel's configuration is not looked at: what a kernel can do shows by itself.
func environment(dir, testDir, tmp string) []string {
	lib := filepath.Join(dir, "testcases", "lib")
	return []string{"PATH=" + strings.Join([]string{testDir, lib, os.Getenv("PATH")}, ":"), "HOME=" + tmp, "TMPDIR=" + tmp,
		"LTPROOT=" + dir, "LTP_COLORIZE_OUTPUT=n", "KCONFIG_SKIP_CHECK=1", "LTP_TIMEOUT_MUL=2", "LANG=C", "USER=root"}
}

// initArg as the first argument makes the command the init of a test's namespaces.
const initArg = "init-of-namespaces"

// initMain sees to /proc and temporary files of the namespace's own, runs the command and exits as it does.
func initMain(args []string) int {
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{{"none", "/", "", syscall.MS_REC | syscall.MS_PRIVATE}, {"proc", "/proc", "proc", 0}, {"shm", "/dev/shm", "tmpfs", 0}} {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			fmt.Fprintf(os.Stderr, "mount %s: %v\n", m.target, err)
			return 126
		}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 126
	}
	for { // orphans are ours to wait for, too
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			fmt.Fprintln(os.Stderr, err)
			return 126
		case pid == cmd.Process.Pid && status.Exited():
			return status.ExitStatus()
		case pid == cmd.Process.Pid:
			fmt.Fprintln(os.Stderr, "ended by", status.Signal())
			return 128 + int(status.Signal())
		}
	}
}
