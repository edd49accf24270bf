package archtest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// Traps of page faults as the machines' kernels number them, in the order of pageFaults. What an architecture has
// besides follows in full.
var faultTraps = map[string]struct {
	traps []uint32
	more  []string
}{
	"amd64": {[]uint32{6, 6, 6, 6, 6, 6, 6, 6, 6}, []string{"hole 11 2 elsewhere 0x4", "frame 10 2 elsewhere 0x11", "kernel 11 1 here 0x6"}},
	"i386":  {[]uint32{6, 6, 6, 6, 6, 6, 6, 6, 6}, nil},
	"aarch64": {[]uint32{0x92000006, 0x92000046, 0x82000006, 0x92000047, 0x9200004f, 0x92000007, 0x8200000f, 0x92000007, 0x92000047},
		[]string{"hole 11 1 here 0x92000004"}},
	"arm":     {[]uint32{7, 0x807, 0x40, 0x807, 0x80f, 7, 0, 7, 0x807}, nil},
	"thumb":   {[]uint32{7, 0x807, 0x40, 0x807, 0x80f, 7, 0, 7, 0x807}, nil},
	"mips":    {[]uint32{2, 3, 2, 3, 1, 2, 2, 2, 3}, []string{"kernel 11 1 here 0x4", "kernelstore 11 1 here 0x5"}},
	"mipsel":  {[]uint32{2, 3, 2, 3, 1, 2, 2, 2, 3}, []string{"kernel 11 1 here 0x4", "kernelstore 11 1 here 0x5"}},
	"mips64":  {[]uint32{2, 3, 2, 3, 1, 2, 2, 2, 3}, []string{"kernel 11 1 here 0x4", "kernelstore 11 1 here 0x5"}},
	"mipsn32": {[]uint32{2, 3, 2, 3, 1, 2, 2, 2, 3}, []string{"kernel 11 1 here 0x4", "kernelstore 11 1 here 0x5"}},
	"sparc":   {[]uint32{9, 9, 1, 9, 9, 9, 1, 9, 9}, nil},
	"sparc64": {[]uint32{0x68, 0x68, 0x64, 0x68, 0x6c, 0x68, 0x64, 0x68, 0x68}, []string{"hole 11 1 here 0x30", "holecall 4 1 here 0x8"}},
	"m68k":    {[]uint32{8, 8, 8, 8, 8, 8, 8, 8, 8}, nil},
	"powerpc": {[]uint32{0x300, 0x300, 0x400, 0x300, 0x300, 0x300, 0x400, 0x300, 0x300}, nil},

	"mips64el":  {[]uint32{2, 3, 2, 3, 1, 2, 2, 2, 3}, []string{"kernel 11 1 here 0x4", "kernelstore 11 1 here 0x5"}},
	"mipsn32el": {[]uint32{2, 3, 2, 3, 1, 2, 2, 2, 3}, []string{"kernel 11 1 here 0x4", "kernelstore 11 1 here 0x5"}},

	"riscv64": {[]uint32{13, 15, 12, 15, 15, 13, 12, 13, 15}, nil},
}

// pageFaults are the program's attempts with signal and code.
var pageFaults = []struct {
	name      string
	sig, code int
}{{"load", 11, 1}, {"store", 11, 1}, {"call", 11, 1}, {"untouched", 11, 2}, {"readonly", 11, 2}, {"none", 11, 2},
	{"data", 11, 2}, {"end", 10, 2}, {"endstore", 10, 2}}

// TestFaultInfo: si_signo, si_code, si_addr and si_trap of page faults; and a file ends with the machine's page.
func TestFaultInfo(t *testing.T) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			path := program(t, a, "faults")
			if path == "" {
				t.Skip("no cross compiler, and no prebuilt programs")
			}
			got := run(t, path, t.TempDir())
			want := faultTraps[a.Name]
			if len(want.traps) != len(pageFaults) {
				t.Fatalf("%d traps are known", len(want.traps))
			}
			var lines []string
			for i, f := range pageFaults {
				code, trap := f.code, fmt.Sprintf("%#x", want.traps[i])
				if f.name == "data" && (a.Name == "arm" || a.Name == "thumb") {
					// Nothing that cannot be executed is there, and the trap is the address.
					code = 1
					_, trap, _ = strings.Cut(got, "data 11 1 here ")
					trap, _, _ = strings.Cut(trap, "\n")
				}
				if f.name == "end" {
					lines = append(lines, "text none", "rest none", "contents ok")
				}
				lines = append(lines, fmt.Sprintf("%s %d %d here %s", f.name, f.sig, code, trap))
			}
			lines = append(lines, want.more...)
			if s := strings.Join(lines, "\n") + "\n"; got != s {
				t.Errorf("%s", firstDifference(s, got))
			}
		})
	}
}

// TestFixAlign: sparc programs can ask the kernel to do misaligned accesses for them.
func TestFixAlign(t *testing.T) {
	const first = "refused: 1\nword: 0x878e959c\nhalf: 0x959c\nsigned half: -16442\npair: 0x959ca3aab1b8bfc6\nsingle: ok\ndouble: ok\n"
	for name, more := range map[string]string{"sparc": "", "sparc64": "long: 0x959ca3aab1b8bfc6\nsigned word: ok\n"} {
		a, err := testprog.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		path := program(t, a, "align")
		if path == "" {
			t.Skip("no cross compiler, and no prebuilt programs")
		}
		want := first + more + "stored: ok\nrefused: 1\nnot there: 2\nwindows: 179\n"
		if got := run(t, path); got != want {
			t.Errorf("%s: %s", name, firstDifference(want, got))
		}
	}
}

// TestSharedClone: a child in the same memory stores none of the parent's register windows. Other machines have none.
func TestSharedClone(t *testing.T) {
	for _, name := range []string{"sparc", "sparc64"} {
		a, err := testprog.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		path := program(t, a, "clones")
		if path == "" {
			t.Skip("no cross compiler, and no prebuilt programs")
		}
		want, err := os.ReadFile(dir("expected", "clones.txt"))
		if err != nil {
			t.Fatal(err)
		}
		if got := run(t, path); got != string(want) {
			t.Errorf("%s: %s", name, firstDifference(string(want), got))
		}
	}
}
