package kern

import (
	"syscall"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// Errors that only Linux has.
var hostErrnosOwn = map[syscall.Errno]abi.Errno{
	// Those that NetBSD has no name of its own for.
	unix.ECHRNG:      abi.EINVAL,
	unix.ECOMM:       abi.EIO,
	unix.ENOKEY:      abi.ENOENT,
	unix.EREMOTEIO:   abi.EIO,
	unix.ENOMEDIUM:   abi.ENODEV,
	unix.EMEDIUMTYPE: abi.EFTYPE,
	unix.EUCLEAN:     abi.EIO,
}
