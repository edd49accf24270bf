package abi

// Accounting flags of a process (p_acflag, sys/acct.h).
const (
	AFORK   = 0x01
	ASU     = 0x02
	ACOMPAT = 0x04
	ACORE   = 0x08
	AXSIG   = 0x10
)

// Acct is struct acct, a record of process accounting. Times are floating-point numbers of 64ths of a second (comp_t).
type Acct struct {
	Comm  [16]byte
	Utime uint16
	Stime uint16
	Etime uint16 // elapsed
	Btime int64  // when it began
	Uid   uint32
	Gid   uint32
	Mem   uint16
	Io    uint16 // blocks, as comp_t of seconds
	Tty   uint64
	Flag  uint8
}
