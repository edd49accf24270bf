/*
 * sendmsg(2) and recvmsg(2): what is said of each part of a message and its control data, by sockets of each kind. The answers
 * are a NetBSD kernel's of 2016, and where NetBSD 10 is another those of its sources.
 */
#define CALLS	400
#define KINDS	20
#define WORDS	200
#include "arch.h"
#include "matrix.h"
#include "messages.h"
#include "messagectl.h"

static int sock(int domain, int type)
{
	return (int)sys3(NR_socket, domain, type | 0x60000000, 0);
}

static int named(int type, const char *name)
{
	int s = sock(1, type);

	address.family = 1;
	for (u32 i = 0; i <= strlen(name); i++)
		address.path[i] = name[i];
	address.len = (u8)(strlen(name) + 2);
	sys1(NR_unlink, name);
	i64 r = sys3(NR_bind, s, &address, address.len);
	return r < 0 ? (int)r : s;
}

/* A socket of the Internet on the loopback interface, whose address is left where all are. */
static int in_bound(int domain, int type)
{
	struct sockaddr_in a = { 16, 2, { 0, 0 }, { 127, 0, 0, 1 }, { 0 } };
	struct sockaddr_in6 a6 = { sizeof a6, 24, { 0, 0 }, 0, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 0 };
	u32 len = sizeof address;
	int s = sock(domain, type);
	i64 r = domain == 2 ? sys3(NR_bind, s, &a, sizeof a) : sys3(NR_bind, s, &a6, sizeof a6);

	if (r == 0 && type == 1)
		r = sys2(NR_listen, s, 5);
	sys3(NR_getsockname, s, &address, &len);
	return r < 0 ? (int)r : s;
}

static void connected(struct ends *e)
{
	struct pollfd p = { e->tx, 4, 0 };

	sys3(NR_connect, e->tx, &address, address.len);
	if (e->domain != 1)
		sys3(NR_poll, &p, 1, 1000);
}

static void make_pair(struct ends *e, int type)
{
	int p[2] = { -1, -1 };

	sys4(NR_socketpair, 1, type | 0x60000000, 0, p);
	e->tx = p[0], e->rx = p[1], e->domain = 1, e->type = type;
}

enum { PAIR, DGRAM, SEQ, UN, UN_TO, TCP, UDP, UDP_TO, UDP6, FRESH, LISTEN, ALONE, SHUT, FRESH_UDP, PLAIN_FILE, NONE, NKINDS };
static const char *const kind_names[] = {
	"pair", "dgram", "seq", "un", "un-to", "tcp", "udp", "udp-to", "udp6", "fresh", "listen", "alone", "shut", "fresh-udp", "file",
	"none",
};

static struct ends make(int kind)
{
	struct ends e = { -1, -1, 1, 1, 0, 0 };
	int l;

	switch (kind) {
	case PAIR:
		make_pair(&e, 1);
		break;
	case DGRAM:
		make_pair(&e, 2);
		break;
	case SEQ:
		make_pair(&e, 5);
		break;
	case UN:
		e.type = 2;
		e.tx = named(2, "m.tx");
		e.rx = named(2, "m.rx");
		connected(&e);
		break;
	case UN_TO:
		e.type = 2;
		e.tx = sock(1, 2);
		e.rx = named(2, "m.rx");
		e.to = &address, e.tolen = address.len;
		break;
	case TCP:
		e.domain = 2;
		l = in_bound(2, 1);
		e.tx = sock(2, 1);
		connected(&e);
		await(&(struct ends){ -1, l, 2, 2, 0, 0 }, 1);
		e.rx = (int)sys3(NR_accept, l, 0, 0);
		setnonblock(e.rx);
		on(e.tx, 6, 1); /* TCP_NODELAY: each message when it is sent */
		sys1(SYS_close, l);
		break;
	case UDP:
		e.domain = 2, e.type = 2;
		e.tx = in_bound(2, 2);
		e.rx = in_bound(2, 2);
		connected(&e);
		break;
	case UDP_TO:
		e.domain = 2, e.type = 2;
		e.tx = sock(2, 2);
		e.rx = in_bound(2, 2);
		e.to = &address, e.tolen = address.len;
		break;
	case UDP6:
		e.domain = 24, e.type = 2;
		e.tx = in_bound(24, 2);
		e.rx = in_bound(24, 2);
		connected(&e);
		break;
	case FRESH:
		e.tx = sock(1, 1), e.rx = sock(1, 1);
		break;
	case LISTEN:
		e.tx = named(1, "m.rx");
		sys2(NR_listen, e.tx, 5);
		e.rx = e.tx;
		break;
	case ALONE:
		make_pair(&e, 1);
		sys1(SYS_close, e.rx);
		e.rx = e.tx;
		break;
	case SHUT:
		make_pair(&e, 1);
		sys2(NR_shutdown, e.tx, 1);
		break;
	case FRESH_UDP:
		e.domain = 2, e.type = 2;
		e.tx = sock(2, 2), e.rx = sock(2, 2);
		break;
	case PLAIN_FILE:
		e.tx = e.rx = file;
		break;
	}
	return e;
}

static const struct question {
	const char *name;
	void (*ask)(struct ends *, int);
	int which;
} questions[] = {
	HEADERS("send", bad_send)
	HEADERS("recv", bad_recv)
	FLAGS("send", flag_send)
	FLAGS("recv", flag_recv)
	NAMED_QUESTIONS
};

int main(int argc, char **argv, char **envp)
{
	const char *only = argc > 2 ? argv[2] : 0; /* one question, for who looks for its answer */
	int first;

	if (argc < 2 || sys1(NR_chdir, argv[1]) < 0) {
		print("no such directory\n");
		return 1;
	}
	file = (int)open("m.file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	kq = (int)sys0(NR_kqueue);
	sys2(NR_pipe2, pipes, O_NONBLOCK);
	first = highest = pipes[1];
	for (int k = 0; k < NKINDS; k++) {
		kinds[nkinds++] = kind_names[k];
		lastcall = -1;
		for (u32 i = 0; i < sizeof questions / sizeof questions[0]; i++) {
			struct ends e;

			if (only && !same(only, questions[i].name))
				continue;
			e = make(k);
			clen = 0;
			highest = first + 20;
			questions[i].ask(&e, questions[i].which);
			note(questions[i].name);
			for (int fd = first + 1; fd <= highest; fd++)
				sys1(SYS_close, fd);
		}
	}
	printtable();
	return 0;
}
