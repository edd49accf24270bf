package machine

import (
	"fmt"
	"slices"
	"strings"

	"nbemu/arch"
	"nbemu/cpu"
)

// CPUModel is the processor of a kind of machine.
type CPUModel struct{ Machine, Model string }

// CPUModels lists the processors that programs can have, by QEMU's names. The engine has one for each kind of machine: the
// instructions that it executes are those, and CPUID, AT_HWCAP and sysctl tell of them.
func CPUModels() []CPUModel {
	var all []CPUModel
	for _, p := range arch.Ports() {
		all = append(all, CPUModel{p.Arch.Name, p.Arch.Target.Model})
	}
	return all
}

// cpuMax is QEMU's name of a processor with all that the emulator can do, and cpuHost that of the host's own.
const (
	cpuMax  = "max"
	cpuHost = "host"
)

// checkCPU looks at Config.CPU: whether any machine has it.
func (c *Config) checkCPU() error {
	onHost := c.Accel == "kvm"
	switch {
	case c.CPU == "" || strings.EqualFold(c.CPU, cpuMax) && !onHost:
		return nil
	case strings.EqualFold(c.CPU, cpuHost):
		if !onHost {
			return wrong("CPU", "%s: programs run on the host's processor with -accel kvm alone", c.CPU)
		}
		return nil
	case onHost:
		return wrong("CPU", "%s: with -accel kvm there is the host's, whose name is %s", c.CPU, cpuHost)
	}
	models := CPUModels()
	if slices.ContainsFunc(models, func(m CPUModel) bool { return strings.EqualFold(m.Model, c.CPU) }) {
		return nil
	}
	var names []string
	for _, m := range models {
		if !slices.Contains(names, m.Model) {
			names = append(names, m.Model)
		}
	}
	return wrong("CPU", "%s: no machine has it; there are %s", c.CPU, strings.Join(names, ", "))
}

// fitsCPU says why a program of a machine cannot have the processor that was asked for.
func (c *Config) fitsCPU(a *cpu.Arch) error {
	for _, name := range []string{"", cpuMax, cpuHost, a.Target.Model} {
		if strings.EqualFold(c.CPU, name) {
			return nil
		}
	}
	return fmt.Errorf("the program is one for %s, whose processor is %s, not %s", a.Name, a.Target.Model, c.CPU)
}
