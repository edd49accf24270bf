// Package measured is what the commands that measure nbemu by other people's tests have in common: the tables that they keep
// in documents, and the reasons that tests may fail for.
package measured

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// Replace puts a table between its two marks in a file, which stay.
func Replace(path, begin, end string, table []byte) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, ok := bytes.Cut(old, []byte(begin))
	_, tail, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return fmt.Errorf("%s: the marks are missing", path)
	}
	return os.WriteFile(path, bytes.Join([][]byte{head, []byte(begin), table, []byte(end), tail}, nil), 0o666)
}

// Known reads the reasons of known failures, the text of a known.txt: a test's name and after it the reason, a line each.
func Known(text string) (map[string]string, error) {
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
