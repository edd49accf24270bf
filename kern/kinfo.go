package kern

import (
	"time"

	"nbemu/abi"
	"nbemu/mem"
)

// What ps(1) and fstat(1) show of processes, threads and open files, in the structures that sysctl gives out.

// Stat is the LWP's state, LSRUN and so on.
func (l *LWP) Stat() int8 {
	switch {
	case l.zombie:
		return abi.LSZOMB
	case l.stopped, l.traceStopped():
		return abi.LSSTOP
	case l.Suspended:
		return abi.LSSUSPENDED
	case l.Wmesg != "" && !l.woken:
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
	return uint32(min(float64(p.CPUTime())/float64(age), float64(len(p.LWPs)+1)) * FScale)
}

// activeLWP is the one that stands for the process (proc_active_lwp): one that runs, if there is one.
func (p *Proc) activeLWP() *LWP {
	var best *LWP
	for _, l := range p.LWPs {
		if l.zombie {
			continue
		}
		if s := l.Stat(); s == abi.LSONPROC || s == abi.LSRUN {
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

// NoDev is NODEV: no terminal.
const NoDev = ^uint32(0)

// TTYDev is the device number of a session's terminal, which vfs keeps.
func (s *Session) TTYDev() uint32 {
	if t, ok := s.TTY.(interface{ Rdev() uint64 }); ok {
		return uint32(t.Rdev())
	}
	return NoDev
}

func secUsec(d time.Duration) (sec, usec uint32) {
	return uint32(d / time.Second), uint32(d % time.Second / time.Microsecond)
}

// Kinfo fills in struct kinfo_proc2 (fill_kproc2). Addresses of kernel structures are 0.
func (p *Proc) Kinfo() *abi.KinfoProc2 {
	c := p.Cred
	k := &abi.KinfoProc2{
		Pid: p.PID, Ppid: p.Ppid(), Uid: c.Euid, Ruid: c.Ruid, Gid: c.Egid, Rgid: c.Rgid, Svuid: c.Svuid, Svgid: c.Svgid,
		Flag: p.kinfoFlags(), Exitsig: int32(abi.SIGCHLD), Tdev: NoDev, Tpgid: -1, Ngroups: int16(len(c.Groups)),
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
	k.Uticks, k.Sticks = uint64(cpu/(time.Second/ClockHz)), uint64(p.ru.Sys/(time.Second/ClockHz))
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
			k.Tdev = s.TTYDev()
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
		l := InitKinfo()
		k.Nlwps, k.Stat, k.Wchan, k.Flag = 1, l.Stat, l.Wchan, k.Flag|abi.L_SINTR
		copy(k.Wmesg[:], l.Wmesg[:])
	}
	if l := p.activeLWP(); l != nil {
		k.Stat = l.Stat()
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
		if s := l.Stat(); s == abi.LSONPROC || s == abi.LSRUN {
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

// Kinfo fills in struct kinfo_lwp (fill_lwp).
func (l *LWP) Kinfo() *abi.KinfoLwp {
	p := l.Proc
	k := &abi.KinfoLwp{Lid: l.ID, Flag: abi.L_INMEM, Stat: l.Stat(), Pid: uint32(p.PID), Priority: 43, Usrpri: 43, Pctcpu: p.pcpu()}
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

// InitKinfo is the thread that process 1, which is nbemu itself, would have: it waits for children.
func InitKinfo() *abi.KinfoLwp {
	k := &abi.KinfoLwp{Lid: 1, Flag: abi.L_INMEM | abi.L_SINTR, Stat: abi.LSSLEEP, Pid: 1, Priority: 43, Usrpri: 43, Wchan: 1}
	copy(k.Wmesg[:], "wait")
	return k
}

// FileType is DTYPE_* of an open file.
func (f *File) FileType() uint32 {
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

// Kinfo fills in struct kinfo_file, as the descriptor fd of p.
func (f *File) Kinfo(p *Proc, fd int32) *abi.KinfoFile {
	k := &abi.KinfoFile{Fileaddr: f.Serial, Fdata: f.Serial, Flag: uint32(f.Flag), Ftype: f.FileType(), Count: uint32(f.count), Usecount: uint32(f.users),
		Foffset: uint64(f.Offset), Pid: uint32(p.PID), Fd: fd}
	if f.Cred != nil {
		k.Fuid, k.Fgid = f.Cred.Euid, f.Cred.Egid
	}
	if p.Fd.Cloexec(fd) {
		k.Ofileflags = 1
	}
	return k
}
