package execve

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// declared lists what a Go file declares at its top: functions and methods by their name, types, variables,
// constants.
func declared(t *testing.T, file string) map[string]bool {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return nil
	}
	out := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			out[d.Name.Name] = true
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					out[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range s.Names {
						out[n.Name] = true
					}
				}
			}
		}
	}
	return out
}

// docs/EXEC.md: each step of each revision has its place and its test, and both are there.
func TestExecMD(t *testing.T) {
	root := ".."
	b, err := os.ReadFile(filepath.Join(root, "docs/EXEC.md"))
	if err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile("^`([a-z0-9_/]+\\.go):([A-Za-z0-9_]+)`$")
	files := map[string]map[string]bool{}
	rows, table, last := map[string]int{}, "", 0
	for i, line := range strings.Split(string(b), "\n") {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			table, last = name, 0
		}
		if table == "" || table == "Switch entries per machine" || table == "Modules" || !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| line |") || strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 7 {
			t.Errorf("line %d: %d cells", i+1, len(cells))
			continue
		}
		for j := range cells {
			if cells[j] = strings.TrimSpace(cells[j]); cells[j] == "" {
				t.Errorf("line %d: cell %d is empty", i+1, j+1)
			}
		}
		rows[table]++
		// In the order of the file.
		if first := strings.FieldsFunc(cells[0], func(r rune) bool { return r < '0' || r > '9' }); len(first) > 0 {
			n, _ := strconv.Atoi(first[0])
			if n < last {
				t.Errorf("line %d: %d comes after %d", i+1, n, last)
			}
			last = n
		} else if table != "Since then" {
			t.Errorf("line %d: no line number", i+1)
		}
		for j, what := range []string{"code", "test"} {
			for _, p := range strings.Split(cells[5+j], ", ") {
				m := place.FindStringSubmatch(p)
				if m == nil {
					t.Errorf("line %d: %s: %q is no place", i+1, what, p)
					continue
				}
				if isTest := strings.HasSuffix(m[1], "_test.go"); isTest != (j == 1) || isTest && !strings.HasPrefix(m[2], "Test") {
					t.Errorf("line %d: %s is no %s", i+1, p, what)
				}
				if files[m[1]] == nil {
					files[m[1]] = declared(t, filepath.Join(root, m[1]))
				}
				if !files[m[1]][m[2]] {
					t.Errorf("line %d: there is no %s in %s", i+1, m[2], m[1])
				}
			}
		}
	}
	if len(rows) != 3 || rows["kern_exec.c 1.185 (2004)"] < 80 || rows["kern_exec.c 1.313 (2011)"] < 100 {
		t.Error("rows:", rows)
	}
}
