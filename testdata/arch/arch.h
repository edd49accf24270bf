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

#ifdef NETBSD
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
#endif
