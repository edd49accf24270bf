package execve

import (
	"nbemu/abi"
	"nbemu/kern"
)

// credExec changes the credentials for set-id programs and updates the saved ids (credexec). Errors: EINVAL for
// a set-id program without arguments; those of making sure that descriptors 0 to 2 are open.
func (x *execData) credExec() abi.Errno {
	p, attr := x.l.Proc, &x.pack.Attr
	setuid := attr.Mode&abi.S_ISUID != 0 && p.Cred.Euid != attr.Uid
	setgid := attr.Mode&abi.S_ISGID != 0 && p.Cred.Egid != attr.Gid
	if p.Flags&kern.PFTraced == 0 && !p.ThreadTraced() && !p.NoNewPrivs && (setuid || setgid) {
		// Before anything that could sleep.
		p.Flags |= kern.PFSugid
		if x.args.argc == 0 && x.pack.prof.ArgcForSetid {
			return abi.EINVAL
		}
		if err := x.fdCheckStd(); err != abi.OK {
			return err
		}
		p.KtrSetid()
		// Others may hold the old credentials.
		c := p.Cred.Clone()
		if attr.Mode&abi.S_ISUID != 0 {
			c.Euid = attr.Uid
		}
		if attr.Mode&abi.S_ISGID != 0 {
			c.Egid = attr.Gid
		}
		p.Cred = c
	} else if c := p.Cred; c.Euid == c.Ruid && c.Egid == c.Rgid {
		p.Flags &^= kern.PFSugid
	}
	p.Cred = p.Cred.WithCaps(nil) // what rights the program has is its user's, and the emulation's to take away
	if c := p.Cred; c.Euid != c.Svuid || c.Egid != c.Svgid {
		c = c.Clone()
		c.Svuid, c.Svgid = c.Euid, c.Egid
		p.Cred = c
	}
	return abi.OK
}

// fdCheckStd opens /dev/null as each of descriptors 0 to 2 that is closed, so that a set-id program does not
// write messages into a file it opens (fd_checkstd).
func (x *execData) fdCheckStd() abi.Errno {
	var closed []int32
	for fd := range int32(3) {
		if x.l.Proc.Fd.Get(fd) == nil {
			closed = append(closed, fd)
		}
	}
	if len(closed) == 0 {
		return abi.OK
	}
	x.sw.K.Log("set-id program %s run by process %d with descriptors %v closed", quote(x.pack.Kname), x.l.Proc.PID, closed)
	for range closed {
		if err := x.sw.FS.OpenNull(x.l); err != abi.OK {
			return err
		}
	}
	return abi.OK
}
