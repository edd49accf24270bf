package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"nbemu/internal/testprog"
)

// kind is what a case does.
type kind string

const (
	kindCalls kind = "calls"
	kindExec  kind = "exec"
	kindCode  kind = "code"
	kindPaths kind = "paths"
	kindMaps  kind = "maps"
)

var allKinds = []kind{kindCalls, kindExec, kindCode, kindPaths, kindMaps}

// A Case is one attack, which can be repeated: it is what a finding's file holds.
type Case struct {
	Kind  kind
	Arch  string
	OS    testprog.OS
	Seed  uint64
	Flags []string // of nbemu; D stands for the root
	Under string   // what is wrong with the world: see worlds
	Count int      // how much of it, where a number tells that
	Calls []record `json:",omitempty"` // of calls
	Twice bool     `json:",omitempty"` // of calls: by two threads
	Files [][]byte `json:",omitempty"` // of exec, and streams of code
	Bad   string   `json:",omitempty"` // what was found
}

// record is one system call; argument i is relative to the program's arena if Tag[i] is set. It has the layout of struct
// record in testdata/torture/torture.c.
type record struct {
	Number uint32
	Tag    [6]uint8
	Arg    [6]uint64
}

// worlds are the conditions a case can run under, as shell commands before nbemu takes the shell's place. $1 is the root,
// of which /d is where what fills a disk goes.
var worlds = map[string]string{
	"":            "",
	"descriptors": "ulimit -n 40; ",
	"filesize":    "ulimit -f 8; ",
	"memory":      "ulimit -v 70500000; ",
	"nowhere":     "exec >/dev/full; ",
	"disk":        "mount -t tmpfs -o size=64k torture $1/d && ",
	"killed":      "", // by SIGKILL, at some time
	"blocked":     "", // nobody reads what it writes
}

// result is what a run came to. bad says what must not have been.
type result struct {
	status, output, bad string
	did                 int
}

// patience is how long a case may take. A program may stop itself, or wait for what never comes; that is no fault. One
// of nbemu's is that SIGTERM, after SIGCONT, does not end it soon: the first process goes before the 4096, the most there
// can be, that wait for a turn when changed programs fork without end.
const (
	patience = 20 * time.Second
	soon     = 60 * time.Second
)

// signs of a fault of nbemu's own in what it writes.
var signs = []string{"panic:", "goroutine ", "runtime error", "fatal error", "internal error", "SIGABRT: abort", "unexpected fault"}

// says reports whether the program says that something went wrong. Changed programs and streams of instructions can come
// to say so too: of them only the process that looks counts, which ends there.
func (c *Case) says(output string, ws syscall.WaitStatus) bool {
	switch c.Kind {
	case kindPaths:
		return strings.Contains(output, "LEAK")
	case kindMaps, kindCode:
		return strings.Contains(output, "WRONG") && ws.ExitStatus() == 1
	}
	return false
}

// run carries the case out in a directory of its own.
func (c *Case) run() (result, error) {
	dir, err := os.MkdirTemp("", "nbemu-torture")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	root := filepath.Join(dir, "root")
	args, err := c.lay(dir, root)
	if err != nil {
		return result{}, err
	}
	stop := func() {}
	if c.Kind == kindPaths {
		stop = swap(root, filepath.Join(dir, "outside"))
	}
	r, err := c.start(root, args)
	stop()
	if err != nil {
		return r, err
	}
	if r.bad == "" {
		r.bad = touched(filepath.Join(dir, "outside"))
	}
	return r, nil
}

// lay puts the files of a case below root, and what must not be reached beside it.
func (c *Case) lay(dir, root string) (args []string, err error) {
	arch, err := testprog.Find(c.Arch)
	if err != nil {
		return nil, err
	}
	prog, err := program(arch, c.OS)
	if err != nil {
		return nil, err
	}
	outside := filepath.Join(dir, "outside")
	for _, d := range []string{root, outside, filepath.Join(dir, "overlay"), filepath.Join(root, "d"), filepath.Join(root, "a")} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			return nil, err
		}
		_ = os.Chmod(d, 0o777)
	}
	_ = os.Chmod(dir, 0o755)
	files := map[string][]byte{filepath.Join(root, "t"): prog, filepath.Join(outside, "f"): []byte("SECRET"),
		filepath.Join(root, "f"): []byte("text\n"), filepath.Join(root, "d", "f"): []byte("text\n")}
	switch c.Kind {
	case kindCalls:
		files[filepath.Join(root, "script")] = c.script(arch)
		args = []string{"calls", "/script"}
		if c.Twice {
			args[0] = "threads"
		}
	case kindCode:
		files[filepath.Join(root, "script")] = bytes.Join(c.Files, nil)
		args = []string{"code", "/script"}
	case kindExec:
		for i, b := range c.Files {
			files[filepath.Join(root, fmt.Sprintf("m%03d", i))] = b
		}
		args = []string{"exec", strconv.Itoa(len(c.Files))}
	default:
		args = []string{string(c.Kind), strconv.FormatUint(c.Seed%1e9, 10), strconv.Itoa(c.Count)}
	}
	for name, b := range files {
		if err := os.WriteFile(name, b, 0o755); err != nil {
			return nil, err
		}
		_ = os.Chmod(name, 0o755)
	}
	return args, nil
}

// start runs nbemu, twice at the same time for names, and judges what came of it.
func (c *Case) start(root string, args []string) (result, error) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		return result{}, err
	}
	line := []string{"-chroot", root}
	for _, f := range c.Flags {
		line = append(line, strings.ReplaceAll(f, "D", root))
	}
	line = append(append(line, "/t"), args...)
	n := 1
	if c.Kind == kindPaths {
		n = 2
	}
	ch := make(chan result, n)
	for range n {
		go func() { ch <- c.one(nbemu, root, line) }()
	}
	var r result
	for range n {
		one := <-ch
		one.did += r.did
		if r.bad != "" {
			one.bad = r.bad
		}
		r = one
	}
	return r, nil
}

func (c *Case) one(nbemu, root string, line []string) result {
	sh := []string{"/bin/sh", "-c", worlds[c.Under] + `shift; exec "$0" "$@"`, nbemu, root}
	if c.Under == "disk" {
		sh = append([]string{"unshare", "-m"}, sh...)
	}
	cmd := exec.Command(sh[0], append(sh[1:], line...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if c.Under == "blocked" {
		r, w, err := os.Pipe()
		if err != nil {
			return result{bad: err.Error()}
		}
		defer r.Close()
		defer w.Close()
		cmd.Stdout = w
		w.Fd()
	}
	if err := cmd.Start(); err != nil {
		return result{bad: err.Error()}
	}
	if c.Under == "killed" {
		time.AfterFunc(time.Duration(c.Seed%400)*time.Millisecond, func() { _ = cmd.Process.Kill() })
	}
	stuck := false
	gentle := time.AfterFunc(patience, func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Signal(syscall.SIGTERM)
	})
	rough := time.AfterFunc(patience+soon, func() {
		stuck = true
		_ = cmd.Process.Kill()
	})
	err := cmd.Wait()
	gentle.Stop()
	rough.Stop()
	r := result{status: cmd.ProcessState.String(), output: out.String()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.bad = err.Error()
	}
	ws, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case stuck:
		r.bad = "SIGTERM does not end it"
	case ws.Exited() && ws.ExitStatus() == 2 && strings.Contains(r.output, "goroutine"):
		r.bad = "nbemu died"
	case c.says(r.output, ws):
		r.bad = "it says that something is wrong"
	}
	for _, s := range signs {
		if r.bad == "" && strings.Contains(r.output, s) {
			r.bad = "it says " + strconv.Quote(s)
		}
	}
	if i := strings.LastIndex(r.output, "did "); i >= 0 {
		r.did, _ = strconv.Atoi(strings.TrimSpace(strings.SplitN(r.output[i+4:], "\n", 2)[0]))
	}
	return r
}

// swap puts directories and links in each other's place below root until the function it returns is called.
func swap(root, outside string) (stop func()) {
	quit, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		a, b, x, l := filepath.Join(root, "a"), filepath.Join(outside, "moved"), filepath.Join(root, "x"), filepath.Join(root, "l")
		for {
			select {
			case <-quit:
				_ = os.Rename(b, a)
				return
			default:
			}
			_ = os.Rename(a, b)
			_ = os.Rename(b, a)
			_ = os.Mkdir(x, 0o777)
			_ = os.Remove(x)
			_ = os.Symlink(outside, x)
			_ = os.Remove(x)
			_ = os.Symlink("../../../../../../.."+outside, l)
			_ = os.Remove(l)
		}
	}()
	return func() { close(quit); <-done }
}

// touched says what is not as it was in the directory that nobody inside may reach; "" for nothing.
func touched(outside string) string {
	ents, err := os.ReadDir(outside)
	if err != nil {
		return err.Error()
	}
	for _, e := range ents {
		if e.Name() != "f" && e.Name() != "moved" {
			return "something was made outside: " + e.Name()
		}
	}
	if b, err := os.ReadFile(filepath.Join(outside, "f")); err != nil || string(b) != "SECRET" {
		return fmt.Sprintf("a file outside was changed: %.20q %v", b, err)
	}
	return ""
}

func readCase(name string) (*Case, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	c := new(Case)
	return c, json.Unmarshal(b, c)
}

// minimize cuts a case down as long as it stays as bad.
func (c *Case) minimize() {
	end := time.Now().Add(3 * time.Minute)
	still := func(d *Case) bool {
		for range 2 {
			if time.Now().After(end) {
				return false
			}
			if r, err := d.run(); err == nil && r.bad == c.Bad {
				return true
			}
		}
		return false
	}
	c.Calls = shorten(c.Calls, func(s []record) bool { d := *c; d.Calls = s; return still(&d) })
	c.Files = shorten(c.Files, func(s [][]byte) bool { d := *c; d.Files = s; return still(&d) })
	for c.Count > 1 {
		d := *c
		d.Count /= 2
		if !still(&d) {
			break
		}
		c.Count = d.Count
	}
}

// shorten leaves out parts of s that ok does not need, large ones first, within a bounded number of attempts.
func shorten[T any](s []T, ok func([]T) bool) []T {
	tries := 0
	for n := (len(s) + 1) / 2; n > 0 && len(s) > 1; n /= 2 {
		for i := 0; i < len(s) && tries < 60; {
			t := append(append([]T{}, s[:i]...), s[min(i+n, len(s)):]...)
			if tries++; len(t) > 0 && ok(t) {
				s = t
			} else {
				i += n
			}
		}
	}
	return s
}
