package abi

// What sysctl says of processes and memory (sys/sysctl.h, uvm/uvm_extern.h).
// Pointers, longs and ids have fixed sizes in these structures, so that one
// layout serves all programs of a byte order. New members come at the end.

// Sizes of arrays in the structures.
const (
	KI_NGROUPS    = 16
	KI_MAXCOMLEN  = 24
	KI_WMESGLEN   = 8
	KI_MAXLOGNAME = 24
	KI_MAXEMULLEN = 16
	KI_LNAMELEN   = 20
	KI_NOCPU      = ^uint64(0)
)

// KinfoProc2 is struct kinfo_proc2 (kern.proc2).
type KinfoProc2 struct {
	Forw, Back, Paddr                                           uint64
	Addr, Fd, Cwdi, Stats, Limit, Vmspace, Sigacts, Sess, Tsess uint64
	Ru                                                          uint64
	Eflag, Exitsig, Flag                                        int32
	Pid, Ppid, Sid, Pgid, Tpgid                                 int32
	Uid, Ruid, Gid, Rgid                                        uint32
	Groups                                                      [KI_NGROUPS]uint32
	Ngroups, Jobc                                               int16
	Tdev                                                        uint32
	Estcpu, RtimeSec, RtimeUsec                                 uint32
	Cpticks                                                     int32
	Pctcpu, Swtime, Slptime                                     uint32
	Schedflags                                                  int32
	Uticks, Sticks, Iticks                                      uint64
	Tracep                                                      uint64
	Traceflag, Holdcnt                                          int32
	Siglist, Sigmask, Sigignore, Sigcatch                       Sigset
	Stat                                                        int8
	Priority, Usrpri, Nice                                      uint8
	Xstat, Acflag                                               uint16
	Comm                                                        [KI_MAXCOMLEN]byte
	Wmesg                                                       [KI_WMESGLEN]byte
	Wchan                                                       uint64
	Login                                                       [KI_MAXLOGNAME]byte
	VmRssize, VmTsize, VmDsize, VmSsize                         int32
	Uvalid                                                      int64
	UstartSec, UstartUsec                                       uint32
	UutimeSec, UutimeUsec, UstimeSec, UstimeUsec                uint32
	UruMaxrss, UruIxrss, UruIdrss, UruIsrss                     uint64
	UruMinflt, UruMajflt, UruNswap, UruInblock, UruOublock      uint64
	UruMsgsnd, UruMsgrcv, UruNsignals, UruNvcsw, UruNivcsw      uint64
	UctimeSec, UctimeUsec                                       uint32
	Cpuid, Realflag, Nlwps, Nrlwps, Realstat                    uint64
	Svuid, Svgid                                                uint32
	Ename                                                       [KI_MAXEMULLEN]byte
	VmVsize, VmMsize                                            int64
}

// Bits of KinfoProc2.Flag, Realflag and KinfoLwp.Flag.
const (
	P_CONTROLT  = 0x00000002
	L_INMEM     = 0x00000004
	P_NOCLDSTOP = 0x00000008
	P_PPWAIT    = 0x00000010
	L_SINTR     = 0x00000080
	P_SUGID     = 0x00000100
	P_TRACED    = 0x00000800
	P_WAITED    = 0x00001000
	P_WEXIT     = 0x00002000
	P_EXEC      = 0x00004000
	P_NOCLDWAIT = 0x00020000
	P_32        = 0x00040000
	P_CLDSIGIGN = 0x00080000
	P_CHTRACED  = 0x00400000
	P_STOPFORK  = 0x00800000
	P_SYSCALL   = 0x04000000
	L_DETACHED  = 0x00800000
)

// Bits of KinfoProc2.Eflag.
const (
	EPROC_CTTY    = 1 // has a controlling terminal
	EPROC_SLEADER = 2
)

// States of processes and LWPs (sys/proc.h, sys/lwp.h).
const (
	SIDL    = 1
	SACTIVE = 2
	SDYING  = 3
	SSTOP   = 4
	SZOMB   = 5

	LSIDL       = 1
	LSRUN       = 2
	LSSLEEP     = 3
	LSSTOP      = 4
	LSZOMB      = 5
	LSONPROC    = 7
	LSSUSPENDED = 8
)

// KinfoLwp is struct kinfo_lwp (kern.lwp).
type KinfoLwp struct {
	Forw, Back, Laddr, Addr              uint64
	Lid, Flag                            int32
	Swtime, Slptime                      uint32
	Schedflags, Holdcnt                  int32
	Priority, Usrpri                     uint8
	Stat                                 int8
	_                                    int8
	_                                    int32
	Wmesg                                [KI_WMESGLEN]byte
	Wchan, Cpuid                         uint64
	RtimeSec, RtimeUsec, Cpticks, Pctcpu uint32
	Pid                                  uint32
	Name                                 [KI_LNAMELEN]byte
}

// KinfoFile is struct kinfo_file (kern.file2).
type KinfoFile struct {
	Fileaddr                   uint64
	Flag, Iflags, Ftype, Count uint32
	Msgcount, Usecount         uint32
	Fucred                     uint64
	Fuid, Fgid                 uint32
	Fops, Foffset, Fdata       uint64
	Vun, Vsize                 uint64
	Vtype, Vtag                uint32
	Vdata                      uint64
	Pid                        uint32
	Fd                         int32
	Ofileflags                 uint32
	_                          uint32
}

// Values of KinfoFile.Ftype.
const (
	DTYPE_VNODE  = 1
	DTYPE_SOCKET = 2
	DTYPE_PIPE   = 3
	DTYPE_KQUEUE = 4
	DTYPE_MISC   = 5
	DTYPE_CRYPTO = 6
	DTYPE_MQUEUE = 7
	DTYPE_SEM    = 8
)

// KinfoVmentry is struct kinfo_vmentry (vm.proc.map).
type KinfoVmentry struct {
	Start, End, Offset        uint64
	Type, Flags               uint32
	Count, WiredCount         uint32
	Advice, Attributes        uint32
	Protection, MaxProtection uint32
	RefCount, Inheritance     uint32
	VnFileid, VnSize          uint64
	VnFsid, VnRdev            uint64
	VnType, VnMode            uint32
	Path                      [1024]byte
}

// Values of members of KinfoVmentry.
const (
	KVME_TYPE_OBJECT  = 1
	KVME_TYPE_VNODE   = 2
	KVME_TYPE_ANON    = 5
	KVME_TYPE_UNKNOWN = 255

	KVME_PROT_READ  = 1
	KVME_PROT_WRITE = 2
	KVME_PROT_EXEC  = 4

	KVME_FLAG_COW        = 1
	KVME_FLAG_NEEDS_COPY = 2
	KVME_FLAG_GROWS_UP   = 16
	KVME_FLAG_GROWS_DOWN = 32

	VM_PROC_MAP = 1 // under vm.proc

	KERN_PROC_ARGS = 48
)

// UvmexpSysctl is struct uvmexp_sysctl (vm.uvmexp2).
type UvmexpSysctl struct {
	Pagesize, Pagemask, Pageshift                    int64
	Npages, Free, Active, Inactive, Paging, Wired    int64
	Zeropages, ReservePagedaemon, ReserveKernel      int64
	Freemin, Freetarg, Inactarg, Wiredmax            int64
	Nswapdev, Swpages, Swpginuse, Swpgonly, Nswget   int64
	_, Cpuhit, Cpumiss                               int64
	Faults, Traps, Intrs, Swtch, Softs, Syscalls     int64
	Pageins, Swapins, Swapouts, Pgswapin, Pgswapout  int64
	Forks, ForksPpwait, ForksSharevm                 int64
	PgaZerohit, PgaZeromiss, Zeroaborts              int64
	Fltnoram, Fltnoanon, Fltpgwait, Fltpgrele        int64
	Fltrelck, Fltrelckok, Fltanget, Fltanretry       int64
	Fltamcopy, Fltnamap, Fltnomap, Fltlget, Fltget   int64
	FltAnon, FltAcow, FltObj, FltPrcopy, FltPrzero   int64
	Pdwoke, Pdrevs                                   int64
	_, Pdfreed, Pdscans, Pdanscan, Pdobscan          int64
	Pdreact, Pdbusy, Pdpageouts, Pdpending, Pddeact  int64
	Anonpages, Filepages, Execpages                  int64
	Colorhit, Colormiss, Ncolors                     int64
	Bootpages, Poolpages, Countsyncone, Countsyncall int64
	Anonunknown, Anonclean, Anondirty                int64
	Fileunknown, Fileclean, Filedirty                int64
	Fltup, Fltnoup                                   int64
}

// Vmtotal is struct vmtotal (vm.vmmeter).
type Vmtotal struct {
	Rq, Dw, Pw, Sl, _            int16
	Vm, Avm, Rm, Arm             int32
	Vmshr, Avmshr, Rmshr, Armshr int32
	Free                         int32
}
