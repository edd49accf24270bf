package linux

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Handles of files (fs/fhandle.c). They are those of getfh(2): vfs/fhandle.go says how long they last.

const (
	atHandleMntIDUnique = 1 // mnt_id has 64 bits
	atHandleConnectable = 2 // a directory that the file is in is part of the handle, which none of ours needs
	atHandleFID         = 0x200

	maxHandleSize = 128 // MAX_HANDLE_SZ

	// Kinds of handles: one that can be opened, and one that only tells files apart (FILEID_INO64_GEN).
	handleFile = 0x4e
	handleFID  = 0x81
	// handleFlags are what a kind may have beside it: connectable, and of a directory.
	handleFlags = 0x30000
)

// fileHandle are the bytes of a file's handle, and its kind. With fid the file need not be one that can be opened again.
// Error: EOPNOTSUPP.
func fileHandle(fh vfs.FileHandle, err abi.Errno, fid bool, st *abi.Stat) (kind int32, b []byte, _ abi.Errno) {
	switch {
	case err == abi.OK:
		b, err := binary.Append(nil, binary.BigEndian, &fh)
		if err != nil {
			return 0, nil, abi.EOPNOTSUPP
		}
		return handleFile, b, abi.OK
	case err == abi.EOPNOTSUPP && fid:
		b := binary.BigEndian.AppendUint64(nil, st.Ino)
		return handleFID, binary.BigEndian.AppendUint32(b, uint32(st.Dev)), abi.OK
	}
	return 0, nil, err
}

// sysNameToHandleAt is name_to_handle_at(dirfd, path, handle, mount_id, flags). Errors: EINVAL, EFAULT, EOVERFLOW with
// the size that is needed, EOPNOTSUPP, those of the lookup.
func sysNameToHandleAt(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := uint64(uint32(a[4]))
	if flags&^(atSymlinkFollow|atEmptyPath|atHandleFID|atHandleConnectable|atHandleMntIDUnique) != 0 ||
		flags&atHandleFID != 0 && flags&atHandleConnectable != 0 {
		return ret(abi.EINVAL)
	}
	var (
		st abi.Stat
		fh vfs.FileHandle
	)
	look := uint64(atSymlinkNofollow)
	if flags&atSymlinkFollow != 0 {
		look = 0
	}
	err := statAt(l, int32(a[0]), a[1], look|flags&atEmptyPath, &st)
	if err != abi.OK {
		return ret(err)
	}
	if emptyPath(l, flags, a[1]) && int32(a[0]) != abi.AT_FDCWD {
		f, e := l.GetfileAny(int32(a[0]))
		if e != abi.OK {
			return ret(e)
		}
		fh, err = vfs.FileGetfh(l, f)
		f.Done(l)
	} else {
		p := "."
		if !emptyPath(l, flags, a[1]) {
			if p, err = l.CopyinStr(a[1], pathMax); err != abi.OK {
				return ret(err)
			}
		}
		fh, err = vfs.GetfhAt(l, int32(a[0]), p, flags&atSymlinkFollow != 0)
	}
	kind, b, err := fileHandle(fh, err, flags&atHandleFID != 0, &st)
	if err != abi.OK {
		return ret(err)
	}
	room, err := l.CopyinInt32(a[2])
	if err != abi.OK {
		return ret(err)
	}
	if uint32(room) > maxHandleSize {
		return ret(abi.EINVAL)
	}
	if err := putMountID(l, a[3], &st, flags&atHandleMntIDUnique != 0); err != abi.OK {
		return ret(err)
	}
	if err := l.CopyoutInt32(a[2], int32(len(b))); err != abi.OK {
		return ret(err)
	}
	if int(room) < len(b) {
		return ret(abi.EOVERFLOW)
	}
	if err := l.CopyoutInt32(a[2]+4, kind); err != abi.OK {
		return ret(err)
	}
	return ret(l.Copyout(b, a[2]+8))
}

// putMountID stores the number of the mount that a file is on, which is that of its device as in fdinfo.
func putMountID(l *kern.LWP, va uint64, st *abi.Stat, wide bool) abi.Errno {
	id := abi.Minor(st.Dev)
	if wide {
		return l.CopyoutStruct(va, uint64(id))
	}
	return l.CopyoutInt32(va, int32(id))
}

// sysOpenByHandleAt is open_by_handle_at(mount_fd, handle, flags). Errors: EBADF, EPERM, EFAULT, EINVAL; ESTALE for what is
// no handle, not on mount_fd's file system or gone; those of open.
func sysOpenByHandleAt(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var on abi.Stat
	if fd := int32(a[0]); fd == abi.AT_FDCWD {
		if err := vfs.Stat(l, fd, ".", true, &on); err != abi.OK {
			return ret(err)
		}
	} else {
		f, err := l.GetfileAny(fd)
		if err != abi.OK {
			return ret(err)
		}
		err = f.Ops.Stat(l, f, &on)
		f.Done(l)
		if err != abi.OK {
			return ret(abi.ESTALE)
		}
	}
	if !capable(l, capDacRead) {
		return ret(abi.EPERM)
	}
	fh, err := handleAt(l, a[1])
	if err != abi.OK {
		return ret(err)
	}
	var st abi.Stat
	switch err := vfs.Fhstat(l, fh, &st); {
	case err != abi.OK:
		return ret(err)
	case st.Dev != on.Dev:
		return ret(abi.ESTALE)
	case st.Mode&abi.S_IFMT == abi.S_IFLNK:
		return ret(abi.ELOOP)
	}
	if err := l.Proc.FdRoom(); err != abi.OK {
		return ret(err)
	}
	n := oflagsIn(int32(a[2]))
	f, err := vfs.Fhopen(l, fh, n)
	if err != abi.OK {
		return ret(err)
	}
	return retFd(l.Install(f, n&abi.O_CLOEXEC != 0))
}

// handleAt reads a struct file_handle. Errors: EFAULT, EINVAL, ESTALE for one that no file has.
func handleAt(l *kern.LWP, va uint64) (fh vfs.FileHandle, err abi.Errno) {
	var head struct {
		Bytes uint32
		Kind  int32
	}
	if err := l.CopyinStruct(va, &head); err != abi.OK {
		return fh, err
	}
	if head.Bytes == 0 || head.Bytes > maxHandleSize || head.Kind < 0 {
		return fh, abi.EINVAL
	}
	b := make([]byte, head.Bytes)
	if err := l.Copyin(b, va+8); err != abi.OK {
		return fh, err
	}
	if head.Kind&^handleFlags != handleFile || len(b) != binary.Size(&fh) {
		return fh, abi.ESTALE
	}
	if _, err := binary.Decode(b, binary.BigEndian, &fh); err != nil {
		return fh, abi.ESTALE
	}
	return fh, abi.OK
}
