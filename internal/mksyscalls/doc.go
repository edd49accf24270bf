package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// docFile makes the page of supported calls.
func docFile(o *options, rows []*row) []byte {
	var b bytes.Buffer
	count := map[string]int{}
	for _, r := range rows {
		if r.support != "" {
			count[r.support]++
		}
	}
	calls := count["full"] + count["partial"] + count["none"]
	fmt.Fprintf(&b, "# %s\n\n", o.title)
	fmt.Fprintf(&b, "Generated from `%s` by `go generate`; edit that file.\n\n", filepath.ToSlash(filepath.Join(filepath.Base(abs(o.dir)), filepath.Base(o.master))))
	fmt.Fprintf(&b, "The table has %d numbers, %d of them calls: %d supported in full, %d in part, %d not yet.\n",
		len(rows), calls, count["full"], count["partial"], count["none"])
	b.WriteString("A call that is not supported fails with ENOSYS, and the first use is logged.\n\n")

	b.WriteString("| number | call | support | note |\n|---:|---|---|---|\n")
	for _, r := range rows {
		if r.support == "full" || r.support == "partial" {
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", r.label(), r.shownName(), r.support, strings.ReplaceAll(r.note, "|", `\|`))
		}
	}

	section := func(title string, in func(r *row) bool) {
		var names []string
		for _, r := range rows {
			if in(r) {
				s := fmt.Sprintf("`%s` (%s)", r.shownName(), r.label())
				if r.note != "" {
					s += ": " + r.note
				}
				names = append(names, s)
			}
		}
		if len(names) > 0 {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, strings.Join(names, ",\n"))
		}
	}
	section("Not supported", func(r *row) bool { return r.support == "none" && r.kind.word != "compat" })
	section("Not supported, of older releases", func(r *row) bool { return r.support == "none" && r.kind.word == "compat" })
	return b.Bytes()
}

// label is the row's number, or a dash if the first machine has none.
func (r *row) label() string {
	if r.foreign() {
		return "–"
	}
	return strconv.Itoa(r.num)
}

func abs(dir string) string {
	if a, err := filepath.Abs(dir); err == nil {
		return a
	}
	return dir
}
