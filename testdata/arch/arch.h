/* What the programs in this directory share: output that must be the same on every architecture. */
#include "../lib/nbsys.h"

static inline void print_hex(u64 v)
{
	char buf[24], *p = buf + sizeof buf;

	*--p = 0;
	do
		*--p = "0123456789abcdef"[v & 15];
	while ((v >>= 4) != 0);
	print("0x");
	print(p);
}

/* say prints "what: value". */
static inline void say(const char *what, i64 v)
{
	print(what);
	print(": ");
	if (v < 0) {
		print("-");
		v = -v;
	}
	print_number((u64)v);
	print("\n");
}

static inline void sayx(const char *what, u64 v)
{
	print(what);
	print(": ");
	print_hex(v);
	print("\n");
}

static inline void check(const char *what, int ok)
{
	print(what);
	print(ok ? ": ok\n" : ": WRONG\n");
}

/* Conversions between doubles and 64-bit integers: sparc's processors have none, and the compiler's library is
 * for newer ones. */
static inline double from_signed(i64 v)
{
#if defined(__sparc__) && !defined(__arch64__)
	return (double)(int)(v >> 32) * 4294967296.0 + (double)(u32)v;
#else
	return (double)v;
#endif
}

static inline double from_unsigned(u64 v)
{
#if defined(__sparc__) && !defined(__arch64__)
	return (double)(u32)(v >> 32) * 4294967296.0 + (double)(u32)v;
#else
	return (double)v;
#endif
}

static inline i64 to_signed(double d)
{
#if defined(__sparc__) && !defined(__arch64__)
	double a = d < 0 ? -d : d;
	u32 hi = (u32)(a / 4294967296.0);
	u64 v = (u64)hi << 32 | (u32)(a - (double)hi * 4294967296.0);

	return d < 0 ? -(i64)v : (i64)v;
#else
	return (i64)d;
#endif
}

#if defined(__sparc__) && !defined(__arch64__)
/* Division, for the same reason. */
u64 __udivmoddi4(u64 n, u64 d, u64 *rem)
{
	u64 q = 0, r = 0;

	for (int i = 63; i >= 0; i--) {
		r = r << 1 | (n >> i & 1);
		if (r >= d) {
			r -= d;
			q |= 1ull << i;
		}
	}
	if (rem)
		*rem = r;
	return q;
}

u64 __udivdi3(u64 n, u64 d) { return __udivmoddi4(n, d, 0); }

u64 __umoddi3(u64 n, u64 d)
{
	u64 r;

	__udivmoddi4(n, d, &r);
	return r;
}

i64 __divdi3(i64 n, i64 d)
{
	u64 q = __udivdi3(n < 0 ? -n : n, d < 0 ? -d : d);

	return (n < 0) != (d < 0) ? -q : q;
}

i64 __moddi3(i64 n, i64 d)
{
	u64 r = __umoddi3(n < 0 ? -n : n, d < 0 ? -d : d);

	return n < 0 ? -r : r;
}
#endif

static inline int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

struct siginfo;

struct sigset {
	u32 bits[4];
};

struct sigaction {
	void (*handler)(int, struct siginfo *, void *);
	struct sigset mask;
	int flags;
};

/* The fault arm of siginfo_t. Its union holds 64-bit numbers. */
struct siginfo {
	int signo, code, errno;
	union {
		u64 align;
		struct {
			void *addr;
			int trap;
		} fault;
	} u;
};

#define SIGILL		4
#define SIGTRAP		5
#define SIGFPE		8
#define SIGBUS		10
#define SIGSEGV		11
#define SIGUSR1		30
#define SIGUSR2		31
#define SA_ONSTACK	1
#define SA_SIGINFO	0x40
#define SA_NODEFER	0x10

static inline void on_signal(int sig, void (*f)(int, struct siginfo *, void *), int flags)
{
	struct sigaction sa = { f, { { 0 } }, flags | SA_SIGINFO };

	if (sys5(SYS_sigaction_sigtramp, sig, &sa, 0, nb_sigtramp, 2) != 0)
		print("sigaction failed\n");
}

static inline void *map(size_t len, int prot)
{
	return (void *)(long)nb_syscall8(SYS_mmap, REG(0), REG(len), REG(prot), REG(0x1002), REG(-1), REG(0), ARG64(0));
}
