package strace

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"nbemu/abi"
)

// Injection is what -e inject= and -e fault= have a machine do to system calls: answer in the kernel's place, post a
// signal, wait, change memory.
type Injection struct {
	calls             *set
	first, last, step int // which calls of an LWP; step 0: only from first to last

	// Answer: the kernel does not do the call, or does Syscall in its place. The result is Ret, or the error of the
	// program's emulation.
	Answer  bool
	Ret     uint64
	Error   string       // as it was named; "": the call succeeds
	errors  [2]abi.Errno // of NetBSD's programs, of Linux'; OK: there is none of that name
	Syscall string       // "": none

	Signal     abi.Signal // posted before the call; 0: none
	DelayEnter time.Duration
	DelayExit  time.Duration
	PokeEnter  []Poke
	PokeExit   []Poke
}

// Poke is memory that is stored at an address which is one of the call's arguments, counted from 0.
type Poke struct {
	Arg  int
	Data []byte
}

// Errno is Error in the numbers that the kernel has for NetBSD's programs or, with foreign, for Linux'; OK if those have no
// such error.
func (in *Injection) Errno(foreign bool) abi.Errno {
	if foreign {
		return in.errors[1]
	}
	return in.errors[0]
}

// Due reports whether the nth call of its number, from 1, is one to be tampered with.
func (in *Injection) Due(n int) bool {
	switch {
	case n < in.first || n > in.last:
		return false
	case in.step == 0:
		return true
	}
	return (n-in.first)%in.step == 0
}

// Injects reports whether there is anything to be tampered with.
func (o *Options) Injects() bool { return o != nil && len(o.injections) > 0 }

// Injection is what is to be done to calls of a kind, as the last option says that names them; nil for nothing.
func (o *Options) Injection(s *Sig) *Injection {
	for _, in := range slices.Backward(o.injections) {
		if in.calls.hasCall(s) {
			return in
		}
	}
	return nil
}

// setInjection reads SET[:error=E|:retval=N][:signal=S][:syscall=CALL][:delay_enter=T][:delay_exit=T][:poke_enter=P]
// [:poke_exit=P][:when=EXPR]. fault alone is an error, ENOSYS where none is named.
func (o *Options) setInjection(what, value string) error {
	names, rest, _ := strings.Cut(value, ":")
	in := &Injection{first: 1, last: math.MaxInt}
	calls, err := callSet(what, names)
	if err != nil {
		return err
	}
	in.calls = calls
	seen := map[string]bool{}
	for _, item := range strings.FieldsFunc(rest, func(r rune) bool { return r == ':' }) {
		name, v, _ := strings.Cut(item, "=")
		if seen[name] {
			return fmt.Errorf("-e %s: %s is there twice", what, name)
		}
		seen[name] = true
		if what == "fault" && name != "error" && name != "when" {
			return fmt.Errorf("-e fault: %s: error=NAME or when=WHICH; -e inject does more", item)
		}
		if err := in.set(name, v); err != nil {
			return fmt.Errorf("-e %s: %s: %w", what, item, err)
		}
	}
	switch {
	case seen["error"] && seen["retval"]:
		return fmt.Errorf("-e %s: error and retval exclude each other", what)
	case what == "fault" && !seen["error"]:
		in.Answer, in.Error, in.errors = true, "ENOSYS", [2]abi.Errno{abi.ENOSYS, abi.ENOSYS}
	case in.Syscall != "" && !in.Answer:
		return fmt.Errorf("-e %s: syscall= needs error= or retval= for the result", what)
	case !in.Answer && in.Signal == 0 && in.DelayEnter == 0 && in.DelayExit == 0 && in.PokeEnter == nil && in.PokeExit == nil:
		return fmt.Errorf("-e %s=%s: says nothing to do: error=, retval=, signal=, delay_enter=, delay_exit=, poke_enter=, poke_exit=", what, value)
	}
	o.injections = append(o.injections, in)
	return nil
}

func (in *Injection) set(name, v string) (err error) {
	switch name {
	case "error":
		in.Answer, in.Error = true, v
		in.errors, err = errnoNamed(v)
	case "retval":
		in.Answer = true
		in.Ret, err = strconv.ParseUint(v, 0, 64)
		if err != nil {
			err = errors.New("not a number")
		}
	case "signal":
		in.Signal, err = signalNamed(v)
	case "syscall":
		in.Syscall = v
	case "delay_enter":
		in.DelayEnter, err = parseDelay(v)
	case "delay_exit":
		in.DelayExit, err = parseDelay(v)
	case "poke_enter":
		in.PokeEnter, err = parsePokes(v)
	case "poke_exit":
		in.PokeExit, err = parsePokes(v)
	case "when":
		err = in.setWhen(v)
	default:
		err = errors.New("one of error, retval, signal, syscall, delay_enter, delay_exit, poke_enter, poke_exit, when")
	}
	return err
}

// errnoNamed is an error by its name, in the numbers of NetBSD's programs and of Linux'. A number is the program's own.
func errnoNamed(v string) (both [2]abi.Errno, err error) {
	if n, err := strconv.Atoi(v); err == nil {
		if n < 1 || n > 4095 {
			return both, errors.New("errors are numbers from 1 to 4095")
		}
		return [2]abi.Errno{abi.Errno(n), lxErrnoOf(abi.Errno(n))}, nil
	}
	native := abi.OK
	for e := abi.Errno(1); e < lxOwnErrors; e++ {
		if e.Name() == v {
			native = e
			break
		}
	}
	both = [2]abi.Errno{native, native} // Linux' programs are told their own number of it
	if native == abi.OK {
		for n, names := range lxErrors {
			if names[0] == v {
				both[1] = abi.Errno(n) + lxOwnErrors
			}
		}
	}
	if both[1] == abi.OK {
		return both, errors.New("no such error")
	}
	return both, nil
}

// lxErrnoOf is an error by Linux' number.
func lxErrnoOf(n abi.Errno) abi.Errno {
	name := lxErrorName(n)
	for e := abi.Errno(1); e < lxOwnErrors && name != ""; e++ {
		if e.Name() == name {
			return e
		}
	}
	return n + lxOwnErrors
}

// signalNamed is a signal by name, with SIG or without, or by number.
func signalNamed(v string) (abi.Signal, error) {
	if n, err := strconv.Atoi(v); err == nil && abi.Signal(n).Valid() {
		return abi.Signal(n), nil
	}
	name := strings.ToUpper(v)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	for s := abi.Signal(1); s < abi.NSIG; s++ {
		if s.Name() == name {
			return s, nil
		}
	}
	return 0, errors.New("no such signal")
}

// parseDelay reads a number of microseconds, or a number with ns, us, ms or s.
func parseDelay(v string) (time.Duration, error) {
	digits := strings.TrimRight(v, "nums")
	unit, ok := map[string]time.Duration{"": time.Microsecond, "us": time.Microsecond, "ns": 1, "ms": time.Millisecond, "s": time.Second}[v[len(digits):]]
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || !ok || n == 0 || n > uint64(math.MaxInt64/unit) {
		return 0, errors.New("a number of microseconds, or a number with ns, us, ms or s")
	}
	return time.Duration(n) * unit, nil
}

// parsePokes reads @argN=HEX,@argM=HEX.
func parsePokes(v string) (pokes []Poke, err error) {
	for _, p := range strings.Split(v, ",") {
		rest, ok := strings.CutPrefix(p, "@arg")
		n, data, eq := strings.Cut(rest, "=")
		i, err := strconv.Atoi(n)
		b, herr := hex.DecodeString(data)
		if !ok || !eq || err != nil || i < 1 || i > 7 || herr != nil || len(b) == 0 {
			return nil, errors.New("@argN=BYTES, in hexadecimal, N from 1 to 7")
		}
		pokes = append(pokes, Poke{Arg: i - 1, Data: b})
	}
	return pokes, nil
}

var errWhen = errors.New("FIRST, FIRST+, FIRST+STEP, FIRST..LAST or FIRST..LAST+STEP, all from 1")

// setWhen reads first[..last][+[step]].
func (in *Injection) setWhen(v string) error {
	v, step, plus := strings.Cut(v, "+")
	first, last, to := strings.Cut(v, "..")
	var errs [3]error
	in.first, errs[0] = strconv.Atoi(first)
	in.last = in.first
	if plus {
		in.last, in.step = math.MaxInt, 1
	}
	if to {
		in.last, errs[1] = strconv.Atoi(last)
	}
	if plus && step != "" {
		in.step, errs[2] = strconv.Atoi(step)
	}
	if cmp.Or(errs[:]...) != nil || in.first < 1 || in.last < in.first || plus && in.step < 1 {
		return errWhen
	}
	return nil
}
