// Package gdb describes a machine's registers in gdb's terms: the "Standard Target Features" of its manual. The ports
// under arch/ fill in a Machine each, out of the bytes of their struct reg and struct fpreg; gdbstub/ serves it.
//
// It is a part of nbemu and not for other modules: those import package machine.
package gdb

import (
	"fmt"

	"nbemu/kern"
)

// Source says where a register's value stands.
type Source byte

const (
	InRegs  Source = iota // struct reg
	InFP                  // struct fpreg, or what ReadFP reads in its place
	OnStack               // the register window's place at the stack pointer, on sparc
	Absent                // gdb's numbering has it, the machine or its kernel does not tell
	FXTags                // x87's tag word, which FXSAVE abridges to one byte
)

// Reg is a register as gdb sees it, Bits wide, and where its Size bytes stand.
type Reg struct {
	Name      string
	Bits      int
	Type      string // gdb's type; "" is its default for the size
	Num       int    // gdb's number; less than 0: the one after the register before
	Src       Source
	Off, Size int
}

// Feature is a group of registers that gdb knows by name.
type Feature struct {
	Name string
	Regs []Reg
}

// Machine is all that gdb is told of an architecture.
type Machine struct {
	Arch     string // for <architecture>
	Features []Feature
	Regs     []Reg // of all features, by number; see New
	// Break is the breakpoint instruction; BreakBack how far after it the pc is when it has trapped.
	Break     []byte
	Short     []byte // the same of two bytes, for Thumb code and compressed instructions
	BreakBack uint64
	// SPOff is the stack pointer's place in struct reg, of SPSize bytes; Bias what windows are off from it. For
	// machines with registers OnStack alone.
	SPOff, SPSize int
	Bias          uint64

	// FPSize, ReadFP and WriteFP take the place of struct fpreg where that is not what gdb's registers are in.
	FPSize  int
	ReadFP  func(l *kern.LWP, b []byte)
	WriteFP func(l *kern.LWP, b []byte)
	// FixRegs changes what struct reg says to what gdb expects; FixPC a pc from gdb to what the kernel expects.
	FixRegs func(b []byte)
	FixPC   func(l *kern.LWP, pc uint64) uint64
	// Linked are the instructions with reservations; nil where there are none. LinkedOf tells those of the code that an LWP
	// is in, where there is code of several kinds; nil: Linked.
	Linked   *Linked
	LinkedOf func(l *kern.LWP) *Linked
	// TLS is where thread-local storage is.
	TLS *TLS
}

// New gives the registers their numbers, and lists them in Regs.
func New(m Machine) *Machine {
	next := 0
	for fi := range m.Features {
		for ri := range m.Features[fi].Regs {
			r := &m.Features[fi].Regs[ri]
			if r.Num < 0 {
				r.Num = next
			}
			next = r.Num + 1
			for len(m.Regs) < next {
				m.Regs = append(m.Regs, Reg{Src: Absent})
			}
			m.Regs[r.Num] = *r
		}
	}
	return &m
}

// Breakpoint is the instruction for a breakpoint of the given kind, which is a size in bytes; on arm 2 and 3 mean
// Thumb code.
func (m *Machine) Breakpoint(kind int) []byte {
	if m.Short != nil && kind < 4 {
		return m.Short
	}
	return m.Break
}

// BreakAt returns the address of the instruction that addr, as symbols have it, means, and the breakpoint to put there:
// a short one, where the machine has some, fits every instruction. Symbols of Thumb code are odd.
func (m *Machine) BreakAt(addr uint64) (uint64, []byte) {
	switch {
	case m.Arch == "arm" && addr&1 == 0, m.Short == nil:
		return addr, m.Break
	case m.Arch == "arm":
		return addr &^ 1, m.Short
	}
	return addr, m.Short
}

// Group makes a feature of lists of registers.
func Group(name string, lists ...[]Reg) Feature { return Feature{Name: name, Regs: Join(lists...)} }

// Seq makes registers that stand one after the other, step bytes apart.
func Seq(src Source, off, step, size, bits int, typ string, names ...string) []Reg {
	var rs []Reg
	for i, n := range names {
		rs = append(rs, Reg{Name: n, Bits: bits, Type: typ, Num: -1, Src: src, Off: off + i*step, Size: size})
	}
	return rs
}

// One makes a single register.
func One(name string, bits int, typ string, src Source, off, size int) []Reg {
	return Seq(src, off, 0, size, bits, typ, name)
}

// Numbered makes names such as f0 to f31, in steps of by.
func Numbered(prefix string, from, to, by int) []string {
	var names []string
	for i := from; i <= to; i += by {
		names = append(names, fmt.Sprint(prefix, i))
	}
	return names
}

// At gives the first of the registers a number.
func At(num int, rs []Reg) []Reg {
	rs[0].Num = num
	return rs
}

// Join makes one list of several.
func Join(lists ...[]Reg) []Reg {
	var all []Reg
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
