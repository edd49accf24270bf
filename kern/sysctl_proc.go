package kern

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/mem"
)

// This file is kern.proc2, kern.proc_args, kern.lwp, kern.file2 and proc.*: what ps(1), fstat(1), pmap(1) and
// programs that look at themselves ask.

// slop is added to a size that is asked for, as elements: there may be more when the program comes back.
const slop = 5

// allProcs lists the processes by number, with init's stand-in and zombies.
func (k *Kernel) allProcs() []*Proc {
	out := make([]*Proc, 0, len(k.allproc))
	for _, p := range k.allproc {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Proc) int { return int(a.PID) - int(b.PID) })
	return out
}

// findProc finds a live process by number; -1 is the caller's. Error: ESRCH.
func (r *SysctlReq) findProc(pid int32) (*Proc, abi.Errno) {
	if pid == -1 {
		return r.L.Proc, abi.OK
	}
	if p := r.L.K.Pfind(pid); p != nil {
		return p, abi.OK
	}
	return nil, abi.ESRCH
}

// stat is the LWP's state, LSRUN and so on.
func (l *LWP) stat() int8 {
	switch {
	case l.zombie:
		return abi.LSZOMB
	case l.stopped:
		return abi.LSSTOP
	case l.Suspended:
		return abi.LSSUSPENDED
	case l.Wmesg != "":
		return abi.LSSLEEP
	}
	sched.Lock()
	defer sched.Unlock()
	if l.slot != nil {
		return abi.LSONPROC
	}
	return abi.LSRUN
}

// pcpu is the share of a CPU that the process has had since it began, in fixed point.
func (p *Proc) pcpu() uint32 {
	age := p.K.Timenow().Sub(p.started)
	if age <= 0 || p.started.IsZero() {
		return 0
	}
	return uint32(min(float64(p.CPUTime())/float64(age), float64(len(p.LWPs)+1)) * fscale)
}

// activeLWP is the one that stands for the process (proc_active_lwp): one that runs, if there is one.
func (p *Proc) activeLWP() *LWP {
	var best *LWP
	for _, l := range p.LWPs {
		if l.zombie {
			continue
		}
		if s := l.stat(); s == abi.LSONPROC || s == abi.LSRUN {
			return l
		}
		if best == nil {
			best = l
		}
	}
	return best
}

// kinfoFlags turns our process flags into those that programs know.
func (p *Proc) kinfoFlags() int32 {
	f := int32(abi.L_INMEM)
	for _, m := range []struct {
		ours   uint32
		theirs int32
	}{{PFExiting, abi.P_WEXIT}, {PFSugid, abi.P_SUGID}, {PFExec, abi.P_EXEC}, {PFPpwait, abi.P_PPWAIT},
		{PFControlT, abi.P_CONTROLT}, {PFNoCldStop, abi.P_NOCLDSTOP}, {PFNoCldWait, abi.P_NOCLDWAIT},
		{PFCldSigIgn, abi.P_CLDSIGIGN}, {PFStopFork, abi.P_STOPFORK}, {PFTraced, abi.P_TRACED}, {PFWaited, abi.P_WAITED},
		{PFChTraced, abi.P_CHTRACED}, {PFSyscall, abi.P_SYSCALL}} {
		if p.Flags&m.ours != 0 {
			f |= m.theirs
		}
	}
	return f
}

// noDev is NODEV: no terminal.
const noDev = ^uint32(0)

// ttyDev is the device number of a session's terminal, which vfs keeps.
func (s *Session) ttyDev() uint32 {
	if t, ok := s.TTY.(interface{ Rdev() uint64 }); ok {
		return uint32(t.Rdev())
	}
	return noDev
}

func secUsec(d time.Duration) (sec, usec uint32) {
	return uint32(d / time.Second), uint32(d % time.Second / time.Microsecond)
}

// Kinfo fills in struct kinfo_proc2 (fill_kproc2). Addresses of kernel structures are 0.
func (p *Proc) Kinfo() *abi.KinfoProc2 {
	c := p.Cred
	k := &abi.KinfoProc2{
		Pid: p.PID, Ppid: p.Ppid(), Uid: c.Euid, Ruid: c.Ruid, Gid: c.Egid, Rgid: c.Rgid, Svuid: c.Svuid, Svgid: c.Svgid,
		Flag: p.kinfoFlags(), Exitsig: int32(abi.SIGCHLD), Tdev: noDev, Tpgid: -1, Ngroups: int16(len(c.Groups)),
		Xstat: uint16(p.Xstat), Acflag: uint16(p.Acflag), Nlwps: uint64(p.LiveLWPs()), Nice: uint8(p.Nice + abi.NZERO),
		Stat: abi.SACTIVE, Cpuid: abi.KI_NOCPU,
	}
	copy(k.Groups[:], c.Groups)
	copy(k.Comm[:len(k.Comm)-1], p.Comm)
	name := "netbsd"
	if p.Emul != nil {
		name = p.Emul.Name
	}
	copy(k.Ename[:len(k.Ename)-1], name)
	k.Realflag = uint64(k.Flag)
	switch {
	case p.Zombie:
		k.Stat = abi.SZOMB
	case p.Flags&PFStopped != 0:
		k.Stat = abi.SSTOP
	case p.Flags&PFExiting != 0:
		k.Stat = abi.SDYING
	}
	k.Realstat = uint64(k.Stat)
	cpu := p.CPUTime() - p.ru.Sys
	k.Uticks, k.Sticks = uint64(cpu/(time.Second/clockHz)), uint64(p.ru.Sys/(time.Second/clockHz))
	k.Siglist = p.Sigpend.set
	for i := range p.Sigacts.Act {
		sig := abi.Signal(i)
		if !sig.Valid() {
			continue
		}
		switch p.Sigacts.Act[i].Handler {
		case SigIgn:
			k.Sigignore.Add(sig)
		case SigDfl:
			if p.ignored(sig) {
				k.Sigignore.Add(sig)
			}
		default:
			k.Sigcatch.Add(sig)
		}
	}
	if g := p.Pgrp; g != nil {
		s := g.Session
		k.Sid, k.Pgid, k.Jobc = s.ID, g.ID, int16(g.jobc)
		if s.TTY != nil {
			k.Eflag |= abi.EPROC_CTTY
		}
		if s.Leader == p {
			k.Eflag |= abi.EPROC_SLEADER
		}
		copy(k.Login[:len(k.Login)-1], s.Login)
		if p.Flags&PFControlT != 0 && s.TTY != nil {
			k.Tdev = s.ttyDev()
			if s.Fg != nil {
				k.Tpgid = s.Fg.ID
			}
		}
	}
	if p.Zombie {
		return k
	}
	p.kinfoLive(k)
	return k
}

// kinfoLive fills in what a zombie has no more.
func (p *Proc) kinfoLive(k *abi.KinfoProc2) {
	if p.PID == 1 {
		l := initLWP()
		k.Nlwps, k.Stat, k.Wchan, k.Flag = 1, l.Stat, l.Wchan, k.Flag|abi.L_SINTR
		copy(k.Wmesg[:], l.Wmesg[:])
	}
	if l := p.activeLWP(); l != nil {
		k.Stat = l.stat()
		copy(k.Wmesg[:len(k.Wmesg)-1], l.Wmesg)
		if l.Wmesg != "" {
			k.Wchan = 1
		}
		if l.sleepIn {
			k.Flag |= abi.L_SINTR
		}
		k.Cpuid = 0
	}
	for _, l := range p.LWPs {
		k.Siglist = k.Siglist.Or(l.Sigpend.set)
		k.Sigmask = k.Sigmask.Or(l.Sigmask)
		if s := l.stat(); s == abi.LSONPROC || s == abi.LSRUN {
			k.Nrlwps++
		}
	}
	k.Priority, k.Usrpri = 43, 43
	cpu := p.CPUTime() - p.ru.Sys
	k.Pctcpu = p.pcpu()
	k.Uvalid = 1
	start := abi.TimevalAt(p.started)
	k.UstartSec, k.UstartUsec = uint32(start.Sec), uint32(start.Usec)
	k.RtimeSec, k.RtimeUsec = secUsec(p.CPUTime())
	k.UutimeSec, k.UutimeUsec = secUsec(cpu)
	k.UstimeSec, k.UstimeUsec = secUsec(p.ru.Sys)
	k.UctimeSec, k.UctimeUsec = secUsec(p.cru.CPU + p.cru.Sys)
	k.UruNsignals, k.UruNvcsw, k.UruNivcsw = uint64(p.ru.Nsignals), uint64(p.ru.Nvcsw), uint64(p.ru.Nivcsw)
	k.UruInblock, k.UruOublock = uint64(p.ru.Inblock), uint64(p.ru.Oublock)
	if p.VM == nil {
		return
	}
	var text, data, stack, all uint64
	for _, e := range p.VM.Maps() {
		n := (e.End - e.Start) / mem.PageSize
		all += n
		switch {
		case e.Prot&mem.ProtExec != 0:
			text += n
		case e.Start <= p.PsStrings && p.PsStrings < e.End:
			stack += n
		case e.Prot&mem.ProtWrite != 0 && (!e.Shared || e.Dup):
			data += n
		}
	}
	rss := min(p.VM.MinFlt.Load(), all)
	k.VmRssize, k.VmTsize, k.VmDsize, k.VmSsize = int32(rss), int32(text), int32(data), int32(stack)
	k.VmVsize, k.VmMsize = int64(all), int64(all)
	k.UruMinflt, k.UruMaxrss = p.VM.MinFlt.Load(), rss*mem.PageSize/1024
}

// procMatch reports whether a process is among those that kern.proc2's name asks for. ok is false for an
// operation there is not.
func procMatch(p *Proc, op, arg int32) (match, ok bool) {
	switch op {
	case abi.KERN_PROC_ALL:
		return true, true
	case abi.KERN_PROC_PID:
		return p.PID == arg, true
	case abi.KERN_PROC_PGRP:
		return p.Pgrp != nil && p.Pgrp.ID == arg, true
	case abi.KERN_PROC_SESSION:
		return p.Pgrp != nil && p.Pgrp.Session.ID == arg, true
	case abi.KERN_PROC_TTY:
		dev := noDev
		if p.Pgrp != nil && p.Flags&PFControlT != 0 {
			dev = p.Pgrp.Session.ttyDev()
		}
		return dev == uint32(arg), true
	case abi.KERN_PROC_UID:
		return p.Cred.Euid == uint32(arg), true
	case abi.KERN_PROC_RUID:
		return p.Cred.Ruid == uint32(arg), true
	case abi.KERN_PROC_GID:
		return p.Cred.Egid == uint32(arg), true
	case abi.KERN_PROC_RGID:
		return p.Cred.Rgid == uint32(arg), true
	}
	return false, false
}

// kernProc refuses: struct kinfo_proc is the kernel's own struct proc, which we do not have.
func kernProc(r *SysctlReq) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	return abi.EOPNOTSUPP
}

// kernProc2 is kern.proc2.<op>.<arg>.<size of an element>.<number of elements>. Errors: EINVAL, ENOMEM.
func kernProc2(r *SysctlReq) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if len(r.Name) != 4 {
		return abi.EINVAL
	}
	w := r.array(uint64(uint32(r.Name[2])), uint64(uint32(r.Name[3])))
	for _, p := range r.L.K.allProcs() {
		match, ok := procMatch(p, r.Name[0], r.Name[1])
		if !ok {
			return abi.EINVAL
		}
		if !match {
			continue
		}
		if err := w.put(p.Kinfo()); err != abi.OK {
			return err
		}
	}
	return w.end(slop * uint64(r.L.Model().Sizeof(abi.KinfoProc2{})))
}

// kinfo fills in struct kinfo_lwp (fill_lwp).
func (l *LWP) kinfo() *abi.KinfoLwp {
	p := l.Proc
	k := &abi.KinfoLwp{Lid: l.ID, Flag: abi.L_INMEM, Stat: l.stat(), Pid: uint32(p.PID), Priority: 43, Usrpri: 43, Pctcpu: p.pcpu()}
	if l.Detached {
		k.Flag |= abi.L_DETACHED
	}
	if l.sleepIn {
		k.Flag |= abi.L_SINTR
	}
	if l.Wmesg != "" {
		k.Wchan = 1
	}
	copy(k.Wmesg[:len(k.Wmesg)-1], l.Wmesg)
	copy(k.Name[:len(k.Name)-1], l.Name)
	k.RtimeSec, k.RtimeUsec = secUsec(l.CPUTime())
	return k
}

// initLWP is the thread that process 1, which is nbemu itself, would have: it waits for children.
func initLWP() *abi.KinfoLwp {
	k := &abi.KinfoLwp{Lid: 1, Flag: abi.L_INMEM | abi.L_SINTR, Stat: abi.LSSLEEP, Pid: 1, Priority: 43, Usrpri: 43, Wchan: 1}
	copy(k.Wmesg[:], "wait")
	return k
}

// kernLwp is kern.lwp.<pid>.<size of an element>.<number of elements>; pid -1 is all processes. Errors:
// EINVAL, ESRCH, ENOMEM.
func kernLwp(r *SysctlReq) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if r.New != 0 || len(r.Name) != 3 || r.Name[1] <= 0 || r.Name[2] < 0 {
		return abi.EINVAL
	}
	procs := r.L.K.allProcs()
	if pid := r.Name[0]; pid != -1 {
		p := r.L.K.Pfind(pid)
		if p == nil {
			return abi.ESRCH
		}
		procs = []*Proc{p}
	}
	w := r.array(uint64(r.Name[1]), uint64(r.Name[2]))
	for _, p := range procs {
		if p.PID == 1 {
			if err := w.put(initLWP()); err != abi.OK {
				return err
			}
		}
		for _, l := range p.LWPs {
			if err := w.put(l.kinfo()); err != abi.OK {
				return err
			}
		}
	}
	return w.end(slop * uint64(r.L.Model().Sizeof(abi.KinfoLwp{})))
}

// kernProcArgs is kern.proc_args.<pid>.<what>. Errors: EINVAL, ESRCH, ENOENT, EPERM, EFAULT, ENOSPC for a path
// that does not fit.
func kernProcArgs(r *SysctlReq) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if r.New != 0 || len(r.Name) != 2 {
		return abi.EINVAL
	}
	pid, what := r.Name[0], r.Name[1]
	switch what {
	case abi.KERN_PROC_PATHNAME, abi.KERN_PROC_CWD:
		p, err := r.findProc(pid)
		if err != abi.OK {
			return err
		}
		path := strings.ReplaceAll(p.TextPath, "/./", "/")
		if what == abi.KERN_PROC_CWD {
			if r.L.K.ProcCwd == nil {
				return abi.EOPNOTSUPP
			}
			if path, err = r.L.K.ProcCwd(p); err != abi.OK {
				return err
			}
		}
		if path == "" {
			return abi.ENOENT
		}
		return r.path(path)
	case abi.KERN_PROC_ARGV, abi.KERN_PROC_NARGV, abi.KERN_PROC_ENV, abi.KERN_PROC_NENV:
	default:
		return abi.EINVAL
	}
	p, err := r.findProc(pid)
	if err != abi.OK {
		return abi.EINVAL
	}
	count := what == abi.KERN_PROC_NARGV || what == abi.KERN_PROC_NENV
	if env := what == abi.KERN_PROC_ENV || what == abi.KERN_PROC_NENV; env && !r.L.Proc.Cred.CanTrace(p.Cred) {
		return abi.EPERM
	}
	if r.Old == 0 {
		r.OldLen = argMax
		if count {
			r.OldLen = 4
		}
		return abi.OK
	}
	vec, n, err := p.argVector(what == abi.KERN_PROC_ENV || what == abi.KERN_PROC_NENV)
	if err != abi.OK {
		return err
	}
	if count {
		r.OldLen = 4
		return r.L.CopyoutInt32(r.Old, n)
	}
	out, err := p.procStrings(vec, n, r.OldLen)
	if err != abi.OK {
		return err
	}
	r.OldLen = uint64(len(out))
	return r.L.Copyout(out, r.Old)
}

// path returns a string as fill_pathname does.
func (r *SysctlReq) path(s string) abi.Errno {
	b := append([]byte(s), 0)
	room := r.OldLen
	r.OldLen = uint64(len(b))
	if r.Old == 0 {
		return abi.OK
	}
	if err := r.L.Copyout(b[:min(uint64(len(b)), room)], r.Old); err != abi.OK {
		return err
	}
	if room < uint64(len(b)) {
		return abi.ENOSPC
	}
	return abi.OK
}

// ProcArgs returns the arguments of a process, or its environment: each string with its NUL, as far as limit bytes
// have room (copy_procargs). Errors: EINVAL for a process that has none, EFAULT, EIO.
func (p *Proc) ProcArgs(env bool, limit uint64) ([]byte, abi.Errno) {
	vec, n, err := p.argVector(env)
	if err != abi.OK {
		return nil, err
	}
	return p.procStrings(vec, n, limit)
}

// argVector finds argv or envp through ps_strings.
func (p *Proc) argVector(env bool) (vec uint64, n int32, err abi.Errno) {
	if p.VM == nil || p.PsStrings == 0 {
		return 0, 0, abi.EINVAL
	}
	var ps abi.PsStrings
	m := p.Model()
	b := make([]byte, m.Sizeof(ps))
	if err := p.VM.Copyin(b, p.PsStrings); err != abi.OK {
		return 0, 0, err
	}
	m.Unmarshal(b, &ps)
	if env {
		return uint64(ps.Envp), ps.Nenv, abi.OK
	}
	return uint64(ps.Argv), ps.Nargv, abi.OK
}

// procStrings reads the n strings of a vector in another process. A program may have shortened its own vector: a
// NULL ends it.
func (p *Proc) procStrings(vec uint64, n int32, limit uint64) ([]byte, abi.Errno) {
	if n < 0 {
		return nil, abi.EIO
	}
	m := p.Model()
	word := make([]byte, m.PtrSize)
	var out []byte
	for ; n > 0 && uint64(len(out)) < limit; n-- {
		if err := p.VM.Copyin(word, vec); err != abi.OK {
			return nil, err
		}
		vec += uint64(m.PtrSize)
		va := m.Ptr(word)
		if va == 0 {
			break
		}
		s, err := readString(p.VM, va, limit-uint64(len(out)))
		if err != abi.OK {
			return nil, err
		}
		out = append(out, s...)
	}
	return out, abi.OK
}

// readString reads a string with its NUL, or as much of it as limit allows.
func readString(vm *mem.Space, va, limit uint64) (s []byte, err abi.Errno) {
	var page [mem.PageSize]byte
	for uint64(len(s)) < min(limit, argMax) {
		b := page[:min(mem.PageSize-va%mem.PageSize, limit-uint64(len(s)))]
		if err = vm.Copyin(b, va); err != abi.OK {
			return nil, err
		}
		if i := bytes.IndexByte(b, 0); i >= 0 {
			return append(s, b[:i+1]...), abi.OK
		}
		s = append(s, b...)
		va += uint64(len(b))
	}
	return s, abi.OK
}

// fileType is DTYPE_* of an open file.
func (f *File) fileType() uint32 {
	switch f.Ops.Type() {
	case "vnode":
		return abi.DTYPE_VNODE
	case "socket":
		return abi.DTYPE_SOCKET
	case "pipe":
		return abi.DTYPE_PIPE
	case "kqueue":
		return abi.DTYPE_KQUEUE
	case "mqueue":
		return abi.DTYPE_MQUEUE
	case "sem":
		return abi.DTYPE_SEM
	}
	return abi.DTYPE_MISC
}

// kernFile2 is kern.file2.<op>.<arg>.<size of an element>.<number of elements>: open files, each once, or
// descriptors of a process (-1: of all). Errors: EINVAL, EOPNOTSUPP.
func kernFile2(r *SysctlReq) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if len(r.Name) != 4 || r.Name[2] < 1 || r.Name[3] < 0 {
		return abi.EINVAL
	}
	op, arg := r.Name[0], r.Name[1]
	if op != abi.KERN_FILE_BYFILE && op != abi.KERN_FILE_BYPID ||
		op == abi.KERN_FILE_BYFILE && arg != 0 || op == abi.KERN_FILE_BYPID && arg < -1 {
		return abi.EINVAL
	}
	count := uint64(r.Name[3])
	if r.Name[3] == math.MaxInt32 {
		count = math.MaxUint64
	}
	w := r.array(uint64(r.Name[2]), count)
	seen := map[*File]uint64{}
	for _, p := range r.L.K.allProcs() {
		if arg > 0 && p.PID != arg || p.Zombie {
			continue
		}
		for _, fd := range p.Fd.Fds() {
			f := p.Fd.Get(fd)
			id, again := seen[f]
			if !again {
				id = uint64(len(seen) + 1)
				seen[f] = id
			}
			if again && op == abi.KERN_FILE_BYFILE {
				continue
			}
			k := &abi.KinfoFile{Fileaddr: id, Fdata: id, Flag: uint32(f.Flag), Ftype: f.fileType(), Count: uint32(f.count),
				Usecount: uint32(f.users), Foffset: uint64(f.Offset), Pid: uint32(p.PID), Fd: fd}
			if f.Cred != nil {
				k.Fuid, k.Fgid = f.Cred.Euid, f.Cred.Egid
			}
			if p.Fd.Cloexec(fd) {
				k.Ofileflags = 1
			}
			if err := w.put(k); err != abi.OK {
				return err
			}
		}
	}
	r.OldLen = w.needed
	if r.Old == 0 {
		r.OldLen += abi.KERN_FILESLOP * w.elem
	}
	return abi.OK
}

// limitNames are the names below proc.<pid>.rlimit, by RLIMIT_ number.
var limitNames = [abi.RLIM_NLIMITS]string{"cputime", "filesize", "datasize", "stacksize", "coredumpsize", "memoryuse",
	"memorylocked", "maxproc", "descriptors", "sbsize", "vmemoryuse", "maxlwp"}

func sysctlProc() []*SysctlNode {
	var limits []*SysctlNode
	for i, name := range limitNames {
		leaf := func(num int32, name string) *SysctlNode {
			return &SysctlNode{Num: num, Name: name, Desc: "The " + name + " limit", Flags: abi.CTLTYPE_QUAD | abi.CTLFLAG_ANYWRITE | abi.CTLFLAG_READWRITE, Func: procLimit}
		}
		limits = append(limits, ctlNode(int32(i+1), name, "Limits of one resource",
			leaf(abi.PROC_PID_LIMIT_TYPE_SOFT, "soft"), leaf(abi.PROC_PID_LIMIT_TYPE_HARD, "hard")))
	}
	flag := func(num int32, name, desc string) *SysctlNode {
		return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_INT | abi.CTLFLAG_ANYWRITE | abi.CTLFLAG_READWRITE, Func: procStop}
	}
	return []*SysctlNode{ctlNode(abi.PROC_CURPROC, "curproc", "Settings of a process",
		&SysctlNode{Num: abi.PROC_PID_CORENAME, Name: "corename", Desc: "Name of its core file",
			Flags: abi.CTLTYPE_STRING | abi.CTLFLAG_ANYWRITE | abi.CTLFLAG_READWRITE, Size: maxPathLen, Func: procCorename},
		ctlNode(abi.PROC_PID_LIMIT, "rlimit", "Limits", limits...),
		flag(abi.PROC_PID_STOPFORK, "stopfork", "Whether it stops when it forks"),
		flag(abi.PROC_PID_STOPEXEC, "stopexec", "Whether it stops when it executes a program"),
		flag(abi.PROC_PID_STOPEXIT, "stopexit", "Whether it stops when it exits"),
	).with(abi.CTLFLAG_ANYNUMBER)}
}

// namedProc is the process in proc.<pid>… Errors: EINVAL, ESRCH.
func (r *SysctlReq) namedProc() (*Proc, abi.Errno) {
	if len(r.Name) != 0 || len(r.Path) < 3 {
		return nil, abi.EINVAL
	}
	if r.Path[1] == abi.PROC_CURPROC {
		return r.L.Proc, abi.OK
	}
	return r.findProc(r.Path[1])
}

func procLimit(r *SysctlReq) abi.Errno {
	p, err := r.namedProc()
	if err != abi.OK {
		return err
	}
	which := int(r.Path[len(r.Path)-2]) - 1
	lim := p.Limits[which]
	v := &lim.Cur
	if r.Node.Num == abi.PROC_PID_LIMIT_TYPE_HARD {
		v = &lim.Max
	}
	nv, err := r.Lookup(*v, true)
	if err != abi.OK || nv == nil {
		return err
	}
	*v = nv.(uint64)
	return p.SetLimit(r.L.Proc.Cred, which, lim)
}

// procCorename is the pattern of a process's core file (sysctl_proc_corename). Errors: EPERM; EINVAL for what does
// not end in a component "core" or ".core".
func procCorename(r *SysctlReq) abi.Errno {
	p, err := r.namedProc()
	if err != abi.OK {
		return err
	}
	if !r.L.Proc.Cred.CanTrace(p.Cred) {
		return abi.EPERM
	}
	v, err := r.Lookup(p.CoreName(), true)
	if err != abi.OK || v == nil {
		return err
	}
	name := v.(string)
	head, ok := strings.CutSuffix(name, "core")
	if !ok || head != "" && !strings.HasSuffix(head, "/") && !strings.HasSuffix(head, ".") {
		return abi.EINVAL
	}
	p.corename = name
	return abi.OK
}

// procStop is one of the flags stopfork, stopexec and stopexit, which a debugger would set. Only stopexec can be
// on. Errors: ESRCH, EPERM, EOPNOTSUPP.
func procStop(r *SysctlReq) abi.Errno {
	p, err := r.namedProc()
	if err != abi.OK {
		return err
	}
	var v int32
	isExec := r.Node.Num == abi.PROC_PID_STOPEXEC
	if isExec && p.Flags&PFStopExec != 0 {
		v = 1
	}
	nv, err := r.Lookup(v, true)
	if err != abi.OK || nv == nil {
		return err
	}
	switch on := nv.(int32) != 0; {
	case !r.L.Proc.Cred.CanTrace(p.Cred):
		return abi.EPERM
	case !isExec && on:
		return abi.EOPNOTSUPP
	case on:
		p.Flags |= PFStopExec
	case isExec:
		p.Flags &^= PFStopExec
	}
	return abi.OK
}

// StopExec stops the process, which has just executed a program, if somebody wants that.
func (p *Proc) StopExec() {
	if p.Flags&PFStopExec != 0 {
		p.clearPending(abi.SigsetOf(abi.SIGCONT))
		p.stop(abi.SIGSTOP)
	}
}
