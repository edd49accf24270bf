/* AVX state: over calls, in the frames of signal handlers, which may change it there, and as a tracer sees it. */
#include "say.h"
#include <errno.h>
#include <cpuid.h>
#include <elf.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <ucontext.h>

/* i386 has the x87's registers as FSAVE stores them first. */
#ifdef __i386__
#define BEFORE 112
#else
#define BEFORE 0
#endif

static unsigned char v[8][32], image[4096];
static unsigned ymm_at;	/* in an XSAVE image */
static int frame_ok;

__attribute__((target("avx"))) static void load(unsigned char x[8][32])
{
	__asm__ volatile("vmovdqu (%0),%%ymm0; vmovdqu 96(%0),%%ymm3; vmovdqu 224(%0),%%ymm7" : : "r"(x));
}

__attribute__((target("avx"))) static void store(unsigned char x[8][32])
{
	__asm__ volatile("vmovdqu %%ymm0,(%0); vmovdqu %%ymm3,96(%0); vmovdqu %%ymm7,224(%0)" : : "r"(x) : "memory");
}

static void fill(void)
{
	for (int i = 0; i < 256; i++)
		v[i / 32][i % 32] = i;
}

/* The registers must live from load to store: calls of the system, and nothing else, between. */
static long call(long nr, long a, long b)
{
	long r;

#ifdef __i386__
	__asm__ volatile("int $0x80" : "=a"(r) : "0"(nr), "b"(a), "c"(b) : "memory");
#else
	__asm__ volatile("syscall" : "=a"(r) : "0"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
#endif
	return r;
}

__attribute__((target("avx"))) static void handler(int sig, siginfo_t *si, void *p)
{
	ucontext_t *uc = p;
	unsigned char *f = (unsigned char *)uc->uc_mcontext.fpregs + BEFORE;
	unsigned *sw = (unsigned *)(f + 464), magic2 = 0;

	memcpy(&magic2, f - BEFORE + sw[1] - 4, 4);
	frame_ok = ((unsigned long)f & 63) == 0 && sw[0] == 0x46505853 && magic2 == 0x46505845 && (sw[2] & 7) == 7 && sw[4] + 4 + BEFORE == sw[1] && (uc->uc_flags & 1) &&
	    f[ymm_at + 3 * 16] == 96 + 16 && f[160 + 3 * 16] == 96;
	f[ymm_at + 3 * 16] = 0xaa;
	__asm__ volatile("vpxor %%xmm0,%%xmm0,%%xmm0; vpxor %%xmm3,%%xmm3,%%xmm3; vzeroall" : : : "memory");
}

#ifdef __x86_64__
#define ALL NT_PRFPREG
#else
#define ALL NT_PRXFPREG
#endif

/* What a tracer may not set: a part, and what the header and mxcsr cannot say. */
static void refused(pid_t pid, size_t len)
{
	static const struct { const char *what; int at, bit; } bad[] = {
		{ "component 62", 519, 6 }, { "component 15", 513, 7 }, { "compacted", 527, 7 }, { "byte 528", 528, 0 },
		{ "byte 575", 575, 7 }, { "mxcsr", 26, 0 },
	};
	struct iovec iov = { image, 0 };

	for (; iov.iov_len < 832; iov.iov_len += 104) {
		errno = 0;
		printf("%d bytes: %ld", (int)iov.iov_len, (long)ptrace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov));
		printf(" %d\n", errno);
	}
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		image[bad[i].at] ^= 1 << bad[i].bit;
		iov.iov_len = len;
		errno = 0;
		printf("%s: %ld", bad[i].what, (long)ptrace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov));
		printf(" %d\n", errno);
		iov.iov_len = 512;
		if (bad[i].at < 512) {
			printf("%s of all: %ld", bad[i].what, (long)ptrace(PTRACE_SETREGSET, pid, ALL, &iov));
			printf(" %d\n", errno);
		}
		image[bad[i].at] ^= 1 << bad[i].bit;
	}
}

int main(void)
{
	unsigned a, b, c, d;

	if (!__builtin_cpu_supports("avx")) {
		printf("no AVX\n");
		return 0;
	}
	__cpuid_count(13, 2, a, b, c, d);
	ymm_at = b;
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	sigaction(SIGUSR1, &sa, NULL);
	long pid = getpid();
	fill();
	load(v);
	call(SYS_getppid, 0, 0);
	call(SYS_kill, pid, SIGUSR1);
	memset(v, 0, sizeof v);
	store(v);
	printf("the frame: %d\n", frame_ok);
	printf("after the handler: %d %x %x %d %d\n", v[0][31], v[3][0], v[3][16], v[3][17], v[7][31]);

	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		pid = getpid();
		fill();
		load(v);
		call(SYS_kill, pid, SIGSTOP);
		store(v);
		_exit(v[3][0] == 96 && v[3][16] == 0xbb && v[7][31] == 255 && v[0][31] == 31 ? 0 : 1);
	}
	int st;
	struct iovec iov = { image, sizeof image };
	waitpid(pid, &st, 0);
	printf("stopped: %x\n", st);
	printf("read: %ld\n", (long)ptrace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &iov));
	printf("%d %d %d\n", image[160 + 3 * 16], image[ymm_at + 3 * 16], (image[512] & 4) != 0);
	image[ymm_at + 3 * 16] = 0xbb;
	refused(pid, iov.iov_len);
	printf("written: %ld\n", (long)ptrace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov));
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &st, 0);
	printf("the end: %x\n", st);
	return 0;
}
