package abi

// Entries of the auxiliary vector.
const (
	AT_NULL            = 0
	AT_IGNORE          = 1
	AT_EXECFD          = 2
	AT_PHDR            = 3
	AT_PHENT           = 4
	AT_PHNUM           = 5
	AT_PAGESZ          = 6
	AT_BASE            = 7
	AT_FLAGS           = 8
	AT_ENTRY           = 9
	AT_DCACHEBSIZE     = 10
	AT_ICACHEBSIZE     = 11
	AT_UCACHEBSIZE     = 12
	AT_STACKBASE       = 13
	AT_EUID            = 2000
	AT_RUID            = 2001
	AT_EGID            = 2002
	AT_RGID            = 2003
	AT_SUN_LDELF       = 2004
	AT_SUN_LDSHDR      = 2005
	AT_SUN_LDNAME      = 2006
	AT_SUN_LPGSIZE     = 2007
	AT_SUN_PLATFORM    = 2008
	AT_SUN_HWCAP       = 2009
	AT_SUN_IFLUSH      = 2010
	AT_SUN_CPU         = 2011
	AT_SUN_EMUL_ENTRY  = 2012
	AT_SUN_EMUL_EXECFD = 2013
	AT_SUN_EXECNAME    = 2014
)

// AuxEntry is one entry (AuxInfo). Its type has 32 bits also where words are
// longer: on LP64 four bytes of padding follow.
type AuxEntry struct {
	Type  uint32
	Value ULong
}

// PsStrings is struct ps_strings, at the top of the stack.
type PsStrings struct {
	Argv  Ptr
	Nargv int32
	Envp  Ptr
	Nenv  int32
}

// Limits of exec.
const (
	ARG_MAX        = 256 * 1024
	PATH_MAX       = 1024
	NAME_MAX       = 511
	NGROUPS_MAX    = 16
	MAXCOMLEN      = 16
	MAXLOGNAME     = 16
	LOGIN_NAME_MAX = 17
	PIPE_BUF       = 512
	OPEN_MAX       = 128
	CHILD_MAX      = 160
)

// Utsname is struct utsname (kept by libc; the kernel gives the strings).
type Utsname struct {
	Sysname  [256]byte
	Nodename [256]byte
	Release  [256]byte
	Version  [256]byte
	Machine  [256]byte
}

// posix_spawn.
const (
	POSIX_SPAWN_RESETIDS      = 0x01
	POSIX_SPAWN_SETPGROUP     = 0x02
	POSIX_SPAWN_SETSCHEDPARAM = 0x04
	POSIX_SPAWN_SETSCHEDULER  = 0x08
	POSIX_SPAWN_SETSIGDEF     = 0x10
	POSIX_SPAWN_SETSIGMASK    = 0x20
	POSIX_SPAWN_RETURNERROR   = 0x40
)

// LWPs (_lwp_create).
const (
	LWP_DETACHED  = 0x00000040
	LWP_SUSPENDED = 0x00000080
	LWP_PIDLID    = 0x40000000
	LWP_VFORK     = 0x80000000
)

// Flags of ucontext_t, where all machines agree.
const (
	UC_SIGMASK = 0x01
	UC_STACK   = 0x02
	UC_CPU     = 0x04
	UC_FPU     = 0x08
	UC_MD      = 0x400f0020
)

// UcontextHead is how ucontext_t begins; the machine context follows, aligned
// as its registers need.
type UcontextHead struct {
	Flags   uint32
	Link    Ptr
	Sigmask Sigset
	Stack   StackT
}

// LwpCtl is the page _lwp_ctl shares, one such entry for an LWP.
type LwpCtl struct {
	Curcpu int32
	Pctr   int32
}

const (
	LWPCTL_CPU_NONE       = -1
	LWPCTL_CPU_EXITED     = -2
	LWPCTL_FEATURE_CURCPU = 0x01
	LWPCTL_FEATURE_PCTR   = 0x02
)

// reboot.
const (
	RB_AUTOBOOT  = 0
	RB_ASKNAME   = 0x00000001
	RB_SINGLE    = 0x00000002
	RB_NOSYNC    = 0x00000004
	RB_HALT      = 0x00000008
	RB_INITNAME  = 0x00000010
	RB_KDB       = 0x00000040
	RB_RDONLY    = 0x00000080
	RB_DUMP      = 0x00000100
	RB_MINIROOT  = 0x00000200
	RB_STRING    = 0x00000400
	RB_POWERDOWN = (RB_HALT | 0x800)
	RB_USERCONF  = 0x00001000
	RB_MD1       = 0x10000000
	RB_MD2       = 0x20000000
	RB_MD3       = 0x40000000
	RB_MD4       = 0x80000000
)

// ktrace.
const (
	KTROP_SET         = 0
	KTROP_CLEAR       = 1
	KTROP_CLEARFILE   = 2
	KTROP_MASK        = 0x3
	KTRFLAG_DESCEND   = 4
	KTR_SYSCALL       = 1
	KTR_SYSRET        = 2
	KTR_NAMEI         = 3
	KTR_GENIO         = 4
	KTR_PSIG          = 5
	KTR_CSW           = 6
	KTR_EMUL          = 7
	KTR_USER          = 8
	KTR_USER_MAXIDLEN = 20
	KTR_USER_MAXLEN   = 2048
	KTR_EXEC_ARG      = 10
	KTR_EXEC_ENV      = 11
	KTR_SAUPCALL      = 13
	KTR_MIB           = 14
	KTR_EXEC_FD       = 15
	KTRFAC_MASK       = 0x00ffffff
	KTRFAC_SYSCALL    = (1 << KTR_SYSCALL)
	KTRFAC_SYSRET     = (1 << KTR_SYSRET)
	KTRFAC_NAMEI      = (1 << KTR_NAMEI)
	KTRFAC_GENIO      = (1 << KTR_GENIO)
	KTRFAC_PSIG       = (1 << KTR_PSIG)
	KTRFAC_CSW        = (1 << KTR_CSW)
	KTRFAC_EMUL       = (1 << KTR_EMUL)
	KTRFAC_USER       = (1 << KTR_USER)
	KTRFAC_EXEC_ARG   = (1 << KTR_EXEC_ARG)
	KTRFAC_EXEC_ENV   = (1 << KTR_EXEC_ENV)
	KTRFAC_MIB        = (1 << KTR_MIB)
	KTRFAC_EXEC_FD    = (1 << KTR_EXEC_FD)
	KTRFAC_PERSISTENT = 0x80000000
	KTRFAC_INHERIT    = 0x40000000
	KTRFAC_TRC_EMUL   = 0x10000000
	KTRFAC_VER_MASK   = 0x0f000000
	KTRFAC_VER_SHIFT  = 24
)
