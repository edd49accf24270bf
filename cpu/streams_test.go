package cpu_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// No stream of instructions may end the process, or be felt by the program that runs next. Each machine's streams run
// in a process of their own; one that dies leaves the stream that killed it in a file.
//
//	NBEMU_STREAMS=n       streams for each machine (400)
//	NBEMU_STREAM_SEED=n   (1)
//	NBEMU_STREAM=hex:n    this stream alone, with registers from n, and -run TestInstructionStreams/MACHINE
const (
	streamChild = "NBEMU_STREAM_CHILD" // the file for the stream that is being run
	streams     = 400                  // for each machine
	streamLen   = 64                   // bytes
	streamTraps = 24                   // how often a stream goes on after an instruction that trapped
)

// streamsFound are the smallest ones that once ended the process or were felt by the next program.
var streamsFound = map[string][]string{
	"sparc64": {"83784002"},
	"aarch64": {"2ec83d01"},
	"mips":    {"03e0000845000002"},
}

// TestInstructionStreamsFound runs what the streams have found.
func TestInstructionStreamsFound(t *testing.T) {
	for _, m := range machines {
		e := m.engine(t)
		clean, cc := m.load(t, m.Call)
		for _, stream := range streamsFound[m.Name] {
			s, c := m.load(t, m.Nop)
			text, regs, _ := strings.Cut(stream, ":")
			n, _ := strconv.ParseUint(regs, 0, 64)
			m.runStream(e, s, c, code(t, text), rand.New(rand.NewPCG(n, 1)))
			m.start(cc)
			cc.FP = m.fresh().FP
			e.LoadFP(cc)
			run(e, cc, clean)
			if cc.Trap != cpu.TrapSyscall || cc.R[m.Reg] != 20 || cc.R[m.arch.PC] != textBase+m.CallPC {
				t.Errorf("%s: after %s: trap %d vector %#x pc %#x", m.Name, stream, cc.Trap, cc.Vector, cc.R[m.arch.PC])
			}
		}
	}
}

// TestMIPS16 keeps the instruction-set mode with the thread, in the lowest bit of its pc.
func TestMIPS16(t *testing.T) {
	for name, text := range map[string]string{
		// lui $8,0x40; ori $8,0x19; jr $8; nop (twice); at 0x18 in MIPS16: li $2,20; break; li $2,21; break
		"mips":   "3c080040 35080019 01000008 00000000 00000000 00000000 6a14 e805 6a15 e805",
		"mipsel": "4000083c 19000835 08000001 00000000 00000000 00000000 146a 05e8 156a 05e8",
	} {
		m := find(name)
		e := m.engine(t)
		s, c := m.load(t, text)
		clean, cc := m.load(t, m.Call)
		for i, pc := range []uint64{textBase + 0x1b, textBase + 0x1f} {
			run(e, c, s)
			if c.Trap != cpu.TrapException || c.R[2] != uint64(20+i) || c.R[m.arch.PC] != pc {
				t.Fatalf("%s: trap %d vector %d $2 %d pc %#x, not %#x", name, c.Trap, c.Vector, c.R[2], c.R[m.arch.PC], pc)
			}
			m.start(cc)
			if run(e, cc, clean); cc.Trap != cpu.TrapSyscall || cc.R[m.Reg] != 20 {
				t.Fatalf("%s: the next program: trap %d vector %d pc %#x", name, cc.Trap, cc.Vector, cc.R[m.arch.PC])
			}
			c.R[m.arch.PC] += 2
		}
	}
}

func TestInstructionStreams(t *testing.T) {
	for _, m := range machines {
		t.Run(m.Name, func(t *testing.T) {
			if os.Getenv(streamChild) != "" {
				m.streams(t)
				return
			}
			state := filepath.Join(t.TempDir(), "stream")
			out, err := m.streamProcess(state, os.Getenv("NBEMU_STREAM"))
			if err == nil {
				return
			}
			text, _ := os.ReadFile(state)
			t.Fatalf("NBEMU_STREAM=%s\n%v\n%s", m.minimize(state, strings.TrimSpace(string(text))), err, tail(out, 30))
		})
	}
}

// streamProcess runs the streams of m in a process.
func (m *machine) streamProcess(state, stream string) ([]byte, error) {
	// A stream that hangs in the engine is a finding too.
	most := 2*time.Minute + time.Duration(envNumber("NBEMU_STREAMS", streams))*10*time.Millisecond
	c := exec.Command(os.Args[0], "-test.run=^TestInstructionStreams$/^"+m.Name+"$", "-test.timeout="+most.String())
	c.Env = append(os.Environ(), streamChild+"="+state, "NBEMU_STREAM="+stream)
	return c.CombinedOutput()
}

func tail(out []byte, lines int) string {
	l := strings.Split(string(out), "\n")
	return strings.Join(l[:min(len(l), lines)], "\n")
}

// minimize takes away what the stream does not need to fail.
func (m *machine) minimize(state, stream string) string {
	text, regs, _ := strings.Cut(stream, ":")
	b, err := hex.DecodeString(text)
	if err != nil {
		return stream
	}
	unit := m.unit()
	for size := len(b) / 2; size >= unit; size /= 2 {
		for i := 0; i+size <= len(b); {
			shorter := append(append([]byte{}, b[:i]...), b[i+size:]...)
			if _, err := m.streamProcess(state, hex.EncodeToString(shorter)+":"+regs); err != nil {
				b = shorter
			} else {
				i += size
			}
		}
	}
	return hex.EncodeToString(b) + ":" + regs
}

// unit is the size of the smallest instruction.
func (m *machine) unit() int {
	return len(strings.ReplaceAll(m.Nop, " ", "")) / 2
}

func envNumber(name string, n uint64) uint64 {
	if v, err := strconv.ParseUint(os.Getenv(name), 0, 64); err == nil {
		return v
	}
	return n
}

// streams runs m's streams one after the other, on one processor, and tries it in between.
func (m *machine) streams(t *testing.T) {
	f, err := os.Create(os.Getenv(streamChild))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seed := envNumber("NBEMU_STREAM_SEED", 1)
	rnd := rand.New(rand.NewPCG(seed, 0))
	e := m.engine(t)
	s, c := m.load(t, m.Nop)
	s.Map(mem.MapArgs{Addr: 0x600000, Len: 0x10000, Prot: mem.ProtRead | mem.ProtWrite, Fixed: true})
	clean, cc := m.load(t, m.Call)
	try := func() {
		m.start(cc)
		cc.Count = cpu.Count{On: 1, Blocks: 64}
		e.LoadFP(cc)
		for range 2 { // what asked a stream to stop may stop this one before it begins
			if run(e, cc, clean); cc.Trap != cpu.TrapStop {
				break
			}
		}
		e.SaveFP(cc)
	}
	cc.FP = m.fresh().FP
	try()
	want := *cc
	one := os.Getenv("NBEMU_STREAM")
	n := envNumber("NBEMU_STREAMS", streams)
	if one != "" {
		n = 1
	}
	for i := range n {
		stream, regs := m.stream(rnd), seed<<32+i
		if one != "" {
			text, r, _ := strings.Cut(one, ":")
			regs, _ = strconv.ParseUint(r, 0, 64)
			if stream, err = hex.DecodeString(text); err != nil {
				t.Fatal(err)
			}
		}
		f.WriteAt(fmt.Appendf(nil, "%-*s", 4*streamLen, fmt.Sprintf("%x:%d", stream, regs)), 0)
		m.runStream(e, s, c, stream, rand.New(rand.NewPCG(regs, 1)))
		// Nothing of it is left for another program.
		cc.FP = m.fresh().FP
		try()
		if cc.Trap != want.Trap || cc.R != want.R || cc.FP != want.FP {
			panic(fmt.Sprintf("the next program: trap %d vector %#x addr %#x registers %x, not %x", cc.Trap, cc.Vector, cc.Addr,
				cc.R, want.R))
		}
	}
}

// fresh is a context that nothing has been done with.
func (m *machine) fresh() *cpu.Context {
	c := &cpu.Context{}
	if m.Init != nil {
		m.Init(c)
	}
	return c
}

// stream makes a stream: random bytes, changed code that means something, and both with prefixes between them.
func (m *machine) stream(rnd *rand.Rand) []byte {
	b := make([]byte, streamLen)
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], rnd.Uint64())
	}
	if rnd.IntN(2) == 0 {
		var text []byte
		for _, s := range []string{m.Call, m.Store, m.Incr, m.Call21, m.Exceptions[rnd.IntN(len(m.Exceptions))].Code} {
			x, _ := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
			text = append(text, x...)
		}
		for i := 0; i < len(b); {
			k := rnd.IntN(len(text)) &^ (m.unit() - 1)
			i += copy(b[i:], text[k:min(len(text), k+m.unit()*(1+rnd.IntN(6)))])
		}
		for range 1 + rnd.IntN(24) {
			b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8)
		}
	}
	if m.unit() == 1 {
		prefixes := []byte{0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x64, 0x65, 0x40, 0x48, 0x4c, 0x41, 0x0f, 0xc4, 0xc5, 0x62, 0xd9, 0xdf}
		for i := 0; i < len(b)-4; i += 1 + rnd.IntN(8) {
			switch rnd.IntN(4) {
			case 0:
				b[i] = 0x0f
				b[i+1] = []byte{0x38, 0x3a, 0xae, 0x01, 0xc7, 0x18, byte(rnd.Uint32())}[rnd.IntN(7)]
			case 1:
				b[i] = prefixes[rnd.IntN(len(prefixes))]
			}
		}
	}
	return b
}

// runStream executes the stream, with registers that often are addresses, from one trap to the next.
func (m *machine) runStream(e cpu.Engine, s *mem.Space, c *cpu.Context, stream []byte, rnd *rand.Rand) {
	text := append(append([]byte{}, stream...), make([]byte, 16)...)
	if s.Copyout(text, textBase) != abi.OK {
		panic("no text")
	}
	fresh := m.fresh()
	c.FP = fresh.FP
	m.start(c)
	for i := range m.arch.RegNames {
		if i != m.arch.PC && i != m.arch.NPC && i != m.arch.SP && fresh.R[i] == 0 && i < 32 {
			c.R[i] = []uint64{0, 1, 0x600000, 0x600ff8, stackBase, ^uint64(0), 1 << 63, rnd.Uint64(), uint64(rnd.Uint32()), textBase + 16}[rnd.IntN(10)]
		}
	}
	for range streamTraps {
		c.Count = cpu.Count{On: 1, Blocks: 64}
		e.LoadFP(c)
		faults := 0
		for {
			e.Run(c, s)
			if faults++; faults > 8 || c.Trap != cpu.TrapFault || s.Fault(c.Addr, uint8(c.Access)) != mem.FaultOK {
				break
			}
		}
		e.SaveFP(c)
		// The instruction after the one that trapped, with new registers of the kind that stops are in.
		off := c.R[m.arch.PC] - textBase
		if off >= uint64(len(stream)) {
			off = uint64(rnd.IntN(len(stream)))
		}
		off = (off + uint64(m.unit())) &^ uint64(m.unit()-1)
		c.R[m.arch.PC] = textBase + off
		if m.arch.NPC != 0 {
			c.R[m.arch.NPC] = textBase + off + 4
		}
	}
}
