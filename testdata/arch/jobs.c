/* Process groups, sessions, and job control from a terminal that the program makes (kern_proc.c, tty.c). */
#include "posix.h"

#define TIOCPTMGET	0x48087446
#define TIOCSCTTY	0x20007461
#define TIOCNOTTY	0x20007471
#define TIOCSPGRP	0x80047476u
#define TIOCGPGRP	0x40047477
#define TIOCGSID	0x40047463
#define TIOCGETA	0x402c7413
#define TIOCSETA	0x802c7414u
#define TIOCGWINSZ	0x40087468
#define TIOCSWINSZ	0x80087467u
#define ISIG		0x80
#define ICANON		0x100
#define ECHO		8
#define TOSTOP		0x400000
#define NOFLSH		0x80000000u
#define ioctl(fd, cmd, arg) sys3(SYS_ioctl, fd, cmd, arg)

struct termios {
	u32 iflag, oflag, cflag, lflag;
	u8 cc[20];
	int ispeed, ospeed;
};

static struct {
	int master, slave;
	char mname[1024], sname[1024];
} pty;

static volatile int count, hups, conts;

static void note(int sig, struct siginfo *si, void *uc) { count++; }

/* ---- groups and sessions ---- */

static void setpgid_rules(void)
{
	long me = getpid(), a = fork(), b;

	if (a == 0)
		for (;;)
			nap(1000);
	EQ(sys1(SYS_getpgid, a), me);
	EQ(sys2(SYS_setpgid, a, 0), 0);		/* a group of its own */
	EQ(sys1(SYS_getpgid, a), a);
	EQ(sys2(SYS_setpgid, a, me), 0);	/* and back */
	EQ(sys2(SYS_setpgid, a, a), 0);
	EQ(sys2(SYS_setpgid, a, a), 0);
	EQ(sys2(SYS_setpgid, a, -1), -EINVAL);
	EQ(sys2(SYS_setpgid, 0x7ffffff0, 0), -ESRCH);
	EQ(sys2(SYS_setpgid, sys0(SYS_getppid), 0), -ESRCH);	/* not a child */
	EQ(sys2(SYS_setpgid, a, 0x7ffffff0), -EPERM);		/* no such group */
	b = fork();
	if (b == 0) {
		EQ(sys2(SYS_setpgid, 0, a), 0);		/* into the other's */
		EQ(sys0(SYS_getpgrp), a);
		exit(0);
	}
	EQ(wait_for(b), 0);
	EQ(sys1(SYS_getpgid, 0), me);
	EQ(sys1(SYS_getpgid, 0x7ffffff0), -ESRCH);
	EQ(sys1(SYS_getsid, 0x7ffffff0), -ESRCH);
	kill(a, SIGKILL);
	wait_for(a);
}

static void setpgid_after_exec(void)
{
	char *argv[] = { "x", "--sleep", 0 }, *envp[] = { 0 };
	int fd[2];

	mkpipe(fd);
	long a = fork();
	if (a == 0) {
		sys2(SYS_dup2, fd[1], 9);
		sys3(SYS_execve, case_args[0], argv, envp);
		exit(98);
	}
	EQ(get(fd[0]), 'x');
	EQ(sys2(SYS_setpgid, a, a), -EACCES);
	kill(a, SIGKILL);
	wait_for(a);
}

static void sessions(void)
{
	EQ(sys0(SYS_setsid), -EPERM);		/* it leads a group */
	long a = fork();
	if (a == 0) {
		EQ(sys0(SYS_setsid), getpid());
		EQ(sys1(SYS_getsid, 0), getpid());
		EQ(sys0(SYS_getpgrp), getpid());
		EQ(sys0(SYS_setsid), -EPERM);
		EQ(sys2(SYS_setpgid, 0, 0), 0);	/* nothing changes */
		EQ(sys2(SYS_setpgid, 0, sys0(SYS_getppid)), -EPERM);
		EQ(open("/dev/tty", O_RDWR, 0), -ENXIO);
		int fd[2], go[2];
		mkpipe(fd);
		mkpipe(go);
		long b = fork();
		if (b == 0) {
			/* The parent's parent is in another session. */
			EQ(sys1(SYS_getsid, 0), sys0(SYS_getppid));
			EQ(sys0(SYS_setsid), getpid());
			put(fd[1], 's');
			get(go[0]);
			exit(0);
		}
		EQ(get(fd[0]), 's');
		EQ(sys2(SYS_setpgid, b, 0), -EPERM);	/* another session by now */
		put(go[1], 'g');
		EQ(wait_for(b), 0);
		exit(0);
	}
	EQ(wait_for(a), 0);
}

static int report;

static void hup(int sig, struct siginfo *si, void *uc)
{
	hups++;
	put(report, 'h');
}

static void cont(int sig, struct siginfo *si, void *uc)
{
	conts++;
	put(report, 'c');
}

/* A group whose last link to its session goes away while a member is stopped: SIGHUP and SIGCONT (orphanpg). */
static void orphaned_group(void)
{
	int fd[2];

	mkpipe(fd);
	report = fd[1];
	long a = fork();
	if (a == 0) {
		sys2(SYS_setpgid, 0, 0);
		long b = fork();
		if (b == 0) {
			handle(SIGHUP, hup, 0, 0);
			handle(SIGCONT, cont, 0, 0);
			kill(getpid(), SIGSTOP);
			while (!hups || !conts)
				nap(1);
			put(fd[1], 'e');
			exit(0);
		}
		EQ(wait_opt(b, WSTOPPED), STOPPED(SIGSTOP));
		exit(0);
	}
	EQ(wait_for(a), 0);
	sys1(SYS_close, fd[1]);
	int seen = 0, c;
	while ((c = get(fd[0])) != -1)
		seen |= c == 'h' ? 1 : c == 'c' ? 2 : 4;
	EQ(seen, 7);
}

/* Without a stopped member nobody is told; and a terminal's stop signals do nothing from then on. */
static void orphaned_and_running(void)
{
	int fd[2], go[2];

	mkpipe(fd);
	mkpipe(go);
	report = fd[1];
	long a = fork();
	if (a == 0) {
		sys2(SYS_setpgid, 0, 0);
		long b = fork();
		if (b == 0) {
			handle(SIGHUP, hup, 0, 0);
			handle(SIGCONT, cont, 0, 0);
			while (sys0(SYS_getppid) != 1)
				nap(1);
			nap(10);
			kill(getpid(), SIGTSTP);
			kill(getpid(), SIGTTIN);
			kill(getpid(), SIGTTOU);
			put(fd[1], 'e');
			get(go[0]);
			exit(0);
		}
		exit(0);
	}
	EQ(wait_for(a), 0);
	EQ(get(fd[0]), 'e');
	put(go[1], 'g');
}

static void orphaned_by_setpgid(void)
{
	/* The link is the parent in another group of the session; it goes when the parent joins the group. */
	int fd[2];

	mkpipe(fd);
	report = fd[1];
	long a = fork();
	if (a == 0) {
		sys0(SYS_setsid);	/* a session without other links */
		long b = fork();
		if (b == 0) {
			sys2(SYS_setpgid, 0, 0);
			long c = fork();
			if (c == 0) {
				sys2(SYS_setpgid, 0, 0);
				handle(SIGHUP, hup, 0, 0);
				handle(SIGCONT, cont, 0, 0);
				put(fd[1], 'r');
				kill(getpid(), SIGSTOP);
				while (!hups)
					nap(1);
				exit(0);
			}
			EQ(get(fd[0]), 'r');
			EQ(wait_opt(c, WSTOPPED), STOPPED(SIGSTOP));
			/* To the session's first group: c's group keeps its link, the parent. */
			EQ(sys2(SYS_setpgid, 0, sys0(SYS_getppid)), 0);
			EQ(sys4(SYS_wait4, c, 0, WCONTINUED | WNOHANG, 0), 0);
			exit(0);	/* now it has none */
		}
		EQ(wait_for(b), 0);
		exit(0);
	}
	EQ(wait_for(a), 0);
	sys1(SYS_close, fd[1]);
	/* Both frames are there when it runs again; the later one, SIGCONT's, is on top. */
	EQ(get(fd[0]), 'c');
	EQ(get(fd[0]), 'h');
}

/* ---- a terminal ---- */

/* Runs f as the leader of a new session with a terminal of its own. */
static void with_terminal(void (*f)(void))
{
	long a = fork();

	if (a == 0) {
		long ptm;

		EQ(sys0(SYS_setsid), getpid());
		ptm = open("/dev/ptm", O_RDWR, 0);
		OK(ptm >= 0);
		EQ(ioctl(ptm, TIOCPTMGET, &pty), 0);
		EQ(ioctl(pty.slave, TIOCSCTTY, 0), 0);
		u64 none[2] = { 0, 0 };
		sys2(195, 4, none);
		f();
		exit(0);
	}
	EQ(wait_for(a), 0);
}

static void lflag(u32 on, u32 off)
{
	struct termios t;

	EQ(ioctl(pty.slave, TIOCGETA, &t), 0);
	t.lflag = (t.lflag | on) & ~off;
	handle(SIGTTOU, SIG_IGN, 0, 0);
	EQ(ioctl(pty.slave, TIOCSETA, &t), 0);
	handle(SIGTTOU, SIG_DFL, 0, 0);
}

static void type(const char *s) { EQ(sys3(SYS_write, pty.master, s, strlen(s)), strlen(s)); }

static void foreground(long pgrp)
{
	int id = (int)pgrp;

	EQ(ioctl(pty.slave, TIOCSPGRP, &id), 0);
}

/* A job in a group of its own. It begins with f; ready says when. */
static int ready[2], started[2];

static long job(void (*f)(void), int fg)
{
	mkpipe(ready);
	mkpipe(started);
	long a = fork();
	if (a == 0) {
		sys2(SYS_setpgid, 0, 0);
		put(ready[1], 'r');
		EQ(get(started[0]), 'g');	/* the shell has done its part */
		f();
		exit(0);
	}
	EQ(get(ready[0]), 'r');
	if (fg)
		foreground(a);
	put(started[1], 'g');
	return a;
}

static void sleeps(void)
{
	for (;;)
		nap(1000);
}

static void ctty_body(void)
{
	int id = 0;

	EQ(ioctl(pty.slave, TIOCGPGRP, &id), 0);
	EQ(id, getpid());
	EQ(ioctl(pty.slave, TIOCGSID, &id), 0);
	EQ(id, getpid());
	EQ(ioctl(pty.slave, TIOCSCTTY, 0), 0);	/* it is already */
	long tty = open("/dev/tty", O_RDWR, 0);
	OK(tty >= 0);
	EQ(ioctl(tty, TIOCGPGRP, &id), 0);
	EQ(ioctl(pty.slave, TIOCNOTTY, 0), -ENOTTY);
	EQ(ioctl(tty, TIOCNOTTY, 0), -EINVAL);	/* not the leader */
	/* Groups that cannot have it. */
	id = -1;
	EQ(ioctl(pty.slave, TIOCSPGRP, &id), -EINVAL);
	id = 0x7ffffff0;
	EQ(ioctl(pty.slave, TIOCSPGRP, &id), -EPERM);
	long a = fork();
	if (a == 0) {
		EQ(ioctl(pty.slave, TIOCSCTTY, 0), 0 - EPERM);
		long t = open("/dev/tty", O_RDWR, 0);
		EQ(ioctl(t, TIOCNOTTY, 0), 0);
		EQ(ioctl(pty.slave, TIOCGPGRP, &id), -ENOTTY);
		EQ(open("/dev/tty", O_RDWR, 0), -ENXIO);
		exit(0);
	}
	EQ(wait_for(a), 0);
	a = fork();
	if (a == 0) {
		EQ(sys0(SYS_setsid), getpid());
		EQ(ioctl(pty.slave, TIOCSCTTY, 0), -EPERM);	/* another session's */
		EQ(ioctl(pty.slave, TIOCGPGRP, &id), -ENOTTY);
		id = (int)getpid();
		EQ(ioctl(pty.slave, TIOCSPGRP, &id), -ENOTTY);
		exit(0);
	}
	EQ(wait_for(a), 0);
}

static void ctty(void) { with_terminal(ctty_body); }

static void keys_body(void)
{
	static const struct { char *key; int sig; } t[] = { { "\003", SIGINT }, { "\034", SIGQUIT } };

	for (int i = 0; i < 2; i++) {
		long a = job(sleeps, 1);

		type(t[i].key);
		EQ(wait_for(a), t[i].sig);
		foreground(getpid());
	}
	long a = job(sleeps, 1);
	type("\032");
	EQ(wait_opt(a, WSTOPPED), STOPPED(SIGTSTP));
	foreground(getpid());
	kill(-a, SIGCONT);
	EQ(wait_opt(a, WCONTINUED), CONTINUED);
	foreground(a);
	type("\032");
	EQ(wait_opt(a, WSTOPPED), STOPPED(SIGTSTP));
	foreground(getpid());
	kill(-a, SIGKILL);
	EQ(wait_for(a), SIGKILL);
}

static void keys(void) { with_terminal(keys_body); }

static void new_key_body(void)
{
	struct termios t;

	/* With ISIG off they are characters like others. */
	lflag(0, ISIG);
	type("a\003\n");
	char buf[8];
	EQ(sys3(SYS_read, pty.slave, buf, 8), 3);
	EQ(buf[1], 3);
	lflag(ISIG, 0);
	EQ(ioctl(pty.slave, TIOCGETA, &t), 0);
	t.cc[8] = 'x';	/* VINTR */
	EQ(ioctl(pty.slave, TIOCSETA, &t), 0);
	long a = job(sleeps, 1);
	type("x");
	EQ(wait_for(a), SIGINT);
}

static void new_key(void) { with_terminal(new_key_body); }

static void whole_group(void)
{
	long b = fork();

	if (b == 0)
		sleeps();
	handle(SIGINT, SIG_IGN, 0, 0);
	put(ready[1], 'k');
	EQ(wait_for(b), SIGINT);
	exit(21);
}

static void group_body(void)
{
	long a = job(whole_group, 1);

	while (get(ready[0]) != 'k')
		;
	type("\003");
	EQ(wait_for(a), EXITED(21));
}

static void group_key(void) { with_terminal(group_body); }

static void reads_line(void)
{
	char buf[16];

	if (sys3(SYS_read, pty.slave, buf, sizeof buf) != 6 || buf[0] != 'h')
		exit(1);
	exit(11);
}

static void ttin_body(void)
{
	long a = job(reads_line, 0);

	EQ(wait_opt(a, WSTOPPED), STOPPED(SIGTTIN));
	kill(-a, SIGCONT);
	EQ(wait_opt(a, WSTOPPED), STOPPED(SIGTTIN));	/* still in the background */
	foreground(a);
	kill(-a, SIGCONT);
	type("hello\n");
	EQ(wait_for(a), EXITED(11));
	foreground(getpid());
	/* One that sleeps in its read when it is stopped and put into the background. */
	a = job(reads_line, 1);
	nap(20);
	type("\032");
	EQ(wait_opt(a, WSTOPPED), STOPPED(SIGTSTP));
	foreground(getpid());
	kill(-a, SIGCONT);
	EQ(wait_opt(a, WSTOPPED), STOPPED(SIGTTIN));
	foreground(a);
	kill(-a, SIGCONT);
	type("hello\n");
	EQ(wait_for(a), EXITED(11));
}

static void ttin(void) { with_terminal(ttin_body); }

static void ttin_ignored(void)
{
	char c;

	handle(SIGTTIN, SIG_IGN, 0, 0);
	EQ(sys3(SYS_read, pty.slave, &c, 1), -EIO);
	handle(SIGTTIN, SIG_DFL, 0, 0);
	mask(SIG_BLOCK, SIGTTIN, 0);
	EQ(sys3(SYS_read, pty.slave, &c, 1), -EIO);
	handle(SIGTTIN, note, 0, 0);
	mask(SIG_UNBLOCK, SIGTTIN, 0);
	EQ(sys3(SYS_read, pty.slave, &c, 1), -EINTR);
	EQ(count, 1);
	exit(12);
}

static void ttin_error_body(void)
{
	long a = job(ttin_ignored, 0);

	EQ(wait_for(a), EXITED(12));
	int fd[2];
	mkpipe(fd);
	a = fork();
	if (a == 0) {
		sys2(SYS_setpgid, 0, 0);
		long b = fork();
		if (b == 0) {
			char c;

			while (sys0(SYS_getppid) != 1)
				nap(1);
			put(fd[1], sys3(SYS_read, pty.slave, &c, 1) == -EIO ? 'y' : 'n');
			exit(0);
		}
		exit(13);
	}
	EQ(wait_for(a), EXITED(13));
	EQ(get(fd[0]), 'y');
}

static void ttin_errors(void) { with_terminal(ttin_error_body); }

static void writes(void)
{
	EQ(sys3(SYS_write, pty.slave, "w", 1), 1);
	exit(14);
}

static void writes_ignoring(void)
{
	handle(SIGTTOU, SIG_IGN, 0, 0);
	EQ(sys3(SYS_write, pty.slave, "w", 1), 1);
	exit(15);
}

static void sets_modes(void)
{
	struct termios t;

	EQ(ioctl(pty.slave, TIOCGETA, &t), 0);	/* looking is allowed */
	EQ(ioctl(pty.slave, TIOCSETA, &t), 0);
	exit(16);
}

static void sets_modes_ignoring(void)
{
	handle(SIGTTOU, SIG_IGN, 0, 0);
	sets_modes();
}

static void takes_foreground(void)
{
	foreground(getpid());	/* allowed: TIOCSPGRP is not among the calls that stop (ttioctl) */
	exit(17);
}

static void ttou_body(void)
{
	long a = job(writes, 0);

	EQ(wait_for(a), EXITED(14));	/* TOSTOP is off */
	lflag(TOSTOP, 0);
	a = job(writes, 0);
	EQ(wait_opt(a, WSTOPPED), STOPPED(SIGTTOU));
	foreground(a);
	kill(-a, SIGCONT);
	EQ(wait_for(a), EXITED(14));
	foreground(getpid());
	a = job(writes_ignoring, 0);
	EQ(wait_for(a), EXITED(15));
	lflag(0, TOSTOP);
	a = job(sets_modes, 0);
	EQ(wait_opt(a, WSTOPPED), STOPPED(SIGTTOU));
	foreground(a);
	kill(-a, SIGCONT);
	EQ(wait_for(a), EXITED(16));
	foreground(getpid());
	a = job(sets_modes_ignoring, 0);
	EQ(wait_for(a), EXITED(16));
	a = job(takes_foreground, 0);
	EQ(wait_for(a), EXITED(17));
	/* Its group is gone, and nobody is in the foreground. */
	int id = 0;
	EQ(ioctl(pty.slave, TIOCGPGRP, &id), 0);
	EQ(id != a && id != getpid(), 1);
	foreground(getpid());
}

static void ttou(void) { with_terminal(ttou_body); }

static void noflsh_body(void)
{
	char buf[16];

	handle(SIGINT, note, SA_RESTART, 0);
	lflag(0, ECHO);
	type("abc");
	type("\003");
	while (count < 1)
		yield();
	type("d\n");
	EQ(sys3(SYS_read, pty.slave, buf, sizeof buf), 2);	/* what was typed before is gone */
	EQ(buf[0], 'd');
	lflag(NOFLSH, 0);
	type("abc");
	type("\003");
	while (count < 2)
		yield();
	type("d\n");
	EQ(sys3(SYS_read, pty.slave, buf, sizeof buf), 5);
	EQ(buf[0], 'a');
	EQ(buf[3], 'd');
}

static void noflsh(void) { with_terminal(noflsh_body); }

static void winch_body(void)
{
	struct { unsigned short row, col, x, y; } ws = { 24, 80, 0, 0 }, got;

	handle(SIGWINCH, note, 0, 0);
	EQ(ioctl(pty.master, TIOCSWINSZ, &ws), 0);
	while (count < 1)
		yield();
	EQ(ioctl(pty.slave, TIOCGWINSZ, &got), 0);
	EQ(got.row, 24);
	EQ(got.col, 80);
	EQ(ioctl(pty.master, TIOCSWINSZ, &ws), 0);	/* no change */
	EQ(count, 1);
	ws.col = 100;
	EQ(ioctl(pty.slave, TIOCSWINSZ, &ws), 0);
	EQ(count, 2);
}

static void winch(void) { with_terminal(winch_body); }

/* The end of the leader: SIGHUP to the foreground, and the terminal is revoked. */
static void leader_ends(void)
{
	int fd[2];

	mkpipe(fd);
	long a = fork();
	if (a == 0) {
		long ptm;

		EQ(sys0(SYS_setsid), getpid());
		ptm = open("/dev/ptm", O_RDWR, 0);
		EQ(ioctl(ptm, TIOCPTMGET, &pty), 0);
		EQ(ioctl(pty.slave, TIOCSCTTY, 0), 0);
		report = fd[1];
		long b = fork();
		if (b == 0) {
			char c;

			handle(SIGHUP, hup, 0, 0);
			put(fd[1], 'r');
			while (!hups)
				nap(1);
			put(fd[1], sys3(SYS_read, pty.slave, &c, 1) == 0 ? 'z' : 'n');
			put(fd[1], sys3(SYS_write, pty.slave, "x", 1) == -EIO ? 'e' : 'n');
			exit(0);
		}
		EQ(get(fd[0]), 'r');
		exit(0);
	}
	EQ(wait_for(a), 0);
	EQ(get(fd[0]), 'h');
	EQ(get(fd[0]), 'z');
	EQ(get(fd[0]), 'e');
}

static void master_closed(void)
{
	int fd[2];

	mkpipe(fd);
	long a = fork();
	if (a == 0) {
		char c;
		long ptm;

		EQ(sys0(SYS_setsid), getpid());
		ptm = open("/dev/ptm", O_RDWR, 0);
		EQ(ioctl(ptm, TIOCPTMGET, &pty), 0);
		EQ(ioctl(pty.slave, TIOCSCTTY, 0), 0);
		handle(SIGHUP, note, 0, 0);
		EQ(sys1(SYS_close, pty.master), 0);
		while (count < 1)
			yield();
		EQ(sys3(SYS_read, pty.slave, &c, 1), 0);
		exit(0);
	}
	EQ(wait_for(a), 0);
}

int main(int argc, char **argv, char **envp)
{
	static const struct tcase cases[] = {
		{ "setpgid", setpgid_rules },
		{ "setpgid-after-exec", setpgid_after_exec },
		{ "setsid", sessions },
		{ "orphaned-group-stopped", orphaned_group },
		{ "orphaned-group-running", orphaned_and_running },
		{ "orphaned-by-exit-of-parent", orphaned_by_setpgid },
		{ "controlling-terminal", ctty },
		{ "interrupt-quit-suspend-keys", keys },
		{ "another-interrupt-key", new_key },
		{ "key-signals-the-whole-group", group_key },
		{ "SIGTTIN", ttin },
		{ "SIGTTIN-ignored-or-orphaned", ttin_errors },
		{ "SIGTTOU", ttou },
		{ "NOFLSH", noflsh },
		{ "SIGWINCH", winch },
		{ "session-leader-ends", leader_ends },
		{ "master-is-closed", master_closed },
	};

	if (argc == 2 && same(argv[1], "--sleep")) {
		put(9, 'x');
		sleeps();
	}
	return RUN_CASES(cases, argv);
}
