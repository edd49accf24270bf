//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"nbemu/internal/testprog"
)

// results are what docs/results has of a machine.
type results struct {
	Arch      string            `json:"arch"`
	LTP       string            `json:"ltp"`       // LTP's version
	Reference string            `json:"reference"` // what nbemu is held against
	LeftOut   map[string]int    `json:"left_out"`  // numbers of tests by rule
	Tests     map[string]result `json:"tests"`
}

// result is what became of a test.
type result struct {
	Reference string `json:"reference"`
	Nbemu     string `json:"nbemu"`
}

func resultsFile(arch string) string {
	return filepath.Join(testprog.Root(), "docs", "results", "ltp-"+arch+".json")
}

// load reads a machine's stored results; without any they are empty.
func load(arch string) (*results, error) {
	r := &results{Arch: arch, Tests: map[string]result{}}
	b, err := os.ReadFile(resultsFile(arch))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(b, r)
	}
	return r, err
}

// store writes the results, one test a line.
func (r *results) store() error {
	var b bytes.Buffer
	head := *r
	head.Tests = nil
	text, err := json.MarshalIndent(&head, "", " ")
	if err != nil {
		return err
	}
	b.Write(bytes.TrimSuffix(text, []byte("null\n}")))
	b.WriteString("{")
	for i, name := range slices.Sorted(maps.Keys(r.Tests)) {
		line, err := json.Marshal(r.Tests[name])
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n  %q: %s", name, line)
	}
	b.WriteString("\n }\n}\n")
	return os.WriteFile(resultsFile(r.Arch), b.Bytes(), 0o666)
}

// merge adds the stored results of the tests that were not run.
func (r *results) merge(old *results) {
	for name, t := range old.Tests {
		if _, run := r.Tests[name]; !run {
			r.Tests[name] = t
		}
	}
	r.LeftOut = old.LeftOut
}

// passes counts the tests that pass on the reference, and those of them that pass under nbemu.
func (r *results) passes() (reference, nbemu int) {
	for _, t := range r.Tests {
		if t.Reference == pass {
			reference++
			if t.Nbemu == pass {
				nbemu++
			}
		}
	}
	return reference, nbemu
}

// faults are what is to be mended before the new results can be stored in place of the old: tests that passed and do
// no longer, failures without a reason, and reasons for what passes.
func (r *results) faults(old *results, known map[string]string) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(r.Tests)) {
		t := r.Tests[name]
		if t.Reference != pass {
			continue
		}
		why := known[r.Arch+"/"+name]
		if why == "" {
			why = known[name]
		}
		switch {
		case t.Nbemu == pass && why != "":
			list = append(list, fmt.Sprintf("%s passes, and known.txt has a reason why it does not", name))
		case t.Nbemu != pass && old.Tests[name].Nbemu == pass && old.Tests[name].Reference == pass:
			list = append(list, fmt.Sprintf("%s passed and is now: %s", name, t.Nbemu))
		case t.Nbemu != pass && why == "":
			list = append(list, fmt.Sprintf("%s: %s, and known.txt has no reason", name, t.Nbemu))
		}
	}
	return list
}

const (
	begin = "<!-- ltp: go run ./internal/ltp writes what follows -->\n"
	end   = "<!-- /ltp -->\n"
)

// markdown is the table of all machines that have results.
func markdown() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("| machine | held against | pass there | of them pass in nbemu | |\n|---|---|---:|---:|---:|\n")
	for _, a := range testprog.Arches {
		r, err := load(a.Name)
		if err != nil {
			return nil, err
		}
		if n, m := r.passes(); n > 0 {
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %.1f %% |\n", r.Arch, r.Reference, n, m, 100*float64(m)/float64(n))
		}
	}
	return b.Bytes(), nil
}
