/*
 * kqueue(2): what becomes of events as states change, or, with another argument than the directory to work in, a table of what
 * is said of each kind of descriptor in each state and of ways to register an event. The answers are a NetBSD kernel's of 2016,
 * but for processes and signals.
 */
#define CALLS	200
#define KINDS	80
#define WORDS	400
#include "arch.h"
#include "matrix.h"
#include "kevents.h"

static int nothing[2]; /* what udata points to */

/* Makes a change, with room for as many events, and tells what kevent says. */
static i64 change(int kq, unsigned long ident, int filter, u32 flags, u32 fflags, i64 data)
{
	struct kevent e = { ident, (u32)filter, flags, fflags, data, nothing };

	return nb_syscall8(NR_kevent, REG(kq), REG(&e), REG(1), REG(0), REG(0), REG(0), REG(0));
}

static void one(const struct kevent *e)
{
	put(e->filter == 1 ? "w" : e->filter == 3 ? "v" : e->filter == 4 ? "p" : e->filter == 5 ? "s" : e->filter == 6 ? "t" : "");
	puthex(e->flags);
	if (e->fflags) {
		put("/");
		puthex(e->fflags);
	}
	put(":");
	if (e->flags & 0x4000)
		puterr(-e->data);
	else
		putamount(e->data);
	if (e->udata != nothing)
		put("?");
}

/* The events that there are now, of the descriptors or all. */
static void now(int kq, int room)
{
	struct timespec none = { 0, 0 };
	struct kevent e[16];
	i64 n = nb_syscall8(NR_kevent, REG(kq), REG(0), REG(0), REG(e), REG(room), REG(&none), REG(0));

	put(" ");
	if (n <= 0)
		put(n == 0 ? "-" : errnos[-n]);
	for (int i = 0; i < n; i++) {
		if (i > 0)
			put(",");
		one(&e[i]);
	}
}

/* One way to register an event: what is said at once, twice, and after each of some changes to it. */
static void way(const char *name, unsigned long ident, int filter, u32 flags, u32 fflags, i64 data)
{
	static const u32 more[] = { EV_ENABLE, EV_DISABLE, EV_ADD, EV_ENABLE | EV_CLEAR, EV_ADD | EV_ONESHOT, EV_DELETE, EV_DELETE };
	static const char *const which[] = { " e", " d", " a", " ec", " a1", " x", " x" };
	int kq = (int)sys0(NR_kqueue);
	i64 r = change(kq, ident, filter, flags, fflags, data);

	puterr(r);
	if (r >= 0) {
		now(kq, 4);
		now(kq, 4);
	}
	for (u32 i = 0; r >= 0 && i < sizeof more / sizeof more[0]; i++) {
		r = change(kq, ident, filter, more[i], fflags, data);
		put(which[i]);
		if (r < 0) {
			put(" ");
			puterr(r);
			r = 0;
			continue;
		}
		now(kq, 4);
	}
	note(name);
	sys1(SYS_close, kq);
}

#define WAYS(f, n) \
	way(f " add", fd, n, EV_ADD, 0, 0); \
	way(f " add disable", fd, n, EV_ADD | EV_DISABLE, 0, 0); \
	way(f " add enable disable", fd, n, EV_ADD | EV_ENABLE | EV_DISABLE, 0, 0); \
	way(f " add oneshot", fd, n, EV_ADD | EV_ONESHOT, 0, 0); \
	way(f " add clear", fd, n, EV_ADD | EV_CLEAR, 0, 0); \
	way(f " add oneshot clear", fd, n, EV_ADD | EV_ONESHOT | EV_CLEAR, 0, 0); \
	way(f " add dispatch", fd, n, EV_ADD | EV_DISPATCH, 0, 0); \
	way(f " add dispatch clear", fd, n, EV_ADD | EV_DISPATCH | EV_CLEAR, 0, 0); \
	way(f " add delete", fd, n, EV_ADD | EV_DELETE, 0, 0); \
	way(f " add others", fd, n, EV_ADD | 0xf900, 0, 0); \
	way(f " enable", fd, n, EV_ENABLE, 0, 0); \
	way(f " delete", fd, n, EV_DELETE, 0, 0); \
	way(f " nothing", fd, n, 0, 0, 0); \
	way(f " lowat 0", fd, n, EV_ADD, 1, 0); \
	way(f " lowat 5", fd, n, EV_ADD, 1, 5); \
	way(f " lowat 11", fd, n, EV_ADD, 1, 11); \
	way(f " lowat -1", fd, n, EV_ADD, 1, -1); \
	way(f " data", fd, n, EV_ADD, 0xfffffffe, 7)

static void K(const char *name, i64 fd)
{
	nkinds++;
	kinds[nkinds - 1] = name;
	lastcall = -1;
	if (fd < 0 && fd != -1) {
		tell("open", fd);
		return;
	}
	put("0");
	note("open");
	WAYS("read", 0);
	WAYS("write", 1);
	way("aio", (unsigned long)fd, 2, EV_ADD, 0, 0);
	way("vnode none", (unsigned long)fd, 3, EV_ADD, 0, 0);
	way("vnode all", (unsigned long)fd, 3, EV_ADD, 0xffffffff, 0);
	way("vnode clear", (unsigned long)fd, 3, EV_ADD | EV_CLEAR, 0x7f, 0);
	way("filter 77", (unsigned long)fd, 77, EV_ADD, 0, 0);
	way("filter -1", (unsigned long)fd, -1, EV_ADD, 0, 0);
	way("read of a number of 64 bits", (unsigned long)fd + (unsigned long)(1ull << (sizeof(long) * 8 - 1)), 0, EV_ADD, 0, 0);
}

/* A terminal and its master, from the kernel that chooses one, or the first of the older names. */
static int terminal(int *master)
{
	struct { int cfd, sfd; char names[2][1024]; } *pty = (void *)page;

	if (sys3(NR_ioctl, open("/dev/ptm", O_RDWR, 0), 0x48087446, pty) == 0) {
		*master = pty->cfd;
		return pty->sfd;
	}
	*master = (int)open("/dev/ptyp0", O_RDWR, 0);
	return (int)open("/dev/ttyp0", O_RDWR | O_NOCTTY, 0);
}

static void table(void)
{
	int p[2], o, s, m;
	struct kevent e = { 0, 0, EV_ADD, 0, 0, 0 };

	m = (int)open("k.file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	K("file-empty", m);
	sys3(SYS_write, m, "0123456789", 10);
	K("file-end", m);
	seek(m, 4);
	K("file-4", m);
	seek(m, 15);
	K("file-beyond", m);
	K("file-r", open("k.file", O_RDONLY, 0));
	K("file-w", open("k.file", O_WRONLY, 0));
	sys2(NR_mkdir, "k.dir", 0755);
	K("dir", open("k.dir", O_RDONLY, 0));
	K("null", open("/dev/null", O_RDWR, 0));
	K("zero", open("/dev/zero", O_RDONLY, 0));
	sys2(NR_pipe2, p, O_NONBLOCK);
	K("pipe-r", p[0]);
	K("pipe-w", p[1]);
	sys3(SYS_write, p[1], "0123456789", 10);
	K("pipe-r-in", p[0]);
	K("pipe-w-in", p[1]);
	while (sys3(SYS_write, p[1], page, 512) > 0)
		;
	K("pipe-r-full", p[0]);
	K("pipe-w-full", p[1]);
	sys1(SYS_close, p[1]);
	K("pipe-r-end", p[0]);
	while (sys3(SYS_read, p[0], page, 65536) > 0)
		;
	K("pipe-r-alone", p[0]);
	sys2(NR_pipe2, p, O_NONBLOCK);
	sys1(SYS_close, p[0]);
	K("pipe-w-alone", p[1]);
	s = (int)sys0(NR_kqueue);
	K("kqueue", s);
	sys2(NR_pipe2, p, O_NONBLOCK);
	sys3(SYS_write, p[1], "x", 1);
	e.ident = (unsigned long)p[0];
	nb_syscall8(NR_kevent, REG(s), REG(&e), REG(1), REG(0), REG(0), REG(0), REG(0));
	K("kqueue-1", s);
	if ((s = terminal(&o)) >= 0) {
		K("tty", s);
		K("pty", o);
		sys3(SYS_write, o, "12345\n", 6);
		sys3(SYS_write, s, "123", 3);
		K("tty-in", s);
		K("pty-in", o);
		sys1(SYS_close, s);
		K("pty-alone", o);
	}
	socket_kinds();
	K("none", 120);
	K("minus one", -1);
	printtable();
}

#include "kstories.h"

int main(int argc, char **argv, char **envp)
{
	struct sigaction ignore = { (void (*)(int, struct siginfo *, void *))1, { { 0 } }, 0 };

	if (argc < 2 || sys1(NR_chdir, argv[1]) < 0) {
		print("no such directory\n");
		return 1;
	}
	sys5(SYS_sigaction_sigtramp, 13, &ignore, 0, nb_sigtramp, 2);
	if (argc > 2) {
		table();
		return 0;
	}
	stories();
	processes();
	return 0;
}
