package machine

import (
	"nbemu/arch"
	_ "nbemu/arch/all"
	"nbemu/compat/linux"
	"nbemu/execve"
)

// addEmulations fills the exec switch with the emulations that the machine has.
func (m *Machine) addEmulations() error {
	names := m.cfg.Emulations
	if names == nil {
		names = []string{"netbsd", "linux"}
	}
	g, err := m.cfg.generic()
	if err != nil {
		return err
	}
	if g != nil {
		wanted, err := m.cfg.emulations()
		if err != nil {
			return err
		}
		g.fill(m.sw, wanted)
		return nil
	}
	for _, name := range names {
		switch name {
		case "netbsd":
			for _, p := range arch.Ports() {
				m.sw.EmulRegister(p.Emul, true)
				m.sw.Add(p.Execsw(false)...)
			}
		case "linux":
			for _, e := range linux.Emuls() {
				m.sw.EmulRegister(e, true)
			}
			m.sw.Add(linux.Execsw()...)
		default:
			return wrong("Emulations", "%q is none of netbsd and linux", name)
		}
	}
	m.sw.Add(execve.ScriptEntry())
	return nil
}
