package kern

import (
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/cpu/cputest"
)

// A transfer may be as long as the program's ssize_t can count: 2 GiB less one on machines of 32 bits.
func TestUioLimit(t *testing.T) {
	for _, tt := range []struct {
		arch *cpu.Arch
		n    uint64
		want abi.Errno
	}{
		{cputest.I386, 1<<31 - 1, abi.OK},
		{cputest.I386, 1 << 31, abi.EINVAL},
		{cputest.I386, 1<<32 - 1, abi.EINVAL},
		{cputest.AMD64, 1 << 32, abi.OK},
		{cputest.AMD64, 1<<63 - 1, abi.OK},
		{cputest.AMD64, 1 << 63, abi.EINVAL},
	} {
		u := NewUio(&LWP{K: tk, Proc: &Proc{K: tk, Arch: tt.arch}}, true)
		if got := u.Add(0x1000, tt.n); got != tt.want {
			t.Errorf("%s: a buffer of %#x: %v, want %v", tt.arch.Name, tt.n, got, tt.want)
		}
		if tt.want == abi.OK {
			if got := u.Add(0x1000, tt.n); tt.arch == cputest.I386 && got != abi.EINVAL {
				t.Errorf("%s: two of %#x: %v, want EINVAL", tt.arch.Name, tt.n, got)
			}
		}
		u.Free()
	}
}
