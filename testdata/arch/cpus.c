/* CPUs: affinity, processor sets, classes and nice (sys_sched.c, sys_pset.c). For the super-user, on four CPUs. */
#include "posix.h"

#define SYS_getpriority	100
#define SYS_setpriority	96
#define SYS_setuid	23
#define SYS_pset_create	412
#define SYS_pset_destroy 413
#define SYS_pset_assign	414
#define SYS_pset_bind	415
#define sys6(n, a, b, c, d, e, f) nb_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#define PS_NONE		0
#define PS_MYID		-1
#define PS_QUERY	-2
#define P_MYID		-1
#define SCHED_OTHER	0
#define SCHED_FIFO	1

static struct { int curcpu, pctr; } volatile *ctl;

/* The CPU that we run on, after some time to move. */
static int curcpu(void)
{
	if (ctl == 0) {
		EQ(sys2(SYS_lwp_ctl, 1, &ctl), 0);
		OK(ctl != 0);
	}
	yield();
	nap(1);
	return ctl->curcpu;
}

static long bind_to(u32 cpus)
{
	u32 set[8] = { cpus };

	return (long)sys4(SYS_sched_setaffinity, 0, 0, sizeof set, set);
}

static u32 bound(void)
{
	u32 set[8];

	memset(set, 0xff, sizeof set);
	EQ(sys4(SYS_sched_getaffinity, 0, 0, sizeof set, set), 0);
	for (int i = 1; i < 8; i++)
		EQ(set[i], 0);
	return set[0];
}

static void affinity(void)
{
	long pid;

	EQ(bound(), 0);
	for (int i = 3; i >= 0; i--) {
		EQ(bind_to(1u << i), 0);
		EQ(bound(), 1u << i);
		for (int n = 0; n < 5; n++)
			EQ(curcpu(), i);
	}
	EQ(bind_to(6 | 1u << 31), 0);	/* there is no CPU 31 */
	EQ(bound(), 6);
	OK(curcpu() == 1 || curcpu() == 2);
	/* Children have their parent's. */
	pid = fork();
	if (pid == 0) {
		EQ(bound(), 6);
		EQ(bind_to(1u << 31), 0);
		EQ(bound(), 0);
		exit(0);
	}
	EQ(wait_for(pid), 0);
	EQ(bound(), 6);
}

static void affinity_errors(void)
{
	u32 set[8] = { 1 };

	EQ(sys4(SYS_sched_setaffinity, 0, 0, 1 << 20, set), -EINVAL);
	EQ(sys4(SYS_sched_setaffinity, 0, 0, sizeof set, 16), -EFAULT);
	EQ(sys4(SYS_sched_setaffinity, 0, 99, sizeof set, set), -ESRCH);
	EQ(sys4(SYS_sched_setaffinity, 29999, 0, sizeof set, set), -ESRCH);
	EQ(sys4(SYS_sched_getaffinity, 0, 99, sizeof set, set), -ESRCH);
	EQ(sys1(SYS_setuid, 1000), 0);
	EQ(bind_to(1), -EPERM);
}

static void psets(void)
{
	int id = -9, old = -9;

	EQ(sys1(SYS_pset_create, &id), 0);
	EQ(id, 1);
	EQ(sys3(SYS_pset_assign, PS_QUERY, 2, &old), 0);
	EQ(old, PS_NONE);
	EQ(sys3(SYS_pset_assign, id, 2, &old), 0);
	EQ(old, PS_NONE);
	EQ(sys3(SYS_pset_assign, PS_QUERY, 2, &old), 0);
	EQ(old, id);
	/* CPU 2 is for those in the set alone. */
	for (int n = 0; n < 20; n++)
		OK(curcpu() != 2);
	EQ(bind_to(4), -EPERM);
	EQ(sys5(SYS_pset_bind, P_PID, P_MYID, 0, id, &old), 0);
	EQ(old, PS_NONE);
	for (int n = 0; n < 5; n++)
		EQ(curcpu(), 2);
	EQ(sys5(SYS_pset_bind, P_LWPID, P_MYID, 0, PS_QUERY, &old), 0);
	EQ(old, id);
	EQ(sys5(SYS_pset_bind, P_PID, getpid(), 0, PS_QUERY, &old), 0);
	EQ(old, id);
	EQ(sys3(SYS_pset_assign, PS_MYID, 3, 0), 0);
	EQ(sys3(SYS_pset_assign, id, 1, 0), 0);
	EQ(sys3(SYS_pset_assign, id, 0, 0), -EBUSY);	/* the last of all others */
	EQ(sys1(SYS_pset_destroy, PS_MYID), 0);
	EQ(sys3(SYS_pset_assign, PS_QUERY, 2, &old), 0);
	EQ(old, PS_NONE);
	EQ(sys5(SYS_pset_bind, P_PID, P_MYID, 0, PS_QUERY, &old), 0);
	EQ(old, PS_NONE);
	/* An affinity goes before sets. */
	EQ(bind_to(2), 0);
	EQ(sys1(SYS_pset_create, &id), 0);
	EQ(sys3(SYS_pset_assign, id, 1, 0), -EPERM);
	EQ(sys3(SYS_pset_assign, id, 3, 0), 0);
	EQ(sys5(SYS_pset_bind, P_PID, P_MYID, 0, id, 0), 0);
	EQ(curcpu(), 1);
	EQ(sys1(SYS_pset_destroy, id), 0);
}

static void pset_errors(void)
{
	int id, old;

	EQ(sys1(SYS_pset_create, 16), -EFAULT);
	EQ(sys1(SYS_pset_destroy, 7), -EINVAL);
	EQ(sys1(SYS_pset_destroy, PS_NONE), -EINVAL);
	EQ(sys1(SYS_pset_create, &id), 0);
	EQ(sys3(SYS_pset_assign, id, 4, 0), -EINVAL);	/* there are four CPUs */
	EQ(sys3(SYS_pset_assign, 7, 1, 0), -EINVAL);
	EQ(sys3(SYS_pset_assign, PS_QUERY, 1, 16), -EFAULT);
	EQ(sys5(SYS_pset_bind, P_PID, P_MYID, 0, 7, 0), -EINVAL);
	EQ(sys5(SYS_pset_bind, P_PGID, P_MYID, 0, id, 0), -EINVAL);
	EQ(sys5(SYS_pset_bind, P_PID, 29999, 0, id, 0), -ESRCH);
	EQ(sys5(SYS_pset_bind, P_LWPID, 99, P_MYID, id, 0), -ESRCH);
	EQ(sys1(SYS_setuid, 1000), 0);
	EQ(sys1(SYS_pset_create, &id), -EPERM);
	EQ(sys1(SYS_pset_destroy, id), -EPERM);
	EQ(sys3(SYS_pset_assign, id, 1, 0), -EPERM);
	EQ(sys3(SYS_pset_assign, PS_QUERY, 1, &old), 0);
	EQ(sys5(SYS_pset_bind, P_PID, P_MYID, 0, PS_NONE, 0), -EPERM);
	EQ(sys5(SYS_pset_bind, P_PID, P_MYID, 0, PS_QUERY, &old), 0);
}

static long class(long pid, int policy, int pri) { return (long)sys4(SYS_sched_setparam, pid, 0, policy, &pri); }

/* How far a child on our CPU counts meanwhile. */
static unsigned counted_meanwhile(volatile unsigned *n, int spins)
{
	unsigned before = *n;

	for (volatile int i = 0; i < spins; i++)
		;
	return *n - before;
}

static long counter(volatile unsigned *n)
{
	long pid = fork();

	if (pid == 0)
		for (;;)
			++*n;
	return pid;
}

static void fifo(void)
{
	volatile unsigned *n = map_shared(4096);
	long pid;

	EQ(bind_to(1), 0);
	pid = counter(n);
	/* With turns both get on. */
	while (*n < 1000)
		yield();
	while (counted_meanwhile(n, 10000) == 0)
		;
	/* As long as we do not sleep nobody of a lower class does. */
	EQ(class(0, SCHED_FIFO, 5), 0);
	EQ(counted_meanwhile(n, 30000000), 0);
	yield();
	EQ(counted_meanwhile(n, 1000), 0);
	/* One of our own priority has no turn before we sleep; then it keeps the CPU, and a higher one takes it. */
	EQ(class(pid, SCHED_FIFO, 5), 0);
	EQ(counted_meanwhile(n, 30000000), 0);
	EQ(class(0, SCHED_FIFO, 6), 0);
	for (unsigned before = *n; *n == before;)
		nap(1);
	EQ(class(pid, SCHED_OTHER, -1), 0);
	kill(pid, SIGKILL);
	EQ(wait_for(pid), SIGKILL);
}

static void nice(void)
{
	volatile unsigned *n = map_shared(4096);
	struct timespec a[2], b[2];
	long pid[2], cpu[2];

	EQ(bind_to(1), 0);
	pid[0] = counter(&n[0]);
	pid[1] = counter(&n[64]);
	EQ(sys3(SYS_setpriority, 0, pid[1], 20), 0);
	EQ(sys2(SYS_getpriority, 0, pid[1]), 20);
	while (n[0] < 1000 || n[64] < 1000)
		nap(1);
	for (int i = 0; i < 2; i++)
		EQ(sys2(427, CLOCK_PROCESS_CPUTIME_ID | pid[i], &a[i]), 0);
	do {
		nap(100);
		for (int i = 0; i < 2; i++) {
			EQ(sys2(427, CLOCK_PROCESS_CPUTIME_ID | pid[i], &b[i]), 0);
			cpu[i] = (long)((b[i].sec - a[i].sec) * 1000 + (b[i].nsec - a[i].nsec) / 1000000);
		}
	} while (cpu[0] + cpu[1] < 300);
	/* Its turns are a seventh as long, and end with what sleeps and wakes. */
	if (cpu[1] * 2 > cpu[0]) {
		say("the usual one", cpu[0]);
		say("the nice one", cpu[1]);
		exit(1);
	}
	for (int i = 0; i < 2; i++) {
		kill(pid[i], SIGKILL);
		EQ(wait_for(pid[i]), SIGKILL);
	}
}

static void nice_errors(void)
{
	long pid;

	sys3(SYS_setpriority, 0, 0, 0); /* the first process is as nice as nbemu */
	pid = counter(map_shared(4096));
	EQ(sys3(SYS_setpriority, 3, 0, 0), -EINVAL);
	EQ(sys3(SYS_setpriority, 0, 29999, 0), -ESRCH);
	EQ(sys3(SYS_setpriority, 0, 0, -100), 0);
	EQ(sys2(SYS_getpriority, 0, 0), -20);
	EQ(sys3(SYS_setpriority, 0, 0, 5), 0);
	EQ(sys1(SYS_setuid, 1000), 0);
	EQ(sys3(SYS_setpriority, 0, 0, 4), -13);	/* EACCES */
	EQ(sys3(SYS_setpriority, 0, 0, 6), 0);
	EQ(sys3(SYS_setpriority, 0, pid, 20), -EPERM);
	EQ(sys2(SYS_getpriority, 0, pid), 0);
	/* Each of a group is tried: ours is done, the child's is refused. */
	EQ(sys3(SYS_setpriority, 1, 0, 7), -EPERM);
	EQ(sys2(SYS_getpriority, 0, 0), 7);
}

static const struct tcase cases[] = {
	{ "affinity", affinity },
	{ "affinity_errors", affinity_errors },
	{ "psets", psets },
	{ "pset_errors", pset_errors },
	{ "fifo", fifo },
	{ "nice", nice },
	{ "nice_errors", nice_errors },
};

int main(int argc, char **argv, char **envp)
{
	return RUN_CASES(cases, argv);
}
