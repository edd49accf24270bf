/* Two players count in turns, each from its own thread: whatever way they are run, the count is 1, 2, 3 and so on. */
#include "../arch/arch.h"

#define PLAYERS	2
#define ROUNDS	3

static volatile int count;
static char stacks[PLAYERS][16384] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));

static void __attribute__((used)) player(long me)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		while (count % PLAYERS != me)
			sys0(SYS_sched_yield);
		count = count + 1;
	}
	sys0(SYS_lwp_exit);
}

int main(int argc, char **argv, char **envp)
{
	u32 *flags = (u32 *)context;
	int ids[PLAYERS], i, got;

	for (i = 0; i < PLAYERS; i++) {
		sys1(SYS_getcontext, context);
		UC_SP(context) = (unsigned long)(stacks[i] + sizeof stacks[i] - 256) - STACK_SKEW;
		UC_SET_PC(context, player);
		UC_ARG(context) = i;
		*flags &= ~UC_TLSBASE;
		sys3(SYS_lwp_create, context, 0, &ids[i]);
	}
	for (i = 0; i < PLAYERS; i++)
		sys2(SYS_lwp_wait, ids[i], &got);
	return count;
}
