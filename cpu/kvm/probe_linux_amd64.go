package kvm

import (
	"errors"
	"fmt"
	"time"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// quirks are what this host's KVM does otherwise than a processor would.
type quirks struct {
	fsgsbase bool   // programs have RDFSBASE and so on whether they are enabled or not
	cpuid    bool   // programs see the host's CPUID
	noDebug  bool   // the debug registers are not used
	xcr0     uint64 // state components that programs can use
}

const (
	probeText  = 0x10000
	probeStack = 0x12000
	probeCalls = 16
)

// prober runs snippets of code.
type prober struct {
	e    *engine
	run1 func(*cpu.Context, *mem.Space)
	s    *mem.Space
	c    cpu.Context
}

func (m *Machine) newProber(a *cpu.Arch) (*prober, error) {
	e := newEngine(m, a)
	if err := e.newVCPU(); err != nil {
		return nil, err
	}
	p := &prober{e: e, run1: e.Run, s: mem.NewSpace(0x1000, a.UserMax)}
	if err := p.mapPages(); err != abi.OK {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *prober) mapPages() abi.Errno {
	_, err := p.s.Map(mem.MapArgs{Addr: probeText, Len: probeStack - probeText, Prot: mem.ProtRead | mem.ProtWrite | mem.ProtExec, Fixed: true})
	return err
}

func (p *prober) close() { p.s.Unref() }

// run executes code from its beginning until a trap that is no page fault of ours.
func (p *prober) run(code ...byte) error {
	if err := p.s.Copyout(code, probeText); err != abi.OK {
		return err
	}
	c := &p.c
	c.R[regRIP], c.R[regRSP] = probeText, probeStack-64
	for {
		p.run1(c, p.s)
		if c.Trap == cpu.TrapBroken {
			return errors.New(p.e.failure)
		}
		if c.Trap != cpu.TrapFault || p.s.Fault(c.Addr, uint8(c.Access)) != mem.FaultOK {
			return nil
		}
	}
}

// probe looks how this host's KVM behaves, and what leaving the guest costs. The processor for that is the first that
// New gives away.
func (m *Machine) probe() error {
	p, err := m.newProber(&cpu.Arch{Name: "amd64", UserMax: 1 << 47, Target: cpu.TargetX86, Mode: 64})
	if err != nil {
		return err
	}
	defer p.close()
	c := &p.c
	syscall := []byte{0x0f, 0x05}
	if err := p.run(syscall...); err != nil {
		return fmt.Errorf("a first program: %w", err)
	}
	if c.Trap != cpu.TrapSyscall || c.R[regRIP] != probeText+2 {
		return fmt.Errorf("a first program did not end as it should: trap %d, vector %d, pc %#x", c.Trap, c.Vector, c.R[regRIP])
	}
	m.exitCost = time.Hour
	for range probeCalls {
		start := time.Now()
		c.R[regRIP] = probeText
		p.e.Run(c, p.s)
		m.exitCost = min(m.exitCost, time.Since(start))
	}
	if err := p.run(0xf3, 0x48, 0x0f, 0xae, 0xc0, 0x0f, 0x05); err != nil { // rdfsbase %rax; syscall
		return err
	}
	m.quirks.fsgsbase = !p.e.bases && c.Trap == cpu.TrapSyscall
	// push %rax; syscall, with a look at what is stored
	c.Debug.Set(probeStack-64-8, 8, cpu.DebugWrite)
	err = p.run(0x50, 0x0f, 0x05)
	c.Debug = cpu.Debug{}
	if err != nil {
		return err
	}
	m.quirks.noDebug = c.Trap != cpu.TrapException || c.Vector != vecDB
	// mov $1,%eax; xor %ecx,%ecx; cpuid; syscall would lose ecx: mov %ecx,%ebx
	if err := p.run(0xb8, 1, 0, 0, 0, 0x31, 0xc9, 0x0f, 0xa2, 0x89, 0xcb, 0x0f, 0x05); err != nil {
		return err
	}
	seen := uint32(c.R[regRBX])
	const osxsave = 1 << 27 // follows cr4
	if e := m.cpuid.find(1, 0); e == nil || (e.ecx^seen)&^osxsave != 0 {
		m.quirks.cpuid = true
	}
	m.quirks.xcr0 = m.xcr0
	if seen&osxsave != 0 {
		if err := p.run(0x31, 0xc9, 0x0f, 0x01, 0xd0, 0x0f, 0x05); err != nil { // xor %ecx,%ecx; xgetbv; syscall
			return err
		}
		if c.Trap == cpu.TrapSyscall {
			m.quirks.xcr0 = c.R[regRAX] & 0xffffffff
		}
	}
	m.xstate = m.host.xstate(m.xcr0 | m.quirks.xcr0)
	if err := p.e.reset(); err != nil {
		return err
	}
	m.spare = p.e
	return nil
}

// run32 reports, with nil, that this host's KVM runs 32-bit programs.
func (m *Machine) run32() error {
	m.once32.Do(func() {
		p, err := m.newProber(&cpu.Arch{Name: "i386", UserMax: 0xbfc00000, Target: cpu.TargetX86, Mode: 32})
		if err != nil {
			m.err32 = err
			return
		}
		defer p.close()
		c := &p.c
		r := &c.R
		x := p.e.segs
		code, data := uint64(x.lcode[0])<<3|7, uint64(x.ldata[0])<<3|7
		r[regCS], r[regSS], r[regDS], r[regES] = code, data, data, data
		r[regFS], r[regGS] = uint64(x.fs)<<3|3, uint64(x.gs)<<3|3
		err = p.run(0xb8, 7, 0, 0, 0, 0x66, 0x0f, 0x6e, 0xc0, 0x66, 0x0f, 0xfe, 0xc0, 0x66, 0x0f, 0x7e, 0xc3, 0xcd, 0x80)
		// mov $7,%eax; movd %eax,%xmm0; paddd %xmm0,%xmm0; movd %xmm0,%ebx; int $0x80
		if err != nil || c.Trap != cpu.TrapSyscall || r[regRBX] != 14 {
			m.err32 = errors.New("this host's KVM does not run 32-bit programs as a processor would")
		}
	})
	return m.err32
}

// features are CPUID's leafs 1, 7 and 0x80000001, what of them tells programs what they can use: ebx and ecx.
type features [3]struct{ ebx, ecx uint32 }

var featureLeafs = [3]struct{ function, high byte }{{1, 0}, {7, 0}, {1, 0x80}}

// features are those that the prober's processor shows.
func (p *prober) features() (f features, err error) {
	for i, leaf := range featureLeafs {
		// mov $leaf,%eax; xor %ecx,%ecx; cpuid; mov %ecx,%esi; syscall
		if err := p.run(0xb8, leaf.function, 0, 0, leaf.high, 0x31, 0xc9, 0x0f, 0xa2, 0x89, 0xce, 0x0f, 0x05); err != nil {
			return f, err
		}
		f[i].ebx, f[i].ecx = uint32(p.c.R[regRBX]), uint32(p.c.R[regRSI])
	}
	return f, nil
}

// hostFeatures are those that programs can use, whether they see them or not.
func (m *Machine) hostFeatures() (f features, err error) {
	if m.quirks.cpuid {
		p, err := m.newProber(&cpu.Arch{Name: "amd64", UserMax: 1 << 47, Target: cpu.TargetX86, Mode: 64})
		if err != nil {
			return f, err
		}
		defer p.close()
		defer p.e.Close()
		return p.features()
	}
	for i, leaf := range featureLeafs {
		if h := m.host.find(uint32(leaf.high)<<24|uint32(leaf.function), 0); h != nil {
			f[i].ebx, f[i].ecx = h.ebx, h.ecx
		}
	}
	return f, nil
}

// Has reports whether the host has all of the features that a processor shows its programs.
func (m *Machine) Has(e cpu.Engine) bool {
	p := &prober{run1: e.Run, s: mem.NewSpace(0x1000, 1<<47)}
	defer p.close()
	if p.mapPages() != abi.OK {
		return false
	}
	want, err := p.features()
	if err != nil {
		return false
	}
	have, err := m.hostFeatures()
	const osxsave = 1 << 27 // set by the system
	return err == nil &&
		want[0].ecx&^(have[0].ecx|c1ECXDrop|osxsave) == 0 &&
		want[1].ebx&^(have[1].ebx|c7EBXDrop) == 0 && want[1].ecx&^(have[1].ecx|c7ECXDrop) == 0 &&
		want[2].ecx&^(have[2].ecx|x1ECXDrop) == 0
}

// XState is the state that programs have.
func (m *Machine) XState() *cpu.XState { return &m.xstate }

// ExitCost is what it takes at least to leave the guest and to come back, as measured when the machine was made.
func (m *Machine) ExitCost() time.Duration { return m.exitCost }

// Hides reports whether programs see only those of the processor's features that the machine's options let them see.
func (m *Machine) Hides() bool { return !m.quirks.cpuid }

// HidesState says whether programs have only those components of XSAVE's state that the machine's options let them have.
func (m *Machine) HidesState() bool { return m.quirks.xcr0&^(m.xcr0|xcrX87SSE) == 0 }
