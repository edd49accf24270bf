package syscalls

import (
	"nbemu/abi"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/vfs"
)

// posix_spawn(2) (sys_posix_spawn). The call returns its error as a value.

// fileAction is one entry of posix_spawn's file actions, with its path.
type fileAction struct {
	abi.PosixSpawnFae
	path  string
	newFd int32
}

// copyinFileActions reads the file actions at va, in order. Errors: EINVAL for more than the process can have
// descriptors, twice over; EFAULT; ENAMETOOLONG.
func copyinFileActions(l *kern.LWP, va uint64) ([]fileAction, abi.Errno) {
	var fa abi.PosixSpawnFileActions
	if va == 0 {
		return nil, abi.OK
	}
	if err := l.CopyinStruct(va, &fa); err != abi.OK || fa.Len == 0 {
		return nil, err
	}
	if uint64(fa.Len) > 2*min(l.Proc.Limits[abi.RLIMIT_NOFILE].Cur, kern.MaxFds) {
		return nil, abi.EINVAL
	}
	m := l.Model()
	b := make([]byte, m.Sizeof(abi.PosixSpawnFae{}))
	out := make([]fileAction, fa.Len)
	for i := range out {
		e := &out[i]
		if err := l.Copyin(b, uint64(fa.Fae)+uint64(i*len(b))); err != abi.OK {
			return nil, err
		}
		m.Unmarshal(b, &e.PosixSpawnFae)
		switch e.Action {
		case abi.FAE_OPEN, abi.FAE_CHDIR:
			var err abi.Errno
			if e.path, err = l.CopyinStr(uint64(e.Path), abi.PATH_MAX); err != abi.OK {
				return nil, err
			}
		case abi.FAE_DUP2:
			e.newFd = m.Newfildes(&e.PosixSpawnFae)
		}
	}
	return out, abi.OK
}

// do carries the action out in a new process (handle_posix_spawn_file_actions).
func (e *fileAction) do(l *kern.LWP) abi.Errno {
	fdt := l.Proc.Fd
	switch e.Action {
	case abi.FAE_OPEN:
		if fdt.Get(e.Fildes) != nil {
			if err := fdt.Close(l, e.Fildes); err != abi.OK {
				return err
			}
		}
		f, err := vfs.OpenFile(l, abi.AT_FDCWD, e.path, e.Oflag, e.Mode)
		if err != abi.OK {
			return err
		}
		fd, err := l.Install(f, e.Oflag&abi.O_CLOEXEC != 0)
		if err != abi.OK || fd == e.Fildes {
			return err
		}
		_, err = dup3(l, fd, e.Fildes, 0)
		_ = fdt.Close(l, fd)
		return err
	case abi.FAE_DUP2:
		_, err := dup3(l, e.Fildes, e.newFd, 0)
		return err
	case abi.FAE_CLOSE:
		return fdt.Close(l, e.Fildes)
	case abi.FAE_CHDIR:
		return vfs.Chdir(l, e.path)
	case abi.FAE_FCHDIR:
		return vfs.Fchdir(l, e.Fildes)
	}
	return abi.OK
}

// spawnAttrs gives a new process the attributes (handle_posix_spawn_attrs). Errors: those of setting a process
// group, of the scheduler.
func spawnAttrs(l *kern.LWP, parent *kern.LWP, sa *abi.PosixSpawnattr) abi.Errno {
	p := l.Proc
	if sa.Flags&abi.POSIX_SPAWN_SETPGROUP != 0 {
		if sa.Pgroup < 0 {
			return abi.EPERM
		}
		if err := parent.Proc.Setpgid(p.PID, sa.Pgroup); err != abi.OK {
			return err
		}
	}
	switch {
	case sa.Flags&abi.POSIX_SPAWN_SETSCHEDULER != 0:
		if err := schedSetparam(l, p.PID, 0, sa.Schedpolicy, &sa.Schedparam); err != abi.OK {
			return err
		}
	case sa.Flags&abi.POSIX_SPAWN_SETSCHEDPARAM != 0:
		// NetBSD sets the parent's.
		if err := schedSetparam(l, parent.Proc.PID, 0, abi.SCHED_NONE, &sa.Schedparam); err != abi.OK {
			return err
		}
	}
	if sa.Flags&abi.POSIX_SPAWN_RESETIDS != 0 {
		c := p.Cred.Clone()
		c.Euid, c.Egid = c.Ruid, c.Rgid
		p.Cred = c
	}
	if sa.Flags&abi.POSIX_SPAWN_SETSIGMASK != 0 {
		l.SetSigmask(sa.Sigmask)
	}
	if sa.Flags&abi.POSIX_SPAWN_SETSIGDEF != 0 {
		for sig := range sa.Sigdefault.All {
			// SIGKILL and SIGSTOP are refused, which does not matter.
			_, _ = p.SetSigact(sig, &kern.Sigact{})
		}
	}
	return abi.OK
}

// sysPosixSpawn is posix_spawn(pid_t *, path, file actions, attributes, argv, envp). Errors, as a value: EAGAIN,
// EINVAL, EFAULT, those of execve that leave the caller alone; with POSIX_SPAWN_RETURNERROR or
// POSIX_SPAWN_SETPGROUP all others as well, which otherwise the child shows by exit status 127.
func sysPosixSpawn(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := l.CheckFork(); err != abi.OK {
		return retErrno(err)
	}
	actions, err := copyinFileActions(l, a[2])
	if err != abi.OK {
		return retErrno(err)
	}
	var sa *abi.PosixSpawnattr
	if a[3] != 0 {
		sa = &abi.PosixSpawnattr{}
		if err := l.CopyinStruct(a[3], sa); err != abi.OK {
			return retErrno(err)
		}
	}
	path, err := l.CopyinStr(a[1], abi.PATH_MAX)
	if err != abi.OK {
		return retErrno(err)
	}
	wait := sa != nil && sa.Flags&(abi.POSIX_SPAWN_RETURNERROR|abi.POSIX_SPAWN_SETPGROUP) != 0
	child, err := execve.Spawn(l, path, guestStrings(l, a[4]), guestStrings(l, a[5]), wait, func(c *kern.LWP) abi.Errno {
		if sa != nil {
			if err := spawnAttrs(c, l, sa); err != abi.OK {
				return err
			}
		}
		for i := range actions {
			if err := actions[i].do(c); err != abi.OK {
				return err
			}
		}
		return abi.OK
	})
	if err == abi.OK && a[0] != 0 {
		err = l.CopyoutInt32(a[0], child.PID)
	}
	return retErrno(err)
}
