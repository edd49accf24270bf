/*
 * SSE's integer instructions against the same thing in C, with random operands and some that are special; on other
 * machines than x86 the C alone, with the same output.
 */
#include "arch.h"

#if defined(__x86_64__) || defined(__i386__)
#define SSE 1
#else
#define SSE 0
#endif

typedef union { u64 q[2]; } __attribute__((aligned(16))) xmm;

static u64 seed = 88172645463325252u;

static u64 random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	switch ((int)(seed >> 60)) {
	case 0: return 0;
	case 1: return ~0ull;
	case 2: return 0x8080808080808080ull;
	case 3: return 0x7f80ff01007fff80ull;
	case 4: return seed & 0x00ff00ffffff0000ull;
	}
	return seed * 0x2545f4914f6cdd1dull;
}

/* element i of `bits` bits */
static u64 get(const xmm *x, int bits, int i)
{
	int per = 64 / bits;
	u64 v = x->q[i / per] >> (i % per * bits);

	return bits == 64 ? v : v & ((1ull << bits) - 1);
}

static void put(xmm *x, int bits, int i, u64 v)
{
	int per = 64 / bits, at = i % per * bits;
	u64 mask = bits == 64 ? ~0ull : (1ull << bits) - 1;

	x->q[i / per] = (x->q[i / per] & ~(mask << at)) | (v & mask) << at;
}

static u64 one(int op, u64 a, u64 b)
{
	switch (op) {
	case 'a': return a + b;
	case 's': return a - b;
	case '=': return a == b ? ~0ull : 0;
	case '&': return a & b;
	case 'n': return ~a & b;
	case '|': return a | b;
	case '^': return a ^ b;
	}
	return 0;
}

static xmm each(int op, int bits, xmm a, xmm b)
{
	xmm r = a;

	for (int i = 0; i < 128 / bits; i++)
		put(&r, bits, i, one(op, get(&a, bits, i), get(&b, bits, i)));
	return r;
}

static xmm shift(int left, xmm a, u64 n)
{
	xmm r;

	for (int i = 0; i < 2; i++)
		r.q[i] = n > 63 ? 0 : left ? a.q[i] << n : a.q[i] >> n;
	return r;
}

static xmm unpack(int bits, int high, xmm a, xmm b)
{
	xmm r = a;
	int n = 64 / bits;

	for (int i = 0; i < n; i++) {
		put(&r, bits, 2 * i, get(&a, bits, i + high * n));
		put(&r, bits, 2 * i + 1, get(&b, bits, i + high * n));
	}
	return r;
}

static u64 sum;
static int wrong;

static void result(const char *what, xmm want, xmm got)
{
	if (want.q[0] != got.q[0] || want.q[1] != got.q[1])
		wrong = 1;
	sum = (sum ^ got.q[0]) * 0x9e3779b97f4a7c15ull;
	sum = (sum ^ got.q[1]) * 0x9e3779b97f4a7c15ull;
}

#if SSE
/* Register and register, register and memory, register and itself. */
#define INSTRUCTION(name, want) do { \
		xmm x = a, y = want; \
		__asm__ volatile("movdqa %0,%%xmm1\n movdqu %1,%%xmm2\n " name " %%xmm2,%%xmm1\n movdqa %%xmm1,%0" \
			: "+m"(x) : "m"(b) : "xmm1", "xmm2"); \
		result(name, y, x); \
		x = a; \
		__asm__ volatile("movdqa %0,%%xmm3\n " name " %1,%%xmm3\n movdqa %%xmm3,%0" : "+m"(x) : "m"(b) : "xmm3"); \
		result(name, y, x); \
		b = a, y = want, x = a; \
		__asm__ volatile("movdqa %0,%%xmm5\n " name " %%xmm5,%%xmm5\n movdqa %%xmm5,%0" : "+m"(x) : : "xmm5"); \
		result(name, y, x); \
		b = saved; \
	} while (0)
#define IMMEDIATE(name, n, want) do { \
		xmm x = a; \
		__asm__ volatile("movdqa %0,%%xmm1\n " name " $" #n ",%%xmm1\n movdqa %%xmm1,%0" : "+m"(x) : : "xmm1"); \
		result(name, want, x); \
	} while (0)
#else
#define INSTRUCTION(name, want) do { \
		xmm y = want; \
		result(name, y, y); \
		result(name, y, y); \
		b = a, y = want; \
		result(name, y, y); \
		b = saved; \
	} while (0)
#define IMMEDIATE(name, n, want) result(name, want, want)
#endif

#define TEST(name, want) do { \
		sum = 0, wrong = 0; \
		for (int i = 0; i < 500; i++) { \
			xmm a = {{ random64(), random64() }}, b = {{ random64(), random64() }}, saved; \
			if (i % 5 == 0) \
				b.q[i / 5 % 2] = a.q[i / 5 % 2]; \
			if (i % 7 == 0) \
				b.q[0] %= 80; \
			saved = b; \
			INSTRUCTION(name, want); \
		} \
		sayx(name, sum); \
		check(name, !wrong); \
	} while (0)

static void immediates(void)
{
	sum = 0, wrong = 0;
	for (int i = 0; i < 200; i++) {
		xmm a = {{ random64(), random64() }};
		IMMEDIATE("psllq", 0, shift(1, a, 0));
		IMMEDIATE("psllq", 13, shift(1, a, 13));
		IMMEDIATE("psllq", 63, shift(1, a, 63));
		IMMEDIATE("psllq", 64, shift(1, a, 64));
		IMMEDIATE("psllq", 255, shift(1, a, 255));
		IMMEDIATE("psrlq", 1, shift(0, a, 1));
		IMMEDIATE("psrlq", 32, shift(0, a, 32));
		IMMEDIATE("psrlq", 63, shift(0, a, 63));
		IMMEDIATE("psrlq", 65, shift(0, a, 65));
	}
	sayx("immediate shifts", sum);
	check("immediate shifts", !wrong);
}

static void signs(void)
{
	u64 all = 0;
	int bad = 0;

	for (int i = 0; i < 500; i++) {
		xmm a = {{ random64(), random64() }};
		u32 want = 0, got;

		for (int k = 0; k < 16; k++)
			want |= (u32)(get(&a, 8, k) >> 7) << k;
		got = want;
#if SSE
		__asm__ volatile("movdqa %1,%%xmm4\n pmovmskb %%xmm4,%0" : "=r"(got) : "m"(a) : "xmm4");
#endif
		bad |= got != want;
		all = (all ^ got) * 0x9e3779b97f4a7c15ull;
	}
	sayx("pmovmskb", all);
	check("pmovmskb", !bad);
}

int main(int argc, char **argv, char **envp)
{
	TEST("pand", each('&', 64, a, b));
	TEST("pandn", each('n', 64, a, b));
	TEST("por", each('|', 64, a, b));
	TEST("pxor", each('^', 64, a, b));
	TEST("paddb", each('a', 8, a, b));
	TEST("paddw", each('a', 16, a, b));
	TEST("paddd", each('a', 32, a, b));
	TEST("paddq", each('a', 64, a, b));
	TEST("psubb", each('s', 8, a, b));
	TEST("psubw", each('s', 16, a, b));
	TEST("psubd", each('s', 32, a, b));
	TEST("psubq", each('s', 64, a, b));
	TEST("pcmpeqb", each('=', 8, a, b));
	TEST("pcmpeqw", each('=', 16, a, b));
	TEST("pcmpeqd", each('=', 32, a, b));
	TEST("psllq", shift(1, a, b.q[0]));
	TEST("psrlq", shift(0, a, b.q[0]));
	TEST("punpckldq", unpack(32, 0, a, b));
	TEST("punpckhdq", unpack(32, 1, a, b));
	TEST("punpcklqdq", unpack(64, 0, a, b));
	TEST("punpckhqdq", unpack(64, 1, a, b));
	TEST("andps", each('&', 64, a, b));
	TEST("xorpd", each('^', 64, a, b));
	immediates();
	signs();
	return 0;
}
