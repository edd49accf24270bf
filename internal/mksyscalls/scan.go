package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// handlers finds what can stand in a table: the functions of the package in
// dir that take an LWP and arguments and give a result and an error, and the
// variables named like one. Generated files and tests do not count. The value
// says where it stands.
type handlers struct {
	funcs map[string]string
	vars  map[string]string // handler only if a row asks for it
}

func scanPackage(dir, prefix string) (*handlers, error) {
	h := &handlers{map[string]string{}, map[string]string{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "zz_") {
			continue
		}
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		at := func(p token.Pos) string {
			pos := fset.Position(p)
			return fmt.Sprintf("%s:%d", pos.Filename, pos.Line)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && isHandlerName(d.Name.Name, prefix) && isHandlerType(d.Type) {
					h.funcs[d.Name.Name] = at(d.Pos())
				}
			case *ast.GenDecl:
				if d.Tok != token.VAR {
					continue
				}
				for _, s := range d.Specs {
					vs := s.(*ast.ValueSpec)
					for _, n := range vs.Names {
						switch {
						case !isHandlerName(n.Name, prefix):
						case vs.Type != nil && typeName(vs.Type) == "Handler":
							h.funcs[n.Name] = at(n.Pos())
						default:
							h.vars[n.Name] = at(n.Pos())
						}
					}
				}
			}
		}
	}
	return h, nil
}

func (h *handlers) has(name string) bool {
	return h.funcs[name] != "" || h.vars[name] != ""
}

func isHandlerName(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && rest != "" && unicode.IsUpper(rune(rest[0]))
}

// isHandlerType tells func(*LWP, *Args) (Retval, Errno), from any package.
func isHandlerType(t *ast.FuncType) bool {
	var in, out []string
	for _, f := range t.Params.List {
		for range max(len(f.Names), 1) {
			in = append(in, typeName(f.Type))
		}
	}
	if t.Results != nil {
		for _, f := range t.Results.List {
			for range max(len(f.Names), 1) {
				out = append(out, typeName(f.Type))
			}
		}
	}
	return strings.Join(in, ",") == "*LWP,*Args" && strings.Join(out, ",") == "Retval,Errno"
}

// typeName returns a type's name without its package.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.StarExpr:
		return "*" + typeName(e.X)
	}
	return "?"
}
