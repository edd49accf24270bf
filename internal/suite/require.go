package suite

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/arch"
	"nbemu/machine"
)

// unmet says why a case cannot be run here, in kyua's words and order; "" if it can.
func (r *Runner) unmet(c *Case, cfg *machine.Config) string {
	m := &c.Meta
	for _, name := range m.Configs {
		name = strings.ReplaceAll(name, "unprivileged_user", unprivilegedVar)
		if _, ok := r.vars[name]; !ok {
			return fmt.Sprintf("Required configuration property '%s' not defined", name)
		}
	}
	a := arch.ByName(MachineOf(c.Label))
	if a != nil && len(m.Archs) != 0 && !slices.Contains(m.Archs, a.Arch.MachineArch) {
		return fmt.Sprintf("Current architecture '%s' not supported", a.Arch.MachineArch)
	}
	if a != nil && len(m.Platforms) != 0 && !slices.Contains(m.Platforms, a.Arch.Machine) {
		return fmt.Sprintf("Current platform '%s' not supported", a.Arch.Machine)
	}
	if m.User == "root" && !isRoot(cfg) {
		return "Requires root privileges"
	}
	for _, f := range m.Files {
		if !inGuest(cfg, f) {
			return fmt.Sprintf("Required file '%s' not found", f)
		}
	}
	for _, p := range m.Programs {
		switch {
		case filepath.IsAbs(p) && !inGuest(cfg, p):
			return fmt.Sprintf("Required program '%s' not found", p)
		case !filepath.IsAbs(p) && !r.inPath(cfg, p):
			return fmt.Sprintf("Required program '%s' not found in PATH", p)
		}
	}
	if have := memory(cfg); have != 0 && have < m.Memory {
		return fmt.Sprintf("Requires %d bytes of physical memory but only %d available", m.Memory, have)
	}
	if m.DiskSpace != 0 {
		var st unix.Statfs_t
		if err := unix.Statfs(r.base, &st); err == nil && uint64(st.Bavail)*uint64(st.Bsize) < m.DiskSpace {
			return fmt.Sprintf("Requires %d bytes of free disk space but only %d available", m.DiskSpace, uint64(st.Bavail)*uint64(st.Bsize))
		}
	}
	return ""
}

// isRoot reports whether programs of a machine are root.
func isRoot(cfg *machine.Config) bool {
	if cfg.Cred == nil {
		return machine.HostCred().UID == 0
	}
	return cfg.Cred.UID == 0
}

// inGuest reports whether programs see a file.
func inGuest(cfg *machine.Config, path string) bool {
	if cfg.Chroot != "" {
		return exists(filepath.Join(cfg.Chroot, path))
	}
	return cfg.Root != "" && exists(filepath.Join(cfg.Root, path)) || exists(path)
}

func (r *Runner) inPath(cfg *machine.Config, program string) bool {
	for _, dir := range filepath.SplitList(getenv(r.o.Env, "PATH")) {
		if dir != "" && inGuest(cfg, filepath.Join(dir, program)) {
			return true
		}
	}
	return false
}

func getenv(env []string, name string) string {
	for _, s := range slices.Backward(env) {
		if n, v, _ := strings.Cut(s, "="); n == name {
			return v
		}
	}
	return ""
}

// memory is how many bytes of memory programs can have; 0 if that is not known.
func memory(cfg *machine.Config) uint64 {
	if cfg.Memory != 0 {
		return cfg.Memory
	}
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kib uint64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kib); err != nil {
		return 0
	}
	return kib << 10
}
