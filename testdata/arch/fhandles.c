/* File handles, for the super-user (vfs_syscalls.c). The argument is a directory. */
#include "arch.h"

#define NR_chdir	12
#define NR_rename	128
#define NR_unlink	10
#define NR_mkdir	136
#define NR_setuid	23
#define NR_fstat	440
#define NR_fstatvfs	485
#define NR_getfh	395
#define NR_fhopen	396
#define NR_fhstat	451
#define NR_fhstatvfs	486
#define NR_getfh_30	161
#define NR_fhopen_30	298
#define NR_fhstat_30	392
#define NR_fhstatvfs_90	397

#define EPERM	1
#define EFAULT	14
#define EISDIR	21
#define EINVAL	22
#define ESTALE	70

static unsigned char fh[1100], other[1100], third[1100];

static int equal(const void *a, const void *b, int n)
{
	const char *p = a, *q = b;

	while (n > 0 && *p == *q)
		p++, q++, n--;
	return n == 0;
}

static long get(const char *path, void *h)
{
	size_t size = 28;

	return (long)sys3(NR_getfh, path, h, &size);
}

static void create(const char *name, const char *text, int n)
{
	int fd = open(name, 0x201, 0644);

	check(name, fd >= 0 && sys3(SYS_write, fd, text, n) == n);
	sys1(SYS_close, fd);
}

/* What is in the file of a handle. */
static void show(const char *what, long fd)
{
	char buf[32];
	long n = fd < 0 ? fd : (long)sys3(SYS_read, fd, buf, sizeof buf - 1);

	print(what);
	if (n < 0)
		return say("", n);
	buf[n] = 0;
	print(": ");
	print(buf);
	print("\n");
	sys1(SYS_close, fd);
}

int main(int argc, char **argv, char **envp)
{
	static u64 st[64], st2[64], sv[500], sv2[500];
	size_t size = 27;
	int fd;

	sys1(NR_chdir, argv[1]);
	create("one", "first", 5);
	create("two", "second", 6);
	say("too little room", sys3(NR_getfh, "one", fh, &size));
	say("the size", size);
	size = 1000;
	say("more", sys3(NR_getfh, "one", fh, &size));
	say("the size", size);
	say("again", get("one", other));
	check("the same", equal(fh, other, 28));
	say("another file", get("two", other));
	check("another handle", !equal(fh, other, 28));
	say("no such file", get("none", third));
	say("at no address", sys3(NR_getfh, "one", 16, &size));
	say("no size", sys3(NR_getfh, "one", fh, 16));

	show("open", sys3(NR_fhopen, fh, 28, 0));
	sys2(NR_rename, "one", "three");
	sys2(NR_rename, "two", "one");
	show("after a rename", sys3(NR_fhopen, fh, 28, 0));
	show("the other", sys3(NR_fhopen, other, 28, 0));
	show("with zeros after it", sys3(NR_fhopen, fh, 32, 0));
	fd = open("three", 0, 0);
	sys2(NR_fstat, fd, st);
	say("fhstat", sys3(NR_fhstat, fh, 28, st2));
	check("is fstat", equal(st, st2, 64));
	sys3(NR_fstatvfs, fd, sv, 1);
	say("fhstatvfs", sys4(NR_fhstatvfs, fh, 28, sv2, 1));
	check("is fstatvfs", equal((char *)sv + 2 * sizeof(long), (char *)sv2 + 2 * sizeof(long), 2 * sizeof(long)));
	say("of NetBSD 9", sys4(NR_fhstatvfs_90, fh, 28, sv2, 1));
	sys1(SYS_close, fd);

	fd = (int)sys3(NR_fhopen, fh, 28, 2 | 8);
	say("append", sys3(SYS_write, fd, "more", 4));
	sys1(SYS_close, fd);
	show("and read", sys3(NR_fhopen, fh, 28, 0));
	sys1(SYS_close, sys3(NR_fhopen, fh, 28, 1 | 0x400));
	show("truncated", sys3(NR_fhopen, fh, 28, 0));

	say("too short", sys3(NR_fhopen, fh, 27, 0));
	say("too long", sys3(NR_fhopen, fh, 1025, 0));
	say("another size", sys3(NR_fhopen, fh, 30, 0));
	say("at no address", sys3(NR_fhopen, 16, 28, 0));
	say("for nothing", sys3(NR_fhopen, fh, 28, 3));
	say("to create", sys3(NR_fhopen, fh, 28, 0x200));
	memcpy(third, fh, 28);
	third[27] ^= 1;
	say("one that nobody made", sys3(NR_fhopen, third, 28, 0));
	say("fhstat of it", sys3(NR_fhstat, third, 28, st));
	say("fhstatvfs of it", sys4(NR_fhstatvfs, third, 28, sv, 1));

	sys2(NR_mkdir, "dir", 0755);
	say("a directory", get("dir", third));
	check("can be opened", sys3(NR_fhopen, third, 28, 0) >= 0);
	say("not for writing", sys3(NR_fhopen, third, 28, 2));

	say("getfh of NetBSD 3", sys2(NR_getfh_30, "three", third));
	check("is the same", equal(fh, third, 28));
	show("its fhopen", sys2(NR_fhopen_30, other, 0));
	say("its fhstat", sys2(NR_fhstat_30, other, st));

	sys1(NR_unlink, "three");
	say("removed", sys3(NR_fhopen, fh, 28, 0));
	create("three", "new", 3);
	say("made anew", sys3(NR_fhopen, fh, 28, 0));
	say("its handle", get("three", third));
	check("is another", !equal(fh, third, 28));

	sys1(NR_setuid, 1000);
	say("getfh of a user", get("one", third));
	say("fhopen", sys3(NR_fhopen, other, 28, 0));
	say("fhstat", sys3(NR_fhstat, other, 28, st));
	say("fhstatvfs", sys4(NR_fhstatvfs, other, 28, sv, 1));
	return 0;
}
