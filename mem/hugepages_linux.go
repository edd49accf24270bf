package mem

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePages asks the host for huge pages in [p, p+n); it may decline.
func hugePages(p, n uintptr) {
	_ = unix.Madvise(unsafe.Slice((*byte)(pointer(p)), n), unix.MADV_HUGEPAGE)
}
