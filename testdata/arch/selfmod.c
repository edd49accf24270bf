/*
 * Code that a program writes: new code after the proper flush, in place, after mprotect, and in other pages at the same
 * address; and jumps from one place to many, or to where nothing is.
 */
#include "arch.h"
#include "code.h"

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
