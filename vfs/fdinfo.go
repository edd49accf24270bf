package vfs

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
)

// /proc/PID/fdinfo tells Linux' programs of open files, /proc/PID/pagemap of pages.

// FdinfoFlags gives flags of open files in the numbers of l's program. An emulation sets it.
var FdinfoFlags = func(_ *kern.LWP, flags int32) int32 { return flags }

// describer are open files with something of their own to tell: lines.
type describer interface{ Fdinfo(f *kern.File) string }

// lookupFdinfo finds a file below /proc/PID/fdinfo.
func lookupFdinfo(l *kern.LWP, p *kern.Proc, num string) (node, string, abi.Errno) {
	fd, herr := strconv.ParseUint(num, 10, 31)
	if herr != nil || strconv.FormatUint(fd, 10) != num {
		return nil, "", abi.ENOENT
	}
	if p != l.Proc && !l.MayTrace(p) {
		return nil, "", abi.EACCES
	}
	if p.Fd.Get(int32(fd)) == nil {
		return nil, "", abi.ENOENT
	}
	return &procNode{p: p, name: "fdinfo/" + num, procFile: procFile{private: true, content: func(l *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
		f := p.Fd.Get(int32(fd))
		if f == nil {
			return nil, abi.ENOENT
		}
		return fdinfo(l, f), abi.OK
	}}}, "", abi.OK
}

func fdinfo(l *kern.LWP, f *kern.File) []byte {
	var st abi.Stat
	_ = f.Ops.Stat(l, f, &st)
	flags := FdinfoFlags(l, f.Flag)
	b := fmt.Appendf(nil, "pos:\t%d\nflags:\t0%o\nmnt_id:\t%d\nino:\t%d\n", f.Offset, flags, abi.Minor(st.Dev), st.Ino)
	if d, ok := f.Ops.(describer); ok {
		b = append(b, d.Fdinfo(f)...)
	}
	return b
}

// hostFdinfo are the lines about a descriptor of the host that begin with a word.
func hostFdinfo(fd int, word string) string {
	text, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return ""
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, word) {
			b.WriteString(line)
		}
	}
	return b.String()
}
