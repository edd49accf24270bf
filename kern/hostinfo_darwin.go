package kern

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// hostMemory is the host's memory in bytes, 0 if it does not say.
func hostMemory() uint64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return n
}

// hostLoad is the host's load averages (struct loadavg: three fixed-point numbers, padding, the scale).
func hostLoad() (v [3]float64) {
	b, err := unix.SysctlRaw("vm.loadavg")
	if err != nil || len(b) < 24 {
		return v
	}
	if scale := float64(binary.LittleEndian.Uint64(b[16:])); scale > 0 {
		for i := range v {
			v[i] = float64(binary.LittleEndian.Uint32(b[4*i:])) / scale
		}
	}
	return v
}
