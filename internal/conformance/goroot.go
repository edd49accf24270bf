package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// gorootParts are the parts of GOROOT that tests read. bin and pkg/tool are not
// among them on purpose.
var gorootParts = []string{"VERSION", "go.env", "api", "doc", "lib", "misc", "src", "test"}

// sandboxRoot makes the copy of GOROOT, or repairs it, and returns its path
// and the directory of the package in it.
func sandboxRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	goroot, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	root := filepath.Join(cache, "nbemu", "goroot-"+strings.ReplaceAll(version, " ", "-"))
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(root+".lock", os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	for _, part := range gorootParts {
		from, to := filepath.Join(goroot, part), filepath.Join(root, part)
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			continue // a distribution may leave out the documentation
		}
		if err := mirror(to, from); err != nil {
			return "", fmt.Errorf("copy of GOROOT: %w", err)
		}
	}
	return root, nil
}

// mirror makes to the same as from, touching only what differs in kind, size,
// mode or time.
func mirror(to, from string) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return mirrorOne(filepath.Join(to, rel), path)
	})
	if err != nil {
		return err
	}
	// What is in the copy alone was left behind by a test.
	return filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(to, path)
		if err != nil {
			return err
		}
		if _, err := os.Lstat(filepath.Join(from, rel)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
}

func mirrorOne(to, from string) error {
	want, err := os.Lstat(from)
	if err != nil {
		return err
	}
	have, err := os.Lstat(to)
	if err == nil && want.Mode().Type() != have.Mode().Type() {
		if err := os.RemoveAll(to); err != nil {
			return err
		}
		have = nil
	} else if err != nil {
		have = nil
	}
	switch {
	case want.IsDir():
		if have != nil {
			return nil
		}
		return os.Mkdir(to, 0o755)
	case want.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		if have != nil {
			if old, err := os.Readlink(to); err == nil && old == target {
				return nil
			}
			os.Remove(to)
		}
		return os.Symlink(target, to)
	case !want.Mode().IsRegular():
		return nil
	}
	mode := want.Mode().Perm() | 0o200
	if have != nil && have.Size() == want.Size() && have.ModTime().Equal(want.ModTime()) && have.Mode().Perm() == mode {
		return nil
	}
	os.Remove(to)
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	if err := out.Chmod(mode); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Chtimes(to, want.ModTime(), want.ModTime())
}

// hostPrograms are the programs that tests of the standard library run and that
// every host has.
var hostPrograms = []string{"sh", "bash", "cat", "chmod", "cp", "date", "echo", "env", "false", "grep", "head",
	"hostname", "id", "kill", "ln", "ls", "mkdir", "mv", "nohup", "printf", "ps", "pwd", "rm", "rmdir", "sed", "sleep",
	"sort", "stty", "tail", "test", "touch", "tr", "true", "tty", "uname", "wc"}

// linkPrograms fills a directory with links to the host's programs, or to one that is all of them (busybox) for a kernel
// that cannot run those.
func linkPrograms(dir, all string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range hostPrograms {
		path, err := all, error(nil)
		if all == "" {
			path, err = exec.LookPath(name)
		}
		if err != nil {
			continue
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
