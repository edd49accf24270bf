package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
)

// NewInotify makes an inotify, which the host has not got.
func NewInotify(*kern.LWP, int32) (*kern.File, abi.Errno) { return nil, abi.ENOSYS }

// InotifyAdd and InotifyRemove are about files that are none of NewInotify's.
func InotifyAdd(*kern.LWP, *kern.File, string, uint32, bool) (int32, abi.Errno) {
	return 0, abi.EINVAL
}
func InotifyRemove(*kern.File, int32) abi.Errno { return abi.EINVAL }

// IsInotify reports whether a file is one that events are read from: none is.
func IsInotify(*kern.File) bool { return false }
