// Package aoutm68k is the emulation of NetBSD's a.out programs on the 68000 family (sys/compat/aoutm68k). Their compiler
// aligned nothing to more than two bytes, so that the structures of stat(2) and its kin are shorter than an ELF program's;
// all calls are the native ones.
//
// It is a part of nbemu and not for other modules: those import package machine.
package aoutm68k

import (
	"sync"

	"nbemu/arch"
	_ "nbemu/arch/all" // the port that the emulation is made from
	"nbemu/execve"
	"nbemu/kern"
)

// Emul is the emulation, which is made when it is first asked for.
var Emul = sync.OnceValue(func() *kern.Emul {
	native := arch.ByName("m68k").Emul
	e, model := *native, *native.Arch.Model
	model.Name, model.Int64Align = "ILP32BEaoutm68k", 2
	e.Name, e.Model = "aoutm68k", &model
	return &e
})

// Execsw makes the entry of the exec switch, which comes before that of the same programs as native ones (exec_aout).
func Execsw() []*execve.ExecSwitch {
	e := execve.AoutEntry(Emul())
	e.Prio = execve.PrioFirst
	return []*execve.ExecSwitch{e}
}
