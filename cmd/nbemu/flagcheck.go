package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
)

// flagNeeds are flags that say how another one does its work, and would say nothing without it.
var flagNeeds = []struct {
	name, needs string
	given       func(o *options) bool // the other one, on the command line or in the environment
}{
	{"seed", "-deterministic", func(o *options) bool { return o.det || o.afl }},
	{"epoch", "-deterministic", func(o *options) bool { return o.det || o.afl }},
	{"D", "-strace or -d", func(o *options) bool { return o.strace || o.observe.insns != "" }},
	{"one-insn-per-tb", "-d", func(o *options) bool { return o.observe.insns != "" }},
	{"dfilter", "-d", func(o *options) bool { return o.observe.insns != "" }},
	{"coverage-format", "-coverage", func(o *options) bool { return o.observe.coverage != "" }},
	{"prof-period", "-prof", func(o *options) bool { return o.observe.profile != "" }},
	{"strict", "-veriexec", func(o *options) bool { return o.machine.Veriexec != "" }},
	{"overlay", "-chroot or -L", func(o *options) bool { return o.machine.Chroot != "" || o.machine.Root != "" || o.ofRoot }},
	{"json", "-n", func(o *options) bool { return o.dryRun }},
	{"shrink", "-known", func(o *options) bool { return o.suite.known != "" }},
	{"keep", "-work", func(o *options) bool { return o.suite.runner.Work != "" }},
}

// flagContradicts are pairs of flags of which one would be ignored.
var flagContradicts = []struct {
	name, other, why string
	given            func(o *options) bool // the other one
}{
	{"g", "-afl", "a fuzzer does not wait for a debugger", func(o *options) bool { return o.afl }},
	{"g", "-n", "nothing runs then", func(o *options) bool { return o.dryRun }},
	{"coverage", "-deterministic -g", withoutBlocks, deterministicDebugger},
	{"d", "-deterministic -g", withoutBlocks, deterministicDebugger},
	{"perfmap", "-deterministic -g", withoutBlocks, deterministicDebugger},
	{"jitdump", "-deterministic -g", withoutBlocks, deterministicDebugger},
	{"strace", "-n", "nothing runs then", func(o *options) bool { return o.dryRun }},
	{"parallel", "-cpus 1", "nothing runs at the same time then", func(o *options) bool { return o.machine.CPUs == 1 }},
	{"parallel", "-accel auto", "programs that may change processors take turns", func(o *options) bool { return strings.HasPrefix(o.machine.Accel, "auto") }},
	{"D", "-strace='-o ...'", "the trace has one place", func(o *options) bool { return o.strace && o.tracing.File != "" && o.observe.insns == "" }},
}

// withoutBlocks is why nothing else can watch a run that a debugger goes back in.
const withoutBlocks = "its blocks are counted for the debugger"

func deterministicDebugger(o *options) bool { return o.det && o.gdb != "" }

// checkNeeds refuses flags of the command line that would be ignored. Their twins in the environment may stand there for
// programs that are started later.
func checkNeeds(o *options, fs *flag.FlagSet) error {
	var err error
	fs.Visit(func(f *flag.Flag) {
		for _, n := range flagNeeds {
			if f.Name == n.name && !n.given(o) && err == nil {
				err = fmt.Errorf("-%s: says nothing without %s", n.name, n.needs)
			}
		}
		for _, n := range flagContradicts {
			if f.Name == n.name && n.given(o) && err == nil {
				err = fmt.Errorf("-%s: not with %s: %s", n.name, n.other, n.why)
			}
		}
	})
	return err
}

// unknownFlag puts the flag package's error in our words; rows are the flags that there are.
func unknownFlag(err error, rows []flagRow) error {
	const undefined = "flag provided but not defined: -"
	name, ok := strings.CutPrefix(err.Error(), undefined)
	if name, missing := strings.CutPrefix(err.Error(), "flag needs an argument: -"); missing {
		return fmt.Errorf("-%s: what? -%s is how it is written", name, flagForm(name, rows))
	}
	if !ok {
		return err
	}
	if why := foreignFlag(name); why != "" {
		return fmt.Errorf("-%s: there is no such flag: %s", name, why)
	}
	var names []string
	for _, r := range rows {
		names = append(names, r.name)
	}
	return noSuchFlag(name, names, "")
}

// noSuchFlag is the error for a flag that is none of names; more is where they are listed.
func noSuchFlag(name string, names []string, more string) error {
	if near := closest(name, names); near != "" {
		return fmt.Errorf("-%s: there is no such flag; did you mean -%s?", name, near)
	}
	return fmt.Errorf("-%s: there is no such flag%s", name, more)
}

// unknownIn is unknownFlag for a command that has flags of its own.
func unknownIn(err error, fs *flag.FlagSet) error {
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		return err
	}
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	word, _, _ := strings.Cut(strings.TrimPrefix(fs.Name(), "nbemu "), " ")
	return noSuchFlag(name, names, "; nbemu help "+word+" lists them")
}

// flagForm is a flag with the name of its value, as the help text has it, without the first hyphen.
func flagForm(name string, rows []flagRow) string {
	for _, r := range rows {
		if r.name == name {
			return strings.TrimSpace(r.name + " " + r.arg)
		}
	}
	return name
}

// noProgram is the error of a command line without a program, args; the last flag may have taken it as its value.
func noProgram(args []string) error {
	if n := len(args); n >= 2 {
		name := strings.TrimLeft(args[n-2], "-")
		if form := flagForm(name, flagTable); name != args[n-2] && strings.Contains(form, " ") {
			return fmt.Errorf("which program? %s is -%s's value: nbemu -%s PROGRAM", args[n-1], name, form)
		}
	}
	return errors.New("which program? There is nothing after the flags")
}

// misspelt adds to the error for a program that is not there which command was perhaps meant.
func misspelt(err error, program string) error {
	if near := closest(program, commandNames()); near != "" && !strings.Contains(program, "/") {
		return fmt.Errorf("%w; did you mean nbemu %s?", err, near)
	}
	return err
}

// closest returns the word that differs least, in no more than a third of its letters, or "".
func closest(word string, from []string) string {
	best, least := "", len(word)
	for _, w := range from {
		if d := distance(word, w); d < least && 3*d <= max(len(w), len(word)) {
			best, least = w, d
		}
	}
	return best
}

// distance is how many letters must be changed, added, taken out or swapped with their neighbour to make b of a.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
