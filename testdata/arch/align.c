/* sparc: misaligned loads and stores that the program asked the kernel to put right. Others have nothing to do. */
#include "arch.h"

static void *jump[5];
static int buses;

static void bus(int sig, struct siginfo *si, void *uc)
{
	struct sigset none = { { 0 } };

	buses++;
	sys3(SYS_sigprocmask, 3, &none, 0);
	__builtin_longjmp(jump, 1);
}

#ifdef __sparc__
static char bytes[64] __attribute__((aligned(16)));

static __attribute__((noinline, noclone)) void loads(char *p)
{
	u32 w, h;
	int sh;
	u64 d;
	float f;
	double g;

	__asm__ volatile("ld [%1],%0" : "=r"(w) : "r"(p + 1));
	sayx("word", w);
	__asm__ volatile("lduh [%1+2],%0" : "=r"(h) : "r"(p + 1));
	sayx("half", h);
	__asm__ volatile("ldsh [%1],%0" : "=r"(sh) : "r"(p + 9));
	say("signed half", sh);
	__asm__ volatile("ldd [%1],%%l2\n\tsrl %%l2,0,%%l2\n\tst %%l2,[%0]\n\tst %%l3,[%0+4]" :: "r"(&d), "r"(p + 3) : "l2", "l3", "memory");
	sayx("pair", d);
	__asm__ volatile("ld [%1],%0" : "=f"(f) : "r"(p + 17));
	check("single", f == 1.5f);
	__asm__ volatile("ldd [%1],%0" : "=e"(g) : "r"(p + 25));
	check("double", g == 2.5);
#ifdef __arch64__
	__asm__ volatile("ldx [%1],%0" : "=r"(d) : "r"(p + 3));
	sayx("long", d);
	__asm__ volatile("ldsw [%1],%0" : "=r"(d) : "r"(p + 9));
	check("signed word", (long)d < 0);
#endif
	__asm__ volatile("st %0,[%1]" :: "r"(0x11223344), "r"(p + 33) : "memory");
	__asm__ volatile("sth %0,[%1]" :: "r"(0x5566), "r"(p + 39) : "memory");
	__asm__ volatile("std %0,[%1]" :: "e"(g), "r"(p + 41) : "memory");
	check("stored", p[33] == 0x11 && p[36] == 0x44 && p[39] == 0x55 && p[40] == 0x66 && p[41] == 0x40 && p[42] == 4);
}

/* More windows than there are, with a stack pointer that is not aligned to words. */
static __attribute__((noinline, noclone)) long windows(long n)
{
	long r;

	__asm__ volatile(
		"	save %%sp,-%2,%%sp\n"
		"	mov 12,%%g1\n"
		"	mov 100,%%l0\n"
		"1:	save %%sp,-192,%%sp\n"
		"	mov %%g1,%%l0\n"
		"	subcc %%g1,1,%%g1\n"
		"	bne 1b\n"
		"	nop\n"
		"	mov 12,%%g1\n"
		"	mov 0,%%g2\n"
		"2:	add %%g2,%%l0,%%g2\n"
		"	restore\n"
		"	subcc %%g1,1,%%g1\n"
		"	bne 2b\n"
		"	nop\n"
		"	add %%g2,%%l0,%%g2\n"
		"	restore\n"
		"	mov %%g2,%0\n"
		: "=r"(r) : "r"(n), "i"(sizeof(long) == 8 ? 194 : 193) : "g1", "g2", "cc", "memory");
	return r + n;
}

int main(int argc, char **argv, char **envp)
{
	union { float f; double d; u8 b[8]; } u;
	int i;

	for (i = 0; i < 16; i++)
		bytes[i] = (char)(0x80 + i * 7);
	u.f = 1.5f;
	for (i = 0; i < 4; i++)
		bytes[17 + i] = (char)u.b[i];
	u.d = 2.5;
	for (i = 0; i < 8; i++)
		bytes[25 + i] = (char)u.b[i];
	on_signal(SIGBUS, bus, 0);
	on_signal(SIGSEGV, bus, 0);
	if (__builtin_setjmp(jump) == 0)
		loads(bytes);
	say("refused", buses);
	__asm__ volatile("ta 6");
	if (__builtin_setjmp(jump) == 0)
		loads(bytes);
	say("refused", buses);
	if (__builtin_setjmp(jump) == 0)
		__asm__ volatile("ld [%0],%%g0" :: "r"(0x4001));
	say("not there", buses);
	say("windows", windows(1));
	return 0;
}
#else
int main(int argc, char **argv, char **envp) { return 0; }
#endif
