package kern

import "golang.org/x/sys/unix"

// hostMemory is the host's memory in bytes, 0 if it does not say.
func hostMemory() uint64 {
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) != nil {
		return 0
	}
	return uint64(si.Totalram) * uint64(si.Unit)
}

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
