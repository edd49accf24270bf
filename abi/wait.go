package abi

// Options of wait4, waitid and wait6.
const (
	WNOHANG      = 0x00000001
	WUNTRACED    = 0x00000002
	WSTOPPED     = WUNTRACED
	WALTSIG      = 0x00000004
	WALLSIG      = 0x00000008
	WCONTINUED   = 0x00000010
	WEXITED      = 0x00000020
	WTRAPPED     = 0x00000040
	WNOWAIT      = 0x00010000
	WNOZOMBIE    = 0x00020000
	WOPTSCHECKED = 0x00040000
)

// Kinds of id (idtype_t).
const (
	P_MYID   = -1
	P_ALL    = 0
	P_PID    = 1
	P_LWPID  = 2
	P_PPID   = 3
	P_PGID   = 4
	P_SID    = 5
	P_CID    = 6
	P_UID    = 7
	P_GID    = 8
	P_TASKID = 9
	P_PROJID = 10
	P_POOLID = 11
	P_ZONEID = 12
	P_CTID   = 13
	P_CPUID  = 14
	P_PSETID = 15
)

// W_CONTCODE is the status of a child that goes on.
const W_CONTCODE = 0xffff

// WCOREFLAG is set in the status of a child that dumped core.
const WCOREFLAG = 0200

// W_EXITCODE makes the status of a child that exited with code or died of sig. NetBSD keeps the bits of the code
// that WEXITSTATUS does not look at.
func W_EXITCODE(code int, sig Signal) int32 { return int32(code)<<8 | int32(sig) }

// W_STOPCODE makes the status of a child stopped by sig.
func W_STOPCODE(sig Signal) int32 { return int32(sig)<<8 | 0177 }

// The questions one asks a status.
func WIFSTOPPED(s int32) bool   { return s&0177 == 0177 && s != W_CONTCODE }
func WIFCONTINUED(s int32) bool { return s == W_CONTCODE }
func WIFEXITED(s int32) bool    { return s&0177 == 0 }
func WIFSIGNALED(s int32) bool  { return s&0177 != 0177 && s&0177 != 0 }
func WEXITSTATUS(s int32) int32 { return s >> 8 & 0xff }
func WSTOPSIG(s int32) Signal   { return Signal(s >> 8 & 0xff) }
func WTERMSIG(s int32) Signal   { return Signal(s & 0177) }
func WCOREDUMP(s int32) bool    { return s&WCOREFLAG != 0 }
