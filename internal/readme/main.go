// Readme rewrites the tables of README.md from what other commands have measured:
//
//	docs/results/conformance-go-ARCH.json   make conformance-go ARCH=… FLAGS="-json …"
//	docs/results/bench-ARCH.json            make bench ARCH=… FLAGS="-json …"
//	docs/results/programs-ARCH.json         make bench-programs ARCH=…
//	docs/SYSCALLS.md                        go generate ./syscalls
//
// A table stands between <!-- NAME --> and <!-- /NAME -->.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"nbemu/internal/testprog"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "readme:", err)
		os.Exit(1)
	}
}

func run() error {
	text, err := os.ReadFile("README.md")
	if err != nil {
		return err
	}
	s := string(text)
	for name, table := range map[string]func() (string, error){"works": works, "speed": speed, "programs": programs} {
		body, err := table()
		if err != nil {
			return err
		}
		re := regexp.MustCompile(`(?s)<!-- ` + name + ` -->.*<!-- /` + name + ` -->`)
		if !re.MatchString(s) {
			return fmt.Errorf("README.md has no table %q", name)
		}
		s = re.ReplaceAllLiteralString(s, "<!-- "+name+" -->\n"+body+"<!-- /"+name+" -->")
	}
	return os.WriteFile("README.md", []byte(s), 0o644)
}

// results reads docs/results/KIND-ARCH.json for every architecture that has one.
func results[T any](kind string) (archs []string, out map[string]T, err error) {
	out = map[string]T{}
	files, _ := filepath.Glob("docs/results/" + kind + "-*.json")
	sort.Strings(files)
	for _, f := range files {
		arch := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), kind+"-"), ".json")
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, nil, err
		}
		var v T
		if err := json.Unmarshal(data, &v); err != nil {
			return nil, nil, fmt.Errorf("%s: %v", f, err)
		}
		archs = append(archs, arch)
		out[arch] = v
	}
	return archs, out, nil
}

type conformance struct {
	Go       string
	Packages []struct {
		Verdict          string
		Pass, Fail, Skip int
		NativeStatus     string `json:"native_status"`
	}
}

func works() (string, error) {
	archs, rep, err := results[conformance]("conformance-go")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| what | result |\n|---|---|\n")
	for _, a := range archs {
		clean, total, pass, fail := 0, 0, 0, 0
		for _, p := range rep[a].Packages {
			total++
			if p.Fail == 0 && (p.Verdict == "ok" || p.Verdict == "known" || p.Verdict == "native") {
				clean++
			}
			pass, fail = pass+p.Pass, fail+p.Fail
		}
		fmt.Fprintf(&b, "| tests of Go's standard library, NetBSD/%s | %d of %d packages without a failure; %d tests pass, %d fail (`testdata/conformance/go-%s.txt` says why) |\n",
			a, clean, total, pass, fail, a)
	}
	cases, err := caseRow()
	if err != nil {
		return "", err
	}
	b.WriteString(cases)
	page, err := os.ReadFile("docs/SYSCALLS.md")
	if err != nil {
		return "", err
	}
	if m := regexp.MustCompile(`The table has (\d+) numbers, (\d+) of them calls: (\d+) supported in full, (\d+) in part`).FindStringSubmatch(string(page)); m != nil {
		fmt.Fprintf(&b, "| NetBSD's system calls | %s of %s in full, %s in part ([docs/SYSCALLS.md](docs/SYSCALLS.md)) |\n", m[3], m[2], m[4])
	}
	return b.String(), nil
}

// caseRow sums up the first table of docs/CONFORMANCE.md: architectures, cases passed.
func caseRow() (string, error) {
	page, err := os.ReadFile("docs/CONFORMANCE.md")
	if err != nil {
		return "", err
	}
	machines, pass, all := 0, 0, 0
	for _, m := range regexp.MustCompile(`(?m)^\| \w+ \| (\d+) of (\d+) \|$`).FindAllStringSubmatch(string(page), -1) {
		p, _ := strconv.Atoi(m[1])
		a, _ := strconv.Atoi(m[2])
		machines, pass, all = machines+1, pass+p, all+a
	}
	if machines == 0 {
		return "", nil
	}
	return fmt.Sprintf("| processes, threads, signals, terminals and clocks, case by case on %d machines (`make conformance`) | %d of %d cases pass ([docs/CONFORMANCE.md](docs/CONFORMANCE.md)) |\n",
		machines, pass, all), nil
}

type bench struct {
	Results []struct {
		Kernel, Runner string
		Median         float64 `json:"median_ms"`
	}
}

// times are the medians of one kernel, in milliseconds; 0 where there is none.
type times struct{ nbemu, qemu, native float64 }

func (t times) ratio() string {
	if t.nbemu == 0 || t.qemu == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", t.nbemu/t.qemu)
}

func (b *bench) kernels() (order []string, all map[string]times) {
	all = map[string]times{}
	for _, r := range b.Results {
		t, ok := all[r.Kernel]
		if !ok {
			order = append(order, r.Kernel)
		}
		switch r.Runner {
		case "nbemu":
			t.nbemu = r.Median
		case "qemu":
			t.qemu = r.Median
		case "native":
			t.native = r.Median
		}
		all[r.Kernel] = t
	}
	return order, all
}

// speed is amd64 in detail, and of every architecture how nbemu compares with qemu-user.
func speed() (string, error) {
	archs, rep, err := results[bench]("bench")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if amd64, ok := rep["amd64"]; ok {
		b.WriteString("| amd64, milliseconds | nbemu | qemu-user | native | nbemu/qemu |\n|---|---:|---:|---:|---:|\n")
		num := func(f float64) string {
			if f == 0 {
				return "-"
			}
			return fmt.Sprintf("%.1f", f)
		}
		order, all := amd64.kernels()
		for _, k := range order {
			t := all[k]
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", k, num(t.nbemu), num(t.qemu), num(t.native), t.ratio())
		}
		b.WriteString("\n")
	}
	if len(archs) < 2 {
		return b.String(), nil
	}
	// In the order in which programs can be built for them.
	var columns []string
	for _, a := range testprog.Arches {
		if _, ok := rep[a.Name]; ok {
			columns = append(columns, a.Name)
		}
	}
	var rows []string
	ratios := map[string]string{}
	for _, a := range columns {
		r := rep[a]
		order, all := r.kernels()
		for _, k := range order {
			if !slices.Contains(rows, k) {
				rows = append(rows, k)
			}
			ratios[k+"/"+a] = all[k].ratio()
		}
	}
	fmt.Fprintf(&b, "| nbemu/qemu-user | %s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---:|", len(columns)))
	for _, k := range rows {
		fmt.Fprintf(&b, "| %s |", k)
		for _, a := range columns {
			fmt.Fprintf(&b, " %s |", cmp.Or(ratios[k+"/"+a], "-"))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	return b.String(), nil
}

type programResults struct {
	CPUs     int
	Versions map[string]string
	Rows     []struct {
		Group, Name, Skipped string
		Median               map[string]float64 `json:"median_ms"`
	}
	Means   map[string]map[string]float64
	Threads []struct {
		Name, What string
		Threads    int
		Median     map[string]float64 `json:"median_ms"`
	}
}

// A column is a machine measured against a version of qemu-user.
type column struct{ arch, qemu string }

// programs has nbemu's processor time for real programs as a multiple of qemu-user's, on every machine that was measured.
func programs() (string, error) {
	archs, rep, err := results[programResults]("programs")
	if err != nil || len(archs) == 0 {
		return "", err
	}
	var columns []column
	var rows, groups, titles []string
	cells := map[string]string{}
	for _, a := range archs {
		for _, qemu := range []string{"qemu", "qemu2"} {
			c := column{a, qemu}
			if version, ok := rep[a].Versions[qemu]; ok {
				titles = append(titles, a+", "+version)
			} else if qemu == "qemu" {
				titles = append(titles, a)
			} else {
				continue
			}
			columns = append(columns, c)
			for _, r := range rep[a].Rows {
				if !slices.Contains(rows, r.Name) {
					rows = append(rows, r.Name)
				}
				if !slices.Contains(groups, r.Group) {
					groups = append(groups, r.Group)
				}
				if q := r.Median[qemu]; q > 0 && r.Skipped == "" {
					cells[fmt.Sprint(r.Name, c)] = fmt.Sprintf("%.2f", r.Median["nbemu"]/q)
				}
			}
			for g, m := range rep[a].Means {
				if m[qemu] > 0 {
					cells[fmt.Sprint(g, c)] = fmt.Sprintf("**%.2f**", m[qemu])
				}
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| nbemu/qemu-user, processor time | %s |\n|---|%s\n", strings.Join(titles, " | "), strings.Repeat("---:|", len(columns)))
	line := func(shown, name string) {
		fmt.Fprintf(&b, "| %s |", shown)
		for _, c := range columns {
			fmt.Fprintf(&b, " %s |", cmp.Or(cells[fmt.Sprint(name, c)], "-"))
		}
		b.WriteString("\n")
	}
	for _, name := range rows {
		line(name, name)
	}
	for _, g := range groups {
		line("**"+g+", geometric mean**", g)
	}
	for _, a := range archs {
		r := rep[a]
		r.threads(&b, a)
	}
	return b.String(), nil
}

// threads says how much more is done in the same time with several threads.
func (r *programResults) threads(b *strings.Builder, arch string) {
	if len(r.Threads) == 0 {
		return
	}
	var runners []string
	for _, name := range []string{"native", "qemu", "qemu2", "nbemu"} {
		if r.Threads[0].Median[name] > 0 {
			runners = append(runners, name)
		}
	}
	fmt.Fprintf(b, "\n| %s, %d CPUs, milliseconds by the clock (as a multiple of one thread's speed) | threads |", arch, r.CPUs)
	for _, name := range runners {
		if v := r.Versions[name]; v != "" {
			name = "qemu-user " + v
		}
		fmt.Fprintf(b, " %s |", name)
	}
	fmt.Fprintf(b, "\n|---|---:|%s\n", strings.Repeat("---:|", len(runners)))
	one := map[string]float64{}
	for _, row := range r.Threads {
		fmt.Fprintf(b, "| %s: %s | %d |", row.Name, row.What, row.Threads)
		for _, name := range runners {
			if row.Threads == 1 {
				one[name] = row.Median[name]
			}
			fmt.Fprintf(b, " %.0f (%.2f) |", row.Median[name], one[name]/row.Median[name])
		}
		b.WriteString("\n")
	}
}
