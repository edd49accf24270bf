package archtest

import (
	"debug/elf"
	"fmt"
	"os"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// kernels64 are the machines of 64 bits that run another's programs, as netbsd32's.
var kernels64 = []struct{ machine, native, arch string }{
	{"amd64", "amd64", "i386"},
	{"evbarm-aarch64", "aarch64", "arm"},
	{"evbarm-aarch64", "aarch64", "thumb"},
	{"sparc64", "sparc64", "sparc"},
	{"evbmips-mips64eb", "mips64", "mips"},
	{"evbmips-mips64eb", "mips64", "mipsn32"},
	{"evbmips-mips64el", "mips64el", "mipsel"},
	{"evbmips-mips64el", "mips64el", "mipsn32el"},
}

// TestNetBSD32: 32-bit programs say on a kernel of 64 bits what they say on their own.
func TestNetBSD32(t *testing.T) {
	for _, k := range kernels64 {
		a, err := testprog.Find(k.arch)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(k.machine+"/"+k.arch, func(t *testing.T) {
			for _, p := range programs {
				t.Run(p.name, func(t *testing.T) { testNetBSD32(t, k.machine, a, p.name, p.args, p.flags...) })
			}
		})
	}
}

func testNetBSD32(t *testing.T, machine string, a testprog.Arch, name string, programArgs []string, flags ...string) {
	path := dir("prebuilt", a.Name, name) // which TestPrebuilt says is there
	args := []string{"-machine", machine}
	for _, x := range flags {
		args = append(args, strings.Replace(x, "DIR", t.TempDir(), 1))
	}
	args = append(args, path)
	for _, x := range programArgs {
		if x == "DIR" {
			x = t.TempDir()
		}
		args = append(args, x)
	}
	expected := dir("expected", name+".txt")
	for _, own := range []string{name + ".netbsd32." + a.Name + ".txt", name + "." + a.Name + ".txt"} {
		if exists(dir("expected", own)) {
			expected = dir("expected", own)
			break
		}
	}
	want, err := os.ReadFile(expected)
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, args...); got != string(want) || strings.Contains(got, "WRONG") {
		t.Errorf("%s: %s", name, firstDifference(string(want), got))
	}
}

// TestPtraceWidths: a debugger of 64 bits sees a program of 32 in its own struct reg, one of 32 bits sees such a program
// in its own and is refused one of 64.
func TestPtraceWidths(t *testing.T) {
	for _, k := range kernels64 {
		t.Run(k.machine+"/"+k.arch, func(t *testing.T) {
			var path [2]string
			var size [2]int
			for i, name := range []string{k.native, k.arch} {
				a, err := testprog.Find(name)
				if err != nil {
					t.Fatal(err)
				}
				if path[i] = program(t, a, "tracewide"); path[i] == "" {
					t.Skip("no cross compiler, and no prebuilt program")
				}
				size[i] = portOf(t, a).Regset.Size
			}
			const stopped, killed = "status: 0x57f\n", "status: 0x9\n"
			seen := func(tracer, traced int) string {
				f, err := elf.Open(path[traced])
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				pc := fmt.Sprintf("pc: %#x\n", f.Entry)
				return stopped + fmt.Sprintf("struct reg: %d\n", size[tracer]) + pc + "PT_SETREGS: 0\n" + pc + killed
			}
			for _, c := range []struct {
				tracer, traced int
				want           string
			}{
				{0, 1, seen(0, 1)}, {1, 1, seen(1, 1)}, {0, 0, seen(0, 0)}, {1, 0, stopped + "PT_GETREGS: -22\n" + killed},
			} {
				if got := run(t, "-machine", k.machine, path[c.tracer], path[c.traced]); got != c.want {
					t.Errorf("%s traces %s:\n%swant\n%s", path[c.tracer], path[c.traced], got, c.want)
				}
			}
		})
	}
}
