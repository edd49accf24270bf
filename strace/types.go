package strace

import (
	"strconv"

	"nbemu/abi"
)

// ArgType is the type of an argument: how to show it. The names used in the
// master files are those of the table in init, below; the Go name of
// sigset_old is SigsetOld.
type ArgType uint16

const (
	Int ArgType = iota
	Uint
	Long
	Ulong
	Hex
	Ptr
	Size
	Ssize
	Off
	Quad
	Mode
	Uid
	Gid
	Pid
	Lwpid
	Id
	Dev
	Dev32

	Fd
	Atfd
	Oflags
	OpenMode
	Atflags
	AccessMode
	FcntlCmd
	FcntlArg
	Whence
	FlockOp
	FsyncFlags
	Fadvise
	PathconfName
	FileFlags
	MemfdFlags
	GrndFlags
	FdFlags
	Prot
	MapFlags
	Madvice
	Inherit
	MsyncFlags
	MlockallFlags
	Signo
	Sighow
	SigsetOld
	Clockid
	TimerFlags
	Itimer
	WaitOptions
	Idtype
	RlimitWhich
	RusageWho
	PrioWhich
	SchedPolicy
	AddrFamily
	SockType
	SockFlags
	SockProto
	SockLevel
	SockoptName
	ShutHow
	MsgFlags
	EpollOp
	EventfdFlags
	TimerfdFlags
	TimerfdTimeFlags
	MountFlags
	MntWait
	PtraceReq
	IpcCmd
	SemCmd
	ShmCmd
	IpcFlags
	ShmatFlags
	AttrNs
	XattrFlags
	RebootHow
	KtrOps
	KtrFacs
	LwpFlags
	FutexOp
	IoctlCmd
	IoctlData
	Rest

	Path
	Str
	Buf
	Argv
	Envp
	IntPtr
	UintPtr
	LongPtr
	SizePtr
	PtrPtr
	Fdpair
	Timespec
	Timespec2
	Timeval
	Timeval2
	Itimerval
	Itimerspec
	Timespec50
	Timeval50
	Timeval250
	Itimerval50
	Itimerspec50
	Sigset
	Sigaction
	Sigaction13
	Stack
	Siginfo
	Sigevent
	Stat
	Stat30
	Stat13
	Stat12
	Stat43
	Statvfs
	Statvfs90
	Statfs12
	Rusage
	Rusage50
	Wrusage
	Rlimit
	WaitStatus
	Iovec
	Sockaddr
	Msghdr
	Mmsghdr
	Sockopt
	SysctlName
	SysctlOld
	Dents
	Pollfds
	Fdset
	Kevents
	Kevents50
	EpollEvent
	EpollEvents
	Sembufs
	Gidset
	Lwpids
	SchedParam
	Flock

	// IPC, asynchronous I/O, modules; see types_ipc.go.
	Timezone
	Message
	MsgopFlags
	MqAttr
	ShmidBuf
	MsqidBuf
	SemArg
	Aiocb
	AiocbList
	Timex
	Ntptimeval
	Ntptimeval50
	Ntptimeval30
	SwapCmd
	QuotactlArgs
	AclType
	Acl
	ModctlArg
	SpawnActions
	SpawnAttr
	MountData
	Uuids
	LioMode
	ModctlCmd
	RasOp
	Cpuset
	Residence

	// Linux's; see lx.go.
	LxOflags
	LxOpenMode
	LxFdFlags
	LxEpollFlags
	LxEfdFlags
	LxSfdFlags
	LxTfdFlags
	LxInotifyFlags
	LxUffdFlags
	LxAtflags
	LxUnlinkFlags
	LxAccessFlags
	LxStatxFlags
	LxWhence
	LxFadvise
	LxRenameFlags
	LxFallocFlags
	LxSyncRangeFlags
	LxSpliceFlags
	LxRwfFlags
	LxCloseRangeFlags
	LxMemfdFlags
	LxXattrFlags
	LxInotifyMask
	LxMountFlags
	LxUmountFlags
	LxSwapFlags
	LxMknodMode
	LxDev
	LxFcntlCmd
	LxFcntlArg
	LxStat
	LxStat64
	LxStatfs
	LxStatfs64
	LxStatxMask
	LxStatx
	LxDents
	LxOldDents
	LxOpenHow
	LxFileHandle
	LxOffPtr
	LxOffset
	LxOffset64
	LxTimes
	LxTimes64
	LxUtimbuf
	LxTimevals
	LxPollfds
	LxFdset
	LxEpollOp
	LxEpollEvent
	LxEpollEvents
	LxSigno
	LxSighow
	LxSigset
	LxSigset32
	LxSigaction
	LxOldSigaction
	LxStack
	LxSiginfo
	LxSigevent
	LxSigmaskArg
	LxOldMask
	LxClockid
	LxTimerFlags
	LxTfdTimeFlags
	LxTimespec
	LxTimespec64
	LxItimerspec
	LxItimerspec64
	LxTimeout
	LxTimeout64
	LxTimevalLeft
	LxTimezone
	LxTimex
	LxAddrFamily
	LxSockType
	LxSockFlags
	LxSockProto
	LxSockLevel
	LxSockoptName
	LxSockopt
	LxSockaddr
	LxSockaddrLen
	LxShutHow
	LxMsgFlags
	LxMsghdr
	LxMmsghdr
	LxIoctl
	LxIoctlArg
	LxProt
	LxMapFlags
	LxMadvice
	LxMremapFlags
	LxMremapAddr
	LxMsyncFlags
	LxMlockFlags
	LxMlockallFlags
	LxRemapFlags
	LxMincore
	LxMpol
	LxMpolPtr
	LxNodemask
	LxMbindFlags
	LxGetMempolicyFlags
	LxMovePagesFlags
	LxPkeyRights
	LxCloneFlags
	LxNone
	LxCloneRest
	LxUnshareFlags
	LxSetnsFlags
	LxCloneArgs
	LxWaitOptions
	LxIdtype
	LxWaitStatus
	LxWaitRusage
	LxRlimit
	LxRlimits
	LxRlimits64
	LxSchedPolicy
	LxSchedParam
	LxSchedAttr
	LxCpuset
	LxPidPolicy
	LxIoprioWho
	LxIoprioOf
	LxIoprio
	LxPrioWhich
	LxUmask
	LxIdPtr
	LxIdPtr16
	LxIds
	LxIds16
	LxFutexOp
	LxFutexTime
	LxFutexTime64
	LxFutexValue
	LxFutexAddr
	LxFutexVal
	LxFutex2Flags
	LxFutexWaiters
	LxPrctl
	LxPrctlArg
	LxArchPrctl
	LxArchPrctlArg
	LxCapHeader
	LxCapData
	LxSeccompOp
	LxSeccompFlags
	LxSeccompArg
	LxPtraceReq
	LxPtracePid
	LxPtraceAddr
	LxPtraceData
	LxIpcKey
	LxIpcgetFlags
	LxShmgetFlags
	LxShmatFlags
	LxMsgopFlags
	LxShmCmd
	LxSemCmd
	LxMsgCmd
	LxShmBuf
	LxSemArg
	LxMsgBuf
	LxSembufs
	LxMessage
	LxMqAttr
	LxMqMode
	LxMqOpenAttr
	LxSocketcall
	LxIpcCall
	LxUtsname
	LxSysinfo
	LxTms
	LxHexbuf
	LxGrndFlags
	LxHex8
	LxPersonality
	LxKcmp
	LxKcmpIdx
	LxMembarrier
	LxMembarrierFlags
	LxSyslog
	LxReboot1
	LxReboot2
	LxReboot3
	LxBpf
	LxModuleFlags
	LxDeleteModuleFlags
	LxLandlockFlags
	LxLandlockAttr
	LxLandlockRule
	LxPidfdFlags
	LxRseqFlags
	LxPerfFlags
	LxKexecFlags
	LxFanFlags
	LxFanMarkFlags
	LxFanMask
	LxFsopenFlags
	LxFsmountFlags
	LxMountAttr
	LxMoveMountFlags
	LxOpenTreeFlags
	LxFspickFlags
	LxFsconfig
	LxLsmAttr
	LxKeySpec
	LxKeyctl
	LxKeyctlArg

	numTypes
)

// typeInfo says how a type is shown. fmt appends the value; for a pointer it
// is only called when there is something to read, and reports whether the
// memory could be read (the address is shown if not). aux, where present,
// adds to the text after the result.
//
// late says of an argument that goes in that in this call it is filled in by the kernel; entry reads what must be kept
// of the memory as it is before the call, for c.was.
type typeInfo struct {
	name     string
	ptr      bool
	size64   bool // 64 bits on every machine
	onEINTR  bool // filled in even when the call fails with EINTR
	onError  bool // shown even when the call fails
	optional bool // not shown in some calls: no comma is due before it
	parts    bool // a value of several parts, each of which -X shows by itself
	fmt      func(c *ctx, a *Arg, v uint64) bool
	aux      func(c *ctx, a *Arg, v uint64)
	late     func(c *ctx, a *Arg) bool
	entry    func(c *ctx, va uint64) (uint64, bool)
}

var types [numTypes]typeInfo

// String returns the name a master file uses.
func (t ArgType) String() string {
	if t < numTypes {
		return types[t].name
	}
	return "type(" + strconv.Itoa(int(t)) + ")"
}

// Is64 reports whether a value of the type takes 64 bits on every machine.
func (t ArgType) Is64() bool { return t < numTypes && types[t].size64 }

// IsBuf reports whether the type is a pointer to bytes that mean nothing but themselves.
func (t ArgType) IsBuf() bool { return t == Buf || t == LxHexbuf }

// IsPtr reports whether the type is a pointer to something that is shown.
func (t ArgType) IsPtr() bool { return t < numTypes && types[t].ptr }

// TypeByName finds a type by the name a master file uses.
func TypeByName(name string) (ArgType, bool) {
	for t := range numTypes {
		if types[t].name == name {
			return t, true
		}
	}
	return 0, false
}

func init() {
	for _, f := range []func(){
		numberTypes, fileTypes, memoryTypes, processTypes, socketTypes, kernelTypes,
		plainTypes, timeTypes, signalTypes, resultTypes, messageTypes, eventTypes, ipcTypes, netbsdTypes,
		lxFileTypes, lxPollTypes, lxSignalTypes, lxTimeTypes, lxSocketTypes, lxIoctlTypes, lxMemTypes, lxProcessTypes,
		lxPrctlTypes, lxIPCTypes, lxKernTypes,
	} {
		f()
	}
}

// scalar declares a type whose value is shown by f.
func scalar(t ArgType, name string, f func(c *ctx, v uint64)) {
	types[t] = typeInfo{name: name, fmt: func(c *ctx, a *Arg, v uint64) bool { f(c, v); return true }}
}

// symbol declares a type whose values have names.
func symbol(t ArgType, name string, tab []sym, unknown string) {
	scalar(t, name, func(c *ctx, v uint64) { c.symbol(uint64(uint32(v)), tab, unknown) })
}

// flagSet declares a type whose bits have names.
func flagSet(t ArgType, name string, tab []sym, unknown string) {
	scalar(t, name, func(c *ctx, v uint64) { c.flags(uint64(uint32(v)), tab, unknown) })
}

// pointer declares a pointer to something that f shows.
func pointer(t ArgType, name string, f func(c *ctx, a *Arg, va uint64) bool) {
	types[t] = typeInfo{name: name, ptr: true, fmt: f}
}

// The same for Linux programs' types, whose names begin with lx_.

func lxScalar(t ArgType, name string, f func(c *ctx, v uint64)) { scalar(t, "lx_"+name, f) }

func lxSymbol(t ArgType, name string, tab []sym, unknown string) {
	lxScalar(t, name, func(c *ctx, v uint64) { c.xval(uint64(uint32(v)), tab, unknown) })
}

func lxFlags(t ArgType, name string, tab []sym, unknown string) { flagSet(t, "lx_"+name, tab, unknown) }

func lxPointer(t ArgType, name string, f func(c *ctx, a *Arg, va uint64) bool) {
	pointer(t, "lx_"+name, f)
}

// structOf makes a formatter from one that shows a value of type T.
func structOf[T any](f func(c *ctx, v T)) func(c *ctx, a *Arg, va uint64) bool {
	return func(c *ctx, a *Arg, va uint64) bool {
		v, ok := load[T](c, va)
		if ok {
			f(c, v)
		}
		return ok
	}
}

// arrayOf makes a formatter for as many values of T as there are.
func arrayOf[T any](f func(c *ctx, v T)) func(c *ctx, a *Arg, va uint64) bool {
	return func(c *ctx, a *Arg, va uint64) bool {
		var zero T
		return c.array(va, c.count(a), c.m.Sizeof(&zero), func(va uint64) bool {
			v, ok := load[T](c, va)
			if ok {
				f(c, v)
			}
			return ok
		})
	}
}

func pair[T any](f func(c *ctx, v T)) func(c *ctx, v [2]T) {
	return func(c *ctx, v [2]T) {
		c.str("[")
		f(c, v[0])
		c.str(", ")
		f(c, v[1])
		c.str("]")
	}
}

// count returns the number of elements of an array: what the length argument
// says, and of one the kernel fills in no more than the result.
func (c *ctx) count(a *Arg) uint64 {
	n, known := c.length(a)
	if a.Dir == Out && c.left && (!known || c.ret < int64(n)) {
		n = uint64(max(c.ret, 0))
	}
	return n
}

// sibling returns the value of the first argument of type t.
func (c *ctx) sibling(t ArgType) uint64 {
	for i := range c.sig.Args {
		if c.sig.Args[i].Type == t {
			return uint64(uint32(c.arg(i)))
		}
	}
	return 0
}

func (c *ctx) oflags(v uint64) {
	c.str([...]string{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"}[v&abi.O_ACCMODE])
	if f := uint64(uint32(v)) &^ abi.O_ACCMODE; f != 0 {
		c.str("|")
		c.flags(f, oflagNames, "")
	}
}

func (c *ctx) dev(v uint64) {
	c.str("makedev(")
	c.hex(uint64(abi.Major(v)))
	c.str(", ")
	c.hex(uint64(abi.Minor(v)))
	c.str(")")
}

func fmtPath(c *ctx, a *Arg, va uint64) bool {
	s, more, ok := c.cstring(va, abi.PATH_MAX)
	if ok {
		c.quote(s, more)
	}
	return ok
}

func fmtStr(c *ctx, a *Arg, va uint64) bool {
	s, more, ok := c.cstring(va, c.maxStr())
	if ok {
		c.quote(s, more)
	}
	return ok
}

func fmtBuf(c *ctx, a *Arg, va uint64) bool {
	n, known := c.length(a)
	if a.Dir != In && !a.LenPtr && (!known || c.ret < int64(n)) {
		n = uint64(max(c.ret, 0))
	}
	return c.buffer(va, n)
}

func fmtArgv(c *ctx, a *Arg, va uint64) bool {
	return c.strings(va)
}

// strings shows a NULL-terminated array of strings.
func (c *ctx) strings(va uint64) bool {
	c.str("[")
	for i := 0; ; i++ {
		p, ok := load[abi.Ptr](c, va)
		if !ok && i == 0 {
			return false
		}
		if !ok || p == 0 {
			break
		}
		if i > 0 {
			c.str(", ")
		}
		if i >= c.maxArr() {
			c.str("...")
			break
		}
		if !fmtStr(c, nil, uint64(p)) {
			c.hex(uint64(p))
		}
		va += uint64(c.m.PtrSize)
	}
	c.str("]")
	return true
}

func fmtEnvp(c *ctx, a *Arg, va uint64) bool {
	if c.p.Env {
		return c.strings(va)
	}
	n := 0
	for p := va; n < 1<<16; n++ {
		s, ok := load[abi.Ptr](c, p)
		if !ok {
			return false
		}
		if s == 0 {
			break
		}
		p += uint64(c.m.PtrSize)
	}
	c.hex(va)
	c.vars(n)
	return true
}

// Time.
