/*
 * Lengths of 2 GiB and more, which the kernel's ssize_t decides about and not the program's; vectors of no buffers; control
 * data that is too short or too long, and what is looked at first. With an argument the machine is one of 32 bits on a
 * kernel of 64.
 */
#include "arch.h"

#define NR_read		3
#define NR_write	4
#define NR_recvmsg	27
#define NR_sendmsg	28
#define NR_recvfrom	29
#define NR_pipe		42
#define NR_readv	120
#define NR_writev	121
#define NR_sendto	133
#define NR_socketpair	135
#define NR_pread	173
#define NR_preadv	289
#define NR_sendmmsg	476

struct iovec { void *base; size_t len; };
struct msghdr {
	void *name; u32 namelen; struct iovec *iov; int iovlen; void *control; u32 controllen; int flags;
};
struct mmsghdr { struct msghdr hdr; u32 len; };
struct cmsghdr { u32 len; int level, type; };

static long sys6(long n, int fd, const void *p, size_t len, int flags, void *a, void *b)
{
	return nb_syscall8(n, REG(fd), REG(p), REG(len), REG(flags), REG(a), REG(b), REG(0), REG(0));
}

#define HUGE	((size_t)0x80000000u)
#define UNMAPPED ((void *)8)

static u64 room[2048 + 1];
static char byte;

static void lengths(void)
{
	struct iovec one[1] = { { &byte, HUGE } }, two[2] = { { &byte, 0x60000000 }, { &byte, 0x60000000 } };
	int null = (int)open("/dev/null", 2, 0), sv[2], p[2];

	say("read", sys3(NR_read, null, &byte, HUGE));
	sayx("write", (u32)sys3(NR_write, null, &byte, HUGE));
	say("pread", nb_syscall8(NR_pread, REG(null), REG(&byte), REG(HUGE), REG(0), ARG64(0), REG(0), REG(0)));
	say("readv", sys3(NR_readv, null, one, 1));
	say("readv of a sum", sys3(NR_readv, null, two, 2));
	sayx("writev", (u32)sys3(NR_writev, null, one, 1));
	sayx("writev of a sum", (u32)sys3(NR_writev, null, two, 2));
	sys4(NR_socketpair, 1, 2, 0, sv);
	say("recvfrom", sys6(NR_recvfrom, sv[0], &byte, HUGE, 0x80, 0, 0));
	say("sendto", sys6(NR_sendto, sv[0], UNMAPPED, HUGE, 0, 0, 0));
	say("sendto without a socket", sys6(NR_sendto, null, UNMAPPED, HUGE, 0, 0, 0));
	say("recvfrom without a socket", sys6(NR_recvfrom, 99, &byte, HUGE, 0, 0, 0));
	p[0] = (int)sys0(NR_pipe);
	p[1] = (int)nb_rv1;
	say("pread of a pipe", nb_syscall8(NR_pread, REG(p[0]), REG(&byte), REG(HUGE), REG(0), ARG64(0), REG(0), REG(0)));
	say("readv of none", sys3(NR_readv, null, one, 0));
	say("readv of -1", sys3(NR_readv, null, one, -1));
	say("readv of none, no file", sys3(NR_readv, 99, one, 0));
}

static int sv[2];

static long control(const void *data, u32 len)
{
	struct iovec iov = { &byte, 1 };
	struct msghdr h = { 0, 0, &iov, 1, (void *)data, len, 0 };

	return sys3(NR_sendmsg, sv[0], &h, 0);
}

static void controls(void)
{
	struct cmsghdr *c = (struct cmsghdr *)room;
	struct iovec iov = { &byte, 1 }, odd = { UNMAPPED, HUGE };
	struct msghdr h = { 0, 0, &odd, 1, room, 4, 0 };
	struct mmsghdr mm = { { 0, 0, &iov, 1, room, 4, 0 }, 0 };

	sys4(NR_socketpair, 1, 2, 0, sv);
	c->len = sizeof room;
	c->level = 0xffff;
	c->type = 1;
	say("no control data", control(room, 0));
	say("one byte", control(room, 1));
	say("a byte less than a header", control(room, 11));
	say("more than a page", control(room, sizeof room));
	say("of nowhere, short", control(UNMAPPED, 11));
	say("of nowhere", control(UNMAPPED, 64));
	c->len = 4;
	say("a message shorter than its header", control(room, 64));
	c->len = 65;
	say("a message longer than all", control(room, 64));
	say("sendmmsg", sys4(NR_sendmmsg, sv[0], &mm, 1, 0));
	say("sendmmsg of none without a socket", sys4(NR_sendmmsg, 99, &mm, 0, 0));
	say("no socket, no control data", sys3(NR_sendmsg, 99, &h, 0));
	h.iovlen = 5000;
	say("no socket, many buffers", sys3(NR_sendmsg, 99, &h, 0));
	say("many buffers", sys3(NR_sendmsg, sv[0], &h, 0));
	h.iovlen = 1;
	h.name = UNMAPPED;
	h.namelen = 2;
	h.iov = &iov;
	h.control = 0;
	say("a name of two bytes", sys3(NR_sendmsg, sv[0], &h, 0));
	h.namelen = 256;
	say("a name of 256 bytes", sys3(NR_sendmsg, sv[0], &h, 0));
	h.namelen = 16;
	say("a name of nowhere", sys3(NR_sendmsg, sv[0], &h, 0));
}

int main(int argc, char **argv, char **envp)
{
	lengths();
	controls();
	return 0;
}
