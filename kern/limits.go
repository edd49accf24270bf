package kern

import (
	"time"

	"nbemu/abi"
	"nbemu/cpu"
)

// Limits are a process's resource limits, by RLIMIT_ number.
type Limits [abi.RLIM_NLIMITS]abi.Rlimit

func defaultLimits(a *cpu.Arch) *Limits {
	var l Limits
	for i := range l {
		l[i] = abi.Rlimit{Cur: abi.RLIM_INFINITY, Max: abi.RLIM_INFINITY}
	}
	l[abi.RLIMIT_DATA] = abi.Rlimit{Cur: a.DflData, Max: a.MaxData}
	l[abi.RLIMIT_STACK] = abi.Rlimit{Cur: a.DflStack, Max: a.MaxStack}
	l[abi.RLIMIT_NOFILE] = abi.Rlimit{Cur: 1024, Max: 3404}
	l[abi.RLIMIT_NPROC] = abi.Rlimit{Cur: 1024, Max: MaxProc}
	l[abi.RLIMIT_NTHR] = abi.Rlimit{Cur: 2048, Max: 8192}
	return &l
}

// cutStack takes the stack's limit down to the largest stack that a has, as setrlimit(2) would.
func cutStack(l *Limits, a *cpu.Arch) {
	s := &l[abi.RLIMIT_STACK]
	s.Cur, s.Max = min(s.Cur, a.MaxStack), min(s.Max, a.MaxStack)
}

// AdoptMachine gives a process that has no program yet the limits of a's machines. Limits that PresetLimit has set stay.
// On a kernel for one machine there is nothing to adopt.
func (p *Proc) AdoptMachine(a *cpu.Arch) {
	if p.Emul != nil || p.K.Config.Native != nil || p.Arch == a {
		return
	}
	l := defaultLimits(a)
	l[abi.RLIMIT_CORE] = p.Limits[abi.RLIMIT_CORE]
	for which, lim := range p.preset {
		l[which] = lim
	}
	cutStack(l, a)
	p.Arch, p.Limits = a, l
}

// Native is the machine whose kernel p runs on: the one that the kernel was made for or, on a kernel for all machines,
// that of p's program.
func (p *Proc) Native() *cpu.Arch {
	if a := p.K.Config.Native; a != nil {
		return a
	}
	return p.Arch
}

// KernelModel is the data model of the kernel's own structures, as files have them that it writes: the program's, but for
// one of 32 bits on a kernel of 64.
func (l *LWP) KernelModel() *abi.Model {
	if n := l.K.Config.Native; n != nil && n.Model.LP64() && !l.Model().LP64() {
		return n.Model
	}
	return l.Model()
}

// Rusage is what a process has used.
type Rusage struct {
	CPU      time.Duration // in both modes
	Sys      time.Duration
	Maxrss   int64
	Minflt   int64
	Inblock  int64
	Oublock  int64
	Nsignals int64
	Nvcsw    int64
	Nivcsw   int64
}

func (r *Rusage) add(o *Rusage) {
	r.CPU += o.CPU
	r.Sys += o.Sys
	r.Maxrss = max(r.Maxrss, o.Maxrss)
	r.Minflt += o.Minflt
	r.Inblock += o.Inblock
	r.Oublock += o.Oublock
	r.Nsignals += o.Nsignals
	r.Nvcsw += o.Nvcsw
	r.Nivcsw += o.Nivcsw
}

// seconds are the whole seconds that siginfo tells of.
func (r *Rusage) seconds() (user, system uint32) {
	return uint32(r.CPU / time.Second), uint32(r.Sys / time.Second)
}

func (r *Rusage) addCPU(l *LWP) {
	r.CPU = l.Proc.CPUTime()
	if vm := l.Proc.VM; vm != nil {
		r.Minflt = int64(vm.MinFlt.Load())
		r.Maxrss = max(r.Maxrss, int64(vm.MinFlt.Load())*4)
	}
}

func timeval(d time.Duration) abi.Timeval {
	var tv abi.Timeval
	tv.Sec = int64(d / time.Second)
	tv.Usec = int32(d % time.Second / time.Microsecond)
	return tv
}

func (r *Rusage) abi() abi.Rusage {
	var o abi.Rusage
	o.Utime, o.Stime = timeval(r.CPU-r.Sys), timeval(r.Sys)
	o.Counts.Maxrss = abi.Long(r.Maxrss)
	o.Counts.Minflt = abi.Long(r.Minflt)
	o.Counts.Inblock, o.Counts.Oublock = abi.Long(r.Inblock), abi.Long(r.Oublock)
	o.Counts.Nsignals = abi.Long(r.Nsignals)
	o.Counts.Nvcsw, o.Counts.Nivcsw = abi.Long(r.Nvcsw), abi.Long(r.Nivcsw)
	return o
}

// Getrusage is what the process, or with children its waited-for children, have used.
func (p *Proc) Getrusage(children bool) abi.Rusage {
	if children {
		return p.cru.abi()
	}
	ru := p.ru
	ru.CPU = p.CPUTime()
	ru.Minflt = int64(p.VM.MinFlt.Load())
	ru.Maxrss = max(ru.Maxrss, int64(p.VM.MinFlt.Load())*4)
	return ru.abi()
}

// Switches is how often the process gave its processor away, and had it taken.
func (p *Proc) Switches() int64 { return p.ru.Nvcsw + p.ru.Nivcsw }

// SystemTime is the processor time of its LWPs in the kernel, of CPUTime.
func (p *Proc) SystemTime() time.Duration { return p.ru.Sys }
