package main

import (
	"bufio"
	"io"
	"regexp"
	"slices"
	"strings"
)

// status is how a test ended.
type status string

const (
	pass    status = "pass"
	fail    status = "fail"
	skip    status = "skip"
	running status = "running" // began and did not end: the program died before
)

// outcome is what one run of a test binary told about its tests.
type outcome struct {
	tests  map[string]status   // by full name, subtests too
	text   map[string][]string // what each printed, its first lines
	paused map[string]bool     // waiting for its turn when the program died
	passed bool                // said PASS at the end: without it, a good exit status means nothing
}

func newOutcome() *outcome {
	return &outcome{tests: map[string]status{}, text: map[string][]string{}, paused: map[string]bool{}}
}

const textLines = 40 // of one test, kept to show

var (
	startLine  = regexp.MustCompile(`^=== (RUN|PAUSE|CONT|NAME|ATTR) +(\S*)`)
	resultLine = regexp.MustCompile(`^ *--- (PASS|FAIL|SKIP|BENCH): (\S+) \([0-9.]+s\)$`)
)

// parse reads the output of a test binary run with -test.v=test2json, in which
// each line of the testing package itself is marked with a ^V.
func parse(r io.Reader) *outcome {
	o := newOutcome()
	current := ""
	failed := map[string]bool{} // with -cpu tests run several times
	lines := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := readLine(lines)
		if line == "" && err != nil {
			return o
		}
		before, marked, found := strings.Cut(line, "\x16")
		if strings.TrimLeft(line, "\x16") == "PASS" {
			o.passed = true
			continue
		}
		if before != "" {
			o.print(current, before)
		}
		if !found {
			continue
		}
		// Output without a newline may stand before the mark, and the mark twice.
		marked = strings.ReplaceAll(marked, "\x16", "")
		if m := startLine.FindStringSubmatch(marked); m != nil {
			switch name := m[2]; m[1] {
			case "RUN":
				o.tests[name] = running
			case "PAUSE":
				o.paused[name] = true
			case "CONT":
				delete(o.paused, name)
			}
			if m[1] != "ATTR" {
				current = m[2]
			}
		} else if m := resultLine.FindStringSubmatch(marked); m != nil {
			current = m[2]
			switch m[1] {
			case "PASS":
				o.tests[current] = pass
				if failed[current] {
					o.tests[current] = fail
				}
			case "FAIL":
				failed[current] = true
				o.tests[current] = fail
			case "SKIP":
				o.tests[current] = skip
			}
		}
	}
}

// readLine returns a line without its end, cut after a sensible length.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, more, err := r.ReadLine()
		if len(line) < 1<<16 {
			line = append(line, part...)
		}
		if err != nil || !more {
			if err == nil && len(line) == 0 {
				return "\n", nil // an empty line is not the end
			}
			return string(line), err
		}
	}
}

func (o *outcome) print(test, line string) {
	if len(o.text[test]) < textLines {
		o.text[test] = append(o.text[test], strings.TrimSuffix(line, "\n"))
	}
}

// failures returns the tests that failed or did not end, only the deepest of
// each: a test fails whenever a subtest does, and tells no more by that.
func (o *outcome) failures() []string {
	var names []string
	for name, s := range o.tests {
		if (s == fail || s == running && !o.paused[name]) && !o.hasFailingChild(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (o *outcome) hasFailingChild(parent string) bool {
	for name, s := range o.tests {
		if (s == fail || s == running && !o.paused[name]) && strings.HasPrefix(name, parent+"/") {
			return true
		}
	}
	return false
}

// count returns the number of tests, without subtests, that ended so.
func (o *outcome) count(s status) int {
	n := 0
	for name, have := range o.tests {
		if have == s && !strings.Contains(name, "/") {
			n++
		}
	}
	return n
}

// died tells the tests at the top that were running when the program ended.
func (o *outcome) died() []string {
	var names []string
	for name, s := range o.tests {
		if s == running && !o.paused[name] && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// ended returns the tests at the top that ran to their end.
func (o *outcome) ended() []string {
	var names []string
	for name, s := range o.tests {
		if s != running && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// merge adds the results of another run of the same package.
func (o *outcome) merge(other *outcome) {
	o.passed = other.passed
	for name, s := range other.tests {
		o.tests[name] = s
		delete(o.paused, name)
	}
	for name := range other.paused {
		o.paused[name] = true
	}
	for name, text := range other.text {
		o.text[name] = text
	}
}
