package machine

import (
	"slices"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/compat/linux"
	"nbemu/execve"
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
	require []string
}

// native reports whether the module is one of the machine's own formats.
func (e *execModule) native() bool {
	return slices.Contains([]string{modAout, modCoff, modEcoff, modElf32, modElf64, modScript}, e.name)
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
	return []execModule{aout, coff, ecoff, elf32, elf64, {name: modLinux, emuls: linux.Emuls(), entries: linux.Execsw()},
		{name: modScript, entries: []*execve.ExecSwitch{execve.ScriptEntry()}}}
}

// choose leaves out what is for emulations that are not wanted, and says what modules need: an emulation's those of its
// programs' formats.
func choose(list []execModule, wanted func(emul string) bool) (chosen []execModule) {
	has := func(name string) bool {
		return slices.ContainsFunc(list, func(e execModule) bool { return e.name == name })
	}
	for _, e := range list {
		e.emuls = slices.DeleteFunc(e.emuls, func(m *kern.Emul) bool { return !wanted(m.Name) })
		e.entries = slices.DeleteFunc(e.entries, func(s *execve.ExecSwitch) bool { return s.Emul != nil && !wanted(s.Emul.Name) })
		if !e.native() { // on kernels of 64 bits, exec_elf32 and exec_aout bring nothing, and emulations need them
			if len(e.entries) == 0 {
				continue
			}
			for _, s := range e.entries {
				need := map[string]string{"elf32": modElf32, "elf64": modElf64, "a.out": modAout}[s.Format.Name]
				if has(need) && !slices.Contains(e.require, need) {
					e.require = append(e.require, need)
				}
			}
			slices.Sort(e.require)
		}
		chosen = append(chosen, e)
	}
	return chosen
}

// module makes the module that brings what e has into the machine's exec switch.
func (m *Machine) module(e execModule) *kern.Module {
	return &kern.Module{
		Name: e.name, Class: kern.ModuleExec, Required: e.require, Stays: e.name == modScript,
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
	var builtin []*kern.Module
	for _, e := range list {
		switch {
		case e.native() || how == "" || how == ModulesBuiltin:
			builtin = append(builtin, m.module(e))
		case how == ModulesAuto:
			mods.Loadable = append(mods.Loadable, m.module(e))
		}
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
