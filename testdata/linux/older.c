/* Calls that C libraries no longer make, by their numbers: ids of 16 bits, arguments in a structure, signals with one word
 * of mask. Where a machine has not got one, its successor shall do the same. */
#include "say.h"
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/utsname.h>

#ifdef __NR_getuid32
typedef unsigned short old_id;
#else
typedef uid_t old_id;
#endif
#define same(what, cond) printf("%s: %s\n", what, (cond) ? "same" : "other")

static old_id narrow(uid_t id) { return id > (old_id)-1 ? (old_id)65534 : (old_id)id; }

static void owners(void)
{
	uid_t r, e, s;
	old_id or, oe, os, list[64];
	gid_t groups[64];
	struct stat st;
	int i, n = getgroups(64, groups), equal = 1;

	getresuid(&r, &e, &s);
	same("getuid", (uid_t)syscall(SYS_getuid) == narrow(r));
	same("geteuid", (uid_t)syscall(SYS_geteuid) == narrow(e));
	same("getgid", (gid_t)syscall(SYS_getgid) == narrow(getgid()));
	same("getegid", (gid_t)syscall(SYS_getegid) == narrow(getegid()));
	same("getresuid", syscall(SYS_getresuid, &or, &oe, &os) == 0 && or == narrow(r) && oe == narrow(e) && os == narrow(s));
	same("getresgid", syscall(SYS_getresgid, &or, &oe, &os) == 0 && or == narrow(getgid()) && oe == narrow(getegid()));
	same("getgroups", syscall(SYS_getgroups, 64, list) == n);
	for (i = 0; i < n; i++)
		equal &= list[i] == narrow(groups[i]);
	same("groups", equal);
	say("getgroups -1", syscall(SYS_getgroups, -1, list));

	/* -1 leaves what it stands for as it is, and is no id. */
	say("setuid", syscall(SYS_setuid, (old_id)-1));
	say("setgid", syscall(SYS_setgid, (old_id)-1));
	say("setreuid", syscall(SYS_setreuid, (old_id)-1, (old_id)-1));
	say("setregid", syscall(SYS_setregid, (old_id)-1, (old_id)-1));
	say("setresuid", syscall(SYS_setresuid, (old_id)-1, (old_id)-1, (old_id)-1));
	say("setresgid", syscall(SYS_setresgid, (old_id)-1, (old_id)-1, (old_id)-1));
	same("setfsuid", (uid_t)syscall(SYS_setfsuid, (old_id)-1) == e);
	same("setfsgid", (gid_t)syscall(SYS_setfsgid, (old_id)-1) == getegid());
	same("ids", getuid() == r && geteuid() == e);
	close(open("f", O_CREAT | O_RDWR, 0600));
	symlink("f", "l");
	i = open("f", O_RDWR);
	say("chown", syscall(SYS_chown, "f", (old_id)-1, (old_id)-1));
	say("lchown", syscall(SYS_lchown, "l", (old_id)-1, (old_id)-1));
	say("fchown", syscall(SYS_fchown, i, (old_id)-1, (old_id)-1));
	stat("f", &st);
	same("owner", st.st_uid == e && st.st_gid == getegid());
	close(i);
}

static void memory(void)
{
	int fd = open("f", O_RDWR);
	long page = sysconf(_SC_PAGESIZE);
	char *p;

	ftruncate(fd, 3 * page);
	pwrite(fd, "third", 5, 2 * page);
#if defined __i386__ || defined __m68k__
	unsigned long a[6] = { 0, page, PROT_READ, MAP_SHARED, fd, 2 * page }, b[6] = { 0, page, PROT_READ, MAP_SHARED, fd, 1 };

	p = (char *)syscall(SYS_mmap, a);
	say("mmap aside", syscall(SYS_mmap, b));
#else
	p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 2 * page);
	say("mmap aside", (long)mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 1));
#endif
	printf("mmap: %.5s\n", p);
	close(fd);
}

static void wait_for(void)
{
	fd_set in;
	int p[2];
	struct timeval zero = { 0 };

	pipe(p);
	FD_ZERO(&in);
	FD_SET(p[0], &in);
#if defined __i386__ || defined __m68k__ || defined __powerpc__
	long tv[2] = { 0 };
	unsigned long a[5] = { p[0] + 1, (unsigned long)&in, 0, 0, (unsigned long)tv };

	say("select", syscall(SYS_select, a));
	write(p[1], "x", 1);
	FD_SET(p[0], &in);
	say("select", syscall(SYS_select, a));
#ifdef __powerpc__
	FD_SET(p[0], &in);
	same("select", syscall(SYS_select, p[0] + 1, &in, NULL, NULL, tv) == 1);
#else
	same("select", 1);
#endif
#elif defined __sparc__
	say("select", syscall(93, p[0] + 1, &in, NULL, NULL, &zero));
	write(p[1], "x", 1);
	FD_SET(p[0], &in);
	say("select", syscall(93, p[0] + 1, &in, NULL, NULL, &zero));
	same("select", 1);
#else
	say("select", select(p[0] + 1, &in, NULL, NULL, &zero));
	write(p[1], "x", 1);
	FD_SET(p[0], &in);
	say("select", select(p[0] + 1, &in, NULL, NULL, &zero));
	same("select", 1);
#endif
	close(p[0]);
	close(p[1]);
}

static void limits(void)
{
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
#ifdef __NR_ugetrlimit
#ifdef __NR_getrlimit
	unsigned long o[2];

	same("getrlimit", syscall(SYS_getrlimit, RLIMIT_NOFILE, o) == 0 && o[0] == r.rlim_cur && o[1] == r.rlim_max);
	same("no limit", syscall(SYS_getrlimit, RLIMIT_AS, o) == 0 && o[0] == 0x7fffffff);
	say("getrlimit 99", syscall(SYS_getrlimit, 99, o));
	return;
#endif
#endif
	same("getrlimit", 1);
	same("no limit", 1);
	say("getrlimit 99", getrlimit(99, &r));
}

static volatile int came[65];

static void on(int sig) { came[sig]++; }

#if defined __NR_signal && !defined __mips__ /* which has the number, and no call */
#define OLD_SIGNAL
#endif

static void once(void)
{
	struct sigaction now;
	sigset_t set;
	long old;

#ifdef OLD_SIGNAL
	old = syscall(SYS_signal, SIGUSR1, on);
#else
	struct sigaction sa = { .sa_handler = on, .sa_flags = SA_RESETHAND | SA_NODEFER }, was;

	sigaction(SIGUSR1, &sa, &was);
	old = (long)was.sa_handler;
#endif
	say("signal", old);
	sigaction(SIGUSR1, NULL, &now);
	printf("flags %x\n", action_flags(now.sa_flags));
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &now);
	printf("came %d, then %s\n", came[SIGUSR1], now.sa_handler == SIG_DFL ? "default" : "other");
	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("%s\n", sigismember(&set, SIGUSR1) ? "blocked" : "open");
#ifdef OLD_SIGNAL
	say("signal 200", syscall(SYS_signal, 200, on));
#else
	errno = EINVAL;
	say("signal 200", -1);
#endif
}

/* The structures of the older calls about signals. */
#if defined __mips__ && _MIPS_SIM == _ABIO32
struct old_action { unsigned flags; void (*handler)(int); unsigned long mask[4]; };
#define MASK mask[0]
#else
struct old_action { void (*handler)(int); unsigned long mask, flags; void (*restorer)(void); };
#define MASK mask
#endif

static void actions(void)
{
	struct sigaction now;

	came[SIGUSR1] = came[SIGUSR2] = 0;
#if defined __NR_sigaction && !(defined __sparc__ && defined __arch64__) && !(defined __mips__ && _MIPS_SIM != _ABIO32)
	struct old_action a = { .handler = on, .flags = SA_NODEFER | SA_RESETHAND | SA_NOCLDWAIT }, b;

	memset(&b, 0xff, sizeof b);
	a.MASK = 1UL << (SIGUSR2 - 1);
	say("sigaction", syscall(SYS_sigaction, SIGUSR1, &a, NULL));
	say("sigaction", syscall(SYS_sigaction, SIGUSR1, NULL, &b));
	same("action", b.handler == on && b.MASK == a.MASK && action_flags(b.flags) == action_flags(a.flags));
	say("sigaction 200", syscall(SYS_sigaction, 200, &a, NULL));
#else
	struct sigaction sa = { .sa_handler = on, .sa_flags = SA_NODEFER | SA_RESETHAND | SA_NOCLDWAIT };

	sigaddset(&sa.sa_mask, SIGUSR2);
	say("sigaction", sigaction(SIGUSR1, &sa, NULL));
	say("sigaction", 0);
	same("action", 1);
	say("sigaction 200", sigaction(200, &sa, NULL));
#endif
	sigaction(SIGUSR1, NULL, &now);
	printf("%d %x %d %d\n", now.sa_handler == on, action_flags(now.sa_flags), sigismember(&now.sa_mask, SIGUSR1), sigismember(&now.sa_mask, SIGUSR2));
	now.sa_flags &= ~SA_RESETHAND;
	sigaction(SIGUSR1, &now, NULL);
	sigaction(SIGUSR2, &now, NULL);
}

/* suspend lets one of two signals in that wait; what looks like a mask and is none is for the other. */
static void suspend(void)
{
	sigset_t both, first;

	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGUSR2);
	sigemptyset(&first);
	sigaddset(&first, SIGUSR2);
	sigprocmask(SIG_BLOCK, &both, NULL);
	raise(SIGUSR1);
	raise(SIGUSR2);
#if defined __NR_sigsuspend && !(defined __sparc__ && defined __arch64__) && !(defined __mips__ && _MIPS_SIM != _ABIO32)
	unsigned long good = 1UL << (SIGUSR2 - 1), bad = 1UL << (SIGUSR1 - 1);

#if defined __mips__
	say("sigsuspend", syscall(SYS_sigsuspend, &first, bad, bad));
#elif defined __powerpc__ || defined __sparc__
	say("sigsuspend", syscall(SYS_sigsuspend, good, bad, bad));
#else
	say("sigsuspend", syscall(SYS_sigsuspend, bad, bad, good));
#endif
#else
	say("sigsuspend", sigsuspend(&first));
#endif
	printf("came %d %d\n", came[SIGUSR1], came[SIGUSR2]);
#ifdef __NR_sgetmask
	unsigned long mask = 1UL << (SIGUSR1 - 1) | 1UL << (SIGUSR2 - 1);

	same("sgetmask", (unsigned long)syscall(SYS_sgetmask) == mask);
	same("ssetmask", (unsigned long)syscall(SYS_ssetmask, 0) == mask);
#else
	same("sgetmask", 1);
	same("ssetmask", 1);
	sigemptyset(&both);
	sigprocmask(SIG_SETMASK, &both, NULL);
#endif
	printf("came %d %d\n", came[SIGUSR1], came[SIGUSR2]);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		chdir(argv[1]);
	owners();
	memory();
	wait_for();
	limits();
	once();
	actions();
	suspend();
	return 0;
}
