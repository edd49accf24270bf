package vfs

import (
	"slices"

	"nbemu/abi"
	"nbemu/kern"
)

// Linux's F_NOTIFY (fs/notify/dnotify): the owner of an open directory gets a signal when something happens in it. The
// host tells of that, by an inotify of the machine's: what the machine did itself is in the host's queue when the call that
// did it returns, and is taken out there.

// What F_NOTIFY can tell of (DN_ACCESS and so on).
const (
	DirAccess    = 1 << 0
	DirModify    = 1 << 1
	DirCreate    = 1 << 2
	DirDelete    = 1 << 3
	DirRename    = 1 << 4
	DirAttrib    = 1 << 5
	DirMultishot = 1 << 31 // more than once

	dirEvents = DirAccess | DirModify | DirCreate | DirDelete | DirRename | DirAttrib
)

// dirWatch is who wants to hear of a directory: a process's open file.
type dirWatch struct {
	file *kern.File
	by   *kern.FileDesc
	want uint32
	wd   int32
}

// NotifyDir has f's owner, the caller from now on, hear of what happens in the directory; without events it hears of
// nothing any more. Error: ENOTDIR; EINVAL where the host tells nothing; those of the host.
func NotifyDir(l *kern.LWP, f *kern.File, want uint32) abi.Errno {
	fs := fsOf(l)
	want &= dirEvents | DirMultishot
	if want&dirEvents == 0 {
		fs.dirs.forget(f, l.Proc.Fd)
		return abi.OK
	}
	v := vnodeOf(f)
	var st abi.Stat
	if v == nil || v.Stat(&st) != abi.OK || st.Mode&abi.S_IFMT != abi.S_IFDIR {
		return abi.ENOTDIR
	}
	w := fs.dirs.find(f, l.Proc.Fd)
	if w == nil {
		w = &dirWatch{file: f, by: l.Proc.Fd, wd: -1}
	}
	if err := fs.dirs.watch(fs, v, w, w.want|want); err != abi.OK {
		return err
	}
	return f.SetOwner(l, l.Proc.PID)
}

// find returns who is watching with the file; nil for nobody.
func (d *dirNews) find(f *kern.File, by *kern.FileDesc) *dirWatch {
	for _, ws := range d.places {
		for _, w := range ws {
			if w.file == f && w.by == by {
				return w
			}
		}
	}
	return nil
}

// forget ends what NotifyDir began, because it is no longer wanted or the process closes a descriptor of the file.
func (d *dirNews) forget(f *kern.File, by *kern.FileDesc) {
	if w := d.find(f, by); w != nil {
		d.remove(w)
	}
}

func (d *dirNews) remove(w *dirWatch) {
	ws := d.places[w.wd]
	i := slices.Index(ws, w)
	if i < 0 {
		return
	}
	if ws = slices.Delete(ws, i, i+1); len(ws) > 0 {
		d.places[w.wd] = ws
		return
	}
	delete(d.places, w.wd)
	d.unwatch(w.wd)
}

// tell sends the signals of one event.
func (d *dirNews) tell(wd int32, what uint32) {
	for _, w := range slices.Clone(d.places[wd]) {
		if w.want&what == 0 {
			continue
		}
		if w.want&DirMultishot == 0 {
			d.remove(w)
		}
		w.file.SigioAlways(abi.POLL_MSG)
	}
}
