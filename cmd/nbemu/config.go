package main

import (
	"nbemu/arch"
	_ "nbemu/arch/all"
	"nbemu/compat/linux"
	"nbemu/coredump"
	"nbemu/execve"
	"nbemu/kern"
)

// configure makes the machine: the emulations it knows and the programs that exec accepts.
func configure() {
	execve.FS = files{}
	kern.CoredumpVec = coredump.Dump
	for _, p := range arch.Ports() {
		execve.Exec.EmulRegister(p.Emul, true)
		execve.Exec.Add(p.Execsw(false)...)
	}
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
