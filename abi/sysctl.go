package abi

// Identifiers of the top level and of every level.
const (
	CTL_MAXNAME     = 12
	CTL_EOL         = (-1)
	CTL_QUERY       = (-2)
	CTL_CREATE      = (-3)
	CTL_CREATESYM   = (-4)
	CTL_DESTROY     = (-5)
	CTL_MMAP        = (-6)
	CTL_DESCRIBE    = (-7)
	CTL_UNSPEC      = 0
	CTL_KERN        = 1
	CTL_VM          = 2
	CTL_VFS         = 3
	CTL_NET         = 4
	CTL_DEBUG       = 5
	CTL_HW          = 6
	CTL_MACHDEP     = 7
	CTL_USER        = 8
	CTL_DDB         = 9
	CTL_PROC        = 10
	CTL_VENDOR      = 11
	CTL_EMUL        = 12
	CTL_SECURITY    = 13
	CTL_DEBUG_NAME  = 0
	CTL_DEBUG_VALUE = 1
)

// Types, flags and versions of nodes.
const (
	SYSCTL_NAMELEN    = 32
	CREATE_BASE       = (1024)
	SYSCTL_DEFSIZE    = 8
	CTLTYPE_NODE      = 1
	CTLTYPE_INT       = 2
	CTLTYPE_STRING    = 3
	CTLTYPE_QUAD      = 4
	CTLTYPE_STRUCT    = 5
	CTLTYPE_BOOL      = 6
	CTLFLAG_READONLY  = 0x00000000
	CTLFLAG_READWRITE = 0x00000070
	CTLFLAG_ANYWRITE  = 0x00000080
	CTLFLAG_PRIVATE   = 0x00000100
	CTLFLAG_PERMANENT = 0x00000200
	CTLFLAG_OWNDATA   = 0x00000400
	CTLFLAG_IMMEDIATE = 0x00000800
	CTLFLAG_HEX       = 0x00001000
	CTLFLAG_ROOT      = 0x00002000
	CTLFLAG_ANYNUMBER = 0x00004000
	CTLFLAG_HIDDEN    = 0x00008000
	CTLFLAG_ALIAS     = 0x00010000
	CTLFLAG_MMAP      = 0x00020000
	CTLFLAG_OWNDESC   = 0x00040000
	CTLFLAG_UNSIGNED  = 0x00080000
	SYSCTL_VERS_MASK  = 0xff000000
	SYSCTL_VERS_0     = 0x00000000
	SYSCTL_VERS_1     = 0x01000000
	SYSCTL_VERSION    = SYSCTL_VERS_1
	SYSCTL_TYPEMASK   = 0x0000000f
	SYSCTL_FLAGMASK   = 0x00fffff0
)

// kern.
const (
	KERN_OSTYPE                    = 1
	KERN_OSRELEASE                 = 2
	KERN_OSREV                     = 3
	KERN_VERSION                   = 4
	KERN_MAXVNODES                 = 5
	KERN_MAXPROC                   = 6
	KERN_MAXFILES                  = 7
	KERN_ARGMAX                    = 8
	KERN_SECURELVL                 = 9
	KERN_HOSTNAME                  = 10
	KERN_HOSTID                    = 11
	KERN_CLOCKRATE                 = 12
	KERN_VNODE                     = 13
	KERN_PROC                      = 14
	KERN_FILE                      = 15
	KERN_PROF                      = 16
	KERN_POSIX1                    = 17
	KERN_NGROUPS                   = 18
	KERN_JOB_CONTROL               = 19
	KERN_SAVED_IDS                 = 20
	KERN_OBOOTTIME                 = 21
	KERN_DOMAINNAME                = 22
	KERN_MAXPARTITIONS             = 23
	KERN_RAWPARTITION              = 24
	KERN_NTPTIME                   = 25
	KERN_TIMEX                     = 26
	KERN_AUTONICETIME              = 27
	KERN_AUTONICEVAL               = 28
	KERN_RTC_OFFSET                = 29
	KERN_ROOT_DEVICE               = 30
	KERN_MSGBUFSIZE                = 31
	KERN_FSYNC                     = 32
	KERN_OLDSYSVMSG                = 33
	KERN_OLDSYSVSEM                = 34
	KERN_OLDSYSVSHM                = 35
	KERN_OLDSHORTCORENAME          = 36
	KERN_SYNCHRONIZED_IO           = 37
	KERN_IOV_MAX                   = 38
	KERN_MBUF                      = 39
	KERN_MAPPED_FILES              = 40
	KERN_MEMLOCK                   = 41
	KERN_MEMLOCK_RANGE             = 42
	KERN_MEMORY_PROTECTION         = 43
	KERN_LOGIN_NAME_MAX            = 44
	KERN_DEFCORENAME               = 45
	KERN_LOGSIGEXIT                = 46
	KERN_PROC2                     = 47
	KERN_FSCALE                    = 49
	KERN_CCPU                      = 50
	KERN_CP_TIME                   = 51
	KERN_OLDSYSVIPC_INFO           = 52
	KERN_MSGBUF                    = 53
	KERN_CONSDEV                   = 54
	KERN_MAXPTYS                   = 55
	KERN_PIPE                      = 56
	KERN_MAXPHYS                   = 57
	KERN_SBMAX                     = 58
	KERN_TKSTAT                    = 59
	KERN_MONOTONIC_CLOCK           = 60
	KERN_URND                      = 61
	KERN_LABELSECTOR               = 62
	KERN_LABELOFFSET               = 63
	KERN_LWP                       = 64
	KERN_FORKFSLEEP                = 65
	KERN_POSIX_THREADS             = 66
	KERN_POSIX_SEMAPHORES          = 67
	KERN_POSIX_BARRIERS            = 68
	KERN_POSIX_TIMERS              = 69
	KERN_POSIX_SPIN_LOCKS          = 70
	KERN_POSIX_READER_WRITER_LOCKS = 71
	KERN_DUMP_ON_PANIC             = 72
	KERN_SOMAXKVA                  = 73
	KERN_ROOT_PARTITION            = 74
	KERN_DRIVERS                   = 75
	KERN_BUF                       = 76
	KERN_FILE2                     = 77
	KERN_VERIEXEC                  = 78
	KERN_CP_ID                     = 79
	KERN_HARDCLOCK_TICKS           = 80
	KERN_ARND                      = 81
	KERN_SYSVIPC                   = 82
	KERN_BOOTTIME                  = 83
	KERN_EVCNT                     = 84
	KERN_MAXID                     = 85

	KERN_PROC_ALL     = 0
	KERN_PROC_PID     = 1
	KERN_PROC_PGRP    = 2
	KERN_PROC_SESSION = 3
	KERN_PROC_TTY     = 4
	KERN_PROC_UID     = 5
	KERN_PROC_RUID    = 6
	KERN_PROC_GID     = 7
	KERN_PROC_RGID    = 8

	KERN_PROC_ARGV     = 1
	KERN_PROC_NARGV    = 2
	KERN_PROC_ENV      = 3
	KERN_PROC_NENV     = 4
	KERN_PROC_PATHNAME = 5

	KERN_PROC_CWD = 6

	KERN_SYSVIPC_INFO       = 1
	KERN_SYSVIPC_MSG        = 2
	KERN_SYSVIPC_SEM        = 3
	KERN_SYSVIPC_SHM        = 4
	KERN_SYSVIPC_SHMMAX     = 5
	KERN_SYSVIPC_SHMMNI     = 6
	KERN_SYSVIPC_SHMSEG     = 7
	KERN_SYSVIPC_SHMMAXPGS  = 8
	KERN_SYSVIPC_SHMUSEPHYS = 9
	KERN_SYSVIPC_MSG_INFO   = 4
	KERN_SYSVIPC_SEM_INFO   = 5
	KERN_SYSVIPC_SHM_INFO   = 6
	KERN_FILE_BYFILE        = 1
	KERN_FILE_BYPID         = 2
	KERN_FILESLOP           = 10
)

// hw.
const (
	HW_MACHINE      = 1
	HW_MODEL        = 2
	HW_NCPU         = 3
	HW_BYTEORDER    = 4
	HW_PHYSMEM      = 5
	HW_USERMEM      = 6
	HW_PAGESIZE     = 7
	HW_DISKNAMES    = 8
	HW_IOSTATS      = 9
	HW_MACHINE_ARCH = 10
	HW_ALIGNBYTES   = 11
	HW_CNMAGIC      = 12
	HW_PHYSMEM64    = 13
	HW_USERMEM64    = 14
	HW_IOSTATNAMES  = 15
	HW_NCPUONLINE   = 16
)

// vm.
const (
	VM_METER      = 1
	VM_LOADAVG    = 2
	VM_UVMEXP     = 3
	VM_UVMEXP2    = 5
	VM_ANONMIN    = 6
	VM_EXECMIN    = 7
	VM_FILEMIN    = 8
	VM_MAXSLP     = 9
	VM_USPACE     = 10
	VM_ANONMAX    = 11
	VM_EXECMAX    = 12
	VM_FILEMAX    = 13
	VM_MINADDRESS = 14
	VM_MAXADDRESS = 15
	VM_PROC       = 16
)

// user.
const (
	USER_CS_PATH          = 1
	USER_BC_BASE_MAX      = 2
	USER_BC_DIM_MAX       = 3
	USER_BC_SCALE_MAX     = 4
	USER_BC_STRING_MAX    = 5
	USER_COLL_WEIGHTS_MAX = 6
	USER_EXPR_NEST_MAX    = 7
	USER_LINE_MAX         = 8
	USER_RE_DUP_MAX       = 9
	USER_POSIX2_VERSION   = 10
	USER_POSIX2_C_BIND    = 11
	USER_POSIX2_C_DEV     = 12
	USER_POSIX2_CHAR_TERM = 13
	USER_POSIX2_FORT_DEV  = 14
	USER_POSIX2_FORT_RUN  = 15
	USER_POSIX2_LOCALEDEF = 16
	USER_POSIX2_SW_DEV    = 17
	USER_POSIX2_UPE       = 18
	USER_STREAM_MAX       = 19
	USER_TZNAME_MAX       = 20
	USER_ATEXIT_MAX       = 21
)

// proc.
const (
	PROC_PID_CORENAME = 1
	PROC_PID_LIMIT    = 2
	PROC_PID_STOPFORK = 3
	PROC_PID_STOPEXEC = 4
	PROC_PID_STOPEXIT = 5

	PROC_PID_LIMIT_TYPE_SOFT = 1
	PROC_PID_LIMIT_TYPE_HARD = 2
	PROC_CURPROC             = 0x7fffffff
)

// Clockinfo is struct clockinfo (kern.clockrate).
type Clockinfo struct {
	Hz      int32
	Tick    int32
	Tickadj int32
	Stathz  int32
	Profhz  int32
}

// CTL_NAMELEN_MAX is how many numbers a name may have.
const CTL_NAMELEN_MAX = CTL_MAXNAME

// Sysctlnode is struct sysctlnode, version 1: what queries give. Pointers
// and sizes have room for 64 bits on every machine.
type Sysctlnode struct {
	Flags  uint32
	Num    int32
	Name   [SYSCTL_NAMELEN]byte
	Ver    uint32
	_      uint32
	Un     [16]byte // by type: see the structures below
	Size   uint64
	Func   uint64
	Parent uint64
	Desc   uint64
}

// What Sysctlnode.Un holds for a node and for a leaf. An immediate value
// stands at its beginning.
type (
	SysctlChild struct {
		Csize uint32
		Clen  uint32
		Child uint64
	}
	SysctlData struct {
		Data   uint64
		Offset uint64
	}
)

// SysctldescHead begins struct sysctldesc (CTL_DESCRIBE); the string and its
// NUL follow, rounded up to 4 bytes.
type SysctldescHead struct {
	Num int32
	Ver uint32
	Len uint32
}
