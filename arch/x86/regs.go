// Package x86 has what amd64 and i386 share (sys/arch/x86).
//
// It is a part of nbemu and not for other modules: those import package machine.
package x86

// Indexes of Context.R on both machines, amd64's names: NetBSD's mcontext order, then the segment bases.
const (
	RDI = iota
	RSI
	RDX
	RCX
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
	RBP
	RBX
	RAX
	GS
	FS
	ES
	DS
	TRAPNO
	ERR
	RIP
	CS
	RFLAGS
	RSP
	SS
	FSBASE
	GSBASE
)
