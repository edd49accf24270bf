package cpu_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/cpu"
	"nbemu/mem"
)

// Numbers of general registers as instructions have them.
const (
	nAX = iota
	nCX
	nDX
	nBX
	nSP
	nBP
	nSI
	nDI
)

// hostState is what an instruction works with and what it leaves; and struct state of testdata/cpu/host.c.
type hostState struct {
	R             [16]uint64
	RIP, Flags    uint64
	Addr          uint64 // of a page fault
	Vector, Error uint32 // of the exception
	Bits, Len     uint32 // of code; of Text
	At            uint64 // where Data is
	Text          [40]byte
	FX            [512]byte // FXSAVE's image
	High          [256]byte // upper halves of the vector registers
	Data          [512]byte
}

// hostCase is a state to begin with, and what is compared afterwards.
type hostCase struct {
	hostState
	undefined uint64   // flags
	status    uint16   // bits of the x87's status
	operand   uint64   // where the operand in memory is, if there is one
	ignore    [][2]int // parts of the operand
	branch    bool     // to what is no address, which no processor does: the emulated one finds that out there
	stores    bool     // the status of the x87 changes before a store fails
	mmx       bool     // MMX registers leave the rest of the x87's as it is, and those are taken before an operand fails
	what      string
}

func (s *hostState) text() []byte { return s.Text[:s.Len] }

func (s *hostState) setText(b ...byte) {
	s.Text, s.Len = [40]byte{}, uint32(len(b))
	copy(s.Text[:], b)
}

// Where the operands are: over the border of two pages, or before one that is not there.
const (
	hostInside = stackBase + stackSize - 0x1000 - 256
	hostEnd    = stackBase + stackSize - 512
)

// numbersOf says where Context.R has the registers.
var numbersOf = [16]int{x86.RAX, x86.RCX, x86.RDX, x86.RBX, x86.RSP, x86.RBP, x86.RSI, x86.RDI,
	x86.R8, x86.R9, x86.R10, x86.R11, x86.R12, x86.R13, x86.R14, x86.R15}

const (
	hostPF    = 14
	hostWrite = 2  // in the error code of a page fault
	hostFetch = 16 // as well

	// What programs see of the flags, but that of interrupts, ID, which hosts' signals leave alone, and the one that says that an
	// instruction begins again.
	hostFlags = 0x44dd5

	fxIP, fxMXCSR, fxMask, fxST, fxXMM, fxRest = 6, 24, 28, 32, 160, 416
)

// hostEmulated executes cases on the emulated processors.
type hostEmulated struct {
	wide, narrow *vexRig
}

func newHostEmulated(t testing.TB) *hostEmulated {
	make := func(name string) *vexRig {
		m := find(name)
		s, c := m.load(t, strings.Repeat("cc", 0x2000))
		return &vexRig{m, m.engine(t), s, c}
	}
	return &hostEmulated{make("amd64"), make("i386")}
}

func (h *hostEmulated) run(t testing.TB, v *hostCase) hostState {
	st := v.hostState
	g := h.wide
	if v.Bits == 32 {
		g = h.narrow
	}
	if g.s.Copyout(st.text(), st.RIP) != abi.OK || st.At < stackBase+stackSize && g.s.Copyout(st.Data[:], st.At) != abi.OK {
		t.Fatal("no memory")
	}
	c := g.c
	g.m.start(c)
	for i, at := range numbersOf {
		c.R[at] = st.R[i]
	}
	c.R[x86.RIP], c.R[x86Flags] = st.RIP, st.Flags|0x202
	image := c.XSave()
	*image = [cpu.XSaveSize]byte{}
	copy(image[:], st.FX[:])
	binary.LittleEndian.PutUint64(image[cpu.XStateHeader:], 7)
	copy(image[ymmAt:], st.High[:])
	g.e.LoadFP(c)
	run(g.e, c, g.s)
	g.e.SaveFP(c)
	for i, at := range numbersOf {
		st.R[i] = c.R[at]
	}
	st.RIP, st.Flags = c.R[x86.RIP], c.R[x86Flags]
	copy(st.FX[:], image[:])
	st.High = [256]byte{}
	if image[cpu.XStateHeader]&(1<<cpu.XStateAVX) != 0 {
		copy(st.High[:], image[ymmAt:])
	}
	switch c.Trap {
	case cpu.TrapException:
		st.Vector, st.Error, st.Addr = uint32(c.Vector), uint32(c.Error), 0
	case cpu.TrapFault:
		st.Vector, st.Error, st.Addr = hostPF, 0, c.Addr
		switch c.Access {
		case mem.ProtWrite:
			st.Error = hostWrite
		case mem.ProtExec:
			st.Error = hostFetch
		}
	default:
		st.Vector = 1000 + uint32(c.Trap)
	}
	if st.At < stackBase+stackSize && g.s.Copyin(st.Data[:], st.At) != abi.OK {
		t.Fatal("no data")
	}
	if g.s.Copyout(bytes.Repeat([]byte{0xcc}, int(st.Len)), v.RIP) != abi.OK {
		t.Fatal("no memory")
	}
	return st
}

// startNative starts a program of testdata/cpu, which executes cases on the host's processor.
func startNative(t testing.TB, name string) (in io.Writer, out io.Reader) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the host's processor is another one")
	}
	prog := filepath.Join(t.TempDir(), name)
	src := filepath.Join("..", "testdata", "cpu", name+".c")
	if text, err := exec.Command("gcc", "-O1", "-o", prog, src).CombinedOutput(); err != nil {
		t.Skipf("gcc: %v\n%s", err, text)
	}
	cmd := exec.Command(prog)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	return stdin, stdout
}

// hostNative executes cases on the host's processor, by a program in C.
type hostNative struct {
	in  *bufio.Writer
	out io.Reader
	ran bool
}

func newHostNative(t testing.TB) *hostNative {
	in, out := startNative(t, "host")
	return &hostNative{in: bufio.NewWriterSize(in, 1<<16), out: bufio.NewReaderSize(out, 1<<16)}
}

// run executes a case. The program answers when it has read all that there is.
func (h *hostNative) run(t testing.TB, v *hostCase) (st hostState) {
	if binary.Write(h.in, binary.LittleEndian, &v.hostState) != nil || h.in.Flush() != nil {
		t.Skip("the host's processor has no AVX2")
	}
	if err := binary.Read(h.out, binary.LittleEndian, &st); err != nil {
		if h.ran {
			t.Fatalf("%x ends the host's program: %v\n%v", v.text(), err, &v.hostState)
		}
		t.Skipf("the host's processor has no AVX2: %v", err)
	}
	h.ran = true
	return st
}

// settle takes out of a state what the two need not agree about.
func (v *hostCase) settle(s *hostState) {
	s.Flags &= hostFlags &^ v.undefined
	s.Text, s.Len = [40]byte{}, 0
	if s.Vector != hostPF {
		s.Addr = 0
	} else {
		s.Error &= hostWrite | hostFetch
	}
	if s.Vector == 3 {
		s.Error = 0
	}
	if v.stores && s.Vector == hostPF {
		v.status = 0xffff
	}
	if v.mmx && s.Vector != 3 {
		clear(s.FX[2:fxIP])
		clear(s.FX[fxST:fxRest]) // a load over the border to a page that is not there changes the first half of a register
	}
	if v.mmx {
		for i := range 8 {
			s.FX[fxST+16*i+8], s.FX[fxST+16*i+9] = 0, 0
		}
	}
	s.FX[2] &^= byte(v.status)
	s.FX[3] &^= byte(v.status >> 8)
	for _, r := range v.ignore {
		from, to := int(v.operand-v.At)+r[0], int(v.operand-v.At)+r[1]
		clear(s.Data[max(0, min(from, 512)):max(0, min(to, 512))])
	}
	clear(s.FX[fxIP:fxMXCSR]) // of the last instruction of the x87
	clear(s.FX[fxMask:fxST])
	clear(s.FX[fxRest:])
	for i := range 8 {
		clear(s.FX[fxST+16*i+10:][:6])
	}
	s.FX[fxMXCSR] &^= mxcsrDenormal
	if v.Bits == 32 {
		for i := range s.R {
			if s.R[i] = uint64(uint32(s.R[i])); i >= 8 {
				s.R[i] = 0
			}
		}
		clear(s.FX[fxXMM+128:])
		clear(s.High[128:])
	}
}

// differs says in what the emulated processor's result is not the host's.
func (v *hostCase) differs(got, want hostState) string {
	v.settle(&got)
	v.settle(&want)
	var b strings.Builder
	say := func(format string, a ...any) { fmt.Fprintf(&b, format+"; ", a...) }
	if got.Vector == hostPF && want.Vector == hostPF && got.Addr>>12 == want.Addr>>12 {
		got.Addr = want.Addr // which of its bytes is told depends on how an operand is accessed
	}
	if canonical := uint64(int64(got.Addr<<16)>>16) == got.Addr; got.Vector == hostPF && !canonical && (want.Vector == 12 || want.Vector == 13) {
		got.Vector, got.Error, got.Addr = want.Vector, want.Error, want.Addr // the kernel tells: arch/x86's Pagefault
	}
	if got.Vector == hostPF && got.Error == 0 && want.Error == hostWrite {
		got.Error = hostWrite // what changes memory is a load first
	}
	if got.Vector != want.Vector || got.Error != want.Error || got.Addr != want.Addr {
		say("exception %d error %#x address %#x, not %d %#x %#x", got.Vector, got.Error, got.Addr, want.Vector, want.Error, want.Addr)
	}
	for i := range got.R {
		if got.R[i] != want.R[i] {
			say("r%d %#x, not %#x", i, got.R[i], want.R[i])
		}
	}
	if got.RIP != want.RIP {
		say("pc %#x, not %#x", got.RIP, want.RIP)
	}
	if got.Flags != want.Flags {
		say("flags %#x, not %#x", got.Flags, want.Flags)
	}
	part := func(name string, a, b []byte, size int) {
		for i := 0; i < len(a); i += size {
			if string(a[i:i+size]) != string(b[i:i+size]) {
				say("%s%d %x, not %x", name, i/size, a[i:i+size], b[i:i+size])
			}
		}
	}
	part("fx", got.FX[:8], want.FX[:8], 2)
	part("mxcsr", got.FX[fxMXCSR:][:4], want.FX[fxMXCSR:][:4], 4)
	part("st", got.FX[fxST:fxXMM], want.FX[fxST:fxXMM], 16)
	part("xmm", got.FX[fxXMM:fxRest], want.FX[fxXMM:fxRest], 16)
	part("high", got.High[:], want.High[:], 16)
	part("data", got.Data[:], want.Data[:], 16)
	return b.String()
}

// newHostCase has nothing of interest in its registers: the x87 is empty, exceptions are masked.
func newHostCase(bits uint32) *hostCase {
	v := &hostCase{hostState: hostState{Bits: bits, RIP: textBase, At: hostInside}}
	binary.LittleEndian.PutUint16(v.FX[0:], 0x37f)
	binary.LittleEndian.PutUint32(v.FX[fxMXCSR:], 0x1f80)
	return v
}

// hostRig runs cases on both, and tells of those that differ, few of each kind.
type hostRig struct {
	t        *testing.T
	emulated *hostEmulated
	native   *hostNative
	rnd      *rand.Rand
	failed   map[string]int
	cases    int
	faults   int
	narrow   bool // the host executes code of 32 bits, which not all have
}

// triedHost reports whether the host's processor is of the kind that the tests were made on: what instructions leave
// undefined, and which ones there are, differs between makers.
func triedHost() bool {
	text, _ := os.ReadFile("/proc/cpuinfo")
	first, _, _ := strings.Cut(string(text), "\n\n")
	return strings.Contains(first, "AuthenticAMD") && regexp.MustCompile(`(?m)^cpu family\s*: 26$`).MatchString(first)
}

// newHostRig: on other processors, and with code of 32 bits, which that one did not execute where it was tried, somebody has to
// ask for it.
func newHostRig(t *testing.T, seed uint64) *hostRig {
	asked := os.Getenv("NBEMU_RIG") != ""
	if underRace && !asked {
		t.Skip("minutes of C and single instructions, in which the race detector sees nothing")
	}
	if !asked && !triedHost() {
		t.Skip("this was made on a processor of AMD's family 26; NBEMU_RIG=1 tries another one")
	}
	seed += envNumber("NBEMU_RIG_SEED", 0)
	native := newHostNative(t)
	v := newHostCase(32)
	v.setText(0x90)
	return &hostRig{t: t, emulated: newHostEmulated(t), native: native, rnd: rand.New(rand.NewPCG(seed, 1)),
		failed: map[string]int{}, narrow: asked && native.run(t, v).Vector == 3}
}

// underRace is set where the tests are built with the race detector.
var underRace bool

// turns is how often a test of one thread does something n times: a tenth of that for the race detector, which then has seen all
// that it watches.
func turns(n int) int {
	if underRace {
		return n / 10
	}
	return n
}

// hostRounds is how often tests of random cases try each: NBEMU_RIG has a number for more.
func hostRounds(n int) int { return n * int(envNumber("NBEMU_RIG", 1)) }

func (g *hostRig) try(kind string, v *hostCase) {
	want := g.native.run(g.t, v)
	got := g.emulated.run(g.t, v)
	g.cases++
	if want.Vector != 3 {
		g.faults++
	}
	if v.branch && want.Vector == x86GP {
		return
	}
	d := v.differs(got, want)
	if d == "" {
		return
	}
	if g.failed[kind]++; g.failed[kind] > 2 {
		return
	}
	if len(d) > 700 {
		d = d[:700] + "..."
	}
	g.t.Errorf("%s: %d bits, %x %s: %s\n\t%v", kind, v.Bits, v.text(), v.what, d, &v.hostState)
}

func (s *hostState) String() string {
	var b strings.Builder
	for i, r := range s.R {
		fmt.Fprintf(&b, "r%d %#x ", i, r)
	}
	fmt.Fprintf(&b, "flags %#x pc %#x at %#x\n\t%s", s.Flags, s.RIP, s.At, s.x87String())
	return b.String()
}

// x87String is the x87's state for messages.
func (s *hostState) x87String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cw %04x sw %04x tags %02x", binary.LittleEndian.Uint16(s.FX[0:]), binary.LittleEndian.Uint16(s.FX[2:]), s.FX[4])
	for i := range 8 {
		f := s.FX[fxST+16*i:]
		fmt.Fprintf(&b, " st%d %04x:%016x", i, binary.LittleEndian.Uint16(f[8:]), binary.LittleEndian.Uint64(f))
	}
	return b.String()
}
