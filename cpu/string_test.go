package cpu_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

const rAX = 14 // of x86 in Context.R

// TestStrings: rep movs and rep stos against a loop over elements: all sizes, both directions, areas that overlap, pages
// that are not there, are read-only or hold code. Nothing shows that the engine does many at once.
func TestStrings(t *testing.T) {
	for _, name := range []string{"amd64", "i386"} {
		for _, v := range find(name).variants() {
			t.Run(v.name(), func(t *testing.T) { tryStrings(t, v, name == "amd64") })
		}
	}
}

// The area has pages with holes: see stringPages.
const (
	stringBase = 0x600000
	stringLen  = 8 * 4096
)

// stringPages are what a page of the area is: w can be stored to, r cannot, . is not there; x has code that was executed.
const stringPages = "wwwr.wxw"

func tryStrings(t *testing.T, m *machine, wide bool) {
	e := m.engine(t)
	rnd := rand.New(rand.NewPCG(7, 1))
	for _, op := range []struct {
		code  string
		size  int
		fills bool
	}{
		{"f3a4", 1, false}, {"66f3a5", 2, false}, {"f3a5", 4, false}, {"f348a5", 8, false}, {"f2a4", 1, false},
		{"f3aa", 1, true}, {"66f3ab", 2, true}, {"f3ab", 4, true}, {"f348ab", 8, true},
		{"67f3a4", 1, false}, {"67f3ab", 4, true},
	} {
		if op.size == 8 && !wide || op.code[:2] == "67" && !wide {
			continue // 67 is 16-bit addresses there
		}
		keep := "89cb" // mov %ecx,%ebx: the call takes the register
		if wide {
			keep = "4889cb"
		}
		s, c := m.load(t, op.code+"fc"+keep+m.Call)
		for i, kind := range stringPages {
			if kind == '.' {
				continue
			}
			prot := uint8(mem.ProtRead | mem.ProtWrite)
			if kind == 'x' {
				prot |= mem.ProtExec
			}
			a := mem.MapArgs{Addr: stringBase + uint64(i)*4096, Len: 4096, Prot: prot, Fixed: true}
			if _, err := s.Map(a); err != abi.OK {
				t.Fatal(err)
			}
		}
		want := make([]byte, stringLen)
		for i := range want {
			want[i] = byte(rnd.Uint32())
		}
		at := strings.IndexByte(stringPages, 'x') * 4096
		copy(want[at:], code(t, m.Call))
		put(t, s, want)
		m.start(c)
		c.R[m.arch.PC] = stringBase + uint64(at)
		run(e, c, s)
		if err := s.Protect(stringBase+3*4096, 4096, mem.ProtRead); err != abi.OK {
			t.Fatal(err)
		}
		for range 600 {
			from, to, n := stringBase+rnd.Uint64N(stringLen), stringBase+rnd.Uint64N(stringLen), rnd.Uint64N(3000)
			switch rnd.IntN(4) {
			case 0:
				to = from + rnd.Uint64N(40) - 20 // close to each other
			case 1:
				n = rnd.Uint64N(20)
			}
			back := rnd.IntN(4) == 0
			m.start(c)
			c.R[rSI], c.R[rDI], c.R[rCX], c.R[rAX] = from, to, n, rnd.Uint64()
			if !wide {
				c.R[rAX] &= 1<<32 - 1
			}
			if back {
				c.R[x86Flags] |= 0x400
			}
			value := binary.LittleEndian.AppendUint64(nil, c.R[rAX])
			what := fmt.Sprintf("%s: %#x from %#x to %#x, back %v", op.code, n, from, to, back)
			run(e, c, s)
			left, fault := model(want, from, to, n, op.size, op.fills, back, value)
			if fault != (c.Trap == cpu.TrapFault) {
				t.Fatalf("%s: trap %d at %#x, a fault: %v", what, c.Trap, c.Addr, fault)
			}
			step := uint64(op.size) * (n - left)
			if back {
				step = -step
			}
			if op.fills {
				from -= step
			}
			got := c.R[rCX]
			if !fault {
				got = c.R[rBX]
			}
			if got != left || c.R[rSI] != from+step || c.R[rDI] != to+step {
				t.Fatalf("%s: rcx %#x rsi %#x rdi %#x; want %#x %#x %#x", what, got, c.R[rSI], c.R[rDI], left, from+step, to+step)
			}
			if now := get(t, s, want); !bytes.Equal(now, want) {
				i := 0
				for now[i] == want[i] {
					i++
				}
				t.Fatalf("%s: memory differs at %#x", what, stringBase+i)
			}
		}
	}
}

// model does what the instruction does to the area, and returns how many elements are left and whether a fault ended it.
func model(area []byte, from, to, n uint64, size int, fills, back bool, value []byte) (left uint64, fault bool) {
	may := func(va uint64, store bool) bool {
		for i := range uint64(size) {
			off := va + i - stringBase
			if off >= stringLen || stringPages[off/4096] == '.' || store && stringPages[off/4096] == 'r' {
				return false
			}
		}
		return true
	}
	step := uint64(size)
	if back {
		step = -step
	}
	for ; n > 0; n-- {
		if !fills && !may(from, false) || !may(to, true) {
			return n, true
		}
		if !fills {
			copy(value, area[from-stringBase:][:size])
		}
		copy(area[to-stringBase:][:size], value[:size])
		from, to = from+step, to+step
	}
	return 0, false
}

// put and get copy the pages of the area that are there.
func put(t *testing.T, s *mem.Space, area []byte) {
	t.Helper()
	for i, kind := range stringPages {
		if kind != '.' {
			if err := s.Copyout(area[i*4096:][:4096], stringBase+uint64(i)*4096); err != abi.OK {
				t.Fatal(err)
			}
		}
	}
}

func get(t *testing.T, s *mem.Space, area []byte) []byte {
	t.Helper()
	now := bytes.Clone(area)
	for i, kind := range stringPages {
		if kind != '.' {
			if err := s.Copyin(now[i*4096:][:4096], stringBase+uint64(i)*4096); err != abi.OK {
				t.Fatal(err)
			}
		}
	}
	return now
}
