/* wait4 and wait6, zombies, orphans, SIGCHLD's rules (kern_exit.c, kern_sig.c). */
#include "posix.h"

static volatile int count;
static struct info last;

static void note(int sig, struct siginfo *si, void *uc)
{
	memcpy(&last, si, sizeof last);
	count++;
}

static void nothing(int sig, struct siginfo *si, void *uc) { }

static long sleeper(void)
{
	long pid = fork();

	if (pid == 0)
		for (;;)
			nap(1000);
	return pid;
}

static void end(long pid)
{
	kill(pid, SIGKILL);
	EQ(wait_for(pid), SIGKILL);
}

static void wait4_selects(void)
{
	long a = sleeper(), b = fork();

	if (b == 0) {
		sys2(SYS_setpgid, 0, 0);
		exit(2);
	}
	/* -pgid, before and after b has made its group */
	sys2(SYS_setpgid, b, b);
	EQ(wait_opt(b, 0), EXITED(2));
	EQ(sys4(SYS_wait4, -b, 0, 0, 0), -ECHILD);
	EQ(sys4(SYS_wait4, 0, 0, WNOHANG, 0), 0);	/* my group: a */
	EQ(sys4(SYS_wait4, -1, 0, WNOHANG, 0), 0);
	EQ(sys4(SYS_wait4, getpid(), 0, WNOHANG, 0), -ECHILD);
	end(a);
	EQ(sys4(SYS_wait4, -1, 0, WNOHANG, 0), -ECHILD);
}

static void wait4_group(void)
{
	long a = fork();

	if (a == 0) {
		sys2(SYS_setpgid, 0, 0);
		exit(2);
	}
	sys2(SYS_setpgid, a, a);
	int status = 0;
	EQ(sys4(SYS_wait4, -a, &status, 0, 0), a);
	EQ(status, EXITED(2));
}

static void bad_arguments(void)
{
	long a = sleeper();
	int status;

	EQ(sys4(SYS_wait4, a, 0, 0x800000, 0), -EINVAL);
	EQ(nb_syscall(SYS_wait6, P_PID, a, 0, 0, 0, 0), -EINVAL);		/* nothing to wait for */
	EQ(nb_syscall(SYS_wait6, P_PID, a, 0, WNOHANG, 0, 0), -EINVAL);
	EQ(nb_syscall(SYS_wait6, P_PID, a, 0, WEXITED | 0x800000, 0, 0), -EINVAL);
	EQ(nb_syscall(SYS_wait6, P_LWPID, a, 0, WEXITED, 0, 0), -ECHILD);
	EQ(nb_syscall(SYS_wait6, P_PID, 1, 0, WEXITED, 0, 0), -ECHILD);
	EQ(nb_syscall(SYS_wait6, P_PID, a, &status, WEXITED | WNOHANG, 0, 0), 0);
	end(a);
	a = fork();
	if (a == 0)
		exit(0);
	EQ(sys4(SYS_wait4, a, 8, 0, 0), -EFAULT);
	EQ(sys4(SYS_wait4, a, 0, 0, 0), -ECHILD);	/* it is gone all the same */
}

static void wait6_ids(void)
{
	static const int kinds[] = { P_ALL, P_PID, P_PGID, P_SID, P_UID, P_GID };

	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		long pid = fork(), id = 0;

		if (pid == 0)
			exit(3);
		switch (kinds[i]) {
		case P_PID:
			id = pid;
			break;
		case P_PGID:
			id = i & 1 ? 0 : getpid();
			break;
		case P_SID:
			id = (long)sys1(SYS_getsid, 0);
			break;
		case P_UID:
			id = (long)sys0(25);
			break;
		case P_GID:
			id = (long)sys0(43);
		}
		int status = 0;
		EQ(nb_syscall(SYS_wait6, kinds[i], id, &status, WEXITED, 0, 0), pid);
		EQ(status, EXITED(3));
	}
	/* P_PID 0 means the group as well (find_stopped_child). */
	long pid = fork();
	if (pid == 0)
		exit(0);
	EQ(nb_syscall(SYS_wait6, P_PID, 0, 0, WEXITED, 0, 0), pid);
}

static void wait6_info(void)
{
	struct info si[2];
	struct wrusage ru;
	long pid = fork();
	int status;

	if (pid == 0)
		exit(0x155);
	memset(si, 0x55, sizeof si);
	memset(&ru, 0x55, sizeof ru);
	EQ(nb_syscall(SYS_wait6, P_PID, pid, &status, WEXITED, &ru, si), pid);
	EQ(status >> 8 & 255, 0x55);
	EQ(status & 127, 0);
	EQ(si->signo, SIGCHLD);
	EQ(si->code, CLD_EXITED);
	EQ(si->errno, 0);
	EQ(si->u.child.pid, pid);
	EQ(si->u.child.uid, sys0(25));
	EQ(si->u.child.status, 0x155);	/* all of it */
	OK(ru.self.utime.usec >= 0 && ru.self.utime.usec < 1000000 && ru.self.utime.sec < 1000);
	EQ(ru.children.utime.sec, 0);
	pid = sleeper();
	kill(pid, SIGTERM);
	EQ(nb_syscall(SYS_wait6, P_ALL, 0, &status, WEXITED, 0, si), pid);
	EQ(status & ~CORE, SIGTERM);
	EQ(si->code, CLD_KILLED);
	EQ(si->u.child.status, SIGTERM);
	/* Nothing to tell: all zero. */
	pid = sleeper();
	memset(si, 0x55, sizeof si);
	EQ(nb_syscall(SYS_wait6, P_PID, pid, 0, WEXITED | WNOHANG, 0, si), 0);
	EQ(si->signo, 0);
	EQ(si->u.child.pid, 0);
	end(pid);
}

static void wnowait(void)
{
	long pid = fork();
	int status;

	if (pid == 0)
		exit(1);
	for (int i = 0; i < 3; i++) {
		status = 0;
		EQ(nb_syscall(SYS_wait6, P_PID, pid, &status, WEXITED | WNOWAIT, 0, 0), pid);
		EQ(status, EXITED(1));
	}
	EQ(kill(pid, 0), 0);	/* a zombie is still there */
	EQ(kill(pid, SIGKILL), 0);
	EQ(wait_for(pid), EXITED(1));
	EQ(kill(pid, 0), -ESRCH);
}

static void stopped_continued(void)
{
	long pid = sleeper();
	struct info si[2];
	int status;

	kill(pid, SIGSTOP);
	for (int i = 0; i < 2; i++) {
		EQ(nb_syscall(SYS_wait6, P_PID, pid, &status, WSTOPPED | WNOWAIT, 0, si), pid);
		EQ(status, STOPPED(SIGSTOP));
		EQ(si->code, CLD_STOPPED);
		EQ(si->u.child.status, SIGSTOP);
	}
	EQ(wait_opt(pid, WSTOPPED), STOPPED(SIGSTOP));
	EQ(sys4(SYS_wait4, pid, 0, WSTOPPED | WNOHANG, 0), 0);	/* told once */
	kill(pid, SIGCONT);
	EQ(nb_syscall(SYS_wait6, P_PID, pid, &status, WCONTINUED | WNOWAIT, 0, si), pid);
	EQ(status, CONTINUED);
	EQ(si->code, CLD_CONTINUED);
	EQ(si->u.child.status, SIGCONT);
	EQ(wait_opt(pid, WCONTINUED), CONTINUED);
	EQ(sys4(SYS_wait4, pid, 0, WCONTINUED | WNOHANG, 0), 0);
	/* Without the options neither is told. */
	kill(pid, SIGSTOP);
	EQ(nb_syscall(SYS_wait6, P_PID, pid, 0, WSTOPPED | WNOWAIT, 0, 0), pid);
	EQ(sys4(SYS_wait4, pid, 0, WNOHANG, 0), 0);
	/* Only exits are waited for, and this is none. */
	EQ(nb_syscall(SYS_wait6, P_PID, pid, 0, WEXITED | WNOHANG, 0, 0), 0);
	end(pid);
}

static void stop_signals(void)
{
	static const int sigs[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };

	for (int i = 0; i < 4; i++) {
		long pid = sleeper();

		kill(pid, sigs[i]);
		EQ(wait_opt(pid, WSTOPPED), STOPPED(sigs[i]));
		kill(pid, SIGTERM);	/* waits for the continue */
		EQ(sys4(SYS_wait4, pid, 0, WNOHANG, 0), 0);
		kill(pid, SIGCONT);
		EQ(wait_for(pid), SIGTERM);
	}
}

static void kill_stopped(void)
{
	long pid = sleeper();

	kill(pid, SIGSTOP);
	EQ(wait_opt(pid, WSTOPPED), STOPPED(SIGSTOP));
	kill(pid, SIGKILL);
	EQ(wait_for(pid), SIGKILL);
}

/* Exits that have happened are told before stops, the latest exit first (exit1 moves a zombie to the head). */
static void order(void)
{
	long a = sleeper(), b = fork(), c;

	if (b == 0)
		exit(1);
	EQ(nb_syscall(SYS_wait6, P_PID, b, 0, WEXITED | WNOWAIT, 0, 0), b);
	c = fork();
	if (c == 0)
		exit(2);
	EQ(nb_syscall(SYS_wait6, P_PID, c, 0, WEXITED | WNOWAIT, 0, 0), c);
	kill(a, SIGSTOP);
	EQ(nb_syscall(SYS_wait6, P_PID, a, 0, WSTOPPED | WNOWAIT, 0, 0), a);
	EQ(sys4(SYS_wait4, -1, 0, WSTOPPED, 0), c);
	EQ(sys4(SYS_wait4, -1, 0, WSTOPPED, 0), b);
	EQ(sys4(SYS_wait4, -1, 0, WSTOPPED, 0), a);
	end(a);
}

static volatile u32 work;

static void usage(void)
{
	struct rusage child, mine;
	long pid = fork();
	int status;

	if (pid == 0) {
		for (int i = 0; i < 20000000; i++)
			work += i;
		exit(0);
	}
	EQ(sys4(SYS_wait4, pid, &status, 0, &child), pid);
	OK(child.utime.sec > 0 || child.utime.usec > 0);
	EQ(sys2(SYS_getrusage, -1, &mine), 0);	/* RUSAGE_CHILDREN */
	OK(mine.utime.sec > child.utime.sec || (mine.utime.sec == child.utime.sec && mine.utime.usec >= child.utime.usec));
	/* What an ignored child used is not added: nobody waited for it. */
	struct rusage after;
	handle(SIGCHLD, SIG_IGN, 0, 0);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 1000000; i++)
			work += i;
		exit(0);
	}
	EQ(sys4(SYS_wait4, pid, 0, 0, 0), -ECHILD);
	EQ(sys2(SYS_getrusage, -1, &after), 0);
	EQ(after.utime.sec, mine.utime.sec);
	EQ(after.utime.usec, mine.utime.usec);
}

static void orphan_goes_to_init(void)
{
	int fd[2];
	char c;

	mkpipe(fd);
	long pid = fork();
	if (pid == 0) {
		long me = getpid();

		if (fork() == 0) {
			OK(sys0(SYS_getppid) == me || sys0(SYS_getppid) == 1);
			while (sys0(SYS_getppid) == me)
				yield();
			EQ(sys0(SYS_getppid), 1);
			put(fd[1], 'o');
			exit(0);
		}
		exit(0);
	}
	EQ(wait_for(pid), 0);
	sys1(SYS_close, fd[1]);
	EQ(get(fd[0]), 'o');
	EQ(sys3(SYS_read, fd[0], &c, 1), 0);
	EQ(sys4(SYS_wait4, -1, 0, 0, 0), -ECHILD);
}

static void sigchld_info(void)
{
	handle(SIGCHLD, note, 0x40, 0);
	long pid = fork();
	if (pid == 0)
		exit(17);
	EQ(wait_for(pid), EXITED(17));
	while (count < 1)
		yield();
	EQ(last.signo, SIGCHLD);
	EQ(last.code, CLD_EXITED);
	EQ(last.u.child.pid, pid);
	EQ(last.u.child.uid, sys0(25));
	EQ(last.u.child.status, 17);
	pid = sleeper();
	kill(pid, SIGSTOP);
	EQ(wait_opt(pid, WSTOPPED), STOPPED(SIGSTOP));
	while (count < 2)
		yield();
	EQ(last.code, CLD_STOPPED);
	EQ(last.u.child.status, SIGSTOP);
	kill(pid, SIGCONT);
	EQ(wait_opt(pid, WCONTINUED), CONTINUED);
	while (count < 3)
		yield();
	EQ(last.code, CLD_CONTINUED);
	EQ(last.u.child.status, SIGCONT);
	kill(pid, SIGINT);
	EQ(wait_for(pid), SIGINT);
	while (count < 4)
		yield();
	EQ(last.code, CLD_KILLED);
	EQ(last.u.child.pid, pid);
	EQ(last.u.child.status, SIGINT);
}

static void nocldstop(void)
{
	handle(SIGCHLD, note, 0x40 | SA_NOCLDSTOP, 0);
	long pid = sleeper();
	kill(pid, SIGSTOP);
	EQ(wait_opt(pid, WSTOPPED), STOPPED(SIGSTOP));
	EQ(count, 0);
	/* A continue is told all the same: child_psignal(p, 0). */
	kill(pid, SIGCONT);
	EQ(wait_opt(pid, WCONTINUED), CONTINUED);
	while (count < 1)
		yield();
	EQ(last.code, CLD_CONTINUED);
	end(pid);
	while (count < 2)
		yield();
	EQ(last.code, CLD_KILLED);
}

static void nocldwait(void)
{
	struct sigaction sa;

	handle(SIGCHLD, nothing, SA_NOCLDWAIT, 0);
	EQ(sys5(SYS_sigaction_sigtramp, SIGCHLD, 0, &sa, 0, 0), 0);
	EQ(sa.flags & SA_NOCLDWAIT, SA_NOCLDWAIT);
	long pid = fork();
	if (pid == 0)
		exit(1);
	long r;
	while ((r = (long)sys4(SYS_wait4, pid, 0, 0, 0)) == -EINTR)
		;
	EQ(r, -ECHILD);	/* and only when it has ended */
	EQ(kill(pid, 0), -ESRCH);
}

static void ignored_sigchld(void)
{
	handle(SIGCHLD, SIG_IGN, 0, 0);
	long a = fork();
	if (a == 0)
		exit(1);
	long b = sleeper();
	EQ(sys4(SYS_wait4, b, 0, WNOHANG, 0), 0);
	kill(b, SIGKILL);
	EQ(sys4(SYS_wait4, -1, 0, 0, 0), -ECHILD);	/* waits for the last one */
	EQ(kill(a, 0), -ESRCH);
	EQ(kill(b, 0), -ESRCH);
	/* The default, which also does nothing, leaves zombies. */
	handle(SIGCHLD, SIG_DFL, 0, 0);
	a = fork();
	if (a == 0)
		exit(1);
	EQ(wait_for(a), EXITED(1));
}

/* A blocked SIGCHLD waits, one for all children; the children are zombies meanwhile. */
static void blocked_sigchld(void)
{
	struct sigset s;
	long a, b;

	handle(SIGCHLD, note, 0x40, 0);
	mask(SIG_BLOCK, SIGCHLD, 0);
	a = fork();
	if (a == 0)
		exit(1);
	b = fork();
	if (b == 0)
		exit(2);
	EQ(nb_syscall(SYS_wait6, P_PID, a, 0, WEXITED | WNOWAIT, 0, 0), a);
	EQ(nb_syscall(SYS_wait6, P_PID, b, 0, WEXITED | WNOWAIT, 0, 0), b);
	EQ(sys1(SYS_sigpending, &s), 0);
	OK(sigset_has(&s, SIGCHLD));
	mask(SIG_UNBLOCK, SIGCHLD, 0);
	EQ(count, 1);
	EQ(wait_for(a), EXITED(1));
	EQ(wait_for(b), EXITED(2));
}

static void zombie_group(void)
{
	long pid = fork();

	if (pid == 0) {
		sys2(SYS_setpgid, 0, 0);
		exit(0);
	}
	sys2(SYS_setpgid, pid, pid);
	EQ(nb_syscall(SYS_wait6, P_PID, pid, 0, WEXITED | WNOWAIT, 0, 0), pid);
	EQ(kill(-pid, 0), 0);		/* its group exists as long as it does */
	EQ(kill(-pid, SIGTERM), 0);
	EQ(wait_for(pid), 0);
	EQ(kill(-pid, 0), -ESRCH);
}

int main(int argc, char **argv, char **envp)
{
	static const struct tcase cases[] = {
		{ "wait4-selects", wait4_selects },
		{ "wait4-group", wait4_group },
		{ "wait-bad-arguments", bad_arguments },
		{ "wait6-kinds-of-id", wait6_ids },
		{ "wait6-siginfo", wait6_info },
		{ "wait6-WNOWAIT", wnowait },
		{ "wait6-stopped-continued", stopped_continued },
		{ "every-stop-signal-stops", stop_signals },
		{ "SIGKILL-ends-a-stopped-process", kill_stopped },
		{ "wait-order", order },
		{ "wait-usage", usage },
		{ "orphans-go-to-init", orphan_goes_to_init },
		{ "zombie-keeps-its-group", zombie_group },
		{ "SIGCHLD-siginfo", sigchld_info },
		{ "SIGCHLD-SA_NOCLDSTOP", nocldstop },
		{ "SIGCHLD-SA_NOCLDWAIT", nocldwait },
		{ "SIGCHLD-ignored", ignored_sigchld },
		{ "SIGCHLD-blocked", blocked_sigchld },
	};

	return RUN_CASES(cases, argv);
}
