//go:build linux

package main

import (
	_ "embed"
	"encoding/xml"
	"fmt"
	"strings"
)

// What became of a test.
const (
	pass    = "pass"
	fail    = "fail"
	skipped = "skipped"
)

// parseReport reads what regrtest writes: each test's full name, and what became of it. Of a test that is there several
// times the worst counts.
func parseReport(b []byte) (map[string]string, error) {
	var doc struct {
		Cases []struct {
			Name       string    `xml:"name,attr"`
			Failure    *struct{} `xml:"failure"`
			Error      *struct{} `xml:"error"`
			Skipped    *struct{} `xml:"skipped"`
			Unexpected *struct{} `xml:"outcome"` // of a test that is to fail
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(b, &doc); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, c := range doc.Cases {
		if c.Name == "" { // some of its subtests have failed
			continue
		}
		got := pass
		switch {
		case c.Failure != nil, c.Error != nil, c.Unexpected != nil:
			got = fail
		case c.Skipped != nil:
			got = skipped
		}
		if old := out[c.Name]; old == "" || old == pass || got == fail {
			out[c.Name] = got
		}
	}
	return out, nil
}

//go:embed known.txt
var knownText string

// parseKnown reads the reasons of known failures: a test's full name and after it the reason, a line each.
func parseKnown(text string) (map[string]string, error) {
	known := map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		name, why, _ := strings.Cut(strings.TrimSpace(line), " ")
		why = strings.TrimSpace(why)
		switch {
		case name == "":
			continue
		case why == "":
			return nil, fmt.Errorf("known.txt:%d: %s has no reason", i+1, name)
		case known[name] != "":
			return nil, fmt.Errorf("known.txt:%d: %s is there twice", i+1, name)
		}
		known[name] = why
	}
	return known, nil
}
