package abi

// Types and their flags.
const (
	SOCK_STREAM     = 1
	SOCK_DGRAM      = 2
	SOCK_RAW        = 3
	SOCK_RDM        = 4
	SOCK_SEQPACKET  = 5
	SOCK_CONN_DGRAM = 6
	SOCK_DCCP       = SOCK_CONN_DGRAM
	SOCK_CLOEXEC    = 0x10000000
	SOCK_NONBLOCK   = 0x20000000
	SOCK_NOSIGPIPE  = 0x40000000
	SOCK_FLAGS_MASK = 0xf0000000
)

// Levels and options of the socket level.
const (
	SO_DEBUG        = 0x0001
	SO_ACCEPTCONN   = 0x0002
	SO_REUSEADDR    = 0x0004
	SO_KEEPALIVE    = 0x0008
	SO_DONTROUTE    = 0x0010
	SO_BROADCAST    = 0x0020
	SO_USELOOPBACK  = 0x0040
	SO_LINGER       = 0x0080
	SO_OOBINLINE    = 0x0100
	SO_REUSEPORT    = 0x0200
	SO_NOSIGPIPE    = 0x0800
	SO_ACCEPTFILTER = 0x1000
	SO_TIMESTAMP    = 0x2000
	SO_SNDBUF       = 0x1001
	SO_RCVBUF       = 0x1002
	SO_SNDLOWAT     = 0x1003
	SO_RCVLOWAT     = 0x1004
	SO_ERROR        = 0x1007
	SO_TYPE         = 0x1008
	SO_OVERFLOWED   = 0x1009
	SO_NOHEADER     = 0x100a
	SO_SNDTIMEO     = 0x100b
	SO_RCVTIMEO     = 0x100c
	SOL_SOCKET      = 0xffff
	SOMAXCONN       = 128

	SO_RERROR = 0x4000

	// Numbers from before NetBSD 6.
	SO_OSNDTIMEO  = 0x1005
	SO_ORCVTIMEO  = 0x1006
	SO_OTIMESTAMP = 0x0400
)

// Address families.
const (
	AF_UNSPEC    = 0
	AF_LOCAL     = 1
	AF_UNIX      = AF_LOCAL
	AF_INET      = 2
	AF_IMPLINK   = 3
	AF_PUP       = 4
	AF_CHAOS     = 5
	AF_NS        = 6
	AF_ISO       = 7
	AF_OSI       = AF_ISO
	AF_ECMA      = 8
	AF_DATAKIT   = 9
	AF_CCITT     = 10
	AF_SNA       = 11
	AF_DECnet    = 12
	AF_DLI       = 13
	AF_LAT       = 14
	AF_HYLINK    = 15
	AF_APPLETALK = 16
	AF_OROUTE    = 17
	AF_LINK      = 18
	AF_COIP      = 20
	AF_CNT       = 21
	AF_IPX       = 23
	AF_INET6     = 24
	AF_ISDN      = 26
	AF_E164      = AF_ISDN
	AF_NATM      = 27
	AF_ARP       = 28
	AF_BLUETOOTH = 31
	AF_IEEE80211 = 32
	AF_MPLS      = 33
	AF_ROUTE     = 34

	AF_CAN   = 35
	AF_ETHER = 36
	AF_MAX   = 37
)

// Message flags.
const (
	MSG_OOB          = 0x0001
	MSG_PEEK         = 0x0002
	MSG_DONTROUTE    = 0x0004
	MSG_EOR          = 0x0008
	MSG_TRUNC        = 0x0010
	MSG_CTRUNC       = 0x0020
	MSG_WAITALL      = 0x0040
	MSG_DONTWAIT     = 0x0080
	MSG_BCAST        = 0x0100
	MSG_MCAST        = 0x0200
	MSG_NOSIGNAL     = 0x0400
	MSG_CMSG_CLOEXEC = 0x0800
	MSG_NBIO         = 0x1000
	MSG_WAITFORONE   = 0x2000
	MSG_NOTIFICATION = 0x4000
	MSG_USERFLAGS    = 0x0ffffff
)

// Control messages; shutdown.
const (
	SCM_RIGHTS    = 0x01
	SCM_TIMESTAMP = 0x08
	SCM_CREDS     = 0x10
	SHUT_RD       = 0
	SHUT_WR       = 1
	SHUT_RDWR     = 2
)

// Options of local sockets (level 0).
const (
	LOCAL_OCREDS   = 0x0001
	LOCAL_CONNWAIT = 0x0002
	LOCAL_PEEREID  = 0x0003
	LOCAL_CREDS    = 0x0004
)

// IP.
const (
	IPPROTO_IP        = 0
	IPPROTO_HOPOPTS   = 0
	IPPROTO_ICMP      = 1
	IPPROTO_IGMP      = 2
	IPPROTO_GGP       = 3
	IPPROTO_IPV4      = 4
	IPPROTO_IPIP      = 4
	IPPROTO_TCP       = 6
	IPPROTO_EGP       = 8
	IPPROTO_PUP       = 12
	IPPROTO_UDP       = 17
	IPPROTO_IDP       = 22
	IPPROTO_TP        = 29
	IPPROTO_DCCP      = 33
	IPPROTO_IPV6      = 41
	IPPROTO_ROUTING   = 43
	IPPROTO_FRAGMENT  = 44
	IPPROTO_RSVP      = 46
	IPPROTO_GRE       = 47
	IPPROTO_ESP       = 50
	IPPROTO_AH        = 51
	IPPROTO_MOBILE    = 55
	IPPROTO_IPV6_ICMP = 58
	IPPROTO_ICMPV6    = 58
	IPPROTO_NONE      = 59
	IPPROTO_DSTOPTS   = 60
	IPPROTO_EON       = 80
	IPPROTO_ETHERIP   = 97
	IPPROTO_ENCAP     = 98
	IPPROTO_PIM       = 103
	IPPROTO_IPCOMP    = 108
	IPPROTO_VRRP      = 112
	IPPROTO_CARP      = 112
	IPPROTO_SCTP      = 132
	IPPROTO_PFSYNC    = 240
	IPPROTO_RAW       = 255
	IPPROTO_MAX       = 256

	IP_OPTIONS                = 1
	IP_HDRINCL                = 2
	IP_TOS                    = 3
	IP_TTL                    = 4
	IP_RECVOPTS               = 5
	IP_RECVRETOPTS            = 6
	IP_RECVDSTADDR            = 7
	IP_RETOPTS                = 8
	IP_MULTICAST_IF           = 9
	IP_MULTICAST_TTL          = 10
	IP_MULTICAST_LOOP         = 11
	IP_ADD_MEMBERSHIP         = 12
	IP_DROP_MEMBERSHIP        = 13
	IP_PORTALGO               = 18
	IP_PORTRANGE              = 19
	IP_RECVIF                 = 20
	IP_ERRORMTU               = 21
	IP_IPSEC_POLICY           = 22
	IP_RECVTTL                = 23
	IP_MINTTL                 = 24
	IP_PKTINFO                = 25
	IP_RECVPKTINFO            = 26
	IP_DEFAULT_MULTICAST_TTL  = 1
	IP_DEFAULT_MULTICAST_LOOP = 1
	IP_MAX_MEMBERSHIPS        = 20
	IP_PORTRANGE_DEFAULT      = 0
	IP_PORTRANGE_HIGH         = 1
	IP_PORTRANGE_LOW          = 2
)

// IPv6.
const (
	IPV6_OPTIONS                = 1
	IPV6_RECVOPTS               = 5
	IPV6_RECVRETOPTS            = 6
	IPV6_RETOPTS                = 8
	IPV6_SOCKOPT_RESERVED1      = 3
	IPV6_UNICAST_HOPS           = 4
	IPV6_MULTICAST_IF           = 9
	IPV6_MULTICAST_HOPS         = 10
	IPV6_MULTICAST_LOOP         = 11
	IPV6_JOIN_GROUP             = 12
	IPV6_LEAVE_GROUP            = 13
	IPV6_PORTRANGE              = 14
	IPV6_PORTALGO               = 17
	IPV6_2292PKTINFO            = 19
	IPV6_2292HOPLIMIT           = 20
	IPV6_2292NEXTHOP            = 21
	IPV6_2292HOPOPTS            = 22
	IPV6_2292DSTOPTS            = 23
	IPV6_2292RTHDR              = 24
	IPV6_2292PKTOPTIONS         = 25
	IPV6_CHECKSUM               = 26
	IPV6_V6ONLY                 = 27
	IPV6_IPSEC_POLICY           = 28
	IPV6_FAITH                  = 29
	IPV6_RTHDRDSTOPTS           = 35
	IPV6_RECVPKTINFO            = 36
	IPV6_RECVHOPLIMIT           = 37
	IPV6_RECVRTHDR              = 38
	IPV6_RECVHOPOPTS            = 39
	IPV6_RECVDSTOPTS            = 40
	IPV6_RECVRTHDRDSTOPTS       = 41
	IPV6_USE_MIN_MTU            = 42
	IPV6_RECVPATHMTU            = 43
	IPV6_PATHMTU                = 44
	IPV6_PKTINFO                = 46
	IPV6_HOPLIMIT               = 47
	IPV6_NEXTHOP                = 48
	IPV6_HOPOPTS                = 49
	IPV6_DSTOPTS                = 50
	IPV6_RTHDR                  = 51
	IPV6_RECVTCLASS             = 57
	IPV6_OTCLASS                = 58
	IPV6_TCLASS                 = 61
	IPV6_DONTFRAG               = 62
	IPV6_RTHDR_LOOSE            = 0
	IPV6_RTHDR_STRICT           = 1
	IPV6_RTHDR_TYPE_0           = 0
	IPV6_DEFAULT_MULTICAST_HOPS = 1
	IPV6_DEFAULT_MULTICAST_LOOP = 1
	IPV6_PORTRANGE_DEFAULT      = 0
	IPV6_PORTRANGE_HIGH         = 1
	IPV6_PORTRANGE_LOW          = 2

	IPV6_PREFER_TEMPADDR = 63
)

// TCP.
const (
	TCP_NODELAY   = 1
	TCP_MAXSEG    = 2
	TCP_KEEPIDLE  = 3
	TCP_NOPUSH    = 4
	TCP_KEEPINTVL = 5
	TCP_KEEPCNT   = 6
	TCP_KEEPINIT  = 7
	TCP_NOOPT     = 8
	TCP_INFO      = 9
	TCP_MD5SIG    = 0x10
	TCP_CONGCTL   = 0x20
)

// SockaddrMax is the largest address the kernel takes.
const SockaddrMax = 255

// SockaddrIn is struct sockaddr_in; port and address are in network order.
type SockaddrIn struct {
	Len    uint8
	Family uint8
	Port   [2]byte
	Addr   [4]byte
	Zero   [8]byte
}

// SockaddrIn6 is struct sockaddr_in6.
type SockaddrIn6 struct {
	Len      uint8
	Family   uint8
	Port     [2]byte
	Flowinfo uint32
	Addr     [16]byte
	ScopeId  uint32
}

// SockaddrUn is struct sockaddr_un.
type SockaddrUn struct {
	Len    uint8
	Family uint8
	Path   [104]byte
}

// SockaddrStorage is struct sockaddr_storage.
type SockaddrStorage struct {
	Len    uint8
	Family uint8
	Data   [126]byte `abi:"align=2"`
}

// Msghdr is struct msghdr.
type Msghdr struct {
	Name       Ptr
	Namelen    uint32
	Iov        Ptr
	Iovlen     int32
	Control    Ptr
	Controllen uint32
	Flags      int32
}

// Mmsghdr is struct mmsghdr.
type Mmsghdr struct {
	Hdr Msghdr
	Len uint32
}

// Cmsghdr is struct cmsghdr; the data follows, aligned by CmsgAlign.
type Cmsghdr struct {
	Len   uint32
	Level int32
	Type  int32
}

// CmsgRound rounds a length up as CMSG_ALIGN does.
func (m *Model) CmsgRound(n int) int {
	a := m.CmsgAlign
	if a == 0 {
		a = max(m.PtrSize, m.Int64Align)
	}
	return roundup(n, a)
}

// CmsgSpace is CMSG_SPACE, CmsgLen CMSG_LEN; CmsgLen(0) is where data begins.
func (m *Model) CmsgSpace(n int) int { return m.CmsgLen(0) + m.CmsgRound(n) }
func (m *Model) CmsgLen(n int) int   { return m.CmsgRound(12) + n }

// Iovec is struct iovec.
type Iovec struct {
	Base Ptr
	Len  Size
}

const IOV_MAX = 1024

// Linger is struct linger.
type Linger struct {
	Onoff  int32
	Linger int32
}

// Sockcred is struct sockcred, the groups after it.
type Sockcred struct {
	Pid     int32
	Uid     uint32
	Euid    uint32
	Gid     uint32
	Egid    uint32
	Ngroups int32
}

// Unpcbid is struct unpcbid (LOCAL_PEEREID).
type Unpcbid struct {
	Pid  int32
	Euid uint32
	Egid uint32
}
