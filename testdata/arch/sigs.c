/* Signals: dispositions, masks, queues, what handlers are told, default actions (kern_sig.c, sys_sig.c). */
#include "posix.h"

static volatile int count, inside, deepest;
static volatile int order[200];
static struct info last;

static void note(int sig, struct siginfo *si, void *uc)
{
	memcpy(&last, si, sizeof last);
	if (count < 200)
		order[count] = sig;
	count++;
}

static void note_value(int sig, struct siginfo *si, void *uc)
{
	memcpy(&last, si, sizeof last);
	order[count++] = last.u.rt.value.n;
}

static int queue(long pid, int sig, int code, int value)
{
	struct info si[2];

	memset(si, 0, sizeof si);
	si->signo = sig;
	si->code = code;
	si->u.rt.pid = (int)getpid();
	si->u.rt.uid = (u32)sys0(25);
	si->u.rt.value.n = value;
	return (int)sys2(SYS_sigqueueinfo, pid, si);
}

static void every_signal_caught(void)
{
	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction sa;

		memset(&sa, 0, sizeof sa);
		sa.handler = note;
		if (sig == SIGKILL || sig == SIGSTOP) {
			EQ(sys5(SYS_sigaction_sigtramp, sig, &sa, 0, nb_sigtramp, 2), -EINVAL);
			sa.handler = SIG_IGN;
			EQ(sys5(SYS_sigaction_sigtramp, sig, &sa, 0, nb_sigtramp, 2), -EINVAL);
			continue;
		}
		handle(sig, note, 0x40, 0);
		count = 0;
		EQ(kill(getpid(), sig), 0);
		EQ(count, 1);
		EQ(order[0], sig);
		EQ(last.signo, sig);
		EQ(last.code, SI_USER);
		EQ(last.u.rt.pid, getpid());
		EQ(last.u.rt.uid, sys0(25));
	}
}

static void defaults(void)
{
	/* What wait says of a process that sends itself the signal: kern_sig.c's sigprop. */
	for (int sig = 1; sig < NSIG; sig++) {
		int ignored = sig == SIGURG || sig == SIGCONT || sig == SIGCHLD || sig == SIGIO || sig == SIGWINCH ||
		    sig == SIGINFO || sig == SIGPWR;
		int stops = sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
		long pid = fork();

		if (pid == 0) {
			u64 none[2] = { 0, 0 };

			sys2(195, 4, none);	/* no core files */
			kill(getpid(), sig);
			exit(55);
		}
		if (stops) {
			EQ(wait_opt(pid, WSTOPPED), STOPPED(sig));
			kill(pid, SIGCONT);
			EQ(wait_for(pid), EXITED(55));
		} else if (ignored)
			EQ(wait_for(pid), EXITED(55));
		else
			EQ(wait_for(pid), sig);
	}
}

static void ignored(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP) {
			handle(sig, SIG_IGN, 0, 0);
			EQ(kill(getpid(), sig), 0);
		}
}

static void ignoring_discards(void)
{
	struct sigset s;

	mask(SIG_BLOCK, SIGUSR1, SIGCHLD);
	handle(SIGUSR1, note, 0, 0);
	handle(SIGCHLD, note, 0, 0);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGCHLD);
	handle(SIGUSR1, SIG_IGN, 0, 0);
	handle(SIGCHLD, SIG_DFL, 0, 0);	/* which ignores it */
	EQ(sys1(SYS_sigpending, &s), 0);
	OK(!sigset_has(&s, SIGUSR1) && !sigset_has(&s, SIGCHLD));
	handle(SIGUSR1, note, 0, 0);
	mask(SIG_UNBLOCK, SIGUSR1, SIGCHLD);
	EQ(count, 0);
}

static void arguments(void)
{
	struct sigaction sa, old;

	memset(&sa, 0, sizeof sa);
	sa.handler = note;
	EQ(sys5(SYS_sigaction_sigtramp, 0, &sa, 0, nb_sigtramp, 2), -EINVAL);
	EQ(sys5(SYS_sigaction_sigtramp, NSIG, &sa, 0, nb_sigtramp, 2), -EINVAL);
	EQ(sys5(SYS_sigaction_sigtramp, -1, &sa, 0, nb_sigtramp, 2), -EINVAL);
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, 0, 2), -EINVAL);
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, nb_sigtramp, 4), -EINVAL);
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, nb_sigtramp, -1), -EINVAL);
	sa.flags = 0x100;
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, nb_sigtramp, 2), -EINVAL);
	sa.flags = 0;
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, 8, 0, nb_sigtramp, 2), -EFAULT);
	/* Only real handlers need a trampoline. */
	sa.handler = SIG_IGN;
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, 0, 2), 0);
	EQ(sys5(SYS_sigaction_sigtramp, SIGKILL, 0, &old, 0, 0), 0);	/* asking is allowed */
	OK(old.handler == SIG_DFL);
	EQ(kill(getpid(), NSIG), -EINVAL);
	EQ(kill(getpid(), -1), -EINVAL);
	EQ(kill(getpid(), 0), 0);
	EQ(kill(0x7ffffff0, 0), -ESRCH);
	EQ(kill(-0x7ffffff0, 0), -ESRCH);
	EQ(sys3(SYS_sigprocmask, 9, &sa.mask, 0), -EINVAL);
	EQ(sys3(SYS_sigprocmask, 9, 0, &sa.mask), 0);	/* how does not matter without a set */
	EQ(sys3(SYS_sigprocmask, SIG_BLOCK, 8, 0), -EFAULT);
}

static void what_is_kept(void)
{
	struct sigaction sa, old;

	memset(&sa, 0, sizeof sa);
	sa.handler = note;
	sa.flags = SA_RESTART | SA_ONSTACK | SA_NOCLDWAIT | 0x40;
	memset(&sa.mask, 255, sizeof sa.mask);
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, &old, nb_sigtramp, 2), 0);
	OK(old.handler == SIG_DFL);
	EQ(old.flags, SA_RESTART);	/* the default has it (siginit) */
	memset(&old, 0, sizeof old);
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, 0, &old, 0, 0), 0);
	OK(old.handler == note);
	EQ(old.flags, sa.flags);
	OK(!sigset_has(&old.mask, SIGKILL) && !sigset_has(&old.mask, SIGSTOP));
	OK(sigset_has(&old.mask, SIGHUP) && sigset_has(&old.mask, 63) && sigset_has(&old.mask, SIGUSR1));
	/* The set that is kept says whether the signal blocks itself. */
	sigset_of(&sa.mask, SIGHUP, SIGUSR1);
	sa.flags = SA_NODEFER;
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, nb_sigtramp, 2), 0);
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, 0, &old, 0, 0), 0);
	OK(sigset_has(&old.mask, SIGHUP) && !sigset_has(&old.mask, SIGUSR1));
	sigset_of(&sa.mask, SIGHUP, 0);
	sa.flags = 0;
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, nb_sigtramp, 2), 0);
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, 0, &old, 0, 0), 0);
	OK(sigset_has(&old.mask, SIGHUP) && sigset_has(&old.mask, SIGUSR1));
	/* SIGILL, SIGTRAP and SIGPWR are not reset when they are caught. */
	sa.flags = SA_RESETHAND;
	EQ(sys5(SYS_sigaction_sigtramp, SIGILL, &sa, 0, nb_sigtramp, 2), 0);
	EQ(sys5(SYS_sigaction_sigtramp, SIGILL, 0, &old, 0, 0), 0);
	EQ(old.flags, 0);
}

static struct sigset during;

static void nested(int sig, struct siginfo *si, void *uc)
{
	sys3(SYS_sigprocmask, 0, 0, &during);
	if (++inside > deepest)
		deepest = inside;
	order[count++] = sig;
	if (count < 4) {
		kill(getpid(), SIGUSR1);
		kill(getpid(), SIGUSR2);
	}
	inside--;
}

static void masks_in_handlers(void)
{
	struct sigset s;

	handle(SIGUSR1, nested, 0, SIGUSR2);
	handle(SIGUSR2, nested, 0, SIGUSR1);
	kill(getpid(), SIGUSR1);
	EQ(deepest, 1);
	OK(count >= 3);
	EQ(sys3(SYS_sigprocmask, 0, 0, &s), 0);
	OK(!sigset_has(&s, SIGUSR1) && !sigset_has(&s, SIGUSR2));
	OK(sigset_has(&during, SIGUSR1) && sigset_has(&during, SIGUSR2));
}

static void nodefer(void)
{
	handle(SIGUSR1, nested, SA_NODEFER, SIGUSR2);
	handle(SIGUSR2, note, 0, 0);
	kill(getpid(), SIGUSR1);
	EQ(deepest, 4);
	OK(!sigset_has(&during, SIGUSR1) && sigset_has(&during, SIGUSR2));
}

static void resethand(void)
{
	struct sigaction old;

	handle(SIGUSR1, note, SA_RESETHAND, SIGHUP);
	kill(getpid(), SIGUSR1);
	EQ(count, 1);
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, 0, &old, 0, 0), 0);
	OK(old.handler == SIG_DFL);
	EQ(old.flags, SA_RESETHAND);
	long pid = fork();
	if (pid == 0) {
		kill(getpid(), SIGUSR1);
		exit(0);
	}
	EQ(wait_for(pid), SIGUSR1);
	/* Signals whose default is to be ignored are ignored again. */
	handle(SIGURG, note, SA_RESETHAND, 0);
	kill(getpid(), SIGURG);
	kill(getpid(), SIGURG);
	EQ(count, 2);
}

static void pending_once(void)
{
	struct sigset s;

	handle(SIGUSR1, note_value, 0x40, 0);
	mask(SIG_BLOCK, SIGUSR1, 0);
	EQ(queue(getpid(), SIGUSR1, SI_QUEUE, 1), 0);
	EQ(queue(getpid(), SIGUSR1, SI_QUEUE, 2), 0);
	EQ(queue(getpid(), SIGUSR1, SI_QUEUE, 3), 0);
	EQ(sys1(SYS_sigpending, &s), 0);
	OK(sigset_has(&s, SIGUSR1));
	mask(SIG_UNBLOCK, SIGUSR1, 0);
	EQ(count, 1);
	EQ(order[0], 3);	/* the latest information (sigput) */
}

static void realtime_queue(void)
{
	for (int sig = SIGRTMIN; sig < NSIG; sig++)
		handle(sig, note_value, 0x40, 0);
	struct sigset all, none;
	memset(&all, 255, sizeof all);
	memset(&none, 0, sizeof none);
	sys3(SYS_sigprocmask, SIG_SETMASK, &all, 0);
	/* All numbers, highest first, three of each. */
	for (int i = 0; i < 3; i++)
		for (int sig = NSIG - 1; sig >= SIGRTMIN; sig--)
			EQ(queue(getpid(), sig, SI_QUEUE, sig * 10 + i), 0);
	/* One at a time, to see the order they are taken in: lowest first, each number in order of arrival. */
	for (int sig = SIGRTMIN; sig < NSIG; sig++)
		for (int i = 0; i < 3; i++) {
			struct info si[2];
			struct timespec zero = { 0, 0 };

			EQ(sys3(SYS_sigtimedwait, &all, si, &zero), sig);
			EQ(si->u.rt.value.n, sig * 10 + i);
			EQ(si->code, SI_QUEUE);
			EQ(si->u.rt.pid, getpid());
		}
	struct timespec zero = { 0, 0 };
	EQ(sys3(SYS_sigtimedwait, &all, 0, &zero), -EAGAIN);
}

static void realtime_handlers(void)
{
	handle(SIGRTMIN, note_value, 0x40, 0);
	handle(SIGRTMIN + 1, note_value, 0x40, 0);
	mask(SIG_BLOCK, SIGRTMIN, SIGRTMIN + 1);
	for (int i = 0; i < 20; i++)
		EQ(queue(getpid(), SIGRTMIN, SI_QUEUE, i), 0);
	mask(SIG_UNBLOCK, SIGRTMIN, 0);
	EQ(count, 20);
	for (int i = 0; i < 20; i++)
		EQ(order[i], i);
}

static void sigqueue_rules(void)
{
	long pid = fork();

	if (pid == 0)
		for (;;)
			nap(1000);
	handle(SIGUSR1, note_value, 0x40, 0);
	/* To itself a process can say anything. */
	EQ(queue(getpid(), SIGUSR1, SI_TIMER, 5), 0);
	EQ(last.code, SI_TIMER);
	EQ(order[0], 5);
	/* To others only what kill and sigqueue say, and only in its own name (kill1). */
	EQ(queue(pid, SIGUSR1, SI_TIMER, 5), -EPERM);
	EQ(queue(pid, SIGUSR1, SI_LWP, 5), -EPERM);
	struct info si[2];
	memset(si, 0, sizeof si);
	si->signo = SIGURG;
	si->code = SI_QUEUE;
	si->u.rt.pid = (int)getpid() + 1;
	si->u.rt.uid = (u32)sys0(25);
	EQ(sys2(SYS_sigqueueinfo, pid, si), -EPERM);
	EQ(queue(pid, NSIG, SI_QUEUE, 5), -EINVAL);
	EQ(queue(pid, 0, SI_QUEUE, 5), 0);
	EQ(queue(0x7ffffff0, SIGUSR1, SI_QUEUE, 5), -ESRCH);
	EQ(sys2(SYS_sigqueueinfo, pid, 8), -EFAULT);
	EQ(queue(pid, SIGTERM, SI_QUEUE, 5), 0);
	EQ(wait_for(pid), SIGTERM);
}

static void lwp_kill_info(void)
{
	handle(SIGUSR1, note, 0x40, 0);
	EQ(sys2(SYS_lwp_kill, FIRST, SIGUSR1), 0);
	EQ(count, 1);
	EQ(last.code, SI_LWP);
	EQ(last.u.rt.pid, getpid());
	EQ(sys2(SYS_lwp_kill, FIRST, 0), 0);
	EQ(sys2(SYS_lwp_kill, FIRST, NSIG), -EINVAL);
	EQ(sys2(SYS_lwp_kill, 4000, SIGUSR1), -ESRCH);
}

static void lowest_first(void)
{
	struct sigset s, none;

	memset(&s, 255, sizeof s);
	memset(&none, 0, sizeof none);
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP) {
			struct sigaction sa;

			memset(&sa, 0, sizeof sa);
			sa.handler = note;
			memset(&sa.mask, 255, sizeof sa.mask);
			sys5(SYS_sigaction_sigtramp, sig, &sa, 0, nb_sigtramp, 2);
		}
	sys3(SYS_sigprocmask, SIG_SETMASK, &s, 0);
	static const int sent[] = { 63, SIGTERM, 40, SIGHUP, SIGUSR2, 33 }, got[] = { 63, 40, 33, SIGUSR2, SIGTERM, SIGHUP };
	for (int i = 0; i < 6; i++)
		kill(getpid(), sent[i]);
	sys3(SYS_sigprocmask, SIG_SETMASK, &none, 0);
	/* Frames are piled up lowest first where the mask does not forbid it; here each handler runs to its end. */
	EQ(count, 6);
	for (int i = 0; i < 6; i++)
		EQ(order[i], got[5 - i]);
}

static void broken_pipe(void)
{
	int fd[2];

	mkpipe(fd);
	sys1(SYS_close, fd[0]);
	handle(SIGPIPE, note, 0x40, 0);
	EQ(sys3(SYS_write, fd[1], "x", 1), -EPIPE);
	EQ(count, 1);
	handle(SIGPIPE, SIG_IGN, 0, 0);
	EQ(sys3(SYS_write, fd[1], "x", 1), -EPIPE);
	handle(SIGPIPE, SIG_DFL, 0, 0);
	long pid = fork();
	if (pid == 0) {
		sys3(SYS_write, fd[1], "x", 1);
		exit(0);
	}
	EQ(wait_for(pid), SIGPIPE);
}

static void bad_call(void)
{
	handle(SIGSYS, note, 0x40, 0);
	EQ(sys0(509), -ENOSYS);	/* a number that has no call */
	EQ(count, 1);
}

static volatile int *volatile nowhere = (int *)16;
static void fault(void) { *nowhere = 1; }

static void blocked_fault(void)
{
	/* A fault whose signal is blocked or ignored ends the program: it cannot wait. */
	long pid = fork();
	if (pid == 0) {
		u64 none[2] = { 0, 0 };

		sys2(195, 4, none);
		handle(SIGSEGV, note, 0, 0);
		mask(SIG_BLOCK, SIGSEGV, 0);
		fault();
		exit(0);
	}
	EQ(wait_for(pid), SIGSEGV);
	pid = fork();
	if (pid == 0) {
		u64 none[2] = { 0, 0 };

		sys2(195, 4, none);
		handle(SIGSEGV, SIG_IGN, 0, 0);
		fault();
		exit(0);
	}
	EQ(wait_for(pid), SIGSEGV);
}

static void stop_and_continue(void)
{
	struct sigset s;

	mask(SIG_BLOCK, SIGCONT, SIGTSTP);
	handle(SIGCONT, note, 0, 0);
	kill(getpid(), SIGCONT);
	EQ(sys1(SYS_sigpending, &s), 0);
	OK(sigset_has(&s, SIGCONT));
	kill(getpid(), SIGTSTP);	/* each takes the other away */
	EQ(sys1(SYS_sigpending, &s), 0);
	OK(!sigset_has(&s, SIGCONT) && sigset_has(&s, SIGTSTP));
	kill(getpid(), SIGCONT);
	EQ(sys1(SYS_sigpending, &s), 0);
	OK(sigset_has(&s, SIGCONT) && !sigset_has(&s, SIGTSTP));
	mask(SIG_UNBLOCK, SIGCONT, SIGTSTP);
	EQ(count, 1);
}

static void continue_always(void)
{
	/* SIGCONT continues a process that ignores or blocks it. */
	for (int i = 0; i < 2; i++) {
		int fd[2];
		mkpipe(fd);
		long pid = fork();
		if (pid == 0) {
			if (i)
				mask(SIG_BLOCK, SIGCONT, 0);
			else
				handle(SIGCONT, SIG_IGN, 0, 0);
			put(fd[1], 'r');
			kill(getpid(), SIGSTOP);
			exit(3);
		}
		EQ(get(fd[0]), 'r');
		EQ(wait_opt(pid, WSTOPPED), STOPPED(SIGSTOP));
		kill(pid, SIGCONT);
		EQ(wait_for(pid), EXITED(3));
	}
}

static void kill_group(void)
{
	int fd[2];
	long a[3], leader;

	mkpipe(fd);
	leader = fork();
	if (leader == 0) {
		sys2(SYS_setpgid, 0, 0);
		for (int i = 0; i < 3; i++) {
			a[i] = fork();
			if (a[i] == 0) {
				put(fd[1], 'r');
				for (;;)
					nap(1000);
			}
		}
		for (int i = 0; i < 3; i++)
			EQ(get(fd[0]), 'r');
		handle(SIGTERM, SIG_IGN, 0, 0);
		EQ(kill(0, SIGTERM), 0);
		for (int i = 0; i < 3; i++)
			EQ(wait_for(a[i]), SIGTERM);
		handle(SIGTERM, SIG_DFL, 0, 0);
		exit(8);
	}
	EQ(wait_for(leader), EXITED(8));
}

static void alternate_stack(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct { void *sp; size_t size; int flags; } ss = { stack, sizeof stack, 0 }, old;

	EQ(sys2(SYS_sigaltstack, 0, &old), 0);
	EQ(old.flags, 4);
	ss.flags = 8;
	EQ(sys2(SYS_sigaltstack, &ss, 0), -EINVAL);
	ss.flags = 0;
	ss.size = 1024;
	EQ(sys2(SYS_sigaltstack, &ss, 0), -ENOMEM);
	ss.size = sizeof stack;
	EQ(sys2(SYS_sigaltstack, &ss, 0), 0);
	EQ(sys2(SYS_sigaltstack, 0, &old), 0);
	OK(old.sp == stack && old.size == sizeof stack && old.flags == 0);
	EQ(sys2(SYS_sigaltstack, 8, 0), -EFAULT);
	ss.flags = 4;
	ss.size = 0;
	EQ(sys2(SYS_sigaltstack, &ss, &old), 0);
	EQ(old.flags, 0);
	EQ(sys2(SYS_sigaltstack, 0, &old), 0);
	EQ(old.flags, 4);
}

static char altstack[65536] __attribute__((aligned(16)));
static volatile int where[3], disabled;

static int on_alt(void)
{
	char here;

	return &here >= altstack && &here < altstack + sizeof altstack;
}

static void plain(int sig, struct siginfo *si, void *uc) { where[1] = on_alt(); }

static void alternate(int sig, struct siginfo *si, void *uc)
{
	struct { void *sp; size_t size; int flags; } ss = { 0, 0, 4 }, old;

	where[0] = on_alt();
	sys2(SYS_sigaltstack, 0, &old);
	where[2] = old.flags;
	disabled = (int)sys2(SYS_sigaltstack, &ss, 0);
	kill(getpid(), SIGUSR2);
}

static void on_the_stack(void)
{
	struct { void *sp; size_t size; int flags; } ss = { altstack, sizeof altstack, 0 }, old;

	EQ(sys2(SYS_sigaltstack, &ss, 0), 0);
	handle(SIGUSR1, alternate, SA_ONSTACK, 0);
	handle(SIGUSR2, plain, 0, 0);	/* stays where the other runs */
	kill(getpid(), SIGUSR1);
	EQ(where[0], 1);
	EQ(where[1], 1);
	EQ(where[2], 1);		/* SS_ONSTACK */
	EQ(disabled, -EINVAL);		/* not while it is in use */
	EQ(sys2(SYS_sigaltstack, 0, &old), 0);
	EQ(old.flags, 0);
	kill(getpid(), SIGUSR2);
	EQ(where[1], 0);
}

static void exec_resets(void)
{
	char *argv[] = { "x", "--after-exec", 0 }, *envp[] = { 0 };
	struct { void *sp; size_t size; int flags; } ss = { altstack, sizeof altstack, 0 };

	handle(SIGUSR1, note, 0x40 | SA_ONSTACK, SIGHUP);
	handle(SIGUSR2, SIG_IGN, 0, 0);
	handle(SIGCHLD, SIG_IGN, 0, 0);
	EQ(sys2(SYS_sigaltstack, &ss, 0), 0);
	mask(SIG_BLOCK, SIGTERM, SIGINT);
	kill(getpid(), SIGTERM);
	sys3(SYS_execve, case_args[0], argv, envp);
	exit(98);
}

static int after_exec(void)
{
	struct sigaction sa;
	struct sigset s;
	struct { void *sp; size_t size; int flags; } ss;

	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR1, 0, &sa, 0, 0), 0);
	OK(sa.handler == SIG_DFL);
	EQ(sa.flags, SA_RESTART);
	OK(!sigset_has(&sa.mask, SIGHUP));
	EQ(sys5(SYS_sigaction_sigtramp, SIGUSR2, 0, &sa, 0, 0), 0);
	OK(sa.handler == SIG_IGN);
	EQ(sys5(SYS_sigaction_sigtramp, SIGCHLD, 0, &sa, 0, 0), 0);
	OK(sa.handler == SIG_DFL);
	EQ(sys1(SYS_sigpending, &s), 0);
	OK(sigset_has(&s, SIGTERM));
	EQ(sys3(SYS_sigprocmask, 0, 0, &s), 0);
	OK(sigset_has(&s, SIGTERM) && sigset_has(&s, SIGINT) && !sigset_has(&s, SIGHUP));
	EQ(sys2(SYS_sigaltstack, 0, &ss), 0);
	EQ(ss.flags, 4);
	return 0;
}

int main(int argc, char **argv, char **envp)
{
	static const struct tcase cases[] = {
		{ "all-signals-caught", every_signal_caught },
		{ "all-default-actions", defaults },
		{ "all-signals-ignored", ignored },
		{ "ignoring-discards-pending", ignoring_discards },
		{ "signal-bad-arguments", arguments },
		{ "sigaction-what-is-kept", what_is_kept },
		{ "masks-in-handlers", masks_in_handlers },
		{ "SA_NODEFER", nodefer },
		{ "SA_RESETHAND", resethand },
		{ "pending-once-latest-info", pending_once },
		{ "realtime-signals-queue", realtime_queue },
		{ "realtime-handlers-in-order", realtime_handlers },
		{ "lowest-signal-first", lowest_first },
		{ "sigqueueinfo-rules", sigqueue_rules },
		{ "_lwp_kill-siginfo", lwp_kill_info },
		{ "SIGPIPE", broken_pipe },
		{ "SIGSYS", bad_call },
		{ "blocked-fault-kills", blocked_fault },
		{ "stop-and-continue-cancel", stop_and_continue },
		{ "SIGCONT-ignored-or-blocked", continue_always },
		{ "kill-own-group", kill_group },
		{ "sigaltstack-arguments", alternate_stack },
		{ "sigaltstack-in-use", on_the_stack },
		{ "exec-resets-signals", exec_resets },
	};

	if (argc == 2 && same(argv[1], "--after-exec")) {
		case_name = "exec-resets-signals";
		return after_exec();
	}
	return RUN_CASES(cases, argv);
}
