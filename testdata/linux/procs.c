/* Signals, timers, what parents leave behind, names of sockets that are no files. */
#include "say.h"
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/utsname.h>

static sigset_t during;
static siginfo_t info;
static volatile int came;

static void on(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	info = *si;
	sigprocmask(SIG_SETMASK, NULL, &during);
	came = sig;
}

static void act(int sig, int flags, int also)
{
	struct sigaction sa = { .sa_sigaction = on, .sa_flags = SA_SIGINFO | flags }, old;

	sigemptyset(&sa.sa_mask);
	if (also)
		sigaddset(&sa.sa_mask, also);
	say("sigaction", sigaction(sig, &sa, NULL));
	sigaction(sig, NULL, &old);
	printf("shown: itself %d other %d flags %#x\n", sigismember(&old.sa_mask, sig), also ? sigismember(&old.sa_mask, also) : 0,
		action_flags(old.sa_flags));
}

static void masks(void)
{
	act(SIGUSR1, 0, SIGUSR2);
	raise(SIGUSR1);
	printf("plain: %d %d\n", sigismember(&during, SIGUSR1), sigismember(&during, SIGUSR2));
	act(SIGUSR1, SA_NODEFER, SIGUSR2);
	raise(SIGUSR1);
	printf("nodefer: %d %d\n", sigismember(&during, SIGUSR1), sigismember(&during, SIGUSR2));
	act(SIGUSR1, SA_NODEFER, SIGUSR1);
	raise(SIGUSR1);
	printf("nodefer, in the mask: %d\n", sigismember(&during, SIGUSR1));
}

static void realtime(void)
{
	sigset_t set;
	union sigval v = { .sival_int = 42 };

	for (int sig = 62; sig <= 64; sig++) {
		act(sig, 0, 0);
		sigqueue(getpid(), sig, v);
		printf("%d came with %d %d\n", came, info.si_value.sival_int, code_number(info.si_code));
	}
	sigemptyset(&set);
	sigaddset(&set, 63);
	sigaddset(&set, 64);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigqueue(getpid(), 64, v);
	sigqueue(getpid(), 64, v);
	sigqueue(getpid(), 63, v);
	for (int i = 0; i < 3; i++)
		say("waited", sigwaitinfo(&set, &info));
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		signal(64, SIG_DFL);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		raise(64);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("died of %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	say("no signal", kill(getpid(), 200));
}

static void burn(void)
{
	while (!came)
		;
	came = 0;
}

static void timers(void)
{
	struct itimerval it = { .it_value.tv_usec = 1000 };
	struct itimerspec ts = { .it_value.tv_nsec = 1000000 };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 7 };
	static const int which[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };
	static const int sigs[] = { SIGALRM, SIGVTALRM, SIGPROF };
	timer_t t;

	came = 0;
	for (int i = 0; i < 3; i++) {
		act(sigs[i], 0, 0);
		setitimer(which[i], &it, NULL);
		burn();
		printf("itimer %d: code %#x\n", i, code_number(info.si_code));
	}
	act(SIGUSR1, 0, 0);
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID };
	for (int i = 0; i < 3; i++) {
		say("timer", timer_create(clocks[i], &ev, &t));
		timer_settime(t, 0, &ts, NULL);
		burn();
		printf("clock %d: code %d value %d overrun %d\n", (int)clocks[i], code_number(info.si_code), info.si_value.sival_int, info.si_overrun);
		say("delete", timer_delete(t));
	}
	ev.sigev_notify = SIGEV_THREAD_ID;
	ev._sigev_un._tid = gettid();
	say("for a thread", timer_create(CLOCK_THREAD_CPUTIME_ID, &ev, &t));
	timer_settime(t, 0, &ts, NULL);
	burn();
	printf("value %d\n", info.si_value.sival_int);
	ev._sigev_un._tid = 1;
	say("for a thread that is none", timer_create(CLOCK_MONOTONIC, &ev, &t));
}

static void parents(void)
{
	int p[2], status, sig = -1;
	pid_t pid;
	char c;

	say("subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1));
	pipe(p);
	if ((pid = fork()) == 0) {
		if (fork() == 0) {
			sigset_t set;

			sigemptyset(&set);
			sigaddset(&set, SIGUSR2);
			sigprocmask(SIG_BLOCK, &set, NULL);
			say("pdeathsig", prctl(PR_SET_PDEATHSIG, SIGUSR2));
			prctl(PR_GET_PDEATHSIG, &sig);
			printf("is %s\n", signal_name(sig));
			fflush(stdout);
			write(p[1], "x", 1);
			say("orphan", sigwaitinfo(&set, &info) == SIGUSR2);
			_exit(3);
		}
		read(p[0], &c, 1);
		_exit(2);
	}
	waitpid(pid, &status, 0);
	printf("child %d\n", WEXITSTATUS(status));
	printf("grandchild %d\n", wait(&status) > 0 ? WEXITSTATUS(status) : -1);
	say("nobody left", wait(&status));
	say("bad signal", prctl(PR_SET_PDEATHSIG, 200));
	say("nnp", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	say("nnp", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	say("nnp", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void shown(const char *what, int fd, int peer)
{
	struct sockaddr_un a;
	socklen_t n = sizeof a;

	memset(&a, 0, sizeof a);
	say(what, peer ? getpeername(fd, (void *)&a, &n) : getsockname(fd, (void *)&a, &n));
	printf("length %d first %d rest %.*s\n", (int)n, a.sun_path[0], n > 3 ? (int)n - 3 : 0, a.sun_path + 1);
}

static void abstract(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), x;
	socklen_t n = offsetof(struct sockaddr_un, sun_path) + 1 + sprintf(a.sun_path + 1, "nbemu-test");

	say("bind", bind(s, (void *)&a, n));
	shown("server", s, 0);
	say("twice", bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, n));
	say("listen", listen(s, 1));
	say("connect", connect(c, (void *)&a, n));
	shown("client", c, 0);
	shown("client's peer", c, 1);
	n = sizeof a;
	x = accept(s, (void *)&a, &n);
	printf("accept %d length %d\n", x >= 0, (int)n);
	write(c, "hello", 5);
	char buf[16] = "";
	read(x, buf, sizeof buf);
	puts(buf);
	close(s);
	a.sun_path[1] = 'x';
	say("nobody there", connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, 12));
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	say("autobind", bind(s, (void *)&a, sizeof a.sun_family));
	n = sizeof a;
	getsockname(s, (void *)&a, &n);
	printf("length %d first %d\n", (int)n, a.sun_path[0]);
	c = socket(AF_UNIX, SOCK_DGRAM, 0);
	say("to it", sendto(c, "dgram", 5, 0, (void *)&a, n));
	int i, flags = MSG_DONTWAIT;
	for (i = 0; i < 100000 && sendto(c, "dgram", 5, flags, (void *)&a, n) == 5; i++)
		;
	say("full", i < 100000 ? -1 : 0);
	act(SIGALRM, 0, 0);
	struct itimerval it = { .it_value.tv_usec = 20000 };
	setitimer(ITIMER_REAL, &it, NULL);
	say("full, waiting", sendto(c, "dgram", 5, 0, (void *)&a, n));
}

/* groups: whether one may set any comes first, and there may be many. */
static void groups(void)
{
	static gid_t list[65537];

	if (fork() == 0) {
		for (int i = 0; i < 100; i++)
			list[i] = i;
		say("100 groups", syscall(SYS_setgroups, 100, list));
		say("too many", syscall(SYS_setgroups, 65537, list));
		say("nowhere", syscall(SYS_setgroups, 2, 8));
		_exit(0);
	}
	wait(NULL);
	if (fork() == 0) {
		setuid(65534);
		say("too many", syscall(SYS_setgroups, 65537, list));
		say("nowhere", syscall(SYS_setgroups, 2, 8));
		_exit(0);
	}
	wait(NULL);
}

/* A parent in vfork ends by what ends a process, while its child goes on. */
static void vforks(void)
{
	int p[2], status = 0;
	pid_t parent, child = 0;

	pipe(p);
	parent = fork();
	if (parent == 0) {
		if (vfork() == 0) {
			child = getpid();
			write(p[1], &child, sizeof child);
			for (;;)
				pause();
		}
		_exit(0);
	}
	read(p[0], &child, sizeof child);
	kill(parent, SIGTERM);
	say("parent", waitpid(parent, &status, 0) == parent);
	printf("ended by %d\n", WTERMSIG(status));
	say("child", kill(child, SIGKILL));
	close(p[0]);
	close(p[1]);
}

/* How late timers may be, as a file: by prctl, of another process, and 0 for what the process began with. */
static void slack(void)
{
	char b[40] = "";
	int fd = open("/proc/self/timerslack_ns", O_RDWR);

	say("slack", write(fd, "70000", 5));
	say("by prctl", prctl(PR_GET_TIMERSLACK));
	say("by file", pread(fd, b, sizeof b - 1, 0));
	printf("%s", b);
	prctl(PR_SET_TIMERSLACK, 123456);
	memset(b, 0, sizeof b);
	pread(fd, b, sizeof b - 1, 0);
	printf("%s", b);
	say("word", write(fd, "much", 4));
	say("0", write(fd, "0", 1));
	say("by prctl", prctl(PR_GET_TIMERSLACK));
	close(fd);
}

int main(void)
{
	slack();
	masks();
	groups();
	realtime();
	timers();
	parents();
	abstract();
	vforks();
	struct utsname u;
	char line[200], release[100];
	uname(&u);
	FILE *f = fopen("/proc/version", "r");
	fgets(line, sizeof line, f);
	sscanf(line, "Linux version %99s", release);
	printf("release %d\n", strcmp(release, u.release));
	f = fopen("/proc/sys/kernel/osrelease", "r");
	fgets(line, sizeof line, f);
	line[strcspn(line, "\n")] = 0;
	printf("release %d\n", strcmp(line, u.release));
	return 0;
}
