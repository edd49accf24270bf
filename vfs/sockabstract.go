package vfs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Names of local sockets that are no files, which only Linux has: they begin with a zero byte. Without a root they are
// the host's own. A machine with a root has a name space of its own in the host's: what is inside must not meet what
// is outside.

// isAbstract reports whether an address has such a name, or asks for one to be chosen.
func isAbstract(l *kern.LWP, b []byte) bool {
	e := l.Proc.Emul
	return e != nil && e.AbstractSockets && (len(b) == sockaddrUnPath || len(b) > sockaddrUnPath && b[sockaddrUnPath] == 0)
}

// abstractName is the host's name for that in b, which begins with an @ where the name itself has a zero byte.
func (fs *FS) abstractName(b []byte) string {
	name := string(b[sockaddrUnPath+1:])
	const most = 107 // of which the host takes one less than there can be
	if fs.root == nil && len(name) < most-1 {
		return "@" + name
	}
	if fs.abstractPrefix == "" {
		var r [8]byte
		fs.K.Random(r[:])
		fs.abstractPrefix = "nbemu-" + hex.EncodeToString(r[:]) + "-"
	}
	sum := sha256.Sum256([]byte(name))
	return "@" + fs.abstractPrefix + hex.EncodeToString(sum[:16])
}

// abstractToGuest returns the address of a name of the host that is no file; nil for one that is.
func (fs *FS) abstractToGuest(name string) []byte {
	if name == "" || name[0] != '@' && name[0] != 0 {
		return nil
	}
	if fs.root != nil || len(name) == 1 {
		return []byte{sockaddrUnPath, abi.AF_LOCAL} // of nobody, or of somebody outside
	}
	b := make([]byte, sockaddrUnPath, sockaddrUnPath+len(name))
	b = append(append(b, 0), name[1:]...)
	b[0], b[1] = byte(len(b)), abi.AF_LOCAL
	return b
}

// bindAbstract binds s to a name that is no file; with none in b to one that is chosen. Error: EADDRINUSE.
func (s *socket) bindAbstract(l *kern.LWP, b []byte) abi.Errno {
	if len(b) > sockaddrUnPath {
		return s.bindName(l, b)
	}
	for range 1 << 12 {
		var r [4]byte
		l.K.Random(r[:])
		guest := append([]byte{0, abi.AF_LOCAL, 0}, fmt.Sprintf("%05x", uint32(r[0])|uint32(r[1])<<8|uint32(r[2]&15)<<16)...)
		if err := s.bindName(l, guest); err != abi.EADDRINUSE {
			return err
		}
	}
	return abi.EADDRINUSE
}

func (s *socket) bindName(l *kern.LWP, b []byte) abi.Errno {
	fs := fsOf(l)
	name := fs.abstractName(b)
	if err := unix.Bind(s.fd, &unix.SockaddrUnix{Name: name}); err != nil {
		return errno(err)
	}
	for i := range name {
		if name[i] == 0 {
			name = name[:i] // as the host's answers come
			break
		}
	}
	guest := append([]byte(nil), b...)
	guest[0], guest[1] = byte(len(guest)), abi.AF_LOCAL
	s.bound = name
	fs.boundNames[name] = guest
	s.boundTo(l, peerKey{name: name})
	return abi.OK
}
