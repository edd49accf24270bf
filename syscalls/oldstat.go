package syscalls

import (
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// The struct stat of older releases.

func ts50(t abi.Timespec) abi.Timespec50 { return abi.Timespec50{Sec: int32(t.Sec), Nsec: t.Nsec} }

func stat30(st *abi.Stat) any {
	return &abi.Stat30{Dev: uint32(st.Dev), Mode: st.Mode, Ino: st.Ino, Nlink: st.Nlink, Uid: st.Uid, Gid: st.Gid,
		Rdev: uint32(st.Rdev), Atim: ts50(st.Atim), Mtim: ts50(st.Mtim), Ctim: ts50(st.Ctim), Birthtim: ts50(st.Birthtim),
		Size: st.Size, Blocks: st.Blocks, Blksize: st.Blksize, Flags: st.Flags, Gen: st.Gen}
}

func stat13(st *abi.Stat) any {
	return &abi.Stat13{Dev: uint32(st.Dev), Ino: uint32(st.Ino), Mode: st.Mode, Nlink: st.Nlink, Uid: st.Uid, Gid: st.Gid,
		Rdev: uint32(st.Rdev), Atim: ts50(st.Atim), Mtim: ts50(st.Mtim), Ctim: ts50(st.Ctim), Birthtim: ts50(st.Birthtim),
		Size: st.Size, Blocks: st.Blocks, Blksize: st.Blksize, Flags: st.Flags, Gen: st.Gen}
}

// stat13Of chooses the form with or without the last word of machines with 32-bit pointers.
func stat13Of(l *kern.LWP) statVers {
	if l.Model().LP64() {
		return stat13
	}
	return func(st *abi.Stat) any { return &abi.Stat13Pad{Stat13: *stat13(st).(*abi.Stat13)} }
}

func stat12(st *abi.Stat) any {
	return &abi.Stat12{Dev: uint32(st.Dev), Ino: uint32(st.Ino), Mode: uint16(st.Mode), Nlink: uint16(st.Nlink), Uid: st.Uid,
		Gid: st.Gid, Rdev: uint32(st.Rdev), Atim: ts50(st.Atim), Mtim: ts50(st.Mtim), Ctim: ts50(st.Ctim),
		Size: st.Size, Blocks: st.Blocks, Blksize: uint32(st.Blksize), Flags: st.Flags, Gen: st.Gen}
}

// stat43 makes the structure of 4.3BSD. A size of 4 GiB and more is -2; one of 2 GiB and more wraps.
func stat43(st *abi.Stat) any {
	size := int32(st.Size)
	if st.Size >= 1<<32 {
		size = -2
	}
	return &abi.Stat43{Dev: uint16(st.Dev), Ino: uint32(st.Ino), Mode: uint16(st.Mode), Nlink: uint16(st.Nlink),
		Uid: uint16(st.Uid), Gid: uint16(st.Gid), Rdev: uint16(st.Rdev), Size: size,
		Atim: ts50(st.Atim), Mtim: ts50(st.Mtim), Ctim: ts50(st.Ctim), Blksize: st.Blksize, Blocks: int32(st.Blocks),
		Flags: st.Flags, Gen: st.Gen}
}

func sysStat30(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return stat(l, abi.AT_FDCWD, a[0], a[1], true, stat30)
}

func sysLstat30(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return stat(l, abi.AT_FDCWD, a[0], a[1], false, stat30)
}

func sysFstat30(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fstat(l, int32(a[0]), a[1], stat30)
}

func sysStat13(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return stat(l, abi.AT_FDCWD, a[0], a[1], true, stat13Of(l))
}

func sysLstat13(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return stat(l, abi.AT_FDCWD, a[0], a[1], false, stat13Of(l))
}

func sysFstat13(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fstat(l, int32(a[0]), a[1], stat13Of(l))
}

func sysCompat12Stat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return stat(l, abi.AT_FDCWD, a[0], a[1], true, stat12)
}

func sysCompat12Lstat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return stat(l, abi.AT_FDCWD, a[0], a[1], false, stat12)
}

func sysCompat12Fstat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fstat(l, int32(a[0]), a[1], stat12)
}

func sysCompat43Stat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return stat(l, abi.AT_FDCWD, a[0], a[1], true, stat43)
}

// sysCompat43Lstat is lstat of 4.3BSD: of a symbolic link it tells type, links and sizes, and for the rest what its
// directory has.
func sysCompat43Lstat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno {
		var st abi.Stat
		if err := vfs.Stat(l, abi.AT_FDCWD, p, false, &st); err != abi.OK {
			return err
		}
		if st.Mode&abi.S_IFMT == abi.S_IFLNK {
			link := st
			if err := vfs.Stat(l, abi.AT_FDCWD, dirOf(p), true, &st); err != abi.OK {
				return err
			}
			st.Mode = st.Mode&^abi.S_IFDIR | abi.S_IFLNK
			st.Nlink, st.Size, st.Blocks = link.Nlink, link.Size, link.Blocks
		}
		return putStat(l, &st, stat43, a[1])
	})
}

// dirOf is the directory that the last name of a path is looked up in.
func dirOf(p string) string {
	p = strings.TrimRight(p, "/")
	switch i := strings.LastIndexByte(p, '/'); {
	case i < 0:
		return "."
	case i == 0:
		return "/"
	default:
		return p[:i]
	}
}

func sysCompat43Fstat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fstat(l, int32(a[0]), a[1], stat43)
}
