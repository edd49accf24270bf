package machine

import (
	"errors"
	"fmt"
	"io"
	"time"

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

// DefaultPeriod is how often a profile looks where programs are.
const DefaultPeriod = 2 * time.Millisecond

// observers are those of package probe that a machine has.
type observers struct {
	profile *probe.Profile
	stacks  *probe.Stacks
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
	m.k.Watch()
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
	if s := m.watch.stacks; s != nil {
		s.Close()
	}
	return errors.Join(errs...)
}
