package kern

import "slices"

// Cred is a process's credentials (kauth_cred). It is shared between processes and never changed in place:
// Clone it, change the copy, and put that into Proc.Cred.
type Cred struct {
	Ruid, Euid, Svuid uint32
	Rgid, Egid, Svgid uint32
	Groups            []uint32
	files             *Cred // see ForFiles; nil: c itself. Clone forgets it
	caps              *Caps // nil: all that root may if the effective user is root, else nothing
}

// Caps are what somebody may of what root may, as bits of Right: at present, and what it may take up.
type Caps struct{ Effective, Permitted uint64 }

// Right is one of the things that root may do; the numbers are those of Linux' capabilities.
type Right int

const (
	RightChown       Right = 0  // give files away
	RightDacOverride Right = 1  // read, write and search what modes forbid
	RightDacRead     Right = 2  // read files and search directories
	RightFowner      Right = 3  // be as the owner of files
	RightFsetid      Right = 4  // leave set-id bits
	RightKill        Right = 5  // signal anybody
	RightBind        Right = 10 // bind to low ports
	RightChroot      Right = 18
	RightAdmin       Right = 21 // what has no right of its own
	RightMknod       Right = 27
	RightLease       Right = 28
)

// May reports whether c has a right.
func (c *Cred) May(r Right) bool {
	if c.caps != nil {
		return c.caps.Effective>>r&1 != 0
	}
	return c.Euid == 0
}

// Unlimited reports whether c has all rights.
func (c *Cred) Unlimited() bool { return c.caps == nil && c.Euid == 0 }

// WithCaps returns credentials like c with these rights; nil: as its user has.
func (c *Cred) WithCaps(caps *Caps) *Cred {
	d := *c
	d.caps = caps
	if f := c.files; f != nil {
		g := *f
		if g.caps = caps; caps != nil && c.Euid == 0 && f.Euid != 0 {
			g.caps = &Caps{} // setfsuid gives up rights over files
		}
		d.files = &g
	}
	return &d
}

// ForAccess are the credentials that access(2) judges by: those of the real user, with what that may take up.
func (c *Cred) ForAccess() *Cred {
	d := c.Clone()
	d.Euid, d.Egid = c.Ruid, c.Rgid
	if c.caps != nil {
		d.caps = &Caps{}
		if d.Ruid == 0 {
			d.caps.Effective = c.caps.Permitted
		}
	}
	return d
}

// ForFiles are the credentials that access to files goes by: others where setfsuid or setfsgid of Linux set some.
func (c *Cred) ForFiles() *Cred {
	if c.files == nil {
		return c
	}
	return c.files
}

// WithFileIDs returns credentials like c, whose access to files goes by other effective ids.
func (c *Cred) WithFileIDs(uid, gid uint32) *Cred {
	d := c.Clone()
	if uid != c.Euid || gid != c.Egid {
		f := d.Clone()
		f.Euid, f.Egid = uid, gid
		d.files = f
	}
	return d
}

// Clone returns a copy that may be changed, whose access to files goes by its effective ids.
func (c *Cred) Clone() *Cred {
	d := *c
	d.Groups = slices.Clone(c.Groups)
	d.files = nil
	return &d
}

// IsRoot reports whether the effective user may do anything.
func (c *Cred) IsRoot() bool { return c.Euid == 0 }

// InGroup reports whether gid is among the effective and supplementary groups.
func (c *Cred) InGroup(gid uint32) bool { return c.Egid == gid || slices.Contains(c.Groups, gid) }

// CanSignal is kauth's rule for kill(2): root, or one of our user ids is one of the target's.
func (c *Cred) CanSignal(t *Cred) bool {
	return c.May(RightKill) || c.Ruid == t.Ruid || c.Euid == t.Ruid || c.Ruid == t.Svuid || c.Euid == t.Svuid
}

// CanTrace is kauth's rule for looking into a process of user t: the same user, or the super-user.
func (c *Cred) CanTrace(t *Cred) bool {
	return c.IsRoot() || c.Ruid == t.Ruid && c.Ruid == t.Svuid
}

// UidMatch reports whether one of the user ids of c is one of t's (kauth_cred_uidmatch).
func (c *Cred) UidMatch(t *Cred) bool {
	return c.Ruid == t.Ruid || c.Euid == t.Ruid || c.Ruid == t.Euid || c.Euid == t.Euid
}

// CanSee reports whether l may know of process p: of each one, if security.curtain is not set (KAUTH_PROCESS_CANSEE).
func (l *LWP) CanSee(p *Proc) bool {
	c := l.Proc.Cred
	return l.K.Curtain == 0 || c.IsRoot() || c.UidMatch(p.Cred)
}
