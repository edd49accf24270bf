package probe

import (
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

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

// profWriter writes samples: each mapping, function and place once.
type profWriter struct {
	out   pprofWriter
	maps  map[*image]*profMapping
	funcs map[string]uint64
	locs  map[string]uint64
}

// profMapping is a mapping that was written.
type profMapping struct{ id, start, offset uint64 }

// Write writes what was collected. The addresses of a file are those of its first mapping that was seen. Error: that of
// writing.
func (p *Profile) Write(w io.Writer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	pw := &profWriter{maps: map[*image]*profMapping{}, funcs: map[string]uint64{}, locs: map[string]uint64{}}
	pw.out.head(p.begun.UnixNano(), int64(p.now().Sub(p.begun)), int64(p.period))
	keys := make([]string, 0, len(p.samples))
	for k := range p.samples {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		s := p.samples[k]
		var places []uint64
		for i, f := range s.stack {
			places = append(places, pw.location(f, i > 0))
		}
		pw.out.sample(places, s.n, int64(s.d), label{"pid", strconv.Itoa(s.pid)}, label{"comm", s.comm}, label{"machine", s.arch})
	}
	p.images.close()
	return pw.out.writeTo(w)
}

// mapping is the file's; the zero one where there is none.
func (w *profWriter) mapping(m *image) profMapping {
	if m == nil {
		return profMapping{}
	}
	if mp := w.maps[m]; mp != nil {
		return *mp
	}
	mp := &profMapping{start: m.start, offset: m.off}
	if m.b == nil {
		mp.offset = 0
	}
	buildID, lines := "", false
	if m.file != nil {
		buildID, lines = m.file.BuildID, len(m.file.Lines()) > 0
	}
	mp.id = w.out.mapping(m.start, m.end, mp.offset, m.name, buildID, lines)
	w.maps[m] = mp
	return *mp
}

// location is a place's number; of a caller the line is that of the call.
func (w *profWriter) location(p place, caller bool) uint64 {
	m := w.mapping(p.img)
	addr := p.pc
	if m.id != 0 {
		addr = m.start + p.off - m.offset
	}
	if caller && m.id != 0 {
		addr++ // place is one byte before the return address
	}
	key := fmt.Sprintf("%d %x", m.id, addr)
	if l := w.locs[key]; l != 0 {
		return l
	}
	var function uint64
	line := 0
	if sym, ok := p.symbol(); ok {
		var file string
		file, line = p.img.file.Line(p.addr)
		function = w.function(p.img, sym.Name, file)
	}
	l := w.out.location(m.id, addr, function, line)
	w.locs[key] = l
	return l
}

func (w *profWriter) function(m *image, name, file string) uint64 {
	key := fmt.Sprintf("%d %s", m.id, name)
	f := w.funcs[key]
	if f == 0 {
		f = w.out.function(name, file)
		w.funcs[key] = f
	}
	return f
}
