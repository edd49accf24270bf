package vfs

import (
	"sync"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// The system's table of open files is as large as the host lets nbemu's be, less some that are kept for what a guest
// does for a moment only: lookups, exec, what nbemu itself needs. So one guest that opens all it can leaves the others
// able to execute programs and look up names.

// tableSize is how many of the host's descriptors guests can keep. The host gives out the lowest one that is free, so
// that the number of a descriptor tells how many there are.
var tableSize = sync.OnceValue(func() int {
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim) != nil || lim.Cur > 1<<30 {
		return 1 << 30
	}
	n := int(lim.Cur)
	return n - min(max(n/8, 32), n/2, 256)
})

// keep is asked whether a guest may keep the host's descriptor fd, which is closed if not. Error: ENFILE.
func keep(l *kern.LWP, fd int) abi.Errno {
	if fd < tableSize() {
		return abi.OK
	}
	_ = unix.Close(fd)
	l.K.LogOnce("file: table is full - raise the host's limit of open files (ulimit -n)")
	return abi.ENFILE
}

// canKeep is keep for a descriptor that is still to be made, of the kind of fd.
func canKeep(l *kern.LWP, fd int) abi.Errno {
	probe, herr := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if herr != nil {
		return errno(herr)
	}
	if err := keep(l, probe); err != abi.OK {
		return err
	}
	_ = unix.Close(probe)
	return abi.OK
}
