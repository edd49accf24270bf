package vfs

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// fsTypes names the host's file systems as NetBSD programs know them; those that exist there too keep their
// name, disk file systems are called after NetBSD's own.
var fsTypes = map[string]string{
	"tmpfs": abi.MOUNT_TMPFS, "ramfs": abi.MOUNT_TMPFS, "devtmpfs": abi.MOUNT_TMPFS, "nfs": abi.MOUNT_NFS,
	"nfs4": abi.MOUNT_NFS, "proc": abi.MOUNT_PROCFS, "overlay": abi.MOUNT_UNION, "vfat": abi.MOUNT_MSDOS,
	"msdos": abi.MOUNT_MSDOS, "iso9660": abi.MOUNT_CD9660, "devpts": abi.MOUNT_PTYFS, "sysfs": abi.MOUNT_KERNFS,
	"ext2": "ext2fs", "ext3": "ext2fs", "ext4": "ext2fs", "zfs": "zfs",
}

// hostMount is a line of the host's mount table.
type hostMount struct {
	major, minor   uint32
	dir, from, typ string
	readonly       bool
}

func hostMounts() []hostMount {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	var out []hostMount
	for line := range strings.SplitSeq(string(b), "\n") {
		f := strings.Fields(line)
		if len(f) < 10 {
			continue
		}
		sep := 6
		for sep < len(f) && f[sep] != "-" {
			sep++
		}
		if sep+2 >= len(f) {
			continue
		}
		maj, min, _ := strings.Cut(f[2], ":")
		a, _ := strconv.ParseUint(maj, 10, 32)
		i, _ := strconv.ParseUint(min, 10, 32)
		out = append(out, hostMount{uint32(a), uint32(i), unescapeMount(f[4]), unescapeMount(f[sep+2]), f[sep+1],
			strings.HasPrefix(f[5], "ro")})
	}
	return out
}

// unescapeMount undoes the octal escapes of the table.
func unescapeMount(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func hostStatvfs(fd int, sv *abi.Statvfs) error {
	var s unix.Statfs_t
	if err := retry(func() error { return unix.Fstatfs(fd, &s) }); err != nil {
		return err
	}
	fillStatvfs(&s, sv)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil {
		maj, min := unix.Major(uint64(st.Dev)), unix.Minor(uint64(st.Dev))
		sv.Fsidx[0] = int32(abi.Makedev(maj, min))
		sv.Fsid = abi.ULong(uint32(sv.Fsidx[0]))
		for _, m := range hostMounts() {
			if m.major == maj && m.minor == min {
				nameMount(&m, sv)
				break
			}
		}
	}
	return nil
}

func nameMount(m *hostMount, sv *abi.Statvfs) {
	typ := fsTypes[m.typ]
	if typ == "" {
		typ = abi.MOUNT_FFS
	}
	putName(sv.Fstypename[:], typ)
	putName(sv.Mntonname[:], m.dir)
	putName(sv.Mntfromname[:], m.from)
}

func fillStatvfs(s *unix.Statfs_t, sv *abi.Statvfs) {
	*sv = abi.Statvfs{
		Flag: abi.ULong(mountFlags(int64(s.Flags))), Bsize: abi.ULong(s.Bsize), Frsize: abi.ULong(s.Frsize), Iosize: abi.ULong(s.Bsize),
		Blocks: s.Blocks, Bfree: s.Bfree, Bavail: s.Bavail, Bresvd: s.Bfree - min(s.Bavail, s.Bfree),
		Files: s.Files, Ffree: s.Ffree, Favail: s.Ffree, Namemax: abi.ULong(s.Namelen),
	}
	if sv.Frsize == 0 {
		sv.Frsize = sv.Bsize
	}
	putName(sv.Fstypename[:], abi.MOUNT_FFS)
}

func mountFlags(h int64) (f uint32) {
	for _, m := range [...]struct {
		h  int64
		nb uint32
	}{{unix.ST_RDONLY, abi.MNT_RDONLY}, {unix.ST_NOSUID, abi.MNT_NOSUID}, {unix.ST_NODEV, abi.MNT_NODEV},
		{unix.ST_NOEXEC, abi.MNT_NOEXEC}, {unix.ST_SYNCHRONOUS, abi.MNT_SYNCHRONOUS}, {unix.ST_NOATIME, abi.MNT_NOATIME},
		{unix.ST_RELATIME, abi.MNT_RELATIME}} {
		if h&m.h != 0 {
			f |= m.nb
		}
	}
	return f | abi.MNT_LOCAL
}

func hostMountFlags(fd int) uint32 {
	var s unix.Statfs_t
	if unix.Fstatfs(fd, &s) != nil {
		return 0
	}
	return mountFlags(int64(s.Flags))
}

// hostAllStatvfs describes every mounted file system that has a size, as getvfsstat lists them.
func hostAllStatvfs() []abi.Statvfs {
	var out []abi.Statvfs
	for _, m := range hostMounts() {
		var s unix.Statfs_t
		if unix.Statfs(m.dir, &s) != nil || s.Blocks == 0 {
			continue
		}
		var sv abi.Statvfs
		fillStatvfs(&s, &sv)
		sv.Fsidx[0] = int32(abi.Makedev(m.major, m.minor))
		sv.Fsid = abi.ULong(uint32(sv.Fsidx[0]))
		nameMount(&m, &sv)
		out = append(out, sv)
	}
	return out
}
