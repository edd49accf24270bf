package strace

import (
	"math/bits"

	"nbemu/abi"
)

func newTimespec(t abi.Timespec50) abi.Timespec { return abi.Timespec{Sec: int64(t.Sec), Nsec: t.Nsec} }
func newTimeval(t abi.Timeval50) abi.Timeval {
	return abi.Timeval{Sec: int64(t.Sec), Usec: int32(t.Usec)}
}

func (c *ctx) timespec(t abi.Timespec) {
	switch t.Nsec {
	case abi.UTIME_NOW:
		c.oddTime(t, "UTIME_NOW")
		return
	case abi.UTIME_OMIT:
		c.oddTime(t, "UTIME_OMIT")
		return
	}
	c.plainTime(t)
}

func (c *ctx) plainTime(t abi.Timespec) {
	c.str("{tv_sec=")
	c.int(t.Sec)
	c.str(", tv_nsec=")
	c.int(int64(t.Nsec))
	c.str("}")
}

// oddTime shows a time that has a name of its own.
func (c *ctx) oddTime(t abi.Timespec, name string) {
	if c.p.Consts == Names {
		c.str(name)
		return
	}
	c.constantText(0, name, func(c *ctx, _ uint64) { c.plainTime(t) })
}

func (c *ctx) timeval(t abi.Timeval) {
	c.str("{tv_sec=")
	c.int(t.Sec)
	c.str(", tv_usec=")
	c.int(int64(t.Usec))
	c.str("}")
}

func (c *ctx) itimerval(t abi.Itimerval) {
	c.str("{it_interval=")
	c.timeval(t.Interval)
	c.str(", it_value=")
	c.timeval(t.Value)
	c.str("}")
}

func (c *ctx) itimerspec(t abi.Itimerspec) {
	c.str("{it_interval=")
	c.timespec(t.Interval)
	c.str(", it_value=")
	c.timespec(t.Value)
	c.str("}")
}

// Signals.

// sigset shows a set as strace does: without SIG, and what is missing if
// that is shorter.
func (c *ctx) sigset(s abi.Sigset) {
	if bits.OnesCount32(s[0])+bits.OnesCount32(s[1]) > 32 {
		c.str("~")
		s = abi.Sigset{^s[0], ^s[1], ^s[2], ^s[3]}
	}
	c.str("[")
	first := true
	for n := range s.All {
		if n >= abi.NSIG {
			break
		}
		if !first {
			c.str(" ")
		}
		first = false
		if name := n.Name(); len(name) > 3 {
			c.signal(int32(n), name[3:])
		}
	}
	c.str("]")
}

func (c *ctx) sigaction(handler abi.Ptr, mask abi.Sigset, flags int32) {
	c.str("{sa_handler=")
	switch handler {
	case abi.SIG_DFL:
		c.str("SIG_DFL")
	case abi.SIG_IGN:
		c.str("SIG_IGN")
	default:
		c.hex(uint64(handler))
	}
	c.str(", sa_mask=")
	c.sigset(mask)
	c.str(", sa_flags=")
	c.flags(uint64(uint32(flags)), saNames, "SA_???")
	c.str("}")
}

func fmtSiginfo(c *ctx, a *Arg, va uint64) bool {
	b := make([]byte, abi.SiginfoSize)
	if c.mem.Copyin(b, va) != abi.OK {
		return false
	}
	var si abi.Siginfo
	si.Get(c.m, b)
	c.b = appendSiginfo(c, &si)
	return true
}

// SiginfoText returns a siginfo as strace shows it on delivery:
// {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10}.
func SiginfoText(si *abi.Siginfo) string {
	return string(appendSiginfo(&ctx{p: &Printer{}, m: abi.LP64LE}, si))
}

// sigCodes are the names of si_code for a signal.
func sigCodes(sig abi.Signal, code int32) []sym {
	if code <= 0 || code == abi.SI_NOINFO {
		return siCodeNames
	}
	switch sig {
	case abi.SIGILL:
		return illNames
	case abi.SIGFPE:
		return fpeNames
	case abi.SIGSEGV:
		return segvNames
	case abi.SIGBUS:
		return busNames
	case abi.SIGTRAP:
		return trapNames
	case abi.SIGCHLD:
		return cldNames
	}
	return nil
}

func appendSiginfo(c *ctx, si *abi.Siginfo) []byte {
	c.str("{si_signo=")
	c.signal(int32(si.Signo), si.Signo.Name())
	c.str(", si_code=")
	c.symbol(uint64(uint32(si.Code)), sigCodes(si.Signo, si.Code), "")
	if si.Errno != 0 {
		c.str(", si_errno=")
		c.int(int64(si.Errno))
	}
	switch si.Kind() {
	case abi.SiginfoRT:
		c.str(", si_pid=")
		c.int(int64(si.Pid))
		c.str(", si_uid=")
		c.uint(uint64(si.Uid))
		if si.Value != 0 {
			c.str(", si_value=")
			c.hex(uint64(si.Value))
		}
	case abi.SiginfoChild:
		c.str(", si_pid=")
		c.int(int64(si.Pid))
		c.str(", si_uid=")
		c.uint(uint64(si.Uid))
		c.str(", si_status=")
		if si.Code == abi.CLD_EXITED {
			c.int(int64(si.Status))
		} else {
			c.signal(si.Status, abi.Signal(si.Status).Name())
		}
	case abi.SiginfoFault:
		c.str(", si_addr=")
		c.hex(uint64(si.Addr))
		if si.Trap != 0 {
			c.str(", si_trap=")
			c.int(int64(si.Trap))
		}
	case abi.SiginfoPoll:
		c.str(", si_band=")
		c.int(int64(si.Band))
		c.str(", si_fd=")
		c.int(int64(si.Fd))
	case abi.SiginfoSyscall:
		c.str(", si_sysnum=")
		c.int(int64(si.Sysnum))
	case abi.SiginfoPtrace:
		c.str(", si_pe_report_event=")
		c.int(int64(si.ReportEvent))
		c.str(", si_pe_other_pid=")
		c.int(int64(si.Other))
	}
	c.str("}")
	return c.b
}

// Files.
