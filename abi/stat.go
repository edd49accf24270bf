package abi

// Stat is struct stat of NetBSD 6 and later (__stat50 and its siblings).
type Stat struct {
	Dev      uint64
	Mode     uint32
	Ino      uint64
	Nlink    uint32
	Uid      uint32
	Gid      uint32
	Rdev     uint64
	Atim     Timespec
	Mtim     Timespec
	Ctim     Timespec
	Birthtim Timespec
	Size     int64
	Blocks   int64
	Blksize  int32
	Flags    uint32
	Gen      uint32
	Spare    [2]uint32
}

// Modes.
const (
	S_IFMT   = 0170000
	S_IFIFO  = 0010000
	S_IFCHR  = 0020000
	S_IFDIR  = 0040000
	S_IFBLK  = 0060000
	S_IFREG  = 0100000
	S_IFLNK  = 0120000
	S_IFSOCK = 0140000
	S_IFWHT  = 0160000
	S_ARCH1  = 0200000
	S_ARCH2  = 0400000

	S_ISUID = 0004000
	S_ISGID = 0002000
	S_ISVTX = 0001000
	S_ISTXT = S_ISVTX
	S_IRWXU = 0000700
	S_IRUSR = 0000400
	S_IWUSR = 0000200
	S_IXUSR = 0000100
	S_IRWXG = 0000070
	S_IRGRP = 0000040
	S_IWGRP = 0000020
	S_IXGRP = 0000010
	S_IRWXO = 0000007
	S_IROTH = 0000004
	S_IWOTH = 0000002
	S_IXOTH = 0000001

	ACCESSPERMS = S_IRWXU | S_IRWXG | S_IRWXO
	ALLPERMS    = S_ISUID | S_ISGID | S_ISTXT | ACCESSPERMS
	DEFFILEMODE = 0666

	S_BLKSIZE = 512
)

// File flags (chflags).
const (
	UF_SETTABLE  = 0x0000ffff
	UF_NODUMP    = 0x00000001
	UF_IMMUTABLE = 0x00000002
	UF_APPEND    = 0x00000004
	UF_OPAQUE    = 0x00000008
	SF_SETTABLE  = 0xffff0000
	SF_ARCHIVED  = 0x00010000
	SF_IMMUTABLE = 0x00020000
	SF_APPEND    = 0x00040000
	SF_SNAPSHOT  = 0x00200000
	SF_LOG       = 0x00400000
	SF_SNAPINVAL = 0x00800000
)

// Special nanoseconds of utimensat.
const (
	UTIME_NOW  = 1<<30 - 1
	UTIME_OMIT = 1<<30 - 2
)

// Makedev, Major and Minor put device numbers together and take them apart.
func Makedev(major, minor uint32) uint64 {
	return uint64(major)<<8&0x000fff00 | uint64(minor)<<12&0xfff00000 | uint64(minor)&0xff
}
func Major(dev uint64) uint32 { return uint32(dev & 0x000fff00 >> 8) }
func Minor(dev uint64) uint32 { return uint32(dev&0xfff00000>>12 | dev&0xff) }

// Fsid is fsid_t.
type Fsid [2]int32

const (
	VFS_NAMELEN  = 32
	VFS_MNAMELEN = 1024
)

// Statvfs90 is struct statvfs of NetBSD 4 to 9 (statvfs1, 357, and its
// siblings).
type Statvfs90 struct {
	Flag        ULong
	Bsize       ULong
	Frsize      ULong
	Iosize      ULong
	Blocks      uint64
	Bfree       uint64
	Bavail      uint64
	Bresvd      uint64
	Files       uint64
	Ffree       uint64
	Favail      uint64
	Fresvd      uint64
	Syncreads   uint64
	Syncwrites  uint64
	Asyncreads  uint64
	Asyncwrites uint64
	Fsidx       Fsid
	Fsid        ULong
	Namemax     ULong
	Owner       uint32
	Spare       [4]uint32
	Fstypename  [VFS_NAMELEN]byte
	Mntonname   [VFS_MNAMELEN]byte
	Mntfromname [VFS_MNAMELEN]byte
}

// Statvfs is struct statvfs of NetBSD 10 and later (__statvfs190 and its
// siblings), with wider spare space and the label of the disk.
type Statvfs struct {
	Flag         ULong
	Bsize        ULong
	Frsize       ULong
	Iosize       ULong
	Blocks       uint64
	Bfree        uint64
	Bavail       uint64
	Bresvd       uint64
	Files        uint64
	Ffree        uint64
	Favail       uint64
	Fresvd       uint64
	Syncreads    uint64
	Syncwrites   uint64
	Asyncreads   uint64
	Asyncwrites  uint64
	Fsidx        Fsid
	Fsid         ULong
	Namemax      ULong
	Owner        uint32
	Spare        [4]uint64
	Fstypename   [VFS_NAMELEN]byte
	Mntonname    [VFS_MNAMELEN]byte
	Mntfromname  [VFS_MNAMELEN]byte
	Mntfromlabel [VFS_MNAMELEN]byte
}

// Old returns the structure as NetBSD 4 to 9 know it.
func (s *Statvfs) Old() *Statvfs90 {
	return &Statvfs90{
		Flag: s.Flag, Bsize: s.Bsize, Frsize: s.Frsize, Iosize: s.Iosize,
		Blocks: s.Blocks, Bfree: s.Bfree, Bavail: s.Bavail, Bresvd: s.Bresvd,
		Files: s.Files, Ffree: s.Ffree, Favail: s.Favail, Fresvd: s.Fresvd,
		Syncreads: s.Syncreads, Syncwrites: s.Syncwrites,
		Asyncreads: s.Asyncreads, Asyncwrites: s.Asyncwrites,
		Fsidx: s.Fsidx, Fsid: s.Fsid, Namemax: s.Namemax, Owner: s.Owner,
		Fstypename: s.Fstypename, Mntonname: s.Mntonname, Mntfromname: s.Mntfromname,
	}
}

// Dirent is struct dirent (getdents, __getdents30). Records in a directory
// are cut after the name: DirentReclen.
type Dirent struct {
	Fileno uint64
	Reclen uint16
	Namlen uint16
	Type   uint8
	Name   [512]byte
}

const (
	DirentHeader = 13 // offset of the name
	MAXNAMLEN    = 511
)

// DirentReclen returns the length of the record for a name of n bytes: with
// its NUL, rounded up to the alignment of d_fileno's eight bytes.
func DirentReclen(n int) int { return (DirentHeader + n + 1 + 7) &^ 7 }

// d_type.
const (
	DT_UNKNOWN = 0
	DT_FIFO    = 1
	DT_CHR     = 2
	DT_DIR     = 4
	DT_BLK     = 6
	DT_REG     = 8
	DT_LNK     = 10
	DT_SOCK    = 12
	DT_WHT     = 14
)
