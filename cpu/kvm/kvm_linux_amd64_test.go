package kvm

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"sync"
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

const (
	text  = 0x400000
	data  = 0x500000
	stack = 0x600000
)

var amd64 = &cpu.Arch{Name: "amd64", UserMax: 1 << 47, Target: cpu.TargetX86, Mode: 64}

func open(t testing.TB, o Options) *Machine {
	m, err := Open(o)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(m.Close)
	return m
}

func newTestEngine(t testing.TB, m *Machine) *engine {
	e, err := m.New(amd64)
	if err != nil {
		t.Fatal(err)
	}
	return e.(*engine)
}

// load makes a space with code at text, and pages at data and below stack.
func load(t testing.TB, code string) (*mem.Space, *cpu.Context) {
	s := mem.NewSpace(0x1000, amd64.UserMax)
	t.Cleanup(s.Unref)
	for _, x := range []struct {
		addr uint64
		prot uint8
	}{{text, mem.ProtRead | mem.ProtExec | mem.ProtWrite}, {data, mem.ProtRead | mem.ProtWrite}, {stack - 0x10000, mem.ProtRead | mem.ProtWrite}} {
		if _, err := s.Map(mem.MapArgs{Addr: x.addr, Len: 0x10000, Prot: x.prot, Fixed: true}); err != abi.OK {
			t.Fatal(err)
		}
	}
	b, err := hex.DecodeString(strings.ReplaceAll(code, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	s.Copyout(b, text)
	c := &cpu.Context{}
	start(c)
	return s, c
}

func start(c *cpu.Context) {
	c.R = [64]uint64{}
	c.R[regRIP], c.R[regRSP] = text, stack-0x1000
	binary.LittleEndian.PutUint16(c.FP[:], 0x37f)
	binary.LittleEndian.PutUint32(c.FP[xsaveMXCSR:], 0x1f80)
}

// run resolves page faults until something else happens.
func run(e *engine, c *cpu.Context, s *mem.Space) {
	for {
		e.Run(c, s)
		if c.Trap != cpu.TrapFault || s.Fault(c.Addr, uint8(c.Access)) != mem.FaultOK {
			return
		}
	}
}

func TestProbe(t *testing.T) {
	m := open(t, Options{})
	t.Logf("an exit takes %v; %+v; 32 bits: %v", m.ExitCost(), m.quirks, m.run32())
}

// TestHas: asking what the host has leaves nothing behind.
func TestHas(t *testing.T) {
	m := open(t, Options{Basic: true})
	u, err := cpu.New(amd64)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	before := mem.InUse()
	has := m.Has(u)
	t.Logf("has all features of the emulated processor: %v", has)
	if n := mem.InUse(); n != before {
		t.Errorf("%d frames more than before", n-before)
	}
}

// TestHostile: what belongs to ring 0 is the program's exception, and the processor is as good as before.
func TestHostile(t *testing.T) {
	m := open(t, Options{})
	e := newTestEngine(t, m)
	const gp = vecGP
	for _, x := range []struct {
		name, code string
		vector     uint32
		pc         uint64
		code2      uint32
	}{
		{"hlt", "f4", gp, 0, 0}, {"cli", "fa", gp, 0, 0}, {"sti", "fb", gp, 0, 0},
		{"in", "ec", gp, 0, 0}, {"out", "e680", gp, 0, 0}, {"insb", "6c", gp, 0, 0}, {"outsl", "6f", gp, 0, 0},
		{"rdmsr", "0f32", gp, 0, 0}, {"wrmsr", "0f30", gp, 0, 0}, {"mov cr0", "0f20c0", gp, 0, 0}, {"mov to cr3", "0f22d8", gp, 0, 0},
		{"mov dr7", "0f21f8", gp, 0, 0}, {"lgdt", "0f011424", gp, 0, 0}, {"lidt", "0f011c24", gp, 0, 0}, {"ltr", "0f00d8", gp, 0, 0},
		{"lldt", "0f00d0", gp, 0, 0}, {"lmsw", "0f01f0", gp, 0, 0}, {"clts", "0f06", gp, 0, 0}, {"invd", "0f08", gp, 0, 0},
		{"wbinvd", "0f09", gp, 0, 0}, {"invlpg", "0f013c24", gp, 0, 0}, {"swapgs", "0f01f8", gp, 0, 0}, {"sysret", "480f07", gp, 0, 0},
		{"int 0x81", "cd81", gp, 0, 0x81<<3 | 2}, {"int 2", "cd02", gp, 0, 2<<3 | 2},
		{"iret to ring 0", "6a10 54 9c 6a08 6a00 48cf", gp, 8, 8}, {"ring 0's code segment", "6a08 6800004000 48cb", gp, 7, 8},
		{"ss of ring 0", "66b81000 8ed0", gp, 4, 0x10},
		{"ud2", "0f0b", vecUD, 0, 0}, {"into", "ce", vecUD, 0, 0}, {"divide", "31c9 f7f1", 0, 2, 0}, {"int3", "cc", vecBP, 1, 0},
		{"stack out of the address space", "48bc0000000000000090 50", vecSS, 10, 0},
		{"load from there", "48b80000000000000090 8b00", gp, 10, 0},
	} {
		s, c := load(t, x.code)
		for range 2 {
			start(c)
			run(e, c, s)
			if c.Trap != cpu.TrapException || c.Vector != x.vector || c.Error != x.code2 || c.R[regRIP] != text+x.pc {
				t.Errorf("%s: trap %d vector %d error %#x pc %#x (%s)", x.name, c.Trap, c.Vector, c.Error, c.R[regRIP], e.failure)
			}
		}
	}
	// Calls of a hypervisor are KVM's own to refuse.
	for _, code := range []string{"0f01c1 0f05", "0f01d9 0f05", "0f01d8 0f05", "0f01c2 0f05"} {
		s, c := load(t, code)
		run(e, c, s)
		if c.Trap != cpu.TrapException && c.Trap != cpu.TrapSyscall {
			t.Errorf("%s: trap %d (%s)", code, c.Trap, e.failure)
		}
	}
	// Ring 0's memory is nothing that a program can see, store to or execute.
	for _, x := range []struct {
		code   string
		access uint32
	}{{"48b8000000 80ffffff 8b00", mem.ProtRead}, {"48b8000000 80ffffff 8900", mem.ProtWrite}, {"48b8000000 80ffffff ffe0", mem.ProtExec}} {
		s, c := load(t, strings.Replace(x.code, "48b8000000 80ffffff", "48b800000000 80ffffff", 1))
		run(e, c, s)
		if c.Trap != cpu.TrapFault || c.Addr != kernBase || c.Access != x.access {
			t.Errorf("ring 0's memory, access %d: trap %d vector %d addr %#x access %d", x.access, c.Trap, c.Vector, c.Addr, c.Access)
		}
	}
	s, c := load(t, "b814000000 0f05")
	run(e, c, s)
	if c.Trap != cpu.TrapSyscall || c.R[regRAX] != 20 {
		t.Fatalf("afterwards: trap %d", c.Trap)
	}
}

// TestBroken: a processor that cannot go on ends the program with a word, and works for the next one.
func TestBroken(t *testing.T) {
	m := open(t, Options{})
	e := newTestEngine(t, m)
	good, c := load(t, "b814000000 0f05")
	run(e, c, good)
	idt := bytes.Clone(m.sys[offIDT:][:4096])
	clear(m.sys[offIDT:][:4096])
	s, c2 := load(t, "0f0b")
	run(e, c2, s)
	copy(m.sys[offIDT:], idt)
	if c2.Trap != cpu.TrapBroken || e.Failure() == "" {
		t.Fatalf("without handlers: trap %d vector %d, %q", c2.Trap, c2.Vector, e.Failure())
	}
	t.Log(e.Failure())
	start(c)
	e.LoadFP(c)
	run(e, c, good)
	if c.Trap != cpu.TrapSyscall || c.R[regRAX] != 20 {
		t.Fatalf("afterwards: trap %d vector %d %s", c.Trap, c.Vector, e.failure)
	}
}

// TestExits: whatever else the processor leaves the guest for ends the program with a word, and not the next one.
func TestExits(t *testing.T) {
	m := open(t, Options{})
	e := newTestEngine(t, m)
	for reason := range uint32(45) {
		if reason == exitHLT {
			continue
		}
		s, c := load(t, "0f05")
		run(e, c, s)
		e.v.run.exitReason = reason
		if e.trapped(c, s, false) || c.Trap != cpu.TrapBroken || e.Failure() == "" {
			t.Errorf("exit %d: trap %d, %q", reason, c.Trap, e.Failure())
		}
		start(c)
		if run(e, c, s); c.Trap != cpu.TrapSyscall {
			t.Fatalf("after exit %d: trap %d vector %d %s", reason, c.Trap, c.Vector, e.failure)
		}
	}
	// A halt where there is none.
	s, c := load(t, "0f05")
	run(e, c, s)
	e.v.run.exitReason, e.v.run.regs.rip = exitHLT, text
	if e.trapped(c, s, false) || c.Trap != cpu.TrapBroken {
		t.Errorf("a halt in the program: trap %d", c.Trap)
	}
}

// TestRenew: when ring 0's memory is used up by page tables it is made new, while others are in the guest.
func TestRenew(t *testing.T) {
	m := open(t, Options{})
	engines := []*engine{newTestEngine(t, m), newTestEngine(t, m), newTestEngine(t, m)}
	m.mu.Lock()
	m.limit = offTables + 40<<mem.PageShift
	m.mu.Unlock()
	before := m.epoch.Load()
	var wg sync.WaitGroup
	for _, e := range engines {
		wg.Go(func() {
			for i := range uint64(60) {
				// incl 0x500000; mov 0x500000,%eax; syscall
				s, c := load(t, "ff042500005000 8b042500005000 0f05")
				s.Copyout([]byte{byte(i)}, data)
				for n := range uint64(3) {
					start(c)
					run(e, c, s)
					for c.Trap == cpu.TrapStop {
						run(e, c, s)
					}
					if c.Trap != cpu.TrapSyscall || c.R[regRAX] != i+n+1 {
						t.Errorf("space %d, run %d: trap %d eax %d (%s)", i, n, c.Trap, c.R[regRAX], e.failure)
						return
					}
				}
				f, _ := s.Fork()
				start(c)
				run(e, c, f)
				for c.Trap == cpu.TrapStop {
					run(e, c, f)
				}
				if c.R[regRAX] != i+4 {
					t.Errorf("space %d, its child: trap %d eax %d (%s)", i, c.Trap, c.R[regRAX], e.failure)
				}
				f.Unref()
			}
		})
	}
	wg.Wait()
	if m.epoch.Load() == before {
		t.Error("there was enough memory: the test does not test anything")
	}
}

// TestChangedMappings: pages that go, change place or lose a permission do so for the processor too, one at a time and
// in great number.
func TestChangedMappings(t *testing.T) {
	m := open(t, Options{})
	e := newTestEngine(t, m)
	// mov (%rdi),%eax; syscall; mov %eax,(%rdi); syscall
	s, c := load(t, "8b07 0f05 8907 0f05")
	const base, pages = 0x10000000, 2000
	rw := uint8(mem.ProtRead | mem.ProtWrite)
	for _, n := range []uint64{1, 3, 100, pages} {
		s.Map(mem.MapArgs{Addr: base, Len: pages << mem.PageShift, Prot: rw, Fixed: true})
		for i := range uint64(pages) {
			s.Copyout([]byte{byte(i), byte(i >> 8)}, base+i<<mem.PageShift)
		}
		at := func(i uint64) uint64 {
			start(c)
			c.R[regRDI] = base + i<<mem.PageShift
			run(e, c, s)
			return c.R[regRAX]
		}
		for _, i := range []uint64{0, n - 1, pages - 1} {
			if v := at(i); c.Trap != cpu.TrapSyscall || v != i {
				t.Fatalf("page %d: trap %d, %d", i, c.Trap, v)
			}
		}
		s.Protect(base, n<<mem.PageShift, mem.ProtRead)
		at(n - 1)
		run(e, c, s)
		if c.Trap != cpu.TrapFault || c.Access != mem.ProtWrite || c.R[regRIP] != text+4 {
			t.Fatalf("%d pages are read-only: trap %d access %d pc %#x", n, c.Trap, c.Access, c.R[regRIP])
		}
		s.Unmap(base, n<<mem.PageShift)
		for _, i := range []uint64{0, n - 1} {
			if at(i); c.Trap != cpu.TrapFault || c.Addr != base+i<<mem.PageShift {
				t.Fatalf("%d pages are gone: page %d: trap %d addr %#x", n, i, c.Trap, c.Addr)
			}
		}
		s.Map(mem.MapArgs{Addr: base, Len: n << mem.PageShift, Prot: rw, Fixed: true})
		if v := at(n - 1); c.Trap != cpu.TrapSyscall || v != 0 {
			t.Fatalf("new pages: trap %d, %d", c.Trap, v)
		}
	}
}

// TestVectorState: what is in the vector registers goes with the thread from one processor to another.
func TestVectorState(t *testing.T) {
	m := open(t, Options{})
	if (m.xcr0|m.quirks.xcr0)&xcrAVX == 0 {
		t.Skip("programs have no AVX here")
	}
	a, b := newTestEngine(t, m), newTestEngine(t, m)
	// vmovdqu 0x500000,%ymm9; syscall; vmovdqu %ymm9,0x500020; syscall
	s, c := load(t, "c57e6f0c2500005000 0f05 c57e7f0c2520005000 0f05")
	want := bytes.Repeat([]byte("abcdefgh"), 4)
	s.Copyout(want, data)
	a.LoadFP(c)
	run(a, c, s)
	a.SaveFP(c)
	// Another thread on the same processor has others.
	s2, c2 := load(t, "c57e6f0c2500005000 0f05")
	a.LoadFP(c2)
	run(a, c2, s2)
	b.LoadFP(c)
	run(b, c, s)
	got := make([]byte, len(want))
	s.Copyin(got, data+32)
	if c.Trap != cpu.TrapSyscall || !bytes.Equal(got, want) {
		t.Errorf("trap %d vector %d: %q", c.Trap, c.Vector, got)
	}
}

// TestBases: programs may set the bases of fs and gs themselves.
func TestBases(t *testing.T) {
	m := open(t, Options{})
	e := newTestEngine(t, m)
	// wrfsbase %rdi; rdfsbase %rax; mov %fs:8,%ebx; syscall
	s, c := load(t, "f3480faed7 f3480faec0 648b1c2508000000 0f05")
	s.Copyout([]byte{42}, data+8)
	c.R[regRDI] = data
	c.R[regFSBASE] = 0x1234
	run(e, c, s)
	if c.Trap != cpu.TrapSyscall || c.R[regRAX] != data || c.R[regRBX] != 42 || c.R[regFSBASE] != data {
		t.Errorf("trap %d vector %d rax %#x rbx %d, base %#x", c.Trap, c.Vector, c.R[regRAX], c.R[regRBX], c.R[regFSBASE])
	}
	// Another thread has its own.
	s2, c2 := load(t, "648b1c2508000000 0f05")
	c2.R[regFSBASE] = data + 0x100
	s2.Copyout([]byte{7}, data+0x108)
	run(e, c2, s2)
	if c2.R[regRBX] != 7 {
		t.Errorf("the other thread reads %d", c2.R[regRBX])
	}
}

// TestParallel: three processors run one space at the same time. Atomic instructions are atomic, and memory that is taken
// away is gone for all of them before Unmap has returned.
func TestParallel(t *testing.T) {
	m := open(t, Options{})
	const cpus, rounds, times = 3, 30, 2000
	const page = 0x700000
	// mov $2000,%ecx; 1: lock incl 0x500000; mov 0x700000,%eax; dec %ecx; jnz 1b; syscall
	s, c := load(t, "b9d0070000 f0ff042500005000 8b042500007000 ffc9 75ed 0f05")
	s.SetParallel()
	rw := uint8(mem.ProtRead | mem.ProtWrite)
	mapPage := func(v byte) {
		s.Map(mem.MapArgs{Addr: page, Len: mem.PageSize, Prot: rw, Fixed: true})
		s.Copyout([]byte{v}, page)
	}
	mapPage(1)
	var wg sync.WaitGroup
	stop := make(chan bool)
	for range cpus {
		e := newTestEngine(t, m)
		c := *c
		wg.Go(func() {
			for range rounds {
				start(&c)
				for c.Trap = cpu.TrapStop; c.Trap != cpu.TrapSyscall; {
					e.Run(&c, s)
					switch {
					case c.Trap == cpu.TrapFault && c.Addr == page:
						// It is between two maps.
					case c.Trap == cpu.TrapFault && s.Fault(c.Addr, uint8(c.Access)) == mem.FaultOK, c.Trap == cpu.TrapStop, c.Trap == cpu.TrapSyscall:
					default:
						t.Errorf("trap %d vector %d addr %#x %s", c.Trap, c.Vector, c.Addr, e.failure)
						return
					}
				}
			}
		})
	}
	go func() { wg.Wait(); close(stop) }()
	for done := false; !done; {
		select {
		case <-stop:
			done = true
		default:
			s.Unmap(page, mem.PageSize)
			mapPage(2)
			s.Protect(page, mem.PageSize, mem.ProtRead)
		}
	}
	var n [4]byte
	s.Copyin(n[:], data)
	if got := binary.LittleEndian.Uint32(n[:]); got != cpus*rounds*times {
		t.Errorf("%d, not %d", got, cpus*rounds*times)
	}
}

// TestStepFlags: what a step needs of the flags is not seen by the program.
func TestStepFlags(t *testing.T) {
	m := open(t, Options{})
	e := newTestEngine(t, m)
	// pushf; pop %rax; push $0x302; popf; nop
	s, c := load(t, "9c 58 6802030000 9d 90")
	step := func() {
		for {
			e.Step(c, s)
			if c.Trap != cpu.TrapFault || s.Fault(c.Addr, uint8(c.Access)) != mem.FaultOK {
				return
			}
		}
	}
	for range 2 {
		if step(); c.Trap != cpu.TrapStep {
			t.Fatalf("trap %d", c.Trap)
		}
	}
	if c.R[regRAX]&flagTF != 0 || c.R[regRFLAGS]&flagTF != 0 {
		t.Errorf("PUSHF stores %#x, flags %#x", c.R[regRAX], c.R[regRFLAGS])
	}
	step()
	step()
	if c.Trap != cpu.TrapStep || c.R[regRFLAGS]&flagTF == 0 {
		t.Errorf("after POPF: trap %d flags %#x", c.Trap, c.R[regRFLAGS])
	}
	step()
	if c.Trap != cpu.TrapException || c.Vector != vecDB {
		t.Errorf("with a trace flag of its own: trap %d vector %d", c.Trap, c.Vector)
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		m, err := Open(Options{})
		if err != nil {
			b.Skip(err)
		}
		m.Close()
	}
}

// BenchmarkExit is a system call and the way back.
func BenchmarkExit(b *testing.B) {
	e := newTestEngine(b, open(b, Options{}))
	s, c := load(b, "0f05 ebfc")
	for b.Loop() {
		run(e, c, s)
	}
}
