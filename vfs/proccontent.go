package vfs

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// What the files of a process in procfs say. Formats are those of NetBSD's procfs with its linux option
// (sys/miscfs/procfs); where a Linux program expects more than that, proc(5).

func init() {
	procFiles = map[string]procFile{
		"cmdline": {content: func(_ *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) { return procArgs(p, false) }},
		"auxv":    {content: procAuxv, private: true},
		"environ": {content: func(_ *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) { return procArgs(p, true) }, private: true},
		"comm":    {content: func(_ *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) { return []byte(p.Comm + "\n"), abi.OK }},
		"emul":    {content: func(_ *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) { return []byte(p.Emul.Name + "\n"), abi.OK }},
		"map":     {content: procMap, private: true},
		"maps":    {content: procMaps, private: true},
		"smaps":   {content: procSmaps, private: true},
		"stat":    {content: procStatLine},
		"statm":   {content: procStatm},
		"status":  {content: procStatus},
		"note":    {content: noteless, mode: 0200},
		"notepg":  {content: noteless, mode: 0200},
		"regs":    {content: registers("reg"), private: true, mode: 0600},
		"fpregs":  {content: registers("fpreg"), private: true, mode: 0600},
		"limit":   {content: procLimit},
		"limits":  {content: procLimits},
	}
}

// noteless is a read of note or notepg. Error: EINVAL.
func noteless(*kern.LWP, *kern.Proc) ([]byte, abi.Errno) { return nil, abi.EINVAL }

func registers(set string) func(l *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
	return func(l *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
		if ProcRegs == nil {
			return nil, abi.EINVAL
		}
		return ProcRegs(l, p, set)
	}
}

// ProcText is what the file of that name in the directory of l's process in procfs says. Error: ENOENT. Preconditions:
// kernel lock.
func ProcText(l *kern.LWP, name string) ([]byte, abi.Errno) {
	f, ok := procFiles[name]
	if !ok {
		return nil, abi.ENOENT
	}
	return f.content(l, l.Proc)
}

const procArgsMax = 1 << 20

func procArgs(p *kern.Proc, env bool) ([]byte, abi.Errno) {
	b, err := p.ProcArgs(env, procArgsMax)
	if err == abi.EINVAL {
		return nil, abi.OK // a zombie: nothing
	}
	return b, err
}

// rwx writes a protection with a - for each right that is missing.
func rwx(prot uint8) string {
	b := []byte("---")
	for i, bit := range []uint8{mem.ProtRead, mem.ProtWrite, mem.ProtExec} {
		if prot&bit != 0 {
			b[i] = "rwx"[i]
		}
	}
	return string(b)
}

// procEntries is the map of a process, empty when it is on its way out.
func procEntries(p *kern.Proc) []mem.Entry {
	if p.VM == nil {
		return nil
	}
	return p.VM.Maps()
}

// procMap is NetBSD's own format (procfs_domap).
func procMap(_ *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
	var b bytes.Buffer
	for _, e := range procEntries(p) {
		cow := "NCOW"
		if !e.Shared || e.Dup {
			cow = "COW"
		}
		fmt.Fprintf(&b, "0x%x 0x%x %s %s %s NNC %d 0 0\n", e.Start, e.End, rwx(e.Prot), rwx(e.MaxProt), cow, e.Inherit)
	}
	return b.Bytes(), abi.OK
}

// namedFile is a Vnode, or what exec makes of one.
type namedFile interface {
	Stat(*abi.Stat) abi.Errno
	GuestPath(*kern.LWP) (string, abi.Errno)
}

// linuxSees reports whether a Linux program reads the file.
func linuxSees(l *kern.LWP) bool { return strings.HasPrefix(l.Proc.Emul.Name, "linux") }

// procMaps is Linux's format.
func procMaps(l *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
	var b bytes.Buffer
	width := 2 * p.Model().PtrSize
	if linuxSees(l) {
		width = 8
	}
	for _, e := range procEntries(p) {
		mapLine(&b, l, p, &e, width)
	}
	return b.Bytes(), abi.OK
}

// mapLine writes an entry as Linux does, with addresses at least that wide.
func mapLine(b *bytes.Buffer, l *kern.LWP, p *kern.Proc, e *mem.Entry, width int) {
	share := byte('p')
	if e.Shared && !e.Dup {
		share = 's'
	}
	st, name, _ := MappedFile(l, p, e)
	n, _ := fmt.Fprintf(b, "%0*x-%0*x %s%c %08x %02x:%02x %d ", width, e.Start, width, e.End, rwx(e.Prot), share,
		e.Off, abi.Major(st.Dev), abi.Minor(st.Dev), st.Ino)
	if name != "" {
		fmt.Fprintf(b, "%*s%s", max(0, 73-n), "", name)
	}
	b.WriteByte('\n')
}

// MappedFile is the file that an entry of p's map shows, with its name, or what else Linux calls the entry.
func MappedFile(l *kern.LWP, p *kern.Proc, e *mem.Entry) (st abi.Stat, name string, file bool) {
	name = e.Name
	v, file := e.Backing().(namedFile)
	switch {
	case file:
		v.Stat(&st)
		if path, err := v.GuestPath(l); err == abi.OK {
			name = path
		} else if v, ok := v.(*Vnode); ok && linuxSees(l) {
			name = v.namelessPath(l)
		}
	case name == "stack":
		name = "[stack]"
	case e.Start < p.VM.Brk.Cur && e.End > p.VM.Brk.Base && p.VM.Brk.Cur > p.VM.Brk.Base:
		name = "[heap]"
	case linuxSees(l) && strings.HasPrefix(name, "/"): // memory that is made by a file's name
	case linuxSees(l) && e.Shared && !e.Dup && e.Obj != nil:
		name = "/dev/zero (deleted)"
	default:
		name = ""
	}
	return st, name, file
}

// ProcMapsOf is the process whose list of mappings f is, or nil.
func ProcMapsOf(f *kern.File) *kern.Proc {
	if o, ok := f.Ops.(*procOpen); ok && o.node.name == "maps" {
		return o.node.p
	}
	return nil
}

// ticks are hundredths of a second, as in Linux's files.
func ticks(sec, usec uint32) uint64 { return (uint64(sec)*1e6 + uint64(usec)) / 1e4 }

func kinfoString(b []byte) string {
	s, _, _ := bytes.Cut(b, []byte{0})
	return string(s)
}

// procState is the letter for a process's state.
func procState(k *abi.KinfoProc2) byte {
	switch k.Stat {
	case abi.LSONPROC, abi.LSRUN, abi.LSIDL:
		return 'R'
	case abi.LSSTOP:
		return 'T'
	case abi.LSZOMB:
		return 'Z'
	}
	return 'S'
}

// procStatLine is /proc/PID/stat (procfs_do_pid_stat), with all the fields that proc(5) lists.
func procStatLine(_ *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) { return statLine(p, nil), abi.OK }

// statLine is the line of a process, or of one of its threads.
func statLine(p *kern.Proc, t *kern.LWP) []byte {
	k := p.Kinfo()
	if t != nil {
		k.Pid, k.Stat = threadID(t), t.Stat()
	} else {
		leaderState(p, k)
		t = leader(p)
	}
	var stext, etext, sstack uint64
	if p.VM != nil {
		if m := p.VM.Maps(); len(m) > 0 {
			stext, etext = m[0].Start, m[0].End
		}
		sstack = p.PsStrings
	}
	tty := uint32(0)
	if k.Tdev != math.MaxUint32 {
		tty = k.Tdev
	}
	start := p.Started().Sub(p.K.Boottime())
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d (%s) %c %d %d %d %d %d %d ", k.Pid, kinfoString(k.Comm[:]), linuxState(p, t, k), k.Ppid, k.Pgid, k.Sid,
		tty, k.Tpgid, uint32(k.Flag))
	fmt.Fprintf(&b, "%d 0 %d 0 %d %d %d 0 ", k.UruMinflt, k.UruMajflt, ticks(k.UutimeSec, k.UutimeUsec),
		ticks(k.UstimeSec, k.UstimeUsec), ticks(k.UctimeSec, k.UctimeUsec))
	fmt.Fprintf(&b, "%d %d %d 0 %d ", k.Priority, int(k.Nice)-20, k.Nlwps, max(0, start/(10*time.Millisecond)))
	fmt.Fprintf(&b, "%d %d %d ", k.VmVsize*mem.PageSize, k.VmRssize, p.Limits[abi.RLIMIT_RSS].Cur)
	fmt.Fprintf(&b, "%d %d %d 0 0 0 0 0 0 %d 0 0 %d %d 0 0 0 0 0", stext, etext, sstack, k.Wchan, k.Exitsig, k.Cpuid)
	b.WriteString(" 0 0 0 0 0 0 0 0\n")
	return b.Bytes()
}

// leaderState makes a process's state that of its first thread, if its emulation tells of that (Linux).
func leaderState(p *kern.Proc, k *abi.KinfoProc2) {
	if p.Emul == nil || p.Emul.ThreadID == nil || k.Stat == abi.LSZOMB {
		return
	}
	switch t := findThread(p, p.PID); {
	case t != nil:
		k.Stat = t.Stat()
	case len(p.LWPs) > 0:
		k.Stat = abi.LSZOMB // it has ended, and others have not
	}
}

// procStatm is /proc/PID/statm (procfs_do_pid_statm): pages.
func procStatm(_ *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
	k := p.Kinfo()
	return fmt.Appendf(nil, "%d %d 0 %d 0 %d 0\n", k.VmMsize, k.VmRssize, k.VmTsize, k.VmDsize+k.VmSsize), abi.OK
}

// procStatus is NetBSD's line (procfs_dostatus), or for Linux programs what they know by that name.
func procStatus(l *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
	k := p.Kinfo()
	if linuxSees(l) {
		return linuxStatus(p, leader(p)), abi.OK
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %d %d %d %d ", kinfoString(k.Comm[:]), k.Pid, k.Ppid, k.Pgid, k.Sid)
	if k.Tdev != math.MaxUint32 {
		fmt.Fprintf(&b, "%d,%d ", abi.Major(uint64(k.Tdev)), abi.Minor(uint64(k.Tdev)))
	} else {
		b.WriteString("-1,-1 ")
	}
	var flags []string
	if k.Eflag&abi.EPROC_CTTY != 0 {
		flags = append(flags, "ctty")
	}
	if k.Eflag&abi.EPROC_SLEADER != 0 {
		flags = append(flags, "sldr")
	}
	if flags == nil {
		flags = []string{"noflags"}
	}
	wchan := kinfoString(k.Wmesg[:])
	if wchan == "" {
		wchan = "nochan"
	}
	fmt.Fprintf(&b, "%s %d,%d %d,%d %d,%d %s %d %d", strings.Join(flags, ","), k.UstartSec, k.UstartUsec,
		k.UutimeSec, k.UutimeUsec, k.UstimeSec, k.UstimeUsec, wchan, k.Uid, k.Gid)
	for _, g := range k.Groups[:max(0, min(int(k.Ngroups), len(k.Groups)))] {
		fmt.Fprintf(&b, ",%d", g)
	}
	b.WriteByte('\n')
	return b.Bytes(), abi.OK
}

// leader is the thread of p that has its number, or nil.
func leader(p *kern.Proc) *kern.LWP { return findThread(p, p.PID) }

// linuxState is the letter for the state of p's thread t, which k has NetBSD's of.
func linuxState(p *kern.Proc, t *kern.LWP, k *abi.KinfoProc2) byte {
	state := procState(k)
	switch {
	case p.Zombie:
		return 'Z'
	case t == nil:
	case t.Tracee() != nil && t.Tracee().Stopped():
		return 't'
	case state == 'S' && t.InVfork():
		return 'D' // only what ends it wakes it
	}
	return state
}

// linuxStatus is status of a process, or of its thread t. The parent is what getppid says, whoever traces the process.
func linuxStatus(p *kern.Proc, t *kern.LWP) []byte {
	k := p.Kinfo()
	var b bytes.Buffer
	leaderState(p, k)
	id, tracer := p.PID, int32(0)
	if t != nil {
		id, k.Stat = threadID(t), t.Stat()
	}
	if t == nil {
		t = leader(p)
	}
	state := linuxState(p, t, k)
	if p.Flags&kern.PFTraced != 0 {
		tracer = p.Ppid()
	}
	if t != nil && t.Tracee() != nil && !p.Zombie {
		tracer = t.Tracee().By.Proc.PID
	}
	umask, fds := uint32(0), int32(0)
	if p.Cwdi != nil {
		umask = p.Cwdi.Umask
	}
	if p.Fd != nil {
		fds = int32(p.Fd.Last())
	}
	fmt.Fprintf(&b, "Name:\t%s\nUmask:\t%04o\nState:\t%c (%s)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n", kinfoString(k.Comm[:]),
		umask, state, map[byte]string{'R': "running", 'S': "sleeping", 'T': "stopped", 'Z': "zombie", 'D': "disk sleep", 't': "tracing stop"}[state],
		p.PID, id, p.Getppid(), tracer)
	fmt.Fprintf(&b, "Uid:\t%d\t%d\t%d\t%d\nGid:\t%d\t%d\t%d\t%d\nFDSize:\t%d\nGroups:\t", k.Ruid, k.Uid, k.Svuid, k.Uid,
		k.Rgid, k.Gid, k.Svgid, k.Gid, max(64, fds+1))
	for _, g := range k.Groups[:max(0, min(int(k.Ngroups), len(k.Groups)))] {
		fmt.Fprintf(&b, "%d ", g)
	}
	const kb = mem.PageSize / 1024
	locked := uint64(0)
	if p.VM != nil {
		locked = p.VM.Wired() / 1024
	}
	fmt.Fprintf(&b, "\nVmPeak:\t%8d kB\nVmSize:\t%8d kB\nVmLck:\t%8d kB\nVmHWM:\t%8d kB\nVmRSS:\t%8d kB\nVmData:\t%8d kB\nVmStk:\t%8d kB\n"+
		"VmExe:\t%8d kB\nThreads:\t%d\n", k.VmVsize*kb, k.VmVsize*kb, locked, k.UruMaxrss, k.VmRssize*kb, k.VmDsize*kb, k.VmSsize*kb,
		k.VmTsize*kb, k.Nlwps)
	if p.Emul.ProcStatus != nil {
		b.WriteString(p.Emul.ProcStatus(p))
	}
	fmt.Fprintf(&b, "voluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t%d\n", k.UruNvcsw, k.UruNivcsw)
	return b.Bytes()
}

// limitNames are NetBSD's for procfs's limit, and Linux's for limits with their units.
var limitNames = []struct {
	which               int
	name, linux, linuxU string
}{
	{abi.RLIMIT_CPU, "cpu", "Max cpu time", "seconds"},
	{abi.RLIMIT_FSIZE, "fsize", "Max file size", "bytes"},
	{abi.RLIMIT_DATA, "data", "Max data size", "bytes"},
	{abi.RLIMIT_STACK, "stack", "Max stack size", "bytes"},
	{abi.RLIMIT_CORE, "core", "Max core file size", "bytes"},
	{abi.RLIMIT_RSS, "rss", "Max resident set", "bytes"},
	{abi.RLIMIT_MEMLOCK, "memlock", "Max locked memory", "bytes"},
	{abi.RLIMIT_NPROC, "nproc", "Max processes", "processes"},
	{abi.RLIMIT_NOFILE, "nofile", "Max open files", "files"},
	{abi.RLIMIT_SBSIZE, "sbsize", "", ""},
	{abi.RLIMIT_AS, "vmem", "Max address space", "bytes"},
	{abi.RLIMIT_NTHR, "nthr", "", ""},
}

// limitString writes one limit; infinity stands for none.
func limitString(v uint64, infinity string) string {
	if v == abi.RLIM_INFINITY {
		return infinity
	}
	return fmt.Sprint(v)
}

// procLimit is NetBSD's limit (procfs_dolimit).
func procLimit(_ *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
	var b bytes.Buffer
	for _, n := range limitNames {
		const infinity = "0x7fffffffffffffff"
		fmt.Fprintf(&b, "%20s %20s %20s\n", n.name, limitString(p.Limits[n.which].Cur, infinity), limitString(p.Limits[n.which].Max, infinity))
	}
	return b.Bytes(), abi.OK
}

func procLimits(_ *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units")
	for _, n := range limitNames {
		if n.linux != "" {
			fmt.Fprintf(&b, "%-25s %-20s %-20s %-10s\n", n.linux, limitString(p.Limits[n.which].Cur, "unlimited"),
				limitString(p.Limits[n.which].Max, "unlimited"), n.linuxU)
		}
	}
	return b.Bytes(), abi.OK
}
