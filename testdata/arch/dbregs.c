/* x86's debug registers and extended state as a tracer sees and changes them, and what signal handlers leave of it. */
#include "arch.h"

#define SYS_ptrace	26
#define PT_TRACE_ME	0
#define PT_CONTINUE	7
#define PT_GET_SIGINFO	20
#ifdef __x86_64__
#define PT_GETDBREGS	37
#define PT_GETXSTATE	41
typedef u64 word;
#define NDR	16
#else
#define PT_GETDBREGS	39
#define PT_GETXSTATE	43
typedef u32 word;
#define NDR	8
#endif
#define TRAP_DBREG	6
#define SIGTRAP		5
#define SIGUSR1		30
#define EINVAL		22

struct psiginfo {
	union {
		struct { int signo, code, errno; } i;
		char size[128];
		u64 align;
	};
	int lwp;
};

struct xstate {
	u64 rfbm, bv;
	u8 fx[512], ymm[16][16], k[8][8], zmm[16][32], hi16[16][64];
};

struct iovec {
	void *base;
	size_t len;
};

static volatile u32 watched[4];
static u8 vectors[8][32];

static long ptrace(int req, long pid, void *addr, long data) { return sys4(SYS_ptrace, req, pid, addr, data); }

static long xstate(int req, long pid, struct xstate *x, size_t len)
{
	struct iovec iov = { x, len };

	return ptrace(req, pid, &iov, 0);
}

static void stopped(const char *what, long pid, int sig)
{
	int st = -1;

	sys4(SYS_wait4, pid, &st, 0, 0);
	check(what, st == (sig << 8 | 0177));
	if (st != (sig << 8 | 0177))
		sayx("status", (u32)st);
}

static void go(long pid) { ptrace(PT_CONTINUE, pid, (void *)1, 0); }

static int code(long pid)
{
	static struct psiginfo si;

	ptrace(PT_GET_SIGINFO, pid, &si, sizeof si);
	return si.i.code;
}

/* avx: the processor has AVX, and the kernel keeps its state. */
static int avx(void)
{
	u32 a = 1, b, c = 0, d, lo, hi;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if ((c >> 27 & 3) != 3)
		return 0;
	__asm__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (lo & 6) == 6;
}

static void load(u8 v[8][32])
{
	__asm__ volatile("vmovdqu (%0),%%ymm0; vmovdqu 96(%0),%%ymm3; vmovdqu 224(%0),%%ymm7" : : "r"(v));
}

static void store(u8 v[8][32])
{
	__asm__ volatile("vmovdqu %%ymm0,(%0); vmovdqu %%ymm3,96(%0); vmovdqu %%ymm7,224(%0)" : : "r"(v) : "memory");
}

static void child(int wide)
{
	ptrace(PT_TRACE_ME, 0, 0, 0);
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);	/* the tracer sets places */
	watched[0] = 1;
	watched[1] = watched[0];
	watched[2] = 3;
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);	/* and takes them away */
	watched[0] = 5;
	if (wide) {
		for (int i = 0; i < 256; i++)
			vectors[i / 32][i % 32] = (u8)i;
		load(vectors);
		/* The registers must live through the call: nothing but system calls between. */
		sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
		store(vectors);
		sys1(SYS_exit, vectors[3][0] == 96 && vectors[3][16] == 0xee && vectors[7][31] == 255 && vectors[0][31] == 31 ? 0 : 1);
	}
	sys1(SYS_exit, 0);
}

int main(int argc, char **argv, char **envp)
{
	static word dr[NDR];
	static struct xstate x, y;
	int wide = avx(), st = -1;
	long pid = sys0(SYS_fork);

	if (pid == 0)
		child(wide);
	stopped("it stops", pid, SIGUSR1);
	check("registers", ptrace(PT_GETDBREGS, pid, dr, 0) == 0 && dr[0] == 0 && dr[3] == 0 && dr[6] == 0xffff0ff0 && dr[7] == 0x400);
	dr[0] = (word)-1;
	check("an address of the kernel's", ptrace(PT_GETDBREGS + 1, pid, dr, 0) == -EINVAL);
	dr[0] = (word)&watched[0];
	dr[2] = (word)&watched[2];
	dr[7] = 2 | 0xf << 16 | 2 << 4 | 0xd << 24;	/* accesses of the first, stores to the third */
	check("set", ptrace(PT_GETDBREGS + 1, pid, dr, 0) == 0);
	go(pid);
	stopped("a store", pid, SIGTRAP);
	check("its code", code(pid) == TRAP_DBREG);
	check("its place", ptrace(PT_GETDBREGS, pid, dr, 0) == 0 && (dr[6] & 15) == 1);
	dr[6] = 0;
	ptrace(PT_GETDBREGS + 1, pid, dr, 0);
	go(pid);
	stopped("a load", pid, SIGTRAP);
	ptrace(PT_GETDBREGS, pid, dr, 0);
	check("its place", (dr[6] & 15) == 1);
	dr[6] = 0;
	ptrace(PT_GETDBREGS + 1, pid, dr, 0);
	go(pid);
	stopped("the other place", pid, SIGTRAP);
	ptrace(PT_GETDBREGS, pid, dr, 0);
	check("its place", (dr[6] & 15) == 4);
	go(pid);
	stopped("nothing until here", pid, SIGUSR1);
	dr[7] = 0;
	ptrace(PT_GETDBREGS + 1, pid, dr, 0);

	check("state", xstate(PT_GETXSTATE, pid, &x, sizeof x) == 0 && (x.rfbm & 3) == 3 && (x.bv & 3) == 3 && (x.bv & ~x.rfbm) == 0);
	check("the processor has what it shows", (x.rfbm >> 2 & 1) == (u64)wide);
	x.rfbm |= 1ULL << 40;
	check("a component that is none", xstate(PT_GETXSTATE + 1, pid, &x, sizeof x) == -EINVAL);
	x.rfbm = 1;
	check("a value without leave", xstate(PT_GETXSTATE + 1, pid, &x, sizeof x) == -EINVAL);
	x.rfbm = x.bv = 2;
	x.fx[160 + 16 * 5] = 0x77;
	check("a part of it", xstate(PT_GETXSTATE + 1, pid, &x, sizeof x) == 0);
	check("is set", xstate(PT_GETXSTATE, pid, &y, sizeof y) == 0 && y.fx[160 + 16 * 5] == 0x77);
	x.rfbm = 2, x.bv = 0;
	check("as at first", xstate(PT_GETXSTATE + 1, pid, &x, sizeof x) == 0 && xstate(PT_GETXSTATE, pid, &y, sizeof y) == 0 &&
	    y.fx[160 + 16 * 5] == 0);
	y.rfbm = 0;
	check("the beginning of it", xstate(PT_GETXSTATE, pid, &y, 8) == 0 && (y.rfbm & 3) == 3);
	go(pid);
	if (wide) {
		stopped("with vectors", pid, SIGUSR1);
		check("they are there", xstate(PT_GETXSTATE, pid, &x, sizeof x) == 0 && (x.bv & 4) && x.fx[160 + 48] == 96 && x.ymm[3][0] == 96 + 16 &&
		    x.ymm[7][15] == 255);
		x.rfbm = x.bv = 4;
		x.ymm[3][0] = 0xee;
		check("changed", xstate(PT_GETXSTATE + 1, pid, &x, sizeof x) == 0);
		go(pid);
	} else
		for (int i = 0; i < 3; i++)
			check("no AVX", 1);
	sys4(SYS_wait4, pid, &st, 0, 0);
	check("the end", st == 0);
	return 0;
}
