package kern

import (
	"slices"
	"strings"
	"time"

	"nbemu/abi"
)

// Modules of the kernel (kern_module.c): what is linked into it and what can be loaded. What a module does is its Init
// and Fini; this file is the book-keeping, with its errors.

// ModuleClass is modclass_t.
type ModuleClass int32

// The classes.
const (
	ModuleAny ModuleClass = iota
	ModuleMisc
	ModuleVFS
	ModuleDriver
	ModuleExec
	ModuleSecmodel
)

// ModuleSource is modsrc_t, where a module is from.
type ModuleSource int32

// The sources.
const (
	ModuleKernel ModuleSource = iota
	ModuleBoot
	ModuleFilesys
)

// Flags of a module (MODFLG_).
const (
	ModuleMustForce  = 0x01 // was unloaded although it is linked in: comes back only by force
	ModuleAutoLoaded = 0x02
)

// Flags of modctl(MODCTL_LOAD).
const ModuleLoadForce = 0x01

// Module is one module.
type Module struct {
	Name     string
	Class    ModuleClass
	Required []string // names of those that it needs
	Source   ModuleSource
	Flags    uint32
	Refs     int32 // of loaded modules that need it

	// goes is when to try to unload it, if it was loaded by itself and that has not been tried yet; else zero.
	goes time.Time

	// Init is called when the module comes into use, Fini when it is to go, which it may refuse: EBUSY.
	Init, Fini func() abi.Errno
	// Stays: the module does not go by itself after it was loaded by itself (MODULE_CMD_AUTOUNLOAD).
	Stays bool
}

// ModuleCalls are the calls of a module, for those that have any (syscall_establish).
type ModuleCalls uint32

// The modules with calls.
const (
	CallsCompat    ModuleCalls = 1 << iota // COMPAT_43 to COMPAT_50
	CallsSysvIPC                           // System V's queues, semaphores and shared memory
	CallsKsem                              // POSIX semaphores
	CallsSysvIPC32                         // System V's, of netbsd32
)

// Modules is what a kernel has of them. The kernel lock protects it.
type Modules struct {
	Loadable []*Module // in the directory of modules; nil with NoLoader
	NoLoader bool      // the kernel was built without MODULAR
	Path     string    // kern.module.path

	Autoload bool // kern.module.autoload: exec may load what it needs
	Verbose  bool
	Autotime int32 // seconds until what was loaded so is tried to unload; 0 for never

	// Gone are calls of modules that were unloaded: ENOSYS. Only modules that bring calls have a bit.
	Gone ModuleCalls

	k        *Kernel
	loaded   []*Module // the newest first (module_list)
	builtins []*Module // linked in, not in use (module_builtins)
	gen      uint32    // counts changes (module_gen)
}

// Gen changes with each module that comes or goes.
func (m *Modules) Gen() uint32 { return m.gen }

// Loaded lists the modules in use, the newest first; Builtins those that are linked in and not in use.
func (m *Modules) Loaded() []*Module   { return m.loaded }
func (m *Modules) Builtins() []*Module { return m.builtins }

// Has reports whether a module is in use.
func (m *Modules) Has(name string) bool { return findModule(m.loaded, name) != nil }

func findModule(list []*Module, name string) *Module {
	if i := slices.IndexFunc(list, func(m *Module) bool { return m.Name == name }); i >= 0 {
		return list[i]
	}
	return nil
}

// AddBuiltins links modules into the kernel and brings them into use, in their order (module_builtin_add).
func (m *Modules) AddBuiltins(list []*Module) abi.Errno {
	for _, mod := range list {
		mod.Source = ModuleKernel
		m.builtins = append(m.builtins, mod)
	}
	for _, mod := range list {
		if findModule(m.builtins, mod.Name) == nil {
			continue // was needed by one before it
		}
		if err := m.start(mod, 0, false, nil); err != abi.OK {
			return err
		}
	}
	return abi.OK
}

// Load loads a module by its name (module_load). Errors: ENOENT, there is none; EEXIST, it is there; EPERM, it is linked
// in and was unloaded, and flags do not say force; EOPNOTSUPP, the kernel cannot load any; those of its Init and of modules
// that it needs.
func (m *Modules) Load(name string, flags uint32) abi.Errno {
	return m.load(name, flags, ModuleAny, false, nil)
}

// Want loads a module by itself, if that is allowed (module_autoload). Errors: EPERM, it is not, or the name is no plain one;
// those of Load.
func (k *Kernel) Want(name string, class ModuleClass) abi.Errno {
	m := &k.Modules
	if !m.Autoload || strings.ContainsAny(name, "/@.") {
		return abi.EPERM
	}
	return m.load(name, 0, class, true, nil)
}

// autoloaded arranges for what was loaded by itself to go again after a while.
func (m *Modules) autoloaded(mod *Module) {
	if m.Autotime == 0 || mod.Source != ModuleFilesys || m.k == nil {
		return
	}
	mod.Flags |= ModuleAutoLoaded
	d := time.Duration(m.Autotime) * time.Second
	mod.goes = m.k.Timenow().Add(d)
	m.k.AfterFunc(d, m.autounload)
}

// load is module_do_load; pending are those that are being loaded and need this one.
func (m *Modules) load(name string, flags uint32, class ModuleClass, auto bool, pending []string) abi.Errno {
	if mod := findModule(m.builtins, name); mod != nil {
		if mod.Flags&ModuleMustForce != 0 && flags&ModuleLoadForce == 0 {
			return abi.EPERM
		}
		return m.start(mod, flags, auto, pending)
	}
	if findModule(m.loaded, name) != nil {
		return abi.EEXIST
	}
	if m.NoLoader {
		return abi.EOPNOTSUPP
	}
	i := slices.IndexFunc(m.Loadable, func(mod *Module) bool { return mod.Name == name })
	if i < 0 || class != ModuleAny && m.Loadable[i].Class != class {
		return abi.ENOENT
	}
	if slices.Contains(pending, name) {
		return abi.EDEADLK
	}
	mod := m.Loadable[i]
	mod.Source = ModuleFilesys
	return m.start(mod, flags, auto, pending)
}

// start brings a module into use, after those that it needs, which are loaded as if by themselves.
func (m *Modules) start(mod *Module, flags uint32, auto bool, pending []string) abi.Errno {
	pending = append(slices.Clip(pending), mod.Name)
	for _, need := range mod.Required {
		if err := m.load(need, flags, ModuleAny, true, pending); err != abi.OK && err != abi.EEXIST {
			return err
		}
	}
	if err := mod.Init(); err != abi.OK {
		return err
	}
	m.builtins = slices.DeleteFunc(m.builtins, func(o *Module) bool { return o == mod })
	m.loaded = slices.Insert(m.loaded, 0, mod)
	m.refer(mod, 1)
	m.gen++
	if auto {
		m.autoloaded(mod)
	}
	m.print("module `%s' loaded successfully", mod.Name)
	return abi.OK
}

// print logs what kern.module.verbose asks for.
func (m *Modules) print(format string, a ...any) {
	if m.Verbose && m.k != nil {
		m.k.Log("DEBUG: module: "+format, a...)
	}
}

// refer counts a module among those that need its requirements, or no longer.
func (m *Modules) refer(mod *Module, n int32) {
	for _, need := range mod.Required {
		if o := findModule(m.loaded, need); o != nil {
			o.Refs += n
		}
	}
}

// Unload takes a module out of use (module_unload); one that is linked in comes back only by force. Errors: ENOENT, it is
// not loaded; EBUSY, another needs it, or what it brings is in use.
func (m *Modules) Unload(name string) abi.Errno { return m.unload(name, true) }

func (m *Modules) unload(name string, mustForce bool) abi.Errno {
	mod := findModule(m.loaded, name)
	switch {
	case mod == nil:
		return abi.ENOENT
	case mod.Refs != 0:
		return abi.EBUSY
	case mod.Source == ModuleKernel && mod.Class == ModuleSecmodel:
		return abi.EPERM
	}
	if err := mod.Fini(); err != abi.OK {
		m.print("cannot unload module `%s' error=%d", name, int32(err))
		return err
	}
	m.print("unloaded module `%s'", name)
	m.loaded = slices.DeleteFunc(m.loaded, func(o *Module) bool { return o == mod })
	m.refer(mod, -1)
	mod.Flags &^= ModuleAutoLoaded
	if mod.Source == ModuleKernel {
		if mustForce {
			mod.Flags |= ModuleMustForce
		}
		m.builtins = append(m.builtins, mod)
	}
	m.gen++
	return abi.OK
}

// autounload tries once to unload each module that was loaded by itself and whose time has come (module_thread). Newer ones
// need older ones and go first.
func (m *Modules) autounload() {
	now := m.k.Timenow()
	for _, mod := range slices.Clone(m.loaded) {
		if m.Autotime == 0 || mod.Flags&ModuleAutoLoaded == 0 || mod.goes.IsZero() || now.Before(mod.goes) {
			continue
		}
		mod.goes = time.Time{}
		if !mod.Stays {
			_ = m.unload(mod.Name, false)
		}
	}
}
