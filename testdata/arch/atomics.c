/*
 * Atomic instructions of the machine, by several LWPs on the same memory: exact results. And what the order of its
 * loads and stores promises (litmus tests).
 */
#include "arch.h"

#define THREADS	4
#define ROUNDS	4000

static char stacks[THREADS][16384] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));
static volatile u32 arrived, phase, wrong[THREADS];
static int threads;

/* All LWPs meet here. */
static void meet(void)
{
	u32 now = __atomic_load_n(&phase, __ATOMIC_ACQUIRE);

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#if !defined(__sparc__) || defined(__arch64__)
	if (__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST) == (u32)threads) {
		arrived = 0;
		__atomic_store_n(&phase, now + 1, __ATOMIC_RELEASE);
	}
#else
	{	/* a lock is all there is */
		static u8 lock;
		u32 n;

		while (__sync_lock_test_and_set(&lock, 1))
			sys0(SYS_sched_yield);
		n = ++arrived;
		__sync_lock_release(&lock);
		if (n == (u32)threads) {
			arrived = 0;
			__atomic_store_n(&phase, now + 1, __ATOMIC_RELEASE);
		}
	}
#endif
	while (__atomic_load_n(&phase, __ATOMIC_ACQUIRE) == now)
		sys0(SYS_sched_yield);
}

static void all(void (*f)(long), int n)
{
	u32 *flags = (u32 *)context;
	int ids[THREADS], i, got;

	threads = n;
	for (i = 0; i < n; i++) {
		wrong[i] = 0;
		sys1(SYS_getcontext, context);
		UC_SP(context) = (unsigned long)(stacks[i] + sizeof stacks[i] - 256) - STACK_SKEW;
		UC_SET_PC(context, f);
		UC_ARG(context) = i;
		*flags &= ~UC_TLSBASE;
		if (sys3(SYS_lwp_create, context, 0, &ids[i]) != 0)
			print("_lwp_create failed\n");
	}
	for (i = 0; i < n; i++)
		sys2(SYS_lwp_wait, ids[i], &got);
}

static int clean(void)
{
	for (int i = 0; i < THREADS; i++)
		if (wrong[i])
			return 0;
	return 1;
}

static void __attribute__((noreturn)) leave(void)
{
	for (;;)
		sys0(SYS_lwp_exit);
}

/*
 * Each LWP adds and subtracts; sets and clears bits of its own, which nobody else may touch; and hands numbers on by
 * exchange, of which none may get lost or be there twice.
 */
#define SIZE(bits, type) \
static struct { type add, cas, mask, xchg, in[THREADS], out[THREADS]; } of##bits; \
static void __attribute__((used)) ops##bits(long n) \
{ \
	type old, bit = (type)((type)1 << (bits / THREADS * n + bits / THREADS - 1)); \
	meet(); \
	for (int i = 0; i < ROUNDS; i++) { \
		__atomic_fetch_add(&of##bits.add, 3, __ATOMIC_SEQ_CST); \
		__atomic_sub_fetch(&of##bits.add, 1, __ATOMIC_SEQ_CST); \
		old = __atomic_load_n(&of##bits.cas, __ATOMIC_RELAXED); \
		while (!__atomic_compare_exchange_n(&of##bits.cas, &old, (type)(old + 1), 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) \
			; \
		if (__atomic_fetch_or(&of##bits.mask, bit, __ATOMIC_SEQ_CST) & bit) \
			wrong[n]++; \
		if (!(__atomic_fetch_and(&of##bits.mask, (type)~bit, __ATOMIC_SEQ_CST) & bit)) \
			wrong[n]++; \
		if (__atomic_fetch_xor(&of##bits.mask, bit, __ATOMIC_SEQ_CST) & bit) \
			wrong[n]++; \
		if (__atomic_xor_fetch(&of##bits.mask, bit, __ATOMIC_SEQ_CST) & bit) \
			wrong[n]++; \
		old = (type)(i * THREADS + n); \
		of##bits.in[n] += old; \
		of##bits.out[n] += __atomic_exchange_n(&of##bits.xchg, old, __ATOMIC_SEQ_CST); \
	} \
	leave(); \
} \
static void run##bits(void) \
{ \
	type in = 0, out = of##bits.xchg; \
	all(ops##bits, THREADS); \
	for (int i = 0; i < THREADS; i++) { \
		in += of##bits.in[i]; \
		out += of##bits.out[i]; \
	} \
	out += of##bits.xchg; \
	check("atomics of " #bits " bits", clean() && of##bits.add == (type)(2 * THREADS * ROUNDS) && \
	      of##bits.cas == (type)(THREADS * ROUNDS) && of##bits.mask == 0 && in == out); \
}
#define NONE(bits) static void run##bits(void) { check("atomics of " #bits " bits", 1); }

typedef unsigned short u16;
#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_1
SIZE(8, u8)
#else
NONE(8)
#endif
#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_2
SIZE(16, u16)
#else
NONE(16)
#endif
#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_4
SIZE(32, u32)
#else
NONE(32)
#endif
/* i386's compiler uses cmpxchg8b, arm's ldrexd, if they may. */
#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_8
SIZE(64, u64)
#else
NONE(64)
#endif

/* Two halves that belong together. */
static u64 pair[2] __attribute__((aligned(16)));

static void __attribute__((used)) pairs(long n)
{
	meet();
#if defined(__x86_64__)
	for (int i = 0; i < ROUNDS; i++) {
		u64 lo = 0, hi = 0;
		char ok;

		do {
			if (lo != hi)
				wrong[n]++;
			__asm__ volatile("lock cmpxchg16b %0\n\tsete %1" : "+m"(pair), "=q"(ok), "+a"(lo), "+d"(hi)
					 : "b"(lo + 1), "c"(hi + 1) : "memory", "cc");
		} while (!ok);
	}
#elif defined(__aarch64__)
	for (int i = 0; i < ROUNDS; i++) {
		u64 lo, hi;
		u32 failed;

		if (i & 1) {
			do {
				__asm__ volatile("ldaxp %0,%1,[%2]" : "=&r"(lo), "=&r"(hi) : "r"(pair) : "memory");
				__asm__ volatile("stlxp %w0,%1,%2,[%3]" : "=&r"(failed) : "r"(lo + 1), "r"(hi + 1), "r"(pair) : "memory");
				if (!failed && lo != hi)
					wrong[n]++;
			} while (failed);
			continue;
		}
		lo = hi = 0;
		for (;;) {
			register u64 x0 __asm__("x0") = lo, x1 __asm__("x1") = hi, x2 __asm__("x2") = lo + 1, x3 __asm__("x3") = hi + 1;

			__asm__ volatile(".arch_extension lse\n\tcaspal x0,x1,x2,x3,[%4]" : "+r"(x0), "+r"(x1) : "r"(x2), "r"(x3), "r"(pair) : "memory");
			if (x0 == lo && x1 == hi)
				break;
			if (x0 != x1)
				wrong[n]++;
			lo = x0;
			hi = x1;
		}
	}
#else
	for (int i = 0; n == 0 && i < THREADS * ROUNDS; i++) {
		pair[0]++;
		pair[1]++;
	}
#endif
	leave();
}

/* What the machine has besides. */
static struct { u64 min64; u32 n, locked, bits, max, min; u8 lock; } own;
#if defined(__x86_64__) || defined(__i386__)
static char apart[8192] __attribute__((aligned(4096)));
#define WORD(off) (*(volatile u32 *)(apart + (off)))

static void __attribute__((used)) special(long n)
{
	meet();
	for (int i = 0; i < ROUNDS; i++) {
		u32 v = 1;
		char c;

		__asm__ volatile("lock incl %0" : "+m"(own.n));
		__asm__ volatile("lock addl $3,%0" : "+m"(own.n));
		__asm__ volatile("lock subl $1,%0" : "+m"(own.n));
		__asm__ volatile("lock decl %0" : "+m"(own.n));
		__asm__ volatile("stc\n\tlock adcl $0,%0" : "+m"(own.n) : : "cc");
		__asm__ volatile("stc\n\tlock sbbl $0,%0" : "+m"(own.n) : : "cc");
		__asm__ volatile("lock xaddl %1,%0" : "+m"(own.n), "+r"(v));
		__asm__ volatile("lock btsl %2,%0\n\tsetc %1" : "+m"(own.bits), "=q"(c) : "r"((u32)n * 5) : "cc");
		wrong[n] += c != 0;
		__asm__ volatile("lock btrl %2,%0\n\tsetc %1" : "+m"(own.bits), "=q"(c) : "r"((u32)n * 5) : "cc");
		wrong[n] += c != 1;
		__asm__ volatile("lock btcl %2,%0\n\tsetc %1" : "+m"(own.bits), "=q"(c) : "r"((u32)n * 5) : "cc");
		wrong[n] += c != 0;
		__asm__ volatile("lock btcl %2,%0\n\tsetc %1" : "+m"(own.bits), "=q"(c) : "r"((u32)n * 5) : "cc");
		wrong[n] += c != 1;
		/* Across a line, and two pages. */
		if (i % 16 == 0) {
			__asm__ volatile("lock incl %0" : "+m"(WORD(62)));
			__asm__ volatile("lock incl %0" : "+m"(WORD(4093)));
		}
	}
	leave();
}

static int special_ok(void)
{
	return own.n == 3 * THREADS * ROUNDS && own.bits == 0 &&
	       WORD(62) == THREADS * ROUNDS / 16 && WORD(4093) == THREADS * ROUNDS / 16;
}
#elif defined(__aarch64__)
static void __attribute__((used)) special(long n)
{
	meet();
	for (u32 i = 1; i <= ROUNDS; i++) {
		u32 v = 2, old, bit = 1u << (n * 5), num = i * THREADS + (u32)n;
		u64 old64;

		__asm__ volatile(".arch_extension lse\n\tldaddal %w1,%w0,[%2]" : "=&r"(old) : "r"(v), "r"(&own.n) : "memory");
		__asm__ volatile("stadd %w0,[%1]" : : "r"(1), "r"(&own.n) : "memory");
		__asm__ volatile("ldsetal %w1,%w0,[%2]" : "=&r"(old) : "r"(bit), "r"(&own.bits) : "memory");
		wrong[n] += (old & bit) != 0;
		__asm__ volatile("ldclral %w1,%w0,[%2]" : "=&r"(old) : "r"(bit), "r"(&own.bits) : "memory");
		wrong[n] += (old & bit) == 0;
		__asm__ volatile("ldeoral %w1,%w0,[%2]" : "=&r"(old) : "r"(bit), "r"(&own.bits) : "memory");
		wrong[n] += (old & bit) != 0;
		__asm__ volatile("ldeoral %w1,%w0,[%2]" : "=&r"(old) : "r"(bit), "r"(&own.bits) : "memory");
		wrong[n] += (old & bit) == 0;
		__asm__ volatile("ldumaxal %w1,%w0,[%2]" : "=&r"(old) : "r"(num), "r"(&own.max) : "memory");
		wrong[n] += *(volatile u32 *)&own.max < num;
		__asm__ volatile("ldsminal %1,%0,[%2]" : "=&r"(old64) : "r"(-(i64)num), "r"(&own.min64) : "memory");
		wrong[n] += *(volatile i64 *)&own.min64 > -(i64)num;
		do
			__asm__ volatile("swpalb %w1,%w0,[%2]" : "=&r"(old) : "r"(1), "r"(&own.lock) : "memory");
		while (old && (sys0(SYS_sched_yield), 1));
		own.locked++;
		__asm__ volatile("stlrb wzr,[%0]" : : "r"(&own.lock) : "memory");
	}
	leave();
}

static int special_ok(void)
{
	return own.n == 3 * THREADS * ROUNDS && own.bits == 0 && own.locked == THREADS * ROUNDS &&
	       own.max == ROUNDS * THREADS + THREADS - 1 && own.min64 == -(u64)own.max;
}
#elif defined(__riscv)
static void __attribute__((used)) special(long n)
{
	meet();
	for (u32 i = 1; i <= ROUNDS; i++) {
		u32 old, num = i * THREADS + (u32)n;

		__asm__ volatile("amoadd.w.aqrl %0,%1,(%2)" : "=&r"(old) : "r"(3), "r"(&own.n) : "memory");
		__asm__ volatile("amomaxu.w.aqrl %0,%1,(%2)" : "=&r"(old) : "r"(num), "r"(&own.max) : "memory");
		wrong[n] += *(volatile u32 *)&own.max < num;
		__asm__ volatile("amomin.w.aqrl %0,%1,(%2)" : "=&r"(old) : "r"(-num), "r"(&own.min) : "memory");
		wrong[n] += (int)*(volatile u32 *)&own.min > -(int)num;
	}
	leave();
}

static int special_ok(void)
{
	return own.n == 3 * THREADS * ROUNDS && own.max == ROUNDS * THREADS + THREADS - 1 && own.min == -own.max;
}
#else
/* A lock of one byte: ldstub, tas and what the others have for that. */
static void __attribute__((used)) special(long n)
{
	meet();
	for (int i = 0; i < ROUNDS; i++) {
		while (__sync_lock_test_and_set(&own.lock, 1))
			sys0(SYS_sched_yield);
		own.locked++;
		__sync_lock_release(&own.lock);
	}
	leave();
}

static int special_ok(void) { return own.locked == THREADS * ROUNDS; }
#endif

/*
 * Each operation and size, with values around the signs: the old value and the new, and nothing else is touched. Once
 * before there was a second LWP and once after, when it is another code that the engine translates.
 */
static u64 cell[3];
static u32 inexact;

static const u64 values[] = {
	0, 1, 2, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
	0x7fffffffffffffff, 0x8000000000000000, 0x8080808080808080, 0xfffffffffffffffe, 0xffffffffffffffff,
};
#define NVALUES	(sizeof values / sizeof values[0])
enum { ADD, CLR, EOR, SET, AND, SMAX, SMIN, UMAX, UMIN, SWAP };

static u64 outcome(int op, int bits, u64 a, u64 b)
{
	u64 mask = ~(u64)0 >> (64 - bits), sign = (u64)1 << (bits - 1);
	u64 ua = a & mask, ub = b & mask;
	i64 sa = (i64)((ua ^ sign) - sign), sb = (i64)((ub ^ sign) - sign);

	switch (op) {
	case ADD: return (ua + ub) & mask;
	case CLR: return ua & ~ub;
	case EOR: return ua ^ ub;
	case SET: return ua | ub;
	case AND: return ua & ub;
	case SMAX: return (u64)(sa > sb ? sa : sb) & mask;
	case SMIN: return (u64)(sa < sb ? sa : sb) & mask;
	case UMAX: return ua > ub ? ua : ub;
	case UMIN: return ua < ub ? ua : ub;
	default: return ub;
	}
}

/* f is an instruction: *p changes by v, and it returns what its register got. sext: the old value is extended with its
 * sign, otherwise with zeros. */
static void exact(int op, int bits, int sext, u64 (*f)(void *p, u64 v))
{
	const u64 around = 0xa5a5a5a5a5a5a5a5, mask = ~(u64)0 >> (64 - bits), sign = (u64)1 << (bits - 1);

	for (u32 i = 0; i < NVALUES; i++)
		for (u32 j = 0; j < NVALUES; j++) {
			u64 old = values[i] & mask, got, now;
			u8 *p = (u8 *)&cell[1];

			cell[0] = cell[1] = cell[2] = around;
			switch (bits) {
			case 8: *p = (u8)old; break;
			case 16: *(volatile u16 *)p = (u16)old; break;
			case 32: *(volatile u32 *)p = (u32)old; break;
			default: *(volatile u64 *)p = old;
			}
			got = f(p, values[j]);
			switch (bits) {
			case 8: now = *(volatile u8 *)p, *p = (u8)around; break;
			case 16: now = *(volatile u16 *)p, *(volatile u16 *)p = (u16)around; break;
			case 32: now = *(volatile u32 *)p, *(volatile u32 *)p = (u32)around; break;
			default: now = *(volatile u64 *)p, *(volatile u64 *)p = around;
			}
			if (sext)
				old = (old ^ sign) - sign;
			if (got != old || now != outcome(op, bits, values[i], values[j]) ||
			    cell[0] != around || cell[1] != around || cell[2] != around)
				inexact++;
		}
}

#if defined(__aarch64__)
#define EXACT(insn, op, bits, w, size) \
	static u64 insn##bits(void *p, u64 v) \
	{ \
		u64 old = ~(u64)0; \
		__asm__ volatile(".arch_extension lse\n\t" #insn size " %" w "1,%" w "0,[%2]" : "+r"(old) : "r"(v), "r"(p) : "memory"); \
		return old; \
	}
#define SIZES(insn, op) EXACT(insn, op, 8, "w", "b") EXACT(insn, op, 16, "w", "h") EXACT(insn, op, 32, "w", "") EXACT(insn, op, 64, "", "")
#define RUN(insn, op) exact(op, 8, 0, insn##8), exact(op, 16, 0, insn##16), exact(op, 32, 0, insn##32), exact(op, 64, 0, insn##64);
#define INSNS(X) X(ldadd, ADD) X(ldclr, CLR) X(ldeor, EOR) X(ldset, SET) X(ldsmax, SMAX) X(ldsmin, SMIN) X(ldumax, UMAX) \
	X(ldumin, UMIN) X(swp, SWAP)
#elif defined(__riscv)
#define EXACT(insn, op, bits, size) \
	static u64 insn##bits(void *p, u64 v) \
	{ \
		u64 old; \
		__asm__ volatile(#insn size " %0,%1,(%2)" : "=&r"(old) : "r"(v), "r"(p) : "memory"); \
		return old; \
	}
#define SIZES(insn, op) EXACT(insn, op, 32, ".w") EXACT(insn, op, 64, ".d")
#define RUN(insn, op) exact(op, 32, 1, insn##32), exact(op, 64, 1, insn##64);
#define INSNS(X) X(amoadd, ADD) X(amoand, AND) X(amoxor, EOR) X(amoor, SET) X(amomax, SMAX) X(amomin, SMIN) X(amomaxu, UMAX) \
	X(amominu, UMIN) X(amoswap, SWAP)
#elif defined(__x86_64__) || defined(__i386__)
#define EXACT(insn, op, bits, type) \
	static u64 insn##bits(void *p, u64 v) \
	{ \
		type old = (type)v; \
		__asm__ volatile("lock " #insn " %0,%1" : "+q"(old), "+m"(*(type *)p) : : "memory", "cc"); \
		return old; \
	}
#define SIZES(insn, op) EXACT(insn, op, 8, u8) EXACT(insn, op, 16, u16) EXACT(insn, op, 32, u32)
#define RUN(insn, op) exact(op, 8, 0, insn##8), exact(op, 16, 0, insn##16), exact(op, 32, 0, insn##32);
#define INSNS(X) X(xadd, ADD) X(xchg, SWAP)
#else
/* The compiler's: loops of load-linked and store-conditional, or of compare-and-swap. */
#define EXACT(f, op, bits, type) \
	static u64 f##bits(void *p, u64 v) { return __atomic_##f((type *)p, (type)v, __ATOMIC_SEQ_CST); }
#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_4
#define SIZES(f, op) EXACT(f, op, 32, u32)
#define RUN(f, op) exact(op, 32, 0, f##32);
#else
#define SIZES(f, op)
#define RUN(f, op)
#endif
#define INSNS(X) X(fetch_add, ADD) X(fetch_and, AND) X(fetch_xor, EOR) X(fetch_or, SET) X(exchange_n, SWAP)
#endif
INSNS(SIZES)

/* cmpxchg8b and cmpxchg16b leave all flags but ZF as they were. */
#ifdef __x86_64__
#define FLAGS(to) "lea -128(%%rsp),%%rsp\n\tpushf\n\tpop " to "\n\tlea 128(%%rsp),%%rsp"	/* below are the compiler's */
#define FLAGS_ANEW "lea -128(%%rsp),%%rsp\n\tpushf\n\tpopf\n\tlea 128(%%rsp),%%rsp\n\t"
#else
#define FLAGS(to) "pushf\n\tpop " to
#define FLAGS_ANEW "pushf\n\tpopf\n\t"
#endif
#define AFTER_ADD(insn, type, mem) __extension__ ({ \
		unsigned long sum = (unsigned long)values[i], flags; \
		type lo = i & 1, hi = 0; \
		mem = 0; \
		__asm__ volatile(FLAGS_ANEW "add %4,%0\n\tlock " insn " %3\n\t" FLAGS("%4") \
				 : "+&D"(sum), "+a"(lo), "+d"(hi), "+m"(mem), "=&S"(flags) \
				 : "4"((unsigned long)values[j]), "b"((type)1), "c"((type)2) : "cc"); \
		flags; \
	})

static void compare_flags(void)
{
#if defined(__x86_64__) || defined(__i386__)
	const unsigned long all = 0x8d5 | 0x100;	/* those of arithmetic, and TF */

	for (u32 i = 0; i < NVALUES; i++)
		for (u32 j = 0; j < NVALUES; j++) {
			unsigned long sum = (unsigned long)values[i], want;
			static u64 one;

			__asm__ volatile("add %2,%0\n\t" FLAGS("%1") : "+&r"(sum), "=r"(want) : "r"((unsigned long)values[j]) : "cc");
			want = (want & ~0x40ul) | (i & 1 ? 0 : 0x40);
			inexact += ((AFTER_ADD("cmpxchg8b", unsigned, one) ^ want) & all) != 0;
#ifdef __x86_64__
			static unsigned __int128 two;

			inexact += ((AFTER_ADD("cmpxchg16b", u64, two) ^ want) & all) != 0;
#endif
		}
#endif
}

static void exactly(const char *when)
{
	inexact = 0;
	INSNS(RUN)
	compare_flags();
	print(when);
	check(", exactly", inexact == 0);
}

/* Litmus tests: two LWPs, LEN places, and what they saw there. */
#define LEN 2048
static u32 x[LEN], y[LEN], saw[2][LEN];

#define LOAD(p, order)		__atomic_load_n(p, __ATOMIC_##order)
#define STORE(p, v, order)	__atomic_store_n(p, v, __ATOMIC_##order)
#define FENCE()			__atomic_thread_fence(__ATOMIC_SEQ_CST)

#define LITMUS(name, first, second, forbidden) \
static void __attribute__((used)) name(long n) \
{ \
	for (int r = 0; r < 8; r++) { \
		for (int i = (int)n; i < LEN; i += 2) \
			x[i] = y[i] = 0; \
		meet(); \
		if (n == 0) \
			for (int i = 0; i < LEN; i++) { first; } \
		else \
			for (int i = 0; i < LEN; i++) { second; } \
		meet(); \
		for (int i = 0; n == 0 && i < LEN; i++) { \
			u32 a = saw[0][i], b = saw[1][i]; \
			(void)a, (void)b; \
			if (forbidden) \
				wrong[0]++; \
		} \
		meet(); \
	} \
	leave(); \
}
LITMUS(store_buffering,
	STORE(&x[i], 1, RELAXED); FENCE(); saw[0][i] = LOAD(&y[i], RELAXED),
	STORE(&y[i], 1, RELAXED); FENCE(); saw[1][i] = LOAD(&x[i], RELAXED),
	a == 0 && b == 0)
LITMUS(message_passing,
	STORE(&x[i], 1, RELAXED); STORE(&y[i], 1, RELEASE); saw[0][i] = 1,
	saw[1][i] = LOAD(&y[i], ACQUIRE) ? LOAD(&x[i], RELAXED) : 1,
	b == 0)
/* What languages call sequentially consistent: an acquiring load does not pass a releasing store. */
LITMUS(ordered_buffering,
	STORE(&x[i], 1, SEQ_CST); saw[0][i] = LOAD(&y[i], SEQ_CST),
	STORE(&y[i], 1, SEQ_CST); saw[1][i] = LOAD(&x[i], SEQ_CST),
	a == 0 && b == 0)
LITMUS(load_buffering,
	saw[0][i] = LOAD(&x[i], ACQUIRE); STORE(&y[i], 1, RELEASE),
	saw[1][i] = LOAD(&y[i], ACQUIRE); STORE(&x[i], 1, RELEASE),
	a == 1 && b == 1)
LITMUS(coherence,
	STORE(&x[0], (u32)i + 1, RELAXED); saw[0][i] = 1,
	u32 v = LOAD(&x[0], RELAXED); saw[1][i] = v <= LOAD(&x[0], RELAXED),
	b == 0)
/* The machine's other barriers. */
#if defined(__arm__) && !defined(__thumb__)
#define OTHER_FENCE()	__asm__ volatile("mcr p15,0,%0,c7,c10,5" : : "r"(0) : "memory")
#elif defined(__x86_64__)
#define OTHER_FENCE()	__asm__ volatile("mfence" : : : "memory")
#elif defined(__i386__)
#define OTHER_FENCE()	__asm__ volatile("lock orl $0,(%%esp)" : : : "memory", "cc")
#elif defined(__aarch64__)
#define OTHER_FENCE()	__asm__ volatile("dsb sy" : : : "memory")
#else
#define OTHER_FENCE()	FENCE()
#endif
LITMUS(other_barriers,
	STORE(&x[i], 1, RELAXED); OTHER_FENCE(); saw[0][i] = LOAD(&y[i], RELAXED),
	STORE(&y[i], 1, RELAXED); OTHER_FENCE(); saw[1][i] = LOAD(&x[i], RELAXED),
	a == 0 && b == 0)
#if defined(__x86_64__) || defined(__i386__) || defined(__sparc__)
/* Total store order needs nothing for that. */
LITMUS(plain_passing,
	STORE(&x[i], 1, RELAXED); STORE(&y[i], 1, RELAXED); saw[0][i] = 1,
	saw[1][i] = LOAD(&y[i], RELAXED) ? LOAD(&x[i], RELAXED) : 1,
	b == 0)
#else
#define plain_passing message_passing
#endif

static void litmus(const char *what, void (*f)(long))
{
	all(f, 2);
	check(what, clean());
}

int main(int argc, char **argv, char **envp)
{
	exactly("alone");
	run8();
	run16();
	run32();
	run64();
	all(pairs, THREADS);
	check("pairs", clean() && pair[0] == THREADS * ROUNDS && pair[1] == THREADS * ROUNDS);
	all(special, THREADS);
	check("the machine's own", clean() && special_ok());
	litmus("store buffering", store_buffering);
	litmus("ordered store buffering", ordered_buffering);
	litmus("message passing", message_passing);
	litmus("load buffering", load_buffering);
	litmus("coherence", coherence);
	litmus("other barriers", other_barriers);
	litmus("plain stores and loads", plain_passing);
	exactly("after others");
	return 0;
}
