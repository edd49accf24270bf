package machine

import (
	"path"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// search finds a program as a shell would: a name without a slash in the directories of PATH, as programs of the machine
// see them. A file of that name in the working directory comes first, as it always has. What is not found stays as it is.
func search(l *kern.LWP, name string, env []string) string {
	if name == "" || strings.Contains(name, "/") {
		return name
	}
	if _, ok := lookup(l, name); ok {
		return name
	}
	list := ""
	for _, s := range env {
		if v, ok := strings.CutPrefix(s, "PATH="); ok {
			list = v
		}
	}
	// The root's programs come before the host's, which may have others of the name in a directory that PATH names first.
	for _, ours := range []bool{true, false} {
		for dir := range strings.SplitSeq(list, ":") {
			if file := path.Join(dir, name); dir != "" && runnable(l, file) && !(ours && fromHost(l, file)) {
				return file
			}
		}
	}
	return name
}

// runnable reports whether the name is of a regular file that somebody may execute.
func runnable(l *kern.LWP, name string) bool {
	mode, ok := lookup(l, name)
	return ok && mode&abi.S_IFMT == abi.S_IFREG && mode&0o111 != 0
}

// fromHost reports whether a name that leads somewhere does so outside of Config.Root, if there is one.
func fromHost(l *kern.LWP, name string) bool {
	root := l.Proc.Cwdi.Edir
	if root == nil {
		return false
	}
	in, err := vfs.Lookup(l, name, root)
	if err != abi.OK {
		return true
	}
	defer in.Unref()
	out, err := vfs.Lookup(l, name, nil)
	if err != abi.OK {
		return false
	}
	defer out.Unref()
	return in.Key() == out.Key()
}

// lookup returns the mode of a file; false if it is not there.
func lookup(l *kern.LWP, name string) (mode uint32, ok bool) {
	v, err := vfs.Lookup(l, name, l.Proc.Cwdi.Edir)
	if err != abi.OK {
		return 0, false
	}
	defer v.Unref()
	return v.Mode, true
}
