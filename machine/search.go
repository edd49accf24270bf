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
	for dir := range strings.SplitSeq(list, ":") {
		if file := path.Join(dir, name); dir != "" {
			if mode, ok := lookup(l, file); ok && mode&abi.S_IFMT == abi.S_IFREG && mode&0o111 != 0 {
				return file
			}
		}
	}
	return name
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
