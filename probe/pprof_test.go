package probe

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/pprof/profile"
)

// pprof's own package reads what is written, and finds everything in its place.
func TestPprofForm(t *testing.T) {
	var w pprofWriter
	w.head(1000, 2000, 3000)
	m := w.mapping(0x1000, 0x3000, 0x200, "/bin/x", "abcd", true)
	f := w.function("main", "x.c")
	inner, outer := w.location(m, 0x1234, f, 17), w.location(0, 1<<63, 0, 0)
	w.sample([]uint64{inner, outer}, 4, 1<<40, label{"comm", "x"})
	var b bytes.Buffer
	if err := w.writeTo(&b); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	if p.TimeNanos != 1000 || p.DurationNanos != 2000 || p.Period != 3000 || p.DefaultSampleType != "cpu" ||
		p.PeriodType.Unit != "nanoseconds" || len(p.SampleType) != 2 || p.SampleType[0].Type != "samples" {
		t.Errorf("head: %+v", p)
	}
	s := p.Sample[0]
	if !slices.Equal(s.Value, []int64{4, 1 << 40}) || s.Label["comm"][0] != "x" || len(s.Location) != 2 {
		t.Errorf("sample: %+v", s)
	}
	at, none := s.Location[0], s.Location[1]
	if at.Address != 0x1234 || at.Line[0].Line != 17 || at.Line[0].Function.Name != "main" || at.Line[0].Function.Filename != "x.c" {
		t.Errorf("place: %+v", at)
	}
	if mp := at.Mapping; mp.Start != 0x1000 || mp.Limit != 0x3000 || mp.Offset != 0x200 || mp.File != "/bin/x" || mp.BuildID != "abcd" || !mp.HasLineNumbers {
		t.Errorf("mapping: %+v", mp)
	}
	if none.Address != 1<<63 || none.Mapping != nil || none.Line != nil {
		t.Errorf("place without a file: %+v", none)
	}
}
