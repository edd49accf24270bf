package abi

// Accounting flags of a process (p_acflag, sys/acct.h).
const (
	AFORK   = 0x01
	ASU     = 0x02
	ACOMPAT = 0x04
	ACORE   = 0x08
	AXSIG   = 0x10
)
