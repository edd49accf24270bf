/* What the programs of this directory have in common: they print what does not change from run to run. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Numbers that not all machines have the same, as names, or as those that most have. */

static inline const char *signal_name(int sig)
{
	static char number[16];
	const char *name = sigabbrev_np(sig);

	sprintf(number, "%d", sig);
	return name ? name : number;
}

static inline int code_number(int code)
{
	return code == SI_TIMER ? -2 : code == SI_MESGQ ? -3 : code == SI_ASYNCIO ? -4 : code;
}

static inline unsigned action_flags(unsigned f)
{
	return (f & SA_NOCLDSTOP ? 1 : 0) | (f & SA_NOCLDWAIT ? 2 : 0) | (f & SA_SIGINFO ? 4 : 0) | (f & SA_ONSTACK ? 0x08000000 : 0) |
		(f & SA_RESTART ? 0x10000000 : 0) | (f & SA_NODEFER ? 0x40000000 : 0) | (f & SA_RESETHAND ? 0x80000000 : 0);
}

/* What a handler's third argument leads to. On sparc that is the siginfo, or before the registers. */
#ifdef __sparc__
struct sparc_frame {
#ifdef __arch64__
	siginfo_t info;
	unsigned long regs[16], status, pc, npc;
	unsigned y, magic;
	void *fpu;
	stack_t stack;
	unsigned long mask[1];
#else
	unsigned long status, pc, npc, y, regs[16], mask[2];
	void *fpu;
	unsigned insns[2];
	stack_t stack;
#endif
};
#define context_stack(ctx) (&((struct sparc_frame *)(ctx))->stack)
#define context_mask(ctx) ((sigset_t *)((struct sparc_frame *)(ctx))->mask)
#else
#define context_stack(ctx) (&((ucontext_t *)(ctx))->uc_stack)
#define context_mask(ctx) (&((ucontext_t *)(ctx))->uc_sigmask)
#endif

static inline void say(const char *what, long r)
{
	printf("%s: %ld%s%s\n", what, r < 0 ? -1 : r, r < 0 ? " " : "", r < 0 ? strerrorname_np(errno) : "");
	fflush(stdout);
}
