// Package docs holds the documents against the tree that they describe. It has tests only.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

var (
	code = regexp.MustCompile("`([^`\n]+)`")
	link = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	// file is something in backquotes that can be nothing but a file or directory of this repository, perhaps with
	// the name of something in it after a colon.
	file = regexp.MustCompile(`^([a-z0-9]+(?:/[\w.*-]+)+)/?(?::\w+)?$`)
)

func documents(t *testing.T, root string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(names) == 0 {
		t.Fatalf("documents: %v, %v", names, err)
	}
	for _, name := range []string{"README.md", "RATIONALE.md", "CHANGELOG.md", "CONTRIBUTING.md"} {
		names = append(names, filepath.Join(root, name))
	}
	return names
}

// there reports whether a file of that name is there; NAME stands for a machine's.
func there(root, name string) bool {
	found, err := filepath.Glob(filepath.Join(root, strings.ReplaceAll(name, "NAME", "*")))
	if err == nil && len(found) == 0 {
		found, err = filepath.Glob(filepath.Join(root, name+".go"))
	}
	return err == nil && len(found) > 0
}

// What documents name is there: links, and files in backquotes that begin with a directory of the repository.
func TestNamedFilesExist(t *testing.T) {
	root := testprog.Root()
	for _, name := range documents(t, root) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		short, _ := filepath.Rel(root, name)
		for _, m := range link.FindAllSubmatch(text, -1) {
			target := string(m[1])
			if !strings.Contains(target, ":") && !there(filepath.Dir(name), target) {
				t.Errorf("%s: the link to %s leads nowhere", short, target)
			}
		}
		for _, m := range code.FindAllSubmatch(text, -1) {
			path := file.FindStringSubmatch(string(m[1]))
			if path == nil {
				continue
			}
			first, _, _ := strings.Cut(path[1], "/")
			if st, err := os.Stat(filepath.Join(root, first)); err != nil || !st.IsDir() || first == "bin" {
				continue
			}
			if !there(root, path[1]) {
				t.Errorf("%s: there is no %s", short, path[1])
			}
		}
	}
}

// What documents name as `package.Name` is declared in that package, at its top or as a constant in a group.
func TestNamedIdentifiersExist(t *testing.T) {
	root := testprog.Root()
	sources := map[string]string{}
	for _, name := range documents(t, root) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`([a-z][a-z0-9/]*)\\.([A-Z]\\w*)").FindAllSubmatch(text, -1) {
			dir, what := string(m[1]), string(m[2])
			if _, ok := sources[dir]; !ok {
				sources[dir] = packageSource(t, filepath.Join(root, dir))
			}
			if sources[dir] == "" {
				continue // of Go's library
			}
			if !regexp.MustCompile(`(?m)^(func |type |var |const |\t)` + what + `\b`).MatchString(sources[dir]) {
				t.Errorf("%s: there is no %s.%s", filepath.Base(name), dir, what)
			}
		}
	}
}

// TestNamedTestsExist: what docs/FAULTS.md says to run is there.
func TestNamedTestsExist(t *testing.T) {
	root := testprog.Root()
	text, err := os.ReadFile(filepath.Join(root, "docs", "FAULTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, m := range regexp.MustCompile("`([a-z/]+)` (Test\\w+(?:, Test\\w+)*)").FindAllSubmatch(text, -1) {
		source := packageSource(t, filepath.Join(root, string(m[1])))
		for name := range strings.SplitSeq(string(m[2]), ", ") {
			if named++; !strings.Contains(source, "func "+name+"(t *testing.T)") {
				t.Errorf("%s has no %s", m[1], name)
			}
		}
	}
	for _, m := range regexp.MustCompile(`\b\w+\.c\b`).FindAll(text, -1) {
		found, _ := filepath.Glob(filepath.Join(root, "testdata", "*", string(m)))
		if named++; len(found) == 0 {
			t.Errorf("there is no program %s", m)
		}
	}
	if named < 50 {
		t.Errorf("the table names %d tests only", named)
	}
}

// packageSource is the text of a folder's files in Go; "" if there are none.
func packageSource(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

// Every header of Unicorn that is replaced has its reason in RATIONALE.md.
func TestReplacedHeadersExplained(t *testing.T) {
	root := testprog.Root()
	text, err := os.ReadFile(filepath.Join(root, "RATIONALE.md"))
	if err != nil {
		t.Fatal(err)
	}
	engine := filepath.Join(root, "cpu", "engine")
	dirs, err := filepath.Glob(filepath.Join(engine, "override*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no headers are replaced: %v", err)
	}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if name, _ := filepath.Rel(engine, path); !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("RATIONALE.md does not say why there is `%s`", name)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What docs/ARCHITECTURE.md names as `file:function` is declared, or at least spoken of, in that file.
func TestArchitecture(t *testing.T) {
	root := testprog.Root()
	text, err := os.ReadFile(filepath.Join(root, "docs", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range regexp.MustCompile("`([\\w/.]+\\.(?:go|c)):(\\w+)`").FindAllSubmatch(text, -1) {
		name, what := string(m[1]), string(m[2])
		src, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
			continue
		}
		n++
		declared := regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|type |var |static .*\b)` + what + `\b`)
		if !declared.Match(src) {
			t.Errorf("%s does not declare %s", name, what)
		}
	}
	if n < 40 {
		t.Errorf("only %d places are named", n)
	}
}
