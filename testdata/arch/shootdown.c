/*
 * What one LWP changes in the address space while others use it: they see it when the call returns, not later
 * (pmap_tlb_shootdown). And code that another LWP changes.
 */
#include "arch.h"

#define THREADS	3
static char stacks[THREADS][16384] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));
static volatile u32 stop, started, wrong, faults, seq;
static u32 *volatile page;
static volatile u32 counts[THREADS];

static void create(void (*f)(long), long n, int *id)
{
	u32 *flags = (u32 *)context;

	sys1(SYS_getcontext, context);
	UC_SP(context) = (unsigned long)(stacks[n] + sizeof stacks[n] - 256) - STACK_SKEW;
	UC_SET_PC(context, f);
	UC_ARG(context) = n;
	*flags &= ~UC_TLSBASE;
	if (sys3(SYS_lwp_create, context, 0, id) != 0)
		print("_lwp_create failed\n");
}

static void __attribute__((noreturn)) leave(void)
{
	for (;;)
		sys0(SYS_lwp_exit);
}

static void all(void (*f)(long), int n, void (*change)(void))
{
	int ids[THREADS], got;

	stop = started = wrong = 0;
	for (int i = 0; i < n; i++)
		create(f, i, &ids[i]);
	while (started == 0)
		sys0(SYS_sched_yield);
	change();
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < n; i++)
		sys2(SYS_lwp_wait, ids[i], &got);
}

/* A fault is waited out: the instruction is tried again. */
static void on_fault(int sig, struct siginfo *si, void *uc)
{
	faults = 1;
	sys0(SYS_sched_yield);
}

static u32 *at(u32 *p, int prot, int fixed)
{
	return (u32 *)(long)nb_syscall8(SYS_mmap, REG(p), REG(8192), REG(prot), REG(0x1002 | fixed), REG(-1), REG(0), ARG64(0));
}

static void __attribute__((used)) writer(long n)
{
	u32 v = 0;

	started = 1;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
		((volatile u32 *)page)[n] = ++v;
	leave();
}

static void protect(void)
{
	u32 seen[THREADS];

	/* Until a writer has run into it, which takes longer where others have the host's processors. */
	for (int r = 0; r < 30 || !faults; r++) {
		sys3(SYS_mprotect, page, 8192, 1);
		for (int i = 0; i < THREADS; i++)
			seen[i] = ((volatile u32 *)page)[i];
		for (int i = 0; i < 3; i++)
			sys0(SYS_sched_yield);
		for (int i = 0; i < THREADS; i++)
			if (seen[i] != ((volatile u32 *)page)[i])
				wrong = 1;
		sys3(SYS_mprotect, page, 8192, 3);
		sys0(SYS_sched_yield);
	}
}

/* Reads seq, the page, seq: while seq is even the page has its number. */
static void __attribute__((used)) reader(long n)
{
	started = 1;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		u32 a = __atomic_load_n(&seq, __ATOMIC_ACQUIRE), v = __atomic_load_n(page + n, __ATOMIC_ACQUIRE);

		if (!(a & 1) && a == __atomic_load_n(&seq, __ATOMIC_ACQUIRE) && v != a)
			wrong = 1;
	}
	leave();
}

static void remap(void)
{
	for (int r = 0; r < 60; r++) {
		__atomic_store_n(&seq, seq + 1, __ATOMIC_SEQ_CST);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (r & 1)
			sys2(SYS_munmap, page, 8192);
		if (at(page, 3, 0x10) != page)
			wrong = 1;
		for (int i = 0; i < THREADS; i++)
			page[i] = seq + 1;
		__atomic_store_n(&seq, seq + 1, __ATOMIC_SEQ_CST);
		if (r % 4 == 0)
			sys0(SYS_sched_yield);
	}
}

static void __attribute__((used)) counter(long n)
{
	u32 v = 0;

	started = 1;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		if (((volatile u32 *)page)[n] != v)
			wrong = 1;	/* a store got lost */
		((volatile u32 *)page)[n] = ++v;
		counts[n] = v;
	}
	leave();
}

static void forks(void)
{
	for (int r = 0; r < 15; r++) {
		long pid = fork();
		int status = 0;

		if (pid == 0) {
			u32 seen[THREADS], bad = 0;

			for (int i = 0; i < THREADS; i++)
				seen[i] = ((volatile u32 *)page)[i];
			for (int i = 0; i < 3; i++)
				sys0(SYS_sched_yield);
			for (int i = 0; i < THREADS; i++)
				bad |= seen[i] != ((volatile u32 *)page)[i];
			sys1(SYS_exit, bad);
		}
		if (pid < 0 || sys4(SYS_wait4, pid, &status, 0, 0) != pid || status != 0)
			wrong = 1;
	}
}

/* A function that returns n, as instructions: the last word changed is the one that has the number. */
static void emit(u32 *p, int n)
{
	volatile u32 *w = p;
#if defined(__x86_64__) || defined(__i386__)
	w[1] = 0xc300;
	w[0] = 0xb8 | (u32)n << 8;
#elif defined(__aarch64__)
	w[1] = 0xd65f03c0;
	w[0] = 0x52800000 | (u32)n << 5;
#elif defined(__thumb__)
	w[0] = (0x2000 | (u32)n) | 0x4770u << 16;
#elif defined(__arm__)
	w[1] = 0xe12fff1e;
	w[0] = 0xe3a00000 | (u32)n;
#elif defined(__mips__)
	w[0] = 0x03e00008;
	w[1] = 0x24020000 | (u32)n;
#elif defined(__sparc__)
	w[0] = 0x81c3e008;
	w[1] = 0x90102000 | (u32)n;
#elif defined(__riscv)
	w[1] = 0x00008067;
	w[0] = 0x00000513 | (u32)n << 20;
#elif defined(__m68k__)
	w[0] = 0x70004e75 | (u32)n << 16;
#elif defined(__powerpc__)
	w[1] = 0x4e800020;
	w[0] = 0x38600000 | (u32)n;
#endif
}

static int call(u32 *p)
{
#ifdef __thumb__
	p = (u32 *)((char *)p + 1);
#endif
	return ((int (*)(void))(unsigned long)p)();
}

static void __attribute__((used)) executor(long n)
{
	started = 1;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		u32 a = __atomic_load_n(&seq, __ATOMIC_ACQUIRE);
		int v = call(page);

		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (!(a & 1) && a == __atomic_load_n(&seq, __ATOMIC_ACQUIRE) && v != (int)(a / 2 % 100))
			wrong = 1;
	}
	leave();
}

static void rewrite(void)
{
	for (int r = 0; r < 100; r++) {
		__atomic_store_n(&seq, seq + 1, __ATOMIC_SEQ_CST);
		emit(page, (int)((seq + 1) / 2 % 100));
		__atomic_store_n(&seq, seq + 1, __ATOMIC_SEQ_CST);
		if (r % 4 == 0)
			sys0(SYS_sched_yield);
	}
}

int main(int argc, char **argv, char **envp)
{
	on_signal(SIGSEGV, on_fault, 0);
	on_signal(SIGBUS, on_fault, 0);
	page = at(0, 3, 0);
	all(writer, THREADS, protect);
	check("mprotect", !wrong);
	seq = 0;
	for (int i = 0; i < THREADS; i++)
		page[i] = 0;
	all(reader, THREADS, remap);
	check("munmap and mmap", !wrong);
	for (int i = 0; i < THREADS; i++)
		page[i] = 0;
	all(counter, THREADS, forks);
	for (int i = 0; i < THREADS; i++)
		wrong |= page[i] != counts[i];
	check("fork", !wrong);
	seq = 0;
	page = at(0, 7, 0);
	emit(page, 0);
	all(executor, 2, rewrite);
	check("code", !wrong);
	return 0;
}
