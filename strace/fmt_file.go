package strace

import (
	"nbemu/abi"
)

func (c *ctx) stat(mode uint32, rdev uint64, size int64) {
	c.str("{st_mode=")
	c.symbol(uint64(mode&abi.S_IFMT), ifmtNames, "S_IF???")
	c.str("|")
	c.octal(uint64(mode &^ abi.S_IFMT))
	if t := mode & abi.S_IFMT; t == abi.S_IFCHR || t == abi.S_IFBLK {
		c.str(", st_rdev=")
		c.dev(rdev)
	} else {
		c.str(", st_size=")
		c.int(size)
	}
	c.str(", ...}")
}

func chars(b []byte) []byte {
	for i, ch := range b {
		if ch == 0 {
			return b[:i]
		}
	}
	return b
}

func (c *ctx) statvfs(s *abi.Statvfs) {
	c.str("{f_fstypename=")
	c.quote(chars(s.Fstypename[:]), false)
	c.str(", f_mntonname=")
	c.quote(chars(s.Mntonname[:]), false)
	c.str(", f_frsize=")
	c.uint(uint64(s.Frsize))
	c.str(", f_blocks=")
	c.uint(s.Blocks)
	c.str(", f_bfree=")
	c.uint(s.Bfree)
	c.str(", f_flag=")
	c.flags(uint64(s.Flag), mntNames, "MNT_???")
	c.str(", ...}")
}

func fmtDents(c *ctx, a *Arg, va uint64) bool {
	// Records of every version have their length at the place of one of
	// these; only __getdents30 is common enough to be taken apart.
	n := int64(0)
	off := c.m.Offsetof(abi.Dirent{}, "Reclen")
	var b [2]byte
	for pos := int64(0); pos < c.ret; n++ {
		if c.mem.Copyin(b[:], va+uint64(pos)+uint64(off)) != abi.OK {
			return false
		}
		reclen := int64(c.m.Uint(b[:], 2))
		if reclen == 0 {
			break
		}
		pos += reclen
	}
	c.entries(va, n)
	return true
}

// entries shows where entries of a directory are, and how many.
func (c *ctx) entries(va uint64, n int64) {
	c.hex(va)
	c.str(" /* ")
	c.int(n)
	if n == 1 {
		c.str(" entry */")
	} else {
		c.str(" entries */")
	}
}

func (c *ctx) flock(f abi.Flock) {
	c.str("{l_type=")
	c.symbol(uint64(f.Type), lockTypeNames, "F_???")
	c.str(", l_whence=")
	c.symbol(uint64(f.Whence), whenceNames, "SEEK_???")
	c.str(", l_start=")
	c.int(f.Start)
	c.str(", l_len=")
	c.int(f.Len)
	if f.Pid != 0 {
		c.str(", l_pid=")
		c.int(int64(f.Pid))
	}
	c.str("}")
}

func fmtFcntlArg(c *ctx, a *Arg, v uint64) bool {
	switch cmd := c.sibling(FcntlCmd); cmd {
	case abi.F_GETFD, abi.F_GETFL, abi.F_GETOWN, abi.F_CLOSEM, abi.F_MAXFD, abi.F_GETNOSIGPIPE, abi.F_GET_SEALS:
	case abi.F_SETFD:
		c.flags(uint64(uint32(v)), fdflagNames, "FD_???")
	case abi.F_SETFL:
		c.oflags(v)
	case abi.F_ADD_SEALS:
		c.flags(uint64(uint32(v)), sealNames, "F_SEAL_???")
	case abi.F_GETLK, abi.F_SETLK, abi.F_SETLKW:
		if f, ok := load[abi.Flock](c, c.ptrval(v)); ok && !c.p.Pointers {
			c.flock(f)
			break
		}
		c.hex(c.ptrval(v))
	case abi.F_GETPATH:
		if !c.left || c.err != abi.OK || !fmtPath(c, a, c.ptrval(v)) {
			c.hex(c.ptrval(v))
		}
	default:
		c.int(int64(int32(v)))
	}
	return true
}

func auxFcntl(c *ctx, a *Arg, v uint64) {
	switch c.sibling(FcntlCmd) {
	case abi.F_GETFL:
		c.addAux("flags ", func() bool { return c.byName(func() { c.oflags(uint64(c.ret)) }) })
	case abi.F_GETFD:
		if c.ret != 0 {
			c.addAux("flags ", func() bool { c.flags(uint64(c.ret), fdflagNames, ""); return true })
		}
	case abi.F_GET_SEALS:
		c.addAux("seals ", func() bool { c.flags(uint64(c.ret), sealNames, ""); return true })
	}
}

func (c *ctx) ioctlCmd(v uint64) {
	cmd := uint64(uint32(v))
	for i := range ioctlNames {
		if ioctlNames[i].v == cmd {
			c.str(ioctlNames[i].s)
			return
		}
	}
	dir := map[uint64]string{abi.IOC_VOID: "_IO", abi.IOC_OUT: "_IOR", abi.IOC_IN: "_IOW", abi.IOC_INOUT: "_IOWR"}[cmd&abi.IOC_DIRMASK]
	if dir == "" {
		c.hex(cmd)
		return
	}
	c.str(dir)
	c.str("(")
	if g := abi.IOCGroup(uint32(cmd)); g > ' ' && g < 0x7f {
		c.str("'")
		c.b = append(c.b, g)
		c.str("'")
	} else {
		c.uint(uint64(g))
	}
	c.str(", ")
	c.uint(cmd & 0xff)
	if dir != "_IO" {
		c.str(", ")
		c.int(int64(abi.IOCLen(uint32(cmd))))
	}
	c.str(")")
}

func fmtIoctlData(c *ctx, a *Arg, v uint64) bool {
	cmd := uint32(c.sibling(IoctlCmd))
	va := c.ptrval(v)
	if cmd&abi.IOC_DIRMASK == abi.IOC_VOID {
		if va != 0 {
			c.hex(va)
		}
		return true
	}
	if va == 0 {
		c.str("NULL")
		return true
	}
	mark := len(c.b)
	readable := cmd&abi.IOC_IN != 0 || c.left && c.err == abi.OK
	if readable && c.ioctlStruct(cmd, va) {
		return true
	}
	c.b = c.b[:mark]
	c.hex(va)
	return true
}

func (c *ctx) ioctlStruct(cmd uint32, va uint64) bool {
	switch cmd {
	case abi.TIOCGETA, abi.TIOCSETA, abi.TIOCSETAW, abi.TIOCSETAF:
		t, ok := load[abi.Termios](c, va)
		if !ok {
			return false
		}
		c.str("{c_iflag=")
		c.flags(uint64(t.Iflag), iflagNames, "")
		c.str(", c_oflag=")
		c.flags(uint64(t.Oflag), ofNames, "")
		c.str(", c_cflag=")
		c.hex(uint64(t.Cflag))
		c.str(", c_lflag=")
		c.flags(uint64(t.Lflag), lflagNames, "")
		c.str(", ...}")
		return true
	case abi.TIOCGWINSZ, abi.TIOCSWINSZ:
		w, ok := load[abi.Winsize](c, va)
		if !ok {
			return false
		}
		c.str("{ws_row=")
		c.uint(uint64(w.Row))
		c.str(", ws_col=")
		c.uint(uint64(w.Col))
		c.str(", ws_xpixel=")
		c.uint(uint64(w.Xpixel))
		c.str(", ws_ypixel=")
		c.uint(uint64(w.Ypixel))
		c.str("}")
		return true
	}
	if abi.IOCLen(cmd) == 4 {
		return types[IntPtr].fmt(c, nil, va)
	}
	return false
}

// Processes.

func (c *ctx) rusage(r abi.Rusage) {
	c.str("{ru_utime=")
	c.timeval(r.Utime)
	c.str(", ru_stime=")
	c.timeval(r.Stime)
	c.str(", ...}")
}

func (c *ctx) rlim(v uint64) {
	switch {
	case v == abi.RLIM_INFINITY:
		c.str("RLIM_INFINITY")
	case v > 1024 && v%1024 == 0:
		c.uint(v / 1024)
		c.str("*1024")
	default:
		c.uint(v)
	}
}

func fmtWaitStatus(c *ctx, a *Arg, va uint64) bool {
	s, ok := load[int32](c, va)
	if !ok || c.ret == 0 {
		return false
	}
	switch {
	case abi.WIFCONTINUED(s):
		c.str("[{WIFCONTINUED(s)}]")
	case abi.WIFEXITED(s):
		c.str("[{WIFEXITED(s) && WEXITSTATUS(s) == ")
		c.int(int64(abi.WEXITSTATUS(s)))
		c.str("}]")
	case abi.WIFSTOPPED(s):
		c.str("[{WIFSTOPPED(s) && WSTOPSIG(s) == ")
		c.str(abi.WSTOPSIG(s).Name())
		c.str("}]")
	default:
		c.str("[{WIFSIGNALED(s) && WTERMSIG(s) == ")
		c.str(abi.WTERMSIG(s).Name())
		if abi.WCOREDUMP(s) {
			c.str(" && WCOREDUMP(s)")
		}
		c.str("}]")
	}
	return true
}

func fmtSysctlName(c *ctx, a *Arg, va uint64) bool {
	n, _ := c.length(a)
	second := []sym(nil)
	i := 0
	return c.array(va, min(n, abi.CTL_MAXNAME+1), 4, func(va uint64) bool {
		v, ok := load[int32](c, va)
		if !ok {
			return false
		}
		u := uint64(uint32(v))
		switch {
		case v == abi.CTL_QUERY:
			c.str("CTL_QUERY")
		case v == abi.CTL_DESCRIBE:
			c.str("CTL_DESCRIBE")
		case v == abi.CTL_CREATE:
			c.str("CTL_CREATE")
		case v == abi.CTL_DESTROY:
			c.str("CTL_DESTROY")
		case i == 0:
			c.symbol(u, ctlNames, "")
			second = map[int32][]sym{abi.CTL_KERN: kernNames, abi.CTL_HW: hwNames, abi.CTL_VM: vmNames,
				abi.CTL_USER: userNames}[v]
		case i == 1:
			c.symbol(u, second, "")
		default:
			c.int(int64(v))
		}
		i++
		return true
	})
}

// fmtSysctlOld shows small results as numbers, strings as strings.
func fmtSysctlOld(c *ctx, a *Arg, va uint64) bool {
	n, known := c.length(a)
	if !known {
		return false
	}
	if n == 4 || n == 8 {
		b := make([]byte, n)
		if c.mem.Copyin(b, va) != abi.OK {
			return false
		}
		if !text(b) {
			c.str("[")
			c.uint(c.m.Uint(b, int(n)))
			c.str("]")
			return true
		}
	}
	if n > 0 {
		last := make([]byte, 1)
		if c.mem.Copyin(last, va+n-1) != abi.OK {
			return false
		}
		if s, more, ok := c.cstring(va, c.maxStr()); ok && last[0] == 0 && text(append(s, 0)) {
			c.quote(s, more)
			return true
		}
	}
	return c.buffer(va, n)
}

// text reports whether b is a string of printable characters and its NUL.
func text(b []byte) bool {
	if len(b) < 2 || b[len(b)-1] != 0 {
		return false
	}
	for _, ch := range b[:len(b)-1] {
		if (ch < ' ' || ch > 0x7e) && ch != '\n' && ch != '\t' {
			return false
		}
	}
	return true
}

// Input and output.

// fd shows a descriptor, with its path if that is asked for.
func (c *ctx) fd(v uint64) {
	c.int(int64(int32(v)))
	c.fdName(int32(v))
}

// pid shows a process, with its command if that is asked for.
func (c *ctx) pid(v uint64) {
	c.int(int64(int32(v)))
	c.comm(int32(v))
}

func (c *ctx) comm(pid int32) {
	if c.p.Comm != nil && pid > 0 {
		if name := c.p.Comm(pid); name != "" {
			c.str("<" + name + ">")
		}
	}
}

// fdName shows what a descriptor is, or the working directory for AT_FDCWD, if that is asked for.
func (c *ctx) fdName(fd int32) {
	if c.p.FdName == nil {
		return
	}
	c.str(c.p.FdName(fd))
}
