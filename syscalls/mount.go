package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// tmpfsArgs is struct tmpfs_args (fs/tmpfs/tmpfs_args.h).
type tmpfsArgs struct {
	Version                    int32
	NodesMax                   uint64
	SizeMax                    int64
	RootUID, RootGID, RootMode uint32
}

// procfsArgs is struct procfs_args (miscfs/procfs/procfs.h).
type procfsArgs struct{ Version, Flags int32 }

// ptyfsArgs is struct ptyfs_args (fs/ptyfs/ptyfs.h), of version 2.
type ptyfsArgs struct {
	Version   int32
	GID, Mode uint32
	Flags     int32
}

// unionArgs is struct union_args (fs/union/union.h), and begins with what struct null_args is.
type unionArgs struct {
	Target abi.ULong
	Flags  int32
}

// nullArgs is struct null_args (miscfs/nullfs/null.h).
type nullArgs struct{ Target abi.ULong }

// mountArgs are the structures of types that have some; a mount of fdesc or kernfs has none.
func mountArgs(typ string) any {
	switch typ {
	case abi.MOUNT_NULL:
		return &nullArgs{}
	case abi.MOUNT_UNION:
		return &unionArgs{}
	case abi.MOUNT_TMPFS:
		return &tmpfsArgs{}
	case abi.MOUNT_PROCFS:
		return &procfsArgs{}
	case abi.MOUNT_PTYFS:
		return &ptyfsArgs{}
	}
	return nil
}

const (
	maxMountData     = 8192 // VFS_MAX_MOUNT_DATA
	procfsLinux      = 1    // PROCFSMNT_LINUXCOMPAT
	ptyfsArgsVersion = 2
	ptyfsOldSize     = 12 // of version 1, which had no flags
)

// sysMount50 is mount(type, path, flags, data, data_len): see vfs.DoMount. Errors: ENODEV, of a type that is not there;
// EFAULT; EINVAL, of data that are too short or too long; vfs.DoMount's.
func sysMount50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return mount(l, a, a[4]) }

// sysCompat40Mount is mount without the length of data, which is what the type has.
func sysCompat40Mount(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return mount(l, a, 0) }

// mountNames are the types that had numbers once, which mount(2) still takes in place of names.
var mountNames = map[uint64]string{1: abi.MOUNT_FFS, 2: abi.MOUNT_NFS, 4: abi.MOUNT_MSDOS, 5: abi.MOUNT_CD9660, 6: abi.MOUNT_FDESC, 7: abi.MOUNT_KERNFS}

// mountType reads the name of a type (mount_get_vfsops). Error: ENODEV.
func mountType(l *kern.LWP, addr uint64) (string, abi.Errno) {
	const typeMax = 32 // _VFS_NAMELEN
	typ, err := l.CopyinStr(addr, typeMax)
	if err != abi.OK {
		typ = mountNames[addr]
	}
	if !vfs.CanMount(typ) {
		if typ != "" {
			l.K.LogOnce("mount: file systems of type %q are not supported", typ)
		}
		return "", abi.ENODEV
	}
	return typ, abi.OK
}

func mount(l *kern.LWP, a *kern.Args, size uint64) (kern.Retval, abi.Errno) {
	on, err := copyinPath(l, a[1])
	if err != abi.OK {
		return retErr(err)
	}
	at, err := vfs.LookupMount(l, on)
	if err != abi.OK {
		return retErr(err)
	}
	defer at.Release()
	m := &vfs.MountArgs{Flags: uint64(uint32(a[2]))}
	old := m.Flags & (abi.MNT_UPDATE | abi.MNT_GETARGS)
	if old != 0 {
		if was, err := at.Args(l); err == abi.OK {
			m.Type = was.Type
		}
	} else if m.Type, err = mountType(l, a[0]); err != abi.OK {
		return retErr(err)
	}
	var data []byte
	if a[3] != 0 {
		if args := mountArgs(m.Type); size == 0 && args != nil {
			size = uint64(l.Model().Sizeof(args))
		}
		if size == 0 || size > maxMountData {
			return retErr(abi.EINVAL)
		}
		data = make([]byte, size)
		if err := l.Copyin(data, a[3]); err != abi.OK {
			return retErr(err)
		}
	}
	if old&abi.MNT_GETARGS != 0 {
		return mountGetargs(l, at, m, a[3], uint64(len(data)))
	}
	m.Parse = func() abi.Errno { return parseMount(l, m, data) }
	return retErr(vfs.DoMount(l, at, m))
}

// parseMount reads what a type's arguments say. Errors: EINVAL, of none, of too few or of another version; EFAULT.
func parseMount(l *kern.LWP, m *vfs.MountArgs, data []byte) abi.Errno {
	args := mountArgs(m.Type)
	if args == nil {
		return abi.OK
	}
	n := l.Model().Sizeof(args)
	if data == nil {
		return abi.EINVAL
	}
	switch args := args.(type) {
	case *procfsArgs:
		if len(data) < n {
			return abi.OK // what it was without arguments
		}
		l.Model().Unmarshal(data, args)
		if args.Version != 1 { // PROCFS_ARGSVERSION
			return abi.EINVAL
		}
		m.Linux = args.Flags&procfsLinux != 0
		return abi.OK
	case *ptyfsArgs:
		version := int32(l.Model().Uint(append(data, 0, 0, 0, 0), 4))
		if len(data) != n && (len(data) != ptyfsOldSize || version >= ptyfsArgsVersion) || version > ptyfsArgsVersion {
			return abi.EINVAL
		}
		return abi.OK
	}
	if len(data) < n {
		return abi.EINVAL
	}
	l.Model().Unmarshal(data, args)
	var err abi.Errno
	switch args := args.(type) {
	case *nullArgs:
		m.From, err = copyinPath(l, uint64(args.Target))
	case *unionArgs:
		m.Union = args.Flags & 3 // UNMNT_OPMASK
		m.From, err = copyinPath(l, uint64(args.Target))
	case *tmpfsArgs:
		if args.Version != 1 { // TMPFS_ARGS_VERSION
			return abi.EINVAL
		}
		m.Mode = args.RootMode & abi.ALLPERMS
	}
	return err
}

// mountGetargs says what a mount was made with (MNT_GETARGS), and returns how long that is. Errors: EINVAL, of other flags
// beside, of what is no mount's root, and of too little room.
func mountGetargs(l *kern.LWP, at *vfs.MountPoint, m *vfs.MountArgs, addr, size uint64) (kern.Retval, abi.Errno) {
	if size == 0 || m.Flags != abi.MNT_GETARGS {
		return retErr(abi.EINVAL)
	}
	was, err := at.Args(l)
	if err != abi.OK {
		return retErr(err)
	}
	args := mountArgs(was.Type)
	switch args := args.(type) {
	case nil:
		return kern.Retval{}, abi.OK
	case *unionArgs:
		args.Flags = was.Union
	case *tmpfsArgs:
		args.Version, args.RootMode = 1, was.Mode
	case *procfsArgs:
		args.Version = 1
		if was.Linux {
			args.Flags = procfsLinux
		}
	case *ptyfsArgs:
		args.Mode = 0o620
	}
	n := uint64(l.Model().Sizeof(args))
	if size < n {
		return retErr(abi.EINVAL)
	}
	return kern.Retval{R0: n}, l.CopyoutStruct(addr, args)
}

// sysUnmount is unmount(path, flags). Errors: vfs.Unmount's.
func sysUnmount(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := copyinPath(l, a[0])
	if err != abi.OK {
		return retErr(err)
	}
	return retErr(vfs.Unmount(l, p, int32(a[1])))
}
