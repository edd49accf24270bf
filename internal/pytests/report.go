//go:build linux

package main

import (
	_ "embed"
	"encoding/xml"
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
