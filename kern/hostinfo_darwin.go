package kern

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

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
