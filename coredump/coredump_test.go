package coredump

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
)

func TestBuildName(t *testing.T) {
	p := &kern.Proc{PID: 77, Comm: "prog", Pgrp: &kern.Pgrp{Session: &kern.Session{Login: "joe"}}}
	for pattern, want := range map[string]string{
		"%n.core": "prog.core", "/var/%u/%n.%p": "/var/joe/prog.77", "%": "%", "%x%%n": "%x%prog", "a%": "a%",
		"%t": fmt.Sprint(p.Started().Unix()),
	} {
		if got, err := buildName(p, pattern); got != want || err != abi.OK {
			t.Errorf("%s: %q, %v; want %q", pattern, got, err, want)
		}
	}
	if _, err := buildName(p, strings.Repeat("%n", 256)); err != abi.ENAMETOOLONG {
		t.Error(err)
	}
}

type memFile struct{ b []byte }

func (f *memFile) WriteAt(b []byte, off int64) (int, error) {
	if n := int(off) + len(b); n > len(f.b) {
		f.b = append(f.b, make([]byte, n-len(f.b))...)
	}
	return copy(f.b[off:], b), nil
}

// A stream with holes reads as what was written, and is as long.
func TestStreamHoles(t *testing.T) {
	block := bytes.Repeat([]byte{1}, holeSize)
	pieces := [][]byte{{1, 0, 2}, make([]byte, 3*holeSize), block, append(make([]byte, holeSize), block...), make([]byte, 100)}
	var f memFile
	s := stream{w: &f}
	for _, p := range pieces {
		s.write(p)
	}
	s.end()
	if want := bytes.Join(pieces, nil); s.err != nil || !bytes.Equal(f.b, want) {
		t.Errorf("%d bytes, %v; want %d", len(f.b), s.err, len(want))
	}
}
