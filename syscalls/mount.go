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

// sysMount50 is mount(type, path, flags, data, data_len): see vfs.DoMount. Errors: ENODEV, of a type that is not there;
// EOPNOTSUPP, of MNT_GETARGS; EFAULT, EINVAL, of data that are too short; vfs.DoMount's.
func sysMount50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return mount(l, a, a[4]) }

// sysCompat40Mount is mount without the length of data, which is what the type has.
func sysCompat40Mount(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mount(l, a, uint64(l.Model().Sizeof(tmpfsArgs{})))
}

func mount(l *kern.LWP, a *kern.Args, size uint64) (kern.Retval, abi.Errno) {
	const typeMax = 32 // _VFS_NAMELEN
	typ, err := l.CopyinStr(a[0], typeMax)
	if err != abi.OK {
		return retErr(err)
	}
	flags := uint64(uint32(a[2]))
	if flags&(abi.MNT_UPDATE|abi.MNT_GETARGS) == 0 && !vfs.CanMount(typ) {
		l.K.LogOnce("mount: file systems of type %q are not supported", typ)
		return retErr(abi.ENODEV)
	}
	m := vfs.MountArgs{Type: typ, Flags: flags}
	if m.On, err = copyinPath(l, a[1]); err != abi.OK {
		return retErr(err)
	}
	if m.Flags&abi.MNT_GETARGS != 0 {
		return retErr(abi.EOPNOTSUPP)
	}
	switch {
	case m.Flags&abi.MNT_UPDATE != 0:
	case typ == abi.MOUNT_NULL || typ == abi.MOUNT_UNION:
		// struct null_args begins with the name of the directory, so does struct union_args; there flags follow.
		b := make([]byte, l.Model().PtrSize+4)
		if typ == abi.MOUNT_NULL {
			b = b[:l.Model().PtrSize]
		}
		if size < uint64(len(b)) {
			return retErr(abi.EINVAL)
		}
		if err := l.Copyin(b, a[3]); err != abi.OK {
			return retErr(err)
		}
		if m.From, err = copyinPath(l, l.Model().Ptr(b)); err != abi.OK {
			return retErr(err)
		}
		if typ == abi.MOUNT_UNION {
			m.Union = int32(l.Model().Uint(b[l.Model().PtrSize:], 4)) & 3 // UNMNT_OPMASK
		}
	case typ == abi.MOUNT_TMPFS:
		var t tmpfsArgs
		if size < uint64(l.Model().Sizeof(t)) {
			return retErr(abi.EINVAL)
		}
		if err := l.CopyinStruct(a[3], &t); err != abi.OK {
			return retErr(err)
		}
		if t.Version != 1 { // TMPFS_ARGS_VERSION
			return retErr(abi.EINVAL)
		}
		m.Mode = t.RootMode & abi.ALLPERMS
	}
	return retErr(vfs.DoMount(l, &m))
}

// sysUnmount is unmount(path, flags). Errors: vfs.Unmount's.
func sysUnmount(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := copyinPath(l, a[0])
	if err != abi.OK {
		return retErr(err)
	}
	return retErr(vfs.Unmount(l, p, int32(a[1])))
}
