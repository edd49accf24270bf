package suite

import (
	"io"
	"strings"
	"sync"

	"nbemu/machine"
	"nbemu/strace"
)

// tail keeps the last lines that are written to it.
type tail struct {
	mu    sync.Mutex // guards the rest
	most  int
	lines []string // a ring, once it is full
	next  int      // where the oldest line is then
	part  []byte   // of a line that has not ended
	lost  int
}

// Write takes text, in pieces of any size.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part = append(t.part, p...)
	for {
		line, rest, ok := strings.Cut(string(t.part), "\n")
		if !ok {
			return len(p), nil
		}
		t.add(line)
		t.part = append(t.part[:0], rest...)
	}
}

// add adds a line. Preconditions: mu.
func (t *tail) add(line string) {
	if len(t.lines) < t.most {
		t.lines = append(t.lines, line)
		return
	}
	t.lost++
	t.lines[t.next] = line
	t.next = (t.next + 1) % t.most
}

// Line adds a line.
func (t *tail) Line(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(line)
}

// all returns the lines, oldest first, and how many came before them.
func (t *tail) all() (lines []string, lost int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append(append(lines, t.lines[t.next:]...), t.lines[:t.next]...), t.lost
}

// A recorder keeps the last system calls of a machine, as -strace shows them.
type recorder struct {
	lines *tail
	out   *strace.Output
}

// newRecorder has cfg's machine recorded.
func newRecorder(cfg *machine.Config, most int) (*recorder, error) {
	o, err := strace.ParseOptions(cfg.TraceOptions)
	if err != nil {
		return nil, err
	}
	r := &recorder{lines: &tail{most: most}}
	r.out = strace.NewOutput(o, r.lines, func(int) (io.Writer, error) { return r.lines, nil })
	cfg.TraceWaits = true
	cfg.Trace = func(t machine.TraceLine) { r.out.Write(t.Event()) }
	return r, nil
}

// end returns the trace, when the machine is closed.
func (r *recorder) end() ([]string, error) {
	if r == nil {
		return nil, nil
	}
	err := r.out.Close()
	lines, _ := r.lines.all()
	return lines, err
}
