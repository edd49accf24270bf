package vfs

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Metadata keeps owner, mode and device numbers of files beside the host's file system, where the host's user
// may not set them, or had better not: a set-id bit that is meant for the guest is none of the host's business.
// The file it is kept in has the form of an mtree specification with full paths (METALOG), as NetBSD's build
// without privileges makes one.
//
// While it is in use the guest's credentials decide what a program may open and change.
type Metadata struct {
	fs         *FS
	file, root string

	mu    sync.Mutex
	ents  map[mem.FileKey]*metaEntry
	users [2]map[string]uint32 // names of users and groups
	rests []*metaRest          // who owns what no line names; without one the host's owner
	other []string             // lines that are not about a file that is there; kept
	dirty bool                 // something has changed since the file was written anew
	log   metaLog
}

// metaEntry is what is known of one file. Fields without their bit in set are the host's.
type metaEntry struct {
	path     string   // the host's; "" of an open file that has no name
	more     []string // other names that were made meanwhile
	set      uint8
	typ      uint32 // S_IFCHR or S_IFBLK; 0 for the host's type
	mode     uint32
	uid, gid uint32
	rdev     uint64
	flags    uint32 // of chflags(2)
	base     bool   // of a file that is not written
}

const (
	metaMode = 1 << iota
	metaUid
	metaGid
	metaFlags
)

// OpenMetadata reads file, which need not exist, and puts it into use. Paths in it that begin with "./" are
// below root. Errors: those of reading; a line that cannot be understood.
func (fs *FS) OpenMetadata(file, root string) (*Metadata, error) {
	m := fs.newMetadata(file, "/")
	if err := m.setRoot(root); err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		m.file = real
	}
	if err := m.openFile(); err != nil {
		return nil, err
	}
	m.begin()
	return m, nil
}

// setRoot sets what paths of the file are below of; "" is the host's root.
func (m *Metadata) setRoot(root string) error {
	if root != "" {
		abs, err := filepath.Abs(root)
		if err != nil {
			return err
		}
		if m.root, err = filepath.EvalSymlinks(abs); err != nil {
			return err
		}
	}
	m.users[0] = readNames(filepath.Join(m.root, "etc/passwd"), map[string]uint32{"root": 0, "daemon": 1, "operator": 2, "bin": 3})
	m.users[1] = readNames(filepath.Join(m.root, "etc/group"), map[string]uint32{"wheel": 0, "daemon": 1, "kmem": 2, "sys": 3, "tty": 4, "operator": 5})
	return nil
}

// openFile opens the file and reads it.
func (m *Metadata) openFile() error {
	if err := m.openLog(); err != nil {
		return err
	}
	if m.log.f != nil {
		b, err := io.ReadAll(m.log.f)
		if err != nil {
			return err
		}
		if err := m.load(string(b)); err != nil {
			return err
		}
		m.log.off = int64(len(b))
		m.log.cut = len(b) > 0 && b[len(b)-1] != '\n'
	}
	return nil
}

func (fs *FS) newMetadata(file, root string) *Metadata {
	return &Metadata{fs: fs, file: file, root: root, ents: map[mem.FileKey]*metaEntry{}}
}

// begin puts the overlay into use.
func (m *Metadata) begin() {
	m.fs.metadata = m
	m.fs.Overlay = m.apply
}

// readNames reads the ids of a passwd or group file; without one the usual names are known.
func readNames(file string, usual map[string]uint32) map[string]uint32 {
	b, err := os.ReadFile(file)
	if err != nil {
		return usual
	}
	out := map[string]uint32{}
	for _, line := range strings.Split(string(b), "\n") {
		if f := strings.Split(line, ":"); len(f) > 2 {
			if n, err := strconv.ParseUint(f[2], 10, 32); err == nil {
				out[f[0]] = uint32(n)
			}
		}
	}
	return out
}

// parse takes in one line.
func (m *Metadata) parse(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 || words[0][0] == '#' {
		if line != "" {
			m.other = append(m.other, line)
		}
		return nil
	}
	if words[0] == "/set" {
		return m.setRest(words[1:])
	}
	path, err := unvis(words[0])
	if err != nil {
		return err
	}
	host := path
	if !filepath.IsAbs(path) {
		host = filepath.Join(m.root, path)
	}
	e := &metaEntry{path: host}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		var err error
		switch name {
		case "type":
			e.typ = map[string]uint32{"char": abi.S_IFCHR, "block": abi.S_IFBLK}[value]
		case "mode":
			e.mode, err = parseID(value, 8)
			e.set |= metaMode
		case "uid":
			e.uid, err = parseID(value, 10)
			e.set |= metaUid
		case "gid":
			e.gid, err = parseID(value, 10)
			e.set |= metaGid
		case "uname", "gname":
			id, ok := m.users[strings.IndexByte("ug", name[0])][value]
			if !ok {
				return fmt.Errorf("%s: no such name", w)
			}
			if name == "uname" {
				e.uid, e.set = id, e.set|metaUid
			} else {
				e.gid, e.set = id, e.set|metaGid
			}
		case "device":
			e.rdev, err = parseDevice(value)
		case "flags":
			e.flags, err = parseFflags(value)
			e.set |= metaFlags
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w, err)
		}
	}
	e.mode &= abi.ALLPERMS
	var st abi.Stat
	if hostStat(unix.AT_FDCWD, host, true, &st) != nil {
		m.other = append(m.other, line)
		return nil
	}
	key := mem.FileKey{Dev: st.Dev, Ino: st.Ino}
	if old := m.ents[key]; old != nil && e.typ == 0 {
		// A later line adds to what an earlier one says, perhaps under another name.
		for _, path := range append(old.more, old.path) {
			if path != e.path {
				e.more = append(e.more, path)
			}
		}
		e.typ, e.rdev = old.typ, old.rdev
		if e.set&metaMode == 0 {
			e.mode = old.mode
		}
		if e.set&metaUid == 0 {
			e.uid = old.uid
		}
		if e.set&metaGid == 0 {
			e.gid = old.gid
		}
		if e.set&metaFlags == 0 {
			e.flags = old.flags
		}
		e.set |= old.set
	}
	m.ents[key] = e
	return nil
}

func parseID(s string, base int) (uint32, error) {
	n, err := strconv.ParseUint(s, base, 32)
	if err != nil {
		return 0, fmt.Errorf("not a number")
	}
	return uint32(n), nil
}

// parseDevice understands "netbsd,major,minor" and a plain number.
func parseDevice(s string) (uint64, error) {
	f := strings.Split(s, ",")
	if len(f) == 3 && f[0] == "netbsd" {
		major, err := parseID(f[1], 0)
		if err != nil {
			return 0, err
		}
		minor, err := parseID(f[2], 0)
		return abi.Makedev(major, minor), err
	}
	n, err := strconv.ParseUint(s, 0, 64)
	return n, err
}

// unvis undoes vis(3)'s octal notation, which blanks in names need.
func unvis(s string) (string, error) {
	if !strings.Contains(s, "\\") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i+3 >= len(s) {
			return "", fmt.Errorf("%s: incomplete escape", s)
		}
		n, err := strconv.ParseUint(s[i+1:i+4], 8, 8)
		if err != nil {
			return "", fmt.Errorf("%s: no octal escape", s)
		}
		b.WriteByte(byte(n))
		i += 3
	}
	return b.String(), nil
}

func vis(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c <= ' ' || c == '\\' || c == '#' || c >= 0x7f {
			fmt.Fprintf(&b, "\\%03o", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// applyRest gives files of whoever runs nbemu to whom the line "/set" names. What is seen through a mount has the host's
// owners.
func (m *Metadata) applyRest(st *abi.Stat) {
	for _, r := range m.rests {
		if st.Uid == r.host && st.Dev == r.dev {
			st.Uid, st.Gid = r.uid, r.gid
			return
		}
	}
}

// apply is the Overlay.
func (m *Metadata) apply(key mem.FileKey, st *abi.Stat) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.look()
	e := m.ents[key]
	if e == nil {
		return
	}
	if e.typ != 0 {
		st.Mode = st.Mode&^abi.S_IFMT | e.typ
		st.Rdev, st.Size, st.Blocks = e.rdev, 0, 0
	}
	if e.set&metaMode != 0 {
		st.Mode = st.Mode&^abi.ALLPERMS | e.mode
	}
	if e.set&metaUid != 0 {
		st.Uid = e.uid
	}
	if e.set&metaGid != 0 {
		st.Gid = e.gid
	}
	if e.set&metaFlags != 0 {
		st.Flags = e.flags
	}
}

// record changes what is known of a file; path is asked for its host path if it is new.
func (m *Metadata) record(key mem.FileKey, path func() string, change func(e *metaEntry)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.ents[key]
	if e == nil {
		e = &metaEntry{path: path()}
		if e.path == "" && m.fs.leases.open[key] == 0 {
			return // a file without a name will not be met again
		}
		m.ents[key] = e
	}
	change(e)
	if e.path != "" {
		m.changed(m.lines(e))
	}
}

// copied gives a copy what is known of the original; path is asked for the copy's host path. seen is what programs saw of
// the original.
func (m *Metadata) copied(from, to mem.FileKey, path func() string, seen *abi.Stat) {
	m.mu.Lock()
	e := metaEntry{}
	if old := m.ents[from]; old != nil {
		e = metaEntry{set: old.set, typ: old.typ, rdev: old.rdev, flags: old.flags}
	}
	m.mu.Unlock()
	e.mode, e.uid, e.gid = seen.Mode&abi.ALLPERMS, seen.Uid, seen.Gid
	e.set |= metaMode | metaUid | metaGid
	m.record(to, path, func(n *metaEntry) {
		e.path, e.more = n.path, n.more
		*n = e
	})
}

// drop forgets a file that has no name any more; one that is open not before it is closed.
func (m *Metadata) drop(key mem.FileKey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.ents[key]; e != nil {
		lines := ""
		for _, path := range append([]string{e.path}, e.more...) {
			lines += logGone + m.filePath(path) + "\n"
		}
		m.changed(lines)
		if e.path, e.more = "", nil; m.fs.leases.open[key] == 0 {
			delete(m.ents, key)
		}
	}
}

// closed says that a file is not open any more.
func (m *Metadata) closed(key mem.FileKey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.ents[key]; e != nil && e.path == "" {
		delete(m.ents, key)
	}
}

// dropBelow forgets what was in a directory that is gone.
func (m *Metadata) dropBelow(dir string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	lines := ""
	for key, e := range m.ents {
		if e.path == dir || strings.HasPrefix(e.path, dir+"/") {
			delete(m.ents, key)
			for _, path := range append([]string{e.path}, e.more...) {
				lines += logGone + m.filePath(path) + "\n"
			}
		}
	}
	if lines != "" {
		m.changed(lines)
	}
}

// linked learns of another name of a file.
func (m *Metadata) linked(key mem.FileKey, path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.ents[key]
	switch {
	case e == nil || path == "":
		return
	case e.path == "":
		e.path = path
	default:
		e.more = append(e.more, path)
	}
	m.changed(m.line(e, path))
}

// unlinked forgets one of a file's names; under another it is kept.
func (m *Metadata) unlinked(key mem.FileKey, path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.ents[key]
	if e == nil {
		return
	}
	if e.forget(path) {
		m.changed(logGone + m.filePath(path) + "\n")
	}
}

// forget takes one of several names away and reports whether there was such a one.
func (e *metaEntry) forget(path string) bool {
	if i := slices.Index(e.more, path); i >= 0 {
		e.more = slices.Delete(e.more, i, i+1)
		return true
	}
	if e.path == path && len(e.more) > 0 {
		e.path, e.more = e.more[0], e.more[1:]
		return true
	}
	return false
}

// direntType is the type of a directory entry: devices are none on the host.
func (m *Metadata) direntType(key mem.FileKey, typ uint8) uint8 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.ents[key]; e != nil && e.typ != 0 {
		return uint8(e.typ >> 12) // IFTODT
	}
	return typ
}

// moved follows a rename of a file or directory.
func (m *Metadata) moved(from, to string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if from != "" && m.movePaths(from, to) {
		m.changed(logMoved + m.filePath(from) + " " + m.filePath(to) + "\n")
	}
}

// movePaths renames files and what is below them, and reports whether there were any.
func (m *Metadata) movePaths(from, to string) (any bool) {
	move := func(path *string) {
		if *path == from {
			*path, any = to, true
		} else if rest, ok := strings.CutPrefix(*path, from+"/"); ok {
			*path, any = to+"/"+rest, true
		}
	}
	for _, e := range m.ents {
		move(&e.path)
		for i := range e.more {
			move(&e.more[i])
		}
	}
	return any
}

// Flush writes the file anew if anything changed, with what other machines wrote. Errors: the host's, if changes are
// in no file then.
func (m *Metadata) Flush() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.dirty || m.file == "" {
		return nil
	}
	write := func() error { return writeNew(m.file, m.text(), 0o666&^hostUmask()) }
	var err error
	if m.log.f == nil {
		err = write()
	} else if err = m.withLog(write); err != nil && m.log.err == nil {
		err = nil // all of it is in the old file
	}
	if err == nil {
		m.dirty, m.log.err = false, nil
	}
	return err
}

// text is the whole file.
func (m *Metadata) text() []byte {
	ents := make([]*metaEntry, 0, len(m.ents))
	for _, e := range m.ents {
		if !e.base {
			ents = append(ents, e)
		}
	}
	slices.SortFunc(ents, func(a, b *metaEntry) int { return cmp.Compare(a.path, b.path) })
	var b bytes.Buffer
	if n := len(m.rests); n > 0 {
		r := m.rests[n-1]
		fmt.Fprintf(&b, "/set uid=%d gid=%d\n", r.uid, r.gid)
	}
	for _, s := range m.other {
		if s != "" {
			b.WriteString(s + "\n")
		}
	}
	for _, e := range ents {
		b.WriteString(m.lines(e))
	}
	return b.Bytes()
}

// lines are those about a file, one for each of its names.
func (m *Metadata) lines(e *metaEntry) (s string) {
	if e.path == "" {
		return ""
	}
	for _, path := range append([]string{e.path}, e.more...) {
		s += m.line(e, path)
	}
	return s
}

func (m *Metadata) line(e *metaEntry, path string) string {
	s := m.filePath(path)
	switch e.typ {
	case abi.S_IFCHR:
		s += fmt.Sprintf(" type=char device=netbsd,%d,%d", abi.Major(e.rdev), abi.Minor(e.rdev))
	case abi.S_IFBLK:
		s += fmt.Sprintf(" type=block device=netbsd,%d,%d", abi.Major(e.rdev), abi.Minor(e.rdev))
	}
	if e.set&metaMode != 0 {
		s += fmt.Sprintf(" mode=%04o", e.mode)
	}
	if e.set&metaUid != 0 {
		s += fmt.Sprintf(" uid=%d", e.uid)
	}
	if e.set&metaGid != 0 {
		s += fmt.Sprintf(" gid=%d", e.gid)
	}
	if e.set&metaFlags != 0 {
		s += " flags=" + fflagNames(e.flags)
	}
	return s + "\n"
}

func keyOf(st *abi.Stat) mem.FileKey { return mem.FileKey{Dev: st.Dev, Ino: st.Ino} }

// chmod keeps a mode; the bits that could matter on the host are kept here alone.
func (m *Metadata) chmod(st *abi.Stat, path func() string, mode uint32, host func(mode uint32) error) {
	// Whoever runs nbemu must be able to do what the guest's root may.
	hostMode := mode&0o777 | 0o600
	if st.Mode&abi.S_IFMT == abi.S_IFDIR {
		hostMode |= 0o700
	}
	_ = host(hostMode)
	m.record(keyOf(st), path, func(e *metaEntry) { e.mode, e.set = mode, e.set|metaMode })
}

// chown keeps owners, of which ^0 stays as it is, and the mode that is left then.
func (m *Metadata) chown(st *abi.Stat, path func() string, uid, gid, mode uint32) {
	if uid == ^uint32(0) {
		uid = st.Uid
	}
	if gid == ^uint32(0) {
		gid = st.Gid
	}
	m.record(keyOf(st), path, func(e *metaEntry) {
		e.uid, e.gid = uid, gid
		e.set |= metaUid | metaGid
		if mode != st.Mode&abi.ALLPERMS {
			e.mode, e.set = mode, e.set|metaMode
		}
	})
}

// created gives a file that the guest has just made to the guest's user.
func (m *Metadata) created(c *kern.Cred, fd int, path func() string, mnt *mounted) {
	var st abi.Stat
	if hostStat(fd, "", false, &st) != nil {
		return
	}
	if m.fs.overlay(keyOf(&st), &st, mnt); st.Uid == c.Euid && st.Gid == c.Egid {
		return
	}
	m.record(keyOf(&st), path, func(e *metaEntry) {
		e.uid, e.gid = c.Euid, c.Egid
		e.set |= metaUid | metaGid
	})
}

// mknod makes a device: a plain file on the host. Errors: the host's.
func (m *Metadata) mknod(c *kern.Cred, dirfd int, name string, mode uint32, dev uint64) abi.Errno {
	fd, err := unix.Openat(dirfd, name, unix.O_CREAT|unix.O_EXCL|unix.O_RDONLY|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return errno(err)
	}
	defer unix.Close(fd)
	var st abi.Stat
	if err := hostStat(fd, "", false, &st); err != nil {
		return errno(err)
	}
	m.record(keyOf(&st), func() string { return pathAt(dirfd, name) }, func(e *metaEntry) {
		e.typ, e.rdev, e.mode = mode&abi.S_IFMT, dev, mode&abi.ALLPERMS
		e.uid, e.gid = c.Euid, c.Egid
		e.set = metaMode | metaUid | metaGid
	})
	return abi.OK
}

// openDevice opens at once what is a device in the overlay alone; nil for everything else. Error: ENXIO.
func (m *Metadata) openDevice(l *kern.LWP, nd *nameidata, oflags int32) (*kern.File, abi.Errno) {
	var st abi.Stat
	if nd.hostStat(&st) != nil {
		return nil, abi.OK
	}
	m.mu.Lock()
	e := m.ents[keyOf(&st)]
	isDev := e != nil && e.typ != 0
	m.mu.Unlock()
	if !isDev {
		return nil, abi.OK
	}
	m.fs.overlay(keyOf(&st), &st, nd.mnt)
	name := hostDevice(&st)
	if name == "" {
		return nil, abi.ENXIO
	}
	return devices[name].open(l, oflags)
}

// pathAt is the host's path of a name in an open directory, without links but perhaps the last; "" if there is
// none.
func pathAt(dirfd int, name string) string {
	if !filepath.IsAbs(name) && dirfd != unix.AT_FDCWD {
		dir, err := fdPath(dirfd)
		if err != abi.OK {
			return ""
		}
		name = filepath.Join(dir, name)
	}
	dir, herr := filepath.EvalSymlinks(filepath.Dir(name))
	if herr != nil {
		return ""
	}
	return filepath.Join(dir, filepath.Base(name))
}

// metaPath is the host's path of what a lookup found.
func (nd *nameidata) metaPath() string {
	if nd.dirfd == byHandle {
		p, _ := fdPath(nd.file)
		return p
	}
	p := pathAt(nd.dirfd, nd.name)
	if nd.follow {
		if q, err := filepath.EvalSymlinks(p); err == nil {
			return q
		}
	}
	return p
}
