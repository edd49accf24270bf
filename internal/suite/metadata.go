package suite

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Metadata is what a case needs and how it is run; see kyuafile(5). A zero member says nothing.
type Metadata struct {
	Description string
	HasCleanup  bool
	Exclusive   bool
	Timeout     time.Duration // or noTimeout
	Archs       []string      // allowed_architectures: MACHINE_ARCH
	Platforms   []string      // allowed_platforms: MACHINE
	Configs     []string      // required_configs
	Files       []string      // required_files
	Programs    []string      // required_programs
	User        string        // required_user: "root" or "unprivileged"
	Memory      uint64        // required_memory, bytes
	DiskSpace   uint64        // required_disk_space, bytes
	Custom      map[string]string
}

// defaultTimeout is kyua's.
const defaultTimeout = 300 * time.Second

// noTimeout is the time of a case that says 0: there is no limit (atf-test-case(4)).
const noTimeout = time.Duration(math.MaxInt64)

// atfNames are ATF's names of properties and kyuafile(5)'s.
var atfNames = map[string]string{
	"descr": "description", "has.cleanup": "has_cleanup", "is.exclusive": "is_exclusive", "timeout": "timeout",
	"require.arch": "allowed_architectures", "require.machine": "allowed_platforms", "require.config": "required_configs",
	"require.files": "required_files", "require.progs": "required_programs", "require.user": "required_user",
	"require.memory": "required_memory", "require.diskspace": "required_disk_space",
}

// set sets a property by its name in kyuafile(5).
func (m *Metadata) set(name, value string) (err error) {
	switch name {
	case "description":
		m.Description = value
	case "has_cleanup":
		m.HasCleanup, err = parseBool(value)
	case "is_exclusive":
		m.Exclusive, err = parseBool(value)
	case "timeout":
		var sec uint64
		sec, err = strconv.ParseUint(value, 10, 31)
		m.Timeout = time.Duration(sec) * time.Second
		if sec == 0 {
			m.Timeout = noTimeout
		}
	case "allowed_architectures":
		m.Archs = strings.Fields(value)
	case "allowed_platforms":
		m.Platforms = strings.Fields(value)
	case "required_configs":
		m.Configs = strings.Fields(value)
	case "required_files":
		m.Files = strings.Fields(value)
		err = absolute(m.Files)
	case "required_programs":
		m.Programs = strings.Fields(value)
		err = absolute(slices.DeleteFunc(slices.Clone(m.Programs), func(p string) bool { return !strings.Contains(p, "/") }))
	case "required_user":
		m.User = value
		if value != "root" && value != "unprivileged" && value != "" {
			err = fmt.Errorf("%q is neither root nor unprivileged", value)
		}
	case "required_memory":
		m.Memory, err = parseBytes(value)
	case "required_disk_space":
		m.DiskSpace, err = parseBytes(value)
	default:
		key, ok := strings.CutPrefix(name, "custom.")
		if !ok {
			return fmt.Errorf("unknown property %q", name)
		}
		if m.Custom == nil {
			m.Custom = map[string]string{}
		}
		m.Custom[key] = value
	}
	if err != nil {
		return fmt.Errorf("property %s: %w", name, err)
	}
	return nil
}

// setATF sets a property by its name in ATF's list of cases.
func (m *Metadata) setATF(name, value string) error {
	if known := atfNames[name]; known != "" {
		return m.set(known, value)
	}
	if key, ok := strings.CutPrefix(name, "X-"); ok && key != "" {
		return m.set("custom."+key, value)
	}
	return fmt.Errorf("unknown test case metadata property %q", name)
}

// over returns the case's properties, and where they say nothing, the program's.
func (m Metadata) over(program Metadata) Metadata {
	out := program
	out.Custom = maps.Clone(program.Custom)
	if m.Description != "" {
		out.Description = m.Description
	}
	out.HasCleanup = out.HasCleanup || m.HasCleanup
	out.Exclusive = out.Exclusive || m.Exclusive
	if m.Timeout != 0 {
		out.Timeout = m.Timeout
	}
	for _, l := range []struct{ to, from *[]string }{{&out.Archs, &m.Archs}, {&out.Platforms, &m.Platforms},
		{&out.Configs, &m.Configs}, {&out.Files, &m.Files}, {&out.Programs, &m.Programs}} {
		if *l.from != nil {
			*l.to = slices.Clone(*l.from)
		}
	}
	if m.User != "" {
		out.User = m.User
	}
	if m.Memory != 0 {
		out.Memory = m.Memory
	}
	if m.DiskSpace != 0 {
		out.DiskSpace = m.DiskSpace
	}
	for k, v := range m.Custom {
		if out.Custom == nil {
			out.Custom = map[string]string{}
		}
		out.Custom[k] = v
	}
	return out
}

// properties lists what is not zero, by kyuafile(5)'s names.
func (m *Metadata) properties() map[string]string {
	out := map[string]string{}
	add := func(name, value string) {
		if value != "" {
			out[name] = value
		}
	}
	add("description", m.Description)
	if m.HasCleanup {
		add("has_cleanup", "true")
	}
	if m.Exclusive {
		add("is_exclusive", "true")
	}
	switch m.Timeout {
	case 0:
	case noTimeout:
		add("timeout", "0")
	default:
		add("timeout", strconv.Itoa(int(m.Timeout/time.Second)))
	}
	add("allowed_architectures", strings.Join(m.Archs, " "))
	add("allowed_platforms", strings.Join(m.Platforms, " "))
	add("required_configs", strings.Join(m.Configs, " "))
	add("required_files", strings.Join(m.Files, " "))
	add("required_programs", strings.Join(m.Programs, " "))
	add("required_user", m.User)
	if m.Memory != 0 {
		add("required_memory", strconv.FormatUint(m.Memory, 10))
	}
	if m.DiskSpace != 0 {
		add("required_disk_space", strconv.FormatUint(m.DiskSpace, 10))
	}
	for k, v := range m.Custom {
		add("custom."+k, v)
	}
	return out
}

func parseBool(s string) (bool, error) {
	switch s { // kyua knows no others
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", s)
}

// parseBytes reads a size as kyua does: a number, perhaps with a fraction, and K, M, G or T.
func parseBytes(s string) (uint64, error) {
	digits, unit := s, float64(1)
	if i := strings.IndexAny(s, "KkMmGgTt"); i >= 0 && i == len(s)-1 {
		digits, unit = s[:i], float64(uint64(1)<<(10*(1+strings.IndexByte("KMGT", s[i]&^0x20))))
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || n < 0 || n*unit >= 1<<63 {
		return 0, fmt.Errorf("%q is not a size", s)
	}
	return uint64(n * unit), nil
}

func absolute(paths []string) error {
	for _, p := range paths {
		if !strings.HasPrefix(p, "/") {
			return fmt.Errorf("%s is not an absolute path", p)
		}
	}
	return nil
}
