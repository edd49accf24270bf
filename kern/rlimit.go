package kern

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// NLimits is how many resource limits the kernel's release has (RLIM_NLIMITS).
func (k *Kernel) NLimits() int {
	if n := k.Config.NLimits; n != 0 {
		return n
	}
	return abi.RLIM_NLIMITS
}

// SetLimit changes a resource limit of p on behalf of somebody (dosetrlimit). Values are cut to what the
// machine can give. Errors: EINVAL for a soft limit over the hard one or a stack smaller than it is, EPERM for
// who may not raise a hard limit, or not touch the process.
func (p *Proc) SetLimit(c *Cred, which int, lim abi.Rlimit) abi.Errno {
	if which < 0 || which >= p.K.NLimits() || lim.Cur > lim.Max {
		return abi.EINVAL
	}
	old := p.Limits[which]
	if lim == old {
		return abi.OK
	}
	if !c.IsRoot() && (c.Ruid != p.Cred.Ruid || c.Ruid != p.Cred.Svuid || lim.Max > old.Max) {
		return abi.EPERM
	}
	top := uint64(abi.RLIM_INFINITY)
	switch which {
	case abi.RLIMIT_DATA:
		top = p.Arch.MaxData
	case abi.RLIMIT_STACK:
		top = p.Arch.MaxStack
	case abi.RLIMIT_NOFILE:
		top = MaxFiles
	case abi.RLIMIT_NPROC:
		top = MaxProc
	case abi.RLIMIT_NTHR:
		top = defaultLimits(p.Arch)[abi.RLIMIT_NTHR].Max
	}
	lim.Cur, lim.Max = min(lim.Cur, top), min(lim.Max, top)
	if which == abi.RLIMIT_STACK {
		page := p.Arch.PageSize
		lim.Cur, lim.Max = (lim.Cur+page-1)&^(page-1), (lim.Max+page-1)&^(page-1)
		if err := p.resizeStack(old.Cur, lim.Cur); err != abi.OK {
			return err
		}
	}
	p.Limits[which] = lim
	p.watchCPULimit()
	return abi.OK
}

// CutLimits takes data and stack down to what a's programs can have, for a program of a that begins on a kernel of larger
// machines (netbsd32_adjust_limits). Who has none keeps that.
func (p *Proc) CutLimits(a *cpu.Arch) {
	c := *p.Limits
	for _, lim := range []struct {
		which int
		most  uint64
	}{{abi.RLIMIT_DATA, a.MaxData}, {abi.RLIMIT_STACK, a.MaxStack}} {
		for _, v := range []*uint64{&c[lim.which].Cur, &c[lim.which].Max} {
			if *v != abi.RLIM_INFINITY {
				*v = min(*v, lim.most)
			}
		}
	}
	if c != *p.Limits {
		p.Limits = &c
	}
}

// resizeStack makes as much of the stack accessible as the new limit says: all that there could be was mapped
// at exec. Error: EINVAL for less than is in use.
func (p *Proc) resizeStack(old, new uint64) abi.Errno {
	if p.VM == nil || old == new {
		return abi.OK
	}
	// The stack is the run of entries of that name.
	var lo, top uint64
	for _, e := range p.VM.Maps() {
		switch {
		case e.Name != "stack":
			continue
		case e.Start != top:
			lo = e.Start
		}
		top = e.End
	}
	if lo == 0 {
		return abi.OK
	}
	old, new = min(old, top-lo), min(new, top-lo)
	if new > old {
		return p.VM.Protect(top-new, new-old, mem.ProtRead|mem.ProtWrite)
	}
	for _, l := range p.LWPs {
		if sp := l.Ctx.R[p.Arch.SP]; sp >= lo && sp < top-new {
			return abi.EINVAL
		}
	}
	return p.VM.Protect(top-old, old-new, 0)
}
