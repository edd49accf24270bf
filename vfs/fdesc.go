package vfs

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// fdesc shows a process its own descriptors (sys/miscfs/fdesc). At /dev/fd they are devices without it.

// lookupFdesc finds what is at rel in an fdesc. Errors: ENOENT; EBADF, of a descriptor that is not open; ENXIO, of tty
// without one; ENOTDIR.
func lookupFdesc(l *kern.LWP, rel string, flags int) (node, string, abi.Errno) {
	first, below, more := strings.Cut(rel, "/")
	switch first {
	case "":
		return &fdescDir{fs: fsOf(l)}, "", abi.OK
	case "fd":
		if below == "" {
			return &fdescDir{fsOf(l), true}, "", abi.OK
		}
		return lookupFdescFd(l, below)
	case "tty":
		switch {
		case !hasTTY(l):
			return nil, "", abi.ENXIO
		case more:
			return nil, "", abi.ENOTDIR
		}
		return devices["tty"], "", abi.OK
	}
	for fd, name := range stdNames {
		if first != name {
			continue
		}
		target := "fd/" + strconv.Itoa(fd)
		if more || flags&follow != 0 {
			return nil, strings.TrimSuffix(ownPlaces[abi.MOUNT_FDESC]+"/"+target+"/"+below, "/"), abi.OK
		}
		return &procLink{ino: uint64(fd) + 10, target: target}, "", abi.OK
	}
	return nil, "", abi.ENOENT
}

var stdNames = []string{"stdin", "stdout", "stderr"}

func lookupFdescFd(l *kern.LWP, name string) (node, string, abi.Errno) {
	name, _, more := strings.Cut(name, "/")
	fd, herr := strconv.ParseUint(name, 10, 31)
	if herr != nil {
		return nil, "", abi.ENOENT
	}
	f := l.Proc.Fd.Get(int32(fd))
	switch {
	case f == nil:
		return nil, "", abi.EBADF
	case more:
		return nil, "", abi.ENOTDIR
	}
	return &fdescNode{device{name, fdMajor, uint32(fd), 0666, openFdDev}}, "", abi.OK
}

// hasTTY reports whether l's process has a controlling terminal.
func hasTTY(l *kern.LWP) bool {
	s := l.Proc.Pgrp.Session
	if s.TTY != nil {
		return l.Proc.Flags&kern.PFControlT != 0
	}
	// The first session has the host's, if there is one.
	if s != l.K.FirstSession() {
		return false
	}
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	_ = unix.Close(fd)
	return true
}

// fdescNode is a descriptor.
type fdescNode struct{ device }

// stat is that of the open file. A directory cannot be searched, so that there are no loops (fdesc_attr).
func (n *fdescNode) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	f := l.Proc.Fd.Get(int32(n.minor))
	if f == nil {
		return abi.EBADF
	}
	err := f.Ops.Stat(l, f, st)
	if st.Mode&abi.S_IFMT == abi.S_IFDIR {
		st.Mode &^= 0111
	}
	return err
}

// fdescDir is the root of an fdesc, or fd in it.
type fdescDir struct {
	fs *FS
	fd bool
}

func (d *fdescDir) at() string {
	if d.fd {
		return ownPlaces[abi.MOUNT_FDESC] + "/fd"
	}
	return ownPlaces[abi.MOUNT_FDESC]
}

func (d *fdescDir) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	ino := uint64(2)
	if d.fd {
		ino = 3
	}
	err := procStat(l, nil, st, ino, abi.S_IFDIR|0555)
	st.Dev, st.Nlink, st.Size, st.Blksize = abi.Makedev(0, 251), 2, 512, 512
	return err
}

func (*fdescDir) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

func (d *fdescDir) dir() (*Dir, abi.Errno) { return d.fs.newNodeDir(d.at()) }

func (d *fdescDir) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	var entries []nodeEntry
	if d.fd {
		for _, fd := range l.Proc.Fd.Fds() {
			entries = append(entries, nodeEntry{strconv.Itoa(int(fd)), uint64(fd) + 10, abi.DT_UNKNOWN})
		}
	} else {
		entries = append(entries, nodeEntry{"fd", 3, abi.DT_DIR})
		for fd, name := range stdNames {
			if l.Proc.Fd.Get(int32(fd)) != nil {
				entries = append(entries, nodeEntry{name, uint64(fd) + 10, abi.DT_LNK})
			}
		}
		if hasTTY(l) {
			entries = append(entries, nodeEntry{"tty", 4, abi.DT_UNKNOWN})
		}
	}
	return openNodeDir(l, d, d.at(), entries, oflags)
}
