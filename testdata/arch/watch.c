/* What kqueue sees of files and directories, and what revoke leaves of an open file. */
#include "arch.h"

#define NR_unlink	10
#define NR_revoke	56
#define NR_rename	128
#define NR_mkdir	136
#define NR_rmdir	137
#define NR_kqueue	344
#define NR_kevent	435

#define EVFILT_READ	0
#define EVFILT_VNODE	3
#define EV_ADD		1
#define EV_CLEAR	0x20
#define NOTE_WRITE	2
#define NOTE_LINK	0x10

struct event {
	unsigned long ident;
	u32 filter, flags, fflags;
	i64 data;
	void *udata;
};

static char base[1024];
static int kq;

static const char *at(const char *name)
{
	static char bufs[2][1024];
	static int which;
	char *buf = bufs[which ^= 1], *p = buf;
	const char *s;

	for (s = base; *s; )
		*p++ = *s++;
	while ((*p++ = *name++) != 0)
		continue;
	return buf;
}

static void watch(int fd, u32 filter, u32 fflags)
{
	struct event ev = { fd, filter, EV_ADD | EV_CLEAR, fflags, 0, 0 };

	if (nb_syscall(NR_kevent, kq, (long)&ev, 1, 0, 0, 0) != 0)
		print("kevent failed\n");
}

/* seen prints which of NOTE_WRITE and NOTE_LINK have happened since the last time. */
static void seen(const char *what)
{
	struct event ev = { 0 };
	u64 now[2] = { 0, 0 };
	long n = nb_syscall(NR_kevent, kq, 0, 0, (long)&ev, 1, (long)now);

	print(what);
	print(":");
	if (n == 0)
		print(" nothing");
	if (ev.fflags & NOTE_WRITE)
		print(" write");
	if (ev.fflags & NOTE_LINK)
		print(" link");
	print("\n");
}

static void directories(void)
{
	int in, out, fd;

	sys2(NR_mkdir, at("/in"), 0700);
	sys2(NR_mkdir, at("/out"), 0700);
	kq = (int)sys0(NR_kqueue);
	in = (int)open(at("/in"), 0, 0);
	watch(in, EVFILT_VNODE, NOTE_WRITE | NOTE_LINK);
	seen("at first");
	fd = (int)open(at("/in/f"), 0x602, 0600);
	seen("a new file");
	sys1(SYS_close, fd);
	fd = (int)open(at("/in/f"), 0x602, 0600);
	seen("the file opened anew");
	sys1(SYS_close, fd);
	sys2(NR_mkdir, at("/out/d"), 0700);
	seen("something elsewhere");
	sys2(NR_rename, at("/out/d"), at("/in/d"));
	seen("a directory moved in");
	sys2(NR_rename, at("/in/d"), at("/in/e"));
	seen("a directory renamed");
	sys2(NR_rename, at("/in/e"), at("/out/e"));
	seen("a directory moved out");
	sys2(NR_rename, at("/in/f"), at("/out/f"));
	seen("a file moved out");
	sys1(SYS_close, in);
	sys1(SYS_close, kq);
	out = (int)sys1(NR_unlink, "/");
	say("unlink of the root", out);
	say("rmdir of the root", sys1(NR_rmdir, "///"));
}

static void growing(void)
{
	struct event ev = { 0 };
	u64 now[2] = { 0, 0 };
	char buf[16];
	int rfd, wfd;
	long pid;

	wfd = (int)open(at("/out/f"), 0x602, 0600);
	rfd = (int)open(at("/out/f"), 0, 0);
	kq = (int)sys0(NR_kqueue);
	watch(rfd, EVFILT_READ, 0);
	say("nothing to read", nb_syscall(NR_kevent, kq, 0, 0, (long)&ev, 1, (long)now));
	pid = fork();
	if (pid == 0) {
		sys3(SYS_write, wfd, "0123", 4);
		exit(0);
	}
	say("the kqueue wakes up", nb_syscall(NR_kevent, kq, 0, 0, (long)&ev, 1, 0));
	say("bytes to read", ev.data);
	sys4(SYS_wait4, pid, 0, 0, 0);
	say("read", sys3(SYS_read, rfd, buf, sizeof buf));
	sys1(SYS_close, kq);

	say("revoke", sys1(NR_revoke, at("/out/f")));
	say("read of a dead file", sys3(SYS_read, rfd, buf, sizeof buf));
	say("write of a dead file", sys3(SYS_write, wfd, buf, 4));
	say("close", sys1(SYS_close, rfd));
	rfd = (int)open(at("/out/f"), 0, 0);
	say("read of the file, opened again", sys3(SYS_read, rfd, buf, sizeof buf));
	say("revoke of nothing", sys1(NR_revoke, at("/out/none")));
	sys1(NR_unlink, at("/out/f"));
	sys1(NR_rmdir, at("/out/e"));
	sys1(NR_rmdir, at("/out"));
	sys1(NR_rmdir, at("/in"));
}

int main(int argc, char **argv, char **envp)
{
	char *p = base;
	const char *s;

	for (s = argc > 1 ? argv[1] : "."; (*p++ = *s++) != 0; )
		continue;
	directories();
	growing();
	return 0;
}
