/* More memory than there is: the one process that wants it is killed, calls say ENOMEM, and the rest goes on. */
#include "arch.h"

#ifdef NETBSD
#define NR_mlock	203
#define NR_memfd	500
#define ANON		0x1000
#else
#define NR_mlock	149
#define NR_memfd	319
#define ANON		0x20
#define SYS_munmap	11
#endif
#define ENOMEM		12
#define MB		(1 << 20)

static char *map_(size_t len, int shared, int fd)
{
	int flags = (shared ? 1 : 2) | (fd < 0 ? ANON : 0);
#ifdef NETBSD
	return (char *)(long)nb_syscall8(SYS_mmap, REG(0), REG(len), REG(3), REG(flags), REG(fd), REG(0), ARG64(0));
#else
	return (char *)nb_syscall(9, 0, len, 3, flags, fd, 0);
#endif
}

static int status_of(long pid)
{
	int status = -1;

	if (sys4(SYS_wait4, pid, &status, 0, 0) != pid)
		return -1;
	return status;
}

/* killed says whether a child that stores to so much memory is killed. */
static int killed(int shared, int fd, size_t mb)
{
	long pid = fork();
	char *p;
	size_t i;

	if (pid == 0) {
		p = map_(mb * MB, shared, fd);
		if ((unsigned long)p > (unsigned long)-4096)
			exit(3);
		for (i = 0; i < mb * MB; i += 4096)
			p[i] = 1;
		exit(0);
	}
	return (status_of(pid) & 0x7f) == 9;
}

int main(int argc, char **argv, char **envp)
{
	static char block[65536];
	char *p, *into;
	int fd;
	long n, pid;

	check("private memory", killed(0, -1, 100));
	check("shared memory", killed(1, -1, 100));
	check("less", !killed(0, -1, 8));
	p = map_(100 * MB, 0, -1);
	check("there can be more than there is", (unsigned long)p < (unsigned long)-4096);
	say("mlock", sys2(NR_mlock, p, 100 * MB));
	sys2(SYS_munmap, p, 100 * MB);
	pid = fork();
	if (pid == 0) {
		into = map_(100 * MB, 0, -1);
		fd = (int)open("/dev/zero", 0, 0);
		for (n = 0; n < 100 * MB && sys3(SYS_read, fd, into + n, 65536) == 65536; n += 65536)
			continue;
		exit(n < 100 * MB ? (int)-sys3(SYS_read, fd, into + n + 65536, 65536) : 0);
	}
	n = status_of(pid);
	check("a call without memory for its result", n >> 8 == ENOMEM || (n & 0x7f) == 9);
#ifndef __sparc__
	fd = (int)sys2(NR_memfd, "x", 0);
	if (fd >= 0) {
		for (n = 0; n < 100 && sys3(SYS_write, fd, block, sizeof block) == sizeof block * 1L; n++)
			continue;
		check("memfd, a little", n == 100);
		while (n < 10000 && sys3(SYS_write, fd, block, sizeof block) == sizeof block * 1L)
			n++;
		check("memfd", n < 10000);
		sys1(SYS_close, fd);
		fd = (int)sys2(NR_memfd, "y", 0);
#ifdef NETBSD
		nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(100 * MB));
#else
		sys2(77, fd, 100 * MB);
#endif
		check("memfd, mapped", killed(1, fd, 100));
		sys1(SYS_close, fd);
	}
#endif
	check("and the rest goes on", !killed(0, -1, 8));
	return 0;
}
