/* Children with an exit signal of their own (clone), signals with a value. */
#include "arch.h"

#define NR_poll		209
#define NR_sigqueueinfo	245
#define NR_clone	287
#define NR_sigprocmask	293
#define WALTSIG		4
#define WALLSIG		8
#define WNOHANG		1

static volatile int got, value, from;

static void note(int sig, struct siginfo *si, void *uc)
{
	got = sig;
}

/* The value arm of siginfo_t: pid, uid, value. */
static void queued(int sig, struct siginfo *si, void *uc)
{
	struct { int pid, uid; union { int i; void *p; } v; } *q = (void *)&si->u;

	got = sig;
	from = q->pid;
	value = q->v.i;
}

static char info[128] __attribute__((aligned(8)));

static long queue(long pid, int sig, int code, int frompid)
{
	struct siginfo *si = (void *)info;
	struct { int pid, uid; union { int i; void *p; } v; } *q = (void *)&si->u;

	memset(info, 0, sizeof info);
	si->signo = sig;
	si->code = code;
	q->pid = frompid;
	q->uid = (int)sys0(25);
	q->v.p = 0;
	q->v.i = 4711;
	return sys2(NR_sigqueueinfo, pid, info);
}

int main(int argc, char **argv, char **envp)
{
	struct { int fd; short events, revents; } pfd = { 0, 1, 0 };
	int status = 0;
	long me = sys0(SYS_getpid), pid, n;

	on_signal(SIGUSR1, note, 0);
	pid = sys2(NR_clone, SIGUSR1, 0);
	if (pid == 0)
		exit(7);
	check("clone with SIGUSR1", pid > 0);
	say("wait does not see it", sys4(SYS_wait4, -1, &status, 0, 0));
	while ((n = sys4(SYS_wait4, pid, &status, WALTSIG, 0)) == -4)
		continue;	/* the signal was first */
	check("wait for such does", n == pid);
	say("status", status >> 8);
	check("its signal", got == SIGUSR1);
	got = 0;
	pid = sys2(NR_clone, 0, 0);
	if (pid == 0)
		exit(8);
	check("clone without a signal", sys4(SYS_wait4, pid, &status, WALLSIG, 0) == pid && got == 0);
	say("clone with no such signal", sys2(NR_clone, 200, 0));
	pid = fork();
	if (pid == 0)
		exit(9);
	say("wait for others does not see a usual child", sys4(SYS_wait4, pid, &status, WALTSIG, 0));
	check("wait does", sys4(SYS_wait4, pid, &status, 0, 0) == pid);

	say("poll for a negative time", sys3(NR_poll, &pfd, 1, -2));
	say("poll at no address first", sys3(NR_poll, 16, 1, -2));

	on_signal(SIGUSR2, queued, 0);
	say("sigqueue to the own group", (sys2(82, 0, 0), queue(0, SIGUSR2, -1, (int)me)));
	check("signal, sender and value", got == SIGUSR2 && from == me && value == 4711);
	say("sigqueue of no such signal", queue(me, -1, -1, (int)me));
	pid = fork();
	if (pid == 0) {
		say("in another's name", queue(me, SIGUSR2, -1, 1));
		say("as if from the kernel", queue(me, SIGUSR2, 1, (int)sys0(SYS_getpid)));
		exit(0);
	}
	sys4(SYS_wait4, pid, &status, 0, 0);
	say("to itself, from anybody", queue(me, SIGUSR2, -1, 1));
	say("the sender it was told", from);
	return 0;
}
