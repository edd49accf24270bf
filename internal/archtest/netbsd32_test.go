package archtest

import (
	"os"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// kernels64 are the machines of 64 bits that run another's programs, as netbsd32's.
var kernels64 = []struct{ machine, arch string }{
	{"amd64", "i386"},
	{"evbarm-aarch64", "arm"},
	{"evbarm-aarch64", "thumb"},
	{"sparc64", "sparc"},
	{"evbmips-mips64eb", "mips"},
	{"evbmips-mips64eb", "mipsn32"},
	{"evbmips-mips64el", "mipsel"},
	{"evbmips-mips64el", "mipsn32el"},
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
				t.Run(p.name, func(t *testing.T) { testNetBSD32(t, k.machine, a, p.name, p.args) })
			}
		})
	}
}

func testNetBSD32(t *testing.T, machine string, a testprog.Arch, name string, programArgs []string) {
	path := dir("prebuilt", a.Name, name)
	if !exists(path) {
		t.Skip("no prebuilt program")
	}
	args := []string{"-machine", machine, path}
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
