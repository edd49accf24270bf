package abi

// The records of ktrace(2) (sys/ktrace.h). A record is a header and as many bytes as its Len says.

// KtrHeader is what all versions of struct ktr_header begin with; one of the parts below follows. Type and version
// are two shorts whose order depends on the machine's byte order: as one number of 32 bits they always stand in the
// same place.
type KtrHeader struct {
	Len         int32
	TypeVersion int32 // version<<16 | type
	Pid         int32
	Comm        [MAXCOMLEN + 1]byte
	_           [0]uint64 // the parts are aligned for the widest integer
}

// The rest of the header, by version.
type (
	KtrPart0 struct {
		Sec  int32
		Usec Long
		Buf  Ptr
	}
	KtrPart1 struct {
		Sec  int32
		Nsec Long
		Lid  int32
	}
	KtrPart2 struct {
		Time Timespec
		Lid  int32
	}
)

// KtrSyscall begins a KTR_SYSCALL record; the arguments follow, a register_t each.
type KtrSyscall struct {
	Code    int32
	Argsize int32
}

// KtrSysret is a KTR_SYSRET record where register_t is a long.
type KtrSysret struct {
	Code    int16
	Eosys   int16
	Error   int32
	Retval  Long
	Retval1 Long
}

// KtrSysret64 is KtrSysret where register_t is wider than a long (mips n32).
type KtrSysret64 struct {
	Code    int16
	Eosys   int16
	Error   int32
	Retval  int64
	Retval1 int64
}

// KtrGenio begins a KTR_GENIO record; the bytes moved follow.
type KtrGenio struct {
	Fd int32
	Rw int32 // 0: read, 1: written
}

// KtrPsig begins a KTR_PSIG record; a siginfo_t may follow.
type KtrPsig struct {
	Signo  int32
	Action Ptr
	Mask   Sigset
	Code   int32
}

// KtrCsw is a KTR_CSW record.
type KtrCsw struct {
	Out  int32
	User int32
}

// KtrExecfd is a KTR_EXEC_FD record.
type KtrExecfd struct {
	Fd    int32
	Dtype uint32
}
