package abi

// Routing messages (net/route.h, net/if.h): the contents of routing sockets
// and of net.route.rtable. Each header is aligned to 64 bits on all machines;
// the socket addresses that follow are rounded up to 8 bytes.

const (
	RTM_VERSION  = 4
	RTM_OVERSION = 3 // before NetBSD 6
)

// Message types.
const (
	RTM_ADD      = 0x1
	RTM_DELETE   = 0x2
	RTM_CHANGE   = 0x3
	RTM_GET      = 0x4
	RTM_ONEWADDR = 0xc // before NetBSD 8: IfaMsghdr70
	RTM_ODELADDR = 0xd
	RTM_OOIFINFO = 0xe // before NetBSD 1.5
	RTM_OIFINFO  = 0xf // before NetBSD 6
	RTM_IFINFO   = 0x14
	RTM_NEWADDR  = 0x16
	RTM_DELADDR  = 0x17
)

// Indexes of the addresses in a message; bit 1<<index of Addrs says that one
// is there.
const (
	RTAX_DST     = 0
	RTAX_GATEWAY = 1
	RTAX_NETMASK = 2
	RTAX_GENMASK = 3
	RTAX_IFP     = 4
	RTAX_IFA     = 5
	RTAX_AUTHOR  = 6
	RTAX_BRD     = 7
	RTAX_TAG     = 8
	RTAX_MAX     = 9
)

// Flags of routes.
const (
	RTF_UP        = 0x1
	RTF_GATEWAY   = 0x2
	RTF_HOST      = 0x4
	RTF_REJECT    = 0x8
	RTF_DONE      = 0x40
	RTF_CONNECTED = 0x100
	RTF_LLDATA    = 0x400
	RTF_STATIC    = 0x800
	RTF_LOCAL     = 0x40000
	RTF_BROADCAST = 0x80000
)

// Operations of net.route.rtable.
const (
	NET_RT_DUMP      = 1
	NET_RT_FLAGS     = 2
	NET_RT_OOOIFLIST = 3 // before NetBSD 1.5
	NET_RT_OOIFLIST  = 4 // before NetBSD 6
	NET_RT_OIFLIST   = 5 // before NetBSD 8
	NET_RT_IFLIST    = 6
)

// Flags of interfaces.
const (
	IFF_UP          = 0x0001
	IFF_BROADCAST   = 0x0002
	IFF_DEBUG       = 0x0004
	IFF_LOOPBACK    = 0x0008
	IFF_POINTOPOINT = 0x0010
	IFF_RUNNING     = 0x0040
	IFF_NOARP       = 0x0080
	IFF_PROMISC     = 0x0100
	IFF_ALLMULTI    = 0x0200
	IFF_SIMPLEX     = 0x0800
	IFF_MULTICAST   = 0x8000
)

// Types and link states of interfaces.
const (
	IFT_OTHER  = 0x1
	IFT_ETHER  = 0x6
	IFT_PPP    = 0x17
	IFT_LOOP   = 0x18
	IFT_TUNNEL = 0x83

	LINK_STATE_UNKNOWN = 0
	LINK_STATE_DOWN    = 1
	LINK_STATE_UP      = 2
)

// RtMetrics is struct rt_metrics.
type RtMetrics struct {
	Locks, Mtu, Hopcount, Recvpipe, Sendpipe, Ssthresh, Rtt, Rttvar uint64
	Expire, Pksent                                                  int64
}

// RtMsghdr is struct rt_msghdr.
type RtMsghdr struct {
	Msglen  uint16 `abi:"align=8"`
	Version uint8
	Type    uint8
	Index   uint16
	Flags   int32
	Addrs   int32
	Pid     int32
	Seq     int32
	Errno   int32
	Use     int32
	Inits   int32
	Rmx     RtMetrics `abi:"align=8"`
}

// IfData is struct if_data.
type IfData struct {
	Type, Addrlen, Hdrlen                                            uint8
	LinkState                                                        int32
	Mtu, Metric, Baudrate                                            uint64
	Ipackets, Ierrors, Opackets, Oerrors, Collisions, Ibytes, Obytes uint64
	Imcasts, Omcasts, Iqdrops, Noproto                               uint64
	Lastchange                                                       Timespec
}

// IfMsghdr is struct if_msghdr.
type IfMsghdr struct {
	Msglen  uint16 `abi:"align=8"`
	Version uint8
	Type    uint8
	Addrs   int32
	Flags   int32
	Index   uint16
	Data    IfData `abi:"align=8"`
}

// IfaMsghdr is struct ifa_msghdr, IfaMsghdr70 that of NetBSD 7 and older.
type (
	IfaMsghdr struct {
		Msglen    uint16 `abi:"align=8"`
		Version   uint8
		Type      uint8
		Index     uint16
		Flags     int32
		Addrs     int32
		Pid       int32
		Addrflags int32
		Metric    int32
	}
	IfaMsghdr70 struct {
		Msglen  uint16 `abi:"align=8"`
		Version uint8
		Type    uint8
		Addrs   int32
		Flags   int32
		Metric  int32
		Index   uint16
	}
)

// IfData50 is struct if_data of NetBSD 5 and older, IfData14 that of 1.4 and older.
type (
	IfData50 struct {
		Type, Addrlen, Hdrlen                                            uint8
		LinkState                                                        int32
		Mtu, Metric, Baudrate                                            uint64
		Ipackets, Ierrors, Opackets, Oerrors, Collisions, Ibytes, Obytes uint64
		Imcasts, Omcasts, Iqdrops, Noproto                               uint64
		LastSec, LastUsec                                                Long
	}
	IfData14 struct {
		Type, Addrlen, Hdrlen                                            uint8
		Mtu, Metric, Baudrate                                            ULong
		Ipackets, Ierrors, Opackets, Oerrors, Collisions, Ibytes, Obytes ULong
		Imcasts, Omcasts, Iqdrops, Noproto                               ULong
		LastSec, LastUsec                                                Long
	}
)

// Headers of messages of NetBSD 5 and older (compat/net/if.h, compat/net/route.h), with the alignment that their members
// have; the socket addresses that follow are rounded up to a long. IfMsghdr14 is of 1.4 and older.
type (
	IfMsghdr50 struct {
		Msglen  uint16
		Version uint8
		Type    uint8
		Addrs   int32
		Flags   int32
		Index   uint16
		Data    IfData50
	}
	IfMsghdr14 struct {
		Msglen  uint16
		Version uint8
		Type    uint8
		Addrs   int32
		Flags   int32
		Index   uint16
		Data    IfData14
	}
	IfaMsghdr50 struct {
		Msglen  uint16
		Version uint8
		Type    uint8
		Addrs   int32
		Flags   int32
		Index   uint16
		Metric  int32
	}
	RtMsghdr50 struct {
		Msglen  uint16
		Version uint8
		Type    uint8
		Index   uint16
		Flags   int32
		Addrs   int32
		Pid     int32
		Seq     int32
		Errno   int32
		Use     int32
		Inits   ULong
		Rmx     RtMetrics50
	}
)

// RtMetrics50 is struct rt_metrics of NetBSD 5 and older.
type RtMetrics50 struct {
	Locks, Mtu, Hopcount, Expire, Recvpipe, Sendpipe, Ssthresh, Rtt, Rttvar, Pksent ULong
}

// SockaddrDlHead begins struct sockaddr_dl; name and link-level address
// follow, without a NUL between or after them.
type SockaddrDlHead struct {
	Len    uint8
	Family uint8
	Index  uint16
	Type   uint8
	Nlen   uint8
	Alen   uint8
	Slen   uint8
}
