/*
 * Every kind of open file, and every call that takes one: what each says of what it was not made for. NetBSD answers from the
 * order of its checks and from what the file's own operations say (fileops, vnodeops, specfs, fifofs, protocols).
 * Arguments: a directory to work in; "names" for calls that take names, about kinds of names, or
 * "options" for options of sockets; one kind, to look closer.
 */
#include "arch.h"
#include "matrix.h"

static char page[8 * 65536];
static u32 here; /* a descriptor of the directory */
static int wide; /* only the options of sockets are asked for */
static int alone; /* the kind is a pipe whose other end is closed */

static i64 sys6(long n, long a, const void *b, long c, long d, const void *e, long f)
{
	return nb_syscall8(n, REG(a), REG(b), REG(c), REG(d), REG(e), REG(f), REG(0), REG(0));
}

static i64 fcntl(int fd, int cmd, long arg)
{
	return sys3(NR_fcntl, fd, cmd, arg);
}

static i64 ioctl(int fd, unsigned long cmd, void *arg)
{
	return sys3(NR_ioctl, fd, cmd, arg);
}

static i64 lseek(int fd, i64 off, int whence)
{
	i64 r = nb_syscall8(SYS_lseek, REG(fd), REG(0), ARG64(off), REG(whence), REG(0), REG(0), REG(0));

	return r < 0 ? r : 0;
}

static i64 at_offset(int call, int fd, void *p, size_t len, i64 off)
{
	return nb_syscall8(call, REG(fd), REG(p), REG(len), REG(0), ARG64(off), REG(0), REG(0));
}

static i64 of_range(int call, int fd, i64 off, i64 len, int how)
{
	return nb_syscall8(call, REG(fd), REG(0), ARG64(off), ARG64(len), REG(how), REG(0));
}

static i64 record(int fd, int cmd, int type)
{
	struct flock l = { 0, 0, 0, (short)type, 0 };

	return fcntl(fd, cmd, (long)&l);
}

static void flags(int fd)
{
	static const struct { int bit; const char *name; } names[] = { { O_NONBLOCK, " nonblock" }, { O_APPEND, " append" },
		{ O_SHLOCK, " shlock" }, { O_EXLOCK, " exlock" }, { O_ASYNC, " async" }, { O_SYNC, " sync" }, { O_NOFOLLOW, " nofollow" },
		{ O_CREAT, " creat" }, { O_TRUNC, " trunc" }, { O_EXCL, " excl" }, { O_NOCTTY, " noctty" }, { O_DIRECT, " direct" },
		{ O_DIRECTORY, " dir" }, { O_CLOEXEC, " cloexec" }, { O_SEARCH, " search" }, { O_NOSIGPIPE, " nosigpipe" } };
	i64 was = fcntl(fd, 3, 0);

	if (was < 0)
		puterr(was);
	else
		put((was & 3) == 0 ? "r" : (was & 3) == 1 ? "w" : "rw");
	for (u32 i = 0; was >= 0 && i < sizeof names / sizeof names[0]; i++)
		if (was & names[i].bit)
			put(names[i].name);
	note("F_GETFL");
	T("F_GETFD", fcntl(fd, 1, 0));
	T("F_SETFD", fcntl(fd, 2, 1));
	T("F_GETFD now", fcntl(fd, 1, 0));
	T("F_SETFD odd", fcntl(fd, 2, 0x7e));
	T("F_GETFD odd", fcntl(fd, 1, 0));
	T("F_SETFL append", fcntl(fd, 4, O_APPEND | O_NONBLOCK));
	T("F_GETFL append", fcntl(fd, 3, 0) < 0 ? fcntl(fd, 3, 0) : fcntl(fd, 3, 0) & ~3);
	T("F_SETFL async", fcntl(fd, 4, O_ASYNC | O_NONBLOCK));
	T("F_GETFL async", fcntl(fd, 3, 0) < 0 ? fcntl(fd, 3, 0) : fcntl(fd, 3, 0) & ~3);
	T("F_SETFL alt", fcntl(fd, 4, O_ALT_IO | O_NONBLOCK));
	T("F_SETFL direct", fcntl(fd, 4, O_DIRECT | O_NONBLOCK));
	T("F_GETFL direct", fcntl(fd, 3, 0) < 0 ? fcntl(fd, 3, 0) : fcntl(fd, 3, 0) & ~3);
	T("F_SETFL sync", fcntl(fd, 4, O_SYNC | O_DSYNC | O_RSYNC | O_NONBLOCK));
	T("F_GETFL sync", fcntl(fd, 3, 0) < 0 ? fcntl(fd, 3, 0) : fcntl(fd, 3, 0) & ~3);
	T("F_SETFL block", fcntl(fd, 4, 0));
	T("F_SETFL none", fcntl(fd, 4, O_NONBLOCK));
	Z("F_GETOWN", fcntl(fd, 5, 0));
	T("F_SETOWN", fcntl(fd, 6, 0));
	T("F_SETOWN nobody", fcntl(fd, 6, 29999));
	T("F_SETOWN no group", fcntl(fd, 6, -29999));
	T("F_GETOWN now", fcntl(fd, 5, 0));
	T("F_GETNOSIGPIPE", fcntl(fd, 13, 0));
	T("F_SETNOSIGPIPE", fcntl(fd, 14, 1));
	T("F_GETNOSIGPIPE now", fcntl(fd, 13, 0));
	Z("F_GETPATH", fcntl(fd, 15, (long)page));
	T("F_DUPFD far", fcntl(fd, 0, 1 << 20));
	T("F_DUPFD -1", fcntl(fd, 0, -1));
	T("F_DUPFD_CLOEXEC far", fcntl(fd, 12, 1 << 20));
	T("F_MAXFD", fcntl(fd, 11, 0) < 0 ? fcntl(fd, 11, 0) : 0);
	T("fcntl 16", fcntl(fd, 99, 0));
	T("F_FSPRIV", fcntl(fd, (int)0x8000, 0));
	T("F_FSVOID", fcntl(fd, (int)0x40008000, 0));
}

static void reads(int fd)
{
	struct iovec v = { page, 0 }, w = { page, 1 };

	T("read 0", sys3(SYS_read, fd, page, 0));
	T("write 0", sys3(SYS_write, fd, page, 0));
	T("pread 0", at_offset(SYS_pread, fd, page, 0, 0));
	T("pwrite 0", at_offset(SYS_pwrite, fd, page, 0, 0));
	T("pread -1", at_offset(SYS_pread, fd, page, 1, -1));
	T("pwrite -1", at_offset(SYS_pwrite, fd, page, 1, -1));
	T("pread", at_offset(SYS_pread, fd, page, 1, 5));
	T("pwrite", at_offset(SYS_pwrite, fd, page, 1, 5));
	T("preadv", at_offset(NR_preadv, fd, &w, 1, 5));
	T("pwritev", at_offset(NR_pwritev, fd, &w, 1, 5));
	T("preadv 0", at_offset(NR_preadv, fd, &v, 1, 0));
	T("pwritev 0", at_offset(NR_pwritev, fd, &v, 1, 0));
	T("readv 0", sys3(NR_readv, fd, &v, 1));
	T("writev 0", sys3(NR_writev, fd, &v, 1));
	T("readv none", sys3(NR_readv, fd, &v, 0));
	T("writev many", sys3(NR_writev, fd, &v, 1025));
	T("lseek 2", lseek(fd, 2, 0));
	T("lseek cur", lseek(fd, 1, 1));
	T("lseek end", lseek(fd, 0, 2));
	T("lseek -1", lseek(fd, -1, 0));
	T("lseek 9", lseek(fd, 0, 9));
	T("lseek hole", lseek(fd, 0, 3));
	T("lseek data", lseek(fd, 0, 4));
	T("lseek back", lseek(fd, 0, 0));
	T("read 1", sys3(SYS_read, fd, page, 1));
	T("write 1", sys3(SYS_write, fd, "x", 1));
	T("readv", sys3(NR_readv, fd, &w, 1));
	T("writev", sys3(NR_writev, fd, &w, 1));
	i64 r = nb_syscall8(SYS_lseek, REG(fd), REG(0), ARG64(0), REG(1), REG(0), REG(0), REG(0));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && __SIZEOF_LONG__ == 4 && !(defined(__mips__) && _MIPS_SIM == _ABIN32)
	if (r >= 0)
		r = nb_rv1; /* the lower half */
#endif
	T("lseek where", r);
	Z("getdents", sys3(NR_getdents, fd, page, 4096));
	T("getdents 0", sys3(NR_getdents, fd, page, 0));
	T("getdents 1", sys3(NR_getdents, fd, page, 1));
}

static void sizes(int fd)
{
	struct stat st = { .size = -9 };

	T("ftruncate", of_range(SYS_ftruncate, fd, 100, 0, 0));
	T("ftruncate -1", of_range(SYS_ftruncate, fd, -1, 0, 0));
	T("fsync", sys1(NR_fsync, fd));
	T("fdatasync", sys1(NR_fdatasync, fd));
	T("fsync_range", nb_syscall8(SYS_fsync_range, REG(fd), REG(0x10), ARG64(0), ARG64(0), REG(0), REG(0)));
	T("fsync_range disk", nb_syscall8(SYS_fsync_range, REG(fd), REG(0x50), ARG64(0), ARG64(0), REG(0), REG(0)));
	T("fsync_range both", nb_syscall8(SYS_fsync_range, REG(fd), REG(0x30), ARG64(0), ARG64(0), REG(0), REG(0)));
	T("fsync_range none", nb_syscall8(SYS_fsync_range, REG(fd), REG(0), ARG64(0), ARG64(0), REG(0), REG(0)));
	T("fsync_range -1", nb_syscall8(SYS_fsync_range, REG(fd), REG(0x10), ARG64(5), ARG64(-1), REG(0), REG(0)));
	T("posix_fallocate", of_range(NR_posix_fallocate, fd, 0, 10, 0));
	T("posix_fallocate 0", of_range(NR_posix_fallocate, fd, 0, 0, 0));
	T("posix_fallocate -1", of_range(NR_posix_fallocate, fd, -1, 10, 0));
	T("fdiscard", of_range(NR_fdiscard, fd, 0, 10, 0));
	T("fdiscard 0", of_range(NR_fdiscard, fd, 0, 0, 0));
	T("fdiscard -1", of_range(NR_fdiscard, fd, -1, 10, 0));
	T("posix_fadvise", of_range(NR_posix_fadvise, fd, 0, 0, 0));
	T("posix_fadvise willneed", of_range(NR_posix_fadvise, fd, 0, 10, 3));
	T("posix_fadvise dontneed", of_range(NR_posix_fadvise, fd, 0, 10, 4));
	T("posix_fadvise bad", of_range(NR_posix_fadvise, fd, 0, 0, 99));
	T("posix_fadvise -1", of_range(NR_posix_fadvise, fd, 0, -1, 0));
	T("fstat", sys2(NR_fstat, fd, &st));
	T("its size", st.size > 1000 ? 1000 : st.size);
}

static void attributes(int fd)
{
	struct stat st = { 0 };
	i64 r;

	T("fstat first", sys2(NR_fstat, fd, &st));
	puthex(st.mode & 0170000);
	note("its type");
	putnum(st.nlink > 2 ? 2 : st.nlink);
	note("its links");
	T("its owner", st.uid);
	T("its first size", st.size > 1000 ? 1000 : st.size);
	T("fchmod", sys2(NR_fchmod, fd, st.mode & 07777));
	T("fchmod suid", sys2(NR_fchmod, fd, 06755));
	T("fchmod big", sys2(NR_fchmod, fd, 0177644));
	st.mode = 0;
	sys2(NR_fstat, fd, &st);
	puthex(st.mode & 07777);
	note("its mode");
	T("fchown", sys3(NR_fchown, fd, -1, -1));
	T("fchown 0", sys3(NR_fchown, fd, 0, 0));
	T("fchflags", sys2(NR_fchflags, fd, 0));
	T("futimes", sys2(NR_futimes, fd, 0));
	T("futimens", sys2(NR_futimens, fd, 0));
	T("fstatvfs", sys3(NR_fstatvfs, fd, page, 1));
	T("fchdir", sys1(NR_fchdir, fd));
	sys1(NR_fchdir, here);
	for (int i = 1; i <= 22; i++) {
		static const char *const names[] = { "", "link_max", "max_canon", "max_input", "name_max", "path_max", "pipe_buf",
			"chown_restricted", "no_trunc", "vdisable", "sync_io", "filesizebits", "symlink_max", "2_symlinks", "acl_extended",
			"acl_path_max", "pc 16", "pc 17", "pc 18", "pc 19", "pc 20", "pc 21", "pc 22" };

		r = sys2(NR_fpathconf, fd, i);
		tell(names[i], r);
	}
	T("pc -1", sys2(NR_fpathconf, fd, -1));
}

static void locks(int fd)
{
	T("flock sh", sys2(NR_flock, fd, 1 | 4));
	T("flock ex", sys2(NR_flock, fd, 2 | 4));
	T("flock both", sys2(NR_flock, fd, 3 | 4));
	T("flock un", sys2(NR_flock, fd, 8));
	T("flock none", sys2(NR_flock, fd, 0));
	T("flock bad", sys2(NR_flock, fd, 16));
	T("lock read", record(fd, 8, 1));
	T("lock write", record(fd, 8, 3));
	T("lock none", record(fd, 8, 2));
	T("lock get", record(fd, 7, 3));
	T("lock get none", record(fd, 7, 2));
	T("lock bad", record(fd, 8, 77));
	T("lock wait", record(fd, 9, 1));
	T("lock no more", record(fd, 9, 2));
	struct flock l = { -5, 3, 0, 1, 0 };
	T("lock -5", fcntl(fd, 8, (long)&l));
	l.start = 5, l.len = -3;
	T("lock back", fcntl(fd, 8, (long)&l));
	l.type = 2;
	T("lock back none", fcntl(fd, 8, (long)&l));
	l.whence = 7;
	T("lock whence", fcntl(fd, 8, (long)&l));
	l.whence = 2, l.len = 0, l.start = 0;
	T("lock end", fcntl(fd, 8, (long)&l));
}

/* A request of which only success matters. */
static void request(const char *name, int fd, unsigned long cmd, int n)
{
	int *p = (int *)page;

	memset(page, 0, 4096);
	*p = n;
	tell(name, ioctl(fd, cmd, page));
}

/* A request whose number is looked at. */
static void asked(const char *name, int fd, unsigned long cmd)
{
	int n = -7;
	i64 r = ioctl(fd, cmd, &n);

	if (r < 0)
		puterr(r);
	else
		putamount(n);
	note(name);
}

static void requests(int fd)
{
	asked("FIONREAD", fd, 0x4004667f);
	if (!alone) { /* NetBSD's kernel takes the other end of a pipe for granted */
		asked("FIONWRITE", fd, 0x40046679);
		asked("FIONSPACE", fd, 0x40046678);
	}
	request("FIONBIO", fd, 0x8004667e, 1);
	request("FIOASYNC", fd, 0x8004667d, 0);
	request("FIOSETOWN 0", fd, 0x8004667c, 0);
	request("FIOSETOWN nobody", fd, 0x8004667c, 29999);
	request("FIOSETOWN no group", fd, 0x8004667c, -29999);
	asked("FIOGETOWN", fd, 0x4004667b);
	request("FIOCLEX", fd, 0x20006601, 0);
	T("F_GETFD clex", fcntl(fd, 1, 0));
	request("FIONCLEX", fd, 0x20006602, 0);
	T("F_GETFD nclex", fcntl(fd, 1, 0));
	request("FIOSEEKDATA", fd, 0xc0086661, 0);
	request("FIOSEEKHOLE", fd, 0xc0086662, 0);
	request("FIOGETBMAP", fd, 0xc008667a, 0);
	request("TIOCGETA", fd, 0x402c7413, 0);
	request("TIOCGWINSZ", fd, 0x40087468, 0);
	asked("TIOCOUTQ", fd, 0x40047473);
	request("TIOCGPGRP", fd, 0x40047477, 0);
	request("TIOCSPGRP", fd, 0x80047476, 29999);
	request("TIOCGSID", fd, 0x40047463, 0);
	asked("TIOCGETD", fd, 0x4004741a);
	request("TIOCSETD", fd, 0x8004741b, 99);
	request("TIOCNXCL", fd, 0x2000740e, 0);
	request("TIOCPKT", fd, 0x80047470, 0);
	request("TIOCREMOTE", fd, 0x80047469, 0);
	request("TIOCUCNTL", fd, 0x80047466, 0);
	request("TIOCFLUSH", fd, 0x80047410, 0);
	request("TIOCFLUSH bad", fd, 0x80047410, 4);
	request("TIOCSTART", fd, 0x2000746e, 0);
	request("TIOCSBRK", fd, 0x2000747b, 0);
	request("TIOCCBRK", fd, 0x2000747a, 0);
	request("TIOCGFLAGS", fd, 0x4004745d, 0);
	request("TIOCMGET", fd, 0x4004746a, 0);
	request("TIOCNOTTY", fd, 0x20007471, 0);
	request("TIOCCONS", fd, 0x80047462, 0);
	request("TIOCPTSNAME", fd, 0x48087448, 0);
	request("TIOCGRANTPT", fd, 0x20007447, 0);
	request("TIOCGQSIZE", fd, 0x40047481, 0);
	asked("SIOCATMARK", fd, 0x40047307);
	request("SIOCSPGRP", fd, 0x80047308, 0);
	asked("SIOCGPGRP", fd, 0x40047309);
	request("SIOCGIFFLAGS", fd, 0xc0906911, 0);
	request("DIOCGSECTORSIZE", fd, 0x40046485, 0);
	request("no request", fd, 0x20007fff, 0);
	request("no request in", fd, 0x80047fff, 0);
	request("no request out", fd, 0x40047fff, 0);
	request("no direction", fd, 0x00047fff, 0);
	request("a request of 0", fd, 0, 0);
}

static void mappings(int fd)
{
	static const struct { const char *op; int prot, flags; } how[] = {
		{ "map shared r", 1, 1 }, { "map shared w", 3, 1 }, { "map private r", 1, 2 }, { "map private w", 3, 2 },
		{ "map none", 0, 2 }, { "map anon", 1, 0x1002 }, { "map no sharing", 1, 0 }, { "map both", 1, 3 },
	};

	for (u32 i = 0; i < sizeof how / sizeof how[0]; i++) {
		i64 p = nb_syscall8(SYS_mmap, REG(0), REG(4096), REG(how[i].prot), REG(how[i].flags), REG(fd), REG(0), ARG64(0));
		tell(how[i].op, p < 0 && p > -200 ? p : 0);
		if (p >= 0 || p < -200)
			sys2(SYS_munmap, p, 4096);
	}
}

static void event(const char *name, int fd, int filter, u32 fflags)
{
	struct timespec none = { 0, 0 };
	struct kevent e = { (unsigned long)fd, (u32)filter, 1, fflags, 0, 0 };
	int kq = (int)sys0(NR_kqueue);
	i64 r = nb_syscall8(NR_kevent, REG(kq), REG(&e), REG(1), REG(&e), REG(1), REG(&none), REG(0), REG(0));

	if (r == 1) {
		put("flags ");
		puthex(e.flags);
		put(e.flags & 0x4000 ? " error " : " data ");
		if (e.flags & 0x4000)
			puterr(-e.data);
		else
			putamount(e.data);
	} else
		puterr(r);
	note(name);
	sys1(SYS_close, kq);
}

/* What poll says to one set of events; a FIFO asks both its ends whatever else is asked. */
static void polled(const char *name, int fd, int events)
{
	struct pollfd p = { fd, (short)events, 0 };
	i64 n = sys3(NR_poll, &p, 1, 0);

	puterr(n);
	put(" ");
	puthex((u32)p.revents & 0xffff);
	note(name);
}

static void waits(int fd)
{
	struct timeval none = { 0, 0 };
	u32 set[3][32] = { { 0 } };
	i64 n;

	polled("poll in", fd, 0x41);
	polled("poll out", fd, 4);
	polled("poll band", fd, 0x100);
	polled("poll pri", fd, 0x82);
	polled("poll nothing", fd, 0);
	if (fd >= 0 && fd < 1000)
		for (int i = 0; i < 3; i++)
			set[i][fd / 32] |= 1u << fd % 32;
	n = sys5(NR_select, fd + 1, set[0], set[1], set[2], &none);
	puterr(n);
	if (n > 0 && fd >= 0 && fd < 1000)
		for (int i = 0; i < 3; i++)
			if (set[i][fd / 32] >> fd % 32 & 1)
				put(i == 0 ? " r" : i == 1 ? " w" : " x");
	note("select");
	event("EVFILT_READ", fd, 0, 0);
	event("EVFILT_WRITE", fd, 1, 0);
	event("EVFILT_VNODE", fd, 3, 0x7f);
	event("EVFILT_AIO", fd, 2, 0);
	n = nb_syscall8(NR_kevent, REG(fd), REG(0), REG(0), REG(0), REG(0), REG(0), REG(0), REG(0));
	T("kevent", n);
}

static void tables(int fd)
{
	T("dup2 same", sys2(NR_dup2, fd, fd) < 0 ? sys2(NR_dup2, fd, fd) : 0);
	T("dup2 far", sys2(NR_dup2, fd, 1 << 20));
	T("dup2 -1", sys2(NR_dup2, fd, -1));
	T("dup3 same", sys3(NR_dup3, fd, fd, O_CLOEXEC) < 0 ? sys3(NR_dup3, fd, fd, O_CLOEXEC) : 0);
	T("dup3 odd", sys3(NR_dup3, fd, 60, O_APPEND) < 0 ? sys3(NR_dup3, fd, 60, O_APPEND) : 0);
	T("dup3 far", sys3(NR_dup3, fd, 1 << 20, 0));
	i64 d = sys1(NR_dup, fd);
	Z("dup", d);
	T("close of it", d < 0 ? d : sys1(SYS_close, d));
	sys1(SYS_close, 60);
}

static void ats(int fd)
{
	struct stat st;

	Z("openat", sys4(NR_openat, fd, "no such file", O_RDONLY, 0));
	T("openat empty", sys4(NR_openat, fd, "", O_RDONLY, 0));
	T("openat dot", sys1(SYS_close, sys4(NR_openat, fd, ".", O_RDONLY, 0)) < 0 ? sys4(NR_openat, fd, ".", O_RDONLY, 0) : 0);
	T("openat abs", sys4(NR_openat, fd, "/no such file", O_RDONLY, 0));
	T("faccessat", sys4(NR_faccessat, fd, "no such file", 0, 0));
	T("fstatat", sys4(NR_fstatat, fd, "x", &st, 0));
	T("fstatat empty", sys4(NR_fstatat, fd, "", &st, 0));
	T("fstatat flag", sys4(NR_fstatat, fd, "x", &st, 0x8000));
	T("readlinkat", sys4(NR_readlinkat, fd, "x", page, 10));
	T("fchmodat", sys4(NR_fchmodat, fd, "x", 0644, 0));
	T("fchownat", sys5(NR_fchownat, fd, "x", -1, -1, 0));
	T("utimensat", sys4(NR_utimensat, fd, "x", 0, 0));
	T("unlinkat", sys3(NR_unlinkat, fd, "x", 0));
	T("unlinkat dir", sys3(NR_unlinkat, fd, "x", AT_REMOVEDIR));
	T("mkdirat", sys3(NR_mkdirat, fd, "no/x", 0755));
	T("mkfifoat", sys3(NR_mkfifoat, fd, "no/x", 0644));
	T("symlinkat", sys3(NR_symlinkat, "a", fd, "no/x"));
	T("linkat from", sys5(NR_linkat, fd, "x", AT_FDCWD, "y", 0));
	T("linkat to", sys5(NR_linkat, AT_FDCWD, "m.file", fd, "no/x", 0));
	T("renameat from", sys4(NR_renameat, fd, "x", AT_FDCWD, "y"));
	T("renameat to", sys4(NR_renameat, AT_FDCWD, "m.file", fd, "no/x"));
	T("extattr_get_fd", sys5(NR_extattr_get_fd, fd, 1, "none", page, 10));
	T("extattr_get_fd space", sys5(NR_extattr_get_fd, fd, 9, "none", page, 10));
	T("extattr_list_fd", sys4(NR_extattr_list_fd, fd, 1, page, 10));
	T("extattr_delete_fd", sys3(NR_extattr_delete_fd, fd, 1, "none"));
	T("fgetxattr", sys4(NR_fgetxattr, fd, "user.none", page, 10));
	T("fgetxattr odd", sys4(NR_fgetxattr, fd, "odd", page, 10));
	T("flistxattr", sys3(NR_flistxattr, fd, page, 10));
	T("fremovexattr", sys2(NR_fremovexattr, fd, "user.none"));
}

static void queues(int fd)
{
	struct mq_attr a = { O_NONBLOCK, 0, 0, 0 };
	struct timespec past = { 1, 0 };
	u32 prio;

	T("mq_getattr", sys2(NR_mq_getattr, fd, &a));
	a.flags = O_NONBLOCK;
	T("mq_setattr", sys3(NR_mq_setattr, fd, &a, 0));
	T("mq_notify", sys2(NR_mq_notify, fd, 0));
	T("mq_send", sys4(NR_mq_send, fd, "x", 1, 0));
	T("mq_send prio", sys4(NR_mq_send, fd, "x", 1, 99));
	T("mq_send long", sys4(NR_mq_send, fd, page, 100, 0));
	T("mq_timedsend", sys5(NR_mq_timedsend, fd, "x", 1, 0, &past));
	T("mq_receive", sys4(NR_mq_receive, fd, page, 8, &prio));
	T("mq_receive short", sys4(NR_mq_receive, fd, page, 1, &prio));
	T("mq_timedreceive", sys5(NR_mq_timedreceive, fd, page, 8, &prio, &past));
	T("_ksem_post", sys1(NR_ksem_post, fd));
	T("_ksem_trywait", sys1(NR_ksem_trywait, fd));
	T("_ksem_getvalue", sys2(NR_ksem_getvalue, fd, &prio));
	T("_ksem_destroy", sys1(NR_ksem_destroy, fd));
}

static void kind_is(const char *name, int fd);
#define K(name, fd) do { if (!only || same(only, name)) kind_is(name, (int)(fd)); } while (0)
#include "matrixsock.h"
#include "matrixopts.h"
#include "matrixnames.h"

static void kind_is(const char *name, int fd)
{
	nkinds++;
	kinds[nkinds - 1] = name;
	lastcall = -1;
	if (wide && fd >= 0) {
		more_options(fd);
		return;
	}
	tell("open", fd < 0 && fd != -1 ? fd : 0);
	if (fd < 0 && fd != -1)
		return;
	flags(fd);
	attributes(fd);
	reads(fd);
	locks(fd);
	requests(fd);
	mappings(fd);
	waits(fd);
	tables(fd);
	ats(fd);
	queues(fd);
	sizes(fd);
	sockets(fd);
	waits_after(fd);
	T("close", sys1(SYS_close, fd));
}


int main(int argc, char **argv, char **envp)
{
	int p[8], m, peer;
	struct { int cfd, sfd; char names[2][1024]; } *pty = (void *)(page + 8192);
	const char *only = argc > 2 ? argv[2] : 0;
	struct mq_attr qa = { 0, 2, 8, 0 };
	long id = -1;

	if (argc > 1 && sys1(NR_chdir, argv[1]) < 0) {
		print("no such directory\n");
		return 1;
	}
	struct sigaction ignore = { (void (*)(int, struct siginfo *, void *))1, { { 0 } }, 0 };
	sys5(SYS_sigaction_sigtramp, 13, &ignore, 0, nb_sigtramp, 2);
	sys5(SYS_sigaction_sigtramp, 23, &ignore, 0, nb_sigtramp, 2);
	here = (u32)open(".", O_RDONLY, 0);
	if (argc > 2 && same(argv[2], "names")) {
		names(argc > 3 ? argv[3] : 0);
		printtable();
		return 0;
	}
	if (argc > 2 && same(argv[2], "options")) {
		wide = 1;
		lastcall = -1;
		socket_kinds(argc > 3 ? argv[3] : 0);
		printtable();
		return 0;
	}
	sys2(NR_mkdir, "m.dir", 0755);
	m = (int)open("m.file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	sys3(SYS_write, m, "0123456789", 10);
	K("file", m);
	K("file-r", open("m.file", O_RDONLY, 0));
	K("file-w", open("m.file", O_WRONLY, 0));
	K("file-append", open("m.file", O_RDWR | O_APPEND, 0));
	K("file-flags", open("m.file", O_RDWR | O_CREAT | O_TRUNC | O_EXLOCK | O_SYNC | O_CLOEXEC | O_NOSIGPIPE | O_NOFOLLOW | O_NOCTTY, 0644));
	K("dir", open("m.dir", O_RDONLY, 0));
	K("dir-search", open("m.dir", O_RDONLY | O_SEARCH | O_DIRECTORY, 0));
	K("null", open("/dev/null", O_RDWR, 0));
	K("null-r", open("/dev/null", O_RDONLY, 0));
	K("zero", open("/dev/zero", O_RDWR, 0));
	sys2(NR_pipe2, p, O_NONBLOCK);
	sys2(NR_pipe2, p + 2, O_NONBLOCK | O_CLOEXEC | O_NOSIGPIPE);
	sys1(SYS_close, p[2]);
	sys2(NR_pipe2, p + 4, O_NONBLOCK);
	sys1(SYS_close, p[5]);
	sys2(NR_pipe2, p + 6, O_NONBLOCK);
	sys3(SYS_write, p[7], "0123456789", 10);
	K("pipe-r", sys1(NR_dup, p[0]));
	K("pipe-w", sys1(NR_dup, p[1]));
	alone = 1;
	K("pipe-w-alone", p[3]);
	K("pipe-r-alone", p[4]);
	alone = 0;
	K("pipe-r-full", p[6]);
	sys2(NR_mkfifo, "m.fifo", 0644);
	K("fifo-rw", open("m.fifo", O_RDWR | O_NONBLOCK, 0));
	K("fifo-r-alone", open("m.fifo", O_RDONLY | O_NONBLOCK, 0));
	m = (int)open("m.fifo", O_RDWR | O_NONBLOCK, 0);
	sys3(SYS_write, m, "0123456789", 10);
	K("fifo-r", open("m.fifo", O_RDONLY | O_NONBLOCK, 0));
	K("fifo-w", open("m.fifo", O_WRONLY | O_NONBLOCK, 0));
	sys1(SYS_close, m);
	m = (int)open("m.fifo", O_RDONLY | O_NONBLOCK, 0);
	peer = (int)open("m.fifo", O_WRONLY | O_NONBLOCK, 0);
	sys1(SYS_close, m);
	K("fifo-w-alone", peer);
	memset(pty, 0, sizeof *pty);
	if ((m = (int)open("/dev/ptm", O_RDWR, 0)) >= 0 && ioctl(m, 0x48087446, pty) == 0) {
		fcntl(pty->cfd, 4, O_NONBLOCK);
		fcntl(pty->sfd, 4, O_NONBLOCK);
		K("pty-slave", pty->sfd);
		K("pty-master", pty->cfd);
	}
	K("ptm", m);
	K("kqueue", sys0(NR_kqueue));
	K("kqueue1", sys1(NR_kqueue1, O_NONBLOCK | O_CLOEXEC | O_NOSIGPIPE));
	K("mqueue", sys4(NR_mq_open, "/matrix", O_RDWR | O_CREAT | O_NONBLOCK, 0600, &qa));
	K("mqueue-r", sys4(NR_mq_open, "/matrix", O_RDONLY | O_NONBLOCK, 0600, 0));
	sys1(NR_mq_unlink, "/matrix");
	sys5(NR_ksem_open, "/matrix", O_CREAT, 0600, 1, &id);
	K("ksem", id);
	sys1(NR_ksem_unlink, "/matrix");
	socket_kinds(only);
	sys1(SYS_close, 45);
	K("none", 45);
	K("minus-one", -1);
	K("far", 1 << 20);
	printtable();
	return 0;
}
