package sysctl

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// PosixVersion is the version of POSIX.1 that the kernel follows.
const PosixVersion = 200112

// Sizes of names that can be set, with the NUL.
const (
	maxHostNameLen = 256
	maxPathLen     = 1024
	maxLogname     = 17 // LOGIN_NAME_MAX
)

// osrevision is __NetBSD_Version__ of a release: MMmmrrpp00, so that 10.1 is 1001000000 and 9.99.81 is 999008100.
func osrevision(release string) int32 {
	var part [3]int
	s, _, _ := strings.Cut(release, "_")
	for i, p := range strings.SplitN(s, ".", 3) {
		part[i], _ = strconv.Atoi(p)
	}
	return int32(part[0]*100000000 + part[1]*1000000 + part[2]*100)
}

func sysctlKern(k *kern.Kernel) []*Node {
	nodes := []*Node{
		Text(abi.KERN_OSTYPE, "ostype", "Name of the operating system", "NetBSD"),
		String(abi.KERN_OSRELEASE, "osrelease", "Release of the operating system", func(*kern.LWP) string { return k.Release() }),
		Int(abi.KERN_OSREV, "osrevision", "Release as a number", func(*kern.LWP) int32 { return osrevision(k.Release()) }).with(abi.CTLFLAG_IMMEDIATE),
		String(abi.KERN_VERSION, "version", "Version of the kernel", func(*kern.LWP) string { return k.OSVersion() }),
		Const(abi.KERN_MAXVNODES, "maxvnodes", "Limit of cached vnodes", 33192),
		Const(abi.KERN_MAXPROC, "maxproc", "Limit of processes", kern.MaxProc),
		Const(abi.KERN_MAXFILES, "maxfiles", "Limit of open files", kern.MaxFiles),
		Const(abi.KERN_ARGMAX, "argmax", "Bytes of arguments that exec takes", kern.ArgMax),
		Const(abi.KERN_SECURELVL, "securelevel", "Security level", -1),
		&Node{Num: abi.KERN_HOSTNAME, Name: "hostname", Desc: "Name of this machine", Flags: abi.CTLTYPE_STRING,
			Size: maxHostNameLen, Value: func(*kern.LWP) any { return k.Hostname() }, Store: storeString(k.SetHostname)},
		Var(abi.KERN_HOSTID, "hostid", "Number of this machine", &k.Hostid, math.MinInt32, math.MaxInt32).with(abi.CTLFLAG_HEX),
		Struct(abi.KERN_CLOCKRATE, "clockrate", "Rates of the clocks", func(*kern.LWP) any {
			return &abi.Clockinfo{Hz: kern.ClockHz, Tick: 1000000 / kern.ClockHz, Tickadj: 40, Stathz: kern.ClockHz, Profhz: kern.ClockHz}
		}),
		Int(abi.KERN_HARDCLOCK_TICKS, "hardclock_ticks", "Ticks since the start",
			func(*kern.LWP) int32 { return int32(k.Uptime() / (time.Second / kern.ClockHz)) }),
		StructFunc(abi.KERN_VNODE, "vnode", "Table of vnodes", notAvail),
		Helper(abi.KERN_PROC, "proc", "Processes, in the kernel's own structures", kernProc),
		StructFunc(abi.KERN_FILE, "file", "Open files, in the kernel's own structures", notAvail),
		Helper(abi.KERN_PROF, "profiling", "Profile of the kernel", notAvail),
		Const(abi.KERN_POSIX1, "posix1version", "Version of POSIX.1", PosixVersion),
		Const(abi.KERN_NGROUPS, "ngroups", "Limit of supplementary groups", kern.NGroups),
		Const(abi.KERN_JOB_CONTROL, "job_control", "Whether there is job control", 1),
		Const(abi.KERN_SAVED_IDS, "saved_ids", "Whether there are saved ids", 1),
		Struct(abi.KERN_OBOOTTIME, "oboottime", "When the machine was started, for NetBSD 5 and older", func(*kern.LWP) any {
			tv := abi.TimevalAt(k.Boottime())
			return &abi.Timeval50{Sec: abi.Long(tv.Sec), Usec: abi.Long(tv.Usec)}
		}),
		Struct(abi.KERN_BOOTTIME, "boottime", "When the machine was started", func(*kern.LWP) any {
			ts := abi.TimespecAt(k.Boottime())
			return &ts
		}).overlaid(),
		&Node{Num: abi.KERN_DOMAINNAME, Name: "domainname", Desc: "NIS domain", Flags: abi.CTLTYPE_STRING,
			Size: maxHostNameLen, Value: func(*kern.LWP) any { return k.Domainname() }, Store: storeString(k.SetDomainname)},
		Const(abi.KERN_MAXPARTITIONS, "maxpartitions", "Limit of partitions of a disk", 16),
		Const(abi.KERN_RAWPARTITION, "rawpartition", "Partition that is the whole disk", 3),
		Struct(abi.KERN_NTPTIME, "ntptime", "State of the clock as NTP sees it", func(*kern.LWP) any { n := k.NtpTime(); return &n }),
		StructFunc(abi.KERN_TIMEX, "timex", "Not available", notAvail),
		Const(abi.KERN_RTC_OFFSET, "rtc_offset", "Minutes of the hardware clock west of Greenwich", 0),
		Text(abi.KERN_ROOT_DEVICE, "root_device", "Device of the root file system", "wd0"),
		Const(abi.KERN_ROOT_PARTITION, "root_partition", "Its partition", 0),
		Const(abi.KERN_FSYNC, "fsync", "Whether there is file synchronization", 1),
		Const(abi.KERN_SYNCHRONIZED_IO, "synchronized_io", "Whether there is synchronized I/O", 1),
		Const(abi.KERN_IOV_MAX, "iov_max", "Limit of buffers of one transfer", abi.IOV_MAX),
		NewNode(abi.KERN_MBUF, "mbuf", "Parameters of network buffers",
			Const(1, "msize", "Bytes of an mbuf", 512),
			Const(2, "mclbytes", "Bytes of a cluster", 2048),
			Const(3, "nmbclusters", "Limit of clusters", 65536),
			Struct(6, "stats", "Statistics of network buffers", func(*kern.LWP) any { return &mbstat{} })),
		Const(abi.KERN_MAPPED_FILES, "mapped_files", "Whether files can be mapped", 1),
		Const(abi.KERN_MEMLOCK, "memlock", "Whether there is mlockall", 1),
		Const(abi.KERN_MEMLOCK_RANGE, "memlock_range", "Whether there is mlock", 1),
		Const(abi.KERN_MEMORY_PROTECTION, "memory_protection", "Whether there is mprotect", 1),
		Const(abi.KERN_LOGIN_NAME_MAX, "login_name_max", "Length of login names, with the NUL", maxLogname),
		&Node{Num: abi.KERN_DEFCORENAME, Name: "defcorename", Desc: "Name of core files", Flags: abi.CTLTYPE_STRING,
			Size: maxPathLen, Value: func(*kern.LWP) any { return k.DefCorename },
			Store: func(_ *kern.LWP, v any) abi.Errno {
				if v == "" {
					return abi.EINVAL
				}
				return storeString(func(s string) { k.DefCorename = s })(nil, v)
			}},
		Const(abi.KERN_LOGSIGEXIT, "logsigexit", "Whether to log processes that signals end", 0),
		Helper(abi.KERN_PROC2, "proc2", "Processes", kernProc2),
		Helper(abi.KERN_PROC_ARGS, "proc_args", "Arguments of processes", kernProcArgs),
		Const(abi.KERN_FSCALE, "FScale", "1.0 as a fixed-point number", kern.FScale),
		Const(abi.KERN_CCPU, "ccpu", "Decay of CPU usage", 1948),
		StructFunc(abi.KERN_CP_TIME, "cp_time", "Clock ticks in each state of the CPUs", kernCpTime),
		StructFunc(abi.KERN_CP_ID, "cp_id", "Numbers of the CPUs", kernCpID),
		StructFunc(abi.KERN_MSGBUF, "msgbuf", "Messages of the kernel", kernMsgbuf),
		Const(abi.KERN_MSGBUFSIZE, "msgbufsize", "Bytes of the kernel's messages", kern.MsgbufSize),
		Struct(abi.KERN_CONSDEV, "consdev", "Device of the console", func(*kern.LWP) any { return uint64(0) }),
		Const(abi.KERN_MAXPTYS, "maxptys", "Limit of pseudo terminals", 992),
		NewNode(abi.KERN_PIPE, "pipe", "Parameters of pipes",
			Const(1, "maxkvasz", "Limit of memory for pipes", 16<<20),
			Const(3, "maxbigpipes", "Limit of large pipes", 32),
			Const(4, "nbigpipes", "Large pipes now", 0),
			Const(5, "kvasize", "Memory of pipes now", 0)),
		Const(abi.KERN_MAXPHYS, "maxphys", "Bytes of the largest disk transfer", 65536),
		Const(abi.KERN_SBMAX, "sbmax", "Bytes of the largest socket buffer", 262144),
		Const(abi.KERN_SOMAXKVA, "somaxkva", "Limit of memory for sockets", 16<<20),
		NewNode(abi.KERN_TKSTAT, "tkstat", "Characters of terminals",
			Quad(1, "nin", "Read", zeroQuad), Quad(2, "nout", "Written", zeroQuad),
			Quad(3, "cancc", "Read in canonical mode", zeroQuad), Quad(4, "rawcc", "Read in raw mode", zeroQuad)),
		Const(abi.KERN_MONOTONIC_CLOCK, "monotonic_clock", "Version of POSIX of the monotonic clock", PosixVersion),
		Int(abi.KERN_URND, "urandom", "A random number", func(*kern.LWP) int32 {
			var b [4]byte
			k.Random(b[:])
			return int32(binary.LittleEndian.Uint32(b[:]))
		}),
		(&Node{Num: abi.KERN_ARND, Name: "arandom", Desc: "Random bytes, as many as fit", Flags: abi.CTLTYPE_INT, Func: kernArandom}),
		Const(abi.KERN_LABELSECTOR, "labelsector", "Sector of disk labels", 1),
		Const(abi.KERN_LABELOFFSET, "labeloffset", "Offset of disk labels there", 0),
		Const(Create, "labelusesmbr", "Whether labels stand in MBR partitions", 1),
		Helper(abi.KERN_LWP, "lwp", "Threads", kernLwp),
		Var(abi.KERN_FORKFSLEEP, "forkfsleep", "Milliseconds to sleep when fork fails over a limit", &k.Forkfsleep, 0, 20000),
		Const(abi.KERN_POSIX_THREADS, "posix_threads", "Version of POSIX of threads", PosixVersion),
		Const(abi.KERN_POSIX_SEMAPHORES, "posix_semaphores", "Version of POSIX of semaphores", PosixVersion),
		Const(abi.KERN_POSIX_BARRIERS, "posix_barriers", "Version of POSIX of barriers", PosixVersion),
		Const(abi.KERN_POSIX_TIMERS, "posix_timers", "Version of POSIX of timers", PosixVersion),
		Const(abi.KERN_POSIX_SPIN_LOCKS, "posix_spin_locks", "Version of POSIX of spin locks", PosixVersion),
		Const(abi.KERN_POSIX_READER_WRITER_LOCKS, "posix_reader_writer_locks", "Version of POSIX of reader/writer locks", PosixVersion),
		Const(abi.KERN_DUMP_ON_PANIC, "dump_on_panic", "Whether a panic dumps memory", 0),
		StructFunc(abi.KERN_DRIVERS, "drivers", "Drivers and their device numbers", kernDrivers),
		StructFunc(abi.KERN_FILE2, "file2", "Open files", kernFile2),
		StructFunc(abi.KERN_EVCNT, "evcnt", "Counters of events", kernEvcnt),
		Const(Create, "boothowto", "Flags of the boot", 0).with(abi.CTLFLAG_HEX),
		NewNode(Create, "coredump", "Core files",
			NewNode(Create, "setid", "Core files of set-id programs",
				Var(Create, "dump", "Whether they are written", &k.Setidcore.Dump, math.MinInt32, math.MaxInt32),
				&Node{Num: Create, Name: "path", Desc: "Their name", Flags: abi.CTLTYPE_STRING, Size: maxPathLen,
					Value: func(*kern.LWP) any { return k.Setidcore.Path },
					Store: func(_ *kern.LWP, v any) abi.Errno {
						if v == "" {
							return abi.EINVAL
						}
						return storeString(func(s string) { k.Setidcore.Path = s })(nil, v)
					}},
				Var(Create, "owner", "Their owner", &k.Setidcore.Owner, math.MinInt32, math.MaxInt32),
				Var(Create, "group", "Their group", &k.Setidcore.Group, math.MinInt32, math.MaxInt32),
				Var(Create, "mode", "Their mode", &k.Setidcore.Mode, math.MinInt32, math.MaxInt32))),
		Text(Create, "configname", "Name of the kernel's configuration", "GENERIC"),
		Text(Create, "buildinfo", "Where the kernel was built", ""),
		Const(Create, "maxlwp", "Limit of threads", 8192),
		Const(Create, "posix_aio", "Version of POSIX of asynchronous I/O", PosixVersion),
		varWithin(Create, "aio_listio_max", "Limit of asynchronous operations of a process", &k.Aio.Listio, func() (int32, int32) { return 1, k.Aio.Max }),
		varWithin(Create, "aio_max", "Limit of asynchronous operations of all", &k.Aio.Max, func() (int32, int32) { return k.Aio.Listio, math.MaxInt32 }),
		Const(Create, "posix_msg", "Version of POSIX of message queues", PosixVersion),
		Const(Create, "posix_sched", "Version of POSIX of scheduling", PosixVersion),
		sysctlModule(k),
		NewNode(Create, "sched", "Scheduler",
			Text(Create, "name", "Its name", "M2"),
			Const(Create, "pri_min", "Lowest priority", 0),
			Const(Create, "pri_max", "Highest priority", 63),
			Const(Create, "rtts", "Milliseconds of a real-time slice", 100)),
		NewNode(Create, "entropy", "Randomness, of which the host has enough",
			Bool(Create, "collection", "Whether it is collected", true),
			Bool(Create, "depletion", "Whether reading uses it up", false),
			Const(Create, "needed", "Bits that are missing", 0).with(abi.CTLFLAG_PRIVATE),
			Const(Create, "pending", "Bits that CPUs have collected", 0).with(abi.CTLFLAG_PRIVATE),
			Const(Create, "epoch", "How often it was enough anew", 1).with(abi.CTLFLAG_PRIVATE)),
		NewNode(Create, "pset", "Processor sets",
			&Node{Num: Create, Name: "psets_max", Desc: "Limit of sets", Flags: abi.CTLTYPE_INT,
				Value: func(*kern.LWP) any { return k.PsetMax() },
				Store: func(_ *kern.LWP, v any) abi.Errno { return k.SetPsetMax(v.(int32)) }},
			String(Create, "list", "Sets that there are", psetList)),
		NewNode(Create, "timecounter", "Time counter",
			Text(Create, "choice", "Those there are", "host(q=1000, f=1000000000 Hz)"),
			Text(Create, "hardware", "The one in use", "host"),
			Const(Create, "timestepwarnings", "Whether steps of the time are logged", 0)),
		NewNode(Create, "uidinfo", "What the caller's user has",
			Quad(Create, "proccnt", "Processes", func(l *kern.LWP) uint64 { return uint64(l.K.CountUser(l.Proc.Cred.Ruid)) }),
			Quad(Create, "lwpcnt", "Threads", userLWPs),
			Quad(Create, "lockcnt", "Locks", userLocks),
			Quad(Create, "sbsize", "Bytes of socket buffers", zeroQuad)),
	}
	for _, f := range kernNodes {
		nodes = append(nodes, f(k)...)
	}
	return nodes
}

// psetList has each set with what kind it is: 1 for the default one, 2 for others.
func psetList(l *kern.LWP) string {
	s := "0:1"
	for _, id := range l.K.Psets() {
		s += fmt.Sprintf(",%d:2", id)
	}
	return s
}

// userLocks is how many record locks the caller's user has.
func userLocks(l *kern.LWP) uint64 {
	if l.K.LockCount == nil {
		return 0
	}
	return uint64(l.K.LockCount(l.Proc.Cred.Ruid))
}

func zeroQuad(*kern.LWP) uint64 { return 0 }

func storeString(f func(string)) func(*kern.LWP, any) abi.Errno {
	return func(_ *kern.LWP, v any) abi.Errno {
		s, ok := v.(string)
		if !ok {
			return abi.EINVAL
		}
		f(s)
		return abi.OK
	}
}

// kernEvcnt is kern.evcnt.<type>.<which>, of which there are none: there are neither interrupts nor drivers (sysctl_doevcnt).
func kernEvcnt(r *Req) abi.Errno {
	const (
		types   = 3 // EVCNT_TYPE_MISC, _INTR and _TRAP, and _ANY
		nonzero = 1 // KERN_EVCNT_COUNT_NONZERO; 0 is _ANY
		more    = 1024
	)
	if r.isQuery() {
		return r.Query()
	}
	if len(r.Name) != 2 || r.Name[0] < -1 || r.Name[0] >= types || r.Name[1] < 0 || r.Name[1] > nonzero {
		return abi.EINVAL
	}
	r.OldLen = 0
	if r.Old == 0 {
		r.OldLen = more
	}
	return abi.OK
}

// kernMsgbuf copies the message buffer from its oldest byte on, as much as fits; the length of the room is not corrected
// (sysctl_msgbuf). Error: EPERM for who writes.
func kernMsgbuf(r *Req) abi.Errno {
	if r.New != 0 {
		return abi.EPERM
	}
	b := r.L.K.Msgbuf()
	if r.Old == 0 {
		r.OldLen = uint64(len(b))
		return abi.OK
	}
	return r.L.Copyout(b[:min(uint64(len(b)), r.OldLen)], r.Old)
}

func userLWPs(l *kern.LWP) (n uint64) {
	for _, p := range l.K.AllProcs() {
		if p.Cred.Ruid == l.Proc.Cred.Ruid {
			n += uint64(p.LiveLWPs())
		}
	}
	return n
}

// maxArandom is how many bytes kern.arandom gives at once.
const maxArandom = 256

// kernArandom fills the whole old value with random bytes. Error: E2BIG.
func kernArandom(r *Req) abi.Errno {
	if r.OldLen == 0 {
		return abi.OK
	}
	if r.OldLen > maxArandom {
		return abi.E2BIG
	}
	b := make([]byte, r.OldLen)
	r.L.K.Random(b)
	_, err := r.Lookup(b, false)
	return err
}

// Indexes of the counters of kern.cp_time (CPUSTATES).
const (
	cpUser = iota
	cpNice
	cpSys
	cpIntr
	cpIdle
	cpStates
)

// cpTime counts clock ticks of the whole machine by what its CPUs did.
func cpTime(k *kern.Kernel) (t [cpStates]uint64) {
	ticks := func(d time.Duration) uint64 { return uint64(d / (time.Second / kern.ClockHz)) }
	for _, p := range k.AllProcs() {
		t[cpUser] += ticks(p.CPUTime() - p.SystemTime())
		t[cpSys] += ticks(p.SystemTime())
	}
	if all := ticks(k.Uptime()) * uint64(k.NCPU()); all > t[cpUser]+t[cpSys] {
		t[cpIdle] = all - t[cpUser] - t[cpSys]
	}
	return t
}

// kernCpTime returns the sum over the CPUs if the program asks for that much or for the size, one CPU's share
// if its number follows the name, all CPUs' otherwise.
func kernCpTime(r *Req) abi.Errno {
	sum := cpTime(r.L.K)
	each := sum
	for i := range each {
		each[i] /= uint64(r.L.K.NCPU())
	}
	var v []uint64
	switch {
	case len(r.Name) == 1:
		if r.Name[0] < 0 || int(r.Name[0]) >= r.L.K.NCPU() {
			return abi.ENOENT
		}
		r.Name = nil
		v = each[:]
	case len(r.Name) > 1:
		return abi.EINVAL
	case r.Old == 0 || r.OldLen == 8*cpStates:
		v = sum[:]
	default:
		for range r.L.K.NCPU() {
			v = append(v, each[:]...)
		}
	}
	_, err := r.Lookup(r.L.Model().Bytes(v), false)
	return err
}

func kernCpID(r *Req) abi.Errno {
	var v []uint64
	switch len(r.Name) {
	case 0:
		for i := range r.L.K.NCPU() {
			v = append(v, uint64(i))
		}
	case 1:
		if r.Name[0] < 0 || int(r.Name[0]) >= r.L.K.NCPU() {
			return abi.ENOENT
		}
		v = []uint64{uint64(r.Name[0])}
		r.Name = nil
	default:
		return abi.EINVAL
	}
	_, err := r.Lookup(r.L.Model().Bytes(v), false)
	return err
}

// kinfoDrivers is struct kinfo_drivers; -1 is "no such device".
type kinfoDrivers struct {
	Cmajor, Bmajor int32
	Name           [24]byte
}

// drivers are the ones whose devices programs look up by number (getdevmajor(3)), with the numbers of amd64.
var drivers = []struct {
	name string
	c, b int32
}{
	{"cons", 0, -1}, {"ctty", 1, -1}, {"mem", 2, -1}, {"wd", 3, 0}, {"swap", 4, 1}, {"pts", 5, -1},
	{"ptc", 6, -1}, {"log", 7, -1}, {"com", 8, -1}, {"sd", 13, 4}, {"filedesc", 22, -1}, {"bpf", 23, -1},
	{"rnd", 46, -1}, {"ptm", 165, -1}, {"tap", 169, -1},
}

// kernDrivers is kern.drivers: as many as there is whole room for (sysctl_kern_drivers). Error: ENOMEM.
func kernDrivers(r *Req) abi.Errno {
	w := r.array(uint64(r.L.Model().Sizeof(kinfoDrivers{})), math.MaxUint64)
	if r.Old != 0 {
		r.OldLen = 0
	}
	for _, d := range drivers {
		v := kinfoDrivers{Cmajor: d.c, Bmajor: d.b}
		copy(v.Name[:], d.name)
		if err := w.put(&v); err != abi.OK {
			return err
		}
	}
	return w.end(0)
}
