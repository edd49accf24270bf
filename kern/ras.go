package kern

import (
	"slices"

	"nbemu/abi"
)

// Restartable atomic sequences (kern_ras.c): pieces of a program that begin anew when the LWP that is in them loses
// the processor or takes a signal, so that they are atomic for the LWPs of one process.
//
// A process's sequences are looked at without the kernel lock by the one of its LWPs that has a processor, and
// changed by it: at most one has, because LWPs of a process with sequences take turns.

// rasPerProc is MAX_RAS_PER_PROC.
const rasPerProc = 16

type ras struct{ start, end uint64 }

// RasInstall registers a sequence. Errors: EINVAL for addresses that are none, or too many sequences; EEXIST for one
// that overlaps another.
func (l *LWP) RasInstall(addr, n uint64) abi.Errno {
	l.takeTurns() // what it is for works on one processor only
	p := l.Proc
	end := addr + n
	if a := p.Arch; n == 0 || addr < a.MinAddr || addr > a.UserMax || end > a.UserMax || end < addr {
		return abi.EINVAL
	}
	for i, r := range p.ras {
		if i+1 >= rasPerProc {
			return abi.EINVAL
		}
		if addr < r.end && end > r.start {
			return abi.EEXIST
		}
	}
	p.ras = append(p.ras, ras{addr, end})
	return abi.OK
}

// RasPurge removes the sequence with just these bounds. Error: ESRCH.
func (l *LWP) RasPurge(addr, n uint64) abi.Errno {
	p := l.Proc
	i := slices.Index(p.ras, ras{addr, addr + n})
	if i < 0 {
		return abi.ESRCH
	}
	p.ras = slices.Delete(p.ras, i, i+1)
	return abi.OK
}

// RasPurgeAll removes all sequences.
func (l *LWP) RasPurgeAll() { l.Proc.ras = nil }

// rasRestart sends an LWP that is within a sequence back to its beginning.
func (l *LWP) rasRestart() {
	p := l.Proc
	if len(p.ras) == 0 {
		return
	}
	pc := l.Ctx.R[p.Arch.PC]
	for _, r := range p.ras {
		if pc > r.start && pc < r.end {
			l.Ctx.R[p.Arch.PC] = r.start
			if npc := p.Arch.NPC; npc != 0 {
				l.Ctx.R[npc] = r.start + 4
			}
			return
		}
	}
}

// InRas says that va lies within a sequence, where a tracer may not write (ras_lookup).
func (p *Proc) InRas(va uint64) bool {
	return slices.ContainsFunc(p.ras, func(r ras) bool { return va > r.start && va < r.end })
}
