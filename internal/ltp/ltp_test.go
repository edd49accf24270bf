//go:build linux

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nbemu/internal/measured"
)

// TestKnown: known.txt is well-formed.
func TestKnown(t *testing.T) {
	if _, err := measured.Known(knownText); err != nil {
		t.Error(err)
	}
	known, err := measured.Known("# comment\none01 no devices\narm/two02 its own reason # more\n\n")
	if err != nil || len(known) != 2 || known["one01"] != "no devices" || known["arm/two02"] != "its own reason" {
		t.Errorf("%v, %v", known, err)
	}
	for _, bad := range []string{"one01\n", "one01 a\none01 b\n"} {
		if _, err := measured.Known(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestRules: tests are found with their programs and sources, and left out by what their sources ask for.
func TestRules(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	put("runtest/syscalls", "#DESCRIPTION\nread01 read01\n\nwrite01_64 write01_64 -s 5\nmount01 mount01\nstat01 stat01\ngone01 gone01\n", 0o666)
	const base = "testcases/kernel/syscalls/"
	for _, n := range []string{"read", "write", "mount", "stat"} {
		put(base+n+"/"+n+"01.c", "static struct tst_test test = {\n\t.test_all = run,\n};\n", 0o666)
		put(base+n+"/"+n+"01", "", 0o777)
	}
	put(base+"write/write01_64", "", 0o777)
	put(base+"stat/stat01.c", "static struct tst_test test = {\n\t.needs_device = 1,\n};\n", 0o666)
	list, err := findTests(dir)
	if err != nil || len(list) != 5 {
		t.Fatalf("%d tests, %v", len(list), err)
	}
	want := []string{"", "", "mounts", "a block device", "not built for the machine"}
	for i, x := range list {
		if why := x.leaveOut(); why != want[i] {
			t.Errorf("%s: %q, want %q", x.name, why, want[i])
		}
	}
	if a := list[1].args; !slices.Equal(a, []string{"write01_64", "-s", "5"}) || filepath.Base(list[1].src) != "write01.c" {
		t.Errorf("%v %s", a, list[1].src)
	}
}

func TestVerdict(t *testing.T) {
	for status, want := range map[int]string{0: pass, 1: fail, 2: broken, 3: fail, 4: fail, 32: skipped, 33: fail, 139: crash, -1: crash} {
		if got := verdict(status); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
	}
}

// TestFaults: what passed must pass, what fails has a reason, and a reason has a failure.
func TestFaults(t *testing.T) {
	old := &results{Arch: "vax", Tests: map[string]result{"a": {pass, pass}, "b": {pass, fail}, "f": {fail, pass}}}
	now := &results{Arch: "vax", Tests: map[string]result{"a": {pass, fail}, "b": {pass, fail}, "c": {pass, timeout}, "d": {pass, pass},
		"e": {fail, ""}, "f": {pass, fail}}}
	list := now.faults(old, map[string]string{"b": "why", "vax/f": "why", "d": "why"})
	text := strings.Join(list, "\n")
	for _, want := range []string{"a passed and is now: fail", "c: timeout", "d passes"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if len(list) != 3 {
		t.Errorf("%d faults:\n%s", len(list), text)
	}
	if n, m := now.passes(); n != 5 || m != 1 {
		t.Errorf("%d of %d", m, n)
	}
}

// TestMerge: what was run takes the place of what is stored, and nothing else.
func TestMerge(t *testing.T) {
	old := &results{LeftOut: map[string]int{"mounts": 3}, Tests: map[string]result{"a": {pass, fail}, "b": {pass, pass}}}
	now := &results{LeftOut: map[string]int{}, Tests: map[string]result{"a": {pass, pass}, "c": {fail, ""}}}
	now.merge(old)
	if now.Tests["a"].Nbemu != pass || now.Tests["b"].Nbemu != pass || len(now.Tests) != 3 || now.LeftOut["mounts"] != 3 {
		t.Errorf("%v", now)
	}
}

// TestReplace: the table goes between its marks.
func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.md")
	if err := os.WriteFile(path, []byte("head\n"+begin+"old\n"+end+"tail\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := measured.Replace(path, begin, end, []byte("new\n")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "head\n"+begin+"new\n"+end+"tail\n" {
		t.Errorf("%q", got)
	}
}
