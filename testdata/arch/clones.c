/*
 * A process made by __clone with shared memory and a stack of its own, on sparc and sparc64. The windows of the parent's
 * callers are stored on its stack before the child runs (cpu_lwp_fork): the child must not store them later, over what
 * has become of that stack.
 */
#include "arch.h"

#define NR_clone	287
#define NR_getcontext	307
#define NR_sched_yield	350
#define CLONE_VM	0x100
#define WALLSIG		8
#define BIAS		(sizeof(long) == 8 ? 2047 : 0)

static volatile int go, done;
static char stack[65536] __attribute__((aligned(16)));
static u64 uc[512];

static __attribute__((noinline, noclone)) int deep(volatile int *n)
{
	int m = (*n)--, r;

	if (m == 0)
		return 0;
	r = deep(n);
	return r + m;
}

static __attribute__((noinline, noclone)) void child(void)
{
	volatile int n = 30;

	while (!go)
		sys0(NR_sched_yield);
	done = deep(&n);
	exit(0);
}

/* Makes the child some calls further down. */
static __attribute__((noinline, noclone)) long parent(volatile int *n)
{
	int m = (*n)--;
	long pid;

	if (m == 0) {
		pid = sys2(NR_clone, CLONE_VM, stack + sizeof stack - 1024 - BIAS);
		if (pid == 0)
			child();
		return pid;
	}
	pid = parent(n);
	return pid + m - m / 1;
}

/* Uses the same stack for other calls, which come back to what they left there. */
static __attribute__((noinline, noclone)) int others(volatile int *n)
{
	int m = (*n)--, a = m * 3, b = m * 5, c = m * 7, r;

	if (m == 0) {
		sys1(NR_getcontext, uc);	/* has the registers stored */
		go = 1;
		while (!done)
			sys0(NR_sched_yield);
		return 0;
	}
	r = others(n);
	return r + (a == m * 3) + (b + c == m * 12);
}

int main(int argc, char **argv, char **envp)
{
	volatile int n = 6;
	int status = -1;
	long pid = parent(&n);

	check("clone", pid > 0);
	n = 9;
	say("what calls left on the stack", others(&n));
	say("the child's", done);
	check("wait", sys4(SYS_wait4, pid, &status, WALLSIG, 0) == pid && status == 0);
	return 0;
}
