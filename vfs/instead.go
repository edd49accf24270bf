package vfs

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// instead keeps the host's files from standing in for the root's (-L) where the two are laid out differently. On
// hosts whose /bin is a link to /usr/bin, /bin/make would be found there although the root has a make in its /usr/bin.
// And no dynamic linker of the root's must be told by the host's files where libraries are: glibc's would take libc from
// another build than its own, and the two share structures.
func (fs *FS) instead(l *kern.LWP, path string, flags int) (nd nameidata, found bool, err abi.Errno) {
	em := l.Proc.Emul
	if em == nil || l.Proc.Cwdi.Edir != kern.Dir(fs.edir) || flags&create != 0 {
		return nd, false, abi.OK
	}
	if isLinkerFile(path) && (em.Path == "" || fs.hasLinker()) {
		return nd, true, abi.ENOENT
	}
	top, _, more := strings.Cut(strings.TrimLeft(path, "/"), "/")
	if !more || top != "bin" && top != "sbin" && top != "lib" {
		return nd, false, abi.OK
	}
	var buf [64]byte
	if n, herr := unix.Readlink("/"+top, buf[:]); herr != nil || strings.TrimPrefix(string(buf[:n]), "/") != "usr/"+top {
		return nd, false, abi.OK
	}
	edir := placeOf(l.Proc.Cwdi.Edir)
	nd, err = fs.walk(judged(l), edir, edir, "/usr/"+strings.TrimLeft(path, "/"), flags)
	if err == abi.OK && nd.exists() {
		return nd, true, abi.OK
	}
	nd.release()
	return nameidata{}, false, abi.OK
}

// isLinkerFile reports whether a dynamic linker reads the file to find libraries: NetBSD's, glibc's, musl's.
func isLinkerFile(path string) bool {
	name, ok := strings.CutPrefix(path, "/etc/")
	return ok && (name == "ld.so.conf" || name == "ld.so.cache" || name == "ld.so.preload" ||
		strings.HasPrefix(name, "ld-musl-") && strings.HasSuffix(name, ".path"))
}

// hasLinker reports whether the root has a dynamic linker of Linux: whether it is one of a machine with Linux, or only
// lies above the host, whose programs then use the host's.
func (fs *FS) hasLinker() bool {
	fs.linkerOnce.Do(func() {
		for _, dir := range []string{"lib", "lib64", "lib32"} {
			names, _ := os.ReadDir(filepath.Join(fs.edirPath, dir))
			for _, e := range names {
				name := e.Name()
				if strings.HasPrefix(name, "ld-linux") || strings.HasPrefix(name, "ld-musl-") || strings.HasPrefix(name, "ld64.so.") || name == "ld.so.1" {
					fs.linker = true
				}
			}
		}
	})
	return fs.linker
}
