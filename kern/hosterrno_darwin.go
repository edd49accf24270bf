package kern

import (
	"syscall"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// Errors that only the BSDs have.
var hostErrnosOwn = map[syscall.Errno]abi.Errno{
	unix.EPROCLIM:      abi.EPROCLIM,
	unix.EBADRPC:       abi.EBADRPC,
	unix.ERPCMISMATCH:  abi.ERPCMISMATCH,
	unix.EPROGUNAVAIL:  abi.EPROGUNAVAIL,
	unix.EPROGMISMATCH: abi.EPROGMISMATCH,
	unix.EPROCUNAVAIL:  abi.EPROCUNAVAIL,
	unix.EFTYPE:        abi.EFTYPE,
	unix.EAUTH:         abi.EAUTH,
	unix.ENEEDAUTH:     abi.ENEEDAUTH,
	unix.ENOATTR:       abi.ENOATTR,
	unix.ENOTSUP:       abi.ENOTSUP,
}
