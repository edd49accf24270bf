package kern

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// stepOne executes one instruction; Ctx.Trap is TrapStep if that is all that has happened. If the engine had to run more than
// that, by how it is made, the result is the instruction's size; 0 otherwise. Preconditions: the LWP has a processor.
func (l *LWP) stepOne() (ran uint64) {
	if f := l.Proc.Arch.StepsByRun; f != nil {
		var code [4]byte
		l.Proc.VM.Peek(code[:], l.Ctx.R[l.Proc.Arch.PC])
		if size, end := f(&l.Ctx, code[:]); size != 0 {
			l.stepByRun(size, end)
			return size
		}
	}
	l.slot.eng.Step(&l.Ctx, l.Proc.VM)
	return 0
}

// stepByRun has a run execute the one instruction at the pc, of so many bytes: a block, which end, an instruction that
// traps, keeps from going on. At the end of a page it ends by itself.
func (l *LWP) stepByRun(size uint64, end []byte) {
	vm, pc := l.Proc.VM, &l.Ctx.R[l.Proc.Arch.PC]
	next := *pc + size
	old := make([]byte, len(end))
	inside := next%mem.PageSize != 0 && vm.PokeRead(old, next) == abi.OK && vm.Poke(end, next) == abi.OK
	count := l.Ctx.Count
	l.Ctx.Count = cpu.Count{On: 1, Blocks: 1, Clock: count.Clock, Seed: count.Seed}
	l.slot.eng.Run(&l.Ctx, vm)
	did := 1 - l.Ctx.Count.Blocks
	l.Ctx.Count = count
	if count.On != 0 {
		l.Ctx.Count.Blocks -= min(did, count.Blocks)
	}
	if inside {
		_ = vm.Poke(old, next)
	}
	switch at := *pc; l.Ctx.Trap {
	case cpu.TrapStop:
		if did > 0 {
			l.Ctx.Trap = cpu.TrapStep
		}
	case cpu.TrapException:
		if inside && (at == next || at == next+uint64(len(end))) {
			*pc = next
			l.Ctx.Trap = cpu.TrapStep
		}
	}
}
