package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// file is one file of a package: where it goes, what it is.
type file struct {
	name string // without a slash in front
	data []byte
	mode int64
}

// stamp is the time of everything in packages: the same sources make the same bytes.
type stamp struct{ time.Time }

// gz compresses without what would differ: names and times.
func gz(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// tarball writes files and the directories that they lie in below prefix, sorted, all of them root's.
func (s stamp) tarball(prefix string, files []file) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	header := func(name string, kind byte, mode, size int64) error {
		return w.WriteHeader(&tar.Header{Typeflag: kind, Name: name, Mode: mode, Size: size, ModTime: s.Time,
			Uname: "root", Gname: "root", Format: tar.FormatUSTAR})
	}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	made := map[string]bool{".": prefix != "./"}
	var dirs func(dir string) error
	dirs = func(dir string) error {
		if made[dir] {
			return nil
		}
		if dir != "." {
			if err := dirs(path.Dir(dir)); err != nil {
				return err
			}
		}
		made[dir] = true
		return header(prefix+strings.TrimPrefix(dir+"/", "./"), tar.TypeDir, 0o755, 0)
	}
	for _, f := range files {
		if err := dirs(path.Dir(f.name)); err != nil {
			return nil, err
		}
		if err := header(prefix+f.name, tar.TypeReg, f.mode, int64(len(f.data))); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return gz(b.Bytes())
}

// ar writes an archive as ar(5) and deb(5) have it.
func (s stamp) ar(files []file) []byte {
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, f := range files {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", f.name, s.Unix(), 0, 0, 0o100000|f.mode, len(f.data))
		b.Write(f.data)
		if len(f.data)%2 != 0 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}
