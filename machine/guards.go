package machine

import (
	"os"
	"path/filepath"
	"strings"

	"nbemu/abi"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/vfs"
)

// setGuards sets up what may refuse programs: PaX, its Segvguard, and veriexec. l is a thread whose view of the file
// system the paths of the fingerprint file are in. Preconditions: kernel lock.
func (m *Machine) setGuards(l *kern.LWP) error {
	if g := m.cfg.Segvguard; g != (Segvguard{}) {
		if g.MaxCrashes < 1 || g.Expiry < 0 {
			return wrong("Segvguard", "%d crashes within %v", g.MaxCrashes, g.Expiry)
		}
		m.k.GuardConf.MaxCrashes = int32(g.MaxCrashes)
		if g.Expiry > 0 {
			m.k.GuardConf.Expiry = int32(g.Expiry.Seconds())
		}
		m.k.PaxConf.Guard = kern.PaxFeature{Enabled: true, Global: true}
	}
	if err := m.setPax(); err != nil {
		return err
	}
	if m.cfg.StrictLevel < 0 || m.cfg.StrictLevel > 3 {
		return wrong("StrictLevel", "%d: not 0 to 3", m.cfg.StrictLevel)
	}
	if m.cfg.Veriexec == "" {
		return nil
	}
	return m.setVeriexec(l)
}

// setPax turns on what a list of features says; ":global" gives one to programs that do not ask.
func (m *Machine) setPax() error {
	c := &m.k.PaxConf
	for _, word := range m.cfg.Pax {
		if word == "default" {
			*c = m.profile().Pax
			continue
		}
		name, global, more := strings.Cut(word, ":")
		f := map[string]*kern.PaxFeature{"aslr": &c.ASLR, "mprotect": &c.Mprotect, "segvguard": &c.Guard}[name]
		if f == nil || more && global != "global" {
			return wrong("Pax", "%s: not default, aslr, mprotect or segvguard, or one of these with \":global\"", word)
		}
		*f = kern.PaxFeature{Enabled: true, Global: more}
	}
	return nil
}

// profile is what holds of the machine's release.
func (m *Machine) profile() *execve.Profile {
	if p := execve.FindProfile(m.cfg.Release); p != nil {
		return p
	}
	return execve.FindProfile(DefaultRelease)
}

// setVeriexec reads the fingerprints and has exec and the file system ask for them.
func (m *Machine) setVeriexec(l *kern.LWP) error {
	f, err := os.Open(m.cfg.Veriexec)
	if err != nil {
		return &ConfigError{"Veriexec", err}
	}
	defer f.Close()
	lines, err := execve.ParseVeriexec(f)
	if err != nil {
		return wrong("Veriexec", "%s: %w", m.cfg.Veriexec, err)
	}
	v := &execve.Veriexec{Strict: m.cfg.StrictLevel, Report: func(msg string) { m.k.Log("%s", msg) }}
	for _, line := range lines {
		vp, err := vfs.Lookup(l, line.Path, l.Proc.Cwdi.Edir)
		if err != abi.OK {
			m.k.Log("-veriexec: %s: %v", line.Path, err)
			continue
		}
		if vp.Mode&abi.S_IFMT == abi.S_IFREG {
			v.Add(vp.Key(), line)
		} else {
			m.k.Log("-veriexec: %s: not a regular file", line.Path)
		}
		vp.Unref()
	}
	m.sw.Verify = func(_ execve.Env, f execve.File, path string, indirect bool) abi.Errno {
		how := execve.VeriexecDirect
		if indirect {
			how = execve.VeriexecIndirect
		}
		return v.Verify(f, path, how)
	}
	m.fs.OpenCheck = func(_ *kern.LWP, vp *vfs.Vnode, path string, write bool) abi.Errno {
		if vp == nil {
			return v.OpenCheck(nil, path, write)
		}
		return v.OpenCheck(vp, path, write)
	}
	m.fs.RemoveCheck = v.RemoveCheck
	m.fs.RenameCheck = func(from mem.FileKey, to *mem.FileKey) abi.Errno { return v.RenameCheck(from, to) }
	return nil
}

// realPath makes a host path absolute and free of links.
func realPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}
