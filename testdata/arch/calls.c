/* System calls of every shape. The argument is a directory to write in. */
#include "arch.h"

static char path[1024];

/* Where a file is; what fits an int. */
static int offset(int fd)
{
	nb_reg r = nb_syscall8(SYS_lseek, REG(fd), REG(0), ARG64(0), REG(1));

#if defined(__LP64__) || defined(__mips__) && _MIPS_SIM != _ABIO32 || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (int)r;
#else
	return (int)nb_rv1;
#endif
}
extern char _end[];

/*
 * The end of the data segment is that of the page (sys_obreak): an address within it changes nothing, also where the
 * data are executable and what counts as data begins behind it.
 */
static void breaks(void)
{
	char *top = _end + 300000;

	say("break where it is", sys1(SYS_break, _end));
	say("break to nowhere", sys1(SYS_break, 0));
	say("break further up", sys1(SYS_break, top));
	top[-1] = 1;
	check("new memory", _end[200000] == 0 && top[-1] == 1);
	say("break back", sys1(SYS_break, _end));
	say("nothing is there", sys3(SYS_write, 1, top - 1, 1));
}

/* Devices have an offset that moves with what is consumed (vn_read, vn_write). */
static void offsets(void)
{
	char buf[100];
	int fd = (int)open("/dev/null", 2, 0);

	say("write to null", sys3(SYS_write, fd, buf, 100));
	say("pwrite to null", nb_syscall8(SYS_pwrite, REG(fd), REG(buf), REG(7), REG(0), ARG64(5)));
	say("read from null", sys3(SYS_read, fd, buf, 100));
	say("its offset", offset(fd));
	sys1(SYS_close, fd);
	fd = (int)open("/dev/zero", 2, 0);
	say("read from zero", sys3(SYS_read, fd, buf, 60));
	say("write to zero", sys3(SYS_write, fd, buf, 40));
	say("its offset", offset(fd));
	sys1(SYS_close, fd);
}

static void bad_call(int sig, struct siginfo *si, void *uc) { }

int main(int argc, char **argv, char **envp)
{
	const u64 far = 0x123456789ull;
	int fd, fds[2], status = -1, mib[2] = { 1, 1 };
	long pid, n;
	nb_reg r, w;
	char buf[16], *p, *m;
	size_t len = 0;

	check("getpid", nb_getpid() == sys0(SYS_getpid) && nb_getpid() > 0);
	say("close of nothing", sys1(SYS_close, 99));

	for (p = path, m = argc > 1 ? argv[1] : "."; *m; )
		*p++ = *m++;
	for (m = "/calls.tmp"; (*p++ = *m++) != 0; )
		continue;
	fd = (int)open(path, 0x602, 0600);
	check("open", fd >= 0);
	say("pwrite far away", nb_syscall8(SYS_pwrite, REG(fd), REG("hello, world"), REG(12), REG(0), ARG64(far)));
	memset(buf, 0, sizeof buf);
	say("pread back", nb_syscall8(SYS_pread, REG(fd), REG(buf), REG(5), REG(0), ARG64(far + 7)));
	print(buf);
	print("\n");
	r = nb_syscall8(SYS_lseek, REG(fd), REG(0), ARG64(0), REG(2));
	w = nb_rv1;
	(void)w;
#if defined(__LP64__) || defined(__mips__) && _MIPS_SIM != _ABIO32
	check("lseek", (u64)r == far + 12);
#elif __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	check("lseek", ((u64)(u32)r << 32 | (u32)w) == far + 12);
#else
	check("lseek", ((u64)(u32)w << 32 | (u32)r) == far + 12);
#endif
	say("an indirect indirect call", nb_syscall8(0, REG(0), REG(0)));
	memset(buf, 0, sizeof buf);
	r = nb_qsyscall8(ARG64(SYS_pread), REG(fd), REG(buf), REG(5), REG(0), ARG64(far));
	/* The result is a quad too. */
	check("__syscall", r == 5 || (r == 0 && nb_rv1 == 5));
	print(buf);
	print("\n");
	say("ftruncate", nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(0x10000)));
	say("pwrite", nb_syscall8(SYS_pwrite, REG(fd), REG("mapped"), REG(6), REG(0), ARG64(0x8000)));
	say("fsync_range", nb_syscall8(SYS_fsync_range, REG(fd), REG(0x10), ARG64(0), ARG64(0)));
	m = (char *)(long)nb_syscall8(SYS_mmap, REG(0), REG(0x8000), REG(1), REG(2), REG(fd), REG(0), ARG64(0x8000));
	check("mmap with an offset", m[0] == 'm' && m[5] == 'd' && m[6] == 0);
	say("munmap", sys2(SYS_munmap, m, 0x8000));
	len = sizeof buf;
	n = nb_syscall(SYS___sysctl, mib, 2, buf, &len, 0, 0);
	check("six arguments", n == 0 && same(buf, "NetBSD"));

	r = sys0(SYS_pipe);
	fds[0] = (int)r, fds[1] = (int)nb_rv1;
	check("pipe", fds[0] > 2 && fds[1] > 2 && fds[0] != fds[1]);
	pid = fork();
	if (pid == 0) {
		sys3(SYS_write, fds[1], "child", 5);
		exit(42);
	}
	memset(buf, 0, sizeof buf);
	say("read from the child", sys3(SYS_read, fds[0], buf, sizeof buf));
	print(buf);
	print("\n");
	check("wait", sys4(SYS_wait4, pid, &status, 0, 0) == pid);
	say("status", status >> 8);
	say("bad address", sys2(SYS_clock_gettime, 3, 16));
	on_signal(12, bad_call, 0);	/* SIGSYS comes with it */
	say("no such call", nb_syscall(511, 0, 0, 0, 0, 0, 0));
	sys1(10, path);
	breaks();
	offsets();
	return 0;
}
