package suite

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Known are the cases that are known to fail on one machine, each with the reason. They stand in a file, a line each:
//
//	program:case  why it fails
//
// A line that begins with ? is of a case that fails sometimes. The file may only shrink: a case that passes must be taken
// out, and nothing adds to it but a person.
type Known struct {
	file  string
	lines []knownLine
	used  map[string]bool // cases that were judged by it
	pass  []string        // and passed
}

// knownLine is a line of the file, as it is; key is "" for what is no case.
type knownLine struct {
	text, key, why string
	sometimes      bool
}

// LoadKnown reads DIR/LABEL.txt. A file that is not there has nothing in it.
func LoadKnown(dir, label string) (*Known, error) {
	k := &Known{file: filepath.Join(dir, label+".txt"), used: map[string]bool{}}
	f, err := os.Open(k.file)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	seen := map[string]bool{}
	for n := 1; in.Scan(); n++ {
		line, err := parseKnown(in.Text())
		if err == nil && line.key != "" && seen[line.key] {
			err = fmt.Errorf("%s is there twice", line.key)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", k.file, n, err)
		}
		seen[line.key] = true
		k.lines = append(k.lines, line)
	}
	return k, in.Err()
}

func parseKnown(text string) (line knownLine, err error) {
	line.text = text
	rest := strings.TrimSpace(text)
	if rest == "" || rest[0] == '#' {
		return line, nil
	}
	if after, ok := strings.CutPrefix(rest, "?"); ok {
		line.sometimes, rest = true, strings.TrimSpace(after)
	}
	line.key, line.why, _ = strings.Cut(rest, " ")
	line.why = strings.TrimSpace(line.why)
	if !strings.Contains(line.key, ":") || line.why == "" {
		return line, errors.New("not of the form \"program:case why it fails\"")
	}
	return line, nil
}

func (k *Known) find(key string) *knownLine {
	for i := range k.lines {
		if k.lines[i].key == key {
			return &k.lines[i]
		}
	}
	return nil
}

// File is the file's name.
func (k *Known) File() string { return k.file }

// Passing are the cases that were judged and do not fail any more.
func (k *Known) Passing() []string { return k.pass }

// Judge marks a result that is known. A known case that passes is a failure, unless the file is going to be shrunk: it is
// longer than it may be.
func (k *Known) Judge(r *Result, shrinking bool) {
	line := k.find(r.Key())
	if line == nil {
		return
	}
	k.used[line.key] = true
	if !r.Good() || line.sometimes {
		r.Known = line.why
		return
	}
	if r.Outcome == Skipped {
		return
	}
	k.pass = append(k.pass, line.key)
	if !shrinking {
		r.Verdict = verdict(Failed, "It passes; take it out of %s", k.file)
	}
}

// Stale are the lines of cases that there are none of any more, after all have run.
func (k *Known) Stale() (keys []string) {
	for _, l := range k.lines {
		if l.key != "" && !k.used[l.key] {
			keys = append(keys, l.key)
		}
	}
	return keys
}

// Shrink takes cases out of the file; it can do nothing else to it.
func (k *Known) Shrink(keys []string) error {
	var out strings.Builder
	for _, l := range k.lines {
		if l.key == "" || !slices.Contains(keys, l.key) {
			out.WriteString(l.text + "\n")
		}
	}
	tmp := k.file + ".new"
	if err := os.WriteFile(tmp, []byte(out.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, k.file)
}
