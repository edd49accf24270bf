/*
 * What __sysctl says of short buffers, missing sizes and new values, in the order of kern_sysctl.c (sys___sysctl,
 * sysctl_dispatch, sysctl_lookup) and of the nodes with functions of their own. The first part is the super-user's. Each line
 * is a case: its result and the size afterwards are known from there.
 */
#include "arch.h"

#define NR_setuid	23
#define NR_gethostid	142
#define NR_sethostid	143

#define EPERM		1
#define ENOENT		2
#define E2BIG		7
#define ENOMEM		12
#define EFAULT		14
#define ENOTDIR		20
#define EINVAL		22
#define EOPNOTSUPP	45

#define CTL_KERN	1
#define KERN_OSTYPE	1
#define KERN_HOSTNAME	10
#define KERN_HOSTID	11
#define KERN_CP_TIME	51
#define KERN_DRIVERS	75
#define KERN_ARND	81
#define KERN_FORKFSLEEP	65
#define KERN_PROC2	47
#define KERN_FILE2	77
#define KERN_LWP	64
#define KERN_PROC_ARGS	48
#define CTL_QUERY	(-2)
#define CTL_CREATE	(-3)
#define CTL_CREATESYM	(-4)
#define CTL_DESTROY	(-5)
#define CTL_MMAP	(-6)
#define CTL_DESCRIBE	(-7)

#define SYSCTL_VERSION	0x01000000
/* struct sysctlnode has members of 64 bits on all machines. */
static struct { u32 flags, num; char name[32]; u32 ver, spare; u64 un[2], size, func, parent, desc; } node;
static char buf[65536];
static char *bad = (char *)16;
static size_t len;

#define KEEP	((size_t)-1)	/* the size afterwards is not looked at */

static int mib[16], depth;

#define M(...)	(void)({ const int m[] = { __VA_ARGS__ }; depth = sizeof m / sizeof m[0]; memcpy(mib, m, sizeof m); })

static void is(const char *what, i64 got, i64 want, size_t size)
{
	if (got == want && (size == KEEP || size == len))
		return;
	print(what);
	print(": WRONG");
	say(" result", got);
	say(" wanted", want);
	say(" size", (i64)len);
}

static i64 get(void *old, size_t room, const void *new, size_t newlen)
{
	len = room;
	return nb_syscall(SYS___sysctl, mib, depth, old, &len, new, newlen);
}

static void sizes(void)
{
	char *ro = map(4096, 3);

	M(CTL_KERN, KERN_OSTYPE);
	is("no name", nb_syscall(SYS___sysctl, mib, 0, buf, &len, 0, 0), -EINVAL, KEEP);
	is("a long name", nb_syscall(SYS___sysctl, mib, 13, buf, &len, 0, 0), -EINVAL, KEEP);
	is("no name, and a bad size", nb_syscall(SYS___sysctl, mib, 0, buf, bad, 0, 0), -EFAULT, KEEP);
	is("a name of no address", nb_syscall(SYS___sysctl, bad, 2, buf, &len, 0, 0), -EFAULT, KEEP);
	is("neither", nb_syscall(SYS___sysctl, mib, 2, 0, 0, 0, 0), 0, KEEP);
	buf[0] = 'x';
	is("no size", nb_syscall(SYS___sysctl, mib, 2, buf, 0, 0, 0), -ENOMEM, KEEP);
	check("nothing is written", buf[0] == 'x');
	is("no buffer", get(0, 3, 0, 0), 0, 7);
	is("no room", get(buf, 0, 0, 0), -ENOMEM, 7);
	buf[3] = 'x';
	is("too little room", get(buf, 3, 0, 0), -ENOMEM, 7);
	check("what fits", buf[0] == 'N' && buf[2] == 't' && buf[3] == 'x');
	is("room", get(buf, 7, 0, 0), 0, 7);
	is("more room", get(buf, 100, 0, 0), 0, 7);
	is("a bad buffer", get(bad, 7, 0, 0), -EFAULT, 7);
	is("a bad buffer without room", get(bad, 0, 0, 0), -ENOMEM, 7);
	*(size_t *)ro = 3;
	sys3(SYS_mprotect, ro, 4096, 1);
	is("a size that cannot be written", nb_syscall(SYS___sysctl, mib, 2, 0, ro, 0, 0), -EFAULT, KEEP);
	is("and too little room", nb_syscall(SYS___sysctl, mib, 2, buf, ro, 0, 0), -EFAULT, KEEP);
}

static void names(void)
{
	M(CTL_KERN);
	is("a node", get(buf, 9, 0, 0), -EINVAL, 9);
	M(CTL_KERN, KERN_OSTYPE, 5);
	is("below a leaf", get(buf, 9, 0, 0), -ENOTDIR, 9);
	M(CTL_KERN, KERN_OSTYPE, CTL_QUERY);
	is("a question to a leaf", get(buf, 9, &node, sizeof node), -ENOTDIR, 9);
	M(CTL_KERN, 9999);
	is("nothing", get(buf, 9, 0, 0), -ENOENT, 9);
	M(9999, 1);
	is("nothing at the top", get(buf, 9, 0, 0), -ENOENT, 9);
	M(CTL_KERN, -99);
	is("another question", get(buf, 9, 0, 0), -EOPNOTSUPP, 9);
	M(CTL_KERN, -99, 1);
	is("and on", get(buf, 9, 0, 0), -ENOENT, 9);
	M(CTL_KERN, CTL_CREATE);
	is("make nothing", get(buf, 9, 0, 0), -EINVAL, 9);
	is("make", get(buf, 9, bad, sizeof node), -EPERM, 9);
	M(CTL_KERN, CTL_CREATESYM);
	is("make nothing by symbol", get(buf, 9, 0, 0), -EINVAL, 9);
	is("make by symbol", get(buf, 9, bad, sizeof node), -EPERM, 9);
	M(CTL_KERN, CTL_DESTROY);
	is("remove nothing", get(buf, 9, 0, 0), -EINVAL, 9);
	is("remove", get(buf, 9, bad, sizeof node), -EPERM, 9);
}

/* The questions that come with a node. */
static void nodes(void)
{
	size_t all;

	memset(&node, 0, sizeof node);
	node.flags = SYSCTL_VERSION;
	M(CTL_KERN, CTL_QUERY);
	is("ask without a node", get(0, 9, 0, 0), -EINVAL, 9);
	is("a short node", get(0, 9, &node, 3), -EINVAL, 9);
	is("another size", get(0, 9, &node, 8), -EINVAL, 9);
	is("another size, and no address", get(0, 9, bad, 8), -EFAULT, 9);
	is("a node of no address", get(0, 9, bad, sizeof node), -EFAULT, 9);
	is("ask", get(0, 0, &node, sizeof node), 0, KEEP);
	all = len;
	check("so many", all > 40 * sizeof node && all % sizeof node == 0);
	memset(buf, 'x', 3 * sizeof node);
	is("room for one and a half", get(buf, sizeof node * 3 / 2, &node, sizeof node), -ENOMEM, all);
	check("one", buf[sizeof node - 1] != 'x' && buf[sizeof node] == 'x');
	is("room for all", get(buf, sizeof buf, &node, sizeof node), 0, all);
	is("a bad buffer", get(bad, sizeof node, &node, sizeof node), -EFAULT, sizeof node);
	node.ver = 99;
	is("another version", get(0, 9, &node, sizeof node), -EINVAL, 9);
	node.ver = 0;
	node.flags = 0;
	is("another form", get(0, 9, &node, sizeof node), -EINVAL, 9);
	node.flags = SYSCTL_VERSION;

	M(CTL_KERN, CTL_MMAP);
	is("map nothing", get(buf, 9, 0, 0), -EINVAL, 9);
	is("map another size", get(buf, 9, bad, 8), -EINVAL, 9);
	is("map from no address", get(buf, 9, bad, sizeof node), -EFAULT, 9);
	node.num = 9999;
	is("map what is not there", get(buf, 9, &node, sizeof node), -ENOENT, 9);
	node.num = KERN_OSTYPE;
	is("map", get(buf, 9, &node, sizeof node), -EOPNOTSUPP, 9);

	M(CTL_KERN, CTL_DESCRIBE);
	is("describe all", get(0, 0, 0, 0), 0, KEEP);
	check("so much", len > 1000 && len % 4 == 0);
	is("describe one", get(buf, 256, &node, sizeof node), 0, KEEP);
	all = len;
	is("with too little room", get(buf, 12, &node, sizeof node), -ENOMEM, all);
	is("of no address", get(0, 9, bad, sizeof node), -EFAULT, 9);
	node.num = 9999;
	is("describe what is not there", get(buf, 9, &node, sizeof node), -ENOENT, KEEP);
	node.desc = (unsigned long)"new";
	is("a description of what is not there", get(buf, 9, &node, sizeof node), -ENOENT, 9);
	node.num = KERN_OSTYPE;
	is("a description of what has one", get(buf, 9, &node, sizeof node), -EPERM, 9);
	node.ver = 99;
	is("of another version", get(buf, 9, &node, sizeof node), -EINVAL, 9);
}

static void values(void)
{
	int v = 1000;

	M(CTL_KERN, KERN_OSTYPE);
	is("set a constant", get(buf, 9, "x", 1), -EPERM, 9);
	is("set it to nothing", get(buf, 9, "x", 0), 0, 7);
	is("set it to no address", get(buf, 9, 0, 5), 0, 7);
	M(CTL_KERN, KERN_HOSTNAME);
	memset(buf, 'x', 300);
	is("a name that is too long", get(0, 0, buf, 257), -EINVAL, KEEP);
	is("one without its end", get(0, 0, buf, 256), -EINVAL, KEEP);
	is("a name of no address", get(0, 0, bad, 5), -EFAULT, KEEP);
	is("a name", get(0, 0, "first", 5), 0, KEEP);
	is("another one", get(buf, 9, "second", 7), 0, 6);
	check("the old one", same(buf, "first"));
	is("too little room for the old one", get(buf, 2, "third", 6), -ENOMEM, 7);
	is("the new one", get(buf, 9, 0, 0), 0, 6);
	check("is there nevertheless", same(buf, "third"));
	M(CTL_KERN, KERN_FORKFSLEEP);
	is("a short number", get(buf, 9, &v, 3), -EINVAL, 4);
	is("a long number", get(buf, 9, &v, 8), -EINVAL, 4);
	is("a number of no address", get(buf, 9, bad, 4), -EFAULT, 4);
	is("a number", get(buf, 4, &v, 4), 0, 4);
	v = -1;
	is("one that may not be", get(buf, 4, &v, 4), -EINVAL, 4);
	check("it stays", get(&v, 4, 0, 0) == 0 && v == 1000);
	M(CTL_KERN, KERN_HOSTID);
	v = 0x12345678;
	is("the number of the host", get(buf, 4, &v, 4), 0, 4);
	sayx("gethostid", (u32)sys0(NR_gethostid));
	say("sethostid", sys1(NR_sethostid, 77));
	check("it is set", get(&v, 4, 0, 0) == 0 && v == 77);
}

/* Nodes with functions. */
static void functions(void)
{
	size_t n;

	M(CTL_KERN, KERN_ARND);
	is("no random bytes", get(buf, 0, 0, 0), 0, 0);
	is("256 of them", get(buf, 256, 0, 0), 0, 256);
	is("257", get(buf, 257, 0, 0), -E2BIG, 257);
	is("without a buffer", get(0, 10, 0, 0), 0, 10);
	is("a new value", get(buf, 4, "abcd", 4), -EPERM, 4);
	M(CTL_KERN, KERN_CP_TIME);
	is("the sum's size", get(0, 0, 0, 0), 0, 40);
	is("the sum", get(buf, 40, 0, 0), 0, 40);
	M(CTL_KERN, KERN_CP_TIME, 0);
	is("one", get(buf, 40, 0, 0), 0, 40);
	is("too little room for it", get(buf, 39, 0, 0), -ENOMEM, 40);
	M(CTL_KERN, KERN_CP_TIME, 9999);
	is("none such", get(buf, 40, 0, 0), -ENOENT, 40);
	M(CTL_KERN, KERN_CP_TIME, 0, 0);
	is("and on", get(buf, 40, 0, 0), -EINVAL, 40);
	M(CTL_KERN, KERN_DRIVERS);
	is("drivers", get(0, 0, 0, 0), 0, KEEP);
	n = len;
	check("so many", n % 32 == 0 && n > 0);
	is("no room", get(buf, 31, 0, 0), -ENOMEM, 0);
	is("room for one", get(buf, 63, 0, 0), -ENOMEM, 32);
	is("at a bad address", get(bad, 63, 0, 0), -EFAULT, 0);
	is("all", get(buf, sizeof buf, 0, 0), 0, n);
	M(CTL_KERN, KERN_PROC2, 0, 0, 8);
	is("processes by a short name", get(buf, 80, 0, 0), -EINVAL, 80);
	M(CTL_KERN, KERN_PROC2, 1, 1, 8, 0);
	is("none of one", get(buf, 80, 0, 0), -ENOMEM, 0);
	M(CTL_KERN, KERN_PROC2, 1, 1, 8, 5);
	is("one", get(buf, 80, 0, 0), 0, 8);
	is("without room", get(buf, 7, 0, 0), -ENOMEM, 0);
	M(CTL_KERN, KERN_FILE2, 1, 5, 8, 5);
	is("files of a number", get(buf, 80, 0, 0), -EINVAL, 80);
	M(CTL_KERN, KERN_FILE2, 2, 0, 0, 5);
	is("files of no size", get(buf, 80, 0, 0), -EINVAL, 80);
	M(CTL_KERN, KERN_LWP, 1, 0, 5);
	is("threads of no size", get(buf, 80, 0, 0), -EINVAL, 80);
	M(CTL_KERN, KERN_LWP, 1, 8, 0);
	is("no threads", get(buf, 80, 0, 0), -ENOMEM, 0);
	M(CTL_KERN, KERN_PROC_ARGS, -1, 99);
	is("another question", get(buf, 80, 0, 0), -EINVAL, 80);
	M(CTL_KERN, KERN_PROC_ARGS, 29999, 1);
	is("arguments of nobody", get(buf, 80, 0, 0), -EINVAL, 80);
	M(CTL_KERN, KERN_PROC_ARGS, 1);
	is("no question", get(buf, 80, 0, 0), -EINVAL, 80);
}

int main(int argc, char **argv, char **envp)
{
	int v = 5;

	sizes();
	names();
	nodes();
	values();
	functions();
	say("a user", sys1(NR_setuid, 1000));
	M(CTL_KERN, KERN_HOSTNAME);
	is("a name", get(0, 0, bad, 5), -EPERM, 0);
	is("reading", get(buf, 9, bad, 0), 0, 6);
	M(CTL_KERN, KERN_HOSTID);
	is("a number", get(0, 0, &v, 4), -EPERM, 0);
	say("sethostid", sys1(NR_sethostid, 78));
	M(CTL_KERN, CTL_CREATE);
	is("make nothing", get(0, 0, 0, 0), -EINVAL, 0);
	is("make", get(0, 0, bad, 4), -EPERM, 0);
	M(CTL_KERN, CTL_DESCRIBE);
	node.ver = 0;
	node.num = 9999;
	is("a description of what is not there", get(0, 0, &node, sizeof node), -EPERM, 0);
	return 0;
}
