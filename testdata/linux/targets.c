/*
 * Every state that a process can be in, and every call that names one: what the call says, and what became of the process.
 * Each answer has processes of its own, in a namespace that ends with them. Needs root; with "alone" the machine is the namespace.
 */
#define WORDS 100
#include "table.h"
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <linux/capability.h>
#include <pthread.h>

/* the first number that is no signal's: mips' kernel has 128 of them, its C library's _NSIG is one less than that says */
#ifdef __mips__
#define NO_SIGNAL 129
#else
#define NO_SIGNAL 65
#endif

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* What the processes of one answer share. */
static struct shared {
	volatile pid_t pid, tid;	/* of the target, once it is as it should be */
	volatile pid_t second;		/* its second thread */
	volatile int ready;
	volatile int answered;		/* the call has returned */
	volatile int done;		/* and its effect has been told */
	long result;
	int error;
	char log[200];			/* what handlers saw */
	char effect[WORDS];
} *sh;

/* The target: the number that calls are given, and the process to look at, if there is one. */
struct target {
	long id;
	pid_t pid, tid;
};

static const char *who(pid_t pid)
{
	return pid == 0 ? "0" : pid == getpid() ? "me" : pid == getppid() ? "parent" : pid == sh->pid ? "it" : pid == 1 ? "init" : "other";
}

static void log_signal(const char *how, int sig, siginfo_t *si)
{
	char b[60];
	int code = code_number(si->si_code);

	sprintf(b, " %s%s/%d", how, signal_name(sig), code);
	if (code == SI_USER || code == SI_TKILL || code == SI_QUEUE)
		sprintf(b + strlen(b), "/%s%s", si->si_pid == 0 ? "0" : si->si_pid == getpid() ? "self" : si->si_pid == getppid() ? "parent" : "other",
			si->si_uid == 0 ? "" : si->si_uid == 1000 ? "/user" : "/?");
	if (code == SI_QUEUE)
		sprintf(b + strlen(b), "/%d", si->si_value.sival_int);
	strncat(sh->log, b, sizeof sh->log - strlen(sh->log) - 1);
}

static void handler(int sig, siginfo_t *si, void *ctx) { log_signal("", sig, si); }

static void handle(int sig, int flags)
{
	struct sigaction a = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &a, NULL);
}

static void handle_all(void)
{
	handle(SIGUSR1, 0);
	handle(SIGCONT, 0);
	handle(SIGRTMIN, 0);
	handle(64, 0);
}

static void block(int how, int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	sigprocmask(how, &s, NULL);
}

/* The state of a thread as /proc has it, and whether a signal waits that it could take. */
static char state_of(pid_t pid, pid_t tid, int *waiting, char *pending)
{
	char b[4096], *p, *q, state = 'X';
	int f, n;
	char blocked[40] = "", own[40] = "", all[40] = "";

	sprintf(b, "/proc/%d/task/%d/status", pid, tid);
	*waiting = 0;
	*pending = 0;
	if ((f = open(b, O_RDONLY)) < 0)
		return 'X';
	n = read(f, b, sizeof b - 1);
	close(f);
	if (n <= 0)
		return 'X';
	b[n] = 0;
	if ((p = strstr(b, "\nState:\t")))
		state = p[8];
	if ((p = strstr(b, "\nSigPnd:\t")))
		sscanf(p + 9, "%36s", own);
	if ((p = strstr(b, "\nShdPnd:\t")))
		sscanf(p + 9, "%36s", all);
	if ((p = strstr(b, "\nSigBlk:\t")))
		sscanf(p + 9, "%36s", blocked);
	for (int sig = 1; sig <= 64; sig++) {
		int digit = (sig - 1) / 4, bit = 1 << (sig - 1) % 4;
#define IN(set) (strlen(set) > digit && (strtol((char[]){ set[strlen(set) - 1 - digit], 0 }, NULL, 16) & bit))
		if (IN(own))
			sprintf(pending + strlen(pending), " =%s", signal_name(sig));
		if (IN(all))
			sprintf(pending + strlen(pending), " +%s", signal_name(sig));
		if ((IN(own) || IN(all)) && !IN(blocked))
			*waiting = 1;
	}
	return state;
}

static int passing; /* the target has a tracer, and comes to rest when that does */

/* Waits until nothing more happens to a process by itself, its second thread included. */
static char settle(pid_t pid, char *pending)
{
	int same = 0, waiting, more = 0;
	char was = 0, state = 0, other = 'S', unused[300];

	for (int i = 0; i < 5000 && same < 3; i++) {
		if (sh->second)
			other = state_of(pid, sh->second, &more, unused);
		state = state_of(pid, pid, &waiting, pending);
		same = state == was && state != 'R' && other != 'R' && !(state == 'S' && waiting) && !(other == 'S' && more) ?
			same + 1 : 0;
		was = state;
		usleep(same ? 100 : 300);
	}
	return state;
}

/* A signal, of more than one, and what it brings about. */
static int and_settle(struct target *t, int sig)
{
	char pending[300];
	int r = kill(t->id, sig);

	if (t->pid > 1 && t->pid != getpid())
		settle(t->pid, pending);
	return r;
}

static void tell_effect(struct target *t)
{
	char pending[300], *e = sh->effect;
	siginfo_t si = { 0 };
	char state = settle(t->pid, pending);

	if (state == 'Z')
		*pending = 0; /* what it did not come to */
	snprintf(e, WORDS, " %c%s%s%s", state, *sh->log ? " got" : "", sh->log, pending);
	if (waitid(P_PID, t->pid, &si, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT | __WALL) == 0 && si.si_pid)
		snprintf(e + strlen(e), WORDS - strlen(e), " cld %d/%s", si.si_code, si.si_code == CLD_EXITED ? "" : si.si_status >> 8 ? "event" : signal_name(si.si_status & 0xff));
}

/* Bodies of targets. */
static void wait_for_ever(void)
{
	sh->ready = 1;
	for (;;)
		pause();
}

static pid_t child(void (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		sh->pid = sh->tid = getpid();
		body();
		_exit(0);
	}
	while (!sh->ready)
		usleep(100);
	return pid;
}

static void handles(void) { handle_all(); wait_for_ever(); }
static void defaults(void) { wait_for_ever(); }
static void ignores(void)
{
	signal(SIGUSR1, SIG_IGN);
	signal(SIGCONT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	signal(SIGRTMIN, SIG_IGN);
	wait_for_ever();
}
static void blocks(void)
{
	sigset_t s;

	handle_all();
	sigfillset(&s);
	sigprocmask(SIG_SETMASK, &s, NULL);
	wait_for_ever();
}
static void blocks_ignored(void)
{
	signal(SIGUSR1, SIG_IGN);
	blocks();
}
static void spins(void)
{
	handle_all();
	sh->ready = 1;
	for (;;)
		usleep(1000);
}
static void group(void) { setpgid(0, 0); handles(); }
static void session(void) { setsid(); handles(); }
static void user(void) { if (setresuid(1000, 1000, 1000)) _exit(1); handles(); }
static void saved_user(void) { if (setresuid(0, 0, 1000)) _exit(1); handles(); }
static void effective_user(void) { if (setresuid(0, 1000, 0)) _exit(1); handles(); }
static void real_user(void) { if (setresuid(1000, 0, 0)) _exit(1); handles(); }
static void waits_for(void)
{
	sigset_t s;
	siginfo_t si;
	int sig;

	sigfillset(&s);
	sigprocmask(SIG_SETMASK, &s, NULL);
	handle_all();
	sh->ready = 1;
	for (;;)
		if ((sig = sigwaitinfo(&s, &si)) > 0)
			log_signal("waited ", sig, &si);
}
static void suspends(void)
{
	sigset_t s;

	handle_all();
	sigfillset(&s);
	sigprocmask(SIG_SETMASK, &s, NULL);
	sigemptyset(&s);
	sh->ready = 1;
	for (;;)
		sigsuspend(&s);
}
static void vforks(void)
{
	handle_all();
	if (vfork() == 0) {
		sh->ready = 1;
		for (;;)
			pause();
	}
	for (;;)
		pause();
}
static void *second(void *arg)
{
	sh->tid = sh->second = syscall(SYS_gettid);
	sh->ready = 1;
	for (;;)
		pause();
}
static void has_thread(void)
{
	pthread_t t;

	handle_all();
	pthread_create(&t, NULL, second, NULL);
	for (;;)
		pause();
}
static void *left(void *arg)
{
	char pending[300];
	int waiting;

	sh->second = syscall(SYS_gettid);
	while (state_of(getpid(), getpid(), &waiting, pending) != 'Z')
		usleep(200);
	sh->ready = 1;
	for (;;)
		pause();
}
static void leader_gone(void)
{
	pthread_t t;

	handle_all();
	pthread_create(&t, NULL, left, NULL);
	syscall(SYS_exit, 0);
}
static void ends(void) { sh->ready = 1; _exit(3); }
static void parent_of(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		sh->pid = sh->tid = getpid();
		handles();
	}
	for (;;)
		pause();
}
static void tracer_of(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		sh->pid = sh->tid = getpid();
		handle_all();
		usleep(1000);
		for (;;)
			pause();
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		_exit(1);
	sh->ready = 1;
	for (;;) {
		int status;
		pid_t got = waitpid(pid, &status, __WALL);

		if (got == pid && WIFSTOPPED(status))
			ptrace(PTRACE_CONT, pid, 0, status >> 16 ? 0 : WSTOPSIG(status));
	}
}

/* A target that is a child of the actor's, and what is done to it first. */
static int stopped, zombie, traced, held, reaped;
static struct target of_child(void (*body)(void))
{
	struct target t = { 0 };
	siginfo_t si;

	child(body);
	t.pid = sh->pid;
	t.id = t.tid = sh->tid;
	if (stopped) {
		kill(t.pid, SIGSTOP);
		waitid(P_PID, t.pid, &si, WSTOPPED);
	}
	if (zombie)
		waitid(P_PID, t.pid, &si, WEXITED | WNOWAIT);
	if (traced || held)
		ptrace(PTRACE_SEIZE, t.pid, 0, 0);
	if (held) {
		ptrace(PTRACE_INTERRUPT, t.pid, 0, 0);
		waitid(P_PID, t.pid, &si, WSTOPPED);
	}
	if (reaped) {
		waitpid(t.pid, NULL, 0);
		t.pid = 0;
	}
	return t;
}

enum { PARENT = -100 };

static const struct kind {
	const char *name;
	void (*body)(void);
	int *first;	/* what is done to it */
	long id;	/* without a body: the number */
	long pid;	/* -1: oneself */
} kinds[] = {
	{ "handles", handles }, { "default", defaults }, { "ignores", ignores }, { "blocks", blocks }, { "blocks-ignored", blocks_ignored },
	{ "spins", spins }, { "group", group }, { "session", session }, { "user", user }, { "saved-user", saved_user },
	{ "effective-user", effective_user }, { "real-user", real_user },
	{ "waits", waits_for }, { "suspends", suspends }, { "vforks", vforks }, { "thread", has_thread }, { "leader-gone", leader_gone },
	{ "stopped", handles, &stopped }, { "stopped-default", defaults, &stopped }, { "stopped-blocks", blocks, &stopped },
	{ "stopped-ignores", ignores, &stopped },
	{ "zombie", ends, &zombie }, { "reaped", ends, &reaped }, { "traced", handles, &traced }, { "held", handles, &held }, { "held-blocks", blocks, &held },
	{ "grandchild", parent_of }, { "traced-by-another", tracer_of },
	{ "self", NULL, NULL, 0, -1 }, { "parent", NULL, NULL, PARENT }, { "init", NULL, NULL, 1, 1 }, { "0", NULL }, { "-1", NULL, NULL, -1 }, { "no-group", NULL, NULL, -(1 << 28) },
	{ "large", NULL, NULL, 1 << 28 }, { "most-negative", NULL, NULL, INT32_MIN },
};

/* The calls. */
static int queue(struct target *t, int tg, int sig, int code)
{
	siginfo_t si = { 0 };

	si.si_signo = SIGUSR2;
	si.si_code = code;
	si.si_pid = getpid();
	si.si_uid = getuid();
	si.si_value.sival_int = 77;
	return tg ? syscall(SYS_rt_tgsigqueueinfo, t->pid ? t->pid : (pid_t)t->id, (pid_t)t->id, sig, &si) : syscall(SYS_rt_sigqueueinfo, (pid_t)t->id, sig, &si);
}

static int open_pid(struct target *t, int flags) { return syscall(SYS_pidfd_open, (pid_t)t->id, flags); }

/* The signal by a descriptor of the process; 1000 and more: of the thread. */
static int send_fd(struct target *t, int sig, int code, int flags)
{
	siginfo_t si = { 0 };
	int fd = open_pid(t, flags >= 1000 ? PIDFD_THREAD : 0);

	if (fd < 0)
		return -2;
	si.si_signo = sig;
	si.si_code = code;
	si.si_pid = getpid();
	si.si_uid = getuid();
	si.si_value.sival_int = 77;
	return syscall(SYS_pidfd_send_signal, fd, sig, code == 99 ? NULL : &si, flags % 1000);
}

/* A call with a descriptor of the process. */
#define BYFD(flags, call) ({ int fd = open_pid(t, flags); fd < 0 ? -1 : (call); })

static int whom(pid_t pid, struct target *t)
{
	return pid < 0 ? -1 : pid == t->pid ? 1 : pid == getpid() ? 2 : pid == getppid() ? 3 : pid == getpgrp() ? 4 : pid == 1 ? 5 : pid == 0 ? 0 : 6;
}

static int read_proc(struct target *t, const char *what)
{
	char path[100], b[512];
	int f;

	sprintf(path, "/proc/%ld/%s", t->id, what);
	if ((f = open(path, O_RDONLY)) < 0)
		return -1;
	return read(f, b, sizeof b) < 0 ? -1 : 0;
}

static int link_proc(struct target *t, const char *what)
{
	char path[100], b[512];

	sprintf(path, "/proc/%ld/%s", t->id, what);
	return readlink(path, b, sizeof b) < 0 ? -1 : 0;
}

static clockid_t cpu_clock(long id, int thread) { return (~(clockid_t)id << 3) | 2 | (thread ? 4 : 0); }

static int attr(struct target *t)
{
	char b[64] = { 0 };

	return syscall(SYS_sched_getattr, (pid_t)t->id, b, 56, 0);
}

static int caps(struct target *t)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, t->id };
	struct __user_cap_data_struct d[2];

	return syscall(SYS_capget, &h, d);
}

static int capset_of(struct target *t)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, t->id };
	struct __user_cap_data_struct d[2] = { { 0 } };

	return syscall(SYS_capset, &h, d);
}

static int read_vm(struct target *t, int n)
{
	static char a, b;
	struct iovec l = { &a, 1 }, r = { &b, 1 };

	return process_vm_readv(t->id, &l, n, &r, n, 0);
}

static int owner(struct target *t, int type)
{
	struct f_owner_ex o = { type, t->id };
	int p[2];

	if (pipe(p) < 0)
		return -1;
	return type < 0 ? fcntl(p[0], F_SETOWN, (int)t->id) : fcntl(p[0], F_SETOWN_EX, &o);
}

static int limits(struct target *t, int set)
{
	struct rlimit64 r = { 20, 20 };

	return syscall(SYS_prlimit64, (pid_t)t->id, RLIMIT_NOFILE, set ? &r : NULL, set ? NULL : &r);
}

static int timer_on(clockid_t clock)
{
	int timer;
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };

	return syscall(SYS_timer_create, clock, &ev, &timer);
}

static int event_to(struct target *t)
{
	int timer;
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };

	ev._sigev_un._tid = t->id;
	return syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &timer);
}

static int affinity(struct target *t, int set)
{
	static unsigned long m[128];
	int r = syscall(SYS_sched_getaffinity, set ? 0 : (pid_t)t->id, sizeof m, m);

	return r < 0 ? -1 : !set ? 0 : syscall(SYS_sched_setaffinity, (pid_t)t->id, r, m);
}

static int wait_id(int how, long id, int options)
{
	siginfo_t si = { 0 };
	int r = syscall(SYS_waitid, how, (int)id, &si, options, NULL);

	return r < 0 ? -1 : si.si_pid == 0 ? 0 : si.si_code * 1000 + (si.si_code == CLD_EXITED ? si.si_status : 0);
}

static int wait_four(struct target *t, int options)
{
	int status;
	pid_t r = wait4((pid_t)t->id, &status, options | WNOHANG, NULL);

	return r < 0 ? -1 : r == 0 ? 0 : WIFSTOPPED(status) ? 1 : WIFCONTINUED(status) ? 2 : WIFEXITED(status) ? 3 : 4;
}

#define NAMED (struct timespec){ 0 }

#define CALLS_OF(X) \
	X("kill 0", kill(t->id, 0)) X("kill USR1", kill(t->id, SIGUSR1)) X("kill TERM", kill(t->id, SIGTERM)) X("kill CONT", kill(t->id, SIGCONT)) \
	X("kill STOP", kill(t->id, SIGSTOP)) X("kill TSTP", kill(t->id, SIGTSTP)) X("kill TTIN", kill(t->id, SIGTTIN)) X("kill KILL", kill(t->id, SIGKILL)) X("kill CHLD", kill(t->id, SIGCHLD)) \
	X("kill RTMIN", kill(t->id, SIGRTMIN)) X("kill 64", kill(t->id, 64)) X("kill 65", kill(t->id, NO_SIGNAL)) X("kill -1", kill(t->id, -1)) \
	X("stop continue", (and_settle(t, SIGSTOP), kill(t->id, SIGCONT))) X("cont stop", (and_settle(t, SIGCONT), kill(t->id, SIGTSTP))) \
	X("stop term", (and_settle(t, SIGSTOP), kill(t->id, SIGTERM))) X("stop usr1 cont", (and_settle(t, SIGSTOP), and_settle(t, SIGUSR1), kill(t->id, SIGCONT))) \
	X("kill -id USR1", kill(-t->id, SIGUSR1)) X("kill -id 0", kill(-t->id, 0)) \
	X("tkill 0", syscall(SYS_tkill, (pid_t)t->id, 0)) X("tkill USR1", syscall(SYS_tkill, (pid_t)t->id, SIGUSR1)) X("tkill RTMIN", syscall(SYS_tkill, (pid_t)t->id, SIGRTMIN)) \
	X("tkill STOP", syscall(SYS_tkill, (pid_t)t->id, SIGSTOP)) X("tkill CONT", syscall(SYS_tkill, (pid_t)t->id, SIGCONT)) X("tkill KILL", syscall(SYS_tkill, (pid_t)t->id, SIGKILL)) \
	X("tkill 65", syscall(SYS_tkill, (pid_t)t->id, NO_SIGNAL)) \
	X("tgkill", syscall(SYS_tgkill, t->pid, t->tid, SIGUSR1)) X("tgkill as one", syscall(SYS_tgkill, (pid_t)t->id, (pid_t)t->id, SIGUSR1)) \
	X("tgkill 1", syscall(SYS_tgkill, 1, (pid_t)t->id, SIGUSR1)) X("tgkill -1", syscall(SYS_tgkill, -1, (pid_t)t->id, SIGUSR1)) X("tgkill 0", syscall(SYS_tgkill, t->pid, t->tid, 0)) \
	X("queue", queue(t, 0, SIGUSR1, SI_QUEUE)) X("queue user", queue(t, 0, SIGUSR1, SI_USER)) X("queue kernel", queue(t, 0, SIGUSR1, SI_KERNEL)) \
	X("queue tkill", queue(t, 0, SIGUSR1, SI_TKILL)) X("queue timer", queue(t, 0, SIGUSR1, SI_TIMER)) X("queue mesgq", queue(t, 0, SIGUSR1, SI_MESGQ)) \
	X("queue sigio", queue(t, 0, SIGUSR1, SI_SIGIO)) X("queue 1", queue(t, 0, SIGUSR1, 1)) X("queue -77", queue(t, 0, SIGUSR1, -77)) \
	X("queue 0", queue(t, 0, 0, SI_QUEUE)) X("queue 65", queue(t, 0, NO_SIGNAL, SI_QUEUE)) X("queue RTMIN", queue(t, 0, SIGRTMIN, SI_QUEUE)) \
	X("queue CHLD", queue(t, 0, SIGCHLD, 1)) X("queue STOP", queue(t, 0, SIGSTOP, SI_QUEUE)) \
	X("tgqueue", queue(t, 1, SIGUSR1, SI_QUEUE)) X("tgqueue user", queue(t, 1, SIGUSR1, SI_USER)) X("tgqueue tkill", queue(t, 1, SIGUSR1, SI_TKILL)) \
	X("tgqueue timer", queue(t, 1, SIGUSR1, SI_TIMER)) X("tgqueue 0", queue(t, 1, 0, SI_QUEUE)) X("tgqueue 65", queue(t, 1, NO_SIGNAL, SI_QUEUE)) \
	X("pidfd_open", open_pid(t, 0) < 0 ? -1 : 0) X("pidfd_open nonblock", open_pid(t, O_NONBLOCK) < 0 ? -1 : 0) X("pidfd_open bad", open_pid(t, 4)) \
	X("pidfd_open thread", open_pid(t, PIDFD_THREAD) < 0 ? -1 : 0) \
	X("pidfd kill 0", send_fd(t, 0, 99, 0)) X("pidfd kill", send_fd(t, SIGUSR1, 99, 0)) X("pidfd kill info", send_fd(t, SIGUSR1, SI_QUEUE, 0)) \
	X("pidfd kill user", send_fd(t, SIGUSR1, SI_USER, 0)) X("pidfd kill tkill", send_fd(t, SIGUSR1, SI_TKILL, 0)) X("pidfd kill flag", send_fd(t, SIGUSR1, 99, 8)) \
	X("pidfd kill thread", send_fd(t, SIGUSR1, 99, 1)) X("pidfd kill group", send_fd(t, SIGUSR1, 99, 2)) X("pidfd kill pgrp", send_fd(t, SIGUSR1, 99, 4)) \
	X("pidfd kill both", send_fd(t, SIGUSR1, 99, 3)) X("pidfd kill pgrp info", send_fd(t, SIGUSR1, SI_USER, 4)) X("pidfd kill 65", send_fd(t, NO_SIGNAL, 99, 0)) \
	X("threadfd kill", send_fd(t, SIGUSR1, 99, 1000)) X("threadfd kill group", send_fd(t, SIGUSR1, 99, 1002)) X("pidfd kill STOP", send_fd(t, SIGSTOP, 99, 0)) \
	X("getpgid", whom(getpgid(t->id), t)) X("getsid", whom(getsid(t->id), t)) X("setpgid 0", setpgid(t->id, 0)) X("setpgid own", setpgid(t->id, t->id)) \
	X("setpgid mine", setpgid(t->id, getpgrp())) X("setpgid none", setpgid(t->id, 9999)) X("setpgid -1", setpgid(t->id, -1)) \
	X("getpriority", getpriority(PRIO_PROCESS, t->id)) X("getpriority group", getpriority(PRIO_PGRP, t->id)) X("getpriority user", getpriority(PRIO_USER, t->id)) \
	X("setpriority", setpriority(PRIO_PROCESS, t->id, 1)) X("setpriority -1", setpriority(PRIO_PROCESS, t->id, -1)) X("setpriority group", setpriority(PRIO_PGRP, t->id, 1)) \
	X("sched_getscheduler", sched_getscheduler(t->id)) X("sched_getparam", syscall(SYS_sched_getparam, (pid_t)t->id, &(struct sched_param){ 0 })) X("sched_getattr", attr(t)) \
	X("sched_setscheduler", syscall(SYS_sched_setscheduler, (pid_t)t->id, SCHED_BATCH, &(struct sched_param){ 0 })) \
	X("sched_setscheduler fifo", syscall(SYS_sched_setscheduler, (pid_t)t->id, SCHED_FIFO, &(struct sched_param){ 1 })) \
	X("sched_setscheduler idle", syscall(SYS_sched_setscheduler, (pid_t)t->id, SCHED_IDLE, &(struct sched_param){ 0 })) \
	X("sched_setparam", syscall(SYS_sched_setparam, (pid_t)t->id, &(struct sched_param){ 0 })) X("sched_setparam 1", syscall(SYS_sched_setparam, (pid_t)t->id, &(struct sched_param){ 1 })) \
	X("sched_rr_get_interval", syscall(SYS_sched_rr_get_interval, (pid_t)t->id, (char[64]){ 0 })) X("sched_getaffinity", affinity(t, 0)) X("sched_setaffinity", affinity(t, 1)) \
	X("ioprio_get", syscall(SYS_ioprio_get, 1, (pid_t)t->id)) X("ioprio_set", syscall(SYS_ioprio_set, 1, (pid_t)t->id, 2 << 13 | 3)) X("ioprio_set rt", syscall(SYS_ioprio_set, 1, (pid_t)t->id, 1 << 13 | 3)) \
	X("prlimit", limits(t, 0)) X("prlimit set", limits(t, 1)) X("get_robust_list", syscall(SYS_get_robust_list, (pid_t)t->id, (char[16]){ 0 }, (char[16]){ 0 })) \
	X("capget", caps(t)) X("capset", capset_of(t)) X("attach", ptrace(PTRACE_ATTACH, t->id, 0, 0)) X("seize", ptrace(PTRACE_SEIZE, t->id, 0, 0)) \
	X("seize flags", ptrace(PTRACE_SEIZE, t->id, 0, 0x80000000)) X("ptrace cont", ptrace(PTRACE_CONT, t->id, 0, 0)) X("ptrace interrupt", ptrace(PTRACE_INTERRUPT, t->id, 0, 0)) \
	X("ptrace listen", ptrace(PTRACE_LISTEN, t->id, 0, 0)) X("ptrace detach", ptrace(PTRACE_DETACH, t->id, 0, 0)) X("ptrace kill", ptrace(PTRACE_KILL, t->id, 0, 0)) \
	X("ptrace cont USR1", ptrace(PTRACE_CONT, t->id, 0, SIGUSR1)) X("ptrace cont 200", ptrace(PTRACE_CONT, t->id, 0, 200)) X("ptrace peek", (errno = 0, ptrace(PTRACE_PEEKDATA, t->id, 8, 0) == -1 && errno ? -1 : 0)) \
	X("ptrace siginfo", ptrace(PTRACE_GETSIGINFO, t->id, 0, (char[128]){ 0 })) X("ptrace options", ptrace(PTRACE_SETOPTIONS, t->id, 0, 0)) X("ptrace 9999", ptrace(9999, t->id, 0, 0)) \
	X("kcmp", syscall(SYS_kcmp, (pid_t)t->id, (pid_t)t->id, 1, 0, 0)) X("kcmp mine", syscall(SYS_kcmp, getpid(), (pid_t)t->id, 1, 0, 0) < 0 ? -1 : 0) \
	X("vm_readv", read_vm(t, 1)) X("vm_readv 0", read_vm(t, 0)) X("vm_readv flags", process_vm_readv(t->id, NULL, 0, NULL, 0, 1)) \
	X("wait4", wait_four(t, 0)) X("wait4 untraced", wait_four(t, WUNTRACED | WCONTINUED)) X("wait4 clone", wait_four(t, __WCLONE)) X("wait4 all", wait_four(t, __WALL)) X("wait4 bad", wait_four(t, WNOWAIT)) \
	X("waitid pid", wait_id(P_PID, t->id, WEXITED | WNOHANG)) X("waitid none", wait_id(P_PID, t->id, WNOHANG)) X("waitid stopped", wait_id(P_PID, t->id, WSTOPPED | WNOHANG)) \
	X("waitid pgid", wait_id(P_PGID, t->id, WEXITED | WNOHANG)) X("waitid pidfd", BYFD(0, wait_id(P_PIDFD, fd, WEXITED | WNOHANG))) X("waitid nonblock", BYFD(O_NONBLOCK, wait_id(P_PIDFD, fd, WEXITED))) \
	X("waitid nowait", wait_id(P_PID, t->id, WEXITED | WSTOPPED | WNOWAIT | WNOHANG)) \
	X("cpu clock", clock_gettime(cpu_clock(t->id, 0), &NAMED)) X("thread clock", clock_gettime(cpu_clock(t->id, 1), &NAMED)) X("cpu clock res", clock_getres(cpu_clock(t->id, 0), &NAMED)) \
	X("cpu clock set", clock_settime(cpu_clock(t->id, 0), &NAMED)) X("cpu timer", timer_on(cpu_clock(t->id, 0))) X("thread timer", timer_on(cpu_clock(t->id, 1))) X("event to", event_to(t)) \
	X("owner", owner(t, -1)) X("owner tid", owner(t, 0)) X("owner pid", owner(t, 1)) X("owner pgrp", owner(t, 2)) \
	X("pidfd_getfd", BYFD(0, syscall(SYS_pidfd_getfd, fd, 1, 0) < 0 ? -1 : 0)) X("pidfd_getfd none", BYFD(0, syscall(SYS_pidfd_getfd, fd, 999, 0))) \
	X("process_mrelease", BYFD(0, syscall(SYS_process_mrelease, fd, 0))) X("setns", BYFD(0, setns(fd, CLONE_NEWUTS))) X("setns pid", BYFD(0, setns(fd, CLONE_NEWPID))) X("setns 0", BYFD(0, setns(fd, 0))) X("setns fs", BYFD(0, setns(fd, CLONE_FS))) \
	X("proc stat", read_proc(t, "stat")) X("proc maps", read_proc(t, "maps")) X("proc environ", read_proc(t, "environ")) X("proc auxv", read_proc(t, "auxv")) X("proc cmdline", read_proc(t, "cmdline")) \
	X("proc limits", read_proc(t, "limits")) X("proc wchan", read_proc(t, "wchan")) X("proc syscall", read_proc(t, "syscall")) X("proc io", read_proc(t, "io")) X("proc mem", read_proc(t, "mem")) X("proc mounts", read_proc(t, "mounts")) \
	X("proc fd", read_proc(t, "fd/.")) X("proc fdinfo", read_proc(t, "fdinfo/0")) X("proc task", read_proc(t, "task/.")) X("proc smaps", read_proc(t, "smaps")) X("proc exe", link_proc(t, "exe")) X("proc cwd", link_proc(t, "cwd")) X("proc root", link_proc(t, "root")) \
	X("proc ns", link_proc(t, "ns/uts")) X("proc fd 1", link_proc(t, "fd/1")) X("proc comm", read_proc(t, "comm")) X("proc oom", read_proc(t, "oom_score_adj")) X("proc timerslack", read_proc(t, "timerslack_ns")) X("proc stack", read_proc(t, "stack"))

#define NAME_OF(name, call) name,
static const char *names[] = { CALLS_OF(NAME_OF) };
#define CASE_OF(name, call) if (which-- == 0) return (long)(call);
static long do_call(int which, struct target *t)
{
	CALLS_OF(CASE_OF)
	return -3;
}

/* The process that calls: makes its target, calls, and tells what became of it. */
static void act(const struct kind *k, int which, int as_user)
{
	struct target t = { 0 };

	passing = k->body == tracer_of;
	setpgid(0, 0);
	if (k->first)
		*k->first = 1;
	if (k->id == -1) {
		t = of_child(handles);
		t.id = -1;
		passing = 1;
	} else if (k->body)
		t = of_child(k->body);
	else if (k->pid == -1) {
		handle_all();
		t.id = t.pid = t.tid = getpid();
		sh->pid = getpid();
	} else {
		t.id = k->id == PARENT ? getppid() : k->id;
		t.pid = t.tid = k->id == PARENT ? getppid() : k->pid;
		sh->pid = t.pid;
		handle_all();
	}
	if (as_user && setresuid(1000, 1000, 1000) < 0)
		_exit(99);
	errno = 0;
	sh->result = do_call(which, &t);
	sh->error = errno;
	sh->answered = 1;
	if (t.pid == getpid())
		snprintf(sh->effect, WORDS, "%s%s", *sh->log ? " got" : "", sh->log);
	else if (t.pid > 1 && !passing && k->id != -1)
		tell_effect(&t);
	else if (t.pid <= 1)
		snprintf(sh->effect, WORDS, "%s%s", *sh->log ? " got" : "", sh->log);
	sh->done = 1;
	_exit(0);
}

/* What is above a process that signals its parent, or all: a parent to be looked at, or a namespace of its own. Returns below. */
static void above(const struct kind *k)
{
	if (k->id == -1) {
		unshare(CLONE_NEWPID | CLONE_NEWNS);
		if (fork())
			for (;;)
				pause();
		mount("proc", "/proc", "proc", 0, NULL);
	}
	handle_all();
	setpgid(0, 0);
	if (fork())
		for (;;)
			pause();
}

static void alarmed(int sig) { }

static void cell(const struct kind *k, int which, int as_user)
{
	char number[30], answer[WORDS] = "";
	int status = 0;
	pid_t pid;
	struct sigaction a = { .sa_handler = alarmed };
	struct itimerval it = { { 0, 0 }, { 10, 0 } };

	memset(sh, 0, sizeof *sh);
	sigaction(SIGALRM, &a, NULL);
	if ((pid = fork()) == 0) {
		block(SIG_UNBLOCK, SIGUSR1);
		if (k->id == PARENT || k->id == -1)
			above(k);
		act(k, which, as_user);
	}
	setitimer(ITIMER_REAL, &it, NULL);
	if (k->id == PARENT || k->id == -1)
		for (int i = 0; i < 5000 && !sh->done; i++)
			usleep(1000);
	else if (waitpid(pid, &status, WUNTRACED) < 0)
		status = -1;
	it.it_value.tv_sec = 0;
	setitimer(ITIMER_REAL, &it, NULL);
	sprintf(number, "%ld", sh->result);
	if (sh->answered)
		snprintf(answer, sizeof answer, "%s%s", sh->result < 0 && sh->error ? strerrorname_np(sh->error) : number, sh->effect);
	if (status == -1)
		strcat(answer, " hangs");
	else if (WIFSTOPPED(status))
		snprintf(answer + strlen(answer), sizeof answer - strlen(answer), " stopped by %s", signal_name(WSTOPSIG(status)));
	else if (WIFSIGNALED(status))
		snprintf(answer + strlen(answer), sizeof answer - strlen(answer), " ended by %s", signal_name(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		snprintf(answer, sizeof answer, "exits with %d", WEXITSTATUS(status));
	kill(-1, SIGKILL);
	kill(1, SIGCONT); /* it may have been attached to */
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	char *name;
	if (asprintf(&name, "%s%s", as_user ? "user " : "", names[which]) < 0)
		abort();
	note(name, "%s", *answer == ' ' ? answer + 1 : answer);
}

/* Goes on as the second process of a namespace, since much of this is sent to all processes. */
static void own_world(void)
{
	int status;

	if (unshare(CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNS) < 0)
		exit(1);
	if (fork()) {
		wait(&status);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	mount("none", "/", NULL, 1 << 14 | 1 << 18, NULL);
	if (mount("proc", "/proc", "proc", 0, NULL) < 0)
		exit(1);
	if (fork()) {
		setsid();
		wait(&status);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
}

int main(int argc, char **argv)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	const char *only = argc > 2 ? argv[2] : NULL, *call = argc > 3 ? argv[3] : NULL; /* to look closer */

	setvbuf(stdout, NULL, _IOLBF, 0);
	sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!(argc > 1 && !strcmp(argv[1], "alone")))
		own_world();
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	block(SIG_BLOCK, SIGUSR1); /* which is sent to all, once */
	/* Of root's rights, the one that not every machine's root has. */
	syscall(SYS_capget, &h, d);
	d[0].effective &= ~(1 << CAP_SYS_RESOURCE);
	d[0].permitted &= ~(1 << CAP_SYS_RESOURCE);
	syscall(SYS_capset, &h, d);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (only && *only && strcmp(only, kinds[i].name))
			continue;
		objects[nobjects++] = kinds[i].name;
		for (size_t j = 0; j < sizeof names / sizeof names[0]; j++)
			if (!call || !strcmp(call, names[j]))
				for (int as_user = 0; as_user < 2; as_user++)
					cell(&kinds[i], j, as_user);
	}
	print();
	return 0;
}
