package rootset

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A root is a directory with three things in it, which move together:
//
//	root.json  what it was made from
//	METALOG    owners, modes, devices and flags that the host's files do not have
//	root/      NetBSD's files, all that a program sees
const (
	infoFile    = "root.json"
	metalogFile = "METALOG"
	filesDir    = "root"
)

// SetInfo is a set that was unpacked.
type SetInfo struct {
	Name    string    `json:"name"`
	File    string    `json:"file"` // its name, without the directory it was in
	SHA512  string    `json:"sha512,omitempty"`
	Checked bool      `json:"checked,omitempty"` // the SHA512 file beside it agreed
	Files   int       `json:"files"`
	Bytes   int64     `json:"bytes"`
	Done    bool      `json:"done"`
	Time    time.Time `json:"time"`
}

// Info is what root.json holds.
type Info struct {
	Version  int       `json:"version"`
	Created  time.Time `json:"created"`
	Machine  string    `json:"machine,omitempty"` // MACHINE_ARCH of its programs
	Release  string    `json:"release,omitempty"`
	Sets     []SetInfo `json:"sets"`
	Complete bool      `json:"complete"`
}

// Root is a root on the disk.
type Root struct {
	Name string // "" for one outside the store
	Dir  string // absolute
	Info Info
}

// Files is the directory that programs see as /.
func (r *Root) Files() string { return filepath.Join(r.Dir, filesDir) }

// Metalog is the file for -metadata.
func (r *Root) Metalog() string { return filepath.Join(r.Dir, metalogFile) }

// String is how the user names the root.
func (r *Root) String() string {
	if r.Name != "" {
		return r.Name
	}
	return r.Dir
}

// ErrNoRoot says that there is no root of a name.
var ErrNoRoot = errors.New("no such root")

// StoreDir is where a user's roots are: below $XDG_DATA_HOME, which is ~/.local/share unless set.
func StoreDir(getenv func(string) string) (string, error) {
	data := getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) { // the XDG specification has relative ones ignored
		home := getenv("HOME")
		if home == "" {
			return "", errors.New("neither XDG_DATA_HOME nor HOME is set")
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "nbemu", "roots"), nil
}

var validName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._+-]*$`) })

// place is where a root of that name or path is, or would be. What has a slash, and "." and "..", is a path.
func place(arg string) (*Root, error) {
	if strings.Contains(arg, "/") || arg == "." || arg == ".." {
		dir, err := filepath.Abs(arg)
		return &Root{Dir: dir}, err
	}
	if !validName().MatchString(arg) {
		return nil, fmt.Errorf("%q: not a name for a root (letters, digits, . _ + -; a directory is written with a slash)", arg)
	}
	store, err := StoreDir(os.Getenv)
	if err != nil {
		return nil, err
	}
	return &Root{Name: arg, Dir: filepath.Join(store, arg)}, nil
}

// Find returns the root of a name or directory. Errors: ErrNoRoot; its root.json cannot be read.
func Find(arg string) (*Root, error) {
	r, err := place(arg)
	if err != nil {
		return nil, err
	}
	if err := r.load(); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", arg, ErrNoRoot)
		}
		return nil, err
	}
	return r, nil
}

func (r *Root) load() error {
	b, err := os.ReadFile(filepath.Join(r.Dir, infoFile))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &r.Info); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.Dir, infoFile), err)
	}
	if r.Info.Version != 1 {
		return fmt.Errorf("%s: made by another nbemu (version %d of its form)", r.Dir, r.Info.Version)
	}
	return nil
}

func (r *Root) save() error {
	r.Info.Version = 1
	b, err := json.MarshalIndent(&r.Info, "", "\t")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(r.Dir, infoFile), append(b, '\n'), 0o600)
}

// List returns the roots of the user's store, by name; one whose root.json cannot be read is there without its Info.
func List() ([]*Root, error) {
	store, err := StoreDir(os.Getenv)
	if err != nil {
		return nil, err
	}
	ents, err := os.ReadDir(store)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var roots []*Root
	for _, e := range ents {
		if !e.IsDir() || !validName().MatchString(e.Name()) {
			continue
		}
		r := &Root{Name: e.Name(), Dir: filepath.Join(store, e.Name())}
		_ = r.load()
		roots = append(roots, r)
	}
	slices.SortFunc(roots, func(a, b *Root) int { return strings.Compare(a.Name, b.Name) })
	return roots, nil
}

// ErrBusy says that programs run in a root, or that somebody else works on it.
var ErrBusy = errors.New("in use")

// Lock keeps others from changing the root until unlock or the end of nbemu. Programs in it share the lock, who changes
// it has it alone. Error: ErrBusy.
func (r *Root) Lock(alone bool) (unlock func(), err error) {
	// Not an os.File: who never unlocks has nothing that would keep the collector from closing one.
	fd, err := unix.Open(r.Dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: r.Dir, Err: err}
	}
	how := unix.LOCK_SH
	if alone {
		how = unix.LOCK_EX
	}
	if err := unix.Flock(fd, how|unix.LOCK_NB); err != nil {
		_ = unix.Close(fd)
		if err == unix.EWOULDBLOCK {
			return nil, fmt.Errorf("%s: %w", r, ErrBusy)
		}
		return nil, &os.PathError{Op: "flock", Path: r.Dir, Err: err}
	}
	return func() { _ = unix.Close(fd) }, nil
}

// Remove deletes a root and all that is in it. Errors: ErrBusy; the host's.
func (r *Root) Remove() error {
	unlock, err := r.Lock(true)
	if err != nil {
		return err
	}
	defer unlock()
	// Under another name it is no root any more, however far the deletion comes.
	gone, err := os.MkdirTemp(filepath.Dir(r.Dir), "."+filepath.Base(r.Dir)+".removed-")
	if err != nil {
		return err
	}
	if err := os.Rename(r.Dir, filepath.Join(gone, "r")); err != nil {
		_ = os.Remove(gone)
		return err
	}
	return removeAll(gone)
}

// Share lets all users of the host look into the root; of its files share sees to that. Errors: ErrBusy; share's; the host's.
func (r *Root) Share(share func(files, metalog string) error) error {
	unlock, err := r.Lock(true)
	if err != nil {
		return err
	}
	defer unlock()
	if err := share(r.Files(), r.Metalog()); err != nil {
		return err
	}
	for file, mode := range map[string]fs.FileMode{r.Metalog(): 0o644, filepath.Join(r.Dir, infoFile): 0o644, r.Dir: 0o755} {
		if err := os.Chmod(file, mode); err != nil {
			return err
		}
	}
	return nil
}

// removeAll is os.RemoveAll, also of directories that forbid it to their owner.
func removeAll(dir string) error {
	err := os.RemoveAll(dir)
	if err == nil || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}

// Usage is how much of the disk a root takes, in bytes, and how many files it has.
func (r *Root) Usage() (bytes int64, files int) {
	seen := map[[2]uint64]bool{}
	_ = filepath.WalkDir(r.Dir, func(path string, d fs.DirEntry, err error) error {
		var st unix.Stat_t
		if err != nil || unix.Lstat(path, &st) != nil {
			return nil
		}
		files++
		if key := [2]uint64{uint64(st.Dev), st.Ino}; !seen[key] { //nolint:unconvert // another type on macOS
			seen[key] = true
			bytes += st.Blocks * 512
		}
		return nil
	})
	return bytes, files
}
