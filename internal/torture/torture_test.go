package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nbemu/internal/testprog"
)

// The short lane: a little of everything on every machine for which programs can be built here.
func TestTorture(t *testing.T) {
	if _, err := testprog.Nbemu(); err != nil {
		t.Fatal(err)
	}
	tt := &torture{arches: testprog.Arches, kinds: []kind{kindCalls, kindExec, kindCode, kindPaths, kindMaps}, seed: 1, out: t.TempDir(), size: 400,
		end: time.Now().Add(25 * time.Second), log: t.Logf}
	if testing.Short() {
		tt.end = time.Now().Add(5 * time.Second)
	}
	if err := tt.run(); err != nil {
		t.Fatal(err)
	}
	t.Log(tt.counts.String())
	if tt.counts.findings > 0 {
		ents, _ := os.ReadDir(tt.out)
		for _, e := range ents {
			b, _ := os.ReadFile(tt.out + "/" + e.Name())
			t.Errorf("%s:\n%.4000s", e.Name(), b)
		}
	}
}

// The same seed makes the same cases.
func TestSeed(t *testing.T) {
	a, b := newRand(7), newRand(7)
	for range 100 {
		if x, y := makeRecord(a, 0), makeRecord(b, 0); x != y {
			t.Fatalf("%v and %v", x, y)
		}
	}
}

// What is not needed is left out.
func TestShorten(t *testing.T) {
	s := make([]int, 100)
	for i := range s {
		s[i] = i
	}
	got := shorten(s, func(s []int) bool { return slices.Contains(s, 37) })
	if !slices.Equal(got, []int{37}) {
		t.Error(got)
	}
}

// What was found once is not found again.
func TestFindings(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(testprog.Root(), "testdata", "torture", "findings", "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		c, err := readCase(name)
		if err != nil {
			t.Fatal(err)
		}
		switch r, err := c.run(); {
		case err != nil && cannot(err):
			t.Log(err)
		case err != nil:
			t.Error(err)
		case r.bad != "":
			t.Errorf("%s: %s\n%.2000s", filepath.Base(name), r.bad, r.output)
		}
	}
}
