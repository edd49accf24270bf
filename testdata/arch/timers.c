/* Clocks, sleeping, interval timers and those of timer_create (kern_time.c). Of time only order is looked at. */
#include "posix.h"

static volatile int count;
static struct info last;
static volatile u32 work;

static void note(int sig, struct siginfo *si, void *uc)
{
	memcpy(&last, si, sizeof last);
	count++;
}

static int later(struct timespec *a, struct timespec *b)
{
	return a->sec > b->sec || (a->sec == b->sec && a->nsec >= b->nsec);
}

static void clocks(void)
{
	static const int ids[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID };
	struct timespec a, b;

	for (int i = 0; i < 4; i++) {
		EQ(sys2(SYS_clock_gettime, ids[i], &a), 0);
		OK(a.sec >= 0 && a.nsec >= 0 && a.nsec < 1000000000);
		for (int k = 0; k < 100; k++) {
			EQ(sys2(SYS_clock_gettime, ids[i], &b), 0);
			OK(later(&b, &a));
			a = b;
		}
	}
	EQ(sys2(SYS_clock_gettime, CLOCK_VIRTUAL, &a), -EINVAL);
	EQ(sys2(SYS_clock_gettime, CLOCK_PROF, &a), -EINVAL);
	EQ(sys2(SYS_clock_gettime, 4, &a), -EINVAL);
	EQ(sys2(SYS_clock_gettime, CLOCK_REALTIME, 8), -EFAULT);
	EQ(sys2(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID | 0x3ffffff, &a), -ESRCH);
	EQ(sys2(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID | 4000, &a), -ESRCH);
}

static void cpu_clocks(void)
{
	struct timespec a, b, start, end;
	int id = 0;

	EQ(sys3(SYS_clock_getcpuclockid, P_PID, 0, &id), 0);
	EQ(id, CLOCK_PROCESS_CPUTIME_ID | getpid());
	EQ(sys2(SYS_clock_gettime, id, &start), 0);
	EQ(sys3(SYS_clock_getcpuclockid, P_LWPID, 0, &id), 0);
	EQ(id, CLOCK_THREAD_CPUTIME_ID | FIRST);
	EQ(sys3(SYS_clock_getcpuclockid, P_PGID, 0, &id), -EINVAL);
	EQ(sys3(SYS_clock_getcpuclockid, P_PID, 0, 8), -EFAULT);
	/* Work counts, sleep does not. */
	EQ(sys2(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &a), 0);
	for (int i = 0; i < 3000000; i++)
		work += i;
	EQ(sys2(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &b), 0);
	OK(!later(&a, &b));
	EQ(sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &end), 0);
	long pid = fork();
	if (pid == 0) {
		nap(300);
		EQ(sys2(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &a), 0);
		exit(a.sec == 0 && a.nsec < 250000000 ? 0 : 1);
	}
	EQ(wait_for(pid), 0);
	/* Another process's. */
	pid = fork();
	if (pid == 0)
		for (;;)
			nap(1000);
	EQ(sys3(SYS_clock_getcpuclockid, P_PID, pid, &id), 0);
	EQ(id, CLOCK_PROCESS_CPUTIME_ID | pid);
	EQ(sys2(SYS_clock_gettime, id, &a), 0);
	kill(pid, SIGKILL);
	wait_for(pid);
	EQ(sys2(SYS_clock_gettime, id, &a), -ESRCH);
}

static void resolution_and_setting(void)
{
	struct timespec ts = { 5, 5 };

	EQ(sys2(SYS_clock_getres, CLOCK_REALTIME, &ts), 0);
	OK(ts.sec == 0 && ts.nsec > 0 && ts.nsec <= 20000000);
	EQ(sys2(SYS_clock_getres, CLOCK_MONOTONIC, 0), 0);
	EQ(sys2(SYS_clock_getres, 77, &ts), -EINVAL);
	EQ(sys2(SYS_clock_getres, CLOCK_PROCESS_CPUTIME_ID, &ts), -EINVAL);	/* clock_getres1 */
	EQ(sys2(SYS_clock_settime, CLOCK_MONOTONIC, &ts), -EINVAL);
	EQ(sys2(SYS_clock_settime, 77, &ts), -EINVAL);
	EQ(sys2(SYS_clock_settime, CLOCK_REALTIME, 8), -EFAULT);
}

static void nanosleep_rules(void)
{
	struct timespec ts = { 0, 3000000 }, left = { 7, 7 }, a, b;

	EQ(sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &a), 0);
	EQ(sys2(SYS_nanosleep, &ts, &left), 0);
	EQ(sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &b), 0);
	a.nsec += 3000000;
	if (a.nsec >= 1000000000)
		a.nsec -= 1000000000, a.sec++;
	OK(later(&b, &a));
	EQ(left.sec, 0);
	EQ(left.nsec, 0);
	ts.nsec = 1000000000;
	EQ(sys2(SYS_nanosleep, &ts, 0), -EINVAL);
	ts.nsec = -1;
	EQ(sys2(SYS_nanosleep, &ts, 0), -EINVAL);
	ts.nsec = 0;
	ts.sec = -1;
	EQ(sys2(SYS_nanosleep, &ts, 0), 0);	/* the past */
	ts.sec = 0;
	EQ(sys2(SYS_nanosleep, &ts, 0), 0);
	EQ(sys2(SYS_nanosleep, 8, 0), -EFAULT);
}

static void clock_nanosleep_rules(void)
{
	static const int ids[] = { CLOCK_REALTIME, CLOCK_MONOTONIC };
	struct timespec ts, now;

	for (int i = 0; i < 2; i++) {
		ts.sec = 0;
		ts.nsec = 3000000;
		EQ(sys4(SYS_clock_nanosleep, ids[i], 0, &ts, 0), 0);
		EQ(sys2(SYS_clock_gettime, ids[i], &ts), 0);
		EQ(sys4(SYS_clock_nanosleep, ids[i], TIMER_ABSTIME, &ts, 0), 0);
		ts.nsec += 5000000;
		if (ts.nsec >= 1000000000)
			ts.nsec -= 1000000000, ts.sec++;
		EQ(sys4(SYS_clock_nanosleep, ids[i], TIMER_ABSTIME, &ts, 0), 0);
		EQ(sys2(SYS_clock_gettime, ids[i], &now), 0);
		OK(later(&now, &ts));
	}
	/* Its error is its value. */
	EQ(sys4(SYS_clock_nanosleep, 77, 0, &ts, 0), EINVAL);
	ts.nsec = 1000000000;
	EQ(sys4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, 0), EINVAL);
	EQ(sys4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, 8, 0), EFAULT);
}

static void itimer_real(void)
{
	struct itimerval it = { { 0, 0 }, { 0, 3000 } }, old;

	handle(SIGALRM, note, 0x40, 0);
	EQ(sys3(SYS_setitimer, 0, &it, &old), 0);
	EQ(old.value.sec, 0);
	while (count < 1)
		yield();
	EQ(last.code, SI_TIMER);
	EQ(sys2(SYS_getitimer, 0, &it), 0);
	OK(it.value.sec == 0 && it.value.usec == 0);	/* it was one shot */
	it.interval.usec = 2000;
	it.value.usec = 2000;
	EQ(sys3(SYS_setitimer, 0, &it, 0), 0);
	while (count < 6)
		yield();
	it.value.usec = 0;
	it.value.sec = 500;
	it.interval.usec = 0;
	EQ(sys3(SYS_setitimer, 0, &it, &old), 0);
	OK(old.value.sec == 0 && old.interval.usec == 2000);
	int was = count;
	nap(20);
	EQ(count, was);
	EQ(sys3(SYS_setitimer, 0, 0, &old), 0);	/* only looks */
	OK(old.value.sec > 400 && old.value.sec <= 500);
	it.value.sec = 0;
	EQ(sys3(SYS_setitimer, 0, &it, 0), 0);
	EQ(sys2(SYS_getitimer, 0, &it), 0);
	EQ(it.value.sec, 0);
}

static void itimer_cpu(void)
{
	static const int which[] = { 1, 2 }, sigs[] = { SIGVTALRM, SIGPROF };

	for (int i = 0; i < 2; i++) {
		struct itimerval it = { { 0, 0 }, { 0, 200000 } };

		count = 0;
		handle(sigs[i], note, 0x40, 0);
		EQ(sys3(SYS_setitimer, which[i], &it, 0), 0);
		nap(300);		/* sleep does not count */
		EQ(count, 0);
		while (count == 0)
			work++;
		EQ(last.signo, sigs[i]);
	}
}

static void itimer_errors(void)
{
	struct itimerval it = { { 0, 0 }, { 0, 1000000 } };

	EQ(sys3(SYS_setitimer, 4, &it, 0), -EINVAL);
	EQ(sys3(SYS_setitimer, -1, &it, 0), -EINVAL);
	EQ(sys2(SYS_getitimer, 4, &it), -EINVAL);
	EQ(sys3(SYS_setitimer, 0, &it, 0), -EINVAL);
	it.value.usec = -1;
	EQ(sys3(SYS_setitimer, 0, &it, 0), -EINVAL);
	it.value.usec = 0;
	it.value.sec = -1;
	EQ(sys3(SYS_setitimer, 0, &it, 0), -EINVAL);
	EQ(sys3(SYS_setitimer, 0, 8, 0), -EFAULT);
	EQ(sys2(SYS_getitimer, 0, 8), -EFAULT);
}

static void timer_signal(void)
{
	static const int ids[] = { CLOCK_REALTIME, CLOCK_MONOTONIC };

	for (int i = 0; i < 2; i++) {
		struct sigevent ev;
		struct itimerspec its = { { 0, 0 }, { 0, 3000000 } }, old;
		int id = -1;

		memset(&ev, 0, sizeof ev);
		ev.notify = 1;
		ev.signo = SIGUSR1;
		ev.value.n = 77 + i;
		count = 0;
		handle(SIGUSR1, note, 0x40, 0);
		EQ(sys3(SYS_timer_create, ids[i], &ev, &id), 0);
		EQ(id, 4);	/* the lowest free number: TIMER_MIN */
		EQ(sys2(SYS_timer_gettime, id, &old), 0);
		OK(old.value.sec == 0 && old.value.nsec == 0);
		EQ(sys4(SYS_timer_settime, id, 0, &its, &old), 0);
		while (count < 1)
			yield();
		EQ(last.code, SI_TIMER);
		EQ(last.u.rt.value.n, 77 + i);
		EQ(sys1(SYS_timer_getoverrun, id), 0);
		/* With an interval; and an absolute time that has passed goes off at once. */
		EQ(sys2(SYS_clock_gettime, ids[i], &its.value), 0);
		its.interval.nsec = 2000000;
		EQ(sys4(SYS_timer_settime, id, TIMER_ABSTIME, &its, 0), 0);
		while (count < 5)
			yield();
		EQ(sys2(SYS_timer_gettime, id, &old), 0);
		EQ(old.interval.nsec, 2000000);
		memset(&its, 0, sizeof its);
		EQ(sys4(SYS_timer_settime, id, 0, &its, &old), 0);
		EQ(sys2(SYS_timer_gettime, id, &old), 0);
		OK(old.value.sec == 0 && old.value.nsec == 0);
		EQ(sys1(SYS_timer_delete, id), 0);
		EQ(sys1(SYS_timer_delete, id), -EINVAL);
	}
}

static void timer_default(void)
{
	struct itimerspec its = { { 0, 0 }, { 0, 2000000 } };
	int id = -1;

	handle(SIGALRM, note, 0x40, 0);
	EQ(sys3(SYS_timer_create, CLOCK_REALTIME, 0, &id), 0);
	EQ(sys4(SYS_timer_settime, id, 0, &its, 0), 0);
	while (count < 1)
		yield();
	EQ(last.signo, SIGALRM);
	EQ(last.u.rt.value.n, id);
}

static void timer_overrun(void)
{
	/* Expirations while the signal is pending are told at the next signal (timer_intr). */
	struct sigevent ev;
	struct itimerspec its = { { 0, 1000000 }, { 0, 1000000 } };
	int id = -1;

	memset(&ev, 0, sizeof ev);
	ev.notify = 1;
	ev.signo = SIGUSR1;
	handle(SIGUSR1, note, 0x40, 0);
	mask(SIG_BLOCK, SIGUSR1, 0);
	EQ(sys3(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id), 0);
	EQ(sys4(SYS_timer_settime, id, 0, &its, 0), 0);
	nap(100);
	EQ(sys1(SYS_timer_getoverrun, id), 0);
	mask(SIG_UNBLOCK, SIGUSR1, 0);
	while (count < 2)
		yield();
	mask(SIG_BLOCK, SIGUSR1, 0);
	OK(sys1(SYS_timer_getoverrun, id) >= 0);
	OK(sys1(SYS_timer_getoverrun, id) <= 32);	/* DELAYTIMER_MAX */
}

static void timer_errors(void)
{
	struct sigevent ev;
	struct itimerspec its = { { 0, 0 }, { 0, 1000000000 } };
	int id = -1, first = 0, n = 0;

	memset(&ev, 0, sizeof ev);
	EQ(sys3(SYS_timer_create, 77, 0, &id), -EINVAL);
	EQ(sys3(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, 0, &id), -EINVAL);
	ev.notify = 9;
	EQ(sys3(SYS_timer_create, CLOCK_REALTIME, &ev, &id), -EINVAL);
	ev.notify = 1;
	ev.signo = NSIG;
	EQ(sys3(SYS_timer_create, CLOCK_REALTIME, &ev, &id), -EINVAL);
	ev.signo = 0;
	EQ(sys3(SYS_timer_create, CLOCK_REALTIME, &ev, &id), -EINVAL);
	EQ(sys3(SYS_timer_create, CLOCK_REALTIME, 8, &id), -EFAULT);
	ev.notify = 0;	/* SIGEV_NONE */
	EQ(sys3(SYS_timer_create, CLOCK_REALTIME, &ev, &first), 0);
	EQ(sys4(SYS_timer_settime, first, 0, &its, 0), -EINVAL);
	its.value.nsec = -1;
	EQ(sys4(SYS_timer_settime, first, 0, &its, 0), -EINVAL);
	its.value.nsec = 0;
	its.value.sec = -1;
	EQ(sys4(SYS_timer_settime, first, 0, &its, 0), -ETIMEDOUT);
	EQ(sys4(SYS_timer_settime, 20, 0, &its, 0), -ETIMEDOUT);	/* the value counts first */
	EQ(sys4(SYS_timer_settime, 999, 0, &its, 0), -EINVAL);	/* unless the number is none */
	its.value.sec = 1;
	EQ(sys4(SYS_timer_settime, 999, 0, &its, 0), -EINVAL);
	EQ(sys4(SYS_timer_settime, 0, 0, &its, 0), -EINVAL);
	EQ(sys2(SYS_timer_gettime, 999, &its), -EINVAL);
	EQ(sys1(SYS_timer_getoverrun, 999), -EINVAL);
	EQ(sys1(SYS_timer_delete, 0), -EINVAL);
	/* 32 of them, and no more. */
	while (sys3(SYS_timer_create, CLOCK_REALTIME, &ev, &id) == 0)
		n++;
	EQ(n, 31);
	EQ(sys3(SYS_timer_create, CLOCK_REALTIME, &ev, &id), -EAGAIN);
	/* A child has none of them. */
	long pid = fork();
	if (pid == 0) {
		EQ(sys2(SYS_timer_gettime, first, &its), -EINVAL);
		exit(0);
	}
	EQ(wait_for(pid), 0);
}

int main(int argc, char **argv, char **envp)
{
	static const struct tcase cases[] = {
		{ "clock_gettime", clocks },
		{ "cpu-time-clocks", cpu_clocks },
		{ "clock_getres-settime", resolution_and_setting },
		{ "nanosleep", nanosleep_rules },
		{ "clock_nanosleep", clock_nanosleep_rules },
		{ "ITIMER_REAL", itimer_real },
		{ "ITIMER_VIRTUAL-PROF", itimer_cpu },
		{ "setitimer-errors", itimer_errors },
		{ "timer-signal", timer_signal },
		{ "timer-default-event", timer_default },
		{ "timer-overrun", timer_overrun },
		{ "timer-errors", timer_errors },
	};

	return RUN_CASES(cases, argv);
}
