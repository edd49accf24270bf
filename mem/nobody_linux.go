package mem

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ConnectNobody is the host's connect(2) with an address of the family AF_UNSPEC, which dissolves what a socket is
// connected to. It is here because golang.org/x/sys has no type for such an address, so that it takes a pointer.
func ConnectNobody(fd int) error {
	sa := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa)), unsafe.Sizeof(sa))
	if errno != 0 {
		return errno
	}
	return nil
}
