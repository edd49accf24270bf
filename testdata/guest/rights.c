/*
 * rights: what recvmsg(2) says of descriptors that it has no room for: nothing is delivered, and whether that is said
 * depends on how much room there was (copyout_msg_control and soreceive in NetBSD's kern).
 */
#include "../lib/nbsys.h"

#define SYS_dup		41
#define SYS_recvmsg	27
#define SYS_sendmsg	28
#define SYS_socketpair	135

struct iov { void *base; unsigned long len; };
struct hdr { void *name; u32 namelen; struct iov *iov; int iovlen; void *control; u32 controllen; int flags; };
struct rights { u32 len; int level, type, pad; int fds[2]; };	/* CMSG_LEN(8) is 24 */

static void num(long n)
{
	char b[12], *p = b + sizeof b;
	int neg = n < 0;

	if (neg)
		n = -n;
	*--p = 0;
	do
		*--p = '0' + n % 10;
	while ((n /= 10) != 0);
	if (neg)
		*--p = '-';
	print(p);
	print(" ");
}

/* lowest is the lowest descriptor that is free: what is not delivered must be closed. */
static long lowest(void)
{
	long fd = nb_syscall(SYS_dup, 0, 0, 0, 0, 0, 0);

	nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return fd;
}

static void try(const char *what, int s[2], void *control, u32 room)
{
	static struct rights r = { 24, 0xffff, 1, 0, { 0, 1 } };
	char b[4] = "x";
	struct iov iov = { b, 1 };
	struct hdr out = { 0, 0, &iov, 1, &r, sizeof r, 0 }, in = { 0, 0, &iov, 1, control, room, 0x7fff };
	long free = lowest(), n;

	nb_syscall(SYS_sendmsg, s[0], &out, 0, 0, 0, 0);
	n = nb_syscall(SYS_recvmsg, s[1], &in, 0, 0, 0, 0);
	print(what);
	print(": ");
	num(n);
	num(in.controllen);
	num(in.flags);
	num(lowest() - free);
	print("\n");
}

int main(int argc, char **argv, char **envp)
{
	static struct rights in;
	int s[2];

	if (nb_syscall(SYS_socketpair, 1, 1, 0, s, 0, 0) < 0)
		return 1;
	try("not asked for", s, 0, 99);
	try("room for nothing", s, &in, 0);
	try("room for a header", s, &in, 16);
	try("room for one", s, &in, 20);
	try("room for both", s, &in, sizeof in);
	return 0;
}
