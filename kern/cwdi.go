package kern

// Dir is a directory held open: a process's working directory or root. vfs implements it.
type Dir interface {
	Ref()
	Unref()
}

// Cwdinfo is where a process is in the file system, and its umask (struct cwdinfo).
type Cwdinfo struct {
	Cdir  Dir
	Rdir  Dir // nil: the host's root, nothing is confined
	Edir  Dir // emulation root: looked into first for absolute paths; nil: none
	Umask uint32

	refs int
}

// NewCwdinfo takes over the references to the directories.
func NewCwdinfo(cdir, rdir, edir Dir, umask uint32) *Cwdinfo {
	return &Cwdinfo{Cdir: cdir, Rdir: rdir, Edir: edir, Umask: umask, refs: 1}
}

// Ref shares c (FSHARECWD).
func (c *Cwdinfo) Ref() *Cwdinfo { c.refs++; return c }

// Copy makes the child's at fork (cwdinit).
func (c *Cwdinfo) Copy() *Cwdinfo {
	n := *c
	n.refs = 1
	for _, d := range []Dir{n.Cdir, n.Rdir, n.Edir} {
		if d != nil {
			d.Ref()
		}
	}
	return &n
}

// Free drops a process's hold (cwdfree).
func (c *Cwdinfo) Free() {
	c.refs--
	if c.refs > 0 {
		return
	}
	for _, d := range []Dir{c.Cdir, c.Rdir, c.Edir} {
		if d != nil {
			d.Unref()
		}
	}
	c.Cdir, c.Rdir, c.Edir = nil, nil, nil
}

// SetCdir and SetRdir change a directory, taking over the reference.
func (c *Cwdinfo) SetCdir(d Dir) { swapDir(&c.Cdir, d) }
func (c *Cwdinfo) SetRdir(d Dir) { swapDir(&c.Rdir, d) }

func swapDir(at *Dir, d Dir) {
	old := *at
	*at = d
	if old != nil {
		old.Unref()
	}
}
