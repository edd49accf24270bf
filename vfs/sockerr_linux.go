package vfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"nbemu/kern"
)

const hostMsgErrqueue = unix.MSG_ERRQUEUE

func recvErr(v6 bool) (level, name int) {
	if v6 {
		return unix.IPPROTO_IPV6, unix.IPV6_RECVERR
	}
	return unix.IPPROTO_IP, unix.IP_RECVERR
}

// sizeofSockErr is that of struct sock_extended_err, which an address follows.
const sizeofSockErr = 16

// sockErrorIn is the error among the host's control messages, nil if there is none.
func sockErrorIn(l *kern.LWP, oob []byte) *SockError {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	o := binary.NativeEndian
	for _, c := range msgs {
		v6 := c.Header.Level == unix.IPPROTO_IPV6 && c.Header.Type == unix.IPV6_RECVERR
		if !v6 && (c.Header.Level != unix.IPPROTO_IP || c.Header.Type != unix.IP_RECVERR) || len(c.Data) < sizeofSockErr {
			continue
		}
		b := c.Data
		e := &SockError{V6: v6, Origin: b[4], Type: b[5], Code: b[6], Info: o.Uint32(b[8:]), Data: o.Uint32(b[12:])}
		if n := o.Uint32(b); n != 0 {
			e.Err = errno(unix.Errno(n))
		}
		switch who := b[sizeofSockErr:]; {
		case len(who) >= unix.SizeofSockaddrInet4 && o.Uint16(who) == unix.AF_INET:
			sa := &unix.SockaddrInet4{Addr: [4]byte(who[4:8])}
			e.Offender = fsOf(l).sockaddrToGuest(l.Model(), sa)
		case len(who) >= unix.SizeofSockaddrInet6 && o.Uint16(who) == unix.AF_INET6:
			sa := &unix.SockaddrInet6{Addr: [16]byte(who[8:24]), ZoneId: o.Uint32(who[24:])}
			e.Offender = fsOf(l).sockaddrToGuest(l.Model(), sa)
		}
		return e
	}
	return nil
}
