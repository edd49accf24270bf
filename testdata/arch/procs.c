/* Processes: fork, vfork, clone, exit, wait, and what becomes of children (kern_fork.c, kern_exit.c). */
#include "posix.h"

static volatile int cell = 1;
static volatile int *shared;

static void fork_returns(void)
{
	long me = getpid(), pid;
	int fd[2];

	mkpipe(fd);
	pid = fork();
	if (pid == 0) {
		int ids[2] = { (int)getpid(), (int)sys0(SYS_getppid) };

		EQ(ids[1], me);
		EQ(sys3(SYS_write, fd[1], ids, sizeof ids), sizeof ids);
		exit(7);
	}
	int ids[2];
	OK(pid > 0 && pid != me);
	EQ(sys3(SYS_read, fd[0], ids, sizeof ids), sizeof ids);
	EQ(ids[0], pid);
	EQ(wait_for(pid), EXITED(7));
	EQ(sys4(SYS_wait4, pid, 0, 0, 0), -ECHILD);
}

static void exit_status(void)
{
	static const int in[] = { 0, 1, 127, 128, 255, 256, 0x1234, -1 };

	for (unsigned i = 0; i < sizeof in / sizeof in[0]; i++) {
		long pid = fork();
		if (pid == 0)
			exit(in[i]);
		int status = wait_for(pid);
		EQ(status & 0x7f, 0);
		EQ(status >> 8 & 255, in[i] & 255);
	}
}

static void copy_on_write(void)
{
	static char big[100000];
	int fd[2];

	big[0] = big[50000] = big[99999] = 'a';
	mkpipe(fd);
	long pid = fork();
	if (pid == 0) {
		EQ(big[50000], 'a');
		EQ(get(fd[0]), 'g');	/* the parent has written meanwhile */
		EQ(big[0], 'a');
		EQ(big[99999], 'a');
		big[50000] = 'c';
		exit(0);
	}
	big[0] = big[99999] = 'p';
	put(fd[1], 'g');
	EQ(wait_for(pid), 0);
	EQ(big[50000], 'a');
	EQ(big[0], 'p');
}

static void shared_memory(void)
{
	shared = map_shared(4096);
	long pid = fork();
	if (pid == 0) {
		*shared = 41;
		exit(0);
	}
	EQ(wait_for(pid), 0);
	EQ(*shared, 41);
}

static void descriptors(void)
{
	int fd[2];

	mkpipe(fd);
	long pid = fork();
	if (pid == 0) {
		put(fd[1], 'x');
		EQ(sys1(SYS_close, fd[1]), 0);	/* its own copy only */
		exit(0);
	}
	EQ(wait_for(pid), 0);
	EQ(get(fd[0]), 'x');
	put(fd[1], 'y');
	EQ(get(fd[0]), 'y');
}

static void pending_not_inherited(void)
{
	struct sigset s;

	mask(SIG_BLOCK, SIGUSR1, 0);
	kill(getpid(), SIGUSR1);
	long pid = fork();
	if (pid == 0) {
		EQ(sys1(SYS_sigpending, &s), 0);
		OK(!sigset_has(&s, SIGUSR1));
		EQ(sys3(SYS_sigprocmask, 0, 0, &s), 0);
		OK(sigset_has(&s, SIGUSR1));	/* the mask is */
		exit(0);
	}
	EQ(wait_for(pid), 0);
	EQ(sys1(SYS_sigpending, &s), 0);
	OK(sigset_has(&s, SIGUSR1));
}

static void timers_not_inherited(void)
{
	struct itimerval it = { { 0, 0 }, { 1000, 0 } };

	EQ(sys3(SYS_setitimer, 0, &it, 0), 0);
	long pid = fork();
	if (pid == 0) {
		EQ(sys2(SYS_getitimer, 0, &it), 0);
		EQ(it.value.sec, 0);
		EQ(it.value.usec, 0);
		exit(0);
	}
	EQ(wait_for(pid), 0);
	EQ(sys2(SYS_getitimer, 0, &it), 0);
	OK(it.value.sec > 0);
}

static void vfork_shares(void)
{
	cell = 1;
	long pid = vfork();
	if (pid == 0) {
		cell = 2;
		exit(3);
	}
	EQ(cell, 2);
	EQ(wait_for(pid), EXITED(3));
}

static void vfork_waits(void)
{
	int fd[2];
	char c = 0;

	mkpipe(fd);
	long pid = vfork();
	if (pid == 0) {
		struct timespec ts = { 0, 30000000 };

		sys2(SYS_nanosleep, &ts, 0);
		sys3(SYS_write, fd[1], "v", 1);
		exit(0);
	}
	/* What the child wrote is there: it has run first. */
	EQ(sys3(SYS_fcntl, fd[0], 4, O_NONBLOCK), 0);
	EQ(sys3(SYS_read, fd[0], &c, 1), 1);
	EQ(c, 'v');
	EQ(wait_for(pid), 0);
}

static void vfork_exec(void)
{
	char *argv[] = { "x", "--as-child", 0 }, *envp[] = { 0 };

	cell = 1;
	long pid = vfork();
	if (pid == 0) {
		cell = 5;
		sys3(SYS_execve, case_args[0], argv, envp);
		exit(98);
	}
	EQ(cell, 5);
	EQ(wait_for(pid), EXITED(42));
}

static void vfork_failed_exec(void)
{
	char *argv[] = { "x", 0 }, *envp[] = { 0 };
	volatile long error = 0;

	long pid = vfork();
	if (pid == 0) {
		error = (long)sys3(SYS_execve, "/nonexistent/file", argv, envp);
		exit(1);
	}
	EQ(error, -ENOENT);
	EQ(wait_for(pid), EXITED(1));
}

/* A stop does not take hold of a child whose parent waits: they would wait for each other (issignal). */
static void vfork_not_stopped(void)
{
	cell = 0;
	long pid = vfork();
	if (pid == 0) {
		sys2(SYS_kill, sys0(SYS_getpid), SIGSTOP);
		cell = 1;
		exit(0);
	}
	EQ(cell, 1);
	EQ(wait_for(pid), 0);
}

static void vfork_own_files(void)
{
	int fd[2];

	mkpipe(fd);
	long pid = vfork();
	if (pid == 0) {
		sys1(SYS_close, fd[0]);
		exit(0);
	}
	EQ(wait_for(pid), 0);
	put(fd[1], 'a');
	EQ(get(fd[0]), 'a');
}

static long clone(int flags)
{
	long pid = (long)sys2(SYS_clone, flags, 0);

	return pid >= 0 && nb_rv1 == 1 ? 0 : pid;
}

static void clone_plain(void)
{
	cell = 1;
	long pid = clone(SIGCHLD);
	if (pid == 0) {
		cell = 2;
		exit(9);
	}
	EQ(wait_for(pid), EXITED(9));
	EQ(cell, 1);
}

static void clone_files(void)
{
	int fd[2];

	mkpipe(fd);
	long pid = clone(0x400 | SIGCHLD);
	if (pid == 0) {
		sys1(SYS_close, fd[0]);
		exit(0);
	}
	EQ(wait_for(pid), 0);
	char c;
	EQ(sys3(SYS_read, fd[0], &c, 1), -EBADF);
}

static void clone_cwd(void)
{
	char here[1024], there[1024];

	EQ(sys2(SYS_chdir, "/", 0), 0);
	long pid = clone(0x200 | SIGCHLD);
	if (pid == 0)
		exit((int)sys1(SYS_chdir, "/tmp"));
	EQ(wait_for(pid), 0);
	long n = (long)sys2(296, here, sizeof here);	/* __getcwd */
	OK(n > 2 && same(here, "/tmp"));
	pid = clone(SIGCHLD);
	if (pid == 0)
		exit((int)sys1(SYS_chdir, "/"));
	EQ(wait_for(pid), 0);
	OK(sys2(296, there, sizeof there) > 0 && same(there, here));
}

static void clone_errors(void)
{
	EQ(sys2(SYS_clone, 0x800 | SIGCHLD, 0), -EINVAL);	/* handlers without memory */
	EQ(sys2(SYS_clone, 0x1000 | SIGCHLD, 0), -EINVAL);	/* CLONE_PID */
	EQ(sys2(SYS_clone, 0x2000 | SIGCHLD, 0), -EINVAL);	/* CLONE_PTRACE */
	EQ(sys2(SYS_clone, NSIG, 0), -EINVAL);
}

static volatile int signalled;
static struct info last;

static void note(int sig, struct siginfo *si, void *uc)
{
	signalled++;
	memcpy(&last, si, sizeof last);
}

/* A child can end with another signal than SIGCHLD; then only WALTSIG and WALLSIG find it. */
static void clone_exit_signal(void)
{
	handle(SIGUSR1, note, 0x40, 0);
	long pid = clone(SIGUSR1);
	if (pid == 0)
		exit(4);
	while (!signalled)
		yield();
	EQ(last.signo, SIGUSR1);
	EQ(sys4(SYS_wait4, pid, 0, 0, 0), -ECHILD);
	EQ(wait_opt(pid, WALTSIG), EXITED(4));
	pid = clone(0);
	if (pid == 0)
		exit(5);
	EQ(sys4(SYS_wait4, pid, 0, WNOHANG, 0), -ECHILD);
	EQ(wait_opt(pid, WALLSIG), EXITED(5));
	pid = fork();
	if (pid == 0)
		exit(6);
	EQ(sys4(SYS_wait4, pid, 0, WALTSIG, 0), -ECHILD);
	EQ(wait_opt(pid, 0), EXITED(6));
}

static void fork_fails(void)
{
	u64 lim[2], old[2];

	EQ(sys2(194, 7, old), 0);	/* getrlimit(RLIMIT_NPROC) */
	lim[0] = 0;
	lim[1] = old[1];
	EQ(sys2(195, 7, lim), 0);
	long pid = fork();
	if (pid == 0)
		exit(0);
	if (sys0(25) == 0) {	/* the super-user may */
		OK(pid > 0);
		EQ(wait_for(pid), 0);
	} else
		EQ(pid, -EAGAIN);
}

static void address_space_limit(void)
{
	long pid = fork();

	if (pid == 0) {
		u64 lim[2] = { 32 << 20, 32 << 20 };

		EQ(sys2(195, 10, lim), 0);	/* RLIMIT_AS */
		EQ(nb_syscall8(SYS_mmap, REG(0), REG(64 << 20), REG(3), REG(0x1002), REG(-1), REG(0), ARG64(0)), -ENOMEM);
		exit(0);
	}
	EQ(wait_for(pid), 0);
}

int main(int argc, char **argv, char **envp)
{
	static const struct tcase cases[] = {
		{ "fork-returns-in-both", fork_returns },
		{ "exit-status-bits", exit_status },
		{ "fork-copies-on-write", copy_on_write },
		{ "fork-keeps-shared-mappings", shared_memory },
		{ "fork-copies-descriptors", descriptors },
		{ "fork-drops-pending-signals", pending_not_inherited },
		{ "fork-drops-timers", timers_not_inherited },
		{ "fork-over-the-limit", fork_fails },
		{ "mmap-over-the-limit", address_space_limit },
		{ "vfork-shares-memory", vfork_shares },
		{ "vfork-parent-waits", vfork_waits },
		{ "vfork-exec-releases-parent", vfork_exec },
		{ "vfork-failed-exec", vfork_failed_exec },
		{ "vfork-child-not-stopped", vfork_not_stopped },
		{ "vfork-own-descriptors", vfork_own_files },
		{ "clone-like-fork", clone_plain },
		{ "clone-shares-files", clone_files },
		{ "clone-shares-directory", clone_cwd },
		{ "clone-errors", clone_errors },
		{ "clone-exit-signal", clone_exit_signal },
	};

	if (argc == 2 && same(argv[1], "--as-child"))
		return 42;
	return RUN_CASES(cases, argv);
}
