/*
 * nbsys.h: what a small C program needs to run without a C library, as a
 * NetBSD program (-DNETBSD) or, for comparison, as a Linux program. It is
 * included once, by the only source file of the program.
 *
 * The file has two parts: one section per architecture (entry, system call),
 * and below it what is the same everywhere. To add an architecture, add a
 * section that defines
 *   _start            the entry: calls nb_start with the initial stack pointer
 *   nb_syscall        six arguments; returns the result, or -errno
 *   nb_rv1            after a call, the second result register (NetBSD)
 *   SYS_*             where the numbers depend on it (Linux)
 */
#ifndef NBSYS_H
#define NBSYS_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;
typedef unsigned long size_t;

#define EXPORT __attribute__((used, noreturn))

/* ---- amd64 ----------------------------------------------------------- */
#if defined(__x86_64__)

__asm__(
	".text\n"
	".globl _start\n"
	".type _start,@function\n"
	"_start:\n"
	"	xorl %ebp,%ebp\n"
	"	movq %rsp,%rdi\n"
	"	andq $-16,%rsp\n"
	"	call nb_start\n"
	"	ud2\n");

static long nb_rv1;

static inline long nb_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret = n, rv1 = c;
	u8 error = 0;

#ifdef NETBSD
	__asm__ volatile("syscall\n\tsetc %2"
	    : "+a"(ret), "+d"(rv1), "=q"(error), "+r"(r10), "+r"(r8), "+r"(r9)
	    : "D"(a), "S"(b)
	    : "rcx", "r11", "cc", "memory");
#else
	__asm__ volatile("syscall"
	    : "+a"(ret), "+d"(rv1), "+r"(r10), "+r"(r8), "+r"(r9)
	    : "D"(a), "S"(b)
	    : "rcx", "r11", "cc", "memory");
#endif
	nb_rv1 = rv1;
	return error ? -ret : ret;
}

#define ILLEGAL_INSTRUCTION "ud2"

#ifndef NETBSD
#define SYS_read		0
#define SYS_write		1
#define SYS_open		2
#define SYS_close		3
#define SYS_getpid		39
#define SYS_fork		57
#define SYS_execve		59
#define SYS_wait4		61
#define SYS_kill		62
#define SYS_clock_gettime	228
#define SYS_exit		231
#endif

#else
#error "no section for this architecture in nbsys.h"
#endif

/* ---- every architecture ---------------------------------------------- */
#ifdef NETBSD

#define SYS_exit		1
#define SYS_fork		2
#define SYS_read		3
#define SYS_write		4
#define SYS_open		5
#define SYS_close		6
#define SYS_getpid		20
#define SYS_kill		37
#define SYS_execve		59
#define SYS_clock_gettime	427	/* __clock_gettime50 */
#define SYS_wait4		449	/* __wait450 */
#define CLOCK_MONOTONIC		3

/* What makes the file a NetBSD program: the note with the release. */
__asm__(
	".section .note.netbsd.ident,\"a\",@note\n"
	".balign 4\n"
	".long 7,4,1\n"
	".asciz \"NetBSD\"\n"
	".byte 0\n"
	".long 1000000000\n"
	".previous\n");

#else
#define CLOCK_MONOTONIC		1
#endif

struct timespec {
	i64 sec;
	long nsec;
};

#define sys0(n)			nb_syscall(n, 0, 0, 0, 0, 0, 0)
#define sys1(n, a)		nb_syscall(n, (long)(a), 0, 0, 0, 0, 0)
#define sys2(n, a, b)		nb_syscall(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define sys3(n, a, b, c)	nb_syscall(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys4(n, a, b, c, d)	nb_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

static inline void __attribute__((noreturn)) exit(int status)
{
	for (;;)
		sys1(SYS_exit, status);
}

/* fork returns 0 in the child. NetBSD tells who is who by a second result. */
static inline long fork(void)
{
	long pid = sys0(SYS_fork);

#ifdef NETBSD
	if (pid >= 0 && nb_rv1 == 1)
		return 0;
#endif
	return pid;
}

static inline u64 nanoseconds(void)
{
	struct timespec ts;

	sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return (u64)ts.sec * 1000000000u + (u64)ts.nsec;
}

/* The compiler may turn loops and assignments into calls of these. */
#define NO_IDIOM __attribute__((used, optimize("no-tree-loop-distribute-patterns")))

NO_IDIOM void *memset(void *to, int c, size_t n)
{
	u8 *p = to;

	while (n--)
		*p++ = (u8)c;
	return to;
}

NO_IDIOM void *memcpy(void *to, const void *from, size_t n)
{
	u8 *p = to;
	const u8 *q = from;

	while (n--)
		*p++ = *q++;
	return to;
}

NO_IDIOM size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static inline void print(const char *s)
{
	sys3(SYS_write, 1, s, strlen(s));
}

static inline void print_number(u64 v)
{
	char buf[24], *p = buf + sizeof buf;

	*--p = 0;
	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	print(p);
}

static inline int number(const char *s)
{
	int n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (*s++ - '0');
	return n;
}

int main(int argc, char **argv, char **envp);

EXPORT void nb_start(long *sp)
{
	int argc = (int)sp[0];
	char **argv = (char **)(sp + 1);

	exit(main(argc, argv, argv + argc + 1));
}

#endif
