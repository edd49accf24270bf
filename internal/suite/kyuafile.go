package suite

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// A kyuafile is the state of reading a Kyuafile(5) and those that it includes: a program in Lua.
type kyuafile struct {
	dir      string // of the first one; names of programs are relative to it
	file     string // the one that is being read
	suite    string
	syntax   int
	programs []Program
}

// loadKyuafile lists a Kyuafile's programs, in its order.
func loadKyuafile(file string) ([]Program, error) {
	k := &kyuafile{dir: filepath.Dir(file)}
	err := k.read(file)
	return k.programs, err
}

// read runs one file, in a Lua of its own: what it defines is not seen by the file that includes it, as in kyua.
func (k *kyuafile) read(file string) error {
	outer := *k
	k.file, k.suite, k.syntax = file, "", 0
	defer func() { k.file, k.suite, k.syntax = outer.file, outer.suite, outer.syntax }()
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	for _, lib := range []struct {
		name string
		open lua.LGFunction
	}{{lua.BaseLibName, lua.OpenBase}, {lua.StringLibName, lua.OpenString}, {lua.TabLibName, lua.OpenTable}, {lua.MathLibName, lua.OpenMath}} {
		l.Push(l.NewFunction(lib.open))
		l.Push(lua.LString(lib.name))
		l.Call(1, 0)
	}
	k.define(l)
	if err := l.DoFile(file); err != nil {
		if e, ok := err.(*lua.ApiError); ok && e.Object != nil {
			return fmt.Errorf("%s: %s", file, e.Object.String())
		}
		return fmt.Errorf("%s: %w", file, err)
	}
	if k.syntax == 0 {
		return fmt.Errorf("%s: it does not begin with syntax(2)", file)
	}
	return nil
}

// define makes kyua's functions.
func (k *kyuafile) define(l *lua.LState) {
	for name, f := range map[string]lua.LGFunction{
		"syntax": k.luaSyntax, "test_suite": k.luaTestSuite, "include": k.luaInclude,
		"current_kyuafile": func(l *lua.LState) int { l.Push(lua.LString(k.file)); return 1 },
	} {
		l.SetGlobal(name, l.NewFunction(f))
	}
	for _, kind := range []Kind{ATF, TAP, Plain} {
		l.SetGlobal(string(kind)+"_test_program", l.NewFunction(func(l *lua.LState) int { return k.luaProgram(l, kind) }))
	}
	l.SetGlobal("fs", l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"basename":    func(l *lua.LState) int { l.Push(lua.LString(filepath.Base(l.CheckString(1)))); return 1 },
		"dirname":     func(l *lua.LState) int { l.Push(lua.LString(filepath.Dir(l.CheckString(1)))); return 1 },
		"is_absolute": func(l *lua.LState) int { l.Push(lua.LBool(filepath.IsAbs(l.CheckString(1)))); return 1 },
		"join":        luaJoin,
		"exists":      k.luaExists,
		"files":       k.luaFiles,
	}))
}

func (k *kyuafile) luaSyntax(l *lua.LState) int {
	// syntax("kyuafile", 1) is the form of old; version 1 had no include of absolute files, and nothing else that differs.
	version := l.CheckInt(l.GetTop())
	if version != 1 && version != 2 {
		l.RaiseError("unsupported file version %d", version)
	}
	if k.syntax != 0 {
		l.RaiseError("syntax() can only be called once")
	}
	k.syntax = version
	return 0
}

func (k *kyuafile) luaTestSuite(l *lua.LState) int {
	if k.suite != "" {
		l.RaiseError("cannot call test_suite() more than once")
	}
	k.suite = l.CheckString(1)
	return 0
}

func (k *kyuafile) luaInclude(l *lua.LState) int {
	name := l.CheckString(1)
	if filepath.IsAbs(name) {
		l.RaiseError("cannot use absolute path %q in include()", name)
	}
	if err := k.read(filepath.Join(filepath.Dir(k.file), name)); err != nil {
		l.RaiseError("%v", err)
	}
	return 0
}

// luaProgram is atf_test_program and its kin: a table with the name and properties.
func (k *kyuafile) luaProgram(l *lua.LState, kind Kind) int {
	p := Program{Kind: kind, Suite: k.suite}
	var name string
	var bad error
	l.CheckTable(1).ForEach(func(key, value lua.LValue) {
		text := luaText(value)
		switch key.String() {
		case "name":
			name = text
		case "test_suite":
			p.Suite = text
		default:
			if err := p.Meta.set(key.String(), text); err != nil && bad == nil {
				bad = err
			}
		}
	})
	switch {
	case bad != nil:
		l.RaiseError("%s: %v", name, bad)
	case name == "" || name != filepath.Base(name):
		l.RaiseError("test program %q is not the name of a file beside the Kyuafile", name)
	case p.Suite == "":
		l.RaiseError("no test suite defined for the test program %q", name)
	}
	p.Path = filepath.Join(filepath.Dir(k.file), name)
	rel, err := filepath.Rel(k.dir, p.Path)
	if err != nil {
		l.RaiseError("%v", err)
	}
	p.Name = rel
	if _, err := os.Stat(p.Path); err != nil {
		l.RaiseError("non-existent test program %q", rel)
	}
	k.programs = append(k.programs, p)
	return 0
}

// luaText is a value as kyua's properties have it. Numbers are whole there.
func luaText(v lua.LValue) string {
	if n, ok := v.(lua.LNumber); ok {
		return strconv.FormatFloat(float64(n), 'f', -1, 64)
	}
	return v.String()
}

func luaJoin(l *lua.LState) int {
	if filepath.IsAbs(l.CheckString(2)) {
		l.RaiseError("cannot join %s: it is absolute", l.CheckString(2))
	}
	l.Push(lua.LString(filepath.Join(l.CheckString(1), l.CheckString(2))))
	return 1
}

func (k *kyuafile) luaExists(l *lua.LState) int {
	_, err := os.Stat(k.relative(l.CheckString(1)))
	l.Push(lua.LBool(err == nil))
	return 1
}

// luaFiles iterates over the names in a directory, with . and .. as readdir(3) has them.
func (k *kyuafile) luaFiles(l *lua.LState) int {
	entries, err := os.ReadDir(k.relative(l.CheckString(1)))
	if err != nil {
		l.RaiseError("%v", err)
	}
	names := []string{".", ".."}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	l.Push(l.NewFunction(func(l *lua.LState) int {
		if len(names) == 0 {
			l.Push(lua.LNil)
			return 1
		}
		l.Push(lua.LString(names[0]))
		names = names[1:]
		return 1
	}))
	return 1
}

// relative is where a name of the file's is: relative ones begin at the file.
func (k *kyuafile) relative(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(k.file), name)
}
