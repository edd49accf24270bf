package kern

import (
	"sync"

	"nbemu/mem"
)

// PhysMem is the machine's memory in bytes: the host's, as far as guests can have it.
func PhysMem() uint64 {
	return min(physMemory(), mem.Limit())
}

var physMemory = sync.OnceValue(func() uint64 {
	if n := min(hostMemory(), mem.ArenaSize); n != 0 {
		return n
	}
	return 1 << 30
})

// HostLoad returns the host's load averages over 1, 5 and 15 minutes.
func HostLoad() [3]float64 { return hostLoad() }
