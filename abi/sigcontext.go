package abi

// SigsetOf13 is a set of the first 32 signals; Set13 is the other way.
func SigsetOf13(m uint32) Sigset { return Sigset{m} }

// Set13 is what NetBSD 1.3 knows of a set.
func (s Sigset) Set13() uint32 { return s[0] }
