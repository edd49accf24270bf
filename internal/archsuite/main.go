// Archsuite builds the programs of testdata/arch/suite.list for every machine and runs them with "nbemu suite": "make
// suite". The page that compares machines becomes docs/results/suite.html.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"nbemu/internal/testprog"
)

func main() {
	arch := flag.String("arch", "", "machines, separated by commas (default: all)")
	flag.Parse()
	if err := run(*arch, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "archsuite:", err)
		os.Exit(1)
	}
}

// run builds and runs; flags are nbemu suite's.
func run(only string, flags []string) error {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		return err
	}
	list := filepath.Join(testprog.Root(), "testdata", "arch", "suite.list")
	names, err := programs(list)
	if err != nil {
		return err
	}
	var labels []string
	for _, a := range testprog.Arches {
		if only != "" && !strings.Contains(","+only+",", ","+a.Name+",") {
			continue
		}
		built, err := build(a, names)
		if err != nil {
			return err
		}
		if built {
			labels = append(labels, a.Name)
		}
	}
	if len(labels) == 0 {
		return errors.New("there is nothing to run")
	}
	out, err := testprog.BuildDir("suite-results")
	if err != nil {
		return err
	}
	// The expected output is that of programs that leave no core files.
	args := append([]string{"suite", "-arch", strings.Join(labels, ","), "-o", out, "-limit", "coredumpsize=0", "-retries", "2"}, flags...)
	cmd := exec.Command(nbemu, append(args, "testdata/arch/suite.list")...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = testprog.Root(), os.Stdout, os.Stderr
	ran := cmd.Run()
	if only != "" || len(flags) > 0 {
		return ran // not all of it
	}
	page, err := os.ReadFile(filepath.Join(out, "index.html"))
	if err != nil {
		return errors.Join(ran, err)
	}
	return errors.Join(ran, os.WriteFile(filepath.Join(testprog.Root(), "docs", "results", "suite.html"), page, 0o644))
}

var programName = regexp.MustCompile(`(?m)^\w+ +\.\./build/suite/\{arch\}/(\w+)`)

// programs are those that a list names.
func programs(list string) (names []string, err error) {
	text, err := os.ReadFile(list)
	for _, m := range programName.FindAllStringSubmatch(string(text), -1) {
		names = append(names, m[1])
	}
	return names, err
}

// build builds programs for one machine, or takes those that lie in testdata/arch/prebuilt; false if there are none.
func build(a testprog.Arch, names []string) (bool, error) {
	dir, err := testprog.BuildDir("suite", a.Name)
	if err != nil {
		return false, err
	}
	some := false
	for _, n := range names {
		out := filepath.Join(dir, n)
		err := testprog.C(a, testprog.NetBSD, out, filepath.Join(testprog.Root(), "testdata", "arch", n+".c"), "-s")
		if errors.Is(err, testprog.ErrNoCompiler) {
			var data []byte
			data, err = os.ReadFile(filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", a.Name, n))
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err == nil {
				err = os.WriteFile(out, data, 0o755)
			}
		}
		if err != nil {
			return false, err
		}
		some = true
	}
	return some, nil
}
