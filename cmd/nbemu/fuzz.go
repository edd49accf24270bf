package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/execve"
)

// fuzzOptions are the flags of "nbemu fuzz exec".
type fuzzOptions struct {
	seconds float64
	seed    uint64
	dir     string
	replay  string
	// The releases and machines that cases run under, and those that they are held against; "" for none.
	kernel, against         string
	machine, againstMachine string
	seeds                   []string // files and directories
}

const fuzzUsage = `usage: nbemu fuzz exec [flags] [FILE|DIR...]

Changes executables, arguments, environment, credentials and limits at random and looks for what exec gets
wrong. Files, and what lies in directories, are what is changed, in place of executables that it makes itself.

  -seconds n       stop after that time (default 10; 0: never)
  -seed n          seed of the random numbers (default 1)
  -o dir           where findings are kept (default fuzz-exec)
  -replay file     run one kept case again and show what exec does with it, under -kernel and -against too
  -kernel release  the release of NetBSD (default: several)
  -against release another one: where the two answer differently is a finding
  -machine name    the port whose executables run (default: those of all)
  -against-machine name  another one, likewise
`

// maxCorpus bounds the cases that are kept for being changed further.
const maxCorpus = 4096

// fuzz is "nbemu fuzz"; the result is the exit status: 1 if there are findings.
func fuzz(args []string) int {
	if len(args) == 0 || args[0] != "exec" {
		fmt.Fprint(stderr, fuzzUsage)
		return 126
	}
	var o fuzzOptions
	fs := flag.NewFlagSet("nbemu fuzz exec", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Float64Var(&o.seconds, "seconds", 10, "")
	fs.Uint64Var(&o.seed, "seed", 1, "")
	fs.StringVar(&o.dir, "o", "fuzz-exec", "")
	fs.StringVar(&o.replay, "replay", "", "")
	fs.StringVar(&o.kernel, "kernel", "", "")
	fs.StringVar(&o.against, "against", "", "")
	fs.StringVar(&o.machine, "machine", "", "")
	fs.StringVar(&o.againstMachine, "against-machine", "", "")
	err := fs.Parse(args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(fuzzUsage)
		return 0
	}
	if err != nil {
		err = unknownIn(err, fs)
	}
	o.seeds = fs.Args()
	if err == nil {
		err = o.check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "nbemu: fuzz exec: %v\n", err)
		return 126
	}
	z := fuzzerOf(o.machine)
	if o.replay != "" {
		return replay(z, &o)
	}
	return fuzzExec(z, &o)
}

// runner returns what a case is run by: once, or twice and compared.
func (o *fuzzOptions) runner(z *execve.Fuzzer) func(c *execve.FuzzCase) *execve.Finding {
	if o.against != "" || o.againstMachine != "" {
		return o.differ(z)
	}
	return z.Run
}

// keptCase is a finding in its file.
type keptCase struct {
	Finding *execve.Finding `json:",omitempty"`
	Case    *execve.FuzzCase
}

func replay(z *execve.Fuzzer, o *fuzzOptions) int {
	file := o.replay
	b, err := os.ReadFile(file)
	var k keptCase
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err == nil && k.Case == nil {
		err = errors.New(file + ": no case in it")
	}
	if err != nil {
		fmt.Fprintf(stderr, "nbemu: fuzz exec: %v\n", err)
		return 126
	}
	if o.kernel != "" {
		k.Case.Kernel = o.kernel
	}
	found := o.runner(z)(k.Case)
	for _, p := range z.Probes() {
		fmt.Printf("  %v\n", p)
	}
	if found != nil {
		fmt.Printf("finding: %s\n%s\n", found.Kind, found.Text)
		return 1
	}
	fmt.Printf("%s: %s\n", z.Errno.Name(), z.Explain(k.Case))
	return 0
}

func fuzzExec(z *execve.Fuzzer, o *fuzzOptions) int {
	debug.SetGCPercent(800)
	r := rand.New(rand.NewPCG(o.seed, 0))
	corpus, err := o.corpus()
	if err != nil {
		fmt.Fprintf(stderr, "nbemu: fuzz exec: %v\n", err)
		return 126
	}
	run := o.runner(z)
	seen := map[uint64]bool{}
	kinds := map[string]bool{}
	status := 0
	check := func(c *execve.FuzzCase) {
		if o.kernel != "" {
			c.Kernel = o.kernel
		}
		f := run(c)
		if f == nil {
			if h := z.Outcome(); !seen[h] {
				seen[h] = true
				if len(corpus) < maxCorpus && c.Small() {
					corpus = append(corpus, c)
				}
			}
			return
		}
		status = 1
		if kinds[f.Kind] {
			return
		}
		kinds[f.Kind] = true
		if o.against == "" && o.againstMachine == "" {
			c = z.Minimize(c, f.Kind)
		}
		if again := run(c); again != nil {
			f = again
		}
		name, err := keep(o, c, f)
		if err != nil {
			fmt.Fprintf(stderr, "nbemu: fuzz exec: %v\n", err)
		}
		fmt.Printf("finding: %s (%s)\n", f.Kind, name)
	}
	for _, c := range corpus {
		check(c)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	start, used := time.Now(), cpuTime()
	n, late, ok, last := 0, 0, 0, start
	for done := false; !done; {
		for range 256 {
			c := corpus[r.IntN(len(corpus))].Clone()
			c.Mutate(r)
			check(c)
			n++
			if z.Late {
				late++
			} else if z.Errno == 0 {
				ok++
			}
		}
		now := time.Now()
		select {
		case <-stop:
			done = true
		default:
			done = o.seconds > 0 && now.Sub(start).Seconds() >= o.seconds
		}
		if done || now.Sub(last) >= time.Second {
			last = now
			fmt.Printf("%d cases, %.0f per second, %.0f per second of processor time; %d ran, %d failed late; %d outcomes, %d findings\n",
				n, float64(n)/now.Sub(start).Seconds(), float64(n)/(cpuTime()-used), ok, late, len(seen), len(kinds))
		}
	}
	return status
}

// cpuTime is the processor time that nbemu has used, in seconds: other work on the machine does not count.
func cpuTime() float64 {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil {
		return 0
	}
	return float64(ru.Utime.Nano()+ru.Stime.Nano()) / 1e9
}

// keep writes a case into a file named after its kind of finding.
func keep(o *fuzzOptions, c *execve.FuzzCase, f *execve.Finding) (string, error) {
	if err := os.MkdirAll(o.dir, 0o777); err != nil {
		return "", err
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, f.Kind)
	b, err := json.MarshalIndent(keptCase{f, c}, "", " ")
	if err != nil {
		return "", err
	}
	name := filepath.Join(o.dir, fmt.Sprintf("finding-%08x.json", h.Sum32()))
	if err := keepFiles(strings.TrimSuffix(name, ".json"), name, o, c); err != nil {
		return name, err
	}
	return name, os.WriteFile(name, b, 0o666)
}
