package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// The list of known failures has a line for each failing test:
//
//	package TestName reason to the end of the line
//
// TestName may be a subtest (TestA/b); naming a test covers its subtests. The
// first word of the reason, with a colon, may be
//
//	crash:  the test ends or blocks the whole program, so it is not run, and
//	hang:   the others of its package are not lost by it;
//	flaky:  it fails now and then: passing is no news.
//
// Empty lines and lines that begin with # are for the reader; those at the top
// are kept when the list is written anew.
type knownList struct {
	head    []string
	entries []knownFailure
}

type knownFailure struct{ pkg, test, reason string }

// notRun tells that the test would take others with it.
func (k knownFailure) notRun() bool {
	return strings.HasPrefix(k.reason, "crash:") || strings.HasPrefix(k.reason, "hang:")
}

func (k knownFailure) flaky() bool { return strings.HasPrefix(k.reason, "flaky:") }

func readKnown(name string) (*knownList, error) {
	list := &knownList{}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return list, nil
	} else if err != nil {
		return nil, err
	}
	seen := map[[2]string]bool{}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			if len(list.entries) == 0 && line != "" {
				list.head = append(list.head, line)
			}
			continue
		}
		pkg, rest, _ := strings.Cut(line, " ")
		test, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
		reason = strings.TrimSpace(reason)
		if reason == "" {
			return nil, fmt.Errorf("%s:%d: want \"package TestName reason\"", name, i+1)
		}
		if seen[[2]string{pkg, test}] {
			return nil, fmt.Errorf("%s:%d: %s %s is listed twice", name, i+1, pkg, test)
		}
		seen[[2]string{pkg, test}] = true
		list.entries = append(list.entries, knownFailure{pkg, test, reason})
	}
	return list, nil
}

// of returns the entries of one package.
func (l *knownList) of(pkg string) []knownFailure {
	var found []knownFailure
	for _, k := range l.entries {
		if k.pkg == pkg {
			found = append(found, k)
		}
	}
	return found
}

// covers reports whether the entry is for this test or one above it.
func (k knownFailure) covers(test string) bool {
	return k.test == test || strings.HasPrefix(test, k.test+"/")
}

// update returns the list as the results make it: entries of packages that did
// not run stay, entries of tests that passed go, and new failures come in.
func (l *knownList) update(rows []*row) *knownList {
	updated := &knownList{head: l.head}
	ran := map[string]*row{}
	for _, r := range rows {
		ran[r.Package] = r
	}
	for _, k := range l.entries {
		if r := ran[k.pkg]; r == nil || !slices.Contains(r.Fixed, k.test) {
			updated.entries = append(updated.entries, k)
		}
	}
	for _, r := range rows {
		for _, test := range r.Unexpected {
			reason := "TODO"
			if slices.Contains(r.Died, test) {
				reason = "crash: TODO"
			}
			updated.entries = append(updated.entries, knownFailure{r.Package, test, reason})
		}
	}
	slices.SortStableFunc(updated.entries, func(a, b knownFailure) int {
		return strings.Compare(a.pkg+"\x00"+a.test, b.pkg+"\x00"+b.test)
	})
	return updated
}

func (l *knownList) write(name string) error {
	var b bytes.Buffer
	for _, line := range l.head {
		fmt.Fprintln(&b, line)
	}
	last := ""
	for _, k := range l.entries {
		if k.pkg != last {
			fmt.Fprintln(&b)
			last = k.pkg
		}
		fmt.Fprintln(&b, k.pkg, k.test, k.reason)
	}
	return os.WriteFile(name, b.Bytes(), 0o666)
}
