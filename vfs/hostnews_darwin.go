package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// hostNews is what the host tells of changes to watched files, by a kqueue of its own, whose NOTE_ bits are NetBSD's.
// It tells of ours too, which the watchers know already: FS.changed takes them out before it speaks itself. The kernel
// lock protects it.
type hostNews struct {
	fs    *FS
	kq    int
	poll  *kern.HostWatch
	files map[mem.FileKey]int // descriptors of our own
	keys  map[int]mem.FileKey
}

// watch begins to hear of what v is open on; where the host refuses, only the machine's own changes are seen.
func (n *hostNews) watch(v *Vnode) {
	if n.fs.K.IsDeterministic() || !n.begin() {
		return
	}
	if _, ok := n.files[v.key]; ok {
		return
	}
	fd, err := unix.FcntlInt(uintptr(v.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return
	}
	var ev unix.Kevent_t
	unix.SetKevent(&ev, fd, unix.EVFILT_VNODE, unix.EV_ADD|unix.EV_CLEAR)
	ev.Fflags = abi.NOTE_DELETE | abi.NOTE_WRITE | abi.NOTE_EXTEND | abi.NOTE_ATTRIB | abi.NOTE_LINK | abi.NOTE_RENAME
	if _, err := unix.Kevent(n.kq, []unix.Kevent_t{ev}, nil, nil); err != nil {
		_ = unix.Close(fd)
		return
	}
	n.files[v.key], n.keys[fd] = fd, v.key
}

func (n *hostNews) begin() bool {
	if n.poll != nil {
		return true
	}
	kq, err := unix.Kqueue()
	if err == nil {
		unix.CloseOnExec(kq)
		if n.poll, err = n.fs.K.WatchHostFunc(kq, func() { n.read(mem.FileKey{}) }); err != nil {
			_ = unix.Close(kq)
		}
	}
	if err != nil {
		n.fs.K.LogOnce("kqueue: changes from outside of this nbemu are not seen: %v", err)
		return false
	}
	n.kq, n.files, n.keys = kq, map[mem.FileKey]int{}, map[int]mem.FileKey{}
	return true
}

// unwatch ends what watch began.
func (n *hostNews) unwatch(key mem.FileKey) {
	if fd, ok := n.files[key]; ok {
		delete(n.files, key)
		delete(n.keys, fd)
		_ = unix.Close(fd)
	}
}

func (n *hostNews) close() {
	for key := range n.files {
		n.unwatch(key)
	}
	if n.poll != nil {
		n.poll.Close()
		n.poll = nil
		_ = unix.Close(n.kq)
	}
}

// read takes what is new from the host and tells the watchers, but not those of the file own, who hear of it otherwise.
func (n *hostNews) read(own mem.FileKey) {
	if n.poll == nil {
		return
	}
	var evs [16]unix.Kevent_t
	for {
		got, err := unix.Kevent(n.kq, nil, evs[:], &unix.Timespec{})
		if err == unix.EINTR {
			continue
		}
		if err != nil || got == 0 {
			return
		}
		for _, ev := range evs[:got] {
			key, ok := n.keys[int(ev.Ident)]
			if k := n.fs.vnodeKlists[key]; ok && k != nil && key != own {
				k.Knote(int64(ev.Fflags))
			}
		}
	}
}
