/* A signal to oneself, a handler and the way back, 50000 times. */
#include "bench.h"
#include "system.h"

static volatile u32 count;

static void handler(int sig, void *info, void *context) { count++; }

#ifdef NETBSD
#define SIGUSR1 30
struct sigaction {
	void (*handler)(int, void *, void *);
	u32 mask[4];
	int flags;
};

static long install(void)
{
	struct sigaction sa = { handler, { 0 }, 0x40 };	/* SA_SIGINFO */

	return sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, nb_sigtramp, 2);
}
#elif defined(__mips__)
#define SIGUSR1 16
struct sigaction {
	u32 flags;
	void (*handler)(int, void *, void *);
	u32 mask[4];
};

static long install(void)
{
	struct sigaction sa = { 8, handler, { 0 } };

	return sys4(SYS_sigaction, SIGUSR1, &sa, 0, sizeof sa.mask);
}
#else
#define SIGUSR1 10
struct sigaction {
	void (*handler)(int, void *, void *);
	unsigned long flags;
	void *restorer;
	u32 mask[2];
};
#if defined(__x86_64__)
__asm__(".text\nrestorer:\n\tmovl $15,%eax\n\tsyscall\n");
#elif defined(__i386__)
__asm__(".text\nrestorer:\n\tmovl $173,%eax\n\tint $0x80\n");
#endif

#if defined(__x86_64__) || defined(__i386__)
extern char restorer[];
#define SA_FLAGS	0x04000004ul
#else
#define restorer	0
#define SA_FLAGS	4ul
#endif

/* riscv64 has no restorer in the structure. */
static long install(void)
{
#ifdef __riscv
	struct { void (*handler)(int, void *, void *); unsigned long flags; u32 mask[2]; } sa = { handler, 4, { 0 } };

	return sys4(SYS_sigaction, SIGUSR1, &sa, 0, 8);
#else
	struct sigaction sa = { handler, SA_FLAGS, restorer, { 0 } };

	return sys4(SYS_sigaction, SIGUSR1, &sa, 0, sizeof sa.mask);
#endif
}
#endif

static u64 work(int argc, char **argv, char **envp)
{
	long pid = sys0(SYS_getpid);

	if (install() != 0)
		return 0;
	for (int i = 0; i < 50000; i++)
		sys2(SYS_kill, pid, SIGUSR1);
	return count;
}
