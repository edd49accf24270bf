/* A handler sends its program on elsewhere: the stack pointer that it leaves in the context is the one that counts. */
#include "say.h"
#include <stdint.h>
#include <ucontext.h>

#if defined __x86_64__
#define SP(uc) (uc)->uc_mcontext.gregs[REG_RSP]
#define PC(uc) (uc)->uc_mcontext.gregs[REG_RIP]
#elif defined __i386__
#define SP(uc) (uc)->uc_mcontext.gregs[REG_ESP]
#define PC(uc) (uc)->uc_mcontext.gregs[REG_EIP]
#elif defined __aarch64__
#define SP(uc) (uc)->uc_mcontext.sp
#define PC(uc) (uc)->uc_mcontext.pc
#elif defined __arm__
#define SP(uc) (uc)->uc_mcontext.arm_sp
#define PC(uc) (uc)->uc_mcontext.arm_pc
#elif defined __riscv
#define SP(uc) (uc)->uc_mcontext.__gregs[REG_SP]
#define PC(uc) (uc)->uc_mcontext.__gregs[REG_PC]
#endif

static char stack[65536] __attribute__((aligned(16)));

static void elsewhere(void)
{
	char here;

	printf("on the new stack: %d\n", &here >= stack && &here < stack + sizeof stack);
	fflush(stdout);
	_exit(0);
}

static void handler(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	(void)sig, (void)si;
	SP(uc) = (uintptr_t)(stack + sizeof stack - 64 - sizeof(void *));
	PC(uc) = (uintptr_t)elsewhere & ~(uintptr_t)1;
#ifdef __arm__
	uc->uc_mcontext.arm_sp &= ~7u;
	if ((uintptr_t)elsewhere & 1)
		uc->uc_mcontext.arm_cpsr |= 1 << 5;
#elif !defined __x86_64__ && !defined __i386__
	SP(uc) &= ~(uintptr_t)15;
#endif
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	return 1;
}
