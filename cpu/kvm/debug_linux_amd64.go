package kvm

import "nbemu/cpu"

// debugRegs is struct kvm_debugregs.
type debugRegs struct {
	db       [4]uint64
	dr6, dr7 uint64
	_        [10]uint64
}

// What a program's control register may say: what is looked for where, nothing about the registers themselves.
const debugControlUser = 0xffff03ff

// loadDebug gives the processor c's debug registers, if there is something in them or was.
func (e *engine) loadDebug(c *cpu.Context) error {
	d := c.Debug
	d.Past = 0
	if !d.Armed() || e.m.quirks.noDebug {
		d = cpu.Debug{}
	}
	if d == e.debug {
		return nil
	}
	r := debugRegs{db: d.Addr, dr6: cpu.DebugStatus, dr7: d.Control&debugControlUser | cpu.DebugControl}
	for i, addr := range d.Addr {
		// Nothing of ring 0's.
		if addr>>47 != 0 || e.bits32 && addr>>32 != 0 {
			r.db[i] = 0
			r.dr7 &^= 3 << (2 * i)
		}
	}
	if err := ioctlp(e.v.fd, ioSetDebugRegs, &r); err != nil {
		return err
	}
	e.debug = d
	return nil
}

// debugTrap is a trap of the trace flag or the debug registers. Error has a bit for each place that was met.
func (e *engine) debugTrap(c *cpu.Context) bool {
	c.Trap, c.Vector, c.Error = cpu.TrapException, vecDB, 0
	if !c.Debug.Armed() || e.m.quirks.noDebug {
		return false
	}
	var r debugRegs
	if err := ioctlp(e.v.fd, ioGetDebugRegs, &r); err != nil {
		return e.broken(c, err.Error())
	}
	c.Debug.Status |= r.dr6 & (cpu.DebugHits | cpu.DebugStep)
	c.Error = uint32(r.dr6 & cpu.DebugHits)
	e.debug.Past = 1 // what the processor notes is to be cleared before the next
	return false
}
