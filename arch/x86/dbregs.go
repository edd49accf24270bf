package x86

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/signals"
)

// Debug registers as PT_GETDBREGS shows them (sys/arch/x86/x86/dbregs.c): words of the machine, of which the first eight
// have a meaning.
const (
	drStatus  = 6
	drControl = 7

	// drGlobal are the bits that switch places on as a kernel does, for all programs; NetBSD looks at these only when it
	// decides what a trap was.
	drGlobal = 0xaa
)

// DBRegs is struct dbreg, of so many words of n bytes.
func DBRegs(get int32, words, n int) signals.RegSet {
	return signals.RegSet{
		Name: "dbreg", Get: get, Size: words * n,
		Read:  func(l *kern.LWP, b []byte) { readDBRegs(l, b, n) },
		Write: func(l *kern.LWP, b []byte) abi.Errno { return writeDBRegs(l, b, n) },
	}
}

// readDBRegs is process_read_dbregs for words of n bytes.
func readDBRegs(l *kern.LWP, b []byte, n int) {
	m := l.Model()
	d := &l.Ctx.Debug
	clear(b)
	for i, a := range d.Addr {
		m.PutUint(b[n*i:], n, a)
	}
	m.PutUint(b[n*drStatus:], n, d.Status|cpu.DebugStatus)
	m.PutUint(b[n*drControl:], n, d.Control|cpu.DebugControl)
}

// writeDBRegs is process_write_dbregs. Error: EINVAL for an address that is not the program's.
func writeDBRegs(l *kern.LWP, b []byte, n int) abi.Errno {
	m := l.Model()
	var d cpu.Debug
	for i := range d.Addr {
		if d.Addr[i] = m.Uint(b[n*i:], n); d.Addr[i] > l.Proc.Arch.UserMax {
			return abi.EINVAL
		}
	}
	d.Status, d.Control = m.Uint(b[n*drStatus:], n)&^cpu.DebugStatus, m.Uint(b[n*drControl:], n)
	l.Ctx.Debug = d
	return abi.OK
}

// debugTrap says what a debug trap was (x86_dbregs_user_trap).
func debugTrap(l *kern.LWP, ksi *kern.Ksiginfo) {
	if l.Ctx.Error != 0 && l.Ctx.Debug.Control&drGlobal != 0 {
		ksi.Code = abi.TRAP_DBREG
	}
}
