// Torture attacks nbemu with programs of our own, without end: system calls with hostile arguments on every machine,
// mutated executables under one nbemu and under fresh ones, names that somebody swaps, shared mappings held against a
// model, and all of that with little memory, few descriptors, terminals that take no output and SIGKILL at any time.
//
// "make torture FLAGS='-minutes 30 -seed 7 -arch all'" runs it. What it finds is cut down to what is needed and kept in a
// file, which -replay runs again. -report writes the counts to docs/RELIABILITY.md. With "-accel kvm -arch amd64,i386" all
// cases are on the host's processor. A short lane is part of "go test".
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nbemu/internal/testprog"
)

var (
	minutes   = flag.Float64("minutes", 1, "how long")
	seedFlag  = flag.Uint64("seed", 1, "seed of the random numbers")
	archFlag  = flag.String("arch", "all", "architectures, with commas between them")
	kindFlag  = flag.String("kind", "all", "of calls, exec, code, paths, maps; with commas between them")
	accelFlag = flag.String("accel", "", "what programs run on in all cases: kvm; without it that is chosen as other flags are")
	outFlag   = flag.String("o", "torture-findings", "directory for findings")
	replay    = flag.String("replay", "", "run one finding again")
	report    = flag.Bool("report", false, "write the counts to docs/RELIABILITY.md")
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("torture: ")
	flag.Parse()
	if *replay != "" {
		c, err := readCase(*replay)
		if err != nil {
			log.Fatal(err)
		}
		r, err := c.run()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n%s", r.status, r.output)
		if r.bad != "" {
			log.Fatal(r.bad)
		}
		return
	}
	if *accelFlag != "" && *accelFlag != "kvm" {
		log.Fatalf("-accel %s: only kvm", *accelFlag)
	}
	t := &torture{accel: *accelFlag, arches: chosenArches(*archFlag), kinds: chosenKinds(*kindFlag), seed: *seedFlag, out: *outFlag,
		end: time.Now().Add(time.Duration(*minutes * float64(time.Minute)))}
	t.log = func(format string, a ...any) { log.Printf(format, a...) }
	if err := t.run(); err != nil {
		log.Fatal(err)
	}
	fmt.Print(t.counts.String())
	if *report {
		name := filepath.Join(testprog.Root(), "docs", "RELIABILITY.md")
		old, _ := os.ReadFile(name)
		if err := os.WriteFile(name, []byte(t.document(string(old))), 0o666); err != nil {
			log.Fatal(err)
		}
	}
	if t.counts.findings > 0 {
		os.Exit(1)
	}
}

func chosenArches(list string) (out []testprog.Arch) {
	for _, a := range testprog.Arches {
		if list == "all" || slices.Contains(strings.Split(list, ","), a.Name) {
			out = append(out, a)
		}
	}
	return out
}

func chosenKinds(list string) (out []kind) {
	for _, k := range allKinds {
		if list == "all" || slices.Contains(strings.Split(list, ","), string(k)) {
			out = append(out, k)
		}
	}
	return out
}
