package strace

import (
	"path"
	"slices"

	"nbemu/abi"
)

// FdKinds are what is shown of descriptors: bits.
type FdKinds uint8

const (
	FdPath   FdKinds = 1 << iota // the file's name
	FdSocket                     // protocol and addresses of sockets
	FdDevice                     // numbers of devices
	FdPid                        // processes of descriptors that are for one
	FdAll    = FdPath | FdSocket | FdDevice | FdPid
)

// Touches reports whether one of the files of -P appears in a call: as a path, or behind a descriptor. names returns the
// path of a descriptor or of AT_FDCWD, "" if it has none; a path counts that leads to the file from there without links.
func (o *Options) Touches(m *abi.Model, mem Memory, s *Sig, args []uint64, names func(fd int32) string) bool {
	p := Printer{Model: m}
	c := p.start(mem, s, args)
	base := int32(abi.AT_FDCWD)
	is := func(name string) bool { return name != "" && slices.Contains(o.Paths, name) }
	for i := range s.Args {
		a, v := &s.Args[i], c.arg(i)
		switch a.Type {
		case Fd:
			base = int32(v)
			if is(names(base)) {
				return true
			}
		case Atfd:
			base = int32(v)
			if base != abi.AT_FDCWD && is(names(base)) {
				return true
			}
		case Path:
			text, _, ok := c.cstring(c.ptrval(v), abi.PATH_MAX)
			name := string(text)
			if !ok || name == "" {
				continue
			}
			if is(name) || is(path.Clean(name)) || name[0] != '/' && is(path.Join(names(base), name)) {
				return true
			}
		case Pollfds, LxPollfds:
			if c.pollTouches(a, c.ptrval(v), func(fd int32) bool { return is(names(fd)) }) {
				return true
			}
		}
	}
	return false
}

// pollTouches looks at the descriptors of a poll, as many as a person would read.
func (c *ctx) pollTouches(a *Arg, va uint64, is func(fd int32) bool) bool {
	n, _ := c.length(a)
	for i := range min(n, 1024) {
		p, ok := load[abi.Pollfd](c, va+8*i)
		if !ok {
			return false
		}
		if is(p.Fd) {
			return true
		}
	}
	return false
}

// WantsPath reports whether -P has no objection to a file.
func (o *Options) WantsPath(name string) bool {
	return o == nil || len(o.Paths) == 0 || slices.Contains(o.Paths, name)
}

// ResolvePaths adds, once, what the files of -P are called without links; real returns that, or "".
func (o *Options) ResolvePaths(real func(path string) string) {
	if o.resolved {
		return
	}
	o.resolved = true
	for _, name := range slices.Clone(o.Paths) {
		if r := real(name); r != "" && !slices.Contains(o.Paths, r) {
			o.Paths = append(o.Paths, r)
		}
	}
}
