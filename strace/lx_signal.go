package strace

import (
	"nbemu/abi"
)

// Signals and time of Linux programs.

// lxSignalTypes are arguments about signals.
func lxSignalTypes() {
	lxScalar(LxSigno, "signo", func(c *ctx, v uint64) { c.lxSignal(int(int32(v))) })
	lxSymbol(LxSighow, "sighow", lxSighowNames, "SIG_???")
	lxPointer(LxSigset, "sigset", linuxStruct(LinuxUsual, func(c *ctx, s LinuxSigset) { c.lxSigset(uint64(s), 64) }))
	lxPointer(LxSigset32, "sigset32", linuxStruct(LinuxOld, func(c *ctx, s LinuxSigset) { c.lxSigset(uint64(s), 32) }))
	lxPointer(LxSigaction, "sigaction", linuxStruct(LinuxUsual, func(c *ctx, s LinuxSigaction) { c.lxSigaction(s, 64) }))
	lxPointer(LxOldSigaction, "old_sigaction", linuxStruct(LinuxOld, func(c *ctx, s LinuxSigaction) { c.lxSigaction(s, 32) }))
	lxPointer(LxStack, "stack", linuxStruct(LinuxUsual, func(c *ctx, s LinuxStack) {
		c.str("{")
		c.fieldPtr("ss_sp", s.Sp)
		c.fieldFlags("ss_flags", uint64(uint32(s.Flags)), lxSsNames, "SS_???")
		c.fieldUint("ss_size", s.Size)
		c.str("}")
	}))
	lxPointer(LxSiginfo, "siginfo", func(c *ctx, a *Arg, va uint64) bool {
		if a.Dir == Out && c.left && c.sig.Name == "waitid" && c.ret != 0 {
			return false
		}
		s, _, ok := get[LinuxSiginfo](c, va, LinuxUsual)
		if ok {
			c.lxSiginfo(&s)
		}
		return ok
	})
	types[LxSiginfo].aux = func(c *ctx, a *Arg, va uint64) {
		if a.Dir == Out && c.sig.Name != "waitid" { // of rt_sigtimedwait
			c.addAux("", func() bool { c.lxSignal(int(c.generic(LinuxSignal, uint64(c.ret)))); return true })
		}
	}
	lxPointer(LxSigevent, "sigevent", func(c *ctx, a *Arg, va uint64) bool {
		e, ok := load[struct {
			Value         abi.Ptr
			Signo, Notify int32
			Fn, Attr      abi.Ptr // of SIGEV_THREAD_ID the thread's number
		}](c, va)
		if !ok {
			return false
		}
		c.str("{")
		if e.Value != 0 {
			c.field("sigev_value")
			c.lxSigval(uint64(e.Value))
		}
		c.fieldSignal("sigev_signo", int32(c.generic(LinuxSignal, uint64(uint32(e.Signo)))))
		c.fieldSym("sigev_notify", uint64(uint32(e.Notify)), lxSigevNames, "SIGEV_???")
		switch e.Notify {
		case 4: // SIGEV_THREAD_ID
			tid, _ := load[int32](c, va+uint64(c.m.PtrSize)+8)
			c.fieldInt("sigev_notify_thread_id", int64(tid))
		case 2: // SIGEV_THREAD
			c.fieldPtr("sigev_notify_function", uint64(e.Fn))
			c.fieldPtr("sigev_notify_attributes", uint64(e.Attr))
		}
		c.str("}")
		return true
	})
	lxPointer(LxSigmaskArg, "sigmask_arg", structOf(func(c *ctx, s struct {
		Set  abi.Ptr
		Size abi.Size
	}) {
		c.str("{")
		c.fieldAt("sigmask", uint64(s.Set), func() bool { return types[LxSigset].fmt(c, &Arg{}, uint64(s.Set)) })
		c.fieldUint("sigsetsize", uint64(s.Size))
		c.str("}")
	}))
	lxScalar(LxOldMask, "old_mask", func(c *ctx, v uint64) { c.lxSigset(v&0xffffffff, 32) })
}

func (c *ctx) lxSigval(v uint64) {
	c.str("{")
	c.fieldInt("sival_int", c.lxSivalInt(v))
	c.fieldPtr("sival_ptr", v)
	c.str("}")
}

// lxSivalInt is the member of a union sigval that is an int: its first four bytes.
func (c *ctx) lxSivalInt(v uint64) int64 {
	if c.m.BigEndian && c.m.PtrSize == 8 {
		v >>= 32
	}
	return int64(int32(v))
}

func (c *ctx) lxSigaction(s LinuxSigaction, size int) {
	c.str("{sa_handler=")
	switch s.Handler {
	case abi.SIG_DFL:
		c.str("SIG_DFL")
	case abi.SIG_IGN:
		c.str("SIG_IGN")
	default:
		c.hex(s.Handler)
	}
	c.field("sa_mask")
	c.lxSigset(s.Mask, size)
	c.fieldFlags("sa_flags", s.Flags, lxSaNames, "SA_???")
	if s.Flags&0x4000000 != 0 {
		c.fieldPtr("sa_restorer", s.Restorer)
	}
	c.str("}")
}

var (
	lxSiCodes = []sym{{0, "SI_USER"}, {0x80, "SI_KERNEL"}, {si(-1), "SI_QUEUE"}, {si(-2), "SI_TIMER"}, {si(-3), "SI_MESGQ"},
		{si(-4), "SI_ASYNCIO"}, {si(-5), "SI_SIGIO"}, {si(-6), "SI_TKILL"}, {si(-7), "SI_DETHREAD"}, {si(-60), "SI_ASYNCNL"}}
	lxSignalCodes = map[int32][]sym{
		4: {{1, "ILL_ILLOPC"}, {2, "ILL_ILLOPN"}, {3, "ILL_ILLADR"}, {4, "ILL_ILLTRP"}, {5, "ILL_PRVOPC"}, {6, "ILL_PRVREG"},
			{7, "ILL_COPROC"}, {8, "ILL_BADSTK"}, {9, "ILL_BADIADDR"}},
		5: {{1, "TRAP_BRKPT"}, {2, "TRAP_TRACE"}, {3, "TRAP_BRANCH"}, {4, "TRAP_HWBKPT"}, {5, "TRAP_UNK"}, {6, "TRAP_PERF"}},
		7: {{1, "BUS_ADRALN"}, {2, "BUS_ADRERR"}, {3, "BUS_OBJERR"}, {4, "BUS_MCEERR_AR"}, {5, "BUS_MCEERR_AO"}},
		8: {{1, "FPE_INTDIV"}, {2, "FPE_INTOVF"}, {3, "FPE_FLTDIV"}, {4, "FPE_FLTOVF"}, {5, "FPE_FLTUND"}, {6, "FPE_FLTRES"},
			{7, "FPE_FLTINV"}, {8, "FPE_FLTSUB"}, {14, "FPE_FLTUNK"}, {15, "FPE_CONDTRAP"}},
		11: {{1, "SEGV_MAPERR"}, {2, "SEGV_ACCERR"}, {3, "SEGV_BNDERR"}, {4, "SEGV_PKUERR"}, {8, "SEGV_MTEAERR"}, {9, "SEGV_MTESERR"}},
		17: {{1, "CLD_EXITED"}, {2, "CLD_KILLED"}, {3, "CLD_DUMPED"}, {4, "CLD_TRAPPED"}, {5, "CLD_STOPPED"}, {6, "CLD_CONTINUED"}},
		29: {{1, "POLL_IN"}, {2, "POLL_OUT"}, {3, "POLL_MSG"}, {4, "POLL_ERR"}, {5, "POLL_PRI"}, {6, "POLL_HUP"}},
		31: {{1, "SYS_SECCOMP"}, {2, "SYS_USER_DISPATCH"}},
	}
	lxAuditNames = []sym{{0xc000003e, "AUDIT_ARCH_X86_64"}, {0x40000003, "AUDIT_ARCH_I386"}, {0x40000028, "AUDIT_ARCH_ARM"},
		{0xc00000b7, "AUDIT_ARCH_AARCH64"}, {0xc00000f3, "AUDIT_ARCH_RISCV64"}, {0x8, "AUDIT_ARCH_MIPS"},
		{0x40000008, "AUDIT_ARCH_MIPSEL"}, {0x80000008, "AUDIT_ARCH_MIPS64"}, {0xc0000008, "AUDIT_ARCH_MIPSEL64"},
		{0x14, "AUDIT_ARCH_PPC"}, {0x2, "AUDIT_ARCH_SPARC"}, {0x8000002b, "AUDIT_ARCH_SPARC64"}, {4, "AUDIT_ARCH_M68K"}}
)

// lxRestarts are the errors inside the kernel of Linux' calls that a signal has interrupted, where they are not
// ERESTARTSYS: the handler has the program go on with EINTR.
var lxRestarts = map[string]string{"pause": lxNoHandler, "rt_sigsuspend": lxNoHandler, "sigsuspend": lxNoHandler,
	"nanosleep": lxRestartBlock, "clock_nanosleep": lxRestartBlock, "clock_nanosleep_time64": lxRestartBlock, "poll": lxRestartBlock,
	"ppoll": lxNoHandler, "ppoll_time64": lxNoHandler, "pselect6": lxNoHandler, "pselect6_time64": lxNoHandler, "select": lxNoHandler}

const (
	lxNoHandler    = "ERESTARTNOHAND (To be restarted if no handler)"
	lxRestartBlock = "ERESTART_RESTARTBLOCK (Interrupted by signal)"
)

func si(code int32) uint64 { return uint64(uint32(code)) }

// lxSiginfo shows what came with a signal.
func (c *ctx) lxSiginfo(s *LinuxSiginfo) {
	c.str("{")
	if s.Signo == 0 {
		c.str("}")
		return
	}
	c.fieldSignal("si_signo", s.Signo)
	tab := lxSiCodes
	if nameIn(tab, si(s.Code)) == "" {
		tab = lxSignalCodes[s.Signo]
	}
	c.fieldSym("si_code", si(s.Code), tab, "")
	if s.Errno != 0 {
		c.fieldUint("si_errno", uint64(s.Errno))
	}
	sender := func() {
		c.fieldInt("si_pid", int64(s.Pid))
		c.fieldID("si_uid", s.UID)
	}
	value := func() {
		c.fieldInt("si_int", c.lxSivalInt(s.Value))
		c.fieldPtr("si_ptr", s.Value)
	}
	poll := func() {
		c.fieldInt("si_band", s.Band)
		c.fieldFunc("si_fd", func() { c.fd(uint64(uint32(s.Fd))) })
	}
	const siTimer, siSigio, siTkill = -2, -5, -6
	switch {
	case s.Code == 0 || s.Code == siTkill:
		sender()
	case s.Code == siTimer:
		c.fieldHex("si_timerid", uint64(uint32(s.Pid)))
		c.fieldInt("si_overrun", int64(int32(s.UID)))
		value()
	case s.Code == siSigio:
		poll()
	case s.Code < 0:
		sender()
		if s.Value != 0 {
			value()
		}
	case s.Signo == 17: // SIGCHLD
		sender()
		if s.Code == 1 {
			c.fieldInt("si_status", int64(s.Status))
		} else {
			c.fieldSignal("si_status", s.Status)
		}
		c.lxClock("si_utime", s.Utime)
		c.lxClock("si_stime", s.Stime)
	case s.Signo == 4 || s.Signo == 5 || s.Signo == 7 || s.Signo == 8 || s.Signo == 11:
		c.fieldPtr("si_addr", s.Addr)
	case s.Signo == 29: // SIGIO
		if s.Code >= 1 && s.Code <= 6 {
			poll()
		}
	case s.Signo == 31: // SIGSYS
		c.fieldPtr("si_call_addr", s.Addr)
		c.fieldInt("si_syscall", int64(s.Syscall))
		c.fieldSym("si_arch", uint64(s.Arch), lxAuditNames, "AUDIT_ARCH_???")
	default:
		if s.Pid != 0 || s.UID != 0 {
			sender()
		}
		if s.Value != 0 {
			value()
		}
	}
	c.str("}")
}

// lxClock is a time in ticks, with seconds where it is not zero.
func (c *ctx) lxClock(name string, ticks int64) {
	c.fieldInt(name, ticks)
	if ticks == 0 {
		return
	}
	c.str(" /* ")
	c.int(ticks / 100)
	c.str(".")
	c.b = append(c.b, '0'+byte(ticks%100/10), '0'+byte(ticks%10))
	c.str(" s */")
}

// LinuxSiginfoText is a siginfo as it is shown when a signal is delivered.
func LinuxSiginfoText(p *Printer, s *LinuxSiginfo) string {
	c := &ctx{p: p, m: p.Model}
	c.lxSiginfo(s)
	return string(c.b)
}

// Time.

// lxTimeTypes are arguments about time. Those with 64 in their names have times of 64 bits on all machines.
func lxTimeTypes() {
	lxSymbol(LxClockid, "clockid", lxClockNames, "CLOCK_???")
	lxFlags(LxTimerFlags, "timer_flags", lxTimerNames, "TIMER_???")
	lxFlags(LxTfdTimeFlags, "tfd_time_flags", lxTfdTimeNames, "TFD_TIMER_???")
	lxPointer(LxTimespec, "timespec", structOf((*ctx).lxTimespec))
	lxPointer(LxTimespec64, "timespec64", structOf(func(c *ctx, v [2]int64) { c.lxTimespec(wideTime(v)) }))
	types[LxTimespec].onEINTR, types[LxTimespec64].onEINTR = true, true
	lxPointer(LxItimerspec, "itimerspec", structOf(func(c *ctx, v [2]abi.Timespec) { c.lxItimerspec(v) }))
	lxPointer(LxItimerspec64, "itimerspec64", structOf(func(c *ctx, v [4]int64) {
		c.lxItimerspec([2]abi.Timespec{wideTime([2]int64{v[0], v[1]}), wideTime([2]int64{v[2], v[3]})})
	}))
	// A timeout that the kernel changes: shown as it was, with what is left after the result.
	left := func(t ArgType, name string, show ArgType) {
		types[t] = typeInfo{name: "lx_" + name, ptr: true, fmt: func(c *ctx, a *Arg, va uint64) bool { return types[show].fmt(c, a, va) },
			aux: func(c *ctx, a *Arg, va uint64) {
				if c.ret > 0 {
					c.addAux("left ", func() bool { return types[show].fmt(c, a, va) })
				}
			}}
	}
	left(LxTimeout, "timeout", LxTimespec)
	left(LxTimeout64, "timeout64", LxTimespec64)
	left(LxTimevalLeft, "timeval_left", Timeval)
	lxPointer(LxTimezone, "timezone", structOf(func(c *ctx, z struct{ West, Dst int32 }) {
		c.str("{")
		c.fieldInt("tz_minuteswest", int64(z.West))
		c.fieldInt("tz_dsttime", int64(z.Dst))
		c.str("}")
	}))
	lxPointer(LxTimex, "timex", structOf(func(c *ctx, t struct {
		Modes                   uint32
		Offset, Freq, Max, Est  abi.Long
		Status                  int32
		Const, Precision, Toler abi.Long
	}) {
		c.str("{")
		c.fieldHex("modes", uint64(t.Modes))
		c.fieldInt("offset", int64(t.Offset))
		c.fieldInt("freq", int64(t.Freq))
		c.fieldInt("maxerror", int64(t.Max))
		c.fieldInt("esterror", int64(t.Est))
		c.fieldHex("status", uint64(uint32(t.Status)))
		c.str(", ...}")
	}))
}

func wideTime(v [2]int64) abi.Timespec { return abi.Timespec{Sec: v[0], Nsec: abi.Long(v[1])} }

func (c *ctx) lxTimespec(t abi.Timespec) {
	c.str("{")
	c.fieldInt("tv_sec", t.Sec)
	c.fieldInt("tv_nsec", int64(t.Nsec))
	c.str("}")
}

func (c *ctx) lxItimerspec(v [2]abi.Timespec) {
	c.str("{it_interval=")
	c.lxTimespec(v[0])
	c.str(", it_value=")
	c.lxTimespec(v[1])
	c.str("}")
}
