package machine

import (
	"slices"
	"strings"

	"nbemu/arch"
	"nbemu/compat/aoutm68k"
	"nbemu/compat/linux"
	"nbemu/compat/netbsd32"
	"nbemu/execve"
	"nbemu/kern"
)

// AnyMachine is the name of the kernel that runs the programs of every machine, each as one of that machine: the one
// that there is when Config.Machine says nothing.
const AnyMachine = "any"

// generic is a port's GENERIC kernel, as far as exec and sysctl know it.
type generic struct {
	name   string // MACHINE, or MACHINE-MACHINE_ARCH where one kernel source serves several
	native string // the port whose programs are its own
	// modules are those of class exec that are linked in or can be loaded, in the order in which the kernel's lists of
	// files (files.kern, files.MACHINE) have them: that of entries with the same priority.
	modules []string
}

// Modules of class exec.
const (
	modAout     = "exec_aout"
	modM68K4K   = "exec_m68k4k"
	modAoutM68K = "compat_aoutm68k"
	modCoff     = "exec_coff"
	modEcoff    = "exec_ecoff"
	modElf32    = "exec_elf32"
	modElf64    = "exec_elf64"
	modScript   = "exec_script"
	modNetBSD32 = "compat_netbsd32"
	modLinux    = "compat_linux"
	modLinux32  = "compat_linux32"
)

// Modules that bring no entries of the exec switch. All of them are linked in.
const (
	modCompat    = "compat"                  // COMPAT_09 to COMPAT_50, COMPAT_43
	modOssaudio  = "compat_ossaudio"         // ioctls of audio devices, which there are none of
	modSysvIPC   = "sysv_ipc"                // System V's IPC
	modSysvIPC32 = "compat_netbsd32_sysvipc" // its calls of netbsd32
	modKsem      = "ksem"                    // POSIX semaphores
	modCoredump  = "coredump"
)

// generics are from sys/arch/PORT/conf: std.*, GENERIC, and what sys/modules builds for the port. What has no emulation
// here (compat_sunos, compat_ultrix …) is left out.
var generics = []generic{
	{"amd64", "amd64", []string{modAout, modElf32, modElf64, modScript, modNetBSD32, modLinux, modLinux32}},
	{"i386", "i386", []string{modAout, modElf32, modScript, modLinux}},
	{"evbarm-aarch64", "aarch64", []string{modElf32, modElf64, modScript, modNetBSD32, modLinux, modLinux32}},
	{"evbarm-earmv7hf", "arm", []string{modElf32, modScript, modLinux}},
	{"sparc", "sparc", []string{modAout, modElf32, modScript}},
	{"sparc64", "sparc64", []string{modAout, modElf32, modElf64, modScript, modNetBSD32}},
	{"evbmips-mipseb", "mips", []string{modElf32, modScript}},
	{"evbmips-mipsel", "mipsel", []string{modElf32, modScript}},
	{"evbmips-mips64eb", "mips64", []string{modElf32, modElf64, modScript, modNetBSD32}},
	{"evbmips-mips64el", "mips64el", []string{modElf32, modElf64, modScript, modNetBSD32}},
	{"macppc", "powerpc", []string{modElf32, modScript}},
	{"hp300", "m68k", []string{modAout, modElf32, modScript, modAoutM68K, modM68K4K}},
	{"riscv-riscv64", "riscv64", []string{modElf64, modScript}},
}

// MachineNames lists what Config.Machine can be.
func MachineNames() []string {
	names := []string{AnyMachine}
	for _, g := range generics {
		names = append(names, g.name)
	}
	return names
}

// generic returns the kernel that the configuration asks for; nil is that of every machine. Error: there is none of
// that name.
func (c *Config) generic() (*generic, error) {
	if c.Machine == "" || c.Machine == AnyMachine {
		return nil, nil
	}
	i := slices.IndexFunc(generics, func(g generic) bool { return g.name == c.Machine })
	if i < 0 {
		return nil, wrong("Machine", "%q: not %s", c.Machine, strings.Join(MachineNames(), ", "))
	}
	return &generics[i], nil
}

// port is the port whose programs are the kernel's own.
func (g *generic) port() *arch.Port { return arch.ByName(g.native) }

// module makes what a module of class exec brings: its emulations and its entries of the exec switch. A kernel of 64
// bits has exec_elf32 only for emulations: there it brings nothing of its own.
func (g *generic) module(name string) (emuls []*kern.Emul, entries []*execve.ExecSwitch) {
	p := g.port()
	switch name {
	case modElf32, modElf64:
		if (name == modElf64) == (p.Arch.ELFClass == execve.ElfClass64) {
			return nil, p.ElfEntries(false)
		}
	case modAout:
		if p.Aout {
			return nil, []*execve.ExecSwitch{execve.AoutEntry(p.Emul)}
		}
	case modM68K4K:
		return nil, []*execve.ExecSwitch{execve.M68K4KEntry(p.Emul)}
	case modAoutM68K:
		return []*kern.Emul{aoutm68k.Emul()}, aoutm68k.Execsw()
	case modScript:
		return nil, []*execve.ExecSwitch{execve.ScriptEntry()}
	case modNetBSD32:
		for _, m := range netbsd32.MachinesOf(p.Arch) {
			emuls = append(emuls, m.Emul)
			entries = append(entries, m.Execsw(slices.Contains(g.modules, modAout))...)
		}
		return emuls, entries
	case modLinux:
		if m := linux.MachineOf(p.Arch); m != nil {
			return []*kern.Emul{m.Emul()}, []*execve.ExecSwitch{m.Execsw()}
		}
	case modLinux32:
		if m := linux.MachineOf32(p.Arch); m != nil {
			return []*kern.Emul{m.Emul()}, []*execve.ExecSwitch{m.Execsw()}
		}
	}
	return nil, nil
}

// Description is a kernel that Config.Machine can ask for, and the programs that it runs: by format, emulation and machine,
// in the order in which they are asked.
type Description struct{ Name, Runs string }

// Descriptions lists the kernels that there are.
func Descriptions() []Description {
	list := []Description{{AnyMachine, "programs of every machine (the default)"}}
	for i := range generics {
		var first, others []string
		for _, e := range generics[i].execModules() {
			for _, s := range e.entries {
				if s.Emul == nil {
					continue // scripts
				}
				name := s.Format.Name + " " + s.Emul.Name + "/" + s.Emul.Arch.Name
				if s.Prio == execve.PrioFirst {
					first = append(first, name)
				} else {
					others = append(others, name)
				}
			}
		}
		list = append(list, Description{generics[i].name, strings.Join(append(first, others...), ", ")})
	}
	return list
}
