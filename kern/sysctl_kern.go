package kern

import (
	"encoding/binary"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"nbemu/abi"
)

// Numbers that several nodes and calls share.
const (
	clockHz   = 100  // ticks of the clock per second, as in a GENERIC kernel
	fscale    = 2048 // FSCALE: 1.0 as a fixed-point number
	argMax    = 256 << 10
	maxFiles  = 3404
	posixVers = 200112
)

// Sizes of names that can be set, with the NUL.
const (
	maxHostNameLen = 256
	maxPathLen     = 1024
	maxLogname     = 17 // LOGIN_NAME_MAX
)

// NGroups is how many supplementary groups a process can have (NGROUPS_MAX).
const NGroups = 16

// sysctlVars are the values of nodes that nothing else keeps.
type sysctlVars struct {
	domainname  string
	defCorename string // kern.defcorename
	forkfsleep  int32
}

// Hostname is the machine's name (kern.hostname).
func (k *Kernel) Hostname() string {
	if k.Config.Hostname == "" {
		k.Config.Hostname, _ = os.Hostname()
	}
	return k.Config.Hostname
}

// SetHostname changes it, for who is allowed to.
func (k *Kernel) SetHostname(s string) { k.Config.Hostname = s }

// Domainname is the NIS domain (kern.domainname).
func (k *Kernel) Domainname() string     { return k.domainname }
func (k *Kernel) SetDomainname(s string) { k.domainname = s }

// Release is kern.osrelease.
func (k *Kernel) Release() string {
	if k.Config.Release == "" {
		return "10.0"
	}
	return k.Config.Release
}

// OSVersion is kern.version: the line that a kernel prints first.
func (k *Kernel) OSVersion() string {
	if k.Config.OSVersion != "" {
		return k.Config.OSVersion
	}
	return "NetBSD " + k.Release() + " (GENERIC)\n"
}

// osrevision is __NetBSD_Version__ of a release: MMmmrrpp00, so that 10.1 is 1001000000 and 9.99.81 is 999008100.
func osrevision(release string) int32 {
	var part [3]int
	s, _, _ := strings.Cut(release, "_")
	for i, p := range strings.SplitN(s, ".", 3) {
		part[i], _ = strconv.Atoi(p)
	}
	return int32(part[0]*100000000 + part[1]*1000000 + part[2]*100)
}

func (k *Kernel) sysctlKern() []*SysctlNode {
	return []*SysctlNode{
		ctlText(abi.KERN_OSTYPE, "ostype", "Name of the operating system", "NetBSD"),
		ctlString(abi.KERN_OSRELEASE, "osrelease", "Release of the operating system", func(*LWP) string { return k.Release() }),
		ctlInt(abi.KERN_OSREV, "osrevision", "Release as a number", func(*LWP) int32 { return osrevision(k.Release()) }).with(abi.CTLFLAG_IMMEDIATE),
		ctlString(abi.KERN_VERSION, "version", "Version of the kernel", func(*LWP) string { return k.OSVersion() }),
		ctlConst(abi.KERN_MAXVNODES, "maxvnodes", "Limit of cached vnodes", 33192),
		ctlConst(abi.KERN_MAXPROC, "maxproc", "Limit of processes", maxProc),
		ctlConst(abi.KERN_MAXFILES, "maxfiles", "Limit of open files", maxFiles),
		ctlConst(abi.KERN_ARGMAX, "argmax", "Bytes of arguments that exec takes", argMax),
		ctlConst(abi.KERN_SECURELVL, "securelevel", "Security level", -1),
		&SysctlNode{Num: abi.KERN_HOSTNAME, Name: "hostname", Desc: "Name of this machine", Flags: abi.CTLTYPE_STRING,
			Size: maxHostNameLen, Value: func(*LWP) any { return k.Hostname() }, Store: storeString(k.SetHostname)},
		ctlConst(abi.KERN_HOSTID, "hostid", "Number of this machine", 0).with(abi.CTLFLAG_HEX),
		ctlStruct(abi.KERN_CLOCKRATE, "clockrate", "Rates of the clocks", func(*LWP) any {
			return &abi.Clockinfo{Hz: clockHz, Tick: 1000000 / clockHz, Tickadj: 40, Stathz: clockHz, Profhz: clockHz}
		}),
		ctlInt(abi.KERN_HARDCLOCK_TICKS, "hardclock_ticks", "Ticks since the start",
			func(*LWP) int32 { return int32(k.Uptime() / (time.Second / clockHz)) }),
		ctlStructFunc(abi.KERN_VNODE, "vnode", "Table of vnodes", notAvail),
		ctlHelper(abi.KERN_PROC, "proc", "Processes, in the kernel's own structures", kernProc),
		ctlStructFunc(abi.KERN_FILE, "file", "Open files, in the kernel's own structures", notAvail),
		ctlHelper(abi.KERN_PROF, "profiling", "Profile of the kernel", notAvail),
		ctlConst(abi.KERN_POSIX1, "posix1version", "Version of POSIX.1", posixVers),
		ctlConst(abi.KERN_NGROUPS, "ngroups", "Limit of supplementary groups", NGroups),
		ctlConst(abi.KERN_JOB_CONTROL, "job_control", "Whether there is job control", 1),
		ctlConst(abi.KERN_SAVED_IDS, "saved_ids", "Whether there are saved ids", 1),
		ctlStruct(abi.KERN_OBOOTTIME, "oboottime", "When the machine was started, for NetBSD 5 and older", func(*LWP) any {
			tv := abi.TimevalAt(k.Boottime())
			return &abi.Timeval50{Sec: abi.Long(tv.Sec), Usec: abi.Long(tv.Usec)}
		}),
		ctlStruct(abi.KERN_BOOTTIME, "boottime", "When the machine was started", func(*LWP) any {
			ts := abi.TimespecAt(k.Boottime())
			return &ts
		}),
		&SysctlNode{Num: abi.KERN_DOMAINNAME, Name: "domainname", Desc: "NIS domain", Flags: abi.CTLTYPE_STRING,
			Size: maxHostNameLen, Value: func(*LWP) any { return k.domainname }, Store: storeString(k.SetDomainname)},
		ctlConst(abi.KERN_MAXPARTITIONS, "maxpartitions", "Limit of partitions of a disk", 16),
		ctlConst(abi.KERN_RAWPARTITION, "rawpartition", "Partition that is the whole disk", 3),
		ctlStruct(abi.KERN_NTPTIME, "ntptime", "State of the clock as NTP sees it", func(*LWP) any { n := k.NtpTime(); return &n }),
		ctlStructFunc(abi.KERN_TIMEX, "timex", "Not available", notAvail),
		ctlConst(abi.KERN_RTC_OFFSET, "rtc_offset", "Minutes of the hardware clock west of Greenwich", 0),
		ctlText(abi.KERN_ROOT_DEVICE, "root_device", "Device of the root file system", "wd0"),
		ctlConst(abi.KERN_ROOT_PARTITION, "root_partition", "Its partition", 0),
		ctlConst(abi.KERN_FSYNC, "fsync", "Whether there is file synchronization", 1),
		ctlConst(abi.KERN_SYNCHRONIZED_IO, "synchronized_io", "Whether there is synchronized I/O", 1),
		ctlConst(abi.KERN_IOV_MAX, "iov_max", "Limit of buffers of one transfer", abi.IOV_MAX),
		ctlNode(abi.KERN_MBUF, "mbuf", "Parameters of network buffers",
			ctlConst(1, "msize", "Bytes of an mbuf", 512),
			ctlConst(2, "mclbytes", "Bytes of a cluster", 2048),
			ctlConst(3, "nmbclusters", "Limit of clusters", 65536)),
		ctlConst(abi.KERN_MAPPED_FILES, "mapped_files", "Whether files can be mapped", 1),
		ctlConst(abi.KERN_MEMLOCK, "memlock", "Whether there is mlockall", 1),
		ctlConst(abi.KERN_MEMLOCK_RANGE, "memlock_range", "Whether there is mlock", 1),
		ctlConst(abi.KERN_MEMORY_PROTECTION, "memory_protection", "Whether there is mprotect", 1),
		ctlConst(abi.KERN_LOGIN_NAME_MAX, "login_name_max", "Length of login names, with the NUL", maxLogname),
		&SysctlNode{Num: abi.KERN_DEFCORENAME, Name: "defcorename", Desc: "Name of core files", Flags: abi.CTLTYPE_STRING,
			Size: maxPathLen, Value: func(*LWP) any { return k.defCorename },
			Store: func(_ *LWP, v any) abi.Errno {
				if v == "" {
					return abi.EINVAL
				}
				return storeString(func(s string) { k.defCorename = s })(nil, v)
			}},
		ctlConst(abi.KERN_LOGSIGEXIT, "logsigexit", "Whether to log processes that signals end", 0),
		ctlHelper(abi.KERN_PROC2, "proc2", "Processes", kernProc2),
		ctlHelper(abi.KERN_PROC_ARGS, "proc_args", "Arguments of processes", kernProcArgs),
		ctlConst(abi.KERN_FSCALE, "fscale", "1.0 as a fixed-point number", fscale),
		ctlConst(abi.KERN_CCPU, "ccpu", "Decay of CPU usage", 1948),
		ctlStructFunc(abi.KERN_CP_TIME, "cp_time", "Clock ticks in each state of the CPUs", kernCpTime),
		ctlStructFunc(abi.KERN_CP_ID, "cp_id", "Numbers of the CPUs", kernCpID),
		ctlStructFunc(abi.KERN_MSGBUF, "msgbuf", "Messages of the kernel", noMsgbuf).with(abi.CTLFLAG_HIDDEN),
		ctlStructFunc(abi.KERN_MSGBUFSIZE, "msgbufsize", "Bytes of the kernel's messages", noMsgbuf).with(abi.CTLFLAG_HIDDEN),
		ctlStruct(abi.KERN_CONSDEV, "consdev", "Device of the console", func(*LWP) any { return uint64(0) }),
		ctlConst(abi.KERN_MAXPTYS, "maxptys", "Limit of pseudo terminals", 992),
		ctlNode(abi.KERN_PIPE, "pipe", "Parameters of pipes",
			ctlConst(1, "maxkvasz", "Limit of memory for pipes", 16<<20),
			ctlConst(3, "maxbigpipes", "Limit of large pipes", 32),
			ctlConst(4, "nbigpipes", "Large pipes now", 0),
			ctlConst(5, "kvasize", "Memory of pipes now", 0)),
		ctlConst(abi.KERN_MAXPHYS, "maxphys", "Bytes of the largest disk transfer", 65536),
		ctlConst(abi.KERN_SBMAX, "sbmax", "Bytes of the largest socket buffer", 262144),
		ctlConst(abi.KERN_SOMAXKVA, "somaxkva", "Limit of memory for sockets", 16<<20),
		ctlNode(abi.KERN_TKSTAT, "tkstat", "Characters of terminals",
			ctlQuad(1, "nin", "Read", zeroQuad), ctlQuad(2, "nout", "Written", zeroQuad),
			ctlQuad(3, "cancc", "Read in canonical mode", zeroQuad), ctlQuad(4, "rawcc", "Read in raw mode", zeroQuad)),
		ctlConst(abi.KERN_MONOTONIC_CLOCK, "monotonic_clock", "Version of POSIX of the monotonic clock", posixVers),
		ctlInt(abi.KERN_URND, "urandom", "A random number", func(*LWP) int32 {
			var b [4]byte
			k.Random(b[:])
			return int32(binary.LittleEndian.Uint32(b[:]))
		}),
		(&SysctlNode{Num: abi.KERN_ARND, Name: "arandom", Desc: "Random bytes, as many as fit", Flags: abi.CTLTYPE_INT, Func: kernArandom}),
		ctlConst(abi.KERN_LABELSECTOR, "labelsector", "Sector of disk labels", 1),
		ctlConst(abi.KERN_LABELOFFSET, "labeloffset", "Offset of disk labels there", 0),
		ctlConst(ctlCreate, "labelusesmbr", "Whether labels stand in MBR partitions", 1),
		ctlHelper(abi.KERN_LWP, "lwp", "Threads", kernLwp),
		ctlVar(abi.KERN_FORKFSLEEP, "forkfsleep", "Milliseconds to sleep when fork fails over a limit", &k.forkfsleep, 0, 20000),
		ctlConst(abi.KERN_POSIX_THREADS, "posix_threads", "Version of POSIX of threads", posixVers),
		ctlConst(abi.KERN_POSIX_SEMAPHORES, "posix_semaphores", "Version of POSIX of semaphores", posixVers),
		ctlConst(abi.KERN_POSIX_BARRIERS, "posix_barriers", "Version of POSIX of barriers", posixVers),
		ctlConst(abi.KERN_POSIX_TIMERS, "posix_timers", "Version of POSIX of timers", posixVers),
		ctlConst(abi.KERN_POSIX_SPIN_LOCKS, "posix_spin_locks", "Version of POSIX of spin locks", posixVers),
		ctlConst(abi.KERN_POSIX_READER_WRITER_LOCKS, "posix_reader_writer_locks", "Version of POSIX of reader/writer locks", posixVers),
		ctlConst(abi.KERN_DUMP_ON_PANIC, "dump_on_panic", "Whether a panic dumps memory", 0),
		ctlStruct(abi.KERN_DRIVERS, "drivers", "Drivers and their device numbers", kernDrivers),
		ctlStructFunc(abi.KERN_FILE2, "file2", "Open files", kernFile2),
		ctlNode(abi.KERN_SYSVIPC, "ipc", "System V IPC", k.sysctlIPC()...),
		ctlConst(ctlCreate, "boothowto", "Flags of the boot", 0).with(abi.CTLFLAG_HEX),
		ctlNode(ctlCreate, "coredump", "Core files",
			ctlNode(ctlCreate, "setid", "Core files of set-id programs",
				ctlVar(ctlCreate, "dump", "Whether they are written", &k.Setidcore.Dump, math.MinInt32, math.MaxInt32),
				&SysctlNode{Num: ctlCreate, Name: "path", Desc: "Their name", Flags: abi.CTLTYPE_STRING, Size: maxPathLen,
					Value: func(*LWP) any { return k.Setidcore.Path },
					Store: func(_ *LWP, v any) abi.Errno {
						if v == "" {
							return abi.EINVAL
						}
						return storeString(func(s string) { k.Setidcore.Path = s })(nil, v)
					}},
				ctlVar(ctlCreate, "owner", "Their owner", &k.Setidcore.Owner, math.MinInt32, math.MaxInt32),
				ctlVar(ctlCreate, "group", "Their group", &k.Setidcore.Group, math.MinInt32, math.MaxInt32),
				ctlVar(ctlCreate, "mode", "Their mode", &k.Setidcore.Mode, math.MinInt32, math.MaxInt32))),
		ctlText(ctlCreate, "configname", "Name of the kernel's configuration", "GENERIC"),
		ctlText(ctlCreate, "buildinfo", "Where the kernel was built", ""),
		ctlConst(ctlCreate, "maxlwp", "Limit of threads", 8192),
		ctlConst(ctlCreate, "posix_msg", "Version of POSIX of message queues", posixVers),
		ctlNode(ctlCreate, "mqueue", "Message queues", sysctlMqueue()...),
		ctlNode(ctlCreate, "posix", "POSIX semaphores", k.sysctlKsem()...),
		ctlConst(ctlCreate, "posix_sched", "Version of POSIX of scheduling", posixVers),
		ctlNode(ctlCreate, "sched", "Scheduler",
			ctlText(ctlCreate, "name", "Its name", "M2"),
			ctlConst(ctlCreate, "pri_min", "Lowest priority", 0),
			ctlConst(ctlCreate, "pri_max", "Highest priority", 63),
			ctlConst(ctlCreate, "rtts", "Milliseconds of a real-time slice", 100)),
		ctlNode(ctlCreate, "timecounter", "Time counter",
			ctlText(ctlCreate, "choice", "Those there are", "host(q=1000, f=1000000000 Hz)"),
			ctlText(ctlCreate, "hardware", "The one in use", "host"),
			ctlConst(ctlCreate, "timestepwarnings", "Whether steps of the time are logged", 0)),
		ctlNode(ctlCreate, "module", "Kernel modules",
			ctlBool(ctlCreate, "autoload", "Whether they are loaded when needed", false),
			ctlBool(ctlCreate, "verbose", "Whether that is said", false)),
		ctlNode(ctlCreate, "uidinfo", "What the caller's user has",
			ctlQuad(ctlCreate, "proccnt", "Processes", func(l *LWP) uint64 { return uint64(l.K.countUser(l.Proc.Cred.Ruid)) }),
			ctlQuad(ctlCreate, "lwpcnt", "Threads", userLWPs),
			ctlQuad(ctlCreate, "lockcnt", "Locks", zeroQuad),
			ctlQuad(ctlCreate, "sbsize", "Bytes of socket buffers", zeroQuad)),
	}
}

func zeroQuad(*LWP) uint64 { return 0 }

func storeString(f func(string)) func(*LWP, any) abi.Errno {
	return func(_ *LWP, v any) abi.Errno {
		s, ok := v.(string)
		if !ok {
			return abi.EINVAL
		}
		f(s)
		return abi.OK
	}
}

// noMsgbuf is what a kernel without a message buffer says.
func noMsgbuf(*SysctlReq) abi.Errno { return abi.ENXIO }

func userLWPs(l *LWP) (n uint64) {
	for _, p := range l.K.allproc {
		if p.Cred.Ruid == l.Proc.Cred.Ruid {
			n += uint64(p.LiveLWPs())
		}
	}
	return n
}

// maxArandom is how many bytes kern.arandom gives at once.
const maxArandom = 256

// kernArandom fills the whole old value with random bytes. Error: E2BIG.
func kernArandom(r *SysctlReq) abi.Errno {
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
func (k *Kernel) cpTime() (t [cpStates]uint64) {
	ticks := func(d time.Duration) uint64 { return uint64(d / (time.Second / clockHz)) }
	for _, p := range k.allproc {
		t[cpUser] += ticks(p.CPUTime() - p.ru.Sys)
		t[cpSys] += ticks(p.ru.Sys)
	}
	if all := ticks(k.Uptime()) * uint64(k.ncpu()); all > t[cpUser]+t[cpSys] {
		t[cpIdle] = all - t[cpUser] - t[cpSys]
	}
	return t
}

// kernCpTime returns the sum over the CPUs if the program asks for that much or for the size, one CPU's share
// if its number follows the name, all CPUs' otherwise.
func kernCpTime(r *SysctlReq) abi.Errno {
	sum := r.L.K.cpTime()
	each := sum
	for i := range each {
		each[i] /= uint64(r.L.K.ncpu())
	}
	var v []uint64
	switch {
	case len(r.Name) == 1:
		if r.Name[0] < 0 || int(r.Name[0]) >= r.L.K.ncpu() {
			return abi.ENOENT
		}
		r.Name = nil
		v = each[:]
	case len(r.Name) > 1:
		return abi.EINVAL
	case r.Old == 0 || r.OldLen == 8*cpStates:
		v = sum[:]
	default:
		for range r.L.K.ncpu() {
			v = append(v, each[:]...)
		}
	}
	_, err := r.Lookup(r.L.Model().Bytes(v), false)
	return err
}

func kernCpID(r *SysctlReq) abi.Errno {
	var v []uint64
	switch len(r.Name) {
	case 0:
		for i := range r.L.K.ncpu() {
			v = append(v, uint64(i))
		}
	case 1:
		if r.Name[0] < 0 || int(r.Name[0]) >= r.L.K.ncpu() {
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

func kernDrivers(*LWP) any {
	v := make([]kinfoDrivers, len(drivers))
	for i, d := range drivers {
		v[i].Cmajor, v[i].Bmajor = d.c, d.b
		copy(v[i].Name[:], d.name)
	}
	return v
}
