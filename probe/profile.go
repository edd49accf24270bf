package probe

import (
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/pprof/profile"

	"nbemu/kern"
)

// Profile collects where programs use processor time, and writes it as pprof reads it.
type Profile struct {
	period time.Duration
	now    func() time.Time
	images *images
	unwind *unwinder

	mu      sync.Mutex
	begun   time.Time
	samples map[string]*profSample
}

type profSample struct {
	pid   int
	comm  string
	arch  string
	stack []place
	n     int64
	d     time.Duration
}

// NewProfile makes a profile that samples once a period of processor time.
func NewProfile(period time.Duration) *Profile {
	i := newImages()
	return &Profile{period: period, images: i, unwind: newUnwinder(i), samples: map[string]*profSample{}}
}

// Sampler is what has it filled.
func (p *Profile) Sampler(k *kern.Kernel) *kern.Sampler {
	p.now = k.Timenow
	p.begun = k.Timenow()
	return &kern.Sampler{Period: p.period, Sample: p.sample}
}

func (p *Profile) sample(l *kern.LWP, d time.Duration) {
	if l.Proc.Emul == nil {
		return
	}
	stack := p.unwind.stack(l)
	var key strings.Builder
	fmt.Fprintf(&key, "%d %s", l.Proc.PID, l.Proc.Comm)
	for _, f := range stack {
		id := -1
		if f.img != nil {
			id = f.img.id
		}
		fmt.Fprintf(&key, " %d:%x", id, f.addr)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.samples[key.String()]
	if s == nil {
		s = &profSample{pid: int(l.Proc.PID), comm: l.Proc.Comm, arch: l.Proc.Arch.Name, stack: stack}
		p.samples[key.String()] = s
	}
	s.n++
	s.d += d
}

// profWriter makes a profile.Profile of samples: each mapping, function and place once.
type profWriter struct {
	out   *profile.Profile
	maps  map[*image]*profile.Mapping
	funcs map[string]*profile.Function
	locs  map[string]*profile.Location
}

// Write writes what was collected. The addresses of a file are those of its first mapping that was seen. Error: that of
// writing.
func (p *Profile) Write(w io.Writer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := &profile.Profile{
		SampleType:        []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		DefaultSampleType: "cpu",
		PeriodType:        &profile.ValueType{Type: "cpu", Unit: "nanoseconds"},
		Period:            int64(p.period),
		TimeNanos:         p.begun.UnixNano(),
		DurationNanos:     int64(p.now().Sub(p.begun)),
	}
	pw := &profWriter{out, map[*image]*profile.Mapping{}, map[string]*profile.Function{}, map[string]*profile.Location{}}
	keys := make([]string, 0, len(p.samples))
	for k := range p.samples {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		s := p.samples[k]
		ps := &profile.Sample{Value: []int64{s.n, int64(s.d)},
			Label: map[string][]string{"pid": {strconv.Itoa(s.pid)}, "comm": {s.comm}, "machine": {s.arch}}}
		for i, f := range s.stack {
			ps.Location = append(ps.Location, pw.location(f, i > 0))
		}
		out.Sample = append(out.Sample, ps)
	}
	p.images.close()
	if err := out.CheckValid(); err != nil {
		return err
	}
	return out.Write(w)
}

func (w *profWriter) mapping(m *image) *profile.Mapping {
	if m == nil {
		return nil
	}
	if mp := w.maps[m]; mp != nil {
		return mp
	}
	mp := &profile.Mapping{ID: uint64(len(w.out.Mapping) + 1), Start: m.start, Limit: m.end, Offset: m.off, File: m.name,
		HasFunctions: true}
	if m.b == nil {
		mp.Offset = 0
	}
	if m.file != nil {
		mp.BuildID = m.file.BuildID
		mp.HasFilenames = len(m.file.Lines()) > 0
		mp.HasLineNumbers = mp.HasFilenames
	}
	w.maps[m] = mp
	w.out.Mapping = append(w.out.Mapping, mp)
	return mp
}

// location is a place; of a caller the line is that of the call.
func (w *profWriter) location(p place, caller bool) *profile.Location {
	m := w.mapping(p.img)
	addr := p.pc
	if m != nil {
		addr = m.Start + p.off - m.Offset
	}
	if caller && m != nil {
		addr++ // place is one byte before the return address
	}
	id := uint64(0)
	if m != nil {
		id = m.ID
	}
	key := fmt.Sprintf("%d %x", id, addr)
	if l := w.locs[key]; l != nil {
		return l
	}
	l := &profile.Location{ID: uint64(len(w.out.Location) + 1), Mapping: m, Address: addr}
	if sym, ok := p.symbol(); ok {
		file, line := p.img.file.Line(p.addr)
		l.Line = []profile.Line{{Function: w.function(p.img, sym.Name, file), Line: int64(line)}}
	}
	w.locs[key] = l
	w.out.Location = append(w.out.Location, l)
	return l
}

func (w *profWriter) function(m *image, name, file string) *profile.Function {
	key := fmt.Sprintf("%d %s", m.id, name)
	if f := w.funcs[key]; f != nil {
		return f
	}
	f := &profile.Function{ID: uint64(len(w.out.Function) + 1), Name: name, SystemName: name, Filename: file}
	w.funcs[key] = f
	w.out.Function = append(w.out.Function, f)
	return f
}
