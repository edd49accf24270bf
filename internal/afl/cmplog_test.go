package afl

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// Both layouts, as AFL++'s own code writes them.
func TestCmpLog(t *testing.T) {
	const pc, a, b = 0x401234, 0x63, 0x1122334455667788
	for i, l := range cmpLayouts {
		mem := make([]byte, l.size())
		c, err := newCmpLog(mem)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 100 {
			c.Add(pc, a+uint64(n), b, 8)
		}
		used := bytes.IndexFunc(mem[:cmpWidth*l.header], func(r rune) bool { return r != 0 })
		k := used / l.header
		hits, shape, kind := 0, 0, 0
		if i == 0 {
			h := binary.NativeEndian.Uint64(mem[k*8:])
			hits, shape, kind = int(h&0xffffff), int(h>>48&31), int(h>>53&3)
		} else {
			h := binary.NativeEndian.Uint16(mem[k*2:])
			hits, shape, kind = int(h&63), int(h>>6&31), int(h>>11&1)
		}
		if hits < cmpHeight || shape != 7 || kind != 1-i {
			t.Errorf("layout %d: %d hits, shape %d, type %d", i, hits, shape, kind)
		}
		for n := range cmpHeight {
			e := mem[cmpWidth*l.header+(k*cmpHeight+n)*l.entry:]
			x, y := binary.NativeEndian.Uint64(e), binary.NativeEndian.Uint64(e[l.second:])
			if x < a || x >= a+100 || (x-a)%cmpHeight != uint64(n) || y != b {
				t.Errorf("layout %d, entry %d: %#x %#x", i, n, x, y)
			}
		}
	}
	if _, err := newCmpLog(make([]byte, 1<<20)); err == nil || !strings.Contains(err.Error(), "1048576 bytes") {
		t.Errorf("another size: %v", err)
	}
}
