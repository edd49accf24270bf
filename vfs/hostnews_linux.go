package vfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// hostNews is what the host tells of changes to watched files, by an inotify. It tells of ours too, which the watchers
// know already: the host has them in its queue when the call that made them returns, so that FS.changed takes them out
// before it speaks itself. The kernel lock protects it.
type hostNews struct {
	fs     *FS
	fd     int // the inotify; nothing is watched without poll
	poll   *kern.HostWatch
	failed bool
	files  map[mem.FileKey]*watchedFile
	places map[int32]*newsPlace // by watch descriptor
}

// watchedFile is a file that somebody watches.
type watchedFile struct {
	key   mem.FileKey
	fd    int // only names it
	dir   bool
	size  int64
	nlink uint64
	self  int32 // watch descriptors; -1 for none
	in    int32 // of the directory that a directory is in, which alone tells of its end while it is open
}

// newsPlace is what one watch descriptor is about: inotify has one for each file, whatever it is watched for.
type newsPlace struct {
	self *watchedFile
	dirs map[*watchedFile]bool // watched directories in it
}

const (
	newsSelf = unix.IN_MODIFY | unix.IN_ATTRIB | unix.IN_MOVE_SELF | unix.IN_DELETE_SELF
	newsDir  = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO
)

// watch begins to hear of what v is open on. Where the host cannot tell (no more watches, a file that may not be read)
// only the machine's own changes are seen, and the log says so.
func (n *hostNews) watch(v *Vnode) {
	// On the deterministic machine nothing happens but by its own processes.
	if n.fs.K.IsDeterministic() || !n.begin() || n.files[v.key] != nil {
		return
	}
	fd, err := unix.Open(fdName(v.fd), unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	w := &watchedFile{key: v.key, fd: fd, self: -1, in: -1}
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		_ = unix.Close(fd)
		return
	}
	w.dir = st.Mode&unix.S_IFMT == unix.S_IFDIR
	w.size, w.nlink = st.Size, uint64(st.Nlink)
	mask := uint32(newsSelf)
	if w.dir {
		mask |= newsDir
	}
	if w.self = n.add(fd, mask); w.self < 0 {
		_ = unix.Close(fd)
		return
	}
	n.places[w.self].self = w
	n.files[w.key] = w
	if !w.dir {
		return
	}
	if up, err := unix.Openat(fd, "..", unix.O_PATH|unix.O_CLOEXEC, 0); err == nil {
		if w.in = n.add(up, unix.IN_DELETE|unix.IN_MOVED_TO); w.in >= 0 {
			n.places[w.in].dirs[w] = true
		}
		_ = unix.Close(up)
	}
}

// add watches what fd names and returns the watch descriptor, -1 if the host refuses.
func (n *hostNews) add(fd int, mask uint32) int32 {
	got, err := unix.InotifyAddWatch(n.fd, fdName(fd), mask|unix.IN_MASK_ADD)
	if err != nil {
		if err == unix.ENOSPC {
			n.fs.K.LogOnce("kqueue: the host has no more watches (fs.inotify.max_user_watches): changes from outside of this nbemu are not seen")
		}
		return -1
	}
	wd := int32(got)
	if n.places[wd] == nil {
		n.places[wd] = &newsPlace{dirs: map[*watchedFile]bool{}}
	}
	return wd
}

// begin makes the inotify when it is first needed.
func (n *hostNews) begin() bool {
	if n.poll != nil || n.failed {
		return !n.failed
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err == nil {
		if n.poll, err = n.fs.K.WatchHostFunc(fd, func() { n.read(mem.FileKey{}) }); err != nil {
			_ = unix.Close(fd)
		}
	}
	if err != nil {
		n.failed = true
		n.fs.K.LogOnce("kqueue: changes from outside of this nbemu are not seen: inotify: %v", err)
		return false
	}
	n.fd, n.files, n.places = fd, map[mem.FileKey]*watchedFile{}, map[int32]*newsPlace{}
	return true
}

// unwatch ends what watch began.
func (n *hostNews) unwatch(key mem.FileKey) {
	w := n.files[key]
	if w == nil {
		return
	}
	delete(n.files, key)
	_ = unix.Close(w.fd)
	for _, wd := range []int32{w.self, w.in} {
		p := n.places[wd]
		if p == nil {
			continue
		}
		if p.self == w {
			p.self = nil
		}
		delete(p.dirs, w)
		if p.self == nil && len(p.dirs) == 0 {
			delete(n.places, wd)
			_, _ = unix.InotifyRmWatch(n.fd, uint32(wd))
		}
	}
}

func (n *hostNews) close() {
	for key := range n.files {
		n.unwatch(key)
	}
	if n.poll != nil {
		n.poll.Close()
		n.poll = nil
		_ = unix.Close(n.fd)
	}
}

// read takes what is new from the host and tells the watchers, but not those of the file own, who hear of it otherwise.
func (n *hostNews) read(own mem.FileKey) {
	if n.poll == nil {
		return
	}
	var buf [4096]byte
	for {
		got, err := unix.Read(n.fd, buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || got <= 0 {
			break
		}
		for b := buf[:got]; len(b) >= unix.SizeofInotifyEvent; {
			o := binary.NativeEndian
			wd, mask, size := int32(o.Uint32(b)), o.Uint32(b[4:]), int(o.Uint32(b[12:]))
			if size > 0 {
				mask &= newsDir | unix.IN_ISDIR // the rest is about a file in it
			}
			n.event(wd, mask, own)
			b = b[min(unix.SizeofInotifyEvent+size, len(b)):]
		}
	}
	if w := n.files[own]; w != nil {
		var st unix.Stat_t
		if unix.Fstat(w.fd, &st) == nil {
			w.size, w.nlink = st.Size, uint64(st.Nlink)
		}
	}
}

func (n *hostNews) event(wd int32, mask uint32, own mem.FileKey) {
	if mask&unix.IN_Q_OVERFLOW != 0 {
		// Whatever was lost: who watches looks for itself.
		for key := range n.files {
			n.tell(key, abi.NOTE_WRITE, own)
		}
		return
	}
	p := n.places[wd]
	if p == nil {
		return
	}
	if w := p.self; w != nil {
		n.tell(w.key, w.changes(mask), own)
	}
	for w := range p.dirs {
		var st unix.Stat_t
		if unix.Fstat(w.fd, &st) == nil && st.Nlink == 0 && w.nlink != 0 {
			w.nlink = 0
			n.tell(w.key, abi.NOTE_DELETE, own)
		}
	}
	if mask&unix.IN_IGNORED != 0 {
		delete(n.places, wd)
	}
}

// changes says what an event of the host's is to a watcher.
func (w *watchedFile) changes(mask uint32) (what uint32) {
	var st unix.Stat_t
	if unix.Fstat(w.fd, &st) != nil {
		return 0
	}
	nlink := uint64(st.Nlink)
	if mask&unix.IN_MODIFY != 0 {
		what |= abi.NOTE_WRITE
		switch {
		case st.Size > w.size:
			what |= abi.NOTE_EXTEND
		case st.Size < w.size:
			what |= abi.NOTE_ATTRIB // it was cut
		}
	}
	if mask&unix.IN_ATTRIB != 0 {
		switch {
		case nlink == 0 && w.nlink != 0:
			what |= abi.NOTE_DELETE
		case nlink != w.nlink:
			what |= abi.NOTE_LINK
		default:
			what |= abi.NOTE_ATTRIB
		}
	}
	if w.dir && mask&newsDir != 0 {
		what |= abi.NOTE_WRITE
		// A directory that gets another name in the same place takes no link of it along. File systems that do not count
		// directories' links (they have 1) do not tell.
		renamed := mask&(unix.IN_MOVED_FROM|unix.IN_MOVED_TO) != 0 && nlink == w.nlink && nlink > 1
		if mask&unix.IN_ISDIR != 0 && !renamed {
			what |= abi.NOTE_LINK
		}
	}
	if mask&unix.IN_MOVE_SELF != 0 {
		what |= abi.NOTE_RENAME
	}
	if mask&unix.IN_DELETE_SELF != 0 && w.nlink != 0 {
		what |= abi.NOTE_DELETE
		nlink = 0
	}
	w.size, w.nlink = st.Size, nlink
	return what
}

func (n *hostNews) tell(key mem.FileKey, what uint32, own mem.FileKey) {
	if k := n.fs.vnodeKlists[key]; k != nil && what != 0 && key != own {
		k.Knote(int64(what))
	}
}
