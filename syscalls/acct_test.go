package syscalls

import "testing"

// TestCompTime: 13 bits of 64ths of a second, times powers of 8, rounded (encode_comp_t).
func TestCompTime(t *testing.T) {
	for _, tt := range []struct {
		sec, usec int64
		want      uint16
	}{
		{0, 0, 0}, {0, 15624, 0}, {0, 15625, 1}, {1, 0, 64}, {127, 999999, 8191},
		{128, 0, 1<<13 + 1024}, {128, 62500, 1<<13 + 1025}, {1023, 0, 1<<13 + 8184}, {1023, 999999, 2<<13 + 1024}, {1 << 20, 0, 5<<13 + 2048},
	} {
		if got := compTime(tt.sec, tt.usec); got != tt.want {
			t.Errorf("%d.%06d is %d<<13+%d, want %d<<13+%d", tt.sec, tt.usec, got>>13, got&8191, tt.want>>13, tt.want&8191)
		}
	}
}
