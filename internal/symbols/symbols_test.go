package symbols

import (
	"bytes"
	"os"
	"testing"
)

// The test's own program has all that is read: symbols, lines, call frame information.
func TestOwn(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := Open(r)
	if err != nil {
		t.Skip(err) // no ELF here
	}
	s, ok := f.Named("nbemu/internal/symbols.TestOwn")
	if !ok || s.End <= s.Start {
		t.Fatalf("%+v, %v", s, ok)
	}
	if g, ok := f.Func(s.Start + 1); !ok || g != s {
		t.Errorf("%+v, %v", g, ok)
	}
	if g, ok := f.Func(s.End); ok && g == s {
		t.Errorf("the end belongs to %+v", g)
	}
	f.funcs = nil
	f.readPclntab()
	if g, ok := f.Func(s.Start + 1); !ok || g.Name != s.Name || g.Start != s.Start {
		t.Errorf("Go's own table has %+v, %v", g, ok)
	}
}

// FuzzOpen: a guest may bring any file.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"amd64", "mips", "sparc64"} {
		if b, err := os.ReadFile("../../testdata/arch/prebuilt/" + name + "/recurse"); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Open(bytes.NewReader(b))
		if err != nil {
			return
		}
		s.Func(s.Entry())
		s.Named("main")
		s.Line(s.Entry())
		s.Addr(0)
		if c := s.CFI(); c != nil {
			var fr Frame
			c.Step(&fr, s.Entry(), 7, func(uint64) (uint64, bool) { return 0, false })
		}
	})
}
