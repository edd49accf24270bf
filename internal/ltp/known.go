//go:build linux

package main

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed known.txt
var knownText string

// parseKnown reads the reasons of known failures: a test's name, or MACHINE/name, and after it the reason, a line each.
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
