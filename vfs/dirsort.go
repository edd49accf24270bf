package vfs

import (
	"bytes"
	"cmp"
	"slices"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// On the deterministic machine directories are read in the order of their names, because the host's order is
// what its file system makes of it. The offset a program sees is then an index.

// sortedDents is Getdents there. The names are read when the program begins to read, and once more after
// rewinddir(3).
func (d *dirFile) sortedDents(m *abi.Model, f *kern.File, buf []byte, pack direntPacker) (n int, before int64, err abi.Errno) {
	if d.sorted == nil {
		if err := d.sort(); err != abi.OK {
			return 0, f.Offset, err
		}
	}
	before = f.Offset
	for f.Offset < int64(len(d.sorted)) {
		ent := &d.sorted[f.Offset]
		k := pack(m, buf[n:], ent.ino, ent.typ, ent.name)
		if k == 0 {
			if n == 0 {
				return 0, before, abi.EINVAL
			}
			break
		}
		n += k
		f.Offset++
	}
	return n, before, abi.OK
}

func (d *dirFile) sort() abi.Errno {
	var list []hostDirent
	var err error
	if u := d.at().u; u != nil {
		list, err = u.list(d.fs.direntType)
	} else if _, err = unix.Seek(d.fd, 0, unix.SEEK_SET); err == nil {
		list, err = readDirents(d.fd)
	}
	if err != nil {
		return errno(err)
	}
	d.sorted = []hostDirent{}
	for _, ent := range list {
		if d.at().u == nil {
			d.overlayType(&ent)
		}
		d.sorted = append(d.sorted, ent)
	}
	sortDents(d.sorted)
	return abi.OK
}

// readDirents reads what a directory has from the descriptor's offset on. Errors: the host's.
func readDirents(fd int) (list []hostDirent, err error) {
	buf := make([]byte, 8192)
	for {
		k, err := hostDirents(fd, buf)
		if err == unix.ENOENT || err == nil && k == 0 {
			return list, nil // the end, or a directory that was removed
		}
		if err != nil {
			return nil, err
		}
		for b := buf[:k]; len(b) > 0; {
			ent, used := parseDirent(b)
			if used <= 0 || used > len(b) {
				return nil, unix.EIO
			}
			if ent.ino != 0 {
				ent.name = bytes.Clone(ent.name)
				list = append(list, ent)
			}
			b = b[used:]
		}
	}
}

// sortDents puts entries in order: "." and "..", then by name.
func sortDents(list []hostDirent) {
	dots := func(name []byte) int {
		if s := string(name); s == "." || s == ".." {
			return 0
		}
		return 1
	}
	slices.SortFunc(list, func(a, b hostDirent) int {
		return cmp.Or(cmp.Compare(dots(a.name), dots(b.name)), bytes.Compare(a.name, b.name))
	})
}
