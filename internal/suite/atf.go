package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"nbemu/machine"
)

// atfHeader begins a list of cases, with an empty line after it (atf-test-program(1), atf-formats(5)).
const atfHeader = `Content-Type: application/X-atf-tp; version="1"`

// atfListing is one case in a list.
type atfListing struct {
	name string
	meta Metadata
}

// parseATFList reads what a program writes with -l.
func parseATFList(text string) ([]atfListing, error) {
	rest, ok := strings.CutPrefix(text, atfHeader+"\n")
	if !ok {
		line, _, _ := strings.Cut(text, "\n")
		return nil, fmt.Errorf("invalid header for test case list; expecting Content-Type for application/X-atf-tp version 1, got %q", line)
	}
	if rest, ok = strings.CutPrefix(rest, "\n"); !ok {
		return nil, errors.New("invalid header for test case list; expecting a blank line")
	}
	var cases []atfListing
	seen := map[string]bool{}
	for block := range strings.SplitSeq(strings.TrimRight(rest, "\n"), "\n\n") {
		c, err := parseATFCase(block)
		if err != nil {
			return nil, err
		}
		if seen[c.name] {
			return nil, fmt.Errorf("duplicate test case %s", c.name)
		}
		seen[c.name] = true
		cases = append(cases, c)
	}
	return cases, nil
}

// parseATFCase reads the lines of one case.
func parseATFCase(block string) (c atfListing, err error) {
	seen := map[string]bool{}
	for line := range strings.SplitSeq(block, "\n") {
		name, value, ok := strings.Cut(line, ": ")
		switch {
		case line == "":
			return c, errors.New("no test cases")
		case !ok:
			return c, errors.New("invalid property line; expecting line of the form 'name: value'")
		case len(seen) == 0 && (name != "ident" || value == ""):
			return c, errors.New("invalid test case definition; must be preceded by the identifier")
		case seen[name]:
			return c, fmt.Errorf("duplicate value for property %s", name)
		case name == "ident":
			c.name = value
		default:
			if err := c.meta.setATF(name, value); err != nil {
				return c, err
			}
		}
		seen[name] = true
	}
	return c, nil
}

// atfResult is what a case writes into its file of results.
type atfResult struct {
	kind   string
	arg    *int // of expected_exit and expected_signal
	reason string
}

var atfResultForm = lazily(`^([a-z_]+)(?:\((-?\d+)\))?(?:: (.*))?$`)

// parseATFResult reads a file of results.
func parseATFResult(text string) (atfResult, error) {
	text, ended := strings.CutSuffix(text, "\n")
	if !ended {
		return atfResult{}, errors.New("empty test result or no new line")
	}
	if strings.Contains(text, "\n") {
		return atfResult{}, fmt.Errorf("test result contains multiple lines: %s", strings.ReplaceAll(text, "\n", "<<NEWLINE>>"))
	}
	m := atfResultForm().FindStringSubmatch(text)
	if m == nil {
		return atfResult{}, fmt.Errorf("unknown test result '%s'", text)
	}
	r := atfResult{kind: m[1], reason: m[3]}
	if m[2] != "" {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return r, fmt.Errorf("unknown test result '%s'", text)
		}
		r.arg = &n
	}
	needsReason, takesArg := true, false
	switch r.kind {
	case "passed":
		needsReason = false
		if r.reason != "" {
			return r, errors.New("passed cannot have a reason")
		}
	case "expected_exit", "expected_signal":
		takesArg = true
	case "broken", "failed", "skipped", "expected_death", "expected_failure", "expected_timeout":
	default:
		return r, fmt.Errorf("unknown test result '%s'", text)
	}
	switch {
	case needsReason && r.reason == "":
		return r, fmt.Errorf("%s must have a reason", r.kind)
	case !takesArg && r.arg != nil:
		return r, fmt.Errorf("%s cannot have an argument", r.kind)
	}
	return r, nil
}

// ending is how a program ended: its status, or that its time was over.
type ending struct {
	status   machine.Status
	timedOut bool
}

func (e ending) exitedWith(code int) bool { return e.status.Exited() && e.status.Code() == code }

func (e ending) String() string {
	if e.status.Exited() {
		return fmt.Sprintf("exited with code %d", e.status.Code())
	}
	s := fmt.Sprintf("received signal %d", int(e.status.Signal()))
	if e.status.CoreDumped() {
		s += " (core dumped)"
	}
	return s
}

// judgeATF compares what a case says with how it ended.
func judgeATF(file string, e ending) Verdict {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if e.timedOut {
			return verdict(Broken, "Test case body timed out")
		}
		return verdict(Broken, "Premature exit; test case %s", e)
	}
	if err != nil {
		return verdict(Broken, "%v", err)
	}
	r, err := parseATFResult(string(text))
	if err != nil && !e.timedOut {
		why := err.Error()
		return Verdict{Broken, strings.ToUpper(why[:1]) + why[1:]}
	}
	return r.apply(e)
}

// apply is kyua's atf_result::apply: a result counts if the program ended as it goes with the result.
func (r atfResult) apply(e ending) Verdict {
	if e.timedOut {
		if r.kind == "expected_timeout" {
			return Verdict{ExpectedFailure, r.reason}
		}
		return verdict(Broken, "Test case body timed out")
	}
	switch r.kind {
	case "passed":
		if e.exitedWith(0) {
			return Verdict{Passed, ""}
		}
		return verdict(Broken, "Passed test case should have reported success but %s", e)
	case "skipped":
		if e.exitedWith(0) {
			return Verdict{Skipped, r.reason}
		}
		return verdict(Broken, "Skipped test case should have reported success but %s", e)
	case "failed":
		if e.exitedWith(1) {
			return Verdict{Failed, r.reason}
		}
		return verdict(Broken, "Failed test case should have reported failure but %s", e)
	case "expected_death":
		return Verdict{ExpectedFailure, r.reason}
	case "expected_failure":
		if e.exitedWith(0) {
			return Verdict{ExpectedFailure, r.reason}
		}
		return verdict(Broken, "Expected failure should have reported success but %s", e)
	case "expected_timeout":
		return verdict(Broken, "Expected timeout but %s", e)
	case "expected_exit":
		switch {
		case !e.status.Exited():
			return verdict(Broken, "Expected clean exit but %s", e)
		case r.arg != nil && *r.arg != e.status.Code():
			return verdict(Failed, "Test case expected to exit with code %d but got code %d", *r.arg, e.status.Code())
		}
		return Verdict{ExpectedFailure, r.reason}
	case "expected_signal":
		switch {
		case e.status.Exited():
			return verdict(Broken, "Expected signal but %s", e)
		case r.arg != nil && *r.arg != int(e.status.Signal()):
			return verdict(Failed, "Test case expected to receive signal %d but got %d", *r.arg, int(e.status.Signal()))
		}
		return Verdict{ExpectedFailure, r.reason}
	}
	return Verdict{Broken, r.reason}
}
