package machine

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/probe"
	"nbemu/strace"
)

// Profile has a profile of the processor time that programs use written, as pprof reads it.
type Profile struct {
	// Writer gets the profile when the machine is closed.
	Writer io.Writer
	// Period is how much processor time there is between two samples; 0 is DefaultPeriod.
	Period time.Duration
}

// Coverage has the blocks that programs execute written down.
type Coverage struct {
	// Writer gets it when the machine is closed.
	Writer io.Writer
	// Format is "drcov" (or ""), "lcov" or "edges"; see docs/TRACING.md.
	Format string
}

// Instructions has the instructions that programs execute written as text.
type Instructions struct {
	// Writer gets it, block by block.
	Writer io.Writer
	// Items are qemu's: "in_asm", "exec", "cpu", "int", separated by commas.
	Items string
	// Filter are ranges of addresses that it is about, as qemu's -dfilter has them, or functions; "" is everything.
	Filter string
	// Single makes each instruction a block of its own, as qemu's -one-insn-per-tb does.
	Single bool
}

// Comparisons watches instructions that compare integers, for fuzzers that look for input among what is compared. What is
// watched is executed one instruction at a time. On m68k nothing is told.
type Comparisons struct {
	// In reports whether instructions at an address are watched; nil: all are.
	In func(pc uint64) bool
	// Compared is told of the instruction at pc that it compares a and b, integers of size bytes. It is called by the
	// thread's goroutine, when the instruction has been executed.
	Compared func(pc, a, b uint64, size int)
}

// DefaultPeriod is how often a profile looks where programs are.
const DefaultPeriod = 2 * time.Millisecond

// observers are those of package probe that a machine has.
type observers struct {
	profile *probe.Profile
	stacks  *probe.Stacks
	cover   *probe.Coverage
	insns   *probe.Insns
	perf    []*probe.PerfMap
}

// setObservers makes what Config asks for. Preconditions: kernel lock.
func (m *Machine) setObservers() error {
	if c := m.cfg.Profile; c != nil {
		if c.Period == 0 {
			c.Period = DefaultPeriod
		}
		if c.Period < 100*time.Microsecond {
			return wrong("Profile", "%v: less than 100 µs between samples", c.Period)
		}
		m.watch.profile = probe.NewProfile(c.Period)
		m.k.Config.Sampler = m.watch.profile.Sampler(m.k)
	}
	if m.k.Config.Tracing.Stacks() {
		m.watch.stacks = probe.NewStacks()
		m.k.Unwind = func(l *kern.LWP) []strace.Frame { return m.watch.stacks.Frames(l) }
	}
	if err := m.setBlocks(); err != nil {
		return err
	}
	if err := m.setPerf(); err != nil {
		return err
	}
	m.k.Watch()
	return nil
}

// emulated has programs run on emulated processors, for a member of Config that only those can do.
func (m *Machine) emulated(member string) error {
	if m.k.Config.Engines != nil && m.cfg.Accel == "kvm" {
		return wrong(member, "KVM's processors do not tell what they execute; it goes with -accel unicorn only")
	}
	m.k.Config.Engines = nil
	return nil
}

// setBlocks sets up what looks at blocks.
func (m *Machine) setBlocks() error {
	var watchers []*kern.Blocks
	if c := m.cfg.Coverage; c != nil {
		if err := m.emulated("Coverage"); err != nil {
			return err
		}
		if c.Format != "" && !slices.Contains(probe.CoverageFormats, c.Format) {
			return wrong("Coverage", "%s: not %s", c.Format, strings.Join(probe.CoverageFormats, ", "))
		}
		m.watch.cover = probe.NewCoverage()
		watchers = append(watchers, m.watch.cover.Blocks())
		m.k.Config.Leave = append(m.k.Config.Leave, m.watch.cover.Leave)
	}
	if c := m.cfg.Instructions; c != nil {
		if err := m.emulated("Instructions"); err != nil {
			return err
		}
		what, err := probe.ParseInsns(c.Items)
		if err != nil {
			return &ConfigError{"Instructions", err}
		}
		filter, err := probe.ParseRanges(c.Filter)
		if err != nil {
			return &ConfigError{"Instructions", fmt.Errorf("filter %w", err)}
		}
		m.watch.insns = probe.NewInsns(c.Writer, what, filter, c.Single)
		watchers = append(watchers, m.watch.insns.Blocks())
		m.k.Config.Leave = append(m.k.Config.Leave, m.watch.insns.Leave)
	}
	if c := m.cfg.Comparisons; c != nil {
		if err := m.emulated("Comparisons"); err != nil {
			return err
		}
		if len(watchers) > 0 {
			return wrong("Comparisons", "they go with neither Coverage nor Instructions")
		}
		w := &probe.Compares{In: c.In, Compared: func(pc uint64, x probe.Comparison) { c.Compared(pc, x.A, x.B, x.Size) }}
		watchers = append(watchers, w.Blocks())
		m.k.Config.Leave = append(m.k.Config.Leave, w.Leave)
	}
	switch len(watchers) {
	case 1:
		m.k.Config.Blocks = watchers[0]
	case 2:
		a, b := watchers[0], watchers[1]
		m.k.Config.Blocks = &kern.Blocks{Room: min(a.Room, b.Room), Before: b.Before, Single: b.Single, Ran: func(l *kern.LWP, k []cpu.Block) {
			a.Ran(l, k)
			b.Ran(l, k)
		}}
	}
	return nil
}

// setPerf sets up what tells perf of translations.
func (m *Machine) setPerf() error {
	if w := m.cfg.PerfMap; w != nil {
		if err := m.emulated("PerfMap"); err != nil {
			return err
		}
		m.watch.perf = append(m.watch.perf, probe.NewPerfMap(w))
	}
	if w := m.cfg.JITDump; w != nil {
		if err := m.emulated("JITDump"); err != nil {
			return err
		}
		d, err := probe.NewJITDump(w)
		if err != nil {
			return &ConfigError{"JITDump", err}
		}
		m.watch.perf = append(m.watch.perf, d)
	}
	for _, p := range m.watch.perf {
		m.k.Config.Leave = append(m.k.Config.Leave, p.Leave)
	}
	return nil
}

// endObservers writes what was seen. Preconditions: the machine runs nothing any more.
func (m *Machine) endObservers() error {
	var errs []error
	add := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", what, err))
		}
	}
	if p := m.watch.profile; p != nil {
		add("profile", p.Write(m.cfg.Profile.Writer))
	}
	if c := m.watch.cover; c != nil {
		add("coverage", c.Write(m.cfg.Coverage.Writer, m.cfg.Coverage.Format))
	}
	if n := m.watch.insns; n != nil {
		add("instructions", n.Close())
	}
	for _, p := range m.watch.perf {
		add("perf map", p.Close())
	}
	if s := m.watch.stacks; s != nil {
		s.Close()
	}
	return errors.Join(errs...)
}
