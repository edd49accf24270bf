package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

const hostNoAttr = unix.ENOATTR

// Memfd is memfd_create, which the host has nothing for.
func Memfd(*kern.LWP, string, int32) (*kern.File, abi.Errno) { return nil, abi.ENOSYS }

func (r *regFile) seals(int32, uint64) (int64, abi.Errno) { return 0, abi.EINVAL }

// Cachestat would count a file's pages in the host's memory, which the host does not tell.
func Cachestat(*kern.File, uint64, uint64) (s [5]uint64, err abi.Errno) { return s, abi.ENOSYS }
