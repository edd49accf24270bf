package kern

import "slices"

// ReserveID takes a number that no process has or will get until ReleaseID.
func (k *Kernel) ReserveID() int32 {
	n := k.allocPID()
	k.reservedIDs[n] = true
	return n
}

// ReleaseID gives a number of ReserveID back.
func (k *Kernel) ReleaseID(n int32) { delete(k.reservedIDs, n) }

// allocLID gives the number of a new LWP. Since NetBSD 10 it comes from the table of processes (proc_alloc_lwpid): an LWP
// has its process's number if no other one of it has, so that the first one always does, and others have numbers of their
// own that no process has. Before, each process counted its own from 1.
func (p *Proc) allocLID() int32 {
	if p.K.Config.OwnLIDs {
		p.nextLID++
		return p.nextLID
	}
	if !slices.ContainsFunc(p.LWPs, func(l *LWP) bool { return l.ID == p.PID }) {
		return p.PID
	}
	return p.K.ReserveID()
}

// freeLID gives back the number of an LWP of which nothing is left (proc_free_lwpid).
func (l *LWP) freeLID() {
	if !l.K.Config.OwnLIDs && l.ID != l.Proc.PID {
		l.K.ReleaseID(l.ID)
	}
}

// execLIDs is for exec, when l is the only LWP left: before NetBSD 10 it became number 1.
func (l *LWP) execLIDs() {
	p := l.Proc
	for _, o := range p.LWPs {
		if o != l {
			o.freeLID()
		}
	}
	p.LWPs = []*LWP{l}
	if p.K.Config.OwnLIDs {
		l.ID, p.nextLID = 1, 1
	}
}

// NCPU is how many processors there are.
func (k *Kernel) NCPU() int { return k.ncpu() }

// PidMax is the largest number that a process gets.
const PidMax = 10 * maxPID

// LastPID is the number that a process got last, and SetLastPID has the next one get the number after n, if that is
// free.
func (k *Kernel) LastPID() int32     { return k.nextPID - 1 }
func (k *Kernel) SetLastPID(n int32) { k.nextPID = n + 1 }
