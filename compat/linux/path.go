package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
	"nbemu/vfs"
)

// Files by path.

// pathMax is PATH_MAX.
const pathMax = 4096

// Flags of the calls that take a directory.
const (
	atSymlinkNofollow = 0x100
	atEaccess         = 0x200 // faccessat2
	atRemovedir       = 0x200 // unlinkat
	atSymlinkFollow   = 0x400
	atNoAutomount     = 0x800
	atEmptyPath       = 0x1000
)

// atFdcwd is AT_FDCWD as an argument.
var atFdcwd = uint64(abi.AT_FDCWD & (1<<32 - 1))

// atIn translates flags. Error: EINVAL for what is not in allowed.
func atIn(f, allowed uint64) (uint64, abi.Errno) {
	if f = uint64(uint32(f)); f&^allowed != 0 {
		return 0, abi.EINVAL
	}
	n := uint64(0)
	if f&atSymlinkNofollow != 0 {
		n |= abi.AT_SYMLINK_NOFOLLOW
	}
	if f&atSymlinkFollow != 0 {
		n |= abi.AT_SYMLINK_FOLLOW
	}
	return n, abi.OK
}

// emptyPath reports whether a call with AT_EMPTY_PATH is about the descriptor itself.
func emptyPath(l *kern.LWP, flags, va uint64) bool {
	if flags&atEmptyPath == 0 {
		return false
	}
	if va == 0 {
		return true
	}
	var b [1]byte
	return l.Copyin(b[:], va) == abi.OK && b[0] == 0
}

// pathAt makes a path relative to a directory one that the native call without a directory takes.
func pathAt(l *kern.LWP, dirfd int32, p string) (string, abi.Errno) {
	if dirfd == abi.AT_FDCWD || p[0] == '/' {
		return p, abi.OK
	}
	f, err := l.GetfileAny(dirfd)
	if err != abi.OK {
		return "", err
	}
	defer f.Done(l)
	dir, err := vfs.FilePath(l, f)
	return dir + "/" + p, err
}

// Flags of open.
const (
	oAccmode   = 0o3
	oCreat     = 0o100
	oExcl      = 0o200
	oNoctty    = 0o400
	oTrunc     = 0o1000
	oAppend    = 0o2000
	oNonblock  = 0o4000
	oDsync     = 0o10000
	oAsync     = 0o20000
	oDirect    = 0o40000
	oLargefile = 0o100000
	oDirectory = 0o200000
	oNofollow  = 0o400000
	oNoatime   = 0o1000000
	oCloexec   = 0o2000000
	oSync      = oSyncOnly | oDsync
	oSyncOnly  = 0o4000000 // never alone
	oPath      = 0o10000000
	oTmpfile   = oTmpfileOnly | oDirectory
	// oTmpfileOnly is never alone.
	oTmpfileOnly = 0o20000000
)

var openFlags = []struct{ linux, bsd int32 }{
	{oCreat, abi.O_CREAT}, {oExcl, abi.O_EXCL}, {oNoctty, abi.O_NOCTTY}, {oTrunc, abi.O_TRUNC}, {oAppend, abi.O_APPEND},
	{oNonblock, abi.O_NONBLOCK}, {oSync, abi.O_SYNC}, {oDsync, abi.O_DSYNC}, {oAsync, abi.O_ASYNC}, {oDirect, abi.O_DIRECT},
	{oDirectory, abi.O_DIRECTORY}, {oNofollow, abi.O_NOFOLLOW}, {oCloexec, abi.O_CLOEXEC},
}

// oflagsIn and oflagsOut translate flags of open files.
func oflagsIn(f int32) int32 {
	n := f & oAccmode
	for _, o := range openFlags {
		if f&o.linux == o.linux {
			n |= o.bsd
		}
	}
	return n
}

func oflagsOut(f int32) int32 {
	n := f&abi.O_ACCMODE | oLargefile
	for _, o := range openFlags {
		if f&o.bsd != 0 {
			n |= o.linux
		}
	}
	return n
}

func openat(l *kern.LWP, dirfd int32, pathVA uint64, flags int32, mode uint32) (kern.Retval, abi.Errno) {
	return openHow(l, dirfd, pathVA, flags, mode, 0)
}

// openHow is openat with rules for the lookup.
func openHow(l *kern.LWP, dirfd int32, pathVA uint64, flags int32, mode uint32, how vfs.Resolve) (kern.Retval, abi.Errno) {
	p, err := l.CopyinStr(pathVA, pathMax)
	if err != abi.OK {
		return ret(err)
	}
	if flags&oAccmode == oAccmode && flags&oPath == 0 {
		return ret(abi.EINVAL)
	}
	n := oflagsIn(flags)
	if err := l.Proc.FdRoom(); err != abi.OK {
		return ret(err)
	}
	var f *kern.File
	switch {
	case flags&oPath != 0:
		f, err = vfs.OpenPath(l, dirfd, p, flags&oDirectory != 0, flags&oNofollow == 0, how)
	case flags&oTmpfile == oTmpfile:
		if flags&oAccmode == 0 || flags&oCreat != 0 {
			return ret(abi.EINVAL)
		}
		f, err = vfs.OpenTmpfile(l, dirfd, p, n&^(abi.O_DIRECTORY|abi.O_EXCL), flags&oExcl != 0, mode)
	default:
		f, err = vfs.OpenResolve(l, dirfd, p, n, mode, how)
	}
	if err == abi.EFTYPE {
		err = abi.ELOOP // a link, with O_NOFOLLOW
	}
	if err != abi.OK {
		return ret(err)
	}
	if flags&oNoatime != 0 && flags&oPath == 0 {
		if err := mayNoatime(l, f); err != abi.OK {
			f.Unref(l)
			return ret(err)
		}
	}
	if n&abi.O_NOCTTY == 0 {
		vfs.Control(l, f)
	}
	return retFd(l.Install(f, n&abi.O_CLOEXEC != 0))
}

func sysOpen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return openat(l, abi.AT_FDCWD, a[0], int32(a[1]), uint32(a[2]))
}

func sysOpenat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return openat(l, int32(a[0]), a[1], int32(a[2]), uint32(a[3]))
}

func sysCreat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return openat(l, abi.AT_FDCWD, a[0], 1|oCreat|oTrunc, uint32(a[1]))
}

func readlink(l *kern.LWP, dirfd int32, pathVA, buf, n uint64) (kern.Retval, abi.Errno) {
	if int32(n) <= 0 {
		return ret(abi.EINVAL)
	}
	p, err := l.CopyinStr(pathVA, pathMax)
	if err != abi.OK {
		return ret(err)
	}
	var s string
	if p == "" && dirfd != abi.AT_FDCWD {
		s, err = fileReadlink(l, dirfd)
	} else {
		s, err = vfs.Readlink(l, dirfd, p, int(min(n, pathMax)))
	}
	if err != abi.OK {
		return ret(err)
	}
	s = s[:min(uint64(len(s)), n)]
	return kern.Retval{R0: uint64(len(s))}, l.Copyout([]byte(s), buf)
}

// fileReadlink: an empty name is the link that the descriptor was opened on.
func fileReadlink(l *kern.LWP, fd int32) (string, abi.Errno) {
	f, err := l.GetfileAny(fd)
	if err != abi.OK {
		return "", err
	}
	defer f.Done(l)
	s, err := vfs.FileReadlink(f)
	if err != abi.OK {
		err = abi.ENOENT
	}
	return s, err
}

func sysReadlink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return readlink(l, abi.AT_FDCWD, a[0], a[1], uint64(uint32(a[2])))
}

func sysReadlinkat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return readlink(l, int32(a[0]), a[1], a[2], uint64(uint32(a[3])))
}

// sysLink does not follow a link as the first name.
func sysLink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return call(l, syscalls.SYS_linkat, &kern.Args{atFdcwd, a[0], atFdcwd, a[1], 0})
}

func sysLinkat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := atIn(a[4], atSymlinkFollow|atEmptyPath)
	if err != abi.OK {
		return ret(err)
	}
	if emptyPath(l, a[4], a[1]) && int32(a[0]) != abi.AT_FDCWD {
		if !l.Proc.Cred.IsRoot() {
			return ret(abi.ENOENT)
		}
		to, err := l.CopyinStr(a[3], pathMax)
		if err != abi.OK {
			return ret(err)
		}
		from, err := l.GetfileAny(int32(a[0]))
		if err != abi.OK {
			return ret(err)
		}
		defer from.Done(l)
		return ret(vfs.LinkFile(l, from, int32(a[2]), to))
	}
	return call(l, syscalls.SYS_linkat, &kern.Args{a[0], a[1], a[2], a[3], f})
}

// mkdir keeps the sticky bit, which the native call drops.
func mkdir(l *kern.LWP, dirfd int32, pathVA uint64, mode uint32) (kern.Retval, abi.Errno) {
	p, err := l.CopyinStr(pathVA, pathMax)
	if err == abi.OK {
		err = vfs.Mkdir(l, dirfd, p, mode)
	}
	if err == abi.OK && mode&abi.S_ISVTX != 0 {
		_ = vfs.Chmod(l, dirfd, p, mode&(abi.S_ISVTX|abi.ACCESSPERMS)&^l.Proc.Cwdi.Umask, false)
	}
	return ret(err)
}

func sysMkdir(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mkdir(l, abi.AT_FDCWD, a[0], uint32(a[1]))
}

func sysMkdirat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mkdir(l, int32(a[0]), a[1], uint32(a[2]))
}

func sysUnlinkat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[2])&^atRemovedir != 0 {
		return ret(abi.EINVAL)
	}
	f := uint64(0)
	if a[2] != 0 {
		f = abi.AT_REMOVEDIR
	}
	rv, err := call(l, syscalls.SYS_unlinkat, &kern.Args{a[0], a[1], f})
	return rv, unlinkErr(l, int32(a[0]), a[1], f != 0, err)
}

func sysUnlink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := call(l, syscalls.SYS_unlink, a)
	return rv, unlinkErr(l, abi.AT_FDCWD, a[0], false, err)
}

// unlinkErr: Linux says EISDIR of a directory where NetBSD has EPERM.
func unlinkErr(l *kern.LWP, dirfd int32, pathVA uint64, dir bool, err abi.Errno) abi.Errno {
	if err != abi.EPERM || dir {
		return err
	}
	p, e := l.CopyinStr(pathVA, pathMax)
	var st abi.Stat
	if e == abi.OK && vfs.Stat(l, dirfd, p, false, &st) == abi.OK && st.Mode&abi.S_IFMT == abi.S_IFDIR {
		return abi.EISDIR
	}
	return err
}

func sysRenameat2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const noreplace, exchange = 1, 2
	switch uint32(a[4]) {
	case 0:
	case noreplace:
		p, err := l.CopyinStr(a[3], pathMax)
		if err != abi.OK {
			return ret(err)
		}
		var st abi.Stat
		if vfs.Stat(l, int32(a[2]), p, false, &st) == abi.OK {
			return ret(abi.EEXIST)
		}
	case exchange:
		from, err := l.CopyinStr(a[1], pathMax)
		if err != abi.OK {
			return ret(err)
		}
		to, err := l.CopyinStr(a[3], pathMax)
		if err != abi.OK {
			return ret(err)
		}
		return ret(vfs.Exchange(l, int32(a[0]), from, int32(a[2]), to))
	default:
		return ret(abi.EINVAL)
	}
	return call(l, syscalls.SYS_renameat, a)
}

func sysFchownat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if emptyPath(l, a[4], a[1]) && int32(a[0]) != abi.AT_FDCWD {
		return call(l, syscalls.SYS_fchown, &kern.Args{a[0], a[2], a[3]})
	}
	f, err := atIn(a[4], atSymlinkNofollow|atEmptyPath)
	if err != abi.OK {
		return ret(err)
	}
	return call(l, syscalls.SYS_fchownat, &kern.Args{a[0], a[1], a[2], a[3], f})
}

func sysFchmodat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return call(l, syscalls.SYS_fchmodat, &kern.Args{a[0], a[1], a[2], 0})
}

func sysFchmodat2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if emptyPath(l, a[3], a[1]) {
		return call(l, syscalls.SYS_fchmod, &kern.Args{a[0], a[2]})
	}
	f, err := atIn(a[3], atSymlinkNofollow|atEmptyPath)
	if err != abi.OK {
		return ret(err)
	}
	return call(l, syscalls.SYS_fchmodat, &kern.Args{a[0], a[1], a[2], f})
}

func sysFaccessat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return call(l, syscalls.SYS_faccessat, &kern.Args{a[0], a[1], a[2], 0})
}

func sysFaccessat2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if emptyPath(l, a[3], a[1]) {
		return ret(abi.ENOSYS)
	}
	f, err := atIn(a[3]&^atEaccess, atSymlinkNofollow|atEmptyPath)
	if err != abi.OK {
		return ret(err)
	}
	if a[3]&atEaccess != 0 {
		f |= abi.AT_EACCESS
	}
	return call(l, syscalls.SYS_faccessat, &kern.Args{a[0], a[1], a[2], f})
}

func sysMknod(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mknod(l, abi.AT_FDCWD, a[0], uint32(a[1]), a[2])
}

func sysMknodat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mknod(l, int32(a[0]), a[1], uint32(a[2]), a[3])
}

func mknod(l *kern.LWP, dirfd int32, pathVA uint64, mode uint32, dev uint64) (kern.Retval, abi.Errno) {
	p, err := l.CopyinStr(pathVA, pathMax)
	if err != abi.OK {
		return ret(err)
	}
	switch mode & abi.S_IFMT {
	case 0, abi.S_IFREG:
		f, err := vfs.OpenFile(l, dirfd, p, abi.O_CREAT|abi.O_EXCL|abi.O_WRONLY, mode&abi.ALLPERMS)
		if err != abi.OK {
			return ret(err)
		}
		return ret(f.Unref(l))
	}
	return ret(vfs.Mknod(l, dirfd, p, mode, devIn(mode, uint64(uint32(dev)))))
}

func sysUtimensat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1] == 0 || emptyPath(l, a[3], a[1]) {
		if err := mayChange(l, a[0], false); err != abi.OK && (a[1] == 0 || err != abi.EBADF) {
			return ret(err)
		}
		return call(l, syscalls.SYS_futimens, &kern.Args{a[0], a[2]})
	}
	f, err := atIn(a[3], atSymlinkNofollow|atEmptyPath)
	if err != abi.OK {
		return ret(err)
	}
	return call(l, syscalls.SYS_utimensat, &kern.Args{a[0], a[1], a[2], f})
}

func sysFutimesat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1] == 0 {
		return call(l, syscalls.SYS___futimes50, &kern.Args{a[0], a[2]})
	}
	p, err := l.CopyinStr(a[1], pathMax)
	if err != abi.OK {
		return ret(err)
	}
	ts := [2]abi.Timespec{{Nsec: abi.UTIME_NOW}, {Nsec: abi.UTIME_NOW}}
	if a[2] != 0 {
		var tv [2]abi.Timeval
		if err := l.CopyinStruct(a[2], &tv); err != abi.OK {
			return ret(err)
		}
		if !tv[0].Valid() || !tv[1].Valid() {
			return ret(abi.EINVAL)
		}
		ts = [2]abi.Timespec{tv[0].Timespec(), tv[1].Timespec()}
	}
	return ret(vfs.Utimens(l, int32(a[0]), p, &ts, true))
}

func sysUtime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := l.CopyinStr(a[0], pathMax)
	if err != abi.OK {
		return ret(err)
	}
	ts := [2]abi.Timespec{{Nsec: abi.UTIME_NOW}, {Nsec: abi.UTIME_NOW}}
	if a[1] != 0 {
		var t [2]abi.Long
		if err := l.CopyinStruct(a[1], &t); err != abi.OK {
			return ret(err)
		}
		ts = [2]abi.Timespec{{Sec: int64(t[0])}, {Sec: int64(t[1])}}
	}
	return ret(vfs.Utimens(l, abi.AT_FDCWD, p, &ts, true))
}

// realFile: descriptors that only name a file do for *at calls and not for these. Error: EBADF.
func realFile(l *kern.LWP, fd uint64) abi.Errno {
	if f := l.Proc.Fd.Get(int32(fd)); f == nil || f.OnlyNames() {
		return abi.EBADF
	}
	return abi.OK
}

// mayChange is what calls that change a file's attributes ask of its kind. Errors: EBADF, EOPNOTSUPP, EPERM.
func mayChange(l *kern.LWP, fd uint64, mode bool) abi.Errno {
	f, kind, err := kindAt(l, fd)
	switch {
	case err != abi.OK:
		return err
	case kind == kindEvents, kind == kindPidfd:
		return abi.EOPNOTSUPP
	case mode && vfs.IsMade(f):
		return abi.EPERM
	}
	return abi.OK
}

func sysFchmod(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := mayChange(l, a[0], true); err != abi.OK {
		return ret(err)
	}
	return call(l, syscalls.SYS_fchmod, a)
}

func sysFchown(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := mayChange(l, a[0], false); err != abi.OK {
		return ret(err)
	}
	if f := l.Proc.Fd.Get(int32(a[0])); vfs.IsMade(f) {
		if uint32(a[1]) != ^uint32(0) || uint32(a[2]) != ^uint32(0) {
			return ret(abi.EPERM)
		}
		return ret(abi.OK)
	}
	return call(l, syscalls.SYS_fchown, a)
}

var (
	sysAccess    kern.Handler = native(syscalls.SYS_access)
	sysChdir     kern.Handler = native(syscalls.SYS_chdir)
	sysFchdir    kern.Handler = native(syscalls.SYS_fchdir)
	sysRename    kern.Handler = native(syscalls.SYS___posix_rename)
	sysRenameat  kern.Handler = native(syscalls.SYS_renameat)
	sysRmdir     kern.Handler = native(syscalls.SYS_rmdir)
	sysSymlink   kern.Handler = native(syscalls.SYS_symlink)
	sysSymlinkat kern.Handler = native(syscalls.SYS_symlinkat)
	sysChmod     kern.Handler = native(syscalls.SYS_chmod)
	sysChown     kern.Handler = native(syscalls.SYS_chown)
	sysLchown    kern.Handler = native(syscalls.SYS_lchown)
	sysUmask     kern.Handler = native(syscalls.SYS_umask)
	sysUtimes    kern.Handler = native(syscalls.SYS___utimes50)
	sysSync      kern.Handler = native(syscalls.SYS_sync)
)

// sysGetcwd is getcwd(buf, size). Errors: ENAMETOOLONG for what no buffer may take, ERANGE for this one, ENOENT.
func sysGetcwd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := vfs.Getcwd(l)
	switch {
	case err != abi.OK:
		return ret(err)
	case len(p)+1 > pathMax:
		return ret(abi.ENAMETOOLONG)
	}
	return call(l, syscalls.SYS___getcwd, a)
}

// sysChroot looks at the directory before it asks who calls. Errors: those of the lookup, ENOTDIR, EACCES, EPERM.
func sysChroot(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := l.CopyinStr(a[0], pathMax)
	if err != abi.OK {
		return ret(err)
	}
	var st abi.Stat
	if err := vfs.Stat(l, abi.AT_FDCWD, p, true, &st); err != abi.OK {
		return ret(err)
	}
	if st.Mode&abi.S_IFMT != abi.S_IFDIR {
		return ret(abi.ENOTDIR)
	}
	if err := vfs.Access(l.Proc.Cred, &st, abi.X_OK); err != abi.OK {
		return ret(err)
	}
	if in := procdata(l.Proc).user; in != nil { // no program there gets another user's rights, who could be misled
		if !nsCapable(l, in, capSysChroot) {
			return ret(abi.EPERM)
		}
		return ret(vfs.ChangeRoot(l, p))
	}
	return call(l, syscalls.SYS_chroot, a)
}

// mayNoatime: only who owns a file keeps its time of access as it is. Error: EPERM.
func mayNoatime(l *kern.LWP, f *kern.File) abi.Errno {
	var st abi.Stat
	if err := f.Ops.Stat(l, f, &st); err != abi.OK || capable(l, capFowner) || l.Proc.Cred.Euid == st.Uid {
		return err
	}
	return abi.EPERM
}
