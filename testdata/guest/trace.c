/* A bit of everything for the golden trace: files, pipes, memory, signals, a child. */
#include "../lib/nbsys.h"

int main(int argc, char **argv, char **envp)
{
	char buf[8];
	int status = 0;
	long fd = open("/dev/null", 2, 0), pid;

	sys3(SYS_write, fd, "discarded\n", 10);
	sys1(SYS_close, fd);
	sys1(SYS_close, 99);
	open("/nonexistent/file", 0, 0);
	sys3(SYS_write, 1, "out\n", 4);
	sys3(SYS_write, 1, (char *)8, 4);
	sys2(73, 1, 4096); /* munmap of an address that is no page's is fine: it is rounded */
	sys3(74, 0x10000000, 4096, 1); /* mprotect of nothing */
	sys2(SYS_clock_gettime, 77, buf);
	pid = fork();
	if (pid == 0)
		exit(7);
	sys4(SYS_wait4, pid, &status, 0, 0);
	sys4(SYS_wait4, -1, &status, 0, 0);
	return status >> 8;
}
