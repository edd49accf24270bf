/* Arithmetic exceptions: which instructions trap, and what the handler is told. Machines that have no traps for
 * floating point say so. */
#include "arch.h"

#define SIGEMT 7

enum { INEXACT, UNDERFLOW, OVERFLOW, DIVZERO, INVALID, DENORMAL };

#if defined(__x86_64__) || defined(__i386__)
static void control(int bit)
{
	static const unsigned char at[] = { 12, 11, 10, 9, 7, 8 };
	u32 m = 0x1f80;
	unsigned short cw = 0x37f;

	if (bit >= 0) {
		m &= ~(1u << at[bit]);
		cw &= ~(1 << (at[bit] - 7));
	}
	__asm__ volatile("fnclex; ldmxcsr %0; fldcw %1" :: "m"(m), "m"(cw));
}
static u32 flags(void)	/* inexact, underflow, overflow, division, invalid */
{
	u32 m;

	__asm__ volatile("stmxcsr %0" : "=m"(m));
	return (m >> 5 & 1) | (m >> 4 & 1) << 1 | (m >> 3 & 1) << 2 | (m >> 2 & 1) << 3 | (m & 1) << 4;
}
#elif defined(__mips__)
static void control(int bit)
{
	u32 v = bit < 0 ? 0 : 1u << (7 + bit);

	__asm__ volatile("ctc1 %0,$31" :: "r"(v));
}
static u32 flags(void)
{
	u32 v;

	__asm__ volatile("cfc1 %0,$31" : "=r"(v));
	return v >> 2 & 31;
}
#elif defined(__sparc__)
/* nx, dz, uf, of, nv */
static void control(int bit)
{
	static const unsigned char at[] = { 23, 25, 26, 24, 27 };
	volatile u32 v = bit < 0 ? 0 : 1u << at[bit];

	__asm__ volatile("ld [%0],%%fsr" :: "r"(&v), "m"(v));
}
static u32 flags(void)
{
	volatile u32 v;

	__asm__ volatile("st %%fsr,[%1]" : "=m"(v) : "r"(&v));
	u32 a = v >> 5 & 31;
	return (a & 1) | (a >> 2 & 1) << 1 | (a >> 3 & 1) << 2 | (a >> 1 & 1) << 3 | (a >> 4 & 1) << 4;
}
#elif defined(__aarch64__)
static void control(int bit)
{
	static const unsigned char at[] = { 12, 11, 10, 9, 8 };
	u64 v = bit < 0 ? 0 : 1u << at[bit], zero = 0;

	__asm__ volatile("msr fpcr,%0; msr fpsr,%1" :: "r"(v), "r"(zero));
}
static u32 flags(void)
{
	u64 v;

	__asm__ volatile("mrs %0,fpsr" : "=r"(v));
	return (v >> 4 & 1) | (v >> 3 & 1) << 1 | (v >> 2 & 1) << 2 | (v >> 1 & 1) << 3 | (v & 1) << 4;
}
#elif defined(__arm__)
static void control(int bit)
{
	static const unsigned char at[] = { 12, 11, 10, 9, 8 };
	u32 v = bit < 0 ? 0 : 1u << at[bit];

	__asm__ volatile("vmsr fpscr,%0" :: "r"(v));
}
static u32 flags(void)
{
	u32 v;

	__asm__ volatile("vmrs %0,fpscr" : "=r"(v));
	return (v >> 4 & 1) | (v >> 3 & 1) << 1 | (v >> 2 & 1) << 2 | (v >> 1 & 1) << 3 | (v & 1) << 4;
}
#elif defined(__riscv)
static void control(int bit) { __asm__ volatile("fscsr zero"); }
static u32 flags(void)
{
	unsigned long v;

	__asm__ volatile("frflags %0" : "=r"(v));
	return v & 31;
}
#endif

static void *jump[5];
static const char *volatile what;
static void *volatile where;	/* the instruction that is to be reported, if that is known */

static void told(int sig, struct siginfo *si, void *uc)
{
	struct sigset none = { { 0 } };

	control(-1);
	print(what);
	print(" ");
	print_number(sig);
	print(" ");
	print_number(si->code);
	if (where)
		print(si->u.fault.addr == where ? " there" : " elsewhere");
	print("\n");
	where = 0;
	sys3(SYS_sigprocmask, 3, &none, 0);
	__builtin_longjmp(jump, 1);
}

static volatile double one = 1, zero = 0, huge = 1e308, tiny = 1e-308, three = 3, result;
static volatile float fone = 1, fzero = 0;
static volatile int ione = 1, big = 0x7fffffff;

static __attribute__((noinline, noclone)) void divide(void) { result = one / zero; }
static __attribute__((noinline, noclone)) void single(void) { result = (double)(fone / fzero); }
static __attribute__((noinline, noclone)) void invalid(void) { result = zero / zero; }
static __attribute__((noinline, noclone)) void overflow(void) { result = huge * huge; }
static __attribute__((noinline, noclone)) void underflow(void) { result = tiny * tiny; }
static __attribute__((noinline, noclone)) void inexact(void) { result = one / three; }
static __attribute__((noinline, noclone)) void exact(void) { result = one + three; }

static void attempt(const char *name, void (*f)(void), int bit);

#if defined(__x86_64__) || defined(__i386__)
static __attribute__((noinline, noclone)) void x87(void)
{
	__asm__ volatile("fldl %1; fdivl %2; nop; fstpl %0" : "=m"(result) : "m"(one), "m"(zero));
}
static __attribute__((noinline, noclone)) void x87wait(void)
{
	__asm__ volatile("fldl %1; fmull %1; fstp %%st(0); fwait" : "=m"(result) : "m"(huge));
	__asm__ volatile("fldl %1; fsqrt; fwait; fstp %%st(0)" : "=m"(result) : "m"(huge));
}
/* Any instruction of the x87 but those that do not wait reports what happened before, where it stands. */
#ifdef __x86_64__
#define THERE "movq $1f,%0; 1: "
#else
#define THERE "movl $1f,%0; 1: "
#endif
static u64 denormal = 1;
static unsigned short word = 0x37f;
static char area[108];
#define X87(name, before, insn) \
	static __attribute__((noinline, noclone)) void name(void) \
	{ \
		__asm__ volatile("fninit; fldcw %9;" before "; nop; " THERE insn "; fninit" : "=m"(where), "=m"(result), "=m"(area) \
			: "m"(one), "m"(zero), "m"(three), "m"(huge), "m"(tiny), "m"(denormal), "m"(word) : "eax", "memory"); \
		where = 0; \
	}
X87(xfwait, "fldl %3; fdivl %4", "fwait")
X87(xfld, "fldl %3; fdivl %4", "fldl %3")
X87(xfldt, "fldl %3; fdivl %4", "fldt %2")
X87(xfst, "fldl %3; fdivl %4", "fstpl %1")
X87(xfstt, "fldl %3; fdivl %4", "fstpt %2")
X87(xfild, "fldl %3; fdivl %4", "fildl %2")
X87(xfxch, "fldl %3; fldl %3; fdivl %4", "fxch")
X87(xfldcw, "fldl %3; fdivl %4", "fldcw %9")
X87(xemms, "fldl %3; fdivl %4", "emms")
X87(xfnstsw, "fldl %3; fdivl %4", "fnstsw %%ax; fnstcw %2; fnclex; fwait")
X87(xfnsave, "fldl %3; fdivl %4", "fnsave %2; fwait")
X87(xinvalid, "fldl %4; fdivl %4", "fwait")
X87(xdenormal, "fldl %8", "fwait")
X87(xoverflow, "fldl %6; fmul %%st(0); fstpl %1", "fwait")
X87(xunderflow, "fldl %7; fmul %%st(0); fstpl %1", "fwait")
X87(xinexact, "fldl %3; fdivl %5", "fwait")

static void x87all(void)
{
#define DO(name, bit) (word = 0x37f & ~bit, attempt(#name, name, -1));
	DO(xfwait, 4) DO(xfld, 4) DO(xfldt, 4) DO(xfst, 4) DO(xfstt, 4) DO(xfild, 4) DO(xfxch, 4) DO(xfldcw, 4) DO(xemms, 4)
	DO(xfnstsw, 4) DO(xfnsave, 4)
	DO(xinvalid, 1) DO(xdenormal, 2) DO(xoverflow, 8) DO(xunderflow, 16) DO(xinexact, 32)
}
static __attribute__((noinline, noclone)) void packed(void)
{
	static volatile double pair[2] __attribute__((aligned(16))) = { 1, 1 }, by[2] __attribute__((aligned(16))) = { 2, 0 };

	__asm__ volatile("movapd %0,%%xmm1; divpd %1,%%xmm1" :: "m"(pair[0]), "m"(by[0]) : "xmm1", "memory");
}
static __attribute__((noinline, noclone)) void convert(void)
{
	int r;

	__asm__ volatile("cvttsd2si %1,%0" : "=r"(r) : "m"(huge));
}
static __attribute__((noinline, noclone)) void reciprocal(void)
{
	__asm__ volatile("movss %0,%%xmm1; rcpss %%xmm1,%%xmm1; sqrtss %%xmm1,%%xmm1" :: "m"(fzero) : "xmm1");
}
static __attribute__((noinline, noclone)) void integer(void) { __asm__ volatile("xorl %%edx,%%edx; movl $1,%%eax; xorl %%ecx,%%ecx; divl %%ecx" ::: "eax", "ecx", "edx"); }
#elif defined(__mips__)
static __attribute__((noinline, noclone)) void integer(void)
{
	int r;

	__asm__ volatile("add %0,%1,%2" : "=r"(r) : "r"(big), "r"(ione));
}
static __attribute__((noinline, noclone)) void trapdiv(void) { __asm__ volatile("teq $0,$0,7"); }
static __attribute__((noinline, noclone)) void trapovf(void) { __asm__ volatile("teq $0,$0,6"); }
static __attribute__((noinline, noclone)) void breakdiv(void) { __asm__ volatile("break 7"); }
static __attribute__((noinline, noclone)) void breakovf(void) { __asm__ volatile("break 6"); }
#elif defined(__sparc__)
static __attribute__((noinline, noclone)) void integer(void)
{
	__asm__ volatile("taddcctv %0,%1,%%g0" :: "r"(big), "r"(ione) : "cc");
}
static __attribute__((noinline, noclone)) void trapdiv(void) { __asm__ volatile("ta 2"); }
static __attribute__((noinline, noclone)) void trapovf(void) { __asm__ volatile("ta 7"); }
#endif

static __attribute__((noinline, noclone)) void attempt(const char *name, void (*f)(void), int bit)
{
	what = name;
	if (__builtin_setjmp(jump) == 0) {
		control(bit);
		f();
		control(-1);
		print(name);
		print(" none\n");
	}
}

static void sticky(const char *name, void (*f)(void))
{
	u32 v;

	control(-1);
	f();
	v = flags();
	exact();
	print(name);
	print(" ");
	print_hex(v);
	print(flags() == v ? " kept\n" : " lost\n");
	control(-1);
	exact();
	if (flags() != 0)
		print("flags come back\n");
}

int main(int argc, char **argv, char **envp)
{
	on_signal(SIGFPE, told, 0);
	on_signal(SIGEMT, told, 0);
	attempt("divide", divide, DIVZERO);
	attempt("single", single, DIVZERO);
	attempt("invalid", invalid, INVALID);
	attempt("overflow", overflow, OVERFLOW);
	attempt("underflow", underflow, UNDERFLOW);
	attempt("inexact", inexact, INEXACT);
	attempt("other", inexact, DIVZERO);
	attempt("again", divide, DIVZERO);
	sticky("divide", divide);
	sticky("invalid", invalid);
	sticky("overflow", overflow);
	sticky("underflow", underflow);
	sticky("inexact", inexact);
	sticky("exact", exact);
#if defined(__x86_64__) || defined(__i386__)
	attempt("x87", x87, DIVZERO);
	attempt("x87wait", x87wait, INEXACT);
	attempt("packed", packed, DIVZERO);
	attempt("convert", convert, INVALID);
	attempt("reciprocal", reciprocal, DIVZERO);
	sticky("reciprocal", reciprocal);
	attempt("integer", integer, -1);
	x87all();
#elif defined(__mips__)
	attempt("integer", integer, -1);
	attempt("trapdiv", trapdiv, -1);
	attempt("trapovf", trapovf, -1);
	attempt("breakdiv", breakdiv, -1);
	attempt("breakovf", breakovf, -1);
#elif defined(__sparc__)
	attempt("integer", integer, -1);
	attempt("trapdiv", trapdiv, -1);
	attempt("trapovf", trapovf, -1);
#endif
	return 0;
}
