/* mremap: resizing, moving, second mappings (MAP_REMAPDUP), and the protections that mmap was asked to allow. */
#include "arch.h"

#define NR_mremap	411
#define NR_minherit	273
#define FIXED		0x10
#define REMAPDUP	0x04
#define ALIGNED(n)	((n) << 24)
#define PAGE		8192	/* a multiple of every page size */

static long mremapx(void *old, size_t oldsize, void *new, size_t newsize, int flags)
{
	return (long)nb_syscall8(NR_mremap, REG(old), REG(oldsize), REG(new), REG(newsize), REG(flags), REG(0), REG(0), REG(0));
}

static volatile char *area(size_t len, int prot)
{
	return (volatile char *)(long)nb_syscall8(SYS_mmap, REG(0), REG(len), REG(prot), REG(0x1002), REG(-1), REG(0), ARG64(0));
}

static int status_of(long pid)
{
	int status = -1;

	if (sys4(SYS_wait4, pid, &status, 0, 0) != pid)
		return -1;
	return status;
}

/* dies says whether a load there ends a child with SIGSEGV. */
static int dies(volatile char *p)
{
	long pid = fork();

	if (pid == 0) {
		(void)*p;
		exit(0);
	}
	return (status_of(pid) & 0x7f) == SIGSEGV;
}

static void resizing(void)
{
	volatile char *p = area(4 * PAGE, 3), *q;

	p[0] = 'a';
	p[3 * PAGE] = 'd';
	check("the same", mremapx((void *)p, 4 * PAGE, 0, 4 * PAGE, 0) == (long)p);
	check("shorter", mremapx((void *)p, 4 * PAGE, 0, 3 * PAGE, 0) == (long)p && dies(p + 3 * PAGE));
	check("longer in place", mremapx((void *)p, 3 * PAGE, 0, 4 * PAGE, FIXED) == -12 ||
	    mremapx((void *)p, 3 * PAGE, (void *)p, 4 * PAGE, FIXED) == (long)p);
	check("contents", p[0] == 'a' && p[3 * PAGE] == 0);
	q = (volatile char *)mremapx((void *)p, 4 * PAGE, 0, 64 * PAGE, 0);
	check("much longer", q[0] == 'a' && q[63 * PAGE] == 0);
	if (q != p)
		check("the old place is free", dies(p));
	p = area(8 * PAGE, 3);
	sys2(SYS_munmap, p, 8 * PAGE);
	check("to a place", mremapx((void *)q, 4 * PAGE, (void *)p, 5 * PAGE, FIXED) == (long)p && p[0] == 'a' && p[4 * PAGE] == 0);
	check("from there", dies(q));
	check("the rest stays", q[4 * PAGE] == 0);
	say("to a place that is taken", mremapx((void *)q + 4 * PAGE, PAGE, (void *)p, PAGE, FIXED));
	p = (volatile char *)mremapx((void *)p, 2 * PAGE, 0, 2 * PAGE, ALIGNED(20));
	check("aligned", ((unsigned long)p & 0xfffff) == 0 && p[0] == 'a');
	say("not a page", mremapx((void *)p + 1, PAGE, 0, PAGE, 0));
	say("nothing", mremapx((void *)p, 0, 0, PAGE, 0));
	say("flags", mremapx((void *)p, PAGE, 0, PAGE, 1));
	say("small alignment", mremapx((void *)p, PAGE, 0, PAGE, ALIGNED(5)));
	say("large alignment", mremapx((void *)p, PAGE, 0, PAGE, ALIGNED(127)));
}

static void twice(void)
{
	volatile char *p = area(2 * PAGE, 3), *q, *r;
	long pid;

	p[0] = '1';
	q = (volatile char *)mremapx((void *)p, 2 * PAGE, 0, 2 * PAGE, REMAPDUP);
	check("elsewhere", q != p && q[0] == '1');
	q[1] = '2';
	p[PAGE] = '3';
	check("one memory", p[1] == '2' && q[PAGE] == '3');
	r = (volatile char *)mremapx((void *)q, PAGE, 0, 3 * PAGE, REMAPDUP);
	check("a third, longer", r[1] == '2' && r[2 * PAGE] == 0);
	r[2 * PAGE] = 'r';
	say("protection of one", sys3(SYS_mprotect, q, 2 * PAGE, 1));
	p[2] = '4';
	check("the other is as it was", q[2] == '4' && r[2] == '4');
	pid = fork();
	if (pid == 0) {
		check("a child has it", p[0] == '1' && q[0] == '1');
		p[0] = 'c';
		exit(p[0] == 'c' && q[0] == '1' ? 3 : 4); /* memory of each mapping's own */
	}
	say("status", status_of(pid) >> 8);
	check("the parent's is its own", p[0] == '1');
	sys2(SYS_munmap, p, 2 * PAGE);
	check("without the first", q[2] == '4' && r[1] == '2');
}

static void protections(void)
{
	volatile char *p = area(PAGE, 3 | 4 << 3);

	say("mmap that may be executed later", (long)p > 0 || (long)p < -4096);
	say("mprotect", sys3(SYS_mprotect, p, PAGE, 5));
	say("bad protection", (long)nb_syscall8(SYS_mmap, REG(0), REG(PAGE), REG(64), REG(0x1002), REG(-1), REG(0), ARG64(0)));
}

int main(int argc, char **argv, char **envp)
{
	resizing();
	twice();
	protections();
	return 0;
}
