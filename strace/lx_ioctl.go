package strace

import (
	"fmt"

	"nbemu/abi"
)

// ioctl of Linux programs.

// Requests whose arguments are shown (asm-generic's numbers).
const (
	lxTcgets, lxTcsets, lxTcsetsw, lxTcsetsf           = 0x5401, 0x5402, 0x5403, 0x5404
	lxTcsbrk, lxTcxonc, lxTcflsh, lxTiocsctty          = 0x5409, 0x540a, 0x540b, 0x540e
	lxTiocgpgrp, lxTiocspgrp, lxTiocoutq, lxTiocsti    = 0x540f, 0x5410, 0x5411, 0x5412
	lxTiocgwinsz, lxTiocswinsz, lxTiocmget, lxTiocmbis = 0x5413, 0x5414, 0x5415, 0x5416
	lxTiocmbic, lxTiocmset, lxFionread, lxTiocpkt      = 0x5417, 0x5418, 0x541b, 0x5420
	lxFionbio, lxTiocsetd, lxTiocgetd, lxTiocgsid      = 0x5421, 0x5423, 0x5424, 0x5429
	lxFioasync, lxTiocgptn, lxTiocsptlck, lxTiocgptpee = 0x5452, 0x80045430, 0x40045431, 0x5441
)

// lxIoctlTypes are ioctl's request and argument.
func lxIoctlTypes() {
	lxScalar(LxIoctl, "ioctl", func(c *ctx, v uint64) {
		v = uint64(uint32(v))
		if s := nameIn(lxIoctlNames, v); s != "" {
			c.str(s)
			return
		}
		dir := [...]string{"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"}[v>>30]
		c.str(fmt.Sprintf("_IOC(%s, %s, %s, %s)", dir, cHex(v>>8&0xff), cHex(v&0xff), cHex(v>>16&0x3fff)))
	})
	types[LxIoctlArg] = typeInfo{name: "lx_ioctl_arg", fmt: fmtLxIoctl, late: func(c *ctx, a *Arg) bool { return lxIoctlOut(c.sibling(LxIoctl)) }}
}

// cHex is C's %#x.
func cHex(v uint64) string {
	if v == 0 {
		return "0"
	}
	return fmt.Sprintf("%#x", v)
}

// lxIoctlOut reports whether the kernel fills a request's argument in.
func lxIoctlOut(cmd uint64) bool {
	switch cmd {
	case lxTcgets, lxTiocgpgrp, lxTiocoutq, lxTiocgwinsz, lxTiocmget, lxFionread, lxTiocgetd, lxTiocgsid, lxTiocgptn:
		return true
	}
	return cmd>>8 == 0x89 && lxIfreqGet(cmd) != "" || cmd == 0x8910 || cmd == 0x8912
}

func fmtLxIoctl(c *ctx, a *Arg, v uint64) bool {
	cmd := c.sibling(LxIoctl)
	va := c.ptrval(v)
	switch cmd {
	case 0x540c, 0x540d, 0x5422, 0x5450, 0x5451, 0x5427, 0x5428: // TIOCEXCL, TIOCNXCL, TIOCNOTTY, FIONCLEX, FIOCLEX, TIOCSBRK, TIOCCBRK
	case lxTcsbrk, lxTiocsctty:
		c.int(c.long(v))
	case lxTcxonc:
		c.xval(va, lxTcxoncNames, "TC???")
	case lxTcflsh:
		c.xval(va, lxTcflshNames, "TC???")
	case lxTiocgptpee:
		c.lxOflags(c.generic(LinuxOpenFlags, va))
	default:
		c.at(va, func() bool { return !(lxIoctlOut(cmd) && c.err != abi.OK) && c.lxIoctlStruct(cmd, va) })
	}
	return true
}

// lxIoctlStruct shows what the argument points to. It is not known, or not there: false.
func (c *ctx) lxIoctlStruct(cmd, va uint64) bool {
	switch cmd {
	case lxTcgets, lxTcsets, lxTcsetsw, lxTcsetsf:
		t, _, ok := get[LinuxTermios](c, va, LinuxUsual)
		c.lxTermios(&t)
		return ok
	case lxTiocgwinsz, lxTiocswinsz:
		w, ok := load[abi.Winsize](c, va)
		c.str("{")
		c.fieldUint("ws_row", uint64(w.Row))
		c.fieldUint("ws_col", uint64(w.Col))
		c.fieldUint("ws_xpixel", uint64(w.Xpixel))
		c.fieldUint("ws_ypixel", uint64(w.Ypixel))
		c.str("}")
		return ok
	case lxTiocsti:
		return c.buffer(va, 1)
	case lxTiocmget, lxTiocmbis, lxTiocmbic, lxTiocmset:
		n, ok := load[uint32](c, va)
		c.indirect(func() { c.flags(uint64(n), lxModemNames, "TIOCM_???") })
		return ok
	case lxTiocgpgrp, lxTiocspgrp, lxTiocoutq, lxFionread, lxTiocpkt, lxFionbio, lxTiocsetd, lxTiocgetd, lxTiocgsid, lxFioasync, lxTiocgptn, lxTiocsptlck:
		n, ok := load[int32](c, va)
		c.indirect(func() { c.int(int64(n)) })
		return ok
	}
	if cmd>>8 == 0x89 {
		return c.lxIfreq(cmd, va)
	}
	return false
}

func (c *ctx) lxTermios(t *LinuxTermios) {
	c.str("{")
	c.fieldFlags("c_iflag", uint64(t.Iflag), lxIflagNames, "")
	c.field("c_oflag")
	o := uint64(t.Oflag)
	rest := o
	for i, d := range []struct {
		mask uint64
		tab  []sym
	}{{0x100, lxNldlyNames}, {0x600, lxCrdlyNames}, {0x1800, lxTabdlyNames}, {0x2000, lxBsdlyNames}, {0x4000, lxVtdlyNames}, {0x8000, lxFfdlyNames}} {
		if i > 0 {
			c.str("|")
		}
		c.xval(o&d.mask, d.tab, "")
		rest &^= d.mask
	}
	if rest != 0 {
		c.str("|")
		c.flags(rest, lxOtermNames, "")
	}
	c.field("c_cflag")
	const cbaud, csize = 0x100f, 0x30
	c.xval(uint64(t.Cflag)&cbaud, lxBaudNames, "")
	c.str("|")
	c.xval(uint64(t.Cflag)&csize, lxCsizeNames, "")
	if f := uint64(t.Cflag) &^ (cbaud | csize); f != 0 {
		c.str("|")
		c.flags(f, lxCflagNames, "")
	}
	c.fieldFlags("c_lflag", uint64(t.Lflag), lxLflagNames, "")
	if !c.p.Env {
		c.str(", ...}")
		return
	}
	c.fieldUint("c_line", uint64(t.Line))
	c.str(", c_cc=[")
	for i, name := range []string{"VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART", "VSTOP", "VSUSP", "VEOL",
		"VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2", "17", "18"} {
		if i > 0 {
			c.str(", ")
		}
		c.str("[" + name + "]=")
		c.hex(uint64(t.Cc[i]))
	}
	c.str("]}")
}

// lxIfreqGet is the member of struct ifreq that a request gives, "" for none; lxIfreqSet the one that it sets.
func lxIfreqGet(cmd uint64) string {
	return map[uint64]string{0x8913: "ifr_flags", 0x8915: "ifr_addr", 0x8917: "ifr_dstaddr", 0x8919: "ifr_broadaddr",
		0x891b: "ifr_netmask", 0x891d: "ifr_metric", 0x8921: "ifr_mtu", 0x8927: "ifr_hwaddr", 0x8933: "ifr_index", 0x8942: "ifr_qlen"}[cmd]
}

func lxIfreqSet(cmd uint64) string {
	return map[uint64]string{0x8914: "ifr_flags", 0x8916: "ifr_addr", 0x8918: "ifr_dstaddr", 0x891a: "ifr_broadaddr",
		0x891c: "ifr_netmask", 0x891e: "ifr_metric", 0x8922: "ifr_mtu", 0x8924: "ifr_hwaddr", 0x8943: "ifr_qlen"}[cmd]
}

func (c *ctx) lxIfreq(cmd, va uint64) bool {
	const siocgifname, siocgifconf = 0x8910, 0x8912
	switch member := lxIfreqGet(cmd) + lxIfreqSet(cmd); {
	case cmd == siocgifconf:
		return c.lxIfconf(va)
	case cmd == siocgifname:
		b, ok := c.bytesAt(va, 20)
		if !ok {
			return false
		}
		c.str("{")
		c.field("ifr_index")
		c.uint(c.m.Uint(b[16:], 4))
		c.fieldQuoted("ifr_name", chars(b[:16]))
		c.str("}")
		return true
	case member != "":
		b, ok := c.bytesAt(va, 32)
		if !ok {
			return false
		}
		c.str("{")
		c.fieldQuoted("ifr_name", chars(b[:16]))
		if !c.lxIfreqMember(member, va+16, b[16:]) {
			return false
		}
		c.str("}")
		return true
	}
	return false
}

func (c *ctx) lxIfreqMember(member string, va uint64, b []byte) bool {
	c.field(member)
	switch member {
	case "ifr_flags":
		c.flags(c.m.Uint(b, 2), lxIffNames, "IFF_???")
	case "ifr_addr", "ifr_dstaddr", "ifr_broadaddr", "ifr_netmask":
		return c.lxSockaddr(va, 16)
	case "ifr_hwaddr":
		c.str("{")
		c.fieldSym("sa_family", c.m.Uint(b, 2), lxArphrdNames, "ARPHRD_???")
		c.field("sa_data")
		for i, v := range b[2:8] {
			if i > 0 {
				c.str(":")
			}
			c.str(fmt.Sprintf("%02x", v))
		}
		c.str("}")
	default:
		c.int(int64(int32(c.m.Uint(b, 4))))
	}
	return true
}

func (c *ctx) lxIfconf(va uint64) bool {
	f, ok := load[struct {
		Len int32
		Buf abi.Ptr
	}](c, va)
	if !ok {
		return false
	}
	size := 32 + c.m.PtrSize&8 // struct ifreq
	c.str("{")
	c.fieldInt("ifc_len", int64(f.Len))
	if f.Len > 0 {
		c.str(fmt.Sprintf(" /* %d * sizeof(struct ifreq) */", int(f.Len)/size))
	}
	c.field("ifc_buf")
	if f.Buf == 0 {
		c.str("NULL}")
		return true
	}
	ok = c.array(uint64(f.Buf), uint64(max(f.Len, 0))/uint64(size), size, func(va uint64) bool {
		b, ok := c.bytesAt(va, 16)
		if !ok {
			return false
		}
		c.str("{")
		c.fieldQuoted("ifr_name", chars(b))
		c.field("ifr_addr")
		ok = c.lxSockaddr(va+16, 16)
		c.str("}")
		return ok
	})
	c.str("}")
	return ok
}
