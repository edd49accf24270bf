/*
 * Code that a program writes: new code after the proper flush, in place, after mprotect, and in other pages at the same
 * address; and jumps from one place to many, or to where nothing is.
 */
#include "arch.h"

/* A function that returns n, as instructions. */
static void emit(u32 *p, int n)
{
#if defined(__x86_64__) || defined(__i386__)
	p[0] = 0xb8 | (u32)n << 8;
	p[1] = 0xc300;
#elif defined(__aarch64__)
	p[0] = 0x52800000 | (u32)n << 5;
	p[1] = 0xd65f03c0;
#elif defined(__thumb__)
	p[0] = (0x2000 | (u32)n) | 0x4770u << 16;
#elif defined(__arm__)
	p[0] = 0xe3a00000 | (u32)n;
	p[1] = 0xe12fff1e;
#elif defined(__mips__)
	p[0] = 0x03e00008;
	p[1] = 0x24020000 | (u32)n;
#elif defined(__sparc__)
	p[0] = 0x81c3e008;
	p[1] = 0x90102000 | (u32)n;
#elif defined(__riscv)
	p[0] = 0x00000513 | (u32)n << 20;
	p[1] = 0x00008067;
#elif defined(__m68k__)
	p[0] = 0x70004e75 | (u32)n << 16;
#elif defined(__powerpc__)
	p[0] = 0x38600000 | (u32)n;
	p[1] = 0x4e800020;
#endif
}

static void flush(void *p, size_t n)
{
#if defined(__aarch64__)
	for (char *q = p; q < (char *)p + n; q += 4)
		__asm__ volatile("dc cvau,%0\n\tdsb ish\n\tic ivau,%0\n\tdsb ish\n\tisb" : : "r"(q) : "memory");
#elif defined(__arm__)
	struct { void *p; size_t n; } range = { p, n };

	sys2(SYS_sysarch, 0, &range);
#elif defined(__mips__)
	struct { void *p; size_t n; int which; } range = { p, n, 3 };

	sys2(SYS_sysarch, 0, &range);
#elif defined(__sparc__)
	for (char *q = p; q < (char *)p + n; q += 8)
		__asm__ volatile("flush %0" : : "r"(q) : "memory");
#elif defined(__riscv)
	__asm__ volatile("fence.i" : : : "memory");
#elif defined(__m68k__)
	register long d0 __asm__("d0") = (long)0x80000004;
	register void *a1 __asm__("a1") = p;
	register long d1 __asm__("d1") = n;

	__asm__ volatile("trap #12" : "+d"(d0) : "a"(a1), "d"(d1) : "memory");
#elif defined(__powerpc__)
	for (char *q = p; q < (char *)p + n; q += 4)
		__asm__ volatile("dcbst 0,%0\n\tsync\n\ticbi 0,%0\n\tsync\n\tisync" : : "r"(q) : "memory");
#endif
}

static int call(u32 *p)
{
#ifdef __thumb__
	p = (u32 *)((char *)p + 1);
#endif
	return ((int (*)(void))(unsigned long)p)();
}

/* One place that all calls are made from. */
static __attribute__((noinline)) int from_here(u32 *p)
{
	return call(p);
}

/* A page with code of its own takes the place of the one before, which was called several times. */
static int other_pages(u32 *p)
{
	int i, k, sum = 0;

	for (i = 0; i < 20; i++) {
		nb_syscall8(SYS_mmap, REG(p), REG(16384), REG(7), REG(0x1012), REG(-1), REG(0), ARG64(0));
		emit(p, i);
		flush(p, 8);
		for (k = 0; k < 5; k++)
			sum += from_here(p);
		if (i % 2)
			sys2(SYS_munmap, p, 16384);
	}
	return sum;
}

/* More functions than there is a memory of where they return to, called in turn, and then others in their places. */
static int many(void)
{
	enum { N = 6000, WORDS = 16 };
	u32 *p = map(N * WORDS * 4, 7);
	int i, k, sum = 0;

	for (k = 0; k < 2; k++) {
		for (i = 0; i < N; i++)
			emit(p + i * WORDS, (i + k) % 100);
		flush(p, N * WORDS * 4);
		for (i = 0; i < 2 * N; i++)
			sum = (sum * 3 + from_here(p + i % N * WORDS)) % 1000003;
	}
	return sum;
}

/* The address that a place has as long as it was never jumped from, after it has one: a signal ends the child. */
static int nowhere(u32 *p)
{
	int k, status = 0;
	long pid;

	emit(p, 1);
	flush(p, 8);
	if ((pid = fork()) == 0) {
		for (k = 0; k < 5; k++)
			from_here(p);
		from_here((u32 *)-1l);
		exit(0);
	}
	sys4(SYS_wait4, pid, &status, 0, 0);
	return (status & 0x7f) != 0;
}

int main(int argc, char **argv, char **envp)
{
	u32 *p = map(16384, 7);
	int i, sum = 0;

	for (i = 0; i < 100; i++) {
		emit(p, i);
		flush(p, 8);
		sum += call(p);
	}
	say("in place", sum);
	emit(p, 11);
	emit(p + 64, 22);
	flush(p, 512);
	say("two functions", call(p) * 100 + call(p + 64));
	sys3(SYS_mprotect, p, 16384, 3);
	emit(p, 33);
	emit(p + 64, 44);
	sys3(SYS_mprotect, p, 16384, 5);
	flush(p, 512);
	say("after mprotect", call(p) * 100 + call(p + 64));
	say("other pages", other_pages(map(16384, 7)));
	say("many functions", many());
	say("nowhere", nowhere(map(16384, 7)));
	return 0;
}
