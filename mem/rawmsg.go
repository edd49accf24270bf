//go:build linux || darwin

package mem

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// SendControl and RecvControl are the host's sendmsg(2) and recvmsg(2) of a message without data. They are here because those of
// golang.org/x/sys put a byte in its place, which the other side would take for data, or take one out.

// SendControl sends control data alone.
func SendControl(fd int, oob []byte, flags int) error {
	_, _, _, err := rawMsg(unix.SYS_SENDMSG, fd, oob, flags)
	return err
}

// RecvControl receives into oob what comes with the next bytes or message and none of its data. oobn is how much it is, rflags what
// the host says of it.
func RecvControl(fd int, oob []byte, flags int) (oobn, rflags int, err error) {
	_, oobn, rflags, err = rawMsg(unix.SYS_RECVMSG, fd, oob, flags)
	return oobn, rflags, err
}

func rawMsg(call uintptr, fd int, oob []byte, flags int) (n, oobn, rflags int, err error) {
	var m unix.Msghdr
	if len(oob) > 0 {
		m.Control = &oob[0]
		m.SetControllen(len(oob))
	}
	r, _, errno := unix.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(&m)), uintptr(flags))
	if errno != 0 {
		return 0, 0, 0, errno
	}
	return int(r), int(m.Controllen), int(m.Flags), nil
}
