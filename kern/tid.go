package kern

// ReserveID takes a number that no process has or will get until ReleaseID.
func (k *Kernel) ReserveID() int32 {
	n := k.allocPID()
	k.reservedIDs[n] = true
	return n
}

// ReleaseID gives a number of ReserveID back.
func (k *Kernel) ReleaseID(n int32) { delete(k.reservedIDs, n) }

// NCPU is how many processors there are.
func (k *Kernel) NCPU() int { return k.ncpu() }

// PidMax is the largest number that a process gets.
const PidMax = 10 * maxPID

// LastPID is the number that a process got last, and SetLastPID has the next one get the number after n, if that is
// free.
func (k *Kernel) LastPID() int32     { return k.nextPID - 1 }
func (k *Kernel) SetLastPID(n int32) { k.nextPID = n + 1 }
