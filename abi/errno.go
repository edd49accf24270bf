// Package abi holds the shapes and numbers a NetBSD program sees: error
// numbers, signals, flags, and the guest's structures with the engine that
// lays them out for each data model. It depends on nothing else in nbemu.
//
// It is a part of nbemu and not for other modules: those import package machine.
package abi

import "strconv"

// Errno is a NetBSD error number. The negative values never reach a program:
// they tell the layers of the kernel how to return.
type Errno int32

// OK is the absence of an error.
const OK Errno = 0

const (
	EPERM           Errno = 1  // Operation not permitted
	ENOENT          Errno = 2  // No such file or directory
	ESRCH           Errno = 3  // No such process
	EINTR           Errno = 4  // Interrupted system call
	EIO             Errno = 5  // Input/output error
	ENXIO           Errno = 6  // Device not configured
	E2BIG           Errno = 7  // Argument list too long
	ENOEXEC         Errno = 8  // Exec format error
	EBADF           Errno = 9  // Bad file descriptor
	ECHILD          Errno = 10 // No child processes
	EDEADLK         Errno = 11 // Resource deadlock avoided
	ENOMEM          Errno = 12 // Cannot allocate memory
	EACCES          Errno = 13 // Permission denied
	EFAULT          Errno = 14 // Bad address
	ENOTBLK         Errno = 15 // Block device required
	EBUSY           Errno = 16 // Device busy
	EEXIST          Errno = 17 // File exists
	EXDEV           Errno = 18 // Cross-device link
	ENODEV          Errno = 19 // Operation not supported by device
	ENOTDIR         Errno = 20 // Not a directory
	EISDIR          Errno = 21 // Is a directory
	EINVAL          Errno = 22 // Invalid argument
	ENFILE          Errno = 23 // Too many open files in system
	EMFILE          Errno = 24 // Too many open files
	ENOTTY          Errno = 25 // Inappropriate ioctl for device
	ETXTBSY         Errno = 26 // Text file busy
	EFBIG           Errno = 27 // File too large
	ENOSPC          Errno = 28 // No space left on device
	ESPIPE          Errno = 29 // Illegal seek
	EROFS           Errno = 30 // Read-only file system
	EMLINK          Errno = 31 // Too many links
	EPIPE           Errno = 32 // Broken pipe
	EDOM            Errno = 33 // Numerical argument out of domain
	ERANGE          Errno = 34 // Result too large or too small
	EAGAIN          Errno = 35 // Resource temporarily unavailable
	EINPROGRESS     Errno = 36 // Operation now in progress
	EALREADY        Errno = 37 // Operation already in progress
	ENOTSOCK        Errno = 38 // Socket operation on non-socket
	EDESTADDRREQ    Errno = 39 // Destination address required
	EMSGSIZE        Errno = 40 // Message too long
	EPROTOTYPE      Errno = 41 // Protocol wrong type for socket
	ENOPROTOOPT     Errno = 42 // Protocol option not available
	EPROTONOSUPPORT Errno = 43 // Protocol not supported
	ESOCKTNOSUPPORT Errno = 44 // Socket type not supported
	EOPNOTSUPP      Errno = 45 // Operation not supported
	EPFNOSUPPORT    Errno = 46 // Protocol family not supported
	EAFNOSUPPORT    Errno = 47 // Address family not supported by protocol family
	EADDRINUSE      Errno = 48 // Address already in use
	EADDRNOTAVAIL   Errno = 49 // Can't assign requested address
	ENETDOWN        Errno = 50 // Network is down
	ENETUNREACH     Errno = 51 // Network is unreachable
	ENETRESET       Errno = 52 // Network dropped connection on reset
	ECONNABORTED    Errno = 53 // Software caused connection abort
	ECONNRESET      Errno = 54 // Connection reset by peer
	ENOBUFS         Errno = 55 // No buffer space available
	EISCONN         Errno = 56 // Socket is already connected
	ENOTCONN        Errno = 57 // Socket is not connected
	ESHUTDOWN       Errno = 58 // Can't send after socket shutdown
	ETOOMANYREFS    Errno = 59 // Too many references: can't splice
	ETIMEDOUT       Errno = 60 // Operation timed out
	ECONNREFUSED    Errno = 61 // Connection refused
	ELOOP           Errno = 62 // Too many levels of symbolic links
	ENAMETOOLONG    Errno = 63 // File name too long
	EHOSTDOWN       Errno = 64 // Host is down
	EHOSTUNREACH    Errno = 65 // No route to host
	ENOTEMPTY       Errno = 66 // Directory not empty
	EPROCLIM        Errno = 67 // Too many processes
	EUSERS          Errno = 68 // Too many users
	EDQUOT          Errno = 69 // Disc quota exceeded
	ESTALE          Errno = 70 // Stale NFS file handle
	EREMOTE         Errno = 71 // Too many levels of remote in path
	EBADRPC         Errno = 72 // RPC struct is bad
	ERPCMISMATCH    Errno = 73 // RPC version wrong
	EPROGUNAVAIL    Errno = 74 // RPC prog. not avail
	EPROGMISMATCH   Errno = 75 // Program version wrong
	EPROCUNAVAIL    Errno = 76 // Bad procedure for program
	ENOLCK          Errno = 77 // No locks available
	ENOSYS          Errno = 78 // Function not implemented
	EFTYPE          Errno = 79 // Inappropriate file type or format
	EAUTH           Errno = 80 // Authentication error
	ENEEDAUTH       Errno = 81 // Need authenticator
	EIDRM           Errno = 82 // Identifier removed
	ENOMSG          Errno = 83 // No message of desired type
	EOVERFLOW       Errno = 84 // Value too large to be stored in data type
	EILSEQ          Errno = 85 // Illegal byte sequence
	ENOTSUP         Errno = 86 // Not supported
	ECANCELED       Errno = 87 // Operation canceled
	EBADMSG         Errno = 88 // Bad or Corrupt message
	ENODATA         Errno = 89 // No message available
	ENOSR           Errno = 90 // No STREAM resources
	ENOSTR          Errno = 91 // Not a STREAM
	ETIME           Errno = 92 // STREAM ioctl timeout
	ENOATTR         Errno = 93 // Attribute not found
	EMULTIHOP       Errno = 94 // Multihop attempted
	ENOLINK         Errno = 95 // Link has been severed
	EPROTO          Errno = 96 // Protocol error
	EOWNERDEAD      Errno = 97 // Previous owner died
	ENOTRECOVERABLE Errno = 98 // State not recoverable

	// ELAST is the largest error number.
	ELAST = ENOTRECOVERABLE

	EWOULDBLOCK = EAGAIN
)

// Kernel-internal codes.
const (
	EJUSTRETURN  Errno = -2 // leave the registers alone
	ERESTART     Errno = -3 // run the system call again
	EPASSTHROUGH Errno = -4 // an ioctl this layer does not know
	EDUPFD       Errno = -5 // open: duplicate the given descriptor
	EMOVEFD      Errno = -6 // open: move the given descriptor
)

type errnoText struct{ name, msg string }

var errnoTab = [...]errnoText{
	0:               {"OK", "Undefined error: 0"},
	EPERM:           {"EPERM", "Operation not permitted"},
	ENOENT:          {"ENOENT", "No such file or directory"},
	ESRCH:           {"ESRCH", "No such process"},
	EINTR:           {"EINTR", "Interrupted system call"},
	EIO:             {"EIO", "Input/output error"},
	ENXIO:           {"ENXIO", "Device not configured"},
	E2BIG:           {"E2BIG", "Argument list too long"},
	ENOEXEC:         {"ENOEXEC", "Exec format error"},
	EBADF:           {"EBADF", "Bad file descriptor"},
	ECHILD:          {"ECHILD", "No child processes"},
	EDEADLK:         {"EDEADLK", "Resource deadlock avoided"},
	ENOMEM:          {"ENOMEM", "Cannot allocate memory"},
	EACCES:          {"EACCES", "Permission denied"},
	EFAULT:          {"EFAULT", "Bad address"},
	ENOTBLK:         {"ENOTBLK", "Block device required"},
	EBUSY:           {"EBUSY", "Device busy"},
	EEXIST:          {"EEXIST", "File exists"},
	EXDEV:           {"EXDEV", "Cross-device link"},
	ENODEV:          {"ENODEV", "Operation not supported by device"},
	ENOTDIR:         {"ENOTDIR", "Not a directory"},
	EISDIR:          {"EISDIR", "Is a directory"},
	EINVAL:          {"EINVAL", "Invalid argument"},
	ENFILE:          {"ENFILE", "Too many open files in system"},
	EMFILE:          {"EMFILE", "Too many open files"},
	ENOTTY:          {"ENOTTY", "Inappropriate ioctl for device"},
	ETXTBSY:         {"ETXTBSY", "Text file busy"},
	EFBIG:           {"EFBIG", "File too large"},
	ENOSPC:          {"ENOSPC", "No space left on device"},
	ESPIPE:          {"ESPIPE", "Illegal seek"},
	EROFS:           {"EROFS", "Read-only file system"},
	EMLINK:          {"EMLINK", "Too many links"},
	EPIPE:           {"EPIPE", "Broken pipe"},
	EDOM:            {"EDOM", "Numerical argument out of domain"},
	ERANGE:          {"ERANGE", "Result too large or too small"},
	EAGAIN:          {"EAGAIN", "Resource temporarily unavailable"},
	EINPROGRESS:     {"EINPROGRESS", "Operation now in progress"},
	EALREADY:        {"EALREADY", "Operation already in progress"},
	ENOTSOCK:        {"ENOTSOCK", "Socket operation on non-socket"},
	EDESTADDRREQ:    {"EDESTADDRREQ", "Destination address required"},
	EMSGSIZE:        {"EMSGSIZE", "Message too long"},
	EPROTOTYPE:      {"EPROTOTYPE", "Protocol wrong type for socket"},
	ENOPROTOOPT:     {"ENOPROTOOPT", "Protocol option not available"},
	EPROTONOSUPPORT: {"EPROTONOSUPPORT", "Protocol not supported"},
	ESOCKTNOSUPPORT: {"ESOCKTNOSUPPORT", "Socket type not supported"},
	EOPNOTSUPP:      {"EOPNOTSUPP", "Operation not supported"},
	EPFNOSUPPORT:    {"EPFNOSUPPORT", "Protocol family not supported"},
	EAFNOSUPPORT:    {"EAFNOSUPPORT", "Address family not supported by protocol family"},
	EADDRINUSE:      {"EADDRINUSE", "Address already in use"},
	EADDRNOTAVAIL:   {"EADDRNOTAVAIL", "Can't assign requested address"},
	ENETDOWN:        {"ENETDOWN", "Network is down"},
	ENETUNREACH:     {"ENETUNREACH", "Network is unreachable"},
	ENETRESET:       {"ENETRESET", "Network dropped connection on reset"},
	ECONNABORTED:    {"ECONNABORTED", "Software caused connection abort"},
	ECONNRESET:      {"ECONNRESET", "Connection reset by peer"},
	ENOBUFS:         {"ENOBUFS", "No buffer space available"},
	EISCONN:         {"EISCONN", "Socket is already connected"},
	ENOTCONN:        {"ENOTCONN", "Socket is not connected"},
	ESHUTDOWN:       {"ESHUTDOWN", "Can't send after socket shutdown"},
	ETOOMANYREFS:    {"ETOOMANYREFS", "Too many references: can't splice"},
	ETIMEDOUT:       {"ETIMEDOUT", "Operation timed out"},
	ECONNREFUSED:    {"ECONNREFUSED", "Connection refused"},
	ELOOP:           {"ELOOP", "Too many levels of symbolic links"},
	ENAMETOOLONG:    {"ENAMETOOLONG", "File name too long"},
	EHOSTDOWN:       {"EHOSTDOWN", "Host is down"},
	EHOSTUNREACH:    {"EHOSTUNREACH", "No route to host"},
	ENOTEMPTY:       {"ENOTEMPTY", "Directory not empty"},
	EPROCLIM:        {"EPROCLIM", "Too many processes"},
	EUSERS:          {"EUSERS", "Too many users"},
	EDQUOT:          {"EDQUOT", "Disc quota exceeded"},
	ESTALE:          {"ESTALE", "Stale NFS file handle"},
	EREMOTE:         {"EREMOTE", "Too many levels of remote in path"},
	EBADRPC:         {"EBADRPC", "RPC struct is bad"},
	ERPCMISMATCH:    {"ERPCMISMATCH", "RPC version wrong"},
	EPROGUNAVAIL:    {"EPROGUNAVAIL", "RPC prog. not avail"},
	EPROGMISMATCH:   {"EPROGMISMATCH", "Program version wrong"},
	EPROCUNAVAIL:    {"EPROCUNAVAIL", "Bad procedure for program"},
	ENOLCK:          {"ENOLCK", "No locks available"},
	ENOSYS:          {"ENOSYS", "Function not implemented"},
	EFTYPE:          {"EFTYPE", "Inappropriate file type or format"},
	EAUTH:           {"EAUTH", "Authentication error"},
	ENEEDAUTH:       {"ENEEDAUTH", "Need authenticator"},
	EIDRM:           {"EIDRM", "Identifier removed"},
	ENOMSG:          {"ENOMSG", "No message of desired type"},
	EOVERFLOW:       {"EOVERFLOW", "Value too large to be stored in data type"},
	EILSEQ:          {"EILSEQ", "Illegal byte sequence"},
	ENOTSUP:         {"ENOTSUP", "Not supported"},
	ECANCELED:       {"ECANCELED", "Operation canceled"},
	EBADMSG:         {"EBADMSG", "Bad or Corrupt message"},
	ENODATA:         {"ENODATA", "No message available"},
	ENOSR:           {"ENOSR", "No STREAM resources"},
	ENOSTR:          {"ENOSTR", "Not a STREAM"},
	ETIME:           {"ETIME", "STREAM ioctl timeout"},
	ENOATTR:         {"ENOATTR", "Attribute not found"},
	EMULTIHOP:       {"EMULTIHOP", "Multihop attempted"},
	ENOLINK:         {"ENOLINK", "Link has been severed"},
	EPROTO:          {"EPROTO", "Protocol error"},
	EOWNERDEAD:      {"EOWNERDEAD", "Previous owner died"},
	ENOTRECOVERABLE: {"ENOTRECOVERABLE", "State not recoverable"},
}

var errnoInternal = map[Errno]errnoText{
	EJUSTRETURN:  {"EJUSTRETURN", "Registers are left alone"},
	ERESTART:     {"ERESTART", "System call restarts"},
	EPASSTHROUGH: {"EPASSTHROUGH", "Request not handled by this layer"},
	EDUPFD:       {"EDUPFD", "Descriptor to be duplicated"},
	EMOVEFD:      {"EMOVEFD", "Descriptor to be moved"},
}

func (err Errno) text() errnoText {
	if err >= 0 && int(err) < len(errnoTab) {
		return errnoTab[err]
	}
	if t, ok := errnoInternal[err]; ok {
		return t
	}
	n := strconv.Itoa(int(err))
	return errnoText{"E" + n, "Unknown error: " + n}
}

// Name returns the symbol, "ENOENT".
func (err Errno) Name() string { return err.text().name }

// Error returns the message strerror(3) would.
func (err Errno) Error() string { return err.text().msg }

// Err returns a nil error for OK, so that Go code can treat the result as usual.
func (err Errno) Err() error {
	if err == OK {
		return nil
	}
	return err
}
