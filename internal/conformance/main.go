// Command conformance runs the tests of the Go standard library, built for
// NetBSD, under nbemu, and the same tests built for the host, natively, as the
// control. It prints a row per package and fails when a test fails that is not
// in the list of known failures (testdata/conformance/go-ARCH.txt). With -linux
// the tests are built for Linux (go-linux-ARCH.txt has what fails).
//
// What a test finds around itself:
//   - Its current directory is its package's directory, as under "go test", in
//     a copy of GOROOT without binaries ($GOROOT points there). A test that
//     writes there by mistake, or an emulator that does, hurts the copy alone;
//     it is put right again before each run.
//   - There is no go command, neither in $GOROOT/bin nor in $PATH, so tests
//     that need one skip themselves, for the guest and in the control alike:
//     the host's go command is no NetBSD program.
//   - $PATH is one directory with links to the few host programs that tests of
//     the library run (sh, cat, echo …), the same on every machine.
//   - $HOME and $TMPDIR are new, empty and short (the names of sockets have a
//     limit), and removed afterwards. Standard input is /dev/null.
//   - Binaries are built with CGO_ENABLED=0 and -ldflags="-s -w", as "go test"
//     builds what it runs at once, and run with -test.short.
//
// A failing test is tried again, alone, on a machine that does nothing else; if
// it passes then it is reported as flaky and not counted. After a crash or a
// time-out the tests that had not run yet run without the culprits.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"nbemu/internal/testprog"
)

// controlMode tells for which packages the tests run natively too.
type controlMode string

const (
	controlAlways    controlMode = "always"
	controlOnFailure controlMode = "failed"
	controlNever     controlMode = "never"
)

type options struct {
	arch     testprog.Arch
	packages []string // empty for all
	runTests string   // -test.run
	cpus     string   // -test.cpu
	nbemu    []string // command before the test's binary
	guest    testprog.OS
	control  controlMode
	jobs     int
	limit    time.Duration
	keep     bool
	update   bool
	listed   bool // run known crashes too
	verbose  bool
	known    string // file of known failures
	dir      string // logs and binaries
	busybox  string // in place of the host's programs
}

func main() {
	archName := flag.String("arch", "amd64", "architecture of the guest")
	linux := flag.Bool("linux", false, "tests of Linux programs instead of NetBSD's; Go has more machines for it")
	store := flag.Bool("store", false, "with -linux: keep the result in docs/results, and the table of docs/LINUX.md")
	fast := flag.Bool("fast", false, "only the packages that \"make test\" runs, or with -linux those that ask the system for something")
	runTests := flag.String("run", "", "only tests that match (as go test's -run); the list of known failures is not judged then")
	cpus := flag.String("cpu", "", "run each test with so many processors one after another, as go test's -cpu: 1,2,4")
	control := flag.String("control", "always", "run the tests natively too: always, failed (only packages with unexpected failures), never")
	jobs := flag.Int("j", runtime.NumCPU(), "packages at the same time")
	limit := flag.Duration("timeout", 8*time.Minute, "longest time for a package; less for those that are quick natively")
	keep := flag.Bool("keep", false, "keep the tests' binaries")
	update := flag.Bool("update", false, "write the list of known failures anew from this run; new ones get the reason TODO")
	listed := flag.Bool("all", false, "run also the tests that are listed as crashing or hanging")
	verbose := flag.Bool("v", false, "show the output of all failing tests, not only of unexpected ones")
	dry := flag.Bool("dry", false, "run the host's programs in the guest's place, without an emulator: tries this program itself")
	known := flag.String("known", "", "the list of known failures (default testdata/conformance/go-ARCH.txt)")
	busybox := flag.String("busybox", "", "the programs that tests run are this one, by an absolute path: for kernels (nbemu -machine) that do not run the host's")
	jsonOut := flag.String("json", "", "write the results to this file as JSON")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: conformance [flags] [package...]\n\nA package is an import path, or a pattern such as crypto/... .\n$NBEMU names another emulator than bin/nbemu (may have arguments).\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()

	err := func() error {
		arch, err := testprog.Find(*archName)
		if err != nil {
			return err
		}
		guest := testprog.NetBSD
		if *linux {
			guest = testprog.Linux
		} else if *store {
			return errors.New("-store is for -linux; -json is for NetBSD")
		}
		o, err := newOptions(arch, guest, *dry)
		if err != nil {
			return err
		}
		o.packages = flag.Args()
		if *fast && *linux {
			o.packages = append(o.packages, linuxPackages...)
		} else if *fast {
			o.packages = append(o.packages, fastPackages...)
		}
		o.runTests, o.cpus, o.control, o.jobs, o.limit = *runTests, *cpus, controlMode(*control), *jobs, *limit
		o.keep, o.update, o.listed, o.verbose, o.busybox = *keep, *update, *listed, *verbose, *busybox
		if *known != "" {
			o.known = *known
		}
		switch o.control {
		case controlAlways, controlOnFailure, controlNever:
		default:
			return fmt.Errorf("-control=%s: want always, failed or never", o.control)
		}
		if o.update && o.runTests != "" {
			return fmt.Errorf("-update and -run don't go together: tests that did not run would leave the list")
		}
		rep, err := o.run(os.Stdout)
		if err != nil {
			return err
		}
		if *jsonOut != "" {
			data, err := json.MarshalIndent(rep, "", "  ")
			if err != nil {
				return err
			}
			if err := os.WriteFile(*jsonOut, append(data, '\n'), 0o666); err != nil {
				return err
			}
		}
		if *store {
			if err := rep.storeLinux(); err != nil {
				return err
			}
		}
		return rep.verdict()
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// newOptions returns the defaults, with what has to exist for any run.
func newOptions(arch testprog.Arch, guest testprog.OS, dry bool) (*options, error) {
	if arch.Port(guest) == "" {
		return nil, fmt.Errorf("there is no port of Go to %s/%s", systemNames[guest], arch.Name)
	}
	nbemu := strings.Fields(os.Getenv("NBEMU"))
	if dry {
		nbemu, guest = nil, hostOS
	} else if len(nbemu) < 2 {
		path, err := testprog.Nbemu()
		if err != nil {
			return nil, err
		}
		nbemu = []string{path}
	}
	name := arch.Name
	if guest == testprog.Linux {
		name = "linux-" + name
	}
	dir, err := testprog.BuildDir("conformance", name)
	if err != nil {
		return nil, err
	}
	return &options{
		arch:    arch,
		nbemu:   nbemu,
		guest:   guest,
		control: controlAlways,
		jobs:    runtime.NumCPU(),
		limit:   8 * time.Minute,
		known:   filepath.Join(testprog.Root(), "testdata", "conformance", "go-"+name+".txt"),
		dir:     dir,
	}, nil
}

// anchored makes a pattern for -test.run or -test.skip that matches exactly
// these tests.
func anchored(names []string) string {
	var alternatives []string
	for _, name := range names {
		var parts []string
		for part := range strings.SplitSeq(name, "/") {
			parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
		}
		alternatives = append(alternatives, strings.Join(parts, "/"))
	}
	return strings.Join(alternatives, "|")
}
