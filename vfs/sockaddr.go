package vfs

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Socket addresses. NetBSD's begin with a byte for the length and one for the family; ports and addresses are
// in network order on both sides, scopes are interface numbers, which are the host's.

const (
	sizeofSockaddrIn  = 16
	sizeofSockaddrIn6 = 28
	sockaddrUnPath    = 2 // offset of sun_path
)

// hostFamily maps address families to the host's; missing ones are not supported.
var hostFamily = map[int32]int{abi.AF_LOCAL: unix.AF_UNIX, abi.AF_INET: unix.AF_INET, abi.AF_INET6: unix.AF_INET6}

// inetToHost makes a host address of an Internet address in NetBSD's form. Errors: EINVAL for a wrong length,
// EAFNOSUPPORT.
func inetToHost(m *abi.Model, b []byte) (unix.Sockaddr, abi.Errno) {
	if len(b) < 2 {
		return nil, abi.EINVAL
	}
	switch b[1] {
	case abi.AF_INET:
		if len(b) != sizeofSockaddrIn {
			return nil, abi.EINVAL
		}
		sa := &unix.SockaddrInet4{Port: int(binary.BigEndian.Uint16(b[2:]))}
		copy(sa.Addr[:], b[4:8])
		return sa, abi.OK
	case abi.AF_INET6:
		if len(b) != sizeofSockaddrIn6 {
			return nil, abi.EINVAL
		}
		sa := &unix.SockaddrInet6{Port: int(binary.BigEndian.Uint16(b[2:])), ZoneId: uint32(m.Uint(b[24:], 4))}
		copy(sa.Addr[:], b[8:24])
		return sa, abi.OK
	}
	return nil, abi.EAFNOSUPPORT
}

// sockaddrToGuest makes NetBSD's form of a host address; nil for none.
func (fs *FS) sockaddrToGuest(m *abi.Model, sa unix.Sockaddr) []byte {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		b := make([]byte, sizeofSockaddrIn)
		b[0], b[1] = sizeofSockaddrIn, abi.AF_INET
		binary.BigEndian.PutUint16(b[2:], uint16(sa.Port))
		copy(b[4:], sa.Addr[:])
		return b
	case *unix.SockaddrInet6:
		b := make([]byte, sizeofSockaddrIn6)
		b[0], b[1] = sizeofSockaddrIn6, abi.AF_INET6
		binary.BigEndian.PutUint16(b[2:], uint16(sa.Port))
		copy(b[8:], sa.Addr[:])
		m.PutUint(b[24:], 4, uint64(sa.ZoneId))
		return b
	case *unix.SockaddrUnix:
		if b := fs.boundNames[sa.Name]; b != nil {
			return b
		}
		name := sa.Name
		if b := fs.abstractToGuest(name); b != nil {
			return b
		}
		if name == "" {
			return []byte{sockaddrUnPath, abi.AF_LOCAL}
		}
		if len(name) > 250 {
			name = name[:250]
		}
		b := make([]byte, sockaddrUnPath+len(name)+1)
		b[0], b[1] = byte(len(b)), abi.AF_LOCAL
		copy(b[sockaddrUnPath:], name)
		return b
	}
	return nil
}

// unixPath takes the path out of a local address. Errors: EINVAL, ENOENT for an empty one.
func unixPath(b []byte) (string, abi.Errno) {
	if len(b) <= sockaddrUnPath {
		return "", abi.EINVAL
	}
	p := b[sockaddrUnPath:]
	for i, c := range p {
		if c == 0 {
			p = p[:i]
			break
		}
	}
	if len(p) == 0 {
		return "", abi.ENOENT
	}
	return string(p), abi.OK
}

// maxHostUnixPath is how long a path in a host's local address may be.
const maxHostUnixPath = 107

// bindName binds a local socket to the name that nd leads to and returns what the host knows it by. Where a walk led
// there, that is relative to the directory held open: a path from the root would be walked again, by the host and
// perhaps elsewhere. Error: the host's.
func (fs *FS) bindName(sock int, nd *nameidata) (string, error) {
	if !nd.walked {
		name := hostUnixName(nd)
		return name, unix.Bind(sock, &unix.SockaddrUnix{Name: name})
	}
	dir := fdName(nd.dirfd)
	if len(dir)+1+len(nd.name) > maxHostUnixPath {
		return fs.bindLong(sock, nd)
	}
	// Two sockets must not be known by one name, though the descriptor's number be used again.
	name := dir + "/" + nd.name
	for fs.boundNames[name] != nil && len(name) < maxHostUnixPath {
		dir += "/"
		name = dir + "/" + nd.name
	}
	return name, unix.Bind(sock, &unix.SockaddrUnix{Name: name})
}

// bindLong is bindName for a name that is too long for the host: the socket gets it after it was bound.
func (fs *FS) bindLong(sock int, nd *nameidata) (string, error) {
	if nd.exists() {
		return "", unix.EADDRINUSE
	}
	var r [6]byte
	if _, err := rand.Read(r[:]); err != nil {
		return "", err
	}
	short := ".nbemu" + hex.EncodeToString(r[:])
	name := fdName(nd.dirfd) + "/" + short
	if err := unix.Bind(sock, &unix.SockaddrUnix{Name: name}); err != nil {
		return "", err
	}
	err := hostRenameNew(nd.dirfd, short, nd.dirfd, nd.name)
	if err != nil {
		_ = unix.Unlinkat(nd.dirfd, short, 0)
	}
	if err == unix.EEXIST {
		err = unix.EADDRINUSE
	}
	return name, err
}

// hostUnixName returns the name to bind or connect to for what nd leads to; it stays valid until release.
func hostUnixName(nd *nameidata) string {
	name := nd.name
	if name[0] != '/' {
		if dir, err := fdPath(nd.dirfd); err == abi.OK {
			name = joinPath(dir, nd.name)
		}
	}
	if len(name) > maxHostUnixPath || nd.own {
		name = fdName(nd.dirfd) + "/" + nd.name
	}
	return name
}

// bindUnix binds s to a path. Errors: EADDRINUSE, EINVAL when it is bound already, those of the lookup.
func (s *socket) bindUnix(l *kern.LWP, b []byte) abi.Errno {
	if s.bound != "" {
		return abi.EINVAL
	}
	if isAbstract(l, b) {
		return s.bindAbstract(l, b)
	}
	p, err := unixPath(b)
	if err != abi.OK {
		return err
	}
	nd, err := nameiEntry(l, abi.AT_FDCWD, p, create)
	if err != abi.OK {
		if err == abi.EEXIST {
			return abi.EADDRINUSE
		}
		return err
	}
	defer nd.release()
	if err := nd.noDir(); err != abi.OK {
		if err == abi.EEXIST {
			return abi.EADDRINUSE
		}
		return err
	}
	if err := nd.mayMake(l, abi.S_IFSOCK); err != abi.OK {
		if err == abi.EEXIST {
			return abi.EADDRINUSE
		}
		return err
	}
	mode := 0777 &^ l.Proc.Cwdi.Umask
	preset := presetMode(s.fd, mode)
	name, herr := fsOf(l).bindName(s.fd, &nd)
	if herr != nil {
		return errno(herr)
	}
	if !preset {
		_ = hostChmod(nd.dirfd, nd.name, true, mode)
	}
	nd.created(l, abi.S_IFSOCK)
	nd.changedDir(abi.NOTE_WRITE)
	s.bound = name
	var st abi.Stat
	if hostStat(nd.dirfd, nd.name, true, &st) == nil {
		s.boundTo(l, peerKey{file: keyOf(&st)})
	}
	guest := append([]byte(nil), b...)
	guest[0] = byte(len(guest))
	fsOf(l).boundNames[name] = guest
	return abi.OK
}

// unixDest makes the host address of a path to connect or send to; done must be called after its use. Errors:
// those of the lookup.
func unixDest(l *kern.LWP, b []byte) (sa unix.Sockaddr, done func(), k peerKey, err abi.Errno) {
	if isAbstract(l, b) && len(b) > sockaddrUnPath {
		name := fsOf(l).abstractName(b)
		return &unix.SockaddrUnix{Name: name}, func() {}, peerKey{name: name}, abi.OK
	}
	p, err := unixPath(b)
	if err != abi.OK {
		return nil, nil, k, err
	}
	nd, err := namei(l, abi.AT_FDCWD, p, follow)
	if err != abi.OK {
		return nil, nil, k, err
	}
	if nd.node != nil {
		return nil, nil, k, abi.ENOTSOCK
	}
	var st abi.Stat
	if nd.walked {
		if herr := nd.hold(); herr != nil {
			nd.release()
			return nil, nil, k, errno(herr)
		}
	}
	if herr := nd.hostStat(&st); herr != nil {
		nd.release()
		return nil, nil, k, errno(herr)
	}
	if st.Mode&abi.S_IFMT != abi.S_IFSOCK {
		nd.release()
		return nil, nil, k, abi.ENOTSOCK
	}
	if err := nd.mayAccess(judged(l), abi.W_OK); err != abi.OK {
		nd.release()
		return nil, nil, k, err
	}
	k = peerKey{file: keyOf(&st)}
	if nd.held {
		// The descriptor names the very file that was judged.
		return &unix.SockaddrUnix{Name: fdName(nd.file)}, nd.release, k, abi.OK
	}
	if !nd.walked {
		if name := hostUnixName(&nd); len(name) <= maxHostUnixPath {
			return &unix.SockaddrUnix{Name: name}, nd.release, k, abi.OK
		}
	}
	fd, herr := unix.Openat(nd.dirfd, nd.name, oSearch|unix.O_CLOEXEC|nd.openFlags(), 0)
	nd.release()
	if herr != nil {
		return nil, nil, k, errno(herr)
	}
	return &unix.SockaddrUnix{Name: fdName(fd)}, func() { _ = unix.Close(fd) }, k, abi.OK
}

// dest makes the host address for connect and sendto.
func (s *socket) dest(l *kern.LWP, b []byte) (sa unix.Sockaddr, done func(), k peerKey, err abi.Errno) {
	if len(b) < 2 {
		return nil, nil, k, abi.EINVAL
	}
	if !usedAgain(l) && s.domain == abi.AF_INET && s.typ != abi.SOCK_RAW && len(b) != sizeofSockaddrIn {
		return nil, nil, k, abi.EINVAL // in_pcbconnect
	}
	if int32(b[1]) != s.domain {
		return nil, nil, k, abi.EAFNOSUPPORT
	}
	if s.domain == abi.AF_LOCAL {
		return unixDest(l, b)
	}
	sa, err = inetToHost(l.Model(), b)
	return sa, func() {}, k, err
}

// socketKey identifies a host socket, across the descriptors that refer to it.
func socketKey(fd int) (k mem.FileKey) {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil {
		k = mem.FileKey{Dev: uint64(st.Dev), Ino: st.Ino}
	}
	return k
}

func (s *socket) String() string { return "socket " + strconv.Itoa(s.fd) }
