package strace

import "nbemu/abi"

// Other parts of Linux' kernel: what it says of itself, keys, modules, asynchronous I/O.

// lxKernTypes are arguments of calls about these.
func lxKernTypes() {
	lxPointer(LxUtsname, "utsname", func(c *ctx, a *Arg, va uint64) bool {
		b, ok := c.bytesAt(va, 6*65)
		if !ok {
			return false
		}
		c.str("{")
		for i, name := range []string{"sysname", "nodename", "release", "version", "machine", "domainname"} {
			if i >= 2 && !c.p.Env {
				c.str(", ...")
				break
			}
			c.fieldQuoted(name, chars(b[i*65:(i+1)*65]))
		}
		c.str("}")
		return true
	})
	lxPointer(LxSysinfo, "sysinfo", structOf(func(c *ctx, s struct {
		Uptime                      abi.Long
		Loads                       [3]abi.ULong
		Total, Free, Shared, Buffer abi.ULong
		TotalSwap, FreeSwap         abi.ULong
		Procs, _                    uint16
		TotalHigh, FreeHigh         abi.ULong
		Unit                        uint32
	}) {
		c.str("{")
		c.fieldInt("uptime", int64(s.Uptime))
		c.str(", loads=[")
		for i, l := range s.Loads {
			if i > 0 {
				c.str(", ")
			}
			c.uint(uint64(l))
		}
		c.str("]")
		for _, m := range []struct {
			name string
			v    abi.ULong
		}{{"totalram", s.Total}, {"freeram", s.Free}, {"sharedram", s.Shared}, {"bufferram", s.Buffer}, {"totalswap", s.TotalSwap},
			{"freeswap", s.FreeSwap}, {"procs", abi.ULong(s.Procs)}, {"totalhigh", s.TotalHigh}, {"freehigh", s.FreeHigh},
			{"mem_unit", abi.ULong(s.Unit)}} {
			c.fieldUint(m.name, uint64(m.v))
		}
		c.str("}")
	}))
	lxPointer(LxTms, "tms", structOf(func(c *ctx, t [4]abi.Long) {
		c.str("{")
		for i, name := range []string{"tms_utime", "tms_stime", "tms_cutime", "tms_cstime"} {
			c.lxClock(name, int64(t[i]))
		}
		c.str("}")
	}))
	lxPointer(LxHexbuf, "hexbuf", func(c *ctx, a *Arg, va uint64) bool {
		n := uint64(max(c.ret, 0))
		b, ok := c.bytesAt(va, min(n, uint64(c.maxStr())))
		c.hexQuote(b, n > uint64(c.maxStr()))
		return ok
	})
	lxFlags(LxGrndFlags, "grnd_flags", lxGrndNames, "GRND_???")
	lxScalar(LxHex8, "hex8", func(c *ctx, v uint64) { // with an 0x for 0 too
		c.str("0x")
		c.b = appendHex(c.b, c.ptrval(v))
	})
	lxScalar(LxPersonality, "personality", (*ctx).lxPersonality)
	types[LxPersonality].aux = func(c *ctx, a *Arg, v uint64) {
		c.hexRet = c.ret != 0
		c.addAux("", func() bool { c.lxPersonality(uint64(c.ret)); return true })
	}
	lxSymbol(LxKcmp, "kcmp", lxKcmpNames, "KCMP_???")
	types[LxKcmpIdx] = typeInfo{name: "lx_kcmp_idx", fmt: func(c *ctx, a *Arg, v uint64) bool {
		switch c.sibling(LxKcmp) {
		case 0, 7: // KCMP_FILE, KCMP_EPOLL_TFD
			c.uint(c.ptrval(v))
		}
		return true
	}}
	lxFlags(LxMembarrier, "membarrier", lxMembarrierNames, "MEMBARRIER_CMD_???")
	lxFlags(LxMembarrierFlags, "membarrier_flags", lxMembarrierFlagNames, "MEMBARRIER_CMD_FLAG_???")
	lxScalar(LxSyslog, "syslog", func(c *ctx, v uint64) {
		v = uint64(uint32(v))
		c.int(int64(int32(v)))
		c.str(" /* ")
		if s := nameIn(lxSyslogNames, v); s != "" {
			c.str(s)
		} else {
			c.str("SYSLOG_ACTION_???")
		}
		c.str(" */")
	})
	lxSymbol(LxReboot1, "reboot1", lxReboot1Names, "LINUX_REBOOT_MAGIC_???")
	lxSymbol(LxReboot2, "reboot2", lxReboot2Names, "LINUX_REBOOT_MAGIC_???")
	lxSymbol(LxReboot3, "reboot3", lxReboot3Names, "LINUX_REBOOT_CMD_???")
	lxSymbol(LxBpf, "bpf", lxBpfNames, "BPF_???")
	lxFlags(LxModuleFlags, "module_flags", lxModuleNames, "MODULE_INIT_???")
	lxFlags(LxDeleteModuleFlags, "delete_module_flags", lxDeleteModuleNames, "O_???")
	lxFlags(LxLandlockFlags, "landlock_flags", lxLandlockNames, "LANDLOCK_CREATE_RULESET_???")
	lxPointer(LxLandlockAttr, "landlock_attr", func(c *ctx, a *Arg, va uint64) bool {
		n, _ := c.length(a)
		fs, ok := load[uint64](c, va)
		c.str("{")
		c.fieldFlags("handled_access_fs", fs, lxLandlockFsNames, "LANDLOCK_ACCESS_FS_???")
		if ok && n >= 16 {
			var net uint64
			net, ok = load[uint64](c, va+8)
			c.fieldFlags("handled_access_net", net, lxLandlockNetNames, "LANDLOCK_ACCESS_NET_???")
		}
		c.str("}")
		return ok
	})
	lxSymbol(LxLandlockRule, "landlock_rule", lxLandlockRuleNames, "LANDLOCK_RULE_???")
	lxFlags(LxPidfdFlags, "pidfd_flags", lxPidfdNames, "PIDFD_???")
	lxFlags(LxRseqFlags, "rseq_flags", lxRseqNames, "RSEQ_FLAG_???")
	lxFlags(LxPerfFlags, "perf_flags", lxPerfNames, "PERF_FLAG_???")
	lxFlags(LxKexecFlags, "kexec_flags", lxKexecNames, "KEXEC_???")
	lxFlags(LxFanFlags, "fan_flags", lxFanInitNames, "FAN_???")
	lxFlags(LxFanMarkFlags, "fan_mark_flags", lxFanMarkNames, "FAN_MARK_???")
	lxFlags(LxFanMask, "fan_mask", lxFanEventNames, "FAN_???")
	types[LxFanMask].size64 = true
	types[LxFanMask].fmt = func(c *ctx, a *Arg, v uint64) bool { c.flags(v, lxFanEventNames, "FAN_???"); return true }
	lxFlags(LxFsopenFlags, "fsopen_flags", lxFsopenNames, "FSOPEN_???")
	lxFlags(LxFsmountFlags, "fsmount_flags", lxFsmountNames, "FSMOUNT_???")
	lxFlags(LxMountAttr, "mount_attr", lxMountAttrNames, "MOUNT_ATTR_???")
	lxFlags(LxMoveMountFlags, "move_mount_flags", lxMoveMountNames, "MOVE_MOUNT_???")
	lxFlags(LxOpenTreeFlags, "open_tree_flags", append(lxOpenTreeNames, lxAtNames...), "OPEN_TREE_???")
	lxFlags(LxFspickFlags, "fspick_flags", lxFspickNames, "FSPICK_???")
	lxSymbol(LxFsconfig, "fsconfig", lxFsconfigNames, "FSCONFIG_???")
	lxSymbol(LxLsmAttr, "lsm_attr", lxLsmNames, "LSM_ATTR_???")
	lxKeyTypes()
}

func appendHex(b []byte, v uint64) []byte {
	c := &ctx{b: b}
	if v == 0 {
		c.str("0")
		return c.b
	}
	mark := len(b)
	c.hex(v)
	return append(c.b[:mark], c.b[mark+2:]...)
}

func (c *ctx) lxPersonality(v uint64) {
	v = uint64(uint32(v))
	if v == 0xffffffff {
		c.str("0xffffffff")
		return
	}
	c.xval(v&0xff, lxPersonalityNames, "PER_???")
	if f := v &^ 0xff; f != 0 {
		c.str("|")
		c.flags(f, lxPersonalityFlagNames, "")
	}
}

// lxKeyTypes are arguments about keys.
func lxKeyTypes() {
	lxScalar(LxKeySpec, "key_spec", func(c *ctx, v uint64) {
		if s := nameIn(lxKeySpecs, uint64(uint32(v))); s != "" {
			c.str(s)
			return
		}
		c.int(int64(int32(v)))
	})
	lxSymbol(LxKeyctl, "keyctl", lxKeyctlNames, "KEYCTL_???")
	types[LxKeyctlArg] = typeInfo{name: "lx_keyctl_arg", fmt: fmtLxKeyctl, late: func(c *ctx, a *Arg) bool {
		switch c.sibling(LxKeyctl) {
		case 6, 11, 17: // KEYCTL_DESCRIBE, KEYCTL_READ, KEYCTL_GET_SECURITY
			return a.Name == "arg3"
		}
		return false
	}}
}

var lxKeySpecs = []sym{{si(-1), "KEY_SPEC_THREAD_KEYRING"}, {si(-2), "KEY_SPEC_PROCESS_KEYRING"}, {si(-3), "KEY_SPEC_SESSION_KEYRING"},
	{si(-4), "KEY_SPEC_USER_KEYRING"}, {si(-5), "KEY_SPEC_USER_SESSION_KEYRING"}, {si(-6), "KEY_SPEC_GROUP_KEYRING"},
	{si(-7), "KEY_SPEC_REQKEY_AUTH_KEY"}, {si(-8), "KEY_SPEC_REQUESTOR_KEYRING"}}

// lxKeyctlForms are the arguments of keyctl's commands: k a key, s a string, b a buffer that is filled in, with its size
// after it, i and u numbers, x hexadecimal, p permissions, d a set of ids.
var lxKeyctlForms = map[uint64]string{0: "ki", 1: "s", 2: "kau", 3: "k", 4: "kiu", 5: "kp", 6: "kbu", 7: "k", 8: "kk", 9: "kk", 10: "kssk",
	11: "kbu", 12: "kauk", 13: "kuk", 14: "r", 15: "ku", 16: "k", 17: "kbu", 18: "", 19: "kuuk", 20: "kauk", 21: "k", 22: "uk"}

func fmtLxKeyctl(c *ctx, a *Arg, v uint64) bool {
	form, known := lxKeyctlForms[c.sibling(LxKeyctl)]
	n := int(a.Name[len(a.Name)-1] - '2') // arg2 and on
	v = c.ptrval(v)
	if !known {
		c.hex(v)
		return true
	}
	if n >= len(form) {
		return true
	}
	switch form[n] {
	case 'k':
		types[LxKeySpec].fmt(c, a, v)
	case 's':
		c.at(v, func() bool { return fmtStr(c, a, v) })
	case 'a', 'b':
		c.at(v, func() bool {
			size := c.ptrval(c.arg(n + 2))
			if form[n] == 'b' {
				if c.err != abi.OK {
					return false
				}
				size = min(size, uint64(max(c.ret, 0)))
			}
			return c.buffer(v, size)
		})
	case 'i':
		c.int(int64(int32(v)))
	case 'p':
		c.flags(uint64(uint32(v)), lxKeyPermNames, "KEY_???")
	case 'r':
		c.xval(uint64(uint32(v)), lxReqkeyNames, "KEY_REQKEY_DEFL_???")
	default:
		c.uint(v)
	}
	return true
}
