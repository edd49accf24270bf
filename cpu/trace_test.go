package cpu_test

import (
	"testing"

	"nbemu/cpu"
)

// A run that notes its blocks has each that began, in order, ends when there is no more room, and goes on from there; it
// does so too while blocks are counted, and nothing is left of it afterwards.
func TestTraceBlocks(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		if m.kvm {
			t.Skip("the host's processor does not tell of blocks")
		}
		b := new(cpu.Blocks)
		s, c := m.load(t, m.Loop)
		e := m.engine(t)
		m.start(c)
		for _, count := range []uint64{0, 1} {
			for _, room := range []int{1, 2, 100, cpu.TraceLen} {
				c.SetTrace(b, room)
				c.Count = cpu.Count{On: count, Blocks: 100000}
				run(e, c, s)
				if c.Trap != cpu.TrapStop || c.Traced() != room {
					t.Fatalf("room for %d: trap %d, %d blocks", room, c.Trap, c.Traced())
				}
				if left := 100000 - uint64(room)*count; c.Count.Blocks != left {
					t.Errorf("%d blocks are left of the count, not %d", c.Count.Blocks, left)
				}
				for _, k := range b[:room] {
					if k.PC != textBase || k.Size == 0 || k.Insns == 0 {
						t.Fatalf("%+v", k)
					}
				}
			}
		}
		c.Count = cpu.Count{On: 1, Blocks: 5}
		run(e, c, s)
		if c.Traced() != 5 || c.Count.Blocks != 0 {
			t.Errorf("%d blocks of 5, %d left", c.Traced(), c.Count.Blocks)
		}
		found := false
		for _, tr := range e.(cpu.Translator).Translations(s) {
			found = found || tr.PC == textBase && tr.Size > 0 && len(tr.HostCode()) == int(tr.HostSize) && tr.HostSize > 0
		}
		if !found {
			t.Errorf("the loop is not among the translations: %+v", e.(cpu.Translator).Translations(s))
		}

		// A program that calls: the same blocks whatever room there is, and the same result as without.
		s, c = m.load(t, m.Incr)
		m.start(c)
		var want []cpu.Block
		for _, room := range []int{cpu.TraceLen, 3, 1} {
			var got []cpu.Block
			m.start(c)
			for n := 0; ; n++ {
				c.SetTrace(b, room)
				run(e, c, s)
				got = append(got, b[:c.Traced()]...)
				if c.Trap != cpu.TrapStop {
					break
				}
				if n == 1000 {
					t.Fatal("no end")
				}
			}
			if len(got) == 0 || want != nil && len(got) > len(want) {
				t.Errorf("room for %d: blocks %+v, not %+v", room, got, want)
			}
			want = got
		}
		c.SetTrace(nil, 0)
		m.start(c)
		run(e, c, s)
		if c.Traced() != 0 || c.Trap != cpu.TrapSyscall {
			t.Errorf("after tracing: trap %d, %d blocks", c.Trap, c.Traced())
		}
	})
}
