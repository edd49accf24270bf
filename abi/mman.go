package abi

// Protection.
const (
	PROT_NONE  = 0x00
	PROT_READ  = 0x01
	PROT_WRITE = 0x02
	PROT_EXEC  = 0x04
)

// PROT_MPROTECT in a protection is the most mprotect may give later.
func PROT_MPROTECT(prot int32) int32 { return prot << 3 }

// ProtMprotect extracts it.
func ProtMprotect(prot int32) int32 { return prot >> 3 & 7 }

// Flags of mmap and mremap.
const (
	MAP_SHARED       = 0x0001
	MAP_PRIVATE      = 0x0002
	MAP_FIXED        = 0x0010
	MAP_RENAME       = 0x0020
	MAP_NORESERVE    = 0x0040
	MAP_INHERIT      = 0x0080
	MAP_HASSEMAPHORE = 0x0200
	MAP_TRYFIXED     = 0x0400
	MAP_WIRED        = 0x0800
	MAP_FILE         = 0x0000
	MAP_ANONYMOUS    = 0x1000
	MAP_ANON         = MAP_ANONYMOUS
	MAP_STACK        = 0x2000

	MAP_REMAPDUP        = 0x0004 // mremap: leave the old mapping
	MAP_ALIGNMENT_SHIFT = 24
	MAP_ALIGNMENT_MASK  = 0xff << MAP_ALIGNMENT_SHIFT
)

// madvise, minherit, msync, mlockall.
const (
	MS_ASYNC                = 0x01
	MS_INVALIDATE           = 0x02
	MS_SYNC                 = 0x04
	MCL_CURRENT             = 0x01
	MCL_FUTURE              = 0x02
	POSIX_MADV_NORMAL       = 0
	POSIX_MADV_RANDOM       = 1
	POSIX_MADV_SEQUENTIAL   = 2
	POSIX_MADV_WILLNEED     = 3
	POSIX_MADV_DONTNEED     = 4
	MADV_NORMAL             = POSIX_MADV_NORMAL
	MADV_RANDOM             = POSIX_MADV_RANDOM
	MADV_SEQUENTIAL         = POSIX_MADV_SEQUENTIAL
	MADV_WILLNEED           = POSIX_MADV_WILLNEED
	MADV_DONTNEED           = POSIX_MADV_DONTNEED
	MADV_SPACEAVAIL         = 5
	MADV_FREE               = 6
	MAP_INHERIT_SHARE       = 0
	MAP_INHERIT_COPY        = 1
	MAP_INHERIT_NONE        = 2
	MAP_INHERIT_DONATE_COPY = 3
	MAP_INHERIT_ZERO        = 4
	MAP_INHERIT_DEFAULT     = MAP_INHERIT_COPY
)
