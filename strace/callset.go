package strace

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// callSet reads a set of system calls: names, %classes, /regular expressions; what has a ? before it need not be there.
func callSet(what, value string) (*set, error) {
	s, names := list(value)
	for _, n := range names {
		optional := strings.HasPrefix(n, "?")
		n = strings.TrimPrefix(n, "?")
		if expr, ok := strings.CutPrefix(n, "/"); ok {
			re, err := regexp.Compile(expr)
			if err != nil {
				return nil, fmt.Errorf("-e %s=%s: %w", what, n, err)
			}
			s.exprs = append(s.exprs, re)
			continue
		}
		if _, at, ok := strings.Cut(n, "@"); ok && slices.Contains([]string{"64", "32", "x32"}, at) {
			return nil, fmt.Errorf("-e %s=%s: calls of machines of 64 and 32 bits are not told apart here", what, n)
		}
		if _, err := strconv.Atoi(n); err == nil {
			return nil, fmt.Errorf("-e %s=%s: a number is another call on each machine; say its name", what, n)
		}
		if c, ok := strings.CutPrefix(n, "%"); ok && !isClass(c) && !optional {
			return nil, fmt.Errorf("-e %s=%s: the classes are %s", what, n, classNames())
		}
		if !strings.HasPrefix(n, "%") && isClass(n) { // as old stracs have them
			n = "%" + n
		}
		s.names[n] = true
		s.optional[n] = s.optional[n] || optional
	}
	return s, nil
}

// hasCall reports whether a call is in a set, nil for a call without a name.
func (s *set) hasCall(sig *Sig) bool {
	if s == nil {
		return true
	}
	if sig == nil {
		return s.not
	}
	base := baseName(sig.Name)
	names := []string{sig.Name, base}
	for c := range classes {
		if inClass(c, base, sig) {
			names = append(names, "%"+c)
		}
	}
	for _, re := range s.exprs {
		if re.MatchString(sig.Name) || re.MatchString(base) {
			return !s.not
		}
	}
	return s.has(names...)
}

// CheckNames reports a name of a call that no table has; base names are what known is asked for, too.
func (o *Options) CheckNames(known func(name string) bool) error {
	check := func(what string, s *set) error {
		if s == nil {
			return nil
		}
		for _, n := range slices.Sorted(maps.Keys(s.names)) {
			if !strings.HasPrefix(n, "%") && !s.optional[n] && !known(n) {
				return fmt.Errorf("-e %s=%s: there is no such system call (?%s: if there is)", what, n, n)
			}
		}
		return nil
	}
	errs := []error{check("trace", o.calls), check("raw", o.raw), check("verbose", o.pointers), check("abbrev", o.whole)}
	for _, in := range o.injections {
		errs = append(errs, check("inject", in.calls))
		if in.Syscall != "" && !known(in.Syscall) {
			errs = append(errs, fmt.Errorf("-e inject: syscall=%s: there is no such system call", in.Syscall))
		}
	}
	return errors.Join(errs...)
}
