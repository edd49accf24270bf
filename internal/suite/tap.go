package suite

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// tapSummary is what a TAP program's output says.
type tapSummary struct {
	bailedOut bool
	bailText  string
	skipped   string   // why all was skipped; "" if it was not
	ok, notOk int      // not ok with TODO or SKIP is ok
	failed    []string // names of those that are not ok
}

var (
	tapPlan   = lazily(`^([0-9]+)\.\.([0-9]+)`)
	tapResult = lazily(`^(not ok|ok)\b[ \t-]*(.*)$`)
	tapTodo   = lazily(`(?i)#\s*TODO\b`)
	tapSkip   = lazily(`(?i)#?\s*(?:SKIP\S*)[ \t]*(.*)$`)
)

// parseTAP reads a program's output.
func parseTAP(text string) (*tapSummary, error) {
	s := &tapSummary{}
	first, last, planned := 0, 0, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if why, ok := strings.CutPrefix(line, "Bail out!"); ok {
			s.bailedOut, s.bailText = true, strings.TrimSpace(why)
			return s, nil
		}
		if m := tapResult().FindStringSubmatch(line); m != nil {
			s.add(m[1] == "ok" || tapTodo().MatchString(line) || tapSkip().MatchString(line), m[2])
			continue
		}
		m := tapPlan().FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if planned {
			return nil, fmt.Errorf("found duplicate plan %s (saw %d..%d earlier)", m[0], first, last)
		}
		planned = true
		first, _ = strconv.Atoi(m[1])
		last, _ = strconv.Atoi(m[2])
		skip := tapSkip().FindStringSubmatch(line)
		switch {
		case first == 1 && last == 0:
			s.skipped = "No reason specified"
			if skip != nil && skip[1] != "" {
				s.skipped = skip[1]
			}
		case skip != nil:
			return nil, errors.New("skipped plan must be 1..0")
		case first > last:
			return nil, fmt.Errorf("found reversed plan %d..%d", first, last)
		}
	}
	switch {
	case !planned:
		return nil, errors.New("output did not contain any TAP plan and the program did not bail out")
	case s.skipped != "" && s.ok+s.notOk != 0:
		return nil, fmt.Errorf("the plan was to skip all, %d were run", s.ok+s.notOk)
	case s.skipped == "" && last-first+1 != s.ok+s.notOk:
		return nil, fmt.Errorf("the plan was %d tests, %d were run", last-first+1, s.ok+s.notOk)
	}
	return s, nil
}

func (s *tapSummary) add(ok bool, name string) {
	if ok {
		s.ok++
		return
	}
	s.notOk++
	s.failed = append(s.failed, strings.TrimSpace(name))
}

// judgeTAP compares what a program says with how it ended.
func judgeTAP(stdout string, e ending) Verdict {
	if v, done := judgeAbnormal(e); done {
		return v
	}
	s, err := parseTAP(stdout)
	switch {
	case err != nil:
		return verdict(Broken, "TAP test program yielded invalid data: %v", err)
	case s.bailedOut:
		return verdict(Failed, "%s", strings.TrimSuffix("Bailed out: "+s.bailText, ": "))
	case s.skipped != "":
		return Verdict{Skipped, s.skipped}
	case s.notOk != 0:
		const most = 5
		names := strings.Join(s.failed[:min(most, len(s.failed))], "; ")
		if len(s.failed) > most {
			names += "; …"
		}
		return verdict(Failed, "%d of %d tests failed: %s", s.notOk, s.ok+s.notOk, names)
	case !e.exitedWith(0):
		return verdict(Broken, "Dubious test program: reported all tests as passed but returned exit code %d", e.status.Code())
	}
	return Verdict{Passed, ""}
}

// judgeAbnormal is for programs of all kinds but ATF's that did not end by themselves.
func judgeAbnormal(e ending) (Verdict, bool) {
	switch {
	case e.timedOut:
		return verdict(Broken, "Test case timed out"), true
	case !e.status.Exited():
		if e.status.CoreDumped() {
			return verdict(Broken, "Received signal %d (core dumped)", int(e.status.Signal())), true
		}
		return verdict(Broken, "Received signal %d", int(e.status.Signal())), true
	}
	return Verdict{}, false
}
