package vfs

import (
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// Share lets everybody on the host read the files of m's root and enter its directories, as `chmod -R go+rX` does; the
// modes that programs see stay what they were. Nothing else may change the root meanwhile. Errors: the host's.
func (m *Metadata) Share() error {
	err := filepath.WalkDir(m.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&os.ModeSymlink != 0 {
			return err
		}
		var st abi.Stat
		if err := hostStat(unix.AT_FDCWD, path, true, &st); err != nil {
			return &hostError{path, err}
		}
		mode := st.Mode & abi.ALLPERMS
		host := mode | 0o044
		if d.IsDir() || mode&0o100 != 0 {
			host |= 0o011
		}
		if host == mode {
			return nil
		}
		m.record(keyOf(&st), func() string { return path }, func(e *metaEntry) {
			if e.set&metaMode == 0 {
				e.mode, e.set = mode, e.set|metaMode
			}
		})
		return os.Chmod(path, fs.FileMode(host&0o777))
	})
	if err == nil {
		err = m.Flush()
	}
	return err
}
