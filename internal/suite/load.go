package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"nbemu/arch"
)

// Source says where programs are looked for.
type Source struct {
	// Labels are the machines that are wanted; empty is all that there is something for.
	Labels []string
	// Root is where the interpreters of scripts are looked for before the host's directories; {arch} in it is a label.
	Root string
}

// placeholder stands for a machine's label in names of files.
const placeholder = "{arch}"

// Load lists the programs that arguments name: directories, Kyuafiles, lists, programs. They come in the order of the
// arguments, and then in that of the file or of the names.
func (s *Source) Load(args []string) ([]Program, error) {
	var all []Program
	for _, arg := range args {
		found, err := s.loadOne(arg)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: there are no test programs in it%s", arg, s.forLabels())
		}
		if st, err := os.Stat(arg); len(args) > 1 && err == nil && st.IsDir() {
			for i := range found {
				found[i].Name = filepath.Join(filepath.Base(arg), found[i].Name)
			}
		}
		all = append(all, found...)
	}
	seen := map[string]string{}
	for _, p := range all {
		id := p.Label + " " + p.Name
		if other := seen[id]; other != "" {
			return nil, fmt.Errorf("%s and %s are the same program to the suite: %s", other, p.Path, id)
		}
		seen[id] = p.Path
	}
	return all, nil
}

func (s *Source) forLabels() string {
	if len(s.Labels) == 0 {
		return ""
	}
	return " for " + strings.Join(s.Labels, ", ")
}

func (s *Source) wants(label string) bool {
	return len(s.Labels) == 0 || slices.Contains(s.Labels, label)
}

// loadOne is Load for one argument.
func (s *Source) loadOne(arg string) ([]Program, error) {
	if strings.Contains(arg, placeholder) {
		return s.loadEach(arg)
	}
	st, err := os.Stat(arg)
	switch {
	case err != nil:
		return nil, err
	case st.IsDir():
		return s.loadDir(arg)
	case strings.HasPrefix(filepath.Base(arg), "Kyuafile"):
		programs, err := loadKyuafile(arg)
		return s.label(programs, "", err)
	}
	if id, ok := identify(arg); ok && st.Mode()&0o111 != 0 {
		p := Program{Name: filepath.Base(arg), Path: arg, Kind: kindOf(arg, id)}
		return s.label([]Program{p}, "", nil)
	}
	return s.loadList(arg)
}

// expand lists what a name with a placeholder stands for, by label.
func (s *Source) expand(name string) map[string]string {
	out := map[string]string{}
	if len(s.Labels) != 0 {
		for _, l := range s.Labels {
			if path := strings.ReplaceAll(name, placeholder, l); exists(path) {
				out[l] = path
			}
		}
		return out
	}
	// What is a label is found by the part of the name before the first placeholder.
	before, after, _ := strings.Cut(name, placeholder)
	dir, prefix := filepath.Split(before)
	entries, _ := os.ReadDir(filepath.Join(dir, "."))
	suffix, _, _ := strings.Cut(after, "/")
	for _, e := range entries {
		l, begins := strings.CutPrefix(e.Name(), prefix)
		l, ends := strings.CutSuffix(l, suffix)
		if begins && ends && MachineOf(l) != "" {
			if path := strings.ReplaceAll(name, placeholder, l); exists(path) {
				out[l] = path
			}
		}
	}
	return out
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// loadEach loads one directory, Kyuafile or program for each machine.
func (s *Source) loadEach(arg string) ([]Program, error) {
	paths := s.expand(arg)
	var all []Program
	for _, l := range sortedKeys(paths) {
		one := &Source{Labels: []string{l}, Root: s.Root}
		found, err := one.loadMachine(paths[l], l)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// loadMachine loads what is known to be for one machine.
func (s *Source) loadMachine(path, label string) ([]Program, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var found []Program
	switch {
	case st.IsDir() && exists(filepath.Join(path, "Kyuafile")):
		found, err = loadKyuafile(filepath.Join(path, "Kyuafile"))
	case st.IsDir():
		found, err = walk(path)
	case strings.HasPrefix(filepath.Base(path), "Kyuafile"):
		found, err = loadKyuafile(path)
	default:
		id, _ := identify(path)
		found = []Program{{Name: filepath.Base(path), Path: path, Kind: kindOf(path, id)}}
	}
	return s.label(found, label, err)
}

// loadDir loads a directory: by its Kyuafile, by folders named after machines, or whatever is in it.
func (s *Source) loadDir(dir string) ([]Program, error) {
	if exists(filepath.Join(dir, "Kyuafile")) {
		return s.loadMachine(dir, "")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if (MachineOf(e.Name()) != "" || slices.Contains(s.Labels, e.Name())) && isDir(filepath.Join(dir, e.Name())) {
			return s.loadEach(filepath.Join(dir, placeholder))
		}
	}
	found, err := walk(dir)
	return s.label(found, "", err)
}

// walk lists the programs below a directory, or what a link to one leads to. Names that begin with a dot or with h_ (ATF's helpers) are none.
func walk(dir string) ([]Program, error) {
	var found []Program
	top := filepath.Clean(dir) + "/" // what a link leads to
	err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(e.Name(), ".") && path != top && e.IsDir():
			return filepath.SkipDir
		case strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "h_"):
			return nil
		}
		st, err := os.Stat(path) // of what a link leads to
		if err != nil || !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
			return nil
		}
		id, ok := identify(path)
		if !ok {
			return nil
		}
		name, err := filepath.Rel(dir, path)
		found = append(found, Program{Name: name, Path: path, Kind: kindOf(path, id)})
		return err
	})
	return found, err
}

// label gives programs their machine: the one given, or their own. Scripts are run by each wanted machine that has
// their interpreter.
func (s *Source) label(programs []Program, given string, err error) ([]Program, error) {
	if err != nil {
		return nil, err
	}
	var out []Program
	for _, p := range programs {
		if p.Path, err = filepath.Abs(p.Path); err != nil {
			return nil, err
		}
		labels := []string{given}
		if given == "" {
			if labels, err = s.ownLabels(p.Path); err != nil {
				return nil, err
			}
		}
		for _, l := range labels {
			if s.wants(l) {
				p.Label = l
				p.Name = withoutLabel(p.Name, l)
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// ownLabels is what a program's own file says.
func (s *Source) ownLabels(path string) ([]string, error) {
	id, ok := identify(path)
	switch {
	case !ok:
		return nil, fmt.Errorf("%s: no machine runs it", path)
	case id.label != "":
		return []string{id.label}, nil
	}
	if strings.Contains(s.Root, placeholder) {
		roots := s.expand(s.Root)
		labels := slices.DeleteFunc(sortedKeys(roots), func(l string) bool { return !exists(filepath.Join(roots[l], id.interp)) })
		if len(labels) != 0 {
			return labels, nil
		}
	}
	for _, file := range []string{filepath.Join(s.Root, id.interp), id.interp} {
		if shell, ok := identify(file); ok && shell.label != "" {
			return []string{shell.label}, nil
		}
	}
	return nil, fmt.Errorf("%s: its interpreter %s is not there", path, id.interp)
}

// withoutLabel takes the machine out of names like t_exec.mips and exec-linux-arm64.test, so that they are the same
// on all machines.
func withoutLabel(name, label string) string {
	ext := ""
	if base := strings.TrimSuffix(name, ".test"); base != name {
		name, ext = base, ".test"
	}
	for _, sep := range []string{".", "-", "_"} {
		if base, ok := strings.CutSuffix(name, sep+label); ok && filepath.Base(base) != "." && !strings.HasSuffix(base, "/") {
			return base + ext
		}
		for alias, of := range aliases {
			if base, ok := strings.CutSuffix(name, sep+alias); ok && of == strings.TrimPrefix(label, linuxPrefix) && !strings.HasSuffix(base, "/") {
				return base + ext
			}
		}
	}
	return name + ext
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// CheckLabels refuses machines that there are none of.
func CheckLabels(labels []string) error {
	for _, l := range labels {
		if MachineOf(l) == "" {
			var known []string
			for _, p := range arch.Ports() {
				known = append(known, p.Arch.Name)
			}
			sort.Strings(known)
			return fmt.Errorf("%s is none of the machines %s, nor linux- and one of them", l, strings.Join(known, ", "))
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(labels)))) != len(labels) {
		return errors.New("a machine is named twice")
	}
	return nil
}
