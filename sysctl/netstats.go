package sysctl

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// What netstat -s asks for: arrays of 64-bit counters, whose indexes are in netinet/*_var.h. What is done by the host is
// not counted, and stays 0.

// Lengths of the arrays (IP_NSTATS and so on).
const (
	nIP, nICMP, nIGMP, nTCP, nUDP, nARP       = 30, 98, 10, 76, 9, 23
	nIP6, nICMP6, nUDP6, nPIM6, nRaw6, nRoute = 402, 542, 10, 7, 7, 5
)

// Indexes (TCP_STAT_CONNATTEMPT and so on).
const (
	tcpAttempts, tcpAccepts, tcpConnects, tcpClosed, tcpSent, tcpReceived = 0, 1, 2, 5, 20, 30
	udpIn, udpOut, udp6Out                                                = 0, 8, 9
)

// stats is an array of n counters, some of which are set.
func stats(num int32, n int, set func(v []uint64, c *vfs.NetCounts)) *Node {
	return Struct(num, "stats", "Statistics of the protocol", func(l *kern.LWP) any {
		v := make([]uint64, n)
		if set != nil {
			c := vfs.Counts(l.K)
			set(v, &c)
		}
		return v
	})
}

func tcpStats(v []uint64, c *vfs.NetCounts) {
	v[tcpAttempts], v[tcpAccepts], v[tcpConnects], v[tcpClosed] = c.Attempts, c.Accepts, c.Connects, c.Closed
	v[tcpSent], v[tcpReceived] = c.SentBytes, c.ReceivedBytes
}

func udpStats(v []uint64, c *vfs.NetCounts) {
	v[udpIn], v[udpOut] = c.ReceivedDatagrams[0], c.SentDatagrams[0]
}

func udp6Stats(v []uint64, c *vfs.NetCounts) {
	v[udpIn], v[udp6Out] = c.ReceivedDatagrams[1], c.SentDatagrams[1]
}

// ifq is the queue that packets wait in before the protocol takes them: they wait on the host.
func ifq(num int32) *Node {
	return NewNode(num, "ifq", "Queue of packets", param(1, "len", 0), param(2, "maxlen", 256), param(4, "drops", 0))
}

// arpNode is net.inet.arp, with what NetBSD begins with.
func arpNode() *Node {
	return NewNode(Create, "arp", "Address resolution", stats(Create, nARP, nil), param(Create, "keep", 1200), param(Create, "down", 20),
		param(Create, "log_movements", 1), param(Create, "log_permanent_modify", 1), param(Create, "log_wrong_iface", 1),
		param(Create, "log_unknown_network", 1), param(Create, "debug", 0))
}

// icmp6Params are the nodes of net.inet6.icmp6.
func icmp6Params() []*Node {
	return []*Node{stats(1, nICMP6, nil), param(2, "rediraccept", 1), param(3, "redirtimeout", 600), param(6, "nd6_prune", 1),
		param(8, "nd6_delay", 5), param(9, "nd6_umaxtries", 3), param(10, "nd6_mmaxtries", 3), param(11, "nd6_useloopback", 1),
		param(13, "nodeinfo", 1), param(14, "errppslimit", 100), param(15, "nd6_maxnudhint", 0), param(16, "mtudisc_hiwat", 1280),
		param(17, "mtudisc_lowat", 256), param(18, "nd6_debug", 0), param(24, "maxqueuelen", 1)}
}

// moreTCP are further nodes of TCP, of either family.
func moreTCP() []*Node {
	return []*Node{stats(30, nTCP, tcpStats), param(5, "syn_cache_limit", 10255), param(6, "syn_bucket_limit", 105),
		param(13, "compat_42", 0), param(14, "cwm", 0), param(15, "cwm_burstsize", 4), param(16, "ack_on_push", 0),
		param(24, "rstppslimit", 100), param(29, "do_loopback_cksum", 0), param(34, "msl", 30),
		param(Create, "recvbuf_inc", 16384), param(Create, "sendbuf_inc", 8192), param(Create, "local_by_rtt", 0), param(Create, "iss_hash", 0),
		NewNode(Create, "ecn", "Congestion that is notified", param(Create, "enable", 0), param(Create, "maxretries", 1)),
		NewNode(Create, "abc", "Counting of acknowledged bytes", param(Create, "enable", 1), param(Create, "aggressive", 1)),
		NewNode(Create, "congctl", "Control of congestion", Text(Create, "available", "What there is", "reno newreno cubic"),
			Text(Create, "selected", "What is used", "newreno")),
	}
}

// mbstat is struct mbstat of sys/mbuf.h. Data wait in the host's buffers, so that there is never an mbuf.
type mbstat struct {
	_, _, _, _         abi.ULong
	Drops, Wait, Drain abi.ULong
	Mtypes             [256]uint16
}
