package abi

// KinfoPcb is struct kinfo_pcb (sys/socket.h): a socket as net.inet.tcp.pcblist and its like have it.
type KinfoPcb struct {
	Pcbaddr, Ppcbaddr, Sockaddr    uint64
	Family, Type, Protocol, Pflags uint32
	Sostate, Prstate               uint32
	Tstate                         int32
	Tflags                         uint32
	Rcvq, Sndq                     uint64 // in bytes
	Src, Dst                       [256 + 8]byte
	Inode, Vnode                   uint64
	Conn, Refs, Nextref            uint64
}

// What net.*.pcblist wants in its name, and room for sockets that come while somebody asks (sys/socket.h).
const (
	PCB_ALL  = 0
	PCB_SLOP = 20
)

// Values of KinfoPcb.Sostate (sys/socketvar.h) and of Prstate (netinet/in_pcb.h).
const (
	SS_ISCONNECTED  = 0x002
	SS_ISCONNECTING = 0x004
	SS_CANTSENDMORE = 0x010

	INP_ATTACHED  = 0
	INP_BOUND     = 1
	INP_CONNECTED = 2
)

// Values of KinfoPcb.Tstate (netinet/tcp_fsm.h).
const (
	TCPS_CLOSED = iota
	TCPS_LISTEN
	TCPS_SYN_SENT
	TCPS_SYN_RECEIVED
	TCPS_ESTABLISHED
	TCPS_CLOSE_WAIT
	TCPS_FIN_WAIT_1
	TCPS_CLOSING
	TCPS_LAST_ACK
	TCPS_FIN_WAIT_2
	TCPS_TIME_WAIT
)
