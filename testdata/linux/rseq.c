/* Restartable sequences: registration and its errors, the fields that say where a thread is, and that a signal, another
   thread's turn and membarrier end a sequence. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "say.h"

struct area {
	uint32_t start, cpu;
	uint64_t cs;
	uint32_t flags, node, cid, pad;
} __attribute__((aligned(32)));

struct cs {
	uint32_t version, flags;
	uint64_t start, length, abort;
} __attribute__((aligned(32)));

static struct area area[2];
static __thread struct area mine;
static sigjmp_buf out;
static volatile int seen;

static long rseq(struct area *a, unsigned n, int flags, unsigned sig)
{
	return syscall(SYS_rseq, a, n, flags, sig);
}

/* aborted is where a sequence goes on: nobody calls it. What comes before it is the signature. */
static void __attribute__((noreturn, noinline)) aborted(void)
{
	siglongjmp(out, 1);
}

/* The address of a function's first instruction: Thumb's pointers are odd. */
static uintptr_t code(void (*fn)(void))
{
#ifdef __thumb__
	return (uintptr_t)fn & ~(uintptr_t)1;
#else
	return (uintptr_t)fn;
#endif
}

static unsigned signature(void)
{
	volatile uintptr_t at = code(aborted) - 4;

	return *(unsigned *)at;
}

/* spin computes until it is made to leave. */
static void __attribute__((noreturn, noinline)) spin(void)
{
#ifdef __mips__
	register void (*fn)(void) __asm__("$25") = aborted; /* where functions look for their own address */
#endif
	for (;;) {
#ifdef __mips__
		__asm__ volatile("" : : "r"(fn));
#else
		__asm__ volatile("");
#endif
	}
}

static void handler(int sig)
{
	(void)sig;
	seen++;
}

/* sequence runs spin as a sequence, and reports how it ended. */
static int sequence(struct area *a, struct cs *cs)
{
	if (sigsetjmp(out, 1) == 0) {
		__atomic_store_n(&a->cs, (uint64_t)(uintptr_t)cs, __ATOMIC_RELAXED);
		__asm__ volatile("" : : : "memory");
		spin();
	}
	return a->cs == 0;
}

static struct cs whole(void)
{
	struct cs cs = { 0, 0, code(spin), 0, code(aborted) };
	/* Which of the two comes first is the compiler's choice. */
	cs.length = cs.abort > cs.start && cs.abort - cs.start < 256 ? cs.abort - cs.start : 64;
	return cs;
}

static void timer(int usec)
{
	struct itimerval t = { { 0, 0 }, { 0, usec } };
	setitimer(ITIMER_REAL, &t, 0);
}

/* dies runs a piece of a program in a child and says what became of it. */
static void dies(const char *what, void (*f)(void))
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		f();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("%s: signal %d\n", what, WTERMSIG(status));
	else
		printf("%s: exit %d\n", what, WEXITSTATUS(status));
}

static void nap(void) { usleep(20000); }

static void wrongSignature(void)
{
	struct cs cs = whole();
	unsigned sig = signature();
	rseq(&area[0], 32, 1, sig);
	rseq(&area[0], 32, 0, sig + 1);
	area[0].cs = (uintptr_t)&cs;
	nap();
	kill(getpid(), SIGUSR1);
}

static void wrongVersion(void)
{
	struct cs cs = whole();
	cs.version = 1;
	area[0].cs = (uintptr_t)&cs;
	kill(getpid(), SIGUSR1);
}

static void badAddress(void)
{
	area[0].cs = 8;
	kill(getpid(), SIGUSR1);
}

static void overlaps(void)
{
	struct cs cs = whole();
	cs.abort = cs.start + 4;
	area[0].cs = (uintptr_t)&cs;
	kill(getpid(), SIGUSR1);
}

static void outside(void)
{
	static struct cs cs;
	cs = whole();
	area[0].cs = (uintptr_t)&cs;
	kill(getpid(), SIGUSR1);
	_exit(area[0].cs == 0 ? 7 : 8);
}

static void inherits(void)
{
	struct cs cs = whole();
	timer(10000);
	_exit(rseq(&area[0], 32, 0, signature()) == -1 && errno == EBUSY && sequence(&area[0], &cs) ? 7 : 8);
}

static volatile int stop, ready;

static void *other(void *arg)
{
	volatile unsigned n = 0;
	(void)arg;
	while (!stop)
		n++;
	return 0;
}

static void *thread(void *arg)
{
	struct cs cs = whole();
	(void)arg;
	printf("a thread has none: %d\n", (int)rseq(&mine, 32, 0, signature()));
	printf("its cpu: %d\n", mine.start == mine.cpu && mine.cpu < 4096);
	ready = 1;
	printf("membarrier: %d\n", sequence(&mine, &cs));
	return 0;
}

int main(int argc, char **argv)
{
	struct cs cs = whole();
	unsigned sig = signature();
	struct sigaction sa = { .sa_handler = handler };
	pthread_t t;
	cpu_set_t one;

	(void)argc;
	setvbuf(stdout, 0, _IONBF, 0);
	if (!getenv("GLIBC_TUNABLES")) {
		setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1); /* which registers its own */
		execv("/proc/self/exe", argv);
		return 1;
	}
	printf("auxv: %d %d\n", getauxval(27) >= 20, getauxval(28) >= 32);
	say("short", rseq(&area[0], 16, 0, sig));
	say("not aligned", rseq((struct area *)((char *)area + 8), 32, 0, sig));
	say("flags", rseq(&area[0], 32, 2, sig));
	say("nothing to take back", rseq(&area[0], 32, 1, sig));
	say("no memory", rseq((struct area *)64, 32, 0, sig));
	area[0].cs = 0;
	say("register", rseq(&area[0], 32, 0, sig));
	printf("cpu: %d, node %u\n", area[0].cpu == area[0].start && (int)area[0].cpu >= 0, area[0].node);
	say("again", rseq(&area[0], 32, 0, sig));
	say("elsewhere", rseq(&area[1], 32, 0, sig));
	say("other signature", rseq(&area[0], 32, 0, sig + 1));
	say("take back elsewhere", rseq(&area[1], 32, 1, sig));
	say("take back with another signature", rseq(&area[0], 32, 1, sig + 1));
	say("take back with flags", rseq(&area[0], 32, 3, sig));

	sigaction(SIGALRM, &sa, 0);
	sigaction(SIGUSR1, &sa, 0);
	timer(10000);
	int ended;
	do /* whoever has the processor meanwhile ends it, too */
		ended = sequence(&area[0], &cs);
	while (!seen);
	printf("signal: %d\n", ended);

	/* Two threads on one CPU: the sequence ends when the other has its turn. */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	printf("where: %d\n", (int)area[0].cpu == sched_getcpu() && area[0].start == area[0].cpu);
	pthread_create(&t, 0, other, 0);
	printf("another's turn: %d\n", sequence(&area[0], &cs));
	stop = 1;
	pthread_join(t, 0);

	say("membarrier without registration", syscall(SYS_membarrier, 1 << 7, 0, 0));
	say("register", syscall(SYS_membarrier, 1 << 8, 0, 0));
	say("membarrier", syscall(SYS_membarrier, 1 << 7, 0, 0));
	say("on a cpu", syscall(SYS_membarrier, 1 << 7, 1, 0));
	say("flags", syscall(SYS_membarrier, 1 << 3, 1, 0));
	pthread_create(&t, 0, thread, 0);
	while (!ready)
		sched_yield();
	while (!stop || pthread_tryjoin_np(t, 0)) { /* it may not have begun yet */
		stop = 1;
		syscall(SYS_membarrier, 1 << 7, 0, 0);
		usleep(1000);
	}

	dies("inherited", inherits);
	dies("not inside", outside);
	dies("wrong version", wrongVersion);
	dies("bad address", badAddress);
	dies("abort inside", overlaps);
	dies("wrong signature", wrongSignature);
	say("take back", rseq(&area[0], 32, 1, sig));
	printf("cpu: %u %d\n", area[0].start, (int)area[0].cpu);
	return 0;
}
