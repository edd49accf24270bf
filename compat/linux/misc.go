package linux

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/sysctl"
	"nbemu/vfs"
)

// The system: its name, its memory and processors; prctl; randomness.

// Release is the kernel that uname tells of.
const Release = "6.12.0"

// version is what uname says beside that.
const version = "#1 SMP"

// names are what uname and /proc say of the system; sysctl emul.linux changes them.
type names struct{ ostype, release, version string }

// namesOf returns the names of a machine. Preconditions: kernel lock.
func namesOf(k *kern.Kernel) *names {
	n, ok := k.Emuls["linux"].(*names)
	if !ok {
		n = &names{"Linux", Release, version}
		if r := k.Config.Osrelease; r != "" {
			n.release = r
		}
		if k.Emuls == nil {
			k.Emuls = map[string]any{}
		}
		k.Emuls["linux"] = n
	}
	return n
}

// Numbers below emul.linux (compat/linux/common/linux_exec.h).
const (
	emulLinux = 1
	emulKern  = 1

	emulOstype    = 1
	emulOsrelease = 2
	emulVersion   = 3
)

// sysctlEmul is emul.linux, where the emulation is one of the kernel's.
func sysctlEmul(k *kern.Kernel) *sysctl.Node {
	n := namesOf(k)
	const size = 128
	node := sysctl.NewNode(emulLinux, "linux", "Settings of the emulation of Linux",
		sysctl.NewNode(emulKern, "kern", "What it says of the kernel",
			sysctl.TextVar(emulOstype, "ostype", "Name of the operating system", size, &n.ostype),
			sysctl.TextVar(emulOsrelease, "osrelease", "Release of the operating system", size, &n.release),
			sysctl.TextVar(emulVersion, "osversion", "Version of the operating system", size, &n.version)))
	node.Only = func(l *kern.LWP) bool { return l.K.Modules.Has("compat_linux") }
	return node
}

func init() {
	sysctl.RegisterEmul(sysctlEmul)
	vfs.FdinfoFlags = fdinfoFlags
	vfs.EmulFiles["linux"] = map[string]func(l *kern.LWP) string{
		"keys": procKeys,
		"version": func(l *kern.LWP) string {
			n := namesOf(l.K)
			return n.ostype + " version " + n.release + " (nbemu) " + n.version + "\n"
		},
		"sys/kernel/ostype":    func(l *kern.LWP) string { return namesOf(l.K).ostype + "\n" },
		"sys/kernel/osrelease": func(l *kern.LWP) string { return namesOf(l.K).release + "\n" },
		"sys/kernel/version":   func(l *kern.LWP) string { return namesOf(l.K).version + "\n" },
		"sys/kernel/hostname":  func(l *kern.LWP) string { return hostname(l) + "\n" },

		"/sys/kernel/security/lsm": procLsm,
		"meminfo":                  procMeminfo,
		"uptime":                   procUptime,

		"sys/kernel/domainname":  func(l *kern.LWP) string { return domainname(l) + "\n" },
		"sys/kernel/ns_last_pid": func(l *kern.LWP) string { return fmt.Sprintln(l.K.LastPID()) },
	}
	vfs.EmulStores["linux"] = map[string]func(*kern.LWP, string) abi.Errno{
		"sys/kernel/hostname":   storeName(setHost),
		"sys/kernel/domainname": storeName(setDomain),
		"sys/kernel/ns_last_pid": storeNumber(func(l *kern.LWP, n int64) abi.Errno {
			if n < 0 || n > kern.PidMax {
				return abi.EINVAL
			}
			l.K.SetLastPID(int32(n))
			return abi.OK
		}),
	}
	addIPCFiles(vfs.EmulFiles["linux"], vfs.EmulStores["linux"])
	vfs.EmulFiles["linux32"], vfs.EmulStores["linux32"] = vfs.EmulFiles["linux"], vfs.EmulStores["linux"]
}

// hostname is the machine's name: kern.hostname where that was set.
func hostname(l *kern.LWP) string {
	if n := nsOf(l).of[nsUTS]; n.own {
		return n.host
	}
	if n := l.K.Config.Hostname; n != "" {
		return n
	}
	if n, err := os.Hostname(); err == nil {
		return n
	}
	return "localhost"
}

// domainname is the name of the domain of NIS; "(none)" where nobody has set one.
func domainname(l *kern.LWP) string {
	if n := nsOf(l).of[nsUTS]; n.own {
		return n.domain
	}
	if n := l.K.Domainname(); n != "" {
		return n
	}
	return "(none)"
}

// nameMax is the longest name that uname has room for.
const nameMax = 64

// storeName sets a name by a file of /proc/sys.
func storeName(set func(*kern.LWP, string)) func(*kern.LWP, string) abi.Errno {
	return func(l *kern.LWP, text string) abi.Errno {
		set(l, text[:min(len(text), nameMax)])
		return abi.OK
	}
}

// storeNumber sets a number. Error: EINVAL for what is none.
func storeNumber(set func(*kern.LWP, int64) abi.Errno) func(*kern.LWP, string) abi.Errno {
	return func(l *kern.LWP, text string) abi.Errno {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 0, 64)
		if err != nil {
			return abi.EINVAL
		}
		return set(l, n)
	}
}

// setName is sethostname and setdomainname(name, len). Errors: EPERM, EINVAL, EFAULT.
func setName(l *kern.LWP, a *kern.Args, set func(*kern.LWP, string)) (kern.Retval, abi.Errno) {
	owner := nsOf(l).of[nsUTS].owner
	if owner == nil {
		owner = nsTableOf(l.K).first.of[nsUser]
	}
	if !nsCapable(l, owner, capSysAdmin) {
		return ret(abi.EPERM)
	}
	n := int32(a[1])
	if n < 0 || n > nameMax {
		return ret(abi.EINVAL)
	}
	b := make([]byte, n)
	if err := l.Copyin(b, a[0]); err != abi.OK {
		return ret(err)
	}
	name, _, _ := strings.Cut(string(b), "\x00")
	set(l, name)
	return ret(abi.OK)
}

// setHost and setDomain change a name, that of the machine or of a namespace.
func setHost(l *kern.LWP, name string) {
	if n := nsOf(l).of[nsUTS]; n.own {
		n.host = name
		return
	}
	l.K.SetHostname(name)
}

func setDomain(l *kern.LWP, name string) {
	if n := nsOf(l).of[nsUTS]; n.own {
		n.domain = name
		return
	}
	l.K.SetDomainname(name)
}

func sysSethostname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setName(l, a, setHost)
}

func sysSetdomainname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setName(l, a, setDomain)
}

func sysUname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const field = 65
	b := make([]byte, 6*field)
	n := namesOf(l.K)
	for i, s := range []string{n.ostype, hostname(l), n.release, n.version, machineOf(l).Uname, domainname(l)} {
		copy(b[i*field:(i+1)*field-1], s)
	}
	return ret(l.Copyout(b, a[0]))
}

type sysinfo struct {
	Uptime                                   abi.Long
	Loads                                    [3]abi.ULong
	Total, Free, Shared, Buffer, Swap, Fswap abi.ULong
	Procs, Pad                               uint16
	Thigh, Fhigh                             abi.ULong
	Unit                                     uint32
}

// memory is how much the machine has, and how much of it is free, in bytes.
func memory() (total, free uint64) {
	total = kern.PhysMem()
	return total, total - min(total, uint64(mem.InUse())<<mem.PageShift)
}

// procMeminfo is /proc/meminfo. There is nothing to swap to.
func procMeminfo(*kern.LWP) string {
	total, free := memory()
	var b strings.Builder
	for _, f := range [...]struct {
		name string
		n    uint64
	}{{"MemTotal", total}, {"MemFree", free}, {"MemAvailable", free}, {"Buffers", 0}, {"Cached", 0}, {"SwapCached", 0}, {"Active", total - free},
		{"Inactive", 0}, {"SwapTotal", 0}, {"SwapFree", 0}, {"Dirty", 0}, {"Writeback", 0}, {"AnonPages", total - free}, {"Mapped", 0}, {"Shmem", 0},
		{"Slab", 0}, {"CommitLimit", total}, {"Committed_AS", total - free}} {
		fmt.Fprintf(&b, "%-15s %8d kB\n", f.name+":", f.n/1024)
	}
	return b.String()
}

// procUptime is /proc/uptime: since the machine began, and for how long its processors had nothing to do, which nobody
// counts.
func procUptime(l *kern.LWP) string {
	return fmt.Sprintf("%.2f 0.00\n", (l.K.Uptime() + clockOffset(l, 7)).Seconds())
}

func sysSysinfo(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	unit := uint64(1)
	if l.Model().PtrSize == 4 {
		unit = l.Proc.Arch.PageSize
	}
	b := make([]byte, max(l.Model().Sizeof(&sysinfo{}), 64)) // machines of 32 bits have padding at the end
	total, free := memory()
	up := (l.K.Uptime() + clockOffset(l, 7) + time.Second - 1).Truncate(time.Second) // what has begun of a second counts
	s := sysinfo{Uptime: abi.Long(up / time.Second), Total: abi.ULong(total / unit), Free: abi.ULong(free / unit),
		Procs: uint16(min(l.K.NProcs(), 1<<16-1)), Unit: uint32(unit)}
	for i, load := range kern.HostLoad() {
		s.Loads[i] = abi.ULong(load * (1 << 16))
	}
	l.Model().Marshal(b, &s)
	return ret(l.Copyout(b, a[0]))
}

// Functions of prctl.
const (
	prSetPdeathsig  = 1
	prGetPdeathsig  = 2
	prGetDumpable   = 3
	prSetDumpable   = 4
	prSetName       = 15
	prGetName       = 16
	prSetTimerslack = 29
	prGetTimerslack = 30
	prGetKeepcaps   = 7
	prSetKeepcaps   = 8
	prGetSeccomp    = 21
	prSetSeccomp    = 22
	prCapbsetRead   = 23
	prSetSubreaper  = 36
	prGetSubreaper  = 37
	prSetNoNewPrivs = 38
	prGetNoNewPrivs = 39
	prGetTidAddress = 40
	prSetTHPDisable = 41
	prGetTHPDisable = 42
	prSetVMA        = 0x53564d41
	prCapbsetDrop   = 24
	prGetSecurebits = 27
	prSetSecurebits = 28
	prCapAmbient    = 47

	taskCommLen = 16
	timerSlack  = 50000
)

func sysPrctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if rv, err, known := prctlCaps(l, int32(a[0]), a); known {
		return rv, err
	}
	switch int32(a[0]) {
	case prSetName:
		s, err := l.CopyinStr(a[1], taskCommLen)
		if err == abi.ENAMETOOLONG {
			var b [taskCommLen - 1]byte
			err = l.Copyin(b[:], a[1])
			s = string(b[:])
		}
		if err == abi.OK {
			l.Name = s
			if tidOf(l) == l.Proc.PID {
				l.Proc.Comm = s
			}
		}
		return ret(err)
	case prGetName:
		s := l.Name
		if s == "" {
			s = l.Proc.Comm
		}
		var b [taskCommLen]byte
		copy(b[:taskCommLen-1], s)
		return ret(l.Copyout(b[:], a[1]))
	case prGetDumpable:
		if procdata(l.Proc).dumpable {
			return retInt(1)
		}
		return retInt(0)
	case prSetDumpable:
		if a[1] > 1 {
			return ret(abi.EINVAL)
		}
		procdata(l.Proc).dumpable = a[1] != 0
		return ret(abi.OK)
	case prSetTimerslack: // 0 is what the thread began with
		lwpdata(l).setSlack(a[1])
		return ret(abi.OK)
	case prGetTimerslack:
		return retInt(int64(lwpdata(l).timerSlack()))
	case prSetPdeathsig:
		sig, err := sigArg(l, uint64(machineOf(l).sigGeneric(int32(a[1]))))
		if err == abi.OK {
			procdata(l.Proc).deathsig = sig
		}
		return ret(err)
	case prGetPdeathsig:
		return ret(l.CopyoutInt32(a[1], machineOf(l).sigOut(procdata(l.Proc).deathsig)))
	case prSetSubreaper:
		l.Proc.Subreaper = a[1] != 0
		return ret(abi.OK)
	case prGetSubreaper:
		return ret(l.CopyoutInt32(a[1], boolInt(l.Proc.Subreaper)))
	case prSetNoNewPrivs:
		if a[1] != 1 || a[2]|a[3]|a[4] != 0 {
			return ret(abi.EINVAL)
		}
		procdata(l.Proc).noNewPriv, l.Proc.NoNewPrivs = true, true
		return ret(abi.OK)
	case prGetNoNewPrivs:
		if a[1]|a[2]|a[3]|a[4] != 0 {
			return ret(abi.EINVAL)
		}
		return retInt(int64(boolInt(procdata(l.Proc).noNewPriv)))
	case prGetTidAddress:
		return ret(l.CopyoutStruct(a[1], abi.Ptr(lwpdata(l).clearTid)))
	case prGetSeccomp:
		return retInt(int64(lwpdata(l).seccomp.mode))
	case prSetSeccomp:
		return prctlSeccomp(l, a[1], a[2])
	case prSetTHPDisable:
		if a[2]|a[3]|a[4] != 0 {
			return ret(abi.EINVAL)
		}
		procdata(l.Proc).noTHP = a[1] != 0
		return ret(abi.OK)
	case prGetTHPDisable:
		if a[1]|a[2]|a[3]|a[4] != 0 {
			return ret(abi.EINVAL)
		}
		return retInt(int64(boolInt(procdata(l.Proc).noTHP)))
	case prSetVMA: // names for /proc/PID/maps, which a kernel need not have
		return ret(abi.EINVAL)
	}
	return ret(abi.EINVAL)
}

func boolInt(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

func sysGetrandom(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const nonblock, random, insecure, most = 1, 2, 4, 1 << 16
	if a[2]&^(nonblock|random|insecure) != 0 || a[2]&(random|insecure) == random|insecure {
		return ret(abi.EINVAL)
	}
	// A larger request is filled in part, as after a signal.
	b := make([]byte, min(a[1], most))
	l.K.Random(b)
	return kern.Retval{R0: uint64(len(b))}, l.Copyout(b, a[0])
}

// schedTask finds the thread that a call of scheduling is about; 0 is the caller. Errors: ESRCH, EPERM
// for process 1.
func schedTask(l *kern.LWP, tid int32) (*kern.LWP, abi.Errno) {
	if tid == 0 {
		return l, abi.OK
	}
	if t := findTask(l, tid); t != nil {
		return t, abi.OK
	}
	switch p := l.K.PfindAny(tid); {
	case p == nil:
	case p.PID == 1:
		return nil, abi.EPERM // the machine itself
	default:
		return &kern.LWP{K: l.K, Proc: p}, abi.OK // the first thread, which has ended
	}
	return nil, abi.ESRCH
}

// schedSeen is schedTask for calls that only ask: process 1 is as any that nobody has changed.
func schedSeen(l *kern.LWP, tid int32) (*kern.LWP, abi.Errno) {
	t, err := schedTask(l, tid)
	if err == abi.EPERM {
		return &kern.LWP{K: l.K, Proc: l.K.Pfind(tid)}, abi.OK
	}
	return t, err
}

// sysSchedGetaffinity tells of the processors that a thread may run on.
func sysSchedGetaffinity(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1]&7 != 0 || a[1] == 0 {
		return ret(abi.EINVAL)
	}
	n := l.K.NCPU()
	if uint64(n) > a[1]*8 {
		return ret(abi.EINVAL)
	}
	t, err := schedSeen(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	m, bound := t.Affinity()
	longs := make([]abi.ULong, min(uint64((n+63)/64*8), a[1])/uint64(l.Model().PtrSize))
	width := 8 * l.Model().PtrSize
	for i := range n {
		if !bound || m.Has(i) {
			longs[i/width] |= 1 << (i % width)
		}
	}
	b := l.Model().Bytes(longs)
	return kern.Retval{R0: uint64(len(b))}, l.Copyout(b, a[2])
}

// sysSchedSetaffinity binds a thread to processors. Errors: EINVAL for a set without one that there is; ESRCH; EPERM for
// another user's.
func sysSchedSetaffinity(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	width := 8 * l.Model().PtrSize
	longs := make([]abi.ULong, min(a[1], kern.MaxCPUs/8)/uint64(l.Model().PtrSize))
	if err := l.CopyinStruct(a[2], longs); err != abi.OK {
		return ret(err)
	}
	var m kern.CPUMask
	all := true
	for i := range l.K.NCPU() {
		if i/width < len(longs) && longs[i/width]>>(i%width)&1 != 0 {
			m.Add(i)
		} else {
			all = false
		}
	}
	t, err := schedTask(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	if c := l.Proc.Cred; !capable(l, capSysNice) && (c.Euid != t.Proc.Cred.Euid && c.Euid != t.Proc.Cred.Ruid || mightMore(t.Proc, l.Proc)) {
		return ret(abi.EPERM)
	}
	if m.Empty() {
		return ret(abi.EINVAL)
	}
	if all {
		m = kern.CPUMask{} // so that threads bound to no processor cost nothing
	}
	t.SetAffinity(m)
	return ret(abi.OK)
}

func sysGetcpu(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	for i, n := range [...]int32{int32(l.CPU()), 0} {
		if a[i] != 0 {
			if err := l.CopyoutInt32(a[i], n); err != abi.OK {
				return ret(err)
			}
		}
	}
	return ret(abi.OK)
}

// sysPersonality keeps what is set, for programs that look at it. Other systems' programs have emulations of their own.
func sysPersonality(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const ask = 0xffffffff
	d := procdata(l.Proc)
	old := d.personality
	if uint32(a[0]) != ask {
		d.personality = uint32(a[0])
	}
	return retInt(int64(old))
}
