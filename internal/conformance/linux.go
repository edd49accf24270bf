package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nbemu/internal/measured"
	"nbemu/internal/testprog"
)

// The table of docs/LINUX.md stands between these.
const (
	linuxBegin = "<!-- go: go run ./internal/conformance -linux -fast -store -arch ARCH writes what follows -->\n"
	linuxEnd   = "<!-- /go -->\n"
)

func linuxResults(arch string) string {
	return filepath.Join(testprog.Root(), "docs", "results", "conformance-linux-go-"+arch+".json")
}

// storeLinux keeps a run's result and writes the table of all machines anew.
func (rep *report) storeLinux() error {
	data, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(linuxResults(rep.Arch), append(data, '\n'), 0o666); err != nil {
		return err
	}
	table, err := linuxTable()
	if err != nil {
		return err
	}
	return measured.Replace(filepath.Join(testprog.Root(), "docs", "LINUX.md"), linuxBegin, linuxEnd, table)
}

// linuxTable has a row for each machine that has a result.
func linuxTable() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("| machine | GOARCH | packages | without a failure | tests that pass | that fail | that skip themselves |\n|---|---|---:|---:|---:|---:|---:|\n")
	for _, a := range testprog.Arches {
		data, err := os.ReadFile(linuxResults(a.Name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		var rep report
		if err := json.Unmarshal(data, &rep); err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		var clean, pass, fail, skip int
		for _, r := range rep.Rows {
			if r.Fail == 0 && len(r.Unexpected) == 0 {
				clean++
			}
			pass, fail, skip = pass+r.Pass, fail+r.Fail, skip+r.Skip
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d |\n", a.Name, a.Port(testprog.Linux), len(rep.Rows), clean, pass, fail, skip)
	}
	return b.Bytes(), nil
}
