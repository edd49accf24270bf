package abi

// SiginfoSize is the size of siginfo_t, everywhere.
const SiginfoSize = 128

// SiginfoKind names the arm of siginfo_t's union that is in use.
type SiginfoKind uint8

const (
	SiginfoRT SiginfoKind = iota
	SiginfoChild
	SiginfoFault
	SiginfoPoll
	SiginfoSyscall
	SiginfoPtrace
)

// Siginfo is siginfo_t with the arms of the union side by side. Signo and
// Code say which one counts; see Kind. Use Put and Get, not Marshal.
type Siginfo struct {
	Signo Signal
	Code  int32
	Errno int32

	Pid   int32  // RT, Child
	Uid   uint32 // RT, Child
	Value Ptr    // RT: union sigval

	Status int32  // Child
	Utime  uint32 // Child, in clock ticks
	Stime  uint32

	Addr  Ptr   // Fault
	Trap  int32 // Fault
	Trap2 int32
	Trap3 int32

	Band Long // Poll
	Fd   int32

	Sysnum  int32 // Syscall: TRAP_SCE and TRAP_SCX
	Retval  [2]int32
	SysErr  int32
	SysArgs [8]uint64

	ReportEvent int32 // Ptrace: TRAP_CHLD and TRAP_LWP
	Other       int32 // process or LWP
}

// SiginfoHead is what all kinds begin with.
type SiginfoHead struct {
	Signo Signal
	Code  int32
	Errno int32
}

// The arms of the union.
type (
	SiginfoRTPart struct {
		Pid   int32
		Uid   uint32
		Value Ptr
	}
	SiginfoChildPart struct {
		Pid    int32
		Uid    uint32
		Status int32
		Utime  uint32
		Stime  uint32
	}
	SiginfoFaultPart struct {
		Addr  Ptr
		Trap  int32
		Trap2 int32
		Trap3 int32
	}
	SiginfoPollPart struct {
		Band Long
		Fd   int32
	}
	SiginfoSyscallPart struct {
		Sysnum int32
		Retval [2]int32
		Error  int32
		Args   [8]uint64
	}
	SiginfoPtracePart struct {
		ReportEvent int32
		Other       int32
	}
)

// Kind tells which arm of the union counts.
func (si *Siginfo) Kind() SiginfoKind {
	if si.Code <= 0 || si.Code == SI_NOINFO {
		return SiginfoRT
	}
	switch si.Signo {
	case SIGCHLD:
		return SiginfoChild
	case SIGILL, SIGFPE, SIGSEGV, SIGBUS:
		return SiginfoFault
	case SIGIO:
		return SiginfoPoll
	case SIGTRAP:
		switch si.Code {
		case TRAP_SCE, TRAP_SCX:
			return SiginfoSyscall
		case TRAP_CHLD, TRAP_LWP:
			return SiginfoPtrace
		}
		return SiginfoFault
	}
	return SiginfoRT
}

// siginfoUnion returns the union's offset. It has held 64-bit integers since
// NetBSD 9, which moved it where those are aligned to 8 bytes; programs of
// older releases on such 32-bit machines have it at 12.
func (m *Model) siginfoUnion() int {
	switch {
	case m.SiginfoUnion != 0:
		return m.SiginfoUnion
	case m.PtrSize == 8 || m.Int64Align == 8:
		return 16
	}
	return 12
}

// Put writes the structure to dst, SiginfoSize bytes.
func (si *Siginfo) Put(m *Model, dst []byte) {
	dst = dst[:SiginfoSize]
	clear(dst)
	m.Marshal(dst, SiginfoHead{si.Signo, si.Code, si.Errno})
	u := dst[m.siginfoUnion():]
	switch si.Kind() {
	case SiginfoRT:
		m.Marshal(u, SiginfoRTPart{si.Pid, si.Uid, si.Value})
	case SiginfoChild:
		m.Marshal(u, SiginfoChildPart{si.Pid, si.Uid, si.Status, si.Utime, si.Stime})
	case SiginfoFault:
		m.Marshal(u, SiginfoFaultPart{si.Addr, si.Trap, si.Trap2, si.Trap3})
	case SiginfoPoll:
		m.Marshal(u, SiginfoPollPart{si.Band, si.Fd})
	case SiginfoSyscall:
		m.Marshal(u, SiginfoSyscallPart{si.Sysnum, si.Retval, si.SysErr, si.SysArgs})
	case SiginfoPtrace:
		m.Marshal(u, SiginfoPtracePart{si.ReportEvent, si.Other})
	}
}

// Get reads the structure from src, SiginfoSize bytes.
func (si *Siginfo) Get(m *Model, src []byte) {
	var h SiginfoHead
	m.Unmarshal(src, &h)
	*si = Siginfo{Signo: h.Signo, Code: h.Code, Errno: h.Errno}
	u := src[m.siginfoUnion():SiginfoSize]
	switch si.Kind() {
	case SiginfoRT:
		var p SiginfoRTPart
		m.Unmarshal(u, &p)
		si.Pid, si.Uid, si.Value = p.Pid, p.Uid, p.Value
	case SiginfoChild:
		var p SiginfoChildPart
		m.Unmarshal(u, &p)
		si.Pid, si.Uid, si.Status, si.Utime, si.Stime = p.Pid, p.Uid, p.Status, p.Utime, p.Stime
	case SiginfoFault:
		var p SiginfoFaultPart
		m.Unmarshal(u, &p)
		si.Addr, si.Trap, si.Trap2, si.Trap3 = p.Addr, p.Trap, p.Trap2, p.Trap3
	case SiginfoPoll:
		var p SiginfoPollPart
		m.Unmarshal(u, &p)
		si.Band, si.Fd = p.Band, p.Fd
	case SiginfoSyscall:
		var p SiginfoSyscallPart
		m.Unmarshal(u, &p)
		si.Sysnum, si.Retval, si.SysErr, si.SysArgs = p.Sysnum, p.Retval, p.Error, p.Args
	case SiginfoPtrace:
		var p SiginfoPtracePart
		m.Unmarshal(u, &p)
		si.ReportEvent, si.Other = p.ReportEvent, p.Other
	}
}

// PtraceSiginfoSize is the size of struct ptrace_siginfo: siginfo_t, then an LWP's number.
func PtraceSiginfoSize(m *Model) int {
	if m.siginfoUnion() == 16 {
		return SiginfoSize + 8 // as siginfo_t is aligned
	}
	return SiginfoSize + 4
}
