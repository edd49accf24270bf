package kern

import "golang.org/x/sys/unix"

// hostLoad is the host's load averages.
func hostLoad() (v [3]float64) {
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) == nil {
		for i := range v {
			v[i] = float64(si.Loads[i]) / (1 << 16)
		}
	}
	return v
}
