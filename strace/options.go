package strace

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"nbemu/abi"
)

// Options are what strace(1) takes on its command line, as far as it is about what is shown and how. The zero value,
// and nil, show all calls and signals.
type Options struct {
	calls   *set // by name and class; nil: all
	signals *set

	MaxStr  int      // -s: bytes of strings
	Column  int      // -a: where results begin; 0: 40
	Verbose bool     // -v: environments too
	Fds     FdKinds  // -y, -yy: what is shown of descriptors
	Paths   []string // -P: only calls that these files appear in
	PC      bool     // -i: where the program is
	Number  bool     // -n: numbers of calls
	Comms   bool     // -Y: commands of processes
	Stack   bool     // -k: return addresses after each call

	Time     int  // -t, -tt, -ttt: the time of day, with microseconds, seconds since 1970
	Relative bool // -r: time since the event before
	Took     bool // -T: how long a call took

	TimeUnit, RelativeUnit, TookUnit unit // precision of these

	Overhead time.Duration // -O: what is taken off each call's time in the table
	Detach   bool          // -b execve: processes are let go when they execute another program
	Append   bool          // -A: what is in the file stays

	Count   bool // -c: a table at the end in place of lines
	Both    bool // -C: that table after the lines
	Follow  bool // -f: a file has processes' numbers from its first line on; they are always followed
	PerProc bool // -ff: a file per process
	Numbers bool // --always-show-pid: a process's number even if there is one only
	File    string
	JSON    bool       // --json: an object per line
	Consts  ConstStyle // -X
	Env     []string   // -E: NAME=VALUE to set and NAME to remove, in order
	User    string     // -u: whose rights the program has

	raw           *set         // -e raw=: calls whose arguments are numbers
	pointers      *set         // -e verbose=: calls whose structures are shown; nil: all
	whole         *set         // -e abbrev=: calls that are abbreviated; nil: all
	reads, writes *fdSet       // -e read=, write=: descriptors whose data is shown in full
	injections    []*Injection // -e inject=, fault=
	fdTwice       bool
	resolved      bool // Paths has what its files are called without links

	Hex     int             // -x, -xx: strings that are not text, or all of them, in hexadecimal; or hexChars
	Quiet   int             // -q, -qq: with 2, ends of processes are not shown
	Sort    string          // -S: what the table is sorted by; "": time
	columns []*column       // -U: the table's; nil: the usual ones
	status  map[string]bool // -z, -Z, -e status=: calls that end so alone; nil: all
}

// statuses are how calls end, in the words of -e status=.
var statuses = []string{"successful", "failed", "unfinished", "unavailable", "detached"}

// setStatus takes the statuses of calls that are shown.
func (o *Options) setStatus(value string) error {
	s, names := list(value)
	o.status = map[string]bool{}
	for _, n := range names {
		if !slices.Contains(statuses, n) {
			return fmt.Errorf("-e status=%s: one of %s", n, strings.Join(statuses, ", "))
		}
		s.names[n] = true
	}
	for _, n := range statuses {
		o.status[n] = s.has(n)
	}
	return nil
}

// elsewhere are options of strace's that are flags of nbemu's, or that have no meaning where the machine itself traces.
var elsewhere = map[string]string{"-p": "nobody attaches to a program that runs: start it with -strace, or with NBEMU_STRACE in the environment",
	"-d": "there is no tracer to debug", "--debug": "there is no tracer to debug",
	"-h": "docs/TRACING.md has the list", "--help": "docs/TRACING.md has the list", "-V": "nbemu -version", "--version": "nbemu -version",
	"--secontext": "there are no security contexts", "--kvm": "a traced program is no virtual machine's", "--argv0": "nbemu has a flag -0 for that",
	"-l": newer, "--syscall-limit": newer, "-N": newer, "--arg-names": newer, "--namespace": newer,
	"--trace-fds": "-P has calls chosen by a file, -e trace=%desc those that take descriptors"}

// newer is what is said to options of later straces.
const newer = "an option of straces after 6.1, which this one follows"

// set is a list of names, or of all but them.
type set struct {
	not      bool
	names    map[string]bool
	exprs    []*regexp.Regexp
	optional map[string]bool // of names: it is no error that there is no such call
}

func (s *set) has(names ...string) bool {
	if s == nil {
		return true
	}
	for _, n := range names {
		if s.names[n] {
			return !s.not
		}
	}
	return s.not
}

// ParseOptions reads options in strace's own syntax, separated by spaces: "-f -e trace=%file,close -tt -o /tmp/log". Quotes
// of both kinds keep spaces. -f is taken and says nothing new. Errors: for people.
func ParseOptions(text string) (*Options, error) {
	o := &Options{}
	words, err := splitWords(text)
	if err != nil {
		return nil, err
	}
	for len(words) > 0 {
		if words, err = o.word(words[0], words[1:]); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// word takes one word, a long option or some letters after a -, and perhaps the value after it; it returns what is left.
func (o *Options) word(w string, rest []string) ([]string, error) {
	value := func(option, given string, has bool) (string, error) {
		if has {
			return given, nil
		}
		if len(rest) == 0 {
			return "", fmt.Errorf("%s: needs a value", option)
		}
		given, rest = rest[0], rest[1:]
		return given, nil
	}
	if strings.HasPrefix(w, "--") {
		name, v, has := strings.Cut(w, "=")
		if full := longNames[name]; full != "" {
			name = full
		}
		var err error
		if takesValue(name) {
			if v, err = value(w, v, has); err != nil {
				return nil, err
			}
		}
		return rest, o.option(name, v)
	}
	if len(w) < 2 || w[0] != '-' {
		return nil, fmt.Errorf("%s: not an option; options of strace's begin with a -", w)
	}
	for letters := w[1:]; letters != ""; letters = letters[1:] {
		name := "-" + letters[:1]
		if !takesValue(name) {
			if err := o.option(name, ""); err != nil {
				return nil, err
			}
			continue
		}
		v, err := value(name, letters[1:], len(letters) > 1)
		if err != nil {
			return nil, err
		}
		return rest, o.option(name, v)
	}
	return rest, nil
}

// splitWords splits a text at spaces that are not quoted.
func splitWords(text string) (words []string, err error) {
	var word []byte
	quote, in := byte(0), false
	for _, c := range []byte(text) {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word = append(word, c)
		case c == '\'' || c == '"':
			quote, in = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if in {
				words, word, in = append(words, string(word)), nil, false
			}
		default:
			word, in = append(word, c), true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("%s: the quote is not closed", text)
	}
	if in {
		words = append(words, string(word))
	}
	return words, nil
}

// takesValue reports whether an option has a value, in the same word or the next.
func takesValue(name string) bool {
	return len(name) == 2 && strings.IndexByte("aeEIobOpPsSuUX", name[1]) >= 0
}

var longNames = map[string]string{
	"--follow-forks": "-f", "--output": "-o", "--string-limit": "-s", "--columns": "-a", "--summary-wall-clock": "-w", "--summary-sort-by": "-S",
	"--successful-only": "-z", "--failed-only": "-Z", "--trace": "trace", "--signal": "signal",
	"--summary-only": "-c", "--summary": "-C",
	"--output-separately": "-ff", "--no-abbrev": "-v", "--trace-path": "-P",
	"--instruction-pointer": "-i", "--syscall-number": "-n", "--const-print-style": "-X", "--inject": "inject", "--fault": "fault",
	"--raw": "raw", "--read": "read", "--write": "write", "--status": "status", "--env": "-E", "--user": "-u", "--username": "-u", "--attach": "-p",
	"--failing-only": "-Z", "--signals": "signal", "--silent": "--quiet", "--silence": "--quiet", "--output-append-mode": "-A",
	"--detach-on": "-b", "--interruptible": "-I", "--summary-columns": "-U", "--summary-syscall-overhead": "-O", "--abbrev": "abbrev",
	"--verbose": "verbose", "--decode-fd": "--decode-fds", "--decode-pid": "--decode-pids", "--timestamps": "--absolute-timestamps",
	"--seccomp": "--seccomp-bpf",
}

func (o *Options) option(name, value string) error {
	switch name {
	case "-f":
		o.PerProc = o.Follow // -ff
		o.Follow = true
	case "-ff":
		o.Follow, o.PerProc = true, true
	case "-t":
		o.Time = min(o.Time+1, 3)
	case "-r":
		o.Relative = true
	case "-T":
		o.Took = true
	case "-c":
		o.Count = true
	case "-C":
		o.Both = true
	case "-i":
		o.PC = true
	case "-n":
		o.Number = true
	case "-y":
		if o.Fds |= FdPath; o.fdTwice {
			o.Fds = FdAll
		}
		o.fdTwice = true
	case "--decode-fds":
		return o.setFds(value)
	case "-Y":
		o.Comms = true
	case "--decode-pids":
		return o.setPids(value)
	case "-k":
		o.Stack = true
	case "--stack-traces", "--stack-trace":
		if value != "" && value != "symbol" {
			return fmt.Errorf("%s=%s: symbol is what there is", name, value)
		}
		o.Stack = true
	case "-v":
		o.Verbose = true
	case "--json":
		o.JSON = true
	case "-o":
		o.File = value
	case "-P":
		o.Paths = append(o.Paths, value)
	case "-s":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("-s %s: not a number of bytes", value)
		}
		o.MaxStr = n
		if n == 0 {
			o.MaxStr = -1
		}
	case "-w": // times are always the clock's
	case "-x":
		o.Hex = min(o.Hex+1, 2)
	case "--strings-in-hex":
		hex, ok := map[string]int{"": 2, "all": 2, "non-ascii": 1, "non-ascii-chars": hexChars, "none": 0}[value]
		if !ok {
			return fmt.Errorf("%s=%s: one of all, non-ascii, non-ascii-chars, none", name, value)
		}
		o.Hex = hex
	case "-q":
		o.Quiet++
	case "--quiet":
		return o.setQuiet(value)
	case "--absolute-timestamps":
		return o.setTime(value)
	case "--relative-timestamps":
		o.Relative = true
		return setUnit(&o.RelativeUnit, name, value)
	case "--syscall-times":
		o.Took = true
		return setUnit(&o.TookUnit, name, value)
	case "-z":
		return o.setStatus("successful")
	case "-Z":
		return o.setStatus("failed")
	case "-S":
		return o.setSort(value)
	case "-U":
		return o.setColumns(value)
	case "-O":
		return o.setOverhead(value)
	case "-A":
		o.Append = true
	case "-b":
		if value != "execve" {
			return fmt.Errorf("-b %s: execve is the only call", value)
		}
		o.Detach = true
	case "-X":
		style, ok := constStyles[value]
		if !ok {
			return fmt.Errorf("-X %s: one of raw, abbrev, verbose", value)
		}
		o.Consts = style
	case "-E":
		if value == "" || value[0] == '=' {
			return fmt.Errorf("-E %s: NAME=VALUE, or NAME", value)
		}
		o.Env = append(o.Env, value)
	case "-I":
		// Signals that end nbemu end the programs; nothing blocks them.
		if !slices.Contains([]string{"1", "2", "3", "4", "anywhere", "waiting", "never", "never_tstp"}, value) {
			return fmt.Errorf("-I %s: 1 to 4, anywhere, waiting, never or never_tstp", value)
		}
	case "-D": // the program is the process that was started, as -D has it; the machine is its tracer
	case "--daemonize":
		if !slices.Contains([]string{"", "grandchild", "pgroup", "pgrp", "session"}, value) {
			return fmt.Errorf("%s=%s: one of grandchild, pgroup, session", name, value)
		}
	case "-u":
		if value == "" {
			return errors.New("-u: whose rights?")
		}
		o.User = value
	case "--kill-on-exit", "--seccomp-bpf", "--tips": // programs end with nbemu; calls that are not shown cost little as it is
	case "--always-show-pid":
		o.Numbers = true
	case "-a":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("-a %s: not a column", value)
		}
		o.Column = max(n, 1)
	case "-e", "trace", "signal", "inject", "fault", "raw", "read", "write", "status", "abbrev", "verbose":
		return o.expression(name, value)
	default:
		if why := elsewhere[name]; why != "" {
			return fmt.Errorf("%s: %s", name, why)
		}
		return fmt.Errorf("%s: not an option of strace's that is known here", name)
	}
	return nil
}

// setPids takes what is shown of processes: their commands.
func (o *Options) setPids(value string) error {
	for _, w := range strings.Split(value, ",") {
		switch w {
		case "comm", "all", "":
			o.Comms = true
		case "none":
			o.Comms = false
		case "pidns":
			return errors.New("--decode-pids=pidns: a machine has one set of numbers of processes")
		default:
			return fmt.Errorf("--decode-pids=%s: comm, all or none", w)
		}
	}
	return nil
}

// setFds takes what is shown of descriptors.
func (o *Options) setFds(value string) error {
	kinds := map[string]FdKinds{"": FdPath, "path": FdPath, "socket": FdSocket, "dev": FdDevice, "pidfd": FdPid, "all": FdAll, "none": 0}
	o.Fds = 0
	for _, w := range strings.Split(value, ",") {
		k, ok := kinds[w]
		if !ok {
			return fmt.Errorf("--decode-fds=%s: one of all, none, path, socket, dev, pidfd", w)
		}
		o.Fds |= k
	}
	return nil
}

// setQuiet takes what is left out: of strace's messages only the end of a process is one here.
func (o *Options) setQuiet(value string) error {
	for _, w := range strings.Split(value, ",") {
		switch w {
		case "exit", "exits", "all", "":
			o.Quiet = 2
		case "attach", "path-resolution", "path-resolve", "personality", "thread-execve", "superseded", "none":
		default:
			return fmt.Errorf("-e quiet=%s: one of all, none, exit, attach, path-resolution, personality, thread-execve", w)
		}
	}
	return nil
}

// expression reads what follows -e: trace=…, signal=…, or names of calls alone.
func (o *Options) expression(name, value string) error {
	what := name
	if name == "-e" {
		k, v, ok := strings.Cut(value, "=")
		if ok {
			what, value = k, v
		} else {
			what = "trace"
		}
	}
	switch what {
	case "trace", "t":
		return o.setCalls(value)
	case "signal", "signals", "s":
		return o.setSignals(value)
	case "status":
		return o.setStatus(value)
	case "inject", "fault":
		return o.setInjection(what, value)
	case "raw", "x":
		var err error
		o.raw, err = callSet(what, value)
		return err
	case "read", "reads", "r":
		return setDump(&o.reads, what, value)
	case "write", "writes", "w":
		return setDump(&o.writes, what, value)
	case "quiet", "silent", "silence", "q":
		return o.setQuiet(value)
	case "decode-fds", "decode-fd":
		return o.setFds(value)
	case "verbose", "v":
		var err error
		o.pointers, err = callSet(what, value)
		return err
	case "abbrev", "a":
		var err error
		o.whole, err = callSet(what, value)
		return err
	case "decode-pids", "decode-pid":
		return o.setPids(value)
	case "kvm":
		return errors.New("-e kvm: " + elsewhere["--kvm"])
	case "trace-fds", "trace-fd", "fds", "fd":
		return fmt.Errorf("-e %s: %s", what, elsewhere["--trace-fds"])
	}
	return fmt.Errorf("-e %s: one of trace, signal, status, inject, fault, abbrev, verbose, raw, read, write, quiet, decode-fds, decode-pids", what)
}

// list splits "!a,b" or "a,b"; all and none stand for themselves.
func list(value string) (*set, []string) {
	s := &set{names: map[string]bool{}, optional: map[string]bool{}}
	if v, not := strings.CutPrefix(value, "!"); not {
		s.not, value = true, v
	}
	switch value {
	case "all":
		s.not = !s.not
		return s, nil
	case "none", "":
		return s, nil
	}
	return s, strings.Split(value, ",")
}

func (o *Options) setCalls(value string) (err error) {
	o.calls, err = callSet("trace", value)
	return err
}

// BaseName is a call's name without its release: __stat50 and compat_50___stat30 are stat.
func BaseName(name string) string { return baseName(name) }

func (o *Options) setSignals(value string) error {
	s, names := list(value)
	for _, n := range names {
		sig, err := signalNamed(n)
		if err != nil {
			return fmt.Errorf("-e signal=%s: %w", n, err)
		}
		s.names[sig.Name()] = true
	}
	o.signals = s
	return nil
}

// Wants reports whether calls of a kind are shown; nil is a call without a name.
func (o *Options) Wants(s *Sig) bool { return o == nil || o.calls.hasCall(s) }

// WantsName is Wants for a call that is made without a signature: the exec of the first program.
func (o *Options) WantsName(name string) bool {
	return o.Wants(&Sig{Name: name, Args: []Arg{{Type: Path}}})
}

// WantsSignal reports whether the delivery of a signal is shown.
func (o *Options) WantsSignal(s abi.Signal) bool { return o == nil || o.signals.has(s.Name()) }

// NamesFds and Stacks report whether -y or -P, and -k were given.
func (o *Options) NamesFds() bool { return o != nil && (o.Fds != 0 || len(o.Paths) > 0) }
func (o *Options) Stacks() bool   { return o != nil && o.Stack }

// firstExec is the call by which the machine itself executes the first program.
var firstExec = &Sig{Name: "execve"}

// Printer returns what shows calls of a kind as the options say.
func (o *Options) Printer(m *abi.Model, s *Sig) Printer {
	p := Printer{Model: m}
	if o != nil {
		p.MaxStr, p.Env, p.Hex, p.Consts = o.MaxStr, o.Verbose || !o.whole.hasCall(cmp.Or(s, firstExec)), o.Hex, o.Consts
		p.Raw = o.raw != nil && s != nil && o.raw.hasCall(s)
		p.Pointers = s != nil && !o.pointers.hasCall(s)
	}
	return p
}

var errOptions = errors.New("-c and -C exclude --json")

// Check reports options that exclude each other.
func (o *Options) Check() error {
	if o.JSON && (o.Count || o.Both) {
		return errOptions
	}
	if o.PerProc && strings.ContainsAny(o.File[:min(len(o.File), 1)], "|!") {
		return errors.New("-ff: a command cannot have a file for each process")
	}
	if o.PerProc && o.File == "" {
		return errors.New("-ff: needs a name, -o FILE")
	}
	if o.Append && (o.File == "" || strings.ContainsAny(o.File[:1], "|!")) {
		return errors.New("-A: needs a file, -o FILE")
	}
	return nil
}
