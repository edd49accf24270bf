package machine

import (
	"slices"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/compat/aoutm68k"
	"nbemu/compat/linux"
	"nbemu/execve"
	"nbemu/ipc"
	"nbemu/kern"
)

// Values of Config.Modules.
const (
	ModulesNone    = "none"    // only the machine's own formats; there are no modules
	ModulesBuiltin = "builtin" // all emulations are linked into the kernel
	ModulesAuto    = "auto"    // emulations are modules, which exec loads when it needs them
)

// execModule is what a module of class exec brings.
type execModule struct {
	name    string
	emuls   []*kern.Emul
	entries []*execve.ExecSwitch
}

// native reports whether the module is one of the machine's own formats.
func (e *execModule) native() bool {
	return slices.Contains([]string{modAout, modM68K4K, modCoff, modEcoff, modElf32, modElf64, modScript}, e.name)
}

// requirements are the modules that each needs, in its MODULE()'s order: those of them that a kernel has. An emulation needs
// the formats that it was built for, with EXEC_AOUT where the port has a.out.
var requirements = map[string][]string{
	modAout:      {modCoredump},
	modM68K4K:    {modCoredump},
	modAoutM68K:  {modAout},
	modEcoff:     {modCoredump},
	modElf32:     {modCoredump},
	modElf64:     {modCoredump},
	modNetBSD32:  {modCompat, modSysvIPC, modKsem, modElf32},
	modSysvIPC32: {modSysvIPC, modNetBSD32},
	modLinux:     {modCompat, modOssaudio, modSysvIPC, modElf32, modElf64, modAout},
	modLinux32:   {modLinux, modElf32, modNetBSD32, modSysvIPC32},
}

// execModules lists the modules of a port's kernel.
func (g *generic) execModules() (list []execModule) {
	for _, name := range g.modules {
		e := execModule{name: name}
		e.emuls, e.entries = g.module(name)
		list = append(list, e)
	}
	return list
}

// anyModules lists the modules of the kernel for the programs of all machines.
func anyModules() []execModule {
	elf32, elf64 := execModule{name: modElf32}, execModule{name: modElf64}
	aout, coff, ecoff := execModule{name: modAout}, execModule{name: modCoff}, execModule{name: modEcoff}
	for _, p := range arch.Ports() {
		elf := &elf32
		if p.Arch.ELFClass == execve.ElfClass64 {
			elf = &elf64
		}
		elf.entries = append(elf.entries, p.ElfEntries(false)...)
		if p.Aout {
			e := execve.AoutEntry(p.Emul)
			e.Page0 = true
			aout.entries = append(aout.entries, e)
		}
		if p.Coff {
			coff.entries = append(coff.entries, execve.CoffEntry(p.Emul))
		}
		if p.Ecoff {
			ecoff.entries = append(ecoff.entries, execve.EcoffEntry(p.Emul))
		}
	}
	m68k4k := execModule{name: modM68K4K, entries: []*execve.ExecSwitch{execve.M68K4KEntry(arch.ByName("m68k").Emul)}}
	aoutM68K := execModule{name: modAoutM68K, emuls: []*kern.Emul{aoutm68k.Emul()}, entries: aoutm68k.Execsw()}
	return []execModule{aout, m68k4k, coff, ecoff, elf32, elf64, aoutM68K, {name: modLinux, emuls: linux.Emuls(), entries: linux.Execsw()},
		{name: modScript, entries: []*execve.ExecSwitch{execve.ScriptEntry()}}}
}

// choose leaves out what is for emulations that are not wanted.
func choose(list []execModule, wanted func(emul string) bool) (chosen []execModule) {
	for _, e := range list {
		e.emuls = slices.DeleteFunc(e.emuls, func(m *kern.Emul) bool { return !wanted(m.Name) })
		e.entries = slices.DeleteFunc(e.entries, func(s *execve.ExecSwitch) bool { return s.Emul != nil && !wanted(s.Emul.Name) })
		if e.native() || len(e.entries) > 0 { // on kernels of 64 bits, exec_elf32 and exec_aout bring nothing, and emulations need them
			chosen = append(chosen, e)
		}
	}
	return chosen
}

// needs lists what a module requires of those that there are. linux_mod.c has exec_elf32 on kernels of 32 bits only, and
// exec_aout where the kernel it is linked into has that, or where it was built for a port of 32 bits.
func (m *Machine) needs(name string, linkedIn bool, has func(name string) bool) (list []string) {
	g, _ := m.cfg.generic()
	wide := g != nil && g.port().Arch.Model.LP64()
	for _, r := range requirements[name] {
		if !has(r) || name == modLinux && wide && (r == modElf32 || r == modAout && !linkedIn) {
			continue
		}
		list = append(list, r)
	}
	return list
}

// callModule makes a module without entries of the exec switch: busy reports whether what it brings is in use.
func (m *Machine) callModule(name string, class kern.ModuleClass, calls kern.ModuleCalls, busy func() bool) *kern.Module {
	return &kern.Module{
		Name: name, Class: class,
		Init: func() abi.Errno {
			m.k.Modules.Gone &^= calls
			return abi.OK
		},
		Fini: func() abi.Errno {
			if busy != nil && busy() {
				return abi.EBUSY
			}
			m.k.Modules.Gone |= calls
			return abi.OK
		},
	}
}

// callModules are those without entries of the exec switch, but for netbsd32's.
func (m *Machine) callModules() []*kern.Module {
	return []*kern.Module{
		m.callModule(modCoredump, kern.ModuleMisc, 0, nil), // the native formats need it for ever
		m.callModule(modCompat, kern.ModuleExec, kern.CallsCompat, nil),
		m.callModule(modOssaudio, kern.ModuleExec, 0, nil),
		m.callModule(modSysvIPC, kern.ModuleExec, kern.CallsSysvIPC, func() bool { return ipc.SysvInUse(m.k) }),
		m.callModule(modKsem, kern.ModuleMisc, kern.CallsKsem, func() bool { return ipc.KsemInUse(m.k) }),
	}
}

// module makes the module that brings what e has into the machine's exec switch.
func (m *Machine) module(e execModule) *kern.Module {
	return &kern.Module{
		Name: e.name, Class: kern.ModuleExec, Stays: e.name == modScript,
		Init: func() abi.Errno {
			for _, em := range e.emuls {
				if err := m.sw.EmulRegister(em, false); err != abi.OK {
					return err
				}
			}
			return m.sw.Add(e.entries...)
		},
		Fini: func() abi.Errno {
			if err := m.sw.Remove(e.entries...); err != abi.OK {
				return err
			}
			for _, em := range e.emuls {
				if err := m.sw.EmulUnregister(em.Name, em.Arch.Name); err != abi.OK {
					_ = m.sw.Add(e.entries...)
					return err
				}
			}
			return abi.OK
		},
	}
}

// setModules gives the kernel its modules and brings those into use that are linked in.
func (m *Machine) setModules(list []execModule) error {
	mods := &m.k.Modules
	mods.Path = "/stand/" + m.native().Machine + "/" + m.k.Release() + "/modules"
	mods.Autoload, mods.Autotime = true, 10
	m.sw.InUse = func(e *execve.ExecSwitch) bool {
		return slices.ContainsFunc(m.k.Procs(), func(p *kern.Proc) bool { return p.Execsw == any(e) })
	}
	m.sw.EmulInUse = func(e *kern.Emul) bool {
		return slices.ContainsFunc(m.k.Procs(), func(p *kern.Proc) bool { return p.Emul == e })
	}
	how := m.cfg.Modules
	if !slices.Contains([]string{"", ModulesNone, ModulesBuiltin, ModulesAuto}, how) {
		return wrong("Modules", "%q is none of none, builtin and auto", how)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(list, func(e execModule) bool { return e.name == name })
	}
	builtin := m.callModules()
	for _, e := range list {
		switch {
		case e.native() || how == "" || how == ModulesBuiltin:
			builtin = append(builtin, m.module(e))
		case how == ModulesAuto:
			mods.Loadable = append(mods.Loadable, m.module(e))
		}
	}
	if has(modNetBSD32) { // it needs netbsd32, whose place in the switch is after the native formats
		builtin = append(builtin, m.callModule(modSysvIPC32, kern.ModuleExec, kern.CallsSysvIPC32, nil))
	}
	if i := slices.IndexFunc(builtin, func(mod *kern.Module) bool { return mod.Name == modSysvIPC32 }); i >= 0 && !slices.ContainsFunc(builtin,
		func(mod *kern.Module) bool { return mod.Name == modNetBSD32 }) {
		// What it needs is a module: it is one as well.
		if how == ModulesAuto {
			mods.Loadable = append(mods.Loadable, builtin[i])
		}
		builtin = slices.Delete(builtin, i, i+1)
	}
	all := slices.Concat(builtin, mods.Loadable)
	for _, mod := range all {
		mod.Required = m.needs(mod.Name, slices.Contains(builtin, mod), func(name string) bool {
			return slices.ContainsFunc(all, func(o *kern.Module) bool { return o.Name == name })
		})
	}
	mods.NoLoader = how == ModulesNone
	if mods.Loadable != nil {
		m.sw.Autoload = func(names []string) {
			for _, name := range names {
				_ = m.k.Want(name, kern.ModuleExec) // most of the names are of other machines
			}
		}
	}
	if err := mods.AddBuiltins(builtin); err != abi.OK {
		return err.Err()
	}
	return nil
}
