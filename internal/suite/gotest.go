package suite

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// goTestName is a line of -test.list: a test, an example or a fuzz test with its seeds. Benchmarks are not cases.
var goTestName = lazily(`^(?:Test|Example|Fuzz)[\pL\p{Nd}_]*$`)

// parseGoList reads what a Go test program writes with -test.list.
func parseGoList(text string) (names []string) {
	for line := range strings.Lines(text) {
		if name := strings.TrimSuffix(line, "\n"); goTestName().MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}

// goTestArgs are the arguments for one case. The program ends itself, with the stacks of its goroutines, a little before
// its time is over.
func goTestArgs(name string, timeout time.Duration) []string {
	own := timeout - max(timeout/10, time.Second)
	switch {
	case timeout == noTimeout:
		own = 0
	case own <= 0:
		own = timeout
	}
	return []string{"-test.run=^" + regexp.QuoteMeta(name) + "$", "-test.v", "-test.paniconexit0", "-test.timeout=" + own.String()}
}

// goResult is a test's last line. A test that has not ended its own last line has it in front.
var goResult = lazily(`(?m)--- (PASS|FAIL|SKIP): (\S+) \([0-9.]+s\)\r?$`)

// judgeGoTest reads the output of -test.v; the status decides.
func judgeGoTest(name, stdout, stderr string, e ending) Verdict {
	if v, done := judgeAbnormal(e); done {
		return v
	}
	return judgeGoOutput(name, stdout, stderr, e.status.Code())
}

// judgeGoOutput is the verdict on a test program that has exited.
func judgeGoOutput(name, stdout, stderr string, code int) Verdict {
	said, failed := "", []string{}
	for _, m := range goResult().FindAllStringSubmatch(stdout, -1) {
		if m[2] == name {
			said = m[1]
		}
		if m[1] == "FAIL" {
			failed = append(failed, m[2])
		}
	}
	switch {
	case code != 0 && said == "FAIL":
		return verdict(Failed, "%s", goReason(name, stdout, stderr, failed))
	case code != 0:
		why := goPanic(stdout + stderr)
		if why == "" {
			why = "no test failed"
		}
		return verdict(Failed, "Returned exit status %d: %s", code, why)
	case said == "SKIP":
		return Verdict{Skipped, goSkipReason(name, stdout)}
	case said == "PASS":
		return Verdict{Passed, ""}
	case strings.Contains(stdout, "no tests to run"):
		return verdict(Broken, "%s is listed, and not there", name)
	}
	return verdict(Broken, "It says nothing of %s and returned 0", name)
}

// goReason is the last subtest that failed, and the first line that a test has logged, or what it panicked with, or what an
// example has written.
func goReason(name, stdout, stderr string, failed []string) string {
	_, after, _ := strings.Cut(stdout, "=== RUN   "+name+"\n")
	for line := range strings.Lines(after) {
		if text := strings.TrimSpace(line); strings.HasPrefix(line, "    ") && goLogLine().MatchString(text) {
			if len(failed) > 1 {
				return fmt.Sprintf("%s: %s", failed[len(failed)-1], text)
			}
			return text
		}
	}
	if why := goPanic(stdout + stderr); why != "" {
		return why
	}
	if m := goExample().FindStringSubmatch(after); m != nil {
		return fmt.Sprintf("got %q, want %q", m[1], m[2])
	}
	return strings.Join(failed, ", ") + " failed"
}

var goExample = lazily(`(?s)--- FAIL: Example[^\n]*\ngot:\n(.*?)\nwant:\n(.*?)\n(?:FAIL|PASS|=== )`)

var goLogLine = lazily(`^\w+\.go:\d+: `)

// goSkipReason is what t.Skip was given.
func goSkipReason(name, stdout string) string {
	for line := range strings.Lines(stdout) {
		if text := strings.TrimSpace(line); strings.HasPrefix(line, "    ") && goLogLine().MatchString(text) {
			_, why, _ := strings.Cut(text, ": ")
			return why
		}
	}
	return name + " says no reason"
}

// goPanic is the line that tells of a panic or of a fatal error; "" if none does.
func goPanic(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
