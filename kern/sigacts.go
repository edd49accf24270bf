package kern

import "nbemu/abi"

// Sigacts are a process's dispositions (struct sigacts); vforked children have a copy of their own. They are 6 KB, and most
// children of fork never change them: a copy shares the table until one of the two does.
type Sigacts struct {
	Act    *[abi.MaxSig]Sigact // to be looked at; what changes it takes it from Own
	shared bool                // others may look at the same table
}

// Copy returns dispositions that begin as those of s (sigactsinit).
func (s *Sigacts) Copy() *Sigacts {
	s.shared = true
	return &Sigacts{Act: s.Act, shared: true}
}

// Own returns the table, to be changed.
func (s *Sigacts) Own() *[abi.MaxSig]Sigact {
	if s.shared {
		act := *s.Act
		s.Act, s.shared = &act, false
	}
	return s.Act
}

// newSigacts are the defaults: SA_RESTART is among them (siginit).
func newSigacts() *Sigacts {
	s := &Sigacts{Act: new([abi.MaxSig]Sigact)}
	s.reset()
	return s
}

// reset makes masks and flags the defaults, and leaves the handlers.
func (s *Sigacts) reset() {
	for i := range s.Own() {
		s.Act[i].Mask = abi.Sigset{}
		s.Act[i].Flags = abi.SA_RESTART
	}
}
