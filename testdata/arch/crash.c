/* Dies of a store through a bad pointer, below some frames and beside another thread; what a core file of it must
 * show is printed first. With an argument a child does that, whose core file is named so. */
#include "arch.h"

static char stack[16384] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));
static volatile u32 waiting;
static volatile u32 initialized = 0x12345678;
static volatile double held = 1.5;

#if defined(__x86_64__)
#define HOLD(x) __asm__ volatile("movsd %0,%%xmm7" :: "m"(x) : "xmm7")
#elif defined(__i386__)
#define HOLD(x) __asm__ volatile("fldl %0" :: "m"(x))
#elif defined(__arm__)
#define HOLD(x) __asm__ volatile("vldr d9,%0" :: "m"(x) : "d9")
#elif defined(__aarch64__)
#define HOLD(x) __asm__ volatile("ldr d9,%0" :: "m"(x) : "d9")
#elif defined(__mips__) && defined(_ABIO32)
#define HOLD(x) __asm__ volatile("ldc1 $f22,%0" :: "m"(x))
#elif defined(__mips__)
#define HOLD(x) __asm__ volatile("ldc1 $f22,%0" :: "m"(x) : "$f22")
#elif defined(__riscv)
#define HOLD(x) __asm__ volatile("fld fs3,%0" :: "m"(x) : "fs3")
#elif defined(__m68k__)
#define HOLD(x) __asm__ volatile("fmove.d %0,%%fp5" :: "m"(x) : "fp5")
#elif defined(__powerpc__)
#define HOLD(x) __asm__ volatile("lfd%U0%X0 20,%0" :: "m"(x) : "fr20")
#elif defined(__sparc__)
#define HOLD(x) __asm__ volatile("ldd %0,%%f14" :: "m"(x))
#endif

static void __attribute__((used)) thread(long n)
{
	waiting = 1;
	for (;;)
		sys0(SYS_sched_yield);
}

static __attribute__((noinline, noclone)) int crash(int depth, volatile char *p)
{
	volatile char local[16];
	int i;

	for (i = 0; i < 16; i++)
		local[i] = "frame of crash "[i];
	local[14] = (char)('0' + depth);
	if (depth > 0)
		return crash(depth - 1, p) + local[14];
	sayx("local", (unsigned long)local);
	while (!waiting)
		sys0(SYS_sched_yield);
	HOLD(held);
	*p = 1;
	return local[2];
}

int main(int argc, char **argv, char **envp)
{
	u32 *flags = (u32 *)context;
	volatile char *touched = map(1 << 20, 3), *shared;
	int id, status = 0, mib[3] = { 10, 0x7fffffff, 1 };	/* proc.curproc.corename */
	long pid;

	if (argc > 1) {
		if (nb_syscall8(SYS___sysctl, REG(mib), REG(3), REG(0), REG(0), REG(argv[1]), REG(strlen(argv[1]) + 1)) != 0)
			print("sysctl failed\n");
		pid = fork();
		if (pid != 0) {
			sys4(SYS_wait4, pid, &status, 0, 0);
			sayx("status", (u32)status);
			return 0;
		}
	}

	sayx("initialized", (unsigned long)&initialized);
	/* Of a MiB the first page and one far behind it. */
	touched[5] = 'a';
	touched[0x80000] = 'b';
	sayx("touched", (unsigned long)touched);
	shared = (void *)(long)nb_syscall8(SYS_mmap, REG(0), REG(65536), REG(3), REG(0x1001), REG(-1), REG(0), ARG64(0));
	shared[0x3000] = 'c';
	sayx("shared", (unsigned long)shared);
	sayx("readonly", (unsigned long)map(8192, 1));
	sayx("text", (unsigned long)crash);

	sys1(SYS_getcontext, context);
	UC_SP(context) = (unsigned long)(stack + sizeof stack - 256) - STACK_SKEW;
	UC_SET_PC(context, thread);
	UC_ARG(context) = 0;
	*flags &= ~UC_TLSBASE;
	if (sys3(SYS_lwp_create, context, 0, &id) != 0)
		print("_lwp_create failed\n");
	return crash(9, (char *)0x18);
}
