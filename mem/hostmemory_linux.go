package mem

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// hostMemory is the host's memory in bytes, 0 if it does not say.
func hostMemory() uint64 {
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) != nil {
		return 0
	}
	return uint64(si.Totalram) * uint64(si.Unit)
}

// hostPunch makes a hole in a host file. Errors: EPERM of a seal, EOPNOTSUPP.
func hostPunch(fd int, off, n int64) abi.Errno {
	switch unix.Fallocate(fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, off, n) {
	case nil:
		return abi.OK
	case unix.EPERM:
		return abi.EPERM
	}
	return abi.EOPNOTSUPP
}

// hostResident reports whether the host has a page that we mapped of a file in its memory.
func hostResident(addr uintptr) bool {
	var there [1]byte
	_, _, e := unix.Syscall(unix.SYS_MINCORE, addr, PageSize, uintptr(unsafe.Pointer(&there[0])))
	return e != 0 || there[0]&1 != 0
}
