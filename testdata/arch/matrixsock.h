/* The calls of sockets, for matrix.c, and the kinds of sockets. */

static void option(const char *name, int fd, int level, int opt, u32 len, int value)
{
	int n[64] = { -7 };
	i64 r = nb_syscall8(NR_getsockopt, REG(fd), REG(level), REG(opt), REG(n), REG(&len), REG(0), REG(0), REG(0));

	if (r < 0 || value < 0)
		puterr(r);
	else {
		put("len ");
		putnum(len);
		if (value) {
			put(" is ");
			if (len < 4)
				putnum(((u8 *)n)[0]);
			else
				putnum(n[0]);
		}
	}
	note(name);
}

static void set(const char *name, int fd, int level, int opt, int value, u32 len)
{
	int n[4] = { value, 0, 0, 0 };

	tell(name, sys5(NR_setsockopt, fd, level, opt, n, len));
}

#define SOL	0xffff
static void options(int fd)
{
	option("SO_TYPE", fd, SOL, 0x1008, 4, 1);
	option("SO_TYPE 1", fd, SOL, 0x1008, 1, 0);
	option("SO_TYPE 0", fd, SOL, 0x1008, 0, 0);
	option("SO_TYPE 8", fd, SOL, 0x1008, 8, 1);
	option("SO_ERROR", fd, SOL, 0x1007, 4, 1);
	option("SO_ACCEPTCONN", fd, SOL, 2, 4, 1);
	option("SO_REUSEADDR", fd, SOL, 4, 4, 1);
	option("SO_KEEPALIVE", fd, SOL, 8, 4, 1);
	option("SO_DONTROUTE", fd, SOL, 0x10, 4, 1);
	option("SO_BROADCAST", fd, SOL, 0x20, 4, 1);
	option("SO_USELOOPBACK", fd, SOL, 0x40, 4, 1);
	option("SO_LINGER", fd, SOL, 0x80, 8, 1);
	option("SO_OOBINLINE", fd, SOL, 0x100, 4, 1);
	option("SO_REUSEPORT", fd, SOL, 0x200, 4, 1);
	option("SO_NOSIGPIPE", fd, SOL, 0x800, 4, 1);
	option("SO_ACCEPTFILTER", fd, SOL, 0x1000, 256, 0);
	option("SO_TIMESTAMP", fd, SOL, 0x2000, 4, 1);
	option("SO_RERROR", fd, SOL, 0x4000, 4, 1);
	option("SO_SNDBUF", fd, SOL, 0x1001, 4, 0);
	option("SO_RCVBUF", fd, SOL, 0x1002, 4, 0);
	option("SO_SNDLOWAT", fd, SOL, 0x1003, 4, 0);
	option("SO_RCVLOWAT", fd, SOL, 0x1004, 4, 1);
	option("SO_OVERFLOWED", fd, SOL, 0x1009, 4, 1);
	option("SO_NOHEADER", fd, SOL, 0x100a, 4, 1);
	option("SO_SNDTIMEO", fd, SOL, 0x100b, 16, -1);
	option("SO_RCVTIMEO", fd, SOL, 0x100c, 16, -1);
	option("no option", fd, SOL, 0x7777, 4, 0);
	option("no level", fd, 0x7777, 1, 4, 0);
	option("LOCAL_CREDS", fd, 0, 4, 4, 1);
	option("LOCAL_CONNWAIT", fd, 0, 2, 4, 1);
	option("LOCAL_PEEREID", fd, 0, 3, 12, 0);
	option("LOCAL 5", fd, 0, 5, 4, 0);
	option("IP_TTL", fd, 0, 4, 4, 1);
	option("IP 99", fd, 0, 99, 4, 0);
	option("TCP_NODELAY", fd, 6, 1, 4, 1);
	option("TCP_MAXSEG", fd, 6, 2, 4, 0);
	option("TCP_KEEPIDLE", fd, 6, 3, 4, 1);
	option("TCP 99", fd, 6, 99, 4, 0);
	option("UDP 1", fd, 17, 1, 4, 0);
	option("IPV6_V6ONLY", fd, 41, 27, 4, 1);
	option("IPV6_UNICAST_HOPS", fd, 41, 4, 4, 1);
	option("IPV6 99", fd, 41, 99, 4, 0);
	set("set SO_REUSEADDR", fd, SOL, 4, 7, 4);
	option("SO_REUSEADDR now", fd, SOL, 4, 4, 1);
	set("set SO_REUSEADDR 1", fd, SOL, 4, 0, 1);
	set("set SO_REUSEADDR 8", fd, SOL, 4, 0, 8);
	set("set SO_REUSEADDR none", fd, SOL, 4, 0, 4);
	set("set SO_TYPE", fd, SOL, 0x1008, 1, 4);
	set("set SO_ERROR", fd, SOL, 0x1007, 1, 4);
	set("set SO_ACCEPTCONN", fd, SOL, 2, 1, 4);
	set("set SO_SNDBUF 0", fd, SOL, 0x1001, 0, 4);
	set("set SO_RCVBUF huge", fd, SOL, 0x1002, 0x7fffffff, 4);
	set("set SO_RCVLOWAT", fd, SOL, 0x1004, 1, 4);
	set("set SO_LINGER", fd, SOL, 0x80, 0, 8);
	set("set SO_LINGER short", fd, SOL, 0x80, 0, 4);
	set("set SO_RCVTIMEO short", fd, SOL, 0x100c, 0, 4);
	set("set SO_NOSIGPIPE", fd, SOL, 0x800, 1, 4);
	T("F_GETNOSIGPIPE sock", fcntl(fd, 13, 0));
	set("set no option", fd, SOL, 0x7777, 1, 4);
	set("set no level", fd, 0x7777, 1, 1, 4);
	set("set LOCAL_CREDS", fd, 0, 4, 0, 4);
	set("set TCP_NODELAY", fd, 6, 1, 1, 4);
	set("set IPV6_V6ONLY", fd, 41, 27, 1, 4);
}

static i64 sendto(int fd, size_t len, int flags, void *to, u32 tolen)
{
	return sys6(NR_sendto, fd, page, (long)len, flags | MSG_NOSIGNAL, to, tolen);
}

static i64 recvfrom(int fd, size_t len, int flags)
{
	return sys6(NR_recvfrom, fd, page, (long)len, flags, 0, 0);
}

static i64 sendmsg(int fd, void *control, u32 len, int bytes)
{
	struct iovec v = { page, (size_t)bytes };
	struct msghdr h = { 0, 0, &v, 1, control, len, 0 };

	return sys3(NR_sendmsg, fd, &h, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void named(const char *name, int fd, int call)
{
	u8 a[128] = { 0 };
	u32 len = sizeof a;
	i64 r = sys3(call, fd, a, &len);

	if (r < 0)
		puterr(r);
	else {
		put("len ");
		putnum(len);
		put(" its ");
		putnum(a[0]);
		put(" family ");
		putnum(a[1]);
	}
	note(name);
}

static void sends(int fd)
{
	struct sockaddr none = { 16, 99, { 0 } };
	struct sockaddr_in in = { 16, 2, { 0, 9 }, { 127, 0, 0, 1 }, { 0 } };
	struct sockaddr_un un = { sizeof un, 1, "no such socket" };
	struct { u32 len; int level, type; int fds[5]; } c = { 16, SOL, 1, { (int)here } };
	struct mmsghdr mm = { { 0, 0, 0, 0, 0, 0, 0 }, 0 };
	u32 align = sizeof(long) > 4 ? 4 : 0;

	T("send 0", sendto(fd, 0, MSG_DONTWAIT, 0, 0));
	T("send 1", sendto(fd, 1, MSG_DONTWAIT, 0, 0));
	T("send oob", sendto(fd, 1, MSG_DONTWAIT | MSG_OOB, 0, 0));
	T("send eor", sendto(fd, 1, MSG_DONTWAIT | MSG_EOR, 0, 0));
	T("send dontroute", sendto(fd, 1, MSG_DONTWAIT | MSG_DONTROUTE, 0, 0));
	T("send odd", sendto(fd, 1, MSG_DONTWAIT | 0x4000000, 0, 0));
	i64 r = sendto(fd, 65536 * 8, MSG_DONTWAIT, 0, 0);
	T("send huge", r > 0 ? 1 : r);
	T("sendto none", sendto(fd, 0, MSG_DONTWAIT, &none, sizeof none));
	T("sendto in", sendto(fd, 0, MSG_DONTWAIT, &in, sizeof in));
	T("sendto un", sendto(fd, 0, MSG_DONTWAIT, &un, sizeof un));
	T("sendto short", sendto(fd, 0, MSG_DONTWAIT, &un, 1));
	T("sendmsg 0", sendmsg(fd, 0, 0, 0));
	T("sendmsg 1", sendmsg(fd, 0, 0, 1));
	c.len = 12 + align + 4;
	c.fds[align / 4] = (int)here;
	T("sendmsg rights", sendmsg(fd, &c, 16 + align, 1));
	c.fds[align / 4] = 999;
	T("sendmsg no rights", sendmsg(fd, &c, 16 + align, 1));
	c.type = 77;
	T("sendmsg type", sendmsg(fd, &c, 16 + align, 1));
	c.type = 1, c.level = 77;
	T("sendmsg level", sendmsg(fd, &c, 16 + align, 1));
	T("sendmmsg 0", sys4(NR_sendmmsg, fd, &mm, 0, MSG_DONTWAIT));
}

static void receives(int fd)
{
	struct iovec v = { page, 8 };
	struct msghdr h = { page, 128, &v, 1, page + 4096, 128, 99 };
	struct mmsghdr mm = { h, 0 };
	i64 r;

	T("recv 0", recvfrom(fd, 0, MSG_DONTWAIT));
	T("recv peek", recvfrom(fd, 1, MSG_DONTWAIT | MSG_PEEK));
	T("recv", recvfrom(fd, 1, MSG_DONTWAIT));
	T("recv oob", recvfrom(fd, 1, MSG_DONTWAIT | MSG_OOB));
	T("recv oob peek", recvfrom(fd, 1, MSG_DONTWAIT | MSG_OOB | MSG_PEEK));
	T("recv all", recvfrom(fd, 2, MSG_DONTWAIT | MSG_WAITALL));
	r = sys3(NR_recvmsg, fd, &h, MSG_DONTWAIT);
	puterr(r);
	if (r >= 0) {
		put(" name ");
		putnum(h.namelen);
		put(" control ");
		putnum(h.controllen);
		put(" flags ");
		puthex((u32)h.flags);
	}
	note("recvmsg");
	h.iovlen = 0;
	T("recvmsg none", sys3(NR_recvmsg, fd, &h, MSG_DONTWAIT));
	T("recvmmsg 0", sys5(NR_recvmmsg, fd, &mm, 0, MSG_DONTWAIT, 0));
}

/* Waits for the end of an attempt to connect. */
static i64 under_way(int fd, i64 r)
{
	struct pollfd p = { fd, 4, 0 };

	if (r == -36)
		sys3(NR_poll, &p, 1, 1000);
	return r;
}

static void connects(int fd)
{
	struct sockaddr none = { 16, 99, { 0 } }, unspec = { 16, 0, { 0 } };
	struct sockaddr_in in = { 16, 2, { 0, 0 }, { 127, 0, 0, 1 }, { 0 } };
	struct sockaddr_in6 in6 = { sizeof in6, 24, { 0, 0 }, 0, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 0 };
	struct sockaddr_un un = { sizeof un, 1, "no such socket" };

	Z("accept", sys3(NR_accept, fd, 0, 0));
	Z("paccept", sys5(NR_paccept, fd, 0, 0, 0, 0));
	T("paccept odd", sys5(NR_paccept, fd, 0, 0, 0, 99));
	T("bind none", sys3(NR_bind, fd, &none, sizeof none));
	T("bind short", sys3(NR_bind, fd, &none, 1));
	T("bind 0", sys3(NR_bind, fd, &none, 0));
	T("bind long", sys3(NR_bind, fd, page, 300));
	T("connect none", sys3(NR_connect, fd, &none, sizeof none));
	T("connect short", sys3(NR_connect, fd, &none, 1));
	T("bind un", sys3(NR_bind, fd, &un, 2));
	T("bind in", sys3(NR_bind, fd, &in, sizeof in));
	T("bind in short", sys3(NR_bind, fd, &in, 8));
	T("bind in6", sys3(NR_bind, fd, &in6, sizeof in6));
	T("bind again", sys3(NR_bind, fd, &in, sizeof in));
	T("connect un", sys3(NR_connect, fd, &un, sizeof un));
	T("connect in 0", under_way(fd, sys3(NR_connect, fd, &in, sizeof in)));
	in.port[1] = in6.port[1] = 1;
	T("connect in", under_way(fd, sys3(NR_connect, fd, &in, sizeof in)));
	T("connect in6", under_way(fd, sys3(NR_connect, fd, &in6, sizeof in6)));
	option("SO_ERROR refused", fd, SOL, 0x1007, 4, 1);
	T("connect again", under_way(fd, sys3(NR_connect, fd, &in, sizeof in)));
	T("listen", sys2(NR_listen, fd, 1));
	T("listen -1", sys2(NR_listen, fd, -1));
	option("SO_ACCEPTCONN now", fd, SOL, 2, 4, 1);
	Z("accept now", sys3(NR_accept, fd, 0, 0));
	T("connect nobody", sys3(NR_connect, fd, &unspec, sizeof unspec));
	named("getsockname now", fd, NR_getsockname);
	named("getpeername now", fd, NR_getpeername);
}

static void sockets(int fd)
{
	named("getsockname", fd, NR_getsockname);
	named("getpeername", fd, NR_getpeername);
	options(fd);
	sends(fd);
	receives(fd);
	connects(fd);
	T("shutdown bad", sys2(NR_shutdown, fd, 7));
	T("shutdown -1", sys2(NR_shutdown, fd, -1));
	T("shutdown rd", sys2(NR_shutdown, fd, 0));
	T("recv shut", recvfrom(fd, 1, MSG_DONTWAIT));
	T("shutdown wr", sys2(NR_shutdown, fd, 1));
	T("shutdown again", sys2(NR_shutdown, fd, 2));
	T("send shut", sendto(fd, 1, MSG_DONTWAIT, 0, 0));
}

static void waits_after(int fd)
{
	struct mmsghdr mm = { { 0, 0, 0, 0, 0, 0, 0 }, 0 };

	polled("poll in shut", fd, 0x41);
	polled("poll out shut", fd, 4);
	event("EVFILT_READ shut", fd, 0, 0);
	event("EVFILT_WRITE shut", fd, 1, 0);
	T("read shut", sys3(SYS_read, fd, page, 1));
	T("write shut", sys3(SYS_write, fd, page, 1));
	/* What fails here is what the next call fails with, whatever that is. */
	T("recvmmsg 1", sys5(NR_recvmmsg, fd, &mm, 1, MSG_DONTWAIT, 0));
	T("sendmmsg 1", sys4(NR_sendmmsg, fd, &mm, 1, MSG_DONTWAIT | MSG_NOSIGNAL));
}

static int sock(int domain, int type, int protocol)
{
	return (int)sys3(NR_socket, domain, type | 0x20000000, protocol);
}

static int un_named(int type, int listening, const char *name)
{
	struct sockaddr_un a = { 0, 1, "" };
	int s = sock(1, type, 0);

	for (u32 i = 0; i <= strlen(name); i++)
		a.path[i] = name[i];
	a.len = (u8)(strlen(name) + 2);
	sys1(NR_unlink, name);
	i64 r = sys3(NR_bind, s, &a, a.len);
	if (r == 0 && listening)
		r = sys2(NR_listen, s, 1);
	return r < 0 ? (int)r : s;
}

static int un_connected(int type, const char *name)
{
	struct sockaddr_un a = { 0, 1, "" };
	int s = sock(1, type, 0);

	for (u32 i = 0; i <= strlen(name); i++)
		a.path[i] = name[i];
	a.len = (u8)(strlen(name) + 2);
	i64 r = sys3(NR_connect, s, &a, a.len);
	return r < 0 && r != -36 ? (int)r : s;
}

static int in_bound(int domain, int type, int listening)
{
	struct sockaddr_in a = { 16, 2, { 0, 0 }, { 127, 0, 0, 1 }, { 0 } };
	struct sockaddr_in6 in6 = { sizeof in6, 24, { 0, 0 }, 0, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 0 };
	int s = sock(domain, type, 0);
	i64 r = domain == 2 ? sys3(NR_bind, s, &a, sizeof a) : sys3(NR_bind, s, &in6, sizeof in6);

	if (r == 0 && listening)
		r = sys2(NR_listen, s, 1);
	return r < 0 ? (int)r : s;
}

static int in_connected(int type, int *other)
{
	u8 a[128];
	u32 len = sizeof a;
	struct pollfd p = { 0, 4, 0 };

	*other = in_bound(2, type, type == 1);
	sys3(NR_getsockname, *other, a, &len);
	p.fd = sock(2, type, 0);
	i64 r = sys3(NR_connect, p.fd, a, len);
	if (r < 0 && r != -36)
		return (int)r;
	sys3(NR_poll, &p, 1, 1000);
	return p.fd;
}

static int pair(int type, int *other)
{
	int p[2];
	i64 r = sys4(NR_socketpair, 1, type, 0, p);

	*other = p[1];
	if (r < 0)
		return (int)r;
	fcntl(p[0], 4, O_NONBLOCK);
	return p[0];
}

static void socket_kinds(const char *only)
{
	int o, s;

	K("un", sock(1, 1, 0));
	K("un-dgram", sock(1, 2, 0));
	K("un-seq", sock(1, 5, 0));
	K("un-bound", un_named(1, 0, "m.sock1"));
	K("un-listen", un_named(1, 1, "m.sock2"));
	K("un-seq-listen", un_named(5, 1, "m.sock3"));
	o = un_named(1, 1, "m.sock4");
	K("un-waiting", un_connected(1, "m.sock4")); /* in the queue of the other */
	s = un_connected(1, "m.sock4");
	i64 a = sys3(NR_accept, o, 0, 0);
	fcntl((int)a, 4, O_NONBLOCK);
	K("un-accepted", a);
	K("un-left", s);
	o = un_named(2, 0, "m.sock5");
	K("un-dgram-conn", un_connected(2, "m.sock5"));
	K("un-dgram-bound", o);
	K("pair", pair(1, &o));
	s = pair(1, &o);
	sys3(SYS_write, o, "0123456789", 10);
	K("pair-full", s);
	s = pair(1, &o);
	sys1(SYS_close, o);
	K("pair-alone", s);
	s = pair(1, &o);
	sys2(NR_shutdown, o, 1);
	K("pair-shut-peer", s);
	s = pair(1, &o);
	sys2(NR_shutdown, s, 1);
	K("pair-shut-wr", s);
	K("pair-dgram", pair(2, &o));
	s = pair(2, &o);
	sys3(SYS_write, o, "0123456789", 10);
	sys3(SYS_write, o, "abc", 3);
	K("pair-dgram-full", s);
	s = pair(2, &o);
	sys1(SYS_close, o);
	K("pair-dgram-alone", s);
	K("pair-seq", pair(5, &o));
	K("tcp", sock(2, 1, 0));
	K("tcp6", sock(24, 1, 0));
	K("tcp-bound", in_bound(2, 1, 0));
	K("tcp-listen", in_bound(2, 1, 1));
	K("tcp6-listen", in_bound(24, 1, 1));
	K("tcp-conn", in_connected(1, &o));
	s = in_connected(1, &o);
	a = sys3(NR_accept, o, 0, 0);
	fcntl((int)a, 4, O_NONBLOCK);
	sys1(SYS_close, s);
	struct pollfd p = { (int)a, 1, 0 };
	sys3(NR_poll, &p, 1, 1000);
	K("tcp-left", a);
	K("udp", sock(2, 2, 0));
	K("udp6", sock(24, 2, 0));
	K("udp-bound", in_bound(2, 2, 0));
	K("udp-conn", in_connected(2, &o));
	K("raw", sock(2, 3, 1));
	K("raw6", sock(24, 3, 58));
	K("tcp-flags", sys3(NR_socket, 2, 1 | 0x10000000 | 0x20000000 | 0x40000000, 0));
}
