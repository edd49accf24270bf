package suite

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sort"
	"time"
)

// Header is the first line of a file of results.
type Header struct {
	Format  string    `json:"format"` // fileFormat
	Nbemu   string    `json:"nbemu"`  // version
	Started time.Time `json:"started"`
	Shard   string    `json:"shard"`
	Cases   int       `json:"cases"` // of the shard
	Args    []string  `json:"args"`
	Dir     string    `json:"dir"`
}

const fileFormat = "nbemu suite 1"

// Report is what a file of results says, or several.
type Report struct {
	Header
	Shards  []string // that it was put together of
	Results []*Result
	// Begun are cases without a result, whose process has come to an end before they had: true if a case was alone.
	Begun map[string]bool
}

// begun is a line that says that a case begins.
type begun struct {
	Begin string `json:"begin"`
	Alone bool   `json:"alone,omitempty"`
}

// Writer writes a file of results: a line of JSON for the header, and one for each result, as they come, so that
// nothing is lost when the run is ended.
type Writer struct {
	f   *os.File
	enc *json.Encoder
}

// CreateFile makes a file of results.
func CreateFile(name string, h Header) (*Writer, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, err
	}
	w := newWriter(f)
	h.Format = fileFormat
	return w, w.enc.Encode(h)
}

// RewriteFile makes a file of results with those that there are, in the place of an older one at once.
func RewriteFile(name string, rep *Report) (*Writer, error) {
	w, err := CreateFile(name+".new", rep.Header)
	if err != nil {
		return nil, err
	}
	for _, r := range rep.Results {
		err = errors.Join(err, w.Add(r))
	}
	for _, id := range slices.Sorted(maps.Keys(rep.Begun)) {
		err = errors.Join(err, w.enc.Encode(begun{id, rep.Begun[id]}))
	}
	if err = errors.Join(err, os.Rename(name+".new", name)); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func newWriter(f *os.File) *Writer {
	w := &Writer{f: f, enc: json.NewEncoder(f)}
	w.enc.SetEscapeHTML(false)
	return w
}

// Begin writes that a case begins.
func (w *Writer) Begin(c *Case) error { return w.enc.Encode(begun{c.ID(), c.Meta.Exclusive}) }

// Add writes a result.
func (w *Writer) Add(r *Result) error { return w.enc.Encode(r) }

// Close ends the file.
func (w *Writer) Close() error { return w.f.Close() }

// ReadFile reads a file of results. A last line that is cut short, by the end of the process that wrote it, is left out.
func ReadFile(name string) (*Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rep := &Report{Begun: map[string]bool{}}
	in := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if n == 1 {
				return nil, fmt.Errorf("%s: it is empty", name)
			}
			rep.Shards = []string{rep.Shard}
			return rep, nil
		}
		if err != nil {
			return nil, err
		}
		if n == 1 {
			if err = json.Unmarshal(line, &rep.Header); err == nil && rep.Format != fileFormat {
				err = fmt.Errorf("it is no file of results (format %q)", rep.Format)
			}
		} else {
			err = rep.line(line)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
}

// line reads one line after the header.
func (rep *Report) line(text []byte) error {
	var b begun
	if err := json.Unmarshal(text, &b); err != nil {
		return err
	}
	if b.Begin != "" {
		rep.Begun[b.Begin] = b.Alone
		return nil
	}
	r := &Result{}
	err := json.Unmarshal(text, r)
	delete(rep.Begun, r.ID())
	rep.Results = append(rep.Results, r)
	return err
}

// Merge puts the results of shards together. A case that is in two of them must be told, since it was run twice.
func Merge(reports []*Report) (*Report, error) {
	if len(reports) == 0 {
		return nil, errors.New("there are no results")
	}
	all := &Report{Header: reports[0].Header}
	all.Cases = 0
	seen := map[string]string{}
	for _, rep := range reports {
		if rep.Started.Before(all.Started) {
			all.Started = rep.Started
		}
		all.Cases += rep.Cases
		all.Shards = append(all.Shards, rep.Shards...)
		for _, r := range rep.Results {
			id := fmt.Sprintf("%s %d", r.ID(), r.Run)
			if other, twice := seen[id]; twice {
				return nil, fmt.Errorf("%s is in the results of part %s and of part %s", r.ID(), other, rep.Shard)
			}
			seen[id] = rep.Shard
			all.Results = append(all.Results, r)
		}
	}
	all.Shard = Whole.String()
	if missing := missingShards(all.Shards); len(missing) != 0 {
		return all, fmt.Errorf("parts are missing: %v", missing)
	}
	return all, nil
}

// missingShards lists the parts that are needed for a whole.
func missingShards(have []string) (missing []string) {
	total := 0
	for _, s := range have {
		var i, n int
		if _, err := fmt.Sscanf(s, "%d/%d", &i, &n); err == nil {
			total = max(total, n)
		}
	}
	for i := range total {
		if s := (Shard{i, total}).String(); !slices.Contains(have, s) {
			missing = append(missing, s)
		}
	}
	return missing
}

// Sort orders results by program, case and machine.
func (rep *Report) Sort() {
	sort.SliceStable(rep.Results, func(i, j int) bool {
		a, b := rep.Results[i], rep.Results[j]
		if a.Program != b.Program {
			return a.Program < b.Program
		}
		if a.Case != b.Case {
			return a.Case < b.Case
		}
		if a.Label != b.Label {
			return a.Label < b.Label
		}
		return a.Run < b.Run
	})
}

// Count counts results by outcome; known failures are counted as "known", flaky ones as "flaky" too.
func (rep *Report) Count() map[string]int {
	n := map[string]int{}
	for _, r := range rep.Results {
		switch {
		case !r.Good() && r.Known != "":
			n["known"]++
		default:
			n[string(r.Outcome)]++
		}
		if r.Flaky {
			n["flaky"]++
		}
	}
	return n
}

// Unexpected reports whether something is wrong that is not known.
func (rep *Report) Unexpected() bool {
	return slices.ContainsFunc(rep.Results, (*Result).Unexpected)
}
