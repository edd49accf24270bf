package cpu_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"nbemu/cpu"
)

// TestEdges: runs that are the same count the same edges; none outside the ranges, none when counting is off.
func TestEdges(t *testing.T) {
	m, err := unix.Mmap(-1, 0, 1<<16, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	set := func(on []byte, in, out []cpu.EdgeRange) {
		t.Helper()
		if err := cpu.SetEdges(on, in, out); err != nil {
			t.Fatal(err)
		}
	}
	defer set(nil, nil, nil)
	each(t, func(t *testing.T, mc *machine) {
		if strings.HasSuffix(t.Name(), "kvm") {
			t.Skip("the host's processor counts nothing")
		}
		s, c := mc.load(t, mc.Call)
		e := mc.engine(t)
		counts := func() []byte {
			clear(m)
			cpu.BeginEdges()
			mc.start(c)
			run(e, c, s)
			if c.Trap != cpu.TrapSyscall {
				t.Fatalf("trap %d", c.Trap)
			}
			return bytes.Clone(m)
		}
		text := cpu.EdgeRange{Start: textBase, End: textBase + 0x1000}
		none := make([]byte, len(m))
		set(m, nil, nil)
		counts() // page faults of the first run begin blocks anew
		first, again := counts(), counts()
		if bytes.Equal(first, none) || !bytes.Equal(first, again) {
			t.Errorf("%d and %d bytes count nothing", bytes.Count(first, []byte{0}), bytes.Count(again, []byte{0}))
		}
		set(m, []cpu.EdgeRange{text}, nil)
		if !bytes.Equal(counts(), first) {
			t.Error("the range of the text is not all of it")
		}
		set(m, []cpu.EdgeRange{{Start: 0, End: textBase}}, nil)
		if !bytes.Equal(counts(), none) {
			t.Error("edges outside of the range")
		}
		set(m, nil, []cpu.EdgeRange{text})
		if !bytes.Equal(counts(), none) {
			t.Error("edges in what is left out")
		}
		set(nil, nil, nil)
		if !bytes.Equal(counts(), none) {
			t.Error("edges although they are off")
		}
	})
	if err := cpu.SetEdges(m[:3], nil, nil); err == nil {
		t.Error("a map of three bytes?")
	}
	if err := cpu.SetEdges(m, make([]cpu.EdgeRange, cpu.MaxEdgeRanges), make([]cpu.EdgeRange, 1)); err == nil {
		t.Error("too many ranges?")
	}
}
