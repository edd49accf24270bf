/* Options of sockets for matrix.c: each is asked for and set with lengths that are too short, right and too long. */

static const struct { const char *name; int level, opt; } sockopts[] = {
	{ "SO_DEBUG", SOL, 1 }, { "SO_ACCEPTCONN", SOL, 2 }, { "SO_REUSEADDR", SOL, 4 }, { "SO_KEEPALIVE", SOL, 8 },
	{ "SO_DONTROUTE", SOL, 0x10 }, { "SO_BROADCAST", SOL, 0x20 }, { "SO_USELOOPBACK", SOL, 0x40 }, { "SO_LINGER", SOL, 0x80 },
	{ "SO_OOBINLINE", SOL, 0x100 }, { "SO_REUSEPORT", SOL, 0x200 }, { "SO_OTIMESTAMP", SOL, 0x400 },
	{ "SO_NOSIGPIPE", SOL, 0x800 }, { "SO_ACCEPTFILTER", SOL, 0x1000 }, { "SO_TIMESTAMP", SOL, 0x2000 },
	{ "SO_SNDBUF", SOL, 0x1001 }, { "SO_RCVBUF", SOL, 0x1002 }, { "SO_SNDLOWAT", SOL, 0x1003 }, { "SO_RCVLOWAT", SOL, 0x1004 },
	{ "SO_ERROR", SOL, 0x1007 }, { "SO_TYPE", SOL, 0x1008 },
	{ "SO_OVERFLOWED", SOL, 0x1009 }, { "SO_NOHEADER", SOL, 0x100a }, { "SO_SNDTIMEO", SOL, 0x100b }, { "SO_RCVTIMEO", SOL, 0x100c },
	{ "SO 0", SOL, 0 }, { "SO -1", SOL, -1 }, { "level 99", 99, 1 }, { "level -1", -1, 1 },
	/* 0 is the protocol of AF_LOCAL as well as IPPROTO_IP. */
	{ "0 1", 0, 1 }, { "0 2", 0, 2 }, { "0 3", 0, 3 }, { "0 4", 0, 4 }, { "0 5", 0, 5 }, { "0 6", 0, 6 }, { "0 7", 0, 7 }, { "0 8", 0, 8 },
	{ "IP_MULTICAST_IF", 0, 9 }, { "IP_MULTICAST_TTL", 0, 10 }, { "IP_MULTICAST_LOOP", 0, 11 }, { "IP_ADD_MEMBERSHIP", 0, 12 },
	{ "IP_DROP_MEMBERSHIP", 0, 13 }, { "IP_PORTALGO", 0, 18 }, { "IP_PORTRANGE", 0, 19 }, { "IP_RECVIF", 0, 20 },
	{ "IP_ERRORMTU", 0, 21 }, { "IP_RECVTTL", 0, 23 }, { "IP_MINTTL", 0, 24 }, { "IP_PKTINFO", 0, 25 }, { "IP_RECVPKTINFO", 0, 26 },
	{ "IP 99", 0, 99 }, { "TCP_NODELAY", 6, 1 }, { "TCP_MAXSEG", 6, 2 }, { "TCP_KEEPIDLE", 6, 3 }, { "TCP 4", 6, 4 },
	{ "TCP_KEEPINTVL", 6, 5 }, { "TCP_KEEPCNT", 6, 6 }, { "TCP_KEEPINIT", 6, 7 }, { "TCP_MD5SIG", 6, 0x10 },
	{ "TCP_CONGCTL", 6, 0x20 }, { "TCP 99", 6, 99 }, { "UDP_ENCAP", 17, 100 }, { "UDP 1", 17, 1 },
	{ "IPV6_UNICAST_HOPS", 41, 4 }, { "IPV6_MULTICAST_IF", 41, 9 }, { "IPV6_MULTICAST_HOPS", 41, 10 }, { "IPV6_MULTICAST_LOOP", 41, 11 },
	{ "IPV6_JOIN_GROUP", 41, 12 }, { "IPV6_LEAVE_GROUP", 41, 13 }, { "IPV6_PORTRANGE", 41, 14 }, { "IPV6_PORTALGO", 41, 17 },
	{ "IPV6_CHECKSUM", 41, 26 }, { "IPV6_V6ONLY", 41, 27 }, { "IPV6_RTHDRDSTOPTS", 41, 35 }, { "IPV6_RECVPKTINFO", 41, 36 },
	{ "IPV6_RECVHOPLIMIT", 41, 37 }, { "IPV6_RECVRTHDR", 41, 38 }, { "IPV6_RECVHOPOPTS", 41, 39 }, { "IPV6_RECVDSTOPTS", 41, 40 },
	{ "IPV6_USE_MIN_MTU", 41, 42 }, { "IPV6_RECVPATHMTU", 41, 43 }, { "IPV6_PATHMTU", 41, 44 }, { "IPV6_PKTINFO", 41, 46 },
	{ "IPV6_HOPLIMIT", 41, 47 }, { "IPV6_NEXTHOP", 41, 48 }, { "IPV6_HOPOPTS", 41, 49 }, { "IPV6_RTHDR", 41, 51 },
	{ "IPV6_RECVTCLASS", 41, 57 }, { "IPV6_TCLASS", 41, 61 }, { "IPV6_DONTFRAG", 41, 62 }, { "IPV6 99", 41, 99 },
	{ "ICMP6_FILTER", 58, 18 }, { "ICMP6 1", 58, 1 },
};

static char optnames[24000], *optname = optnames;

/* The name of an option and of what is done to it, kept for good. The calls are made in the same order for each kind. */
static const char *of(const char *name, const char *how)
{
	char *start = optname;

	if (lastcall + 1 < ncalls)
		return calls[lastcall + 1];
	while (*name)
		*optname++ = *name++;
	*optname++ = ' ';
	while (*how)
		*optname++ = *how++;
	*optname++ = 0;
	return start;
}

static void get_option(int fd, int i, const char *how, u32 len)
{
	int n[64] = { -7 };
	u32 was = len;
	i64 r = nb_syscall8(NR_getsockopt, REG(fd), REG(sockopts[i].level), REG(sockopts[i].opt), REG(n), REG(&len), REG(0), REG(0), REG(0));

	if (r < 0)
		puterr(r);
	else {
		put("len ");
		putnum(len);
		if (was == 4 && len == 4 && sockopts[i].opt < 0x100b) {
			put(" is ");
			putamount(n[0]);
		}
	}
	note(of(sockopts[i].name, how));
}

static void set_option(int fd, int i, const char *how, int value, u32 len)
{
	int n[16] = { value };

	if (len == 1)
		*(u8 *)n = (u8)value;
	tell(of(sockopts[i].name, how), sys5(NR_setsockopt, fd, sockopts[i].level, sockopts[i].opt, n, len));
}

static void more_options(int fd)
{
	for (int i = 0; i < (int)(sizeof sockopts / sizeof sockopts[0]); i++) {
		get_option(fd, i, "get", 4);
		get_option(fd, i, "get 0", 0);
		get_option(fd, i, "get 1", 1);
		get_option(fd, i, "get 64", 64);
		set_option(fd, i, "set 0", 1, 0);
		set_option(fd, i, "set 1", 1, 1);
		set_option(fd, i, "set 3", 1, 3);
		set_option(fd, i, "set", 1, 4);
		set_option(fd, i, "set 8", 1, 8);
		if (sockopts[i].level != 6) /* TCP_KEEPIDLE of -5 stops NetBSD's kernel */
			set_option(fd, i, "set -5", -5, 4);
		get_option(fd, i, "get then", 4);
	}
}
