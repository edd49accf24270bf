package execve

import (
	"nbemu/abi"
)

// makePath makes a name absolute with the working directory, where the release does (exec_makepathbuf). Both go into one
// buffer of PATH_MAX bytes, the name at its end, with three more bytes; getcwd_common wants the first byte left.
// Errors: ENAMETOOLONG for a name that leaves no room, ERANGE for a working directory that does not fit into what is
// left, those of finding the working directory.
func (epp *Package) makePath(name string) (string, abi.Errno) {
	if len(name) >= abi.PATH_MAX {
		return "", epp.fail(abi.ENAMETOOLONG, depthNone, "%s: name too long", quote(name))
	}
	if !epp.prof.Absolute || name != "" && name[0] == '/' {
		return name, abi.OK
	}
	if len(name) >= abi.PATH_MAX-3 {
		return "", epp.fail(abi.ENAMETOOLONG, depthNone, "%s: name too long", quote(name))
	}
	cwd, err := epp.env.Cwd()
	if err != abi.OK {
		return "", epp.fail(err, depthNone, "%s: the working directory has no name: %v", quote(name), err)
	}
	if cwd == "/" {
		return cwd + name, abi.OK
	}
	if len(cwd)+len(name) >= abi.PATH_MAX-2 {
		return "", epp.fail(abi.ERANGE, depthNone, "%s: name too long with that of the working directory before it", quote(cwd+"/"+name))
	}
	return cwd + "/" + name, abi.OK
}

// checkExec sees what can be done with a file (check_exec): the one called path or, for fexecve, the one of
// descriptor Xfd.
//
// On entry: package with names, environment and switch. On success: Vp and its attributes, Esch, commands and
// sizes are filled in. On error: nothing is held, except that the package is spent if it has the flag Destr.
//
// Errors, in the order in which they are found: those of looking the file up; EACCES for what is no regular
// file, or not executable, or on a file system mounted noexec; EIO; EPERM by veriexec; then, when no format
// takes the file, the first answer of one that is not ENOEXEC, else ENOEXEC; ENOEXEC for an entry point out of
// range; ENOMEM for text over MAXTSIZ or data over the limit.
func (epp *Package) checkExec(path string) (err abi.Errno) {
	var vp File
	if epp.Xfd >= 0 {
		if vp, path, err = epp.env.Fexec(epp.Xfd); err != abi.OK {
			return epp.refuse("", err, "descriptor %d: %v", epp.Xfd, err)
		}
		epp.Xfd = -1
		epp.Kname = baseName(path)
	} else if vp, err = epp.env.Namei(path, nil); err != abi.OK {
		return epp.refuse(path, err, "%s: %v", epp.shown(path), err)
	} else if r := vp.Path(); r != "" && path != "" && path[0] == '/' {
		path = r // where a link of procfs led: /proc/self/exe must not become its own target
	}
	epp.ResolvedName = path
	epp.Vp = vp
	if err = epp.checkAccess(path, vp); err != abi.OK {
		vp.Unref()
		epp.Vp = nil
		return err
	}

	// The default limits of the address space. Formats can change them.
	err = abi.ENOEXEC
	for _, e := range epp.sw.Entries() {
		epp.Esch = e
		if e.Emul != nil {
			epp.setVMLimits()
		}
		epp.depth, epp.why, epp.plain = depthNone, "", mismatch{}
		at := len(epp.Record.Probes)
		epp.Record.Probes = append(epp.Record.Probes, Probe{Entry: e.Name, File: path, Errno: abi.EBUSY})
		newerror := e.Format.Makecmds(epp)
		p := &epp.Record.Probes[at]
		if p.Errno = newerror; newerror == abi.OK {
			if err = epp.checkLimits(); err == abi.OK {
				return abi.OK
			}
			p.Errno, p.Why, p.depth = err, epp.why, epp.depth
			break
		}
		p.Why, p.depth, p.plain = epp.why, epp.depth, epp.plain

		// What the format or its probe may have left.
		epp.EmulArg = nil
		epp.dropInterp()
		epp.PaxFlags, epp.OSVersion, epp.MachineArch = 0, 0, ""
		epp.Flags &^= ForceAux

		// The first error that says something is kept.
		if err == abi.ENOEXEC {
			err = newerror
		}
		if epp.Flags&Destr != 0 {
			// A script's interpreter failed; the recursive call has cleaned up.
			return err
		}
	}
	epp.EmulArg = nil
	epp.dropInterp()
	epp.VMCmds.kill()
	vp.Unref()
	epp.Vp = nil
	return err
}

// shown is the name of the file being checked as the user knows it.
func (epp *Package) shown(path string) string {
	if epp.Flags&Indir == 0 && epp.Kname != "" {
		path = epp.Kname
	}
	return quote(path)
}

// setVMLimits sets the address space's limits for the entry's machine.
func (epp *Package) setVMLimits() {
	a := epp.Emul().Arch
	epp.env.AdoptMachine(a)
	epp.VMMin, epp.VMMax = a.MinAddr, a.UserMax
	if !epp.prof.Page0 {
		epp.VMMin = max(epp.VMMin, a.PageSize)
	}
	if epp.prof.Topdown {
		epp.Flags |= TopdownVM
	}
}

// checkAccess is the part of check_exec before the formats: type, permission, mount flags, the header.
func (epp *Package) checkAccess(path string, vp File) (err abi.Errno) {
	q := epp.shown(path)
	if epp.Attr, err = vp.Getattr(); err != abi.OK {
		return epp.refuse(path, err, "%s: %v", q, err)
	}
	if t := epp.Attr.Mode & abi.S_IFMT; t != abi.S_IFREG {
		what := "not a regular file"
		if t == abi.S_IFDIR {
			what = "is a directory"
		}
		return epp.refuse(path, abi.EACCES, "%s: %s", q, what)
	}
	if err = epp.env.Access(vp, vexec); err == abi.ETXTBSY {
		return epp.refuse(path, err, "%s: open for writing", q)
	} else if err != abi.OK {
		return epp.refuse(path, err, "%s: no execute permission", q)
	}
	mnt := vp.MountFlags()
	if mnt&abi.MNT_NOEXEC != 0 {
		return epp.refuse(path, abi.EACCES, "%s: on a file system mounted noexec", q)
	}
	if mnt&abi.MNT_NOSUID != 0 {
		epp.Attr.Mode &^= abi.S_ISUID | abi.S_ISGID
	}
	if v := epp.sw.Verify; v != nil {
		if err = v(epp.env, vp, path, epp.Flags&Indir != 0); err != abi.OK {
			return epp.refuse(path, err, "%s: refused by veriexec", q)
		}
	}
	if epp.env.Pax()&PaxGuard != 0 {
		if err = epp.sw.segvguard().Check(vp, epp.env.Cred().Ruid); err != abi.OK {
			epp.sw.K.Log("PaX Segvguard: [%s] Preventing execution due to repeated segfaults.", q)
			return epp.refuse(path, err, "%s: suspended, because it crashed too often", q)
		}
	}
	size := epp.sw.maxHdrSize()
	if cap(epp.Hdr) < size {
		epp.Hdr = make([]byte, size)
	}
	n, herr := vp.ReadAt(epp.Hdr[:size], 0)
	if n < size && herr != nil && !isEOF(herr) {
		return epp.refuse(path, abi.EIO, "%s: cannot be read: %v", q, herr)
	}
	epp.Hdr = epp.Hdr[:n]
	return abi.OK
}

// checkLimits is the part of check_exec after a format accepted the file.
func (epp *Package) checkLimits() abi.Errno {
	name := quote(epp.Kname)
	if epp.Entry < epp.VMMin && epp.Entry < epp.page() {
		return epp.fail(abi.ENOEXEC, depthInterp, "%s: the entry point %#x is no address of a program: it is on page 0, which kernels since 6 do not give (vm.user_va0_disable)", name, epp.Entry)
	}
	if epp.Entry >= epp.VMMax || epp.Entry < epp.VMMin {
		return epp.fail(abi.ENOEXEC, depthInterp, "%s: the entry point %#x is no address of a program (%#x to %#x)", name, epp.Entry, epp.VMMin, epp.VMMax)
	}
	if limit := epp.Emul().Arch.MaxText; epp.Tsize > limit {
		if epp.Tsize == NoAddr {
			return epp.fail(abi.ENOMEM, depthInterp, "%s: no executable segment", name)
		}
		return epp.fail(abi.ENOMEM, depthInterp, "%s: text of %#x bytes, more than the limit of %#x", name, epp.Tsize, limit)
	}
	if limit := epp.env.Rlimit(abi.RLIMIT_DATA); epp.Dsize > limit {
		return epp.fail(abi.ENOMEM, depthInterp, "%s: data of %#x bytes, more than the limit of %#x", name, epp.Dsize, limit)
	}
	return abi.OK
}

// refuse records an answer that came before any format was asked.
func (epp *Package) refuse(path string, err abi.Errno, format string, a ...any) abi.Errno {
	epp.depth = depthNone
	epp.fail(err, depthNone, format, a...)
	epp.Record.Probes = append(epp.Record.Probes, Probe{Entry: "check_exec", File: path, Errno: err, Why: epp.why})
	return err
}
