package strace

import "nbemu/abi"

// prctl, whose arguments depend on its first; capabilities, seccomp and ptrace of Linux programs.

// Some options of prctl (include/uapi/linux/prctl.h).
const (
	prSetPdeathsig, prGetPdeathsig, prGetDumpable, prSetDumpable = 1, 2, 3, 4
	prGetKeepcaps, prSetKeepcaps, prSetName, prGetName           = 7, 8, 15, 16
	prGetSeccomp, prSetSeccomp, prCapbsetRead, prCapbsetDrop     = 21, 22, 23, 24
	prGetTSC, prSetTSC, prGetSecurebits, prSetSecurebits         = 25, 26, 27, 28
	prSetTimerslack, prGetTimerslack, prMceKill, prMceKillGet    = 29, 30, 33, 34
	prSetMM, prSetSubreaper, prGetSubreaper                      = 35, 36, 37
	prSetNoNewPrivs, prGetNoNewPrivs, prGetTidAddress            = 38, 39, 40
	prSetTHP, prGetTHP, prCapAmbient, prSetMDWE                  = 41, 42, 47, 65
	prSetVMA                                                     = 0x53564d41
)

// lxPrctlTypes are arguments of prctl and of calls about rights.
func lxPrctlTypes() {
	lxSymbol(LxPrctl, "prctl", lxPrctlNames, "PR_???")
	types[LxPrctlArg] = typeInfo{name: "lx_prctl_arg", fmt: fmtLxPrctl, late: func(c *ctx, a *Arg) bool {
		switch c.sibling(LxPrctl) {
		case prGetPdeathsig, prGetName, prGetSubreaper, prGetTSC, prGetTidAddress:
			return true
		}
		return false
	}}
	types[LxPrctl].aux = func(c *ctx, a *Arg, v uint64) {
		switch c.sibling(LxPrctl) {
		case prGetDumpable:
			c.addAux("", func() bool { c.str(nameIn(lxDumpableNames, uint64(c.ret))); return true })
		case prGetSecurebits:
			if c.ret != 0 {
				c.hexRet = true
				c.addAux("", func() bool { c.flags(uint64(c.ret), lxSecbitNames, ""); return true })
			}
		}
	}
	lxSymbol(LxArchPrctl, "arch_prctl", lxArchNames, "ARCH_???")
	types[LxArchPrctlArg] = typeInfo{name: "lx_arch_prctl_arg", fmt: fmtLxArchPrctl,
		late: func(c *ctx, a *Arg) bool { return c.sibling(LxArchPrctl)-lxArchGetFS < 2 }}
	lxPointer(LxCapHeader, "cap_header", structOf(func(c *ctx, h struct {
		Version uint32
		Pid     int32
	}) {
		c.str("{")
		c.fieldSym("version", uint64(h.Version), lxCapVersionNames, "_LINUX_CAPABILITY_VERSION_???")
		c.fieldInt("pid", int64(h.Pid))
		c.str("}")
	}))
	lxPointer(LxCapData, "cap_data", fmtLxCapData)
	lxSymbol(LxSeccompOp, "seccomp_op", lxSeccompNames, "SECCOMP_SET_MODE_???")
	types[LxSeccompFlags] = typeInfo{name: "lx_seccomp_flags", fmt: func(c *ctx, a *Arg, v uint64) bool {
		if c.sibling(LxSeccompOp) == 1 { // SECCOMP_SET_MODE_FILTER
			c.flags(uint64(uint32(v)), lxSeccompFlagNames, "SECCOMP_FILTER_FLAG_???")
		} else {
			c.uint(uint64(uint32(v)))
		}
		return true
	}}
	types[LxSeccompArg] = typeInfo{name: "lx_seccomp_arg", fmt: func(c *ctx, a *Arg, v uint64) bool {
		va := c.ptrval(v)
		c.at(va, func() bool {
			switch c.sibling(LxSeccompOp) {
			case 1:
				return c.lxFprog(va)
			case 2: // SECCOMP_GET_ACTION_AVAIL
				n, ok := load[uint32](c, va)
				c.indirect(func() { c.lxSeccompRet(uint64(n)) })
				return ok
			}
			return false
		})
		return true
	}}
	lxSymbol(LxPtraceReq, "ptrace_req", lxPtraceNames, "PTRACE_???")
	types[LxPtracePid] = typeInfo{name: "lx_ptrace_pid", fmt: func(c *ctx, a *Arg, v uint64) bool {
		if c.sibling(LxPtraceReq) != 0 { // PTRACE_TRACEME
			c.int(int64(int32(v)))
		}
		return true
	}}
	late := func(c *ctx, a *Arg) bool {
		switch c.sibling(LxPtraceReq) {
		case 1, 2, 3, 0x4201, 0x4202, 0x4204, 12, 14:
			return true
		}
		return false
	}
	types[LxPtraceAddr] = typeInfo{name: "lx_ptrace_addr", fmt: fmtLxPtraceAddr}
	types[LxPtraceData] = typeInfo{name: "lx_ptrace_data", fmt: fmtLxPtraceData, late: late}
}

func (c *ctx) lxCap(v uint64) { c.xval(v, lxCapNames, "CAP_???") }

// fmtLxPrctl shows the one of prctl's arguments that a is.
func fmtLxPrctl(c *ctx, a *Arg, v uint64) bool {
	n := 0
	for i := range c.sig.Args {
		if &c.sig.Args[i] == a {
			n = i
		}
	}
	v = c.ptrval(v)
	op := c.sibling(LxPrctl)
	if n >= 2 {
		c.lxPrctlRest(op, n, v)
		return true
	}
	word := func(f func(n uint64)) {
		c.at(v, func() bool {
			w, ok := load[uint32](c, v)
			c.indirect(func() { f(uint64(w)) })
			return ok && c.err == abi.OK
		})
	}
	switch op {
	case prGetDumpable, prGetKeepcaps, prGetSeccomp, prGetSecurebits, prGetTimerslack, 13: // without any
	case prSetPdeathsig:
		c.lxSignal(int(c.generic(LinuxSignal, v)))
	case prGetPdeathsig:
		word(func(n uint64) { c.lxSignal(int(c.generic(LinuxSignal, n))) })
	case prSetDumpable:
		c.xval(v, lxDumpableNames, "SUID_DUMP_???")
	case prSetName, prGetName:
		c.at(v, func() bool {
			s, _, ok := c.cstring(v, 15)
			c.quote(s, false)
			return ok && c.err == abi.OK
		})
	case prSetSeccomp:
		c.xval(v, lxSeccompModeNames, "SECCOMP_MODE_???")
	case prCapbsetRead, prCapbsetDrop:
		c.lxCap(v)
	case prGetTSC:
		word(func(n uint64) { c.xval(n, lxTscNames, "PR_TSC_???") })
	case prSetTSC:
		c.xval(v, lxTscNames, "PR_TSC_???")
	case prSetSecurebits:
		c.flags(v, lxSecbitNames, "SECBIT_???")
	case prSetTimerslack:
		c.int(c.long(v))
	case prSetKeepcaps, prSetSubreaper, prSetNoNewPrivs, prGetNoNewPrivs, prSetTHP, prGetTHP:
		c.uint(v)
	case prGetSubreaper:
		word(c.uint)
	case prGetTidAddress:
		c.at(v, func() bool {
			p, ok := load[abi.Ptr](c, v)
			c.indirect(func() { c.ptr(uint64(p)) })
			return ok && c.err == abi.OK
		})
	case prMceKill:
		c.xval(v, lxMceNames, "PR_MCE_KILL_???")
	case prSetMM:
		c.xval(v, lxSetMmNames, "PR_SET_MM_???")
	case prCapAmbient:
		c.xval(v, lxAmbientNames, "PR_CAP_AMBIENT_???")
	case prSetVMA:
		c.xval(v, lxSetVmaNames, "PR_SET_VMA_???")
	case prSetMDWE:
		c.flags(v, lxMdweNames, "PR_MDWE_???")
	default:
		c.hex(v)
	}
	return true
}

// lxPrctlRest shows the arguments from the third on, where the option has them.
func (c *ctx) lxPrctlRest(op uint64, n int, v uint64) {
	switch op {
	case prSetNoNewPrivs, prGetNoNewPrivs, prSetTHP, prGetTHP, prMceKill, prMceKillGet, prSetMDWE:
		if op == prMceKill && n == 2 {
			c.xval(v, lxMcePolicyNames, "PR_MCE_KILL_???")
			return
		}
		c.hex(v)
	case prCapAmbient:
		if n == 2 {
			c.lxCap(v)
		} else {
			c.hex(v)
		}
	case prSetVMA:
		switch n {
		case 2:
			c.ptr(v)
		case 3:
			c.uint(v)
		case 4:
			c.text(v)
		}
	case prSetSeccomp:
		if n == 2 && c.ptrval(c.arg(1)) == 2 { // SECCOMP_MODE_FILTER
			c.at(v, func() bool { return c.lxFprog(v) })
		}
	default:
		if nameIn(lxPrctlNames, op) == "" || op == prSetMM {
			c.hex(v)
		}
	}
}

const lxArchGetFS = 0x1003

func fmtLxArchPrctl(c *ctx, a *Arg, v uint64) bool {
	if c.sibling(LxArchPrctl)-lxArchGetFS < 2 { // and ARCH_GET_GS
		c.at(v, func() bool {
			p, ok := load[abi.Ptr](c, v)
			c.indirect(func() { c.hex(uint64(p)) })
			return ok && c.err == abi.OK
		})
		return true
	}
	c.hex(v)
	return true
}

// fmtLxCapData shows sets of capabilities: one of 32 bits, or two for the versions from 2 on.
func fmtLxCapData(c *ctx, a *Arg, va uint64) bool {
	const first = 0x19980330
	version, ok := load[uint32](c, c.ptrval(c.arg(0)))
	if !ok {
		return false
	}
	low, ok := load[[3]uint32](c, va)
	high := [3]uint32{}
	if ok && version != first {
		high, ok = load[[3]uint32](c, va+12)
	}
	c.str("{")
	for i, name := range []string{"effective", "permitted", "inheritable"} {
		c.field(name)
		set := uint64(high[i])<<32 | uint64(low[i])
		if set == 0 {
			c.str("0")
		}
		for bit, sep := uint64(0), ""; bit < 64; bit++ {
			if set>>bit&1 == 0 {
				continue
			}
			c.str(sep)
			if s := nameIn(lxCapNames, bit); s != "" {
				c.str("1<<" + s)
			} else {
				c.hex(1 << bit)
			}
			sep = "|"
		}
	}
	c.str("}")
	return ok
}

// lxFprog is a program for the packet filter, with its instructions.
func (c *ctx) lxFprog(va uint64) bool {
	p, ok := load[struct {
		Len    uint16
		Filter abi.Ptr
	}](c, va)
	if !ok {
		return false
	}
	c.str("{")
	c.fieldUint("len", uint64(p.Len))
	c.fieldPtr("filter", uint64(p.Filter))
	c.str("}")
	return true
}

// lxSeccompRet is what a filter of seccomp's gives.
func (c *ctx) lxSeccompRet(v uint64) {
	c.xval(v&0xffff0000, []sym{{0, "SECCOMP_RET_KILL_THREAD"}, {0x80000000, "SECCOMP_RET_KILL_PROCESS"}, {0x30000, "SECCOMP_RET_TRAP"},
		{0x50000, "SECCOMP_RET_ERRNO"}, {0x7fc00000, "SECCOMP_RET_USER_NOTIF"}, {0x7ff00000, "SECCOMP_RET_TRACE"},
		{0x7ffc0000, "SECCOMP_RET_LOG"}, {0x7fff0000, "SECCOMP_RET_ALLOW"}}, "SECCOMP_RET_???")
	if d := v & 0xffff; d != 0 {
		c.str("|")
		c.hex(d)
	}
}

func fmtLxPtraceAddr(c *ctx, a *Arg, v uint64) bool {
	v = c.ptrval(v)
	switch c.sibling(LxPtraceReq) {
	case 0, 8, 0x4200, 0x4201, 0x4202, 0x4203, 7, 24, 9, 16, 17: // nothing, or without meaning
		if op := c.sibling(LxPtraceReq); op == 0 || op == 8 {
			return true
		}
		c.ptr(v)
	case 0x4204, 0x4205: // PTRACE_GETREGSET, PTRACE_SETREGSET
		c.xval(v, lxNtNames, "NT_???")
	default:
		c.ptr(v)
	}
	return true
}

func fmtLxPtraceData(c *ctx, a *Arg, v uint64) bool {
	v = c.ptrval(v)
	switch c.sibling(LxPtraceReq) {
	case 0, 8, 0x4207: // PTRACE_TRACEME, PTRACE_KILL, PTRACE_INTERRUPT
	case 0x4200, 0x4206: // PTRACE_SETOPTIONS, PTRACE_SEIZE
		c.flags(v, lxPtraceOptionNames, "PTRACE_O_???")
	case 7, 9, 16, 17, 24, 31, 32: // PTRACE_CONT and others that give a signal
		c.lxPtraceSignal(v)
	case 1, 2, 3: // PTRACE_PEEKTEXT, PTRACE_PEEKDATA, PTRACE_PEEKUSER
		c.at(v, func() bool {
			w, ok := load[abi.ULong](c, v)
			c.indirect(func() { c.hex(uint64(w)) })
			return ok && c.err == abi.OK
		})
	case 0x4201: // PTRACE_GETEVENTMSG
		c.at(v, func() bool {
			w, ok := load[abi.ULong](c, v)
			c.indirect(func() { c.uint(uint64(w)) })
			return ok && c.err == abi.OK
		})
	case 0x4202, 0x4203: // PTRACE_GETSIGINFO, PTRACE_SETSIGINFO
		c.at(v, func() bool { return c.err == abi.OK && types[LxSiginfo].fmt(c, &Arg{}, v) })
	case 0x4204, 0x4205:
		c.at(v, func() bool {
			w, ok := load[struct {
				Base abi.Ptr
				Len  abi.Size
			}](c, v)
			c.str("{")
			c.fieldPtr("iov_base", uint64(w.Base))
			c.fieldUint("iov_len", uint64(w.Len))
			c.str("}")
			return ok
		})
	case 4, 5, 6: // PTRACE_POKETEXT, PTRACE_POKEDATA, PTRACE_POKEUSER
		c.hex(v)
	default:
		c.ptr(v)
	}
	return true
}

func (c *ctx) lxPtraceSignal(v uint64) {
	if v == 0 {
		c.str("0")
		return
	}
	c.lxSignal(int(c.generic(LinuxSignal, v)))
}
