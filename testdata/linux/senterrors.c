/* What became of datagrams that were sent: IP_RECVERR, IPV6_RECVERR, and MSG_ERRQUEUE of all kinds of sockets. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/errqueue.h>
#include <linux/netlink.h>
#include "say.h"

union where {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* The address of a socket that has gone, and one that is connected to it. */
static int to_none(int family, int type, union where *w)
{
	socklen_t n = family == AF_INET ? sizeof w->in : sizeof w->in6;
	int gone = socket(family, type, 0), s = socket(family, type, 0);

	memset(w, 0, sizeof *w);
	w->sa.sa_family = family;
	if (family == AF_INET)
		w->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		w->in6.sin6_addr = in6addr_loopback;
	bind(gone, &w->sa, n);
	getsockname(gone, &w->sa, &n);
	close(gone);
	return s;
}

static int same_port(union where *a, union where *b) { return a->in.sin_port == b->in.sin_port; }

/* How long the control messages are that have come. */
static size_t whole(struct msghdr *m)
{
	size_t n = 0;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h))
		n += CMSG_SPACE(h->cmsg_len - CMSG_LEN(0));
	return n;
}

/* One recvmsg of what is kept, with room for so much. */
static int kept(const char *what, int s, union where *sent, int data, int control, int flags)
{
	union where from;
	char buf[100];
	union { char room[200]; struct cmsghdr align; } c;
	struct iovec iov = { buf, data };
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = control };
	int n;

	memset(&from, 0, sizeof from);
	memset(&c, 0, sizeof c);
	n = recvmsg(s, &m, MSG_ERRQUEUE | flags);
	printf("%s: %d %s", what, n, n < 0 ? strerror(errno) : "");
	if (n >= 0) {
		printf("%.*s flags %x, name of %d, of family %d, as sent %d, %s of the control", n, buf, m.msg_flags, (int)m.msg_namelen, from.sa.sa_family, sent && same_port(&from, sent), m.msg_controllen == 0 ? "none" : m.msg_controllen == (size_t)control ? "all" : m.msg_controllen == whole(&m) ? "what is there" : "not what is there");
		for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
			struct sock_extended_err e;
			union where who;
			memcpy(&e, CMSG_DATA(h), sizeof e);
			memcpy(&who, CMSG_DATA(h) + sizeof e, sizeof who);
			if (h->cmsg_len < CMSG_LEN(sizeof e))
				printf("; %d %d cut", h->cmsg_level, h->cmsg_type);
			else if (h->cmsg_type == IP_TTL || h->cmsg_type == IP_PKTINFO)
				printf("; %d %d of %d", h->cmsg_level, h->cmsg_type, (int)(h->cmsg_len - CMSG_LEN(0)));
			else
				printf("; %d %d of %d: %s origin %d type %d code %d info %u data %u by family %d %x port %d", h->cmsg_level, h->cmsg_type, (int)(h->cmsg_len - CMSG_LEN(0)),
					strerror(e.ee_errno), e.ee_origin, e.ee_type, e.ee_code, e.ee_info, e.ee_data, who.sa.sa_family,
					who.sa.sa_family == AF_INET ? ntohl(who.in.sin_addr.s_addr) : who.in6.sin6_addr.s6_addr[15], who.in.sin_port);
		}
	}
	printf("\n");
	return n;
}

static void ready(const char *what, int s)
{
	struct pollfd p = { s, POLLIN | POLLOUT, 0 };
	int n = poll(&p, 1, 100);
	printf("%s: %d %x\n", what, n, p.revents);
}

static void all(int family, int level, int option)
{
	union where w, from;
	int s = to_none(family, SOCK_DGRAM, &w), v = 7, error;
	socklen_t n = sizeof v, len = family == AF_INET ? sizeof w.in : sizeof w.in6;
	char buf[20], one = 1;

	say("is off", getsockopt(s, level, option, &v, &n));
	printf("%d of %d\n", v, (int)n);
	say("without it", sendto(s, "abc", 3, 0, &w.sa, len));
	ready("nothing", s);
	kept("nothing kept", s, &w, 10, 100, 0);
	say("no room for a number", setsockopt(s, level, option, &one, 0));
	say("a byte", setsockopt(s, level, option, &one, 1));
	n = sizeof v;
	getsockopt(s, level, option, &v, &n);
	printf("then %d\n", v);
	v = 1;
	say("on", setsockopt(s, level, option, &v, sizeof v));
	n = 2;
	say("two bytes", getsockopt(s, level, option, buf, &n));
	printf("of %d\n", (int)n);
	n = 3;
	say("three bytes of another", getsockopt(s, IPPROTO_IP, IP_TTL, buf, &n));
	printf("of %d\n", (int)n);
	say("not connected", sendto(s, "abcdef", 6, 0, &w.sa, len));
	ready("an error", s);
	kept("it", s, &w, 20, 200, 0);
	ready("after it", s);
	kept("no more", s, &w, 20, 200, 0);
	say("two", sendto(s, "first", 5, 0, &w.sa, len));
	say("of them", sendto(s, "second", 6, 0, &w.sa, len));
	say("if not refused", sendto(s, "third", 5, 0, &w.sa, len));
	say("received", recv(s, buf, sizeof buf, MSG_DONTWAIT));
	kept("cut data", s, &w, 2, 200, 0);
	n = sizeof error;
	getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &n);
	printf("error %s\n", strerror(error));
	kept("no control", s, &w, 20, 0, 0);
	kept("whatever is left", s, &w, 20, 200, MSG_PEEK);
	say("again", sendto(s, "abc", 3, 0, &w.sa, len));
	kept("some control", s, &w, 20, 20, 0);
	say("again", sendto(s, "abc", 3, 0, &w.sa, len));
	say("once more", sendto(s, "abc", 3, 0, &w.sa, len));
	len = sizeof from;
	say("recvfrom", recvfrom(s, buf, sizeof buf, MSG_ERRQUEUE, &from.sa, &len));
	printf("from %d, as sent %d\n", (int)len, same_port(&from, &w));
	len = family == AF_INET ? sizeof w.in : sizeof w.in6;
	say("connect", connect(s, &w.sa, len));
	if (family == AF_INET) {
		setsockopt(s, IPPROTO_IP, IP_RECVTTL, &v, sizeof v);
		setsockopt(s, IPPROTO_IP, IP_PKTINFO, &v, sizeof v);
	}
	say("connected", write(s, "uvw", 3));
	kept("with others", s, &w, 20, 200, 0);
	v = 0;
	say("off", setsockopt(s, level, option, &v, sizeof v));
	say("write", write(s, "xyz", 3));
	kept("off", s, &w, 20, 200, 0);
	close(s);
}

int main(void)
{
	int pair[2], s, v = 1;
	union where w;
	char b;

	all(AF_INET, IPPROTO_IP, IP_RECVERR);
	if ((s = socket(AF_INET6, SOCK_DGRAM, 0)) >= 0) {
		struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
		if (bind(s, (void *)&any, sizeof any) == 0)
			all(AF_INET6, IPPROTO_IPV6, IPV6_RECVERR);
	}
	s = to_none(AF_INET, SOCK_STREAM, &w);
	say("tcp", setsockopt(s, IPPROTO_IP, IP_RECVERR, &v, sizeof v));
	say("refused", connect(s, &w.sa, sizeof w.in));
	kept("of tcp", s, &w, 20, 100, 0);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	say("of ipv6", setsockopt(s, IPPROTO_IPV6, IPV6_RECVERR, &v, sizeof v));
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	say("local", setsockopt(pair[0], IPPROTO_IP, IP_RECVERR, &v, sizeof v));
	s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	say("netlink", setsockopt(s, IPPROTO_IP, IP_RECVERR, &v, sizeof v));
	pipe(pair);
	kept("of a pipe", pair[0], NULL, 1, 0, 0);
	say("recv of a pipe", recv(pair[0], &b, 1, MSG_ERRQUEUE));
	kept("of none", 99, NULL, 1, 0, 0);
	return 0;
}
