/*
 * Calls of 4.3BSD and of NetBSD up to 5 by their numbers, with the structures of their time. The argument is a
 * directory to write in.
 */
#include "arch.h"

typedef unsigned short u16;

#define E_INTR		(-4)
#define E_CHILD		(-10)
#define E_FAULT		(-14)
#define E_AGAIN		(-35)
#define E_ALREADY	(-37)
#define E_TIMEDOUT	(-60)
#define E_NOSYS		(-78)

#define SIGUSR1_BIT	(1u << (SIGUSR1 - 1))
#define SIGUSR2_BIT	(1u << (SIGUSR2 - 1))
#define SIGSYS_BIT	(1u << 11)
#define pending13()	((u32)sys0(52))

struct timespec50 { int sec; long nsec; };
struct timeval50 { long sec, usec; };
struct rusage50 { struct timeval50 utime, stime; long counts[14]; };

static long child(int status)
{
	long pid = fork();

	if (pid == 0)
		exit(status);
	return pid;
}

static void waits(void)
{
	struct rusage50 ru;
	int status = -1;
	long pid = child(3);

	memset(&ru, 0xff, sizeof ru);
	check("wait4 returns the child", sys4(7, pid, &status, 0, &ru) == pid);
	sayx("its status", status);
	check("its usage", ru.utime.sec == 0 && ru.utime.usec >= 0 && ru.utime.usec < 1000000 && ru.counts[13] >= 0);
	say("wait4 without children", sys4(7, -1, &status, 1, 0));
	say("wait4 with odd options", sys4(7, -1, &status, 0x40000000, 0));
	pid = child(5);
	pid -= sys0(84);
	status = (int)nb_rv1;
	say("wait returns the child", pid);
	sayx("its status", status);
	say("wait without children", sys0(84));
}

struct sigvec { void *handler; u32 mask; int flags; };

static volatile int handled;

static void handler(int sig, struct siginfo *si, void *uc) { handled += sig; }

static void masks(void)
{
	say("sigblock", (u32)sys1(109, SIGUSR1_BIT | SIGUSR2_BIT));
	sayx("sigblock again", (u32)sys1(109, SIGSYS_BIT));
	sayx("sigsetmask", (u32)sys1(110, SIGUSR1_BIT | SIGSYS_BIT));
	sayx("sigsetmask again", (u32)sys1(110, SIGUSR1_BIT));
}

static void groups(void)
{
	int group = (int)sys0(81);

	sys1(110, SIGUSR1_BIT);
	say("killpg of the own group", sys2(146, 0, SIGUSR1));
	check("is pending", pending13() == SIGUSR1_BIT);
	say("killpg with more than 16 bits", sys2(146, group | 0x30000, 0));
	say("killpg with an odd signal", sys2(146, 0, 99));
	say("killpg of nobody", sys2(146, 0x7fee, 0));
}

static void vectors(void)
{
	struct sigvec sv = { (void *)1, SIGUSR2_BIT, 0 }, old = { 0, 1, 1 };

	say("sigvec", sys3(108, SIGUSR1, &sv, 0));
	check("what is ignored isn't pending", pending13() == 0);
	say("sigvec reads", sys3(108, SIGUSR1, 0, &old));
	check("what was set", old.handler == (void *)1 && old.mask == (SIGUSR1_BIT | SIGUSR2_BIT) && old.flags == 0);
	say("sigaction13 reads", sys3(46, SIGUSR1, 0, &old));
	say("calls go on", old.flags);
	sv.flags = 2;	/* SV_INTERRUPT */
	sys3(108, SIGUSR1, &sv, 0);
	sys3(46, SIGUSR1, 0, &old);
	say("calls are interrupted", old.flags);
	say("sigvec of no signal", sys3(108, 0, &sv, 0));
	say("sigvec of SIGKILL", sys3(108, 9, &sv, 0));
}

static void stacks(void)
{
	static char stack[40960];
	struct { char *sp; int onstack; } ss = { stack, 0 }, oss = { 0, 7 };
	struct { char *sp; size_t size; int flags; } now = { 0 };
	struct { char *sp; int size, flags; } s13 = { stack, 16384, 0 }, o13 = { 0 };

	say("sigstack", sys2(112, &ss, &oss));
	check("there was none", oss.sp == 0 && oss.onstack == 0);
	sys2(SYS_sigaltstack, 0, &now);
	say("its size", (i64)now.size);
	say("its flags", now.flags);
	say("sigaltstack13", sys2(53, &s13, &o13));
	check("what it was", o13.sp == stack && o13.size == 40960 && o13.flags == 0);
	s13.size = 100;
	say("too small", sys2(53, &s13, 0));
	s13.flags = 4;	/* SS_DISABLE */
	say("none again", sys2(53, &s13, 0));
}

static void suspended(void)
{
	on_signal(SIGUSR1, handler, 0);
	sys1(110, SIGUSR1_BIT);
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	say("handled", handled);
	say("sigsuspend13", sys1(111, 0));
	say("handled", handled);
	check("the mask is back", (u32)sys1(109, 0) == SIGUSR1_BIT);
}

static void timed(void)
{
	struct sigset set = { { SIGUSR1_BIT } };
	struct timespec50 none = { 0, 0 }, late = { 1, 0 };
	struct timespec now = { 1, 0 };
	union { struct siginfo si; char room[128]; } u = { { 0 } };
	int self = (int)sys0(SYS_lwp_self);

	say("sigtimedwait for nothing", sys3(244, &set, &u, &none));
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	say("sigtimedwait", sys3(244, &set, &u, &late));
	say("the signal", u.si.signo);

	say("unpark", sys2(321, self, 0));
	say("_lwp_park of 6", sys4(434, 0, 0, 0, 0));
	say("its timeout", sys4(434, &now, 0, 0, 0));
	say("unpark", sys2(321, self, 0));
	say("_lwp_park of 5", sys4(320, 0, 0, 0, 0));
	say("its timeout", sys4(320, &late, 0, 0, 0));
	say("unparks nobody", sys4(320, 0, 9999, 0, 0));
}

static long ommap(long addr, long len, int prot, int flags, int fd, long pos)
{
	return nb_syscall(71, addr, len, prot, flags, fd, pos);
}

static void mappings(void)
{
	char *p = (char *)ommap(0, 100000, 6, 2, -1, 0);	/* read, write; OMAP_ANON */
	char buf[8] = "contents";
	int out, fd;

	check("mmap", p != (void *)-1 && ((long)p & 4095) == 0);
	p[0] = p[99999] = 1;
	check("is memory", p[0] == 1 && p[50000] == 0);
	say("msync", sys2(65, p, 100000));
	say("msync of nothing", sys2(65, 8, -4096));

	sys0(SYS_pipe);
	out = (int)nb_rv1;
	p = (char *)ommap(0, 4096, 2, 2, -1, 0);
	check("write only, as far as the machine can", p != (void *)-1 && (p[0] = 1));
	p = (char *)ommap(0, 4096, 4, 2, -1, 0);	/* read */
	say("write from what can be read", sys3(SYS_write, out, p, 1));
	say("getcwd to what can be read", sys2(296, p, 4096));

	fd = (int)open("mapped", 0x602, 0600);
	nb_syscall8(SYS_pwrite, REG(fd), REG(buf), REG(8), REG(0), ARG64(65536));
	p = (char *)ommap(0, 8, 6, 0x10, fd, 65536);	/* OMAP_SHARED */
	check("the file", p != (void *)-1 && p[0] == 'c' && p[7] == 's');
	p[0] = 'C';
	say("msync", sys2(65, p, 8));
	nb_syscall8(SYS_pread, REG(fd), REG(buf), REG(8), REG(0), ARG64(65536));
	check("was changed", buf[0] == 'C');
	p = (char *)ommap(0, 8, 6, 0, fd, 65536);
	p[0] = 'x';
	nb_syscall8(SYS_pread, REG(fd), REG(buf), REG(8), REG(0), ARG64(65536));
	check("a private mapping does not", buf[0] == 'C');
	say("shared and a copy", ommap(0, 8, 6, 0x30, fd, 65536));
	check("at an address", ommap((long)p, 8, 6, 0x100, fd, 65536) == (long)p && p[0] == 'C');
	sys1(SYS_close, fd);
}

struct osockaddr { u16 family; char data[30]; };
struct iovec { void *base; size_t len; };
struct omsghdr {
	void *name;
	int namelen;
	struct iovec *iov;
	int iovlen;
	void *rights;
	int rightslen;
};

static void sockets(void)
{
	struct osockaddr sa = { 1, "old.sock" }, from;
	int s = (int)sys3(394, 1, 1, 0), c = (int)sys3(394, 1, 1, 0), d, len = sizeof from;
	char buf[8] = { 0 };

	say("bind", sys3(104, s, &sa, 2 + 9));
	say("listen", sys2(106, s, 2));
	memset(&from, 0x55, sizeof from);
	say("getsockname", sys3(150, s, &from, &len));
	say("family", from.family);
	check("name", same(from.data, "old.sock"));
	say("getsockname without room", sys3(150, s, 0, &len));
	say("connect", sys3(98, c, &sa, 2 + 9));
	memset(&from, 0x55, sizeof from);
	len = sizeof from;
	d = (int)sys3(99, s, &from, &len);
	check("accept", d > c);
	say("family", from.family);
	memset(&from, 0x55, sizeof from);
	len = sizeof from;
	say("getpeername", sys3(141, c, &from, &len));
	say("family", from.family);
	check("name", same(from.data, "old.sock"));
	say("send", sys4(101, c, "hello", 5, 0));
	say("recv", sys4(102, d, buf, 8, 0));
	print(buf);
	print("\n");
	sys1(SYS_close, s);
	sys1(SYS_close, c);
	sys1(SYS_close, d);
}

static void datagrams(void)
{
	struct osockaddr a = { 1, "a.sock" }, b = { 1, "b.sock" }, from;
	struct iovec iov = { "datagram", 8 };
	struct omsghdr m = { &a, 2 + 7, &iov, 1, 0, 0 };
	int sa = (int)sys3(394, 1, 2, 0), sb = (int)sys3(394, 1, 2, 0), len = sizeof from;
	char buf[16] = { 0 };

	sys3(104, sa, &a, 2 + 7);
	sys3(104, sb, &b, 2 + 7);
	say("sendto", nb_syscall(133, sb, (long)"first", 5, 0, (long)&a, 2 + 7));
	memset(&from, 0x55, sizeof from);
	say("recvfrom", nb_syscall(125, sa, (long)buf, 16, 0, (long)&from, (long)&len));
	say("family", from.family);
	check("sender", same(from.data, "b.sock"));

	say("sendmsg", sys3(114, sb, &m, 0));
	memset(&from, 0x55, sizeof from);
	m.name = &from;
	m.namelen = sizeof from;
	iov.base = buf;
	iov.len = sizeof buf;
	say("recvmsg", sys3(113, sa, &m, 0));
	say("family", from.family);
	check("sender", same(from.data, "b.sock") && m.namelen >= 8 && m.namelen <= 10);
	sys1(SYS_close, sa);
	sys1(SYS_close, sb);
}

static void rights(void)
{
	int pair[2], send[3], got[2] = { -1, -1 };
	char buf[4] = { 0 };
	struct iovec iov = { "r", 1 };
	struct omsghdr m = { 0, 0, &iov, 1, send, 4 };

	sys4(135, 1, 1, 0, pair);
	sys0(SYS_pipe);
	send[0] = send[1] = send[2] = (int)nb_rv1;
	say("sendmsg with rights", sys3(114, pair[0], &m, 0));
	iov.base = buf;
	m.rights = got;
	say("recvmsg", sys3(113, pair[1], &m, 0));
	say("rights", m.rightslen);
	check("a new descriptor", got[0] > send[1] && sys3(SYS_write, got[0], "x", 1) == 1);

	iov.base = "r";
	m.rights = send;
	m.rightslen = 12;
	say("three rights", sys3(114, pair[0], &m, 0));
	got[0] = got[1] = -1;
	m.rights = got;
	m.rightslen = 4;
	iov.base = buf;
	say("recvmsg with room for one", sys3(113, pair[1], &m, 0));
	say("rights", m.rightslen);
	check("nothing more", got[0] == -1 && got[1] == -1);
	m.rightslen = 100000;
	say("too many", sys3(113, pair[1], &m, 0));
	sys1(SYS_close, pair[0]);
	sys1(SYS_close, pair[1]);
}

struct stat43 {
	u16 dev;
	u32 ino;
	u16 mode, nlink, uid, gid, rdev;
	int size;
	struct timespec50 atim, mtim, ctim;
	int blksize, blocks;
	u32 flags, gen;
};

static void stats(void)
{
	struct stat43 dir, link, file;
	int fd = (int)open("file", 0x602, 0640);

	sys3(SYS_write, fd, "12345", 5);
	sys2(57, "file", "link");
	sys2(38, ".", &dir);
	say("stat43", sys2(38, "link", &file));
	sayx("its mode", file.mode);
	say("its size", file.size);
	say("lstat43 of a link", sys2(40, "./link", &link));
	sayx("type", link.mode & 0170000);
	check("permissions and number are the directory's", (link.mode & 07777) == (dir.mode & 07777) && link.ino == dir.ino);
	say("its size", link.size);
	nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(0xc0000000ull));
	say("fstat43", sys2(62, fd, &file));
	sayx("3 GiB", (u32)file.size);
	nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(0x100000000ull));
	sys2(62, fd, &file);
	say("4 GiB", file.size);
	sys1(SYS_close, fd);
}

static void directories(void)
{
	struct direct { u32 fileno; u16 reclen, namlen; char name[256]; } *d;
	static char buf[2048] __attribute__((aligned(8)));
	int fd, n, found = 0, all = 0;
	long base = -1;

	sys2(136, "directory", 0755);
	fd = (int)open("directory/a", 0x602, 0600);
	sys1(SYS_close, fd);
	fd = (int)open("directory/longer name", 0x602, 0600);
	sys1(SYS_close, fd);
	fd = (int)open("directory", 0, 0);
	n = (int)sys4(156, fd, buf, sizeof buf, &base);
	say("getdirentries", n);
	say("from", base);
	for (d = (void *)buf; (char *)d < buf + n; d = (void *)((char *)d + d->reclen)) {
		all++;
		if (same(d->name, "a"))
			found += d->namlen == 1 && d->reclen == 12 && d->fileno != 0;
		if (same(d->name, "longer name"))
			found += d->namlen == 11 && d->reclen == 20;
	}
	say("entries", all);
	say("known", found);
	say("at the end", sys4(156, fd, buf, sizeof buf, &base));
	sys1(SYS_close, fd);
	fd = (int)open("file", 0, 0);
	say("getdirentries of a file", sys4(156, fd, buf, sizeof buf, &base) < 0);
	sys1(SYS_close, fd);
}

struct statfs {
	short type;
	u16 oflags;
	long bsize, iosize, blocks, bfree, bavail, files, ffree;
	int fsid[2];
	u32 owner;
	long flags, syncwrites, asyncwrites, spare;
	char fstypename[16], mntonname[90], mntfromname[90];
};

static void filesystems(void)
{
	static struct statfs a, b, all[2];
	int fd = (int)open(".", 0, 0);
	long n;

	memset(&b, 0xff, sizeof b);
	say("statfs", sys2(157, ".", &a));
	say("fstatfs", sys2(158, fd, &b));
	check("the same", a.bsize == b.bsize && a.blocks == b.blocks && same(a.fstypename, b.fstypename) && a.fsid[0] == b.fsid[0]);
	check("numbers", a.bsize >= 512 && a.blocks >= a.bfree && a.bfree >= a.bavail && a.fstypename[0] != 0);
	say("statfs of nothing", sys2(157, "nothing", &a));
	n = sys3(18, 0, 0, 0);
	check("getfsstat counts", n >= 1);
	check("getfsstat", sys3(18, all, sizeof all, 0) == (n < 2 ? n : 2));
	check("the first", all[0].mntonname[0] == '/' && all[0].bsize > 0);
	say("getfsstat without room", sys3(18, all, sizeof all[0] - 1, 0));
	sys1(SYS_close, fd);
}

static void info(void)
{
	int clock[5], small;
	size_t size = sizeof clock, n;
	char *si;

	say("clock rate", sys4(63, 6 << 8, clock, &size, 0));
	say("size", (i64)size);
	say("hz", clock[0]);
	size = 4;
	say("without room", sys4(63, 6 << 8, &small, &size, 0));
	say("of nothing", sys4(63, 7 << 8, 0, &size, 0));
	n = (size_t)sys4(63, 101 << 8, 0, &size, 0);
	check("BSDI's structure", n > 100 && n < 1000 && size == n);
	si = map(4096, 3);
	check("the same", (size_t)sys4(63, 101 << 8, si, 0, 0) == n);
	check("its strings", ((size_t *)si)[0] < ((size_t *)si)[1] && same(si + ((size_t *)si)[8], "NetBSD"));
	say("page size", (i64)((size_t *)si)[7] == sys0(64));
}

static void absent(void)
{
	sys1(110, SIGSYS_BIT);
	say("quota", sys0(149));
	check("without a signal", pending13() == 0);
	say("nfssvc", sys2(155, 0, 0));
	check("SIGSYS", pending13() == SIGSYS_BIT);
	for (int i = 184; i <= 187; i++)
		say("lfs", sys3(i, 0, 0, 0));
	say("afssys", sys3(210, 0, 0, 0));
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1)
		sys1(12, argv[1]);
	waits();
	masks();
	groups();
	vectors();
	stacks();
	suspended();
	timed();
	mappings();
	sockets();
	datagrams();
	rights();
	stats();
	directories();
	filesystems();
	info();
	absent();
	return 0;
}
