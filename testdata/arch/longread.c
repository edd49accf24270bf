/* A read of 2 GiB does not keep others waiting until it ends, and does not keep its process from being killed. */
#include "arch.h"

#ifdef NETBSD
#define NR_readv	120
#define NR_nanosleep	430
#define NR_poll		209
#else
#define NR_readv	19
#define NR_nanosleep	35
#define NR_poll		7
#define SYS_pipe	22
#endif

struct iovec {
	void *base;
	size_t len;
};

static char buf[2 << 20];

static void reader(int out)
{
	static struct iovec v[1023];
	int i, fd = (int)open("/dev/zero", 0, 0);

	for (i = 0; i < 1023; i++) {
		v[i].base = buf;
		v[i].len = sizeof buf;
	}
	sys3(SYS_write, out, "a", 1);
	if (sys3(NR_readv, fd, v, 1023) != 1023l * (2 << 20))
		exit(1);
	sys3(SYS_write, out, "b", 1);
	exit(0);
}

int main(int argc, char **argv, char **envp)
{
	struct timespec ms = { 0, 1000000 };
	struct { int fd; short events, revents; } p;
	int fds[2], n = 0, status = -1;
	long pid;
	char c;

#ifdef NETBSD
	fds[0] = (int)sys0(SYS_pipe);
	fds[1] = (int)nb_rv1;
#else
	sys1(SYS_pipe, fds);
#endif
	pid = fork();
	if (pid == 0)
		reader(fds[1]);
	sys3(SYS_read, fds[0], &c, 1);
	p.fd = fds[0];
	p.events = 1;
	do {
		sys2(NR_nanosleep, &ms, 0);
		n++;
	} while (sys3(NR_poll, &p, 1, 0) == 0);
	check("others run", n > 5);
	sys4(SYS_wait4, pid, &status, 0, 0);
	check("it has read all", status == 0);
	sys3(SYS_read, fds[0], &c, 1);

	pid = fork();
	if (pid == 0)
		reader(fds[1]);
	sys3(SYS_read, fds[0], &c, 1);
	sys2(SYS_kill, pid, 9);
	sys4(SYS_wait4, pid, &status, 0, 0);
	check("killed in the middle", (status & 0x7f) == 9 && sys3(NR_poll, &p, 1, 0) == 0);
	return 0;
}
