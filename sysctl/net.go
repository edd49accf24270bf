package sysctl

import "nbemu/abi"

// Protocol numbers, which are names below net.inet and net.inet6.
const (
	protoIP     = 0
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoIPv6   = 41
	protoICMPv6 = 58
	protoRaw    = 255
)

// Ports that the host hands out when a program does not name one.
const (
	anonPortMin = 49152
	anonPortMax = 65535
	lowPortMin  = 600
	lowPortMax  = 1023
)

// param is a number of the network's configuration. The host's network does the work, so that they cannot be
// set, and say what a NetBSD kernel starts with.
func param(num int32, name string, v int32) *Node {
	return Const(num, name, "Parameter of the protocol", v)
}

func sysctlNet() []*Node {
	return []*Node{
		NewNode(abi.AF_LOCAL, "local", "Local sockets",
			NewNode(abi.SOCK_STREAM, "stream", "Streams", param(Create, "sendspace", 16384), param(Create, "recvspace", 16384),
				pcblist(abi.AF_LOCAL, ofType(abi.SOCK_STREAM))),
			NewNode(abi.SOCK_DGRAM, "dgram", "Datagrams", param(Create, "sendspace", 4096), param(Create, "recvspace", 16384),
				pcblist(abi.AF_LOCAL, ofType(abi.SOCK_DGRAM))),
			NewNode(abi.SOCK_SEQPACKET, "seqpacket", "Sequenced packets",
				pcblist(abi.AF_LOCAL, ofType(abi.SOCK_SEQPACKET)))),
		NewNode(abi.AF_INET, "inet", "Internet protocols",
			NewNode(protoIP, "ip", "IP",
				param(1, "forwarding", 0), param(2, "redirect", 0), param(3, "ttl", 64), param(5, "forwsrcrt", 0),
				param(6, "directed-broadcast", 0), param(7, "allowsrcrt", 0), param(8, "subnetsarelocal", 0),
				param(9, "mtudisc", 1), param(10, "anonportmin", anonPortMin), param(11, "anonportmax", anonPortMax),
				param(12, "mtudisctimeout", 600), param(14, "hostzerobroadcast", 0), param(16, "lowportmin", lowPortMin),
				param(17, "lowportmax", lowPortMax), param(18, "maxfragpackets", 200), param(20, "checkinterface", 0),
				param(22, "random_id", 0), param(23, "do_loopback_cksum", 0), stats(24, nIP, nil), param(25, "dad_count", 3),
				param(13, "maxflows", 256), param(Create, "hashsize", 64), ifq(21)),
			NewNode(protoICMP, "icmp", "ICMP",
				param(1, "maskrepl", 0), param(4, "errppslimit", 100), param(5, "rediraccept", 0), param(8, "bmcastecho", 0), param(3, "returndatabytes", 8),
				param(6, "redirtimeout", 600), stats(7, nICMP, nil)),
			NewNode(2, "igmp", "Groups of hosts", stats(Create, nIGMP, nil)),
			arpNode(),
			NewNode(protoTCP, "tcp", "TCP", tcpParams(abi.AF_INET)...),
			NewNode(protoUDP, "udp", "UDP",
				param(1, "checksum", 1), param(2, "sendspace", 9216), param(3, "recvspace", 41600), param(4, "do_loopback_cksum", 0),
				stats(5, nUDP, udpStats), pcblist(abi.AF_INET, ofType(abi.SOCK_DGRAM))),
			NewNode(protoRaw, "raw", "Raw sockets", pcblist(abi.AF_INET, ofType(abi.SOCK_RAW)))),
		NewNode(abi.AF_INET6, "inet6", "Internet protocols, version 6",
			NewNode(protoIPv6, "ip6", "IPv6",
				param(1, "forwarding", 0), param(2, "redirect", 1), param(3, "hlim", 64), param(9, "maxfragpackets", 200),
				param(13, "keepfaith", 0), param(14, "log_interval", 5), param(15, "hdrnestlimit", 50), param(16, "dad_count", 1),
				param(17, "auto_flowlabel", 1), param(18, "defmcasthlim", 1), param(21, "use_deprecated", 1),
				param(24, "v6only", 1), param(28, "anonportmin", anonPortMin), param(29, "anonportmax", anonPortMax),
				param(30, "lowportmin", lowPortMin), param(31, "lowportmax", lowPortMax), param(41, "maxfrags", 200),
				stats(6, nIP6, nil), param(35, "auto_linklocal", 1), param(39, "use_defaultzone", 0), param(Create, "mcast_pmtu", 0),
				param(Create, "maxflows", 256), param(Create, "hashsize", 64), param(Create, "neighborgcthresh", 2048), ifq(42)),
			NewNode(protoTCP, "tcp6", "TCP over IPv6", tcpParams(abi.AF_INET6)...),
			NewNode(protoUDP, "udp6", "UDP over IPv6",
				param(1, "sendspace", 9216), param(2, "recvspace", 42080), param(3, "do_loopback_cksum", 0),
				stats(4, nUDP6, udp6Stats), pcblist(abi.AF_INET6, ofType(abi.SOCK_DGRAM))),
			NewNode(103, "pim6", "Multicast routing", stats(1, nPIM6, nil)),
			NewNode(protoRaw, "raw6", "Raw sockets over IPv6", stats(1, nRaw6, nil), pcblist(abi.AF_INET6, ofType(abi.SOCK_RAW))),
			NewNode(protoICMPv6, "icmp6", "ICMP for IPv6", icmp6Params()...)),
		NewNode(abi.AF_ROUTE, "route", "Routing",
			Helper(0, "rtable", "Routes and interfaces", rtable), stats(Create, nRoute, nil)),
		NewNode(abi.AF_OROUTE, "oroute", "Routing, before NetBSD 6",
			Helper(0, "rtable", "Routes and interfaces", ortable)),
	}
}

// tcpParams are the nodes of TCP over a family.
func tcpParams(family uint32) []*Node {
	return append(moreTCP(), []*Node{
		param(1, "rfc1323", 1), param(2, "sendspace", 32768), param(3, "recvspace", 32768), param(4, "mssdflt", 536),
		param(8, "init_win", 4), param(9, "mss_ifmtu", 0), param(11, "win_scale", 1), param(12, "timestamps", 1),
		// In half seconds, of which slowhz says how many there are in a second.
		param(17, "keepidle", 14400), param(18, "keepintvl", 150), param(19, "keepcnt", 8), param(20, "slowhz", 2),
		param(22, "log_refused", 0), param(25, "delack_ticks", 20), param(26, "init_win_local", 4),
		NewNode(10, "sack", "Selective acknowledgements", param(Create, "enable", 1)),
		param(Create, "keepinit", 150), param(Create, "recvbuf_auto", 1), param(Create, "recvbuf_max", 262144),
		param(Create, "sendbuf_auto", 1), param(Create, "sendbuf_max", 262144), param(Create, "minmss", 216),
		pcblist(family, ofType(abi.SOCK_STREAM)),
	}...)
}
