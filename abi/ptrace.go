package abi

// Requests of ptrace(2). Those from PT_FIRSTMACH on are the machine's (machine/ptrace.h).
const (
	PT_TRACE_ME          = 0
	PT_READ_I            = 1
	PT_READ_D            = 2
	PT_WRITE_I           = 4
	PT_WRITE_D           = 5
	PT_CONTINUE          = 7
	PT_KILL              = 8
	PT_ATTACH            = 9
	PT_DETACH            = 10
	PT_IO                = 11
	PT_DUMPCORE          = 12
	PT_LWPINFO           = 13
	PT_SYSCALL           = 14
	PT_SYSCALLEMU        = 15
	PT_SET_EVENT_MASK    = 16
	PT_GET_EVENT_MASK    = 17
	PT_GET_PROCESS_STATE = 18
	PT_SET_SIGINFO       = 19
	PT_GET_SIGINFO       = 20
	PT_RESUME            = 21
	PT_SUSPEND           = 22
	PT_STOP              = 23
	PT_LWPSTATUS         = 24
	PT_LWPNEXT           = 25
	PT_SET_SIGPASS       = 26
	PT_GET_SIGPASS       = 27
	PT_FIRSTMACH         = 32
)

// Operations of PT_IO (piod_op).
const (
	PIOD_READ_D    = 1
	PIOD_WRITE_D   = 2
	PIOD_READ_I    = 3
	PIOD_WRITE_I   = 4
	PIOD_READ_AUXV = 5
)

// Events that PT_SET_EVENT_MASK asks for.
const (
	PTRACE_FORK        = 0x0001
	PTRACE_VFORK       = 0x0002
	PTRACE_VFORK_DONE  = 0x0004
	PTRACE_LWP_CREATE  = 0x0008
	PTRACE_LWP_EXIT    = 0x0010
	PTRACE_POSIX_SPAWN = 0x0020
	PTRACE_ALL         = 0x003f
)

// Why an LWP is stopped (pl_event).
const (
	PL_EVENT_NONE      = 0
	PL_EVENT_SIGNAL    = 1
	PL_EVENT_SUSPENDED = 2
)

// PtraceIODesc is struct ptrace_io_desc, PT_IO's argument.
type PtraceIODesc struct {
	Op   int32
	Offs Ptr // in the traced process
	Addr Ptr // in the tracer
	Len  Size
}

// PtraceState is struct ptrace_state. Other is a process's or an LWP's number.
type PtraceState struct {
	ReportEvent int32
	Other       int32
}

// PtraceLwpinfo is struct ptrace_lwpinfo.
type PtraceLwpinfo struct {
	Lwpid int32
	Event int32
}
