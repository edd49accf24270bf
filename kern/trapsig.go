package kern

// TrapSignal sends the calling LWP a signal that its own instruction caused, for system-call entries that
// refuse an instruction. Preconditions: kernel lock.
func (l *LWP) TrapSignal(ksi *Ksiginfo) { l.trapsignal(ksi) }
