package suite

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The elements of JUnit's XML, as Surefire writes it and Jenkins, GitLab and Bazel read it.
type (
	junitSuites struct {
		XMLName  xml.Name      `xml:"testsuites"`
		Name     string        `xml:"name,attr"`
		Tests    int           `xml:"tests,attr"`
		Failures int           `xml:"failures,attr"`
		Errors   int           `xml:"errors,attr"`
		Time     string        `xml:"time,attr"` // no sum of what was skipped: the schemas have none
		Suites   []*junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Hostname   string          `xml:"hostname,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		seconds    float64
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string         `xml:"name,attr"`
		Class     string         `xml:"classname,attr"`
		Time      string         `xml:"time,attr"`
		Failure   *junitMessage  `xml:"failure"`
		Error     *junitMessage  `xml:"error"`
		Skipped   *junitMessage  `xml:"skipped"`
		Flaky     []junitMessage `xml:"flakyFailure"`
		Reruns    []junitMessage `xml:"rerunFailure"`
		SystemOut *junitText     `xml:"system-out"`
		SystemErr *junitText     `xml:"system-err"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	junitText struct {
		Text string `xml:",chardata"`
	}
)

// WriteJUnit writes results as JUnit's XML: a suite for each program on each machine. Failures that are known or that
// the program itself expects are written as skipped, for readers to whom a failure is one.
func (rep *Report) WriteJUnit(w io.Writer) error {
	all := junitSuites{Name: "nbemu"}
	byName := map[string]*junitSuite{}
	var total float64
	for _, r := range rep.Results {
		name := r.Label + "/" + r.Program
		s := byName[name]
		if s == nil {
			s = &junitSuite{Name: xmlText(name), Timestamp: r.Start.UTC().Format("2006-01-02T15:04:05"), Hostname: r.Label,
				Properties: []junitProperty{{"machine", r.Label}, {"nbemu", rep.Nbemu}, {"part", rep.Shard}}}
			if r.Seed != 0 {
				s.Properties = append(s.Properties, junitProperty{"seed", fmt.Sprint(r.Seed)})
			}
			byName[name] = s
			all.Suites = append(all.Suites, s)
		}
		s.add(r)
		total += r.Took.Seconds()
	}
	for _, s := range all.Suites {
		s.Time = fmt.Sprintf("%.3f", s.seconds)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
	}
	all.Time = fmt.Sprintf("%.3f", total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(r *Result) {
	c := junitCase{Name: xmlText(r.Case), Class: xmlText(strings.ReplaceAll(r.Label+"."+r.Program, "/", ".")), Time: fmt.Sprintf("%.3f", r.Took.Seconds())}
	if r.Run != 0 {
		c.Name += fmt.Sprintf(" #%d", r.Run)
	}
	s.Tests++
	s.seconds += r.Took.Seconds()
	message := &junitMessage{Message: xmlText(r.Reason), Type: string(r.Outcome)}
	switch {
	case !r.Good() && r.Known != "":
		s.Skipped++
		message.Message = xmlText("known: " + r.Known + " (" + r.Reason + ")")
		c.Skipped = message
	case r.Outcome == Failed:
		s.Failures++
		message.Text = xmlText(r.details())
		c.Failure = message
	case r.Outcome == Broken:
		s.Errors++
		message.Text = xmlText(r.details())
		c.Error = message
	case r.Outcome != Passed:
		s.Skipped++
		c.Skipped = message
	}
	for _, v := range r.Failed {
		m := junitMessage{Message: xmlText(v.Reason), Type: string(v.Outcome)}
		if r.Flaky {
			c.Flaky = append(c.Flaky, m)
		} else {
			c.Reruns = append(c.Reruns, m)
		}
	}
	if r.Stdout != "" {
		c.SystemOut = &junitText{xmlText(r.Stdout)}
	}
	if r.Stderr != "" || len(r.Log) > 0 {
		c.SystemErr = &junitText{xmlText(r.Stderr + strings.Join(r.Log, "\n"))}
	}
	s.Cases = append(s.Cases, c)
}

// details are the last system calls of a case that failed, for readers that show no more than the failure.
func (r *Result) details() string {
	const most = 40
	lines := r.Trace
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return strings.Join(append([]string{r.Reason}, lines...), "\n")
}

// xmlText replaces what XML 1.0 cannot have.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= utf8.MaxRune {
			return r
		}
		return '\uFFFD'
	}, s)
}
