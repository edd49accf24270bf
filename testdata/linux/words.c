/* Arguments that machines have in ways of their own: pairs of words, flags, requests, sizes with a sign, times. */
#define _FILE_OFFSET_BITS 64
#include "say.h"
#include <linux/random.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <stdint.h>

#ifdef __mips__
#define NEW(n) (_MIPS_SIM == _ABI64 ? 5000 + n : 4000 + n)
#else
#define NEW(n) n
#endif

/* The call, or socketcall where there is that. */
static long by_number(int nr, long n, long a, long b, long c, long d)
{
#ifdef SYS_socketcall
	long args[6] = { a, b, c, d };

	return syscall(SYS_socketcall, nr, args);
#else
	return syscall(n, a, b, c, d);
#endif
}
#ifdef SYS_accept4
#define NR_ACCEPT4 SYS_accept4
#else
#define NR_ACCEPT4 0
#endif
#ifdef SYS_socket
#define NR(x) SYS_##x
#else
#define NR(x) 0
#endif

static void sockets(void)
{
	int p[2], s, t;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;

	say("datagrams", (s = by_number(1, NR(socket), AF_INET, SOCK_DGRAM, IPPROTO_UDP, 0)) >= 0);
	close(s);
	say("wrong protocol", by_number(1, NR(socket), AF_INET, SOCK_DGRAM, IPPROTO_TCP, 0));
	say("no such type", by_number(1, NR(socket), AF_INET, 11, 0, 0));
	say("unknown flag", by_number(1, NR(socket), AF_INET, 75, 0, 0));
	say("pair", by_number(8, NR(socketpair), AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, (long)p));
	printf("%d %d\n", fcntl(p[0], F_GETFL) == (O_RDWR | O_NONBLOCK), fcntl(p[1], F_GETFD));
	close(p[0]);
	close(p[1]);
	say("unknown flag", socketpair(AF_UNIX, SOCK_STREAM | 0x40, 0, p));
	s = socket(AF_INET, SOCK_STREAM, 0);
	bind(s, (void *)&a, sizeof a);
	listen(s, 1);
	getsockname(s, (void *)&a, &n);
	t = socket(AF_INET, SOCK_STREAM, 0);
	connect(t, (void *)&a, sizeof a);
	say("unknown flag", by_number(18, NR_ACCEPT4, s, 0, 0, 0x10000));
	close(t);
	t = socket(AF_INET, SOCK_STREAM, 0);
	connect(t, (void *)&a, sizeof a);
	p[0] = by_number(18, NR_ACCEPT4, s, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
	printf("%d %d\n", fcntl(p[0], F_GETFL) == (O_RDWR | O_NONBLOCK), fcntl(p[0], F_GETFD));
	close(p[0]);
	close(t);
	close(s);
}

/* None of these knows a flag that is not one of open's, or that is another one of open's. */
static void flags(void)
{
	static const int bad[] = { 0x20, 0x40, 0x100, 0x200, 0x1000 };
	sigset_t none;
	int p[2], i;

	sigemptyset(&none);
	for (i = 0; i < 5; i++) {
		if (bad[i] == O_NONBLOCK || bad[i] == O_CLOEXEC || bad[i] == O_DIRECT || bad[i] == O_EXCL)
			continue;
		errno = 0;
		if (dup3(1, 50, bad[i]) != -1 || errno != EINVAL || pipe2(p, bad[i]) != -1 || errno != EINVAL || eventfd(0, bad[i]) != -1 ||
		    errno != EINVAL || epoll_create1(bad[i]) != -1 || errno != EINVAL || inotify_init1(bad[i]) != -1 || errno != EINVAL ||
		    signalfd(-1, &none, bad[i]) != -1 || errno != EINVAL || timerfd_create(CLOCK_MONOTONIC, bad[i]) != -1 || errno != EINVAL)
			printf("flag %#x is taken\n", bad[i]);
	}
}

static void pairs(const char *dir)
{
	char path[4096];
	int fd, n;

	snprintf(path, sizeof path, "%s/file", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	say("no such advice", posix_fadvise(fd, 1, 2, 77) == EINVAL);
	say("advice", posix_fadvise(fd, 0x100000001LL, 0x100000002LL, POSIX_FADV_DONTNEED));
	say("negative length", posix_fadvise(fd, 0, -1, POSIX_FADV_NORMAL) == EINVAL);
	say("allocated", posix_fallocate(fd, 4096, 4096));
	say("pwrite", pwrite(fd, "x", 1, 0x100000000LL));
	say("size", lseek(fd, 0, SEEK_END) == 0x100000001LL);
	say("truncated", ftruncate(fd, 0x80000001LL));
	say("size", lseek(fd, 0, SEEK_END) == 0x80000001LL);
	say("readahead", readahead(fd, 0x100000000LL, 1) <= 0);
	say("sync", sync_file_range(fd, 0, 1, SYNC_FILE_RANGE_WRITE));
	close(fd);
	unlink(path);
	fd = open("/dev/urandom", O_RDONLY);
	say("entropy", ioctl(fd, RNDGETENTCNT, &n));
	close(fd);
}

static void sizes(void)
{
	struct { long type; char text[8]; } m = { 1, "text" };
	int q = msgget(IPC_PRIVATE, 0600);

	say("send", msgsnd(q, &m, -1, IPC_NOWAIT));
	say("send", msgsnd(q, &m, 4, IPC_NOWAIT));
	say("receive", msgrcv(q, &m, -1, 0, IPC_NOWAIT));
	say("receive", msgrcv(q, &m, 4, 0, IPC_NOWAIT));
	msgctl(q, IPC_RMID, NULL);
}

static long elapsed(const struct timespec *since)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (t.tv_sec - since->tv_sec) * 1000 + (t.tv_nsec - since->tv_nsec) / 1000000;
}

static void times(void)
{
	struct { int64_t sec, nsec; } wait = { 0, 20000000 }, until;
	struct { uint64_t val, addr; uint32_t flags, reserved; } w = { 0 };
	static uint32_t word;
	struct epoll_event e;
	struct timespec t;
	int ep = epoll_create1(0);

	clock_gettime(CLOCK_MONOTONIC, &t);
	say("epoll_pwait2", syscall(NEW(441), ep, &e, 1, &wait, NULL, 8));
	printf("%d\n", elapsed(&t) >= 19);
	close(ep);
	clock_gettime(CLOCK_MONOTONIC, &t);
	until.sec = t.tv_sec;
	until.nsec = t.tv_nsec + 20000000;
	if (until.nsec >= 1000000000) {
		until.sec++;
		until.nsec -= 1000000000;
	}
	w.addr = (uintptr_t)&word;
	w.flags = 2;
	say("futex_waitv", syscall(NEW(449), &w, 1, 0, &until, CLOCK_MONOTONIC));
	printf("%d\n", elapsed(&t) >= 19);
}

static void attach(void)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	char *room = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *at, *p;

	at = (char *)(((uintptr_t)room + 0x80000 + SHMLBA - 1) / SHMLBA * SHMLBA);
	munmap(room, 1 << 20);
	p = shmat(id, at + SHMLBA / 2 + 1, SHM_RND);
	printf("rounded %d\n", p == at);
	shmdt(p);
	say("not rounded", shmat(id, at + SHMLBA / 2 + 1, 0) == (void *)-1 ? -1 : 0);
	shmctl(id, IPC_RMID, NULL);
}

/* What a datagram comes with, and what there is room for. */
static void got(int s, size_t room)
{
	union { struct cmsghdr h; char b[512]; } c;
	char text[8];
	struct iovec v = { text, sizeof text };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = room };
	struct cmsghdr *h;
	int n;

	memset(&c, 0, sizeof c);
	n = recvmsg(s, &m, MSG_DONTWAIT);
	say("recvmsg", n);
	if (n < 0)
		return;
	printf("%s%d\n", m.msg_flags & MSG_CTRUNC ? "cut " : "", m.msg_controllen == room);
	for (h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		memcpy(&n, CMSG_DATA(h), 4);
		printf("level %d type %d length %d", h->cmsg_level, h->cmsg_type, (int)(h->cmsg_len - CMSG_LEN(0)));
		if (h->cmsg_len == CMSG_LEN(4))
			printf(" is %d", n);
		if (h->cmsg_len == CMSG_LEN(12))
			printf(" is %d", n == 1 && !memcmp(CMSG_DATA(h) + 4, CMSG_DATA(h) + 8, 4));
		printf("\n");
	}
}

static void ancillary(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in b = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	union { struct cmsghdr h; char b[CMSG_SPACE(4)]; } c = { 0 };
	struct iovec v = { "text", 4 };
	struct msghdr m = { .msg_name = &a, .msg_namelen = sizeof a, .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
			    .msg_controllen = sizeof c };
	int s = socket(AF_INET6, SOCK_DGRAM, 0), t = socket(AF_INET6, SOCK_DGRAM, 0), on = 1;
	socklen_t n = sizeof a;
	static const size_t rooms[] = { 512, CMSG_SPACE(4) + CMSG_LEN(4), CMSG_SPACE(4) + CMSG_LEN(2), CMSG_SPACE(4) + CMSG_LEN(0),
					CMSG_SPACE(4), CMSG_LEN(0), CMSG_LEN(0) - 1, 0 };
	unsigned i;

	bind(s, (void *)&a, sizeof a);
	getsockname(s, (void *)&a, &n);
	setsockopt(s, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on);
	setsockopt(s, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
	c.h.cmsg_level = IPPROTO_IPV6;
	c.h.cmsg_type = IPV6_HOPLIMIT;
	c.h.cmsg_len = CMSG_LEN(4);
	memcpy(CMSG_DATA(&c.h), &(int){ 7 }, 4);
	for (i = 0; i < sizeof rooms / sizeof *rooms; i++) {
		say("hop limit", sendmsg(t, &m, 0));
		got(s, rooms[i]);
	}
	c.h.cmsg_type = IPV6_TCLASS;
	say("class", sendmsg(t, &m, 0));
	got(s, 512);
	c.h.cmsg_len = CMSG_LEN(3);
	say("odd length", sendmsg(t, &m, 0));
	c.h.cmsg_type = 99;
	say("no such message", sendmsg(t, &m, 0));
	close(s);
	close(t);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	t = socket(AF_INET, SOCK_DGRAM, 0);
	bind(s, (void *)&b, n = sizeof b);
	getsockname(s, (void *)&b, &n);
	setsockopt(s, IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
	setsockopt(s, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	m = (struct msghdr){ .msg_name = &b, .msg_namelen = sizeof b, .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
			     .msg_controllen = sizeof c };
	c.h.cmsg_level = IPPROTO_IP;
	c.h.cmsg_type = IP_TTL;
	c.h.cmsg_len = CMSG_LEN(4);
	say("time to live", sendmsg(t, &m, 0));
	got(s, 512);
	got(s, 512);
	close(s);
	close(t);
}

/* Descriptors, with just the room for them. */
static void rights(void)
{
	union { struct cmsghdr h; char b[CMSG_SPACE(8)]; } c = { 0 };
	struct iovec v = { "x", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c };
	static const size_t rooms[] = { CMSG_SPACE(8), CMSG_LEN(8), CMSG_LEN(4), CMSG_LEN(0), CMSG_LEN(0) - 1 };
	char x;
	int s[2], fd[2] = { 0, 1 };
	unsigned i, k;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	for (i = 0; i < sizeof rooms / sizeof *rooms; i++) {
		c.h.cmsg_level = SOL_SOCKET;
		c.h.cmsg_type = SCM_RIGHTS;
		c.h.cmsg_len = CMSG_LEN(8);
		memcpy(CMSG_DATA(&c.h), fd, 8);
		v.iov_base = "x";
		m.msg_controllen = CMSG_LEN(8);
		sendmsg(s[0], &m, 0);
		memset(&c, 0, sizeof c);
		v.iov_base = &x;
		m.msg_controllen = rooms[i];
		say("received", recvmsg(s[1], &m, MSG_DONTWAIT));
		k = c.h.cmsg_len ? (c.h.cmsg_len - CMSG_LEN(0)) / 4 : 0;
		printf("%d descriptors%s\n", k, m.msg_flags & MSG_CTRUNC ? ", cut" : "");
	}
	close(s[0]);
	close(s[1]);
}

int main(int argc, char **argv)
{
	sockets();
	flags();
	pairs(argv[1]);
	sizes();
	times();
	attach();
	ancillary();
	rights();
	return 0;
}
