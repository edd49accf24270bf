/*
 * The stack's pages, by way of the stack pointer: accesses of each size at each distance from the border of two pages, pages
 * that change under a frame (protection, fork, other memory, code), and frames in two pages in turn.
 */
#include "arch.h"
#include "code.h"

#define PAGE	8192	/* a multiple of every page size */
#define ON_PAGE	__attribute__((aligned(PAGE)))

typedef unsigned long long u64;
struct any16 { unsigned short v; } __attribute__((packed, may_alias));
struct any32 { u32 v; } __attribute__((packed, may_alias));
struct any64 { u64 v; } __attribute__((packed, may_alias));

static u64 pattern(int i)
{
	return 0x0123456789abcdefull * (i * 2 + 1);
}

/* Reads and writes of a size around the border of two pages in this frame, and what another pointer finds there. */
#define BORDER(name, type, size) \
static __attribute__((noinline)) int name(void) \
{ \
	volatile char frame[3 * PAGE] ON_PAGE; \
	volatile char *volatile other = frame; \
	int i, k; \
	for (i = -16; i <= 8; i++) { \
		for (k = -24; k < 24; k++) \
			other[PAGE + k] = 0x55; \
		((volatile struct type *)(frame + PAGE + i))->v = pattern(i + 16); \
		for (k = -24; k < 24; k++) \
			if ((other[PAGE + k] == 0x55) != (k < i || k >= i + size)) \
				return 0; \
		if (((volatile struct type *)(other + PAGE + i))->v != ((volatile struct type *)(frame + PAGE + i))->v) \
			return 0; \
	} \
	return 1; \
}

BORDER(border16, any16, 2)
BORDER(border32, any32, 4)
BORDER(border64, any64, 8)

/* How a child ends that stores to a page of its frame, after as much as read it. */
static __attribute__((noinline)) int stores(int prot)
{
	volatile char frame[3 * PAGE] ON_PAGE;
	int status = 0, i, sum = 0;
	long pid;

	for (i = 0; i < 3 * PAGE; i += 512)
		frame[i] = i >> 9;
	sys3(SYS_mprotect, frame + PAGE, PAGE, prot);
	if ((pid = fork()) == 0) {
		for (i = 0; i < 3 * PAGE; i += 512)
			sum += frame[i];
		frame[PAGE + 4] = sum;
		exit(3);
	}
	sys4(SYS_wait4, pid, &status, 0, 0);
	sys3(SYS_mprotect, frame + PAGE, PAGE, 3);
	frame[PAGE + 4] = 1;
	return status;
}

/* A child's stores are not the parent's, nor the other way round. */
static __attribute__((noinline)) int own_after_fork(void)
{
	volatile u32 frame[2 * PAGE / 4] ON_PAGE;
	int status = 0, i;
	u32 sum = 0;
	long pid;

	for (i = 0; i < 2 * PAGE / 4; i += 64)
		frame[i] = i;
	pid = fork();
	for (i = 0; i < 2 * PAGE / 4; i += 64)
		frame[i] += pid ? 1 : 2;
	for (i = 0; i < 2 * PAGE / 4; i += 64)
		sum += frame[i] - i;
	if (!pid)
		exit(sum == 2 * (2 * PAGE / 256));
	sys4(SYS_wait4, pid, &status, 0, 0);
	return status >> 8 == 1 && sum == 2 * PAGE / 256;
}

/* Frames of more than a page, each of which looks into the one above it. */
static __attribute__((noinline)) u32 deep(int n, volatile u32 *above)
{
	volatile u32 frame[1100];
	u32 s;

	frame[0] = n + (above ? above[0] : 0);
	frame[1099] = n + (above ? above[1099] : 0);
	s = n ? deep(n - 1, frame) : 0;
	return s + frame[0] * 3 + frame[1099];
}

static char *other_stack;
static volatile char *told;

static void on_other(int sig, struct siginfo *info, void *context)
{
	volatile char frame[64];
	int i;

	for (i = 0; i < 64; i++)
		frame[i] = sig + i;
	told = frame;
}

/* A stack whose memory is taken away between two handlers. */
static int other_memory(void)
{
	struct { void *sp; size_t size; int flags; } stack = { 0, 8 * PAGE, 0 };
	int i, round, ok = 1;

	other_stack = map(8 * PAGE, 3);
	stack.sp = other_stack;
	sys2(SYS_sigaltstack, &stack, 0);
	on_signal(SIGUSR1, on_other, SA_ONSTACK);
	for (round = 0; round < 4; round++) {
		sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
		for (i = 0; i < 64; i++)
			ok = ok && told[i] == SIGUSR1 + i;
		ok = ok && told >= (volatile char *)other_stack && told < (volatile char *)other_stack + 8 * PAGE;
		nb_syscall8(SYS_mmap, REG(other_stack), REG(8 * PAGE), REG(3), REG(0x1012), REG(-1), REG(0), ARG64(0));
		ok = ok && told[5] == 0;
	}
	return ok;
}

/* Functions that are written to a frame, and data beside them. */
static __attribute__((noinline)) int code(void)
{
	u32 frame[2 * PAGE / 4] ON_PAGE;
	volatile u32 *beside = frame + 128;
	int i, sum = 0;

	sys3(SYS_mprotect, frame, 2 * PAGE, 7);
	for (i = 0; i < 50; i++) {
		emit(frame, i);
		flush(frame, 8);
		*beside = i;
		sum += call(frame) + *beside;
	}
	sys3(SYS_mprotect, frame, 2 * PAGE, 3);
	return sum;
}

int main(int argc, char **argv, char **envp)
{
	int status;

	check("halves over a border", border16());
	check("words over a border", border32());
	check("doubles over a border", border64());
	status = stores(1);
	check("read only", (status & 0x7f) == SIGSEGV);
	check("writable", stores(3) == 3 << 8);
	check("own after fork", own_after_fork());
	say("deep", deep(100, 0) % 1000003);
	check("other memory", other_memory());
	say("code", code());
	return 0;
}
