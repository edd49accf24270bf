package abi

// Structures of older releases, each named for the last one that used it or
// for the version in the name of the call.

// Stat30 is struct stat of NetBSD 4 and 5 (__stat30).
type Stat30 struct {
	Dev      uint32
	Mode     uint32
	Ino      uint64
	Nlink    uint32
	Uid      uint32
	Gid      uint32
	Rdev     uint32
	Atim     Timespec50
	Mtim     Timespec50
	Ctim     Timespec50
	Birthtim Timespec50
	Size     int64
	Blocks   int64
	Blksize  int32
	Flags    uint32
	Gen      uint32
	Spare    [2]uint32
}

// Stat13 is struct stat of NetBSD 1.3 to 3 (__stat13). Machines with 32-bit
// pointers have one more word at its end: see Stat13Pad.
type Stat13 struct {
	Dev      uint32
	Ino      uint32
	Mode     uint32
	Nlink    uint32
	Uid      uint32
	Gid      uint32
	Rdev     uint32
	Atim     Timespec50
	Mtim     Timespec50
	Ctim     Timespec50
	Size     int64
	Blocks   int64
	Blksize  int32
	Flags    uint32
	Gen      uint32
	Spare0   uint32
	Birthtim Timespec50
}

// Stat13Pad is Stat13 for machines with 32-bit pointers.
type Stat13Pad struct {
	Stat13
	Pad int32
}

// Stat12 is struct stat of NetBSD up to 1.2 (stat, 188).
type Stat12 struct {
	Dev     uint32
	Ino     uint32
	Mode    uint16
	Nlink   uint16
	Uid     uint32
	Gid     uint32
	Rdev    uint32
	Atim    Timespec50
	Mtim    Timespec50
	Ctim    Timespec50
	Size    int64
	Blocks  int64
	Blksize uint32
	Flags   uint32
	Gen     uint32
	Lspare  int32
	Qspare  [2]int64
}

// Stat43 is struct stat of 4.3BSD (stat, 38).
type Stat43 struct {
	Dev     uint16
	Ino     uint32
	Mode    uint16
	Nlink   uint16
	Uid     uint16
	Gid     uint16
	Rdev    uint16
	Size    int32
	Atim    Timespec50
	Mtim    Timespec50
	Ctim    Timespec50
	Blksize int32
	Blocks  int32
	Flags   uint32
	Gen     uint32
}

// Statfs12 is struct statfs of NetBSD up to 2 (statfs, 157).
type Statfs12 struct {
	Type        int16
	Oflags      uint16
	Bsize       Long
	Iosize      Long
	Blocks      Long
	Bfree       Long
	Bavail      Long
	Files       Long
	Ffree       Long
	Fsid        Fsid
	Owner       uint32
	Flags       Long
	Syncwrites  Long
	Asyncwrites Long
	Spare       [1]Long
	Fstypename  [16]byte
	Mntonname   [90]byte
	Mntfromname [90]byte
}

// DirentHead12 begins struct dirent up to NetBSD 3 (getdents, 272, and
// getdirentries, 196); the name follows, records are aligned to 4 bytes.
type DirentHead12 struct {
	Fileno uint32
	Reclen uint16
	Type   uint8
	Namlen uint8
}

// DirentHead43 begins struct direct of 4.3BSD (getdirentries, 156).
type DirentHead43 struct {
	Fileno uint32
	Reclen uint16
	Namlen uint16
}

// Fhandle30 is the file handle of NetBSD up to 3.
type Fhandle30 struct {
	Fsid     Fsid
	Len      uint16
	Reserved uint16
	Data     [16]byte
}

// Sigaction13 is struct sigaction of NetBSD up to 1.3, and struct sigvec.
type Sigaction13 struct {
	Handler Ptr
	Mask    uint32
	Flags   int32
}

// Sigstack43 is struct sigstack.
type Sigstack43 struct {
	Sp      Ptr
	Onstack int32
}

// StackT13 is struct sigaltstack of NetBSD up to 1.3.
type StackT13 struct {
	Sp    Ptr
	Size  int32
	Flags int32
}

// Msghdr43 is struct msghdr of 4.3BSD; addresses begin with a 16-bit family.
type Msghdr43 struct {
	Name         Ptr
	Namelen      int32
	Iov          Ptr
	Iovlen       int32
	Accrights    Ptr
	Accrightslen int32
}

// Outsname is struct utsname of NetBSD up to 0.9 (uname, 164).
type Outsname struct {
	Sysname  [32]byte
	Nodename [32]byte
	Release  [32]byte
	Version  [32]byte
	Machine  [32]byte
}

// Timezone is struct timezone.
type Timezone struct {
	Minuteswest int32
	Dsttime     int32
}

// System V IPC up to NetBSD 1.3 and up to 5.
type (
	IpcPerm14 struct {
		Cuid uint16
		Cgid uint16
		Uid  uint16
		Gid  uint16
		Mode uint16
		Seq  uint16
		Key  Long
	}
	SemidDs13 struct {
		Perm  IpcPerm
		Nsems uint16
		Otime int32
		Ctime int32
		Base  Ptr
	}
	SemidDs14 struct {
		Perm  IpcPerm14
		Base  Ptr
		Nsems uint16
		Otime int32
		Pad1  Long
		Ctime int32
		Pad2  Long
		Pad3  [4]Long
	}
	ShmidDs13 struct {
		Perm     IpcPerm
		Segsz    Size
		Lpid     int32
		Cpid     int32
		Nattch   uint32
		Atime    int32
		Dtime    int32
		Ctime    int32
		Internal Ptr
	}
	ShmidDs14 struct {
		Perm     IpcPerm14
		Segsz    int32
		Lpid     int32
		Cpid     int32
		Nattch   int16
		Atime    int32
		Dtime    int32
		Ctime    int32
		Internal Ptr
	}
	MsqidDs13 struct {
		Perm   IpcPerm
		Qnum   ULong
		Qbytes Size
		Lspid  int32
		Lrpid  int32
		Stime  int32
		Rtime  int32
		Ctime  int32
		First  Ptr
		Last   Ptr
		Cbytes Size
	}
	MsqidDs14 struct {
		Perm   IpcPerm14
		First  Ptr
		Last   Ptr
		Cbytes ULong
		Qnum   ULong
		Qbytes ULong
		Lspid  int32
		Lrpid  int32
		Stime  int32
		Pad1   Long
		Rtime  int32
		Pad2   Long
		Ctime  int32
		Pad3   Long
		Pad4   [4]Long
	}
)

// Ntptimeval is struct ntptimeval, Ntptimeval50 that of NetBSD 4 and 5,
// Ntptimeval30 that before them.
type (
	Ntptimeval struct {
		Time      Timespec
		Maxerror  Long
		Esterror  Long
		Tai       Long
		TimeState int32
	}
	Ntptimeval50 struct {
		Time      Timespec50
		Maxerror  Long
		Esterror  Long
		Tai       Long
		TimeState int32
	}
	Ntptimeval30 struct {
		Time     Timeval50
		Maxerror Long
		Esterror Long
	}
)

// Timex is struct timex (ntp_adjtime).
type Timex struct {
	Modes     uint32
	Offset    Long
	Freq      Long
	Maxerror  Long
	Esterror  Long
	Status    int32
	Constant  Long
	Precision Long
	Tolerance Long
	Ppsfreq   Long
	Jitter    Long
	Shift     int32
	Stabil    Long
	Jitcnt    Long
	Calcnt    Long
	Errcnt    Long
	Stbcnt    Long
}
