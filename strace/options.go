package strace

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nbemu/abi"
)

// Options are what strace(1) takes on its command line, as far as it is about what is shown and how. The zero value,
// and nil, show all calls and signals.
type Options struct {
	calls   *set // by name and class; nil: all
	signals *set

	MaxStr  int  // -s: bytes of strings
	Column  int  // -a: where results begin; 0: 40
	Verbose bool // -v: environments too
	Fds     bool // -y: paths of descriptors
	Stack   bool // -k: return addresses after each call

	Time     int  // -t, -tt, -ttt: the time of day, with microseconds, seconds since 1970
	Relative bool // -r: time since the event before
	Took     bool // -T: how long a call took
	Count    bool // -c: a table at the end in place of lines
	Both     bool // -C: that table after the lines
	Follow   bool // -f: a file has processes' numbers from its first line on; they are always followed
	PerProc  bool // -ff: a file per process
	File     string
	JSON     bool // --json: an object per line

	Hex    int             // -x, -xx: strings that are not text, or all of them, in hexadecimal
	Quiet  int             // -q, -qq: with 2, ends of processes are not shown
	Sort   string          // -S: what the table is sorted by; "": time
	status map[string]bool // -z, -Z, -e status=: calls that end so alone; nil: all
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

// sorts are what -S takes, with the columns' names beside strace's other words for them.
var sorts = map[string]string{"time": "time", "time_total": "time", "total_time": "time", "calls": "calls", "count": "calls", "errors": "errors",
	"error": "errors", "name": "name", "syscall": "name", "syscall_name": "name", "nothing": "nothing", "none": "nothing"}

// elsewhere are options of strace's that are flags of nbemu's, or that have no meaning where the machine itself traces.
var elsewhere = map[string]string{"-E": "nbemu has a flag -E for that", "-u": "nbemu's -uid does that", "-p": "there is nothing to attach to",
	"-D": "there is no tracer's process", "-b": "there is nothing to detach from", "-O": "times have no overhead that is known"}

// set is a list of names, or of all but them.
type set struct {
	not   bool
	names map[string]bool
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

// ParseOptions reads options in strace's own syntax, separated by spaces: "-f -e trace=%file,close -T -o /tmp/log".
// -f is taken and says nothing new. Errors: for people.
func ParseOptions(text string) (*Options, error) {
	o := &Options{}
	words := strings.Fields(text)
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		name, value, has := w, "", false
		switch {
		case strings.HasPrefix(w, "--"):
			name, value, has = strings.Cut(w, "=")
		case len(w) > 2 && w[0] == '-' && strings.IndexByte("eosEabSOupP", w[1]) >= 0:
			name, value, has = w[:2], w[2:], true
		}
		if full := longNames[name]; full != "" {
			name = full
		}
		if takesValue[name] && !has {
			if len(words) == 0 {
				return nil, fmt.Errorf("%s: needs a value", w)
			}
			value, words = words[0], words[1:]
		}
		if err := o.option(name, value); err != nil {
			return nil, err
		}
	}
	return o, nil
}

var takesValue = map[string]bool{"-e": true, "-o": true, "-s": true, "-a": true, "-S": true}

var longNames = map[string]string{
	"--follow-forks": "-f", "--output": "-o", "--string-limit": "-s", "--columns": "-a", "--summary-wall-clock": "-w", "--summary-sort-by": "-S",
	"--successful-only": "-z", "--failed-only": "-Z", "--strings-in-hex": "-x", "--trace": "trace", "--signal": "signal",
	"--relative-timestamps": "-r", "--syscall-times": "-T", "--summary-only": "-c", "--summary": "-C",
	"--decode-fds": "-y", "--stack-traces": "-k", "--stack-trace": "-k", "--output-separately": "-ff",
	"--no-abbrev": "-v", "--absolute-timestamps": "-t",
}

func (o *Options) option(name, value string) error {
	switch name {
	case "-f":
		o.Follow = true
	case "-ff":
		o.PerProc = true
	case "-t", "-tt", "-ttt":
		o.Time = len(name) - 1
	case "-r":
		o.Relative = true
	case "-T":
		o.Took = true
	case "-c":
		o.Count = true
	case "-C":
		o.Both = true
	case "-y", "-yy":
		o.Fds = true
	case "-k":
		o.Stack = true
	case "-v":
		o.Verbose = true
	case "--json":
		o.JSON = true
	case "-o":
		o.File = value
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
	case "-x", "-xx":
		o.Hex = len(name) - 1
	case "-q", "-qq", "-qqq":
		o.Quiet = len(name) - 1
	case "--quiet":
		o.Quiet = 2
	case "-z":
		return o.setStatus("successful")
	case "-Z":
		return o.setStatus("failed")
	case "-S":
		if o.Sort = sorts[value]; o.Sort == "" {
			return fmt.Errorf("-S %s: one of time, calls, errors, name, nothing", value)
		}
	case "-a":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("-a %s: not a column", value)
		}
		o.Column = max(n, 1)
	case "-e", "trace", "signal":
		return o.expression(name, value)
	default:
		if why := elsewhere[name]; why != "" {
			return fmt.Errorf("%s: %s", name, why)
		}
		return fmt.Errorf("%s: not an option of strace's that is known here", name)
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
	case "verbose", "abbrev", "quiet", "read", "write", "inject", "fault", "kvm", "raw", "decode-fds":
		return fmt.Errorf("-e %s: is not done here", what)
	}
	return fmt.Errorf("-e %s: not trace or signal", what)
}

// list splits "!a,b" or "a,b"; all and none stand for themselves.
func list(value string) (*set, []string) {
	s := &set{names: map[string]bool{}}
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

func (o *Options) setCalls(value string) error {
	s, names := list(value)
	for _, n := range names {
		optional := strings.HasPrefix(n, "?")
		n = strings.TrimPrefix(n, "?")
		if c, ok := strings.CutPrefix(n, "%"); ok && !isClass(c) && !optional {
			return fmt.Errorf("-e trace=%s: the classes are %s", n, classNames())
		}
		if !strings.HasPrefix(n, "%") && isClass(n) { // as old stracs have them
			n = "%" + n
		}
		s.names[n] = true
	}
	o.calls = s
	return nil
}

func (o *Options) setSignals(value string) error {
	s, names := list(value)
	for _, n := range names {
		sig := strings.ToUpper(n)
		if !strings.HasPrefix(sig, "SIG") {
			sig = "SIG" + sig
		}
		if i, err := strconv.Atoi(n); err == nil {
			sig = abi.Signal(i).Name()
		}
		s.names[sig] = true
		if !knownSignal(sig) {
			return fmt.Errorf("-e signal=%s: no signal", n)
		}
	}
	o.signals = s
	return nil
}

func knownSignal(name string) bool {
	for s := abi.Signal(1); s < abi.NSIG; s++ {
		if s.Name() == name {
			return true
		}
	}
	return false
}

// Wants reports whether calls of a kind are shown; nil is a call without a name.
func (o *Options) Wants(s *Sig) bool {
	if o == nil || o.calls == nil {
		return true
	}
	if s == nil {
		return o.calls.not
	}
	base := baseName(s.Name)
	names := []string{s.Name, base}
	for c := range classes {
		if inClass(c, base, s) {
			names = append(names, "%"+c)
		}
	}
	return o.calls.has(names...)
}

// WantsName is Wants for a call that is made without a signature: the exec of the first program.
func (o *Options) WantsName(name string) bool {
	return o.Wants(&Sig{Name: name, Args: []Arg{{Type: Path}}})
}

// WantsSignal reports whether the delivery of a signal is shown.
func (o *Options) WantsSignal(s abi.Signal) bool { return o == nil || o.signals.has(s.Name()) }

// NamesFds and Stacks report whether -y and -k were given.
func (o *Options) NamesFds() bool { return o != nil && o.Fds }
func (o *Options) Stacks() bool   { return o != nil && o.Stack }

// Printer returns what shows calls as the options say.
func (o *Options) Printer(m *abi.Model) Printer {
	p := Printer{Model: m}
	if o != nil {
		p.MaxStr, p.Env, p.Hex = o.MaxStr, o.Verbose, o.Hex
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
	return nil
}
