//go:build unix

package vfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// What Linux and macOS do alike with sockets.

func hostAtMark(fd int) (int, error) { return unix.IoctlGetInt(fd, unix.SIOCATMARK) }

// hostGetLinger reads SO_LINGER. There is no function for it in the package; a multicast request has two
// words as well.
func hostGetLinger(fd int) (on, sec int32, err error) {
	mr, err := unix.GetsockoptIPMreq(fd, unix.SOL_SOCKET, unix.SO_LINGER)
	if err != nil {
		return 0, 0, err
	}
	o := binary.NativeEndian
	return int32(o.Uint32(mr.Multiaddr[:])), int32(o.Uint32(mr.Interface[:])), nil
}
