/* RLIMIT_CPU: SIGXCPU at the soft limit, SIGKILL at the hard one. */
#include "arch.h"

#ifdef NETBSD
#define NR_setrlimit	195
#define SIGXCPU		24
#else
#define NR_setrlimit	160
#define SIGXCPU		24
#endif

static volatile u64 sink;

static long spin(u64 soft, u64 hard)
{
	u64 lim[2] = { soft, hard };
	long pid = fork();

	if (pid == 0) {
		if (sys2(NR_setrlimit, 0, lim) != 0)
			exit(1);
		for (;;)
			sink++;
	}
	return pid;
}

static int signal_of(long pid)
{
	int status = -1;

	if (sys4(SYS_wait4, pid, &status, 0, 0) != pid)
		return -1;
	return status & 0x7f;
}

int main(int argc, char **argv, char **envp)
{
	long soft = spin(1, 1000), hard = spin(1, 1), none = spin(0, 100);

	check("SIGXCPU", signal_of(soft) == SIGXCPU);
	check("SIGKILL", signal_of(hard) == 9);
	check("no time at all", signal_of(none) == SIGXCPU);
	return 0;
}
