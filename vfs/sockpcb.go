package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Pcb is the socket as net.*.pcblist shows it to l (sysctl_inpcblist, sysctl_dounpcb). Addresses of kernel structures are
// the serial numbers of open files.
func (s *socket) Pcb(l *kern.LWP, f *kern.File) *abi.KinfoPcb {
	k := &abi.KinfoPcb{Pcbaddr: f.Serial, Sockaddr: f.Serial, Family: uint32(s.domain), Type: uint32(s.typ), Protocol: s.protocol()}
	local, _ := s.Getsockname(l)
	copy(k.Src[:], local)
	remote, err := s.Getpeername(l)
	connected := err == abi.OK
	if connected {
		copy(k.Dst[:], remote)
		k.Sostate |= abi.SS_ISCONNECTED
	}
	if s.state == ssConnecting && !connected {
		k.Sostate |= abi.SS_ISCONNECTING
	}
	if s.shutWr {
		k.Sostate |= abi.SS_CANTSENDMORE
	}
	if s.state != ssListening {
		k.Rcvq, k.Sndq = uint64(hostNread(s.fd)), uint64(hostOutq(s.fd))
	}
	if s.domain == abi.AF_LOCAL {
		k.Inode = s.key.Ino
		if s.peer != nil && s.peer.file != nil {
			k.Conn = s.peer.file.Serial
		}
		return k
	}
	switch {
	case connected:
		k.Prstate = abi.INP_CONNECTED
	case len(local) > 3 && local[2]|local[3] != 0:
		k.Prstate = abi.INP_BOUND
	}
	if k.Protocol == abi.IPPROTO_TCP {
		k.Ppcbaddr = f.Serial
		k.Tstate = hostTCPState(s.fd)
	}
	return k
}

// protocol is the socket's protocol, also where the program left it to the system.
func (s *socket) protocol() uint32 {
	if s.proto != 0 || s.domain == abi.AF_LOCAL {
		return uint32(s.proto)
	}
	switch s.typ {
	case abi.SOCK_STREAM:
		return abi.IPPROTO_TCP
	case abi.SOCK_DGRAM:
		return abi.IPPROTO_UDP
	}
	return 0
}
