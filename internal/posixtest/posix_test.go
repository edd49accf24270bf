package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

var update = flag.Bool("update", false, "build the programs in testdata/arch/prebuilt anew")

func TestCases(t *testing.T) {
	if _, err := testprog.Nbemu(); err != nil {
		t.Fatal(err)
	}
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			for _, p := range programs {
				if *update {
					dir := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", a.Name)
					_ = os.MkdirAll(dir, 0o777)
					if _, err := build(a, p.name, filepath.Join(dir, p.name)); err != nil {
						t.Error(err)
					}
				}
				rs, err := run(a, p.name)
				if errors.Is(err, errNoProgram) {
					t.Skip(err)
				}
				if err != nil {
					t.Error(err)
				}
				for _, r := range rs {
					switch why := r.known(a.Name); {
					case !r.ok && why == "":
						t.Errorf("%s/%s: %s", p.name, r.name, r.why)
					case !r.ok:
						t.Logf("%s/%s fails, as is known: %s", p.name, r.name, why)
					case why != "":
						t.Errorf("%s/%s passes, and is among the known failures", p.name, r.name)
					}
				}
			}
		})
	}
}

func TestTable(t *testing.T) {
	a := testprog.Arch{Name: "vax"}
	tab := &table{program: programs[0].name}
	tab.add("vax", []result{{program: tab.program, name: "one", ok: true}, {program: tab.program, name: "two", why: "it broke"}})
	text := string(markdown([]*table{tab}, []testprog.Arch{a}))
	for _, want := range []string{"| vax | 1 of 2 |", "| one | ✓ |", "| two | **fail** |", "vax, " + tab.program + ", two: it broke"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	path := filepath.Join(t.TempDir(), "doc.md")
	if err := os.WriteFile(path, []byte("head\n"+begin+"old\n"+end+"tail\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := replace(path, []byte("new\n")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "head\n"+begin+"new\n"+end+"tail\n" {
		t.Errorf("%q", got)
	}
	if err := replace(filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Error("a file that is not there was replaced")
	}
}
