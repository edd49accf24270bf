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
