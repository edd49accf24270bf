/* Sparc of version 8 without a C library, which Debian has for version 9 alone: calls, errors, both kinds of frames. It
 * begins without one's help, so that nothing but the kernel is asked. */
static long call(long n, long a, long b, long c, long d, long e)
{
	register long g1 __asm__("g1") = n;
	register long o0 __asm__("o0") = a;
	register long o1 __asm__("o1") = b;
	register long o2 __asm__("o2") = c;
	register long o3 __asm__("o3") = d;
	register long o4 __asm__("o4") = e;

	__asm__ volatile("ta 0x10\n\tbcc 1f\n\tnop\n\tsub %%g0, %%o0, %%o0\n1:"
		: "+r"(o0), "+r"(o1), "+r"(g1) : "r"(o2), "r"(o3), "r"(o4) : "memory", "cc");
	return o0;
}

enum { EXIT_GROUP = 188, WRITE = 4, OPEN = 5, GETPID = 20, KILL = 37, RT_SIGACTION = 102, SIGUSR1 = 30, SA_SIGINFO = 0x200 };

static void print(long v)
{
	char b[20], *p = b + sizeof b;
	unsigned long u = v < 0 ? -v : v;

	*--p = '\n';
	do
		*--p = '0' + u % 10;
	while (u /= 10);
	if (v < 0)
		*--p = '-';
	call(WRITE, 1, (long)p, b + sizeof b - p, 0, 0);
}

struct action {
	void (*handler)(int);
	unsigned long flags;
	void *restorer;
	unsigned long mask[2];
};

static volatile long came;

/* deep uses more register windows than there are. */
static __attribute__((noinline)) long deep(int n) { return n ? deep(n - 1) + n : 0; }

static void on(int sig) { came = sig + deep(30); }

static void signalled(unsigned long flags)
{
	struct action a = { on, flags, 0, { 0, 0 } };

	came = 0;
	print(call(RT_SIGACTION, SIGUSR1, (long)&a, 0, 0, 8));
	call(KILL, call(GETPID, 0, 0, 0, 0, 0), SIGUSR1, 0, 0, 0);
	print(came);
}

void begin(long *sp)
{
	print(sp[0]);
	print(call(OPEN, (long)"/nonexistent", 0, 0, 0, 0));
	signalled(0);
	signalled(SA_SIGINFO);
	print(deep(50));
	call(EXIT_GROUP, 3, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start:\tclr %fp\n\tadd %sp, 64, %o0\n\tcall begin\n\tsub %sp, 96, %sp\n");
