package kern

import (
	"errors"
	"syscall"

	"nbemu/abi"
)

// hostErrnos maps the numbers of the host's errors to NetBSD's; hostErrnoNames, per host, says which.
var hostErrnos [256]abi.Errno

func init() {
	for host, nb := range hostErrnoNames {
		if int(host) < len(hostErrnos) {
			hostErrnos[host] = nb
		}
	}
}

// HostErrno gives NetBSD's number for an error of a host call; OK for nil, EIO for what is not a host's error
// number or has no counterpart.
func HostErrno(err error) abi.Errno {
	if err == nil {
		return abi.OK
	}
	en, ok := err.(syscall.Errno)
	if !ok && !errors.As(err, &en) {
		return abi.EIO
	}
	if int(en) < len(hostErrnos) && hostErrnos[en] != 0 {
		return hostErrnos[en]
	}
	return abi.EIO
}
