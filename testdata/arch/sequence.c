/* Restartable sequences, and the clock of profil(2): both look at where a program is. */
#include "arch.h"

#define SYS_profil	44
#define SYS_rasctl	343
#define SYS_setitimer	425
#define SIGALRM		14
#define RANGE		64

struct tv {
	i64 sec;
	int usec;
};

static void *jump[5];
static volatile int installed, wrong, profiling;
static unsigned short samples[RANGE / 2];

static __attribute__((noinline, noclone)) void spin(void)
{
	__asm__ volatile("nop\n\tnop\n\tnop\n\tnop");
	for (;;)
		__asm__ volatile("" : : : "memory");
}

static unsigned long start(void) { return (unsigned long)spin & ~1ul; }

static int sampled(void)
{
	int i, n = 0;

	for (i = 0; i < RANGE / 2; i++)
		n += ((volatile unsigned short *)samples)[i];
	return n;
}

/* The timer goes on until it has met spin where it should be. */
static void onalarm(int sig, struct siginfo *si, void *uc)
{
	unsigned long pc = (unsigned long)UC_PC(uc) - start();

	if (pc >= RANGE)
		return;
	if (profiling ? sampled() == 0 : pc == 0 && !installed)
		return;
	if (!profiling && installed && pc != 0)
		wrong++;
	__builtin_longjmp(jump, 1);
}

static void unblock(void)
{
	struct sigset none = { { 0 } };

	sys3(SYS_sigprocmask, 3, &none, 0);
}

static __attribute__((noinline, noclone)) void interrupted(void)
{
	struct tv it[2] = { { 0, 5000 }, { 0, 5000 } };

	sys3(SYS_setitimer, 0, it, 0);
	if (__builtin_setjmp(jump) == 0)
		spin();
	it[0].usec = it[1].usec = 0;
	sys3(SYS_setitimer, 0, it, 0);
	unblock();
}

static long ras(unsigned long addr, long n, int op)
{
	return nb_syscall8(SYS_rasctl, REG(addr), REG(n), REG(op));
}

int main(int argc, char **argv, char **envp)
{
	unsigned long at = start();
	int i;

	on_signal(SIGALRM, onalarm, 0);
	interrupted();
	print("in the middle of it\n");

	installed = ras(at, RANGE, 0) == 0;
	check("install", installed || ras(at, RANGE, 1) == -45);	/* riscv's kernel has none */
	say("again", ras(at, RANGE, 0));
	say("overlapping", ras(at + RANGE - 2, RANGE, 0));
	say("empty", ras(at, 0, 0));
	say("wrapping", ras(at, -1, 0));
	say("purge of another", ras(at, RANGE / 2, 1));
	say("no such operation", ras(at, RANGE, 3));
	for (i = 0; i < 3; i++)
		interrupted();
	say("not at the beginning", wrong);
	if (fork() == 0) {
		say("the child has it", ras(at, RANGE, 1));
		exit(0);
	}
	sys4(SYS_wait4, -1, 0, 0, 0);
	say("purge", ras(at, RANGE, 1));
	say("purge again", ras(at, RANGE, 1));
	installed = 0;
	interrupted();
	print("in the middle of it\n");
	for (i = 0; i < 16; i++)
		if (ras(at + 4 * i, 4, 0) != 0)
			break;
	say("room for", i);
	say("no more", ras(at + 64, 4, 0));
	say("purge all", ras(0, 0, 2));
	say("room again", ras(at, RANGE, 0));
	ras(0, 0, 2);

	say("profil beyond 1", nb_syscall(SYS_profil, (long)samples, sizeof samples, at, 0x10001, 0, 0));
	say("profil", nb_syscall(SYS_profil, (long)samples, sizeof samples, at, 0x10000, 0, 0));
	profiling = 1;
	interrupted();
	check("sampled", sampled() > 0);
	say("profil off", nb_syscall(SYS_profil, 0, 0, 0, 0, 0, 0));
	return 0;
}
