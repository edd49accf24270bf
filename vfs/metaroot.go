package vfs

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// metaRest is what a line "/set uid=N gid=N" says: who owns the files that no other line names. It speaks of files of
// the owner of the overlay's root, who may be somebody else than whoever runs nbemu, on that one's file system, so that a root of NetBSD's needs lines for exceptions
// only. What the host has under another owner's name stays his.
type metaRest struct {
	uid, gid uint32
	host     uint32 // owner on the host
	dev      uint64
}

// setRest takes in a line "/set". Errors: a value that is no number; the host's, of the root.
func (m *Metadata) setRest(words []string) error {
	r := &metaRest{}
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		var err error
		switch name {
		case "uid":
			r.uid, err = parseID(value, 10)
		case "gid":
			r.gid, err = parseID(value, 10)
		default:
			err = fmt.Errorf("/set knows uid and gid here")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w, err)
		}
	}
	var st abi.Stat
	if err := hostStat(unix.AT_FDCWD, m.root, false, &st); err != nil {
		return &hostError{m.root, err}
	}
	r.host, r.dev = st.Uid, st.Dev
	m.rests = slices.DeleteFunc(m.rests, func(o *metaRest) bool { return o.host == r.host && o.dev == r.dev })
	m.rests = append(m.rests, r)
	return nil
}

// letIn makes a file that the guest's user may open, and the host's may not, accessible to the latter: a file that is
// read-only for everybody is not for the guest's root. The mode that the guest sees is kept. It reports whether opening
// again makes sense.
func (m *Metadata) letIn(nd *nameidata) bool {
	var st abi.Stat
	if nd.low() || nd.hostStat(&st) != nil || st.Mode&abi.S_IFMT != abi.S_IFREG ||
		st.Uid != uint32(os.Geteuid()) || st.Mode&0o600 == 0o600 {
		return false
	}
	mode := st.Mode & abi.ALLPERMS
	if nd.chmod(mode|0o600) != nil {
		return false
	}
	m.record(keyOf(&st), nd.metaPath, func(e *metaEntry) {
		if e.set&metaMode == 0 {
			e.mode, e.set = mode, e.set|metaMode
		}
	})
	return true
}

// fflags are the flags of chflags(2) by the names that mtree uses (sys/stat.h, strtofflags(3)).
var fflags = []struct {
	name string
	bit  uint32
}{
	{"sappnd", 0x00040000}, {"arch", 0x00010000}, {"schg", 0x00020000}, {"uappnd", 0x00000004}, {"nodump", 0x00000001},
	{"opaque", 0x00000008}, {"uchg", 0x00000002}, {"snap", 0x00200000}, {"log", 0x00400000}, {"snapinval", 0x00800000},
}

// parseFflags reads names of flags, separated by commas. Error: a name that is none.
func parseFflags(s string) (flags uint32, err error) {
next:
	for name := range strings.SplitSeq(s, ",") {
		if name == "none" || name == "-" || name == "" {
			continue
		}
		for _, f := range fflags {
			if name == f.name {
				flags |= f.bit
				continue next
			}
		}
		return 0, fmt.Errorf("%s: no flag of chflags", name)
	}
	return flags, nil
}

// fflagNames is the reverse of parseFflags.
func fflagNames(flags uint32) string {
	var names []string
	for _, f := range fflags {
		if flags&f.bit != 0 {
			names = append(names, f.name)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ",")
}
