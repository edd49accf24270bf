package main

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"nbemu/internal/hosttools"
	"nbemu/internal/testprog"
)

const goos = runtime.GOOS

// row is the result of one package. A verdict of BUILD means that there is none.
type row struct {
	Package       string   `json:"package"`
	Verdict       string   `json:"verdict"` // ok, known, native, FAIL, CRASH, TIMEOUT, BUILD
	Pass          int      `json:"pass"`    // tests, without subtests
	Fail          int      `json:"fail"`
	Skip          int      `json:"skip"`
	Seconds       float64  `json:"seconds"`
	NativeSeconds float64  `json:"native_seconds"`
	NativeStatus  string   `json:"native_status,omitempty"`
	Unexpected    []string `json:"unexpected,omitempty"` // failures that nobody wrote down
	Known         []string `json:"known,omitempty"`      // failures that are in the list
	Native        []string `json:"native,omitempty"`     // failures that the control has too
	Flaky         []string `json:"flaky,omitempty"`      // failed and passed when tried again
	Fixed         []string `json:"fixed,omitempty"`      // in the list, and passed
	NotRun        []string `json:"not_run,omitempty"`    // in the list as crashing or hanging
	Died          []string `json:"died,omitempty"`       // were running when the program ended
	Error         string   `json:"error,omitempty"`

	text map[string][]string
}

// wholeProgram stands for a failure that no test can be blamed for.
const wholeProgram = "(program)"

func (r *row) broken(err error) {
	r.Error = err.Error()
	r.Unexpected = []string{wholeProgram}
	r.Verdict = "BUILD"
}

// judge sorts the failures of the guest.
func (r *row) judge(res *result, known []knownFailure, control *result) {
	o := res.outcome
	r.Pass, r.Fail, r.Skip = o.count(pass), o.count(fail)+o.count(running), o.count(skip)
	r.Unexpected, r.Known, r.Native, r.Fixed, r.NotRun = nil, nil, nil, nil, nil
	r.Died = res.died
	failures := o.failures()
	if res.err != nil && len(failures) == 0 {
		failures = []string{wholeProgram}
		r.Error = res.err.Error()
	}
	hit := map[string]bool{}
	for _, test := range failures {
		i := slices.IndexFunc(known, func(k knownFailure) bool { return k.covers(test) })
		switch {
		case i >= 0:
			r.Known = append(r.Known, test)
			hit[known[i].test] = true
		case control != nil && control.failed(test):
			r.Native = append(r.Native, test)
		default:
			r.Unexpected = append(r.Unexpected, test)
		}
	}
	for _, k := range known {
		_, ran := o.tests[k.test]
		switch {
		case !ran && k.notRun():
			r.NotRun = append(r.NotRun, k.test)
		case ran && !hit[k.test] && o.tests[k.test] == pass && !k.flaky():
			r.Fixed = append(r.Fixed, k.test)
		}
	}
	r.settle(res)
}

func (r *row) settle(res *result) {
	switch {
	case len(r.Unexpected) > 0 && res.timeout:
		r.Verdict = "TIMEOUT"
	case len(r.Unexpected) > 0 && len(r.Died) > 0:
		r.Verdict = "CRASH"
	case len(r.Unexpected) > 0:
		r.Verdict = "FAIL"
	case len(r.Known) > 0 || len(r.NotRun) > 0:
		r.Verdict = "known"
	case len(r.Native) > 0:
		r.Verdict = "native"
	default:
		r.Verdict = "ok"
	}
}

// failed reports whether the control failed in the same way.
func (r *result) failed(test string) bool {
	if test == wholeProgram {
		return r.err != nil && len(r.tests) > 0 && len(r.failures()) == 0
	}
	return r.tests[test] == fail || r.tests[test] == running
}

// retry returns the tests that deserve another try.
func (r *row) retry() []string {
	if r.Verdict == "BUILD" || slices.Contains(r.Unexpected, wholeProgram) {
		return nil
	}
	return slices.Clone(r.Unexpected)
}

// systemNames are for the reader.
var systemNames = map[testprog.OS]string{testprog.NetBSD: "NetBSD", testprog.Linux: "Linux"}

type report struct {
	Arch    string  `json:"arch"`
	Go      string  `json:"go"`
	Seconds float64 `json:"seconds"`
	Logs    string  `json:"-"`
	Rows    []*row  `json:"packages"`
	updated bool
}

func printHeader(w io.Writer, o *options) {
	fmt.Fprintf(w, "Go standard library %s, %s/%s\n\n", runtime.Version(), systemNames[o.guest], o.arch.Name)
	fmt.Fprintf(w, "%-34s %-8s %5s %5s %5s %9s", "package", "", "pass", "fail", "skip", "time")
	if o.control != controlNever {
		fmt.Fprintf(w, " %9s %7s  %s", "native", "ratio", "control")
	}
	fmt.Fprintln(w)
}

func (r *row) print(w io.Writer, o *options) {
	fmt.Fprintf(w, "%-34s %-8s %5d %5d %5d %8.1fs", r.Package, r.Verdict, r.Pass, r.Fail, r.Skip, r.Seconds)
	if o.control != controlNever {
		ratio := "-"
		if r.NativeSeconds >= 0.05 { // below, it is all start-up
			ratio = fmt.Sprintf("%.1f", r.Seconds/r.NativeSeconds)
		}
		fmt.Fprintf(w, " %8.1fs %7s  %s", r.NativeSeconds, ratio, r.NativeStatus)
	}
	fmt.Fprintln(w)
}

// printEnd tells what went wrong, and the totals.
func (rep *report) printEnd(w io.Writer, h *harness) {
	for _, r := range rep.Rows {
		if len(r.Unexpected) > 0 {
			fmt.Fprintf(w, "\n%s: not in the list of known failures:\n", r.Package)
			if r.Error != "" {
				fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(hosttools.Tail(r.Error, 20), "\n", "\n  "))
			}
			for _, test := range r.Unexpected {
				r.printTest(w, test)
			}
			fmt.Fprintf(w, "  log: %s\n", filepath.Join(rep.Logs, strings.ReplaceAll(r.Package, "/", "-"), "nbemu.log"))
		}
		if h.verbose {
			for _, test := range slices.Concat(r.Known, r.Native) {
				fmt.Fprintf(w, "\n%s: expected:\n", r.Package)
				r.printTest(w, test)
			}
		}
	}
	rep.printList(w, "Failed, and passed when tried again alone", func(r *row) []string { return r.Flaky })
	rep.printList(w, "Failed in the control too", func(r *row) []string { return r.Native })
	rep.printList(w, "Listed as known failures, but passed (take them off the list)", func(r *row) []string { return r.Fixed })

	count := map[string]int{}
	var passed, failed, skipped, knownTests, notRun, controlOK int
	var seconds, native float64
	for _, r := range rep.Rows {
		count[r.Verdict]++
		passed += r.Pass
		failed += r.Fail
		skipped += r.Skip
		knownTests += len(r.Known)
		notRun += len(r.NotRun)
		seconds += r.Seconds
		native += r.NativeSeconds
		if r.NativeStatus == "ok" {
			controlOK++
		}
	}
	good := count["ok"] + count["native"]
	fmt.Fprintf(w, "\n%d packages: %d pass", len(rep.Rows), good)
	if count["native"] > 0 {
		fmt.Fprintf(w, " (%d of them fail as in the control)", count["native"])
	}
	fmt.Fprintf(w, ", %d have known failures only, %d fail", count["known"], len(rep.Rows)-good-count["known"])
	if h.control == controlAlways {
		fmt.Fprintf(w, "; control: %d pass", controlOK)
	}
	fmt.Fprintf(w, "\n%d tests passed, %d failed (%d known), %d skipped, %d known not to end and not run\n", passed, failed, knownTests, skipped, notRun)
	fmt.Fprintf(w, "%.0f s in all; tests under nbemu %.0f s", rep.Seconds, seconds)
	if h.control == controlAlways {
		fmt.Fprintf(w, ", natively %.0f s", native)
	}
	fmt.Fprintln(w)
}

func (r *row) printTest(w io.Writer, test string) {
	died := ""
	if slices.Contains(r.Died, test) {
		died = " (running when the program died)"
	}
	fmt.Fprintf(w, "  %s%s\n", test, died)
	for i, line := range r.text[test] {
		if i == 12 {
			fmt.Fprintln(w, "      ...")
			break
		}
		fmt.Fprintf(w, "      %.200s\n", strings.TrimSpace(line))
	}
}

func (rep *report) printList(w io.Writer, title string, of func(*row) []string) {
	first := true
	for _, r := range rep.Rows {
		for _, test := range of(r) {
			if first {
				fmt.Fprintf(w, "\n%s:\n", title)
				first = false
			}
			fmt.Fprintf(w, "  %s %s\n", r.Package, test)
		}
	}
}

// verdict is the error to end with.
func (rep *report) verdict() error {
	if rep.updated {
		return nil
	}
	var bad []string
	for _, r := range rep.Rows {
		if len(r.Unexpected) > 0 {
			bad = append(bad, fmt.Sprintf("%s (%s)", r.Package, strings.Join(r.Unexpected, ", ")))
		}
	}
	if bad == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", errUnexpected, strings.Join(bad, "; "))
}
