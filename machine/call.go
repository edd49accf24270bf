package machine

import (
	"debug/elf"
	"fmt"
	"io"
	"math"
	"slices"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/mem"
)

// CallError is the error of Call for a program that ended before the function returned.
type CallError struct{ Status Status }

func (e *CallError) Error() string { return "the process has ended: " + e.Status.String() }

// Is has errors.Is know it as ErrEnded.
func (e *CallError) Is(target error) bool { return target == ErrEnded }

// returnTo is the address that functions return to which Call calls: no program has memory there.
const returnTo = 0x1f0

// Call has the process's first thread call a function of the program's, with arguments that are integers or pointers, as
// many as the machine passes in registers, or eight. The machine is at rest before, and after it; registers are as the
// function left them. The result is as wide as a register. Errors: *CallError if the process ends meanwhile; E2BIG,
// EFAULT.
func (p *Process) Call(fn uint64, args ...uint64) (uint64, error) {
	reg, err := p.call(fn, args)
	if err == ErrEnded {
		status, err := p.Wait()
		if err == nil {
			err = &CallError{status}
		}
		return 0, err
	}
	if err != nil {
		return 0, err
	}
	return p.first.Ctx.R[reg], nil
}

func (p *Process) call(fn uint64, args []uint64) (result int, err error) {
	k := p.m.k
	k.Lock()
	defer k.Unlock()
	if !k.Resting() {
		return 0, errRunning
	}
	if p.p.Zombie || p.p.VM == nil {
		return 0, ErrEnded
	}
	if p.p.VM.Mapped(returnTo&^(mem.PageSize-1), mem.PageSize) {
		return 0, fmt.Errorf("the program has memory at %#x", returnTo)
	}
	result, errno := arch.Of(p.p.Arch).Call(p.first, fn, returnTo, args)
	if errno != abi.OK {
		return 0, errno
	}
	p.first.FPChanged()
	p.p.SetReturn(returnTo)
	k.Resume()
	err = k.AwaitBreak(p.p)
	p.p.ClearBreaks()
	return result, err
}

// ReadMemory and WriteMemory copy between b and the program's memory, whatever its protection. The machine is at rest, or
// what is copied can change meanwhile. Error: EFAULT.
func (p *Process) ReadMemory(b []byte, addr uint64) error {
	return p.memory(func(vm *mem.Space) abi.Errno { return vm.PokeRead(b, addr) })
}

// WriteMemory is ReadMemory the other way round.
func (p *Process) WriteMemory(b []byte, addr uint64) error {
	return p.memory(func(vm *mem.Space) abi.Errno { return vm.Poke(b, addr) })
}

func (p *Process) memory(f func(*mem.Space) abi.Errno) error {
	p.m.k.Lock()
	defer p.m.k.Unlock()
	if p.p.Zombie || p.p.VM == nil {
		return ErrEnded
	}
	if err := f(p.p.VM); err != abi.OK {
		return err
	}
	return nil
}

// Symbol finds the address of a function or variable of the program's by its name in the symbol table, of an ELF file
// that was not stripped; libraries are not looked at. Error: there is no table, or no such name in it.
func (p *Process) Symbol(name string) (uint64, error) {
	p.m.k.Lock()
	defer p.m.k.Unlock()
	b, ok := p.p.TextVnode.(mem.Backing)
	if !ok || p.p.VM == nil {
		return 0, ErrEnded
	}
	size, err := b.Size()
	if err != nil {
		return 0, err
	}
	f, err := elf.NewFile(io.NewSectionReader(b, 0, size))
	if err != nil {
		return 0, err
	}
	syms, err := f.Symbols()
	if err != nil {
		if syms, err = f.DynamicSymbols(); err != nil {
			return 0, err
		}
	}
	for _, s := range syms {
		if s.Name == name && s.Section != elf.SHN_UNDEF {
			return s.Value + loadBias(f, b, p.p.VM), nil
		}
	}
	return 0, fmt.Errorf("there is no symbol %q", name)
}

// loadBias is by how much a program lies higher than its file says.
func loadBias(f *elf.File, b mem.Backing, vm *mem.Space) uint64 {
	if f.Type != elf.ET_DYN {
		return 0
	}
	low := uint64(math.MaxUint64)
	for _, ph := range f.Progs {
		if ph.Type == elf.PT_LOAD {
			low = min(low, ph.Vaddr&^(mem.PageSize-1))
		}
	}
	for _, e := range vm.Maps() {
		if x := e.Backing(); x != nil && x.Key() == b.Key() {
			return e.Start - low
		}
	}
	return 0
}

// Stretch is a part of a program's memory, [Start, End), and the file that it shows, as the host names it; "" is none.
type Stretch struct {
	Start, End uint64
	File       string
	Own        bool // the file is the program itself, not a library
}

// Text lists what the program can execute.
func (p *Process) Text() []Stretch {
	p.m.k.Lock()
	defer p.m.k.Unlock()
	if p.p.Zombie || p.p.VM == nil {
		return nil
	}
	own, _ := p.p.TextVnode.(mem.Backing)
	var out []Stretch
	for _, e := range p.p.VM.Maps() {
		if e.Prot&mem.ProtExec != 0 {
			b := e.Backing()
			out = append(out, Stretch{e.Start, e.End, e.Name, b != nil && own != nil && b.Key() == own.Key()})
		}
	}
	return out
}

// Register returns a register of the process's first thread by the name that messages have for it, and SetRegister
// changes it. The machine is at rest. Error: no such register.
func (p *Process) Register(name string) (uint64, error) {
	i := slices.Index(p.p.Arch.RegNames, name)
	if i < 0 {
		return 0, fmt.Errorf("%s has no register %q", p.p.Arch.Name, name)
	}
	return p.first.Ctx.R[i], nil
}

// SetRegister is described with Register.
func (p *Process) SetRegister(name string, v uint64) error {
	i := slices.Index(p.p.Arch.RegNames, name)
	if i < 0 {
		return fmt.Errorf("%s has no register %q", p.p.Arch.Name, name)
	}
	p.first.Ctx.R[i] = v
	return nil
}

// ReturnAddress is where the function returns to whose first instruction is the next; offset is how far from the stack
// pointer the address is, on machines that have it there. Error: EFAULT.
func (p *Process) ReturnAddress(offset uint64) (uint64, error) {
	p.m.k.Lock()
	defer p.m.k.Unlock()
	v, err := arch.Of(p.p.Arch).Return(p.first, offset)
	if err != abi.OK {
		return 0, err
	}
	return v, nil
}

// touchMost is how much of each mapping Touch looks at, in bytes.
const touchMost = 64 << 20

// Touch has the pages of the files in memory that the program has mapped, as after a first run: a fault begins a block of
// instructions anew, and counts of blocks after a snapshot would differ between the first run and others.
func (p *Process) Touch() {
	p.m.k.Lock()
	defer p.m.k.Unlock()
	if p.p.Zombie || p.p.VM == nil {
		return
	}
	var b [1]byte
	for _, e := range p.p.VM.Maps() {
		if e.Backing() == nil {
			continue
		}
		for va := e.Start; va < min(e.End, e.Start+touchMost); va += mem.PageSize {
			_ = p.p.VM.PokeRead(b[:], va)
		}
	}
}
