/*
 * What the programs of processes, LWPs and signals share. Each is a table of
 * cases; each case runs in a process of its own, in a process group of its own,
 * and is one line of output: "case: ok". What a case expects is what NetBSD's
 * kernel does (the sources are named where that is not plain); times appear only
 * as order, or as bounds that a busy host cannot break.
 *
 * They are test programs of ATF's too (atf-test-program(1)): -l lists the cases,
 * and -r file case runs one and leaves its result in the file.
 */
#include "arch.h"

#define SYS_link		9
#define SYS_chdir		12
#define SYS_getppid		39
#define SYS_dup			41
#define SYS_ioctl		54
#define SYS_fcntl		92
#define SYS_getpgrp		81
#define SYS_setpgid		82
#define SYS_dup2		90
#define SYS_socket		394
#define SYS_bind		104
#define SYS_listen		106
#define SYS_accept		30
#define SYS_recvfrom		29
#define SYS_socketpair		135
#define SYS_setsid		147
#define SYS_getpgid		207
#define SYS_poll		209
#define SYS_semget		221
#define SYS_semop		222
#define SYS_msgget		225
#define SYS_msgsnd		226
#define SYS_msgrcv		227
#define SYS_msgctl		444
#define SYS_semctl		442
#define SYS_futex		166
#define SYS_futex_set_robust	167
#define SYS_futex_get_robust	168
#define SYS_timer_create	235
#define SYS_timer_delete	236
#define SYS_timer_getoverrun	239
#define SYS_timer_settime	446
#define SYS_timer_gettime	447
#define SYS_sigqueueinfo	245
#define SYS_ksem_init		247
#define SYS_ksem_open		248
#define SYS_ksem_unlink		249
#define SYS_ksem_close		250
#define SYS_ksem_post		251
#define SYS_ksem_wait		252
#define SYS_ksem_trywait	253
#define SYS_ksem_getvalue	254
#define SYS_ksem_destroy	255
#define SYS_ksem_timedwait	256
#define SYS_mq_open		257
#define SYS_mq_close		258
#define SYS_mq_unlink		259
#define SYS_mq_notify		262
#define SYS_mq_send		263
#define SYS_mq_receive		264
#define SYS_vfork14		282
#define SYS_getsid		286
#define SYS_clone		287
#define SYS_sigaction14		291
#define SYS_sigpending		292
#define SYS_sigsuspend		294
#define SYS_lwp_suspend		313
#define SYS_lwp_continue	314
#define SYS_lwp_wakeup		315
#define SYS_lwp_kill		318
#define SYS_lwp_detach		319
#define SYS_lwp_unpark		321
#define SYS_lwp_unpark_all	322
#define SYS_lwp_setname		323
#define SYS_lwp_getname		324
#define SYS_lwp_ctl		325
#define SYS_kqueue		344
#define SYS_sched_setparam	346
#define SYS_sched_getparam	347
#define SYS_sched_setaffinity	348
#define SYS_sched_getaffinity	349
#define SYS_sched_protect	351
#define SYS_select		417
#define SYS_setitimer		425
#define SYS_getitimer		426
#define SYS_clock_settime	428
#define SYS_clock_getres	429
#define SYS_nanosleep		430
#define SYS_sigtimedwait	431
#define SYS_kevent		435
#define SYS_pselect		436
#define SYS_pollts		437
#define SYS_getrusage		445
#define SYS_pipe2		453
#define SYS_posix_spawn		474
#define SYS_clock_nanosleep	477
#define SYS_lwp_park		478
#define SYS_wait6		481
#define SYS_clock_getcpuclockid	482

#define EPERM		1
#define ENOENT		2
#define ESRCH		3
#define EINTR		4
#define EBADF		9
#define ECHILD		10
#define EAGAIN		35
#define ENOMEM		12
#define EACCES		13
#define EFAULT		14
#define EBUSY		16
#define EEXIST		17
#define ENODEV		19
#define EINVAL		22
#define ENOTTY		25
#define EPIPE		32
#define EDEADLK		11
#define EALREADY	37
#define ENXIO		6
#define EIO		5
#define ETIMEDOUT	60
#define ENOSYS		78
#define ECANCELED	87

#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGABRT		6
#define SIGKILL		9
#define SIGSYS		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGURG		16
#define SIGSTOP		17
#define SIGTSTP		18
#define SIGCONT		19
#define SIGCHLD		20
#define SIGTTIN		21
#define SIGTTOU		22
#define SIGIO		23
#define SIGVTALRM	26
#define SIGPROF		27
#define SIGWINCH	28
#define SIGINFO		29
#define SIGPWR		32
#define SIGRTMIN	33
#define NSIG		64

#define SA_RESTART	2
#define SA_RESETHAND	4
#define SA_NOCLDSTOP	8
#define SA_NOCLDWAIT	0x20

#define SIG_BLOCK	1
#define SIG_UNBLOCK	2
#define SIG_SETMASK	3

#define SI_USER		0
#define SI_QUEUE	-1
#define SI_TIMER	-2
#define SI_MESGQ	-4
#define SI_LWP		-5
#define SI_NOINFO	32767
#define CLD_EXITED	1
#define CLD_KILLED	2
#define CLD_DUMPED	3
#define CLD_STOPPED	5
#define CLD_CONTINUED	6

#define WNOHANG		1
#define WSTOPPED	2
#define WALTSIG		4
#define WALLSIG		8
#define WCONTINUED	0x10
#define WEXITED		0x20
#define WTRAPPED	0x40
#define WNOWAIT		0x10000
#define P_ALL		0
#define P_PID		1
#define P_LWPID		2
#define P_PGID		4
#define P_SID		5
#define P_UID		7
#define P_GID		8

#define EXITED(n)	((n) << 8)
#define STOPPED(sig)	((sig) << 8 | 0x7f)
#define CONTINUED	0xffff
#define CORE		0x80

#define O_RDWR		2
#define O_NONBLOCK	4
#define O_CREAT		0x200
#define O_EXCL		0x800
#define O_NOCTTY	0x8000

#define CLOCK_REALTIME			0
#define CLOCK_VIRTUAL			1
#define CLOCK_PROF			2
#define CLOCK_THREAD_CPUTIME_ID		0x20000000
#define CLOCK_PROCESS_CPUTIME_ID	0x40000000
#define TIMER_ABSTIME			1

struct timeval {
	i64 sec;
	int usec;
};

struct itimerval {
	struct timeval interval, value;
};

struct itimerspec {
	struct timespec interval, value;
};

union sigval {
	int n;
	void *p;
};

struct sigevent {
	int notify, signo;
	union sigval value;
	void *function, *attributes;
};

/* siginfo_t with the arms that arch.h does not have. */
struct info {
	int signo, code, errno;
	union {
		u64 align;
		struct {
			int pid;
			u32 uid;
			union sigval value;
		} rt;
		struct {
			int pid;
			u32 uid;
			int status;
			u32 utime, stime;
		} child;
		char size[112];
	} u;
} __attribute__((aligned(8)));
#define INFO_PAD (128 - sizeof(struct info))

struct rusage {
	struct timeval utime, stime;
	long maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};

struct wrusage {
	struct rusage self, children;
};

/* ---- cases ------------------------------------------------------------- */

struct tcase {
	const char *name;
	void (*run)(void);
};

static const char *case_name = "?";

/* Where ATF wants the result, if it asks. */
static const char *result_file;

/* open_result makes the file the standard output; the first one who has a result to tell writes it. */
static int open_result(void)
{
	long fd;

	if (!result_file || (fd = open(result_file, 1 | O_CREAT | O_EXCL, 0644)) < 0)
		return 0;
	sys2(SYS_dup2, fd, 1);
	return 1;
}

static void print_signed(i64 v)
{
	if (v < 0)
		print("-");
	print_number(v < 0 ? -(u64)v : (u64)v);
}

static void __attribute__((noinline, noreturn)) bad(int line, i64 got, i64 want)
{
	print(case_name);
	print(": WRONG: line ");
	print_number(line);
	say(", got", got);
	say(" instead of", want);
	if (open_result()) {
		print("failed: line ");
		print_number(line);
		print(": ");
		print_signed(got);
		print(" instead of ");
		print_signed(want);
		print("\n");
	}
	exit(99);
}

#define FIRST	sys0(SYS_getpid)	/* the number of a process's first LWP: since NetBSD 10 its own (proc_alloc_lwpid) */

#define EQ(a, b) do { i64 eq_a = (i64)(a), eq_b = (i64)(b); if (eq_a != eq_b) bad(__LINE__, eq_a, eq_b); } while (0)
#define OK(c) EQ(!!(c), 1)

static long getpid(void) { return (long)sys0(SYS_getpid); }
static long kill(long pid, int sig) { return (long)sys2(SYS_kill, pid, sig); }
static void yield(void) { sys0(SYS_sched_yield); }

/* wait for a child, whatever signals come meanwhile; its status. */
static int wait_for(long pid)
{
	int status = -1;
	long r;

	while ((r = (long)sys4(SYS_wait4, pid, &status, 0, 0)) == -EINTR)
		;
	EQ(r, pid);
	return status;
}

static int wait_opt(long pid, int options)
{
	int status = -1;
	long r;

	while ((r = (long)sys4(SYS_wait4, pid, &status, options, 0)) == -EINTR)
		;
	EQ(r, pid);
	return status;
}

static void nap(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000l };

	sys2(SYS_nanosleep, &ts, 0);
}

static void sigset_of(struct sigset *s, int a, int b)
{
	memset(s, 0, sizeof *s);
	if (a)
		s->bits[(a - 1) / 32] |= 1u << ((a - 1) % 32);
	if (b)
		s->bits[(b - 1) / 32] |= 1u << ((b - 1) % 32);
}

static int sigset_has(const struct sigset *s, int n) { return s->bits[(n - 1) / 32] >> ((n - 1) % 32) & 1; }

static void mask(int how, int a, int b)
{
	struct sigset s;

	sigset_of(&s, a, b);
	EQ(sys3(SYS_sigprocmask, how, &s, 0), 0);
}

static void handle(int sig, void (*f)(int, struct siginfo *, void *), int flags, int alsomask)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.handler = f;
	sa.flags = flags;
	sigset_of(&sa.mask, alsomask, 0);
	EQ(sys5(SYS_sigaction_sigtramp, sig, &sa, 0, nb_sigtramp, 2), 0);
}

#define SIG_DFL ((void (*)(int, struct siginfo *, void *))0)
#define SIG_IGN ((void (*)(int, struct siginfo *, void *))1)

static void mkpipe(int fd[2]) { EQ(sys2(SYS_pipe2, fd, 0), 0); }

/* One byte through a pipe: what one process waits for another with. */
static void put(int fd, char c) { EQ(sys3(SYS_write, fd, &c, 1), 1); }

static int get(int fd)
{
	char c;
	long n;

	while ((n = (long)sys3(SYS_read, fd, &c, 1)) == -EINTR)
		;
	return n == 1 ? c : -1;
}

static void *map_shared(size_t len)
{
	return (void *)(long)nb_syscall8(SYS_mmap, REG(0), REG(len), REG(3), REG(0x1001), REG(-1), REG(0), ARG64(0));
}

/* ---- vfork: it returns twice on one stack, so that the address it returns to must not be there --------- */
#if defined(__x86_64__)
__asm__(TEXT FUNC_AT(nb_vfork)
	"	popq %r9\n	movl $282,%eax\n	syscall\n	jc 1f\n	decl %edx\n	andl %edx,%eax\n	jmp *%r9\n"
	"1:	negq %rax\n	jmp *%r9\n");
extern long nb_vfork(void) __attribute__((returns_twice));
#define vfork() nb_vfork()
#elif defined(__m68k__)
__asm__(TEXT FUNC_AT(nb_vfork)
	"	move.l (%sp)+,%a1\n	move.l #282,%d0\n	trap #0\n"
	"	jcs 1f\n	move.l %d1,nb_rv1\n	subq.l #1,%d1\n	and.l %d1,%d0\n	jmp (%a1)\n1:	neg.l %d0\n	jmp (%a1)\n");
extern long nb_vfork(void) __attribute__((returns_twice));
#define vfork() nb_vfork()
#elif defined(__i386__)
__asm__(TEXT FUNC_AT(nb_vfork)
	"	popl %ecx\n	movl $282,%eax\n	int $0x80\n	jc 1f\n	decl %edx\n	andl %edx,%eax\n	jmp *%ecx\n"
	"1:	negl %eax\n	jmp *%ecx\n");
extern long nb_vfork(void) __attribute__((returns_twice));
#define vfork() nb_vfork()
#else
extern nb_reg nb_twice(nb_reg n, ...) __asm__("nb_syscall8") __attribute__((returns_twice));
#define vfork() ({ nb_reg vf = nb_twice(SYS_vfork14, REG(0), REG(0), REG(0), REG(0), REG(0), REG(0), REG(0), REG(0)); \
	vf >= 0 && nb_rv1 == 1 ? 0 : (long)vf; })
#endif

/* ---- the runner --------------------------------------------------------- */

static volatile long running;

static void out_of_time(int sig, struct siginfo *si, void *uc)
{
	if (running > 0) {
		kill(-running, SIGKILL);
		kill(running, SIGKILL);
	}
}

static int run_case(const struct tcase *c)
{
	struct itimerval it = { { 0, 0 }, { 60, 0 } }; /* CASE_LIMIT */
	int status;

	case_name = c->name;
	running = fork();
	if (running == 0) {
		handle(SIGALRM, SIG_DFL, 0, 0);
		sys2(SYS_setpgid, 0, 0);
		c->run();
		exit(0);
	}
	sys2(SYS_setpgid, running, running);
	sys3(SYS_setitimer, 0, &it, 0);
	status = wait_for(running);
	it.value.sec = 0;
	sys3(SYS_setitimer, 0, &it, 0);
	kill(-running, SIGKILL);
	print(c->name);
	if (status == 0)
		print(": ok\n");
	else
		sayx(": WRONG: status", status);
	return status;
}

static void list_atf(const struct tcase *cases, int n)
{
	print("Content-Type: application/X-atf-tp; version=\"1\"\n");
	for (int i = 0; i < n; i++) {
		print("\nident: ");
		print(cases[i].name);
		print("\ntimeout: 300\n");
	}
}

/* run_atf runs the case of that name; its exit status is the program's. */
static int run_atf(const struct tcase *cases, int n, const char *name)
{
	int status;

	for (int i = 0; i < n; i++) {
		if (!same(name, cases[i].name))
			continue;
		if ((status = run_case(&cases[i])) == 0) {
			if (!open_result())
				return 1;	/* something in it has failed, and nobody looked */
			print("passed\n");
			return 0;
		}
		if (open_result())
			sayx("failed: status", status);
		return 1;
	}
	return 2;
}

/* atf does what ATF's arguments ask for; -1 if they are none of its. */
static int atf(const struct tcase *cases, int n, char **argv)
{
	const char *name = 0;

	for (; *++argv; ) {
		const char *a = *argv, *value;

		if (same(a, "-l")) {
			list_atf(cases, n);
			return 0;
		}
		if (a[0] != '-') {
			name = a;
			continue;
		}
		if (a[1] != 'r' && a[1] != 's' && a[1] != 'v')
			return -1;
		if (!*(value = a + 2) && !(value = *++argv))
			return 2;
		if (a[1] == 'r')
			result_file = value;
	}
	return result_file ? name ? run_atf(cases, n, name) : 2 : -1;
}

static char **case_args;

static int run_cases(const struct tcase *cases, int n, char **argv)
{
	handle(SIGALRM, out_of_time, 0, 0);
	case_args = argv;
	int status = atf(cases, n, argv);
	if (status >= 0)
		return status;
	if (argv[1] && same(argv[1], "--list")) {
		for (int i = 0; i < n; i++) {
			print(cases[i].name);
			print("\n");
		}
		return 0;
	}
	for (int i = 0; i < n; i++)
		if (!argv[1] || same(argv[1], cases[i].name))
			run_case(&cases[i]);
	return 0;
}
#define RUN_CASES(cases, argv) run_cases(cases, sizeof cases / sizeof cases[0], argv)
