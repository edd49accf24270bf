package suite

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Progress tells people how far a run has come.
type Progress struct {
	w        io.Writer
	terminal bool // w can take a line back
	verbose  bool
	total    int
	started  time.Time
	told     time.Time                // when the line of counts was last written
	shown    bool                     // the line of counts is on the terminal
	known    time.Duration            // what the cases that are done took when they ran before
	before   map[string]time.Duration // what cases took when they ran before
	all      time.Duration            // of those that this run has
	running  []string                 // cases, the oldest first
	rep      Report
	now      func() time.Time
}

// NewProgress makes one for cases that are run repeat times each; before tells how long some took earlier.
func NewProgress(w io.Writer, terminal, verbose bool, repeat int, cases []*Case, before *Report) *Progress {
	p := &Progress{w: w, terminal: terminal, verbose: verbose, total: len(cases) * max(repeat, 1), now: time.Now}
	p.started = p.now()
	p.told = p.started
	if before != nil {
		p.before = map[string]time.Duration{}
		for _, r := range before.Results {
			p.before[r.ID()] = time.Duration(r.Took)
		}
		for _, c := range cases {
			p.all += p.before[c.ID()]
		}
	}
	return p
}

// Begin is called when a case begins.
func (p *Progress) Begin(c *Case) {
	p.running = append(p.running, c.ID())
	p.tell(false)
}

// Done is called when a case has ended.
func (p *Progress) Done(r *Result) {
	for i, id := range p.running {
		if id == r.ID() {
			p.running = append(p.running[:i], p.running[i+1:]...)
			break
		}
	}
	p.rep.Results = append(p.rep.Results, r)
	p.known += p.before[r.ID()]
	if p.verbose || r.Unexpected() || r.Flaky {
		p.erase()
		fmt.Fprintln(p.w, Line(r))
	}
	if len(p.rep.Results) < p.total {
		p.tell(false)
	}
}

// End is called when no more will come.
func (p *Progress) End() { p.tell(true) }

// Line is a result in one line, as kyua writes it.
func Line(r *Result) string {
	text := string(r.Outcome)
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	if r.Known != "" {
		text += " (known: " + r.Known + ")"
	}
	if r.Flaky {
		text += fmt.Sprintf(" (at try %d; before: %s)", len(r.Failed)+1, r.Failed[len(r.Failed)-1].Reason)
	}
	run := ""
	if r.Run != 0 {
		run = fmt.Sprintf(" #%d", r.Run)
	}
	return fmt.Sprintf("%s%s  ->  %s  [%.3fs]", r.ID(), run, text, r.Took.Seconds())
}

// left estimates how long the rest takes: by what it took before, where that is known, or like what is done.
func (p *Progress) left() time.Duration {
	done := len(p.rep.Results)
	if done == 0 {
		return 0
	}
	passed := p.now().Sub(p.started)
	if p.all > 0 && p.known > 0 {
		return time.Duration(float64(passed) * (float64(p.all)/float64(p.known) - 1))
	}
	return passed / time.Duration(done) * time.Duration(p.total-done)
}

const (
	terminalEvery = 100 * time.Millisecond
	logEvery      = 15 * time.Second
)

// tell writes the line of counts if it is time, or last.
func (p *Progress) tell(last bool) {
	every := logEvery
	if p.terminal {
		every = terminalEvery
	}
	if now := p.now(); !last && now.Sub(p.told) < every {
		return
	} else {
		p.told = now
	}
	line := fmt.Sprintf("%d of %d", len(p.rep.Results), p.total)
	if counts := Counts(p.rep.Count()); counts != "" {
		line += ": " + counts
	}
	if !last {
		if left := p.left(); left > 0 {
			line += fmt.Sprintf("; %s left", roundUp(left))
		}
		if len(p.running) > 0 {
			line += "; " + p.running[0]
		}
	}
	switch {
	case !p.terminal:
		fmt.Fprintln(p.w, line)
	case last:
		p.erase()
		fmt.Fprintln(p.w, line)
	default:
		const width = 79
		if r := []rune(line); len(r) > width {
			line = string(r[:width-1]) + "…"
		}
		p.erase()
		fmt.Fprint(p.w, line)
		p.shown = true
	}
}

// Erase takes the line of counts off the terminal.
func (p *Progress) erase() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

func roundUp(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }

// Counts puts counts of results into words.
func Counts(n map[string]int) string {
	var words []string
	for _, w := range []struct{ key, word string }{
		{string(Passed), "passed"}, {string(Failed), "failed"}, {string(Broken), "broken"}, {string(Skipped), "skipped"},
		{string(ExpectedFailure), "failed as expected"}, {"known", "failed as known"}, {"flaky", "flaky"},
	} {
		if n[w.key] != 0 {
			words = append(words, fmt.Sprintf("%d %s", n[w.key], w.word))
		}
	}
	return strings.Join(words, ", ")
}
