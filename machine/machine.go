package machine

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/arch/amd64"
	"nbemu/coredump"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/ipc"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/vfs"
)

// Machine is one running system. Its methods can be called by any goroutine, but not from hooks.
type Machine struct {
	cfg    Config
	k      *kern.Kernel
	fs     *vfs.FS
	ipc    *ipc.Tables
	sw     *execve.Switch
	cred   *kern.Cred
	limits map[int]abi.Rlimit
	meta   *vfs.Metadata // nil without Config.Metadata
	watch  observers

	mu        sync.Mutex // guards closed, started and snapshots; taken before the kernel lock
	closed    bool
	started   []*Process // those that may still run, or that a snapshot has
	snapshots map[*Snapshot]bool
	streams   sync.WaitGroup // goroutines that copy between programs and Readers and Writers
}

// ErrClosed is the error of Start after Close.
var ErrClosed = errors.New("the machine is closed")

// New makes a machine. It runs nothing until Start. Errors: a *ConfigError, or that of a file or directory that
// cannot be opened.
func New(cfg Config) (*Machine, error) {
	if err := cpu.Ready(); err != nil {
		return nil, err
	}
	m := &Machine{cfg: cfg, snapshots: map[*Snapshot]bool{}}
	var err error
	if m.cred, err = cfg.cred(); err != nil {
		return nil, err
	}
	if m.limits, err = cfg.limits(); err != nil {
		return nil, err
	}
	kc, note, err := cfg.kernConfig()
	if err != nil {
		return nil, err
	}
	if cfg.Memory != 0 {
		mem.SetLimit(cfg.Memory)
	}
	m.k = kern.New()
	m.k.Config = kc
	if note != "" {
		m.k.Lock()
		m.k.Log("%s", note)
		m.k.Unlock()
	}
	m.k.CoredumpVec = coredump.Dump
	m.sw = execve.NewSwitch(m.k)
	m.sw.FS = files{}
	m.sw.Profile = execve.FindProfile(cfg.Release)
	m.fs = vfs.New(m.k)
	m.ipc = ipc.New(m.k)
	if err := m.setUp(); err != nil {
		m.k.Close()
		m.fs.Close()
		return nil, err
	}
	return m, nil
}

// setUp does what can fail and what must be undone then.
func (m *Machine) setUp() error {
	if err := m.addEmulations(); err != nil {
		return err
	}
	if d := m.cfg.Deterministic; d != nil {
		if err := m.k.Deterministic(d.Seed, d.Epoch); err != nil {
			return err
		}
	}
	if err := m.fs.Init(vfs.Config{EmulRoot: m.cfg.Root, Chroot: m.cfg.Chroot, Dir: m.cfg.Dir, Overlay: m.cfg.Overlay}); err != nil {
		if o := (*vfs.OverlayError)(nil); errors.As(err, &o) {
			return &ConfigError{"Overlay", o.Err}
		}
		return err
	}
	m.fs.SetUsers(vfs.HostCred(), m.cred)
	m.k.Lock()
	defer m.k.Unlock()
	if m.cfg.HostTerminal && m.cfg.Deterministic == nil {
		m.k.HasHostParent = vfs.HasHostParent()
	}
	if err := m.setTrace(); err != nil {
		return err
	}
	if err := m.setObservers(); err != nil {
		return err
	}
	m.setHooks()
	if f := m.cfg.OnStop; f != nil {
		m.k.OnStop = func(abi.Signal) { f() }
	}
	system := m.k.Boot(m.native())
	m.fs.Attach(system.Proc)
	if err := m.setFiles(); err != nil {
		return err
	}
	return m.setGuards(system)
}

// native is the machine of processes that have no program yet.
func (m *Machine) native() *cpu.Arch {
	if a := m.k.Config.Native; a != nil {
		return a
	}
	return amd64.Arch
}

// setFiles does what Config says about owners and modes that are kept beside the host's, and mount flags.
func (m *Machine) setFiles() error {
	for _, c := range m.cfg.Mounts {
		mount := vfs.Mount{Dir: c.Dir}
		for _, f := range c.Flags {
			switch f {
			case "noexec":
				mount.Flags |= abi.MNT_NOEXEC
			case "nosuid":
				mount.Flags |= abi.MNT_NOSUID
			case "nocoredump":
				mount.Flags |= abi.MNT_NOCOREDUMP
			default:
				return wrong("Mounts", "%s: %s is none of noexec, nosuid and nocoredump", c.Dir, f)
			}
		}
		var err error
		if mount.Dir, err = realPath(c.Dir); err != nil {
			return &ConfigError{"Mounts", err}
		}
		m.fs.Mounts = append(m.fs.Mounts, mount)
	}
	for _, b := range m.cfg.Binds {
		guest := b.Guest
		if guest == "" {
			var err error
			if guest, err = filepath.Abs(b.Host); err != nil {
				return &ConfigError{"Binds", err}
			}
		}
		if err := m.fs.Bind(b.Host, guest, b.ReadOnly); err != nil {
			return &ConfigError{"Binds", err}
		}
	}
	return m.setMetadata()
}

// setMetadata puts an overlay of owners and modes into use, if Config has one.
func (m *Machine) setMetadata() (err error) {
	if m.cfg.Overlay != "" && m.cfg.Chroot != "" {
		if m.meta, err = m.fs.OpenOverlayMetadata(m.cfg.Metadata, m.cfg.Chroot); err != nil {
			return &ConfigError{"Metadata", err}
		}
		return nil
	}
	if m.cfg.Metadata == "" {
		return nil
	}
	root := m.cfg.Chroot
	if root == "" {
		root = m.cfg.Root
	}
	if m.meta, err = m.fs.OpenMetadata(m.cfg.Metadata, root); err != nil {
		return &ConfigError{"Metadata", err}
	}
	return nil
}

// OverlayDir is the directory that has what programs change, of Config.Overlay; "" without one.
func (m *Machine) OverlayDir() string { return m.fs.OverlayDir() }

// Close ends the machine: programs that still run are killed, copying of streams ends, and everything that the machine
// has of the host is given back. A second Close does nothing. Error: the metadata file could not be written.
func (m *Machine) Close() error {
	m.mu.Lock()
	closed := m.closed
	m.closed = true
	for s := range m.snapshots {
		s.drop()
	}
	m.mu.Unlock()
	if closed {
		return nil
	}
	m.k.Close()
	m.streams.Wait()
	m.fs.UnmountAll() // so that nothing of a tmpfs is written down
	err := m.endObservers()
	if m.meta != nil {
		if e := m.meta.Flush(); e != nil {
			err = errors.Join(err, fmt.Errorf("metadata: %w", e))
		}
	}
	m.fs.Close()
	m.sw.Close()
	m.ipc.Close()
	return err
}

// ProcessInfo is one line of what ps(1) would show.
type ProcessInfo struct {
	PID, PPID int
	Name      string // p_comm
	Machine   string // the architecture of its program, as Machines has it
	Emulation string
	LWPs      int
	Stopped   bool
	Zombie    bool
}

// Processes lists the processes by number, without process 1.
func (m *Machine) Processes() []ProcessInfo {
	m.k.Lock()
	defer m.k.Unlock()
	var out []ProcessInfo
	for _, p := range m.k.Procs() {
		i := ProcessInfo{PID: int(p.PID), PPID: int(p.Ppid()), Name: p.Comm, LWPs: p.LiveLWPs(),
			Stopped: p.Flags&kern.PFStopped != 0, Zombie: p.Zombie}
		if p.Emul != nil {
			i.Machine, i.Emulation = p.Arch.Name, p.Emul.Name
		}
		out = append(out, i)
	}
	return out
}

// Machines lists the architectures whose programs can be run.
func Machines() []string {
	var names []string
	for _, p := range arch.Ports() {
		names = append(names, p.Arch.Name)
	}
	slices.Sort(names)
	return names
}
