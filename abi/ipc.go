package abi

// System V IPC.
const (
	IPC_R      = 000400
	IPC_W      = 000200
	IPC_M      = 010000
	IPC_CREAT  = 001000
	IPC_EXCL   = 002000
	IPC_NOWAIT = 004000
	IPC_RMID   = 0
	IPC_SET    = 1
	IPC_STAT   = 2

	IPC_PRIVATE = 0
)

// Semaphores, shared memory, messages.
const (
	SEM_UNDO    = 010000
	GETNCNT     = 3
	GETPID      = 4
	GETVAL      = 5
	GETALL      = 6
	GETZCNT     = 7
	SETVAL      = 8
	SETALL      = 9
	SHM_RDONLY  = 010000
	SHM_RND     = 020000
	SHM_LOCK    = 3
	SHM_UNLOCK  = 4
	MSG_NOERROR = 010000
)

// IpcPerm is struct ipc_perm.
type IpcPerm struct {
	Uid  uint32
	Gid  uint32
	Cuid uint32
	Cgid uint32
	Mode uint32
	Seq  uint16
	Key  Long
}

// SemidDs is struct semid_ds.
type SemidDs struct {
	Perm  IpcPerm
	Nsems uint16
	Otime int64
	Ctime int64
	Base  Ptr
}

// Sembuf is struct sembuf.
type Sembuf struct {
	Num uint16
	Op  int16
	Flg int16
}

// ShmidDs is struct shmid_ds.
type ShmidDs struct {
	Perm     IpcPerm
	Segsz    Size
	Lpid     int32
	Cpid     int32
	Nattch   uint32
	Atime    int64
	Dtime    int64
	Ctime    int64
	Internal Ptr
}

// MsqidDs is struct msqid_ds.
type MsqidDs struct {
	Perm   IpcPerm
	Qnum   ULong
	Qbytes Size
	Lspid  int32
	Lrpid  int32
	Stime  int64
	Rtime  int64
	Ctime  int64
	First  Ptr
	Last   Ptr
	Cbytes Size
}

// MqAttr is struct mq_attr.
type MqAttr struct {
	Flags   Long
	Maxmsg  Long
	Msgsize Long
	Curmsgs Long
}
