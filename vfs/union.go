package vfs

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// A union shows several directories of the host's as one (-overlay, mount_union): what is in an upper layer hides what
// has the same name in a lower one, directories are merged, and only the uppermost layer is ever changed. Lower layers
// must not change by other hands meanwhile, as the host's own overlay file systems ask for.
//
// A name that was removed, and is in a lower layer still, is hidden by a file ".wh.NAME" in the upper one (a whiteout).
// It speaks of lower layers only, so that it stays where it is when the name is used again: a directory with a whiteout
// beside it is not merged with anything. Layers of container images have the same form. Names that begin so are ours:
// programs neither see nor make them.
//
// The directories of a union that are in use are known one by one, as the kernel's vnodes are: whoever holds one sees
// what becomes of it, and a walk upwards needs no names of the host's.
type union struct {
	fs       *FS
	root     *unionDir
	typ      string                              // as statvfs calls it
	dev      uint64                              // that all of it is shown to be on
	origin   map[mem.FileKey]mem.FileKey         // what files in the upper layer were copied from since the machine began
	files    map[mem.FileKey]map[*kern.File]bool // open files of lower layers
	links    map[mem.FileKey][]string            // names of lower files with several, once one of them is to be copied
	listened bool                                // by an inotify, to which the removal of what is no more than hidden would be none

	mu   sync.Mutex // for dirs and the counts of references
	dirs map[mem.FileKey]*unionDir
}

// unionDir is a directory of a union.
type unionDir struct {
	un     *union
	parent *unionDir // with a reference; nil for the root
	name   string    // in parent
	upper  int       // its descriptor in the uppermost layer; -1 while it is not there
	lower  []int     // those in the layers below, the upper ones first
	rest   []int     // those of layers that it is no longer merged with, to be closed
	key    mem.FileKey
	refs   int
	gone   bool // removed
}

// whPrefix is that of whiteouts, whOwn that of files of ours that are no whiteouts.
const (
	whPrefix = ".wh."
	whOwn    = ".wh..wh."
)

// hiddenName reports whether a name is not for programs.
func hiddenName(name string) bool { return strings.HasPrefix(name, whPrefix) }

// whiteout is the name that hides name. One that would be too long for the host is hashed.
func whiteout(name string) string {
	if len(whPrefix)+len(name) <= 255 {
		return whPrefix + name
	}
	sum := sha256.Sum256([]byte(name))
	return whOwn + hex.EncodeToString(sum[:])
}

func hasName(dirfd int, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(dirfd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

// newUnion makes a union of open directories, which belong to it from then on. upper must be one that can be written.
func (fs *FS) newUnion(typ string, upper int, lower []int) (*union, error) {
	un := &union{fs: fs, typ: typ, origin: map[mem.FileKey]mem.FileKey{}, dirs: map[mem.FileKey]*unionDir{},
		files: map[mem.FileKey]map[*kern.File]bool{}}
	d := &unionDir{un: un, upper: upper, lower: lower, refs: 1}
	var err error
	if d.key, err = fdKey(upper); err != nil {
		return nil, err
	}
	if un.dev = d.key.Dev; len(lower) > 0 {
		k, err := fdKey(lower[0])
		if err != nil {
			return nil, err
		}
		un.dev = k.Dev
	}
	un.root, un.dirs[d.key] = d, d
	return un, nil
}

// fdKey identifies what a descriptor is open on.
func fdKey(fd int) (mem.FileKey, error) {
	var st abi.Stat
	err := hostStat(fd, "", false, &st)
	return keyOf(&st), err
}

// fd is a descriptor of the directory in the uppermost layer that has it; it is the directory's own.
func (d *unionDir) fd() int {
	if d.upper >= 0 {
		return d.upper
	}
	return d.lower[0]
}

// layers are the descriptors of all layers, the uppermost first.
func (d *unionDir) layers() []int {
	if d.upper < 0 {
		return d.lower
	}
	return append([]int{d.upper}, d.lower...)
}

func (d *unionDir) ref() *unionDir {
	d.un.mu.Lock()
	d.refs++
	d.un.mu.Unlock()
	return d
}

// unref gives a reference back; any goroutine may call it.
func (d *unionDir) unref() {
	for d != nil {
		un := d.un
		un.mu.Lock()
		d.refs--
		last := d.refs == 0
		if last && un.dirs[d.key] == d {
			delete(un.dirs, d.key)
		}
		un.mu.Unlock()
		if !last {
			return
		}
		if d.upper >= 0 {
			_ = unix.Close(d.upper)
		}
		closeAll(d.lower)
		closeAll(d.rest)
		d = d.parent
	}
}

// at finds the layer that has a name: a descriptor of d in it. For a name that is nowhere it is one where it is not
// either.
func (d *unionDir) at(name string) (fd int, found bool) {
	if d.gone {
		return d.fd(), false
	}
	for _, fd := range d.layers() {
		if hasName(fd, name) {
			return fd, true
		}
		if hasName(fd, whiteout(name)) {
			break
		}
	}
	return d.fd(), false
}

// below reports whether a layer under the uppermost one has a name that is not hidden.
func (d *unionDir) below(name string) bool {
	return !d.whited(name) && d.lowerHas(name)
}

// hidden reports whether a lower layer has a name that the uppermost one hides.
func (d *unionDir) hidden(name string) bool { return !d.gone && d.whited(name) && d.lowerHas(name) }

// whited reports whether a whiteout of the uppermost layer hides name.
func (d *unionDir) whited(name string) bool { return d.upper >= 0 && hasName(d.upper, whiteout(name)) }

// lowerHas reports whether name is in one of the lower layers, and not hidden by another of them.
func (d *unionDir) lowerHas(name string) bool {
	for _, fd := range d.lower {
		if hasName(fd, name) {
			return true
		}
		if hasName(fd, whiteout(name)) {
			return false
		}
	}
	return false
}

// child opens a directory in d and gives a reference to it. Errors: the host's; ENOTDIR or ELOOP for what is none.
func (d *unionDir) child(name string) (*unionDir, error) {
	c := &unionDir{un: d.un, name: name, upper: -1, refs: 1}
	if d.gone {
		return nil, unix.ENOENT
	}
	for _, fd := range d.layers() {
		got, err := unix.Openat(fd, name, oSearch|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		switch {
		case err == nil && fd == d.upper:
			c.upper = got
		case err == nil:
			c.lower = append(c.lower, got)
		case err != unix.ENOENT:
			if c.upper < 0 && c.lower == nil {
				return nil, err
			}
			return d.known(c)
		}
		if hasName(fd, whiteout(name)) {
			break
		}
	}
	if c.upper < 0 && c.lower == nil {
		return nil, unix.ENOENT
	}
	return d.known(c)
}

// known finds the directory that c, just opened in d, is, if it is in use already. It takes c's descriptors over.
func (d *unionDir) known(c *unionDir) (*unionDir, error) {
	key, err := fdKey(c.fd())
	un := d.un
	un.mu.Lock()
	old := un.dirs[key]
	if err == nil && old == nil {
		c.key, c.parent = key, d
		d.refs++
		un.dirs[key] = c
		un.mu.Unlock()
		return c, nil
	}
	if err == nil {
		old.refs++
	}
	un.mu.Unlock()
	if c.upper >= 0 {
		_ = unix.Close(c.upper)
	}
	closeAll(c.lower)
	return old, err
}

// risen says that d is in the uppermost layer now, as upper.
func (d *unionDir) risen(upper int) error {
	key, err := fdKey(upper)
	if err != nil {
		return err
	}
	d.un.mu.Lock()
	delete(d.un.dirs, d.key)
	d.upper, d.key = upper, key
	d.un.dirs[key] = d
	d.un.mu.Unlock()
	return nil
}

// live finds a directory of d that is in use, without a reference; nil if it is not.
func (d *unionDir) live(name string) *unionDir {
	d.un.mu.Lock()
	defer d.un.mu.Unlock()
	for _, c := range d.un.dirs {
		if c.parent == d && c.name == name {
			return c
		}
	}
	return nil
}

// in reports whether d is top or below it.
func (d *unionDir) in(top *unionDir) bool {
	for ; d != nil; d = d.parent {
		if d == top {
			return true
		}
	}
	return false
}

// show makes attributes those of the union's: one device, numbers that stay when a file is copied, links of all layers.
// d is the directory itself, nil for a file.
func (un *union) show(d *unionDir, st *abi.Stat) {
	if d != nil && d.upper >= 0 {
		for _, fd := range d.lower {
			var low abi.Stat
			if hostStat(fd, "", false, &low) == nil {
				st.Nlink += low.Nlink
			}
		}
	}
	k := un.shown(keyOf(st))
	st.Dev, st.Ino = k.Dev, k.Ino
}

// shown is the number that a file is known by.
func (un *union) shown(k mem.FileKey) mem.FileKey {
	if from, ok := un.origin[k]; ok {
		return from
	}
	if k.Dev == un.root.key.Dev && un.dev != k.Dev {
		// Numbers of two file systems: they must not be taken for each other.
		k.Dev, k.Ino = un.dev, k.Ino|1<<40
	}
	return k
}

// path is the union's path of what a descriptor of one of its layers is open on. Error: ENOENT when it has none.
func (un *union) path(fd int) (string, abi.Errno) {
	p, err := fdPath(fd)
	if err != abi.OK {
		return "", err
	}
	for _, top := range un.root.layers() {
		r, err := fdPath(top)
		if err != abi.OK {
			continue
		}
		if p == r || r == "/" {
			return "/" + strings.TrimPrefix(p, r), abi.OK
		}
		if rest, ok := strings.CutPrefix(p, r+"/"); ok {
			return "/" + rest, abi.OK
		}
	}
	return "", abi.ENOENT
}
