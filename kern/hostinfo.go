package kern

import "nbemu/mem"

// PhysMem is the machine's memory in bytes: the host's, as far as guests can have it.
func PhysMem() uint64 { return mem.PhysMem() }

// HostLoad returns the host's load averages over 1, 5 and 15 minutes.
func HostLoad() [3]float64 { return hostLoad() }
