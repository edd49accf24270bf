package machine

import "nbemu/kern"

// TraceLine is a line of Config.Trace: what one LWP did, in strace's words.
type TraceLine struct {
	PID, LWP int
	// Alone: it is the first LWP of the machine's first program, and there is no other process; strace leaves the
	// numbers out then.
	Alone bool
	Text  string // `open("/etc/motd", O_RDONLY) = 3`
}

func (m *Machine) setTrace() {
	f := m.cfg.Trace
	if f == nil {
		return
	}
	m.k.Config.Strace = func(l *kern.LWP, line string) {
		alone := l.Proc == m.k.First && l.ID == 1 && m.k.NProcs() == 1
		f(TraceLine{PID: int(l.Proc.PID), LWP: int(l.ID), Alone: alone, Text: line})
	}
}
