package vfs

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/strace"
)

// What traces show of descriptors.

// FdPath is the path of a descriptor's file, or of the working directory for AT_FDCWD; "" if it has none.
func FdPath(l *kern.LWP, fd int32) string {
	if fd == abi.AT_FDCWD {
		if name, err := Getcwd(l); err == abi.OK {
			return name
		}
		return ""
	}
	f := l.Proc.Fd.Get(fd)
	if f == nil {
		return ""
	}
	name, err := FilePath(l, f)
	if err != abi.OK {
		return ""
	}
	return name
}

// Realpath is what a file is called without links; "" if it cannot be found.
func Realpath(l *kern.LWP, path string) string {
	f, err := OpenPath(l, abi.AT_FDCWD, path, false, true, 0)
	if err != abi.OK {
		return ""
	}
	defer f.Unref(l)
	name, err := FilePath(l, f)
	if err != abi.OK {
		return ""
	}
	return name
}

// FdName is what strace shows after a descriptor with -y and -yy: "</etc/motd>", "<TCP:[127.0.0.1:80]>".
func FdName(l *kern.LWP, fd int32, kinds strace.FdKinds) string {
	path := FdPath(l, fd)
	if fd == abi.AT_FDCWD {
		if kinds&strace.FdPath == 0 {
			return ""
		}
		return bracketed(path)
	}
	f := l.Proc.Fd.Get(fd)
	if f == nil {
		return ""
	}
	if kinds&strace.FdSocket != 0 {
		switch s := f.Ops.(type) {
		case *socket:
			return bracketed(s.traceName(l, f))
		case interface{ TraceName() string }:
			return bracketed(s.TraceName())
		}
	}
	if p := kern.PidfdProc(f); p != nil && kinds&strace.FdPid != 0 {
		return bracketed("pid:" + strconv.Itoa(int(p.PID)))
	}
	if kinds&strace.FdPath == 0 && kinds&strace.FdDevice == 0 {
		return ""
	}
	if path == "" {
		n := procFd{file: f}
		name, err := n.readlink(l)
		if err != abi.OK || !inodes(l) && !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "pipe:") {
			name = f.Ops.Type()
		}
		if alive, deleted := strings.CutSuffix(name, " (deleted)"); deleted {
			return bracketed(alive) + "(deleted)"
		}
		return bracketed(name)
	}
	if kinds&strace.FdDevice != 0 {
		path += deviceName(l, f)
	}
	return bracketed(path)
}

func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return "<" + s + ">"
}

// deviceName is "<char 1:3>" for a device, "" for other files.
func deviceName(l *kern.LWP, f *kern.File) string {
	var st abi.Stat
	if f.Ops.Stat(l, f, &st) != abi.OK {
		return ""
	}
	kind := map[uint32]string{abi.S_IFCHR: "char", abi.S_IFBLK: "block"}[st.Mode&abi.S_IFMT]
	if kind == "" {
		return ""
	}
	major, minor := abi.Major(st.Rdev), abi.Minor(st.Rdev)
	if m := l.Proc.Emul.Foreign; m != nil {
		major, minor = m.Device(st.Mode, st.Rdev)
	}
	return fmt.Sprintf("<%s %d:%d>", kind, major, minor)
}

// traceName is a socket's protocol with its addresses, or its number while it has none.
func (s *socket) traceName(l *kern.LWP, f *kern.File) string {
	k := s.Pcb(l, f)
	number := strconv.FormatUint(socketNumber(l, f, s), 10)
	if s.domain == abi.AF_LOCAL {
		return s.localName(k, number)
	}
	name := map[uint32]string{abi.IPPROTO_TCP: "TCP", abi.IPPROTO_UDP: "UDP"}[k.Protocol]
	switch {
	case s.domain != abi.AF_INET && s.domain != abi.AF_INET6:
		name = "socket"
		if s.domain == abi.AF_ROUTE {
			name = "ROUTE"
		}
	case name == "":
		name = "RAW"
	}
	if s.domain == abi.AF_INET6 {
		name += "v6"
	}
	here, there := inetText(k.Src[:]), inetText(k.Dst[:])
	switch {
	case here == "" || k.Src[2]|k.Src[3] == 0 && there == "":
		here = number
	case there != "":
		here += "->" + there
	}
	return name + ":[" + here + "]"
}

// localName is a local socket with its number, its peer's and its name.
func (s *socket) localName(k *abi.KinfoPcb, number string) string {
	name := map[int32]string{abi.SOCK_STREAM: "UNIX-STREAM", abi.SOCK_SEQPACKET: "UNIX-SEQPACKET"}[s.typ]
	if name == "" {
		name = "UNIX"
	}
	if s.peer != nil {
		number += "->" + strconv.FormatUint(s.peer.key.Ino, 10)
	}
	if path := localText(k.Src[:]); path != "" {
		number += "," + path
	}
	return name + ":[" + number + "]"
}

// socketNumber is what the program sees of a socket in stat, or the host's number of it.
func socketNumber(l *kern.LWP, f *kern.File, s *socket) uint64 {
	var st abi.Stat
	if inodes(l) && s.Stat(l, f, &st) == abi.OK {
		return st.Ino
	}
	return s.key.Ino
}

// inetText is an address with its port, in strace's form; "" if it is none.
func inetText(sa []byte) string {
	if len(sa) < 8 || sa[0] == 0 {
		return ""
	}
	port := strconv.Itoa(int(sa[2])<<8 | int(sa[3]))
	switch sa[1] {
	case abi.AF_INET:
		a, _ := netip.AddrFromSlice(sa[4:8])
		return a.String() + ":" + port
	case abi.AF_INET6:
		if len(sa) >= 24 {
			a, _ := netip.AddrFromSlice(sa[8:24])
			return "[" + a.String() + "]:" + port
		}
	}
	return ""
}

// localText is the name of a local socket, quoted; "" if it has none. An abstract one has an @ before it.
func localText(sa []byte) string {
	if len(sa) < 3 || sa[0] < 3 || int(sa[0]) > len(sa) {
		return ""
	}
	name := sa[2:sa[0]]
	if name[0] == 0 {
		name = name[1:]
		if end := strings.IndexByte(string(name), 0); end >= 0 {
			name = name[:end]
		}
		if len(name) == 0 {
			return ""
		}
		return "@" + strconv.Quote(string(name))
	}
	if end := strings.IndexByte(string(name), 0); end >= 0 {
		name = name[:end]
	}
	return strconv.Quote(string(name))
}
