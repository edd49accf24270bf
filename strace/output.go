package strace

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// EventKind is what an Event is about.
type EventKind uint8

const (
	CallEvent   EventKind = iota // a call has returned, or will not
	BeginEvent                   // a call has begun and waits
	SignalEvent                  // a signal was delivered
	ExitEvent                    // a process has ended
)

func (k EventKind) String() string { return [...]string{"call", "begin", "signal", "exit"}[k] }

// Event is one thing to write: a call, its beginning, a signal, an end.
type Event struct {
	Kind     EventKind
	PID, LWP int
	PPID     int    // the process's parent
	Alone    bool   // no other LWP has been there: its numbers are left out
	Name     string // of the call or signal
	Head     string // of a call: what was known at its beginning
	Text     string // the rest
	Pad      int    // how much of Text comes before the spaces that bring the result into its column; 0: there are none
	Errno    string // of a call that failed: "ENOENT"
	At       time.Time
	Took     time.Duration
	Stack    []Frame
	Dump     string // lines after it: what the call has moved
	Comm     string // of the process, with -Y
	Number   int    // of the call, in the program's table
	PC       uint64 // where the program is, in Digits hexadecimal digits
	Digits   int
}

// Output writes events as strace(1) would. Its methods are called one at a time.
type Output struct {
	o      *Options
	create func(pid int) (io.Writer, error) // a process's file, for -ff
	shared *file
	files  map[int]*file
	counts map[string]*count
	loose  map[int]bool // with -b: processes that were seen, and whether they are shown no more
	err    error
}

// file is one stream of lines. A call that waits has its beginning there without an end of line, until something else
// is written.
type file struct {
	w    io.Writer
	open lwp // whose call stands at the end
	last time.Time
	// column is how long the line is at whose end open stands.
	column int
	begun  map[lwp]bool // whose call has been begun
}

type lwp struct{ pid, id int }

// NewOutput makes an Output to w. create makes the file of a process with -ff; it may be nil without.
func NewOutput(o *Options, w io.Writer, create func(pid int) (io.Writer, error)) *Output {
	return &Output{o: o, create: create, shared: &file{w: w, begun: map[lwp]bool{}}, files: map[int]*file{}, counts: map[string]*count{}}
}

// Write writes an event.
func (out *Output) Write(e *Event) {
	if out.o.Detach && out.detached(e) {
		return
	}
	if out.o.JSON {
		out.json(e)
		return
	}
	if e.Kind == CallEvent && (out.o.Count || out.o.Both) {
		out.count(e)
	}
	if out.o.Count || !out.o.shows(e) {
		return
	}
	f := out.file(e.PID)
	if f == nil {
		return
	}
	who := lwp{e.PID, e.LWP}
	var b strings.Builder
	switch e.Kind {
	case BeginEvent:
		f.breakLine(&b)
		out.prefix(&b, f, e, e.At)
		b.WriteString(e.Head)
		f.column = b.Len() - strings.LastIndexByte(b.String(), '\n') - 1
		f.open, f.begun[who] = who, true
	case CallEvent:
		switch {
		case f.begun[who] && f.open == who:
		case f.begun[who]:
			f.breakLine(&b)
			out.prefix(&b, f, e, e.At.Add(e.Took))
			b.WriteString("<... " + e.Name + " resumed>")
		default:
			f.breakLine(&b)
			out.prefix(&b, f, e, e.At)
			b.WriteString(e.Head)
		}
		delete(f.begun, who)
		f.open = lwp{}
		b.WriteString(out.aligned(e, f.column+b.Len()-strings.LastIndexByte(b.String(), '\n')-1))
		f.column = 0
		if out.o.Took {
			fmt.Fprintf(&b, " <%s>", out.o.TookUnit.text(e.Took, 0))
		}
		b.WriteByte('\n')
		b.WriteString(e.Dump)
		for _, s := range e.Stack {
			fmt.Fprintf(&b, " > %s\n", s.String())
		}
	default:
		f.breakLine(&b)
		out.prefix(&b, f, e, e.At)
		b.WriteString(e.Text + "\n")
		if e.Kind == ExitEvent {
			f.forget(e.PID)
		}
	}
	out.put(f, b.String())
}

// shows reports whether an event is one of those that -z, -Z, -q and -e status= ask for. Which of them a call will be that
// has just begun nobody knows.
func (o *Options) shows(e *Event) bool {
	switch {
	case e.Kind == ExitEvent:
		return o.Quiet < 2
	case o.status == nil || e.Kind == SignalEvent:
		return true
	case e.Kind == BeginEvent:
		return false
	case e.Errno != "":
		return o.status["failed"]
	case strings.HasSuffix(e.Text, " = ?"):
		return o.status["unavailable"]
	}
	return o.status["successful"]
}

// aligned is the rest of a call with the result in its column; the line has column bytes so far, number and time among
// them.
func (out *Output) aligned(e *Event, column int) string {
	if e.Pad <= 0 || e.Pad > len(e.Text) {
		return e.Text
	}
	args, result := e.Text[:e.Pad], strings.TrimLeft(e.Text[e.Pad:], " ")
	width := 40
	if out.o.Column > 0 {
		width = out.o.Column
	}
	return args + strings.Repeat(" ", max(1, width-column-len(args))) + result
}

// forget drops the calls that a process which has ended was in.
func (f *file) forget(pid int) {
	for who := range f.begun {
		if who.pid == pid {
			delete(f.begun, who)
		}
	}
}

// breakLine ends the line of a call that has not returned.
func (f *file) breakLine(b *strings.Builder) {
	if f.open != (lwp{}) {
		b.WriteString(" <unfinished ...>\n")
		f.open, f.column = lwp{}, 0
	}
}

// prefix writes what stands before an event: who, and when.
func (out *Output) prefix(b *strings.Builder, f *file, e *Event, at time.Time) {
	if !out.o.PerProc && (!e.Alone || out.o.Numbers || out.o.Follow && out.o.File != "") {
		b.WriteString(out.who(e))
	}
	if out.o.Relative {
		d := time.Duration(0)
		if !f.last.IsZero() {
			d = at.Sub(f.last)
		}
		f.last = at
		b.WriteString(out.o.RelativeUnit.text(d, 6) + " ")
	}
	b.WriteString(out.o.clock(at))
	if out.o.Number {
		fmt.Fprintf(b, "[%4d] ", e.Number)
	}
	switch {
	case out.o.PC && e.Kind == ExitEvent:
		b.WriteString("[" + strings.Repeat("?", e.Digits) + "] ")
	case out.o.PC:
		fmt.Fprintf(b, "[%0*x] ", e.Digits, e.PC)
	}
}

// who is the process, as strace has it in a file and elsewhere; and the LWP, if it is not the first.
func (out *Output) who(e *Event) string {
	id := strconv.Itoa(e.PID)
	if e.LWP != 1 && e.LWP != e.PID {
		id += "." + strconv.Itoa(e.LWP)
	}
	comm := ""
	if out.o.Comms && e.Comm != "" {
		comm = "<" + e.Comm + ">"
	}
	if out.o.File != "" {
		return fmt.Sprintf("%-5s%s ", id, comm)
	}
	return fmt.Sprintf("[pid %5s%s] ", id, comm)
}

// file is where a process's events go; nil if that cannot be made, which Close tells.
func (out *Output) file(pid int) *file {
	if !out.o.PerProc {
		return out.shared
	}
	f := out.files[pid]
	if f == nil {
		w, err := out.create(pid)
		if err != nil {
			out.fail(err)
			return nil
		}
		f = &file{w: w, begun: map[lwp]bool{}}
		out.files[pid] = f
	}
	return f
}

func (out *Output) put(f *file, s string) {
	if _, err := io.WriteString(f.w, s); err != nil {
		out.fail(err)
	}
}

func (out *Output) fail(err error) {
	if out.err == nil {
		out.err = err
	}
}

// jsonEvent is a line of --json.
type jsonEvent struct {
	Kind  string   `json:"kind"`
	PID   int      `json:"pid"`
	LWP   int      `json:"lwp"`
	Time  string   `json:"time"`
	Name  string   `json:"name,omitempty"`
	Text  string   `json:"text"`
	Errno string   `json:"errno,omitempty"`
	Took  float64  `json:"seconds,omitempty"`
	Stack []string `json:"stack,omitempty"`
	PC    string   `json:"pc,omitempty"`
	Comm  string   `json:"comm,omitempty"`
	Dump  string   `json:"data,omitempty"`
}

func (out *Output) json(e *Event) {
	f := out.file(e.PID)
	if f == nil {
		return
	}
	j := jsonEvent{Kind: e.Kind.String(), PID: e.PID, LWP: e.LWP, Time: e.At.UTC().Format(time.RFC3339Nano), Name: e.Name,
		Text: e.Head + e.Text, Errno: e.Errno, Took: e.Took.Seconds(), Dump: e.Dump}
	if out.o.PC && e.Kind != ExitEvent {
		j.PC = fmt.Sprintf("%#x", e.PC)
	}
	if out.o.Comms {
		j.Comm = e.Comm
	}
	for _, s := range e.Stack {
		j.Stack = append(j.Stack, s.String())
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&j); err != nil {
		out.fail(err)
		return
	}
	out.put(f, b.String())
}

// Close ends what is unfinished, and writes the table of -c and -C. Error: the first one there was in writing.
func (out *Output) Close() error {
	files := []*file{out.shared}
	for _, f := range out.files {
		files = append(files, f)
	}
	for _, f := range files {
		var b strings.Builder
		f.breakLine(&b)
		out.put(f, b.String())
	}
	if out.o.Count || out.o.Both {
		out.put(out.shared, out.table())
	}
	return out.err
}
