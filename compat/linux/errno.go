package linux

import "nbemu/abi"

// errnos has Linux's number for each of NetBSD's (native_to_linux_errno). Where Linux has no such error the
// nearest one stands.
var errnos = [abi.ELAST + 1]uint16{
	abi.EPERM: 1, abi.ENOENT: 2, abi.ESRCH: 3, abi.EINTR: 4, abi.EIO: 5, abi.ENXIO: 6, abi.E2BIG: 7, abi.ENOEXEC: 8,
	abi.EBADF: 9, abi.ECHILD: 10, abi.EDEADLK: 35, abi.ENOMEM: 12, abi.EACCES: 13, abi.EFAULT: 14, abi.ENOTBLK: 15,
	abi.EBUSY: 16, abi.EEXIST: 17, abi.EXDEV: 18, abi.ENODEV: 19, abi.ENOTDIR: 20, abi.EISDIR: 21, abi.EINVAL: 22,
	abi.ENFILE: 23, abi.EMFILE: 24, abi.ENOTTY: 25, abi.ETXTBSY: 26, abi.EFBIG: 27, abi.ENOSPC: 28, abi.ESPIPE: 29,
	abi.EROFS: 30, abi.EMLINK: 31, abi.EPIPE: 32, abi.EDOM: 33, abi.ERANGE: 34, abi.EAGAIN: 11, abi.EINPROGRESS: 115,
	abi.EALREADY: 114, abi.ENOTSOCK: 88, abi.EDESTADDRREQ: 89, abi.EMSGSIZE: 90, abi.EPROTOTYPE: 91,
	abi.ENOPROTOOPT: 92, abi.EPROTONOSUPPORT: 93, abi.ESOCKTNOSUPPORT: 94, abi.EOPNOTSUPP: 95, abi.EPFNOSUPPORT: 96,
	abi.EAFNOSUPPORT: 97, abi.EADDRINUSE: 98, abi.EADDRNOTAVAIL: 99, abi.ENETDOWN: 100, abi.ENETUNREACH: 101,
	abi.ENETRESET: 102, abi.ECONNABORTED: 103, abi.ECONNRESET: 104, abi.ENOBUFS: 105, abi.EISCONN: 106,
	abi.ENOTCONN: 107, abi.ESHUTDOWN: 108, abi.ETOOMANYREFS: 109, abi.ETIMEDOUT: 110, abi.ECONNREFUSED: 111,
	abi.ELOOP: 40, abi.ENAMETOOLONG: 36, abi.EHOSTDOWN: 112, abi.EHOSTUNREACH: 113, abi.ENOTEMPTY: 39,
	abi.EPROCLIM: 11, abi.EUSERS: 87, abi.EDQUOT: 122, abi.ESTALE: 116, abi.EREMOTE: 66, abi.EBADRPC: 38,
	abi.ERPCMISMATCH: 38, abi.EPROGUNAVAIL: 38, abi.EPROGMISMATCH: 38, abi.EPROCUNAVAIL: 38, abi.ENOLCK: 37,
	abi.ENOSYS: 38, abi.EFTYPE: 22, abi.EAUTH: 1, abi.ENEEDAUTH: 1, abi.EIDRM: 43, abi.ENOMSG: 42,
	abi.EOVERFLOW: 75, abi.EILSEQ: 84, abi.ENOTSUP: 95, abi.ECANCELED: 125, abi.EBADMSG: 74, abi.ENODATA: 61,
	abi.ENOSR: 63, abi.ENOSTR: 60, abi.ETIME: 62, abi.ENOATTR: 61, abi.EMULTIHOP: 72, abi.ENOLINK: 67,
	abi.EPROTO: 71, abi.EOWNERDEAD: 130, abi.ENOTRECOVERABLE: 131,
}

// Errors that only Linux has, as numbers that no error of the kernel's own has.
const (
	linuxErrno abi.Errno = 1 << 14

	eBadfd      = linuxErrno + 77
	eNoKey      = linuxErrno + 126
	eKeyExpired = linuxErrno + 127
	eKeyRevoked = linuxErrno + 128
)

// errnoOut returns the generic number of an error.
func errnoOut(err abi.Errno) uint16 {
	if err > 0 && int(err) < len(errnos) {
		return errnos[err]
	}
	if err >= linuxErrno {
		return uint16(err - linuxErrno)
	}
	return 38
}
