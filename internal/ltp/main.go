//go:build linux

package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"nbemu/internal/measured"
	"nbemu/internal/testprog"
)

var (
	dirFlag    = flag.String("dir", "", "a built tree of LTP")
	archFlag   = flag.String("arch", runtime.GOARCH, "the machine that it is built for")
	runFlag    = flag.String("run", "", "only tests whose names match; nothing is stored then")
	parallel   = flag.Int("p", 2, "how many tests run at a time")
	storedFlag = flag.Bool("stored", false, "take the reference's results from the stored ones, where there are any")
	logFlag    = flag.String("logs", "", "a directory for what the tests write")
	limitFlag  = flag.Duration("limit", 2*time.Minute, "how long a test may run; under nbemu and qemu twice as long")
	dryRun     = flag.Bool("n", false, "store nothing")
	mergeFlag  = flag.Bool("merge", false, "put the results of the tests of -run in place of the stored ones")
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("ltp: ")
	if len(os.Args) > 2 && os.Args[1] == initArg {
		os.Exit(initMain(os.Args[2:]))
	}
	flag.Parse()
	if *dirFlag == "" {
		log.Fatal("-dir is missing")
	}
	if os.Geteuid() != 0 {
		log.Fatal("only root can give each test its own namespaces")
	}
	n, err := measure()
	if err != nil {
		log.Fatal(err)
	}
	if n > 0 {
		log.Fatalf("%d faults", n)
	}
}

// logDir makes a directory for a runner's outputs.
func logDir(kind string) (string, error) {
	if *logFlag == "" {
		return "", nil
	}
	dir, err := filepath.Abs(filepath.Join(*logFlag, kind))
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o777)
}

// runners returns nbemu and what it is held against, with the reference's name.
func runners(a testprog.Arch, dir string) (reference, nbemu *runner, name string, err error) {
	path, err := testprog.Nbemu()
	if err != nil {
		return nil, nil, "", err
	}
	reference = &runner{dir: dir, limit: *limitFlag}
	nbemu = &runner{command: []string{path}, dir: dir, limit: 2 * *limitFlag}
	name = "Linux " + release()
	if a.Native != runtime.GOARCH {
		qemu, err := exec.LookPath(a.Qemu)
		if err != nil {
			return nil, nil, "", err
		}
		reference.command, reference.limit = []string{qemu}, nbemu.limit
		name = filepath.Base(qemu)
	}
	if reference.logs, err = logDir("reference"); err != nil {
		return nil, nil, "", err
	}
	nbemu.logs, err = logDir("nbemu")
	return reference, nbemu, name, err
}

func release() string {
	var u syscall.Utsname
	if err := syscall.Uname(&u); err != nil {
		return ""
	}
	var b []byte
	for _, c := range u.Release {
		if c == 0 {
			break
		}
		b = append(b, byte(c))
	}
	// The version is enough: what comes after it is the builder's.
	v, _, _ := strings.Cut(string(b), "-")
	return v
}

// measure runs the tests, stores the results and returns how many faults there are.
func measure() (int, error) {
	a, err := testprog.Find(*archFlag)
	if err != nil {
		return 0, err
	}
	dir, err := filepath.Abs(*dirFlag)
	if err != nil {
		return 0, err
	}
	only, err := regexp.Compile(*runFlag)
	if err != nil {
		return 0, err
	}
	known, err := measured.Known(knownText)
	if err != nil {
		return 0, err
	}
	tests, err := findTests(dir)
	if err != nil {
		return 0, err
	}
	old, err := load(a.Name)
	if err != nil {
		return 0, err
	}
	version, err := os.ReadFile(filepath.Join(dir, "VERSION"))
	if err != nil {
		return 0, err
	}
	reference, nbemu, name, err := runners(a, dir)
	if err != nil {
		return 0, err
	}
	r := &results{Arch: a.Name, LTP: strings.TrimSpace(string(version)), Reference: name, LeftOut: map[string]int{}, Tests: map[string]result{}}
	var todo []*test
	for _, t := range tests {
		switch why := t.leaveOut(); {
		case !only.MatchString(t.name):
		case why != "":
			r.LeftOut[why]++
		default:
			todo = append(todo, t)
		}
	}
	if err := runAll(todo, r, old, reference, nbemu); err != nil {
		return 0, err
	}
	list := r.faults(old, known)
	for _, f := range list {
		fmt.Println(f)
	}
	if *mergeFlag {
		r.merge(old)
	}
	n, m := r.passes()
	fmt.Printf("%s: %d of %d that pass on %s\n", a.Name, m, n, name)
	if *dryRun || *runFlag != "" && !*mergeFlag {
		return len(list), nil
	}
	if err := r.store(); err != nil {
		return 0, err
	}
	table, err := markdown()
	if err != nil {
		return 0, err
	}
	return len(list), measured.Replace(filepath.Join(testprog.Root(), "docs", "LINUX.md"), begin, end, table)
}

// runAll fills in the results of tests, some at a time.
func runAll(todo []*test, r, old *results, reference, nbemu *runner) error {
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		first error
		next  = make(chan *test)
	)
	for range *parallel {
		wg.Go(func() {
			for t := range next {
				res, err := runTest(t, old, reference, nbemu)
				mu.Lock()
				if err != nil && first == nil {
					first = err
				}
				r.Tests[t.name] = res
				mu.Unlock()
				if res.Reference == pass && res.Nbemu != pass {
					fmt.Printf("%s: %s\n", t.name, res.Nbemu)
				}
			}
		})
	}
	for _, t := range todo {
		next <- t
	}
	close(next)
	wg.Wait()
	return first
}

// runTest runs a test on both kernels; what does not pass on the reference is not run under nbemu.
func runTest(t *test, old *results, reference, nbemu *runner) (res result, err error) {
	if o, found := old.Tests[t.name]; *storedFlag && found {
		res.Reference = o.Reference
	} else if res.Reference, err = reference.run(t); err != nil {
		return res, err
	}
	if res.Reference == pass {
		res.Nbemu, err = nbemu.run(t)
	}
	return res, err
}
