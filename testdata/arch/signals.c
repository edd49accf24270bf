/* Signals: what handlers are told, what they can change, stacks, nesting, jumps out of them. */
#include "arch.h"

static volatile int count, depth, deepest;
static volatile char *page;
static void *jump[5];
static char altstack[16384] __attribute__((aligned(16)));

static void simple(int sig, struct siginfo *si, void *uc)
{
	say("signal", sig);
	check("siginfo", si->signo == sig);
	check("code", si->code == 0 || si->code == -1);	/* SI_USER or SI_LWP */
	check("mask kept", ((u32 *)uc)[0] & 1);
	count++;
}

static void nested(int sig, struct siginfo *si, void *uc)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (depth < 5)
		sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	depth--;
}

static void onalt(int sig, struct siginfo *si, void *uc)
{
	char here;

	check("on the alternate stack", &here >= altstack && &here < altstack + sizeof altstack);
}

static void skip(int sig, struct siginfo *si, void *uc)
{
	check("SIGILL", sig == SIGILL && si->code >= 1 && si->code <= 8);
	check("its address", (unsigned long)si->u.fault.addr == (unsigned long)ILLEGAL_ADDRESS(uc));
	UC_SET_PC(uc, UC_PC(uc) + ILLEGAL_SIZE);
#ifdef __thumb__
	UC_REGS(uc)[16] |= 0x20;
#endif
}

static void readonly(int sig, struct siginfo *si, void *uc)
{
	check("SIGSEGV", sig == SIGSEGV);
	say("code", si->code);
	check("its address", si->u.fault.addr == (void *)(page + 40));
	sys3(SYS_mprotect, page, 8192, 3);
}

static void unmapped(int sig, struct siginfo *si, void *uc)
{
	check("SIGSEGV", sig == SIGSEGV);
	say("code", si->code);
	sayx("its address", (unsigned long)si->u.fault.addr);
	__builtin_longjmp(jump, 1);
}

static void misaligned(int sig, struct siginfo *si, void *uc)
{
	check("misaligned access", sig == SIGBUS && si->code == 1);
	__builtin_longjmp(jump, 1);
}

static void divided(int sig, struct siginfo *si, void *uc)
{
	check("division by zero", sig == SIGFPE && si->code == 1);
	__builtin_longjmp(jump, 1);
}

static void unblock(void)
{
	struct sigset none = { { 0 } };

	sys3(SYS_sigprocmask, 3, &none, 0);
}

/* Runs f(arg) and comes back, whether it returns or a handler jumps. */
static __attribute__((noinline, noclone)) void attempt(void (*f)(void *), void *arg)
{
	if (__builtin_setjmp(jump) == 0)
		f(arg);
	else
		unblock();
}

static __attribute__((noinline, noclone)) void store(void *p) { *(volatile int *)p = 1; }

static __attribute__((noinline, noclone)) void strict(void *p)
{
#ifdef STRICT_ACCESS
	STRICT_ACCESS((char *)p + 2);
#else
	print("misaligned access: ok\n");	/* allowed here */
#endif
}

static volatile int zero;

static __attribute__((noinline, noclone)) void divide(void *p)
{
#if defined(__arm__) || defined(__aarch64__) || defined(__riscv) || defined(__powerpc__)
	print("division by zero: ok\n");	/* gives a number */
#else
	*(volatile int *)p = 5 / zero;
#endif
}

static __attribute__((noinline, noclone)) int window(int n, int a, int b, int c)
{
	int r;

	if (n > 0) {
		r = window(n - 1, a + 1, b + 2, c + 3);
		return r + a + b + c;
	}
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	return a + b + c;
}

int main(int argc, char **argv, char **envp)
{
	struct { void *sp; size_t size; int flags; } ss = { altstack, sizeof altstack, 0 };
	volatile double keep = 1.5;
	double x = keep * 3;

	on_signal(SIGUSR1, simple, 0);
	say("kill", sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1));
	check("floating point kept", x == 4.5);
	say("handled", count);

	on_signal(SIGUSR1, nested, SA_NODEFER);
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	say("deepest", deepest);
	say("through many frames", window(40, 1, 2, 3));

	sys2(SYS_sigaltstack, &ss, 0);
	on_signal(SIGUSR2, onalt, SA_ONSTACK);
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR2);

	on_signal(SIGILL, skip, 0);
	__asm__ volatile(ILLEGAL_INSTRUCTION);
	print("after the illegal instruction\n");

	page = map(8192, 1);
	on_signal(SIGSEGV, readonly, 0);
	page[40] = 7;
	say("stored", page[40]);

	on_signal(SIGSEGV, unmapped, 0);
	attempt(store, (void *)0x18);
	on_signal(SIGSEGV, unmapped, SA_ONSTACK);
	attempt(store, (void *)0x28);
	ss.flags = 4;
	sys2(SYS_sigaltstack, &ss, 0);

	on_signal(SIGBUS, misaligned, 0);
	attempt(strict, (void *)page);
	on_signal(SIGFPE, divided, 0);
	attempt(divide, (void *)page);
	print("end\n");
	return 0;
}
