/*
 * Whatever depends on who runs when: eight LWPs that race and that park, interval timers, children, a pipeline of
 * programs, clocks and random numbers. Under -deterministic all of it, and its trace, is the same each time.
 * Arguments: programs for the stages of the pipeline, this one by default.
 */
#include "arch.h"

#define SYS_dup2	90
#define SYS_lwp_unpark	321
#define SYS_setitimer	425
#define SYS_nanosleep	430
#define SYS_lwp_park	478

#define SIGALRM		14
#define SIGVTALRM	26
#define SIGPROF		27

#define THREADS	8
#define ROUNDS	200

struct timeval { i64 sec; int usec; };
struct itimerval { struct timeval interval, value; };

static volatile u32 sink, lock, raced, locked, sleeps, ticks[3], handled;
static volatile int waiting[THREADS];
static int ids[THREADS];
static char stacks[THREADS][16384] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));

/* A lock whose waiters park: the flag is tried again after each wakeup, and now and then anyway. */
static void acquire(int n)
{
	struct timespec ts;

	while (__sync_lock_test_and_set(&lock, 1)) {
		ts.sec = 0, ts.nsec = 300000;
		waiting[n] = 1;
		__sync_synchronize();
		if (lock) {
			sleeps++;
			nb_syscall(SYS_lwp_park, 3, 0, REG(&ts), 0, 0, 0);
		}
		waiting[n] = 0;
	}
}

static void release(int n)
{
	int i;

	__sync_lock_release(&lock);
	for (i = 1; i < THREADS; i++)
		if (waiting[(n + i) % THREADS]) {
			waiting[(n + i) % THREADS] = 0;
			sys2(SYS_lwp_unpark, ids[(n + i) % THREADS], 0);
			break;
		}
}

static u32 work(u32 x, int n)
{
	while (n-- > 0)
		sink = x = x * 1664525 + 1013904223;
	return x;
}

static void __attribute__((used)) thread(long n)
{
	u32 seen;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		/* Updates are lost where somebody else runs in between. */
		seen = raced;
		if (work(seen, 50 + n) != 1)
			raced = seen + 1;
		acquire(n);
		locked++;
		work(i, 400);
		release(n);
	}
	sys0(SYS_lwp_exit);
}

static void tick(int sig, struct siginfo *si, void *uc)
{
	u32 t = ++ticks[sig == SIGALRM ? 0 : sig == SIGVTALRM ? 1 : 2];

	handled++;
	if (t % 8 == 0)
		say(sig == SIGALRM ? "real" : sig == SIGVTALRM ? "virtual" : "prof", t);
}

static void timers(int usec)
{
	struct itimerval it = { { 0, usec }, { 0, usec } };
	int i;

	for (i = 0; i < 3; i++) {
		sys3(SYS_setitimer, i, &it, 0);
		it.interval.usec += it.interval.usec / 8;
	}
}

static void threads(void)
{
	u32 *flags = (u32 *)context;
	int i, got;

	for (i = 0; i < THREADS; i++) {
		sys1(SYS_getcontext, context);
		UC_SP(context) = (unsigned long)(stacks[i] + sizeof stacks[i] - 256) - STACK_SKEW;
		UC_SET_PC(context, thread);
		UC_ARG(context) = i;
		*flags &= ~UC_TLSBASE;
		if (sys3(SYS_lwp_create, context, 0, &ids[i]) != 0)
			print("_lwp_create failed\n");
	}
	for (i = 0; i < THREADS; i++)
		while (sys2(SYS_lwp_wait, ids[i], &got) != 0)
			continue;
	check("locked", locked == THREADS * ROUNDS);
	say("raced", raced);
	say("slept", sleeps);
}

/* Children compute and report through one pipe in the order in which they get there. */
static void children(void)
{
	struct timespec ts = { 0, 20000000 };
	int fds[2], i, status;
	nb_reg pid;
	char c;

	pid = sys0(SYS_pipe);
	fds[0] = (int)pid, fds[1] = (int)nb_rv1;
	for (i = 0; i < 4; i++)
		if ((pid = fork()) == 0) {
			if (i == 3)
				for (;;)	/* until somebody kills it */
					work(i, 1000);
			c = 'a' + i;
			if (work(i, 40000 - 9000 * i) != 1)
				sys3(SYS_write, fds[1], &c, 1);
			exit(i);
		}
	sys2(SYS_nanosleep, &ts, 0);
	sys2(SYS_kill, pid, 9);
	ts.sec = 3600;	/* nobody else is there: it takes no time */
	sys2(SYS_nanosleep, &ts, 0);
	for (i = 0; i < 3; i++) {
		while (sys3(SYS_read, fds[0], &c, 1) != 1)
			continue;
		sys3(SYS_write, 1, &c, 1);
	}
	print("\n");
	for (i = 0; i < 4; i++) {
		while ((pid = sys4(SYS_wait4, -1, &status, 0, 0)) < 0)
			continue;
		say("child", pid);
		say("status", status);
	}
	sys1(SYS_close, fds[0]);
	sys1(SYS_close, fds[1]);
}

/* Stages of the pipeline: lines of numbers, through a filter, to a sum. */
static int stage(int n)
{
	u32 x = 0, sum = 0;
	char buf[64];
	int i, got;

	for (i = 0; n == 0 && i < 200; i++) {
		x = work(x, 3);
		sys3(SYS_write, 1, &x, sizeof x);
	}
	while (n > 0 && (got = (int)sys3(SYS_read, 0, buf, n == 1 ? 5 : sizeof buf)) > 0) {
		for (i = 0; i < got; i++) {
			buf[i] = (char)(buf[i] + 1);
			sum = sum * 31 + (unsigned char)buf[i];
		}
		if (n == 1)
			sys3(SYS_write, 1, buf, got);
	}
	if (n == 2)
		sayx("sum", sum);
	return n;
}

static void pipeline(char **programs, int nprograms, char **envp)
{
	static char digits[3][2] = { "0", "1", "2" };
	int in = 0, fds[2] = { -1, -1 }, i, status;
	nb_reg r;

	for (i = 0; i < 3; i++) {
		if (i < 2) {
			r = sys0(SYS_pipe);
			fds[0] = (int)r, fds[1] = (int)nb_rv1;
		}
		if (fork() == 0) {
			char *args[4] = { programs[i % nprograms], "stage", digits[i], 0 };
			if (in)
				sys2(SYS_dup2, in, 0);
			if (i < 2)
				sys2(SYS_dup2, fds[1], 1);
			sys3(SYS_execve, args[0], args, envp);
			exit(9);
		}
		if (in)
			sys1(SYS_close, in);
		if (i < 2)
			sys1(SYS_close, fds[1]);
		in = fds[0];
	}
	for (i = 0; i < 3; i++) {
		while (sys4(SYS_wait4, -1, &status, 0, 0) < 0)
			continue;
		say("stage", status >> 8);
	}
}

int main(int argc, char **argv, char **envp)
{
	struct timespec ts;
	u32 bytes[2];
	int i, fd;

	if (argc == 3 && same(argv[1], "stage"))
		return stage(argv[2][0] - '0');
	sys2(SYS_clock_gettime, 0, &ts);
	say("second", ts.sec);
	sayx("stack", (unsigned long)&ts);
	fd = (int)open("/dev/urandom", 0, 0);
	sys3(SYS_read, fd, bytes, sizeof bytes);
	sys1(SYS_close, fd);
	sayx("random", bytes[0]);
	on_signal(SIGALRM, tick, 0);
	on_signal(SIGVTALRM, tick, 0);
	on_signal(SIGPROF, tick, 0);
	timers(2000);
	threads();
	timers(0);
	children();
	timers(1500);
	for (i = 0; handled < 60; i++)
		work(i, 1000);
	timers(0);
	pipeline(argc > 1 ? argv + 1 : argv, argc > 1 ? argc - 1 : 1, envp);
	sys2(SYS_clock_gettime, 3, &ts);
	check("time has passed", ts.sec >= 3600);
	say("and", ts.nsec);
	return 0;
}
