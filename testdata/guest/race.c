/* Two clerks hand out numbered tickets. Sometimes one number is handed out twice: docs/REVERSE.md finds out why. */
#include "../arch/arch.h"

#define CLERKS	2
#define TICKETS	60

static volatile int next;
static volatile int owner[CLERKS * TICKETS];
static char stacks[CLERKS][16384] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));

static void __attribute__((noinline)) work(int n)
{
	for (volatile int i = 0; i < n; i++)
		;
}

static int __attribute__((noinline)) take(void)
{
	int ticket = next;

	work(300); /* stamp it */
	next = ticket + 1;
	return ticket;
}

static void __attribute__((noinline)) twice(int ticket, int clerk)
{
	print("a ticket was handed out twice\n");
	sys1(SYS_exit, 1);
}

static void __attribute__((used)) clerk(long me)
{
	int i, ticket;

	for (i = 0; i < TICKETS; i++) {
		ticket = take();
		if (owner[ticket] != 0)
			twice(ticket, me);
		owner[ticket] = me;
		work(3000); /* talk to the customer */
	}
	sys0(SYS_lwp_exit);
}

int main(int argc, char **argv, char **envp)
{
	u32 *flags = (u32 *)context;
	int ids[CLERKS], i, got;

	for (i = 0; i < CLERKS; i++) {
		sys1(SYS_getcontext, context);
		UC_SP(context) = (unsigned long)(stacks[i] + sizeof stacks[i] - 256) - STACK_SKEW;
		UC_SET_PC(context, clerk);
		UC_ARG(context) = i + 1;
		*flags &= ~UC_TLSBASE;
		sys3(SYS_lwp_create, context, 0, &ids[i]);
	}
	for (i = 0; i < CLERKS; i++)
		sys2(SYS_lwp_wait, ids[i], &got);
	print("all tickets are handed out\n");
	return 0;
}
