package syscalls

import (
	"bytes"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// File systems as NetBSD 2 and before told of them (compat/common/vfs_syscalls_20.c).

// fsTypes12 are the numbers of the file systems of 4.3BSD and their kin (MOUNTNO_); all others have 0.
var fsTypes12 = map[string]int16{abi.MOUNT_FFS: 1, abi.MOUNT_NFS: 2, "mfs": 3, abi.MOUNT_MSDOS: 4, abi.MOUNT_CD9660: 5,
	abi.MOUNT_FDESC: 6, abi.MOUNT_KERNFS: 7, "afs": 9}

// statfs12 makes a struct statfs; numbers that do not fit a long are its largest.
func statfs12(m *abi.Model, sv *abi.Statvfs) *abi.Statfs12 {
	most := uint64(1)<<(8*m.PtrSize-1) - 1
	long := func(v uint64) abi.Long { return abi.Long(min(v, most)) }
	typ, _, _ := bytes.Cut(sv.Fstypename[:], []byte{0})
	s := &abi.Statfs12{
		Type: fsTypes12[string(typ)], Oflags: uint16(sv.Flag), Bsize: long(uint64(sv.Frsize)), Iosize: long(uint64(sv.Iosize)),
		Blocks: long(sv.Blocks), Bfree: long(sv.Bfree), Bavail: long(sv.Bfree - sv.Bresvd), Files: long(sv.Files),
		Ffree: long(sv.Ffree), Fsid: sv.Fsidx, Owner: sv.Owner, Flags: abi.Long(sv.Flag),
		Syncwrites: long(sv.Syncwrites), Asyncwrites: long(sv.Asyncwrites),
	}
	if sv.Bresvd >= sv.Bfree {
		s.Bavail = -long(sv.Bresvd - sv.Bfree)
	}
	copy(s.Fstypename[:], sv.Fstypename[:])
	copy(s.Mntonname[:], sv.Mntonname[:])
	copy(s.Mntfromname[:], sv.Mntfromname[:])
	return s
}

// sysCompat20Statfs is statfs(path, struct statfs *).
func sysCompat20Statfs(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno {
		var sv abi.Statvfs
		if err := vfs.Statvfs(l, p, &sv); err != abi.OK {
			return err
		}
		return l.CopyoutStruct(a[1], statfs12(l.Model(), &sv))
	})
}

// sysCompat20Fstatfs is fstatfs(fd, struct statfs *).
func sysCompat20Fstatfs(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withFile(l, int32(a[0]), func(f *kern.File) abi.Errno {
		var sv abi.Statvfs
		if err := vfs.Fstatvfs(l, f, &sv); err != abi.OK {
			return err
		}
		return l.CopyoutStruct(a[1], statfs12(l.Model(), &sv))
	})
}

// sysCompat20Getfsstat is getfsstat(struct statfs *, long size, flags).
func sysCompat20Getfsstat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	m := l.Model()
	return getfsstat(l, a[0], a[1], func(sv *abi.Statvfs) []byte { return m.Bytes(statfs12(m, sv)) })
}
