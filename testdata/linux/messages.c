/*
 * sendmsg(2), recvmsg(2) and control data: what Linux says of descriptors, credentials, timestamps and the Internet's options, for
 * sockets of each kind, in rooms of each size. The argument is not looked at.
 */
#define WORDS 200
#include "table.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

enum { PAIR, DGRAM, SEQ, UDP, UDP6, TCP, KINDS };
static int tx, rx, file;
static union { struct cmsghdr h; char b[70000]; } ctl, got;
static size_t clen;
static char data[100], words[1000], *end;

static void put(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	end += vsnprintf(end, sizeof words - (end - words), format, ap);
	va_end(ap);
}

static void result(long r)
{
	if (r < 0)
		put("%s ", strerrorname_np(errno));
	else
		put("%ld ", r);
}

static void cmsg(int level, int type, const void *p, size_t n, size_t len)
{
	struct cmsghdr *h = (void *)(ctl.b + clen);

	memset(h, 0, CMSG_SPACE(n));
	h->cmsg_len = len ? len : CMSG_LEN(n);
	h->cmsg_level = level;
	h->cmsg_type = type;
	memcpy(CMSG_DATA(h), p, n);
	clen += CMSG_SPACE(n);
}

static void rights(int n)
{
	int fds[300];

	for (int i = 0; i < n; i++)
		fds[i] = file;
	cmsg(SOL_SOCKET, SCM_RIGHTS, fds, n * sizeof(int), 0);
}

static void await(void)
{
	struct pollfd p = { rx, POLLIN };

	poll(&p, 1, 50);
}

static void snd(size_t n)
{
	struct iovec v = { data, n };
	struct msghdr h = { 0, 0, &v, 1, clen ? ctl.b : 0, clen, 0 };

	result(sendmsg(tx, &h, MSG_DONTWAIT | MSG_NOSIGNAL));
	clen = 0;
}

static void rcv(size_t n, size_t room, int flags)
{
	struct iovec v = { data, n };
	struct msghdr h = { 0, 7, &v, 1, room ? got.b : 0, room, 0x5555 };
	long r = recvmsg(rx, &h, flags | MSG_DONTWAIT);
	int closed = 0;

	result(r);
	if (r < 0)
		return;
	put("name %d flags %x", h.msg_namelen, h.msg_flags);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		put(" [%d.%d %zu", c->cmsg_level, c->cmsg_type, len / (c->cmsg_type == SCM_RIGHTS && c->cmsg_level == 1 ? 4 : 1));
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			for (size_t i = 0; i < len / 4; i++)
				closed |= close(((int *)CMSG_DATA(c))[i]);
		put(closed ? " none]" : "]");
	}
	put(room && !h.msg_controllen ? " none. " : ". ");
}

static void on(int level, int opt)
{
	int one = 1;

	if (setsockopt(rx, level, opt, &one, sizeof one) < 0)
		put("%s ", strerrorname_np(errno));
}

static void make(int kind)
{
	struct sockaddr_in6 a6 = { AF_INET6, 0, 0, IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in a4 = { AF_INET, 0, { htonl(INADDR_LOOPBACK) } };
	void *a = kind == UDP6 ? (void *)&a6 : &a4;
	socklen_t len = kind == UDP6 ? sizeof a6 : sizeof a4;
	int p[2], l;

	switch (kind) {
	case PAIR: case DGRAM: case SEQ:
		socketpair(AF_UNIX, kind == PAIR ? SOCK_STREAM : kind == DGRAM ? SOCK_DGRAM : SOCK_SEQPACKET, 0, p);
		tx = p[0], rx = p[1];
		break;
	case TCP:
		l = socket(AF_INET, SOCK_STREAM, 0);
		bind(l, a, len), listen(l, 1), getsockname(l, a, &len);
		tx = socket(AF_INET, SOCK_STREAM, 0);
		connect(tx, a, len);
		rx = accept(l, 0, 0);
		close(l);
		break;
	default:
		rx = socket(kind == UDP6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
		bind(rx, a, len), getsockname(rx, a, &len);
		tx = socket(kind == UDP6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
		connect(tx, a, len);
	}
}

static void several(int n) { rights(n); snd(5); await(); rcv(100, 4096, 0); }
static void length(int n)
{
	int fds[2] = { file, file };

	cmsg(SOL_SOCKET, SCM_RIGHTS, fds, 8, n < 0 ? 1000 : n < 4 ? CMSG_LEN(0) - 4 + n * 4 - (n == 3) : (size_t)n);
	snd(5), await(), rcv(100, 4096, 0);
}
static void kind(int n)
{
	static const struct { int level, type; } k[] = { { 1, 0 }, { 1, 3 }, { 1, 4 }, { 1, 29 }, { 1, 77 }, { 0, 1 }, { 0, 77 }, { 77, 1 }, { 41, 77 },
		{ 6, 1 }, { -1, 1 }, { 1, 2 } };
	int fds[2] = { file, file };

	cmsg(k[n].level, k[n].type, fds, 8, 0);
	snd(5), await(), rcv(100, 4096, 0);
}
static void one(int fd) { cmsg(SOL_SOCKET, SCM_RIGHTS, &fd, 4, 0); snd(5); await(); rcv(100, 4096, 0); }
static void both(int n)
{
	int bad = 120;

	switch (n) {
	case 0: rights(1), rights(1); break;
	case 1: rights(1), cmsg(SOL_SOCKET, 77, &bad, 4, 0); break;
	case 2: rights(1), cmsg(77, 1, &bad, 4, 0); break;
	case 3: rights(1), clen += 4; break;
	case 4: rights(0), rights(2); break;
	case 5: rights(200), rights(54); break;
	}
	snd(5), await(), rcv(100, 4096, 0);
}
static void room(int n)
{
	static const struct { int n; size_t room; } r[] = { { 1, 1 }, { 1, 12 }, { 1, CMSG_LEN(0) }, { 1, CMSG_LEN(0) + 3 }, { 1, CMSG_LEN(4) },
		{ 1, CMSG_SPACE(4) }, { 3, CMSG_LEN(4) }, { 3, CMSG_LEN(8) }, { 3, CMSG_LEN(12) - 1 }, { 2, CMSG_LEN(0) + 5 }, { 1, 0 } };

	rights(r[n].n), snd(5), await(), rcv(100, r[n].room, 0), rcv(100, 256, 0);
}
static void empty(int n) { rights(1), snd(0), await(), rcv(n, 256, 0), rcv(100, 256, 0), snd(3), await(), rcv(100, 256, 0); }
static void none(int n) { rights(1), snd(5), await(), rcv(0, n, 0), rcv(100, 256, 0); }
static void three(int n)
{
	snd(3), rights(1), snd(4), snd(5), await(), usleep(20000);
	switch (n) {
	case 0: rcv(100, 256, 0), rcv(100, 256, 0), rcv(100, 256, 0); break;
	case 1: rcv(2, 256, 0), rcv(2, 256, 0), rcv(2, 256, 0), rcv(100, 256, 0); break;
	case 2: result(read(rx, data, 7)), rcv(100, 256, 0); break;
	case 3: rcv(100, 256, MSG_PEEK), rcv(100, 256, 0), rcv(100, 256, 0); break;
	case 4: rcv(1, 256, MSG_PEEK), rcv(3, 256, 0), rcv(100, 0, 0), rcv(100, 256, 0); break;
	case 5: rcv(100, 256, MSG_WAITALL), rcv(100, 256, 0); break;
	case 6: rcv(100, 256, MSG_CMSG_CLOEXEC), rcv(100, 256, MSG_TRUNC); break;
	}
}
static void creds(int n)
{
	static const size_t rooms[] = { 256, 0, CMSG_SPACE(12) - 1, CMSG_LEN(4), CMSG_LEN(0), 12 };

	if (n == 6)
		snd(4);
	on(SOL_SOCKET, SO_PASSCRED);
	if (n == 7)
		rights(2);
	snd(5), await(), rcv(100, n < 6 ? rooms[n] : 256, 0), rcv(100, 256, 0);
}
static void told(int n)
{
	static const struct { int level, opt; size_t room; } o[] = { { 1, 29, 256 }, { 1, 29, 12 }, { 1, 29, CMSG_LEN(4) }, { 0, 8, 256 }, { 0, 12, 256 },
		{ 0, 13, 256 }, { 41, 49, 256 }, { 41, 51, 256 }, { 41, 66, 256 }, { 0, 8, CMSG_LEN(11) }, { 41, 49, CMSG_LEN(0) } };

	on(o[n].level, o[n].opt), snd(5), await(), rcv(100, o[n].room, 0);
}
static void option(int n)
{
	struct in_pktinfo i4 = { 0, { htonl(INADDR_LOOPBACK) }, { 0 } };
	struct in6_pktinfo i6 = { IN6ADDR_LOOPBACK_INIT, 0 };
	int word = 7;

	switch (n) {
	case 0: cmsg(0, 8, &i4, sizeof i4, 0); break;
	case 1: cmsg(0, 8, &i4, 8, 0); break;
	case 2: cmsg(0, 2, &word, 4, 0); break;
	case 3: word = 0; cmsg(0, 2, &word, 4, 0); break;
	case 4: cmsg(0, 1, &word, 4, 0); break;
	case 5: cmsg(0, 1, &word, 1, 0); break;
	case 6: cmsg(41, 50, &i6, sizeof i6, 0); break;
	case 7: cmsg(41, 52, &word, 4, 0); break;
	case 8: word = 300; cmsg(41, 52, &word, 4, 0); break;
	case 9: cmsg(41, 67, &word, 4, 0); break;
	case 10: cmsg(41, 67, &word, 3, 0); break;
	case 11: i4.ipi_ifindex = 9999; cmsg(0, 8, &i4, sizeof i4, 0); break;
	}
	snd(5), await(), rcv(100, 256, 0);
}

static const struct { const char *name; void (*ask)(int); int n; } questions[] = {
	{ "rights 0", several, 0 }, { "rights 1", several, 1 }, { "rights 50", several, 50 }, { "rights 253", several, 253 }, { "rights 254", several, 254 },
	{ "length 0", length, 0 }, { "length header", length, 1 }, { "length header + 4", length, 2 }, { "length header + 7", length, 3 }, { "length too long", length, -1 },
	{ "1 0", kind, 0 }, { "SCM_SECURITY", kind, 1 }, { "SCM_PIDFD", kind, 2 }, { "SCM_TIMESTAMP", kind, 3 }, { "1 77", kind, 4 }, { "0 1", kind, 5 },
	{ "0 77", kind, 6 }, { "77 1", kind, 7 }, { "41 77", kind, 8 }, { "6 1", kind, 9 }, { "-1 1", kind, 10 }, { "SCM_CREDENTIALS short", kind, 11 },
	{ "right closed", one, 120 }, { "right -1", one, -1 }, { "rights twice", both, 0 }, { "rights and another", both, 1 }, { "rights and a level", both, 2 },
	{ "rights and a bit", both, 3 }, { "rights 0 and 2", both, 4 }, { "rights 254 in two", both, 5 },
	{ "room 1", room, 0 }, { "room 12", room, 1 }, { "room header", room, 2 }, { "room header + 3", room, 3 }, { "room len", room, 4 }, { "room space", room, 5 },
	{ "room 1 of 3", room, 6 }, { "room 2 of 3", room, 7 }, { "room 3 - 1", room, 8 }, { "room 1 and a bit of 2", room, 9 }, { "no room", room, 10 },
	{ "no data", empty, 100 }, { "no data, no buffer", empty, 0 }, { "no buffer", none, 256 }, { "no buffer, no room", none, 0 },
	{ "three", three, 0 }, { "three by 2", three, 1 }, { "three, read", three, 2 }, { "three, MSG_PEEK", three, 3 }, { "three, MSG_PEEK 1", three, 4 },
	{ "three, MSG_WAITALL", three, 5 }, { "three, flags", three, 6 },
	{ "creds", creds, 0 }, { "creds, no room", creds, 1 }, { "creds in space - 1", creds, 2 }, { "creds in 4", creds, 3 }, { "creds in header", creds, 4 },
	{ "creds in 12", creds, 5 }, { "creds later", creds, 6 }, { "creds and rights", creds, 7 },
	{ "time", told, 0 }, { "time in 12", told, 1 }, { "time in 4", told, 2 }, { "IP_PKTINFO", told, 3 }, { "IP_RECVTTL", told, 4 }, { "IP_RECVTOS", told, 5 },
	{ "IPV6_RECVPKTINFO", told, 6 }, { "IPV6_RECVHOPLIMIT", told, 7 }, { "IPV6_RECVTCLASS", told, 8 }, { "IP_PKTINFO in 11", told, 9 }, { "IPV6_PKTINFO in header", told, 10 },
	{ "to IP_PKTINFO", option, 0 }, { "to IP_PKTINFO short", option, 1 }, { "to IP_TTL", option, 2 }, { "to IP_TTL 0", option, 3 }, { "to IP_TOS", option, 4 },
	{ "to IP_TOS byte", option, 5 }, { "to IPV6_PKTINFO", option, 6 }, { "to IPV6_HOPLIMIT", option, 7 }, { "to IPV6_HOPLIMIT 300", option, 8 },
	{ "to IPV6_TCLASS", option, 9 }, { "to IPV6_TCLASS short", option, 10 }, { "to IP_PKTINFO, index", option, 11 },
};

int main(void)
{
	static const char *const names[] = { "pair", "dgram", "seq", "udp", "udp6", "tcp" };

	file = open("/dev/null", O_RDWR);
	for (int k = 0; k < KINDS; k++) {
		objects[nobjects++] = names[k];
		for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
			make(k);
			end = words, *words = 0, clen = 0;
			questions[i].ask(questions[i].n);
			note(questions[i].name, "%s", words);
			close(tx), close(rx);
		}
	}
	print();
	return 0;
}
