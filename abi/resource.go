package abi

// Limits.
const (
	RLIMIT_CPU     = 0
	RLIMIT_FSIZE   = 1
	RLIMIT_DATA    = 2
	RLIMIT_STACK   = 3
	RLIMIT_CORE    = 4
	RLIMIT_RSS     = 5
	RLIMIT_MEMLOCK = 6
	RLIMIT_NPROC   = 7
	RLIMIT_NOFILE  = 8
	RLIMIT_SBSIZE  = 9
	RLIMIT_AS      = 10
	RLIMIT_VMEM    = RLIMIT_AS
	RLIMIT_NTHR    = 11
	RLIM_NLIMITS   = 12

	RLIM_INFINITY = 1<<63 - 1
)

// Usage and priority.
const (
	PRIO_MIN        = -20
	PRIO_MAX        = 20
	PRIO_PROCESS    = 0
	PRIO_PGRP       = 1
	PRIO_USER       = 2
	RUSAGE_SELF     = 0
	RUSAGE_CHILDREN = -1

	NZERO = 20
)

// Scheduling policies.
const (
	SCHED_NONE  = -1
	SCHED_OTHER = 0
	SCHED_FIFO  = 1
	SCHED_RR    = 2
)

// Rlimit is struct rlimit.
type Rlimit struct {
	Cur uint64
	Max uint64
}

// Orlimit is struct orlimit of 4.3BSD.
type Orlimit struct {
	Cur int32
	Max int32
}

// RusageCounts are the counters at the end of struct rusage.
type RusageCounts struct {
	Maxrss   Long
	Ixrss    Long
	Idrss    Long
	Isrss    Long
	Minflt   Long
	Majflt   Long
	Nswap    Long
	Inblock  Long
	Oublock  Long
	Msgsnd   Long
	Msgrcv   Long
	Nsignals Long
	Nvcsw    Long
	Nivcsw   Long
}

// Rusage is struct rusage, Rusage50 that of NetBSD 5 and older.
type (
	Rusage struct {
		Utime  Timeval
		Stime  Timeval
		Counts RusageCounts
	}
	Rusage50 struct {
		Utime  Timeval50
		Stime  Timeval50
		Counts RusageCounts
	}
)

// Wrusage is struct wrusage (wait6): the process itself and its children.
type Wrusage struct {
	Self     Rusage
	Children Rusage
}

// SchedParam is struct sched_param.
type SchedParam struct {
	Priority int32
}

// Loadavg is struct loadavg.
type Loadavg struct {
	Avg   [3]uint32
	Scale Long
}
