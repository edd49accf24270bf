package rootset

import (
	"os"

	"golang.org/x/sys/unix"
)

// fifo makes a named pipe.
func (t *tree) fifo(name string, mode uint32, made func(string)) error {
	fd, base, err := t.at(name, made)
	if err != nil {
		return err
	}
	if err := clearAt(fd, name, base); err != nil {
		return err
	}
	if err := unix.Mknodat(fd, base, unix.S_IFIFO|mode, 0); err != nil {
		return &os.PathError{Op: "mkfifo", Path: name, Err: err}
	}
	return nil
}
