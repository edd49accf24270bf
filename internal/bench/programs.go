package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"nbemu/internal/hosttools"
	"nbemu/internal/testprog"
)

// Real programs (-programs): the same Go sources built for NetBSD, which nbemu runs, and for Linux, which the host and
// qemu-user run; and the host's own Linux programs, under all of them. What counts is processor time, user's and
// system's, of whole processes with their children: it hardly changes when the machine is busy. For another machine than
// the host's the Linux programs come from a root (-root), as internal/debian makes one. Threads (threads.go) are measured by the clock.

// A program is one row.
type program struct {
	group, name string
	what        string
	// find returns the program's commands by the system that they are for, and its standard input; an error says why it
	// is left out.
	find    func(b *bed) (map[testprog.OS][]string, string, error)
	command map[testprog.OS][]string
	stdin   string
}

const (
	groupGo    = "Go programs"
	groupLinux = "Linux programs"
)

func row(group, name, what string, find func(b *bed) (map[testprog.OS][]string, string, error)) program {
	return program{group: group, name: name, what: what, find: find}
}

var programs = []program{
	row(groupGo, "start", "a program that prints a line", ours("start")),
	row(groupGo, "compile", "Go's compiler, 100 functions", compiler()),
	row(groupGo, "gzip", "2 MiB there and back", ours("gzip")),
	row(groupGo, "sha256", "32 MiB", ours("sha256")),
	row(groupGo, "aesgcm", "16 MiB", ours("aesgcm")),
	row(groupGo, "crc32", "two kinds over 32 MiB", ours("crc32")),
	row(groupGo, "ed25519", "200 × sign, verify", ours("ed25519")),
	row(groupGo, "json", "500 records, 10 × there and back", ours("json")),
	row(groupGo, "regexp", "four expressions over 512 KiB", ours("regexp")),
	row(groupGo, "sort", "words and 400,000 numbers", ours("sort")),
	row(groupGo, "gc", "trees for the garbage collector", ours("gc")),
	row(groupGo, "nbody", "floating point", ours("nbody")),
	row(groupGo, "http", "server and client, 3000 requests", ours("http")),
	row(groupGo, "esbuild", "npm's esbuild 0.28, bundles three", esbuild),
	row(groupLinux, "sh", "a loop of 20,000", hosts("", "sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $i")),
	row(groupLinux, "python3", "dictionaries, classes, json", hosts(`
import json
class P:
    def __init__(s, i): s.i = i
    def f(s): return s.i * 3 % 1000
d = {}
for i in range(60000):
    k = P(i).f()
    d[k] = d.get(k, 0) + i
print(len(json.loads(json.dumps([d] * 20))), sum(d.values()))
`, "python3", "-S", "-")),
	row(groupLinux, "perl", "expressions and hashes", hosts(`
my %h; my $t = join(" ", map { "word$_ " . ($_ * 7 % 31) } 1..20000);
for (1..3) { while ($t =~ /(\w+?)(\d+)/g) { $h{$1} += $2; } }
print join(",", map { "$_=$h{$_}" } sort keys %h), "\n";
`, "perl", "-")),
	row(groupLinux, "sqlite3", "inserts, an index, a join", hosts(`
create table t(a integer, b text);
with recursive n(i) as (select 1 union all select i+1 from n where i < 30000) insert into t select i * 7919 % 30011, 'text ' || i from n;
create index x on t(a);
select count(*), sum(length(b)) from t where a % 3 = 1;
select count(*) from t u join t v on u.a = v.a + 1;
`, "sqlite3", ":memory:")),
	row(groupLinux, "node", "objects and strings", hosts(`
const m = new Map(); let s = 0;
for (let i = 0; i < 300000; i++) { const k = 'k' + i % 997; m.set(k, (m.get(k) || 0) + i); }
for (const [k, v] of m) s = (s * 31 + v + k.length) % 1000003;
console.log(s, JSON.stringify([...m]).length);
`, "node", "-")),
	row(groupLinux, "cc1", "gcc's compiler, -O2", cc1),
	row(groupLinux, "zstd", "4 MiB, -9", hosts(strings.Repeat(string(compilerInput()), 64), "zstd", "-9", "-c", "--single-thread")),
}

// programRow has what one program took.
type programRow struct {
	Group   string               `json:"group"`
	Name    string               `json:"name"`
	What    string               `json:"what"`
	Millis  map[string][]float64 `json:"cpu_ms"` // by runner, one a round
	Median  map[string]float64   `json:"median_ms"`
	Skipped string               `json:"skipped,omitempty"`
	out     string
}

type programReport struct {
	Arch   string `json:"arch"`
	Host   string `json:"host"`
	CPUs   int    `json:"cpus"`
	Rounds int    `json:"rounds"`
	// Versions are those of qemu-user, by the runner's name.
	Versions map[string]string `json:"versions"`
	Rows     []*programRow     `json:"rows"`
	// Means are the geometric means of nbemu's times as multiples of another's, by group and the other's name.
	Means   map[string]map[string]float64 `json:"means"`
	Threads []*threadRow                  `json:"threads"`

	runners []string
}

// benchPrograms runs the group for one machine. Errors: programs that could not be built or failed, and output that
// differed.
func benchPrograms(arch testprog.Arch, o options) error {
	rounds, root := o.rounds, o.root
	if root != "" && runtime.GOARCH == arch.Native {
		return fmt.Errorf("-root is for machines other than %s, whose programs are the host's", arch.Name)
	}
	o.accel = false
	runners, _ := runnersFor(arch, o)
	dir, err := testprog.BuildDir("bench", arch.Name)
	if err != nil {
		return err
	}
	rep := &programReport{Arch: arch.Name, Host: runtime.GOOS + "/" + runtime.GOARCH, Rounds: rounds, CPUs: runtime.NumCPU(), Versions: versions(runners)}
	for _, r := range runners {
		if r.skip != "" {
			fmt.Fprintf(os.Stderr, "bench: no figures for %s: %s\n", r.name, r.skip)
			continue
		}
		rep.runners = append(rep.runners, r.name)
	}
	runners = slices.DeleteFunc(runners, func(r runner) bool { return r.skip != "" })
	b := &bed{arch: arch, dir: dir, root: root}
	var failed []error
	var picked []program
	for _, p := range programs {
		if !o.pattern.MatchString(p.name) {
			continue
		}
		row := &programRow{Group: p.group, Name: p.name, What: p.what, Millis: map[string][]float64{}, Median: map[string]float64{}}
		if err := p.prepare(b); err != nil {
			row.Skipped = err.Error()
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", p.name, err)
		}
		picked, rep.Rows = append(picked, p), append(rep.Rows, row)
	}
	for round := range rounds {
		fmt.Fprintf(os.Stderr, "bench: programs, round %d of %d\n", round+1, rounds)
		for i := range picked {
			for k := range runners {
				r := &runners[(k+round)%len(runners)]
				if row := rep.Rows[i]; row.Skipped == "" {
					if err := row.measure(picked[i], *r); err != nil {
						row.Skipped = err.Error()
						failed = append(failed, err)
					}
				}
			}
		}
	}
	threads, wrong := benchThreads(b, o, runners)
	rep.Threads, failed = threads, append(failed, wrong...)
	rep.means()
	rep.print()
	rep.printThreads()
	if o.json != "" {
		if err := writeJSON(o.json, rep); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// prepare finds out what to run. Error: why it is left out.
func (p *program) prepare(b *bed) (err error) {
	p.command, p.stdin, err = p.find(b)
	return err
}

// compilerInput is a package without imports, so that nothing else needs to be built for the machine.
func compilerInput() []byte {
	b := []byte("package functions\n\ntype table struct {\n\tkeys []string\n\tn map[string]int\n}\n")
	for i := range 100 {
		b = fmt.Appendf(b, `
func f%[1]d(t *table, from, to int) (sum int, last string) {
	for i := from; i < to; i++ {
		switch k := t.keys[i%%len(t.keys)]; {
		case len(k) > %[1]d && k[%[1]d] == 'x':
			t.n[k]++
			sum += i * %[1]d
		case i&%[1]d != 0:
			last = k + last[:min(len(last), %[1]d)]
		default:
			defer func() { sum -= len(last) ^ i }()
		}
	}
	return sum, last
}
`, i)
	}
	return b
}

// measure runs the program once.
func (row *programRow) measure(p program, r runner) error {
	args := append(slices.Clone(r.command), p.command[r.system]...)
	var out, stderr bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(p.stdin), &out, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s under %s: %v %s", p.name, r.name, err, hosttools.Tail(stderr.String(), 3))
	}
	if row.out == "" {
		row.out = out.String()
	} else if row.out != out.String() {
		return fmt.Errorf("%s: %s printed %.100q, another %.100q", p.name, r.name, out.String(), row.out)
	}
	s := cmd.ProcessState
	row.Millis[r.name] = append(row.Millis[r.name], millis(s.UserTime()+s.SystemTime()))
	row.Median[r.name] = median(row.Millis[r.name])
	return nil
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	return (sorted[n/2] + sorted[(n-1)/2]) / 2
}

// means works out the geometric mean of each group, of the programs that ran everywhere.
func (rep *programReport) means() {
	rep.Means = map[string]map[string]float64{}
	for _, group := range []string{groupGo, groupLinux} {
		for _, other := range rep.runners {
			sum, n := 0.0, 0
			for _, row := range rep.Rows {
				if a, b := row.Median["nbemu"], row.Median[other]; row.Group == group && row.Skipped == "" && other != "nbemu" && a > 0 && b > 0 {
					sum, n = sum+math.Log(a/b), n+1
				}
			}
			if n == 0 {
				continue
			}
			if rep.Means[group] == nil {
				rep.Means[group] = map[string]float64{}
			}
			rep.Means[group][other] = math.Exp(sum / float64(n))
		}
	}
}

// print writes the table: milliseconds of processor time, and nbemu's as multiples of the others'.
func (rep *programReport) print() {
	fmt.Printf("real programs, NetBSD/%s on %s, median of %d, milliseconds of processor time\n\n%-10s", rep.Arch, rep.Host, rep.Rounds, "")
	for _, r := range rep.runners {
		fmt.Printf(" %9s", r)
	}
	for _, r := range rep.runners {
		if r != "nbemu" {
			fmt.Printf(" %13s", "nbemu/"+r)
		}
	}
	fmt.Println()
	for _, group := range []string{groupGo, groupLinux} {
		for _, row := range rep.Rows {
			if row.Group != group || row.Skipped != "" {
				continue
			}
			fmt.Printf("%-10s", row.Name)
			for _, r := range rep.runners {
				fmt.Printf(" %9s", number(row.Median[r], "%.1f"))
			}
			for _, r := range rep.runners {
				if r != "nbemu" {
					fmt.Printf(" %13s", ratio(row.Median["nbemu"], row.Median[r]))
				}
			}
			fmt.Printf("   %s\n", row.What)
		}
		if means := rep.Means[group]; means != nil {
			fmt.Printf("%-*s", 10+10*len(rep.runners), group+", geometric mean")
			for _, r := range rep.runners {
				if r != "nbemu" {
					fmt.Printf(" %13s", number(means[r], "%.2f"))
				}
			}
			fmt.Print("\n\n")
		}
	}
}
