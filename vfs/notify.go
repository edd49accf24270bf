package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Who watches a file with EVFILT_VNODE, or waits for its end with EVFILT_READ, hears at once of what the machine's
// processes do to it. Of what other programs of the host do, and other nbemus, the host tells (see hostnews_linux.go).

func (fs *FS) watching() bool { return len(fs.vnodeKlists) > 0 || len(fs.dirs.places) > 0 }

// watchVnode attaches an EVFILT_VNODE event.
func watchVnode(v *Vnode, kn *kern.Knote) abi.Errno {
	watchFile(v, kn, func(kn *kern.Knote, hint int64) bool {
		kn.Kev.Fflags |= kn.Sfflags & uint32(hint)
		return kn.Kev.Fflags != 0
	})
	return abi.OK
}

// watchFile attaches an event that is looked at whenever a guest does something to the file, through whatever
// descriptor.
func watchFile(v *Vnode, kn *kern.Knote, fop func(kn *kern.Knote, hint int64) bool) {
	k := v.fs.vnodeKlists[v.key]
	if k == nil {
		k = &kern.Klist{}
		v.fs.vnodeKlists[v.key] = k
		v.fs.news.watch(v)
	}
	kn.Attach(k, fop)
	kn.Detach = func(*kern.Knote) {
		if !k.Empty() {
			return
		}
		for key, other := range v.fs.vnodeKlists { // a copy of the file may have taken the list over
			if other == k {
				delete(v.fs.vnodeKlists, key)
				v.fs.news.unwatch(key)
			}
		}
	}
}

// changed tells the watchers of a file what happened to it (NOTE_WRITE and so on).
func (fs *FS) changed(key mem.FileKey, what uint32) {
	fs.dirs.read()
	if len(fs.vnodeKlists) == 0 {
		return
	}
	fs.news.read(key)
	if k := fs.vnodeKlists[key]; k != nil {
		k.Knote(int64(what))
	}
}
