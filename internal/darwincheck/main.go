// Darwincheck type-checks nbemu for macOS on any host. The package cpu needs cgo, for which there is no
// compiler for macOS here; its files that import "C" are replaced, for this build only, by what is left of them
// without bodies and without C. All other packages are built, and vetted, as they are.
//
// The stand-ins are derived from the sources, so that they follow them.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// target is what is built: with it, everything it imports.
const target = "./cmd/nbemu"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "darwincheck:", err)
		os.Exit(1)
	}
}

func run() error {
	tmp, err := os.MkdirTemp("", "darwincheck")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	overlay, err := makeOverlay("cpu", tmp)
	if err != nil {
		return err
	}
	for _, arch := range []string{"arm64", "amd64"} {
		for _, args := range [][]string{
			{"build", "-overlay", overlay, "-o", filepath.Join(tmp, "nbemu-"+arch), target},
			{"vet", "-overlay", overlay, "./..."},
		} {
			cmd := exec.Command("go", args...)
			cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0")
			cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("darwin/%s: go %s: %w", arch, args[0], err)
			}
		}
	}
	fmt.Println("darwincheck: darwin/arm64 and darwin/amd64 build")
	return nil
}

// makeOverlay writes stand-ins for the files of dir that import "C", and a file for -overlay that names them.
func makeOverlay(dir, tmp string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, isC, err := standIn(name)
		if err != nil {
			return "", err
		}
		if !isC {
			continue
		}
		abs, err := filepath.Abs(name)
		if err != nil {
			return "", err
		}
		stub := filepath.Join(tmp, filepath.Base(name))
		if err := os.WriteFile(stub, src, 0o666); err != nil {
			return "", err
		}
		replace[abs] = stub
	}
	if len(replace) == 0 {
		return "", fmt.Errorf("no file of %s imports C: is this nbemu's directory?", dir)
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	out := filepath.Join(tmp, "overlay.json")
	return out, os.WriteFile(out, b, 0o666)
}

// standIn returns the source of a file without C, and whether it had any: C's types become empty structs, its
// constants and variables 0, and functions, methods and variables lose what they are made of.
func standIn(name string) (src []byte, isC bool, err error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution) // without comments
	if err != nil {
		return nil, false, err
	}
	for _, im := range f.Imports {
		isC = isC || im.Path.Value == `"C"`
	}
	if !isC {
		return nil, false, nil
	}
	var decls []ast.Decl
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				continue
			}
			d.Body = panicBody()
		case *ast.GenDecl:
			dropValues(d)
		}
		decls = append(decls, d)
	}
	f.Decls = decls
	replaceC(f)
	dropImports(f)
	var b bytes.Buffer
	if err := format.Node(&b, token.NewFileSet(), f); err != nil {
		return nil, false, fmt.Errorf("%s: %w", name, err)
	}
	return b.Bytes(), true, nil
}

func panicBody() *ast.BlockStmt {
	what := &ast.BasicLit{Kind: token.STRING, Value: strconv.Quote("built for checking only")}
	call := &ast.CallExpr{Fun: ast.NewIdent("panic"), Args: []ast.Expr{what}}
	return &ast.BlockStmt{List: []ast.Stmt{&ast.ExprStmt{X: call}}}
}

// dropValues takes the values from variables that say their type; the others' are needed to know it.
func dropValues(d *ast.GenDecl) {
	if d.Tok != token.VAR {
		return
	}
	for _, s := range d.Specs {
		if v := s.(*ast.ValueSpec); v.Type != nil {
			v.Values = nil
		}
	}
}

// replaceC replaces C.name: with struct{} where a type stands, with 0 where a value does.
func replaceC(f *ast.File) {
	isC := func(e ast.Expr) bool {
		s, ok := e.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		x, ok := s.X.(*ast.Ident)
		return ok && x.Name == "C"
	}
	typ := func(e *ast.Expr) {
		if isC(*e) {
			*e = &ast.StructType{Fields: &ast.FieldList{}}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			typ(&n.Type)
		case *ast.Field:
			typ(&n.Type)
		case *ast.StarExpr:
			typ(&n.X)
		case *ast.ArrayType:
			typ(&n.Elt)
		case *ast.MapType:
			typ(&n.Key)
			typ(&n.Value)
		case *ast.ChanType:
			typ(&n.Value)
		case *ast.ValueSpec:
			if n.Type != nil {
				typ(&n.Type)
			}
			for i, v := range n.Values {
				if isC(v) {
					n.Values[i] = &ast.BasicLit{Kind: token.INT, Value: "0"}
				}
			}
		}
		return true
	})
}

// dropImports takes out C and the imports that nothing is left to use. An import's last path element is taken
// for its name, which holds for what cpu imports; the build tells if that changes.
func dropImports(f *ast.File) {
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				used[x.Name] = true
			}
		}
		return true
	})
	var decls []ast.Decl
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			decls = append(decls, d)
			continue
		}
		var specs []ast.Spec
		for _, s := range g.Specs {
			im := s.(*ast.ImportSpec)
			p, _ := strconv.Unquote(im.Path.Value)
			name := path.Base(p)
			if im.Name != nil {
				name = im.Name.Name
			}
			if p != "C" && (used[name] || name == "_") {
				specs = append(specs, im)
			}
		}
		if len(specs) > 0 {
			g.Specs = specs
			decls = append(decls, g)
		}
	}
	f.Decls = decls
}
