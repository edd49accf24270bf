package strace

import (
	"errors"
	"fmt"
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
}

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
		case len(w) > 2 && w[0] == '-' && strings.IndexByte("eosEab", w[1]) >= 0:
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

var takesValue = map[string]bool{"-e": true, "-o": true, "-s": true, "-a": true}

var longNames = map[string]string{
	"--follow-forks": "-f", "--output": "-o", "--string-limit": "-s", "--columns": "-a", "--trace": "trace", "--signal": "signal",
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
	case "-a":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("-a %s: not a column", value)
		}
		o.Column = max(n, 1)
	case "-e", "trace", "signal":
		return o.expression(name, value)
	default:
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
	case "verbose", "abbrev", "status", "quiet", "read", "write", "inject", "fault", "kvm", "raw", "decode-fds":
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
		p.MaxStr, p.Env = o.MaxStr, o.Verbose
	}
	return p
}

var errOptions = errors.New("-c and -C exclude --json")

// Check reports options that exclude each other.
func (o *Options) Check() error {
	if o.JSON && (o.Count || o.Both) {
		return errOptions
	}
	if o.PerProc && o.File == "" {
		return errors.New("-ff: needs a name, -o FILE")
	}
	return nil
}
