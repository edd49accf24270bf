package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"nbemu/internal/testprog"
)

// harness is what the runs of all packages share.
type harness struct {
	*options
	goroot  string
	scratch string
	path    string
	known   *knownList
	alone   sync.RWMutex // held for writing by a run that must have the machine for itself
}

// run runs all packages and prints the table to w as they end.
func (o *options) run(w io.Writer) (*report, error) {
	start := time.Now()
	pkgs, err := listPackages(o.arch, o.guest, o.packages)
	if err != nil {
		return nil, err
	}
	known, err := readKnown(o.known)
	if err != nil {
		return nil, err
	}
	goroot, err := sandboxRoot()
	if err != nil {
		return nil, err
	}
	// A short name: sockets are made in it.
	scratch, err := os.MkdirTemp("", "nb")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	h := &harness{options: o, goroot: goroot, scratch: scratch, path: filepath.Join(scratch, "bin"), known: known}
	if err := linkPrograms(h.path, o.busybox); err != nil {
		return nil, err
	}
	if err := o.precompile(o.guest, pkgs); err != nil {
		return nil, err
	}
	if o.control == controlAlways {
		if err := o.precompile(hostOS, pkgs); err != nil {
			return nil, err
		}
	}

	rep := &report{Arch: o.arch.Name, Go: runtime.Version(), Logs: o.dir}
	printHeader(w, o)
	todo := make(chan pkg)
	done := make(chan *row)
	var workers sync.WaitGroup
	for range max(o.jobs, 1) {
		workers.Go(func() {
			for p := range todo {
				done <- h.runPackage(p)
			}
		})
	}
	go func() {
		for _, p := range pkgs {
			todo <- p
		}
		close(todo)
		workers.Wait()
		close(done)
	}()
	// Rows come in the order of the packages, each as soon as it can.
	waiting := map[string]*row{}
	next := 0
	for r := range done {
		waiting[r.Package] = r
		for next < len(pkgs) && waiting[pkgs[next].ImportPath] != nil {
			r := waiting[pkgs[next].ImportPath]
			rep.Rows = append(rep.Rows, r)
			r.print(w, o)
			next++
		}
	}
	rep.Seconds = time.Since(start).Seconds()
	rep.printEnd(w, h)
	if o.update {
		if err := os.MkdirAll(filepath.Dir(o.known), 0o777); err != nil {
			return nil, err
		}
		if err := known.update(rep.Rows).write(o.known); err != nil {
			return nil, err
		}
		fmt.Fprintf(w, "\nwrote %s\n", o.known)
		rep.updated = true
	}
	return rep, nil
}

// hostOS is what the control is built for: this program's own system.
const hostOS = testprog.OS(goos)

// runPackage builds and runs the tests of one package.
func (h *harness) runPackage(p pkg) *row {
	r := &row{Package: p.ImportPath}
	name := strings.ReplaceAll(p.ImportPath, "/", "-")
	dir := filepath.Join(h.dir, name)
	os.RemoveAll(dir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		r.broken(err)
		return r
	}
	// Binaries stay next to the logs only if asked for: there are gigabytes of them.
	guest, native := filepath.Join(dir, name+".guest.test"), filepath.Join(dir, name+".native.test")
	if !h.keep {
		defer os.Remove(guest)
		defer os.Remove(native)
	}
	h.alone.RLock()
	locked := true
	defer func() {
		if locked {
			h.alone.RUnlock()
		}
	}()

	if err := h.compile(p, h.guest, guest); err != nil {
		r.broken(err)
		return r
	}
	known := h.known.of(p.ImportPath)
	var notRun []string
	for _, k := range known {
		if k.notRun() && !h.listed {
			notRun = append(notRun, k.test)
		}
	}
	limit := h.limit
	var control *result
	if h.control == controlAlways {
		control = h.runControl(p, r, native, dir)
		if control.broken != nil {
			r.broken(fmt.Errorf("control: %w", control.broken))
			return r
		}
		// Nothing is that much slower under emulation; waiting long for a test
		// that hangs helps nobody.
		limit = min(h.limit, 90*time.Second+60*control.elapsed)
	}
	res := h.runAll(p, append(slices.Clone(h.nbemu), guest), notRun, filepath.Join(dir, "nbemu"), limit, 5)
	if res.broken != nil {
		r.broken(res.broken)
		return r
	}
	r.Seconds = res.elapsed.Seconds()

	r.judge(res, known, control)
	if h.control == controlOnFailure && len(r.Unexpected) > 0 {
		control = h.runControl(p, r, native, dir)
		if control.broken != nil {
			r.broken(fmt.Errorf("control: %w", control.broken))
			return r
		}
		r.judge(res, known, control)
	}

	if again := r.retry(); h.runTests == "" && len(again) > 0 {
		h.alone.RUnlock()
		locked = false
		h.alone.Lock()
		h.tryAgain(p, r, guest, dir, limit, again)
		h.alone.Unlock()
		r.settle(res)
	}
	r.text = res.text
	return r
}

// runControl runs the tests natively.
func (h *harness) runControl(p pkg, r *row, native, dir string) *result {
	if err := h.compile(p, hostOS, native); err != nil {
		// Some packages are for one system only.
		r.NativeStatus = "none"
		return &result{outcome: newOutcome(), err: err}
	}
	res := h.runAll(p, []string{native}, nil, filepath.Join(dir, "native"), h.limit, 1)
	if errors.Is(res.broken, syscall.ENOEXEC) {
		// The host is another machine, and has nothing registered for this one's programs.
		r.NativeStatus = "none"
		return &result{outcome: newOutcome(), err: res.broken}
	}
	r.NativeSeconds = res.elapsed.Seconds()
	r.NativeStatus = res.status()
	return res
}

// result is what all runs of one test binary told.
type result struct {
	*outcome
	elapsed time.Duration
	err     error // of the last run
	timeout bool  // one of them took too long
	broken  error // it could not be run
	died    []string
}

func (r *result) status() string {
	switch {
	case r.timeout:
		return "timeout"
	case len(r.died) > 0:
		return "crash"
	case r.err != nil || len(r.failures()) > 0:
		return "fail"
	}
	return "ok"
}

// maxDeaths is how often a test binary that dies is run anew, to see the rest.
const maxDeaths = 5

// runAll runs a test binary, and after a death once more for the tests that
// had not come to their turn.
func (h *harness) runAll(p pkg, command []string, notRun []string, log string, limit time.Duration, scale int) *result {
	all := &result{outcome: newOutcome()}
	skip := notRun
	for try := 1; ; try++ {
		name := log + ".log"
		if try > 1 {
			name = fmt.Sprintf("%s.%d.log", log, try)
		}
		one := h.exec(p, command, h.testArgs(skip), name, limit, scale)
		all.elapsed += one.elapsed
		all.merge(one.outcome)
		all.err = one.err
		all.broken = one.broken
		all.timeout = all.timeout || one.timeout
		died := one.outcome.died()
		all.died = append(all.died, died...)
		// Without a culprit there is no use in going on.
		if one.err == nil || len(died) == 0 || try > maxDeaths {
			return all
		}
		skip = slices.Concat(notRun, all.died, all.ended())
	}
}

// tryAgain gives unexpected failures a second chance on a quiet machine.
func (h *harness) tryAgain(p pkg, r *row, guest, dir string, limit time.Duration, tests []string) {
	args := append(h.testArgs(nil), "-test.run="+anchored(tests))
	second := h.exec(p, append(slices.Clone(h.nbemu), guest), args, filepath.Join(dir, "nbemu.again.log"), limit, 5)
	r.Seconds += second.elapsed.Seconds()
	for _, test := range tests {
		if second.tests[test] == pass {
			r.Flaky = append(r.Flaky, test)
			r.Unexpected = slices.DeleteFunc(r.Unexpected, func(t string) bool { return t == test })
		}
	}
}

// testArgs are the arguments of a test binary.
func (h *harness) testArgs(skip []string) []string {
	args := []string{"-test.short", "-test.v=test2json", "-test.paniconexit0"}
	if h.runTests != "" {
		args = append(args, "-test.run="+h.runTests)
	}
	if h.cpus != "" {
		args = append(args, "-test.cpu="+h.cpus)
	}
	if len(skip) > 0 {
		args = append(args, "-test.skip="+anchored(skip))
	}
	return args
}

// attempt is one run of a test binary.
type attempt struct {
	*outcome
	elapsed time.Duration
	err     error // of the program
	timeout bool
	broken  error // it did not even start: our fault, no result
}

// exec runs a test binary, directly or under nbemu, in a sandbox of its own.
// The tests' own limit is a little shorter than ours, so that Go programs can
// tell where they hang. scale tells the tests how slow the machine is.
func (h *harness) exec(p pkg, command, args []string, log string, limit time.Duration, scale int) attempt {
	fails := func(err error) attempt { return attempt{outcome: newOutcome(), err: err, broken: err} }
	home, err := os.MkdirTemp(h.scratch, "")
	if err != nil {
		return fails(err)
	}
	defer removeAll(home)
	tmp := filepath.Join(home, "t")
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return fails(err)
	}
	out, err := os.Create(log)
	if err != nil {
		return fails(err)
	}
	defer out.Close()

	command = append(slices.Clone(command), args...)
	command = append(command, "-test.timeout="+limit.String())
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = filepath.Join(h.goroot, "src", filepath.FromSlash(p.ImportPath))
	cmd.Env = []string{
		"PATH=" + h.path, "HOME=" + home, "TMPDIR=" + tmp, "GOROOT=" + h.goroot, "PWD=" + cmd.Dir,
		"USER=" + os.Getenv("USER"), "LOGNAME=" + os.Getenv("LOGNAME"), "SHELL=/bin/sh", "LANG=C", "TERM=dumb",
		fmt.Sprintf("GO_TEST_TIMEOUT_SCALE=%d", scale),
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return fails(err)
	}
	// The whole group, also after a good end: a test may leave children behind.
	killGroup := func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	hung := time.AfterFunc(limit+10*time.Second, killGroup)
	err = cmd.Wait()
	elapsed := time.Since(start)
	hung.Stop()
	killGroup()

	in, openErr := os.Open(log)
	if openErr != nil {
		return fails(openErr)
	}
	defer in.Close()
	o := parse(in)
	if err == nil && !o.passed {
		err = errors.New("the program ended with status 0 but did not say PASS")
	}
	return attempt{outcome: o, elapsed: elapsed, err: err, timeout: elapsed >= limit}
}

// removeAll removes a directory in which tests may have left directories
// without permissions.
func removeAll(dir string) {
	if os.RemoveAll(dir) == nil {
		return
	}
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			os.Chmod(path, 0o700)
		}
		return nil
	})
	os.RemoveAll(dir)
}

var errUnexpected = errors.New("tests fail that are not in the list of known failures")
