/*
 * Every state that children can be in, and every way to wait for them: what the call says, and what is left to be said. Needs
 * root, for children of another user; the argument is a directory for core files, a second one the state to look at.
 */
#define WORDS 120
#define OBJECTS_MAX 100
#include "table.h"
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#undef __WCLONE
#define __WCLONE ((int)0x80000000)

enum { KEPT = 8 };

/* What the processes of one state share. */
static struct shared {
	volatile int ready, go;
	volatile int next;		/* the call to make */
	volatile int npids;
	volatile pid_t pids[KEPT];	/* in the order in which they were made: the first is what is asked about */
	volatile pid_t second;		/* the thread that makes calls, or is asked about */
	char log[WORDS];		/* signals of children */
	char said[CALLS][WORDS];
} *sh;

static const char *whose(pid_t pid)
{
	static const char *const names[] = { "it", "second", "third", "fourth" };

	for (int i = 0; i < sh->npids; i++)
		if (pid == sh->pids[i])
			return names[i < 4 ? i : 3];
	return pid == 0 ? "0" : pid == sh->second ? "thread" : "another";
}

static const char *uid_name(uid_t uid) { return uid == 0 ? "" : uid == 1000 ? "/user" : uid == 2000 ? "/effective" : "/?"; }

/* What the parent hears by signals. */
static void hear(int expected)
{
	struct timespec t = { expected ? 60 : 0, 0 };
	siginfo_t si;
	sigset_t s;
	int sig;

	sigemptyset(&s);
	sigaddset(&s, SIGCHLD);
	sigaddset(&s, SIGUSR1);
	sigaddset(&s, SIGRTMIN);
	while ((sig = sigtimedwait(&s, &si, &t)) > 0) {
		char b[60];

		sprintf(b, "%s %d %s%s %s", sig == SIGRTMIN ? "RTMIN" : signal_name(sig), code_number(si.si_code), whose(si.si_pid), uid_name(si.si_uid),
			si.si_status == 0 ? "0" : si.si_code != CLD_EXITED ? signal_name(si.si_status & 0xff) : si.si_status == 3 ? "3" : "?");
		if (si.si_code != CLD_EXITED && si.si_status >> 8)
			sprintf(b + strlen(b), "+%d", si.si_status >> 8);
		if (*sh->log)
			strcat(sh->log, ", ");
		strcat(sh->log, b);
		t.tv_sec = 0;
	}
}

/* What is to be heard of each child, by someone who takes nothing. */
static void look(char *b)
{
	*b = 0;
	for (int i = 0; i < sh->npids; i++) {
		siginfo_t si;

		memset(&si, 0, sizeof si);
		if (waitid(P_PID, sh->pids[i], &si, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT | __WALL) < 0)
			strcat(b, " -");
		else
			sprintf(b + strlen(b), " %d", si.si_pid ? si.si_code : 0);
	}
}

/* Waits until there is something to be heard. */
static void await(pid_t pid, int what)
{
	siginfo_t si;

	while (waitid(P_PID, pid, &si, what | WNOWAIT | __WALL) < 0 && errno == EINTR)
		;
}

static void take(pid_t pid, int what)
{
	siginfo_t si;

	while (waitid(P_PID, pid, &si, what | __WALL) < 0 && errno == EINTR)
		;
}

static char state_of(pid_t pid)
{
	char b[600], *p;
	int f, n;

	sprintf(b, "/proc/%d/stat", pid);
	if ((f = open(b, O_RDONLY)) < 0)
		return 0;
	n = read(f, b, sizeof b - 1);
	close(f);
	if (n <= 0)
		return 0;
	b[n] = 0;
	p = strrchr(b, ')');
	return p ? p[2] : 0;
}

static void until_gone(pid_t pid)
{
	while (state_of(pid))
		usleep(100);
}

static void until(pid_t pid, char state)
{
	while (state_of(pid) != state)
		usleep(100);
}

/* What children do. */
static void stays(void)
{
	sh->ready = 1;
	for (;;)
		pause();
}
static void ends(void) { _exit(3); }
static void dies(void)
{
	kill(getpid(), SIGKILL);
	stays();
}
static void dumps(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &r);
	signal(SIGQUIT, SIG_DFL);
	kill(getpid(), SIGQUIT);
	stays();
}
static void dumps_nothing(void)
{
	struct rlimit r = { 0, 0 };

	setrlimit(RLIMIT_CORE, &r);
	kill(getpid(), SIGQUIT);
	stays();
}
static void ends_as_user(void)
{
	if (setresuid(1000, 2000, 2000))
		_exit(1);
	_exit(3);
}
static void stays_as_user(void)
{
	if (setresuid(1000, 2000, 2000))
		_exit(1);
	stays();
}
static void in_group(void) { setpgid(0, 0); stays(); }
static void ends_in_group(void) { setpgid(0, 0); ends(); }
static void in_session(void) { setsid(); stays(); }
static void *stays_on(void *arg)
{
	sh->second = syscall(SYS_gettid);
	if (arg)
		until(getpid(), 'Z');
	stays();
	return NULL;
}
static void leaves_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, stays_on, "");
	syscall(SYS_exit, 3);
}
static void has_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, stays_on, NULL);
	for (;;)
		pause();
}
static void *ends_alone(void *arg)
{
	sh->second = syscall(SYS_gettid);
	sh->ready = 1;
	while (!sh->go)
		usleep(100);
	return NULL;
}
static void thread_ends(void)
{
	pthread_t t;

	pthread_create(&t, NULL, ends_alone, NULL);
	for (;;)
		pause();
}
static void waits_to_end(void)
{
	sh->ready = 1;
	while (!sh->go)
		usleep(100);
	_exit(3);
}
static void traces_itself(void)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	kill(getpid(), SIGUSR2);
	_exit(3);
}
static void stops_itself(void)
{
	kill(getpid(), SIGSTOP);
	stays();
}

/* A child that tells its parent of its end by a signal, and does something. */
static pid_t make(int sig, void (*body)(void))
{
	pid_t me = getpid(), pid;
	int i = sh->npids++; /* the child may have others */

	sh->ready = 0;
	pid = syscall(SYS_clone, sig, 0, 0, 0, 0);
	if (getpid() != me) {
		sh->pids[i] = getpid();
		body();
		_exit(0);
	}
	while (!sh->pids[i])
		usleep(100);
	return pid;
}

static pid_t make_ready(int sig, void (*body)(void))
{
	pid_t pid = make(sig, body);

	while (!sh->ready)
		usleep(100);
	return pid;
}

/* The states. */
static void none(void) {}
static void running(void) { make_ready(SIGCHLD, stays); }
static void exited(void) { await(make(SIGCHLD, ends), WEXITED); hear(1); }
static void killed(void) { await(make(SIGCHLD, dies), WEXITED); hear(1); }
static void dumped(void) { await(make(SIGCHLD, dumps), WEXITED); hear(1); }
static void undumped(void) { await(make(SIGCHLD, dumps_nothing), WEXITED); hear(1); }
static pid_t stop(pid_t pid, int heard)
{
	kill(pid, SIGSTOP);
	await(pid, WSTOPPED);
	until(pid, 'T');
	hear(heard);
	return pid;
}
static pid_t stopped_one(void) { return stop(make_ready(SIGCHLD, stays), 1); }
static void stopped(void) { stopped_one(); }
static void stopped_itself(void) { await(make(SIGCHLD, stops_itself), WSTOPPED); hear(1); }
static void stopped_tty(void) { pid_t pid = make_ready(SIGCHLD, in_group); kill(pid, SIGTTIN); await(pid, WSTOPPED); hear(1); }
static pid_t stop_taken(void) { pid_t pid = stopped_one(); take(pid, WSTOPPED); return pid; }
static void stopped_taken(void) { stop_taken(); }
static pid_t go_on(pid_t pid, int heard)
{
	kill(pid, SIGCONT);
	await(pid, WCONTINUED);
	until(pid, 'S');
	hear(heard);
	return pid;
}
static void continued(void) { go_on(stop_taken(), 1); }
static void continued_unseen(void) { go_on(stopped_one(), 1); }
static void continued_taken(void) { take(go_on(stop_taken(), 1), WCONTINUED); }
static void stopped_again(void) { stop(go_on(stopped_one(), 1), 1); }
static void continued_ended(void) { pid_t pid = go_on(stop_taken(), 1); kill(pid, SIGTERM); await(pid, WEXITED); hear(1); }
static void stopped_killed(void) { pid_t pid = stopped_one(); kill(pid, SIGKILL); await(pid, WEXITED); hear(1); }
static void user_exited(void) { await(make(SIGCHLD, ends_as_user), WEXITED); hear(1); }
static void user_stopped(void) { stop(make_ready(SIGCHLD, stays_as_user), 1); }
static void group(void) { make_ready(SIGCHLD, in_group); }
static void group_exited(void) { await(make(SIGCHLD, ends_in_group), WEXITED); hear(1); }
static void group_stopped(void) { stop(make_ready(SIGCHLD, in_group), 1); }
static void session(void) { make_ready(SIGCHLD, in_session); }
static void leader_gone(void) { until(make_ready(SIGCHLD, leaves_thread), 'Z'); }

/* What its parent wants to hear of children. */
static void want(void (*handler)(int), int flags)
{
	struct sigaction a = { .sa_handler = handler, .sa_flags = flags };

	sigaction(SIGCHLD, &a, NULL);
}
static void handler(int sig) {}
static void ignored(void) { want(SIG_IGN, 0); running(); }
static void ignored_exited(void) { want(SIG_IGN, 0); until_gone(make(SIGCHLD, ends)); hear(0); }
static void ignored_exited_usr1(void) { want(SIG_IGN, 0); await(make(SIGUSR1, ends), WEXITED); hear(1); }
static void ignored_stopped(void) { want(SIG_IGN, 0); stop(make_ready(SIGCHLD, stays), 0); }
static void exited_ignored(void) { exited(); want(SIG_IGN, 0); }
static void nocldwait_exited(void) { want(handler, SA_NOCLDWAIT); until_gone(make(SIGCHLD, ends)); hear(1); }
static void nocldwait_default(void) { want(SIG_DFL, SA_NOCLDWAIT); until_gone(make(SIGCHLD, ends)); hear(1); }
static void nocldstop_stopped(void) { want(handler, SA_NOCLDSTOP); stop(make_ready(SIGCHLD, stays), 0); }
static void nocldstop_continued(void) { want(handler, SA_NOCLDSTOP); pid_t pid = stop(make_ready(SIGCHLD, stays), 0); take(pid, WSTOPPED); go_on(pid, 0); }
static void handled_exited(void) { want(handler, 0); exited(); }
static void two_waits(void) { want(SIG_IGN, 0); until_gone(make(SIGCHLD, ends)); make_ready(SIGCHLD, stays); hear(0); }

/* Several. */
static void two_exited(void) { await(make(SIGCHLD, ends), WEXITED); await(make(SIGCHLD, dies), WEXITED); hear(1); }
static void last_exited(void) { make_ready(SIGCHLD, stays); make_ready(SIGCHLD, stays); await(make(SIGCHLD, ends), WEXITED); hear(1); }
static void exited_stopped(void) { stopped_one(); await(make(SIGCHLD, ends), WEXITED); hear(1); }
static void end_backwards(void)
{
	pid_t pid = make_ready(SIGCHLD, waits_to_end);

	await(make(SIGCHLD, dies), WEXITED);
	sh->go = 1;
	await(pid, WEXITED);
	hear(1);
}

/* Clones. */
static void silent(void) { make_ready(0, stays); }
static void silent_exited(void) { await(make(0, ends), WEXITED); hear(0); }
static void usr1_exited(void) { await(make(SIGUSR1, ends), WEXITED); hear(1); }
static void rt_killed(void) { await(make(SIGRTMIN, dies), WEXITED); hear(1); }
static void usr1_stopped(void) { stop(make_ready(SIGUSR1, stays), 1); }
static void usr1_and_exited(void) { await(make(SIGUSR1, ends), WEXITED); hear(1); await(make(SIGCHLD, dies), WEXITED); hear(1); }

/* Other threads' children, and other processes'. */
static void (*of_thread)(void);
static volatile int made;
static void (*calls_in)(void);
static void *makes(void *arg)
{
	of_thread();
	made = 1;
	if (calls_in)
		calls_in();
	if (!arg)
		for (;;)
			pause();
	return NULL;
}
static void by_thread(void (*body)(void), int leaves)
{
	pthread_t t;

	of_thread = body;
	pthread_create(&t, NULL, makes, leaves ? "" : NULL);
	if (leaves)
		pthread_join(t, NULL);
	while (!made || calls_in)
		usleep(100);
}
static void thread_running(void) { by_thread(running, 0); }
static void thread_exited(void) { by_thread(exited, 0); }
static void thread_left(void) { by_thread(exited, 1); }
static void thread_usr1(void) { by_thread(usr1_exited, 0); }
static void call_all(void);
static void thread_calls(void) { calls_in = call_all; by_thread(exited, 0); }
static void *asks(void *arg) { call_all(); return NULL; }
static void leaders_child(void)
{
	pthread_t t;

	exited();
	pthread_create(&t, NULL, asks, NULL);
	for (;;)
		pause();
}

/* A child that has one of its own, and the orphan when it ends. */
static int orphan_signal = SIGCHLD;
static void (*orphan_body)(void);
static void has_child(void) { make_ready(orphan_signal, stays); for (;;) pause(); }
static void leaves_child(void) { make_ready(orphan_signal, orphan_body); _exit(0); }
static void leaves_ended(void) { await(make(orphan_signal, ends), WEXITED); _exit(0); }
static void grandchild(void)
{
	pid_t pid = make(SIGCHLD, has_child);

	while (!sh->ready)
		usleep(100);
	sh->pids[0] = sh->pids[1]; /* what is asked about */
	sh->pids[1] = pid;
}
static void orphan(void (*body)(void), int sig, void (*parent)(void))
{
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	orphan_body = body;
	orphan_signal = sig;
	pid = make(SIGCHLD, parent);
	await(pid, WEXITED);
	hear(1);
	take(pid, WEXITED);
	sh->pids[0] = sh->pids[1];
	sh->npids = 1;
}
static void orphan_running(void) { orphan(stays, SIGCHLD, leaves_child); }
static void orphan_exited(void) { orphan(waits_to_end, SIGCHLD, leaves_child); sh->go = 1; await(sh->pids[0], WEXITED); hear(1); }
static void orphan_usr1(void) { orphan(waits_to_end, SIGUSR1, leaves_child); sh->go = 1; await(sh->pids[0], WEXITED); hear(1); }
static void orphan_ended(void) { orphan(NULL, SIGCHLD, leaves_ended); await(sh->pids[0], WEXITED); hear(0); }
static void orphan_ended_usr1(void) { orphan(NULL, SIGUSR1, leaves_ended); await(sh->pids[0], WEXITED); hear(0); }

/* Traced ones. */
static void seize(pid_t pid) { if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0) _exit(1); }
static void interrupt(pid_t pid) { ptrace(PTRACE_INTERRUPT, pid, 0, 0); await(pid, WSTOPPED); until(pid, 't'); }
static void seized(void) { running(); seize(sh->pids[0]); }
static void trapped(void) { seized(); interrupt(sh->pids[0]); hear(1); }
static void trapped_taken(void) { trapped(); take(sh->pids[0], WSTOPPED); }
static void attached(void) { running(); ptrace(PTRACE_ATTACH, sh->pids[0], 0, 0); await(sh->pids[0], WSTOPPED); hear(1); }
static void traceme(void) { await(make(SIGCHLD, traces_itself), WSTOPPED); hear(1); }
static void traced_group_stop(void) { seized(); kill(sh->pids[0], SIGSTOP); await(sh->pids[0], WSTOPPED); take(sh->pids[0], WSTOPPED); hear(1); ptrace(PTRACE_CONT, sh->pids[0], 0, SIGSTOP); await(sh->pids[0], WSTOPPED); hear(1); }
static void traced_killed(void) { trapped(); kill(sh->pids[0], SIGKILL); await(sh->pids[0], WEXITED); hear(1); }
static void traced_exited(void) { make_ready(SIGCHLD, waits_to_end); seize(sh->pids[0]); sh->go = 1; await(sh->pids[0], WEXITED); hear(1); }
static void traced_usr1(void) { make_ready(SIGUSR1, waits_to_end); seize(sh->pids[0]); sh->go = 1; await(sh->pids[0], WEXITED); hear(1); }
static void grandchild_seized(void) { grandchild(); seize(sh->pids[0]); }
static void grandchild_trapped(void) { grandchild_seized(); interrupt(sh->pids[0]); hear(1); }
static void grandchild_killed(void) { grandchild_seized(); kill(sh->pids[0], SIGKILL); await(sh->pids[0], WEXITED); hear(1); }
static void thread_seized(void) { make_ready(SIGCHLD, has_thread); seize(sh->second); sh->pids[1] = sh->pids[0]; sh->pids[0] = sh->second; sh->npids = 2; }
static void thread_trapped(void) { thread_seized(); interrupt(sh->pids[0]); hear(1); }
static void thread_ended(void)
{
	make_ready(SIGCHLD, thread_ends);
	seize(sh->second);
	sh->pids[1] = sh->pids[0];
	sh->pids[0] = sh->second;
	sh->npids = 2;
	sh->go = 1;
	await(sh->pids[0], WEXITED);
	hear(1);
}
/* The child's tracer is another child. */
static void traces_first(void) { seize(sh->pids[0]); stays(); }
static void holds_first(void) { seize(sh->pids[0]); interrupt(sh->pids[0]); take(sh->pids[0], WSTOPPED); stays(); }
static void traced_by_other(void) { running(); make_ready(SIGCHLD, traces_first); }
static void held_by_other(void) { running(); make_ready(SIGCHLD, holds_first); hear(0); }
static void killed_by_other(void)
{
	running();
	make_ready(SIGCHLD, traces_first);
	kill(sh->pids[0], SIGKILL);
	until(sh->pids[0], 'Z');
	hear(0);
}
static void seize_first(void) { seize(sh->pids[0]); interrupt(sh->pids[0]); hear(1); }
static void traced_by_thread(void) { running(); by_thread(seize_first, 0); }

static const struct kind {
	const char *name;
	void (*make)(void);
} kinds[] = {
	{ "none", none }, { "running", running }, { "exited", exited }, { "killed", killed }, { "dumped", dumped }, { "undumped", undumped },
	{ "stopped", stopped }, { "stopped-itself", stopped_itself }, { "stopped-tty", stopped_tty }, { "stopped-taken", stopped_taken },
	{ "continued", continued }, { "continued-unseen", continued_unseen }, { "continued-taken", continued_taken },
	{ "stopped-again", stopped_again }, { "continued-ended", continued_ended }, { "stopped-killed", stopped_killed },
	{ "user-exited", user_exited }, { "user-stopped", user_stopped },
	{ "group", group }, { "group-exited", group_exited }, { "group-stopped", group_stopped }, { "session", session }, { "leader-gone", leader_gone },
	{ "ignored", ignored }, { "ignored-exited", ignored_exited }, { "ignored-usr1", ignored_exited_usr1 }, { "ignored-stopped", ignored_stopped },
	{ "exited-ignored", exited_ignored }, { "nocldwait", nocldwait_exited }, { "nocldwait-default", nocldwait_default },
	{ "nocldstop-stopped", nocldstop_stopped }, { "nocldstop-continued", nocldstop_continued }, { "handled", handled_exited }, { "ignored-two", two_waits },
	{ "two-exited", two_exited }, { "last-exited", last_exited }, { "exited-stopped", exited_stopped }, { "backwards", end_backwards },
	{ "silent", silent }, { "silent-exited", silent_exited }, { "usr1", usr1_exited }, { "rt-killed", rt_killed }, { "usr1-stopped", usr1_stopped }, { "usr1-and", usr1_and_exited },
	{ "thread-running", thread_running }, { "thread-exited", thread_exited }, { "thread-left", thread_left }, { "thread-usr1", thread_usr1 },
	{ "thread-calls", thread_calls }, { "leaders-child", leaders_child },
	{ "grandchild", grandchild }, { "orphan", orphan_running }, { "orphan-exited", orphan_exited }, { "orphan-usr1", orphan_usr1 },
	{ "orphan-ended", orphan_ended }, { "orphan-ended-usr1", orphan_ended_usr1 },
	{ "seized", seized }, { "trapped", trapped }, { "trapped-taken", trapped_taken }, { "attached", attached }, { "traceme", traceme },
	{ "traced-group-stop", traced_group_stop }, { "traced-killed", traced_killed }, { "traced-exited", traced_exited }, { "traced-usr1", traced_usr1 },
	{ "grandchild-seized", grandchild_seized }, { "grandchild-trapped", grandchild_trapped }, { "grandchild-killed", grandchild_killed },
	{ "thread-seized", thread_seized }, { "thread-trapped", thread_trapped }, { "thread-ended", thread_ended },
	{ "traced-by-other", traced_by_other }, { "held-by-other", held_by_other }, { "killed-by-other", killed_by_other }, { "traced-by-thread", traced_by_thread },
};

/* The calls. */
enum { WAIT4 = -1 };
enum id { IT, ANY, GROUP, ITS_GROUP, NOBODY, PARENT, ITSELF, ONE, ZERO, MINUS, LEAST, BADFD, FILEFD, PIDFD, PIDFD_NB, THREAD };
enum { BAD_STATUS = 1, BAD_RUSAGE = 2, NO_STATUS = 4 };

static struct op {
	char name[60];
	int which;	/* of waitid, or WAIT4 */
	enum id id;
	int options, odd;
} ops[CALLS];
static int nops;

static const char *options_name(int o, int stopped_too)
{
	static char b[100];

	sprintf(b, "%s%s%s%s%s%s%s%s", o & WEXITED ? "E" : "", o & WSTOPPED ? "S" : "", o & WCONTINUED ? "C" : "", o & WNOHANG ? "" : " hang", o & WNOWAIT ? " nowait" : "",
		o & __WALL ? " all" : "", o & __WCLONE ? " clone" : "", o & __WNOTHREAD ? " nothread" : "");
	return b;
}

static void op(const char *name, int which, enum id id, int options, int odd)
{
	struct op *o = &ops[nops++];

	snprintf(o->name, sizeof o->name, "%s %s", name, options_name(options, which != WAIT4));
	o->which = which;
	o->id = id;
	o->options = options;
	o->odd = odd;
}

static void list_ops(void)
{
	static const int clones[] = { 0, __WALL, __WCLONE, __WNOTHREAD, __WALL | __WCLONE, __WALL | __WNOTHREAD, __WCLONE | __WNOTHREAD, __WALL | __WCLONE | __WNOTHREAD };
	static const int news[] = { 0, WSTOPPED, WCONTINUED, WSTOPPED | WCONTINUED };

	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 4; j++)
			op("wait4 any", WAIT4, ANY, clones[i] | news[j] | WNOHANG, 0);
	for (int i = 0; i < 4; i++)
		op("wait4 any", WAIT4, ANY, clones[i] | WSTOPPED | WCONTINUED, 0);
	op("wait4 any", WAIT4, ANY, 0, 0);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++)
			op("wait4 it", WAIT4, IT, clones[i] | news[j] | WNOHANG, 0);
	op("wait4 it", WAIT4, IT, 0, 0);
	op("wait4 it", WAIT4, IT, __WALL, 0);
	for (int j = 0; j < 4; j += 3)
		for (int i = 0; i < 2; i++) {
			op("wait4 group", WAIT4, GROUP, news[j] | clones[i] | WNOHANG, 0);
			op("wait4 its group", WAIT4, ITS_GROUP, news[j] | clones[i] | WNOHANG, 0);
		}
	op("wait4 thread", WAIT4, THREAD, WNOHANG | __WALL, 0);
	op("wait4 nobody", WAIT4, NOBODY, WNOHANG, 0);
	op("wait4 parent", WAIT4, PARENT, WNOHANG, 0);
	op("wait4 itself", WAIT4, ITSELF, WNOHANG, 0);
	op("wait4 init", WAIT4, ONE, WNOHANG, 0);
	op("wait4 least", WAIT4, LEAST, WNOHANG, 0);
	op("wait4 bad", WAIT4, ANY, WNOHANG | WEXITED, 0);
	op("wait4 bad", WAIT4, ANY, WNOHANG | WNOWAIT, 0);
	op("wait4 bad status", WAIT4, ANY, WNOHANG | __WALL | WSTOPPED | WCONTINUED, BAD_STATUS);
	op("wait4 bad rusage", WAIT4, ANY, WNOHANG | __WALL | WSTOPPED | WCONTINUED, BAD_RUSAGE);
	op("wait4 no status", WAIT4, ANY, WNOHANG | __WALL | WSTOPPED | WCONTINUED, NO_STATUS);

	for (int i = 0; i < 4; i++)
		for (int e = 0; e <= WEXITED; e += WEXITED)
			for (int j = 0; j < 4; j++)
				for (int n = 0; n < 2; n++)
					if (e || j || !i && !n)
						op("waitid any", P_ALL, ANY, clones[i] | news[j] | e | WNOHANG | (n ? WNOWAIT : 0), 0);
	for (int j = 0; j < 4; j++)
		op("waitid any", P_ALL, ANY, news[j] | WEXITED, 0);
	op("waitid any", P_ALL, ANY, WSTOPPED, 0);
	op("waitid any", P_ALL, ANY, WCONTINUED, 0);
	op("waitid any", P_ALL, ANY, WEXITED | WNOWAIT, 0);
	for (int i = 0; i < 2; i++)
		for (int e = 0; e <= WEXITED; e += WEXITED)
			for (int j = 0; j < 4; j++)
				for (int n = 0; n < 2; n++)
					if (e || j) {
						op("waitid it", P_PID, IT, clones[i] | news[j] | e | WNOHANG | (n ? WNOWAIT : 0), 0);
						op("waitid pidfd", P_PIDFD, PIDFD, clones[i] | news[j] | e | WNOHANG | (n ? WNOWAIT : 0), 0);
					}
	op("waitid it", P_PID, IT, WEXITED | WSTOPPED | WCONTINUED, 0);
	op("waitid pidfd", P_PIDFD, PIDFD, WEXITED | WSTOPPED | WCONTINUED, 0);
	op("waitid pidfd nonblock", P_PIDFD, PIDFD_NB, WEXITED | WSTOPPED | WCONTINUED, 0);
	op("waitid pidfd nonblock", P_PIDFD, PIDFD_NB, WEXITED | WSTOPPED | WCONTINUED | WNOHANG, 0);
	op("waitid pidfd nonblock", P_PIDFD, PIDFD_NB, WSTOPPED, 0);
	for (int i = 0; i < 2; i++) {
		op("waitid group", P_PGID, GROUP, clones[i] | WEXITED | WSTOPPED | WCONTINUED | WNOHANG, 0);
		op("waitid its group", P_PGID, ITS_GROUP, clones[i] | WEXITED | WSTOPPED | WCONTINUED | WNOHANG, 0);
	}
	op("waitid group 0", P_PGID, ZERO, __WALL | WEXITED | WSTOPPED | WCONTINUED | WNOHANG, 0);
	op("waitid group -1", P_PGID, MINUS, WEXITED | WNOHANG, 0);
	op("waitid pid 0", P_PID, ZERO, WEXITED | WNOHANG, 0);
	op("waitid pid -1", P_PID, MINUS, WEXITED | WNOHANG, 0);
	op("waitid thread", P_PID, THREAD, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | __WALL, 0);
	op("waitid nobody", P_PID, NOBODY, WEXITED | WNOHANG, 0);
	op("waitid itself", P_PID, ITSELF, WEXITED | WNOHANG, 0);
	op("waitid parent", P_PID, PARENT, WEXITED | WNOHANG, 0);
	op("waitid pidfd bad", P_PIDFD, BADFD, WEXITED | WNOHANG, 0);
	op("waitid pidfd file", P_PIDFD, FILEFD, WEXITED | WNOHANG, 0);
	op("waitid pidfd -1", P_PIDFD, MINUS, WEXITED | WNOHANG, 0);
	op("waitid which 4", 4, IT, WEXITED | WNOHANG, 0);
	op("waitid bad", P_ALL, ANY, WEXITED | WNOHANG | 0x10, 0);
	op("waitid bad info", P_ALL, ANY, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | __WALL, BAD_STATUS);
	op("waitid bad rusage", P_ALL, ANY, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | __WALL, BAD_RUSAGE);
	op("waitid no info", P_ALL, ANY, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | __WALL, NO_STATUS);
}

static long id_of(const struct op *o)
{
	pid_t it = sh->npids ? sh->pids[0] : 1 << 28;

	switch (o->id) {
	case IT: return it;
	case ANY: return o->which == WAIT4 ? -1 : 0;
	case GROUP: return o->which == WAIT4 ? 0 : getpgrp();
	case ITS_GROUP: return o->which == WAIT4 ? -it : it;
	case NOBODY: return 1 << 28;
	case PARENT: return getppid();
	case ITSELF: return getpid();
	case ONE: return 1;
	case ZERO: return 0;
	case MINUS: return -1;
	case LEAST: return INT32_MIN;
	case BADFD: return 99;
	case FILEFD: return open("/dev/null", O_RDONLY);
	case PIDFD: return syscall(SYS_pidfd_open, it, 0);
	case PIDFD_NB: return syscall(SYS_pidfd_open, it, O_NONBLOCK);
	case THREAD: return sh->second ? sh->second : 1 << 28;
	}
	return 0;
}

static void say_code(char *b, const char *who, int code, int status)
{
	static const char *const codes[] = { "0", "exited", "killed", "dumped", "trapped", "stopped", "continued" };

	sprintf(b, "%s %s %s", who, code >= 0 && code <= 6 ? codes[code] : "?", "");
	b += strlen(b);
	if (code == CLD_EXITED)
		sprintf(b, "%d", status);
	else
		sprintf(b, "%s", signal_name(status & 0xff));
	if (code != CLD_EXITED && status >> 8)
		sprintf(b + strlen(b), "+%d", status >> 8);
}

static void alarmed(int sig) {}

/* Makes a call that must come to an end. */
static long call_for(const struct op *o, long id, void *status, struct rusage *ru)
{
	struct itimerval it = { { 0, 2000 }, { 0, 2000 } };
	struct sigaction a = { .sa_handler = alarmed };
	sigset_t s;
	long r;

	if (!(o->options & WNOHANG)) {
		sigemptyset(&s);
		sigaddset(&s, SIGALRM);
		pthread_sigmask(SIG_UNBLOCK, &s, NULL);
		sigaction(SIGALRM, &a, NULL);
		setitimer(ITIMER_REAL, &it, NULL);
	}
	errno = 0;
	r = o->which == WAIT4 ? syscall(SYS_wait4, id, status, o->options, ru) : syscall(SYS_waitid, o->which, id, status, o->options, ru);
	if (!(o->options & WNOHANG)) {
		int e = errno;

		memset(&it, 0, sizeof it);
		setitimer(ITIMER_REAL, &it, NULL);
		errno = e;
	}
	return r;
}

static void ask(const struct op *o, char *answer)
{
	siginfo_t si;
	int status = 0x5a5a5a5a;
	struct rusage ru;
	long id = id_of(o), r;
	int odd = o->odd, fd = o->id == FILEFD || o->id == PIDFD || o->id == PIDFD_NB ? id : -1;
	void *info = o->which == WAIT4 ? (void *)&status : (void *)&si;

	memset(&si, 0x5a, sizeof si);
	memset(&ru, 0x5a, sizeof ru);
	r = call_for(o, id, odd & NO_STATUS ? NULL : odd & BAD_STATUS ? (void *)8 : info, odd & BAD_RUSAGE ? (void *)8 : &ru);
	if (r < 0)
		strcpy(answer, errno == EINTR ? "waits" : strerrorname_np(errno));
	else if (o->which == WAIT4 && r == 0)
		strcpy(answer, "0");
	else if (o->which == WAIT4 && odd & NO_STATUS)
		sprintf(answer, "%s", whose(r));
	else if (o->which == WAIT4 && WIFEXITED(status))
		say_code(answer, whose(r), CLD_EXITED, WEXITSTATUS(status));
	else if (o->which == WAIT4 && WIFSTOPPED(status))
		say_code(answer, whose(r), CLD_STOPPED, WSTOPSIG(status) | status >> 16 << 8);
	else if (o->which == WAIT4 && WIFCONTINUED(status))
		say_code(answer, whose(r), CLD_CONTINUED, SIGCONT);
	else if (o->which == WAIT4)
		say_code(answer, whose(r), WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED, WTERMSIG(status));
	else if (odd & NO_STATUS)
		strcpy(answer, "0");
	else if (si.si_pid == 0)
		strcpy(answer, "0 nobody");
	else {
		say_code(answer, whose(si.si_pid), si.si_code, si.si_status);
		strcat(answer, uid_name(si.si_uid));
		if (si.si_signo != SIGCHLD || si.si_errno)
			strcat(answer, " signo");
	}
	if (o->which == WAIT4 && r <= 0 && status != 0x5a5a5a5a)
		strcat(answer, " status written");
	if (o->which != WAIT4 && r < 0 && si.si_pid != 0x5a5a5a5a)
		sprintf(answer + strlen(answer), " %s info", si.si_pid || si.si_signo || si.si_code || si.si_status || si.si_uid ? "some" : "zero");
	if (ru.ru_nvcsw != (long)0x5a5a5a5a5a5a5a5a)
		strcat(answer, ru.ru_maxrss ? " ru" : " ru 0");
	if (fd >= 0)
		close(fd);
}

/* Makes the calls, from that on which the last process came to, as long as they leave everything as it is. */
static void call_all(void)
{
	char before[WORDS], after[WORDS];

	look(before);
	if (sh->next == 0)
		strcpy(sh->said[nops], *sh->log ? sh->log : "none");
	while (sh->next < nops) {
		struct op *o = &ops[sh->next];

		ask(o, sh->said[sh->next]);
		sh->next++;
		look(after);
		if (strcmp(before, after)) {
			sprintf(sh->said[sh->next - 1] + strlen(sh->said[sh->next - 1]), ", leaves%s", after);
			break;
		}
	}
	_exit(0);
}

static void cells(const struct kind *k)
{
	sigset_t s;
	int status;

	sh->next = 0;
	while (sh->next < nops) {
		pid_t pid;

		memset(sh->log, 0, sizeof sh->log);
		memset((void *)sh->pids, 0, sizeof sh->pids);
		sh->npids = sh->second = sh->go = sh->ready = 0;
		if ((pid = fork()) == 0) {
			setpgid(0, 0);
			sigemptyset(&s);
			sigaddset(&s, SIGCHLD);
			sigaddset(&s, SIGUSR1);
			sigaddset(&s, SIGALRM);
			sigaddset(&s, SIGRTMIN);
			sigprocmask(SIG_BLOCK, &s, NULL);
			k->make();
			call_all();
		}
		waitpid(pid, &status, 0);
		for (int i = 0; i < sh->npids; i++)
			if (sh->pids[i] > 0)
				kill(sh->pids[i], SIGKILL);
		while (waitpid(-1, NULL, __WALL) > 0)
			;
		if (!WIFEXITED(status) || WEXITSTATUS(status)) {
			sprintf(sh->said[sh->next], "ends with %x", status);
			sh->next++;
		}
	}
	for (int i = 0; i < nops; i++)
		note(ops[i].name, "%s", sh->said[i]);
	note("signals", "%s", sh->said[nops]);
}

int main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || chdir(argv[1]) < 0)
		return 1;
	sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGCHLD, SIG_DFL);
	list_ops();
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (only && strcmp(only, kinds[i].name))
			continue;
		objects[nobjects++] = kinds[i].name;
		cells(&kinds[i]);
	}
	print();
	return 0;
}
