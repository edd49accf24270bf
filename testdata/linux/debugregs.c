/* x86's debug registers, which a tracer sets by PTRACE_POKEUSER. */
#include "say.h"
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

static volatile int x[4] __attribute__((aligned(16)));

__attribute__((noinline)) static int met(int a)
{
	__asm__ volatile("");
	return a + 1;
}

static long poke(pid_t p, int n, unsigned long v)
{
	errno = 0;
	long r = ptrace(PTRACE_POKEUSER, p, offsetof(struct user, u_debugreg[0]) + n * sizeof(long), v);

	return r == 0 ? 0 : -errno;
}

static unsigned long peek(pid_t p, int n)
{
	return ptrace(PTRACE_PEEKUSER, p, offsetof(struct user, u_debugreg[0]) + n * sizeof(long), 0);
}

static void next(const char *what, pid_t p)
{
	int st;
	siginfo_t si;
	struct user_regs_struct r;

	ptrace(PTRACE_CONT, p, 0, 0);
	waitpid(p, &st, 0);
	if (!WIFSTOPPED(st)) {
		printf("%s: %x\n", what, st);
		return;
	}
	ptrace(PTRACE_GETSIGINFO, p, 0, &si);
	ptrace(PTRACE_GETREGS, p, 0, &r);
	printf("%s: signal %s code %d, places %lx%s%s\n", what, signal_name(si.si_signo), si.si_code, peek(p, 6) & 15,
	    (unsigned long)si.si_addr == r.rip ? ", at the pc" : "", r.rip == (unsigned long)met ? ", in met" : "");
	poke(p, 6, 0);
}

int main(void)
{
	int st;
	pid_t p = fork();

	if (p == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		x[0] = 1;
		x[1] = x[0];
		x[2] = met(1);
		x[3] = 4;
		pid_t q = fork();
		if (q == 0) {
			x[0] = 2;
			_exit(met(2));
		}
		waitpid(q, &st, 0);
		printf("its child: %x\n", st);
		fflush(stdout);
		_exit(3);
	}
	waitpid(p, &st, 0);
	printf("at first: %lx %lx %lx\n", peek(p, 0), peek(p, 6), peek(p, 7));
	printf("the kernel's address: %ld\n", poke(p, 0, ~0UL << 20));
	printf("a register that is none: %ld\n", poke(p, 4, 0));
	printf("place 0: %ld\n", poke(p, 0, (unsigned long)&x[0]));
	printf("place 1: %ld\n", poke(p, 1, (unsigned long)met));
	printf("place 2: %ld\n", poke(p, 2, (unsigned long)&x[2] + 1));
	printf("not aligned: %ld\n", poke(p, 7, 2 << 4 | 0xdUL << 24));
	printf("instructions of four bytes: %ld\n", poke(p, 7, 2 << 2 | 0xcUL << 20));
	printf("ports: %ld\n", poke(p, 7, 2 | 0xeUL << 16));
	printf("two places: %ld\n", poke(p, 7, 1 | 0xfUL << 16 | 1 << 2));
	printf("control: %lx\n", peek(p, 7));
	next("a store", p);
	next("a load", p);
	next("an instruction", p);
	next("its child has ended", p);
	next("the end", p);
	return 0;
}
