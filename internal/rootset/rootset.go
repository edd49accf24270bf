// Package rootset makes roots: directories with NetBSD's userland, unpacked from the binary sets of a release by any
// user. What the host does not let that user keep (owners, set-id bits, devices, flags) goes into a METALOG, in the form
// of mtree(5) that NetBSD's unprivileged build has, from which nbemu shows it to programs.
//
// It knows nothing of processes or processors.
package rootset

import (
	"cmp"
	"slices"
	"strings"
)

// Meta is what the host's file cannot say, or had better not. The zero value of a field is root's, wheel's, none.
type Meta struct {
	Type         string // of mtree; only char and block matter to a reader
	Mode         uint32 // NetBSD's
	HostMode     uint32 // the mode on the host
	UID, GID     uint32
	Major, Minor uint32
	Flags        string // of chflags(2), by name
}

// hostMode is the mode that a file gets on the host: whoever made the root reads all of it and enters all directories,
// nobody else writes, and no bit gives a right to who runs the file. Files that are not writable stay so.
func hostMode(mode uint32, dir bool) uint32 {
	if dir {
		return mode&0o755 | 0o700
	}
	return mode&0o755 | 0o400
}

// plain reports whether a reader learns all of m from the host's file, given that files of the host's user are root's.
func (m *Meta) plain() bool {
	return m.Mode == m.HostMode && m.UID == 0 && m.GID == 0 && m.Flags == "" && m.Type != "char" && m.Type != "block"
}

// device is a special file that a root has.
type device struct {
	name         string
	major, minor uint32
	mode         uint32
}

// devices are those of MAKEDEV's std, fd, ptm and random that open under nbemu, with the numbers of NetBSD/amd64, which
// nbemu's own /dev has on every machine. MAKEDEV gives all of them to root and wheel.
func devices() []device {
	devs := []device{
		{"console", 0, 0, 0o600}, {"tty", 1, 0, 0o666},
		{"null", 2, 2, 0o666}, {"full", 2, 11, 0o666}, {"zero", 2, 12, 0o666},
		{"stdin", 22, 0, 0o666}, {"stdout", 22, 1, 0o666}, {"stderr", 22, 2, 0o666},
		{"random", 46, 0, 0o444}, {"urandom", 46, 1, 0o644},
		{"ptmx", 165, 0, 0o666}, {"ptm", 165, 1, 0o666},
	}
	for n := range uint32(64) {
		devs = append(devs, device{"fd/" + itoa(n), 22, n, 0o666})
	}
	return devs
}

// cmpPath orders paths so that a directory comes before what is in it.
func cmpPath(a, b string) int { return cmp.Compare(a, b) }

// flagNames are the names of chflags(2)'s flags, with the longer ones that string_to_flags knows too.
var flagNames = map[string]string{"sappnd": "sappnd", "sappend": "sappnd", "arch": "arch", "archived": "arch", "schg": "schg",
	"schange": "schg", "simmutable": "schg", "uappnd": "uappnd", "uappend": "uappnd", "nodump": "nodump", "opaque": "opaque",
	"uchg": "uchg", "uchange": "uchg", "uimmutable": "uchg"}

// knownFlags keeps of a list of flags those that NetBSD has, under their short names: an archive may say anything.
func knownFlags(list string) string {
	var out []string
	for name := range strings.SplitSeq(list, ",") {
		if short := flagNames[name]; short != "" && !slices.Contains(out, short) {
			out = append(out, short)
		}
	}
	return strings.Join(out, ",")
}
