/* Thread-local variables that two threads have other values in. Nobody sets the threads' blocks up: the linker alone says where
   they are from the thread pointer, which has enough room around it for that. */
#include "../arch/arch.h"

#define ROOM	0x9000 /* on both sides: the pointer is as far as 0x7000 from the block, or the block comes first */

__thread char odd[3];
__thread int own;
__thread long zero[5];
__thread int aligned __attribute__((aligned(128)));

static char blocks[2][2 * ROOM] __attribute__((aligned(4096)));
static char stack[16384] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));

#ifdef __m68k__
void *__m68k_read_tp(void)
{
	return (void *)sys0(SYS_lwp_getprivate);
}
#endif

void __attribute__((noinline)) stop(void)
{
	__asm__ volatile("" ::: "memory");
}

/* Not inline, so that no compiler asks for the thread pointer before it is set. */
static void __attribute__((noinline)) fill(int v)
{
	odd[0] = 'a', odd[1] = 'b';
	own = v;
	zero[3] = 10 * v;
	aligned = 100 * v;
	__asm__ volatile("" ::: "memory");
}

static void __attribute__((used)) second(long me)
{
	sys1(SYS_lwp_setprivate, blocks[me] + ROOM);
	fill(22);
	stop();
	sys0(SYS_lwp_exit);
}

int main(int argc, char **argv, char **envp)
{
	u32 *flags = (u32 *)context;
	int id, got;

	sys1(SYS_lwp_setprivate, blocks[0] + ROOM);
	fill(11);
	sys1(SYS_getcontext, context);
	UC_SP(context) = (unsigned long)(stack + sizeof stack - 256) - STACK_SKEW;
	UC_SET_PC(context, second);
	UC_ARG(context) = 1;
	*flags &= ~UC_TLSBASE;
	sys3(SYS_lwp_create, context, 0, &id);
	sys2(SYS_lwp_wait, id, &got);
	return 0;
}
