/* A thread that ends at once, and the wait for it, 5000 times. */
#include "bench.h"

#define TIMES 5000

static char stack[65536] __attribute__((aligned(16)));
static volatile u32 ran;

#ifdef NETBSD
static char context[8192] __attribute__((aligned(16)));

static void __attribute__((used)) thread(long n)
{
	ran++;
	sys0(SYS_lwp_exit);
}

static u64 work(int argc, char **argv, char **envp)
{
	u32 *flags = (u32 *)context;
	int id, got;

	for (int i = 0; i < TIMES; i++) {
		sys1(SYS_getcontext, context);
		UC_SP(context) = (unsigned long)(stack + sizeof stack - 256) - STACK_SKEW;
		UC_SET_PC(context, thread);
		UC_ARG(context) = i;
		*flags &= ~UC_TLSBASE;
		if (sys3(SYS_lwp_create, context, 0, &id) != 0 || sys2(SYS_lwp_wait, id, &got) != 0)
			return 0;
	}
	return ran;
}
#elif defined(__x86_64__)
/* clone(flags, stack, parent's tid, child's tid, tls): what threads share, and a word that is cleared and woken. */
extern long make_thread(long flags, void *stack, volatile u32 *tid);
__asm__(".text\nmake_thread:\n"
	"	movq %rdx,%r10\n"
	"	movl $56,%eax\n"
	"	syscall\n"
	"	testq %rax,%rax\n"
	"	jnz 1f\n"
	"	lock incl ran(%rip)\n"
	"	xorl %edi,%edi\n"
	"	movl $60,%eax\n"
	"	syscall\n"
	"1:	ret\n");

static u64 work(int argc, char **argv, char **envp)
{
	static volatile u32 tid;

	for (int i = 0; i < TIMES; i++) {
		tid = 1;
		if (make_thread(0x250f00, stack + sizeof stack - 256, &tid) < 0)
			return 0;
		while (tid != 0)
			nb_syscall(202, (long)&tid, 0, 1, 0, 0, 0);
	}
	return ran;
}
#endif
