// Command aflbench measures how many runs a second afl-fuzz makes of one source (testdata/arch/aflcrash.c), built for NetBSD
// and run by nbemu -afl, and built for Linux and run by AFL++'s QEMU mode, where afl-qemu-trace is there, and by what those
// have who have not: qemu-user, with a process for each run. And how many runs it takes to the crash,
// five comparisons deep, on machines of different kinds.
//
// Figures are those of afl-fuzz, and processor time, its own and its children's, which changes less when the machine is
// busy. All take turns in each round; each figure is the median of the rounds. Times are never judged.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"nbemu/internal/testprog"
)

func main() {
	rounds := flag.Int("n", 3, "rounds; each figure is the median of so many")
	seconds := flag.Int("seconds", 5, "how long afl-fuzz runs for each")
	jsonOut := flag.String("json", "", "write the figures to this file as JSON")
	page := flag.String("md", "", "write them to this file as a table")
	flag.Parse()
	if err := bench(*rounds, *seconds, *jsonOut, *page); err != nil {
		fmt.Fprintln(os.Stderr, "aflbench:", err)
		os.Exit(1)
	}
}

// A row is one way to run the program.
type row struct {
	Machine string `json:"machine"`
	How     string `json:"how"`
	// Runs a second of elapsed and of processor time, medians.
	PerSecond    float64 `json:"execs_per_second"`
	PerCPUSecond float64 `json:"execs_per_cpu_second"`
	// CrashExecs and CrashSeconds are of the run that ended at the first crash; 0 where it was not looked for.
	CrashExecs   int     `json:"crash_execs,omitempty"`
	CrashSeconds float64 `json:"crash_seconds,omitempty"`

	flags, program []string
	env            []string
	crash          bool
	alone          bool // without afl-fuzz
	wall, cpu      []float64
}

// rows are all that can be measured here.
func rows() ([]*row, error) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		return nil, err
	}
	var all []*row
	for _, machine := range []string{"amd64", "aarch64", "mips", "sparc64"} {
		program := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", machine, "aflcrash")
		all = append(all, &row{Machine: machine, How: "nbemu -afl", program: []string{nbemu, "-afl", program}, crash: true})
	}
	arch, err := testprog.Find("amd64")
	if err != nil {
		return nil, err
	}
	dir, err := testprog.BuildDir("aflbench", arch.Name)
	if err != nil {
		return nil, err
	}
	linux := filepath.Join(dir, "aflcrash.linux")
	if err := testprog.C(arch, testprog.Linux, linux, filepath.Join(testprog.Root(), "testdata", "arch", "aflcrash.c")); err != nil {
		return nil, err
	}
	if trace := qemuMode(); trace != "" {
		all = append(all, &row{Machine: arch.Name, How: "AFL++'s QEMU mode", flags: []string{"-Q"}, program: []string{linux}, env: []string{"AFL_PATH=" + filepath.Dir(trace), "AFL_OLD_FORKSERVER=1"}, crash: true})
	} else {
		fmt.Fprintln(os.Stderr, "aflbench: no figures for QEMU mode: there is no afl-qemu-trace, in PATH or AFL_PATH")
	}
	if qemu, err := exec.LookPath(arch.Qemu); err == nil {
		all = append(all, &row{Machine: arch.Name, How: "qemu-user, a process each", program: []string{qemu, linux}, alone: true})
	}
	return all, nil
}

// qemuMode finds the program that afl-fuzz -Q runs.
func qemuMode() string {
	if dir := os.Getenv("AFL_PATH"); dir != "" {
		if path, err := exec.LookPath(filepath.Join(dir, "afl-qemu-trace")); err == nil {
			return path
		}
	}
	path, _ := exec.LookPath("afl-qemu-trace")
	return path
}

func bench(rounds, seconds int, jsonOut, page string) error {
	afl, err := exec.LookPath("afl-fuzz")
	if err != nil {
		return errors.New("afl-fuzz is not there; Debian's package is afl++")
	}
	all, err := rows()
	if err != nil {
		return err
	}
	for n := range rounds {
		fmt.Fprintf(os.Stderr, "aflbench: round %d of %d\n", n+1, rounds)
		for _, r := range all {
			execs, wall, cpu, err := r.measure(afl, seconds)
			if err != nil {
				return err
			}
			r.wall, r.cpu = append(r.wall, float64(execs)/wall), append(r.cpu, float64(execs)/cpu)
		}
	}
	for _, r := range all {
		r.PerSecond, r.PerCPUSecond = median(r.wall), median(r.cpu)
		if !r.crash {
			continue
		}
		r.env = append(r.env, "AFL_BENCH_UNTIL_CRASH=1")
		if r.CrashExecs, r.CrashSeconds, _, err = r.run(afl, "-E", "1000000"); err != nil {
			return err
		}
	}
	text := table(all, rounds, seconds)
	fmt.Print(text)
	if page != "" {
		if err := os.WriteFile(page, []byte(text), 0o666); err != nil {
			return err
		}
	}
	if jsonOut == "" {
		return nil
	}
	data, err := json.MarshalIndent(struct {
		Host    string `json:"host"`
		CPUs    int    `json:"cpus"`
		Rounds  int    `json:"rounds"`
		Seconds int    `json:"seconds"`
		Rows    []*row `json:"rows"`
	}{runtime.GOOS + "/" + runtime.GOARCH, runtime.NumCPU(), rounds, seconds, all}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(jsonOut, append(data, '\n'), 0o666)
}

// measure runs the program for some seconds.
func (r *row) measure(afl string, seconds int) (execs int, wall, cpu float64, err error) {
	if r.alone {
		return r.each(time.Duration(seconds) * time.Second)
	}
	return r.run(afl, "-V", strconv.Itoa(seconds))
}

// each starts a process for each run.
func (r *row) each(long time.Duration) (execs int, wall, cpu float64, err error) {
	start := time.Now()
	for time.Since(start) < long {
		cmd := exec.Command(r.program[0], r.program[1:]...)
		cmd.Stdin = strings.NewReader("hello\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			return 0, 0, 0, fmt.Errorf("%v: %w\n%s", r.program, err, out)
		}
		execs++
		cpu += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	}
	return execs, time.Since(start).Seconds(), cpu, nil
}

// run has afl-fuzz run the program, and returns the number of runs, and the seconds and processor seconds that it took.
func (r *row) run(afl string, until ...string) (execs int, wall, cpu float64, err error) {
	dir, err := os.MkdirTemp("", "aflbench-")
	if err != nil {
		return 0, 0, 0, err
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o777); err != nil {
		return 0, 0, 0, err
	}
	if err := os.WriteFile(filepath.Join(in, "seed"), []byte("hello\n"), 0o666); err != nil {
		return 0, 0, 0, err
	}
	args := slices.Concat([]string{"-D", "-i", in, "-o", out, "-s", "1", "-t", "10000"}, until, r.flags, []string{"--"}, r.program, []string{"@@"})
	cmd := exec.Command(afl, args...)
	cmd.Env = append(append(os.Environ(), "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1", "AFL_SKIP_CPUFREQ=1", "AFL_NO_UI=1", "AFL_NO_AFFINITY=1", "AFL_DISABLE_TRIM=1", "NO_COLOR=1"), r.env...)
	start := time.Now()
	log, err := cmd.CombinedOutput()
	wall = time.Since(start).Seconds()
	stats, err2 := os.ReadFile(filepath.Join(out, "default", "fuzzer_stats"))
	if err2 != nil {
		return 0, 0, 0, fmt.Errorf("%s on %s: %v\n%s", r.How, r.Machine, err, log)
	}
	for line := range strings.Lines(string(stats)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "execs_done" {
			execs, err = strconv.Atoi(strings.TrimSpace(value))
		}
	}
	return execs, wall, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), err
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return math.Round(x[len(x)/2])
}

// table is the page.
func table(all []*row, rounds, seconds int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# AFL++: runs a second\n\n`make bench-afl` writes this page: afl-fuzz on one core with testdata/arch/aflcrash.c, its input in a file. Medians of %d rounds of\n"+
		"%d seconds, all taking turns. Processor time is afl-fuzz's and its children's. The crash lies five comparisons deep; of\n"+
		"a process for each run, without AFL++'s code in qemu-user, afl-fuzz learns nothing, and does not find it.\n\n"+
		"| machine | run by | runs a second | runs a second of processor time | runs to the crash | seconds |\n|---|---|---:|---:|---:|---:|\n", rounds, seconds)
	for _, r := range all {
		crash, took := "-", "-"
		if r.CrashExecs != 0 {
			crash, took = strconv.Itoa(r.CrashExecs), fmt.Sprintf("%.1f", r.CrashSeconds)
		}
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.0f | %s | %s |\n", r.Machine, r.How, r.PerSecond, r.PerCPUSecond, crash, took)
	}
	return b.String()
}
