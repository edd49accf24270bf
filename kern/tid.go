package kern

// Numbers that some emulations give to threads: they come from the same range as those of processes, so that
// none is ever both.
var reservedIDs = map[int32]bool{}

// ReserveID takes a number that no process has or will get until ReleaseID.
func ReserveID() int32 {
	n := allocPID()
	reservedIDs[n] = true
	return n
}

// ReleaseID gives a number of ReserveID back.
func ReleaseID(n int32) { delete(reservedIDs, n) }

// NCPU is how many processors there are.
func NCPU() int { return ncpu() }
