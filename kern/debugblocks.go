package kern

import (
	"bytes"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// blockFinder finds out how many instructions a processor puts into one block: it has one translate the code in memory
// of its own, where the block can do nothing.
type blockFinder struct {
	g     *Debugger
	arch  *cpu.Arch
	eng   cpu.Engine
	vm    *mem.Space
	ctx   *cpu.Context
	block cpu.Blocks
	known map[uint64]knownBlock
}

type knownBlock struct {
	code  []byte
	insns uint32
}

// maxKnown is how many blocks are kept in mind.
const maxKnown = 1 << 16

// insns is how many instructions l would execute as one block from pc on, if they were all executed; at least 1.
func (f *blockFinder) insns(l *LWP, pc uint64) uint32 {
	if f.arch != l.Proc.Arch {
		f.close()
		f.arch, f.known = l.Proc.Arch, map[uint64]knownBlock{}
	}
	if k, ok := f.known[pc]; ok && bytes.Equal(f.code(l, pc, len(k.code)), k.code) {
		return k.insns
	}
	b, ok := f.find(l, pc)
	if !ok {
		return 1
	}
	if len(f.known) >= maxKnown {
		clear(f.known)
	}
	f.known[pc] = knownBlock{f.code(l, pc, int(b.Size)), b.Insns}
	return b.Insns
}

// code reads the program's own code, without breakpoints.
func (f *blockFinder) code(l *LWP, at uint64, n int) []byte {
	b := make([]byte, n)
	l.Proc.VM.Peek(b, at)
	f.g.Show(b, at)
	return b
}

// find has the block translated, and begun with l's registers.
func (f *blockFinder) find(l *LWP, pc uint64) (b cpu.Block, ok bool) {
	if f.eng == nil {
		f.eng = newEngine(engineKind{nil, f.arch})
		f.vm = mem.NewSpace(l.Proc.VM.Min, l.Proc.VM.Max)
		f.ctx = new(cpu.Context)
	}
	if _, bad := f.eng.(noEngine); bad {
		return b, false
	}
	page := pc &^ (mem.PageSize - 1)
	const pages = 2 // an instruction may reach into the next one
	at, err := f.vm.Map(mem.MapArgs{Addr: page, Len: pages * mem.PageSize, Prot: mem.ProtRead | mem.ProtExec, Fixed: true})
	if err != abi.OK {
		if at, err = f.vm.Map(mem.MapArgs{Addr: page, Len: mem.PageSize, Prot: mem.ProtRead | mem.ProtExec, Fixed: true}); err != abi.OK {
			return b, false
		}
	}
	if f.vm.Poke(f.code(l, at, mem.PageSize), at) != abi.OK {
		return b, false
	}
	if f.vm.Mapped(at+mem.PageSize, mem.PageSize) {
		_ = f.vm.Poke(f.code(l, at+mem.PageSize, mem.PageSize), at+mem.PageSize)
	}
	*f.ctx = l.Ctx
	f.ctx.R[f.arch.PC] = pc
	if n := f.arch.NPC; n != 0 && pc != l.Ctx.R[f.arch.PC] {
		f.ctx.R[n] = pc + 4
	}
	f.ctx.Count = cpu.Count{On: 1, Blocks: 1}
	f.ctx.SetTrace(&f.block, 1)
	f.eng.LoadFP(f.ctx)
	f.eng.Run(f.ctx, f.vm)
	_ = f.vm.Unmap(at, pages*mem.PageSize)
	first := f.block[:f.ctx.Traced()]
	if len(first) == 0 || first[0].PC != pc || first[0].Insns == 0 {
		return b, false
	}
	return first[0], true
}

func (f *blockFinder) close() {
	if f.eng != nil {
		f.eng.Close()
		f.vm.Unref()
		f.eng, f.vm = nil, nil
	}
}

// RecentBlocks are the blocks of a process that were executed last.
type RecentBlocks struct {
	ring [1 << 14]RecentBlock
	n    int // so many were added
}

// RecentBlock is the Begun-th block that a process has begun.
type RecentBlock struct {
	LWP   int32
	PC    uint64
	Insns uint32 // if it was executed as a whole
	Begun uint64
	Event uint64 // as in Position
}

func (r *RecentBlocks) add(lid int32, b cpu.Block, begun, event uint64) {
	r.ring[r.n%len(r.ring)] = RecentBlock{lid, b.PC, b.Insns, begun, event}
	r.n++
}

func (r *RecentBlocks) last() *RecentBlock { return &r.ring[(r.n-1)%len(r.ring)] }

// Full reports whether there were more blocks than are kept.
func (r *RecentBlocks) Full() bool { return r.n > len(r.ring) }

// Before finds the last block of an LWP before the begun-th of its process. ok is false if it is none of the last ones.
func (r *RecentBlocks) Before(lid int32, begun uint64) (b RecentBlock, ok bool) {
	for i := r.n - 1; i >= max(0, r.n-len(r.ring)); i-- {
		if b := r.ring[i%len(r.ring)]; b.LWP == lid && b.Begun < begun {
			return b, true
		}
	}
	return b, false
}
