package kern

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// hostErrnos maps the numbers of the host's errors to NetBSD's: those that every host has, and hostErrnosOwn.
var hostErrnos [256]abi.Errno

func init() {
	for _, m := range []map[syscall.Errno]abi.Errno{hostErrnosCommon, hostErrnosOwn} {
		for host, nb := range m {
			if int(host) < len(hostErrnos) {
				hostErrnos[host] = nb
			}
		}
	}
}

// HostErrno returns NetBSD's number for an error of a host call; OK for nil, EIO for what is not a host's error
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

var hostErrnosCommon = map[syscall.Errno]abi.Errno{
	unix.EPERM:           abi.EPERM,
	unix.ENOENT:          abi.ENOENT,
	unix.ESRCH:           abi.ESRCH,
	unix.EINTR:           abi.EINTR,
	unix.EIO:             abi.EIO,
	unix.ENXIO:           abi.ENXIO,
	unix.E2BIG:           abi.E2BIG,
	unix.ENOEXEC:         abi.ENOEXEC,
	unix.EBADF:           abi.EBADF,
	unix.ECHILD:          abi.ECHILD,
	unix.EDEADLK:         abi.EDEADLK,
	unix.ENOMEM:          abi.ENOMEM,
	unix.EACCES:          abi.EACCES,
	unix.EFAULT:          abi.EFAULT,
	unix.ENOTBLK:         abi.ENOTBLK,
	unix.EBUSY:           abi.EBUSY,
	unix.EEXIST:          abi.EEXIST,
	unix.EXDEV:           abi.EXDEV,
	unix.ENODEV:          abi.ENODEV,
	unix.ENOTDIR:         abi.ENOTDIR,
	unix.EISDIR:          abi.EISDIR,
	unix.EINVAL:          abi.EINVAL,
	unix.ENFILE:          abi.ENFILE,
	unix.EMFILE:          abi.ENFILE, // nbemu's table is the system's
	unix.ENOTTY:          abi.ENOTTY,
	unix.ETXTBSY:         abi.ETXTBSY,
	unix.EFBIG:           abi.EFBIG,
	unix.ENOSPC:          abi.ENOSPC,
	unix.ESPIPE:          abi.ESPIPE,
	unix.EROFS:           abi.EROFS,
	unix.EMLINK:          abi.EMLINK,
	unix.EPIPE:           abi.EPIPE,
	unix.EDOM:            abi.EDOM,
	unix.ERANGE:          abi.ERANGE,
	unix.EAGAIN:          abi.EAGAIN,
	unix.EINPROGRESS:     abi.EINPROGRESS,
	unix.EALREADY:        abi.EALREADY,
	unix.ENOTSOCK:        abi.ENOTSOCK,
	unix.EDESTADDRREQ:    abi.EDESTADDRREQ,
	unix.EMSGSIZE:        abi.EMSGSIZE,
	unix.EPROTOTYPE:      abi.EPROTOTYPE,
	unix.ENOPROTOOPT:     abi.ENOPROTOOPT,
	unix.EPROTONOSUPPORT: abi.EPROTONOSUPPORT,
	unix.ESOCKTNOSUPPORT: abi.ESOCKTNOSUPPORT,
	unix.EOPNOTSUPP:      abi.EOPNOTSUPP,
	unix.EPFNOSUPPORT:    abi.EPFNOSUPPORT,
	unix.EAFNOSUPPORT:    abi.EAFNOSUPPORT,
	unix.EADDRINUSE:      abi.EADDRINUSE,
	unix.EADDRNOTAVAIL:   abi.EADDRNOTAVAIL,
	unix.ENETDOWN:        abi.ENETDOWN,
	unix.ENETUNREACH:     abi.ENETUNREACH,
	unix.ENETRESET:       abi.ENETRESET,
	unix.ECONNABORTED:    abi.ECONNABORTED,
	unix.ECONNRESET:      abi.ECONNRESET,
	unix.ENOBUFS:         abi.ENOBUFS,
	unix.EISCONN:         abi.EISCONN,
	unix.ENOTCONN:        abi.ENOTCONN,
	unix.ESHUTDOWN:       abi.ESHUTDOWN,
	unix.ETOOMANYREFS:    abi.ETOOMANYREFS,
	unix.ETIMEDOUT:       abi.ETIMEDOUT,
	unix.ECONNREFUSED:    abi.ECONNREFUSED,
	unix.ELOOP:           abi.ELOOP,
	unix.ENAMETOOLONG:    abi.ENAMETOOLONG,
	unix.EHOSTDOWN:       abi.EHOSTDOWN,
	unix.EHOSTUNREACH:    abi.EHOSTUNREACH,
	unix.ENOTEMPTY:       abi.ENOTEMPTY,
	unix.EUSERS:          abi.EUSERS,
	unix.EDQUOT:          abi.EDQUOT,
	unix.ESTALE:          abi.ESTALE,
	unix.EREMOTE:         abi.EREMOTE,
	unix.ENOLCK:          abi.ENOLCK,
	unix.ENOSYS:          abi.ENOSYS,
	unix.EIDRM:           abi.EIDRM,
	unix.ENOMSG:          abi.ENOMSG,
	unix.EOVERFLOW:       abi.EOVERFLOW,
	unix.EILSEQ:          abi.EILSEQ,
	unix.ECANCELED:       abi.ECANCELED,
	unix.EBADMSG:         abi.EBADMSG,
	unix.ENODATA:         abi.ENODATA,
	unix.ENOSR:           abi.ENOSR,
	unix.ENOSTR:          abi.ENOSTR,
	unix.ETIME:           abi.ETIME,
	unix.EMULTIHOP:       abi.EMULTIHOP,
	unix.ENOLINK:         abi.ENOLINK,
	unix.EPROTO:          abi.EPROTO,
	unix.EOWNERDEAD:      abi.EOWNERDEAD,
	unix.ENOTRECOVERABLE: abi.ENOTRECOVERABLE,
}
