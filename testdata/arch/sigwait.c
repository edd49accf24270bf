/* Waiting for signals, masks per LWP and process, and what a signal does to calls that sleep (sys_sig.c; each
 * call's own source says whether it is made again). */
#include "posix.h"

static volatile int count, stopat;
static volatile int enough;	/* what the ticker's handler does at last */
static int fds[2];
static struct info last;

static void note(int sig, struct siginfo *si, void *uc)
{
	memcpy(&last, si, sizeof last);
	count++;
}

static void sigsuspend_mask(void)
{
	struct sigset s, now;

	handle(SIGUSR1, note, 0, 0);
	handle(SIGUSR2, note, 0, 0);
	mask(SIG_BLOCK, SIGUSR1, SIGUSR2);
	kill(getpid(), SIGUSR1);
	sigset_of(&s, SIGUSR2, 0);
	EQ(sys1(SYS_sigsuspend, &s), -EINTR);
	EQ(count, 1);
	EQ(sys3(SYS_sigprocmask, 0, 0, &now), 0);
	OK(sigset_has(&now, SIGUSR1) && sigset_has(&now, SIGUSR2));
	long pid = fork();
	if (pid == 0) {
		nap(30);
		kill(sys0(SYS_getppid), SIGUSR1);
		exit(0);
	}
	handle(SIGUSR1, note, SA_RESTART, 0);	/* never made again */
	EQ(sys1(SYS_sigsuspend, &s), -EINTR);
	EQ(count, 2);
	wait_for(pid);
	EQ(sys1(SYS_sigsuspend, 8), -EFAULT);
}

static struct sigset in_handler;

static void look(int sig, struct siginfo *si, void *uc)
{
	count++;
	sys3(SYS_sigprocmask, 0, 0, &in_handler);
	/* What the handler returns to is the mask from before sigsuspend. */
	OK(((u32 *)uc)[0] & 1);
}

static void sigsuspend_in_handler(void)
{
	struct sigset s;

	handle(SIGUSR1, look, 0, SIGHUP);
	mask(SIG_BLOCK, SIGUSR1, SIGTERM);
	kill(getpid(), SIGUSR1);
	sigset_of(&s, SIGINT, 0);
	EQ(sys1(SYS_sigsuspend, &s), -EINTR);
	/* In the handler: sigsuspend's mask, the action's, the signal. */
	OK(sigset_has(&in_handler, SIGINT) && sigset_has(&in_handler, SIGHUP) && sigset_has(&in_handler, SIGUSR1));
	OK(!sigset_has(&in_handler, SIGTERM));
}

static void sigtimedwait_takes(void)
{
	struct sigset s;
	struct info si[2];
	struct timespec ts = { 0, 0 };

	handle(SIGUSR1, note, 0, 0);
	mask(SIG_BLOCK, SIGUSR1, SIGUSR2);
	sigset_of(&s, SIGUSR1, SIGUSR2);
	EQ(sys3(SYS_sigtimedwait, &s, 0, &ts), -EAGAIN);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGUSR1);
	EQ(sys3(SYS_sigtimedwait, &s, si, 0), SIGUSR1);
	EQ(si->signo, SIGUSR1);
	EQ(si->code, SI_USER);
	EQ(si->u.rt.pid, getpid());
	EQ(sys3(SYS_sigtimedwait, &s, 0, 0), SIGUSR2);
	EQ(count, 0);
	ts.nsec = 5000000;
	EQ(sys3(SYS_sigtimedwait, &s, si, &ts), -EAGAIN);
	ts.nsec = 1000000000;
	EQ(sys3(SYS_sigtimedwait, &s, si, &ts), -EINVAL);
	ts.nsec = -1;
	EQ(sys3(SYS_sigtimedwait, &s, si, &ts), -EINVAL);
	ts.nsec = 0;
	ts.sec = -1;
	EQ(sys3(SYS_sigtimedwait, &s, si, &ts), -ETIMEDOUT);	/* itimespecfix */
	EQ(sys3(SYS_sigtimedwait, 8, si, 0), -EFAULT);
}

static void sigwait_from_child(void)
{
	struct sigset s;
	struct info si[2];

	mask(SIG_BLOCK, SIGUSR1, SIGCHLD);
	sigset_of(&s, SIGUSR1, SIGCHLD);
	long pid = fork();
	if (pid == 0) {
		nap(20);
		kill(sys0(SYS_getppid), SIGUSR1);
		exit(3);
	}
	EQ(sys3(SYS_sigtimedwait, &s, si, 0), SIGUSR1);
	EQ(si->u.rt.pid, pid);
	/* SIGCHLD is ignored by default: it is not kept, not even for one who waits (kpsignal2). */
	EQ(wait_for(pid), EXITED(3));
	struct timespec ts = { 0, 0 };
	EQ(sys3(SYS_sigtimedwait, &s, si, &ts), -EAGAIN);
	handle(SIGCHLD, note, 0, 0);
	pid = fork();
	if (pid == 0)
		exit(4);
	EQ(sys3(SYS_sigtimedwait, &s, si, 0), SIGCHLD);
	EQ(si->code, CLD_EXITED);
	EQ(si->u.child.status, 4);
	EQ(si->u.child.pid, pid);
	EQ(wait_for(pid), EXITED(4));
	EQ(count, 0);
}

/* An interval timer goes off until the call has ended, so that it does not matter when the call began. */
static void tick(int sig, struct siginfo *si, void *uc)
{
	if (++count == stopat)
		switch (enough) {
		case 1:
			put(fds[1], 'e');
			break;
		case 2:
			exit(0);
		}
}

static void ticker(int flags, int at, int what)
{
	struct itimerval it = { { 0, 4000 }, { 0, 4000 } };

	handle(SIGALRM, tick, flags, 0);
	count = 0;
	stopat = at;
	enough = what;
	EQ(sys3(SYS_setitimer, 0, &it, 0), 0);
}

static void quiet(void)
{
	struct itimerval it = { { 0, 0 }, { 0, 0 } };

	EQ(sys3(SYS_setitimer, 0, &it, 0), 0);
	OK(count > 0);
}

/* Without SA_RESTART every call ends with EINTR; with it, see "again". */
#define INTERRUPTED(error, call) do { \
		ticker(0, 0, 0); \
		EQ(call, -(error)); \
		quiet(); \
	} while (0)
#define NEVER_AGAIN(call) do { \
		INTERRUPTED(EINTR, call); \
		ticker(SA_RESTART, 0, 0); \
		EQ(call, -EINTR); \
		quiet(); \
	} while (0)
/* The handler's tenth call writes to the pipe. */
#define AGAIN(result, call) do { \
		INTERRUPTED(EINTR, call); \
		ticker(SA_RESTART, 10, 1); \
		EQ(call, result); \
		quiet(); \
		OK(count >= 10); \
	} while (0)

static void intr_read_pipe(void)
{
	char c;

	mkpipe(fds);
	AGAIN(1, sys3(SYS_read, fds[0], &c, 1));
	EQ(c, 'e');
}

static void intr_write_pipe(void)
{
	static char big[300000];
	int fd[2];
	long n;

	mkpipe(fd);
	/* What has been written counts more than the signal. */
	ticker(0, 0, 0);
	n = (long)sys3(SYS_write, fd[1], big, sizeof big);
	OK(n > 0 && n < (long)sizeof big);
	quiet();
	INTERRUPTED(EINTR, sys3(SYS_write, fd[1], big, 1));
}

static void intr_wait(void)
{
	mkpipe(fds);
	long pid = fork();
	if (pid == 0) {
		get(fds[0]);
		exit(6);
	}
	AGAIN(pid, sys4(SYS_wait4, pid, 0, 0, 0));
	pid = fork();
	if (pid == 0) {
		get(fds[0]);
		exit(6);
	}
	AGAIN(pid, nb_syscall(SYS_wait6, P_PID, pid, 0, WEXITED, 0, 0));
}

static void intr_nanosleep(void)
{
	struct timespec ts = { 1000, 5 }, left;

	NEVER_AGAIN(sys2(SYS_nanosleep, &ts, 0));
	ticker(SA_RESTART, 0, 0);
	left.sec = left.nsec = 0;
	EQ(sys2(SYS_nanosleep, &ts, &left), -EINTR);
	quiet();
	OK(left.sec > 900 && left.sec < 1001 && left.nsec >= 0 && left.nsec < 1000000000);
	/* clock_nanosleep's error is its value. */
	ticker(0, 0, 0);
	EQ(sys4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, &left), EINTR);
	quiet();
}

static void intr_poll(void)
{
	struct pollfd { int fd; short events, revents; } p;
	struct timespec ts = { 1000, 0 };
	int fd[2];

	mkpipe(fd);
	p.fd = fd[0];
	p.events = 1;
	NEVER_AGAIN(sys3(SYS_poll, &p, 1, -1));
	NEVER_AGAIN(sys4(SYS_pollts, &p, 1, &ts, 0));
}

static void intr_select(void)
{
	u32 set[8] = { 0 };
	int fd[2];

	mkpipe(fd);
	set[fd[0] / 32] = 1u << fd[0] % 32;
	NEVER_AGAIN(sys5(SYS_select, fd[0] + 1, set, 0, 0, 0));
	NEVER_AGAIN(nb_syscall(SYS_pselect, fd[0] + 1, set, 0, 0, 0, 0));
}

static void pselect_mask(void)
{
	struct sigset s, none;

	memset(&none, 0, sizeof none);
	handle(SIGUSR1, note, 0, 0);
	mask(SIG_BLOCK, SIGUSR1, 0);
	kill(getpid(), SIGUSR1);
	EQ(nb_syscall(SYS_pselect, 0, 0, 0, 0, 0, &none), -EINTR);
	EQ(count, 1);
	EQ(sys3(SYS_sigprocmask, 0, 0, &s), 0);
	OK(sigset_has(&s, SIGUSR1));
	kill(getpid(), SIGUSR1);
	EQ(sys4(SYS_pollts, 0, 0, 0, &none), -EINTR);
	EQ(count, 2);
}

static void intr_kevent(void)
{
	char ev[64];
	long kq = (long)sys0(SYS_kqueue);

	OK(kq >= 0);
	NEVER_AGAIN(nb_syscall(SYS_kevent, kq, 0, 0, ev, 1, 0));
}

static void intr_accept(void)
{
	struct { u8 len, family; char path[104]; } sun;
	long s = (long)sys3(SYS_socket, 1, 1, 0);

	memset(&sun, 0, sizeof sun);
	sun.len = 3;
	sun.family = 2;
	s = (long)sys3(SYS_socket, 2, 1, 0);	/* AF_INET: any free port */
	OK(s >= 0);
	u8 sin[16] = { 16, 2, 0, 0, 127, 0, 0, 1 };
	EQ(sys3(SYS_bind, s, sin, sizeof sin), 0);
	EQ(sys2(SYS_listen, s, 5), 0);
	INTERRUPTED(EINTR, sys3(SYS_accept, s, 0, 0));
}

static void intr_recv(void)
{
	int sv[2];
	char c;

	EQ(sys4(SYS_socketpair, 1, 1, 0, sv), 0);
	fds[1] = sv[1];
	AGAIN(1, nb_syscall(SYS_recvfrom, sv[0], &c, 1, 0, 0, 0));
	EQ(c, 'e');
}

struct msg {
	long type;
	char text[8];
};

static void intr_sysv(void)
{
	struct { unsigned short num; short op, flg; } op = { 0, -1, 0 };
	struct msg m = { 1, "x" };
	long id;

	id = (long)sys2(SYS_msgget, 0, 01600);
	OK(id >= 0);
	/* Neither is ever made again (sys_msgrcv, sys_semop). */
	NEVER_AGAIN(sys5(SYS_msgrcv, id, &m, 8, 0, 0));
	sys3(SYS_msgctl, id, 0, 0);
	id = (long)sys3(SYS_semget, 0, 1, 01600);
	OK(id >= 0);
	NEVER_AGAIN(sys3(SYS_semop, id, &op, 1));
	sys4(SYS_semctl, id, 0, 0, 0);
}

static void intr_mqueue(void)
{
	struct { long flags, maxmsg, msgsize, curmsgs; } attr = { 0, 2, 8, 0 };
	char buf[8] = "message", name[24] = "/nbemu-posix-";
	long n = getpid(), mq;

	for (int i = 13; i < 22; i++, n /= 10)
		name[i] = (char)('0' + n % 10);
	mq = (long)sys4(SYS_mq_open, name, O_RDWR | O_CREAT, 0600, &attr);
	OK(mq >= 0);
	sys1(SYS_mq_unlink, name);
	NEVER_AGAIN(sys4(SYS_mq_receive, mq, buf, 8, 0));	/* mq_recv1 */
	EQ(sys4(SYS_mq_send, mq, buf, 8, 0), 0);
	EQ(sys4(SYS_mq_send, mq, buf, 8, 0), 0);
	INTERRUPTED(EINTR, sys4(SYS_mq_send, mq, buf, 8, 0));
}

static void intr_futex(void)
{
	volatile u32 word = 5;
	struct timespec ts = { 1000, 0 };

	NEVER_AGAIN(nb_syscall(SYS_futex, &word, 0, 5, &ts, 0, 0));
}

static void intr_park(void)
{
	struct timespec ts = { 1000, 0 };

	NEVER_AGAIN(nb_syscall(SYS_lwp_park, CLOCK_MONOTONIC, 0, &ts, 0, 0, 0));
	OK(ts.sec > 900 && ts.sec < 1000);
}

static void intr_sigtimedwait(void)
{
	struct timespec ts = { 1000, 0 };
	struct sigset s;

	sigset_of(&s, SIGUSR1, 0);
	/* sigtimedwait1 says ECANCELED where others say EINTR, and is made again with SA_RESTART. */
	INTERRUPTED(ECANCELED, sys3(SYS_sigtimedwait, &s, 0, &ts));
	OK(ts.sec > 900 && ts.sec < 1000);
	mkpipe(fds);
	long pid = fork();
	if (pid == 0) {
		get(fds[0]);
		kill(sys0(SYS_getppid), SIGUSR1);
		exit(0);
	}
	mask(SIG_BLOCK, SIGUSR1, 0);
	ticker(SA_RESTART, 10, 1);
	EQ(sys3(SYS_sigtimedwait, &s, 0, &ts), SIGUSR1);
	quiet();
	wait_for(pid);
}

static void intr_lock(void)
{
	struct { i64 start, len; int pid; short type, whence; } fl = { 0, 0, 0, 3, 0 };
	char name[32] = "/tmp/nbemu-lock-";
	long n = getpid(), fd;
	int ready[2];

	for (int i = 16; i < 26; i++, n /= 10)
		name[i] = (char)('0' + n % 10);
	mkpipe(fds);
	mkpipe(ready);
	fd = open(name, O_RDWR | O_CREAT, 0600);
	OK(fd >= 0);
	long pid = fork();
	if (pid == 0) {
		EQ(sys3(SYS_fcntl, fd, 8, &fl), 0);
		put(ready[1], 'r');
		get(fds[0]);
		exit(0);
	}
	EQ(get(ready[0]), 'r');
	sys1(10, name);
	AGAIN(0, sys3(SYS_fcntl, fd, 9, &fl));
	wait_for(pid);
}

static void intr_ksem(void)
{
	long id[1];

	EQ(sys2(SYS_ksem_init, 0, id), 0);
	INTERRUPTED(EINTR, sys1(SYS_ksem_wait, id[0]));
}

static void stop_does_not_interrupt(void)
{
	struct timespec ts = { 0, 50000000 };
	int fd[2], out[2];

	mkpipe(fd);
	mkpipe(out);
	long pid = fork();
	if (pid == 0) {
		char c;

		put(out[1], 'r');
		EQ(sys2(SYS_nanosleep, &ts, 0), 0);
		EQ(sys3(SYS_read, fd[0], &c, 1), 1);
		exit(9);
	}
	EQ(get(out[0]), 'r');
	for (int i = 0; i < 5; i++) {
		kill(pid, SIGSTOP);
		EQ(wait_opt(pid, WSTOPPED), STOPPED(SIGSTOP));
		kill(pid, SIGCONT);
		EQ(wait_opt(pid, WCONTINUED), CONTINUED);
	}
	put(fd[1], 'g');
	EQ(wait_for(pid), EXITED(9));
}

static void ignored_does_not_interrupt(void)
{
	struct timespec ts = { 0, 60000000 };
	struct itimerval it = { { 0, 4000 }, { 0, 4000 } };

	handle(SIGALRM, SIG_IGN, 0, 0);
	EQ(sys3(SYS_setitimer, 0, &it, 0), 0);
	EQ(sys2(SYS_nanosleep, &ts, 0), 0);
	handle(SIGALRM, note, 0, 0);
	mask(SIG_BLOCK, SIGALRM, 0);
	EQ(sys2(SYS_nanosleep, &ts, 0), 0);
}

int main(int argc, char **argv, char **envp)
{
	static const struct tcase cases[] = {
		{ "sigsuspend-mask", sigsuspend_mask },
		{ "sigsuspend-mask-in-handler", sigsuspend_in_handler },
		{ "sigtimedwait-pending", sigtimedwait_takes },
		{ "sigwait-from-child", sigwait_from_child },
		{ "interrupt-read-pipe", intr_read_pipe },
		{ "interrupt-write-pipe", intr_write_pipe },
		{ "interrupt-wait", intr_wait },
		{ "interrupt-nanosleep", intr_nanosleep },
		{ "interrupt-poll", intr_poll },
		{ "interrupt-select", intr_select },
		{ "pselect-pollts-mask", pselect_mask },
		{ "interrupt-kevent", intr_kevent },
		{ "interrupt-accept", intr_accept },
		{ "interrupt-recv", intr_recv },
		{ "interrupt-msgrcv-semop", intr_sysv },
		{ "interrupt-mqueue", intr_mqueue },
		{ "interrupt-__futex", intr_futex },
		{ "interrupt-_lwp_park", intr_park },
		{ "interrupt-sigtimedwait", intr_sigtimedwait },
		{ "interrupt-fcntl-lock", intr_lock },
		{ "interrupt-_ksem_wait", intr_ksem },
		{ "stop-does-not-interrupt", stop_does_not_interrupt },
		{ "ignored-does-not-interrupt", ignored_does_not_interrupt },
	};

	return RUN_CASES(cases, argv);
}
