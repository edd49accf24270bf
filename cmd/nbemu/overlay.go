package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"nbemu/machine"
)

// "-overlay -" keeps a program's changes nowhere: in a directory of their own, which goes when nbemu ends. nbemu itself
// could not remove it behind its second wall, nor after a SIGKILL, so that a process of its own waits for its end.

// removerName is what that process is called.
const removerName = "nbemu-remove-overlay"

// forgetChanges makes the directory. done returns when it is gone.
func forgetChanges(c *machine.Config) (done func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "nbemu-overlay-")
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err == nil {
		cmd := &exec.Cmd{Path: self, Args: []string{removerName, dir}, Stdin: r, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}
		err = cmd.Start()
		_ = r.Close()
		if err == nil {
			c.Overlay = dir
			return func() { _ = w.Close(); _ = cmd.Wait() }, nil
		}
		_ = w.Close()
	}
	_ = os.Remove(dir)
	return nil, err
}

// removeOverlay is that process: it removes what forgetChanges made when nobody has the other end of its standard input.
func removeOverlay(args []string) int {
	if len(args) != 2 || !strings.HasPrefix(filepath.Base(args[1]), "nbemu-overlay-") {
		return 1
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = filepath.WalkDir(args[1], func(p string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(p, 0o700) // whatever mode the program gave it
		}
		return nil
	})
	if os.RemoveAll(args[1]) != nil {
		return 1
	}
	return 0
}
