package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// fsTypes names the host's file systems as NetBSD programs know them; those that exist there too keep their
// name, disk file systems are called after NetBSD's own.
var fsTypes = map[string]string{
	"nfs": abi.MOUNT_NFS, "msdos": abi.MOUNT_MSDOS, "exfat": abi.MOUNT_MSDOS, "cd9660": abi.MOUNT_CD9660,
	"devfs": abi.MOUNT_KERNFS, "tmpfs": abi.MOUNT_TMPFS, "union": abi.MOUNT_UNION,
}

// hostNamemax is NAME_MAX, which statfs does not tell.
const hostNamemax = 255

func hostStatvfs(fd int, sv *abi.Statvfs) error {
	var s unix.Statfs_t
	if err := retry(func() error { return unix.Fstatfs(fd, &s) }); err != nil {
		return err
	}
	fillStatvfs(&s, sv)
	return nil
}

func fillStatvfs(s *unix.Statfs_t, sv *abi.Statvfs) {
	*sv = abi.Statvfs{
		Flag: abi.ULong(mountFlags(s.Flags)), Bsize: abi.ULong(s.Bsize), Frsize: abi.ULong(s.Bsize),
		Iosize: abi.ULong(s.Iosize), Blocks: s.Blocks, Bfree: s.Bfree, Bavail: s.Bavail,
		Bresvd: s.Bfree - min(s.Bavail, s.Bfree), Files: s.Files, Ffree: s.Ffree, Favail: s.Ffree,
		Namemax: hostNamemax, Owner: s.Owner,
	}
	// The first word of the host's is the device, which programs compare with st_dev.
	sv.Fsidx[0] = int32(guestDev(s.Fsid.Val[0]))
	sv.Fsid = abi.ULong(uint32(sv.Fsidx[0]))
	typ := fsTypes[unix.ByteSliceToString(s.Fstypename[:])]
	if typ == "" {
		typ = abi.MOUNT_FFS
	}
	putName(sv.Fstypename[:], typ)
	putName(sv.Mntonname[:], unix.ByteSliceToString(s.Mntonname[:]))
	putName(sv.Mntfromname[:], unix.ByteSliceToString(s.Mntfromname[:]))
}

func mountFlags(h uint32) (f uint32) {
	for _, m := range [...]struct{ h, nb uint32 }{
		{unix.MNT_RDONLY, abi.MNT_RDONLY}, {unix.MNT_SYNCHRONOUS, abi.MNT_SYNCHRONOUS}, {unix.MNT_NOEXEC, abi.MNT_NOEXEC},
		{unix.MNT_NOSUID, abi.MNT_NOSUID}, {unix.MNT_NODEV, abi.MNT_NODEV}, {unix.MNT_UNION, abi.MNT_UNION},
		{unix.MNT_ASYNC, abi.MNT_ASYNC}, {unix.MNT_NOATIME, abi.MNT_NOATIME}, {unix.MNT_LOCAL, abi.MNT_LOCAL},
		{unix.MNT_QUOTA, abi.MNT_QUOTA}, {unix.MNT_ROOTFS, abi.MNT_ROOTFS},
	} {
		if h&m.h != 0 {
			f |= m.nb
		}
	}
	return f
}

func hostMountFlags(fd int) uint32 {
	var s unix.Statfs_t
	if unix.Fstatfs(fd, &s) != nil {
		return 0
	}
	return mountFlags(s.Flags)
}

// hostAllStatvfs describes every mounted file system that has a size, as getvfsstat lists them. A server that
// does not answer is not waited for.
func hostAllStatvfs() []abi.Statvfs {
	n, err := unix.Getfsstat(nil, unix.MNT_NOWAIT)
	if err != nil {
		return nil
	}
	buf := make([]unix.Statfs_t, n+4) // some may be mounted meanwhile
	if n, err = unix.Getfsstat(buf, unix.MNT_NOWAIT); err != nil {
		return nil
	}
	var out []abi.Statvfs
	for i := range buf[:min(n, len(buf))] {
		if buf[i].Blocks == 0 {
			continue
		}
		var sv abi.Statvfs
		fillStatvfs(&buf[i], &sv)
		out = append(out, sv)
	}
	return out
}
