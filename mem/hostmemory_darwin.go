package mem

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// hostMemory is the host's memory in bytes, 0 if it does not say.
func hostMemory() uint64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return n
}

func hostPunch(int, int64, int64) abi.Errno { return abi.EOPNOTSUPP }

func hostResident(uintptr) bool { return true }
