package archtest

import (
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// lengthsOf is what lengths.c says: on a kernel of 64 bits, on one of 32, and of a program of 32 on a kernel of 64.
var lengthsOf = []struct{ what, wide, narrow, netbsd32 string }{
	{"read", "0", "-22", "0"},
	{"write", "0x80000000", "0xffffffea", "0x80000000"},
	{"pread", "0", "-22", "0"},
	{"readv", "0", "-22", "0"},
	{"readv of a sum", "0", "-22", "0"},
	{"writev", "0x80000000", "0xffffffea", "0x80000000"},
	{"writev of a sum", "0xc0000000", "0xffffffea", "0xc0000000"},
	{"recvfrom", "-35", "-22", "-35"},
	{"sendto", "-40", "-22", "-40"},
	{"sendto without a socket", "-38", "-38", "-38"},
	{"recvfrom without a socket", "-9", "-9", "-9"},
	{"pread of a pipe", "-29", "-29", "-29"},
	{"readv of none", "-22", "-22", "-22"},
	{"readv of -1", "-22", "-22", "-22"},
	{"readv of none, no file", "-22", "-22", "-9"},
	{"no control data", "-22", "-22", "1"},
	{"one byte", "-22", "-22", "1"},
	{"a byte less than a header", "-22", "-22", "1"},
	{"more than a page", "-22", "-22", "-22"},
	{"of nowhere, short", "-22", "-22", "1"},
	{"of nowhere", "-14", "-14", "-14"},
	{"a message shorter than its header", "-22", "-22", "-22"},
	{"a message longer than all", "-22", "-22", "-22"},
	{"sendmmsg", "-22", "-22", "1"},
	{"sendmmsg of none without a socket", "-9", "-9", "-9"},
	{"no socket, no control data", "-9", "-9", "-9"},
	{"no socket, many buffers", "-9", "-9", "-40"},
	{"many buffers", "-40", "-40", "-40"},
	{"a name of two bytes", "-22", "-22", "-22"},
	{"a name of 256 bytes", "-22", "-22", "-22"},
	{"a name of nowhere", "-14", "-14", "-14"},
}

// TestLengths: lengths that a 32-bit program's ssize_t does not hold, and control data of all lengths.
func TestLengths(t *testing.T) {
	said := func(column func(i int) string) string {
		var b strings.Builder
		for i, l := range lengthsOf {
			b.WriteString(l.what + ": " + column(i) + "\n")
		}
		return b.String()
	}
	wide := said(func(i int) string { return lengthsOf[i].wide })
	narrow := said(func(i int) string { return lengthsOf[i].narrow })
	on64 := said(func(i int) string { return lengthsOf[i].netbsd32 })
	try := func(t *testing.T, a testprog.Arch, want string, flags ...string) {
		path := program(t, a, "lengths")
		if path == "" {
			t.Skip("no cross compiler, and no prebuilt program")
		}
		if got := run(t, append(flags, path)...); got != want {
			t.Errorf("%s\n%s", firstDifference(want, got), got)
		}
	}
	for _, a := range testprog.Arches {
		want := narrow
		if portOf(t, a).Arch.Model.LP64() {
			want = wide
		}
		t.Run(a.Name, func(t *testing.T) { try(t, a, want) })
	}
	for _, k := range kernels64 {
		a, err := testprog.Find(k.arch)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(k.machine+"/"+k.arch, func(t *testing.T) { try(t, a, on64, "-machine", k.machine) })
	}
}
