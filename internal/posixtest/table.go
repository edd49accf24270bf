package main

import (
	"bytes"
	"fmt"
	"strings"

	"nbemu/internal/testprog"
)

// table is the results of one program: cases are rows, architectures columns.
type table struct {
	program string
	cases   []string
	results map[string]map[string]result // by architecture and case
}

func (t *table) add(arch string, rs []result) {
	if t.results == nil {
		t.results = map[string]map[string]result{}
	}
	m := map[string]result{}
	for _, r := range rs {
		m[r.name] = r
	}
	t.results[arch] = m
	if len(rs) > len(t.cases) {
		t.cases = t.cases[:0]
		for _, r := range rs {
			t.cases = append(t.cases, r.name)
		}
	}
}

// cell is what the table says of a case.
func (t *table) cell(arch, name string) string {
	r, found := t.results[arch][name]
	switch {
	case !found:
		return "–"
	case r.ok:
		return "✓"
	case r.known(arch) != "":
		return "known"
	}
	return "**fail**"
}

// markdown is the generated part of docs/CONFORMANCE.md.
func markdown(tables []*table, arches []testprog.Arch) []byte {
	var b bytes.Buffer
	passed, total := map[string]int{}, map[string]int{}
	for _, t := range tables {
		for _, a := range arches {
			for _, r := range t.results[a.Name] {
				total[a.Name]++
				if r.ok {
					passed[a.Name]++
				}
			}
		}
	}
	b.WriteString("| architecture | cases passed |\n|---|---:|\n")
	for _, a := range arches {
		fmt.Fprintf(&b, "| %s | %d of %d |\n", a.Name, passed[a.Name], total[a.Name])
	}
	var failures []string
	for i, t := range tables {
		fmt.Fprintf(&b, "\n### %s\n\n`testdata/arch/%s.c`\n\n| case |", programs[i].about, t.program)
		for _, a := range arches {
			fmt.Fprintf(&b, " %s |", a.Name)
		}
		b.WriteString("\n|---|" + strings.Repeat(":-:|", len(arches)) + "\n")
		for _, c := range t.cases {
			fmt.Fprintf(&b, "| %s |", c)
			for _, a := range arches {
				fmt.Fprintf(&b, " %s |", t.cell(a.Name, c))
				if r, found := t.results[a.Name][c]; found && !r.ok {
					why := r.known(a.Name)
					if why == "" {
						why = r.why
					}
					failures = append(failures, fmt.Sprintf("- %s, %s, %s: %s\n", a.Name, t.program, c, why))
				}
			}
			b.WriteString("\n")
		}
	}
	if len(failures) > 0 {
		b.WriteString("\n### Failures\n\n" + strings.Join(failures, ""))
	}
	return b.Bytes()
}

const (
	begin = "<!-- cases: make conformance writes what follows -->\n"
	end   = "<!-- /cases -->\n"
)
