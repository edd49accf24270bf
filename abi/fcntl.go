package abi

// Flags of open.
const (
	O_RDONLY    = 0x00000000
	O_WRONLY    = 0x00000001
	O_RDWR      = 0x00000002
	O_ACCMODE   = 0x00000003
	O_NONBLOCK  = 0x00000004
	O_APPEND    = 0x00000008
	O_SHLOCK    = 0x00000010
	O_EXLOCK    = 0x00000020
	O_ASYNC     = 0x00000040
	O_SYNC      = 0x00000080
	O_NOFOLLOW  = 0x00000100
	O_CREAT     = 0x00000200
	O_TRUNC     = 0x00000400
	O_EXCL      = 0x00000800
	O_NOCTTY    = 0x00008000
	O_DSYNC     = 0x00010000
	O_RSYNC     = 0x00020000
	O_ALT_IO    = 0x00040000
	O_DIRECT    = 0x00080000
	O_DIRECTORY = 0x00200000
	O_CLOEXEC   = 0x00400000
	O_SEARCH    = 0x00800000
	O_NOSIGPIPE = 0x01000000

	O_REGULAR = 0x02000000
	O_EXEC    = 0x04000000

	O_NDELAY = O_NONBLOCK
	O_FSYNC  = O_SYNC

	// O_MASK is what open takes; the rest is dropped.
	O_MASK = O_ACCMODE | O_NONBLOCK | O_APPEND | O_SHLOCK | O_EXLOCK | O_ASYNC | O_SYNC | O_CREAT | O_TRUNC | O_EXCL | O_DSYNC | O_RSYNC | O_NOCTTY | O_ALT_IO | O_NOFOLLOW | O_DIRECT | O_DIRECTORY | O_CLOEXEC | O_NOSIGPIPE | O_REGULAR | O_EXEC | O_SEARCH
)

// Flags of an open file: O_ flags with the access mode as two bits.
const (
	FREAD  = 1
	FWRITE = 2
	FMASK  = FREAD | FWRITE | FCNTLFLAGS

	// FCNTLFLAGS is what F_SETFL can change.
	FCNTLFLAGS = O_APPEND | O_ASYNC | O_SYNC | O_NONBLOCK | O_DSYNC | O_RSYNC | O_ALT_IO | O_DIRECT | O_NOSIGPIPE
)

// Fflags makes the flags of an open file from those of open, Oflags the reverse.
func Fflags(oflags int32) int32 { return oflags + 1 }
func Oflags(fflags int32) int32 { return fflags - 1 }

// Commands of fcntl.
const (
	F_DUPFD         = 0
	F_GETFD         = 1
	F_SETFD         = 2
	F_GETFL         = 3
	F_SETFL         = 4
	F_GETOWN        = 5
	F_SETOWN        = 6
	F_GETLK         = 7
	F_SETLK         = 8
	F_SETLKW        = 9
	F_CLOSEM        = 10
	F_MAXFD         = 11
	F_DUPFD_CLOEXEC = 12
	F_GETNOSIGPIPE  = 13
	F_SETNOSIGPIPE  = 14

	F_GETPATH   = 15
	F_ADD_SEALS = 16
	F_GET_SEALS = 17
)

// File descriptor flags and locks.
const (
	FD_CLOEXEC = 1
	F_RDLCK    = 1
	F_UNLCK    = 2
	F_WRLCK    = 3
	LOCK_SH    = 0x01
	LOCK_EX    = 0x02
	LOCK_NB    = 0x04
	LOCK_UN    = 0x08
	SEEK_SET   = 0
	SEEK_CUR   = 1
	SEEK_END   = 2
)

// Seals of memfd_create files.
const (
	F_SEAL_SEAL         = 0x0001
	F_SEAL_SHRINK       = 0x0002
	F_SEAL_GROW         = 0x0004
	F_SEAL_WRITE        = 0x0008
	F_SEAL_FUTURE_WRITE = 0x0010

	MFD_CLOEXEC       = 0x0001
	MFD_ALLOW_SEALING = 0x0002
)

// fcntl requests made for one file system.
const (
	F_PARAM_MASK = 0xfff
	F_PARAM_MAX  = 4095
	F_FSCTL      = 0x80000000
	F_FSVOID     = 0x40000000
	F_FSOUT      = 0x20000000
	F_FSIN       = 0x10000000
	F_FSINOUT    = (F_FSIN | F_FSOUT)
	F_FSDIRMASK  = 0x70000000
	F_FSPRIV     = 0x00008000
)

// The *at calls.
const (
	AT_FDCWD            = -100
	AT_EACCESS          = 0x100
	AT_SYMLINK_NOFOLLOW = 0x200
	AT_SYMLINK_FOLLOW   = 0x400
	AT_REMOVEDIR        = 0x800
)

// access and fsync_range.
const (
	F_OK      = 0
	X_OK      = 0x01
	W_OK      = 0x02
	R_OK      = 0x04
	FDATASYNC = 0x0010
	FFILESYNC = 0x0020
	FDISKSYNC = 0x0040
)

// posix_fadvise.
const (
	POSIX_FADV_NORMAL     = 0
	POSIX_FADV_RANDOM     = 1
	POSIX_FADV_SEQUENTIAL = 2
	POSIX_FADV_WILLNEED   = 3
	POSIX_FADV_DONTNEED   = 4
	POSIX_FADV_NOREUSE    = 5
)

// pathconf.
const (
	PC_LINK_MAX         = 1
	PC_MAX_CANON        = 2
	PC_MAX_INPUT        = 3
	PC_NAME_MAX         = 4
	PC_PATH_MAX         = 5
	PC_PIPE_BUF         = 6
	PC_CHOWN_RESTRICTED = 7
	PC_NO_TRUNC         = 8
	PC_VDISABLE         = 9
	PC_SYNC_IO          = 10
	PC_FILESIZEBITS     = 11
	PC_SYMLINK_MAX      = 12
	PC_2_SYMLINKS       = 13
	PC_ACL_EXTENDED     = 14
	PC_MIN_HOLE_SIZE    = 15
)

// Flock is struct flock.
type Flock struct {
	Start  int64
	Len    int64
	Pid    int32
	Type   int16
	Whence int16
}
