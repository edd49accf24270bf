package linux

import "nbemu/kern"

type seccompFilters struct{}

func (*seccompFilters) active() bool                            { return false }
func seccompEntry(l *kern.LWP, f *traceForm, c *callState) bool { return true }
