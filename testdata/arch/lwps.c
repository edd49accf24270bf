/* Four threads on one counter, and each with a thread pointer of its own. */
#include "arch.h"

#define THREADS	4
#define ROUNDS	100000

static volatile u32 lock, started;
static volatile u32 counter, locked;
static volatile u32 privates[THREADS];
static char stacks[THREADS][16384] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));

static void acquire(void)
{
	while (__sync_lock_test_and_set(&lock, 1))
		sys0(SYS_sched_yield);
}

static void release(void) { __sync_lock_release(&lock); }

static void __attribute__((used)) thread(long n)
{
	for (int i = 0; i < ROUNDS; i++) {
#if !defined(__sparc__) || defined(__arch64__)
		__sync_fetch_and_add(&counter, 1);
#else
		acquire();
		counter++;
		release();
#endif
		if (i % 16 == 0) {
			acquire();
			locked++;
			release();
		}
	}
	privates[n] = (u32)sys0(SYS_lwp_getprivate);
	sys0(SYS_lwp_exit);
}

int main(int argc, char **argv, char **envp)
{
	u32 *flags = (u32 *)context;
	int ids[THREADS], i, got;

	check("first of all", sys0(SYS_lwp_self) == sys0(SYS_getpid)); /* proc_alloc_lwpid; before NetBSD 10 it was 1 */
	for (i = 0; i < THREADS; i++) {
		sys1(SYS_getcontext, context);
		UC_SP(context) = (unsigned long)(stacks[i] + sizeof stacks[i] - 256) - STACK_SKEW;
		UC_SET_PC(context, thread);
		UC_ARG(context) = i;
		*flags &= ~UC_TLSBASE;
		if (sys3(SYS_lwp_create, context, 0, &ids[i]) != 0)
			print("_lwp_create failed\n");
	}
	for (i = 0; i < THREADS; i++) {
		got = 0;
		check("wait", sys2(SYS_lwp_wait, ids[i], &got) == 0 && got == ids[i]);
	}
	say("counter", counter);
	say("locked", locked);
	sys1(SYS_lwp_setprivate, privates);
	check("private", sys0(SYS_lwp_getprivate) == (long)privates);
	return 0;
}
