package abi

// Operations of __futex, the numbers Linux has for them.
const (
	FUTEX_WAIT            = 0
	FUTEX_WAKE            = 1
	FUTEX_FD              = 2
	FUTEX_REQUEUE         = 3
	FUTEX_CMP_REQUEUE     = 4
	FUTEX_WAKE_OP         = 5
	FUTEX_LOCK_PI         = 6
	FUTEX_UNLOCK_PI       = 7
	FUTEX_TRYLOCK_PI      = 8
	FUTEX_WAIT_BITSET     = 9
	FUTEX_WAKE_BITSET     = 10
	FUTEX_WAIT_REQUEUE_PI = 11
	FUTEX_CMP_REQUEUE_PI  = 12

	FUTEX_PRIVATE_FLAG   = 1 << 7
	FUTEX_CLOCK_REALTIME = 1 << 8
	FUTEX_CMD_MASK       = ^(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)
)

// The word of a lock. A thread's number has two bits fewer than on Linux.
const (
	FUTEX_WAITERS          = 1 << 31
	FUTEX_OWNER_DIED       = 1 << 30
	FUTEX_SYNCOBJ_1        = 1 << 29
	FUTEX_SYNCOBJ_0        = 1 << 28
	FUTEX_TID_MASK         = 1<<28 - 1
	FUTEX_BITSET_MATCH_ANY = 1<<32 - 1
)

// FutexRobustHead is what __futex_set_robust_list registers.
type FutexRobustHead struct {
	List    Ptr
	Offset  Long
	Pending Ptr
}
