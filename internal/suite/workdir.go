package suite

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/machine"
)

// makeBase makes the directory that work directories are made in. Others may look into it, for programs run as users
// without privileges.
func makeBase(given, chroot string) (string, error) {
	where := given
	if where == "" {
		where = os.TempDir()
		if chroot != "" {
			where = filepath.Join(chroot, "tmp")
		}
	}
	if err := os.MkdirAll(where, 0o777); err != nil {
		return "", err
	}
	if given != "" {
		return fixedBase(filepath.Join(where, "nbemu-suite"))
	}
	dir, err := os.MkdirTemp(where, fmt.Sprintf("%s%d.", basePrefix, os.Getpid()))
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	return dir, err
}

const basePrefix = "nbemu-suite."

// Bases are the directories that a process that came to an end has left.
func Bases(pid int) []string {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), fmt.Sprintf("%s%d.*", basePrefix, pid)))
	return dirs
}

// fixedBase makes a directory of the same name each time, for programs that are to do the same each time. What a run has
// left that came to an end is removed; one that goes on has the directory locked until its process ends.
func fixedBase(dir string) (string, error) {
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: dir, Err: err}
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		unix.Close(fd)
		return "", fmt.Errorf("%s: another suite is there", dir)
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, removeAll(filepath.Join(dir, e.Name())))
	}
	return dir, err
}

// site is where one case runs: its directory with the work directory and the files of its output.
type site struct {
	dir, work, result string
	stdout, stderr    *os.File
}

// newSite makes a case's directory, with the case's own name, so that what programs see of it does not depend on the
// order of cases.
func newSite(base, id string, owner *machine.Cred) (*site, error) {
	h := fnv.New64a()
	io.WriteString(h, id)
	s := &site{dir: filepath.Join(base, fmt.Sprintf("%016x", h.Sum64()))}
	s.work, s.result = filepath.Join(s.dir, "work"), filepath.Join(s.dir, "result.atf")
	for _, d := range []string{s.dir, s.work} {
		err := os.Mkdir(d, 0o755)
		if err == nil {
			err = os.Chmod(d, 0o755)
		}
		if err == nil && owner != nil && os.Geteuid() == 0 {
			err = os.Chown(d, int(owner.UID), int(owner.GID))
		}
		if err != nil {
			return nil, err
		}
	}
	var err error
	if s.stdout, err = outputFile(s.dir, "stdout"); err != nil {
		return nil, err
	}
	s.stderr, err = outputFile(s.dir, "stderr")
	return s, err
}

func outputFile(dir, name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o644)
}

// written is how much the case has written so far.
func (s *site) written() int64 {
	var n int64
	for _, f := range []*os.File{s.stdout, s.stderr} {
		if st, err := f.Stat(); err == nil {
			n += st.Size()
		}
	}
	return n
}

// close closes the files and removes everything, unless it is to be kept.
func (s *site) close(keep bool) error {
	s.stdout.Close()
	s.stderr.Close()
	if keep {
		return nil
	}
	return removeAll(s.dir)
}

// removeAll removes a directory, also where a program has taken its own rights away.
func removeAll(dir string) error {
	err := os.RemoveAll(dir)
	if err == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if e != nil && e.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}

// readOutput reads what was written to a file: all of it, or the first and the last half of most bytes.
func readOutput(f *os.File, most int64) string {
	st, err := f.Stat()
	if err != nil {
		return ""
	}
	part := func(from, n int64) string {
		b := make([]byte, n)
		n2, _ := f.ReadAt(b, from)
		return strings.ToValidUTF8(string(b[:n2]), "\uFFFD")
	}
	if st.Size() <= most {
		return part(0, st.Size())
	}
	return fmt.Sprintf("%s\n[... %d bytes left out ...]\n%s", part(0, most/2), st.Size()-most, part(st.Size()-most/2, most/2))
}
