/* SIGIO: who gets it, for what, and what it says. */
#include "arch.h"

#define SIGURG		16
#define SIGIO		23
#define F_GETFL		3
#define F_SETFL		4
#define F_GETOWN	5
#define F_SETOWN	6
#define O_ASYNC		0x40
#define FIOASYNC	0x8004667dUL
#define FIOSETOWN	0x8004667cUL
#define TIOCSPGRP	0x80047476UL
#define TIOCGPGRP	0x40047477UL
#define SIOCSPGRP	0x80047308UL
#define TIOCSCTTY	0x20007461UL
/* struct ptmget has 2056 bytes. */
#define TIOCPTMGET	(0x40000000UL | 2056UL << 16 | 't' << 8 | 70)
#define SYS_ioctl	54
#define SYS_fcntl	92
#define SYS_sendto	133
#define SYS_socketpair	135
#define SYS_setsid	147
#define SYS_setpgid	82
#define SYS_sigsuspend	294	/* __sigsuspend14 */

static volatile int came, code, fd, band;

static void io(int sig, struct siginfo *si, void *uc)
{
	came = sig;
	code = si->code;
	band = *(long *)&si->u;
	fd = *(int *)((char *)&si->u + sizeof(long));
}

static void block(int how)	/* 1: block all, 3: none */
{
	struct sigset set = { { 0 } };

	if (how == 1)
		set.bits[0] = 1u << (SIGIO - 1) | 1u << (SIGURG - 1);
	sys3(SYS_sigprocmask, 3, &set, 0);
}

static void wait(const char *what)
{
	struct sigset none = { { 0 } };

	came = 0;
	sys1(SYS_sigsuspend, &none);
	print(what);
	print(": ");
	print_number(came);
	print(" ");
	print_number(code);
	print(" ");
	print_hex(band);
	print("\n");
}

static void quiet(const char *what)
{
	came = 0;
	block(3);
	block(1);
	check(what, came == 0);
}

static void both(const char *what, int rd, int wr)
{
	long me = sys0(SYS_getpid);
	u32 on = 1, off = 0, me32 = me, got = 0;
	char c;

	print(what);
	print("\n");
	sys3(SYS_write, wr, "x", 1);
	quiet("nobody asked");
	sys3(SYS_read, rd, &c, 1);
	check("owner 0", sys3(SYS_fcntl, rd, F_GETOWN, 0) == 0);
	check("set owner", sys3(SYS_fcntl, rd, F_SETOWN, me) == 0 && sys3(SYS_fcntl, rd, F_GETOWN, 0) == me);
	sys3(SYS_write, wr, "x", 1);
	quiet("not async yet");
	sys3(SYS_read, rd, &c, 1);
	sys3(SYS_fcntl, rd, F_SETFL, O_ASYNC);
	check("flag", sys3(SYS_fcntl, rd, F_GETFL, 0) & O_ASYNC);
	sys3(SYS_write, wr, "x", 1);
	wait("data");
	check("descriptor", fd == rd);
	sys3(SYS_read, rd, &c, 1);
	sys3(SYS_ioctl, rd, FIOASYNC, &off);
	sys3(SYS_write, wr, "x", 1);
	quiet("async off");
	sys3(SYS_read, rd, &c, 1);
	check("no such process", sys3(SYS_fcntl, rd, F_SETOWN, 29999) == -3);
	check("no such group", sys3(SYS_fcntl, rd, F_SETOWN, -29999) < 0);
	sys2(SYS_setpgid, 0, 0);
	check("group", sys3(SYS_ioctl, rd, TIOCSPGRP, &me32) == 0 && sys3(SYS_fcntl, rd, F_GETOWN, 0) == -me);
	check("its number", sys3(SYS_ioctl, rd, TIOCGPGRP, &got) == 0 && got == me32);
	sys3(SYS_ioctl, rd, FIOASYNC, &on);
	sys3(SYS_write, wr, "x", 1);
	wait("to a group");
	sys3(SYS_read, rd, &c, 1);
	me32 = -me;
	check("socket's word", sys3(SYS_ioctl, rd, SIOCSPGRP, &me32) == (same(what, "pipe") ? -25 : 0)); /* pipes have none */
	sys1(SYS_close, wr);
	wait("closed");
	sys1(SYS_close, rd);
}

static void terminal(void)
{
	struct { int cfd, sfd; char names[2][1024]; } pg;
	u32 on = 1;
	int ptm, status = 0;
	char c = 0;
	long pid;

	ptm = open("/dev/ptm", 2, 0);
	if (ptm < 0 || sys3(SYS_ioctl, ptm, TIOCPTMGET, &pg) != 0) {
		print("no pseudo-terminals\n");
		return;
	}
	pid = fork();
	if (pid == 0) {
		sys0(SYS_setsid);
		sys3(SYS_ioctl, pg.sfd, TIOCSCTTY, 0);
		check("terminal's owner", sys3(SYS_fcntl, pg.sfd, F_GETOWN, 0) == -sys0(SYS_getpid));
		sys3(SYS_ioctl, pg.sfd, FIOASYNC, &on);
		sys3(SYS_write, pg.sfd, "r", 1);
		came = 0;
		while (!came) {
			struct sigset none = { { 0 } };

			sys1(SYS_sigsuspend, &none);
		}
		check("terminal", came == SIGIO);
		exit(0);
	}
	sys3(SYS_read, pg.cfd, &c, 1);	/* the child is ready */
	check("child", c == 'r');
	sys3(SYS_write, pg.cfd, "line\n", 5);
	sys4(SYS_wait4, pid, &status, 0, 0);
	check("status", status == 0);
}

int main(int argc, char **argv, char **envp)
{
	int sv[2];
	long r;

	on_signal(SIGIO, io, 0);
	on_signal(SIGURG, io, 0);
	block(1);
	r = sys1(SYS_pipe, 0);
	both("pipe", r, nb_rv1);
	sys4(SYS_socketpair, 1, 1, 0, sv);
	both("socket", sv[0], sv[1]);
	terminal();
	return 0;
}
