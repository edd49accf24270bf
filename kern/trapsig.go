package kern

// TrapSignal sends the calling LWP a signal that its own instruction caused, for system-call entries that
// refuse an instruction. Preconditions: kernel lock.
func (l *LWP) TrapSignal(ksi *Ksiginfo) { l.trapsignal(ksi) }

// SyncICache makes code that the program wrote at [va, va+n) what it executes. What lies outside its address
// space does not matter.
func (l *LWP) SyncICache(va, n uint64) {
	vm := l.Proc.VM
	va = max(va, vm.Min)
	if va < vm.Max && n > 0 {
		vm.SyncCode(va, min(n, vm.Max-va))
	}
}
