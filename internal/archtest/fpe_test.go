package archtest

import (
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// TestArithmetic: exceptions of arithmetic are recorded everywhere, and trap where the machine can.
func TestArithmetic(t *testing.T) {
	const (
		sticky = "divide 0x8 kept\ninvalid 0x10 kept\noverflow 0x5 kept\nunderflow 0x3 kept\ninexact 0x1 kept\nexact 0x0 kept\n"
		traps  = "divide 8 3\nsingle 8 3\ninvalid 8 7\noverflow 8 4\nunderflow 8 5\ninexact 8 6\nother none\nagain 8 3\n" + sticky
		none   = "divide none\nsingle none\ninvalid none\noverflow none\nunderflow none\ninexact none\nother none\nagain none\n" + sticky
		x86    = traps + "x87 8 3\nx87wait 8 6\npacked 8 3\nconvert 8 7\nreciprocal none\nreciprocal 0x0 kept\ninteger 8 1\n" +
			"xfwait 8 3 there\nxfld 8 3 there\nxfldt 8 3 there\nxfst 8 3 there\nxfstt 8 3 there\nxfild 8 3 there\nxfxch 8 3 there\n" +
			"xfldcw 8 3 there\nxemms 8 3 there\nxfnstsw none\nxfnsave none\n" +
			"xinvalid 8 7 there\nxdenormal 8 5 there\nxoverflow 8 4 there\nxunderflow 8 5 there\nxinexact 8 6 there\n"
		mips  = traps + "integer 8 2\ntrapdiv 8 1\ntrapovf 8 2\nbreakdiv 8 1\nbreakovf 8 2\n"
		sparc = traps + "integer 7 32767\ntrapdiv 8 1\ntrapovf 8 2\n"
	)
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			switch a.Name {
			case "powerpc":
				t.Skip("the program does not know its status register")
			case "m68k":
				t.Skip("the engine keeps no record of exceptions")
			}
			path := program(t, a, "fpe")
			if path == "" {
				t.Skip("no cross compiler, and no prebuilt programs")
			}
			want := none
			switch {
			case a.Name == "amd64" || a.Name == "i386":
				want = x86
			case strings.HasPrefix(a.Name, "mips"):
				want = mips
			case strings.HasPrefix(a.Name, "sparc"):
				want = sparc
			}
			if got := run(t, path); got != want {
				t.Error(firstDifference(want, got))
			}
		})
	}
}
