// Command bench measures nbemu against qemu-user and against the host itself:
// the same C kernels (testdata/bench), built as NetBSD programs for nbemu and
// as Linux programs for the others.
//
// All runners take turns within each round, so that a machine that slows down
// for a while slows all of them. Each figure is the median of the rounds. A
// kernel tells its own time, without the program's start; the start has a row
// of its own. Each kernel prints a checksum too, and a runner whose checksum
// differs from the others' is an error. Times are never judged: that is the
// reader's part.
//
// With -programs it measures real programs instead: see programs.go.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	ports "nbemu/arch"
	"nbemu/cpu/kvm"
	"nbemu/internal/hosttools"
	"nbemu/internal/testprog"
	"nbemu/machine"
)

// A kernel is one row of the table.
type kernel struct {
	name   string
	src    string
	flags  []string
	what   string
	starts int  // run so many times and take the whole time of each, 0 for the program's own figure
	spawns bool // runs hello as a child
	// host is the command of a program of the host's own, which is none of ours.
	host func(dir string) ([]string, error)
	// Architectures on which there is a Linux program too: not these, or only these.
	not, only []string
}

var kernels = []kernel{
	{name: "integer", src: "integer.c", what: "register arithmetic"},
	{name: "recursion", src: "recursion.c", what: "calls and returns"},
	{name: "memory4", src: "memory.c", flags: []string{"-DMEGABYTES=4"}, what: "random access in 4 MiB"},
	{name: "memory64", src: "memory.c", flags: []string{"-DMEGABYTES=64"}, what: "random access in 64 MiB"},
	{name: "float", src: "float.c", what: "floating point"},
	{name: "getpid", src: "getpid.c", what: "1 M system calls"},
	{name: "write", src: "write.c", what: "100 k writes to /dev/null"},
	{name: "hello", src: "hello.c", what: "start of a small program", starts: 20},
	{name: "spawn", src: "spawn.c", what: "100 × fork, exec, wait", spawns: true},
	{name: "touch", src: "touch.c", what: "first store to each page of 128 MiB"},
	{name: "fork1", src: "fork.c", flags: []string{"-DMEGABYTES=1", "-DTIMES=200"}, what: "200 × fork, wait, with 1 MiB"},
	{name: "fork64", src: "fork.c", flags: []string{"-DMEGABYTES=64", "-DTIMES=50"}, what: "50 × fork, wait, with 64 MiB"},
	{name: "fork512", src: "fork.c", flags: []string{"-DMEGABYTES=512", "-DTIMES=5"}, what: "5 × fork, wait, with 512 MiB"},
	{name: "copy64", src: "fork.c", flags: []string{"-DMEGABYTES=64", "-DTIMES=3", "-DCOPY"}, what: "3 × fork, a child that stores to 64 MiB"},
	{name: "pipe", src: "pingpong.c", what: "10 k round trips between processes"},
	{name: "socket", src: "pingpong.c", flags: []string{"-DSOCKET"}, what: "10 k round trips, a pair of sockets"},
	{name: "signal", src: "signal.c", what: "50 k signals to oneself", not: []string{"sparc", "sparc64"}},
	{name: "thread", src: "thread.c", what: "5 k threads made and waited for", only: []string{"amd64"}},
	{name: "gzip", host: gzipCompiler, what: "the host's gzip -9 of some 20 MB"},
	{name: "python", host: script(pythonScript), what: "the host's python3: recursion, dictionaries, JSON"},
	{name: "sqlite", host: script(sqliteScript), what: "the host's sqlite in python3: 200 k rows, an index"},
	{name: "compile", host: compileUnicode, what: "Go's compiler on package unicode"},
}

func (k *kernel) linux(arch string) bool {
	return !slices.Contains(k.not, arch) && (k.only == nil || slices.Contains(k.only, arch))
}

// A runner executes programs of one system.
type runner struct {
	name    string
	system  testprog.OS
	command []string
	skip    string // why it can't run, if it can't
}

func main() {
	archName := flag.String("arch", "amd64", "architecture, or all, one after another")
	rounds := flag.Int("n", 5, "rounds; each figure is the median of so many")
	only := flag.String("run", "", "run only kernels whose name matches this regular expression")
	jsonOut := flag.String("json", "", "write all figures to this file as JSON (- for standard output); ARCH in it stands for the architecture")
	accel := flag.Bool("accel", true, "measure nbemu also with -accel kvm and -accel auto, where the host has KVM for the architecture")
	against := flag.String("against", "", "another nbemu, as a further column: for measuring a change before and after")
	real := flag.Bool("programs", false, "measure real programs by their processor time, instead of the kernels")
	root := flag.String("root", "", "with -programs: the Linux programs of this root, for a machine that is not the host's")
	newer := flag.String("qemu", "", "a directory with another version's qemu-user programs, which are measured too")
	flag.Parse()
	pattern, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: -run:", err)
		os.Exit(2)
	}
	names := []string{*archName}
	if *archName == "all" {
		names = nil
		for _, a := range testprog.Arches {
			names = append(names, a.Name)
		}
	}
	status := 0
	for _, name := range names {
		err := bench(name, options{rounds: *rounds, pattern: pattern, against: *against, newer: *newer, root: *root,
			json: strings.ReplaceAll(*jsonOut, "ARCH", name), accel: *accel, real: *real})
		if len(names) > 1 && errors.Is(err, testprog.ErrNoCompiler) {
			fmt.Fprintln(os.Stderr, "bench: skipped:", err)
		} else if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", name, err)
			status = 1
		}
	}
	os.Exit(status)
}

// options are the command line's.
type options struct {
	rounds  int
	pattern *regexp.Regexp
	against string // another nbemu
	newer   string // a directory with another version of qemu-user
	root    string
	json    string
	accel   bool
	real    bool
}

func bench(archName string, o options) error {
	arch, err := testprog.Find(archName)
	if err != nil {
		return err
	}
	if o.real {
		return benchPrograms(arch, o)
	}
	pattern, rounds := o.pattern, o.rounds
	picked := slices.DeleteFunc(slices.Clone(kernels), func(k kernel) bool { return !pattern.MatchString(k.name) })
	picked = slices.DeleteFunc(picked, func(k kernel) bool {
		if k.host == nil {
			return false
		}
		_, err := k.hostCommand("", arch)
		return err != nil
	})
	runners, exit := runnersFor(arch, o)
	dir, err := testprog.BuildDir("bench", arch.Name)
	if err != nil {
		return err
	}
	for _, k := range kernels { // all of them: spawn needs hello
		if k.host != nil {
			continue
		}
		for _, system := range []testprog.OS{testprog.NetBSD, testprog.Linux} {
			if system == testprog.Linux && !k.linux(arch.Name) {
				continue
			}
			src := filepath.Join(testprog.Root(), "testdata", "bench", k.src)
			if err := testprog.C(arch, system, built(dir, k.name, system), src, k.flags...); err != nil {
				return err
			}
		}
	}

	report := report{Arch: arch.Name, Host: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), Rounds: rounds, Exit: float64(exit.Nanoseconds()) / 1000}
	for _, r := range runners {
		if r.skip != "" {
			fmt.Fprintf(os.Stderr, "bench: no figures for %s: %s\n", r.name, r.skip)
		}
	}
	results := map[string]*result{}
	for round := range rounds {
		fmt.Fprintf(os.Stderr, "bench: round %d of %d\n", round+1, rounds)
		// What a runner leaves behind (pages that the host has to clear again) is the next one's: every
		// other round goes the other way about, so that none has always the same before it.
		order := slices.Clone(runners)
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, k := range picked {
			for _, r := range order {
				key := k.name + "/" + r.name
				res := results[key]
				if res == nil {
					res = &result{Kernel: k.name, Runner: r.name}
					results[key] = res
				}
				if r.skip == "" && res.Error == "" && (r.system == testprog.NetBSD || k.linux(arch.Name)) {
					if k.host != nil {
						res.measureHost(k, r, dir, arch)
						continue
					}
					res.measure(k, r, dir)
				}
			}
		}
	}

	var failed []string
	for _, k := range picked {
		sums := map[string]string{}
		for _, r := range runners {
			res := results[k.name+"/"+r.name]
			report.Results = append(report.Results, res)
			if res.Error != "" {
				failed = append(failed, fmt.Sprintf("%s under %s: %s", k.name, r.name, res.Error))
			} else if res.Sum != "" {
				sums[res.Sum] = r.name
			}
		}
		if len(sums) > 1 {
			failed = append(failed, fmt.Sprintf("%s: different checksums: %v", k.name, sums))
		}
	}
	report.print(picked)
	if pattern.MatchString("warm") {
		if err := report.warmStart(built(dir, "hello", testprog.NetBSD)); err != nil {
			failed = append(failed, fmt.Sprintf("warm: %v", err))
		}
	}
	if arch.Name == "amd64" && pattern.MatchString("execfuzz") {
		if err := report.execFuzz(); err != nil {
			failed = append(failed, fmt.Sprintf("execfuzz: %v", err))
		}
	}
	if o.json != "" {
		if err := report.write(o.json); err != nil {
			return err
		}
	}
	if failed != nil {
		return errors.New(strings.Join(failed, "\nbench: "))
	}
	return nil
}

func built(dir, kernel string, system testprog.OS) string {
	return filepath.Join(dir, kernel+"."+string(system))
}

// kvmExit is what leaving a virtual machine costs here; an error where there is none for the architecture.
func kvmExit(arch testprog.Arch) (time.Duration, error) {
	m, err := kvm.Open(kvm.Options{})
	if err != nil {
		return 0, err
	}
	defer m.Close()
	p := ports.ByName(arch.Name)
	if p == nil {
		return 0, kvm.ErrUnsupported
	}
	return m.ExitCost(), m.Runs(p.Arch)
}

// runnersFor also returns what an exit of KVM costs, if that is among the runners.
func runnersFor(arch testprog.Arch, o options) (all []runner, exit time.Duration) {
	all, exit = usualRunners(arch, o.accel)
	if o.newer != "" {
		r := runner{name: newerQemu, system: testprog.Linux, command: []string{filepath.Join(o.newer, arch.Qemu)}}
		if _, err := exec.LookPath(r.command[0]); err != nil {
			r.skip = err.Error()
		}
		all = slices.Insert(all, 2, r)
	}
	if o.against != "" {
		all = append(all, runner{name: "before", system: testprog.NetBSD, command: []string{o.against}})
	}
	return all, exit
}

// newerQemu is the runner that -qemu names.
const newerQemu = "qemu2"

// versions are those of the runners that are qemu-user, by name.
func versions(runners []runner) map[string]string {
	all := map[string]string{}
	for _, r := range runners {
		if !strings.HasPrefix(r.name, "qemu") || r.skip != "" {
			continue
		}
		out, _ := exec.Command(r.command[0], "--version").Output()
		if m := regexp.MustCompile(`version ([0-9.]+)`).FindSubmatch(out); m != nil {
			all[r.name] = string(m[1])
		}
	}
	return all
}

func usualRunners(arch testprog.Arch, accel bool) (all []runner, exit time.Duration) {
	native := runner{name: "native", system: testprog.Linux}
	if runtime.GOOS != "linux" || runtime.GOARCH != arch.Native {
		native.skip = "this machine is " + runtime.GOOS + "/" + runtime.GOARCH
	}
	qemu := runner{name: "qemu", system: testprog.Linux, command: []string{arch.Qemu}}
	tool := hosttools.Qemu
	tool.Program = arch.Qemu
	if runtime.GOOS != "linux" {
		qemu.skip = "qemu-user runs on Linux only"
	} else if err := hosttools.Need(tool); err != nil {
		qemu.skip = err.Error()
	}
	nbemu := runner{name: "nbemu", system: testprog.NetBSD}
	if path, err := testprog.Nbemu(); err != nil {
		nbemu.skip = err.Error()
	} else {
		nbemu.command = []string{path}
	}
	all = []runner{native, qemu, nbemu}
	if !accel || nbemu.skip != "" || arch.Native != "amd64" && arch.Native != "386" {
		return all, 0
	}
	exit, err := kvmExit(arch)
	if err != nil {
		exit = 0
	}
	for _, kind := range []string{"kvm", "auto"} {
		r := runner{name: kind, system: testprog.NetBSD, command: append(slices.Clone(nbemu.command), "-accel", kind)}
		if err != nil {
			r.skip = err.Error()
		}
		all = append(all, r)
	}
	return all, exit
}

// result collects the figures of one kernel under one runner.
type result struct {
	Kernel string    `json:"kernel"`
	Runner string    `json:"runner"`
	Sum    string    `json:"checksum,omitempty"`
	Millis []float64 `json:"ms"`        // one per round
	Whole  []float64 `json:"whole_ms"`  // with the start of the program
	Median float64   `json:"median_ms"` // of Millis; 0 if there are none
	Error  string    `json:"error,omitempty"`
}

// measureHost is measure for a program of the host's own.
func (res *result) measureHost(k kernel, r runner, dir string, arch testprog.Arch) {
	args, err := k.hostCommand(dir, arch)
	if err != nil {
		res.Error = err.Error()
		return
	}
	args = append(slices.Clone(r.command), args...)
	var stderr bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = &stderr
	start := time.Now()
	out, err := cmd.Output()
	if err != nil {
		res.Error = strings.TrimSpace(fmt.Sprintf("%v %s", err, hosttools.Tail(stderr.String(), 3)))
		return
	}
	ms := millis(time.Since(start))
	res.Whole = append(res.Whole, ms)
	res.add(digest(out), ms)
}

func (res *result) measure(k kernel, r runner, dir string) {
	args := append(slices.Clone(r.command), built(dir, k.name, r.system))
	if k.spawns {
		if strings.HasPrefix(r.name, "qemu") {
			// The child of a program under qemu-user is the host's matter, unless
			// it is qemu-user again.
			qemu, err := exec.LookPath(r.command[0])
			if err != nil {
				res.Error = err.Error()
				return
			}
			args = append(args, qemu)
		}
		args = append(args, built(dir, "hello", r.system))
	}
	times := max(k.starts, 1)
	start := time.Now()
	var out []byte
	for range times {
		var stderr bytes.Buffer
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stderr = &stderr
		var err error
		if out, err = cmd.Output(); err != nil {
			res.Error = strings.TrimSpace(fmt.Sprintf("%v %s", err, hosttools.Tail(stderr.String(), 3)))
			return
		}
	}
	whole := time.Since(start)
	res.Whole = append(res.Whole, millis(whole)/float64(times))
	if k.starts > 0 {
		res.add(string(out), millis(whole)/float64(times))
		return
	}
	var nanos int64
	if _, err := fmt.Sscan(string(out), &res.Sum, &nanos); err != nil || nanos <= 0 {
		res.Error = fmt.Sprintf("printed %q instead of a checksum and a time", out)
		return
	}
	own := time.Duration(nanos)
	if own > whole {
		res.Error = fmt.Sprintf("claims to have worked for %v but was there for %v", own, whole)
		return
	}
	res.add(res.Sum, millis(own))
}

func (res *result) add(sum string, ms float64) {
	res.Sum = sum
	res.Millis = append(res.Millis, ms)
	sorted := slices.Sorted(slices.Values(res.Millis))
	res.Median = sorted[len(sorted)/2]
	if len(sorted)%2 == 0 {
		res.Median = (res.Median + sorted[len(sorted)/2-1]) / 2
	}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

type report struct {
	Arch    string    `json:"arch"`
	Host    string    `json:"host"`
	CPUs    int       `json:"cpus"`
	Rounds  int       `json:"rounds"`
	Exit    float64   `json:"kvm_exit_us,omitempty"` // microseconds from one entry to the next
	Fuzz    int       `json:"exec_fuzz_per_second,omitempty"`
	Warm    float64   `json:"warm_ms,omitempty"`
	Results []*result `json:"results"`
}

// execFuzz runs nbemu's exec fuzzer for a few seconds: how many executables per second go through the exec path
// on one processor.
func (rep *report) execFuzz() error {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		return err
	}
	out, err := exec.Command(nbemu, "fuzz", "exec", "-seconds", "3", "-seed", "1", "-o", os.TempDir()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%v: %.300s", err, out)
	}
	all := regexp.MustCompile(`(\d+) per second`).FindAllSubmatch(out, -1)
	if len(all) == 0 {
		return fmt.Errorf("no rate in %.300q", out)
	}
	rep.Fuzz, err = strconv.Atoi(string(all[len(all)-1][1]))
	fmt.Printf("%-10s %d exec cases per second\n", "execfuzz", rep.Fuzz)
	return err
}

// warmStart measures what a hello costs in a machine of its own, made and closed again, in a process that has done so
// before: the public package instead of the command.
func (rep *report) warmStart(hello string) error {
	const times = 200
	var took []float64
	for range times {
		start := time.Now()
		m, err := machine.New(machine.Config{})
		if err != nil {
			return err
		}
		p, err := m.Start(machine.Command{Path: hello})
		if err == nil {
			_, err = p.Wait()
		}
		if err = errors.Join(err, m.Close()); err != nil {
			return err
		}
		took = append(took, millis(time.Since(start)))
	}
	slices.Sort(took)
	rep.Warm = took[times/2]
	fmt.Printf("%-10s %9s %9s %9.2f %27s   hello in a machine of its own, in a warm process (of a start of nbemu: %s)\n",
		"warm", "", "", rep.Warm, "", ratio(rep.Warm, rep.median("hello", "nbemu")))
	return nil
}

func (rep *report) median(kernel, runner string) float64 {
	for _, res := range rep.Results {
		if res.Kernel == kernel && res.Runner == runner && res.Error == "" {
			return res.Median
		}
	}
	return 0
}

// print writes the table: times in milliseconds and nbemu's as a multiple of the others'.
func (rep *report) print(picked []kernel) {
	fmt.Printf("NetBSD/%s on %s, %d CPUs, median of %d, milliseconds\n\n", rep.Arch, rep.Host, rep.CPUs, rep.Rounds)
	compared := slices.ContainsFunc(rep.Results, func(r *result) bool { return r.Runner == "before" })
	head := "%-10s %9s %9s %9s %12s %14s"
	fmt.Printf(head, "", "native", "qemu", "nbemu", "nbemu/qemu", "nbemu/native")
	if rep.Exit != 0 {
		fmt.Printf(" %9s %11s %9s", "kvm", "kvm/native", "auto")
	}
	if compared {
		fmt.Printf(" %9s %13s", "before", "nbemu/before")
	}
	fmt.Println()
	for _, k := range picked {
		native, qemu, nbemu := rep.median(k.name, "native"), rep.median(k.name, "qemu"), rep.median(k.name, "nbemu")
		fmt.Printf(head, k.name, number(native, "%.1f"), number(qemu, "%.1f"), number(nbemu, "%.1f"),
			ratio(nbemu, qemu), ratio(nbemu, native))
		if rep.Exit != 0 {
			accel := rep.median(k.name, "kvm")
			fmt.Printf(" %9s %11s %9s", number(accel, "%.1f"), ratio(accel, native), number(rep.median(k.name, "auto"), "%.1f"))
		}
		if compared {
			before := rep.median(k.name, "before")
			fmt.Printf(" %9s %13s", number(before, "%.1f"), ratio(nbemu, before))
		}
		fmt.Printf("   %s\n", k.what)
	}
	if rep.Exit != 0 {
		fmt.Printf("\nLeaving KVM and coming back takes %.1f µs on this host.\n", rep.Exit)
	}
}

func number(v float64, format string) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf(format, v)
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}

func (rep *report) write(name string) error { return writeJSON(name, rep) }

// writeJSON writes a report to a file, or to standard output if the name is "-".
func writeJSON(name string, rep any) error {
	data, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if name == "-" {
		_, err = os.Stdout.Write(data)
		return err
	}
	return os.WriteFile(name, data, 0o666)
}
