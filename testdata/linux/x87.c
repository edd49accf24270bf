/* Exceptions of the x87 that are not masked: which instruction has them reported, and what the handler is told. */
#include "say.h"
#include <setjmp.h>

#ifdef __x86_64__
#define STATUS(uc) ((uc)->uc_mcontext.fpregs->swd)
#define CONTROL(uc) ((uc)->uc_mcontext.fpregs->cwd)
#else
#define STATUS(uc) ((uc)->uc_mcontext.fpregs->sw)
#define CONTROL(uc) ((uc)->uc_mcontext.fpregs->cw)
#endif

static sigjmp_buf back;
static const char *volatile what;
static volatile int returns;
static void *volatile here;

static void told(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;

	printf("%s: %d %s %04x %04x\n", what, si->si_code, si->si_addr == here ? "here" : "elsewhere", (unsigned)CONTROL(uc) & 0xffff, (unsigned)STATUS(uc) & 0xbfff);
	if (returns-- > 0) {
		if (returns == 0)
			STATUS(uc) &= ~0x80ff;
		return;
	}
	siglongjmp(back, 1);
}

static volatile double zero = 0, one = 1, huge = 1e308, tiny = 1e-308, three = 3, many = 1e300;
static volatile unsigned long long denormal = 1, signalling = 0x7ff0000000000001ull;
static volatile long double big;
static volatile double to;
static volatile float small;
static volatile int word;
static volatile unsigned short control, masked = 0x37f;
static char area[108];

static void unmask(int bits) { control = 0x37f & ~bits; __asm__ volatile("fninit; fldcw %0" : : "m"(control)); }

/* A label at the instruction that is to be reported. */
#ifdef __x86_64__
#define HERE "movq $1f, %0\n1: "
#else
#define HERE "movl $1f, %0\n1: "
#endif
#define CASE(name, bits, before, insn) \
	what = name; \
	if (!sigsetjmp(back, 1)) { \
		unmask(bits); \
		__asm__ volatile(before "\n" HERE insn : "=m"(here), "=m"(to), "=m"(small), "=m"(big), "=m"(word), "=m"(area) \
			: "m"(zero), "m"(one), "m"(huge), "m"(tiny), "m"(three), "m"(denormal), "m"(signalling), "m"(many), "m"(masked), "m"(control) : "eax", "memory"); \
		__asm__ volatile("fnstsw %0; fninit" : "=m"(control)); \
		printf("%s: none %04x\n", what, control & 0xbfff); \
	}
#define DIVIDE "fldl %7; fdivl %6"

static void waiting(void)
{
	CASE("fwait", 4, DIVIDE, "fwait")
	CASE("fld", 4, DIVIDE, "fldl %7")
	CASE("fld register", 4, DIVIDE, "fld %%st(0)")
	CASE("fstp", 4, DIVIDE, "fstpl %1")
	CASE("fstp m80", 4, DIVIDE, "fstpt %3")
	CASE("fild", 4, DIVIDE, "fildl %4")
	CASE("fistp", 4, DIVIDE, "fistpl %4")
	CASE("fxch", 4, DIVIDE "; fld1", "fxch") /* fld1 is the one */
	CASE("fchs", 4, DIVIDE, "fchs")
	CASE("fldz", 4, DIVIDE, "fldz")
	CASE("fadd", 4, DIVIDE, "fadd %%st(0)")
	CASE("fcom", 4, DIVIDE, "fcom")
	CASE("ffree", 4, DIVIDE, "ffree %%st(0)")
	CASE("fnop", 4, DIVIDE, "fnop")
	CASE("fldcw", 4, DIVIDE, "fldcw %14")
	CASE("fldenv", 4, DIVIDE, "fldenv %5")
	CASE("frstor", 4, DIVIDE, "frstor %5")
	CASE("emms", 4, DIVIDE, "emms")
	CASE("movd", 4, DIVIDE, "movd %%eax, %%mm0")
	CASE("fnstsw", 4, DIVIDE, "fnstsw %%ax")
	CASE("fnstcw", 4, DIVIDE, "fnstcw %5")
	CASE("fnstenv", 4, DIVIDE, "fnstenv %5")
	CASE("fnclex", 4, DIVIDE, "fnclex; fwait")
	CASE("fninit", 4, DIVIDE, "fninit; fwait")
	CASE("fnsave", 4, DIVIDE, "fnsave %5; fwait")
	CASE("sse", 4, DIVIDE, "xorps %%xmm0, %%xmm0")
}

/* What is not masked, and how the instruction leaves what it works on. */
static void kinds(void)
{
	CASE("invalid", 1, "fldl %6; fdivl %6", "fwait")
	CASE("signalling", 1, "fldl %12", "fwait")
	CASE("denormal", 2, "fldl %11", "fwait")
	CASE("division", 4, "fld1; fldz; fdivrp", "fwait")
	CASE("logarithm", 4, "fld1; fldz; fyl2x", "fwait")
	CASE("overflow", 8, "fldl %8; fmul %%st(0); fmul %%st(0); fmul %%st(0); fmul %%st(0); fmul %%st(0); fstpl %1", "fwait")
	CASE("overflow of a float", 8, "fldl %13; fstps %2", "fwait")
	CASE("underflow", 16, "fldl %9; fmul %%st(0); fstpl %1", "fwait")
	CASE("underflow of a float", 16, "fldl %9; fstps %2", "fwait")
	CASE("inexact", 32, "fldl %7; fdivl %10; fstpl %1", "fwait") /* the store is the one */
	CASE("inexact store", 32, "fldpi; fstpl %1", "fwait")
	CASE("integer", 1, "fldl %8; fistpl %4", "fwait")
	CASE("short", 1, "fldl %8; fistps %5", "fwait")
	CASE("masked", 0x3b, DIVIDE, "fwait")
	CASE("compare", 1, "fldl %6; fdiv %%st(0)", "fwait")
}

int main(void)
{
	struct sigaction a = { .sa_sigaction = told, .sa_flags = SA_SIGINFO };

	sigaction(SIGFPE, &a, NULL);
	__asm__ volatile("fninit; fnsave %0" : "=m"(area));
	waiting();
	kinds();
	/* Exceptions that happened before they are unmasked. */
	CASE("fldcw unmasks", 0, DIVIDE "; fldcw %15", "fwait")
	control = 0x37b;
	what = "unmasked later";
	if (!sigsetjmp(back, 1)) {
		__asm__ volatile("fninit; fldl %1; fdivl %2; fldcw %3; nop; nop\n" HERE "fstp %%st(0)" : "=m"(here) : "m"(one), "m"(zero), "m"(control));
		printf("%s: none\n", what);
	}
	/* A handler that leaves the exception is asked again. */
	what = "returns";
	returns = 3;
	if (!sigsetjmp(back, 1)) {
		unmask(4);
		__asm__ volatile(DIVIDE "\n" HERE "fwait; fninit" : "=m"(here), "=m"(to) : "m"(zero), "m"(one), "m"(zero), "m"(zero), "m"(zero), "m"(one));
		printf("%s: %d\n", what, returns);
	}
	printf("%g %g\n", to, (double)small);
	return 0;
}
