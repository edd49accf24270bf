package kern

// TrapSignal sends the calling LWP a signal that its own instruction caused, for system-call entries that
// refuse an instruction. Preconditions: kernel lock.
func (l *LWP) TrapSignal(ksi *Ksiginfo) { l.trapsignal(ksi) }

// SyncICache makes code that the program wrote at [va, va+n) what it executes. The engines notice each store to
// translated code, as a processor with coherent caches does, so that nothing is left to do.
func (l *LWP) SyncICache(va, n uint64) {}
