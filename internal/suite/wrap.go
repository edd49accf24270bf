package suite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Wrap makes a directory that kyua can run a suite from: for each program a script of the same name that runs it under
// nbemu, the files beside it as links, and Kyuafiles. kyua starts test programs itself and has no hook for an emulator.
// The result is how many programs there are. Error: out is there already.
func (s *Source) Wrap(arg, out, nbemu string, flags []string) (int, error) {
	programs, err := s.Load([]string{arg})
	if err != nil {
		return 0, err
	}
	out, err = filepath.Abs(out)
	if err != nil {
		return 0, err
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return 0, err
	}
	several := false
	for _, p := range programs {
		several = several || p.Label != programs[0].Label
	}
	w := &wrapper{out: out, nbemu: nbemu, flags: flags, dirs: map[string][]*Program{}, from: map[string]string{}}
	for i := range programs {
		p := &programs[i]
		dir := filepath.Dir(p.Name)
		if several {
			dir = filepath.Join(p.Label, dir)
		}
		w.dirs[dir] = append(w.dirs[dir], p)
		w.from[dir] = filepath.Dir(p.Path)
	}
	for dir := range w.dirs { // so that each has one above it
		for d := dir; d != "."; d = filepath.Dir(d) {
			w.dirs[filepath.Dir(d)] = append([]*Program(nil), w.dirs[filepath.Dir(d)]...)
		}
	}
	for _, dir := range sortedKeys(w.dirs) {
		if err := w.write(dir); err != nil {
			return 0, err
		}
	}
	return len(programs), nil
}

// A wrapper is a directory that Wrap makes.
type wrapper struct {
	out, nbemu string
	flags      []string
	dirs       map[string][]*Program // by their names in out
	from       map[string]string     // where their programs are
}

// write makes one directory.
func (w *wrapper) write(dir string) error {
	to := filepath.Join(w.out, dir)
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	taken := map[string]bool{"Kyuafile": true}
	var k strings.Builder
	fmt.Fprintf(&k, "syntax(2)\n")
	for _, p := range w.dirs[dir] {
		name := filepath.Base(p.Name)
		taken[name], taken[filepath.Base(p.Path)] = true, true
		if err := os.WriteFile(filepath.Join(to, name), []byte(w.script(p)), 0o755); err != nil {
			return err
		}
		if err := os.Chmod(filepath.Join(to, name), 0o755); err != nil {
			return err
		}
		k.WriteString(kyuaEntry(p, name))
	}
	for _, sub := range w.below(dir) {
		taken[filepath.Base(sub)] = true
		fmt.Fprintf(&k, "include(%s)\n", luaQuote(filepath.Join(filepath.Base(sub), "Kyuafile")))
	}
	if err := os.WriteFile(filepath.Join(to, "Kyuafile"), []byte(k.String()), 0o644); err != nil {
		return err
	}
	return w.link(dir, taken)
}

// below lists the directories that are directly in another.
func (w *wrapper) below(dir string) (subs []string) {
	for d := range w.dirs {
		if d != "." && filepath.Dir(d) == dir {
			subs = append(subs, d)
		}
	}
	sort.Strings(subs)
	return subs
}

// link makes links to what lies beside programs, for tests that look for their data where they are.
func (w *wrapper) link(dir string, taken map[string]bool) error {
	from := w.from[dir]
	if from == "" {
		return nil
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if taken[e.Name()] {
			continue
		}
		err := os.Symlink(filepath.Join(from, e.Name()), filepath.Join(w.out, dir, e.Name()))
		if err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// script is what stands for a program.
func (w *wrapper) script(p *Program) string {
	words := []string{shellQuote(w.nbemu), "run"}
	for _, f := range w.flags {
		words = append(words, shellQuote(strings.ReplaceAll(f, placeholder, p.Label)))
	}
	words = append(words, shellQuote(p.Path))
	for _, a := range p.Args {
		words = append(words, strings.ReplaceAll(shellQuote(a), "{work}", `'"$PWD"'`))
	}
	line := strings.Join(append(words, `"$@"`), " ")
	if p.Expect == "" {
		return "#!/bin/sh\nexec " + line + "\n"
	}
	return "#!/bin/sh\n" + line + " >.stdout || exit\nexec diff -u " + shellQuote(p.Expect) + " .stdout\n"
}

// kyuaEntry is a program's entry in a Kyuafile.
func kyuaEntry(p *Program, name string) string {
	kind, suite := p.Kind, p.Suite
	if kind == GoTest {
		kind = Plain // all of its tests are one case: kyua knows nothing of them
	}
	if suite == "" {
		suite = "nbemu"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s_test_program{name=%s, test_suite=%s", kind, luaQuote(name), luaQuote(suite))
	props := p.Meta.properties()
	for _, key := range sortedKeys(props) {
		fmt.Fprintf(&b, ", [%s]=%s", luaQuote(key), luaQuote(props[key]))
	}
	b.WriteString("}\n")
	return b.String()
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func luaQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
