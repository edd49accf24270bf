package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/measured"
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

// TestNetBSD32: the same on kernels of 64 bits, all but aio, which netbsd32's table of calls does not have.
func TestNetBSD32(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute for each machine")
	}
	for _, k := range []struct{ machine, arch string }{
		{"amd64", "i386"}, {"evbarm-aarch64", "arm"}, {"evbarm-aarch64", "thumb"}, {"sparc64", "sparc"},
		{"evbmips-mips64eb", "mips"}, {"evbmips-mips64eb", "mipsn32"}, {"evbmips-mips64el", "mipsel"}, {"evbmips-mips64el", "mipsn32el"},
	} {
		a, err := testprog.Find(k.arch)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(k.machine+"/"+k.arch, func(t *testing.T) {
			t.Parallel()
			for _, p := range programs {
				if p.name == "aio" {
					continue
				}
				rs, err := run(a, p.name, "-machine", k.machine)
				if errors.Is(err, errNoProgram) {
					t.Skip(err)
				}
				if err != nil {
					t.Error(err)
				}
				for _, r := range rs {
					if !r.ok && r.known(a.Name) == "" {
						t.Errorf("%s/%s: %s", p.name, r.name, r.why)
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
	if err := measured.Replace(path, begin, end, []byte("new\n")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "head\n"+begin+"new\n"+end+"tail\n" {
		t.Errorf("%q", got)
	}
	if err := measured.Replace(filepath.Join(t.TempDir(), "none"), begin, end, nil); err == nil {
		t.Error("a file that is not there was replaced")
	}
}
