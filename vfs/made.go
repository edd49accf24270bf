package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
)

// IsMade reports whether a file or directory is one of the machine's own file systems, whose content is made when it is
// read: of procfs and kernfs, and the directories of devices.
func IsMade(f *kern.File) bool {
	switch f.Ops.(type) {
	case *procOpen, *memOpen, *pagemapOpen, *kernOpen, *nodeDir:
		return true
	}
	return false
}

// HostType returns the type of an open file of the host's, S_IFREG and so on, as it was when it was opened; 0 for others.
func HostType(f *kern.File) uint32 {
	if v := vnodeOf(f); v != nil {
		return v.Mode & abi.S_IFMT
	}
	return 0
}

// MemoryName returns which of null, zero, full, random and urandom a file is, or "".
func MemoryName(f *kern.File) string {
	if m, ok := f.Ops.(*memDevice); ok {
		return m.d.name
	}
	return ""
}
