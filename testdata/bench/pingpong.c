/* One byte to another process and back, 10000 times, through two pipes or (SOCKET) a pair of sockets. */
#include "bench.h"
#include "system.h"

static u64 work(int argc, char **argv, char **envp)
{
	int here[2], there[2];
	u64 good = 0;
	char c = 1;
	long pid;

#ifdef SOCKET
	if (socketpair(here) != 0)
		return 0;
	there[0] = here[1], there[1] = here[0];
	here[1] = there[0]; /* here[0], there[1]: ours; there[0], here[1]: the child's */
#else
	if (pipe(here) != 0 || pipe(there) != 0)
		return 0;
#endif
	pid = fork();
	if (pid == 0) {
		sys1(SYS_close, there[1]);
		while (sys3(SYS_read, there[0], &c, 1) == 1)
			sys3(SYS_write, here[1], &c, 1);
		exit(0);
	}
	sys1(SYS_close, there[0]);
	for (int i = 0; i < 10000; i++)
		good += sys3(SYS_write, there[1], &c, 1) == 1 && sys3(SYS_read, here[0], &c, 1) == 1;
	sys1(SYS_close, there[1]);
	return good + (wait_for(pid) == 0);
}
