package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// A master of the short form has a number, a kind and a name in each row; the rest is that of the row with the same
// number in another master (-like). What is made of it is the list of numbers that have no call here.

func runLike(o *options) error {
	native, err := readMaster(o.like)
	if err != nil {
		return err
	}
	absent, err := readShort(o.master, native)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	header(o, &b)
	b.WriteString("// maxSyscall is one more than the last number of the table.\n")
	fmt.Fprintf(&b, "const maxSyscall = %d\n\n", native[len(native)-1].num+1)
	b.WriteString("// absent are the numbers that have no call, with what the master says of them.\n")
	b.WriteString("var absent = [...]struct {\n\tnum  int\n\tname string\n}{\n")
	for _, r := range absent {
		fmt.Fprintf(&b, "\t{%d, %q},\n", r.num, r.shownName())
	}
	b.WriteString("}\n")
	return writeGo(o, &b)
}

// readShort reads a master of the short form and returns its rows without a call. Errors: a row that is not the native
// one of its number, or one too many or few.
func readShort(path string, native []*row) (absent []*row, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var errs errorList
	next := 0
	for i, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		r := &row{line: i + 1, nums: []int{0}}
		if len(words) > 2 && words[2] != "-" {
			r.name = strings.Join(words[2:], " ")
		}
		if len(words) > 1 {
			r.kind.word, r.kind.compat, _ = strings.Cut(words[1], "_")
		}
		r.num, err = strconv.Atoi(words[0])
		hasCall, known := kinds[r.kind.word]
		switch {
		case err != nil || !known:
			errs.add(path, i+1, "%q is no row", line)
			continue
		case next >= len(native) || r.num != native[next].num:
			errs.add(path, i+1, "number %d is not the next one of the native table", r.num)
			continue
		}
		n := native[next]
		next++
		switch {
		case !hasCall:
			absent = append(absent, r)
		case n.support == "":
			errs.add(path, i+1, "%d %s: the native table has no such call", r.num, r.name)
		case r.name != n.name || r.kind != n.kind:
			errs.add(path, i+1, "%d: %s %s, in the native table %s %s", r.num, words[1], r.name, n.kind.word, n.name)
		}
	}
	if next != len(native) {
		errs.add(path, 1, "the native table has %d numbers, this one %d", len(native), next)
	}
	return absent, errs.err()
}
