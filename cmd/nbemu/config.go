package main

import (
	"nbemu/compat/linux"
	"nbemu/coredump"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/syscalls"
)

// configure makes the machine: the emulations it knows and the programs that exec accepts.
func configure() {
	execve.FS = files{}
	kern.CoredumpVec = coredump.Dump
	for _, e := range []*kern.Emul{syscalls.NetBSDAMD64, syscalls.NetBSDI386, syscalls.NetBSDARM64, syscalls.NetBSDARM,
		syscalls.NetBSDMIPS, syscalls.NetBSDMIPSEL, syscalls.NetBSDMIPS64, syscalls.NetBSDMIPSN32,
		syscalls.NetBSDMIPS64EL, syscalls.NetBSDMIPSN32EL, syscalls.NetBSDSPARC, syscalls.NetBSDSPARC64,
		syscalls.NetBSDRISCV64, syscalls.NetBSDPPC} {
		execve.Exec.EmulRegister(e, true)
		execve.Exec.Add(execve.NetBSDElf(e, false)...)
	}
	execve.Exec.Add(execve.AoutEntry(syscalls.NetBSDI386), execve.AoutEntry(syscalls.NetBSDSPARC))
	execve.Exec.EmulRegister(linux.AMD64, true)
	execve.Exec.Add(linux.Execsw()...)
	execve.Exec.Add(execve.ScriptEntry())
}

// setProfile chooses the release whose rules hold: exec's, and what uname and sysctl tell. "" is the newest.
func setProfile(name string) {
	p := execve.FindProfile(name)
	if p == nil {
		return
	}
	execve.Exec.Profile = p
	kern.Config.Release = p.Release
	kern.Config.Page0 = p.Page0
}
