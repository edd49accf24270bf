package rootset

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// unpacker puts sets into a tree and keeps what the host's files do not show.
type unpacker struct {
	t     *tree
	meta  map[string]*Meta     // of everything that the sets brought
	seen  map[string]bool      // names of the current set
	times map[string]time.Time // of the current set's directories, given when all is in them
	names *names

	resume bool // files that are there, whole, are not written again
	files  int
	bytes  int64
	max    int64
}

func newUnpacker(t *tree) *unpacker {
	return &unpacker{t: t, meta: map[string]*Meta{}, names: usualNames(), max: DefaultMaxBytes}
}

// unpack puts one archive into the tree. Errors: the archive's; an entry that would leave the root; the host's. What was
// unpacked before stays.
func (u *unpacker) unpack(ctx context.Context, path string, progress func(read int64, files int)) error {
	report := func(int64) {}
	if progress != nil {
		report = func(n int64) { progress(n, u.files) }
	}
	a, err := openArchive(ctx, path, u.max, report)
	if err != nil {
		return err
	}
	defer a.Close()
	u.seen, u.times = map[string]bool{}, map[string]time.Time{}
	for n := 0; ; n++ {
		h, err := a.Next()
		if err == io.EOF {
			break
		}
		if err == nil && n >= maxEntries {
			err = fmt.Errorf("more than %d files in one set", maxEntries)
		}
		if err == nil {
			err = u.entry(h, a)
		}
		if err != nil {
			return archiveError(path, err)
		}
	}
	if err := a.finish(); err != nil {
		return archiveError(path, err)
	}
	return u.directoryTimes()
}

// archiveError says what is wrong with an archive. A user's interrupt stays what it is.
func archiveError(path string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: cut off: %w", path, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// entry unpacks one member of an archive.
func (u *unpacker) entry(h *tar.Header, r io.Reader) error {
	name, err := clean(h.Name)
	if err != nil {
		return err
	}
	m, err := u.metaOf(h)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if name == "." && h.Typeflag != tar.TypeDir {
		return fmt.Errorf("the root itself as %s", m.Type)
	}
	switch h.Typeflag {
	case tar.TypeDir:
		err = u.t.mkdir(name, m.HostMode, u.made)
		u.times[name] = h.ModTime
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		if h.Size > u.max-u.bytes {
			return fmt.Errorf("%s: more than %s in one set (-max-size allows more)", name, Bytes(u.max))
		}
		if !u.whole(name, h) {
			err = u.t.file(name, m.HostMode, h.ModTime, h.Size, r, u.made)
		}
		u.bytes += h.Size
	case tar.TypeSymlink:
		err = u.t.symlink(name, h.Linkname, h.ModTime, u.made)
		m.HostMode = m.Mode // links have no mode on the host
	case tar.TypeLink:
		old, err := clean(h.Linkname)
		if err != nil {
			return fmt.Errorf("%s: a hard link to %w", name, err)
		}
		if err := u.t.link(old, name, u.made); err != nil {
			return err
		}
		// It is one file: what was said of it under its first name holds.
		if u.meta[name] = u.meta[old]; u.meta[name] == nil {
			u.meta[name] = m
		}
		u.seen[name] = true
		u.files++
		return nil
	case tar.TypeChar, tar.TypeBlock:
		err = u.t.file(name, m.HostMode, h.ModTime, 0, r, u.made)
	case tar.TypeFifo:
		err = u.t.fifo(name, m.HostMode, u.made)
	default:
		return fmt.Errorf("%s: type %q is not known", name, h.Typeflag)
	}
	if err != nil {
		return err
	}
	u.meta[name] = m
	u.seen[name] = true
	u.files++
	return nil
}

// metaOf is what a header says of its file. Error: numbers that are none of NetBSD's.
func (u *unpacker) metaOf(h *tar.Header) (*Meta, error) {
	for _, id := range []int64{int64(h.Uid), int64(h.Gid), h.Devmajor, h.Devminor} {
		// -1 stands for "no change" in all calls that take an id.
		if id < 0 || id >= 1<<32-1 {
			return nil, fmt.Errorf("owner or device %d", id)
		}
	}
	m := &Meta{Mode: uint32(h.Mode) & 0o7777, UID: uint32(h.Uid), GID: uint32(h.Gid)}
	m.HostMode = hostMode(m.Mode, h.Typeflag == tar.TypeDir)
	switch h.Typeflag {
	case tar.TypeDir:
		m.Type = "dir"
	case tar.TypeSymlink:
		m.Type = "link"
	case tar.TypeFifo:
		m.Type = "fifo"
	case tar.TypeChar, tar.TypeBlock:
		m.Type = "char"
		if h.Typeflag == tar.TypeBlock {
			m.Type = "block"
		}
		m.Major, m.Minor = uint32(h.Devmajor), uint32(h.Devminor)
		m.HostMode = 0o600
	default:
		m.Type = "file"
	}
	// Where bsdtar keeps flags in archives of the pax format.
	m.Flags = knownFlags(h.PAXRecords["SCHILY.fflags"])
	return m, nil
}

// made learns of a directory that the archive should have brought and did not.
func (u *unpacker) made(dir string) {
	u.meta[dir] = &Meta{Type: "dir", Mode: 0o755, HostMode: 0o755}
}

// whole reports whether a file was unpacked by an earlier attempt: then it has its size and its time. A name that comes
// again in the same set replaces what it named.
func (u *unpacker) whole(name string, h *tar.Header) bool {
	if !u.resume || u.seen[name] {
		return false
	}
	st, err := u.t.lstat(name)
	return err == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && st.Size == h.Size && st.Mtim.Sec == h.ModTime.Unix() &&
		uint32(st.Mode)&0o7777 == hostMode(uint32(h.Mode), false)
}

// directoryTimes gives the set's directories their times, the innermost first.
func (u *unpacker) directoryTimes() error {
	dirs := slices.SortedFunc(maps.Keys(u.times), cmpPath)
	slices.Reverse(dirs)
	for _, d := range dirs {
		if d == "." {
			continue
		}
		fd, base, err := u.t.at(d, nil)
		if err == nil {
			err = u.t.setTime(fd, d, base, u.times[d])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// applySpecs takes in the mtree files that the sets brought: etc/mtree/set.NAME says the owner, mode, flags and device of
// every file of its set, by name where an archive has numbers. Devices that they name and the archives lack are made.
// Errors: the host's. A specification that cannot be understood is reported to warn and skipped.
func (u *unpacker) applySpecs(sets []string, warn func(format string, args ...any)) error {
	u.names = u.t.readNames()
	for _, set := range sets {
		file := "etc/mtree/set." + set
		b, err := u.t.read(file, 64<<20)
		if err != nil {
			if !errors.Is(err, unix.ENOENT) {
				warn("%v", err)
			}
			continue
		}
		bad := 0
		err = ParseSpec(strings.NewReader(string(b)), func(s *Spec) error {
			err := s.resolve(u.names)
			if err != nil {
				if bad++; bad == 1 {
					warn("%s: %v", file, err)
				}
			}
			return u.applySpec(s)
		})
		if err != nil {
			warn("%s: %v", file, err)
		}
	}
	return nil
}

// applySpec changes what is known of one file. Error: the host's, of a device that is to be made.
func (u *unpacker) applySpec(s *Spec) error {
	m := u.meta[s.Path]
	if m == nil {
		if s.Type != "char" && s.Type != "block" {
			return nil
		}
		if _, err := u.t.lstat(s.Path); err == nil {
			return nil
		}
		return u.device(device{s.Path, s.Major, s.Minor, s.Mode}, s.Type, s.UID, s.GID)
	}
	if s.Set&HasMode != 0 && m.Type != "link" {
		m.Mode = s.Mode
	}
	if s.Set&HasUID != 0 {
		m.UID = s.UID
	}
	if s.Set&HasGID != 0 {
		m.GID = s.GID
	}
	if s.Set&HasFlags != 0 {
		m.Flags = knownFlags(s.Flags)
	}
	if s.Set&HasDevice != 0 && (m.Type == "char" || m.Type == "block") {
		m.Major, m.Minor = s.Major, s.Minor
	}
	return nil
}

// device makes a special file: a plain one on the host, which the METALOG gives its numbers.
func (u *unpacker) device(d device, typ string, uid, gid uint32) error {
	if err := u.t.file(d.name, 0o600, time.Now(), 0, strings.NewReader(""), u.made); err != nil {
		return err
	}
	u.meta[d.name] = &Meta{Type: typ, Mode: d.mode, HostMode: 0o600, UID: uid, GID: gid, Major: d.major, Minor: d.minor}
	return nil
}
