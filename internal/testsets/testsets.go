// Package testsets makes binary sets in the form of NetBSD's, for tests and the demo: a tar archive of ustar headers with
// names that begin with "./", owners by number and name, hard links, and an mtree specification of all of it as
// etc/mtree/set.NAME, as distrib/sets/maketars has pax write them.
package testsets

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ulikunitz/xz"
)

// Time is when everything in the sets was made.
var Time = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// File is one entry of a set. Owners and groups are by name, "" for root and wheel.
type File struct {
	Name    string // without "./"
	Type    byte   // of archive/tar; 0 is a regular file
	Mode    int64
	User    string
	Group   string
	Text    string    // content
	Data    io.Reader // content in place of Text, Size bytes of it
	Size    int64
	Link    string // target of a symbolic or hard link
	Major   int64
	Minor   int64
	Flags   string // only in the specification, as in NetBSD's sets
	Raw     bool   // the name is written as it is, for what no build would make
	NoSpec  bool   // the specification does not name it
	ModTime time.Time
}

// ids of the names that tests use, as in NetBSD's etc/master.passwd and etc/group.
var ids = map[string]int{"": 0, "root": 0, "wheel": 0, "daemon": 1, "kmem": 2, "tty": 4, "operator": 5, "games": 7,
	"uucp": 66, "nobody": 32767, "utmp": 45, "gamesgroup": 13}

// Tar writes a set, uncompressed.
func Tar(w io.Writer, name string, files []File) error {
	spec := "/set uname=root gname=wheel\n"
	if !hasDir(files, "etc/mtree") {
		files = append(files, File{Name: "etc/mtree", Type: tar.TypeDir, Mode: 0o755})
	}
	t := tar.NewWriter(w)
	for _, f := range files {
		if !f.NoSpec && !f.Raw {
			spec += specLine(&f)
		}
		if err := write(t, &f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	spec += "./etc/mtree/set." + name + " type=file mode=0444\n"
	err := write(t, &File{Name: "etc/mtree/set." + name, Mode: 0o444, Text: spec})
	if err != nil {
		return err
	}
	return t.Close()
}

func hasDir(files []File, name string) bool {
	for _, f := range files {
		if f.Name == name {
			return true
		}
	}
	return false
}

func write(t *tar.Writer, f *File) error {
	h := &tar.Header{Typeflag: f.Type, Name: "./" + f.Name, Mode: f.Mode, Uid: ids[f.User], Gid: ids[f.Group],
		Uname: f.User, Gname: strings.TrimSuffix(f.Group, "group"), ModTime: Time, Format: tar.FormatUSTAR,
		Devmajor: f.Major, Devminor: f.Minor, Size: int64(len(f.Text)), Linkname: f.Link}
	if !f.ModTime.IsZero() {
		h.ModTime = f.ModTime
	}
	if f.Raw {
		h.Name = f.Name
	}
	if f.Name == "." {
		h.Name = "."
	}
	if f.Data != nil {
		h.Size = f.Size
	}
	switch f.Type {
	case 0:
		h.Typeflag = tar.TypeReg
	case tar.TypeDir:
		h.Name = strings.TrimSuffix(h.Name, "/") + "/"
	case tar.TypeLink:
		if !f.Raw {
			h.Linkname = "./" + f.Link
		}
	}
	if h.Uname == "" {
		h.Uname = "root"
	}
	if h.Gname == "" {
		h.Gname = "wheel"
	}
	if len(h.Name) > 255 || !f.Raw && len(filepath.Base(h.Name)) > 100 {
		h.Format = tar.FormatGNU // as pax does not, but other tar programs do
	}
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	if f.Data != nil {
		_, err := io.CopyN(t, f.Data, f.Size)
		return err
	}
	_, err := io.WriteString(t, f.Text)
	return err
}

// specLine is a file's line in the form of mtree -C with all keywords but times and sums.
func specLine(f *File) string {
	typ := map[byte]string{0: "file", tar.TypeReg: "file", tar.TypeDir: "dir", tar.TypeSymlink: "link", tar.TypeLink: "file",
		tar.TypeChar: "char", tar.TypeBlock: "block", tar.TypeFifo: "fifo"}[f.Type]
	line := "./" + vis(f.Name) + " type=" + typ
	if f.Name == "." {
		line = ". type=dir"
	}
	if f.User != "" {
		line += " uname=" + f.User
	}
	if f.Group != "" {
		line += " gname=" + strings.TrimSuffix(f.Group, "group")
	}
	if f.Type == tar.TypeLink {
		return line + "\n" // what is not said is the first name's
	}
	line += fmt.Sprintf(" mode=0%o", f.Mode)
	switch f.Type {
	case tar.TypeSymlink:
		line += " link=" + vis(f.Link)
	case tar.TypeChar, tar.TypeBlock:
		line += fmt.Sprintf(" device=netbsd,%d,%d", f.Major, f.Minor)
	case 0:
		line += fmt.Sprintf(" size=%d", max(f.Size, int64(len(f.Text))))
	}
	if f.Flags != "" {
		line += " flags=" + f.Flags
	}
	return line + "\n"
}

func vis(s string) string {
	return strings.NewReplacer(" ", `\040`, "#", `\043`, `\`, `\\`, "\n", `\012`).Replace(s)
}

// Write makes the file of a set; its suffix says how it is compressed (.tar.xz, .tgz, .tar).
func Write(file string, files []File) error {
	name, _, _ := strings.Cut(filepath.Base(file), ".")
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	var w io.WriteCloser
	switch {
	case strings.HasSuffix(file, ".xz"):
		if w, err = xz.NewWriter(out); err != nil {
			return err
		}
	case strings.HasSuffix(file, "gz"):
		if w, err = gzip.NewWriterLevel(out, gzip.BestSpeed); err != nil {
			return err
		}
	default:
		w = nopCloser{out}
	}
	if err := Tar(w, name, files); err != nil {
		return err
	}
	return w.Close()
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// Sums writes the file SHA512 of a directory of sets, in cksum(1)'s form.
func Sums(dir string) error {
	var out bytes.Buffer
	list, err := filepath.Glob(filepath.Join(dir, "*.t*z"))
	if err != nil {
		return err
	}
	for _, f := range list {
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "SHA512 (%s) = %x\n", filepath.Base(f), sha512.Sum512(b))
	}
	return os.WriteFile(filepath.Join(dir, "SHA512"), out.Bytes(), 0o644)
}
