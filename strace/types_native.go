package strace

import (
	"fmt"

	"nbemu/abi"
)

// Structures of calls that NetBSD alone has: time of NTP, modules, lists, spawns, mounts.

var (
	modNames = []sym{{1, "MOD_OFFSET"}, {2, "MOD_FREQUENCY"}, {4, "MOD_MAXERROR"}, {8, "MOD_ESTERROR"}, {0x10, "MOD_STATUS"}, {0x20, "MOD_TIMECONST"},
		{0x40, "MOD_PPSMAX"}, {0x80, "MOD_TAI"}, {0x1000, "MOD_MICRO"}, {0x2000, "MOD_NANO"}, {0x4000, "MOD_CLKB"}, {0x8000, "MOD_CLKA"}}
	staNames = []sym{{1, "STA_PLL"}, {2, "STA_PPSFREQ"}, {4, "STA_PPSTIME"}, {8, "STA_FLL"}, {0x10, "STA_INS"}, {0x20, "STA_DEL"}, {0x40, "STA_UNSYNC"},
		{0x80, "STA_FREQHOLD"}, {0x100, "STA_PPSSIGNAL"}, {0x200, "STA_PPSJITTER"}, {0x400, "STA_PPSWANDER"}, {0x800, "STA_PPSERROR"},
		{0x1000, "STA_CLOCKERR"}, {0x2000, "STA_NANO"}, {0x4000, "STA_MODE"}, {0x8000, "STA_CLK"}}
	timeStateNames = []sym{{0, "TIME_OK"}, {1, "TIME_INS"}, {2, "TIME_DEL"}, {3, "TIME_OOP"}, {4, "TIME_WAIT"}, {5, "TIME_ERROR"}}
	swapNames      = []sym{{1, "SWAP_ON"}, {2, "SWAP_OFF"}, {3, "SWAP_NSWAP"}, {4, "SWAP_STATS13"}, {5, "SWAP_CTL"}, {6, "SWAP_STATS50"}, {7, "SWAP_DUMPDEV"},
		{8, "SWAP_GETDUMPDEV"}, {9, "SWAP_DUMPOFF"}, {10, "SWAP_STATS"}}
	quotactlNames = []sym{{0, "QUOTACTL_STAT"}, {1, "QUOTACTL_IDTYPESTAT"}, {2, "QUOTACTL_OBJTYPESTAT"}, {3, "QUOTACTL_GET"}, {4, "QUOTACTL_PUT"}, {5, "QUOTACTL_DEL"},
		{6, "QUOTACTL_CURSOROPEN"}, {7, "QUOTACTL_CURSORCLOSE"}, {8, "QUOTACTL_CURSORSKIPIDTYPE"}, {9, "QUOTACTL_CURSORGET"}, {10, "QUOTACTL_CURSORATEND"},
		{11, "QUOTACTL_CURSORREWIND"}, {12, "QUOTACTL_QUOTAON"}, {13, "QUOTACTL_QUOTAOFF"}}
	aclTypeNames = []sym{{0, "ACL_TYPE_ACCESS_OLD"}, {1, "ACL_TYPE_DEFAULT_OLD"}, {2, "ACL_TYPE_ACCESS"}, {3, "ACL_TYPE_DEFAULT"}, {4, "ACL_TYPE_NFS4"}}
	aclTagNames  = []sym{{1, "ACL_USER_OBJ"}, {2, "ACL_USER"}, {4, "ACL_GROUP_OBJ"}, {8, "ACL_GROUP"}, {0x10, "ACL_MASK"}, {0x20, "ACL_OTHER"}, {0x40, "ACL_EVERYONE"}}
	aclPermNames = []sym{{4, "ACL_READ"}, {2, "ACL_WRITE"}, {1, "ACL_EXECUTE"}}
	faeNames     = []sym{{abi.FAE_OPEN, "FAE_OPEN"}, {abi.FAE_DUP2, "FAE_DUP2"}, {abi.FAE_CLOSE, "FAE_CLOSE"}, {abi.FAE_CHDIR, "FAE_CHDIR"}, {abi.FAE_FCHDIR, "FAE_FCHDIR"}}
	spawnNames   = []sym{{abi.POSIX_SPAWN_RESETIDS, "POSIX_SPAWN_RESETIDS"}, {abi.POSIX_SPAWN_SETPGROUP, "POSIX_SPAWN_SETPGROUP"},
		{abi.POSIX_SPAWN_SETSCHEDPARAM, "POSIX_SPAWN_SETSCHEDPARAM"}, {abi.POSIX_SPAWN_SETSCHEDULER, "POSIX_SPAWN_SETSCHEDULER"},
		{abi.POSIX_SPAWN_SETSIGDEF, "POSIX_SPAWN_SETSIGDEF"}, {abi.POSIX_SPAWN_SETSIGMASK, "POSIX_SPAWN_SETSIGMASK"}, {abi.POSIX_SPAWN_RETURNERROR, "POSIX_SPAWN_RETURNERROR"}}
)

func netbsdTypes() {
	pointer(Timex, "timex", structOf((*ctx).timex))
	pointer(Ntptimeval, "ntptimeval", structOf(func(c *ctx, t abi.Ntptimeval) {
		c.ntptimeval(func() { c.timespec(t.Time) }, t.Maxerror, t.Esterror, func() {
			c.fieldInt("tai", int64(t.Tai))
			c.fieldSym("time_state", uint64(uint32(t.TimeState)), timeStateNames, "TIME_???")
		})
	}))
	pointer(Ntptimeval50, "ntptimeval50", structOf(func(c *ctx, t abi.Ntptimeval50) {
		c.ntptimeval(func() { c.timespec(newTimespec(t.Time)) }, t.Maxerror, t.Esterror, func() {
			c.fieldInt("tai", int64(t.Tai))
			c.fieldSym("time_state", uint64(uint32(t.TimeState)), timeStateNames, "TIME_???")
		})
	}))
	pointer(Ntptimeval30, "ntptimeval30", structOf(func(c *ctx, t abi.Ntptimeval30) {
		c.ntptimeval(func() { c.timeval(newTimeval(t.Time)) }, t.Maxerror, t.Esterror, func() {})
	}))
	symbol(SwapCmd, "swap_cmd", swapNames, "SWAP_???")
	pointer(QuotactlArgs, "quotactl_args", structOf(func(c *ctx, op uint32) {
		c.str("{")
		c.fieldSym("qc_op", uint64(op), quotactlNames, "QUOTACTL_???")
		c.str(", ...}")
	}))
	symbol(AclType, "acl_type", aclTypeNames, "ACL_TYPE_???")
	pointer(Acl, "acl", fmtACL)
	types[ModctlArg] = typeInfo{name: "modctl_arg", fmt: fmtModctlArg}
	pointer(SpawnActions, "spawn_actions", fmtSpawnActions)
	pointer(SpawnAttr, "spawn_attr", structOf((*ctx).spawnAttr))
	pointer(MountData, "mount_data", fmtMountData)
	pointer(AiocbList, "aiocb_list", func(c *ctx, a *Arg, va uint64) bool {
		return c.array(va, c.count(a), c.m.PtrSize, func(va uint64) bool {
			p, ok := load[abi.Ptr](c, va)
			if !ok || p == 0 {
				c.str("NULL")
				return ok
			}
			if !types[Aiocb].fmt(c, a, uint64(p)) {
				c.hex(uint64(p))
			}
			return true
		})
	})
	pointer(Uuids, "uuids", func(c *ctx, a *Arg, va uint64) bool {
		n, _ := c.length(a) // not what is returned, which is 0
		return c.array(va, n, 16, func(va uint64) bool {
			u, ok := load[abi.UUID](c, va)
			if ok {
				c.str(uuidText(u))
			}
			return ok
		})
	})
}

func (c *ctx) timex(t abi.Timex) {
	c.str("{")
	c.fieldFlags("modes", uint64(t.Modes), modNames, "MOD_???")
	c.fieldInt("offset", int64(t.Offset))
	c.fieldInt("freq", int64(t.Freq))
	c.fieldInt("maxerror", int64(t.Maxerror))
	c.fieldInt("esterror", int64(t.Esterror))
	c.fieldFlags("status", uint64(uint32(t.Status)), staNames, "STA_???")
	c.fieldInt("constant", int64(t.Constant))
	c.fieldInt("precision", int64(t.Precision))
	c.fieldInt("tolerance", int64(t.Tolerance))
	c.str(", ...}")
}

func (c *ctx) ntptimeval(time func(), maxerror, esterror abi.Long, rest func()) {
	c.str("{")
	c.fieldFunc("time", time)
	c.fieldInt("maxerror", int64(maxerror))
	c.fieldInt("esterror", int64(esterror))
	rest()
	c.str("}")
}

// fmtModctlArg shows what a command of modctl(2) has: what is to be loaded, a name, whether there is a loader, a vector.
func fmtModctlArg(c *ctx, a *Arg, v uint64) bool {
	va := c.ptrval(v)
	switch c.sibling(ModctlCmd) {
	case abi.MODCTL_LOAD:
		c.at(va, func() bool {
			ml, ok := load[abi.ModctlLoad](c, va)
			if !ok {
				return false
			}
			c.str("{")
			c.fieldFunc("ml_filename", func() { c.text(uint64(ml.Filename)) })
			c.fieldHex("ml_flags", uint64(uint32(ml.Flags)))
			c.fieldPtr("ml_props", uint64(ml.Props))
			c.fieldUint("ml_propslen", uint64(ml.Propslen))
			c.str("}")
			return true
		})
	case abi.MODCTL_UNLOAD:
		c.text(va)
	case abi.MODCTL_EXISTS:
		c.uint(va)
	case abi.MODCTL_OSTAT, abi.MODCTL_STAT:
		c.at(va, func() bool {
			v, ok := load[abi.Iovec](c, va)
			if !ok {
				return false
			}
			c.str("{")
			c.fieldPtr("iov_base", uint64(v.Base))
			c.fieldUint("iov_len", uint64(v.Len))
			c.str("}")
			return true
		})
	default:
		c.ptr(va)
	}
	return true
}

// fmtACL shows a list of access rights; those of old types are elsewhere in memory.
func fmtACL(c *ctx, a *Arg, va uint64) bool {
	if c.sibling(AclType) <= 1 {
		return false
	}
	head, ok := load[struct {
		Maxcnt, Cnt uint32
		Spare       [4]int32
	}](c, va)
	if !ok {
		return false
	}
	const maxEntries = 254
	c.str("{")
	c.fieldUint("acl_maxcnt", uint64(head.Maxcnt))
	c.fieldUint("acl_cnt", uint64(head.Cnt))
	c.field("acl_entry")
	nfs4 := c.sibling(AclType) == 4
	ok = c.array(va+24, uint64(min(head.Cnt, maxEntries)), 16, func(va uint64) bool {
		e, ok := load[struct {
			Tag, Id, Perm uint32
			Type, Flags   uint16
		}](c, va)
		if !ok {
			return false
		}
		c.str("{")
		c.fieldSym("ae_tag", uint64(e.Tag), aclTagNames, "ACL_???")
		c.fieldID("ae_id", e.Id)
		if nfs4 {
			c.fieldHex("ae_perm", uint64(e.Perm))
			c.fieldHex("ae_entry_type", uint64(e.Type))
			c.fieldHex("ae_flags", uint64(e.Flags))
		} else {
			c.fieldFlags("ae_perm", uint64(e.Perm), aclPermNames, "ACL_???")
		}
		c.str("}")
		return true
	})
	c.str("}")
	return ok
}

// fmtSpawnActions shows what posix_spawn(2) does with descriptors before it executes the program.
func fmtSpawnActions(c *ctx, a *Arg, va uint64) bool {
	fa, ok := load[abi.PosixSpawnFileActions](c, va)
	if !ok {
		return false
	}
	return c.array(uint64(fa.Fae), uint64(fa.Len), c.m.Sizeof(abi.PosixSpawnFae{}), func(va uint64) bool {
		e, ok := load[abi.PosixSpawnFae](c, va)
		if !ok {
			return false
		}
		c.str("{")
		c.fieldSym("fae_action", uint64(uint32(e.Action)), faeNames, "FAE_???")
		if e.Action != abi.FAE_CHDIR {
			c.fieldInt("fae_fildes", int64(e.Fildes))
		}
		switch e.Action {
		case abi.FAE_OPEN:
			c.fieldFunc("path", func() { c.text(uint64(e.Path)) })
			c.fieldFunc("oflag", func() { c.oflags(uint64(uint32(e.Oflag))) })
			c.fieldFunc("mode", func() { c.octal(uint64(e.Mode)) })
		case abi.FAE_DUP2:
			c.fieldInt("newfildes", int64(c.m.Newfildes(&e)))
		case abi.FAE_CHDIR:
			c.fieldFunc("path", func() { c.text(uint64(e.Path)) })
		}
		c.str("}")
		return true
	})
}

func (c *ctx) spawnAttr(s abi.PosixSpawnattr) {
	c.str("{")
	c.fieldFlags("sa_flags", uint64(uint16(s.Flags)), spawnNames, "POSIX_SPAWN_???")
	if s.Flags&abi.POSIX_SPAWN_SETPGROUP != 0 {
		c.fieldInt("sa_pgroup", int64(s.Pgroup))
	}
	if s.Flags&abi.POSIX_SPAWN_SETSCHEDULER != 0 {
		c.fieldSym("sa_schedpolicy", uint64(uint32(s.Schedpolicy)), schedNames, "SCHED_???")
	}
	if s.Flags&(abi.POSIX_SPAWN_SETSCHEDULER|abi.POSIX_SPAWN_SETSCHEDPARAM) != 0 {
		c.fieldInt("sched_priority", int64(s.Schedparam.Priority))
	}
	if s.Flags&abi.POSIX_SPAWN_SETSIGDEF != 0 {
		c.fieldFunc("sa_sigdefault", func() { c.sigset(s.Sigdefault) })
	}
	if s.Flags&abi.POSIX_SPAWN_SETSIGMASK != 0 {
		c.fieldFunc("sa_sigmask", func() { c.sigset(s.Sigmask) })
	}
	c.str("}")
}

// fmtMountData shows what a mount of a type has beside the place.
func fmtMountData(c *ctx, a *Arg, va uint64) bool {
	name, more, ok := c.cstring(c.ptrval(c.arg(0)), 32)
	if !ok || more {
		return false
	}
	switch string(name) {
	case abi.MOUNT_NULL, abi.MOUNT_UNION:
		target, ok := load[abi.Ptr](c, va)
		if ok {
			c.str("{")
			c.fieldFunc("target", func() { c.text(uint64(target)) })
			c.str("}")
		}
		return ok
	case abi.MOUNT_TMPFS:
		t, ok := load[struct {
			Version                    int32
			NodesMax                   uint64
			SizeMax                    int64
			RootUID, RootGID, RootMode uint32
		}](c, va)
		if ok {
			c.str("{")
			c.fieldInt("ta_version", int64(t.Version))
			c.fieldUint("ta_nodes_max", t.NodesMax)
			c.fieldInt("ta_size_max", t.SizeMax)
			c.fieldID("ta_root_uid", t.RootUID)
			c.fieldID("ta_root_gid", t.RootGID)
			c.fieldFunc("ta_root_mode", func() { c.octal(uint64(t.RootMode)) })
			c.str("}")
		}
		return ok
	}
	return false
}

// uuidText is a UUID as uuidgen(1) prints it.
func uuidText(u abi.UUID) string {
	return fmt.Sprintf("%08x-%04x-%04x-%02x%02x-%x", u.TimeLow, u.TimeMid, u.TimeHiAndVersion, u.ClockSeqHi, u.ClockSeqLow, u.Node[:])
}
