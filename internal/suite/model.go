package suite

import (
	"encoding/json"
	"fmt"
	"time"
)

// Kind is how a program tells of its cases and their results.
type Kind string

const (
	ATF    Kind = "atf"    // atf-test-program(1)
	TAP    Kind = "tap"    // the Test Anything Protocol, on standard output
	Plain  Kind = "plain"  // the exit status
	GoTest Kind = "gotest" // a program made by "go test -c"
)

// Program is one test program, as built for one machine.
type Program struct {
	Label  string // of the machine, as results have it: "mips", "linux-arm"
	Name   string // relative to the suite's directory, the same on all machines
	Path   string // of the file on the host
	Kind   Kind
	Args   []string
	Suite  string // the name that a Kyuafile gives with test_suite
	Meta   Metadata
	Expect string // a file with what it must write to its standard output; "" is anything
}

// Case is what is run at once.
type Case struct {
	*Program
	Name string // "main" where a program is one case
	Meta Metadata

	broken string // why it cannot be run
}

// ID names a case on its machine.
func (c *Case) ID() string { return c.Label + " " + c.Program.Name + ":" + c.Name }

const (
	mainCase = "main"                // the case of programs that are one
	listCase = "__test_cases_list__" // in place of the cases of programs that cannot tell them
)

// Suspect is for a case during which the process that ran it came to an end: it runs alone now. If it did so before, it
// does not run at all, and is broken.
func (c *Case) Suspect(alone bool) {
	c.Meta.Exclusive = true
	if alone {
		c.broken = "nbemu itself came to an end while it ran"
	}
}

// Outcome is what became of a case, in kyua's words.
type Outcome string

const (
	Passed          Outcome = "passed"
	Skipped         Outcome = "skipped"
	ExpectedFailure Outcome = "expected_failure" // the program itself says that it must fail
	Failed          Outcome = "failed"
	Broken          Outcome = "broken" // it did not even fail as it should
)

// Good reports whether nothing is wrong with a case.
func (o Outcome) Good() bool { return o != Failed && o != Broken }

// Verdict is an outcome with its reason.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"`
}

func verdict(o Outcome, format string, a ...any) Verdict {
	return Verdict{o, fmt.Sprintf(format, a...)}
}

// Result is what is known of a case after it has run.
type Result struct {
	Label   string `json:"machine"`
	Program string `json:"program"`
	Case    string `json:"case"`
	Kind    Kind   `json:"kind"`
	Suite   string `json:"suite,omitempty"`
	Verdict
	Known  string    `json:"known,omitempty"` // why it may fail, from the file of known failures
	Flaky  bool      `json:"flaky,omitempty"` // it failed at first, and passed when it was run again
	Start  time.Time `json:"start"`
	Took   Duration  `json:"seconds"` // all attempts
	Seed   uint64    `json:"seed,omitempty"`
	Run    int       `json:"run,omitempty"` // of Options.Repeat, from 1
	Stdout string    `json:"stdout,omitempty"`
	Stderr string    `json:"stderr,omitempty"`
	Log    []string  `json:"log,omitempty"`   // lines of the kernel's log
	Trace  []string  `json:"trace,omitempty"` // the last system calls of a case that failed
	Failed []Verdict `json:"failed,omitempty"`
}

// ID is the case's.
func (r *Result) ID() string { return r.Label + " " + r.Key() }

// Key names the case on all machines.
func (r *Result) Key() string { return r.Program + ":" + r.Case }

// Unexpected reports whether somebody should look at it: it fails, and is not known to.
func (r *Result) Unexpected() bool { return !r.Good() && r.Known == "" }

// Good is the outcome's.
func (r *Result) Good() bool { return r.Outcome.Good() }

// Duration is a length of time that is written as seconds.
type Duration time.Duration

func (d Duration) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.6f", time.Duration(d).Seconds()), nil
}

func (d *Duration) UnmarshalJSON(b []byte) error {
	var sec float64
	err := json.Unmarshal(b, &sec)
	*d = Duration(sec * float64(time.Second))
	return err
}

// Seconds is the length of time in seconds.
func (d Duration) Seconds() float64 { return time.Duration(d).Seconds() }
