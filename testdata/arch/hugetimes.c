/* Times that no clock will ever show: timers that do not go off, and sleeps that signals end. */
#include "arch.h"

#ifdef NETBSD
#define NR_setitimer	425	/* __setitimer50 */
#define NR_getitimer	426
#define NR_nanosleep	430
#define NTIMERS		4
#else
#define NR_setitimer	38
#define NR_getitimer	36
#define NR_nanosleep	35
#define NTIMERS		3
#endif

struct tv {
	i64 sec;
#ifdef NETBSD
	int usec;
#else
	i64 usec;
#endif
} __attribute__((aligned(8)));

struct itv {
	struct tv interval, value;
};

static const u64 huge[] = {
	140187597171944, 30064771076, 0x7fffffffffffffff, 9223372036, 9223372037, 0x7fffffffffffff, 4611686018, 9000000000,
};

#define N (int)(sizeof huge / sizeof huge[0])

int main(int argc, char **argv, char **envp)
{
	static struct itv it, left, zero;
	struct timespec ms = { 0, 1000000 }, forever = { 0, 0 };
	int i, k, which, bad = 0, status = -1;
	long pid, e;

	for (which = 0; which < NTIMERS; which++)
		for (i = 0; i < N; i++)
			for (k = 0; k < N; k++) {
				it.value.sec = (i64)huge[i];
				it.interval.sec = (i64)huge[k];
				if ((e = sys3(NR_setitimer, which, &it, 0)) != 0) {
					bad += e != -22;
					continue;
				}
				sys2(NR_getitimer, which, &left);
				bad += left.value.sec < 3000000000 || sys2(NR_nanosleep, &ms, 0) != 0;
				sys3(NR_setitimer, which, &zero, 0);
			}
	check("timers", bad == 0);
	for (i = 0; i < N; i++) {
		forever.sec = (i64)huge[i];
		pid = fork();
		if (pid == 0)
			exit((int)sys2(NR_nanosleep, &forever, 0) == -22 ? 9 : 1);
		sys2(NR_nanosleep, &ms, 0);
		sys2(SYS_kill, pid, 9);
		sys4(SYS_wait4, pid, &status, 0, 0);
		bad += (status & 0x7f) != 9 && status >> 8 != 9;
	}
	check("sleeps", bad == 0);
	return 0;
}
