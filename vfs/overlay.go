package vfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// -overlay: the machine's root, or the emulation's, is a union with a directory above it, which gets all changes. In
// that directory are root, the uppermost layer, and METALOG, with the owners and modes of what is in it: as in a
// directory that nbemu root makes.

// OverlayNone says that changes are kept nowhere: they are gone when the machine ends.
const OverlayNone = "-"

// setOverlay puts a union of a directory and the one in use in place of the root, or without one of the emulation's. The
// directory is made if it is not there, and belongs to this machine alone. Errors: the host's;
// another machine has the directory.
func (fs *FS) setOverlay(dir string) error {
	lower := &fs.root
	if *lower == nil {
		lower = &fs.edir
	}
	if *lower == nil {
		return errors.New("says nothing without a root (-chroot, -L)")
	}
	if dir == OverlayNone {
		tmp, err := os.MkdirTemp("", "nbemu-overlay-")
		if err != nil {
			return err
		}
		fs.layer.dir, fs.layer.scratch = tmp, true
	} else {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		// A new one must not be left in the root.
		if in, err := unix.Open(filepath.Dir(abs), oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err == nil {
			inside := under(in, (*lower).fd)
			_ = unix.Close(in)
			if inside {
				return fmt.Errorf("%s is in the root", abs)
			}
		}
		if err := os.Mkdir(abs, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		fs.layer.dir = abs
	}
	o := &fs.layer
	var err error
	if o.lock, err = os.Open(o.dir); err != nil {
		return err
	}
	if err := unix.Flock(int(o.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("%s: another nbemu keeps its changes there", o.dir)
	}
	if under((*lower).fd, int(o.lock.Fd())) {
		return fmt.Errorf("the root is in %s", o.dir)
	}
	top := filepath.Join(o.dir, "root")
	var st abi.Stat
	if err := hostStat((*lower).fd, "", false, &st); err != nil {
		return err
	}
	if err := os.Mkdir(top, 0o700); err == nil {
		_ = os.Chmod(top, os.FileMode(st.Mode&0o777|0o700))
	} else if !errors.Is(err, os.ErrExist) {
		return err
	}
	upper, err := unix.Open(top, oSearch|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &hostError{top, err}
	}
	if under(upper, (*lower).fd) {
		_ = unix.Close(upper)
		return fmt.Errorf("%s is in the root", o.dir)
	}
	low, err := unix.FcntlInt(uintptr((*lower).fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		_ = unix.Close(upper)
		return err
	}
	un, err := fs.newUnion(abi.MOUNT_UNION, upper, []int{low})
	if err != nil {
		return err
	}
	(*lower).Unref()
	*lower = newUnionRef(un.root, nil)
	return nil
}

// OverlayError is Init's error of the overlay.
type OverlayError struct{ Err error }

func (e *OverlayError) Error() string { return "overlay: " + e.Err.Error() }
func (e *OverlayError) Unwrap() error { return e.Err }

// overlayDir is what setOverlay made.
type overlayDir struct {
	dir     string
	scratch bool // it goes with the machine
	lock    *os.File
}

// OverlayDir is the directory that has the machine's changes; "" without one.
func (fs *FS) OverlayDir() string { return fs.layer.dir }

// closeOverlay gives the overlay's directory back, or away.
func (fs *FS) closeOverlay() {
	o := &fs.layer
	if o.lock != nil {
		_ = o.lock.Close()
	}
	if o.scratch {
		removeTree(o.dir)
	}
	*o = overlayDir{}
}

// removeTree removes a directory with all that is in it, whatever the modes are.
func removeTree(dir string) {
	_ = filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(p, 0o700)
		}
		return nil
	})
	_ = os.RemoveAll(dir)
}

// startAt puts an overlay into use, and makes the working directory one of the root's.
func (fs *FS) startAt(overlay string) error {
	if overlay != "" {
		if herr := fs.setOverlay(overlay); herr != nil {
			return &OverlayError{herr}
		}
	}
	root := fs.root
	if root == nil {
		root = fs.edir
	}
	if root == nil || root.u == nil {
		if fs.root != nil && !under(fs.cdir.fd, root.fd) {
			fs.cdir.Unref()
			fs.cdir = root
			root.Ref()
		}
		return nil
	}
	// A working directory in the root is one of the union's too.
	low := root.u.lower[0]
	d := root.u.ref()
	switch r, err := fdPath(low); {
	case err == abi.OK && under(fs.cdir.fd, low):
		if p, err := fdPath(fs.cdir.fd); err == abi.OK {
			if c, _, herr := root.u.walk(strings.TrimPrefix(p, strings.TrimSuffix(r, "/")), "."); herr == nil {
				d.unref()
				d = c
			}
		}
	case fs.root == nil:
		d.unref()
		return nil
	}
	fs.cdir.Unref()
	fs.cdir = newUnionRef(d, nil)
	return nil
}

// unionPath is p, the host's path of what fd is open on, as programs know it that see a union below the host's root:
// what is in the uppermost layer is where it would be in the lowest one.
func (fs *FS) unionPath(fd int, p string) string {
	if fs.edir == nil || fs.edir.u == nil {
		return p
	}
	un := fs.edir.u.un
	top, err := fdPath(un.root.upper)
	rest, ok := strings.CutPrefix(p, top)
	low, e2 := fdPath(un.root.lower[len(un.root.lower)-1])
	if err != abi.OK || e2 != abi.OK || !ok || rest != "" && rest[0] != '/' {
		return p
	}
	return low + rest
}

// describe puts a union's names into what statvfs says of the root.
func (un *union) describe(sv *abi.Statvfs) {
	putName(sv.Fstypename[:], un.typ)
	putName(sv.Mntonname[:], "/")
	putName(sv.Mntfromname[:], "<above>:overlay")
}

// over reports whether a directory of the host's is one that -L shows with an overlay: also by its own path the overlay
// is what is seen.
func (fs *FS) over(at place) bool {
	if fs.edir == nil || fs.edir.u == nil || at.u != nil || at.mnt != nil {
		return false
	}
	return sameFile(at.fd, fs.edir.u.lower[0])
}

// OpenOverlayMetadata puts an overlay of owners and modes into use that begins with what the file base, "" for none,
// says of the root, and keeps changes in the overlay's directory. base is not written. Errors: as OpenMetadata's.
func (fs *FS) OpenOverlayMetadata(base, root string) (*Metadata, error) {
	m := fs.newMetadata(base, "/")
	if err := m.setRoot(root); err != nil {
		return nil, err
	}
	if base != "" {
		b, err := os.ReadFile(base)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		if err := m.load(string(b)); err != nil {
			return nil, err
		}
	}
	for _, e := range m.ents {
		e.base = true
	}
	m.other = nil
	m.file = filepath.Join(fs.layer.dir, "METALOG")
	if err := m.setRoot(filepath.Join(fs.layer.dir, "root")); err != nil {
		return nil, err
	}
	last := func() *metaRest { return append([]*metaRest{nil}, m.rests...)[len(m.rests)] }
	r := last()
	if err := m.openFile(); err != nil {
		return nil, err
	}
	if r != nil && last() == r {
		// What the root says of its files holds for new ones too.
		m.mu.Lock()
		defer m.mu.Unlock()
		line := fmt.Sprintf("/set uid=%d gid=%d\n", r.uid, r.gid)
		if err := m.parse(strings.TrimSpace(line)); err != nil {
			return nil, err
		}
		m.changed(line)
	}
	m.begin()
	return m, nil
}
