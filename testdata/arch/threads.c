/* LWPs: _lwp_create and what is done with its result (sys_lwp.c, kern_lwp.c, sys_sched.c). */
#include "posix.h"

#define STACK 16384
static char stacks[8][STACK] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));
static volatile int count, go, stage;
static volatile long results[8];
static struct info last;

static long create(void (*f)(long), long arg, int stack, long flags)
{
	u32 *uc = (u32 *)context;
	int id = 0;
	long error;

	EQ(sys1(SYS_getcontext, context), 0);
	UC_SP(context) = (unsigned long)(stacks[stack] + STACK - 256) - STACK_SKEW;
	UC_SET_PC(context, f);
	UC_ARG(context) = arg;
	*uc &= ~UC_TLSBASE;
	error = (long)sys3(SYS_lwp_create, context, flags, &id);
	return error ? error : id;
}

static void __attribute__((noreturn)) leave(void)
{
	for (;;)
		sys0(SYS_lwp_exit);
}

static void lwp_wait(long id)
{
	int got = 0;

	EQ(sys2(SYS_lwp_wait, id, &got), 0);
	EQ(got, id);
}

static void __attribute__((used)) add(long n)
{
	__atomic_store_n(&results[n], sys0(SYS_lwp_self), __ATOMIC_SEQ_CST);
	leave();
}

static void create_and_wait(void)
{
	long id[4];

	for (int i = 0; i < 4; i++) {
		id[i] = create(add, i, i, 0);
		OK(id[i] > 0);
	}
	for (int i = 0; i < 4; i++) {
		lwp_wait(id[i]);
		EQ(results[i], id[i]);
	}
	EQ(sys2(SYS_lwp_wait, id[0], 0), -ESRCH);
}

static void create_errors(void)
{
	int id;
	u32 *uc = (u32 *)context;

	EQ(sys3(SYS_lwp_create, 8, 0, &id), -EFAULT);
	EQ(sys1(SYS_getcontext, context), 0);
	*uc &= ~4u;	/* no registers in it */
	EQ(sys3(SYS_lwp_create, context, 0, &id), -EINVAL);
}

static void wait_errors(void)
{
	EQ(sys2(SYS_lwp_wait, 4000, 0), -ESRCH);
	EQ(sys2(SYS_lwp_wait, 0, 0), -ESRCH);		/* nobody to wait for */
	EQ(sys2(SYS_lwp_wait, FIRST, 0), -EDEADLK);	/* itself */
}

static void __attribute__((used)) until_go(long n)
{
	stage++;
	while (!go)
		yield();
	results[n] = 1;
	leave();
}

static void wait_any(void)
{
	long a = create(until_go, 0, 0, 0), b = create(add, 1, 1, 0);
	int got = 0;

	EQ(sys2(SYS_lwp_wait, 0, &got), 0);
	EQ(got, b);
	go = 1;
	EQ(sys2(SYS_lwp_wait, 0, &got), 0);
	EQ(got, a);
	EQ(sys2(SYS_lwp_wait, 0, &got), -ESRCH);
}

static void __attribute__((used)) waits_for(long id)
{
	stage = 1;
	results[1] = (long)sys2(SYS_lwp_wait, id, 0);
	stage = 2;
	leave();
}

static void deadlock(void)
{
	/* The second waits for the first LWP; for that one to wait for the second would be for ever. */
	long b = create(waits_for, FIRST, 1, 0);

	while (stage == 0)
		yield();
	for (int i = 0; i < 100; i++)
		yield();
	EQ(sys2(SYS_lwp_wait, b, 0), -EDEADLK);
	EQ(sys1(SYS_lwp_detach, FIRST), 0);	/* nobody can wait for it now */
	while (stage != 2)
		yield();
	EQ(results[1], -ESRCH);
}

static void detach(void)
{
	long a = create(until_go, 0, 0, 0), b = create(add, 1, 1, 1 << 6);	/* LWP_DETACHED */

	OK(a > 0 && b > 0);
	EQ(sys2(SYS_lwp_wait, b, 0), -ESRCH);
	EQ(sys1(SYS_lwp_detach, a), 0);
	EQ(sys1(SYS_lwp_detach, a), -EINVAL);
	EQ(sys2(SYS_lwp_wait, a, 0), -ESRCH);
	EQ(sys1(SYS_lwp_detach, 4000), -ESRCH);
	go = 1;
	while (sys2(SYS_lwp_kill, a, 0) == 0)
		yield();
	EQ(sys2(SYS_lwp_kill, a, 0), -ESRCH);
	EQ(results[0], 1);
}

static void zombie(void)
{
	long a = create(add, 0, 0, 0);

	while (results[0] == 0)
		yield();
	while (sys2(SYS_lwp_kill, a, 0) == 0)	/* one that has ended is not found */
		yield();
	EQ(sys2(SYS_lwp_kill, a, SIGUSR1), -ESRCH);
	EQ(sys1(SYS_lwp_suspend, a), -ESRCH);
	EQ(sys1(SYS_lwp_unpark, a), -ESRCH);
	lwp_wait(a);	/* but can be waited for */
}

static void __attribute__((used)) spin(long n)
{
	for (;;) {
		results[n]++;
		if (go)
			leave();
		yield();
	}
}

static void suspend(void)
{
	long a = create(spin, 0, 0, 0), v;

	while (results[0] == 0)
		yield();
	EQ(sys1(SYS_lwp_suspend, a), 0);
	v = results[0];
	for (int i = 0; i < 200; i++)
		yield();
	EQ(results[0], v);
	EQ(sys1(SYS_lwp_suspend, FIRST), -EDEADLK);	/* nobody would be left */
	EQ(sys2(SYS_lwp_wait, a, 0), -EDEADLK);	/* it will not end */
	EQ(sys1(SYS_lwp_continue, a), 0);
	EQ(sys1(SYS_lwp_continue, a), 0);
	while (results[0] == v)
		yield();
	go = 1;
	lwp_wait(a);
	EQ(sys1(SYS_lwp_suspend, 4000), -ESRCH);
	EQ(sys1(SYS_lwp_continue, 4000), -ESRCH);
}

static void created_suspended(void)
{
	long a = create(add, 0, 0, 1 << 7);	/* LWP_SUSPENDED */

	for (int i = 0; i < 200; i++)
		yield();
	EQ(results[0], 0);
	EQ(sys1(SYS_lwp_continue, a), 0);
	lwp_wait(a);
	EQ(results[0], a);
}

static long park(int clock, int flags, struct timespec *ts, long unpark)
{
	return (long)nb_syscall(SYS_lwp_park, clock, flags, ts, unpark, 0, 0);
}

static void __attribute__((used)) parker(long n)
{
	stage = 1;
	results[n] = park(CLOCK_MONOTONIC, 0, 0, 0) + 1000;
	stage = 2;
	leave();
}

static void park_unpark(void)
{
	long a = create(parker, 0, 0, 0);

	while (stage == 0)
		yield();
	EQ(sys1(SYS_lwp_unpark, a), 0);
	lwp_wait(a);
	/* 0, or EALREADY if it had not parked yet */
	OK(results[0] == 1000 || results[0] == 1000 - EALREADY);
	/* An unpark that comes first is not lost, and only one is kept. */
	EQ(sys1(SYS_lwp_unpark, FIRST), 0);
	EQ(sys1(SYS_lwp_unpark, FIRST), 0);
	struct timespec ts = { 0, 2000000 };
	EQ(park(CLOCK_MONOTONIC, 0, &ts, 0), -EALREADY);
	EQ(park(CLOCK_MONOTONIC, 0, &ts, 0), -ETIMEDOUT);
	EQ(sys1(SYS_lwp_unpark, 4000), -ESRCH);
	EQ(park(CLOCK_MONOTONIC, 0, &ts, 4000), -ESRCH);
}

static void park_and_unpark_other(void)
{
	stage = 0;
	long a = create(parker, 0, 0, 0);
	struct timespec ts = { 0, 1000000 };

	while (stage == 0)
		yield();
	EQ(park(CLOCK_MONOTONIC, 0, &ts, a), -ETIMEDOUT);	/* wakes a, then waits itself */
	lwp_wait(a);
}

static void unpark_all(void)
{
	long ids[4];
	int list[4];

	EQ(sys3(SYS_lwp_unpark_all, 0, 0, 0), 1024);
	EQ(sys3(SYS_lwp_unpark_all, list, 0, 0), -EINVAL);
	EQ(sys3(SYS_lwp_unpark_all, list, 1025, 0), -EINVAL);
	EQ(sys3(SYS_lwp_unpark_all, 8, 2, 0), -EFAULT);
	for (int i = 0; i < 4; i++)
		list[i] = (int)(ids[i] = create(parker, i, i, 0));
	EQ(sys3(SYS_lwp_unpark_all, list, 4, 0), 0);
	for (int i = 0; i < 4; i++)
		lwp_wait(ids[i]);
}

static void park_clocks(void)
{
	struct timespec ts;
	static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC };

	for (int i = 0; i < 2; i++) {
		EQ(sys2(SYS_clock_gettime, clocks[i], &ts), 0);
		EQ(park(clocks[i], TIMER_ABSTIME, &ts, 0), -ETIMEDOUT);	/* now is the past */
		ts.nsec += 5000000;
		if (ts.nsec >= 1000000000)
			ts.nsec -= 1000000000, ts.sec++;
		struct timespec then = ts, now;
		EQ(park(clocks[i], TIMER_ABSTIME, &ts, 0), -ETIMEDOUT);
		EQ(sys2(SYS_clock_gettime, clocks[i], &now), 0);
		OK(now.sec > then.sec || (now.sec == then.sec && now.nsec >= then.nsec));
	}
	EQ(sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &ts), 0);
	EQ(park(77, TIMER_ABSTIME, &ts, 0), -EINVAL);
	ts.nsec = 1000000000;
	EQ(park(CLOCK_MONOTONIC, 0, &ts, 0), -EINVAL);
	ts.nsec = -1;
	EQ(park(CLOCK_MONOTONIC, 0, &ts, 0), -EINVAL);
	ts.sec = -1;
	ts.nsec = 0;
	EQ(park(CLOCK_MONOTONIC, 0, &ts, 0), -ETIMEDOUT);
	ts.sec = 0;
	EQ(park(CLOCK_MONOTONIC, 0, &ts, 0), -ETIMEDOUT);
	EQ(park(CLOCK_MONOTONIC, 0, (struct timespec *)8, 0), -EFAULT);
	/* What is left comes back. */
	long a = create(parker, 0, 0, 0);
	EQ(sys1(SYS_lwp_unpark, FIRST), 0);
	ts.sec = 500;
	EQ(park(CLOCK_MONOTONIC, 0, &ts, a), -EALREADY);
	OK(ts.sec > 400 && ts.sec < 501);
	lwp_wait(a);
}

static void wakeup(void)
{
	/* Cancels the next sleep of one that does not sleep; itself never does here (sys__lwp_wakeup). */
	struct timespec ts = { 1000, 0 };

	EQ(sys1(SYS_lwp_wakeup, FIRST), -ENODEV);
	EQ(park(CLOCK_MONOTONIC, 0, &ts, 0), -EALREADY);
	EQ(sys1(SYS_lwp_wakeup, FIRST), -ENODEV);
	EQ(sys2(SYS_nanosleep, &ts, 0), -EINTR);
	EQ(sys1(SYS_lwp_wakeup, 4000), -ESRCH);
}

static void __attribute__((used)) sleeps(long n)
{
	struct timespec ts = { 1000, 0 };

	stage = 1;
	results[n] = (long)sys2(SYS_nanosleep, &ts, 0);
	leave();
}

static void wakeup_sleeper(void)
{
	long a = create(sleeps, 0, 0, 0);

	while (stage == 0)
		yield();
	sys1(SYS_lwp_wakeup, a);	/* in its sleep or just before it */
	lwp_wait(a);
	EQ(results[0], -EINTR);
}

static void note(int sig, struct siginfo *si, void *uc)
{
	memcpy(&last, si, sizeof last);
	results[7] = (long)sys0(SYS_lwp_self);
	count++;
}

static void __attribute__((used)) blocked(long n)
{
	mask(SIG_BLOCK, SIGUSR1, 0);
	stage = 1;
	while (!go)
		yield();
	results[n] = count;
	mask(SIG_UNBLOCK, SIGUSR1, 0);
	leave();
}

static void kill_one(void)
{
	struct sigset s;

	handle(SIGUSR1, note, 0x40, 0);
	long a = create(blocked, 0, 0, 0);
	while (stage == 0)
		yield();
	EQ(sys2(SYS_lwp_kill, a, SIGUSR1), 0);
	EQ(sys1(SYS_sigpending, &s), 0);
	OK(!sigset_has(&s, SIGUSR1));	/* it is that LWP's alone */
	EQ(count, 0);
	go = 1;
	lwp_wait(a);
	EQ(results[0], 0);
	EQ(count, 1);
	EQ(results[7], a);
	EQ(last.code, SI_LWP);
}

static void process_signal(void)
{
	/* The signal of a process goes to one that does not block it. */
	handle(SIGUSR1, note, 0x40, 0);
	mask(SIG_BLOCK, SIGUSR1, 0);
	long a = create(until_go, 0, 0, 0);	/* with the creator's mask, which is in the context */
	while (stage == 0)
		yield();
	kill(getpid(), SIGUSR1);
	struct sigset s;
	EQ(sys1(SYS_sigpending, &s), 0);
	OK(sigset_has(&s, SIGUSR1));
	EQ(count, 0);
	go = 1;
	lwp_wait(a);
	mask(SIG_UNBLOCK, SIGUSR1, 0);
	EQ(count, 1);
	EQ(results[7], FIRST);
	/* And now the other one. */
	go = 0;
	stage = 0;
	a = create(until_go, 0, 0, 0);
	while (stage == 0)
		yield();
	mask(SIG_BLOCK, SIGUSR1, 0);
	kill(getpid(), SIGUSR1);
	while (count < 2)
		yield();
	EQ(results[7], a);
	go = 1;
	lwp_wait(a);
}

static void own_stack_and_mask(void)
{
	struct { void *sp; size_t size; int flags; } ss = { stacks[6], 2 * STACK, 0 };

	EQ(sys2(SYS_sigaltstack, &ss, 0), 0);
	mask(SIG_BLOCK, SIGUSR1, 0);
	long a = create(blocked, 0, 0, 0);
	while (stage == 0)
		yield();
	go = 1;
	lwp_wait(a);
	struct sigset s;
	EQ(sys3(SYS_sigprocmask, 0, 0, &s), 0);
	OK(sigset_has(&s, SIGUSR1));	/* though the other has unblocked it */
}

static void __attribute__((used)) alt_of_new(long n)
{
	struct { void *sp; size_t size; int flags; } ss;

	sys2(SYS_sigaltstack, 0, &ss);
	results[n] = ss.flags;
	leave();
}

static void no_altstack(void)
{
	struct { void *sp; size_t size; int flags; } ss = { stacks[6], 2 * STACK, 0 };

	EQ(sys2(SYS_sigaltstack, &ss, 0), 0);
	lwp_wait(create(alt_of_new, 0, 0, 0));
	EQ(results[0], 4);
}

static void names(void)
{
	char buf[40];
	long a = create(until_go, 0, 0, 0);

	EQ(sys3(SYS_lwp_getname, a, buf, sizeof buf), 0);
	EQ(buf[0], 0);
	EQ(sys2(SYS_lwp_setname, a, "worker"), 0);
	EQ(sys3(SYS_lwp_getname, a, buf, sizeof buf), 0);
	OK(same(buf, "worker"));
	EQ(sys2(SYS_lwp_setname, 0, "a name that is longer than that"), 0);
	EQ(sys3(SYS_lwp_getname, FIRST, buf, sizeof buf), 0);
	EQ(strlen(buf), 15);		/* MAXCOMLEN */
	EQ(sys3(SYS_lwp_getname, FIRST, buf, 3), -63);	/* ENAMETOOLONG */
	EQ(sys2(SYS_lwp_setname, 4000, "x"), -ESRCH);
	EQ(sys3(SYS_lwp_getname, 4000, buf, sizeof buf), -ESRCH);
	EQ(sys2(SYS_lwp_setname, a, 8), -EFAULT);
	go = 1;
	lwp_wait(a);
}

static void lwpctl(void)
{
	struct lwpctl { int curcpu, pctr; } *p = 0, *q = 0;

	EQ(sys2(SYS_lwp_ctl, 3, &p), 0);
	OK(p != 0 && p->curcpu >= 0);
	EQ(sys2(SYS_lwp_ctl, 1, &q), 0);
	OK(p == q);
	EQ(sys2(SYS_lwp_ctl, 4, &q), -ENODEV);
	/* A child has a page of its own, as soon as it asks. */
	long pid = fork();
	if (pid == 0) {
		EQ(sys2(SYS_lwp_ctl, 3, &q), 0);
		OK(q->curcpu >= 0);
		exit(0);
	}
	EQ(wait_for(pid), 0);
}

static struct lwpctl { volatile int curcpu, pctr; } *volatile block;

static void __attribute__((used)) has_lwpctl(long n)
{
	struct lwpctl *p;

	sys2(SYS_lwp_ctl, 3, &p);
	block = p;
	leave();
}

static void lwpctl_exited(void)
{
	struct lwpctl *mine;

	EQ(sys2(SYS_lwp_ctl, 3, &mine), 0);
	long a = create(has_lwpctl, 0, 0, 0);
	while (!block || sys2(SYS_lwp_kill, a, 0) == 0)
		yield();
	EQ(block->curcpu, -2);	/* LWPCTL_CPU_EXITED */
	lwp_wait(a);
}

static void sched(void)
{
	struct { int priority; } sp = { 0 };
	int policy = -1;

	EQ(sys4(SYS_sched_getparam, 0, FIRST, &policy, &sp), 0);
	EQ(policy, 0);	/* SCHED_OTHER */
	EQ(sys4(SYS_sched_getparam, 0, 4000, &policy, &sp), -ESRCH);
	EQ(sys4(SYS_sched_getparam, 0x7ffffff0, 0, &policy, &sp), -ESRCH);
	EQ(sys4(SYS_sched_setparam, 0, FIRST, 7, &sp), -EINVAL);
	sp.priority = 1000;
	EQ(sys4(SYS_sched_setparam, 0, FIRST, 1, &sp), -EINVAL);
	if (sys0(25) == 0) {
		sp.priority = 30;
		EQ(sys4(SYS_sched_setparam, 0, FIRST, 1, &sp), 0);	/* SCHED_FIFO */
		sp.priority = 0;
		EQ(sys4(SYS_sched_getparam, 0, FIRST, &policy, &sp), 0);
		EQ(policy, 1);
		EQ(sp.priority, 30);
		/* Children and new LWPs have what their maker has. */
		long pid = fork();
		if (pid == 0) {
			policy = sp.priority = -1;
			EQ(sys4(SYS_sched_getparam, 0, FIRST, &policy, &sp), 0);
			EQ(policy, 1);
			EQ(sp.priority, 30);
			exit(0);
		}
		EQ(wait_for(pid), 0);
		long a = create(until_go, 0, 0, 0);
		policy = sp.priority = -1;
		EQ(sys4(SYS_sched_getparam, 0, a, &policy, &sp), 0);
		EQ(policy, 1);
		EQ(sp.priority, 30);
		go = 1;
		lwp_wait(a);
		sp.priority = -1;
		EQ(sys4(SYS_sched_setparam, 0, FIRST, 0, &sp), 0);
	}
	EQ(sys1(SYS_sched_protect, -1), -EINVAL);
	EQ(sys1(SYS_sched_protect, 1000), -EPERM);
	EQ(sys1(SYS_sched_protect, 20), 0);
	EQ(sys1(SYS_sched_protect, -1), 0);
	EQ(sys0(SYS_sched_yield), 0);
}

static void __attribute__((used)) ends_process(long n)
{
	exit(33);
}

static void exit_from_lwp(void)
{
	long pid = fork();

	if (pid == 0) {
		create(sleeps, 1, 1, 0);
		create(parker, 2, 2, 0);
		create(spin, 3, 3, 0);
		create(ends_process, 0, 0, 0);
		for (;;)
			park(CLOCK_MONOTONIC, 0, 0, 0);
	}
	EQ(wait_for(pid), EXITED(33));
}

static void last_lwp(void)
{
	/* The first LWP leaves; the process ends with the last one, with 0 (lwp_exit). */
	long pid = fork();

	if (pid == 0) {
		create(until_go, 0, 0, 1 << 6);
		while (stage == 0)
			yield();
		go = 1;
		leave();
	}
	EQ(wait_for(pid), 0);
}

static void fatal_signal(void)
{
	long pid = fork();

	if (pid == 0) {
		create(sleeps, 0, 0, 0);
		create(spin, 1, 1, 0);
		kill(getpid(), SIGTERM);
		for (;;)
			yield();
	}
	EQ(wait_for(pid), SIGTERM);
}

static void stop_all(void)
{
	volatile long *shared = map_shared(4096);
	long pid = fork(), v;

	if (pid == 0) {
		create(sleeps, 0, 0, 0);
		create(spin, 1, 1, 0);
		for (;;) {
			(*shared)++;
			yield();
		}
	}
	while (*shared == 0)
		yield();
	kill(pid, SIGSTOP);
	EQ(wait_opt(pid, WSTOPPED), STOPPED(SIGSTOP));
	v = *shared;
	for (int i = 0; i < 100; i++)
		yield();
	EQ(*shared, v);
	kill(pid, SIGCONT);
	while (*shared == v)
		yield();
	kill(pid, SIGKILL);
	EQ(wait_for(pid), SIGKILL);
}

static void __attribute__((used)) execs(long n)
{
	char *argv[] = { "x", "--only-lwp", 0 }, *envp[] = { 0 };

	sys3(SYS_execve, case_args[0], argv, envp);
	exit(98);
}

static void exec_from_lwp(void)
{
	long pid = fork();

	if (pid == 0) {
		create(sleeps, 1, 1, 0);
		create(spin, 2, 2, 0);
		create(execs, 0, 0, 0);
		for (;;)
			park(CLOCK_MONOTONIC, 0, 0, 0);
	}
	EQ(wait_for(pid), EXITED(44));
}

static void fork_from_threads(void)
{
	/* The child has one LWP, a copy of the one that called fork. */
	create(spin, 1, 1, 0);
	long pid = fork();
	if (pid == 0) {
		long v = results[1];

		for (int i = 0; i < 50; i++)
			yield();
		EQ(results[1], v);
		EQ(sys2(SYS_lwp_wait, 0, 0), -ESRCH);
		exit(5);
	}
	EQ(wait_for(pid), EXITED(5));
	go = 1;
}

int main(int argc, char **argv, char **envp)
{
	static const struct tcase cases[] = {
		{ "_lwp_create-and-wait", create_and_wait },
		{ "_lwp_create-errors", create_errors },
		{ "_lwp_wait-errors", wait_errors },
		{ "_lwp_wait-any", wait_any },
		{ "_lwp_wait-deadlock", deadlock },
		{ "_lwp_detach", detach },
		{ "lwp-that-has-ended", zombie },
		{ "_lwp_suspend-continue", suspend },
		{ "created-suspended", created_suspended },
		{ "_lwp_park-unpark", park_unpark },
		{ "_lwp_park-unparks-another", park_and_unpark_other },
		{ "_lwp_unpark_all", unpark_all },
		{ "_lwp_park-clocks", park_clocks },
		{ "_lwp_wakeup", wakeup },
		{ "_lwp_wakeup-a-sleeper", wakeup_sleeper },
		{ "_lwp_kill-one", kill_one },
		{ "signal-finds-unblocked-lwp", process_signal },
		{ "mask-is-the-lwps", own_stack_and_mask },
		{ "new-lwp-no-altstack", no_altstack },
		{ "_lwp_setname-getname", names },
		{ "_lwp_ctl", lwpctl },
		{ "_lwp_ctl-exited", lwpctl_exited },
		{ "_sched_param", sched },
		{ "exit-from-lwp", exit_from_lwp },
		{ "last-lwp-ends-process", last_lwp },
		{ "fatal-signal-ends-all-lwps", fatal_signal },
		{ "stop-stops-all-lwps", stop_all },
		{ "exec-from-lwp", exec_from_lwp },
		{ "fork-from-threads", fork_from_threads },
	};

	if (argc == 2 && same(argv[1], "--only-lwp"))
		return sys0(SYS_lwp_self) != sys0(SYS_getpid) && sys2(SYS_lwp_wait, 0, 0) == -ESRCH ? 44 : 45;
	return RUN_CASES(cases, argv);
}
