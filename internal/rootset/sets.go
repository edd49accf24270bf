package rootset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Set is one archive of a release.
type Set struct {
	Name string // "base"
	File string
	Size int64
}

// suffixes of sets; the first is what releases have since 9.0 for most machines.
var suffixes = []string{".tar.xz", ".tgz", ".tar.gz", ".txz", ".tar", ".tar.bz2"}

// setName is the name of a set by its file's, "" if that is none.
func setName(file string) string {
	base := filepath.Base(file)
	for _, s := range suffixes {
		if name, ok := strings.CutSuffix(base, s); ok {
			return name
		}
	}
	return ""
}

// skipped reports whether a set is left out unless it is asked for: kernels and their modules, which nbemu has no use
// for, debugging symbols, the test suite, X11 and the set for building X11.
func skipped(name string) bool {
	switch name {
	case "debug", "modules", "tests", "dtb", "gpufw":
		return true
	}
	return strings.HasPrefix(name, "kern-") || strings.HasPrefix(name, "x") && len(name) > 1
}

// FindSets turns files and directories into sets, base and etc first. only, if it is not empty, are the names wanted
// from directories; "all" wants every one. Errors: something is not there; a directory without sets; a name not found.
func FindSets(paths, only []string) ([]Set, error) {
	var sets []Set
	for _, p := range paths {
		fi, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if !fi.IsDir() {
			name := setName(p)
			if name == "" {
				return nil, fmt.Errorf("%s: not the name of a set (NAME.tar.xz, NAME.tgz)", p)
			}
			sets = append(sets, Set{name, p, fi.Size()})
			continue
		}
		found, err := setsIn(p, only)
		if err != nil {
			return nil, err
		}
		sets = append(sets, found...)
	}
	for i, s := range sets {
		if j := slices.IndexFunc(sets[:i], func(o Set) bool { return o.Name == s.Name }); j >= 0 {
			return nil, fmt.Errorf("%s and %s are the same set", sets[j].File, s.File)
		}
	}
	rank := func(name string) int {
		if i := slices.Index([]string{"base", "etc"}, name); i >= 0 {
			return i
		}
		return 2
	}
	slices.SortStableFunc(sets, func(a, b Set) int { return rank(a.Name) - rank(b.Name) })
	return sets, nil
}

// setsIn lists the sets of a directory, which may be a release's own: then they are in binary/sets.
func setsIn(dir string, only []string) ([]Set, error) {
	if fi, err := os.Stat(filepath.Join(dir, "binary", "sets")); err == nil && fi.IsDir() {
		dir = filepath.Join(dir, "binary", "sets")
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	best := map[string]string{}
	for _, e := range list {
		name := setName(e.Name())
		if name == "" {
			continue
		}
		old, ok := best[name]
		if !ok || suffixRank(e.Name()) < suffixRank(old) {
			best[name] = e.Name()
		}
	}
	all := slices.Contains(only, "all")
	var sets []Set
	for name, file := range best {
		if len(only) > 0 && !all && !slices.Contains(only, name) || len(only) == 0 && skipped(name) {
			continue
		}
		path := filepath.Join(dir, file)
		fi, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		sets = append(sets, Set{name, path, fi.Size()})
	}
	for _, name := range only {
		if name != "all" && best[name] == "" {
			return nil, fmt.Errorf("%s: no set %s there", dir, name)
		}
	}
	if len(sets) == 0 {
		return nil, fmt.Errorf("%s: no sets there (NAME.tar.xz, NAME.tgz)", dir)
	}
	slices.SortFunc(sets, func(a, b Set) int { return strings.Compare(a.Name, b.Name) })
	return sets, nil
}

func suffixRank(file string) int {
	return slices.IndexFunc(suffixes, func(s string) bool { return strings.HasSuffix(file, s) })
}
