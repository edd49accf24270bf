package vfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// dirNews are the directories that somebody watches. The kernel lock protects it.
type dirNews struct {
	fd     int // the inotify, if there is poll
	poll   *kern.HostWatch
	places map[int32][]*dirWatch // by watch descriptor
}

// dirMasks are the host's words for what can be told of.
var dirMasks = map[uint32]uint32{
	DirAccess: unix.IN_ACCESS, DirModify: unix.IN_MODIFY, DirCreate: unix.IN_CREATE | unix.IN_MOVED_TO,
	DirDelete: unix.IN_DELETE | unix.IN_MOVED_FROM, DirRename: unix.IN_MOVED_FROM | unix.IN_MOVED_TO, DirAttrib: unix.IN_ATTRIB,
}

// watch puts w among those who watch v, for want. Errors: the host's.
func (d *dirNews) watch(fs *FS, v *Vnode, w *dirWatch, want uint32) abi.Errno {
	if d.poll == nil {
		fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
		if err != nil {
			return errno(err)
		}
		if d.poll, err = fs.K.WatchHostFunc(fd, d.read); err != nil {
			_ = unix.Close(fd)
			return errno(err)
		}
		d.fd, d.places = fd, map[int32][]*dirWatch{}
	}
	d.read() // what has been until now is nobody's
	mask := uint32(unix.IN_MASK_ADD)
	for what, m := range dirMasks {
		if want&what != 0 {
			mask |= m
		}
	}
	wd, err := unix.InotifyAddWatch(d.fd, fdName(v.fd), mask)
	if err != nil {
		return errno(err)
	}
	w.want = want
	if w.wd < 0 {
		w.wd = int32(wd)
		d.places[w.wd] = append(d.places[w.wd], w)
	}
	return abi.OK
}

func (d *dirNews) unwatch(wd int32) { _, _ = unix.InotifyRmWatch(d.fd, uint32(wd)) }

// read tells what the host has told.
func (d *dirNews) read() {
	if d.poll == nil || len(d.places) == 0 {
		return
	}
	var buf [4096]byte
	for {
		got, err := unix.Read(d.fd, buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || got <= 0 {
			return
		}
		from, cookie := int32(-1), uint32(0)
		for b := buf[:got]; len(b) >= unix.SizeofInotifyEvent; {
			o := binary.NativeEndian
			wd, mask, pair, size := int32(o.Uint32(b)), o.Uint32(b[4:]), o.Uint32(b[8:]), int(o.Uint32(b[12:]))
			for what, m := range dirMasks {
				if mask&m != 0 && what != DirRename {
					d.tell(wd, what)
				}
			}
			switch { // a new name in the same directory
			case mask&unix.IN_MOVED_FROM != 0:
				from, cookie = wd, pair
			case mask&unix.IN_MOVED_TO != 0 && from == wd && cookie == pair:
				d.tell(wd, DirRename)
			}
			b = b[min(unix.SizeofInotifyEvent+size, len(b)):]
		}
	}
}

func (d *dirNews) close() {
	if d.poll != nil {
		d.poll.Close()
		d.poll = nil
		_ = unix.Close(d.fd)
	}
}
