package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"nbemu/internal/hosttools"
)

// Threads: the same work by one thread, two and four, by the clock. A program whose threads take turns gains nothing;
// how much there is to gain the host's own row says.

var threadPrograms = []program{
	row("", "sums", "one loop for each thread, which share nothing", ours("threads")),
	row("", "compile", "Go's compiler, as many functions at a time", compiler("-c", "4")),
	row("", "gc", "trees, collected beside the program", ours("gc")),
}

var threadCounts = []int{1, 2, 4}

// threadRow has what one program took with one number of threads.
type threadRow struct {
	Name    string               `json:"name"`
	What    string               `json:"what"`
	Threads int                  `json:"threads"`
	Millis  map[string][]float64 `json:"wall_ms"` // by runner, one a round
	Median  map[string]float64   `json:"median_ms"`
}

// benchThreads measures all programs with all numbers of threads, round by round.
func benchThreads(b *bed, o options, runners []runner) (rows []*threadRow, failed []error) {
	if !o.pattern.MatchString("threads") {
		return nil, nil
	}
	for _, p := range threadPrograms {
		if err := p.prepare(b); err != nil {
			fmt.Fprintf(os.Stderr, "bench: threads: %s: %v\n", p.name, err)
			continue
		}
		var mine []*threadRow
		for _, n := range threadCounts {
			mine = append(mine, &threadRow{p.name, p.what, n, map[string][]float64{}, map[string]float64{}})
		}
		for round := range o.rounds {
			for _, row := range mine {
				for k := range runners {
					if err := row.measure(p, runners[(k+round)%len(runners)]); err != nil {
						failed = append(failed, err)
					}
				}
			}
		}
		rows = append(rows, mine...)
	}
	return rows, failed
}

// measure runs the program once.
func (row *threadRow) measure(p program, r runner) error {
	args := append(slices.Clone(r.command), p.command[r.system]...)
	var stderr bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), fmt.Sprint("GOMAXPROCS=", row.Threads))
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s with %d threads under %s: %v %s", p.name, row.Threads, r.name, err, hosttools.Tail(stderr.String(), 3))
	}
	row.Millis[r.name] = append(row.Millis[r.name], millis(time.Since(start)))
	row.Median[r.name] = median(row.Millis[r.name])
	return nil
}

// printThreads writes the table: milliseconds, and how many times as fast as with one thread.
func (rep *programReport) printThreads() {
	if len(rep.Threads) == 0 {
		return
	}
	fmt.Printf("threads, %d CPUs, median of %d, milliseconds by the clock, and how many times as fast as one thread\n\n%-10s %8s", rep.CPUs, rep.Rounds, "", "threads")
	for _, r := range rep.runners {
		fmt.Printf(" %16s", r)
	}
	fmt.Println()
	one := map[string]float64{}
	for _, row := range rep.Threads {
		fmt.Printf("%-10s %8d", row.Name, row.Threads)
		for _, r := range rep.runners {
			if row.Threads == 1 {
				one[r] = row.Median[r]
			}
			fmt.Printf(" %16s", strings.TrimSpace(number(row.Median[r], "%.0f")+"  "+ratio(one[r], row.Median[r])))
		}
		fmt.Printf("   %s\n", row.What)
	}
	fmt.Println()
}
