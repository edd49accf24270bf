package machine

import (
	"slices"
	"strings"

	"nbemu/arch"
	_ "nbemu/arch/all"
)

// emulations says which emulations' programs are to run; the 32-bit ones go with the others. Error: there is none of a
// name.
func (c *Config) emulations() (wanted func(emul string) bool, err error) {
	for _, name := range c.Emulations {
		if name != "netbsd" && name != "linux" {
			return nil, wrong("Emulations", "%q is none of netbsd and linux", name)
		}
	}
	return func(emul string) bool {
		return c.Emulations == nil || slices.Contains(c.Emulations, strings.TrimSuffix(emul, "32"))
	}, nil
}

// addEmulations fills the exec switch with the emulations that the machine has.
func (m *Machine) addEmulations() error {
	wanted, err := m.cfg.emulations()
	if err != nil {
		return err
	}
	g, err := m.cfg.generic()
	if err != nil {
		return err
	}
	var list []execModule
	if g != nil {
		m.sw.EmulRegister(g.port().Emul, true)
		list = g.execModules()
	} else {
		for _, p := range arch.Ports() {
			if wanted(p.Emul.Name) {
				m.sw.EmulRegister(p.Emul, true)
			}
		}
		list = anyModules()
	}
	m.k.Lock()
	defer m.k.Unlock()
	return m.setModules(choose(list, wanted))
}
