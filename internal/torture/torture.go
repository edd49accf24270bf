package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nbemu/arch"
	_ "nbemu/arch/all"
	"nbemu/cpu/accel"
	"nbemu/internal/testprog"
)

// torture is one run of the command.
type torture struct {
	arches []testprog.Arch
	kinds  []kind
	seed   uint64
	accel  string // -accel for all cases; "": as makeCase chooses
	out    string
	size   int // of a case; 0 for the usual
	end    time.Time
	log    func(format string, a ...any)
	counts counts
}

// counts are what has been done.
type counts struct {
	began    time.Time
	took     time.Duration
	cases    int
	killed   int
	findings int
	broken   int // processes that were ended because their processor could not go on
	did      map[kind]int
	byArch   map[string]int // cases
}

// size is how many calls, names or stores a case has, and twenty times the executables.
const size = 2000

// run makes cases and runs them until the end. Error: one that is no finding.
func (t *torture) run() error {
	r := newRand(t.seed)
	t.counts = counts{began: time.Now(), did: map[kind]int{}, byArch: map[string]int{}}
	var arches []testprog.Arch
	for _, a := range t.arches {
		if err := runsOn(t.accel, a); err != nil {
			t.log("%s: not on the host's processor: %v", a.Name, err)
			continue
		}
		switch _, err := program(a, testprog.NetBSD); {
		case cannot(err):
			t.log("%v", err)
		case err != nil:
			return err
		default:
			arches = append(arches, a)
		}
	}
	if len(arches) == 0 || len(t.kinds) == 0 {
		return fmt.Errorf("nothing to do")
	}
	n := t.size
	if n == 0 {
		n = size
	}
	for i := 0; time.Now().Before(t.end); i++ {
		k, a := t.kinds[i%len(t.kinds)], arches[i/len(t.kinds)%len(arches)]
		c, err := makeCase(r, k, a, n)
		if err != nil {
			return err
		}
		if t.accel != "" {
			c.on(t.accel)
		}
		if err := t.one(c); err != nil {
			return err
		}
	}
	t.counts.took = time.Since(t.counts.began)
	return nil
}

// one runs a case and keeps it if it is a finding.
func (t *torture) one(c *Case) error {
	res, err := c.run()
	if err != nil {
		return err
	}
	t.counts.cases++
	t.counts.did[c.Kind] += res.did
	t.counts.byArch[c.Arch]++
	t.counts.broken += strings.Count(res.output, brokenSign)
	if c.Under == "killed" {
		t.counts.killed++
	}
	if res.bad == "" {
		return nil
	}
	t.counts.findings++
	c.Bad = res.bad
	name := filepath.Join(t.out, fmt.Sprintf("%s-%s-%d.json", c.Kind, c.Arch, c.Seed%1e9))
	if err := c.write(name); err != nil {
		return err
	}
	t.log("%s: %s %v %s: %s\n%.2000s", name, c.OS, c.Flags, c.Under, res.bad, res.output)
	c.minimize()
	return c.write(name)
}

func (c *Case) write(name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	b, err := json.MarshalIndent(c, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o666)
}

// runsOn reports, with nil, that programs for a run on a kind of processors, or else why not: nbemu would emulate them.
func runsOn(kind string, a testprog.Arch) error {
	if kind == "" {
		return nil
	}
	src, _, err := accel.New(kind, nil)
	if err != nil {
		return err
	}
	p := arch.ByName(a.Name)
	if p == nil {
		return fmt.Errorf("no machine of its own")
	}
	return src.Runs(p.Arch)
}

// brokenSign is in nbemu's line about a process whose processor could not go on.
const brokenSign = ") is killed: kvm: "

// on has the case run on a kind of processors: without flags that are for others.
func (c *Case) on(accel string) {
	flags := []string{"-accel", accel}
	for i := 0; i < len(c.Flags); i++ {
		switch c.Flags[i] {
		case "-accel":
			i++
		case "-deterministic":
		case "-seed":
			i++
		default:
			flags = append(flags, c.Flags[i])
		}
	}
	c.Flags = flags
}

// String is what was done, in a few lines.
func (c *counts) String() string {
	return fmt.Sprintf("%d cases in %v: %d system calls, %d executables, %d streams of instructions, %d names, %d stores; %d ended by SIGKILL\n%d processes ended because their processor could not go on\n%d findings\n",
		c.cases, c.took.Round(time.Second), c.did[kindCalls], c.did[kindExec], c.did[kindCode], c.did[kindPaths], c.did[kindMaps], c.killed, c.broken, c.findings)
}

const (
	documentTitle = "# Reliability\n"
	documentAccel = "## On the host's own processor\n"
)

// document is docs/RELIABILITY.md: two parts, of which the other stays as it is in old.
func (t *torture) document(old string) string {
	emulated, native, _ := strings.Cut(old, documentAccel)
	if t.accel != "" {
		return strings.TrimSpace(emulated) + "\n\n" + documentAccel + "\n" + t.part() +
			"\nA process that ends because its processor cannot go on (an exit of KVM's that no program should come to) ends with a line.\n"
	}
	text := documentTitle + "\n" + t.part() + "\n" + documentEnd
	if native != "" {
		text += "\n" + documentAccel + native
	}
	return text
}

const documentEnd = `A case counts what its program said that it had done; one that was killed, or whose program took itself down, counts nothing
though it did much. A finding is a Go trace, a report of an internal fault, an nbemu that does not end, anything read or changed
outside of the root, or memory that differs from the model.
`

// part is a run's own part of it.
func (t *torture) part() string {
	c := &t.counts
	var b strings.Builder
	flags := ""
	if t.accel != "" {
		flags = " -accel " + t.accel
	}
	fmt.Fprintf(&b, "Written by `make torture FLAGS=\"-minutes %g -seed %d -arch %s%s -report\"`; see internal/torture for what a case is.\n\n",
		*minutes, t.seed, *archFlag, flags)
	fmt.Fprintf(&b, "| what | count |\n|---|---|\n| minutes | %.0f |\n| cases (an nbemu, or two, under one condition) | %d |\n", c.took.Minutes(), c.cases)
	fmt.Fprintf(&b, "| system calls with hostile arguments | %d |\n| mutated executables | %d |\n| streams of instructions | %d |\n| calls with names that were swapped meanwhile | %d |\n",
		c.did[kindCalls], c.did[kindExec], c.did[kindCode], c.did[kindPaths])
	fmt.Fprintf(&b, "| stores through shared mappings, held against a model | %d |\n| cases ended by SIGKILL | %d |\n",
		c.did[kindMaps], c.killed)
	if t.accel != "" {
		fmt.Fprintf(&b, "| processes ended because their processor could not go on | %d |\n", c.broken)
	}
	fmt.Fprintf(&b, "| **findings** | **%d** |\n\n", c.findings)
	var names []string
	for a := range c.byArch {
		names = append(names, a)
	}
	slices.Sort(names)
	b.WriteString("| machine | cases |\n|---|---|\n")
	for _, a := range names {
		fmt.Fprintf(&b, "| %s | %d |\n", a, c.byArch[a])
	}
	return b.String()
}
