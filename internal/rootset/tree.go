package rootset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tree writes below one directory and nowhere else: each component of a name is opened by itself and must be a
// directory, never a symbolic link, so that neither a name nor what lies on the disk already leads out.
type tree struct {
	fd    int
	names []string // the directories held open, from the top, and their descriptors
	fds   []int
}

// openTree opens the directory to write below. Errors: the host's.
func openTree(dir string) (*tree, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	return &tree{fd: fd}, nil
}

func (t *tree) Close() {
	t.keep(0)
	_ = unix.Close(t.fd)
}

// keep closes all open directories but the first n.
func (t *tree) keep(n int) {
	for _, fd := range t.fds[n:] {
		_ = unix.Close(fd)
	}
	t.names, t.fds = t.names[:n], t.fds[:n]
}

// clean checks a name from an archive or a specification and returns it without "./" and empty components; "." is the
// top. Errors: a name that is absolute, climbs, or cannot be one.
func clean(name string) (string, error) {
	switch {
	case name == "":
		return "", errors.New("an empty name")
	case name[0] == '/':
		return "", fmt.Errorf("%s: an absolute name", name)
	case strings.IndexByte(name, 0) >= 0:
		return "", fmt.Errorf("%q: not a file name", name)
	}
	var parts []string
	for part := range strings.SplitSeq(name, "/") {
		switch part {
		case "", ".":
		case "..":
			return "", fmt.Errorf("%s: would leave the root", name)
		default:
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return ".", nil
	}
	return strings.Join(parts, "/"), nil
}

// dir returns a descriptor of a directory, which stays the tree's; missing ones are made. made is told of each.
// Errors: a component that is no directory; the host's.
func (t *tree) dir(name string, made func(dir string)) (int, error) {
	if name == "." || name == "" {
		return t.fd, nil
	}
	parts := strings.Split(name, "/")
	n := 0
	for n < len(t.names) && n < len(parts) && t.names[n] == parts[n] {
		n++
	}
	t.keep(n)
	at := t.fd
	if n > 0 {
		at = t.fds[n-1]
	}
	for i := n; i < len(parts); i++ {
		fd, err := openDirAt(at, parts[i])
		if err == unix.ENOENT && made != nil {
			if err = unix.Mkdirat(at, parts[i], 0o755); err == nil {
				made(strings.Join(parts[:i+1], "/"))
				fd, err = openDirAt(at, parts[i])
			}
		}
		if err != nil {
			return -1, t.dirError(at, parts, i, err)
		}
		t.names, t.fds = append(t.names, parts[i]), append(t.fds, fd)
		at = fd
	}
	return at, nil
}

func openDirAt(at int, name string) (int, error) {
	return unix.Openat(at, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// dirError says what stands where component i of a path should be a directory.
func (t *tree) dirError(at int, parts []string, i int, err error) error {
	path := strings.Join(parts[:i+1], "/")
	var st unix.Stat_t
	if (err == unix.ENOTDIR || err == unix.ELOOP) && unix.Fstatat(at, parts[i], &st, unix.AT_SYMLINK_NOFOLLOW) == nil {
		if st.Mode&unix.S_IFMT == unix.S_IFLNK {
			return fmt.Errorf("%s is a symbolic link, through which nothing is unpacked", path)
		}
		return fmt.Errorf("%s is not a directory", path)
	}
	return &os.PathError{Op: "open", Path: path, Err: err}
}

// at splits a name into the open directory it is in and its last component.
func (t *tree) at(name string, made func(dir string)) (fd int, base string, err error) {
	dir, base := ".", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir, base = name[:i], name[i+1:]
	}
	fd, err = t.dir(dir, made)
	return fd, base, err
}

// lstat reports on a name itself. Errors: the host's, and of a name that leads through a link.
func (t *tree) lstat(name string) (unix.Stat_t, error) {
	var st unix.Stat_t
	if name == "." {
		return st, unix.Fstat(t.fd, &st)
	}
	fd, base, err := t.at(name, nil)
	if err != nil {
		return st, err
	}
	return st, unix.Fstatat(fd, base, &st, unix.AT_SYMLINK_NOFOLLOW)
}

// clearAt removes what has a name already, unless it is a directory.
func clearAt(fd int, name, base string) error {
	err := unix.Unlinkat(fd, base, 0)
	switch err {
	case nil, unix.ENOENT:
		return nil
	}
	var st unix.Stat_t
	if unix.Fstatat(fd, base, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return fmt.Errorf("%s is a directory already", name)
	}
	return &os.PathError{Op: "remove", Path: name, Err: err}
}

// mkdir makes a directory or takes the one that is there.
func (t *tree) mkdir(name string, mode uint32, made func(string)) error {
	if name == "." {
		return unix.Fchmod(t.fd, mode)
	}
	fd, err := t.dir(name, made)
	if err == nil {
		err = unix.Fchmod(fd, mode)
	}
	return err
}

// file writes a regular file. Its time is set last: a file that has it is whole.
func (t *tree) file(name string, mode uint32, mtime time.Time, size int64, r io.Reader, made func(string)) error {
	fd, base, err := t.at(name, made)
	if err != nil {
		return err
	}
	if err := clearAt(fd, name, base); err != nil {
		return err
	}
	out, err := unix.Openat(fd, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return &os.PathError{Op: "create", Path: name, Err: err}
	}
	f := os.NewFile(uintptr(out), name)
	defer f.Close()
	if err := copySparse(f, r, size); err != nil {
		return err
	}
	if err := unix.Fchmod(out, mode); err != nil {
		return &os.PathError{Op: "chmod", Path: name, Err: err}
	}
	return t.setTime(fd, name, base, mtime)
}

// copySparse copies size bytes and leaves blocks of zeros as holes.
func copySparse(f *os.File, r io.Reader, size int64) error {
	const block = 64 << 10
	buf := make([]byte, min(block, max(size, 1)))
	hole := false
	for left := size; left > 0; {
		b := buf[:min(int64(len(buf)), left)]
		if _, err := io.ReadFull(r, b); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		left -= int64(len(b))
		if hole = len(b) == block && allZero(b); hole {
			if _, err := f.Seek(int64(len(b)), io.SeekCurrent); err != nil {
				return err
			}
			continue
		}
		if _, err := f.Write(b); err != nil {
			return err
		}
	}
	if hole {
		return f.Truncate(size)
	}
	return nil
}

func allZero(b []byte) bool {
	for len(b) >= 8 {
		if b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7] != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func (t *tree) setTime(fd int, name, base string, mtime time.Time) error {
	ts, err := unix.TimeToTimespec(mtime)
	if err == nil {
		err = unix.UtimesNanoAt(fd, base, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
	}
	if err != nil {
		return &os.PathError{Op: "utimes", Path: name, Err: err}
	}
	return nil
}

// symlink makes a symbolic link. Where it leads is the guest's affair: nothing here follows it.
func (t *tree) symlink(name, target string, mtime time.Time, made func(string)) error {
	fd, base, err := t.at(name, made)
	if err != nil {
		return err
	}
	if err := clearAt(fd, name, base); err != nil {
		return err
	}
	if err := unix.Symlinkat(target, fd, base); err != nil {
		return &os.LinkError{Op: "symlink", Old: target, New: name, Err: err}
	}
	return t.setTime(fd, name, base, mtime)
}

// link gives a file of the tree another name. Errors: old is not there, or a directory.
func (t *tree) link(old, name string, made func(string)) error {
	if old == name {
		return fmt.Errorf("%s: a hard link to itself", name)
	}
	ofd, obase, err := t.at(old, nil)
	if err == nil {
		// The cache of open directories holds one path only.
		ofd, err = unix.FcntlInt(uintptr(ofd), unix.F_DUPFD_CLOEXEC, 0)
	}
	if err != nil {
		return fmt.Errorf("%s: a hard link to %s: %w", name, old, err)
	}
	defer unix.Close(ofd)
	var have, want unix.Stat_t
	if err := unix.Fstatat(ofd, obase, &want, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("%s: a hard link to %s, which is not there", name, old)
	}
	if want.Mode&unix.S_IFMT == unix.S_IFDIR {
		return fmt.Errorf("%s: a hard link to %s, a directory", name, old)
	}
	fd, base, err := t.at(name, made)
	if err != nil {
		return err
	}
	if unix.Fstatat(fd, base, &have, unix.AT_SYMLINK_NOFOLLOW) == nil && have.Dev == want.Dev && have.Ino == want.Ino {
		return nil
	}
	if err := clearAt(fd, name, base); err != nil {
		return err
	}
	if err := unix.Linkat(ofd, obase, fd, base, 0); err != nil {
		return &os.LinkError{Op: "link", Old: old, New: name, Err: err}
	}
	return nil
}

// append adds text to a file of the tree, which is made if it is not there.
func (t *tree) append(name, text string, mode uint32, made func(string)) error {
	fd, base, err := t.at(name, made)
	if err != nil {
		return err
	}
	_ = unix.Fchmodat(fd, base, mode|0o600, 0)
	out, err := unix.Openat(fd, base, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
	if err != nil {
		return &os.PathError{Op: "open", Path: name, Err: err}
	}
	f := os.NewFile(uintptr(out), name)
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	return unix.Fchmod(out, mode)
}

// read returns what a file of the tree holds, if it is a regular one of at most limit bytes.
func (t *tree) read(name string, limit int64) ([]byte, error) {
	fd, base, err := t.at(name, nil)
	if err != nil {
		return nil, err
	}
	in, err := unix.Openat(fd, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	f := os.NewFile(uintptr(in), name)
	defer f.Close()
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() || fi.Size() > limit {
		return nil, fmt.Errorf("%s: not a file of at most %d bytes", name, limit)
	}
	return io.ReadAll(io.LimitReader(f, limit))
}
