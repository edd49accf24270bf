package kern

import (
	"testing"

	"nbemu/abi"
)

// The rules of loading and unloading.
func TestModules(t *testing.T) {
	busy := abi.OK
	calls := ""
	make := func(name string, required ...string) *Module {
		return &Module{Name: name, Class: ModuleExec, Required: required,
			Init: func() abi.Errno { calls += "+" + name; return abi.OK },
			Fini: func() abi.Errno { calls += "-" + name; return busy }}
	}
	m := &Modules{}
	if err := m.AddBuiltins([]*Module{make("b", "a"), make("a")}); err != abi.OK || calls != "+a+b" {
		t.Fatal(err, calls)
	}
	m.Loadable = []*Module{make("c", "b", "d"), make("d"), make("x", "y"), make("y", "x"), make("z", "nothing")}
	gen := m.Gen()
	for _, c := range []struct {
		what string
		err  abi.Errno
	}{
		{"+nothing", abi.ENOENT}, {"+a", abi.EEXIST}, {"+x", abi.EDEADLK}, {"+z", abi.ENOENT},
		{"-nothing", abi.ENOENT}, {"-a", abi.EBUSY}, // b needs it
		{"+c", abi.OK}, {"+d", abi.EEXIST}, {"-b", abi.EBUSY}, {"-d", abi.EBUSY},
		{"-c", abi.OK}, {"-b", abi.OK}, {"-a", abi.OK},
		{"+a", abi.EPERM}, {"+c", abi.EPERM}, // linked in, and unloaded: by force only
		{"!c", abi.OK}, {"-a", abi.EBUSY},
	} {
		err := abi.OK
		switch name := c.what[1:]; c.what[0] {
		case '+':
			err = m.Load(name, 0)
		case '!':
			err = m.Load(name, ModuleLoadForce)
		case '-':
			err = m.Unload(name)
		}
		if err != c.err {
			t.Errorf("%s: %v, not %v", c.what, err, c.err)
		}
	}
	if calls != "+a+b+d+c-c-b-a+a+b+c" && calls != "+a+b+d+c-c-b-a+d+a+b+c" {
		t.Error(calls)
	}
	if m.Gen() == gen {
		t.Error("the generation is the same")
	}
	busy = abi.EBUSY
	if err := m.Unload("c"); err != abi.EBUSY || m.Loaded()[0].Name != "c" {
		t.Error("what is in use went:", err)
	}
	m.NoLoader = true
	if err := m.Load("x", 0); err != abi.EOPNOTSUPP {
		t.Error("without a loader:", err)
	}
}

// What exec loads goes again when nobody uses it, and only that.
func TestAutoload(t *testing.T) {
	k := New()
	defer k.Close()
	k.Lock()
	defer k.Unlock()
	mod := &Module{Name: "m", Class: ModuleExec, Init: func() abi.Errno { return abi.OK }, Fini: func() abi.Errno { return abi.OK }}
	k.Modules.Loadable = []*Module{mod}
	if err := k.Want("m", ModuleExec); err != abi.EPERM {
		t.Error("kern.module.autoload is off:", err)
	}
	k.Modules.Autoload = true
	if err := k.Want("m", ModuleVFS); err != abi.ENOENT {
		t.Error("of another class:", err)
	}
	if err := k.Want("m", ModuleExec); err != abi.OK || mod.Flags&ModuleAutoLoaded != 0 {
		t.Error("without autotime:", err, mod.Flags)
	}
	k.Modules.autounload()
	if len(k.Modules.Loaded()) != 1 {
		t.Error("it went without autotime")
	}
	k.Modules.Unload("m")
	k.Modules.Autotime = 3600
	if err := k.Want("m", ModuleExec); err != abi.OK || mod.Flags != ModuleAutoLoaded {
		t.Error("with autotime:", err, mod.Flags)
	}
	k.Modules.autounload()
	if len(k.Modules.Loaded()) != 1 {
		t.Error("it went before its time")
	}
	k.Modules.Unload("m")
	// What is needed comes by itself too, and goes in the same round: the newer ones first.
	user := &Module{Name: "user", Class: ModuleExec, Required: []string{"m"}, Init: mod.Init, Fini: mod.Fini}
	k.Modules.Loadable = append(k.Modules.Loadable, user)
	if err := k.Modules.Load("user", 0); err != abi.OK || user.Flags != 0 || mod.Flags != ModuleAutoLoaded {
		t.Error("loaded by name:", err, user.Flags, mod.Flags)
	}
	due := func() {
		for _, o := range k.Modules.Loaded() {
			if !o.goes.IsZero() {
				o.goes = k.Timenow()
			}
		}
		k.Modules.autounload()
	}
	if due(); len(k.Modules.Loaded()) != 2 {
		t.Error("what is needed went")
	}
	k.Modules.Unload("user")
	if due(); len(k.Modules.Loaded()) != 1 {
		t.Error("tried twice")
	}
	k.Modules.Unload("m")
	if err := k.Want("user", ModuleExec); err != abi.OK {
		t.Fatal(err)
	}
	if due(); len(k.Modules.Loaded()) != 0 {
		t.Error("they stayed")
	}
	for _, name := range []string{"/m", "@m", "m.kmod"} {
		if err := k.Want(name, ModuleExec); err != abi.EPERM {
			t.Errorf("%s: %v", name, err)
		}
	}
}
