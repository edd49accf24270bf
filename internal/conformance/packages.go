package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"nbemu/internal/testprog"
)

// fastPackages are what "make test" runs: quick, and each leaning on another
// part of the emulator.
var fastPackages = []string{
	"archive/tar",    // file modes and owners
	"bufio",          // plain computing
	"compress/flate", // plain computing, much memory
	"context",        // timers
	"crypto/tls",     // 128-bit arithmetic, connections
	"encoding/json",  // reflection
	"go/types",       // much code, garbage collection
	"internal/poll",  // kqueue, pipes, sockets
	"io/fs",          // directories
	"math",           // floating point to the last bit
	"math/big",       // carries
	"net",            // sockets
	"net/http",       // many goroutines and connections
	"os",             // files, directories, processes
	"os/exec",        // fork, exec, wait
	"os/signal",      // signals
	"os/user",        // user database
	"path/filepath",  // path lookup, links
	"reflect",        // calls made by hand
	"runtime",        // threads, stacks, signals
	"runtime/debug",  // memory
	"sort",           // plain computing
	"strconv",        // floating point
	"sync",           // many threads
	"sync/atomic",    // atomic instructions
	"syscall",        // raw calls
	"text/template",  // reflection
	"time",           // clocks, timers, zone files
	"unicode/utf8",   // plain computing
}

// linuxPackages are those of -linux -fast: the ones that ask the system for something.
var linuxPackages = []string{
	"context", "internal/poll", "internal/syscall/unix", "io/fs", "log/syslog", "net", "os", "os/exec", "os/signal", "os/user",
	"path/filepath", "runtime", "runtime/debug", "sync", "sync/atomic", "syscall", "time",
}

// A pkg is a package with tests.
type pkg struct {
	ImportPath   string
	Dir          string
	TestGoFiles  []string
	XTestGoFiles []string
	Incomplete   bool
	Error        *struct{ Err string }
}

// goEnviron is the environment of the host's go command when it builds for system.
func goEnviron(arch testprog.Arch, system testprog.OS) []string {
	return append(os.Environ(), "GOOS="+string(system), "GOARCH="+arch.Port(system), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GO111MODULE=on")
}

// listPackages returns the standard library's packages with tests, sorted.
func listPackages(arch testprog.Arch, system testprog.OS, patterns []string) ([]pkg, error) {
	if len(patterns) == 0 {
		patterns = []string{"std"}
	}
	args := append([]string{"list", "-e", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles,Incomplete,Error"}, patterns...)
	cmd := exec.Command("go", args...)
	// In a directory outside any module, so that a pattern means the library.
	cmd.Dir = os.TempDir()
	cmd.Env = goEnviron(arch, system)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.String())
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if p.Error != nil {
			return nil, fmt.Errorf("%s: %s", p.ImportPath, p.Error.Err)
		}
		if len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 {
			pkgs = append(pkgs, p)
		}
	}
	slices.SortFunc(pkgs, func(a, b pkg) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	pkgs = slices.CompactFunc(pkgs, func(a, b pkg) bool { return a.ImportPath == b.ImportPath })
	if len(pkgs) == 0 {
		return nil, fmt.Errorf("no package with tests matches %s", strings.Join(patterns, " "))
	}
	return pkgs, nil
}

// compile builds the tests of a package.
func (o *options) compile(p pkg, system testprog.OS, out string) error {
	cmd := exec.Command("go", "test", "-c", "-ldflags=-s -w", "-o", out, p.ImportPath)
	cmd.Dir = os.TempDir()
	cmd.Env = goEnviron(o.arch, system)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go test -c: %w\n%s", err, text)
	}
	if _, err := os.Stat(out); err != nil {
		return errors.New("go test -c made no binary")
	}
	return nil
}

// precompile builds the packages themselves, with what they need, which the tests share.
func (o *options) precompile(system testprog.OS, pkgs []pkg) error {
	cmd := exec.Command("go", "build")
	for _, p := range pkgs {
		cmd.Args = append(cmd.Args, p.ImportPath)
	}
	cmd.Dir = os.TempDir()
	cmd.Env = goEnviron(o.arch, system)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build for %s: %w\n%s", system, err, text)
	}
	return nil
}
