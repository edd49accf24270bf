/* getcontext, setcontext, what handlers see of a context and can change in it, posix_spawn (sys_sig.c,
 * kern_exec.c). */
#include "posix.h"

static char context[8192] __attribute__((aligned(16)));
static char other[8192] __attribute__((aligned(16)));
static char stack[65536] __attribute__((aligned(16)));
static volatile int count;
static volatile double result;

static struct sigset *uc_sigmask(void *uc) { return (struct sigset *)((char *)uc + 2 * sizeof(long)); }
static u32 *uc_flags(void *uc) { return (u32 *)uc; }

/* Makes context one that begins f(arg) on a stack of its own. */
static void begin(void (*f)(long), long arg)
{
	EQ(sys1(SYS_getcontext, context), 0);
	EQ(*uc_flags(context) & 7, 7);	/* mask, stack, registers */
	UC_SP(context) = (unsigned long)(stack + sizeof stack - 256) - STACK_SKEW;
	UC_SET_PC(context, f);
	UC_ARG(context) = arg;
	*uc_flags(context) &= ~UC_TLSBASE;
}

static void __attribute__((used, noreturn)) arrives(long n)
{
	char here;

	OK(&here > stack && &here < stack + sizeof stack);
	EQ(n, 42);
	exit(0);
}

static void begins(void)
{
	EQ(sys1(SYS_getcontext, 8), -EFAULT);
	EQ(sys1(SYS_setcontext, 8), -EFAULT);
	begin(arrives, 42);
	sys1(SYS_setcontext, context);
	bad(__LINE__, 0, 0);
}

static void __attribute__((used, noreturn)) looks_at_mask(long n)
{
	struct sigset now;

	EQ(sys3(SYS_sigprocmask, 0, 0, &now), 0);
	EQ(sigset_has(&now, SIGUSR2), 1);
	EQ(sigset_has(&now, SIGUSR1), n);
	OK(!sigset_has(&now, SIGKILL) && !sigset_has(&now, SIGSTOP));
	exit(0);
}

static void without_mask(void)
{
	mask(SIG_BLOCK, SIGUSR1, 0);
	begin(looks_at_mask, 0);
	OK(sigset_has(uc_sigmask(context), SIGUSR1));
	mask(SIG_SETMASK, SIGUSR2, 0);
	*uc_flags(context) &= ~1u;	/* the mask stays as it is now */
	sys1(SYS_setcontext, context);
}

static void with_mask(void)
{
	begin(looks_at_mask, 1);
	memset(uc_sigmask(context), 255, 16);
	sys1(SYS_setcontext, context);
}

static void __attribute__((used, noreturn)) looks_at_link(long n)
{
	EQ(sys1(SYS_getcontext, other), 0);
	EQ(((void **)other)[1], stack);
	exit(0);
}

/* The link of a context that setcontext loads is what getcontext stores. One without registers is refused. */
static void link(void)
{
	begin(looks_at_link, 0);
	((void **)context)[1] = stack;
	*uc_flags(context) &= ~4u;
	EQ(sys1(SYS_setcontext, context), -EINVAL);
	*uc_flags(context) |= 4;
	sys1(SYS_setcontext, context);
}

static void save(int sig, struct siginfo *si, void *uc)
{
	UC_SET_PC(uc, UC_PC(uc) + ILLEGAL_SIZE);
#ifdef __thumb__
	UC_REGS(uc)[16] |= 0x20;
#endif
	memcpy(other, uc, 1024);
}

/* Saves where it stands: the context of an instruction, not of a call, so that it can be gone back to. */
#define SAVE() __asm__ volatile(ILLEGAL_INSTRUCTION : : : "memory")

static void again_and_again(void)
{
	volatile int times = 0;

	handle(SIGILL, save, 0, 0);
	SAVE();
	times++;
	if (times < 4)
		sys1(SYS_setcontext, other);
	EQ(times, 4);
}

static void floating_point(void)
{
	volatile int times = 0;
	volatile double kept = 2.5;
	double a = kept * 3, b = kept + 1;

	handle(SIGILL, save, 0, 0);
	SAVE();
	times++;
	if (times < 5) {
		result = kept / 7 + times;
		sys1(SYS_setcontext, other);
	}
	OK(a == 7.5 && b == 3.5);
}

static void clobber(int sig, struct siginfo *si, void *uc)
{
	volatile double x = 1;

	for (int i = 0; i < 50; i++)
		x = x * 1.5 + i;
	result = x;
	count++;
}

static void fp_in_handlers(void)
{
	struct itimerval it = { { 0, 1000 }, { 0, 1000 } };
	volatile double seed = 1.0;
	double a = seed, b = seed, c = seed;

	handle(SIGALRM, clobber, SA_RESTART, 0);
	EQ(sys3(SYS_setitimer, 0, &it, 0), 0);
	while (count < 10) {
		/* Three sums that stay equal unless a handler spoils one. */
		for (int i = 0; i < 1000; i++) {
			a = a + 0.25;
			b = b + 0.25;
			c = c + 0.25;
		}
		if (a != b || b != c)
			bad(__LINE__, count, 0);
		if (a > 1e9)
			a = b = c = seed;
	}
	it.value.usec = 0;
	sys3(SYS_setitimer, 0, &it, 0);
}

static void set_mask(int sig, struct siginfo *si, void *uc)
{
	sigset_of(uc_sigmask(uc), SIGUSR2, SIGTERM);
	count++;
}

static void handler_changes_mask(void)
{
	struct sigset now;

	handle(SIGUSR1, set_mask, 0, 0);
	kill(getpid(), SIGUSR1);
	EQ(count, 1);
	EQ(sys3(SYS_sigprocmask, 0, 0, &now), 0);
	OK(sigset_has(&now, SIGUSR2) && sigset_has(&now, SIGTERM) && !sigset_has(&now, SIGUSR1));
}

static void bad_stack(int sig, struct siginfo *si, void *uc) { count++; }

static void no_stack_for_handler(void)
{
	/* A frame that cannot be stored ends the program: SIGILL (sendsig). */
	long pid = fork();
	if (pid == 0) {
		struct { void *sp; size_t size; int flags; } ss = { (void *)4096, 65536, 0 };
		u64 none[2] = { 0, 0 };

		sys2(195, 4, none);
		EQ(sys2(SYS_sigaltstack, &ss, 0), 0);
		handle(SIGUSR1, bad_stack, SA_ONSTACK, 0);
		kill(getpid(), SIGUSR1);
		exit(0);
	}
	EQ(wait_for(pid), SIGILL);
}

static void null_context(void)
{
	/* The end of the last context is the end of the process, with 0. */
	long pid = fork();
	if (pid == 0) {
		sys1(SYS_setcontext, 0);
		exit(1);
	}
	EQ(wait_for(pid), 0);
}

/* ---- posix_spawn ---- */

struct fae {
	int action, fd;
	union {
		struct { char *path; int oflag; u32 mode; } open;
		struct { int newfd; } dup2;
	} u;
};

struct file_actions {
	u32 size, len;
	struct fae *fae;
};

struct attr {
	short flags;
	int pgroup;
	int priority;
	int policy;
	struct sigset sigdefault, sigmask;
};

#define RESETIDS	1
#define SETPGROUP	2
#define SETSIGDEF	0x10
#define SETSIGMASK	0x20
#define RETURNERROR	0x40
#define FAE_OPEN	0
#define FAE_DUP2	1
#define FAE_CLOSE	2

static char *envp0[] = { 0 };

static long spawn(char *how, struct file_actions *fa, struct attr *sa, int *pid)
{
	char *argv[] = { "x", how, 0 };

	return (long)nb_syscall(SYS_posix_spawn, pid, case_args[0], fa, sa, argv, envp0);
}

static void spawn_plain(void)
{
	int pid = -1;
	char *argv[] = { "x", 0 };

	EQ(spawn("--exit", 0, 0, &pid), 0);
	OK(pid > 0);
	EQ(wait_for(pid), EXITED(61));
	/* Errors are values. With RETURNERROR all are told, otherwise the child shows them by 127. */
	EQ(nb_syscall(SYS_posix_spawn, &pid, "/nonexistent", 0, 0, argv, envp0), ENOENT);
	EQ(nb_syscall(SYS_posix_spawn, &pid, 8, 0, 0, argv, envp0), EFAULT);
	struct attr sa;
	memset(&sa, 0, sizeof sa);
	sa.flags = RETURNERROR;
	EQ(nb_syscall(SYS_posix_spawn, &pid, "/nonexistent", 0, &sa, argv, envp0), ENOENT);
}

static void spawn_actions(void)
{
	int fd[2], pid = -1;
	struct fae e[4];
	struct file_actions fa = { 4, 3, e };

	mkpipe(fd);
	memset(e, 0, sizeof e);
	e[0].action = FAE_DUP2;
	e[0].fd = fd[1];
	e[0].u.dup2.newfd = 20;
	e[1].action = FAE_CLOSE;
	e[1].fd = fd[0];
	e[2].action = FAE_OPEN;
	e[2].fd = 21;
	e[2].u.open.path = "/dev/null";
	e[2].u.open.oflag = O_RDWR;
	EQ(spawn("--fds", &fa, 0, &pid), 0);
	EQ(get(fd[0]), 'f');
	EQ(wait_for(pid), 0);
	/* One that fails: the child ends with 127, or the caller is told. */
	e[1].fd = 77;
	EQ(spawn("--fds", &fa, 0, &pid), 0);
	EQ(wait_for(pid), EXITED(127));
	struct attr sa;
	memset(&sa, 0, sizeof sa);
	sa.flags = RETURNERROR;
	EQ(spawn("--fds", &fa, &sa, &pid), EBADF);
}

static void spawn_attributes(void)
{
	struct attr sa;
	int pid = -1, fd[2];

	mkpipe(fd);
	sys2(SYS_dup2, fd[1], 20);
	memset(&sa, 0, sizeof sa);
	handle(SIGUSR1, SIG_IGN, 0, 0);
	handle(SIGUSR2, SIG_IGN, 0, 0);
	sa.flags = SETPGROUP | SETSIGMASK | SETSIGDEF;
	sa.pgroup = 0;
	sigset_of(&sa.sigmask, SIGTERM, SIGHUP);
	sigset_of(&sa.sigdefault, SIGUSR1, 0);
	EQ(spawn("--attributes", 0, &sa, &pid), 0);
	EQ(wait_for(pid), 0);
	/* Into a group that is there; and into one that is not. */
	sa.flags = SETPGROUP;
	sa.pgroup = (int)sys0(SYS_getpgrp);
	EQ(spawn("--exit", 0, &sa, &pid), 0);
	EQ(wait_for(pid), EXITED(61));
	sa.pgroup = 0x7ffffff0;
	EQ(spawn("--exit", 0, &sa, &pid), EPERM);
}

static int child(const char *how)
{
	struct sigset s;
	struct sigaction sa;

	case_name = how;
	if (same(how, "--exit"))
		return 61;
	if (same(how, "--fds")) {
		put(20, 'f');
		put(21, 'n');
		return 0;
	}
	EQ(sys0(SYS_getpgrp), getpid());
	EQ(sys3(SYS_sigprocmask, 0, 0, &s), 0);
	OK(sigset_has(&s, SIGTERM) && sigset_has(&s, SIGHUP) && !sigset_has(&s, SIGINT));
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, 0, &sa, 0, 0), 0);
	OK(sa.handler == SIG_DFL);
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR2, 0, &sa, 0, 0), 0);
	OK(sa.handler == SIG_IGN);
	return 0;
}

int main(int argc, char **argv, char **envp)
{
	static const struct tcase cases[] = {
		{ "setcontext-begins-function", begins },
		{ "setcontext-without-mask", without_mask },
		{ "setcontext-with-mask", with_mask },
		{ "setcontext-link", link },
		{ "setcontext-again-and-again", again_and_again },
		{ "setcontext-floating-point", floating_point },
		{ "handlers-floating-point", fp_in_handlers },
		{ "handler-changes-mask", handler_changes_mask },
		{ "no-stack-for-a-handler", no_stack_for_handler },
		{ "setcontext-of-null", null_context },
		{ "posix_spawn", spawn_plain },
		{ "posix_spawn-file-actions", spawn_actions },
		{ "posix_spawn-attributes", spawn_attributes },
	};

	if (argc == 2 && argv[1][0] == '-' && argv[1][1] == '-' && !same(argv[1], "--list"))
		return child(argv[1]);
	return RUN_CASES(cases, argv);
}
