package vfs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/cpu/cputest"
	"nbemu/kern"
)

// TestUnionInotify: who watches what is in a lower layer hears of changes, and nothing of how a union keeps them.
func TestUnionInotify(t *testing.T) {
	for _, m := range []*abi.Model{abi.LP64LE, abi.LP64BE} {
		arch := *cputest.AMD64
		arch.Model = m
		testUnionInotify(t, &arch)
	}
}

func testUnionInotify(t *testing.T, arch *cpu.Arch) {
	lower, upper := t.TempDir(), t.TempDir()
	for _, name := range []string{"d/f", "d/g", "d/h"} {
		mustWrite(t, filepath.Join(lower, name), "")
	}
	if herr := os.Mkdir(filepath.Join(lower, "d/e"), 0755); herr != nil {
		t.Fatal(herr)
	}
	l := unionLWP(t, upper, lower)
	l.Proc.Arch = arch
	u32 := func(b []byte) uint32 { return uint32(arch.Model.Uint(b, 4)) }
	i, err := NewInotify(l, abi.O_NONBLOCK)
	if err != abi.OK {
		t.Fatal(err)
	}
	defer i.Unref(l)
	wd := map[int32]string{}
	for _, name := range []string{"/d", "/d/f"} {
		w, err := InotifyAdd(l, i, name, unix.IN_CREATE|unix.IN_DELETE|unix.IN_MOVE|unix.IN_MODIFY, true)
		if err != abi.OK {
			t.Fatal(err)
		}
		wd[w] = name
	}
	for _, err := range []abi.Errno{
		Truncate(l, "/d/f", 3), Truncate(l, "/d/g", 3), Unlink(l, abi.AT_FDCWD, "/d/h", false),
		Unlink(l, abi.AT_FDCWD, "/d/e", true), Mkdir(l, abi.AT_FDCWD, "/d/n", 0755),
	} {
		if err != abi.OK {
			t.Fatal(err)
		}
	}
	b := make([]byte, 4096)
	u := kern.KernUio(l, b, false)
	defer u.Free()
	if err := i.Ops.Read(l, i, u); err != abi.OK {
		t.Fatal(err)
	}
	var got []string
	for b = b[:len(b)-int(u.Resid)]; len(b) > 0; {
		n := inotifyHead + u32(b[12:])
		name := strings.TrimRight(string(b[inotifyHead:n]), "\x00")
		got = append(got, fmt.Sprintf("%s %#x %s", wd[int32(u32(b))], u32(b[4:]), name))
		b = b[n:]
	}
	want := "/d 0x2 f, /d/f 0x2 , /d 0x2 g, /d 0x200 h, /d 0x40000200 e, /d 0x40000100 n"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
}
