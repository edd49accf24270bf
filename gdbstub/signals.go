package gdbstub

// gdb numbers signals its own way (include/gdb/signals.def): up to SIGPROF as NetBSD does, then apart.
const (
	gdbRealtime33 = 45
	gdbRealtime63 = 75
	gdbInfo       = 142
	gdbUnknown    = 143

	nbWinch = 28
	nbInfo  = 29
	nbPwr   = 32
	nbRTMin = 33
	nbRTMax = 63
)

func toGDB(sig int) int {
	switch {
	case sig <= nbWinch:
		return sig
	case sig == nbInfo:
		return gdbInfo
	case sig <= nbPwr: // SIGUSR1, SIGUSR2, SIGPWR
		return sig
	case sig <= nbRTMax:
		return gdbRealtime33 + sig - nbRTMin
	}
	return gdbUnknown
}

// fromGDB is 0 for what NetBSD does not have.
func fromGDB(sig int) int {
	switch {
	case sig == 29: // GDB_SIGNAL_LOST
		return 0
	case sig <= nbPwr:
		return sig
	case sig == gdbInfo:
		return nbInfo
	case sig >= gdbRealtime33 && sig <= gdbRealtime63:
		return sig - gdbRealtime33 + nbRTMin
	}
	return 0
}
