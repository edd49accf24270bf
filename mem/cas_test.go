package mem

import (
	"testing"

	"nbemu/abi"
)

// TestCompareAndSwap32 is what the kernel changes in words that threads change too.
func TestCompareAndSwap32(t *testing.T) {
	s := NewSpace(testMin, testMax)
	defer s.Unref()
	if _, err := s.Map(MapArgs{Addr: testMin, Len: PageSize, Prot: ProtRead | ProtWrite, Fixed: true}); err != abi.OK {
		t.Fatal(err)
	}
	var b [4]byte
	for _, c := range []struct {
		old, new [4]byte
		swapped  bool
	}{
		{[4]byte{}, [4]byte{1, 2, 3, 4}, true},
		{[4]byte{}, [4]byte{5}, false},
		{[4]byte{1, 2, 3, 4}, [4]byte{9}, true},
	} {
		was := b
		swapped, err := s.CompareAndSwap32(testMin+8, c.old, c.new)
		if e := s.Copyin(b[:], testMin+8); e != abi.OK || err != abi.OK || swapped != c.swapped {
			t.Errorf("%v for %v: %v, %v, %v", c.new, c.old, swapped, err, e)
		}
		want := was
		if c.swapped {
			want = c.new
		}
		if b != want {
			t.Errorf("%v for %v: there is %v", c.new, c.old, b)
		}
	}
	if _, err := s.CompareAndSwap32(testMin+PageSize, b, b); err != abi.EFAULT {
		t.Errorf("where nothing is: %v", err)
	}
}
