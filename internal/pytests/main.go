//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"nbemu/internal/measured"
	"nbemu/internal/testprog"
)

var (
	pythonFlag = flag.String("python", "/usr/bin/python3", "the Python whose tests are run")
	runFlag    = flag.String("run", "", "only modules whose names match")
	parallel   = flag.Int("p", 2, "how many modules run at a time")
	logFlag    = flag.String("logs", "", "a directory for what the tests write")
	limitFlag  = flag.Duration("limit", 20*time.Minute, "how long a module may run")
	dryRun     = flag.Bool("n", false, "store nothing")
)

// modules are those about the operating system.
var modules = []string{"test_os", "test_posix", "test_subprocess", "test_signal", "test_threading", "test_threadsignals", "test_fork1",
	"test_resource", "test_eintr", "test_select", "test_epoll", "test_poll", "test_selectors", "test_socket", "test_socketserver",
	"test_io", "test_mmap", "test_pty", "test_tempfile", "test_pathlib", "test_time", "test_asyncio", "test_fcntl", "test_shutil",
	"test_multiprocessing_fork", "test_multiprocessing_forkserver", "test_multiprocessing_spawn",
	"test_multiprocessing_main_handling"}

// Tests that are left out.
const (
	hangs    = "*VSOCK*"                  // for ever, on hosts that have AF_VSOCK and nobody on its other side
	setClock = "*.test_monotonic_settime" // the host's
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("pytests: ")
	flag.Parse()
	n, err := measure()
	if err != nil {
		log.Fatal(err)
	}
	if n > 0 {
		log.Fatalf("%d faults", n)
	}
}

// measure runs the modules, stores the results and returns how many faults there are.
func measure() (int, error) {
	only, err := regexp.Compile(*runFlag)
	if err != nil {
		return 0, err
	}
	known, err := measured.Known(knownText)
	if err != nil {
		return 0, err
	}
	nbemu, err := testprog.Nbemu()
	if err != nil {
		return 0, err
	}
	version, err := exec.Command(*pythonFlag, "-c", "import sys, test.support; print(sys.version.split()[0])").Output()
	if err != nil {
		return 0, fmt.Errorf("%s has no package test: %w", *pythonFlag, err)
	}
	r, err := load()
	if err != nil {
		return 0, err
	}
	r.Arch, r.Python = runtime.GOARCH, strings.TrimSpace(string(version))
	var todo []string
	for _, m := range modules {
		if only.MatchString(m) {
			todo = append(todo, m)
		}
	}
	if err := runAll(todo, r, nbemu); err != nil {
		return 0, err
	}
	list := r.faults(todo, known)
	for _, f := range list {
		fmt.Println(f)
	}
	if *dryRun {
		return len(list), nil
	}
	return len(list), measured.Replace(filepath.Join(testprog.Root(), "docs", "LINUX.md"), begin, end, r.markdown())
}

// runAll fills in the results of modules, some at a time.
func runAll(todo []string, r *results, nbemu string) error {
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		errs  []error
		queue = make(chan string)
	)
	for range *parallel {
		wg.Go(func() {
			for name := range queue {
				m, err := runModule(name, nbemu)
				mu.Lock()
				if err != nil {
					errs = append(errs, err)
				} else {
					r.Modules[name] = m
					fmt.Printf("%s: %d of %d\n", name, m.Native-len(m.Lost), m.Native)
					if !*dryRun { // a module may take minutes
						errs = append(errs, r.store())
					}
				}
				mu.Unlock()
			}
		})
	}
	for _, name := range todo {
		queue <- name
	}
	close(queue)
	wg.Wait()
	return errors.Join(errs...)
}

// runModule runs a module's tests on both kernels.
func runModule(name, nbemu string) (*module, error) {
	native, err := run(name, "native")
	if err != nil {
		return nil, err
	}
	if len(native) == 0 {
		return nil, fmt.Errorf("%s: no results on the host", name)
	}
	here, err := run(name, "nbemu", nbemu)
	if err != nil {
		return nil, err
	}
	return compare(native, here), nil
}

// run runs a module's tests and returns what became of each. A run that leaves no report has no results.
func run(name, kind string, command ...string) (map[string]string, error) {
	tmp, err := os.MkdirTemp("", "pytests-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	ctx, cancel := context.WithTimeout(context.Background(), *limitFlag)
	defer cancel()
	report := filepath.Join(tmp, "report.xml")
	args := slices.Concat(command, []string{*pythonFlag, "-m", "test", "-u", "network", "-i", hangs, "-i", setClock, "--junit-xml", report, name})
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = tmp
	cmd.WaitDelay = 5 * time.Second
	text, err := cmd.CombinedOutput()
	if *logFlag != "" {
		if err := os.MkdirAll(*logFlag, 0o777); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(*logFlag, name+"."+kind), text, 0o666); err != nil {
			return nil, err
		}
	}
	var exit *exec.ExitError
	if err != nil && ctx.Err() == nil && !errors.As(err, &exit) { // tests that fail are no error
		return nil, err
	}
	b, err := os.ReadFile(report)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseReport(b)
}

// compare says which of the tests that pass natively do not pass here.
func compare(native, here map[string]string) *module {
	m := &module{Lost: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(native)) {
		if native[name] != pass {
			continue
		}
		m.Native++
		if got := here[name]; got != pass {
			if got == "" {
				got = "no result"
			}
			m.Lost[name] = got
		}
	}
	return m
}
