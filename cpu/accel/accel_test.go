package accel

import (
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/cpu/kvm"
	"nbemu/mem"
)

const (
	text   = 0x400000
	rax    = 14
	rip    = 21
	mxcsr  = 24
	header = 512
)

var amd64 = &cpu.Arch{Name: "amd64", UserMax: 1 << 47, Target: cpu.TargetX86, Mode: 64}

func load(t *testing.T, code string) (*mem.Space, *cpu.Context) {
	s := mem.NewSpace(0x1000, amd64.UserMax)
	t.Cleanup(s.Unref)
	if _, err := s.Map(mem.MapArgs{Addr: text, Len: 0x2000, Prot: mem.ProtAll, Fixed: true}); err != abi.OK {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(code)
	if err != nil {
		t.Fatal(err)
	}
	s.Copyout(b, text)
	c := &cpu.Context{}
	c.R[rip] = text
	binary.LittleEndian.PutUint16(c.FP[:], 0x37f)
	binary.LittleEndian.PutUint32(c.FP[mxcsr:], 0x1f80)
	return s, c
}

func TestNames(t *testing.T) {
	for _, name := range append([]string{""}, Names...) {
		src, note, err := New(name, nil)
		if err != nil && name != "kvm" {
			t.Errorf("%q: %v", name, err)
		}
		t.Logf("%q: %T %s %v", name, src, note, err)
	}
	if _, _, err := New("tcg", nil); err == nil {
		t.Error("tcg is known")
	}
}

// TestRule: where exits are slow, programs that call do not move, and where they are quick all but the busiest do.
func TestRule(t *testing.T) {
	const ms, us = time.Millisecond, time.Microsecond
	for _, x := range []struct {
		traps        uint64
		exit         time.Duration
		worth, waste bool
	}{
		{0, 34 * us, true, false}, {100, 34 * us, true, false}, {120, 34 * us, false, false}, {140, 34 * us, false, true},
		{1000, 2 * us, true, false}, {2000, 2 * us, false, false}, {2400, 2 * us, false, true},
	} {
		if g := worthwhile(x.traps, 5*ms, x.exit); g != x.worth {
			t.Errorf("%d traps of %v: worthwhile is %v", x.traps, x.exit, g)
		}
		if g := wasted(x.traps, 5*ms, x.exit); g != x.waste {
			t.Errorf("%d traps of %v: wasted is %v", x.traps, x.exit, g)
		}
	}
}

// TestMove: a program that computes goes on on the host's processor with all of its state, and its child is there too.
func TestMove(t *testing.T) {
	a := newAuto(func() (*kvm.Machine, error) { return kvm.Open(kvm.Options{Basic: true}) })
	e, err := a.New(amd64)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	x := e.(*autoEngine)
	// movq %rax,%xmm3; 1: inc %rbx; jmp 1b
	s, c := load(t, "66480f6ed8"+"48ffc3"+"ebfb")
	c.R[rax] = 0x123456789abc
	e.LoadFP(c)
	done := make(chan bool)
	defer close(done)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(tick):
				x.Stop() // the loop has no end
			}
		}
	}()
	for moved := false; !moved; {
		e.Run(c, s)
		if c.Trap == cpu.TrapFault && s.Fault(c.Addr, uint8(c.Access)) != mem.FaultOK {
			t.Fatalf("fault at %#x", c.Addr)
		}
		a.mu.Lock()
		failed := a.failed || a.m != nil && !a.moves
		a.mu.Unlock()
		if failed {
			t.Skip("no KVM that programs can go over to")
		}
		moved = x.cur != x.u
	}
	e.SaveFP(c)
	if c.R[rax] != 0x123456789abc || binary.LittleEndian.Uint64(c.FP[160+16*3:]) != 0x123456789abc {
		t.Errorf("rax %#x, xmm3 %x", c.R[rax], c.FP[160+16*3:][:16])
	}
	f, _ := s.Fork()
	defer f.Unref()
	if r, ok := f.Policy().(*record); !ok || !r.native.Load() {
		t.Error("the child begins anew")
	}
}

// TestPast: a program begins on the host's processor once most of its runs have gone over to it, and no longer when they
// come back.
func TestPast(t *testing.T) {
	var p past
	for i := range 3 {
		if p.begin("cc") {
			t.Errorf("run %d begins there", i)
		}
		if i > 0 {
			p.moved("cc", true)
		}
	}
	if p.begin("ls") || !p.begin("cc") {
		t.Error("two of three runs went over")
	}
	p.moved("cc", false)
	p.moved("cc", false)
	if p.begin("cc") {
		t.Error("it came back twice")
	}
	for range 100 {
		p.begin("cc")
		p.moved("cc", true)
	}
	if r := p.programs["cc"]; r.begun > maxRuns || r.native > r.begun || !p.begin("cc") {
		t.Errorf("%+v", *r)
	}
	p.moved("unknown", true)
}
