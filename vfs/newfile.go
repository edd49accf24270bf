package vfs

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// writeNew puts a file with contents b in the place of what is at name: a reader, or a crash, meets the old file or the
// new one. The directory may be one that a guest can write to, who must not be able to have anything else written:
// what is written is a file that was not there before, under a name that nobody knows, in the directory that is held
// open. Errors: the host's.
func writeNew(name string, b []byte, perm uint32) error {
	dir, err := unix.Open(filepath.Dir(name), oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &hostError{filepath.Dir(name), err}
	}
	defer unix.Close(dir)
	var r [12]byte
	if _, err := rand.Read(r[:]); err != nil {
		return err
	}
	tmp := "." + filepath.Base(name) + "." + hex.EncodeToString(r[:])
	fd, err := unix.Openat(dir, tmp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, perm)
	if err != nil {
		return &hostError{name, err}
	}
	f := os.NewFile(uintptr(fd), name)
	_, err = f.Write(b)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		if err = unix.Renameat(dir, tmp, dir, filepath.Base(name)); err != nil {
			err = &hostError{name, err}
		}
	}
	if err != nil {
		_ = unix.Unlinkat(dir, tmp, 0)
	}
	return err
}
