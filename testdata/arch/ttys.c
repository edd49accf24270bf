/* Pseudo-terminals as programs like tty, ps and screen ask for them: the slave's name, its device, packets. */
#include "arch.h"

#define SYS_ioctl	54
#define SYS_setpgid	82
#define SYS_socketpair	135
#define SYS_setsid	147
#define SYS_sigsuspend	294

#define TIOCSCTTY	0x20007461UL
#define TIOCSPGRP	0x80047476UL
#define TIOCPTMGET	(0x40000000UL | 2056UL << 16 | 't' << 8 | 70)
#define TIOCPTSNAME	(0x40000000UL | 2056UL << 16 | 't' << 8 | 72)
#define TIOCPTMGET60	(0x40000000UL | 40UL << 16 | 't' << 8 | 70)
#define TIOCPTSNAME60	(0x40000000UL | 40UL << 16 | 't' << 8 | 72)
#define NR_stat		439
#define NR_fstat	440
#define TIOCPKT		(0x80000000UL | 4UL << 16 | 't' << 8 | 112)
#define TIOCSIG		0x2000745fUL

#define CTL_KERN	1
#define KERN_PROC2	47
#define KERN_LWP	64
#define KERN_PROC_PID	1
#define KERN_PROC_TTY	4

/* The beginning of struct kinfo_proc2, to p_tdev. */
struct kproc {
	u64 pointers[13];
	u32 eflag, exitsig, flag, pid, ppid, sid, pgid, tpgid, ids[4], groups[16], ngroups_jobc, tdev;
};

/* The beginning of struct stat. */
struct attributes {
	u64 dev;
	u32 mode;
	u64 ino;
	u32 nlink, uid, gid;
	char more[128];
};

static struct { int cfd, sfd; char names[2][1024]; } pg, other;
static int came;

static void note(int sig, struct siginfo *si, void *uc) { came = sig; }

static int kproc(int op, int arg, struct kproc *k, int n)
{
	int mib[6] = { CTL_KERN, KERN_PROC2, op, arg, sizeof *k, n };
	size_t len = n * sizeof *k;

	return nb_syscall(SYS___sysctl, mib, 6, k, &len, 0, 0) == 0 ? (int)(len / sizeof *k) : -1;
}

/* The terminal that a process has is a device (p_tdev), by which ps finds its processes. */
static void session(void)
{
	static struct kproc k[8];
	u32 me = (u32)nb_getpid(), dev;
	int i, n, found = 0;
	struct sigset intr = { { 1 << (2 - 1) } };

	check("none before", kproc(KERN_PROC_PID, me, k, 1) == 1 && k[0].tdev == (u32)-1);
	sys0(SYS_setsid);
	say("take it", sys3(SYS_ioctl, pg.sfd, TIOCSCTTY, 0));
	check("a device", kproc(KERN_PROC_PID, me, k, 1) == 1 && k[0].tdev != (u32)-1);
	dev = k[0].tdev;
	n = kproc(KERN_PROC_TTY, dev, k, 8);
	for (i = 0; i < n; i++)
		found += k[i].pid == me && k[i].tdev == dev;
	check("found by it", found == 1);
	sys3(SYS_sigprocmask, 1, &intr, 0);
	on_signal(2, note, 0);
	sys3(SYS_write, pg.sfd, "r", 1);	/* from here on the parent may print too */
	while (!came) {
		struct sigset none = { { 0 } };

		sys1(SYS_sigsuspend, &none);
	}
	say("the master's signal", came);
	exit(0);
}

/* Waits for SIGHUP, which is blocked, and returns it. */
static int hup(void)
{
	while (!came) {
		struct sigset none = { { 0 } };

		sys1(SYS_sigsuspend, &none);
	}
	return came;
}

/* The master is closed: the session's leader gets SIGHUP (ttymodem), the foreground's group only when the leader ends. */
static void leader(int master, int slave, int end)
{
	struct sigset block = { { 1 << (1 - 1) } };
	int group, status;
	long pid;

	sys1(SYS_close, master);
	came = 0;
	sys3(SYS_sigprocmask, 1, &block, 0);
	on_signal(1, note, 0);
	sys0(SYS_setsid);
	if (sys3(SYS_ioctl, slave, TIOCSCTTY, 0) != 0)
		exit(2);
	pid = fork();
	if (pid == 0)
		exit(hup());
	group = pid;
	if (sys2(SYS_setpgid, pid, pid) != 0 || sys3(SYS_ioctl, slave, TIOCSPGRP, &group) != 0)
		exit(3);
	sys3(SYS_write, end, "r", 1);
	hup();
	sys0(SYS_sched_yield);
	exit(sys4(SYS_wait4, pid, &status, 1, 0) == 0 ? 0 : 4);
}

static void hangup(int ptm)
{
	int ends[2], status = -1;
	char c;
	long pid;

	say("a third terminal", sys3(SYS_ioctl, ptm, TIOCPTMGET, &other));
	sys4(SYS_socketpair, 1, 1, 0, ends);
	pid = fork();
	if (pid == 0)
		leader(other.cfd, other.sfd, ends[1]);
	sys1(SYS_close, other.sfd);
	sys1(SYS_close, ends[1]);
	say("a leader", sys3(SYS_read, ends[0], &c, 1));
	sys1(SYS_close, other.cfd);
	check("it hears of the end, its job does not", sys4(SYS_wait4, pid, &status, 0, 0) == pid && status == 0);
	say("the job ends after it", sys3(SYS_read, ends[0], &c, 1));
}

int main(int argc, char **argv, char **envp)
{
	int ptm = open("/dev/ptm", 2, 0), on = 1, status = 0, mib[5] = { CTL_KERN, KERN_LWP, 1, 64, 4 };
	char buf[16];
	struct attributes st;
	size_t len = 256;
	static u64 lwps[32];
	long pid, n;

	say("a terminal", sys3(SYS_ioctl, ptm, TIOCPTMGET, &pg));
	say("the master's name", sys3(SYS_ioctl, pg.cfd, TIOCPTSNAME, &other));
	check("the same", same(other.names[1], pg.names[1]) && other.names[1][0] == '/');
	memset(&other, 0, sizeof other);
	say("the slave's name", sys3(SYS_ioctl, pg.sfd, TIOCPTSNAME, &other));
	check("the same", same(other.names[1], pg.names[1]) && same(other.names[0], pg.names[0]) && other.cfd == -1);
	say("of what is none", sys3(SYS_ioctl, open("/dev/null", 2, 0), TIOCPTSNAME, &other));
	check("masters have no name", same(pg.names[0], "/dev/null"));
	/* NetBSD 6's requests, whose names have room for 16 bytes. */
	struct { int cfd, sfd; char names[2][16]; } old = { 0 };
	say("the old request", sys3(SYS_ioctl, pg.sfd, TIOCPTSNAME60, &old));
	check("the same", same(old.names[1], pg.names[1]) && same(old.names[0], pg.names[0]) && old.cfd == -1 && old.sfd == -1);
	say("of the master", sys3(SYS_ioctl, pg.cfd, TIOCPTSNAME60, &old));
	say("another terminal", sys3(SYS_ioctl, ptm, TIOCPTMGET60, &old));
	check("another", !same(old.names[1], pg.names[1]) && old.cfd > pg.cfd && old.sfd > old.cfd);
	sys1(SYS_close, old.cfd);
	sys1(SYS_close, old.sfd);
	/* Terminals are the group tty's, which is 4 on NetBSD. */
	say("attributes", sys2(NR_fstat, pg.sfd, &st));
	say("the group", st.gid);
	say("attributes by name", sys2(NR_stat, pg.names[1], &st));
	say("the group", st.gid);

	/* In packet mode a byte comes before the data: 0, or what happened. */
	pid = fork();
	if (pid == 0) {
		sys3(SYS_write, pg.sfd, "abc", 3);
		exit(0);
	}
	say("packets", sys3(SYS_ioctl, pg.cfd, TIOCPKT, &on));
	sys4(SYS_wait4, pid, &status, 0, 0);
	do
		n = sys3(SYS_read, pg.cfd, buf, sizeof buf);
	while (n == 1 && buf[0] != 0);
	check("a packet", n == 4 && buf[0] == 0 && buf[1] == 'a' && buf[3] == 'c');
	on = 0;
	say("none", sys3(SYS_ioctl, pg.cfd, TIOCPKT, &on));
	sys3(SYS_write, pg.sfd, "abc", 3);
	n = sys3(SYS_read, pg.cfd, buf, sizeof buf);
	check("data", n == 3 && buf[0] == 'a');

	pid = fork();
	if (pid == 0)
		session();
	say("from the child", sys3(SYS_read, pg.cfd, buf, 1));
	say("no such signal", sys3(SYS_ioctl, pg.cfd, TIOCSIG, 64));
	n = sys3(SYS_ioctl, pg.cfd, TIOCSIG, 2);
	check("child", sys4(SYS_wait4, pid, &status, 0, 0) == pid && status == 0);
	say("a signal", n);

	hangup(ptm);

	/* Process 1 has a thread, or ps complains. */
	n = nb_syscall(SYS___sysctl, mib, 5, lwps, &len, 0, 0);
	check("a thread of init", n == 0 && len >= 64);
	return 0;
}
