//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"nbemu/internal/testprog"
)

// results are what docs/results has.
type results struct {
	Arch    string             `json:"arch"`
	Python  string             `json:"python"` // its version
	Modules map[string]*module `json:"modules"`
}

// module is what became of a module's tests.
type module struct {
	Native int               `json:"native"` // how many pass natively
	Lost   map[string]string `json:"lost"`   // what became here of those of them that do not pass
}

func resultsFile() string {
	return filepath.Join(testprog.Root(), "docs", "results", "python-"+runtime.GOARCH+".json")
}

// load reads the stored results; without any they are empty.
func load() (*results, error) {
	r := &results{Modules: map[string]*module{}}
	b, err := os.ReadFile(resultsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(b, r)
	}
	return r, err
}

func (r *results) store() error {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(resultsFile(), append(b, '\n'), 0o666)
}

// faults are tests of these modules that pass natively and not here without a reason, and reasons for what passes.
func (r *results) faults(ran []string, known map[string]string) (list []string) {
	for _, name := range ran {
		m := r.Modules[name]
		for _, test := range slices.Sorted(maps.Keys(m.Lost)) {
			if known[test] == "" {
				list = append(list, fmt.Sprintf("%s: %s, and known.txt has no reason", test, m.Lost[test]))
			}
		}
		for _, test := range slices.Sorted(maps.Keys(known)) {
			if strings.HasPrefix(test, "test."+name+".") && m.Lost[test] == "" {
				list = append(list, test+" passes, and known.txt has a reason why it does not")
			}
		}
	}
	return list
}

const (
	begin = "<!-- python: go run ./internal/pytests writes what follows -->\n"
	end   = "<!-- /python -->\n"
)

// markdown is the table of the modules.
func (r *results) markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "| module of Python %s | tests that pass natively | of them pass in nbemu | |\n|---|---:|---:|---|\n", r.Python)
	for _, name := range modules {
		m := r.Modules[name]
		if m == nil {
			continue
		}
		var lost []string
		for _, test := range slices.Sorted(maps.Keys(m.Lost)) {
			lost = append(lost, strings.TrimPrefix(test, "test."+name+"."))
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", name, m.Native, m.Native-len(m.Lost), strings.Join(lost, ", "))
	}
	return b.Bytes()
}
