package accel

import "sync"

// past is what is known of the programs that have run, by the names of their files. A program of which most runs so far
// went on on the host's processor begins there: compilers run hundreds of times, and each time would be emulated until it
// is seen again that it computes.
type past struct {
	mu       sync.Mutex
	programs map[string]*runs
}

// runs are how often a program has begun, and how often of those it was quicker on the host's processor.
type runs struct{ begun, native int }

const (
	maxPrograms = 4096 // names that are kept; then all are forgotten
	maxRuns     = 16   // counts are halved there: what was long ago counts less
)

// begin notes that a program begins, and reports whether it is to do so on the host's processor.
func (p *past) begin(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.programs[name]
	if r == nil {
		if len(p.programs) >= maxPrograms || p.programs == nil {
			p.programs = map[string]*runs{}
		}
		r = &runs{}
		p.programs[name] = r
	}
	native := 2*r.native > r.begun
	if r.begun++; native {
		r.native++ // until it comes back
	}
	if r.begun >= maxRuns {
		r.begun, r.native = r.begun/2, r.native/2
	}
	return native
}

// moved notes that a run of a program goes on elsewhere.
func (p *past) moved(name string, native bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.programs[name]
	switch {
	case r == nil:
	case native:
		r.native = min(r.native+1, r.begun)
	default:
		r.native = max(r.native-1, 0)
	}
}
