package rootset

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// metalogHead begins a METALOG of a root: files that no line names are root's.
const metalogHead = "/set uid=0 gid=0\n"

// line writes what a reader needs beside the host's file; "" if that is nothing.
func (m *Meta) line(path string) string {
	if m.plain() {
		return ""
	}
	var b strings.Builder
	if path == "." {
		b.WriteString(".")
	} else {
		b.WriteString("./" + Vis(path))
	}
	if m.Type == "char" || m.Type == "block" {
		fmt.Fprintf(&b, " type=%s device=netbsd,%d,%d", m.Type, m.Major, m.Minor)
	}
	if m.Mode != m.HostMode {
		fmt.Fprintf(&b, " mode=%04o", m.Mode)
	}
	fmt.Fprintf(&b, " uid=%d gid=%d", m.UID, m.GID)
	if m.Flags != "" {
		b.WriteString(" flags=" + m.Flags)
	}
	return b.String() + "\n"
}

// writeMetalog puts what meta knows into the file, in place of what it said of the same names; what it says of others
// stays. A reader, or a crash, meets the old file or the new one. Errors: the host's.
func writeMetalog(file string, meta map[string]*Meta) error {
	var out bytes.Buffer
	out.WriteString(metalogHead)
	old, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for line := range strings.Lines(string(old)) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "" || strings.HasPrefix(word, "/set") {
			continue
		}
		if name, err := Unvis(word); err == nil {
			if name, err := clean(name); err == nil && meta[name] != nil {
				continue
			}
		}
		out.WriteString(strings.TrimSuffix(line, "\n") + "\n")
	}
	for _, path := range slices.SortedFunc(maps.Keys(meta), cmpPath) {
		out.WriteString(meta[path].line(path))
	}
	return writeFile(file, out.Bytes(), 0o600)
}

// writeFile replaces a file as a whole. mode is that of a new one.
func writeFile(file string, text []byte, mode fs.FileMode) error {
	if fi, err := os.Stat(file); err == nil {
		mode = fi.Mode().Perm() // a shared root stays one
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	w := bufio.NewWriter(f)
	_, _ = w.Write(text)
	err = w.Flush()
	if err == nil {
		err = f.Chmod(mode)
	}
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
