/* Local descriptor tables: i386 programs may have their own, amd64's may not. */
#include "arch.h"

#define EACCES	13
#define EFAULT	14
#define EINVAL	22
#define GET	0
#define SET	1

struct args {
	int start;
	u64 *desc;
	int num;
};

static long ldt(int op, int start, u64 *d, int num)
{
	struct args a = { start, d, num };

	return sys2(SYS_sysarch, op, &a);
}

#ifndef __i386__
int main(int argc, char **argv, char **envp)
{
	u64 d = 0;

	check("get", ldt(GET, 0, &d, 1) == -EINVAL);
	check("set", ldt(SET, 6, &d, 1) == -EINVAL);
	return 0;
}
#else

#define SEL(i)		((i) << 3 | 7)
#define PRESENT		(1ULL << 47)
#define ACCESSED	(1ULL << 40)
#define RW		18
#define RO		16
#define CODE		26
#define CONFORMING	30
#define USERFS		0xab
#define THREADS		3

/* A segment of 32 bits for programs; the limit in bytes. */
static u64 seg(int type, unsigned long base, u32 limit)
{
	return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)type << 40 | 3ULL << 45 | PRESENT |
	    (u64)(limit >> 16 & 15) << 48 | 1ULL << 54 | (u64)(base >> 24) << 56;
}

static u64 flat(int type, unsigned long base) { return seg(type, base, 0xfffff) | 1ULL << 55; }

static u64 gate(int sel, unsigned long to)
{
	return (to & 0xffff) | (u64)sel << 16 | 12ULL << 40 | 3ULL << 45 | PRESENT | (u64)(to >> 16) << 48;
}

static u32 values[8] = { 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007 };

static void setfs(u32 sel) { __asm__ volatile("movw %w0,%%fs" :: "r"(sel) : "memory"); }
static void setgs(u32 sel) { __asm__ volatile("movw %w0,%%gs" :: "r"(sel) : "memory"); }
static u32 getfs(void) { u32 v = 0; __asm__ volatile("movw %%fs,%w0" : "+r"(v)); return v; }
static u32 getgs(void) { u32 v = 0; __asm__ volatile("movw %%gs,%w0" : "+r"(v)); return v; }
static u32 fs0(void) { u32 v; __asm__ volatile("movl %%fs:0,%0" : "=r"(v) :: "memory"); return v; }
static u32 gs0(void) { u32 v; __asm__ volatile("movl %%gs:0,%0" : "=r"(v) :: "memory"); return v; }

/* The handler goes on where the program says, with fs as it says. */
static volatile int signo, code, trapno;
static volatile u32 handlerfs, savedfs;
extern char after[] __attribute__((visibility("hidden")));

static void oops(int sig, struct siginfo *si, void *uc)
{
	u32 *gregs = (u32 *)uc + 9;

	signo = sig;
	code = si->code;
	handlerfs = getfs();
	savedfs = gregs[1];
	gregs[1] = USERFS;
	gregs[14] = (u32)(unsigned long)after;
}

static void quiet(int sig, struct siginfo *si, void *uc)
{
	signo = sig;
	handlerfs = getfs();
	setfs(SEL(7));
}

/* Loads fs, or else sets a table; 0, or the signal and its code. */
static int __attribute__((noinline)) try(u32 sel, struct args *a)
{
	signo = code = 0;
	__asm__ volatile("pushal; movl %%esp,keptsp; testl %%ecx,%%ecx; jz 1f\n"
	    "	pushl %%ecx; pushl $1; pushl $0; movl $165,%%eax; int $0x80; jmp after\n"
	    "1:	movw %%ax,%%fs\n"
	    ".globl after\n.hidden after\nafter: movl keptsp,%%esp; popal\n" :: "a"(sel), "c"(a) : "memory", "cc");
	return signo * 100 + code;
}
static int tryfs(u32 sel) { return try(sel, 0); }
u32 keptsp __attribute__((visibility("hidden"), used));

/* A call of one word for no argument through a segment and back. */
static u32 farcall(u32 sel, unsigned long to, u32 eax)
{
	struct { u32 to; unsigned short sel; } __attribute__((packed)) p = { (u32)to, (unsigned short)sel };

	__asm__ volatile("lcall *%1" : "+a"(eax) : "m"(p) : "memory", "cc", "edx", "ecx");
	return eax;
}
extern char target[] __attribute__((visibility("hidden")));
__asm__(".text\n.hidden target\n.globl target\ntarget: movw %cs,%ax; addl $1000,%eax; lret\n");

static u32 __attribute__((noinline)) oldgetpid(void)
{
	u32 v = 20;

	__asm__ volatile("lcall $7,$0" : "+a"(v) :: "memory", "cc", "edx", "ecx");
	return v;
}

static char stacks[THREADS][16384] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));
static volatile u32 wrong, go;

static void __attribute__((used)) thread(long n)
{
	setfs(SEL(6 + n));
	setgs(SEL(7 + n));
	while (!go)
		sys0(SYS_sched_yield);
	for (int i = 0; i < 20000; i++) {
		if (fs0() != 1000 + (u32)n || gs0() != 1001 + (u32)n)
			wrong++;
		if (i % 64 == 0)
			sys0(SYS_sched_yield);
	}
	sys0(SYS_lwp_exit);
}

static void threads(void)
{
	int ids[THREADS], i, got;

	for (i = 0; i < THREADS; i++) {
		sys1(SYS_getcontext, context);
		UC_SP(context) = (unsigned long)(stacks[i] + sizeof stacks[i] - 256) - STACK_SKEW;
		UC_SET_PC(context, thread);
		UC_ARG(context) = i;
		*(u32 *)context &= ~UC_TLSBASE;
		if (sys3(SYS_lwp_create, context, 0, &ids[i]) != 0)
			print("_lwp_create failed\n");
	}
	go = 1;
	for (i = 0; i < THREADS; i++)
		sys2(SYS_lwp_wait, ids[i], &got);
	check("threads", wrong == 0);
}

static int exited(long pid)
{
	int status = -1;

	sys4(SYS_wait4, pid, &status, 0, 0);
	return status >> 8;
}

int main(int argc, char **argv, char **envp)
{
	static u64 d[8200];
	u64 x;
	long pid;
	int i;

	if (argc > 1) {
		check("gone with exec", ldt(GET, 0, d, 100) == 17 && getfs() == USERFS);
		return 0;
	}
	/* The table that everybody has. */
	check("default", ldt(GET, 0, d, 8192) == 17);
	check("gates", d[0] == d[4] && d[0] == d[16] && (d[0] >> 40 & 0xff) == 0xec);
	check("segments", (d[2] >> 40 & 0xff) == 0xfb && (d[3] >> 40 & 0xff) == 0xf3 && d[2] == d[5]);
	check("empty", d[1] == 0 && d[6] == 0);
	check("from its end", ldt(GET, 17, d, 1) == 0);
	check("beyond", ldt(GET, 18, d, 1) == -EINVAL);
	check("negative", ldt(GET, -1, d, 1) == -EINVAL && ldt(GET, 0, d, -1) == -EINVAL);
	check("too many", ldt(GET, 0, d, 8193) == -EINVAL && ldt(GET, 1, d, 8192) == -EINVAL);
	check("fault", ldt(GET, 0, (u64 *)16, 1) == -EFAULT && sys2(SYS_sysarch, GET, 16) == -EFAULT);
	on_signal(SIGSEGV, oops, 0);
	on_signal(SIGBUS, oops, 0);
	check("nothing there", tryfs(SEL(6)) == SIGSEGV * 100 + 2);

	/* What may be set. */
	x = flat(RW, 0) & ~(3ULL << 45);
	check("not the kernel's", ldt(SET, 6, &x, 1) == -EACCES);
	x &= ~PRESENT;
	check("unless absent", ldt(SET, 6, &x, 1) == 6);
	x = flat(CONFORMING, 0) & ~PRESENT;
	check("absent conforming", ldt(SET, 6, &x, 1) == -EACCES);
	x = flat(9, 0);
	check("task state", ldt(SET, 6, &x, 1) == -EACCES);
	x = gate(8, 0);
	check("gate to the kernel", ldt(SET, 6, &x, 1) == -EACCES);
	x = gate(23 << 3, 0);
	check("gate to nowhere", ldt(SET, 6, &x, 1) == -EACCES);
	x = PRESENT;
	check("null", ldt(SET, 6, &x, 1) == 6 && ldt(GET, 6, &x, 1) == 1 && x == 0);
	check("set negative", ldt(SET, -1, &x, 1) == -EINVAL && ldt(SET, 1, &x, -1) == -EINVAL);
	check("set too many", ldt(SET, 0, d, 8193) == -EINVAL && ldt(SET, 8192, &x, 1) == -EINVAL);
	check("set fault", ldt(SET, 6, (u64 *)16, 1) == -EFAULT);
	check("size", ldt(GET, 0, d, 8192) == 512 && ldt(GET, 512, d, 1) == 0 && ldt(GET, 513, d, 1) == -EINVAL);
	check("old calls", oldgetpid() == (u32)sys0(SYS_getpid));

	/* Segments of one's own. */
	for (i = 0; i < 8; i++)
		d[i] = seg(i & 1 ? RO : RW, (unsigned long)&values[i], 3);
	check("set", ldt(SET, 6, d, 8) == 6);
	check("get", ldt(GET, 6, &x, 1) == 1 && x == d[0]);
	check("load", tryfs(SEL(6)) == 0 && getfs() == SEL(6) && fs0() == 1000);
	check("still", ldt(GET, 6, &x, 1) == 1 && (x & ~ACCESSED) == d[0]);
	setgs(SEL(9));
	check("both", fs0() == 1000 && gs0() == 1003 && getgs() == SEL(9));
	__asm__ volatile("pushl %%es; movw %w1,%%es; movl %%es:0,%0; popl %%es" : "=&r"(i) : "r"(SEL(8)) : "memory");
	check("data segment", i == 1002);
	check("after calls", sys0(SYS_sched_yield) == 0 && fs0() == 1000 && gs0() == 1003);
	check("far end", ldt(SET, 8191, d, 1) == 8191 && ldt(GET, 8190, d + 20, 2) == 2 && d[20] == 0 && d[21] == d[0]);
	check("far load", tryfs(SEL(8191)) == 0 && fs0() == 1000);

	/* Code. */
	d[0] = flat(CODE, 0);
	d[1] = flat(CODE, 0x1000);
	d[2] = gate(SEL(20), (unsigned long)target);
	check("set code", ldt(SET, 20, d, 3) == 20);
	check("call", farcall(SEL(20), (unsigned long)target, 0) == 1000 + SEL(20));
	check("call with a base", farcall(SEL(21), (unsigned long)target - 0x1000, 0) == 1000 + SEL(21));
	check("call through a gate", farcall(SEL(22), 0, 0) == 1000 + SEL(20));

	/* Signals. */
	on_signal(SIGUSR1, quiet, 0);
	setfs(SEL(6));
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	check("in a handler", signo == SIGUSR1 && handlerfs == USERFS);
	check("after it", getfs() == SEL(6) && fs0() == 1000 && gs0() == 1003);
	d[0] = seg(RW, 0, 3) & ~PRESENT;
	check("set absent", ldt(SET, 30, d, 1) == 30);
	check("absent", tryfs(SEL(30)) == SIGBUS * 100 + 2 && savedfs == SEL(6) && handlerfs == USERFS);
	d[0] = seg(8 + 16, 0, 3);
	check("set unreadable", ldt(SET, 30, d, 1) == 30);
	check("unreadable", tryfs(SEL(30)) == SIGSEGV * 100 + 2);

	/* Others' changes, and those of what is loaded. */
	threads();
	setfs(SEL(6));
	d[0] = seg(RW, (unsigned long)&values[5], 3);
	check("moved", ldt(SET, 6, d, 1) == 6 && fs0() == 1005);
	if ((pid = sys0(SYS_fork)) == 0) {
		i = fs0() == 1005 && gs0() == 1003 && ldt(GET, 0, d, 8192) == 8192;
		d[0] = seg(RW, (unsigned long)&values[6], 3);
		i += ldt(SET, 6, d, 1) == 6 && fs0() == 1006;
		sys1(SYS_exit, i);
	}
	check("forked", exited(pid) == 2 && fs0() == 1005);
	d[0] = 0;
	check("removed", try(0, &(struct args){ 6, d, 1 }) == SIGSEGV * 100 + 2 && savedfs == SEL(6) && getfs() == USERFS);
	check("others stay", gs0() == 1003);
	check("system calls", sys0(SYS_getpid) > 0 && oldgetpid() == (u32)sys0(SYS_getpid));
	if ((pid = sys0(SYS_fork)) == 0) {
		char *args[] = { argv[0], "again", 0 };

		sys3(SYS_execve, argv[0], args, envp);
		exit(1);
	}
	check("executed", exited(pid) == 0);
	return 0;
}
#endif
