package strace

import (
	"nbemu/abi"
)

// Files of Linux programs: flags of open, fcntl's arguments, what stat and statfs give.

// lxFileTypes are arguments about files.
func lxFileTypes() {
	lxScalar(LxOflags, "oflags", (*ctx).lxOflags)
	types[LxOpenMode] = typeInfo{name: "lx_open_mode", fmt: func(c *ctx, a *Arg, v uint64) bool {
		if f := c.sibling(LxOflags); f&0o100 != 0 || f&0o20000000 != 0 {
			c.octal3(v)
		}
		return true
	}}
	// Flags of descriptors, made of open's.
	lxFlags(LxFdFlags, "fd_flags", lxOflagNames, "O_???")
	lxFlags(LxEpollFlags, "epoll_flags", lxEpollFlagNames, "EPOLL_???")
	lxFlags(LxEfdFlags, "efd_flags", lxEfdNames, "EFD_???")
	lxFlags(LxSfdFlags, "sfd_flags", lxSfdNames, "SFD_???")
	lxFlags(LxTfdFlags, "tfd_flags", lxTfdNames, "TFD_???")
	lxFlags(LxInotifyFlags, "inotify_flags", lxInotifyInitNames, "IN_???")
	lxFlags(LxUffdFlags, "uffd_flags", lxUffdNames, "UFFD_???")

	lxFlags(LxAtflags, "atflags", lxWithoutNames(lxAtNames, "AT_REMOVEDIR"), "AT_???")
	lxFlags(LxUnlinkFlags, "unlink_flags", []sym{{0x200, "AT_REMOVEDIR"}}, "AT_???")
	lxFlags(LxAccessFlags, "access_flags", append([]sym{{0x200, "AT_EACCESS"}}, lxWithoutNames(lxAtNames, "AT_REMOVEDIR")...), "AT_???")
	lxScalar(LxStatxFlags, "statx_flags", func(c *ctx, v uint64) {
		c.xval(v&0x6000, []sym{{0, "AT_STATX_SYNC_AS_STAT"}, {0x2000, "AT_STATX_FORCE_SYNC"}, {0x4000, "AT_STATX_DONT_SYNC"}}, "AT_STATX_???")
		if f := uint64(uint32(v)) &^ 0x6000; f != 0 {
			c.str("|")
			c.flags(f, lxAtNames, "")
		}
	})
	lxSymbol(LxWhence, "whence", lxWhenceNames, "SEEK_???")
	lxSymbol(LxFadvise, "fadvise", lxFadviseNames, "POSIX_FADV_???")
	lxFlags(LxRenameFlags, "rename_flags", lxRenameNames, "RENAME_??")
	lxFlags(LxFallocFlags, "falloc_flags", lxFallocNames, "FALLOC_FL_???")
	lxFlags(LxSyncRangeFlags, "sync_range_flags", lxSyncRangeNames, "SYNC_FILE_RANGE_???")
	lxFlags(LxSpliceFlags, "splice_flags", lxSpliceNames, "SPLICE_F_???")
	lxFlags(LxRwfFlags, "rwf_flags", lxRwfNames, "RWF_???")
	lxFlags(LxCloseRangeFlags, "close_range_flags", lxCloseRangeNames, "CLOSE_RANGE_???")
	lxScalar(LxMemfdFlags, "memfd_flags", func(c *ctx, v uint64) {
		c.flags(v&0x3ffffff, lxMemfdNames, "MFD_???")
		if n := uint32(v) >> 26; n != 0 {
			c.str("|")
			c.uint(uint64(n))
			c.str("<<MFD_HUGE_SHIFT")
		}
	})
	lxFlags(LxXattrFlags, "xattr_flags", lxXattrNames, "XATTR_???")
	lxFlags(LxInotifyMask, "inotify_mask", lxInotifyNames, "IN_???")
	lxFlags(LxMountFlags, "mount_flags", lxMountNames, "MS_???")
	lxFlags(LxUmountFlags, "umount_flags", lxUmountNames, "MNT_???")
	lxFlags(LxSwapFlags, "swap_flags", lxSwapNames, "SWAP_FLAG_???")
	lxScalar(LxMknodMode, "mknod_mode", func(c *ctx, v uint64) {
		if t := v & abi.S_IFMT; t != 0 {
			c.xval(t, ifmtNames, "")
			c.str("|")
		}
		c.octal3(v &^ abi.S_IFMT)
	})
	types[LxDev] = typeInfo{name: "lx_dev", fmt: func(c *ctx, a *Arg, v uint64) bool {
		if t := c.sibling(LxMknodMode) & abi.S_IFMT; t == abi.S_IFCHR || t == abi.S_IFBLK || c.sig.Name == "ustat" {
			c.lxDev(uint64(uint32(v)))
		}
		return true
	}}
	lxSymbol(LxFcntlCmd, "fcntl_cmd", append(lxFcntlNames, sym{12, "F_GETLK64"}, sym{13, "F_SETLK64"}, sym{14, "F_SETLKW64"}), "F_???")
	types[LxFcntlArg] = typeInfo{name: "lx_fcntl_arg", fmt: fmtLxFcntlArg, aux: auxLxFcntl,
		late: func(c *ctx, a *Arg) bool { return lxFcntlOut(c.sibling(LxFcntlCmd)) }}

	lxPointer(LxStat, "stat", linuxStruct(LinuxUsual, (*ctx).lxStat))
	lxPointer(LxStat64, "stat64", linuxStruct(LinuxWide, (*ctx).lxStat))
	lxPointer(LxStatfs, "statfs", linuxStruct(LinuxUsual, (*ctx).lxStatfs))
	lxPointer(LxStatfs64, "statfs64", linuxStruct(LinuxWide, (*ctx).lxStatfs))
	lxFlags(LxStatxMask, "statx_mask", lxStatxMasks, "STATX_???")
	lxPointer(LxStatx, "statx", structOf((*ctx).lxStatx))
	lxPointer(LxDents, "dents", func(c *ctx, a *Arg, va uint64) bool { return c.lxDents(va, 16) })
	lxPointer(LxOldDents, "old_dents", func(c *ctx, a *Arg, va uint64) bool { return c.lxDents(va, 2*c.m.PtrSize) })
	lxPointer(LxOpenHow, "open_how", structOf(func(c *ctx, h struct{ Flags, Mode, Resolve uint64 }) {
		c.str("{flags=")
		c.lxOflags(c.generic(LinuxOpenFlags, h.Flags))
		if h.Mode != 0 {
			c.field("mode")
			c.octal3(h.Mode)
		}
		c.fieldFlags("resolve", h.Resolve, lxResolveNames, "RESOLVE_???")
		c.str("}")
	}))
	lxPointer(LxFileHandle, "file_handle", fmtLxFileHandle)
	types[LxFileHandle].entry = func(c *ctx, va uint64) (uint64, bool) {
		n, ok := load[uint32](c, va)
		return uint64(n), ok
	}
	// Offsets: read alone, and as the call found and left them.
	lxPointer(LxOffPtr, "off_ptr", structOf(func(c *ctx, v int64) { c.indirect(func() { c.int(v) }) }))
	offset := func(t ArgType, name string, wide bool) {
		word := func(c *ctx, va uint64) (uint64, bool) {
			if wide {
				v, ok := load[int64](c, va)
				return uint64(v), ok
			}
			v, ok := load[abi.Long](c, va)
			return uint64(v), ok
		}
		lxPointer(t, name, func(c *ctx, a *Arg, va uint64) bool {
			after, ok := word(c, va)
			if was, had := c.was(a); had && was != after {
				c.indirect(func() { c.int(int64(was)) })
				c.str(" => ")
			}
			c.indirect(func() { c.int(int64(after)) })
			return ok
		})
		types[t].entry = word
		types[t].onError = true
	}
	offset(LxOffset, "offset", false)
	offset(LxOffset64, "offset64", true)
	lxPointer(LxTimes, "times", structOf(func(c *ctx, v [2]abi.Timespec) { c.lxTimes(v) }))
	lxPointer(LxTimes64, "times64", structOf(func(c *ctx, v [4]int64) {
		c.lxTimes([2]abi.Timespec{{Sec: v[0], Nsec: abi.Long(v[1])}, {Sec: v[2], Nsec: abi.Long(v[3])}})
	}))
	lxPointer(LxUtimbuf, "utimbuf", structOf(func(c *ctx, v [2]abi.Long) {
		c.str("{actime=")
		c.int(int64(v[0]))
		c.moment(abi.Timespec{Sec: int64(v[0])})
		c.fieldInt("modtime", int64(v[1]))
		c.moment(abi.Timespec{Sec: int64(v[1])})
		c.str("}")
	}))
	lxPointer(LxTimevals, "timevals", structOf(func(c *ctx, v [2]abi.Timeval) {
		for i, t := range v {
			c.str([]string{"[", ", "}[i])
			c.timeval(t)
			c.moment(abi.Timespec{Sec: t.Sec, Nsec: abi.Long(t.Usec) * 1000})
		}
		c.str("]")
	}))
}

// octal3 is a mode, of three characters at least.
func (c *ctx) octal3(v uint64) {
	v = uint64(uint32(v))
	if v < 0o10 {
		c.str("0")
	}
	c.octal(v)
}

func lxWithoutNames(tab []sym, names ...string) (list []sym) {
	for _, s := range tab {
		keep := true
		for _, n := range names {
			keep = keep && s.s != n
		}
		if keep {
			list = append(list, s)
		}
	}
	return list
}

func (c *ctx) lxOflags(v uint64) {
	v = uint64(uint32(v))
	c.str([...]string{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"}[v&3])
	if f := v &^ 3; f != 0 {
		c.str("|")
		c.flags(f, lxOflagNames, "")
	}
}

// lxDev is a device's number as Linux makes it.
func (c *ctx) lxDev(v uint64) {
	c.str("makedev(")
	for i, n := range []uint64{v>>8&0xfff | v>>32&^0xfff, v&0xff | v>>12&0xffffff00} {
		if i > 0 {
			c.str(", ")
		}
		c.hex(n)
	}
	c.str(")")
}

func (c *ctx) lxFileMode(mode uint64) {
	if c.p.Consts != Names && !c.named {
		c.constant(mode, (*ctx).octal, func() { c.lxFileMode(mode) })
		return
	}
	c.xval(mode&abi.S_IFMT, ifmtNames, "S_IF???")
	c.str("|")
	c.octal3(mode &^ abi.S_IFMT)
}

func (c *ctx) lxStat(s LinuxStat) {
	c.str("{")
	if c.p.Env {
		c.fieldFunc("st_dev", func() { c.lxDev(s.Dev) })
		c.fieldUint("st_ino", s.Ino)
	}
	c.fieldFunc("st_mode", func() { c.lxFileMode(uint64(s.Mode)) })
	if c.p.Env {
		c.fieldUint("st_nlink", s.Nlink)
		c.fieldID("st_uid", s.UID)
		c.fieldID("st_gid", s.GID)
		c.fieldUint("st_blksize", s.Blksize)
		c.fieldUint("st_blocks", s.Blocks)
	}
	if t := s.Mode & abi.S_IFMT; t == abi.S_IFCHR || t == abi.S_IFBLK {
		c.fieldFunc("st_rdev", func() { c.lxDev(s.Rdev) })
	} else {
		c.fieldInt("st_size", s.Size)
	}
	if !c.p.Env {
		c.str(", ...}")
		return
	}
	for _, t := range []struct {
		name string
		at   abi.Timespec
	}{{"st_atime", s.Atime}, {"st_mtime", s.Mtime}, {"st_ctime", s.Ctime}} {
		c.fieldInt(t.name, t.at.Sec)
		c.moment(t.at)
		c.fieldInt(t.name+"_nsec", int64(t.at.Nsec))
	}
	c.str("}")
}

func (c *ctx) lxStatfs(s LinuxStatfs) {
	c.str("{")
	c.fieldSym("f_type", s.Type, lxMagicNames, "")
	c.fieldUint("f_bsize", s.Bsize)
	c.fieldUint("f_blocks", s.Blocks)
	c.fieldUint("f_bfree", s.Bfree)
	c.fieldUint("f_bavail", s.Bavail)
	c.fieldUint("f_files", s.Files)
	c.fieldUint("f_ffree", s.Ffree)
	c.str(", f_fsid={val=[")
	c.hex(uint64(uint32(s.Fsid[0])))
	c.str(", ")
	c.hex(uint64(uint32(s.Fsid[1])))
	c.str("]}")
	c.fieldUint("f_namelen", s.Namelen)
	c.fieldUint("f_frsize", s.Frsize)
	c.fieldFlags("f_flags", s.Flags, lxStatfsFlagNames, "ST_???")
	c.str("}")
}

// lxStatxMasks has the sets of bits first.
var lxStatxMasks = append([]sym{{0xfff, "STATX_ALL"}, {0x7ff, "STATX_BASIC_STATS"}}, lxWithoutNames(lxStatxMaskNames, "STATX_ALL", "STATX_BASIC_STATS")...)

// lxStatx is struct statx of <linux/stat.h>, the same on all machines.
type lxStatx struct {
	Mask, Blksize              uint32
	Attributes                 uint64
	Nlink, UID, GID            uint32
	Mode, _                    uint16
	Ino, Size                  uint64
	Blocks, AttrMask           uint64
	Atime, Btime, Ctime, Mtime struct {
		Sec     int64
		Nsec, _ uint32
	}
	RdevMajor, RdevMinor, DevMajor, DevMinor uint32
}

func (c *ctx) lxStatx(s lxStatx) {
	c.str("{")
	c.fieldFlags("stx_mask", uint64(s.Mask), lxStatxMasks, "STATX_???")
	if c.p.Env {
		c.fieldUint("stx_blksize", uint64(s.Blksize))
	}
	c.fieldFlags("stx_attributes", s.Attributes, lxStatxAttrNames, "STATX_ATTR_???")
	if c.p.Env {
		c.fieldUint("stx_nlink", uint64(s.Nlink))
		c.fieldID("stx_uid", s.UID)
		c.fieldID("stx_gid", s.GID)
	}
	c.fieldFunc("stx_mode", func() { c.lxFileMode(uint64(s.Mode)) })
	if c.p.Env {
		c.fieldUint("stx_ino", s.Ino)
	}
	c.fieldUint("stx_size", s.Size)
	if !c.p.Env {
		c.str(", ...}")
		return
	}
	c.fieldUint("stx_blocks", s.Blocks)
	c.fieldFlags("stx_attributes_mask", s.AttrMask, lxStatxAttrNames, "STATX_ATTR_???")
	time := func(name string, sec int64, nsec uint32) {
		c.str(", " + name + "={")
		c.fieldInt("tv_sec", sec)
		c.fieldUint("tv_nsec", uint64(nsec))
		c.str("}")
		c.moment(abi.Timespec{Sec: sec, Nsec: abi.Long(nsec)})
	}
	time("stx_atime", s.Atime.Sec, s.Atime.Nsec)
	if s.Mask&0x800 != 0 {
		time("stx_btime", s.Btime.Sec, s.Btime.Nsec)
	}
	time("stx_ctime", s.Ctime.Sec, s.Ctime.Nsec)
	time("stx_mtime", s.Mtime.Sec, s.Mtime.Nsec)
	for _, d := range []struct {
		name string
		v    uint32
	}{{"stx_rdev_major", s.RdevMajor}, {"stx_rdev_minor", s.RdevMinor}, {"stx_dev_major", s.DevMajor}, {"stx_dev_minor", s.DevMinor}} {
		c.fieldUint(d.name, uint64(d.v))
	}
	c.str("}")
}

// lxDents counts records of directories, whose length is at reclen.
func (c *ctx) lxDents(va uint64, reclen int) bool {
	n := int64(0)
	for pos := int64(0); pos < c.ret; n++ {
		var b [2]byte
		if c.mem.Copyin(b[:], va+uint64(pos)+uint64(reclen)) != abi.OK {
			return false
		}
		size := int64(c.m.Uint(b[:], 2))
		if size == 0 {
			break
		}
		pos += size
	}
	c.entries(va, n)
	return true
}

func (c *ctx) lxTimes(v [2]abi.Timespec) {
	for i, t := range v {
		c.str([]string{"[", ", "}[i])
		switch t.Nsec {
		case 1<<30 - 1:
			c.oddTime(t, "UTIME_NOW")
		case 1<<30 - 2:
			c.oddTime(t, "UTIME_OMIT")
		default:
			c.lxTimespec(t)
			c.moment(t)
		}
	}
	c.str("]")
}

func fmtLxFileHandle(c *ctx, a *Arg, va uint64) bool {
	h, ok := load[struct {
		Bytes uint32
		Type  int32
	}](c, va)
	if !ok {
		return false
	}
	c.str("{handle_bytes=")
	if was, had := c.was(a); had && was != uint64(h.Bytes) {
		c.uint(was)
		c.str(" => ")
	}
	c.uint(uint64(h.Bytes))
	if a.Dir == In || c.err == abi.OK {
		c.fieldInt("handle_type", int64(h.Type))
		if b, ok := c.bytesAt(va+8, uint64(min(h.Bytes, 128))); ok {
			c.field("f_handle")
			c.hexQuote(b, h.Bytes > 128)
		}
	}
	c.str("}")
	return true
}

func (c *ctx) lxFlock(va uint64, form LinuxForm, cmd uint64) bool {
	f, _, ok := get[LinuxFlock](c, va, form)
	if !ok {
		return false
	}
	c.str("{")
	c.fieldSym("l_type", uint64(uint16(f.Type)), lxLockNames, "F_???")
	c.fieldSym("l_whence", uint64(uint16(f.Whence)), lxWhenceNames, "SEEK_???")
	c.fieldInt("l_start", f.Start)
	c.fieldInt("l_len", f.Len)
	if cmd == 5 || cmd == 12 || cmd == 36 { // F_GETLK, F_GETLK64, F_OFD_GETLK
		c.fieldInt("l_pid", int64(f.Pid))
	}
	c.str("}")
	return true
}

const (
	lxGetfl, lxGetsig, lxGetlease, lxGetSeals, lxGetOwnerEx, lxGetlk, lxGetlk64, lxOfdGetlk = 3, 11, 1025, 1034, 16, 5, 12, 36
)

// lxFcntlOut reports whether the kernel fills a command's argument in.
func lxFcntlOut(cmd uint64) bool {
	return cmd == lxGetOwnerEx || cmd == lxGetlk || cmd == lxGetlk64 || cmd == lxOfdGetlk
}

func fmtLxFcntlArg(c *ctx, a *Arg, v uint64) bool {
	va := c.ptrval(v)
	switch cmd := c.sibling(LxFcntlCmd); cmd {
	case 1, lxGetfl, 9, lxGetsig, lxGetlease, lxGetSeals, 1032: // F_GETFD, F_GETOWN, F_GETPIPE_SZ
	case 2: // F_SETFD
		c.flags(uint64(uint32(v)), lxFdflagNames, "FD_???")
	case 4: // F_SETFL
		c.lxOflags(c.generic(LinuxOpenFlags, v))
	case 1033: // F_ADD_SEALS
		c.flags(uint64(uint32(v)), lxSealNames, "F_SEAL_???")
	case 10: // F_SETSIG
		c.lxSignal(int(c.generic(LinuxSignal, v)))
	case 1024: // F_SETLEASE
		c.xval(c.generic(LinuxLockType, uint64(uint32(v))), lxLockNames, "F_???")
	case 1026: // F_NOTIFY
		c.flags(uint64(uint32(v)), lxNotifyNames, "DN_???")
	case 15, lxGetOwnerEx: // F_SETOWN_EX
		c.at(va, func() bool {
			o, ok := load[struct{ Type, Pid int32 }](c, va)
			if !ok || lxFcntlOut(cmd) && c.err != abi.OK {
				return false
			}
			c.str("{")
			c.fieldSym("type", uint64(uint32(o.Type)), lxOwnerNames, "F_OWNER_???")
			c.fieldInt("pid", int64(o.Pid))
			c.str("}")
			return true
		})
	case lxGetlk, 6, 7, lxGetlk64, 13, 14, lxOfdGetlk, 37, 38:
		form := LinuxUsual
		if cmd >= lxGetlk64 && c.sig.Name == "fcntl64" {
			form = LinuxWide
		}
		c.at(va, func() bool { return !(lxFcntlOut(cmd) && c.err != abi.OK) && c.lxFlock(va, form, cmd) })
	case 0, 8, 1030, 1031: // F_DUPFD, F_SETOWN, F_DUPFD_CLOEXEC, F_SETPIPE_SZ
		c.int(int64(int32(v)))
	default:
		c.hex(va)
	}
	return true
}

func auxLxFcntl(c *ctx, a *Arg, v uint64) {
	switch c.sibling(LxFcntlCmd) {
	case lxGetfl:
		c.hexRet = true
		c.addAux("flags ", func() bool { return c.byName(func() { c.lxOflags(c.generic(LinuxOpenFlags, uint64(c.ret))) }) })
	case 1:
		if c.ret != 0 {
			c.hexRet = true
			c.addAux("flags ", func() bool { c.flags(uint64(c.ret), lxFdflagNames, ""); return true })
		}
	case lxGetSeals:
		c.hexRet = c.ret != 0
		c.addAux("seals ", func() bool { c.flags(uint64(c.ret), lxSealNames, ""); return c.ret != 0 })
	case lxGetsig:
		if c.ret != 0 {
			c.addAux("", func() bool { c.lxSignal(int(c.generic(LinuxSignal, uint64(c.ret)))); return true })
		}
	case lxGetlease:
		c.hexRet = c.ret != 0
		c.addAux("", func() bool { c.xval(c.generic(LinuxLockType, uint64(c.ret)), lxLockNames, "F_???"); return true })
	}
}
