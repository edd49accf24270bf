// Package matrix reads the tables that programs of testdata print which ask many calls about many kinds of object, and
// knows of cells that are to differ.
//
// It is a part of nbemu's tests and not for other modules.
package matrix

import (
	"slices"
	"strings"
	"testing"
)

// Cell is what one call said of one kind of object.
type Cell struct{ Call, Object string }

// Read reads a table: a line for a call, and below it one for each answer, with the objects that gave it.
func Read(text string) map[Cell]string {
	m := map[Cell]string{}
	call := ""
	for _, line := range strings.Split(text, "\n") {
		answer, ok := strings.CutPrefix(line, "\t")
		if !ok {
			call = strings.TrimSuffix(line, ":")
			continue
		}
		answer, objects, _ := strings.Cut(answer, ": ")
		for _, o := range strings.Fields(objects) {
			m[Cell{call, o}] = answer
		}
	}
	return m
}

// An Except is cells where nbemu says something else, and why: calls with | between them, objects with spaces, the reason. A
// name that ends in * is for all that begin so.
type Except [3]string

// Excused reports whether one of the list is for the cell.
func Excused(list []Except, c Cell) bool {
	return slices.ContainsFunc(list, func(x Except) bool {
		return match(strings.Split(x[0], "|"), c.Call) && match(strings.Fields(x[1]), c.Object)
	})
}

func match(list []string, s string) bool {
	return slices.ContainsFunc(list, func(x string) bool {
		head, all := strings.CutSuffix(x, "*")
		return x == s || all && strings.HasPrefix(s, head)
	})
}

// Unneeded are the exceptions of a list that no cell needs: nothing that differs is among theirs, though the table has some of
// them.
func Unneeded(list []Except, got, want map[Cell]string) (out []Except) {
	for _, x := range list {
		asked, needed := false, false
		for c, answer := range want {
			if Excused([]Except{x}, c) {
				asked = true
				needed = needed || got[c] != answer
			}
		}
		if asked && !needed {
			out = append(out, x)
		}
	}
	return out
}

// Settled is what ask finds. Some news take their time, such as the other side's answer in the host's network on a busy machine:
// for what is not as wanted it asks twice more.
func Settled(want map[Cell]string, excepts []Except, ask func() map[Cell]string) map[Cell]string {
	all := ask()
	late := func(c Cell) bool {
		w, ok := want[c]
		return ok && all[c] != w && !Excused(excepts, c)
	}
	for range 2 {
		var again []Cell
		for c := range all {
			if late(c) {
				again = append(again, c)
			}
		}
		if len(again) == 0 {
			break
		}
		got := ask()
		for _, c := range again {
			all[c] = got[c]
		}
	}
	return all
}

// Compare reports the cells that are not what they have to be and not excused by one of the lists, and a table of which
// more than a tenth is missing.
func Compare(t testing.TB, got, want map[Cell]string, excepts ...[]Except) {
	t.Helper()
	if len(got) < len(want)*9/10 {
		t.Errorf("%d cells of %d", len(got), len(want))
		return
	}
	for c, answer := range want {
		if got[c] != answer && !slices.ContainsFunc(excepts, func(list []Except) bool { return Excused(list, c) }) {
			t.Errorf("%s of %s: %q, want %q", c.Call, c.Object, got[c], answer)
		}
	}
}
