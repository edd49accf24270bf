package probe

import (
	"slices"
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/cpu/cputest"
	"nbemu/kern"
	"nbemu/mem"
)

// The chain of frames is the machine's own: a register that another machine has its frame pointer in leads nowhere.
func TestChain(t *testing.T) {
	const stack, fp, text = 0x10000, 0x10100, 0x20000
	for _, tt := range []struct {
		name  string
		chain *cpu.FrameChain
		want  []uint64
	}{
		{"below the pointer", &cpu.FrameChain{Reg: cputest.RBX, Next: -16, Ret: -8}, []uint64{text, text + 1, text + 2}},
		{"in the caller's frame", &cpu.FrameChain{Reg: cputest.RBX, Next: -16, Ret: -8, Outer: true}, []uint64{text, text + 2}},
		{"none", nil, []uint64{text}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := *cputest.AMD64
			a.RegNames = slices.Clone(a.RegNames)
			a.RegNames[cputest.RBX] = "s0" // mips has one too, and it is no frame pointer there
			a.Frames = tt.chain
			vm := mem.NewSpace(0x1000, 1<<40)
			defer vm.Unref()
			k := kern.New()
			l := &kern.LWP{K: k, Proc: &kern.Proc{K: k, Arch: &a, VM: vm}}
			for addr, prot := range map[uint64]uint8{stack: mem.ProtRead | mem.ProtWrite, text: mem.ProtRead | mem.ProtExec} {
				if _, err := vm.Map(mem.MapArgs{Addr: addr, Len: 4096, Prot: prot, Fixed: true, Name: "test"}); err != abi.OK {
					t.Fatal(err)
				}
			}
			for at, v := range map[uint64]uint64{fp - 16: fp + 64, fp - 8: text + 1, fp + 48: 0, fp + 56: text + 2} {
				if err := l.CopyoutStruct(at, abi.ULong(v)); err != abi.OK {
					t.Fatal(err)
				}
			}
			l.Ctx.R[cputest.PC], l.Ctx.R[cputest.RBX] = text, fp
			var got []uint64
			s := NewStacks()
			defer s.Close()
			for _, f := range s.Frames(l) {
				got = append(got, f.PC)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%#x, want %#x", got, tt.want)
			}
		})
	}
}
