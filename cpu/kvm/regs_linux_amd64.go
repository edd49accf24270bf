package kvm

// Indexes of Context.R, in the order of cpu/engine/nb_x86.c.
const (
	regRDI = iota
	regRSI
	regRDX
	regRCX
	regR8
	regR9
	regR10
	regR11
	regR12
	regR13
	regR14
	regR15
	regRBP
	regRBX
	regRAX
	regGS
	regFS
	regES
	regDS
	_
	_
	regRIP
	regCS
	regRFLAGS
	regRSP
	regSS
	regFSBASE
	regGSBASE
)
